/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "addr.h"
#include "dial_impl.h"
#include "fastopen.h"

void cpl_dial_note(struct cpl_dial *d, enum cpl_rank rank,
		   const struct cpl_err *e)
{
	cpl_log(d->log, CPL_LOG_DEBUG, "%s", e->text);
	if (rank < d->rank ||
	    (rank == CPL_RANK_STREAM && d->rank == CPL_RANK_STREAM &&
	     e->status == CPL_TEMP))
		return;
	d->rank = rank;
	d->why = *e;
}

void cpl_dial_fail(struct cpl_dial *d)
{
	struct cpl_err e = d->why;

	if (d->rank == CPL_RANK_CONNECTION && d->tried > 1) {
		size_t len = strlen(e.text);

		snprintf(e.text + len, sizeof e.text - len,
			 " (the last of %u addresses tried)", d->tried);
	}
	d->resting = 1;
	cpl_loop_cancel(d->loop, &d->timer);
	d->done(d->user, -1, NULL, &e); /* may have freed d */
}

void cpl_dial_hand_over(struct cpl_dial *d, int fd)
{
	d->resting = 1;
	cpl_loop_cancel(d->loop, &d->timer);
	if (d->fast_fd >= 0)
		cpl_loop_timer(d->loop, &d->timer, CPL_DIAL_FAST_OPEN_MS);
	cpl_log(d->log, CPL_LOG_INFO, "%s %s%s",
		d->fast_fd >= 0 ? "TCP Fast Open to" : "connected to",
		d->won.text, d->won.direct_tls ? ", direct TLS" : "");
	d->done(d->user, fd, &d->won, NULL); /* may have freed d */
}

/* Asks for what there is now. */
static void look_up(struct cpl_dial *d)
{
	struct cpl_err e;

	if (!d->host) {
		d->phase = CPL_DIAL_LOOKUP;
		cpl_lookup_start(&d->lookup);
		return;
	}
	d->phase = CPL_DIAL_CONNECT;
	if (cpl_lookup_host(&d->lookup, d->host, d->port, &d->targets, &e) < 0)
		cpl_dial_note(d, CPL_RANK_CONNECTION, &e);
}

/* What worked last time comes first, and has the field to itself for as long
 * as an address has before the next one is tried (RFC 8305 5). */
static void go_by_what_is_known(struct cpl_dial *d, int64_t *wake)
{
	if (*d->known.host && !d->known_tried) {
		cpl_dial_try_known(d);
		d->next_at = cpl_loop_now() + CPL_DIAL_STAGGER_MS;
	}
	if (d->live > 0 && cpl_loop_now() < d->next_at)
		*wake = d->next_at;
	else
		look_up(d);
}

void cpl_dial_go_on(struct cpl_dial *d)
{
	int64_t wake = INT64_MAX;
	struct cpl_err e;
	int rc;

	if (d->again) {
		d->again = 0;
		if (cpl_dial_try_again(d) == 0)
			d->next_at = cpl_loop_now() + CPL_DIAL_STAGGER_MS;
	}
	if (d->phase == CPL_DIAL_KNOWN)
		go_by_what_is_known(d, &wake);
	if (d->phase == CPL_DIAL_LOOKUP) {
		rc = cpl_lookup_step(&d->lookup, &d->targets, &wake, &e);
		if (rc < 0)
			cpl_dial_note(d, CPL_RANK_ANSWER, &e);
		if (rc != 0)
			d->phase = CPL_DIAL_CONNECT;
	}
	if (d->phase == CPL_DIAL_CONNECT && cpl_dial_connect_next(d, &wake))
		return;
	if (wake == INT64_MAX)
		cpl_loop_cancel(d->loop, &d->timer);
	else
		cpl_loop_timer(d->loop, &d->timer,
			       wake > cpl_loop_now() ? wake - cpl_loop_now()
						     : 0);
}

static void close_fast(struct cpl_dial *d)
{
	if (d->fast_fd >= 0)
		close(d->fast_fd);
	d->fast_fd = -1;
}

/* Nobody else was tried while the first bytes of the stream were on their way
 * in a SYN. Where that is not answered, who has the socket finds it broken and
 * comes back. */
static void check_fast(struct cpl_dial *d)
{
	if (d->fast_fd < 0 || d->timer.armed)
		return;
	if (!cpl_fastopen_pending(d->fast_fd)) {
		close_fast(d);
		return;
	}
	cpl_log(d->log, CPL_LOG_DEBUG, "%s does not answer", d->won.text);
	d->fast_over = 1;
	(void)shutdown(d->fast_fd, SHUT_RDWR);
}

static void on_event(void *user)
{
	struct cpl_dial *d = user;

	if (d->resting)
		check_fast(d);
	if (!d->resting && !d->socks)
		cpl_dial_go_on(d);
}

static int needs_no_dns(const char *host)
{
	struct cpl_addr literal;

	return cpl_addr_literal(host, &literal) ||
	       cpl_name_is_localhost(host) || cpl_name_is_invalid(host);
}

static void know(struct cpl_dial *d, const struct cpl_target *known)
{
	struct cpl_addr addr;

	d->known = *known;
	d->known.ttl = 0;
	d->known.known = 1;
	memcpy(&addr, &known->addr, sizeof addr);
	cpl_addr_text(&addr, known->host, known->port, d->known.text,
		      sizeof d->known.text);
}

/* What to look up. 0, or -1 with e. */
static int plan(struct cpl_dial *d, const struct cpl_dial_conf *conf,
		struct cpl_err *e)
{
	const char *name = d->lookup.domain;
	int local = needs_no_dns(name);
	int srv = !conf->host && !local;
	struct cpl_addr literal;

	if (conf->proxy)
		return cpl_dial_plan_proxied(d, conf, e);
	if (cpl_name_is_onion(name))
		return cpl_err_set(e, CPL_NOHOST,
				   "%s: only Tor's proxy leads there", name);
	if (d->lookup.mode == CPL_TLS_NONE &&
	    cpl_addr_literal(name, &literal) && !cpl_addr_loopback(&literal))
		return cpl_err_set(
		    e, CPL_USAGE,
		    "%s: without TLS only a loopback address may be used",
		    name);
	if (conf->known && !local)
		know(d, conf->known);
	d->port = conf->port;
	d->host = srv ? NULL : strdup(name);
	return srv || d->host ? 0 : cpl_err_nomem(e);
}

struct cpl_dial *cpl_dial_new(struct cpl_loop *loop, const struct cpl_log *log,
			      const struct cpl_dial_conf *conf,
			      cpl_dial_done *done, void *user,
			      struct cpl_err *e)
{
	const char *name = conf->host ? conf->host : conf->domain;
	struct cpl_dial *d;

	if (strlen(name) >= sizeof d->lookup.domain) {
		cpl_err_set(e, CPL_NOHOST, "%.60s...: no such domain", name);
		return NULL;
	}
	d = calloc(1, sizeof *d);
	if (!d) {
		cpl_err_nomem(e);
		return NULL;
	}
	d->loop = loop;
	d->log = log;
	d->lookup.log = log;
	d->timing = conf->timing;
	cpl_timing_begin(d->timing);
	d->done = done;
	d->refused = conf->refused;
	d->user = user;
	d->lookup.mode = conf->mode;
	d->fast_open = conf->fast_open && !conf->proxy;
	d->fast_fd = -1;
	d->timer.fire = on_event;
	d->timer.user = d;
	for (size_t i = 0; i < CPL_ATTEMPTS_MAX; i++)
		d->attempts[i].watch.fd = -1;
	memcpy(d->lookup.domain, name, strlen(name));
	/* a host that the user typed may be completed, a JID's domain not */
	d->resolver = cpl_resolver_new(loop, log, conf->dns_servers,
				       conf->host || conf->proxy, on_event, d);
	if (!d->resolver) {
		cpl_err_nomem(e);
		goto fail;
	}
	d->lookup.resolver = d->resolver;
	if (plan(d, conf, e) < 0)
		goto fail;
	/* what is known already is told from the loop as well */
	cpl_loop_timer(loop, &d->timer, 0);
	return d;
fail:
	cpl_dial_free(d);
	return NULL;
}

void cpl_dial_resume(struct cpl_dial *d, const struct cpl_err *failed)
{
	int unanswered = d->fast_fd >= 0 && cpl_fastopen_unanswered(d->fast_fd);
	enum cpl_rank rank = unanswered ? CPL_RANK_CONNECTION : CPL_RANK_STREAM;

	close_fast(d);
	if (d->fast_over) {
		d->fast_over = 0;
		cpl_dial_again(d);
		return;
	}
	if (d->won.known) {
		if (unanswered || failed->status != CPL_TEMP)
			d->known_failed = rank;
		rank = CPL_RANK_KNOWN;
	}
	cpl_dial_note(d, rank, failed);
	d->won.known = 0;
	d->spent = d->proxied;
	d->resting = 0;
	d->next_at = 0;
	cpl_loop_timer(d->loop, &d->timer, 0);
}

void cpl_dial_again(struct cpl_dial *d)
{
	close_fast(d);
	d->again = 1;
	d->resting = 0;
	d->next_at = 0;
	cpl_loop_timer(d->loop, &d->timer, 0);
}

void cpl_dial_why(const struct cpl_dial *d, struct cpl_err *e)
{
	const struct cpl_attempt *last = NULL;

	for (size_t i = 0; i < CPL_ATTEMPTS_MAX; i++) {
		const struct cpl_attempt *a = &d->attempts[i];

		if (a->watch.fd >= 0 && (!last || a->since > last->since))
			last = a;
	}
	if (d->socks)
		cpl_err_set(e, CPL_TEMP, "%s: timed out waiting for the proxy",
			    d->won.text);
	else if (d->rank == CPL_RANK_STREAM ||
		 (d->rank == CPL_RANK_CONNECTION && !last))
		*e = d->why;
	else if (last)
		cpl_err_set(e, CPL_TEMP, "%s: timed out connecting",
			    last->target.text);
	else
		cpl_err_set(e, CPL_TEMP, "%s: timed out waiting for the DNS",
			    d->host ? d->host : d->lookup.domain);
}

void cpl_dial_free(struct cpl_dial *d)
{
	if (!d)
		return;
	cpl_resolver_free(d->resolver); /* its questions are ours */
	cpl_loop_cancel(d->loop, &d->timer);
	cpl_dial_stop(d);
	close_fast(d);
	if (d->socks) {
		cpl_socks_free(d->socks);
		close(d->fd);
	}
	cpl_targets_release(&d->targets);
	explicit_bzero(&d->proxy, sizeof d->proxy);
	free(d->host);
	free(d);
}
