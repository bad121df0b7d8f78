/* SPDX-License-Identifier: MIT */
#include "delivery.h"

#include <stdlib.h>
#include <string.h>

#include "../base/buf.h"
#include "../base/limits.h"
#include "../stanza/build.h"
#include "../stanza/filter.h"
#include "../stanza/jid.h"
#include "../stanza/ns.h"
#include "fault.h"
#include "send.h"

/* Ids that stanzas brought along are remembered for the last so many. */
#define FOREIGN_IDS 4096
/* Domains whose bounces are waited for. */
#define DOMAINS_MAX 64
/* Room for the recipient in the number that an id is made of. */
#define RECIPIENT_BITS 20

enum { ID_DELIVERY = 1 };

/* What is kept of a stanza beside the session's bytes of it. */
struct sent {
	uint64_t number; /* the session's */
	struct cpl_origin origin;
	char *id, *to;
	const char *type;
	size_t bytes;
};

struct foreign {
	char *id;
	char *to; /* several recipients may have been sent the same id */
	struct cpl_origin origin;
};

struct domain {
	char *last; /* the bare JID that was sent to last */
	char *name; /* points into last */
};

struct cpl_delivery {
	struct cpl_delivery_conf conf;
	struct cpl_delivery_events on;
	struct cpl_timer wait;
	struct cpl_buf unacked; /* struct sent, in order */
	struct cpl_buf refused; /* a bit for each (record, recipient) */
	struct foreign *foreign;
	size_t foreign_next;
	struct domain domains[DOMAINS_MAX];
	size_t domain_count;
	size_t unheard, unheard_bytes; /* of what was said in rooms */
	uint64_t sent_count, acked_count, refused_count;
	size_t pings; /* under way */
	int was_full;
	int finishing;
	int waited;
	int done;
};

struct cpl_delivery *cpl_delivery_new(const struct cpl_delivery_conf *conf,
				      const struct cpl_delivery_events *on)
{
	struct cpl_delivery *d = calloc(1, sizeof *d);

	if (!d)
		return NULL;
	d->conf = *conf;
	d->on = *on;
	d->wait.user = d;
	cpl_buf_init(&d->unacked, SIZE_MAX);
	cpl_buf_init(&d->refused, SIZE_MAX);
	return d;
}

static struct sent *unacked(const struct cpl_delivery *d)
{
	return (struct sent *)d->unacked.data;
}

static void take_first(struct cpl_delivery *d)
{
	free(unacked(d)->id);
	free(unacked(d)->to);
	cpl_buf_consume(&d->unacked, sizeof(struct sent));
}

void cpl_delivery_free(struct cpl_delivery *d)
{
	if (!d)
		return;
	cpl_loop_cancel(d->conf.loop, &d->wait);
	while (d->unacked.len > 0)
		take_first(d);
	cpl_buf_release(&d->unacked);
	cpl_buf_release(&d->refused);
	for (size_t i = 0; d->foreign && i < FOREIGN_IDS; i++) {
		free(d->foreign[i].id);
		free(d->foreign[i].to);
	}
	free(d->foreign);
	for (size_t i = 0; i < d->domain_count; i++)
		free(d->domains[i].last);
	free(d);
}

/* --- what is remembered ------------------------------------------------ */

void cpl_delivery_id(const struct cpl_delivery *d,
		     const struct cpl_origin *origin, char out[CPL_ID_SIZE])
{
	cpl_id(cpl_session_ids(d->conf.session), ID_DELIVERY,
	       origin->record << RECIPIENT_BITS | origin->recipient, out);
}

/* Our own id for a stanza without one; otherwise its id is remembered. */
int cpl_delivery_identify(struct cpl_delivery *d, xmpp_stanza_t *stanza,
			  const struct cpl_origin *o)
{
	const char *id = xmpp_stanza_get_id(stanza);
	const char *to = xmpp_stanza_get_to(stanza);
	struct foreign *f;
	char own[CPL_ID_SIZE];

	if (!id) {
		cpl_delivery_id(d, o, own);
		return cpl_set_attr(stanza, "id", own);
	}
	if (!d->foreign)
		d->foreign = calloc(FOREIGN_IDS, sizeof *d->foreign);
	if (!d->foreign)
		return -1;
	f = &d->foreign[d->foreign_next++ % FOREIGN_IDS];
	free(f->id);
	free(f->to);
	f->id = strdup(id);
	f->to = strdup(to ? to : "");
	f->origin = *o;
	return f->id && f->to ? 0 : -1;
}

static int is_refused(const struct cpl_delivery *d, const struct cpl_origin *o)
{
	uint64_t bit = o->record * d->conf.recipients + o->recipient;

	return bit / 8 < d->refused.len &&
	       (d->refused.data[bit / 8] & 1 << bit % 8);
}

/* Of those sent with this id the one that went to where the bounce is from;
 * where the server writes that address in another way, or sends the bounce
 * itself, the first that is not refused yet. */
static const struct foreign *find_foreign(const struct cpl_delivery *d,
					  const char *id, const char *from)
{
	const struct foreign *same = NULL, *open = NULL, *any = NULL;

	for (size_t i = 0; d->foreign && i < FOREIGN_IDS; i++) {
		const struct foreign *f = &d->foreign[i];

		if (!f->id || !f->to || strcmp(f->id, id) != 0)
			continue;
		if (from && strcmp(f->to, from) == 0) {
			if (!is_refused(d, &f->origin))
				return f;
			same = f;
		} else if (!open && !is_refused(d, &f->origin)) {
			open = f;
		}
		any = f;
	}
	return same ? same : open ? open : any;
}

/* The stanza that a bounce is about. */
static int find_origin(const struct cpl_delivery *d, const char *id,
		       const char *from, struct cpl_origin *o)
{
	const struct foreign *f;
	uint64_t n;

	if (cpl_id_number(cpl_session_ids(d->conf.session), ID_DELIVERY, id,
			  &n) == 0) {
		o->record = n >> RECIPIENT_BITS;
		o->recipient = n & ((1U << RECIPIENT_BITS) - 1);
		return 0;
	}
	f = find_foreign(d, id, from);
	if (!f)
		return -1;
	*o = f->origin;
	return 0;
}

/* Whom to ping at the end: the last one of each domain. */
static void remember_domain(struct cpl_delivery *d, const char *to)
{
	size_t length = to ? strcspn(to, "/") : 0;
	const char *at = to ? memchr(to, '@', length) : NULL;
	const char *name = at ? at + 1 : to;
	size_t name_length = length - (size_t)(name - to);
	struct domain *slot = NULL;
	char *copy;

	if (!to || d->conf.bounce_wait == 0)
		return;
	for (size_t i = 0; i < d->domain_count && !slot; i++)
		if (strlen(d->domains[i].name) == name_length &&
		    memcmp(d->domains[i].name, name, name_length) == 0)
			slot = &d->domains[i];
	if (slot && strlen(slot->last) == length &&
	    memcmp(slot->last, to, length) == 0)
		return;
	if (!slot && d->domain_count == DOMAINS_MAX)
		return;
	copy = strndup(to, length);
	if (!copy)
		return;
	if (!slot)
		slot = &d->domains[d->domain_count++];
	free(slot->last);
	slot->last = copy;
	slot->name = copy + (name - to);
}

/* Marks as refused; 0 when it was already. */
static int mark_refused(struct cpl_delivery *d, const struct cpl_origin *o)
{
	uint64_t bit = o->record * d->conf.recipients + o->recipient;
	size_t byte = (size_t)(bit / 8);

	if (is_refused(d, o))
		return 0;
	while (d->refused.len <= byte)
		if (cpl_buf_addc(&d->refused, '\0') < 0)
			return 1;
	d->refused.data[byte] |= (char)(1 << bit % 8);
	return 1;
}

/* --- sending ----------------------------------------------------------- */

static const char *kind_name(xmpp_stanza_t *stanza)
{
	switch (cpl_filter_kind(stanza)) {
	case CPL_PRESENCE: return "presence";
	case CPL_IQ: return "iq";
	default: return "message";
	}
}

/* Fills s with what is kept. -1 without memory. */
static int note(struct sent *s, xmpp_stanza_t *stanza)
{
	const char *to = xmpp_stanza_get_to(stanza);

	s->type = kind_name(stanza);
	s->id = strdup(xmpp_stanza_get_id(stanza));
	s->to = to ? strdup(to) : NULL;
	return s->id && (s->to || !to) ? 0 : -1;
}

int cpl_delivery_send(struct cpl_delivery *d, xmpp_stanza_t *stanza,
		      const struct cpl_origin *origin, struct cpl_err *e)
{
	struct sent s = {.origin = *origin};
	size_t before = cpl_session_pending(d->conf.session);

	/* Whatever fails fails before anything is sent. */
	if (cpl_delivery_identify(d, stanza, origin) < 0 ||
	    note(&s, stanza) < 0 || !cpl_buf_room(&d->unacked, sizeof s)) {
		cpl_err_nomem(e);
	} else if (cpl_session_send(d->conf.session, stanza, &s.number, e) ==
		   0) {
		s.bytes = cpl_session_pending(d->conf.session) - before;
		d->sent_count++;
		remember_domain(d, s.to);
		return cpl_buf_add(&d->unacked, &s, sizeof s);
	}
	free(s.id);
	free(s.to);
	return -1;
}

static int window_full(const struct cpl_delivery *d)
{
	size_t pending = cpl_session_pending(d->conf.session);

	/* What is unheard may be pending, too. */
	return d->unacked.len / sizeof(struct sent) + d->unheard >=
		   CPL_WINDOW_STANZAS ||
	       pending >= CPL_WINDOW_BYTES ||
	       d->unheard_bytes >= CPL_WINDOW_BYTES;
}

/* Who was told so waits for room(). */
int cpl_delivery_full(struct cpl_delivery *d)
{
	int full = window_full(d);

	d->was_full |= full;
	return full;
}

static void check_done(struct cpl_delivery *d)
{
	if (d->done || !d->finishing || cpl_delivery_waits(d))
		return;
	if (d->pings > 0 && !d->waited) {
		if (!d->wait.armed)
			cpl_loop_timer(d->conf.loop, &d->wait,
				       d->conf.bounce_wait);
		return;
	}
	cpl_loop_cancel(d->conf.loop, &d->wait);
	d->done = 1;
	d->on.done(d->on.user);
}

/* Silence is not a failure: the server has the stanzas. */
static void waited(void *user)
{
	struct cpl_delivery *d = user;

	d->waited = 1;
	check_done(d);
}

static void ping_answered(void *user, xmpp_stanza_t *answer)
{
	struct cpl_delivery *d = user;

	d->pings--;
	if (answer)
		check_done(d);
}

static void ping(struct cpl_delivery *d, const char *to)
{
	xmpp_stanza_t *iq = cpl_build_iq(cpl_session_ctx(d->conf.session),
					 "get", to, "ping", CPL_NS_PING, NULL);

	d->pings++;
	if (cpl_send_request(d->conf.session, iq, ping_answered, d, NULL) < 0)
		d->pings--;
}

void cpl_delivery_finish(struct cpl_delivery *d)
{
	if (d->finishing)
		return;
	d->finishing = 1;
	d->wait.fire = waited;
	for (size_t i = 0; i < d->domain_count; i++)
		ping(d, d->domains[i].last);
	check_done(d);
}

/* --- what comes back --------------------------------------------------- */

static void describe(const struct cpl_delivery *d, const struct sent *s,
		     struct cpl_sent *out)
{
	*out = (struct cpl_sent){
	    .number = s->number,
	    .origin = s->origin,
	    .id = s->id,
	    .to = s->to,
	    .type = s->type,
	    .bytes = s->bytes,
	    .refused = is_refused(d, &s->origin),
	};
}

/* Less waits than before. */
static void check_room(struct cpl_delivery *d)
{
	if (d->was_full && !window_full(d)) {
		d->was_full = 0;
		d->on.room(d->on.user);
	}
	check_done(d);
}

void cpl_delivery_acked(struct cpl_delivery *d, uint64_t upto)
{
	struct cpl_sent sent;

	while (d->unacked.len > 0 && unacked(d)->number <= upto) {
		d->acked_count++;
		describe(d, unacked(d), &sent);
		if (d->on.confirmed)
			d->on.confirmed(d->on.user, &sent);
		take_first(d);
	}
	check_room(d);
}

void cpl_delivery_said(struct cpl_delivery *d, size_t bytes)
{
	d->sent_count++;
	d->unheard++;
	d->unheard_bytes += bytes;
}

void cpl_delivery_heard(struct cpl_delivery *d, const struct cpl_sent *sent)
{
	d->acked_count++;
	if (d->on.confirmed)
		d->on.confirmed(d->on.user, sent);
}

void cpl_delivery_unheard(struct cpl_delivery *d, size_t count, size_t bytes)
{
	d->unheard -= count;
	d->unheard_bytes -= bytes;
	check_room(d);
}

void cpl_delivery_given_up(struct cpl_delivery *d, uint64_t number,
			   const struct cpl_err *why)
{
	size_t count = d->unacked.len / sizeof(struct sent), i = 0;
	int has_left = why->status != CPL_DATA;
	struct sent s;

	while (i < count && unacked(d)[i].number != number)
		i++;
	if (i == count)
		return;
	s = unacked(d)[i];
	memmove(unacked(d) + i, unacked(d) + i + 1, (count - i - 1) * sizeof s);
	cpl_buf_truncate(&d->unacked, d->unacked.len - sizeof s);
	d->sent_count -= !has_left;
	/* Its refusal may have come before the end. */
	if (mark_refused(d, &s.origin)) {
		d->refused_count += has_left;
		d->on.refused(d->on.user, &s.origin, NULL, s.id, why);
	}
	free(s.id);
	free(s.to);
	check_room(d);
}

int cpl_delivery_stanza(struct cpl_delivery *d, xmpp_stanza_t *stanza)
{
	const char *id = xmpp_stanza_get_id(stanza);
	const char *from = xmpp_stanza_get_from(stanza);
	struct cpl_err why = CPL_ERR_INIT;
	struct cpl_origin origin;

	if (!cpl_has_type(stanza, "error") || !id ||
	    find_origin(d, id, from, &origin) < 0)
		return 0;
	if (mark_refused(d, &origin)) {
		d->refused_count++;
		cpl_fault_stanza(stanza, &why);
		d->on.refused(d->on.user, &origin, xmpp_stanza_get_from(stanza),
			      id, &why);
	}
	return 1;
}

uint64_t cpl_delivery_sent(const struct cpl_delivery *d)
{
	return d->sent_count;
}

uint64_t cpl_delivery_confirmed(const struct cpl_delivery *d)
{
	return d->acked_count;
}

uint64_t cpl_delivery_refused(const struct cpl_delivery *d)
{
	return d->refused_count;
}

int cpl_delivery_waits(const struct cpl_delivery *d)
{
	return d->unacked.len > 0 || d->unheard > 0;
}

/* The walk through what the session and the delivery have of the same stanzas:
 * both in order, the session's with others in between. */
struct walk {
	const struct cpl_delivery *d;
	size_t next; /* of the delivery's */
	void (*each)(void *user, const struct cpl_sent *sent);
	void *user;
};

static int walk_entry(void *user, const struct cpl_window_entry *entry,
		      const char *xml)
{
	struct walk *w = user;
	size_t count = w->d->unacked.len / sizeof(struct sent);
	struct cpl_sent sent;

	while (w->next < count && unacked(w->d)[w->next].number < entry->number)
		w->next++;
	if (w->next == count)
		return 1;
	if (unacked(w->d)[w->next].number != entry->number)
		return 0;
	describe(w->d, unacked(w->d) + w->next++, &sent);
	sent.first = entry->first;
	sent.tries = entry->tries;
	sent.xml = xml;
	sent.bytes = entry->size;
	w->each(w->user, &sent);
	return 0;
}

void cpl_delivery_each_unconfirmed(const struct cpl_delivery *d,
				   void (*each)(void *user,
						const struct cpl_sent *sent),
				   void *user)
{
	struct walk w = {d, 0, each, user};

	cpl_session_unacked(d->conf.session, walk_entry, &w);
}
