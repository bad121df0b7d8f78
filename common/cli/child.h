/* SPDX-License-Identifier: MIT
 *
 * A command run beside the loop: bytes for its stdin, what it writes kept up
 * to a limit, its end, a time limit. It leads a process group of its own, which
 * is ended with it: what it left running there is killed, so that nothing that
 * holds its output open outlives it. Should we be killed it gets SIGTERM. It
 * owns descriptors and buffers until cpl_child_free(). */
#ifndef CPL_CHILD_H
#define CPL_CHILD_H

#include <stddef.h>

#include "../base/buf.h"
#include "../base/loop.h"

struct cpl_child;

struct cpl_child_conf {
	struct cpl_loop *loop;
	char *const *argv;      /* argv[0] is looked for in PATH */
	const char *const *env; /* "NAME=VALUE" added to ours, NULL ends */
	const char *input;      /* copied */
	size_t input_len;
	size_t output_max; /* of stdout; of stderr the first 4 KB are kept */
	int keeps_stdout;  /* it writes to ours: nothing of it is kept */
	/* What it writes to stderr, as it comes; then none of it is kept. May
	 * be NULL. */
	void (*said)(void *user, const char *p, size_t n);
	long timeout; /* ms; 0: none */
};

enum cpl_child_end {
	CPL_CHILD_EXITED,   /* code is the exit status */
	CPL_CHILD_SIGNALED, /* code is the signal */
	CPL_CHILD_TIMED_OUT,
	CPL_CHILD_TOO_MUCH, /* more than output_max */
	CPL_CHILD_NOT_RUN   /* code is errno: it could not be executed */
};

struct cpl_child_result {
	enum cpl_child_end end;
	int code;
	const char *out; /* what it wrote, valid during the event; a NUL
			    follows, as in err */
	size_t out_len;
	const char *err; /* the beginning of its stderr */
	size_t err_len;
};

/* Starts it; ended() comes once, from the loop: freeing is allowed from it. A
 * child that leaves its stdin unread is no failure, nor is one that closes its
 * stdout; its end is the end of the process. NULL with CPL_SYSTEM. */
struct cpl_child *cpl_child_new(const struct cpl_child_conf *conf,
				void (*ended)(void *user,
					      const struct cpl_child_result *r),
				void *user, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Asks it to end: SIGTERM to its group, SIGKILL a second later if it has not.
 * ended() follows as ever. The same happens at the time limit and above
 * output_max. */
void cpl_child_stop(struct cpl_child *c);

/* Ends it if it runs, as above but without an event, and waits for that: up to
 * a second for one that does not heed SIGTERM. */
void cpl_child_free(struct cpl_child *c);

#endif
