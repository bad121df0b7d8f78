/* SPDX-License-Identifier: MIT */
#include "targets.h"

#include <stdlib.h>
#include <string.h>

int cpl_targets_set(struct cpl_targets *t, struct cpl_resolver *resolver,
		    const struct cpl_srv *records, size_t n)
{
	t->resolver = resolver;
	t->list = calloc(n, sizeof *t->list);
	if (!t->list)
		return -1;
	t->n = n;
	for (size_t i = 0; i < n; i++)
		t->list[i].srv = records[i];
	return 0;
}

void cpl_targets_release(struct cpl_targets *t)
{
	free(t->list);
	t->list = NULL;
	t->n = 0;
}

static void ask(struct cpl_targets *t, struct cpl_candidates *c)
{
	if (c->asked)
		return;
	c->asked = 1;
	c->asked_at = cpl_loop_now();
	cpl_resolver_host(t->resolver, c->srv.host, &c->v6, &c->v4);
}

/* The first address of a family that was not handed out, or -1. */
static int first_unused(const struct cpl_addr_question *q, uint16_t used)
{
	for (size_t i = 0; q->answer == CPL_ANSWER_FOUND && i < q->n; i++)
		if (!(used & 1u << i))
			return (int)i;
	return -1;
}

static void lower(int64_t *wake, int64_t at)
{
	if (at < *wake)
		*wake = at;
}

/* The next address of one target. */
static enum cpl_next pick(struct cpl_candidates *c, struct cpl_candidate *out,
			  int64_t *wake)
{
	int i6 = first_unused(&c->v6, c->used6);
	int i4 = first_unused(&c->v4, c->used4);
	int64_t patience = c->v4.at + CPL_DIAL_RESOLUTION_DELAY_MS;

	/* RFC 8305 3: only A is there, so AAAA gets a moment more */
	if (i4 >= 0 && c->last_family == 0 &&
	    c->v6.answer == CPL_ANSWER_PENDING && cpl_loop_now() < patience) {
		lower(wake, patience);
		return CPL_NEXT_WAIT;
	}
	if (i6 >= 0 && (i4 < 0 || c->last_family != AF_INET6)) {
		out->family = AF_INET6;
		out->i = (size_t)i6;
		c->used6 |= (uint16_t)(1u << i6);
	} else if (i4 >= 0) {
		out->family = AF_INET;
		out->i = (size_t)i4;
		c->used4 |= (uint16_t)(1u << i4);
	} else if (c->v6.answer == CPL_ANSWER_PENDING ||
		   c->v4.answer == CPL_ANSWER_PENDING) {
		return CPL_NEXT_WAIT;
	} else {
		return CPL_NEXT_END;
	}
	c->last_family = out->family;
	return CPL_NEXT_ADDRESS;
}

/* Why a target of which both families are answered has no address. */
static void report(struct cpl_candidates *c, struct cpl_err *e)
{
	const struct cpl_addr_question *v6 = &c->v6, *v4 = &c->v4;
	const char *host = c->srv.host;

	if (c->reported || v6->n + v4->n > 0)
		return;
	c->reported = 1;
	if (v6->answer == CPL_ANSWER_FAILED || v4->answer == CPL_ANSWER_FAILED)
		cpl_err_set(
		    e, CPL_TEMP, "%s: no address from the DNS: %s", host,
		    v4->answer == CPL_ANSWER_FAILED ? v4->why : v6->why);
	else if (v6->answer == CPL_ANSWER_NXDOMAIN ||
		 v4->answer == CPL_ANSWER_NXDOMAIN)
		cpl_err_set(e, CPL_NOHOST, "%s: no such domain", host);
	else
		cpl_err_set(e, CPL_NOHOST, "%s: the domain has no address",
			    host);
}

enum cpl_next cpl_targets_next(struct cpl_targets *t, struct cpl_candidate *c,
			       int64_t *wake, struct cpl_err *e)
{
	enum cpl_next all = CPL_NEXT_END;

	for (size_t i = 0; i < t->n; i++) {
		struct cpl_candidates *one = &t->list[i];
		enum cpl_next next;
		int64_t patience;

		ask(t, one);
		next = pick(one, c, wake);
		if (next == CPL_NEXT_END) {
			report(one, e);
			continue;
		}
		if (next == CPL_NEXT_ADDRESS) {
			c->target = i;
			/* the next one's addresses may soon be needed */
			if (i + 1 < t->n)
				ask(t, &t->list[i + 1]);
			return CPL_NEXT_ADDRESS;
		}
		/* a look-up that takes long does not hold up the others */
		all = CPL_NEXT_WAIT;
		patience = one->asked_at + CPL_DIAL_STAGGER_MS;
		if (cpl_loop_now() < patience) {
			lower(wake, patience);
			return CPL_NEXT_WAIT;
		}
	}
	return all;
}

void cpl_targets_unuse(struct cpl_targets *t, const struct cpl_candidate *c)
{
	struct cpl_candidates *one = &t->list[c->target];

	if (c->family == AF_INET6)
		one->used6 &= (uint16_t) ~(1u << c->i);
	else
		one->used4 &= (uint16_t) ~(1u << c->i);
}

/* How long it may be kept. */
static long ttl_of(const struct cpl_candidates *c,
		   const struct cpl_addr_question *q)
{
	uint32_t ttl = q->ttl < c->srv.ttl ? q->ttl : c->srv.ttl;

	if (!q->by_dns)
		return 0;
	if (ttl < CPL_PLACE_TTL_MIN_S)
		return CPL_PLACE_TTL_MIN_S;
	return ttl < CPL_PLACE_TTL_MAX_S ? (long)ttl : CPL_PLACE_TTL_MAX_S;
}

void cpl_targets_describe(const struct cpl_targets *t,
			  const struct cpl_candidate *c, struct cpl_addr *addr,
			  struct cpl_target *out)
{
	const struct cpl_candidates *one = &t->list[c->target];
	const struct cpl_addr_question *q =
	    c->family == AF_INET6 ? &one->v6 : &one->v4;

	*addr = q->addrs[c->i];
	cpl_addr_set_port(addr, one->srv.port);
	memset(out, 0, sizeof *out);
	memcpy(out->host, one->srv.host, sizeof out->host);
	out->port = one->srv.port;
	out->direct_tls = one->srv.direct_tls;
	out->ttl = ttl_of(one, q);
	memcpy(&out->addr, addr, cpl_addr_len(addr));
	cpl_addr_text(addr, out->host, out->port, out->text, sizeof out->text);
}
