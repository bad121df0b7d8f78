/* SPDX-License-Identifier: MIT
 *
 * The exit status when several things happened in one run (couplet(7), EXIT
 * STATUS): a signal, then 70, 71 or 74, then 64, 65, 66 or 78 if nothing went
 * through, then 2 if something did, then the first cause. */
#ifndef CPL_OUTCOME_H
#define CPL_OUTCOME_H

#include "../base/err.h"

/* Zero-filled: nothing has happened, status 0. */
struct cpl_outcome {
	int signal;            /* that ended the run; 0: none */
	enum cpl_status own;   /* the first of 70, 71, 74 */
	enum cpl_status input; /* the first of 64, 65, 66, 78 */
	enum cpl_status cause; /* the first of all others */
	int went_through;      /* something was sent and not refused */
};

/* Notes a failure; CPL_OK is none. */
void cpl_outcome_add(struct cpl_outcome *o, enum cpl_status status);

/* The status to exit with; 128 + n where a signal ended the run. */
int cpl_outcome_status(const struct cpl_outcome *o);

/* Ends the process as the outcome says: by the signal itself, with its default
 * action, where one ended the run, so that the caller's shell sees it. */
void cpl_outcome_exit(const struct cpl_outcome *o) __attribute__((noreturn));

#endif
