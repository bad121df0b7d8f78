/* SPDX-License-Identifier: MIT
 *
 * What c-ares's own readers leave out of a DNS message (RFC 1035 4.1). Internal
 * to net/. Pure; the message may be anything. */
#ifndef CPL_DNS_H
#define CPL_DNS_H

#include <stddef.h>
#include <stdint.h>

struct cpl_dns_facts {
	int status;       /* RCODE */
	unsigned answers; /* records */
	/* The AD bit (RFC 4035 3.2.3): the resolver has authenticated it. */
	int authentic;
	/* Seconds for which it may be kept: the least of its records; of none
	 * as RFC 2308 5 has it, and 0 where that is not said. */
	uint32_t ttl;
};

/* 0, or -1 when it is cut or malformed; then out is not touched. */
int cpl_dns_facts(const unsigned char *message, size_t n,
		  struct cpl_dns_facts *out)
    __attribute__((warn_unused_result));

#endif
