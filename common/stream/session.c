/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "../base/limits.h"
#include "../stanza/build.h"
#include "../stanza/filter.h"
#include "../stanza/ns.h"
#include "../stanza/write.h"
#include "fault.h"
#include "send.h"
#include "session_impl.h"

/* Ids of the session's own requests; tools use other kinds. */
enum { ID_REQUEST = 0 };

/* --- sending ----------------------------------------------------------- */

int cpl_session_put(struct cpl_session *s, const char *text)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (cpl_link_send(s->link, text, strlen(text), &e) == 0)
		return 0;
	cpl_session_end(s, &e);
	return -1;
}

int cpl_session_flush(struct cpl_session *s, size_t most, struct cpl_err *e)
{
	uint64_t before = s->sm.ack.sent;
	int r = cpl_sm_flush(&s->sm, most, cpl_link_out(s->link), e);

	if (s->sm.ack.sent > before)
		cpl_timing_stanza(s->conf.timing);
	return r;
}

/* What leaves early and is larger than the server is known to take waits, with
 * all behind it, until it has said what it takes after the login. */
int cpl_session_send(struct cpl_session *s, xmpp_stanza_t *stanza,
		     uint64_t *number, struct cpl_err *e)
{
	struct cpl_buf *out = s->state == ONLINE ? cpl_link_out(s->link) : NULL;
	size_t max = s->state == EARLY ? 0 : s->max_bytes;
	int r;

	if (!out && !cpl_session_alive(s))
		return cpl_err_set(e, CPL_TEMP, "not connected");
	r = cpl_sm_send(&s->sm, stanza, max, out, e);
	if (r == 0 && s->state == EARLY)
		r = cpl_session_flush(s, s->sure, e);
	else if (r == 0 && out)
		cpl_timing_stanza(s->conf.timing);
	if (r == 0 && number)
		*number = s->sm.last;
	return r;
}

int cpl_session_send_once(struct cpl_session *s, xmpp_stanza_t *stanza,
			  uint64_t *number, struct cpl_err *e)
{
	int r = cpl_session_send(s, stanza, number, e);

	if (r == 0)
		cpl_window_once(&s->sm.window);
	return r;
}

/* What it takes to ask again, should the session be lost for good. Without
 * memory it is not asked again. */
static void remember(struct cpl_session *s, struct cpl_request *r,
		     xmpp_stanza_t *iq)
{
	struct cpl_buf xml = CPL_BUF_INIT(CPL_LINK_OUT_MAX);
	int may_repeat =
	    !(s->without & CPL_WINDOW_NO_SETS) || cpl_has_type(iq, "get");

	r->sent = s->sm.last;
	if (s->retry.limit == 0 || !s->sm.keep || !may_repeat)
		return;
	if (cpl_write_xml(&xml, iq, CPL_NS_CLIENT) == 0)
		r->xml = cpl_buf_take(&xml);
	cpl_buf_release(&xml);
}

int cpl_session_request(struct cpl_session *s, xmpp_stanza_t *iq,
			void (*answered)(void *user, xmpp_stanza_t *answer),
			void *user, struct cpl_err *e)
{
	struct cpl_request *r = cpl_requests_add(
	    &s->requests, xmpp_stanza_get_to(iq), answered, user);

	if (!r)
		return cpl_err_nomem(e);
	cpl_id(&s->ids, ID_REQUEST, r->number, r->id);
	if (cpl_set_attr(iq, "id", r->id) < 0) {
		cpl_requests_drop(&s->requests, r);
		return cpl_err_nomem(e);
	}
	if (cpl_session_send(s, iq, NULL, e) < 0) {
		cpl_requests_drop(&s->requests, r);
		return -1;
	}
	remember(s, r, iq);
	return 0;
}

void cpl_session_forget(struct cpl_session *s, const void *user)
{
	cpl_requests_forget(&s->requests, user);
}

void cpl_session_told_acked(struct cpl_session *s, uint64_t more)
{
	if (more > 0)
		cpl_timing_mark(s->conf.timing, CPL_TIMING_ACK);
	if (more > 0 && s->on.acked)
		s->on.acked(s->on.user, s->sm.acked);
}

/* The ping that stands in for <r/> came back, or was refused: either way the
 * server has read what was sent before it. */
static void fence_passed(void *user, xmpp_stanza_t *answer)
{
	struct cpl_session *s = user;

	if (answer && s->sm.ack.asked > 0)
		cpl_session_told_acked(s, cpl_sm_passed(&s->sm));
}

static void send_fence(struct cpl_session *s)
{
	xmpp_stanza_t *iq = cpl_build_iq(s->ctx, "get", s->jid.domain, "ping",
					 CPL_NS_PING, NULL);
	struct cpl_err e = CPL_ERR_INIT;

	if (cpl_send_request(s, iq, fence_passed, s, &e) < 0) {
		cpl_session_end(s, &e);
		return;
	}
	cpl_window_once(&s->sm.window);
	s->sm.ack.asked = s->sm.ack.sent;
}

static void ask(struct cpl_session *s)
{
	if (!s->sm.on)
		send_fence(s);
	else if (cpl_session_put(s, CPL_SM_ASK) == 0)
		s->sm.ack.asked = s->sm.ack.sent;
}

/* One question at a time. */
void cpl_session_ask(struct cpl_session *s)
{
	const struct cpl_ack *a = &s->sm.ack;

	if (cpl_session_online(s) && s->sm.keep && !a->asked &&
	    a->acked < a->sent)
		ask(s);
}

static void end_turn(void *user)
{
	struct cpl_session *s = user;

	cpl_session_ask(s);
	if (s->state == CLOSING && !s->close_wait) {
		cpl_link_flush(s->link);
		if (s->state == CLOSING && cpl_link_unsent(s->link) == 0)
			cpl_loop_timer(s->loop, &s->closing, 0);
	}
}

/* Nothing has come for long. What was asked already needs no second question.
 */
static void on_silence(void *user)
{
	struct cpl_session *s = user;

	if (s->state == ONLINE && s->sm.ack.asked == 0)
		ask(s);
}

static void on_dead(void *user, const struct cpl_err *e)
{
	cpl_session_fail(user, e, NULL);
}

#define ACK_SIZE 64

static void write_ack(struct cpl_session *s, char text[ACK_SIZE])
{
	snprintf(text, ACK_SIZE, "<a xmlns='" CPL_NS_SM "' h='%u'/>",
		 cpl_ack_tell(&s->sm.ack));
}

/* Not before the server counts: what it has sent by then is not in h. */
static void send_ack(struct cpl_session *s)
{
	char text[ACK_SIZE];

	if (!s->sm.enabled)
		return;
	write_ack(s, text);
	(void)cpl_session_put(s, text);
}

/* Whether something is handled that the server does not know of. */
static int owes_ack(const struct cpl_session *s)
{
	return s->sm.on && s->sm.enabled && s->sm.ack.handled > s->sm.ack.told;
}

void cpl_session_handled(struct cpl_session *s, uint64_t number)
{
	struct cpl_ack *a = &s->sm.ack;
	uint64_t before = a->handled;

	if (number > a->handled)
		a->handled = number;
	/* Of a stream that is not there yet there is no h. */
	if (a->handled > before && s->sm.enabled && s->on.counted &&
	    s->on.counted(s->on.user, cpl_ack_h(a))) {
		a->handled = before;
		return;
	}
	if (s->state == ONLINE && s->sm.on && cpl_ack_due(a))
		send_ack(s);
}

/* --- receiving --------------------------------------------------------- */

/* <a h=''/> */
static void take_ack(struct cpl_session *s, xmpp_stanza_t *a)
{
	struct cpl_err e = CPL_ERR_INIT;
	uint64_t more = 0;

	cpl_loop_cancel(s->loop, &s->proof);
	if (cpl_sm_take(&s->sm, a, &more, &e) < 0) {
		cpl_session_end(s, &e);
		return;
	}
	if (s->sm.ack.asked > 0)
		cpl_loop_timer(s->loop, &s->reask, CPL_ASK_AGAIN_MS);
	else
		cpl_loop_cancel(s->loop, &s->reask);
	cpl_session_told_acked(s, more);
}

/* The next question follows with this turn. */
static void on_reask(void *user)
{
	struct cpl_session *s = user;

	s->sm.ack.asked = 0;
}

/* One that is no address is as none. */
static void check_location(struct cpl_session *s)
{
	char host[256];
	uint16_t port;

	if (!s->sm.location ||
	    cpl_setting_server(s->sm.location, host, &port) == 0)
		return;
	cpl_log(s->log, CPL_LOG_DEBUG, "ignored the location '%s'",
		s->sm.location);
	free(s->sm.location);
	s->sm.location = NULL;
}

static void told_enabled(struct cpl_session *s)
{
	struct cpl_session_stream stream = {s->sm.id, s->sm.location,
					    s->jid.full, cpl_ack_h(&s->sm.ack),
					    s->sm.max};

	if (s->on.enabled)
		s->on.enabled(s->on.user, stream.id ? &stream : NULL);
}

static void take_enabled(struct cpl_session *s, xmpp_stanza_t *enabled)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (cpl_sm_enabled(&s->sm, enabled, &e) < 0) {
		cpl_session_end(s, &e);
		return;
	}
	cpl_session_forget_password(s);
	check_location(s);
	told_enabled(s);
}

/* Elements of XEP-0198; non-zero when it was one. */
static int take_sm(struct cpl_session *s, xmpp_stanza_t *el)
{
	if (cpl_is(el, "r", CPL_NS_SM)) {
		/* Behind our </stream:stream> nothing may follow. */
		if (s->sm.on && s->state == ONLINE)
			send_ack(s);
	} else if (cpl_is(el, "a", CPL_NS_SM)) {
		take_ack(s, el);
	} else if (cpl_is(el, "failed", CPL_NS_SM)) {
		/* XEP-0198 3: the stream goes on without; a ping is the
		 * proof from here on. */
		cpl_log(s->log, CPL_LOG_DEBUG,
			"the server refused stream management");
		s->sm.on = 0;
		s->sm.ack.asked = 0;
		told_enabled(s);
	} else if (cpl_is(el, "enabled", CPL_NS_SM)) {
		take_enabled(s, el);
	} else {
		return 0;
	}
	return 1;
}

static void take_stanza(struct cpl_session *s, xmpp_stanza_t *el)
{
	if (cpl_sm_repeats(&s->sm))
		return;
	if (cpl_is(el, "iq", CPL_NS_CLIENT) &&
	    cpl_requests_answer(&s->requests, &s->jid, el)) {
		if (!s->on.acked) /* it is all that is waited for */
			cpl_timing_mark(s->conf.timing, CPL_TIMING_ACK);
		/* Dealt with, but counted only when all before it are. */
		el = NULL;
	}
	if (s->state != ENDED)
		s->on.stanza(s->on.user, el, s->sm.ack.received);
}

/* <enable/> left with the login, to a server that was known to have XEP-0198
 * and has it no more: the stream ended there. */
static int is_unmanaged(const struct cpl_session *s, xmpp_stanza_t *error)
{
	return s->state == ONLINE && s->sm.keep && cpl_session_enabling(s) &&
	       !cpl_session_feature(s, "sm", CPL_NS_SM) &&
	       strcmp(cpl_condition(error, CPL_NS_STREAM_ERRORS),
		      "unsupported-stanza-type") == 0;
}

static void take_error(struct cpl_session *s, xmpp_stanza_t *error)
{
	/* Where nothing is sent again, a redirect is an end like another. */
	char *there = s->retry.limit ? cpl_fault_redirect(error) : NULL;
	struct cpl_err e = CPL_ERR_INIT;

	cpl_fault_stream(error, &e);
	if (is_unmanaged(s, error))
		cpl_session_anew(s);
	else if (s->state == CLOSING)
		cpl_session_end(s, &e);
	else
		cpl_session_fail(s, &e, there);
	free(there);
}

static void on_element(void *user, xmpp_stanza_t *el)
{
	struct cpl_session *s = user;

	cpl_alive_heard(&s->alive);
	if (cpl_is(el, "error", CPL_NS_STREAM)) {
		take_error(s, el);
	} else if (cpl_is(el, "features", CPL_NS_STREAM)) {
		cpl_session_features(s, el);
	} else if (cpl_filter_kind(el)) {
		take_stanza(s, el);
	} else if (!take_sm(s, el)) {
		cpl_log(s->log, CPL_LOG_DEBUG, "ignored <%s/>",
			xmpp_stanza_get_name(el));
	}
}

static void on_closed(void *user, const struct cpl_err *reason)
{
	struct cpl_session *s = user;
	struct cpl_err e = CPL_ERR_INIT;

	if (reason)
		e = *reason;
	else
		cpl_err_set(&e, CPL_REFUSED, "the server ended the stream");
	cpl_session_fail(s, &e, NULL);
}

void cpl_session_link_events(struct cpl_session *s,
			     struct cpl_link_events *events)
{
	*events = (struct cpl_link_events){
	    .element = on_element, .closed = on_closed, .user = s};
}

/* What is there of another process is taken up. */
static int outlive(struct cpl_session *s, const struct cpl_session_keep *keep,
		   struct cpl_err *e)
{
	const struct cpl_session_stream *left = &keep->left;

	s->durable = s->sm.resume = 1;
	s->conf.agent = keep->agent;
	if (!left->id)
		return 0;
	if (cpl_jid_parse(&s->jid, left->jid, e) < 0)
		return -1;
	if (cpl_sm_adopt(&s->sm, left->id, left->location, left->h) < 0)
		return cpl_err_nomem(e);
	if (left->location)
		s->there = strdup(left->location);
	s->at_location = s->there != NULL;
	return 0;
}

struct cpl_session *cpl_session_new(struct cpl_loop *loop,
				    const struct cpl_log *log, xmpp_ctx_t *ctx,
				    const struct cpl_connect_conf *conf,
				    const struct cpl_session_keep *keep,
				    const struct cpl_session_events *on,
				    struct cpl_err *e)
{
	struct cpl_session *s = calloc(1, sizeof *s);

	if (!s) {
		cpl_err_nomem(e);
		return NULL;
	}
	s->loop = loop;
	s->log = log;
	s->ctx = ctx;
	s->conf = *conf;
	s->on = *on;
	s->sm.keep = on->acked != NULL;
	s->without = CPL_WINDOW_NO_SETS;
	cpl_buf_init(&s->dropped, SIZE_MAX);
	s->closing.fire = cpl_session_end_ok;
	s->closing.user = s;
	s->again.fire = cpl_session_again;
	s->again.user = s;
	s->reask.fire = on_reask;
	s->reask.user = s;
	s->proof.fire = cpl_session_unproved;
	s->proof.user = s;
	s->turn.end = end_turn;
	s->turn.user = s;
	cpl_alive_init(&s->alive, loop, on_silence, on_dead, s);
	if (cpl_ids_init(&s->ids, e) < 0 || (keep && outlive(s, keep, e) < 0) ||
	    cpl_session_try(s, e) < 0) {
		cpl_session_free(s);
		return NULL;
	}
	cpl_loop_turn_add(loop, &s->turn);
	return s;
}

void cpl_session_retry(struct cpl_session *s, long limit)
{
	s->retry.limit = limit;
	s->sm.resume |= limit != 0;
	s->sm.keep |= limit != 0;
}

void cpl_session_retry_sets(struct cpl_session *s)
{
	s->without &= ~CPL_WINDOW_NO_SETS;
}

void cpl_session_announces(struct cpl_session *s)
{
	s->without |= CPL_WINDOW_NO_PRESENCE;
}

void cpl_session_early(struct cpl_session *s)
{
	s->can_early = 1;
	s->sm.keep = 1;
}

void cpl_session_without_sm(struct cpl_session *s)
{
	s->without_sm = 1;
	s->sm.keep = s->on.acked != NULL;
}

/* Without it a server would keep a stream that can be resumed, and what comes
 * for it, for minutes. */
static void say_goodbye(struct cpl_session *s)
{
	char text[ACK_SIZE];

	cpl_timing_stop(s->conf.timing);
	if (owes_ack(s)) {
		write_ack(s, text);
		(void)!cpl_link_send(s->link, text, strlen(text), NULL);
	}
	if (cpl_link_send(s->link, "</stream:stream>", 16, NULL) < 0)
		return;
	s->state = ENDED; /* whatever comes of it is nobody's any more */
	cpl_link_flush(s->link);
}

void cpl_session_free(struct cpl_session *s)
{
	if (!s)
		return;
	if (s->state == ONLINE && !s->durable)
		say_goodbye(s);
	cpl_loop_cancel(s->loop, &s->closing);
	cpl_loop_cancel(s->loop, &s->again);
	cpl_loop_cancel(s->loop, &s->reask);
	cpl_loop_cancel(s->loop, &s->proof);
	cpl_loop_turn_remove(s->loop, &s->turn);
	cpl_alive_stop(&s->alive);
	if (!s->lent)
		cpl_link_free(s->link);
	cpl_connect_free(s->connect);
	cpl_requests_end(&s->requests);
	cpl_ids_release(&s->ids);
	cpl_sm_release(&s->sm);
	cpl_buf_release(&s->dropped);
	free(s->there);
	if (s->features)
		xmpp_stanza_release(s->features);
	cpl_jid_release(&s->jid);
	free(s);
}

/* The last word, behind what is acknowledged at the end. */
void cpl_session_end_with(struct cpl_session *s, const char *word, int wait)
{
	if (s->state == ENDED || s->state == CLOSING)
		return;
	if (s->state == EARLY) {
		s->word = word;
		s->close_wait = wait;
		cpl_loop_timer(s->loop, &s->closing, CPL_CLOSE_MS);
		return;
	}
	if (s->state != ONLINE) {
		cpl_loop_cancel(s->loop, &s->again);
		cpl_loop_timer(s->loop, &s->closing, 0);
		return;
	}
	if (owes_ack(s))
		send_ack(s);
	cpl_timing_stop(s->conf.timing);
	if (s->state != ONLINE || cpl_session_put(s, word) < 0)
		return;
	s->state = CLOSING;
	s->close_wait = wait;
	cpl_link_hold(s->link, 0);
	cpl_loop_timer(s->loop, &s->closing, CPL_CLOSE_MS);
}

void cpl_session_close(struct cpl_session *s, int wait)
{
	cpl_session_end_with(s, "</stream:stream>", wait);
}

void cpl_session_leave(struct cpl_session *s)
{
	cpl_session_end_with(s, "", 0);
}

void cpl_session_hold(struct cpl_session *s, int on)
{
	s->held = on;
	if (s->link && s->state == ONLINE)
		cpl_link_hold(s->link, on);
	cpl_alive_hold(&s->alive, on);
}
