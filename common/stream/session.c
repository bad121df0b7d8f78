/* SPDX-License-Identifier: MIT */
#include "session.h"

#include <stdlib.h>
#include <string.h>

#include "../base/limits.h"
#include "../stanza/build.h"
#include "../stanza/filter.h"
#include "../stanza/ns.h"
#include "../stanza/write.h"
#include "alive.h"
#include "connect.h"
#include "fault.h"
#include "link.h"
#include "request.h"
#include "retry.h"
#include "sm.h"

enum state {
	CONNECTING,
	WAITING, /* for the next attempt */
	ONLINE,
	CLOSING,
	ENDED
};

struct cpl_session {
	struct cpl_loop *loop;
	const struct cpl_log *log;
	xmpp_ctx_t *ctx;
	struct cpl_session_events on;
	struct cpl_connect_conf conf;
	struct cpl_connect *connect;
	struct cpl_link *link; /* NULL while there is none */
	struct cpl_jid jid;    /* as bound; empty until online */
	struct cpl_requests requests;
	struct cpl_ids ids;
	struct cpl_sm sm;
	struct cpl_retry retry;
	struct cpl_alive alive;
	struct cpl_timer again;   /* the next attempt */
	struct cpl_timer closing; /* when it has waited long enough */
	struct cpl_turn turn;
	size_t max_bytes;
	xmpp_stanza_t *features; /* of the stream, once online */
	char *there;             /* HOST[:PORT] for the next attempt, or NULL */
	int redirects;           /* followed in a row */
	struct cpl_buf dropped;  /* numbers that were given up */
	enum state state;
	int was_online;
	int without_sm; /* though the server may have XEP-0198 */
	int retry_sets;
	int held;
	int close_wait; /* for the server's own end */
};

/* Ids of the session's own requests; tools use other kinds. */
enum { ID_REQUEST = 0 };

/* Lets go of the connection. The connect stays: this may come from within it.
 */
static void let_go(struct cpl_session *s)
{
	cpl_alive_stop(&s->alive);
	cpl_connect_stop(s->connect);
	cpl_link_free(s->link);
	s->link = NULL;
}

/* The one way to the end. */
static void end(struct cpl_session *s, const struct cpl_err *e)
{
	struct cpl_err why = *e;

	if (s->state == ENDED)
		return;
	s->state = ENDED;
	cpl_loop_cancel(s->loop, &s->closing);
	cpl_loop_cancel(s->loop, &s->again);
	cpl_loop_turn_remove(s->loop, &s->turn);
	let_go(s);
	cpl_requests_end(&s->requests);
	s->on.ended(s->on.user, &why);
}

static void end_ok(void *user)
{
	struct cpl_session *s = user;
	struct cpl_err ok = CPL_ERR_INIT;

	end(s, &ok);
}

/* Where the next attempt goes: what the server said, once; else where the
 * settings say. 0: at once; else ms, -1: nowhere. */
static long next_attempt(struct cpl_session *s, const struct cpl_err *why,
			 const char *redirect)
{
	const char *there = redirect;

	free(s->there);
	s->there = NULL;
	if (redirect && ++s->redirects > CPL_REDIRECTS_MAX)
		return -1;
	if (!redirect && s->state == ONLINE)
		there = s->sm.location;
	s->there = there ? strdup(there) : NULL;
	if (redirect && s->there)
		return 0;
	return cpl_retry_wait(&s->retry, why, cpl_loop_now());
}

/* The connection failed, or what it brought was of no use. */
static void fail(struct cpl_session *s, const struct cpl_err *e,
		 const char *redirect)
{
	struct cpl_err why = *e;
	long wait;

	if (s->state == CLOSING) {
		end_ok(s);
		return;
	}
	if (s->state == ENDED || s->state == WAITING)
		return;
	if (why.status == CPL_PROTOCOL && s->state == ONLINE &&
	    cpl_sm_distrust(&s->sm))
		why.status = CPL_TEMP;
	wait = next_attempt(s, &why, redirect);
	if (wait < 0) {
		end(s, &why);
		return;
	}
	let_go(s);
	s->state = WAITING;
	cpl_loop_timer(s->loop, &s->again, wait);
	cpl_log(s->log, CPL_LOG_INFO, "%s; next attempt in %ld.%ld s", why.text,
		wait / 1000, wait % 1000 / 100);
	if (s->on.lost)
		s->on.lost(s->on.user, &why);
}

/* --- sending ----------------------------------------------------------- */

static int put(struct cpl_session *s, const char *text)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (cpl_link_send(s->link, text, strlen(text), &e) == 0)
		return 0;
	end(s, &e);
	return -1;
}

int cpl_session_send(struct cpl_session *s, xmpp_stanza_t *stanza,
		     uint64_t *number, struct cpl_err *e)
{
	struct cpl_buf *out = s->state == ONLINE ? cpl_link_out(s->link) : NULL;

	if (!out && !cpl_session_alive(s))
		return cpl_err_set(e, CPL_TEMP, "not connected");
	if (cpl_sm_send(&s->sm, stanza, s->max_bytes, out, e) < 0)
		return -1;
	if (number)
		*number = s->sm.last;
	return 0;
}

/* What it takes to ask again, should the session be lost for good. */
static int remember(struct cpl_session *s, struct cpl_request *r,
		    xmpp_stanza_t *iq)
{
	const char *type = xmpp_stanza_get_type(iq);
	struct cpl_buf xml = CPL_BUF_INIT(CPL_LINK_OUT_MAX);
	int may_repeat = s->retry_sets || (type && strcmp(type, "get") == 0);

	r->sent = s->sm.last;
	if (s->retry.limit == 0 || !may_repeat)
		return 0;
	if (cpl_write_xml(&xml, iq, CPL_NS_CLIENT) == 0)
		r->xml = cpl_buf_take(&xml);
	cpl_buf_release(&xml);
	return r->xml ? 0 : -1;
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
	if (remember(s, r, iq) < 0)
		r->xml = NULL; /* then it is not asked again */
	return 0;
}

void cpl_session_forget(struct cpl_session *s, const void *user)
{
	cpl_requests_forget(&s->requests, user);
}

static void told_acked(struct cpl_session *s, uint64_t more)
{
	if (more > 0 && s->on.acked)
		s->on.acked(s->on.user, s->sm.acked);
}

/* The ping that stands in for <r/> came back, or was refused: either way the
 * server has read what was sent before it. */
static void fence_passed(void *user, xmpp_stanza_t *answer)
{
	struct cpl_session *s = user;

	if (answer && s->sm.ack.asked > 0)
		told_acked(s, cpl_sm_passed(&s->sm));
}

static void send_fence(struct cpl_session *s)
{
	xmpp_stanza_t *iq =
	    cpl_build_stanza(s->ctx, "iq", "get", NULL, s->jid.domain);
	struct cpl_err e = CPL_ERR_INIT;

	if (!cpl_build_child(iq, "ping", CPL_NS_PING)) {
		cpl_err_nomem(&e);
	} else if (cpl_session_request(s, iq, fence_passed, s, &e) == 0) {
		cpl_window_once(&s->sm.window);
		s->sm.ack.asked = s->sm.ack.sent;
	}
	if (iq)
		xmpp_stanza_release(iq);
	if (e.status != CPL_OK)
		end(s, &e);
}

static void ask(struct cpl_session *s)
{
	if (!s->sm.on)
		send_fence(s);
	else if (put(s, "<r xmlns='" CPL_NS_SM "'/>") == 0)
		s->sm.ack.asked = s->sm.ack.sent;
}

/* At the end of a turn: ask for proof of what has none, one question at a
 * time. */
static void end_turn(void *user)
{
	struct cpl_session *s = user;
	const struct cpl_ack *a = &s->sm.ack;

	if (s->state == ONLINE && s->sm.keep && !a->asked && a->acked < a->sent)
		ask(s);
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
	fail(user, e, NULL);
}

/* Not before the server counts: what it has sent by then is not in h. */
static void send_ack(struct cpl_session *s)
{
	char text[64];

	if (!s->sm.enabled)
		return;
	snprintf(text, sizeof text, "<a xmlns='" CPL_NS_SM "' h='%u'/>",
		 cpl_ack_tell(&s->sm.ack));
	(void)put(s, text);
}

void cpl_session_handled(struct cpl_session *s, uint64_t number)
{
	struct cpl_ack *a = &s->sm.ack;

	if (number > a->handled)
		a->handled = number;
	if (s->state == ONLINE && s->sm.on && cpl_ack_due(a))
		send_ack(s);
}

/* --- receiving --------------------------------------------------------- */

/* <a h=''/> */
static void take_ack(struct cpl_session *s, xmpp_stanza_t *a)
{
	struct cpl_err e = CPL_ERR_INIT;
	uint64_t more = 0;

	if (cpl_sm_take(&s->sm, a, &more, &e) < 0)
		end(s, &e);
	else
		told_acked(s, more);
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
	} else if (cpl_is(el, "enabled", CPL_NS_SM)) {
		cpl_sm_enabled(&s->sm, el);
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
		/* Dealt with, but counted only when all before it are. */
		el = NULL;
	}
	if (s->state != ENDED)
		s->on.stanza(s->on.user, el, s->sm.ack.received);
}

static void take_error(struct cpl_session *s, xmpp_stanza_t *error)
{
	/* Where nothing is sent again, a redirect is an end like another. */
	char *there = s->retry.limit ? cpl_fault_redirect(error) : NULL;
	struct cpl_err e = CPL_ERR_INIT;

	cpl_fault_stream(error, &e);
	if (s->state == CLOSING)
		end(s, &e);
	else
		fail(s, &e, there);
	free(there);
}

static void on_element(void *user, xmpp_stanza_t *el)
{
	struct cpl_session *s = user;

	cpl_alive_heard(&s->alive);
	if (cpl_is(el, "error", CPL_NS_STREAM)) {
		take_error(s, el);
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
	fail(s, &e, NULL);
}

/* --- connecting -------------------------------------------------------- */

/* Told when all is in order again, as who hears of it may send. */
static void on_dropped(void *user, uint64_t number)
{
	struct cpl_session *s = user;

	if (cpl_buf_add(&s->dropped, &number, sizeof number) < 0)
		cpl_log(s->log, CPL_LOG_WARN, "out of memory");
}

static void tell_dropped(struct cpl_session *s)
{
	struct cpl_request *r;
	uint64_t number;

	while (s->dropped.len > 0) {
		memcpy(&number, s->dropped.data, sizeof number);
		cpl_buf_consume(&s->dropped, sizeof number);
		r = cpl_requests_sent(&s->requests, number);
		if (r)
			cpl_requests_give_up(&s->requests, r);
		else if (s->on.given_up)
			s->on.given_up(s->on.user, number);
	}
}

/* Requests that the lost session's server had, and whose answers went with it:
 * they are asked again, or nobody knows. */
static int ask_again(struct cpl_session *s, struct cpl_err *e)
{
	uint64_t acked = s->sm.acked;
	struct cpl_request *r;

	while ((r = cpl_requests_upto(&s->requests, acked))) {
		if (!r->xml) {
			cpl_requests_give_up(&s->requests, r);
			continue;
		}
		if (cpl_window_add_text(&s->sm.window, r->xml, strlen(r->xml),
					CPL_WINDOW_GET, s->sm.last + 1, e) < 0)
			return -1;
		r->sent = ++s->sm.last;
	}
	return 0;
}

/* In place of the lost session there is another: what becomes of what was under
 * way. */
static int renew(struct cpl_session *s, struct cpl_err *e)
{
	size_t again;

	/* The fence, and the question for a sign of life. */
	cpl_requests_forget(&s->requests, s);
	if (cpl_window_renew(&s->sm.window, s->jid.bare, !s->retry_sets,
			     on_dropped, s, e) < 0)
		return -1;
	again = cpl_sm_restart(&s->sm);
	if (again > 0)
		cpl_log(s->log, CPL_LOG_INFO,
			"%zu stanzas are sent again, possibly twice", again);
	return ask_again(s, e);
}

/* A new login: what was lost is taken up as far as may be. */
static int begin(struct cpl_session *s, const struct cpl_login_result *r,
		 uint64_t *more, struct cpl_err *e)
{
	cpl_jid_release(&s->jid);
	if (cpl_jid_parse(&s->jid, r->jid, e) < 0) {
		e->status = CPL_PROTOCOL;
		return -1;
	}
	s->sm.on = r->sm && !s->without_sm;
	/* XEP-0198 5: <failed/> may tell how far it came. */
	if (r->resumed && xmpp_stanza_get_attribute(r->resumed, "h") &&
	    cpl_sm_take(&s->sm, r->resumed, more, e) < 0)
		return -1;
	if (s->was_online && renew(s, e) < 0)
		return -1;
	/* Counting begins with <enable/> (XEP-0198 3), nothing is sent before
	 * it, and what follows does not wait for <enabled/>. */
	if (s->sm.on &&
	    put(s, s->sm.resume ? "<enable xmlns='" CPL_NS_SM
				  "' resume='true'/>"
				: "<enable xmlns='" CPL_NS_SM "'/>") < 0)
		return 0;
	return cpl_sm_replay(&s->sm, cpl_link_out(s->link), e);
}

static int take_up(struct cpl_session *s, const struct cpl_login_result *r,
		   uint64_t *more, struct cpl_err *e)
{
	if (cpl_sm_take(&s->sm, r->resumed, more, e) < 0)
		return -1;
	return cpl_sm_resumed(&s->sm, cpl_link_out(s->link), e);
}

/* All is in order: those who wait hear of it, and may send again. */
static void go_on(struct cpl_session *s, uint64_t acked, int resumed)
{
	s->was_online = 1;
	s->redirects = 0;
	s->state = ONLINE;
	cpl_retry_online(&s->retry, cpl_loop_now());
	cpl_alive_start(&s->alive, s->link);
	told_acked(s, acked);
	tell_dropped(s);
	if (!resumed && s->state == ONLINE)
		s->on.online(s->on.user);
}

static void on_connected(void *user, struct cpl_link *link,
			 const struct cpl_login_result *result,
			 const char *target)
{
	struct cpl_session *s = user;
	struct cpl_link_events events = {
	    .element = on_element, .closed = on_closed, .user = s};
	struct cpl_err e = CPL_ERR_INIT;
	uint64_t acked = 0;
	int r;

	s->link = link;
	cpl_link_listen(link, &events);
	cpl_link_hold(link, s->held);
	s->max_bytes = result->max_bytes;
	if (s->features)
		xmpp_stanza_release(s->features);
	s->features = xmpp_stanza_clone(result->features);
	r = result->is_resumed ? take_up(s, result, &acked, &e)
			       : begin(s, result, &acked, &e);
	if (r < 0) {
		cpl_err_prefix(&e, "%s", target);
		end(s, &e);
	}
	if (s->state == ENDED)
		return;
	cpl_log(s->log, CPL_LOG_INFO, "%s as %s at %s",
		result->is_resumed ? "resumed" : "online", s->jid.full, target);
	go_on(s, acked, result->is_resumed);
}

static void on_failed(void *user, const struct cpl_err *e)
{
	struct cpl_session *s = user;

	fail(s, e, cpl_connect_redirect(s->connect));
}

/* The next attempt. */
static int try(struct cpl_session *s, struct cpl_err *e)
{
	struct cpl_connect_events events = {on_connected, on_failed, s};
	struct cpl_connect_conf conf = s->conf;

	cpl_connect_free(s->connect);
	conf.timeout = cpl_retry_left(&s->retry, cpl_loop_now(), conf.timeout);
	conf.there = s->there;
	if (cpl_sm_can_resume(&s->sm)) {
		conf.resume_id = s->sm.id;
		conf.resume_h = cpl_sm_resume_h(&s->sm);
	}
	s->state = CONNECTING;
	s->connect =
	    cpl_connect_new(s->loop, s->log, s->ctx, &conf, &events, e);
	return s->connect ? 0 : -1;
}

static void on_again(void *user)
{
	struct cpl_session *s = user;
	struct cpl_err e = CPL_ERR_INIT;

	if (try(s, &e) < 0)
		end(s, &e);
}

struct cpl_session *cpl_session_new(struct cpl_loop *loop,
				    const struct cpl_log *log, xmpp_ctx_t *ctx,
				    const struct cpl_connect_conf *conf,
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
	cpl_buf_init(&s->dropped, SIZE_MAX);
	s->closing.fire = end_ok;
	s->closing.user = s;
	s->again.fire = on_again;
	s->again.user = s;
	s->turn.end = end_turn;
	s->turn.user = s;
	cpl_alive_init(&s->alive, loop, on_silence, on_dead, s);
	if (cpl_ids_init(&s->ids, e) < 0 || try(s, e) < 0) {
		cpl_session_free(s);
		return NULL;
	}
	cpl_loop_turn_add(loop, &s->turn);
	return s;
}

void cpl_session_retry(struct cpl_session *s, long limit)
{
	s->retry.limit = limit;
	s->sm.resume = limit != 0;
	s->sm.keep |= limit != 0;
}

void cpl_session_retry_sets(struct cpl_session *s)
{
	s->retry_sets = 1;
}

void cpl_session_without_sm(struct cpl_session *s)
{
	s->without_sm = 1;
}

void cpl_session_free(struct cpl_session *s)
{
	if (!s)
		return;
	cpl_loop_cancel(s->loop, &s->closing);
	cpl_loop_cancel(s->loop, &s->again);
	cpl_loop_turn_remove(s->loop, &s->turn);
	cpl_alive_stop(&s->alive);
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

void cpl_session_close(struct cpl_session *s, int wait)
{
	if (s->state == ENDED || s->state == CLOSING)
		return;
	if (s->state != ONLINE) {
		cpl_loop_cancel(s->loop, &s->again);
		cpl_loop_timer(s->loop, &s->closing, 0);
		return;
	}
	if (s->sm.on && s->sm.ack.handled > s->sm.ack.told)
		send_ack(s);
	if (s->state != ONLINE || put(s, "</stream:stream>") < 0)
		return;
	s->state = CLOSING;
	s->close_wait = wait;
	cpl_link_hold(s->link, 0);
	cpl_loop_timer(s->loop, &s->closing, CPL_CLOSE_MS);
}

void cpl_session_hold(struct cpl_session *s, int on)
{
	s->held = on;
	if (s->link && s->state == ONLINE)
		cpl_link_hold(s->link, on);
	cpl_alive_hold(&s->alive, on);
}

int cpl_session_online(const struct cpl_session *s)
{
	return s->state == ONLINE;
}

int cpl_session_alive(const struct cpl_session *s)
{
	return s->state == ONLINE ||
	       (s->was_online &&
		(s->state == CONNECTING || s->state == WAITING));
}

int cpl_session_has_sm(const struct cpl_session *s)
{
	return s->sm.on;
}

int cpl_session_feature(const struct cpl_session *s, const char *name,
			const char *ns)
{
	return cpl_child(s->features, name, ns) != NULL;
}

uint64_t cpl_session_unhandled(const struct cpl_session *s)
{
	return s->sm.ack.received - s->sm.ack.handled;
}

size_t cpl_session_unsent(const struct cpl_session *s)
{
	return s->link ? cpl_link_unsent(s->link) : 0;
}

size_t cpl_session_pending(const struct cpl_session *s)
{
	return cpl_window_size(&s->sm.window);
}

unsigned cpl_session_tries(const struct cpl_session *s, uint64_t number)
{
	return cpl_sm_tries(&s->sm, number);
}

void cpl_session_unacked(const struct cpl_session *s,
			 int (*each)(void *user,
				     const struct cpl_window_entry *entry,
				     const char *xml),
			 void *user)
{
	cpl_window_each(&s->sm.window, each, user);
}

const struct cpl_jid *cpl_session_jid(const struct cpl_session *s)
{
	return s->jid.full ? &s->jid : cpl_connect_jid(s->connect);
}

xmpp_ctx_t *cpl_session_ctx(const struct cpl_session *s)
{
	return s->ctx;
}

const struct cpl_ids *cpl_session_ids(const struct cpl_session *s)
{
	return &s->ids;
}
