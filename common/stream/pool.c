/* SPDX-License-Identifier: MIT */
#include "pool.h"

#include <stdlib.h>

#include "../base/limits.h"

/* A request whose item was not handed back. */
struct entry {
	struct cpl_pool *pool;
	void *item;
	xmpp_stanza_t *answer; /* ours, once it is there */
	struct cpl_err why;    /* else why there is none */
	int64_t asked;         /* when */
	int done;
	struct entry *next;
};

struct cpl_pool {
	struct cpl_pool_conf conf;
	struct cpl_pool_events on;
	struct entry *first; /* in the order of the requests */
	struct entry **end;
	struct entry *handing; /* whose answered() is under way */
	size_t count;
	int was_full;
	int held;
	int busy;               /* handing back */
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

/* The time for an answer begins anew with each connection, as the question may
 * have been asked again over it. */
static int64_t deadline(const struct cpl_pool *p, const struct entry *r)
{
	int64_t since = cpl_session_since(p->conf.session);

	return (r->asked > since ? r->asked : since) + p->conf.each_timeout;
}

/* What was asked again has a later deadline than what is behind it. */
static void set_timer(struct cpl_pool *p)
{
	const struct entry *soonest = NULL;
	int64_t left;

	if (p->conf.each_timeout <= 0)
		return;
	for (const struct entry *r = p->first; r; r = r->next)
		if (!r->done && (!soonest || r->asked < soonest->asked))
			soonest = r;
	cpl_loop_cancel(p->conf.loop, &p->timer);
	if (!soonest)
		return;
	left = deadline(p, soonest) - cpl_loop_now();
	cpl_loop_timer(p->conf.loop, &p->timer, left > 0 ? left : 0);
}

/* The next one to be handed back. */
static struct entry **next_done(struct cpl_pool *p)
{
	struct entry **at = &p->first;

	while (p->conf.unordered && *at && !(*at)->done)
		at = &(*at)->next;
	return *at && (*at)->done ? at : NULL;
}

/* It is out of the list by then, as more may be asked. */
static void hand_back(struct cpl_pool *p, struct entry **at)
{
	struct entry *r = *at;
	xmpp_stanza_t *answer = r->answer;

	*at = r->next;
	if (p->end == &r->next)
		p->end = at;
	p->count--;
	p->handing = r;
	r->answer = NULL;
	p->on.answered(p->on.user, r->item, answer, answer ? NULL : &r->why);
	if (p->handing)
		free_entry(r);
	p->handing = NULL;
	if (answer)
		xmpp_stanza_release(answer);
}

/* With large requests it is the output that has no room; what is under way
 * makes some. */
static int is_full(const struct cpl_pool *p)
{
	const struct cpl_session *s = p->conf.session;

	return p->count >= p->conf.parallel ||
	       (p->count > 0 && (cpl_session_unsent(s) >= CPL_WINDOW_BYTES ||
				 cpl_session_pending(s) >= CPL_WINDOW_BYTES));
}

static void hand_out(struct cpl_pool *p)
{
	struct entry **at;

	if (p->busy)
		return;
	p->busy = 1;
	while (!p->held && (at = next_done(p)))
		hand_back(p, at);
	p->busy = 0;
	set_timer(p);
	if (p->was_full && !is_full(p)) {
		p->was_full = 0;
		if (p->on.room)
			p->on.room(p->on.user);
	}
}

static void on_answer(void *user, xmpp_stanza_t *answer)
{
	struct entry *r = user;

	r->done = 1;
	if (answer)
		r->answer = xmpp_stanza_clone(answer);
	else
		cpl_err_set(&r->why, CPL_TEMP, "%s",
			    cpl_session_alive(r->pool->conf.session)
				? "the connection was lost"
				: "the session ended before the answer");
	hand_out(r->pool);
}

/* Between two connections. */
static int is_away(const struct cpl_session *s)
{
	return cpl_session_alive(s) && !cpl_session_online(s);
}

static void on_deadline(void *user)
{
	struct cpl_pool *p = user;
	int64_t now = cpl_loop_now();
	long ms = p->conf.each_timeout;

	/* Nobody can answer now. */
	if (is_away(p->conf.session)) {
		cpl_loop_timer(p->conf.loop, &p->timer, ms);
		return;
	}
	for (struct entry *r = p->first; r; r = r->next) {
		if (r->done || deadline(p, r) > now)
			continue;
		cpl_session_forget(p->conf.session, r);
		cpl_err_set(&r->why, CPL_TEMP,
			    "no answer within %.10g second%s",
			    (double)ms / 1000, ms == 1000 ? "" : "s");
		r->done = 1;
	}
	hand_out(p);
}

void cpl_pool_expire(struct cpl_pool *p, const struct cpl_err *why)
{
	for (struct entry *r = p->first; r; r = r->next) {
		if (r->done)
			continue;
		cpl_session_forget(p->conf.session, r);
		r->why = *why;
		r->done = 1;
	}
	hand_out(p);
}

static int request(struct entry *r, xmpp_stanza_t *iq, struct cpl_err *e)
{
	struct cpl_pool *p = r->pool;

	if (cpl_session_request(p->conf.session, iq, on_answer, r, e) < 0)
		return -1;
	r->asked = cpl_loop_now();
	r->done = 0;
	p->count++;
	return 0;
}

int cpl_pool_ask(struct cpl_pool *p, xmpp_stanza_t *iq, void *item,
		 struct cpl_err *e)
{
	struct entry *r = calloc(1, sizeof *r);

	if (!r)
		return cpl_err_nomem(e);
	r->pool = p;
	r->item = item;
	if (request(r, iq, e) < 0) {
		free(r);
		return -1;
	}
	*p->end = r;
	p->end = &r->next;
	if (!p->timer.armed)
		set_timer(p);
	return 0;
}

int cpl_pool_again(struct cpl_pool *p, xmpp_stanza_t *iq, struct cpl_err *e)
{
	struct entry *r = p->handing;

	if (request(r, iq, e) < 0)
		return -1;
	p->handing = NULL;
	/* In order only the first is handed back. */
	r->next = p->first;
	if (!p->first)
		p->end = &r->next;
	p->first = r;
	return 0;
}

void cpl_pool_hold(struct cpl_pool *p, int on)
{
	p->held = on;
	if (!on)
		hand_out(p);
}

int cpl_pool_full(struct cpl_pool *p)
{
	int full = is_full(p);

	p->was_full |= full;
	return full;
}

size_t cpl_pool_count(const struct cpl_pool *p)
{
	return p->count;
}
