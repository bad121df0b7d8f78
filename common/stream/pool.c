/* SPDX-License-Identifier: MIT */
#include "pool.h"

#include <stdlib.h>

/* A request whose item was not handed back. */
struct entry {
	struct cpl_pool *pool;
	void *item;
	xmpp_stanza_t *answer; /* ours, once it is there */
	struct cpl_err why;    /* else why there is none */
	int64_t deadline;
	int done;
	struct entry *next;
};

struct cpl_pool {
	struct cpl_pool_conf conf;
	struct cpl_pool_events on;
	struct entry *first; /* in the order of the requests */
	struct entry **end;
	size_t count;
	int was_full;
	struct cpl_timer timer; /* at the first deadline */
};

static void on_deadline(void *user);

struct cpl_pool *cpl_pool_new(const struct cpl_pool_conf *conf,
			      const struct cpl_pool_events *on)
{
	struct cpl_pool *p = calloc(1, sizeof *p);

	if (!p)
		return NULL;
	p->conf = *conf;
	p->on = *on;
	p->end = &p->first;
	p->timer.fire = on_deadline;
	p->timer.user = p;
	return p;
}

static void free_entry(struct entry *r)
{
	if (r->answer)
		xmpp_stanza_release(r->answer);
	free(r);
}

void cpl_pool_free(struct cpl_pool *p)
{
	struct entry *r;

	if (!p)
		return;
	cpl_loop_cancel(p->conf.loop, &p->timer);
	while ((r = p->first)) {
		p->first = r->next;
		if (!r->done)
			cpl_session_forget(p->conf.session, r);
		free_entry(r);
	}
	free(p);
}

/* All limits are the same, so the first request that is not done has the first
 * deadline. */
static void set_timer(struct cpl_pool *p)
{
	struct entry *r = p->first;
	int64_t left;

	while (r && r->done)
		r = r->next;
	cpl_loop_cancel(p->conf.loop, &p->timer);
	if (!r || p->conf.each_timeout <= 0)
		return;
	left = r->deadline - cpl_loop_now();
	cpl_loop_timer(p->conf.loop, &p->timer, left > 0 ? left : 0);
}

/* Hands one back; it is out of the list by then, as more may be asked. */
static void hand_back(struct cpl_pool *p, struct entry **at)
{
	struct entry *r = *at;

	*at = r->next;
	if (p->end == &r->next)
		p->end = at;
	p->count--;
	p->on.answered(p->on.user, r->item, r->answer,
		       r->answer ? NULL : &r->why);
	free_entry(r);
}

static void settle(struct cpl_pool *p, struct entry *r)
{
	struct entry **at = &p->first;

	r->done = 1;
	if (p->conf.unordered) {
		while (*at != r)
			at = &(*at)->next;
		hand_back(p, at);
	} else {
		while (p->first && p->first->done)
			hand_back(p, &p->first);
	}
	set_timer(p);
	if (p->was_full && !cpl_pool_full(p)) {
		p->was_full = 0;
		if (p->on.room)
			p->on.room(p->on.user);
	}
}

static void on_answer(void *user, xmpp_stanza_t *answer)
{
	struct entry *r = user;

	if (answer)
		r->answer = xmpp_stanza_clone(answer);
	else
		cpl_err_set(&r->why, CPL_TEMP,
			    "the session ended before the answer");
	settle(r->pool, r);
}

static void on_deadline(void *user)
{
	struct cpl_pool *p = user;
	struct entry *r = p->first;
	long ms = p->conf.each_timeout;

	while (r && r->done)
		r = r->next;
	if (!r)
		return;
	if (r->deadline > cpl_loop_now()) {
		set_timer(p);
		return;
	}
	cpl_session_forget(p->conf.session, r);
	cpl_err_set(&r->why, CPL_TEMP, "no answer within %g second%s",
		    (double)ms / 1000, ms == 1000 ? "" : "s");
	settle(p, r);
}

int cpl_pool_ask(struct cpl_pool *p, xmpp_stanza_t *iq, void *item,
		 struct cpl_err *e)
{
	struct entry *r = calloc(1, sizeof *r);

	if (!r)
		return cpl_err_nomem(e);
	r->pool = p;
	r->item = item;
	r->deadline = cpl_loop_now() + p->conf.each_timeout;
	if (cpl_session_request(p->conf.session, iq, on_answer, r, e) < 0) {
		free(r);
		return -1;
	}
	*p->end = r;
	p->end = &r->next;
	p->count++;
	if (!p->timer.armed)
		set_timer(p);
	return 0;
}

int cpl_pool_full(struct cpl_pool *p)
{
	if (p->count < p->conf.parallel)
		return 0;
	p->was_full = 1;
	return 1;
}

size_t cpl_pool_count(const struct cpl_pool *p)
{
	return p->count;
}
