/* SPDX-License-Identifier: MIT */
#include "../../common/stream/alive.h"

#include "unit.h"

/* The connection, of which only this is asked. */
static size_t underway;
static size_t step; /* so much less is under way each time it is asked */
static size_t size; /* of what asks for a sign, as it is in TLS */

size_t cpl_link_underway(const struct cpl_link *link)
{
	CHECK(link == (const struct cpl_link *)&underway);
	underway -= step;
	return underway;
}

static struct {
	struct cpl_loop *loop;
	struct cpl_alive alive;
	struct cpl_timer end;
	struct cpl_turn turn;
	size_t plain; /* of that, what has not left yet */
	int silences;
	int deaths;
	int answers; /* so many of the silences are answered */
	int enough;  /* the test is over with so many */
	struct cpl_err why;
} t;

static void on_silence(void *user)
{
	CHECK(user == &t);
	t.silences++;
	t.plain = size / 2;
	underway += t.plain;
	if (t.silences <= t.answers)
		cpl_alive_heard(&t.alive);
	if (t.silences == t.enough)
		cpl_loop_stop(t.loop);
}

/* As the link writes. */
static void on_turn(void *user)
{
	CHECK(user == &t);
	if (t.plain > 0)
		underway += size - t.plain;
	t.plain = 0;
}

static void on_dead(void *user, const struct cpl_err *e)
{
	CHECK(user == &t);
	t.deaths++;
	t.why = *e;
	cpl_alive_stop(&t.alive);
	cpl_loop_stop(t.loop);
}

static void on_end(void *user)
{
	(void)user;
	cpl_loop_stop(t.loop);
}

/* Until it is dead, or asked often enough, or ms are over (0: no limit). */
static void run(int answers, int enough, int held, long ms)
{
	struct cpl_err e = CPL_ERR_INIT;

	t.loop = cpl_loop_new(&e);
	UNIT_NEED(t.loop);
	t.silences = t.deaths = 0;
	t.answers = answers;
	t.enough = enough;
	t.end.fire = on_end;
	t.plain = 0;
	t.turn = (struct cpl_turn){.end = on_turn, .user = &t};
	cpl_loop_turn_add(t.loop, &t.turn);
	t.alive = (struct cpl_alive){0};
	cpl_alive_init(&t.alive, t.loop, on_silence, on_dead, &t);
	t.alive.idle_ms = 20;
	t.alive.wait_ms = 10;
	cpl_alive_start(&t.alive, (const struct cpl_link *)&underway);
	cpl_alive_hold(&t.alive, held);
	if (ms > 0)
		cpl_loop_timer(t.loop, &t.end, ms);
	CHECK_INT(cpl_loop_run(t.loop, &e), 0);
	cpl_loop_cancel(t.loop, &t.end);
	cpl_alive_stop(&t.alive);
	cpl_loop_turn_remove(t.loop, &t.turn);
	cpl_loop_free(t.loop);
}

static void silent(void)
{
	underway = 0;
	step = 0;
	run(0, 0, 0, 0);
	CHECK_INT(t.silences, 1);
	CHECK_INT(t.deaths, 1);
	CHECK_INT(t.why.status, CPL_TEMP);
	CHECK_STR(t.why.text, "connection lost: no sign of life for 0 seconds");
}

/* What asks is no sign of leaving, though TLS makes it longer on its way. */
static void silent_in_tls(void)
{
	underway = 0;
	size = 60;
	run(0, 2, 0, 0);
	CHECK_INT(t.silences, 1);
	CHECK_INT(t.deaths, 1);
	size = 0;
}

static void answering(void)
{
	run(4, 5, 0, 0);
	CHECK_INT(t.deaths, 0);
	run(3, 0, 0, 0);
	CHECK_INT(t.silences, 4);
	CHECK_INT(t.deaths, 1);
}

/* What was sent goes on leaving: it is slow, not dead. */
static void slow(void)
{
	underway = 1000000;
	step = 1;
	run(0, 5, 0, 0);
	CHECK_INT(t.silences, 5);
	CHECK_INT(t.deaths, 0);
	step = 0;
}

/* Who does not read hears nothing. */
static void held(void)
{
	run(0, 0, 1, 100);
	CHECK_INT(t.silences, 0);
	CHECK_INT(t.deaths, 0);
}

int main(void)
{
	RUN(silent);
	RUN(silent_in_tls);
	RUN(answering);
	RUN(slow);
	RUN(held);
	return unit_end();
}
