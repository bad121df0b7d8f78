/* SPDX-License-Identifier: MIT */
#include "backlog.h"

#include <stdlib.h>
#include <string.h>

#include "../base/limits.h"
#include "../stanza/build.h"
#include "../stanza/ns.h"
#include "../stanza/queued.h"

struct flight {
	struct cpl_queue_entry entry;
	int refused; /* before it was acknowledged: 1, or 2 for a while */
	int gone;    /* it never left */
	struct cpl_err why;
};

struct cpl_backlog {
	struct cpl_backlog_conf conf;
	struct cpl_backlog_events on;
	struct cpl_delivery *delivery;
	struct cpl_queue_ids ids; /* all that were found; record n is n-1 */
	size_t next;              /* of ids */
	struct cpl_queue_ids blocked;
	struct flight flights[CPL_QUEUE_FLIGHT]; /* a ring */
	size_t first, flying;
	uint64_t confirmed; /* by the delivery, of which we know */
	size_t given;
	struct cpl_backlog_count count;
	int temporary; /* the bounce at hand is (RFC 6120 8.3.2: wait) */
	int gone;      /* the one that is refused never left */
	int locked, handed, told;
};

/* --- trouble ----------------------------------------------------------- */

static void tell(struct cpl_backlog *b, struct cpl_err *e, const char *id,
		 const char *what)
{
	if (what)
		cpl_err_prefix(e, "%s", what);
	if (id)
		cpl_err_prefix(e, "%s", id);
	b->on.trouble(b->on.user, e);
}

static void on_torn(void *user, const char *name)
{
	struct cpl_backlog *b = user;
	struct cpl_err e = CPL_ERR_INIT;

	b->count.refused++;
	cpl_err_set(&e, CPL_DATA, "no entry of the queue; it is in torn/ now");
	tell(b, &e, name, NULL);
}

static void block(struct cpl_backlog *b, const char *id)
{
	struct cpl_err e = CPL_ERR_INIT;

	b->count.waiting++;
	if (cpl_queue_ids_add(&b->blocked, id) < 0) {
		cpl_err_nomem(&e);
		tell(b, &e, id, NULL);
	}
}

/* --- what became of one ------------------------------------------------ */

/* Into failed/, with the reason. The move is what counts; where there is no
 * room for the reason, the entry is there without it. -1 where it is not. */
static int put_aside(struct cpl_backlog *b, struct cpl_queue_entry *entry,
		     const struct cpl_err *why)
{
	struct cpl_buf bytes = CPL_BUF_INIT(CPL_QUEUE_ENTRY_MAX);
	struct cpl_queued queued = {NULL, NULL};
	struct cpl_queue *q = b->conf.queue;
	struct cpl_err e = CPL_ERR_INIT;

	if (cpl_queue_move(q, entry, CPL_QUEUE_FAILED, &e) < 0) {
		tell(b, &e, NULL, NULL);
		if (entry->place != CPL_QUEUE_FAILED)
			return -1;
	}
	if (cpl_queue_read(q, entry, &bytes, &e) == 0 &&
	    cpl_queued_read(cpl_session_ctx(b->conf.session), bytes.data,
			    bytes.len, b->conf.account, &queued, &e) == 0) {
		cpl_buf_truncate(&bytes, 0);
		if (cpl_queued_rewrite(&bytes, &queued, why->text, &e) < 0 ||
		    cpl_queue_rewrite(q, entry, bytes.data, bytes.len, &e) < 0)
			cpl_log(b->conf.log, CPL_LOG_WARN, "%s: %s", entry->id,
				e.text);
	}
	cpl_queued_release(&queued);
	cpl_buf_release(&bytes);
	return 0;
}

/* An entry waits again, or stays in sent/ until it can. What is to be said of
 * it; NULL where neither is so. */
static const char *wait_again(struct cpl_backlog *b,
			      struct cpl_queue_entry *entry)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (entry->place != CPL_QUEUE_WAITING &&
	    cpl_queue_move(b->conf.queue, entry, CPL_QUEUE_WAITING, &e) < 0)
		tell(b, &e, NULL, NULL);
	if (entry->place == CPL_QUEUE_WAITING)
		return "it waits for another try";
	if (cpl_queue_keep(b->conf.queue, entry, &e) == 0)
		return "it stays in sent/ until it can wait for another try";
	tell(b, &e, NULL, NULL);
	return NULL;
}

/* An entry was refused, now or while it was in flight. Where it cannot be put
 * aside it will be refused again. */
static void settle_refused(struct cpl_backlog *b, struct cpl_queue_entry *entry,
			   int temporary, struct cpl_err *why)
{
	const char *what;

	if (!temporary && put_aside(b, entry, why) == 0) {
		b->count.refused++;
		tell(b, why, entry->id, NULL);
		return;
	}
	what = wait_again(b, entry);
	if (what) {
		block(b, entry->id);
		why->status = CPL_TEMP;
	} else {
		b->count.refused++;
		what = "it could not be kept";
	}
	tell(b, why, entry->id, what);
}

static struct flight *find_flight(struct cpl_backlog *b, const char *id)
{
	for (size_t i = 0; i < b->flying; i++) {
		struct flight *f =
		    &b->flights[(b->first + i) % CPL_QUEUE_FLIGHT];

		if (strcmp(f->entry.id, id) == 0)
			return f;
	}
	return NULL;
}

static void on_refused(void *user, const struct cpl_origin *origin,
		       const char *from, const char *message,
		       const struct cpl_err *why)
{
	struct cpl_backlog *b = user;
	const char *id = b->ids.list[origin->record - 1];
	struct flight *f = find_flight(b, id);
	struct cpl_queue_entry entry;
	struct cpl_err w = *why, e = CPL_ERR_INIT;
	int found;

	if (b->gone)
		w.status = CPL_REFUSED;
	else
		cpl_err_prefix(&w, "%s: message %s", from ? from : "the server",
			       message);
	if (f) {
		f->refused = b->temporary ? 2 : 1;
		f->gone = b->gone;
		f->why = w;
		return;
	}
	found = cpl_queue_recall(b->conf.queue, id, &entry, &e);
	if (found < 0)
		tell(b, &e, id, NULL);
	if (found != CPL_QUEUE_HELD) {
		tell(b, &w, id, found < 0 ? "it could not be kept" : NULL);
		return;
	}
	b->count.sent--;
	settle_refused(b, &entry, b->temporary, &w);
	cpl_queue_let_go(&entry);
}

/* The server has the entry that was sent first of those in flight. */
static void land(struct cpl_backlog *b)
{
	struct flight *f = &b->flights[b->first];
	struct cpl_err e = CPL_ERR_INIT;

	if (f->refused) {
		settle_refused(b, &f->entry, f->refused == 2, &f->why);
	} else if (cpl_queue_move(b->conf.queue, &f->entry, CPL_QUEUE_SENT,
				  &e) < 0) {
		tell(b, &e, NULL, NULL);
	} else {
		b->count.sent++;
		cpl_log(b->conf.log, CPL_LOG_INFO, "%s: sent", f->entry.id);
	}
	cpl_queue_let_go(&f->entry);
	b->first = (b->first + 1) % CPL_QUEUE_FLIGHT;
	b->flying--;
}

/* --- sending ----------------------------------------------------------- */

/* A file that is no entry: nobody is sent what may be half a message. */
static void tear(struct cpl_backlog *b, struct cpl_queue_entry *entry,
		 struct cpl_err *why)
{
	struct cpl_err e = CPL_ERR_INIT;

	b->count.refused++;
	if (cpl_queue_move(b->conf.queue, entry, CPL_QUEUE_TORN, &e) < 0)
		tell(b, &e, NULL, NULL);
	why->status = CPL_DATA;
	cpl_err_prefix(why, "no entry of the queue%s",
		       entry->place == CPL_QUEUE_TORN ? "; it is in torn/ now"
						      : "");
	tell(b, why, entry->id, NULL);
}

/* Gives the message to the session. 0, or -1 and the entry stays. */
static int give(struct cpl_backlog *b, struct cpl_queue_entry *entry,
		const struct cpl_queued *queued, struct cpl_err *e)
{
	struct cpl_origin origin = {b->next, 0};
	xmpp_stanza_t *m = cpl_queued_outgoing(queued);
	int result;

	if (!m)
		return cpl_err_nomem(e);
	result = cpl_queue_attempt(b->conf.queue, entry, e);
	if (result == 0)
		result = cpl_delivery_send(b->delivery, m, &origin, e);
	xmpp_stanza_release(m);
	return result;
}

static void fly(struct cpl_backlog *b, struct cpl_queue_entry *entry)
{
	size_t slot = (b->first + b->flying++) % CPL_QUEUE_FLIGHT;

	b->flights[slot].entry = *entry;
	b->flights[slot].refused = b->flights[slot].gone = 0;
	b->given++;
}

/* Sends an entry that is held. -1 with e: no other should be sent, either. */
static int send_entry(struct cpl_backlog *b, struct cpl_queue_entry *entry,
		      struct cpl_err *e)
{
	struct cpl_buf bytes = CPL_BUF_INIT(CPL_QUEUE_ENTRY_MAX);
	struct cpl_queued queued = {NULL, NULL};
	int result = 0;

	if (cpl_queue_read(b->conf.queue, entry, &bytes, e) < 0 ||
	    cpl_queued_read(cpl_session_ctx(b->conf.session), bytes.data,
			    bytes.len, b->conf.account, &queued, e) < 0) {
		result = e->status == CPL_DATA ? 0 : -1;
		if (result == 0)
			tear(b, entry, e);
	} else if (give(b, entry, &queued, e) == 0) {
		fly(b, entry);
		entry->fd = -1; /* the flight has it */
	} else if (e->status == CPL_DATA) {
		/* Larger than the server takes: that does not change. */
		e->status = CPL_REFUSED;
		settle_refused(b, entry, 0, e);
	} else {
		result = -1;
	}
	cpl_queue_let_go(entry);
	cpl_queued_release(&queued);
	cpl_buf_release(&bytes);
	return result;
}

/* The next one. -1 with e as above. */
static int send_next(struct cpl_backlog *b, struct cpl_err *e)
{
	const char *id = b->ids.list[b->next++];
	struct cpl_queue_entry entry;
	int found;

	if (cpl_queue_ids_of_same(&b->blocked, id)) {
		b->count.waiting++;
		return 0;
	}
	found = cpl_queue_hold(b->conf.queue, id, &entry, e);
	if (found < 0)
		return -1;
	/* Who else holds one drops it or has it sent again. */
	if (found == CPL_QUEUE_BUSY)
		b->count.waiting++;
	if (found != CPL_QUEUE_HELD)
		return 0;
	if (entry.place == CPL_QUEUE_WAITING)
		return send_entry(b, &entry, e);
	cpl_queue_let_go(&entry);
	return 0;
}

static int more(struct cpl_backlog *b, struct cpl_err *e)
{
	const char *last = b->ids.count ? b->ids.list[b->ids.count - 1] : NULL;
	char after[CPL_QUEUE_ID_SIZE];

	if (last)
		snprintf(after, sizeof after, "%s", last);
	return cpl_queue_list(b->conf.queue, CPL_QUEUE_WAITING,
			      last ? after : NULL, &b->ids, e);
}

static int is_enough(const struct cpl_backlog *b)
{
	return b->conf.most > 0 && b->given >= b->conf.most;
}

/* Sends what there is room for. */
static void work(struct cpl_backlog *b)
{
	struct cpl_err e = CPL_ERR_INIT;
	int failed = 0;

	while (!failed && !b->handed && b->flying < CPL_QUEUE_FLIGHT &&
	       !cpl_delivery_full(b->delivery)) {
		if (b->next == b->ids.count && b->conf.most == 0)
			failed = more(b, &e) < 0;
		if (failed || b->next == b->ids.count || is_enough(b))
			b->handed = 1;
		else
			failed = send_next(b, &e) < 0;
	}
	if (failed) {
		b->handed = 1;
		b->count.waiting += b->ids.count - b->next + 1;
		tell(b, &e, NULL, NULL);
	}
	if (!b->handed || b->told)
		return;
	b->told = 1;
	b->on.handed(b->on.user);
	cpl_delivery_finish(b->delivery);
}

/* --- events ------------------------------------------------------------ */

static void on_room(void *user)
{
	struct cpl_backlog *b = user;

	if (!b->handed)
		work(b);
}

static void unlock(struct cpl_backlog *b)
{
	if (b->locked)
		cpl_queue_unlock(b->conf.queue);
	b->locked = 0;
}

static void settle(struct cpl_backlog *b)
{
	uint64_t confirmed = cpl_delivery_confirmed(b->delivery);

	while (b->flying > 0) {
		if (!b->flights[b->first].gone) {
			if (b->confirmed == confirmed)
				return;
			b->confirmed++;
		}
		land(b);
	}
}

/* From within the acknowledgement of the last ones, too. */
static void on_done(void *user)
{
	struct cpl_backlog *b = user;

	settle(b);
	unlock(b);
	b->on.done(b->on.user);
}

struct cpl_backlog *cpl_backlog_new(const struct cpl_backlog_conf *conf,
				    const struct cpl_backlog_events *on)
{
	struct cpl_backlog *b = calloc(1, sizeof *b);
	struct cpl_delivery_conf delivery = {.loop = conf->loop,
					     .session = conf->session,
					     .bounce_wait = conf->bounce_wait,
					     .recipients = 1};
	struct cpl_delivery_events events = {
	    .refused = on_refused, .room = on_room, .done = on_done, .user = b};

	if (!b)
		return NULL;
	b->conf = *conf;
	b->on = *on;
	b->delivery = cpl_delivery_new(&delivery, &events);
	if (b->delivery)
		return b;
	free(b);
	return NULL;
}

void cpl_backlog_free(struct cpl_backlog *b)
{
	if (!b)
		return;
	cpl_backlog_ended(b);
	cpl_delivery_free(b->delivery);
	cpl_queue_ids_release(&b->ids);
	cpl_queue_ids_release(&b->blocked);
	free(b);
}

int cpl_backlog_start(struct cpl_backlog *b, struct cpl_err *e)
{
	int locked = cpl_queue_lock(b->conf.queue, on_torn, b, e);

	if (locked < 0)
		return -1;
	b->locked = locked == 0;
	if (more(b, e) < 0) {
		unlock(b);
		return -1;
	}
	if (b->locked)
		work(b);
	return locked;
}

void cpl_backlog_acked(struct cpl_backlog *b, uint64_t upto)
{
	if (!b->locked)
		return;
	cpl_delivery_acked(b->delivery, upto);
	settle(b);
	if (!b->handed)
		work(b);
}

void cpl_backlog_given_up(struct cpl_backlog *b, uint64_t number,
			  const struct cpl_err *why)
{
	if (!b->locked)
		return;
	b->temporary = 0;
	b->gone = 1;
	cpl_delivery_given_up(b->delivery, number, why);
	b->gone = 0;
	settle(b);
	if (!b->handed)
		work(b);
}

int cpl_backlog_stanza(struct cpl_backlog *b, xmpp_stanza_t *stanza)
{
	xmpp_stanza_t *error = cpl_child(stanza, "error", CPL_NS_CLIENT);
	const char *type = error ? xmpp_stanza_get_type(error) : NULL;

	if (!b->locked)
		return 0;
	b->temporary = type && strcmp(type, "wait") == 0;
	return cpl_delivery_stanza(b->delivery, stanza);
}

void cpl_backlog_halt(struct cpl_backlog *b)
{
	/* What was not even begun. */
	if (b->locked && !b->handed)
		b->count.waiting += b->ids.count - b->next;
	b->handed = b->told = 1;
}

size_t cpl_backlog_flying(const struct cpl_backlog *b)
{
	return b->flying;
}

void cpl_backlog_ended(struct cpl_backlog *b)
{
	for (; b->flying > 0; b->flying--) {
		struct flight *f = &b->flights[b->first];

		b->count.waiting++;
		cpl_queue_let_go(&f->entry);
		b->first = (b->first + 1) % CPL_QUEUE_FLIGHT;
	}
	cpl_backlog_halt(b);
	unlock(b);
}

int cpl_backlog_rest(const struct cpl_backlog *b, struct cpl_queue_ids *out,
		     struct cpl_err *e)
{
	for (size_t i = b->next; i < b->ids.count; i++)
		if (cpl_queue_ids_add(out, b->ids.list[i]) < 0)
			return cpl_err_nomem(e);
	for (size_t i = 0; i < b->blocked.count; i++)
		if (cpl_queue_ids_add(out, b->blocked.list[i]) < 0)
			return cpl_err_nomem(e);
	return 0;
}

const struct cpl_backlog_count *cpl_backlog_count(const struct cpl_backlog *b)
{
	return &b->count;
}
