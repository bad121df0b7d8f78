/* SPDX-License-Identifier: MIT
 *
 * A loop that never sleeps, for the targets of what runs on one: time stands
 * still but for played_wait(), and what comes of an input is the same each
 * time. The linker takes these functions in place of loop.o. */
#ifndef PLAYED_LOOP_H
#define PLAYED_LOOP_H

#include <errno.h>
#include <poll.h>

#include "../../common/base/loop.h"
#include "fuzz.h"

/* More at once would be a leak. */
#define PLAYED_WATCHES 16
/* A loop that is not done by then is in a circle. */
#define PLAYED_TURNS 1000

struct cpl_loop {
	struct cpl_watch *watches;
	struct cpl_timer *timers;
	struct cpl_turn *turns;
	unsigned turn;
};

static int64_t played_now;

struct cpl_loop *cpl_loop_new(struct cpl_err *e)
{
	(void)e;
	played_now = 1000;
	return calloc(1, sizeof(struct cpl_loop));
}

/* Whoever registered something has taken it out again. */
void cpl_loop_free(struct cpl_loop *loop)
{
	MUST(!loop->watches && !loop->timers && !loop->turns);
	free(loop);
}

int64_t cpl_loop_now(void)
{
	return played_now;
}

void cpl_loop_watch(struct cpl_loop *loop, struct cpl_watch *w)
{
	if (w->watched)
		return;
	w->watched = 1;
	w->next = loop->watches;
	loop->watches = w;
}

void cpl_loop_unwatch(struct cpl_loop *loop, struct cpl_watch *w)
{
	struct cpl_watch **at = &loop->watches;

	while (*at && *at != w)
		at = &(*at)->next;
	if (*at)
		*at = w->next;
	w->watched = 0;
}

void cpl_loop_cancel(struct cpl_loop *loop, struct cpl_timer *t)
{
	struct cpl_timer **at = &loop->timers;

	while (*at && *at != t)
		at = &(*at)->next;
	if (*at)
		*at = t->next;
	t->armed = 0;
}

void cpl_loop_timer(struct cpl_loop *loop, struct cpl_timer *t, int64_t ms)
{
	struct cpl_timer **at = &loop->timers;

	MUST(ms >= 0);
	cpl_loop_cancel(loop, t);
	t->at = played_now + ms;
	t->turn = loop->turn;
	t->armed = 1;
	while (*at && (*at)->at <= t->at)
		at = &(*at)->next;
	t->next = *at;
	*at = t;
}

void cpl_loop_turn_add(struct cpl_loop *loop, struct cpl_turn *t)
{
	struct cpl_turn **at = &loop->turns;

	if (t->added)
		return;
	while (*at)
		at = &(*at)->next;
	t->next = NULL;
	t->added = 1;
	*at = t;
}

void cpl_loop_turn_remove(struct cpl_loop *loop, struct cpl_turn *t)
{
	struct cpl_turn **at = &loop->turns;

	while (*at && *at != t)
		at = &(*at)->next;
	if (*at)
		*at = t->next;
	t->added = 0;
}

/* --- the target's side -------------------------------------------------- */

/* One timer that is due and was not armed in this very turn. */
static inline int played_timer(struct cpl_loop *loop)
{
	struct cpl_timer *t = loop->timers;

	while (t && t->at <= played_now && t->turn == loop->turn)
		t = t->next;
	if (!t || t->at > played_now)
		return 0;
	cpl_loop_cancel(loop, t);
	t->fire(t->user);
	return 1;
}

static inline int played_is_watched(const struct cpl_loop *loop,
				    const struct cpl_watch *w)
{
	const struct cpl_watch *at = loop->watches;

	while (at && at != w)
		at = at->next;
	return at != NULL;
}

static inline int played_watches(struct cpl_loop *loop)
{
	struct cpl_watch *all[PLAYED_WATCHES];
	struct pollfd fds[PLAYED_WATCHES];
	nfds_t n = 0;
	int called = 0;

	for (struct cpl_watch *w = loop->watches; w; w = w->next) {
		MUST(n < PLAYED_WATCHES);
		all[n] = w;
		fds[n++] = (struct pollfd){.fd = w->fd, .events = w->events};
	}
	if (n == 0)
		return 0;
	/* libFuzzer has an alarm. */
	while (poll(fds, n, 0) < 0)
		MUST(errno == EINTR);
	for (nfds_t i = 0; i < n; i++) {
		if (!fds[i].revents || !played_is_watched(loop, all[i]))
			continue;
		all[i]->ready(all[i]->user, fds[i].revents);
		called = 1;
	}
	return called;
}

static inline void played_ends(struct cpl_loop *loop)
{
	struct cpl_turn *all[PLAYED_WATCHES];
	size_t n = 0;

	for (struct cpl_turn *t = loop->turns; t; t = t->next) {
		MUST(n < PLAYED_WATCHES);
		all[n++] = t;
	}
	for (size_t i = 0; i < n; i++) {
		struct cpl_turn *t = loop->turns;

		while (t && t != all[i])
			t = t->next;
		if (t)
			t->end(t->user);
	}
}

/* Turns, until nothing is to be done that takes no time. */
static inline void played_turns(struct cpl_loop *loop)
{
	int busy = 1;

	for (int i = 0; busy; i++) {
		MUST(i < PLAYED_TURNS);
		loop->turn++;
		busy = 0;
		while (played_timer(loop))
			busy = 1;
		busy |= played_watches(loop);
		played_ends(loop);
		busy |= loop->timers && loop->timers->at <= played_now;
	}
}

/* Time passes, up to the next timer. */
static inline void played_wait(struct cpl_loop *loop)
{
	if (loop->timers && loop->timers->at > played_now)
		played_now = loop->timers->at;
	played_turns(loop);
}

#endif
