/* SPDX-License-Identifier: MIT
 *
 * xrecv: nothing comes in but from the server; one incoming stanza is one
 * record out, acknowledged when stdout took it. */
#include <stdlib.h>
#include <string.h>

#include "../common/base/limits.h"
#include "xrecv.h"

/* --- records ----------------------------------------------------------- */

int xrecv_full(const struct recv *r)
{
	return r->set.count > 0 && r->printed >= r->set.count;
}

static void check_backlog(struct recv *r)
{
	int much = r->sink->records(r) >= CPL_BACKLOG_STANZAS ||
		   r->sink->bytes(r) >= CPL_BACKLOG_BYTES;

	if (!r->ending)
		cpl_session_hold(r->run.session, much && !xrecv_full(r));
}

/* The record at hand, or a stanza that is none (NULL). */
static void put(struct recv *r, xmpp_stanza_t *stanza)
{
	struct cpl_err e = CPL_ERR_INIT;

	r->last = r->number;
	if (r->sink->put(r, stanza, &e) < 0)
		cpl_run_give_up(&r->run, &e);
	else
		check_backlog(r);
}

static void print(struct recv *r, xmpp_stanza_t *stanza)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (xrecv_is_double(r, stanza)) {
		put(r, NULL);
		return;
	}
	cpl_buf_truncate(&r->line, 0);
	if (cpl_format_stanza(&r->format, &r->line, stanza) < 0) {
		cpl_buf_err(&r->line, &e, CPL_INTERNAL, "a record");
		cpl_run_give_up(&r->run, &e);
		return;
	}
	r->printed++;
	xrecv_touch_idle(r);
	if (xrecv_full(r))
		xrecv_withdraw(r);
	put(r, stanza);
}

int xrecv_wants(const struct recv *r, xmpp_stanza_t *stanza)
{
	return cpl_filter_passes(&r->filter, stanza,
				 cpl_session_jid(r->run.session));
}

void xrecv_skip(struct recv *r)
{
	if (!r->run.over && !r->ending && !xrecv_full(r))
		put(r, NULL);
}

void xrecv_deliver(struct recv *r, xmpp_stanza_t *stanza)
{
	if (xrecv_wants(r, stanza)) {
		print(r, stanza);
		return;
	}
	r->unwanted++;
	put(r, NULL);
}

void xrecv_taken(struct recv *r, uint64_t number)
{
	cpl_taken_upto(&r->taken, number);
	cpl_session_handled(r->run.session, number / XRECV_RECORDS);
	xrecv_dedup_flush(r);
	check_backlog(r);
	if (r->fetching && number >= r->last) {
		r->fetching = 0;
		cpl_offline_remove(r->offline);
		if (!xrecv_full(r) && !r->ending)
			cpl_offline_next(r->offline);
	}
	xrecv_moved(r);
}

void xrecv_moved(struct recv *r)
{
	if (xrecv_full(r) && !r->run.over && r->sink->reached(r)) {
		r->goal_met = 1;
		xrecv_finish(r);
	}
	if (r->flushing && !r->sink->writing(r))
		cpl_run_stop(&r->run);
	else if (r->ending && !r->sink->busy(r))
		xrecv_close(r);
	xrecv_since_more(r);
}

void xrecv_output_failed(void *user, const struct cpl_err *e)
{
	struct recv *r = user;

	/* head -n N behind -c N: all is well. */
	if (r->goal_met)
		return;
	r->cut = 1;
	cpl_run_output_failed(&r->run, e);
}

/* --- the session ------------------------------------------------------- */

static void go_live(struct recv *r)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (r->set.being.none)
		return;
	if (cpl_presence_announce(r->run.session, &r->set.being.presence, &e) <
	    0)
		cpl_run_give_up(&r->run, &e);
	else
		r->announced = 1;
}

/* Whether the server would send more of what waits than this run prints. */
static int wants_few(const struct recv *r)
{
	return r->set.count > 0 && !r->set.being.none && !r->since &&
	       !r->durable && r->set.being.presence.priority >= 0 &&
	       (r->filter.kinds & CPL_MESSAGE);
}

static void on_server_known(void *user)
{
	struct recv *r = user;

	if (!wants_few(r) || r->ending)
		return;
	if (cpl_offline_supported(r->offline))
		cpl_offline_list(r->offline);
	else
		go_live(r);
}

static void on_offline_listed(void *user, int ok)
{
	struct recv *r = user;

	if (r->ending || xrecv_full(r))
		return;
	if (ok)
		cpl_offline_next(r->offline);
	else if (!r->announced)
		go_live(r);
}

/* One that is not wanted stays where it is. What was stored between the list
 * and our presence comes by itself no more, hence another list. */
static void on_offline_message(void *user, xmpp_stanza_t *message)
{
	struct recv *r = user;

	if (r->ending || xrecv_full(r))
		return;
	if (!message) {
		if (r->announced)
			return;
		go_live(r);
		if (r->announced)
			cpl_offline_list(r->offline);
		return;
	}
	xrecv_invited(r, message);
	if (xrecv_wants(r, message)) {
		r->fetching = 1;
		xrecv_receipt(r, message);
		print(r, message);
	} else {
		put(r, NULL);
		cpl_offline_next(r->offline);
	}
}

void xrecv_ready(struct recv *r)
{
	struct cpl_offline_events events = {on_server_known, on_offline_listed,
					    on_offline_message, r};

	if (r->preparing == 0 || --r->preparing > 0 || r->run.over || r->ending)
		return;
	r->offline = cpl_offline_new(r->run.session, &events);
	if (!r->offline || !wants_few(r))
		go_live(r);
	xrecv_rooms_online(r);
	xrecv_since_live(r);
}

/* After a new login nothing that was announced or asked counts. */
static void forget(struct recv *r)
{
	struct cpl_session *session = r->run.session;

	cpl_session_forget(session, r);
	if (r->since)
		cpl_session_forget(session, r->since);
	if (r->offline)
		cpl_session_forget(session, r->offline);
	cpl_offline_free(r->offline);
	r->offline = NULL;
	r->announced = r->fetching = r->preparing = 0;
}

/* What has to be there before messages come; xrecv_ready() follows. */
static void prepare(struct recv *r)
{
	xrecv_touch_idle(r);
	xrecv_receipts_online(r);
	r->preparing = 1;
	xrecv_since_prepare(r);
	xrecv_carbons_prepare(r);
}

/* Whether presence waits until the session can be resumed. Should its
 * connection break before that is known, the server would keep it, and give it
 * what comes for as long, though nobody takes it up again. */
static int awaits_resumable(const struct recv *r)
{
	return r->durable || r->run.retry != 0;
}

static void on_enabled(void *user, const struct cpl_session_stream *stream)
{
	struct recv *r = user;

	if (r->durable)
		xrecv_on_enabled(r, stream);
	else
		xrecv_ready(r);
}

static void on_online(void *user)
{
	struct recv *r = user;

	r->online = 1;
	forget(r);
	if (r->ending || xrecv_full(r))
		return;
	prepare(r);
	if (awaits_resumable(r) && cpl_session_has_sm(r->run.session))
		r->preparing++;
	xrecv_durable_prepare(r);
	xrecv_ready(r);
}

/* The session of an earlier run, which may have ended before it announced
 * presence, and whose presence may have been another one. */
static void on_resumed(void *user)
{
	struct recv *r = user;

	r->online = 1;
	if (r->ending)
		return;
	xrecv_since_resumed(r);
	prepare(r);
	xrecv_ready(r);
}

static void on_lost(void *user, const struct cpl_err *e)
{
	struct recv *r = user;

	/* What is left then is to acknowledge, which nobody has to know. */
	if (!xrecv_full(r) && !r->ending)
		cpl_run_lost(&r->run, e);
}

static void on_stanza(void *user, xmpp_stanza_t *stanza, uint64_t number)
{
	struct recv *r = user;
	xmpp_stanza_t *message;

	r->number = number * XRECV_RECORDS;
	if (stanza && r->offline && cpl_offline_stanza(r->offline, stanza))
		return;
	if (stanza && xrecv_since_result(r, stanza))
		return;
	if (stanza && !r->run.over && !r->closing)
		cpl_answer_iq(r->answer, stanza);
	if (r->run.over || r->ending || xrecv_full(r)) {
		if (stanza)
			xrecv_leave(r, stanza);
		return;
	}
	if (stanza && xrecv_room_stanza(r, stanza))
		return;
	message = stanza ? xrecv_carbons_open(r, stanza) : NULL;
	if (!message || xrecv_since_holds(r, message)) {
		xrecv_skip(r);
		return;
	}
	/* Not for what went to another client. */
	if (message == stanza && r->set.receipts && xrecv_wants(r, stanza))
		xrecv_receipt(r, stanza);
	xrecv_deliver(r, message);
}

static void release(struct recv *r)
{
	xrecv_rooms_free(r);
	/* First of what is left, as it tells those who wait that no answer will
	 * come. */
	cpl_session_free(r->run.session);
	r->run.session = NULL;
	cpl_offline_free(r->offline);
	cpl_answer_free(r->answer);
	r->sink->release(r);
	cpl_taken_release(&r->taken);
	cpl_dedup_close(r->dedup);
	xrecv_since_free(r);
	xrecv_durable_free(r);
	cpl_filter_release(&r->filter);
	cpl_format_release(&r->format);
	cpl_buf_release(&r->line);
	cpl_run_release(&r->run);
}

/* --- the run ------------------------------------------------------------- */

static void open_recv(struct recv *r)
{
	struct cpl_run_events events = {xrecv_on_interrupted, xrecv_on_timeout,
					r};
	struct cpl_session_events session = {
	    .online = on_online,
	    .stanza = on_stanza,
	    .acked = r->set.reply ? xrecv_on_acked : NULL,
	    .ended = xrecv_on_ended,
	    .lost = on_lost,
	    .resumed = on_resumed,
	    .enabled = awaits_resumable(r) ? on_enabled : NULL,
	    .counted = r->durable ? xrecv_on_counted : NULL,
	    .user = r};
	struct cpl_err e = CPL_ERR_INIT;

	r->run.stays_open = r->set.exec != NULL;
	r->run.files[0] = r->set.spool;
	r->run.files[1] = r->set.dedup;
	cpl_run_open(&r->run, &events);
	r->set.being.presence.caps = &r->caps;
	xrecv_clocks(r);
	if (r->sink->open(r, &e) < 0)
		cpl_cli_die(&r->run.cli, &e);
	xrecv_dedup_open(r);
	xrecv_receipts_open(r);
	xrecv_rooms_open(r);
	if (cpl_run_connect(&r->run, &session) < 0)
		return;
	cpl_session_announces(r->run.session);
	r->answer =
	    cpl_answer_new(r->run.session, !r->set.being.none, &r->caps);
	if (!r->answer)
		cpl_run_no_memory(&r->run);
	xrecv_rooms_prepare(r);
}

int main(int argc, char **argv)
{
	struct recv r = {
	    .run = {.retry = -1},
	    .set = {.jobs = 1, .each_timeout = 30 * 1000},
	    .format = {.kinds = CPL_FORMAT_ANY, .kind = CPL_FORMAT_XML}};

	cpl_buf_init(&r.line, CPL_RECORD_OUT_MAX);
	xrecv_options(&r, argc, argv);
	xrecv_since_open(&r);
	xrecv_durable_open(&r);
	open_recv(&r);
	cpl_run_loop(&r.run);
	xrecv_since_close(&r);
	xrecv_rooms_report(&r);
	xrecv_report(&r);
	release(&r);
	cpl_outcome_exit(&r.run.outcome);
}
