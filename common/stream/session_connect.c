/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "../base/limits.h"
#include "../stanza/ns.h"
#include "features.h"
#include "session_impl.h"

/* --- ends --------------------------------------------------------------- */

/* Lets go of the connection. The connect stays: this may come from within it.
 */
static void let_go(struct cpl_session *s)
{
	cpl_alive_stop(&s->alive);
	cpl_loop_cancel(s->loop, &s->reask);
	cpl_loop_cancel(s->loop, &s->proof);
	if (s->lent)
		s->link = NULL;
	if (s->connect)
		cpl_connect_stop(s->connect);
	cpl_link_free(s->link);
	s->link = NULL;
	s->lent = s->enabled = 0;
}

/* The one way to the end. */
void cpl_session_end(struct cpl_session *s, const struct cpl_err *e)
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

void cpl_session_end_ok(void *user)
{
	struct cpl_session *s = user;
	struct cpl_err ok = CPL_ERR_INIT;

	cpl_session_end(s, &ok);
}

/* The next attempt goes where the settings say. */
static void usual_place(struct cpl_session *s)
{
	free(s->there);
	s->there = NULL;
	s->at_location = 0;
}

/* Where the next attempt goes: what the server said, once; else where the
 * settings say. 0: at once; else ms, -1: nowhere. */
static long next_attempt(struct cpl_session *s, const struct cpl_err *why,
			 const char *redirect)
{
	const char *there = redirect;

	usual_place(s);
	/* Those of one that throws us out after each login add up. */
	if (s->state == ONLINE &&
	    cpl_loop_now() - s->since >= CPL_RETRY_CALM_MS)
		s->redirects = 0;
	if (redirect && ++s->redirects > CPL_REDIRECTS_MAX)
		return -1;
	if (!redirect && s->state == ONLINE)
		there = s->sm.location;
	s->there = there ? strdup(there) : NULL;
	s->at_location = s->there && !redirect;
	if (redirect && s->there)
		return 0;
	return cpl_retry_wait(&s->retry, why, cpl_loop_now());
}

/* XEP-0198 5: where the location is not to be had, the stream may be resumed at
 * the usual place. */
static int elsewhere(struct cpl_session *s, const struct cpl_err *why,
		     const char *redirect)
{
	if (!s->at_location || s->state != CONNECTING || redirect ||
	    why->final || why->status == CPL_AUTH)
		return 0;
	usual_place(s);
	return 1;
}

/* cpl_sm_distrust(): a new login is what helps, at once. */
static int anew(struct cpl_session *s, struct cpl_err *why)
{
	if (why->status != CPL_PROTOCOL || s->state != ONLINE ||
	    s->retry.limit == 0 || !cpl_sm_distrust(&s->sm))
		return 0;
	why->status = CPL_TEMP;
	usual_place(s);
	return 1;
}

/* The connection failed, or what it brought was of no use. */
void cpl_session_fail(struct cpl_session *s, const struct cpl_err *e,
		      const char *redirect)
{
	struct cpl_err why = *e;
	long wait = 0;

	if (s->state == CLOSING || (s->word && s->sm.acked == s->sm.last)) {
		cpl_session_end_ok(s);
		return;
	}
	if (s->state == ENDED || s->state == WAITING)
		return;
	/* Nobody knows what the server took: a session that is lost. */
	if (s->state == EARLY) {
		s->was_online = 1;
		s->told = 0;
	}
	if (!anew(s, &why) && !elsewhere(s, &why, redirect))
		wait = next_attempt(s, &why, redirect);
	if (wait < 0) {
		cpl_session_end(s, &why);
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

/* --- beginnings --------------------------------------------------------- */

/* Told when all is in order again, as who hears of it may send. */
static void note_large(void *user, uint64_t number, size_t bytes)
{
	struct cpl_session *s = user;
	struct cpl_dropped dropped = {number, bytes};

	if (cpl_buf_add(&s->dropped, &dropped, sizeof dropped) < 0)
		cpl_log(s->log, CPL_LOG_WARN, "out of memory");
}

static void note_dropped(void *user, uint64_t number)
{
	note_large(user, number, 0);
}

static void tell_dropped(struct cpl_session *s)
{
	struct cpl_request *r;
	struct cpl_dropped d;

	while (s->dropped.len > 0) {
		struct cpl_err why = CPL_ERR_INIT;

		memcpy(&d, s->dropped.data, sizeof d);
		cpl_buf_consume(&s->dropped, sizeof d);
		r = cpl_requests_sent(&s->requests, d.number);
		if (d.bytes == 0)
			cpl_err_set(&why, CPL_TEMP,
				    "unknown outcome: the connection was lost");
		else
			(void)!cpl_window_allows(d.bytes, s->max_bytes, &why);
		if (r)
			cpl_requests_give_up(&s->requests, r);
		else if (s->on.given_up)
			s->on.given_up(s->on.user, d.number, &why);
	}
}

/* Requests that the lost session's server had, and whose answers went with it:
 * they are asked again, or nobody knows. */
static int ask_again(struct cpl_session *s, struct cpl_err *e)
{
	uint64_t acked = s->sm.keep ? s->sm.acked : s->sm.last;
	struct cpl_request *r;

	for (r = s->requests.first; r; r = r->next) {
		if (r->sent > acked)
			continue;
		if (!r->xml) {
			note_dropped(s, r->sent);
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
	if (cpl_window_renew(&s->sm.window, cpl_session_jid(s)->bare,
			     s->without, note_dropped, s, e) < 0)
		return -1;
	again = cpl_sm_restart(&s->sm);
	if (again > 0)
		cpl_log(s->log, CPL_LOG_INFO,
			"%zu stanza%s sent again, possibly twice", again,
			again == 1 ? " is" : "s are");
	return ask_again(s, e);
}

/* Counting begins with <enable/> (XEP-0198 3), nothing is sent before it, and
 * what follows does not wait for <enabled/>. */
static int enable(struct cpl_session *s)
{
	return cpl_session_put(
	    s, s->sm.resume ? "<enable xmlns='" CPL_NS_SM "' resume='true'/>"
			    : "<enable xmlns='" CPL_NS_SM "'/>");
}

/* A new login: what was lost is taken up as far as may be. */
static int begin(struct cpl_session *s, const struct cpl_login_result *r,
		 uint64_t *more, struct cpl_err *e)
{
	cpl_jid_release(&s->jid);
	if (cpl_jid_parse(&s->jid, r->jid, e) < 0) {
		if (e->status == CPL_DATA)
			e->status = CPL_PROTOCOL;
		return -1;
	}
	s->sm.on = r->sm && !s->without_sm;
	/* XEP-0198 5: <failed/> may tell how far it came. */
	if (s->sm.adopted)
		(void)cpl_sm_restart(&s->sm);
	else if (r->resumed && xmpp_stanza_get_attribute(r->resumed, "h") &&
		 cpl_sm_take(&s->sm, r->resumed, more, e) < 0)
		return -1;
	if (s->was_online && renew(s, e) < 0)
		return -1;
	/* What has waited for the server's limit. */
	cpl_window_drop(&s->sm.window, s->max_bytes, note_large, s);
	if (s->enabled) /* it left with the login */
		return cpl_session_flush(s, SIZE_MAX, e);
	if (s->sm.on && enable(s) < 0)
		return 0;
	return cpl_sm_replay(&s->sm, cpl_link_out(s->link), e);
}

void cpl_session_unproved(void *user)
{
	struct cpl_session *s = user;
	struct cpl_err e = CPL_ERR_INIT;

	if (s->state != ONLINE)
		return;
	if (s->held) { /* nothing is read */
		cpl_loop_timer(s->loop, &s->proof, CPL_RESUMED_WAIT_MS);
		return;
	}
	cpl_err_set(&e, CPL_PROTOCOL,
		    "the server does not understand the resumed stream");
	cpl_session_fail(s, &e, NULL);
}

/* The first thing is a question, whose answer shows that what comes behind it
 * is taken for stanzas: see cpl_sm_distrust(). */
static int take_up(struct cpl_session *s, const struct cpl_login_result *r,
		   uint64_t *more, struct cpl_err *e)
{
	if (cpl_sm_take(&s->sm, r->resumed, more, e) < 0)
		return -1;
	if (cpl_window_count(&s->sm.window) > 0) {
		if (cpl_session_put(s, CPL_SM_ASK) < 0)
			return 0;
		cpl_loop_timer(s->loop, &s->proof, CPL_RESUMED_WAIT_MS);
	}
	return cpl_sm_resumed(&s->sm, cpl_link_out(s->link), e);
}

int cpl_session_enabling(const struct cpl_session *s)
{
	return s->enabled && !s->sm.enabled;
}

void cpl_session_forget_password(struct cpl_session *s)
{
	if (s->retry.limit == 0 && !s->conf.password_stays &&
	    !cpl_session_enabling(s))
		cpl_secret_wipe(s->conf.password);
}

/* All is in order: those who wait hear of it, and may send again. */
static void go_on(struct cpl_session *s, uint64_t acked, int resumed)
{
	int first = !s->was_online;

	s->was_online = 1;
	s->state = ONLINE;
	s->since = cpl_loop_now();
	cpl_session_forget_password(s);
	cpl_timing_mark(s->conf.timing, CPL_TIMING_LOGIN);
	if (cpl_session_pending(s) > 0) /* they leave with this turn */
		cpl_timing_stanza(s->conf.timing);
	cpl_retry_online(&s->retry, s->since);
	cpl_alive_start(&s->alive, s->link);
	cpl_session_told_acked(s, acked);
	tell_dropped(s);
	if (s->state != ONLINE)
		return;
	if (s->told)
		s->told = 0;
	else if (!resumed)
		s->on.online(s->on.user);
	else if (first && s->on.resumed)
		s->on.resumed(s->on.user);
	if (s->word && s->state == ONLINE)
		cpl_session_end_with(s, s->word, s->close_wait);
}

void cpl_session_features(struct cpl_session *s, xmpp_stanza_t *features)
{
	if (s->features)
		xmpp_stanza_release(s->features);
	s->features = xmpp_stanza_clone(features);
	/* Those behind a resumption may leave it out. */
	if (cpl_features_limit(features) > 0)
		s->max_bytes = cpl_features_limit(features);
}

static void on_connected(void *user, struct cpl_link *link,
			 const struct cpl_login_result *result,
			 const char *target)
{
	struct cpl_session *s = user;
	struct cpl_link_events events;
	struct cpl_err e = CPL_ERR_INIT;
	uint64_t acked = 0;
	int r;

	s->link = link;
	s->lent = 0;
	cpl_session_link_events(s, &events);
	cpl_link_listen(link, &events);
	cpl_link_hold(link, s->held);
	s->max_bytes = 0;
	if (result->features)
		cpl_session_features(s, result->features);
	/* Prosody says it before the login alone. */
	if (s->max_bytes == 0)
		s->max_bytes = result->offer.limit;
	r = result->is_resumed ? take_up(s, result, &acked, &e)
			       : begin(s, result, &acked, &e);
	if (r < 0) {
		if (e.status != CPL_DATA)
			cpl_err_prefix(&e, "%s", target);
		cpl_session_end(s, &e);
	}
	if (s->state == ENDED)
		return;
	cpl_log(s->log, CPL_LOG_INFO, "%s as %s at %s",
		result->is_resumed ? "resumed" : "online", s->jid.full, target);
	go_on(s, acked, result->is_resumed);
}

/* The login's last word leaves, and this with it. */
static void on_follow(void *user, struct cpl_link *link, int stanzas,
		      size_t limit)
{
	struct cpl_session *s = user;

	s->link = link;
	s->lent = s->enabled = 1;
	if (enable(s) < 0)
		return;
	s->sm.on = 1;
	if (!stanzas || !s->can_early)
		return;
	s->sure = limit > CPL_STANZA_SURE_BYTES ? limit : CPL_STANZA_SURE_BYTES;
	s->state = EARLY;
	/* What an earlier attempt could not do is done now. */
	if (s->told) {
		(void)!cpl_session_flush(s, s->sure, NULL);
	} else {
		s->told = 1;
		s->on.online(s->on.user);
	}
	/* In the same write as the rest. */
	cpl_session_ask(s);
}

static void on_dropped(void *user)
{
	struct cpl_session *s = user;

	s->link = NULL;
	s->lent = s->enabled = 0;
	s->state = CONNECTING;
	cpl_sm_undo(&s->sm);
}

static void on_failed(void *user, const struct cpl_err *e)
{
	struct cpl_session *s = user;

	cpl_session_fail(s, e, cpl_connect_redirect(s->connect));
}

/* The next attempt. */
int cpl_session_try(struct cpl_session *s, struct cpl_err *e)
{
	struct cpl_connect_events events = {
	    .done = on_connected,
	    .failed = on_failed,
	    .dropped = on_dropped,
	    .user = s,
	};
	struct cpl_connect_conf conf = s->conf;
	struct cpl_connect *next;

	conf.timeout = cpl_retry_left(&s->retry, cpl_loop_now(), conf.timeout);
	conf.there = s->there;
	if (cpl_sm_can_resume(&s->sm)) {
		conf.resume_id = s->sm.id;
		conf.resume_h = cpl_sm_resume_h(&s->sm);
	}
	if (!s->was_online && !s->durable && !s->without_sm)
		events.follow = on_follow;
	s->state = CONNECTING;
	next = cpl_connect_new(s->loop, s->log, s->ctx, &conf, &events, e);
	if (!next)
		return -1;
	cpl_connect_free(s->connect);
	s->connect = next;
	return 0;
}

void cpl_session_anew(struct cpl_session *s)
{
	let_go(s);
	cpl_sm_undo(&s->sm);
	s->conf.wary = 1;
	s->was_online = 0;
	s->told = 1;
	s->state = CONNECTING;
	cpl_loop_timer(s->loop, &s->again, 0);
}

void cpl_session_again(void *user)
{
	struct cpl_session *s = user;
	struct cpl_err e = CPL_ERR_INIT;

	if (cpl_session_try(s, &e) < 0)
		cpl_session_end(s, &e);
}
