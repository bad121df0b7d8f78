/* SPDX-License-Identifier: MIT */
#include "session.h"

#include <stdlib.h>
#include <string.h>

#include "../base/limits.h"
#include "../base/num.h"
#include "../stanza/build.h"
#include "../stanza/filter.h"
#include "../stanza/ns.h"
#include "../stanza/write.h"
#include "ack.h"
#include "connect.h"
#include "fault.h"
#include "link.h"
#include "request.h"

enum state { CONNECTING, ONLINE, CLOSING, ENDED };

struct cpl_session {
	struct cpl_loop *loop;
	const struct cpl_log *log;
	xmpp_ctx_t *ctx;
	struct cpl_session_events on;
	struct cpl_connect *connect;
	struct cpl_link *link; /* NULL until online */
	struct cpl_jid jid;    /* as bound; empty until online */
	struct cpl_requests requests;
	struct cpl_ids ids;
	struct cpl_ack ack;
	struct cpl_timer closing; /* when it has waited long enough */
	struct cpl_turn turn;
	size_t max_bytes;
	xmpp_stanza_t *features; /* of the stream, once online */
	enum state state;
	int without_sm; /* though the server may have XEP-0198 */
	int sm;         /* XEP-0198 is on */
	int enabled;    /* and the server has said so */
	int close_wait; /* for the server's own end */
};

/* Ids of the session's own requests; tools use other kinds. */
enum { ID_REQUEST = 0 };

/* The one way to the end. The connect stays: ended() may come from within it.
 */
static void end(struct cpl_session *s, const struct cpl_err *e)
{
	struct cpl_err why = *e;

	if (s->state == ENDED)
		return;
	s->state = ENDED;
	cpl_loop_cancel(s->loop, &s->closing);
	cpl_loop_turn_remove(s->loop, &s->turn);
	cpl_connect_stop(s->connect);
	cpl_link_free(s->link);
	s->link = NULL;
	cpl_requests_end(&s->requests);
	s->on.ended(s->on.user, &why);
}

static void end_ok(void *user)
{
	struct cpl_session *s = user;
	struct cpl_err ok = CPL_ERR_INIT;

	end(s, &ok);
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
	struct cpl_buf *out;
	size_t before, size;

	if (s->state != ONLINE)
		return cpl_err_set(e, CPL_TEMP, "not connected");
	out = cpl_link_out(s->link);
	before = out->len;
	if (cpl_write_xml(out, stanza, CPL_NS_CLIENT) < 0)
		return cpl_buf_err(out, e, CPL_SYSTEM, "unsent output");
	size = out->len - before;
	/* XEP-0478 3.1: the server would end the stream over it. */
	if (s->max_bytes > 0 && size > s->max_bytes) {
		cpl_buf_truncate(out, before);
		return cpl_err_set(e, CPL_DATA,
				   "the stanza has %zu bytes, the server takes "
				   "%zu",
				   size, s->max_bytes);
	}
	s->ack.sent++;
	if (number)
		*number = s->ack.sent;
	return 0;
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
	return 0;
}

void cpl_session_forget(struct cpl_session *s, const void *user)
{
	cpl_requests_forget(&s->requests, user);
}

static void told_acked(struct cpl_session *s, uint64_t more)
{
	if (s->ack.asked && s->ack.acked >= s->ack.asked)
		s->ack.asked = 0;
	if (more > 0 && s->on.acked)
		s->on.acked(s->on.user, s->ack.acked);
}

/* The ping that stands in for <r/> came back, or was refused: either way the
 * server has read what was sent before it. */
static void fence_passed(void *user, xmpp_stanza_t *answer)
{
	struct cpl_session *s = user;
	uint64_t before = s->ack.acked;

	if (!answer || s->ack.asked == 0)
		return;
	if (s->ack.asked > s->ack.acked)
		s->ack.acked = s->ack.asked;
	told_acked(s, s->ack.acked - before);
}

static void send_fence(struct cpl_session *s)
{
	xmpp_stanza_t *iq =
	    cpl_build_stanza(s->ctx, "iq", "get", NULL, s->jid.domain);
	struct cpl_err e = CPL_ERR_INIT;

	if (!cpl_build_child(iq, "ping", CPL_NS_PING))
		cpl_err_nomem(&e);
	else if (cpl_session_request(s, iq, fence_passed, s, &e) == 0)
		s->ack.asked = s->ack.sent;
	if (iq)
		xmpp_stanza_release(iq);
	if (e.status != CPL_OK)
		end(s, &e);
}

/* At the end of a turn: ask for proof of what has none, one question at a
 * time. */
static void end_turn(void *user)
{
	struct cpl_session *s = user;

	if (s->state == ONLINE && s->on.acked && !s->ack.asked &&
	    s->ack.acked < s->ack.sent) {
		if (!s->sm) {
			send_fence(s);
		} else if (put(s, "<r xmlns='" CPL_NS_SM "'/>") == 0) {
			s->ack.asked = s->ack.sent;
		}
	}
	if (s->state == CLOSING && !s->close_wait) {
		cpl_link_flush(s->link);
		if (s->state == CLOSING && cpl_link_unsent(s->link) == 0)
			cpl_loop_timer(s->loop, &s->closing, 0);
	}
}

/* Not before the server counts: what it has sent by then is not in h. */
static void send_ack(struct cpl_session *s)
{
	char text[64];

	if (!s->enabled)
		return;
	snprintf(text, sizeof text, "<a xmlns='" CPL_NS_SM "' h='%u'/>",
		 cpl_ack_tell(&s->ack));
	(void)put(s, text);
}

void cpl_session_handled(struct cpl_session *s, uint64_t number)
{
	if (number > s->ack.handled)
		s->ack.handled = number;
	if (s->state == ONLINE && s->sm && cpl_ack_due(&s->ack))
		send_ack(s);
}

/* --- receiving --------------------------------------------------------- */

/* <a h=''/> */
static void take_ack(struct cpl_session *s, xmpp_stanza_t *a)
{
	const char *text = xmpp_stanza_get_attribute(a, "h");
	struct cpl_err e = CPL_ERR_INIT;
	uint64_t more = 0;
	long h;

	if (!text || cpl_num_int(text, 0, UINT32_MAX, &h, NULL) < 0)
		cpl_err_set(&e, CPL_PROTOCOL,
			    "the server sent an acknowledgement without a "
			    "number");
	else if (cpl_ack_take(&s->ack, (uint32_t)h, &more, &e) == 0) {
		told_acked(s, more);
		return;
	}
	end(s, &e);
}

/* Elements of XEP-0198; non-zero when it was one. */
static int take_sm(struct cpl_session *s, xmpp_stanza_t *el)
{
	if (cpl_is(el, "r", CPL_NS_SM)) {
		/* Behind our </stream:stream> nothing may follow. */
		if (s->sm && s->state == ONLINE)
			send_ack(s);
	} else if (cpl_is(el, "a", CPL_NS_SM)) {
		take_ack(s, el);
	} else if (cpl_is(el, "failed", CPL_NS_SM)) {
		/* XEP-0198 3: the stream goes on without; a ping is the
		 * proof from here on. */
		cpl_log(s->log, CPL_LOG_DEBUG,
			"the server refused stream management");
		s->sm = 0;
		s->ack.asked = 0;
	} else if (cpl_is(el, "enabled", CPL_NS_SM)) {
		s->ack.before = s->ack.received;
		s->enabled = 1;
	} else {
		return 0;
	}
	return 1;
}

static void take_stanza(struct cpl_session *s, xmpp_stanza_t *el)
{
	uint64_t number = ++s->ack.received;

	if (cpl_is(el, "iq", CPL_NS_CLIENT) &&
	    cpl_requests_answer(&s->requests, &s->jid, el)) {
		/* Dealt with, but counted only when all before it are. */
		el = NULL;
	}
	if (s->state != ENDED)
		s->on.stanza(s->on.user, el, number);
}

static void on_element(void *user, xmpp_stanza_t *el)
{
	struct cpl_session *s = user;
	struct cpl_err e = CPL_ERR_INIT;

	if (cpl_is(el, "error", CPL_NS_STREAM)) {
		cpl_fault_stream(el, &e);
		end(s, &e);
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

	if (s->state == CLOSING) {
		end_ok(s);
		return;
	}
	if (reason)
		e = *reason;
	else
		cpl_err_set(&e, CPL_REFUSED, "the server ended the stream");
	end(s, &e);
}

/* --- connecting -------------------------------------------------------- */

static void on_connected(void *user, struct cpl_link *link,
			 const struct cpl_login_result *r, const char *target)
{
	struct cpl_session *s = user;
	struct cpl_link_events events = {
	    .element = on_element, .closed = on_closed, .user = s};
	struct cpl_err e = CPL_ERR_INIT;

	s->link = link;
	cpl_link_listen(link, &events);
	if (cpl_jid_parse(&s->jid, r->jid, &e) < 0) {
		e.status = CPL_PROTOCOL;
		cpl_err_prefix(&e, "%s", target);
		end(s, &e);
		return;
	}
	s->max_bytes = r->max_bytes;
	s->features = xmpp_stanza_clone(r->features);
	s->sm = r->sm && !s->without_sm;
	s->state = ONLINE;
	/* Counting begins with <enable/> (XEP-0198 3), nothing is sent before
	 * it, and what follows does not wait for <enabled/>. */
	if (s->sm && put(s, "<enable xmlns='" CPL_NS_SM "'/>") < 0)
		return;
	cpl_log(s->log, CPL_LOG_INFO, "online as %s at %s", s->jid.full,
		target);
	s->on.online(s->on.user);
}

static void on_failed(void *user, const struct cpl_err *e)
{
	end(user, e);
}

struct cpl_session *cpl_session_new(struct cpl_loop *loop,
				    const struct cpl_log *log, xmpp_ctx_t *ctx,
				    const struct cpl_connect_conf *conf,
				    const struct cpl_session_events *on,
				    struct cpl_err *e)
{
	struct cpl_session *s = calloc(1, sizeof *s);
	struct cpl_connect_events events = {on_connected, on_failed, s};

	if (!s) {
		cpl_err_nomem(e);
		return NULL;
	}
	s->loop = loop;
	s->log = log;
	s->ctx = ctx;
	s->on = *on;
	s->closing.fire = end_ok;
	s->closing.user = s;
	s->turn.end = end_turn;
	s->turn.user = s;
	if (cpl_ids_init(&s->ids, e) == 0)
		s->connect = cpl_connect_new(loop, log, ctx, conf, &events, e);
	if (!s->connect) {
		cpl_session_free(s);
		return NULL;
	}
	cpl_loop_turn_add(loop, &s->turn);
	return s;
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
	cpl_loop_turn_remove(s->loop, &s->turn);
	cpl_link_free(s->link);
	cpl_connect_free(s->connect);
	cpl_requests_end(&s->requests);
	cpl_ids_release(&s->ids);
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
		cpl_loop_timer(s->loop, &s->closing, 0);
		return;
	}
	if (s->sm && s->ack.handled > s->ack.told)
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
	if (s->link && s->state == ONLINE)
		cpl_link_hold(s->link, on);
}

int cpl_session_online(const struct cpl_session *s)
{
	return s->state == ONLINE;
}

int cpl_session_has_sm(const struct cpl_session *s)
{
	return s->sm;
}

int cpl_session_feature(const struct cpl_session *s, const char *name,
			const char *ns)
{
	return cpl_child(s->features, name, ns) != NULL;
}

uint64_t cpl_session_unhandled(const struct cpl_session *s)
{
	return s->ack.received - s->ack.handled;
}

size_t cpl_session_unsent(const struct cpl_session *s)
{
	return s->link ? cpl_link_unsent(s->link) : 0;
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
