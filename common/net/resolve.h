/* SPDX-License-Identifier: MIT
 *
 * DNS questions on the loop, by c-ares (1.18 and later). Internal to net/.
 *
 * A question is a struct of the caller's, zeroed before its first use, that
 * must stay where it is until it is answered or the resolver is freed. An
 * answer may be there as soon as the question was asked. Otherwise the
 * resolver calls changed() from the loop, never from within a call of c-ares,
 * so that the callee may free the resolver.
 *
 * Literals, localhost, .invalid and .onion need no name server, and /etc/hosts
 * is read before one is asked; the rest is as /etc/resolv.conf says. The number
 * of records taken from one answer is bounded. */
#ifndef CPL_RESOLVE_H
#define CPL_RESOLVE_H

#include <stddef.h>
#include <stdint.h>

#include "../base/limits.h"
#include "../base/log.h"
#include "../base/loop.h"
#include "addr.h"
#include "srv.h"

/* Addresses of one family taken from an answer (a bit mask counts them). */
#define CPL_RESOLVE_ADDRESSES_MAX 16

enum cpl_answer {
	CPL_ANSWER_NONE = 0, /* not asked yet */
	CPL_ANSWER_PENDING,
	CPL_ANSWER_FOUND,
	CPL_ANSWER_NODATA,   /* the name exists, such a record does not */
	CPL_ANSWER_NXDOMAIN, /* or it cannot be a name at all */
	CPL_ANSWER_FAILED    /* nobody knows: no answer, or SERVFAIL */
};

struct cpl_srv_question {
	enum cpl_answer answer;
	const char *why; /* CPL_ANSWER_FAILED: a constant text */
	int absent;      /* target ".": decidedly not offered (RFC 2782) */
	int direct_tls;
	int authentic; /* see above */
	uint32_t ttl;  /* seconds; also of an answer that there is none */
	size_t n;      /* the order is the server's */
	struct cpl_srv records[CPL_DIAL_TARGETS_MAX];
	struct cpl_resolver *resolver;
};

struct cpl_addr_question {
	enum cpl_answer answer;
	const char *why;
	int family;
	int64_t at; /* when it was answered */
	int by_dns; /* not by ourselves, or by /etc/hosts */
	/* As above; without DNS both are 0. A name that the search list
	 * completed is never authentic. */
	int authentic;
	uint32_t ttl;
	size_t n;
	struct cpl_addr addrs[CPL_RESOLVE_ADDRESSES_MAX];
	struct cpl_resolver *resolver;
};

struct cpl_resolver;

/* servers: "127.0.0.1:5353,..." instead of resolv.conf's, for tests; or NULL.
 * search: whether resolv.conf's search list may complete a name. NULL without
 * memory. c-ares itself starts with the first question that needs it. */
struct cpl_resolver *cpl_resolver_new(struct cpl_loop *loop,
				      const struct cpl_log *log,
				      const char *servers, int search,
				      void (*changed)(void *user), void *user)
    __attribute__((warn_unused_result));
void cpl_resolver_free(struct cpl_resolver *r);

/* The records of _xmpps-client._tcp.DOMAIN or _xmpp-client._tcp.DOMAIN. */
void cpl_resolver_srv(struct cpl_resolver *r, const char *domain,
		      int direct_tls, struct cpl_srv_question *q);

/* The addresses of a host: one question for each family, answered apart. */
void cpl_resolver_host(struct cpl_resolver *r, const char *host,
		       struct cpl_addr_question *v6,
		       struct cpl_addr_question *v4);

/* Whether the host has its address without DNS; then it is in v6 and v4. */
int cpl_resolver_local(struct cpl_resolver *r, const char *host,
		       struct cpl_addr_question *v6,
		       struct cpl_addr_question *v4);

#endif
