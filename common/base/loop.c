/* SPDX-License-Identifier: MIT */
#include "loop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The most descriptors that one loop watches at once: the socket attempts of
 * Happy Eyeballs, resolver sockets, stdin, stdout, signals, and three for each
 * of a hundred children. */
#define WATCHES_MAX 512

/* poll(2) sleeps by a clock that stands still while the machine is suspended.
 * Who sleeps longer than so many ms is woken by one that does not. */
#define DOZE_MS 1000

struct cpl_loop {
	struct cpl_watch *watches;
	struct cpl_timer *timers; /* soonest first */
	struct cpl_turn *turns;
	struct cpl_turn *turn_next; /* where run_turns() stands */
	struct cpl_process *processes;
	struct cpl_watch signal_watch;
	void (*caught)(void *user, int signal);
	void *caught_user;
	int told_signal; /* cpl_loop_tell(); 0: none */
	void (*told)(void *user);
	void *told_user;
	int alarm;        /* timerfd; -1: none was needed yet */
	int64_t alarm_at; /* when it goes off; 0: it does not */
	int signals;      /* the pipe for them is there */
	int children;     /* SIGCHLD is caught */
	int handled[3];   /* which of caught_signals were not ignored */
	unsigned turn;
	int stop;
};

/* The write end of the signal pipe, for the handler: with the one exception
 * that signals force, no module has state of its own. */
static volatile sig_atomic_t signal_fd = -1;
static volatile sig_atomic_t signal_seen;

static const int caught_signals[] = {SIGINT, SIGTERM, SIGHUP};

struct cpl_loop *cpl_loop_new(struct cpl_err *e)
{
	struct cpl_loop *loop = calloc(1, sizeof *loop);

	signal(SIGPIPE, SIG_IGN);
	if (!loop) {
		cpl_err_nomem(e);
		return NULL;
	}
	loop->alarm = -1;
	return loop;
}

void cpl_loop_free(struct cpl_loop *loop)
{
	if (!loop)
		return;
	if (loop->signals) {
		int out = (int)signal_fd;

		signal_fd = -1;
		for (size_t i = 0; i < 3; i++)
			if (loop->handled[i])
				signal(caught_signals[i], SIG_DFL);
		if (loop->children)
			signal(SIGCHLD, SIG_DFL);
		if (loop->told_signal)
			signal(loop->told_signal, SIG_IGN);
		close(loop->signal_watch.fd);
		close(out);
	}
	if (loop->alarm >= 0)
		close(loop->alarm);
	free(loop);
}

int64_t cpl_loop_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void cpl_loop_watch(struct cpl_loop *loop, struct cpl_watch *w)
{
	if (w->watched)
		return;
	w->watched = 1;
	w->slot = -1;
	w->next = loop->watches;
	loop->watches = w;
}

void cpl_loop_unwatch(struct cpl_loop *loop, struct cpl_watch *w)
{
	struct cpl_watch **p = &loop->watches;

	if (!w->watched)
		return;
	while (*p != w)
		p = &(*p)->next;
	*p = w->next;
	w->watched = 0;
}

void cpl_loop_cancel(struct cpl_loop *loop, struct cpl_timer *t)
{
	struct cpl_timer **p = &loop->timers;

	if (!t->armed)
		return;
	while (*p != t)
		p = &(*p)->next;
	*p = t->next;
	t->armed = 0;
}

void cpl_loop_timer(struct cpl_loop *loop, struct cpl_timer *t, int64_t ms)
{
	struct cpl_timer **p = &loop->timers;

	cpl_loop_cancel(loop, t);
	t->at = cpl_loop_now() + ms;
	t->turn = loop->turn;
	while (*p && (*p)->at <= t->at)
		p = &(*p)->next;
	t->next = *p;
	t->armed = 1;
	*p = t;
}

void cpl_loop_turn_add(struct cpl_loop *loop, struct cpl_turn *t)
{
	struct cpl_turn **p = &loop->turns;

	if (t->added)
		return;
	while (*p)
		p = &(*p)->next;
	t->added = 1;
	t->next = NULL;
	*p = t;
}

void cpl_loop_turn_remove(struct cpl_loop *loop, struct cpl_turn *t)
{
	struct cpl_turn **p = &loop->turns;

	if (!t->added)
		return;
	while (*p != t)
		p = &(*p)->next;
	*p = t->next;
	t->added = 0;
	if (loop->turn_next == t)
		loop->turn_next = t->next;
}

static void tell(int number)
{
	unsigned char byte = (unsigned char)number;
	int fd = (int)signal_fd;

	if (fd >= 0 && write(fd, &byte, 1) < 0) {
		/* The pipe holds what is unread: nothing is lost. */
	}
}

static void on_signal(int number)
{
	int saved = errno;

	/* The second one: the user means it. */
	if (signal_seen) {
		signal(number, SIG_DFL);
		raise(number);
	}
	signal_seen = 1;
	tell(number);
	errno = saved;
}

/* Of a child, and of what ends nothing. */
static void on_other(int number)
{
	int saved = errno;

	tell(number);
	errno = saved;
}

/* The first process that has ended and that nobody has waited for. */
static struct cpl_process *ended_process(const struct cpl_loop *loop)
{
	for (struct cpl_process *p = loop->processes; p; p = p->next) {
		siginfo_t info = {0};

		if (waitid(P_PID, (id_t)p->pid, &info,
			   WEXITED | WNOHANG | WNOWAIT) < 0 ||
		    info.si_pid == p->pid)
			return p;
	}
	return NULL;
}

static void run_processes(struct cpl_loop *loop)
{
	struct cpl_process *p;

	while (!loop->stop && (p = ended_process(loop))) {
		cpl_loop_unfollow(loop, p);
		p->ended(p->user);
	}
	if (loop->stop)
		tell(SIGCHLD); /* for the rest, should it run again */
}

static void read_signal(void *user, short revents)
{
	struct cpl_loop *loop = user;
	unsigned char byte;
	int child = 0;

	(void)revents;
	while (read(loop->signal_watch.fd, &byte, 1) == 1)
		if (byte == SIGCHLD)
			child = 1;
		else if (byte == loop->told_signal)
			loop->told(loop->told_user);
		else
			loop->caught(loop->caught_user, byte);
	if (child)
		run_processes(loop);
}

/* The pipe through which a handler speaks to the loop. */
static int open_signals(struct cpl_loop *loop, struct cpl_err *e)
{
	int fds[2];

	if (loop->signals)
		return 0;
	if (pipe(fds) < 0)
		return cpl_err_errno(e, CPL_SYSTEM, "signal pipe");
	for (size_t i = 0; i < 2; i++) {
		fcntl(fds[i], F_SETFL, O_NONBLOCK);
		fcntl(fds[i], F_SETFD, FD_CLOEXEC);
	}
	loop->signals = 1;
	loop->signal_watch.fd = fds[0];
	loop->signal_watch.events = POLLIN;
	loop->signal_watch.ready = read_signal;
	loop->signal_watch.user = loop;
	cpl_loop_watch(loop, &loop->signal_watch);
	signal_fd = fds[1];
	return 0;
}

int cpl_loop_signals(struct cpl_loop *loop,
		     void (*caught)(void *user, int signal), void *user,
		     struct cpl_err *e)
{
	struct sigaction action = {.sa_handler = on_signal};
	struct sigaction old;

	if (open_signals(loop, e) < 0)
		return -1;
	loop->caught = caught;
	loop->caught_user = user;
	signal_seen = 0;
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < 3; i++) {
		sigaction(caught_signals[i], NULL, &old);
		loop->handled[i] = old.sa_handler != SIG_IGN;
		if (loop->handled[i])
			sigaction(caught_signals[i], &action, NULL);
	}
	return 0;
}

int cpl_loop_tell(struct cpl_loop *loop, int signal, void (*told)(void *user),
		  void *user, struct cpl_err *e)
{
	struct sigaction action = {.sa_handler = on_other,
				   .sa_flags = SA_RESTART};

	if (open_signals(loop, e) < 0)
		return -1;
	loop->told_signal = signal;
	loop->told = told;
	loop->told_user = user;
	sigemptyset(&action.sa_mask);
	sigaction(signal, &action, NULL);
	return 0;
}

int cpl_loop_follow(struct cpl_loop *loop, struct cpl_process *p,
		    struct cpl_err *e)
{
	struct sigaction action = {.sa_handler = on_other,
				   .sa_flags = SA_RESTART | SA_NOCLDSTOP};

	if (p->followed)
		return 0;
	if (open_signals(loop, e) < 0)
		return -1;
	if (!loop->children) {
		sigemptyset(&action.sa_mask);
		sigaction(SIGCHLD, &action, NULL);
		loop->children = 1;
	}
	p->followed = 1;
	p->next = loop->processes;
	loop->processes = p;
	tell(SIGCHLD); /* it may have ended before */
	return 0;
}

void cpl_loop_unfollow(struct cpl_loop *loop, struct cpl_process *p)
{
	struct cpl_process **at = &loop->processes;

	if (!p->followed)
		return;
	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	p->followed = 0;
}

/* The first timer that is due and was not armed in this turn. */
static struct cpl_timer *due(const struct cpl_loop *loop, int64_t now)
{
	for (struct cpl_timer *t = loop->timers; t && t->at <= now; t = t->next)
		if (t->turn != loop->turn)
			return t;
	return NULL;
}

/* Fires what is due; a callback may arm and cancel any timer, so the list is
 * looked at anew each time. Timers armed meanwhile wait for the next turn. */
static void run_timers(struct cpl_loop *loop)
{
	int64_t now = cpl_loop_now();
	struct cpl_timer *t;

	while (!loop->stop && (t = due(loop, now))) {
		cpl_loop_cancel(loop, t);
		t->fire(t->user);
	}
}

static void run_turns(struct cpl_loop *loop)
{
	for (struct cpl_turn *t = loop->turns; t; t = loop->turn_next) {
		loop->turn_next = t->next;
		t->end(t->user);
	}
	loop->turn_next = NULL;
}

static int poll_timeout(const struct cpl_loop *loop)
{
	int64_t ms;

	if (!loop->timers)
		return -1;
	ms = loop->timers->at - cpl_loop_now();
	return ms < 0 ? 0 : ms > 60 * 60 * 1000 ? 60 * 60 * 1000 : (int)ms;
}

/* Sets it for the next timer, unless poll() will not sleep for long. A signal
 * of an earlier one that nobody read only ends a sleep too soon. */
static void set_alarm(struct cpl_loop *loop, int timeout)
{
	int64_t at = timeout > DOZE_MS ? loop->timers->at : 0;
	struct itimerspec when = {
	    .it_value = {.tv_sec = at / 1000, .tv_nsec = at % 1000 * 1000000}};

	if (at == loop->alarm_at)
		return;
	if (loop->alarm < 0)
		loop->alarm =
		    timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (loop->alarm < 0)
		return;
	(void)timerfd_settime(loop->alarm, TFD_TIMER_ABSTIME, &when, NULL);
	loop->alarm_at = at;
}

static size_t fill(const struct cpl_loop *loop, struct pollfd *fds)
{
	size_t n = 0;

	for (struct cpl_watch *w = loop->watches; w && n < WATCHES_MAX;
	     w = w->next) {
		fds[n].fd = w->fd;
		fds[n].events = w->events;
		fds[n].revents = 0;
		w->slot = (int)n++;
	}
	return n;
}

/* A watch whose slot is i and that is still there; one that was added in this
 * turn has none, and one that was removed is not in the list. */
static struct cpl_watch *at_slot(const struct cpl_loop *loop, int i)
{
	for (struct cpl_watch *w = loop->watches; w; w = w->next)
		if (w->slot == i)
			return w;
	return NULL;
}

static int turn(struct cpl_loop *loop, struct cpl_err *e)
{
	struct pollfd fds[WATCHES_MAX + 1];
	int timeout;
	size_t n;

	run_turns(loop);
	loop->turn++;
	if (loop->stop)
		return 0;
	n = fill(loop, fds);
	timeout = poll_timeout(loop);
	set_alarm(loop, timeout);
	/* poll() leaves out what is below 0. */
	fds[n] = (struct pollfd){.fd = loop->alarm_at ? loop->alarm : -1,
				 .events = POLLIN};
	if (poll(fds, n + 1, timeout) < 0) {
		if (errno == EINTR)
			return 0;
		return cpl_err_errno(e, CPL_SYSTEM, "poll");
	}
	for (size_t i = 0; i < n && !loop->stop; i++) {
		struct cpl_watch *w;

		if (fds[i].revents == 0)
			continue;
		w = at_slot(loop, (int)i);
		if (w)
			w->ready(w->user, fds[i].revents);
	}
	run_timers(loop);
	return 0;
}

int cpl_loop_run(struct cpl_loop *loop, struct cpl_err *e)
{
	loop->stop = 0;
	while (!loop->stop)
		if (turn(loop, e) < 0)
			return -1;
	run_turns(loop);
	return 0;
}

void cpl_loop_stop(struct cpl_loop *loop)
{
	loop->stop = 1;
}
