/* SPDX-License-Identifier: MIT
 *
 * xsend --queue: what waits goes first, and what cannot be delivered waits. */
#include <string.h>

#include "../common/base/limits.h"
#include "../common/stanza/build.h"
#include "../common/stanza/queued.h"
#include "../common/stanza/reader.h"
#include "xsend.h"

enum { ID_QUEUED = 2 };

/* --- into the queue ---------------------------------------------------- */

/* The message as an entry, and what it has to keep its order for. */
static int make_entry(const struct send *r, xmpp_stanza_t *message, time_t when,
		      struct cpl_buf *entry, struct cpl_jid *to,
		      struct cpl_err *e)
{
	if (cpl_jid_parse(to, xmpp_stanza_get_to(message), e) < 0)
		return -1;
	if (cpl_queued_write(entry, message, r->fate.own, when, e) == 0)
		return 0;
	cpl_jid_release(to);
	return -1;
}

static int put(struct send *r, const char *key, const char *p, size_t n,
	       struct cpl_err *e)
{
	struct queueing *q = &r->queue;
	char id[CPL_QUEUE_ID_SIZE];

	if (cpl_queue_put(q->queue, key, p, n, id, e) < 0) {
		q->broken |= e->status != CPL_DATA;
		return cpl_err_prefix(e, "not queued");
	}
	q->count++;
	cpl_log(&r->run.cli.log, CPL_LOG_INFO, "queued as %s", id);
	return cpl_queue_ids_add(&q->waiting, id) < 0 ? cpl_err_nomem(e) : 0;
}

static int is_message(xmpp_stanza_t *stanza)
{
	const char *name = xmpp_stanza_get_name(stanza);

	return name && strcmp(name, "message") == 0;
}

/* Ids are the session's, so that no stranger can guess them. */
static int identify(struct send *r, xmpp_stanza_t *message)
{
	char id[CPL_ID_SIZE];

	if (xmpp_stanza_get_id(message))
		return 0;
	cpl_id(cpl_session_ids(r->run.session), ID_QUEUED, ++r->queue.ids, id);
	return cpl_set_attr(message, "id", id);
}

static int store(struct send *r, xmpp_stanza_t *message, time_t when,
		 struct cpl_err *e)
{
	struct cpl_buf entry = CPL_BUF_INIT(CPL_QUEUE_ENTRY_MAX);
	struct cpl_jid to;
	int result = -1;

	if (identify(r, message) < 0) {
		cpl_err_nomem(e);
	} else if (make_entry(r, message, when, &entry, &to, e) == 0) {
		result = put(r, to.bare, entry.data, entry.len, e);
		cpl_jid_release(&to);
	}
	cpl_buf_release(&entry);
	return result;
}

/* Whether others for the same recipient wait, which have to come first. */
static int has_to_wait(const struct send *r, xmpp_stanza_t *message)
{
	struct cpl_jid to;
	int waits;

	if (r->queue.waiting.count == 0 ||
	    cpl_jid_parse(&to, xmpp_stanza_get_to(message), NULL) < 0)
		return 0;
	waits = cpl_queue_ids_of_key(&r->queue.waiting, to.bare);
	cpl_jid_release(&to);
	return waits;
}

static void note(struct send *r, xmpp_stanza_t *stanza,
		 enum cpl_fate_result result)
{
	struct cpl_sent sent = {.to = xmpp_stanza_get_to(stanza),
				.id = xmpp_stanza_get_id(stanza)};

	xsend_fate_note(r, &sent, result);
}

enum cpl_feed_way xsend_queue_divert(struct send *r, xmpp_stanza_t *stanza,
				     struct cpl_err *e)
{
	struct queueing *q = &r->queue;
	struct cpl_err why = CPL_ERR_INIT;

	if (!is_message(stanza)) {
		if (!q->offline)
			return CPL_FEED_SEND;
		q->unsafe++;
		cpl_err_set(&why, q->why,
			    "not sent, and not queued: only "
			    "messages are");
		cpl_cli_error(&r->run.cli, &why);
		note(r, stanza, CPL_FATE_UNSENT);
		return CPL_FEED_DONE;
	}
	if (!q->offline && !has_to_wait(r, stanza))
		return CPL_FEED_SEND;
	if (store(r, stanza, time(NULL), e) < 0)
		return CPL_FEED_REFUSED;
	note(r, stanza, CPL_FATE_QUEUED);
	xsend_print_id(r, stanza);
	return CPL_FEED_DONE;
}

/* --- what was sent ----------------------------------------------------- */

void xsend_queue_acked(struct send *r, uint64_t upto)
{
	if (r->queue.backlog)
		cpl_backlog_acked(r->queue.backlog, upto);
}

void xsend_queue_given_up(struct send *r, uint64_t number,
			  const struct cpl_err *why)
{
	if (r->queue.backlog)
		cpl_backlog_given_up(r->queue.backlog, number, why);
}

/* A message that the server has not confirmed, and when it was sent. */
struct again {
	struct send *r;
	time_t when;
	int queued;
	struct cpl_err e;
};

static void on_again(void *user, const struct cpl_record *record)
{
	struct again *again = user;

	again->e = record->why;
	again->queued = record->stanza && store(again->r, record->stanza,
						again->when, &again->e) == 0;
}

/* From the bytes that the session has of it. */
static void requeue(struct again *again, const struct cpl_sent *sent)
{
	struct cpl_reader *reader =
	    cpl_reader_new(again->r->run.ctx, 0, on_again, again);

	if (!reader ||
	    (cpl_reader_feed(reader, sent->xml, sent->bytes, &again->e) == 0 &&
	     !again->queued && again->e.status == CPL_OK))
		cpl_err_nomem(&again->e);
	cpl_reader_free(reader);
	if (again->e.status != CPL_OK)
		cpl_run_complain(&again->r->run, &again->e);
}

/* It waits, in the order in which it was sent, with the same id. */
static void rescue(void *user, const struct cpl_sent *sent)
{
	struct send *r = user;
	struct queueing *q = &r->queue;
	struct again again = {.r = r,
			      .when = sent->first ? sent->first : time(NULL)};
	enum cpl_fate_result result =
	    sent->tries > 0 ? CPL_FATE_UNKNOWN : CPL_FATE_UNSENT;

	if (sent->refused)
		return;
	if (q->broken || !sent->xml || strcmp(sent->type, "message") != 0) {
		q->unsafe++;
		cpl_cli_warn(&r->run.cli, "message %s: %s, and not queued",
			     sent->id,
			     sent->tries > 0 ? "unknown outcome" : "not sent");
	} else {
		requeue(&again, sent);
		q->unsafe += !again.queued;
	}
	xsend_fate_note(r, sent, again.queued ? CPL_FATE_QUEUED : result);
}

/* --- the run ----------------------------------------------------------- */

static void on_trouble(void *user, const struct cpl_err *e)
{
	struct send *r = user;

	/* It is not what this run was given to send. */
	cpl_cli_warn(&r->run.cli, "the queue: %s", e->text);
}

static void go(struct send *r)
{
	r->went = 1;
	cpl_feed_go(&r->feed);
}

static void on_handed(void *user)
{
	struct send *r = user;
	struct cpl_err e = CPL_ERR_INIT;

	if (cpl_backlog_rest(r->queue.backlog, &r->queue.waiting, &e) < 0)
		cpl_run_give_up(&r->run, &e);
	else
		go(r);
}

static void on_done(void *user)
{
	struct send *r = user;

	r->queue.under_way = 0;
	xsend_check_done(r);
}

void xsend_queue_online(struct send *r)
{
	struct queueing *q = &r->queue;
	struct cpl_backlog_conf conf = {
	    .loop = r->run.loop,
	    .session = r->run.session,
	    .queue = q->queue,
	    .log = &r->run.cli.log,
	    .account = r->fate.own,
	    .bounce_wait = r->set.bounce_wait,
	    .most = CPL_QUEUE_ALONG,
	};
	struct cpl_backlog_events events = {on_trouble, on_handed, on_done, r};
	struct cpl_err e = CPL_ERR_INIT;
	int busy = -1;

	if (r->went || q->backlog) /* a later login */
		return;
	if (!q->queue) {
		go(r);
		return;
	}
	q->backlog = cpl_backlog_new(&conf, &events);
	q->under_way = 1;
	if (!q->backlog)
		cpl_err_nomem(&e);
	else
		busy = cpl_backlog_start(q->backlog, &e);
	if (busy == 0)
		return;
	q->under_way = 0;
	if (busy < 0)
		cpl_run_give_up(&r->run, &e);
	else
		on_handed(r);
}

void xsend_queue_halt(struct send *r)
{
	if (r->queue.backlog)
		cpl_backlog_halt(r->queue.backlog);
}

int xsend_queue_flying(const struct send *r)
{
	return r->queue.backlog && cpl_backlog_flying(r->queue.backlog) > 0;
}

int xsend_queue_stanza(struct send *r, xmpp_stanza_t *stanza)
{
	return r->queue.backlog && cpl_backlog_stanza(r->queue.backlog, stanza);
}

void xsend_complain(struct send *r, const struct cpl_err *e)
{
	struct queueing *q = &r->queue;

	if (!q->queue) {
		cpl_run_complain(&r->run, e);
		return;
	}
	if (q->ok)
		cpl_log(&r->run.cli.log, CPL_LOG_INFO, "%s", e->text);
	else
		cpl_cli_error(&r->run.cli, e);
	if (q->why == CPL_OK)
		q->why = e->status;
}

int xsend_queue_rescue(struct send *r)
{
	struct queueing *q = &r->queue;

	if (!q->queue || !r->run.session || q->offline)
		return 0;
	q->offline = 1;
	q->under_way = 0;
	if (q->backlog)
		cpl_backlog_ended(q->backlog);
	if (r->delivery)
		cpl_delivery_each_unconfirmed(r->delivery, rescue, r);
	if (q->broken)
		return 0;
	r->feed.delivery = NULL;
	r->run.over = 0;
	if (!r->went)
		go(r);
	else if (r->feed.first || !r->feed.ended)
		cpl_feed_room(&r->feed);
	else
		return 0;
	return 1;
}

/* --- its end ----------------------------------------------------------- */

/* All that was sent was confirmed before the session broke. */
static int all_confirmed(const struct send *r)
{
	return r->delivery && cpl_delivery_sent(r->delivery) > 0 &&
	       !cpl_delivery_waits(r->delivery);
}

void xsend_queue_report(struct send *r)
{
	struct queueing *q = &r->queue;
	struct cpl_outcome *o = &r->run.outcome;
	uint64_t refused = r->delivery ? cpl_delivery_refused(r->delivery) : 0;
	int safe =
	    q->count > 0 ||
	    (r->delivery && cpl_delivery_confirmed(r->delivery) > refused);
	/* What has neither been sent nor queued, input not read included. */
	int rest = q->unsafe > 0 || !r->feed.ended;
	int level = q->ok ? CPL_LOG_INFO : CPL_LOG_WARN;
	char where[CPL_FEED_NAME_SIZE];
	uint64_t first;

	first = xsend_fate_left(r);
	if (first == 0)
		first = cpl_feed_unread(&r->feed);
	if (first > 0) {
		cpl_feed_name(&r->feed, first, where);
		cpl_cli_warn(&r->run.cli,
			     "%s: neither sent nor queued, from here on",
			     where);
	}
	o->went_through = safe && (refused > 0 || o->input != CPL_OK || rest);
	if (rest || (q->count == 0 && !all_confirmed(r)))
		cpl_outcome_add(o, q->why);
	else if (q->count > 0 && !q->ok)
		cpl_outcome_add(o, CPL_QUEUED);
	if (q->count > 0)
		cpl_log(&r->run.cli.log, level, "%zu message%s queued",
			q->count, q->count == 1 ? " is" : "s are");
}

void xsend_queue_open(struct send *r)
{
	struct queueing *q = &r->queue;
	struct cpl_cli *cli = &r->run.cli;
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_jid jid;

	if (!q->asked)
		return;
	if (cpl_jid_parse(&jid, cpl_setting(&cli->settings, CPL_SET_JID), &e) <
	    0)
		cpl_cli_die(cli, &e);
	q->queue = cpl_queue_open(cpl_cli_state_folder(cli), jid.bare, 1,
				  &cli->log, &e);
	cpl_jid_release(&jid);
	if (!q->queue)
		cpl_cli_die(cli, &e);
}

void xsend_queue_release(struct send *r)
{
	struct queueing *q = &r->queue;

	cpl_backlog_free(q->backlog);
	cpl_queue_free(q->queue);
	cpl_queue_ids_release(&q->waiting);
}
