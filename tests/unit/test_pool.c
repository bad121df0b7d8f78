/* SPDX-License-Identifier: MIT
 *
 * The pool over a session that is played here: what it asks is kept, and the
 * test answers. The linker takes these functions in place of session.o. */
#include "../../common/stream/pool.h"

#include <stdlib.h>

#include "../../common/base/buf.h"
#include "../../common/base/limits.h"
#include "../../common/stanza/build.h"
#include "strophe_mem.h"
#include "unit.h"

enum { MOST = 2000 };

struct cpl_session {
	int broken; /* sending fails */
	int away;   /* it was lost, and is not back */
	int alive;
	int64_t since;
	size_t unsent, pending;
	size_t count;
	struct {
		void (*answered)(void *user, xmpp_stanza_t *answer);
		void *user; /* NULL: answered or forgotten */
		char name[16];
	} asked[MOST];
};

static struct strophe_mem mem;
static xmpp_ctx_t *ctx;
static struct cpl_session session;
static struct cpl_loop *loop;
static struct cpl_pool *pool;

int cpl_session_request(struct cpl_session *s, xmpp_stanza_t *iq,
			void (*answered)(void *user, xmpp_stanza_t *answer),
			void *user, struct cpl_err *e)
{
	if (s->broken)
		return cpl_err_set(e, CPL_TEMP, "not connected");
	if (!CHECK(s->count < MOST))
		return -1;
	s->asked[s->count].answered = answered;
	s->asked[s->count].user = user;
	snprintf(s->asked[s->count].name, sizeof s->asked->name, "%s",
		 xmpp_stanza_get_to(iq));
	s->count++;
	return 0;
}

void cpl_session_forget(struct cpl_session *s, const void *user)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->asked[i].user == user)
			s->asked[i].user = NULL;
}

size_t cpl_session_unsent(const struct cpl_session *s)
{
	return s->unsent;
}

size_t cpl_session_pending(const struct cpl_session *s)
{
	return s->pending;
}

int cpl_session_alive(const struct cpl_session *s)
{
	return s->alive;
}

int cpl_session_online(const struct cpl_session *s)
{
	return s->alive && !s->away;
}

int64_t cpl_session_since(const struct cpl_session *s)
{
	return s->since;
}

/* --- the test's side ---------------------------------------------------- */

/* What was told: "a+" an answer to item a, "a-" none. */
static struct cpl_buf told = CPL_BUF_INIT(65536);
static int rooms;
static struct cpl_err last_why;
static size_t count_within;            /* cpl_pool_count() in answered() */
static void (*then)(const char *item); /* called there as well */
static char items[MOST][16];
static size_t item_count;

static void on_answered(void *user, void *item, xmpp_stanza_t *answer,
			const struct cpl_err *why)
{
	CHECK(user == &told);
	CHECK((answer == NULL) == (why != NULL));
	if (answer)
		CHECK_STR(xmpp_stanza_get_type(answer), "result");
	CHECK_INT(cpl_buf_addf(&told, "%s%c ", (const char *)item,
			       answer ? '+' : '-'),
		  0);
	if (why)
		last_why = *why;
	count_within = cpl_pool_count(pool);
	if (then)
		then(item);
	/* Still there, whatever was asked meanwhile. */
	if (answer)
		CHECK_STR(xmpp_stanza_get_type(answer), "result");
}

static void on_room(void *user)
{
	CHECK(user == &told);
	rooms++;
}

static void begin(size_t parallel, int unordered, long each_timeout)
{
	struct cpl_pool_conf conf = {loop, &session, parallel, each_timeout,
				     unordered};
	struct cpl_pool_events events = {on_answered, on_room, &told};

	memset(&session, 0, sizeof session);
	session.alive = 1;
	memset(&last_why, 0, sizeof last_why);
	cpl_buf_truncate(&told, 0);
	rooms = 0;
	item_count = 0;
	then = NULL;
	pool = cpl_pool_new(&conf, &events);
	CHECK(pool != NULL);
}

static void end(void)
{
	cpl_pool_free(pool);
	pool = NULL;
	for (size_t i = 0; i < session.count; i++)
		CHECK(session.asked[i].user == NULL);
}

static xmpp_stanza_t *iq_for(const char *name)
{
	return cpl_build_stanza(ctx, "iq", "get", NULL, name);
}

static int try_ask(const char *name, struct cpl_err *e)
{
	xmpp_stanza_t *iq = iq_for(name);
	char *item = items[item_count++];
	int r;

	snprintf(item, sizeof *items, "%s", name);
	r = cpl_pool_ask(pool, iq, item, e);
	xmpp_stanza_release(iq);
	return r;
}

static void ask(const char *name)
{
	CHECK_INT(try_ask(name, NULL), 0);
}

/* Asks for "a", "b" and so on. */
static void ask_all(const char *names)
{
	char name[2] = {0};

	for (; *names; names++) {
		name[0] = *names;
		ask(name);
	}
}

static void *take(const char *name,
		  void (**answered)(void *user, xmpp_stanza_t *answer))
{
	for (size_t i = 0; i < session.count; i++) {
		void *user = session.asked[i].user;

		if (!user || strcmp(session.asked[i].name, name) != 0)
			continue;
		session.asked[i].user = NULL;
		*answered = session.asked[i].answered;
		return user;
	}
	return NULL;
}

/* The server answers, or (none) the session ends for this one. */
static void answer(const char *name, int none)
{
	void (*answered)(void *user, xmpp_stanza_t *answer) = NULL;
	void *user = take(name, &answered);
	xmpp_stanza_t *iq;

	if (!CHECK(user != NULL)) {
		printf("# nobody waits for %s\n", name);
		return;
	}
	iq = none ? NULL : cpl_build_stanza(ctx, "iq", "result", "x", NULL);
	answered(user, iq);
	if (iq)
		xmpp_stanza_release(iq);
}

static void answer_all(const char *names)
{
	char name[2] = {0};

	for (; *names; names++) {
		name[0] = *names;
		answer(name, 0);
	}
}

/* Everything told since the last time. */
static void has_told(const char *expected, int line)
{
	if (!unit_str(told.data ? told.data : "", expected, __FILE__, line))
		printf("# at line %d\n", line);
	cpl_buf_truncate(&told, 0);
}
#define TOLD(expected) has_told((expected), __LINE__)

/* --- order -------------------------------------------------------------- */

static void in_order(void)
{
	begin(10, 0, 0);
	ask_all("abcd");
	CHECK_INT(cpl_pool_count(pool), 4);
	answer_all("bd");
	TOLD("");
	CHECK_INT(cpl_pool_count(pool), 4);
	answer_all("a");
	TOLD("a+ b+ ");
	CHECK_INT(cpl_pool_count(pool), 2);
	answer_all("c");
	TOLD("c+ d+ ");
	CHECK_INT(cpl_pool_count(pool), 0);
	ask_all("e");
	answer_all("e");
	TOLD("e+ ");
	end();
}

static void as_they_come(void)
{
	begin(10, 1, 0);
	ask_all("abcd");
	answer_all("db");
	TOLD("d+ b+ ");
	CHECK_INT(cpl_pool_count(pool), 2);
	ask_all("e");
	answer_all("cea");
	TOLD("c+ e+ a+ ");
	CHECK_INT(cpl_pool_count(pool), 0);
	/* The end of the list moved with its last one. */
	ask_all("gh");
	answer_all("h");
	ask_all("i");
	answer_all("ig");
	TOLD("h+ i+ g+ ");
	end();
}

/* --- room --------------------------------------------------------------- */

static void full_in_order(void)
{
	begin(3, 0, 0);
	ask_all("ab");
	CHECK(!cpl_pool_full(pool));
	ask_all("c");
	CHECK(cpl_pool_full(pool));
	/* What waits for an earlier one counts as well. */
	answer_all("bc");
	CHECK(cpl_pool_full(pool));
	CHECK_INT(rooms, 0);
	answer_all("a");
	TOLD("a+ b+ c+ ");
	CHECK_INT(rooms, 1);
	CHECK(!cpl_pool_full(pool));
	/* Nobody asked whether it was full: nobody is told. */
	ask_all("def");
	answer_all("def");
	CHECK_INT(rooms, 1);
	end();
}

static void full_as_they_come(void)
{
	begin(1, 1, 0);
	ask_all("a");
	CHECK(cpl_pool_full(pool));
	answer_all("a");
	CHECK_INT(rooms, 1);
	CHECK(!cpl_pool_full(pool));
	end();
}

/* Large requests: as many bytes as are wanted are reached long before the
 * number is. */
static void full_of_bytes(void)
{
	begin(9, 0, 0);
	session.unsent = CPL_WINDOW_BYTES;
	/* Nothing is under way that could make room. */
	CHECK(!cpl_pool_full(pool));
	ask_all("ab");
	CHECK(cpl_pool_full(pool));
	answer_all("a");
	CHECK_INT(rooms, 0);
	/* Nor without a connection. */
	session.unsent = 0;
	session.pending = CPL_WINDOW_BYTES;
	CHECK(cpl_pool_full(pool));
	session.pending = CPL_WINDOW_BYTES - 1;
	session.unsent = CPL_WINDOW_BYTES - 1;
	CHECK(!cpl_pool_full(pool));
	answer_all("b");
	CHECK_INT(rooms, 1);
	end();
}

static void refill(const char *item)
{
	(void)item;
	CHECK(!cpl_pool_full(pool));
	then = NULL;
	ask("z");
	CHECK(cpl_pool_full(pool));
}

static void asked_from_within(void)
{
	begin(2, 0, 0);
	ask_all("ab");
	CHECK(cpl_pool_full(pool));
	then = refill;
	answer_all("a");
	/* The one at hand does not count. */
	CHECK_INT(count_within, 1);
	TOLD("a+ ");
	CHECK_INT(rooms, 0);
	answer_all("zb");
	TOLD("b+ z+ ");
	CHECK_INT(rooms, 1);
	end();
}

/* --- again -------------------------------------------------------------- */

static int again_left;

static void again(const char *item)
{
	xmpp_stanza_t *iq = iq_for(item);

	if (again_left-- > 0)
		CHECK_INT(cpl_pool_again(pool, iq, NULL), 0);
	xmpp_stanza_release(iq);
}

static void again_in_order(void)
{
	begin(3, 0, 0);
	ask_all("abc");
	CHECK(cpl_pool_full(pool));
	again_left = 2;
	then = again;
	answer_all("ba");
	/* Behind a are its further pages first. */
	TOLD("a+ ");
	CHECK_INT(cpl_pool_count(pool), 3);
	CHECK_INT(rooms, 0);
	answer_all("ca");
	TOLD("a+ ");
	answer_all("a");
	TOLD("a+ b+ c+ ");
	CHECK_INT(rooms, 1);
	CHECK_INT(cpl_pool_count(pool), 0);
	/* The end of the list is where it was. */
	again_left = 1;
	ask_all("d");
	answer_all("d");
	ask_all("e");
	answer_all("ed");
	TOLD("d+ d+ e+ ");
	end();
}

static void again_as_they_come(void)
{
	begin(3, 1, 0);
	ask_all("abc");
	again_left = 1;
	then = again;
	answer_all("ba");
	TOLD("b+ a+ ");
	CHECK_INT(cpl_pool_count(pool), 2);
	answer_all("cb");
	TOLD("c+ b+ ");
	CHECK_INT(cpl_pool_count(pool), 0);
	end();
}

static void again_fails(const char *item)
{
	xmpp_stanza_t *iq = iq_for(item);
	struct cpl_err e = CPL_ERR_INIT;

	session.broken = 1;
	CHECK_INT(cpl_pool_again(pool, iq, &e), -1);
	CHECK_INT(e.status, CPL_TEMP);
	xmpp_stanza_release(iq);
}

static void again_without_session(void)
{
	begin(3, 0, 0);
	ask_all("ab");
	then = again_fails;
	answer_all("ab");
	TOLD("a+ b+ ");
	CHECK_INT(cpl_pool_count(pool), 0);
	end();
}

/* --- hold --------------------------------------------------------------- */

static void hold_now(const char *item)
{
	(void)item;
	cpl_pool_hold(pool, 1);
}

static void held(int unordered)
{
	begin(3, unordered, 0);
	ask_all("abc");
	CHECK(cpl_pool_full(pool));
	cpl_pool_hold(pool, 1);
	answer_all("bac");
	TOLD("");
	CHECK(cpl_pool_full(pool));
	CHECK_INT(rooms, 0);
	then = hold_now;
	cpl_pool_hold(pool, 0);
	/* One, and held again. */
	TOLD("a+ ");
	CHECK_INT(rooms, 1);
	then = NULL;
	cpl_pool_hold(pool, 0);
	TOLD("b+ c+ ");
	cpl_pool_hold(pool, 0);
	CHECK_INT(cpl_pool_count(pool), 0);
	end();
}

static void held_in_order(void)
{
	held(0);
}

static void held_as_they_come(void)
{
	held(1);
}

static void release_within(const char *item)
{
	(void)item;
	cpl_pool_hold(pool, 0);
}

/* Handing back does not begin within handing back. */
static void released_from_within(void)
{
	begin(3, 0, 0);
	ask_all("abc");
	then = release_within;
	answer_all("cba");
	TOLD("a+ b+ c+ ");
	end();
}

/* --- no answer ---------------------------------------------------------- */

static void session_ends(void)
{
	begin(4, 0, 0);
	ask_all("abc");
	session.alive = 0;
	answer("c", 1);
	answer("b", 0);
	TOLD("");
	answer("a", 1);
	TOLD("a- b+ c- ");
	CHECK_INT(last_why.status, CPL_TEMP);
	CHECK_STR(last_why.text, "the session ended before the answer");
	end();
}

static void given_up(void)
{
	begin(4, 0, 0);
	ask_all("ab");
	answer("a", 1);
	TOLD("a- ");
	CHECK_INT(last_why.status, CPL_TEMP);
	CHECK_STR(last_why.text, "the connection was lost");
	answer_all("b");
	TOLD("b+ ");
	end();
}

static void expired(void)
{
	struct cpl_err why = CPL_ERR_INIT;

	begin(4, 0, 0);
	ask_all("abc");
	answer_all("b");
	cpl_err_set(&why, CPL_TEMP, "enough");
	cpl_pool_expire(pool, &why);
	TOLD("a- b+ c- ");
	CHECK_STR(last_why.text, "enough");
	CHECK_INT(cpl_pool_count(pool), 0);
	cpl_pool_expire(pool, &why);
	TOLD("");
	end();
}

static void not_taken(void)
{
	struct cpl_err e = CPL_ERR_INIT;

	begin(2, 0, 0);
	session.broken = 1;
	CHECK_INT(try_ask("a", &e), -1);
	CHECK_INT(e.status, CPL_TEMP);
	CHECK_STR(e.text, "not connected");
	CHECK_INT(cpl_pool_count(pool), 0);
	session.broken = 0;
	ask_all("b");
	answer_all("b");
	TOLD("b+ ");
	end();
}

/* Freed with requests under way, answers waiting, and a timer armed. */
static void freed_in_the_middle(void)
{
	begin(4, 0, 60 * 1000);
	ask_all("abc");
	answer_all("bc");
	end();
	TOLD("");
}

static void stop_now(const char *item)
{
	if (strcmp(item, "b") == 0)
		cpl_loop_stop(loop);
}

static void run(void)
{
	struct cpl_err e = CPL_ERR_INIT;

	CHECK_INT(cpl_loop_run(loop, &e), 0);
}

static void too_late(int unordered, long ms, const char *text)
{
	begin(4, unordered, ms);
	ask_all("abc");
	answer_all("c");
	cpl_buf_truncate(&told, 0);
	then = stop_now;
	run();
	TOLD(unordered ? "a- b- " : "a- b- c+ ");
	CHECK_INT(last_why.status, CPL_TEMP);
	CHECK_STR(last_why.text, text);
	CHECK_INT(cpl_pool_count(pool), 0);
	/* Their answers are nobody's now. */
	for (size_t i = 0; i < session.count; i++)
		CHECK(session.asked[i].user == NULL);
	end();
}

static void no_answer_in_time(void)
{
	too_late(0, 20, "no answer within 0.02 seconds");
	too_late(1, 20, "no answer within 0.02 seconds");
	too_late(0, 1000, "no answer within 1 second");
}

static struct cpl_timer tick;

static void on_tick(void *user)
{
	(void)user;
	answer("a", 0);
	ask_all("b");
}

/* Each has its own time: b's begins when it is asked. */
static void time_for_each(void)
{
	int64_t began = cpl_loop_now();

	begin(4, 0, 120);
	/* First, so that it is always before a's limit. */
	tick.fire = on_tick;
	cpl_loop_timer(loop, &tick, 60);
	ask_all("a");
	then = stop_now;
	run();
	TOLD("a+ b- ");
	CHECK(cpl_loop_now() - began >= 180);
	end();
}

static void come_back(void *user)
{
	(void)user;
	TOLD("");
	session.away = 0;
	session.since = cpl_loop_now();
}

/* While there is no connection no time runs, and with the next it begins anew.
 */
static void time_without_connection(void)
{
	int64_t began = cpl_loop_now();

	begin(4, 0, 50);
	ask_all("ab");
	session.away = 1;
	tick.fire = come_back;
	cpl_loop_timer(loop, &tick, 200);
	then = stop_now;
	run();
	TOLD("a- b- ");
	CHECK_STR(last_why.text, "no answer within 0.05 seconds");
	CHECK(cpl_loop_now() - began >= 250);
	end();
}

static void again_then_stop(const char *item)
{
	if (strcmp(item, "a") == 0 && again_left > 0)
		again(item);
	else if (strcmp(item, "a") == 0)
		cpl_loop_stop(loop);
}

/* What was asked again has a later deadline than what is behind it: b is over
 * before, and waits for its turn. */
static void deadline_behind_a_later_one(void)
{
	begin(4, 0, 60);
	ask_all("ab");
	again_left = 1;
	then = again_then_stop;
	answer_all("a");
	TOLD("a+ ");
	run();
	TOLD("a- b- ");
	end();
}

static void on_release(void *user)
{
	(void)user;
	cpl_pool_hold(pool, 0);
}

/* Time goes on for those under way; who was answered was in time. */
static void time_while_held(void)
{
	begin(4, 0, 30);
	ask_all("ab");
	cpl_pool_hold(pool, 1);
	answer_all("a");
	tick.fire = on_release;
	cpl_loop_timer(loop, &tick, 90);
	then = stop_now;
	run();
	TOLD("a+ b- ");
	end();
}

/* --- many --------------------------------------------------------------- */

static void thousand(void)
{
	char name[16];

	begin(1000, 0, 60 * 1000);
	for (int i = 0; i < 1000; i++) {
		CHECK(!cpl_pool_full(pool));
		snprintf(name, sizeof name, "%d", i);
		ask(name);
	}
	CHECK(cpl_pool_full(pool));
	for (int i = 999; i >= 0; i--) {
		CHECK_INT(rooms, 0);
		TOLD("");
		snprintf(name, sizeof name, "%d", i);
		answer(name, 0);
	}
	CHECK_INT(rooms, 1);
	CHECK_INT(cpl_pool_count(pool), 0);
	CHECK(strncmp(told.data, "0+ 1+ 2+ ", 9) == 0);
	CHECK_STR(told.data + told.len - 10, "998+ 999+ ");
	end();
}

int main(void)
{
	struct cpl_err e = CPL_ERR_INIT;

	ctx = strophe_mem_ctx(&mem);
	loop = cpl_loop_new(&e);
	if (!ctx || !loop)
		return 1;
	RUN(in_order);
	RUN(as_they_come);
	RUN(full_in_order);
	RUN(full_as_they_come);
	RUN(full_of_bytes);
	RUN(asked_from_within);
	RUN(again_in_order);
	RUN(again_as_they_come);
	RUN(again_without_session);
	RUN(held_in_order);
	RUN(held_as_they_come);
	RUN(released_from_within);
	RUN(session_ends);
	RUN(given_up);
	RUN(expired);
	RUN(not_taken);
	RUN(freed_in_the_middle);
	RUN(no_answer_in_time);
	RUN(time_for_each);
	RUN(time_without_connection);
	RUN(deadline_behind_a_later_one);
	RUN(time_while_held);
	RUN(thousand);
	cpl_buf_release(&told);
	cpl_loop_free(loop);
	return strophe_mem_end(&mem, ctx);
}
