/* SPDX-License-Identifier: MIT */
#include "request.h"

#include <stdlib.h>
#include <string.h>

struct cpl_request *cpl_requests_add(struct cpl_requests *all, const char *to,
				     void (*answered)(void *user,
						      xmpp_stanza_t *answer),
				     void *user)
{
	struct cpl_request *r = calloc(1, sizeof *r);

	if (!r)
		return NULL;
	if (to && !(r->to = strdup(to))) {
		free(r);
		return NULL;
	}
	r->number = ++all->count;
	r->answered = answered;
	r->user = user;
	if (all->last)
		all->last->next = r;
	else
		all->first = r;
	all->last = r;
	return r;
}

static void unlink_request(struct cpl_requests *all, struct cpl_request *r)
{
	struct cpl_request *before = NULL;

	for (struct cpl_request *p = all->first; p != r; p = p->next)
		before = p;
	if (before)
		before->next = r->next;
	else
		all->first = r->next;
	if (all->last == r)
		all->last = before;
}

static void free_request(struct cpl_request *r)
{
	free(r->to);
	free(r->xml);
	free(r);
}

void cpl_requests_drop(struct cpl_requests *all, struct cpl_request *r)
{
	unlink_request(all, r);
	free_request(r);
}

void cpl_requests_forget(struct cpl_requests *all, const void *user)
{
	struct cpl_request *r, *next;

	for (r = all->first; r; r = next) {
		next = r->next;
		if (r->user == user)
			cpl_requests_drop(all, r);
	}
}

struct cpl_request *cpl_requests_sent(const struct cpl_requests *all,
				      uint64_t sent)
{
	struct cpl_request *r = all->first;

	while (r && r->sent != sent)
		r = r->next;
	return r;
}

void cpl_requests_give_up(struct cpl_requests *all, struct cpl_request *r)
{
	unlink_request(all, r);
	r->answered(r->user, NULL);
	free_request(r);
}

/* Whether an answer to what was sent to `to` may come from `from`. */
static int may_answer(const char *to, const char *from,
		      const struct cpl_jid *own)
{
	int own_account = !to || cpl_jid_is(to, own->bare);

	if (own_account)
		return !from || cpl_jid_is(from, own->bare) ||
		       cpl_jid_is(from, own->full);
	return from && cpl_jid_same(from, to);
}

int cpl_requests_answer(struct cpl_requests *all, const struct cpl_jid *own,
			xmpp_stanza_t *iq)
{
	const char *type = xmpp_stanza_get_type(iq);
	const char *id = xmpp_stanza_get_id(iq);
	const char *from = xmpp_stanza_get_from(iq);

	if (!type || !id ||
	    (strcmp(type, "result") != 0 && strcmp(type, "error") != 0))
		return 0;
	for (struct cpl_request *r = all->first; r; r = r->next) {
		if (strcmp(r->id, id) != 0 || !may_answer(r->to, from, own))
			continue;
		unlink_request(all, r);
		r->answered(r->user, iq);
		free_request(r);
		return 1;
	}
	return 0;
}

void cpl_requests_end(struct cpl_requests *all)
{
	while (all->first)
		cpl_requests_give_up(all, all->first);
}
