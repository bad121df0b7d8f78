/* SPDX-License-Identifier: MIT */
#include "../../common/base/loop.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

/* Everything that happens leaves a letter here. */
static struct {
	struct cpl_loop *loop;
	char seen[256];
	size_t n;
} run;

static void note(char c)
{
	if (run.n < sizeof run.seen - 1)
		run.seen[run.n++] = c;
	run.seen[run.n] = '\0';
}

/* A timer that leaves its letter and does one thing more. */
struct clock {
	struct cpl_timer timer;
	char letter;
	void (*then)(struct clock *self);
	struct clock *other;
	int left;
};

static void rung(void *user)
{
	struct clock *c = user;

	note(c->letter);
	if (c->then)
		c->then(c);
}

static void set(struct clock *c, char letter, long ms)
{
	c->timer.fire = rung;
	c->timer.user = c;
	c->letter = letter;
	cpl_loop_timer(run.loop, &c->timer, ms);
}

static void stop(struct clock *c)
{
	(void)c;
	cpl_loop_stop(run.loop);
}

static void begin(void)
{
	struct cpl_err e = CPL_ERR_INIT;

	memset(&run, 0, sizeof run);
	run.loop = cpl_loop_new(&e);
	CHECK(run.loop != NULL);
}

/* Runs until the timer that is armed for then stops it. */
static void until(long ms)
{
	struct clock end = {.then = stop};
	struct cpl_err e = CPL_ERR_INIT;

	set(&end, '.', ms);
	CHECK_INT(cpl_loop_run(run.loop, &e), 0);
	CHECK_STR(e.text, "");
	cpl_loop_cancel(run.loop, &end.timer);
}

static void timers_in_order(void)
{
	struct clock a = {0}, b = {0}, c = {0}, d = {0};
	int64_t at;

	begin();
	/* Again, should we have been kept from arming them in one go. */
	do {
		at = cpl_loop_now();
		set(&c, 'c', 40);
		set(&a, 'a', 0);
		set(&d, 'd', 60);
		set(&b, 'b', 20);
	} while (cpl_loop_now() - at > 10);
	until(80);
	CHECK_STR(run.seen, "abcd.");
	CHECK(!a.timer.armed && !d.timer.armed);
	cpl_loop_free(run.loop);
}

static void equal_timers_as_armed(void)
{
	struct clock a[5] = {{{0}, 0, NULL, NULL, 0}};
	int64_t at;

	begin();
	/* all in one millisecond, or nearly so */
	for (int i = 0; i < 5; i++)
		set(&a[i], (char)('a' + i), 0);
	at = cpl_loop_now();
	until(2);
	CHECK_STR(run.seen, "abcde.");
	CHECK(cpl_loop_now() - at >= 2);
	cpl_loop_free(run.loop);
}

static void timer_moved_and_cancelled(void)
{
	struct clock a = {0}, b = {0}, c = {0};

	begin();
	set(&a, 'a', 1);
	set(&b, 'b', 2);
	set(&c, 'c', 3);
	set(&a, 'a', 5);
	cpl_loop_cancel(run.loop, &b.timer);
	cpl_loop_cancel(run.loop, &b.timer);
	until(8);
	CHECK_STR(run.seen, "ca.");
	cpl_loop_cancel(run.loop, &a.timer);
	cpl_loop_free(run.loop);
}

static void arm_again(struct clock *c)
{
	if (--c->left > 0)
		cpl_loop_timer(run.loop, &c->timer, 1);
	else
		cpl_loop_stop(run.loop);
}

static void timer_arms_itself(void)
{
	struct clock a = {.then = arm_again, .left = 3};
	struct cpl_err e = CPL_ERR_INIT;

	begin();
	set(&a, 'a', 0);
	CHECK_INT(cpl_loop_run(run.loop, &e), 0);
	CHECK_STR(run.seen, "aaa");
	cpl_loop_free(run.loop);
}

static void cancel_other(struct clock *c)
{
	cpl_loop_cancel(run.loop, &c->timer);
	cpl_loop_cancel(run.loop, &c->other->timer);
}

static void timer_cancels_another_that_is_due(void)
{
	struct clock b = {0}, a = {.then = cancel_other, .other = &b};
	int64_t late;

	begin();
	set(&a, 'a', 0);
	set(&b, 'b', 0);
	for (late = cpl_loop_now() + 2; cpl_loop_now() < late;)
		;
	until(3);
	CHECK_STR(run.seen, "a.");
	cpl_loop_free(run.loop);
}

/* A turn's end between two firings shows that they were in different turns. */
struct hook {
	struct cpl_turn turn;
	char letter;
	void (*then)(struct hook *self);
	struct hook *other;
};

static void turned(void *user)
{
	struct hook *h = user;

	note(h->letter);
	if (h->then)
		h->then(h);
}

static void add(struct hook *h, char letter)
{
	h->turn.end = turned;
	h->turn.user = h;
	h->letter = letter;
	cpl_loop_turn_add(run.loop, &h->turn);
}

static void arm_at_once(struct clock *c)
{
	if (--c->left > 0)
		cpl_loop_timer(run.loop, &c->timer, 0);
	else
		cpl_loop_stop(run.loop);
}

static void timer_of_no_time_waits_for_the_next_turn(void)
{
	struct clock a = {.then = arm_at_once, .left = 5};
	struct cpl_err e = CPL_ERR_INIT;
	struct hook h = {0};

	begin();
	add(&h, '|');
	set(&a, 'a', 0);
	CHECK_INT(cpl_loop_run(run.loop, &e), 0);
	if (!CHECK(!strstr(run.seen, "aa")))
		printf("# %s\n", run.seen);
	cpl_loop_free(run.loop);
}

static void nobody_calls_while_asleep(void)
{
	struct hook h = {0};

	begin();
	add(&h, '|');
	until(40);
	/* no tick: one turn to sleep in, at most two more around waking */
	CHECK(run.n <= 5);
	cpl_loop_free(run.loop);
}

static void turns_in_order(void)
{
	struct hook a = {0}, b = {0}, c = {0};
	struct cpl_err e = CPL_ERR_INIT;
	struct clock t = {.then = stop};

	begin();
	add(&a, 'a');
	add(&b, 'b');
	add(&c, 'c');
	add(&a, 'a'); /* twice is once */
	set(&t, '.', 0);
	CHECK_INT(cpl_loop_run(run.loop, &e), 0);
	CHECK(strncmp(run.seen, "abc", 3) == 0);
	/* the turn that was stopped has its end as well */
	CHECK_STR(strchr(run.seen, '.'), ".abc");
	cpl_loop_free(run.loop);
}

static void remove_both(struct hook *h)
{
	cpl_loop_turn_remove(run.loop, &h->turn);
	cpl_loop_turn_remove(run.loop, &h->other->turn);
}

static void add_other(struct hook *h)
{
	cpl_loop_turn_add(run.loop, &h->other->turn);
}

static void turns_removed_within(void)
{
	struct hook b = {0}, c = {0}, a = {.then = remove_both, .other = &b};
	struct cpl_err e = CPL_ERR_INIT;
	struct clock t = {.then = stop};

	begin();
	add(&a, 'a');
	add(&b, 'b');
	add(&c, 'c');
	set(&t, '.', 0);
	CHECK_INT(cpl_loop_run(run.loop, &e), 0);
	CHECK(strncmp(run.seen, "ac", 2) == 0);
	CHECK(strpbrk(run.seen + 1, "ab") == NULL);
	cpl_loop_turn_remove(run.loop, &a.turn);
	cpl_loop_free(run.loop);
}

static void turns_added_within(void)
{
	struct hook b = {0}, a = {.then = add_other, .other = &b};
	struct cpl_err e = CPL_ERR_INIT;
	struct clock t = {.then = stop};

	begin();
	add(&b, 'b');
	cpl_loop_turn_remove(run.loop, &b.turn);
	add(&a, 'a');
	set(&t, '.', 0);
	CHECK_INT(cpl_loop_run(run.loop, &e), 0);
	CHECK(strchr(run.seen, 'b') > strchr(run.seen, 'a'));
	cpl_loop_free(run.loop);
}

static void stop_in_turn(struct hook *h)
{
	(void)h;
	cpl_loop_stop(run.loop);
}

static void stopped_at_a_turns_end(void)
{
	struct hook a = {.then = stop_in_turn};
	struct cpl_err e = CPL_ERR_INIT;

	begin();
	add(&a, 'a');
	CHECK_INT(cpl_loop_run(run.loop, &e), 0);
	cpl_loop_free(run.loop);
}

/* --- descriptors -------------------------------------------------------- */

struct tap {
	struct cpl_watch watch;
	int fds[2];
	char letter;
	short revents;
	void (*then)(struct tap *self);
	struct tap *other;
};

static void flowed(void *user, short revents)
{
	struct tap *t = user;

	note(t->letter);
	t->revents = revents;
	if (t->then)
		t->then(t);
}

static void watch(struct tap *t, char letter)
{
	CHECK_INT(pipe(t->fds), 0);
	t->letter = letter;
	t->watch.fd = t->fds[0];
	t->watch.events = POLLIN;
	t->watch.ready = flowed;
	t->watch.user = t;
	cpl_loop_watch(run.loop, &t->watch);
}

static void fill(struct tap *t)
{
	CHECK_INT(write(t->fds[1], "x", 1), 1);
}

static void drain(struct tap *t)
{
	char c;

	CHECK_INT(read(t->fds[0], &c, 1), 1);
}

static void unwatch(struct tap *t)
{
	cpl_loop_unwatch(run.loop, &t->watch);
	cpl_loop_unwatch(run.loop, &t->watch);
	close(t->fds[0]);
	if (t->fds[1] >= 0)
		close(t->fds[1]);
}

static void watches(void)
{
	struct tap a = {.then = drain}, b = {.then = drain};

	begin();
	watch(&a, 'a');
	watch(&b, 'b');
	cpl_loop_watch(run.loop, &b.watch);
	fill(&b);
	until(2);
	CHECK_STR(run.seen, "b.");
	CHECK_INT(b.revents, POLLIN);
	/* events may change meanwhile */
	fill(&a);
	a.watch.events = 0;
	until(2);
	CHECK_STR(run.seen, "b..");
	a.watch.events = POLLIN;
	until(2);
	CHECK_STR(run.seen, "b..a.");
	unwatch(&a);
	unwatch(&b);
	cpl_loop_free(run.loop);
}

static void hung_up(struct tap *t)
{
	cpl_loop_unwatch(run.loop, &t->watch);
}

static void no_events_still_tell_the_end(void)
{
	struct tap a = {.then = hung_up};

	begin();
	watch(&a, 'a');
	a.watch.events = 0;
	close(a.fds[1]);
	a.fds[1] = -1;
	until(2);
	CHECK_STR(run.seen, "a.");
	CHECK(a.revents & POLLHUP);
	unwatch(&a);
	cpl_loop_free(run.loop);
}

/* Both are ready; whoever is called first removes the other. */
static void remove_other(struct tap *t)
{
	drain(t);
	cpl_loop_unwatch(run.loop, &t->other->watch);
}

static void removed_is_not_called(void)
{
	struct tap a = {.then = remove_other}, b = {.then = remove_other};

	begin();
	watch(&a, 'a');
	watch(&b, 'b');
	a.other = &b;
	b.other = &a;
	fill(&a);
	fill(&b);
	until(2);
	CHECK_INT(run.n, 2);
	CHECK(!a.watch.watched != !b.watch.watched);
	unwatch(&a);
	unwatch(&b);
	cpl_loop_free(run.loop);
}

/* Removed and added in one turn: what poll said of the old one is not the
 * new one's. */
static void swap_other(struct tap *t)
{
	struct tap *o = t->other;

	drain(t);
	t->then = drain;
	o->then = drain;
	cpl_loop_unwatch(run.loop, &o->watch);
	drain(o);
	cpl_loop_watch(run.loop, &o->watch);
}

static void added_anew_is_asked_anew(void)
{
	struct tap a = {.then = swap_other}, b = {.then = swap_other};

	begin();
	watch(&a, 'a');
	watch(&b, 'b');
	a.other = &b;
	b.other = &a;
	fill(&a);
	fill(&b);
	until(2);
	CHECK_INT(run.n, 2);
	CHECK(a.watch.watched && b.watch.watched);
	unwatch(&a);
	unwatch(&b);
	cpl_loop_free(run.loop);
}

static void stop_here(struct tap *t)
{
	drain(t);
	cpl_loop_stop(run.loop);
}

/* After the stop nothing else of the turn is called. */
static void stop_within_a_turn(void)
{
	struct tap a = {.then = stop_here}, b = {.then = stop_here};
	struct cpl_err e = CPL_ERR_INIT;
	struct clock t = {0};

	begin();
	watch(&a, 'a');
	watch(&b, 'b');
	fill(&a);
	fill(&b);
	set(&t, 't', 0);
	CHECK_INT(cpl_loop_run(run.loop, &e), 0);
	CHECK_INT(run.n, 1);
	cpl_loop_cancel(run.loop, &t.timer);
	unwatch(&a);
	unwatch(&b);
	cpl_loop_free(run.loop);
}

/* --- signals ------------------------------------------------------------ */

static void caught(void *user, int signal)
{
	CHECK(user == &run);
	note(signal == SIGINT    ? 'I'
	     : signal == SIGTERM ? 'T'
	     : signal == SIGHUP  ? 'H'
				 : '?');
}

static void caught_then_stop(void *user, int signal)
{
	caught(user, signal);
	cpl_loop_stop(run.loop);
}

static void signals(void)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	static const char *const seen[] = {"I.", "T.", "H."};
	struct cpl_err e = CPL_ERR_INIT;

	for (size_t i = 0; i < 3; i++) {
		begin();
		CHECK_INT(cpl_loop_signals(run.loop, caught, &run, &e), 0);
		raise(numbers[i]);
		CHECK_STR(run.seen, "");
		until(1);
		CHECK_STR(run.seen, seen[i]);
		cpl_loop_free(run.loop);
	}
}

/* What nohup ignores stays ignored, afterwards too. */
static void ignored_signal(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct sigaction now;

	signal(SIGHUP, SIG_IGN);
	begin();
	CHECK_INT(cpl_loop_signals(run.loop, caught, &run, &e), 0);
	raise(SIGHUP);
	until(1);
	CHECK_STR(run.seen, ".");
	cpl_loop_free(run.loop);
	sigaction(SIGHUP, NULL, &now);
	CHECK(now.sa_handler == SIG_IGN);
	signal(SIGHUP, SIG_DFL);
}

static void told(void *user)
{
	CHECK(user == &run);
	note('U');
}

/* It ends nothing, also when it comes again, and the others do as ever; once
 * the loop is freed it is ignored. */
static void signal_that_is_told(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct sigaction now;

	begin();
	CHECK_INT(cpl_loop_signals(run.loop, caught, &run, &e), 0);
	CHECK_INT(cpl_loop_tell(run.loop, SIGUSR1, told, &run, &e), 0);
	raise(SIGUSR1);
	raise(SIGUSR1);
	raise(SIGTERM);
	CHECK_STR(run.seen, "");
	until(1);
	CHECK_STR(run.seen, "UUT.");
	cpl_loop_free(run.loop);
	sigaction(SIGUSR1, NULL, &now);
	CHECK(now.sa_handler == SIG_IGN);
	signal(SIGUSR1, SIG_DFL);
}

static void raise_now(struct clock *c)
{
	raise(SIGTERM);
	if (--c->left > 0)
		cpl_loop_timer(run.loop, &c->timer, 0);
}

/* What ends a process: the signal, or its exit status negated. */
static int fate(int raised)
{
	struct clock t = {.then = raise_now, .left = raised};
	struct cpl_err e = CPL_ERR_INIT;
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		begin();
		if (cpl_loop_signals(run.loop,
				     raised > 1 ? caught : caught_then_stop,
				     &run, &e) < 0)
			_exit(99);
		set(&t, 't', 0);
		until(60000);
		_exit(strcmp(run.seen, "tT") ? 98 : 0);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

static void second_signal_ends_at_once(void)
{
	CHECK_INT(fate(1), 0);
	CHECK_INT(fate(2), SIGTERM);
}

/* A child that ends with its letter as status once its pipe is closed. */
struct worker {
	struct cpl_process process;
	int hold;
};

static void worked(void *user)
{
	struct worker *w = user;
	int status = 0;

	/* It is still ours to wait for. */
	CHECK_INT(waitpid(w->process.pid, &status, WNOHANG), w->process.pid);
	note((char)WEXITSTATUS(status));
	cpl_loop_stop(run.loop);
}

static void hire(struct worker *w, char letter)
{
	struct cpl_err e = CPL_ERR_INIT;
	int fds[2];
	char byte;

	CHECK_INT(pipe(fds), 0);
	fcntl(fds[1], F_SETFD, FD_CLOEXEC);
	w->process.ended = worked;
	w->process.user = w;
	w->process.pid = fork();
	if (w->process.pid == 0) {
		close(fds[1]);
		_exit(read(fds[0], &byte, 1) == 0 ? letter : '!');
	}
	close(fds[0]);
	w->hold = fds[1];
	CHECK_INT(cpl_loop_follow(run.loop, &w->process, &e), 0);
}

static void processes(void)
{
	struct worker a = {{0}, 0}, b = {{0}, 0}, c = {{0}, 0};
	struct cpl_err e = CPL_ERR_INIT;
	siginfo_t info;

	begin();
	hire(&a, 'a');
	until(1);
	CHECK_STR(run.seen, ".");
	close(a.hold);
	until(10000);
	CHECK_STR(run.seen, ".a");
	/* One that is not followed any more, one that ended before it was. */
	hire(&b, 'b');
	cpl_loop_unfollow(run.loop, &b.process);
	cpl_loop_unfollow(run.loop, &b.process);
	close(b.hold);
	CHECK_INT(waitid(P_PID, (id_t)b.process.pid, &info, WEXITED | WNOWAIT),
		  0);
	until(1);
	CHECK_STR(run.seen, ".a.");
	CHECK_INT(cpl_loop_follow(run.loop, &b.process, &e), 0);
	until(10000);
	CHECK_STR(run.seen, ".a.b");
	/* Two at once: the second waits for the loop to run again. */
	hire(&c, 'c');
	hire(&a, 'd');
	close(c.hold);
	close(a.hold);
	CHECK_INT(waitid(P_PID, (id_t)a.process.pid, &info, WEXITED | WNOWAIT),
		  0);
	CHECK_INT(waitid(P_PID, (id_t)c.process.pid, &info, WEXITED | WNOWAIT),
		  0);
	until(10000);
	until(10000);
	CHECK_STR(run.seen, ".a.bdc");
	cpl_loop_free(run.loop);
}

static void closed_pipe_is_an_error(void)
{
	int fds[2];

	begin();
	CHECK_INT(pipe(fds), 0);
	close(fds[0]);
	CHECK_INT(write(fds[1], "x", 1), -1);
	close(fds[1]);
	cpl_loop_free(run.loop);
	cpl_loop_free(NULL);
}

/* What /proc says of the timer of our own clock: its seconds until it goes off;
 * -1: there is none that is set. */
static long alarm_in(void)
{
	long found = -1;

	for (int fd = 3; fd < 64; fd++) {
		char path[64], line[128];
		long clock = -1, left = 0;
		FILE *file;

		snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
		file = fopen(path, "r");
		while (file && fgets(line, sizeof line, file)) {
			(void)sscanf(line, "clockid: %ld", &clock);
			(void)sscanf(line, "it_value: (%ld,", &left);
		}
		if (file)
			fclose(file);
		if (clock == CLOCK_BOOTTIME && left > 0)
			found = left;
	}
	return found;
}

static void look(void *user, short revents)
{
	struct cpl_loop **loop = user;
	(void)revents;
	CHECK(alarm_in() >= 3500 && alarm_in() <= 3600);
	cpl_loop_stop(*loop);
}

/* poll()'s own clock would stand still. */
static void suspended_machine(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_loop *loop = cpl_loop_new(&e);
	struct cpl_timer far = {0};
	struct cpl_watch w = {.events = POLLIN, .ready = look, .user = &loop};
	int fds[2];

	UNIT_NEED(loop && pipe(fds) == 0 && write(fds[1], "x", 1) == 1);
	w.fd = fds[0];
	cpl_loop_watch(loop, &w);
	cpl_loop_timer(loop, &far, 3600 * 1000);
	CHECK_INT(cpl_loop_run(loop, &e), 0);
	cpl_loop_cancel(loop, &far);
	cpl_loop_unwatch(loop, &w);
	cpl_loop_free(loop);
	CHECK_INT(alarm_in(), -1);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	RUN(timers_in_order);
	RUN(equal_timers_as_armed);
	RUN(timer_moved_and_cancelled);
	RUN(timer_arms_itself);
	RUN(timer_cancels_another_that_is_due);
	RUN(timer_of_no_time_waits_for_the_next_turn);
	RUN(suspended_machine);
	RUN(nobody_calls_while_asleep);
	RUN(turns_in_order);
	RUN(turns_removed_within);
	RUN(turns_added_within);
	RUN(stopped_at_a_turns_end);
	RUN(watches);
	RUN(no_events_still_tell_the_end);
	RUN(removed_is_not_called);
	RUN(added_anew_is_asked_anew);
	RUN(stop_within_a_turn);
	RUN(signals);
	RUN(ignored_signal);
	RUN(signal_that_is_told);
	RUN(second_signal_ends_at_once);
	RUN(processes);
	RUN(closed_pipe_is_an_error);
	return unit_end();
}
