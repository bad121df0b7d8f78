/* SPDX-License-Identifier: MIT */
#include "receipt.h"

#include <stdlib.h>
#include <string.h>

#include "../stanza/build.h"
#include "../stanza/ns.h"

/* A message whose receipt is waited for. */
struct wanted {
	uint64_t n;
	struct cpl_origin origin;
	char *id;
	char *to;
	int acked;
	int64_t until; /* then it is missing */
	struct wanted *next;
};

/* In the order in which they were sent, so acked and until rise, too. */
struct cpl_receipts {
	struct cpl_loop *loop;
	const struct cpl_log *log;
	long wait;
	struct cpl_receipts_events on;
	struct cpl_timer timer;
	struct wanted *first;
	struct wanted **end;
	size_t waiting;
	uint64_t come, missing;
};

/* --- stanzas ----------------------------------------------------------- */

int cpl_receipt_request(xmpp_stanza_t *stanza)
{
	if (!cpl_is(stanza, "message", CPL_NS_CLIENT) ||
	    cpl_has_type(stanza, "groupchat") ||
	    cpl_has_type(stanza, "error") ||
	    cpl_child(stanza, "received", CPL_NS_RECEIPTS) ||
	    cpl_child(stanza, "request", CPL_NS_RECEIPTS))
		return 0;
	return cpl_build_child(stanza, "request", CPL_NS_RECEIPTS) ? 0 : -1;
}

xmpp_stanza_t *cpl_receipt_build(xmpp_ctx_t *ctx, const char *type,
				 const char *to, const char *id)
{
	xmpp_stanza_t *m = cpl_build_stanza(ctx, "message", type, NULL, to);
	xmpp_stanza_t *c = cpl_build_child(m, "received", CPL_NS_RECEIPTS);

	return cpl_built(m, cpl_set_attr(c, "id", id) == 0);
}

/* --- what is waited for ------------------------------------------------ */

static void free_wanted(struct wanted *w)
{
	if (!w)
		return;
	free(w->id);
	free(w->to);
	free(w);
}

static void take_out(struct cpl_receipts *r, struct wanted **p)
{
	struct wanted *w = *p;

	*p = w->next;
	if (r->end == &w->next)
		r->end = p;
	r->waiting--;
}

static void set_timer(struct cpl_receipts *r)
{
	int64_t left;

	if (!r->first || !r->first->acked) {
		cpl_loop_cancel(r->loop, &r->timer);
		return;
	}
	left = r->first->until - cpl_loop_now();
	cpl_loop_timer(r->loop, &r->timer, left > 0 ? (long)left : 0);
}

static void miss_first(struct cpl_receipts *r)
{
	struct wanted *w = r->first;

	take_out(r, &r->first);
	r->missing++;
	r->on.missing(r->on.user, &w->origin, w->to, w->id);
	free_wanted(w);
}

static void time_is_up(void *user)
{
	struct cpl_receipts *r = user;
	int64_t now = cpl_loop_now();

	while (r->first && r->first->acked && r->first->until <= now)
		miss_first(r);
	set_timer(r);
	r->on.fewer(r->on.user);
}

struct cpl_receipts *cpl_receipts_new(struct cpl_loop *loop,
				      const struct cpl_log *log, long wait,
				      const struct cpl_receipts_events *on)
{
	struct cpl_receipts *r = calloc(1, sizeof *r);

	if (!r)
		return NULL;
	r->loop = loop;
	r->log = log;
	r->wait = wait;
	r->on = *on;
	r->end = &r->first;
	r->timer.fire = time_is_up;
	r->timer.user = r;
	return r;
}

void cpl_receipts_free(struct cpl_receipts *r)
{
	struct wanted *w;

	if (!r)
		return;
	cpl_loop_cancel(r->loop, &r->timer);
	while ((w = r->first)) {
		r->first = w->next;
		free_wanted(w);
	}
	free(r);
}

int cpl_receipts_sent(struct cpl_receipts *r, xmpp_stanza_t *stanza,
		      const struct cpl_origin *origin, uint64_t n)
{
	const char *id = xmpp_stanza_get_id(stanza);
	const char *to = xmpp_stanza_get_to(stanza);
	struct wanted *w;

	if (!cpl_child(stanza, "request", CPL_NS_RECEIPTS) || !id || !to ||
	    cpl_has_type(stanza, "groupchat"))
		return 0;
	w = calloc(1, sizeof *w);
	if (!w || !(w->id = strdup(id)) || !(w->to = strdup(to))) {
		free_wanted(w);
		return -1;
	}
	w->n = n;
	w->origin = *origin;
	*r->end = w;
	r->end = &w->next;
	r->waiting++;
	return 0;
}

void cpl_receipts_acked(struct cpl_receipts *r, uint64_t n)
{
	int64_t until = cpl_loop_now() + r->wait;

	for (struct wanted *w = r->first; w && w->n <= n; w = w->next) {
		if (!w->acked)
			w->until = until;
		w->acked = 1;
	}
	if (!r->timer.armed)
		set_timer(r);
}

/* The message that a receipt is for: by its id, and the account that it went
 * to. several may have one id. NULL: none of ours. */
static struct wanted **find(struct cpl_receipts *r, const char *id,
			    const char *from)
{
	struct wanted **p, *other = NULL;

	for (p = &r->first; *p; p = &(*p)->next) {
		if (strcmp((*p)->id, id) != 0)
			continue;
		if (cpl_jid_same_bare((*p)->to, from))
			return p;
		other = *p;
	}
	if (other)
		cpl_log(r->log, CPL_LOG_INFO,
			"a receipt that %s sent for a message to %s is ignored",
			from, other->to);
	return NULL;
}

int cpl_receipts_stanza(struct cpl_receipts *r, xmpp_stanza_t *stanza,
			const struct cpl_jid *own)
{
	xmpp_stanza_t *c = cpl_child(stanza, "received", CPL_NS_RECEIPTS);
	const char *from = xmpp_stanza_get_from(stanza);
	struct wanted **p, *w;

	/* 5.5: of any type, since some do not take that of the message. */
	if (!c || !cpl_is(stanza, "message", CPL_NS_CLIENT) ||
	    cpl_has_type(stanza, "error") || !xmpp_stanza_get_id(c))
		return 0;
	p = find(r, xmpp_stanza_get_id(c), from ? from : own->bare);
	if (!p)
		return 1;
	w = *p;
	take_out(r, p);
	free_wanted(w);
	r->come++;
	set_timer(r);
	r->on.fewer(r->on.user);
	return 1;
}

void cpl_receipts_refused(struct cpl_receipts *r,
			  const struct cpl_origin *origin)
{
	struct wanted **p = &r->first, *w;

	while (*p && ((*p)->origin.record != origin->record ||
		      (*p)->origin.recipient != origin->recipient))
		p = &(*p)->next;
	if (!*p)
		return;
	w = *p;
	take_out(r, p);
	free_wanted(w);
	set_timer(r);
	r->on.fewer(r->on.user);
}

void cpl_receipts_end(struct cpl_receipts *r)
{
	cpl_loop_cancel(r->loop, &r->timer);
	while (r->first && r->first->acked)
		miss_first(r);
}

size_t cpl_receipts_waiting(const struct cpl_receipts *r)
{
	return r->waiting;
}

uint64_t cpl_receipts_come(const struct cpl_receipts *r)
{
	return r->come;
}

uint64_t cpl_receipts_missing(const struct cpl_receipts *r)
{
	return r->missing;
}
