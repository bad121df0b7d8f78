/* SPDX-License-Identifier: MIT
 *
 * The two counters of XEP-0198 (4, Acks), as arithmetic alone: what was sent
 * and acknowledged, what was received and handled. h on the wire is modulo
 * 2^32, here everything counts on. Also serves a server without 0198, where
 * the answer to a ping acknowledges what was sent before it. */
#ifndef CPL_ACK_H
#define CPL_ACK_H

#include <stdint.h>

#include "../base/err.h"

struct cpl_ack {
	uint64_t sent;     /* stanzas sent; the number of the last one */
	uint64_t acked;    /* the server has those up to this number */
	uint64_t asked;    /* the proof that is under way covers so many; 0:
			      none is */
	uint64_t received; /* stanzas that arrived; the number of the last */
	uint64_t before;   /* of those, what came before <enabled/>, from which
			      the server counts (XEP-0198 3) */
	uint64_t handled;  /* the tool is done with those up to this number */
	uint64_t told;     /* the server knows of so many */
};

/* The server's h: how many more are acknowledged by it. -1 with CPL_PROTOCOL:
 * it acknowledges more than was sent, or less than it did before. */
int cpl_ack_take(struct cpl_ack *a, uint32_t h, uint64_t *more,
		 struct cpl_err *e) __attribute__((warn_unused_result));

/* What was handled, as the h of the wire. */
uint32_t cpl_ack_h(const struct cpl_ack *a);

/* The same, to tell the server: it counts as told. */
uint32_t cpl_ack_tell(struct cpl_ack *a);

/* Whether an <a/> is due unasked (CPL_ACK_EVERY). */
int cpl_ack_due(const struct cpl_ack *a);

#endif
