/* SPDX-License-Identifier: MIT
 *
 * The end of xrecv: the reader's time, what is given back to the server, and
 * what is said of the rest. */
#include <stdio.h>

#include "../common/base/limits.h"
#include "../common/stanza/build.h"
#include "xrecv.h"

/* The reader gets so long at the end to take what it has not. */
#define GRACE_MS (CPL_CLOSE_MS / 2)

/* Ends the stream, within ms; what was received and not taken stays
 * unacknowledged. What still comes is counted. */
static void close_session(struct recv *r, long ms)
{
	if (r->closing)
		return;
	r->closing = 1;
	cpl_loop_timer(r->run.loop, &r->grace, ms);
	if (xrecv_is_left(r)) {
		cpl_session_leave(r->run.session);
	} else {
		r->said_end = cpl_session_online(r->run.session);
		cpl_session_close(r->run.session, 1);
	}
}

/* A server that stores again what we leave unacknowledged does so when the
 * stream ends: what came after the withdrawal would get before it. */
void xrecv_withdraw(struct recv *r)
{
	xrecv_rooms_leave(r);
	if (!r->announced || xrecv_is_left(r) ||
	    (r->offline && cpl_offline_restores(r->offline)))
		return;
	r->announced = 0;
	(void)!cpl_presence_withdraw(r->run.session, NULL);
}

void xrecv_finish(struct recv *r)
{
	if (r->ending)
		return;
	r->ending = 1;
	xrecv_withdraw(r);
	r->sink->finish(r);
	if (!r->sink->busy(r) && !r->flushing) {
		close_session(r, CPL_CLOSE_MS);
		return;
	}
	cpl_session_hold(r->run.session, 1);
	cpl_loop_timer(r->run.loop, &r->grace, GRACE_MS);
}

void xrecv_close(struct recv *r)
{
	close_session(r, GRACE_MS);
}

static void on_grace(void *user)
{
	struct recv *r = user;

	if (!r->closing && !r->flushing) {
		close_session(r, GRACE_MS);
		return;
	}
	r->cut = 1;
	cpl_run_stop(&r->run);
}

/* The server gives it back, or not: it is not ours any more. */
void xrecv_leave(struct recv *r, xmpp_stanza_t *stanza)
{
	if (cpl_has_type(stanza, "error") || xrecv_is_of_room(r, stanza))
		return;
	/* The filters would have dropped the others. */
	if (xrecv_wants(r, stanza) && !xrecv_since_archived(r, stanza))
		r->left++;
}

/* What was received is written, though nothing can be acknowledged any more. */
void xrecv_on_ended(void *user, const struct cpl_err *e)
{
	struct recv *r = user;

	if (e->status != CPL_OK) {
		r->cut = 1;
		if (!xrecv_full(r))
			cpl_run_complain(&r->run, e);
	} else if (r->said_end) {
		xrecv_durable_closed(r);
	}
	r->dead = e->final || (e->status != CPL_OK && e->status != CPL_TEMP);
	r->flushing = !r->closing;
	if (!r->flushing || !r->sink->writing(r))
		cpl_run_stop(&r->run);
}

/* --- what ends it ------------------------------------------------------ */

void xrecv_touch_idle(struct recv *r)
{
	if (r->set.idle > 0)
		cpl_loop_timer(r->run.loop, &r->idle, r->set.idle);
}

void xrecv_on_interrupted(void *user)
{
	xrecv_finish(user);
}

/* The planned end: a failure only where -c asked for more. */
static void end_planned(struct recv *r, enum cpl_status status, const char *why)
{
	long taken = r->printed - (long)r->sink->unread(r);
	struct cpl_err e = CPL_ERR_INIT;

	if (r->ending)
		return;
	if (r->set.count > 0 && !r->goal_met) {
		cpl_err_set(&e, status, "%s after %ld of %ld record%s", why,
			    taken, r->set.count, r->set.count == 1 ? "" : "s");
		cpl_run_complain(&r->run, &e);
	}
	xrecv_finish(r);
}

void xrecv_on_timeout(void *user)
{
	struct recv *r = user;
	struct cpl_err e = CPL_ERR_INIT;

	if (r->online) {
		end_planned(r, CPL_TIMEOUT, "timed out (-W)");
		return;
	}
	cpl_err_set(&e, CPL_TEMP, "timed out (-W) before the login");
	cpl_run_give_up(&r->run, &e);
}

/* While the reader has something to read we are not idle. */
static void on_idle(void *user)
{
	struct recv *r = user;

	if (r->sink->unread(r) > 0)
		xrecv_touch_idle(r);
	else
		end_planned(r, CPL_REFUSED, "nothing came (--idle)");
}

void xrecv_clocks(struct recv *r)
{
	r->idle.fire = on_idle;
	r->grace.fire = on_grace;
	r->idle.user = r->grace.user = r;
}

/* What came and was not read: silence only where the server is known to store
 * it again. */
static void report_unread(struct recv *r)
{
	struct cpl_session *session = r->run.session;
	long over = (long)cpl_session_unhandled(session) - CPL_OFFLINE_RESTORED;
	long unread = r->left + (long)r->sink->unkept(r);
	char why[64];

	/* That one is not removed: the server has it. */
	unread -= r->fetching;
	if (unread <= 0 || (xrecv_is_left(r) && !r->dead))
		return;
	if (!cpl_session_has_sm(session))
		snprintf(why, sizeof why,
			 "lost, the server has no stream management");
	else if (!r->offline || !cpl_offline_restores(r->offline))
		snprintf(why, sizeof why, "the server may not keep %s",
			 unread == 1 ? "it" : "them");
	else if (over == 1)
		snprintf(why, sizeof why,
			 "the server may lose the first of them");
	else if (over > 0)
		snprintf(why, sizeof why,
			 "the server may lose the first %ld of them", over);
	else
		return;
	cpl_cli_warn(&r->run.cli, "%s%ld more came and %s not %s: %s",
		     r->cut ? "at least " : "", unread,
		     unread == 1 ? "was" : "were", r->sink->done, why);
}

void xrecv_report(struct recv *r)
{
	if (r->unwanted > 0)
		cpl_log(&r->run.cli.log, CPL_LOG_INFO,
			"%ld stanza%s did not pass the filters", r->unwanted,
			r->unwanted == 1 ? "" : "s");
	if (r->doubles > 0)
		cpl_log(&r->run.cli.log, CPL_LOG_INFO,
			"%ld message%s had come before", r->doubles,
			r->doubles == 1 ? "" : "s");
	if (r->forged > 0)
		cpl_log(&r->run.cli.log, CPL_LOG_INFO,
			"%ld stanza%s pretended to be of the own account",
			r->forged, r->forged == 1 ? "" : "s");
	if (r->run.session)
		report_unread(r);
}
