/* SPDX-License-Identifier: MIT
 *
 * The run of xsend: records go to the delivery, what becomes of them is
 * counted and said, and it comes to an end. */
#include <string.h>

#include "../common/base/limits.h"
#include "xsend.h"

/* --- records ----------------------------------------------------------- */

void xsend_print_id(struct send *r, xmpp_stanza_t *message)
{
	struct cpl_err e = CPL_ERR_INIT;
	const char *id;

	if (!r->output)
		return;
	id = xmpp_stanza_get_id(message);
	if (cpl_output_put(r->output, id, strlen(id), 1, &e) < 0 ||
	    cpl_output_put(r->output, "\n", 1, 1, &e) < 0)
		cpl_run_give_up(&r->run, &e);
}

void xsend_sent(struct send *r, xmpp_stanza_t *stanza,
		const struct cpl_origin *origin)
{
	xsend_receipt_sent(r, stanza, origin);
	xsend_print_id(r, stanza);
	xsend_fate_count(r);
}

static void on_sent(void *user, xmpp_stanza_t *stanza,
		    const struct cpl_origin *origin)
{
	xsend_sent(user, stanza, origin);
}

/* on_ended() follows. */
void xsend_close(struct send *r)
{
	r->run.over = 1;
	if (r->run.session && !r->ended)
		cpl_session_close(r->run.session, 0);
	else
		cpl_run_stop(&r->run);
}

/* The session is over and all ids are written. */
static void end_when_done(struct send *r)
{
	if (r->ended && r->run.over &&
	    (!r->output || r->hurry || cpl_output_bytes(r->output) == 0))
		cpl_run_stop(&r->run);
}

static void end(struct send *r)
{
	r->run.over = 1; /* while ids are written, too */
	end_when_done(r);
}

void xsend_check_done(struct send *r)
{
	if (r->delivered && !r->queue.under_way && !xsend_receipts_wait(r))
		xsend_close(r);
}

static void on_done(void *user)
{
	struct send *r = user;

	r->delivered = 1;
	xsend_check_done(r);
}

static void on_feed_end(void *user)
{
	struct send *r = user;

	if (!r->run.session)
		cpl_run_stop(&r->run);
	else if (r->queue.offline)
		end(r);
	else if (cpl_delivery_sent(r->delivery) == 0)
		on_done(r);
	else
		cpl_delivery_finish(r->delivery);
}

/* All was sent and the server has it: what is left to wait for are bounces,
 * whose silence is no failure. */
static int goal_met(const struct send *r)
{
	return r->delivery && r->feed.ended &&
	       (!r->receipts || cpl_receipts_waiting(r->receipts) == 0) &&
	       cpl_delivery_sent(r->delivery) > 0 &&
	       !cpl_delivery_waits(r->delivery);
}

/* --- the session ------------------------------------------------------- */

static enum cpl_feed_way on_divert(void *user, xmpp_stanza_t *stanza,
				   const struct cpl_origin *origin,
				   struct cpl_err *e)
{
	struct send *r = user;
	enum cpl_feed_way way = xsend_room_divert(r, stanza, origin, e);

	if (way == CPL_FEED_SEND && r->queue.queue)
		return xsend_queue_divert(r, stanza, e);
	if (way == CPL_FEED_SEND)
		way = xsend_occupant_divert(r, stanza, origin, e);
	return way;
}

static void on_online(void *user)
{
	struct send *r = user;
	struct cpl_err e = CPL_ERR_INIT;

	xsend_rooms_online(r);
	if (!r->went && !r->queue.queue && xsend_occupants_ask(r, &e) < 0)
		cpl_run_give_up(&r->run, &e);
	/* Once: a later login sends again what the session has. */
	xsend_queue_online(r);
}

static void on_stanza(void *user, xmpp_stanza_t *stanza, uint64_t number)
{
	struct send *r = user;

	/* First, since the last receipt closes the session: ejabberd sends
	 * back what is not acknowledged then. */
	cpl_session_handled(r->run.session, number);
	if (stanza && !xsend_room_stanza(r, stanza) &&
	    !cpl_delivery_stanza(r->delivery, stanza) &&
	    !xsend_queue_stanza(r, stanza) && !xsend_receipt_came(r, stanza))
		cpl_answer_iq(r->answer, stanza);
}

/* Whether the server has to acknowledge anything. */
static int is_awaited(const struct send *r)
{
	return cpl_delivery_waits(r->delivery) || xsend_queue_flying(r);
}

static void on_acked(void *user, uint64_t upto)
{
	struct send *r = user;

	cpl_delivery_acked(r->delivery, upto);
	xsend_queue_acked(r, upto);
	xsend_fate_count(r);
	if (r->leaving && !is_awaited(r))
		xsend_close(r);
	xsend_receipts_acked(r);
}

static void on_ended(void *user, const struct cpl_err *e)
{
	struct send *r = user;
	struct cpl_err why = *e;
	int failed;

	/* Whoever ended it: what is unconfirmed may have arrived or not. */
	if (why.status == CPL_REFUSED)
		why.status = CPL_TEMP;
	failed =
	    why.status != CPL_OK && !(why.status == CPL_TEMP && goal_met(r));
	if (failed)
		xsend_complain(r, &why);
	r->ended = 1;
	if (!failed || r->run.over || !xsend_queue_rescue(r))
		end(r);
}

static void on_refused(void *user, const struct cpl_origin *origin,
		       const char *from, const char *id,
		       const struct cpl_err *why)
{
	struct send *r = user;
	struct cpl_err e = *why;
	char where[CPL_FEED_NAME_SIZE];

	cpl_feed_name(&r->feed, origin->record, where);
	/* What never left nobody has refused. */
	if (e.status != CPL_DATA)
		cpl_err_prefix(&e, "%s: message %s", from ? from : "the server",
			       id);
	if (r->set.feed.mode != CPL_INPUT_WHOLE)
		cpl_err_prefix(&e, "%s", where);
	cpl_run_complain(&r->run, &e);
	xsend_fate_refused(r, origin, from, id, why);
	xsend_fate_count(r);
	xsend_receipt_refused(r, origin);
	xsend_room_refused(r, origin);
}

static void on_room(void *user)
{
	struct send *r = user;

	cpl_feed_room(&r->feed);
}

static void on_wanted(void *user)
{
	struct send *r = user;
	struct cpl_session_events events = {.online = on_online,
					    .stanza = on_stanza,
					    .acked = on_acked,
					    .ended = on_ended,
					    .lost = xsend_on_lost,
					    .given_up = xsend_on_given_up,
					    .user = r};
	struct cpl_delivery_events told = {.refused = on_refused,
					   .confirmed = xsend_on_confirmed,
					   .room = on_room,
					   .done = on_done,
					   .user = r};
	struct cpl_delivery_conf conf = {
	    .loop = r->run.loop,
	    .bounce_wait = r->set.bounce_wait,
	    .recipients = r->to.count ? (uint32_t)r->to.count : 1,
	};

	if (cpl_run_connect(&r->run, &events) < 0)
		return;
	conf.session = r->run.session;
	cpl_session_early(r->run.session);
	r->delivery = cpl_delivery_new(&conf, &told);
	r->answer = cpl_answer_new(r->run.session, 0, NULL);
	r->feed.delivery = r->delivery;
	if (r->delivery && r->answer && xsend_receipts_open(r) == 0 &&
	    xsend_rooms_furnish(r) == 0)
		return;
	cpl_run_no_memory(&r->run);
}

/* --- the end ----------------------------------------------------------- */

/* The time to leave is over, for the server to acknowledge and then for the
 * stream to be closed. */
static void on_leave(void *user)
{
	struct send *r = user;

	if (!r->leaving) {
		cpl_run_stop(&r->run);
		return;
	}
	r->leaving = 0;
	cpl_loop_timer(r->run.loop, &r->leave, CPL_CLOSE_MS / 2);
	xsend_close(r);
}

/* Nothing more is sent; what was is as good as acknowledged in most cases. */
static void on_interrupted(void *user)
{
	struct send *r = user;

	r->hurry = 1;
	r->run.over = 1;
	xsend_queue_halt(r);
	r->leaving =
	    r->delivery && cpl_session_online(r->run.session) && is_awaited(r);
	if (r->leaving)
		cpl_loop_timer(r->run.loop, &r->leave, CPL_CLOSE_MS / 2);
	else
		xsend_close(r);
}

static void on_timeout(void *user)
{
	struct send *r = user;
	struct cpl_err e = CPL_ERR_INIT;
	int online = r->run.session && cpl_session_alive(r->run.session);

	/* After the session it is the ids that nobody has read. */
	if (r->ended || !goal_met(r)) {
		cpl_err_set(&e, online || r->ended ? CPL_TIMEOUT : CPL_TEMP,
			    "timed out (-W)");
		xsend_complain(r, &e);
	}
	xsend_queue_halt(r);
	r->hurry = 1;
	xsend_close(r);
}

static void on_output_failed(void *user, const struct cpl_err *e)
{
	struct send *r = user;

	cpl_run_output_failed(&r->run, e);
}

static void on_written(void *user)
{
	end_when_done(user);
}

void xsend_release(struct send *r)
{
	xsend_rooms_release(r);
	/* As it tells those who wait that no answer will come. */
	cpl_session_free(r->run.session);
	r->run.session = NULL;
	xsend_occupants_release(r);
	cpl_loop_cancel(r->run.loop, &r->leave);
	cpl_answer_free(r->answer);
	xsend_queue_release(r);
	cpl_feed_release(&r->feed);
	cpl_output_free(r->output);
	cpl_receipts_free(r->receipts);
	cpl_delivery_free(r->delivery);
	cpl_recipients_release(&r->to);
	xsend_fate_release(r);
	cpl_run_release(&r->run);
}

void xsend_open(struct send *r)
{
	struct cpl_run_events events = {on_interrupted, on_timeout, r};
	struct cpl_output_events output = {NULL, on_written, on_output_failed,
					   r};
	struct cpl_feed_events feed = {.wanted = on_wanted,
				       .prepare = xsend_receipt_prepare,
				       .sent = on_sent,
				       .full = xsend_receipts_full,
				       .divert = on_divert,
				       .end = on_feed_end,
				       .user = r};
	struct cpl_err e = CPL_ERR_INIT;

	r->leave.fire = on_leave;
	r->leave.user = r;
	r->run.files[0] = r->set.log_file;
	r->run.files[1] = r->set.unsent;
	cpl_run_open(&r->run, &events);
	xsend_rooms_open(r);
	xsend_fate_open(r);
	if (r->set.print_id) {
		r->output = cpl_output_new(r->run.loop, 1, &output, &e);
		if (!r->output)
			cpl_cli_die(&r->run.cli, &e);
	}
	xsend_queue_open(r);
	r->set.feed.to = &r->to;
	cpl_feed_start(&r->feed, &r->run, &r->set.feed, &feed);
}
