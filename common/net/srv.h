/* SPDX-License-Identifier: MIT
 *
 * The order in which the targets of SRV records are tried: priority first,
 * within one priority by weighted chance (RFC 2782), the records of
 * _xmpps-client and _xmpp-client merged into one list (XEP-0368 3). Pure: the
 * chance is handed in. */
#ifndef CPL_SRV_H
#define CPL_SRV_H

#include <stddef.h>
#include <stdint.h>

struct cpl_srv {
	char host[256]; /* A-labels, no final dot */
	uint16_t port;
	uint16_t priority;
	uint16_t weight;
	int direct_tls; /* from _xmpps-client */
	uint32_t ttl;   /* seconds */
};

/* Orders n records in place. chance(user, sum) returns a number from 0 to
 * sum, both possible (RFC 2782, Usage rules). */
void cpl_srv_order(struct cpl_srv *records, size_t n,
		   uint32_t (*chance)(void *user, uint32_t sum), void *user);

#endif
