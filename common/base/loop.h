/* SPDX-License-Identifier: MIT
 *
 * The one event loop: poll(2) over descriptors, timers, signals, and work to
 * do at the end of each turn. It sleeps until something happens; there is no
 * tick. Time is CLOCK_BOOTTIME in milliseconds, so that a suspended machine
 * finds its timers due on waking.
 *
 * The loop owns none of what is registered: a watch, timer or turn is a struct
 * of the caller's, zeroed before its first use, that must stay where it is
 * until it is removed. Callbacks may add and remove anything, themselves and
 * each other included; what was removed is not called again, not even in the
 * turn in which it was removed. */
#ifndef CPL_LOOP_H
#define CPL_LOOP_H

#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"

struct cpl_loop;

struct cpl_watch {
	int fd;
	short events; /* POLLIN | POLLOUT; 0 still tells POLLERR and POLLHUP */
	void (*ready)(void *user, short revents);
	void *user;
	/* the loop's own */
	struct cpl_watch *next;
	int slot;
	int watched;
};

struct cpl_timer {
	int64_t at; /* cpl_loop_now() at which it fires */
	void (*fire)(void *user);
	void *user;
	/* the loop's own */
	struct cpl_timer *next;
	unsigned turn; /* in which it was armed */
	int armed;
};

/* Called at the end of each turn, before the loop sleeps, in the order in which
 * they were added: this is where output gathered in the turn leaves in one
 * write. */
struct cpl_turn {
	void (*end)(void *user);
	void *user;
	struct cpl_turn *next;
	int added;
};

/* A child of ours whose end is told. */
struct cpl_process {
	pid_t pid;
	void (*ended)(void *user);
	void *user;
	/* the loop's own */
	struct cpl_process *next;
	int followed;
};

/* A new loop (cpl_loop_free()), or NULL with e set. SIGPIPE is ignored from
 * here on: a write to a closed descriptor is an error like any other. */
struct cpl_loop *cpl_loop_new(struct cpl_err *e)
    __attribute__((warn_unused_result));
void cpl_loop_free(struct cpl_loop *loop);

/* Milliseconds of CLOCK_BOOTTIME, read anew at each call. */
int64_t cpl_loop_now(void);

/* Begins to watch w->fd for w->events; events may be changed at any time
 * while it is watched. Removing what is not watched does nothing. */
void cpl_loop_watch(struct cpl_loop *loop, struct cpl_watch *w);
void cpl_loop_unwatch(struct cpl_loop *loop, struct cpl_watch *w);

/* Fires t once, ms from now (0: in the next turn); an armed timer is moved. */
void cpl_loop_timer(struct cpl_loop *loop, struct cpl_timer *t, int64_t ms);
void cpl_loop_cancel(struct cpl_loop *loop, struct cpl_timer *t);

void cpl_loop_turn_add(struct cpl_loop *loop, struct cpl_turn *t);
void cpl_loop_turn_remove(struct cpl_loop *loop, struct cpl_turn *t);

/* From here on INT, TERM and HUP (those not ignored at the start, as nohup
 * does) call caught(user, signal) from within the loop. A second signal ends
 * the process at once by its default action. At most one loop of a process
 * has signals. */
int cpl_loop_signals(struct cpl_loop *loop,
		     void (*caught)(void *user, int signal), void *user,
		     struct cpl_err *e) __attribute__((warn_unused_result));

/* From here on that signal, as USR1, calls told(user) from within the loop and
 * ends nothing, however often it comes; it is ignored once the loop is freed.
 * One such signal for a loop, after cpl_loop_signals(). 0, or -1 with
 * CPL_SYSTEM. */
int cpl_loop_tell(struct cpl_loop *loop, int signal, void (*told)(void *user),
		  void *user, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Calls p->ended() once when the process has ended, be it already; waiting for
 * it is left to the caller, before which its number is not given to another.
 * SIGCHLD is caught from the first one on. At most one loop of a process has
 * children. 0, or -1 with CPL_SYSTEM. Unfollowing what is not followed does
 * nothing. */
int cpl_loop_follow(struct cpl_loop *loop, struct cpl_process *p,
		    struct cpl_err *e) __attribute__((warn_unused_result));
void cpl_loop_unfollow(struct cpl_loop *loop, struct cpl_process *p);

/* Runs until cpl_loop_stop(), 0, or until poll() itself fails, -1. */
int cpl_loop_run(struct cpl_loop *loop, struct cpl_err *e)
    __attribute__((warn_unused_result));
void cpl_loop_stop(struct cpl_loop *loop);

#endif
