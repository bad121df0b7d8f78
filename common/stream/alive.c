/* SPDX-License-Identifier: MIT */
#include "alive.h"

#include "../base/limits.h"

enum { NO, ASKS, ASKED };

/* What it makes leaves at the end of this turn, and TLS makes it longer: only
 * then is it clear how much is under way. */
static void ask(struct cpl_alive *a)
{
	a->asked = ASKS;
	a->silence(a->user);
	if (a->link)
		cpl_loop_timer(a->loop, &a->timer, 0);
}

static void await(struct cpl_alive *a)
{
	a->asked = ASKED;
	a->underway = cpl_link_underway(a->link);
	cpl_loop_timer(a->loop, &a->timer, a->wait_ms);
}

static void give_up(struct cpl_alive *a)
{
	struct cpl_err e = CPL_ERR_INIT;

	cpl_err_set(&e, CPL_TEMP,
		    "connection lost: no sign of life for %ld seconds",
		    (a->idle_ms + a->wait_ms) / 1000);
	a->dead(a->user, &e);
}

static void on_timer(void *user)
{
	struct cpl_alive *a = user;
	int64_t idle = cpl_loop_now() - a->heard;

	if (a->held || idle < a->idle_ms) {
		a->asked = NO;
		cpl_loop_timer(a->loop, &a->timer,
			       a->held ? a->idle_ms : a->idle_ms - idle);
	} else if (a->asked == ASKS) {
		await(a);
	} else if (a->asked && cpl_link_underway(a->link) == a->underway) {
		give_up(a);
	} else {
		ask(a);
	}
}

void cpl_alive_init(struct cpl_alive *a, struct cpl_loop *loop,
		    void (*silence)(void *user),
		    void (*dead)(void *user, const struct cpl_err *e),
		    void *user)
{
	a->loop = loop;
	a->silence = silence;
	a->dead = dead;
	a->user = user;
	a->idle_ms = CPL_ALIVE_IDLE_MS;
	a->wait_ms = CPL_ALIVE_WAIT_MS;
	a->timer.fire = on_timer;
	a->timer.user = a;
}

void cpl_alive_start(struct cpl_alive *a, const struct cpl_link *link)
{
	a->link = link;
	a->asked = NO;
	a->heard = cpl_loop_now();
	cpl_loop_timer(a->loop, &a->timer, a->idle_ms);
}

void cpl_alive_stop(struct cpl_alive *a)
{
	a->link = NULL;
	if (a->loop)
		cpl_loop_cancel(a->loop, &a->timer);
}

/* However late the timer is, as after a suspension: what answered is asked anew
 * before it is given up. */
void cpl_alive_heard(struct cpl_alive *a)
{
	a->heard = cpl_loop_now();
	a->asked = NO;
}

void cpl_alive_hold(struct cpl_alive *a, int on)
{
	if (a->held == on)
		return;
	a->held = on;
	a->heard = cpl_loop_now();
}
