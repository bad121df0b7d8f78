/* SPDX-License-Identifier: MIT */
#include "outcome.h"

#include <signal.h>
#include <stdlib.h>

static void keep_first(enum cpl_status *slot, enum cpl_status status)
{
	if (*slot == CPL_OK)
		*slot = status;
}

void cpl_outcome_add(struct cpl_outcome *o, enum cpl_status status)
{
	switch (status) {
	case CPL_OK: break;
	case CPL_INTERNAL:
	case CPL_SYSTEM:
	case CPL_IO: keep_first(&o->own, status); break;
	case CPL_USAGE:
	case CPL_DATA:
	case CPL_NOINPUT:
	case CPL_CONFIG: keep_first(&o->input, status); break;
	default: keep_first(&o->cause, status);
	}
}

int cpl_outcome_status(const struct cpl_outcome *o)
{
	if (o->signal)
		return CPL_SIGNAL + o->signal;
	if (o->own)
		return o->own;
	if (o->went_through && (o->input || o->cause))
		return CPL_PARTIAL;
	return o->input ? o->input : o->cause;
}

void cpl_outcome_exit(const struct cpl_outcome *o)
{
	sigset_t set;

	if (o->signal && o->signal != SIGPIPE) {
		signal(o->signal, SIG_DFL);
		sigemptyset(&set);
		sigaddset(&set, o->signal);
		sigprocmask(SIG_UNBLOCK, &set, NULL);
		raise(o->signal);
	}
	exit(cpl_outcome_status(o));
}
