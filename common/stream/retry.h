/* SPDX-License-Identifier: MIT
 *
 * Whether and when to try again after a connection was lost or did not come
 * about: the same rule at the start of a run and later. A random wait ("full
 * jitter", so that a thousand clients of a server that comes back do not come
 * at once), longer each time, until the limit. Times are cpl_loop_now()'s. */
#ifndef CPL_RETRY_H
#define CPL_RETRY_H

#include <stdint.h>

#include "../base/err.h"

struct cpl_retry {
	long limit;     /* ms from the loss on; 0: never, -1: for ever */
	int64_t since;  /* the loss */
	int64_t online; /* when the last login succeeded; 0: it is over */
	int failures;   /* in a row */
	int lost;       /* since counts */
};

/* A login succeeded. */
void cpl_retry_online(struct cpl_retry *r, int64_t now);

/* The connection failed for that reason: ms to wait before the next attempt, or
 * -1: there is none, as the limit is reached or the reason is lasting: all but
 * CPL_TEMP, and CPL_REFUSED (the server closed the stream without an error). */
long cpl_retry_wait(struct cpl_retry *r, const struct cpl_err *why,
		    int64_t now);

/* How much of the limit is left for the next attempt, at most most. */
long cpl_retry_left(const struct cpl_retry *r, int64_t now, long most);

#endif
