/* SPDX-License-Identifier: MIT */
#include "lookup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define PORT_STARTTLS 5222
#define PORT_DIRECT 5223
#define PORT_HTTPS 443

/* Once one kind has records, the other is waited for so long. */
#define PATIENCE_MS 1000

void cpl_lookup_start(struct cpl_lookup *l)
{
	if (l->mode == CPL_TLS_AUTO || l->mode == CPL_TLS_DIRECT)
		cpl_resolver_srv(l->resolver, l->domain, 1, &l->direct);
	if (l->mode != CPL_TLS_DIRECT)
		cpl_resolver_srv(l->resolver, l->domain, 0, &l->starttls);
}

void cpl_lookup_only(enum cpl_tls_mode mode, const char *host, uint16_t port,
		     struct cpl_srv *out)
{
	memset(out, 0, sizeof *out);
	out->ttl = UINT32_MAX; /* only the address may change */
	snprintf(out->host, sizeof out->host, "%s", host);
	out->port = port;
	if (port == 0)
		out->port =
		    mode == CPL_TLS_DIRECT ? PORT_DIRECT : PORT_STARTTLS;
	out->direct_tls = mode == CPL_TLS_DIRECT ||
			  (mode == CPL_TLS_AUTO &&
			   (port == PORT_DIRECT || port == PORT_HTTPS));
}

int cpl_lookup_host(const struct cpl_lookup *l, const char *host, uint16_t port,
		    struct cpl_targets *out, struct cpl_err *e)
{
	struct cpl_srv only;

	cpl_lookup_only(l->mode, host, port, &only);
	if (cpl_targets_set(out, l->resolver, &only, 1) < 0)
		return cpl_err_nomem(e);
	return 0;
}

static uint32_t chance(void *user, uint32_t sum)
{
	uint32_t drawn = 0;

	(void)user;
	if (getrandom(&drawn, sizeof drawn, GRND_NONBLOCK) != sizeof drawn)
		return 0;
	return (uint32_t)(drawn % ((uint64_t)sum + 1));
}

/* XEP-0368 3: both kinds as one list. */
static int use_records(const struct cpl_lookup *l, struct cpl_targets *out,
		       struct cpl_err *e)
{
	size_t n = l->direct.n + l->starttls.n;
	struct cpl_srv *all = calloc(n, sizeof *all);
	int rc;

	if (!all)
		return cpl_err_nomem(e);
	/* of equals without weight the first wins: direct TLS, which saves a
	 * round trip */
	memcpy(all, l->direct.records, l->direct.n * sizeof *all);
	memcpy(all + l->direct.n, l->starttls.records,
	       l->starttls.n * sizeof *all);
	cpl_srv_order(all, n, chance, NULL);
	rc = cpl_targets_set(out, l->resolver, all, n);
	free(all);
	return rc < 0 ? cpl_err_nomem(e) : 0;
}

/* Neither kind has records: the domain's own address (RFC 6120 3.2.2). */
static int use_fallback(const struct cpl_lookup *l, struct cpl_targets *out,
			struct cpl_err *e)
{
	/* what decides is the kind asked for, of two RFC 6120's own */
	const struct cpl_srv_question *q =
	    l->mode == CPL_TLS_DIRECT ? &l->direct : &l->starttls;
	struct cpl_addr_question v6, v4;
	const char *how = "";

	if (l->direct.absent || l->starttls.absent) {
		/* RFC 2782, Target; XEP-0368 5: no A/AAAA fallback either */
		if (l->mode == CPL_TLS_DIRECT)
			how = " by direct TLS";
		else if (l->mode == CPL_TLS_STARTTLS)
			how = " by STARTTLS";
		return cpl_err_set(e, CPL_UNAVAILABLE,
				   "%s: the domain offers no XMPP service%s",
				   l->domain, how);
	}
	/* without a name server /etc/hosts still counts */
	if (q->answer == CPL_ANSWER_FAILED &&
	    !cpl_resolver_local(l->resolver, l->domain, &v6, &v4))
		return cpl_err_set(e, CPL_TEMP,
				   "%s: no answer from the DNS: %s", l->domain,
				   q->why);
	if (cpl_lookup_host(l, l->domain, 0, out, e) < 0)
		return -1;
	/* That there are no records does not last either. */
	out->list[0].srv.ttl = q->ttl;
	return 0;
}

int cpl_lookup_step(struct cpl_lookup *l, struct cpl_targets *out,
		    int64_t *wake, struct cpl_err *e)
{
	int pending = l->direct.answer == CPL_ANSWER_PENDING ||
		      l->starttls.answer == CPL_ANSWER_PENDING;
	int found = l->direct.n + l->starttls.n > 0;

	if (pending && !found)
		return 0;
	if (pending) {
		if (!l->until)
			l->until = cpl_loop_now() + PATIENCE_MS;
		if (cpl_loop_now() < l->until) {
			if (l->until < *wake)
				*wake = l->until;
			return 0;
		}
		cpl_log(l->log, CPL_LOG_DEBUG,
			"one SRV look-up is slow, going on without it");
	}
	if ((found ? use_records(l, out, e) : use_fallback(l, out, e)) < 0)
		return -1;
	return 1;
}
