/* SPDX-License-Identifier: MIT
 *
 * The addresses of a dial in the order in which they are tried: all targets by
 * priority, within one the two families in turn, IPv6 first (RFC 8305 4). A
 * target's host is looked up when its turn comes near. Internal to net/.
 *
 * A struct cpl_targets is part of its owner's, zeroed before its first use,
 * and owns the list; the resolver is borrowed and has to be freed first. */
#ifndef CPL_TARGETS_H
#define CPL_TARGETS_H

#include "../base/err.h"
#include "dial.h"
#include "resolve.h"

struct cpl_candidates {
	struct cpl_srv srv;
	int asked;
	int64_t asked_at;
	int last_family; /* of the address handed out last; 0: none yet */
	struct cpl_addr_question v6, v4;
	uint16_t used6, used4; /* bit masks */
	int reported;          /* that it has no address */
};

struct cpl_targets {
	struct cpl_resolver *resolver;
	size_t n;
	struct cpl_candidates *list;
};

/* One address handed out. */
struct cpl_candidate {
	size_t target;
	int family;
	size_t i;
};

enum cpl_next {
	CPL_NEXT_ADDRESS = 1, /* *c is filled and counts as used */
	CPL_NEXT_WAIT = 0,    /* for an answer, or until *wake */
	CPL_NEXT_END = -1     /* nothing is left */
};

/* Takes over n records, in order. 0, or -1 without memory. */
int cpl_targets_set(struct cpl_targets *t, struct cpl_resolver *resolver,
		    const struct cpl_srv *records, size_t n)
    __attribute__((warn_unused_result));
void cpl_targets_release(struct cpl_targets *t);

/* The next address. *wake is lowered to the time at which waiting is over. A
 * target whose host turns out to have no address fills e (its status is
 * otherwise CPL_OK), whatever is returned. */
enum cpl_next cpl_targets_next(struct cpl_targets *t, struct cpl_candidate *c,
			       int64_t *wake, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Puts an address back: its attempt was given up, not lost. */
void cpl_targets_unuse(struct cpl_targets *t, const struct cpl_candidate *c);

/* The address with its port, and everything about it for the caller. */
void cpl_targets_describe(const struct cpl_targets *t,
			  const struct cpl_candidate *c, struct cpl_addr *addr,
			  struct cpl_target *out);

#endif
