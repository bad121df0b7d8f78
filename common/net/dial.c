/* SPDX-License-Identifier: MIT */
#include "dial.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lookup.h"
#include "targets.h"

/* Attempts under way at once: 8 s' worth. Then the oldest is given up. */
#define ATTEMPTS_MAX 32

/* How far an attempt came, for the choice of the reason that is told. */
enum rank { NOTHING = 0, NO_NAME, NO_ANSWER, NO_CONNECTION, NO_STREAM };

struct attempt {
	struct cpl_dial *dial;
	struct cpl_watch watch; /* fd -1: free */
	struct cpl_candidate candidate;
	struct cpl_target target;
	int64_t since;
};

enum phase { LOOKING_UP, CONNECTING, TALKING, RESTING };

struct cpl_dial {
	struct cpl_loop *loop;
	const struct cpl_log *log;
	struct cpl_timing *timing;
	cpl_dial_done *done;
	void *user;
	struct cpl_resolver *resolver;
	enum phase phase;
	struct cpl_timer timer;
	struct cpl_lookup lookup;
	struct cpl_targets targets;
	struct attempt attempts[ATTEMPTS_MAX];
	size_t live;
	int64_t next_at; /* no further attempt before */
	struct cpl_target won;
	struct cpl_candidate won_candidate;
	int again; /* it comes next */
	/* What is looked up and connected to is the proxy; won is where it is
	 * to lead. */
	int proxied;
	struct cpl_proxy proxy;
	struct cpl_socks *socks; /* while it is talked to, over fd */
	int fd;
	int spent; /* no other address would lead elsewhere */
	enum rank rank;
	struct cpl_err why;
	unsigned tried; /* addresses */
};

static void go_on(struct cpl_dial *d);

/* Keeps the reason of what came furthest, of equals the last; but once a
 * stream was tried, what is decided beats what is only temporary. */
static void note(struct cpl_dial *d, enum rank rank, const struct cpl_err *e)
{
	cpl_log(d->log, CPL_LOG_DEBUG, "%s", e->text);
	if (rank < d->rank || (rank == NO_STREAM && d->rank == NO_STREAM &&
			       e->status == CPL_TEMP))
		return;
	d->rank = rank;
	d->why = *e;
}

static void close_attempt(struct attempt *a)
{
	cpl_loop_unwatch(a->dial->loop, &a->watch);
	close(a->watch.fd);
	a->watch.fd = -1;
	a->dial->live--;
}

/* Nothing is left, or it makes no sense to go on. */
static void fail(struct cpl_dial *d)
{
	struct cpl_err e = d->why;

	if (d->rank == NO_CONNECTION && d->tried > 1) {
		size_t len = strlen(e.text);

		snprintf(e.text + len, sizeof e.text - len,
			 " (the last of %u addresses tried)", d->tried);
	}
	d->phase = RESTING;
	cpl_loop_cancel(d->loop, &d->timer);
	d->done(d->user, -1, NULL, &e); /* may have freed d */
}

static void hand_over(struct cpl_dial *d, int fd)
{
	cpl_timing_connected(d->timing);
	d->phase = RESTING;
	cpl_loop_cancel(d->loop, &d->timer);
	cpl_log(d->log, CPL_LOG_INFO, "connected to %s%s", d->won.text,
		d->won.direct_tls ? ", direct TLS" : "");
	d->done(d->user, fd, &d->won, NULL); /* may have freed d */
}

/* What a proxy says it says of the target: another address of the proxy's would
 * bring nothing else. */
static void proxy_failed(struct cpl_dial *d, int fd, const struct cpl_err *why)
{
	struct cpl_err e = *why;

	close(fd);
	cpl_err_prefix(&e, "%s", d->won.text);
	note(d, NO_STREAM, &e);
	fail(d);
}

static void on_proxied(void *user, const struct cpl_err *why)
{
	struct cpl_dial *d = user;
	int fd = d->fd;

	cpl_socks_free(d->socks);
	d->socks = NULL;
	if (why)
		proxy_failed(d, fd, why);
	else
		hand_over(d, fd);
}

static void talk(struct cpl_dial *d, int fd)
{
	struct cpl_err e = CPL_ERR_INIT;

	d->phase = TALKING;
	d->fd = fd;
	cpl_loop_cancel(d->loop, &d->timer);
	d->socks = cpl_socks_new(d->loop, fd, &d->proxy, d->won.host,
				 d->won.port, on_proxied, d, &e);
	if (!d->socks)
		proxy_failed(d, fd, &e);
}

/* The first that is connected; the other attempts are given back, for a resume.
 */
static void win(struct attempt *a)
{
	struct cpl_dial *d = a->dial;
	int fd = a->watch.fd;

	cpl_loop_unwatch(d->loop, &a->watch);
	a->watch.fd = -1;
	d->live--;
	for (size_t i = 0; i < ATTEMPTS_MAX; i++)
		if (d->attempts[i].watch.fd >= 0) {
			cpl_targets_unuse(&d->targets,
					  &d->attempts[i].candidate);
			close_attempt(&d->attempts[i]);
			d->tried--;
		}
	d->won_candidate = a->candidate;
	if (d->proxied) {
		cpl_log(d->log, CPL_LOG_INFO, "connected to %s",
			a->target.text);
		d->won.addr = a->target.addr;
		talk(d, fd);
		return;
	}
	d->won = a->target;
	hand_over(d, fd);
}

static void connect_failed(struct cpl_dial *d, const struct cpl_target *target,
			   int error)
{
	/* what our own machine lacks no other server mends */
	int ours = error == EMFILE || error == ENFILE || error == ENOMEM ||
		   error == ENOBUFS;
	struct cpl_err e;

	errno = error;
	cpl_err_errno(&e, ours ? CPL_SYSTEM : CPL_TEMP, "%s", target->text);
	note(d, NO_CONNECTION, &e);
}

static void on_connected(void *user, short revents)
{
	struct attempt *a = user;
	struct cpl_dial *d = a->dial;
	int error = 0;
	socklen_t len = sizeof error;

	(void)revents;
	if (getsockopt(a->watch.fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		error = errno;
	if (error == 0) {
		win(a);
		return;
	}
	connect_failed(d, &a->target, error);
	close_attempt(a);
	d->next_at = 0; /* RFC 8305 5: the next one at once */
	go_on(d);
}

static struct attempt *free_slot(struct cpl_dial *d)
{
	struct attempt *oldest = &d->attempts[0];

	for (size_t i = 0; i < ATTEMPTS_MAX; i++) {
		struct attempt *a = &d->attempts[i];

		if (a->watch.fd < 0)
			return a;
		if (a->since < oldest->since)
			oldest = a;
	}
	connect_failed(d, &oldest->target, ETIMEDOUT);
	close_attempt(oldest);
	return oldest;
}

static void name_proxy(struct cpl_target *target)
{
	static const char front[] = "proxy ";
	const size_t n = sizeof front - 1;

	memmove(target->text + n, target->text, sizeof target->text - n - 1);
	memcpy(target->text, front, n);
}

/* Begins to connect. 0, or -1 when that failed at once. */
static int start_attempt(struct cpl_dial *d, const struct cpl_candidate *c)
{
	struct attempt *a = free_slot(d);
	struct cpl_addr addr;
	int on = 1, fd, rc;

	cpl_timing_mark(d->timing, CPL_TIMING_DNS);
	cpl_targets_describe(&d->targets, c, &addr, &a->target);
	if (d->proxied)
		name_proxy(&a->target);
	if (d->lookup.mode == CPL_TLS_NONE && !cpl_addr_loopback(&addr)) {
		struct cpl_err e;

		cpl_err_set(&e, CPL_USAGE,
			    "%s: without TLS only a loopback address may be "
			    "used",
			    a->target.text);
		note(d, NO_CONNECTION, &e);
		return -1;
	}
	cpl_log(d->log, CPL_LOG_INFO, "connecting to %s", a->target.text);
	d->tried++;
	fd = socket(addr.u.any.sa_family,
		    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		connect_failed(d, &a->target, errno);
		return -1;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	rc = connect(fd, &addr.u.any, cpl_addr_len(&addr));
	if (rc < 0 && errno != EINPROGRESS) {
		connect_failed(d, &a->target, errno);
		close(fd);
		return -1;
	}
	/* one that is connected already is writable: the same way */
	a->dial = d;
	a->candidate = *c;
	a->since = cpl_loop_now();
	a->watch.fd = fd;
	a->watch.events = POLLOUT;
	a->watch.ready = on_connected;
	a->watch.user = a;
	cpl_loop_watch(d->loop, &a->watch);
	d->live++;
	return 0;
}

/* Starts what is due. 1 when something ended the dial, which may be freed. */
static int connect_next(struct cpl_dial *d, int64_t *wake)
{
	for (;;) {
		struct cpl_err e = CPL_ERR_INIT;
		struct cpl_candidate c;
		enum cpl_next next;

		if (d->spent) {
			fail(d);
			return 1;
		}
		if (d->live > 0 && cpl_loop_now() < d->next_at) {
			*wake = d->next_at;
			return 0;
		}
		if (d->again) {
			c = d->won_candidate;
			next = CPL_NEXT_ADDRESS;
			d->again = 0;
		} else {
			next = cpl_targets_next(&d->targets, &c, wake, &e);
		}
		if (e.status != CPL_OK)
			note(d, e.status == CPL_TEMP ? NO_ANSWER : NO_NAME, &e);
		if (next == CPL_NEXT_ADDRESS) {
			if (start_attempt(d, &c) == 0)
				d->next_at =
				    cpl_loop_now() + CPL_DIAL_STAGGER_MS;
			continue;
		}
		if (next == CPL_NEXT_END && d->live == 0) {
			fail(d);
			return 1;
		}
		return 0;
	}
}

static void go_on(struct cpl_dial *d)
{
	int64_t wake = INT64_MAX;
	struct cpl_err e;
	int rc;

	if (d->phase == LOOKING_UP) {
		rc = cpl_lookup_step(&d->lookup, &d->targets, &wake, &e);
		if (rc < 0) {
			note(d, NO_ANSWER, &e);
			fail(d);
			return;
		}
		if (rc > 0)
			d->phase = CONNECTING;
	}
	if (d->phase == CONNECTING && connect_next(d, &wake))
		return;
	if (wake == INT64_MAX)
		cpl_loop_cancel(d->loop, &d->timer);
	else
		cpl_loop_timer(d->loop, &d->timer,
			       wake > cpl_loop_now() ? wake - cpl_loop_now()
						     : 0);
}

static void on_event(void *user)
{
	struct cpl_dial *d = user;

	if (d->phase == LOOKING_UP || d->phase == CONNECTING)
		go_on(d);
}

/* "[2001:db8::7]:5222", "xmpp.capulet.lit:5222". */
static void put_place(char *out, size_t n, const char *host, uint16_t port)
{
	const char *open = strchr(host, ':') ? "[" : "";

	snprintf(out, n, "%s%s%s:%u", open, host, *open ? "]" : "", port);
}

/* Where the proxy is to lead; the proxy itself is what is looked up. */
static int plan_proxied(struct cpl_dial *d, const struct cpl_dial_conf *conf,
			const char *host, struct cpl_err *e)
{
	char far[264], near[264];
	struct cpl_srv to;

	if (conf->mode == CPL_TLS_NONE)
		return cpl_err_set(
		    e, CPL_USAGE, "%s: without TLS no proxy may be used", host);
	if (strchr(host, '%'))
		return cpl_err_set(e, CPL_USAGE,
				   "%s: an address with a zone means nothing "
				   "to a proxy",
				   host);
	if (cpl_name_is_invalid(host))
		return cpl_err_set(e, CPL_NOHOST, "%s: no such domain", host);
	cpl_lookup_only(conf->mode, host, conf->host ? conf->port : 0, &to);
	memcpy(d->won.host, to.host, sizeof d->won.host);
	d->won.port = to.port;
	d->won.direct_tls = to.direct_tls;
	put_place(far, sizeof far, to.host, to.port);
	put_place(near, sizeof near, d->proxy.host, d->proxy.port);
	snprintf(d->won.text, sizeof d->won.text, "%s (through %s)", far, near);
	snprintf(d->lookup.domain, sizeof d->lookup.domain, "%s",
		 d->proxy.host);
	d->phase = CONNECTING;
	return cpl_lookup_host(&d->lookup, d->proxy.host, d->proxy.port,
			       &d->targets, e);
}

/* What to look up first. 0, or -1 with e. */
static int plan(struct cpl_dial *d, const struct cpl_dial_conf *conf,
		struct cpl_err *e)
{
	const char *host = conf->host;
	struct cpl_addr literal;

	if (d->proxied)
		return plan_proxied(d, conf, d->lookup.domain, e);
	if (cpl_name_is_onion(d->lookup.domain))
		return cpl_err_set(e, CPL_NOHOST,
				   "%s: only Tor's proxy leads there",
				   d->lookup.domain);
	if (!host && (cpl_addr_literal(d->lookup.domain, &literal) ||
		      cpl_name_is_localhost(d->lookup.domain) ||
		      cpl_name_is_invalid(d->lookup.domain)))
		host = d->lookup.domain; /* no SRV there */
	if (host && d->lookup.mode == CPL_TLS_NONE &&
	    cpl_addr_literal(host, &literal) && !cpl_addr_loopback(&literal))
		return cpl_err_set(
		    e, CPL_USAGE,
		    "%s: without TLS only a loopback address may be used",
		    host);
	if (!host) {
		cpl_lookup_start(&d->lookup);
		return 0;
	}
	d->phase = CONNECTING;
	return cpl_lookup_host(&d->lookup, host, conf->port, &d->targets, e);
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
	d->user = user;
	d->lookup.mode = conf->mode;
	d->timer.fire = on_event;
	d->timer.user = d;
	for (size_t i = 0; i < ATTEMPTS_MAX; i++)
		d->attempts[i].watch.fd = -1;
	memcpy(d->lookup.domain, name, strlen(name));
	d->proxied = conf->proxy != NULL;
	if (d->proxied)
		d->proxy = *conf->proxy;
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
	note(d, NO_STREAM, failed);
	d->spent = d->proxied;
	d->phase = CONNECTING;
	d->next_at = 0;
	cpl_loop_timer(d->loop, &d->timer, 0);
}

void cpl_dial_again(struct cpl_dial *d)
{
	d->again = 1;
	d->phase = CONNECTING;
	d->next_at = 0;
	cpl_loop_timer(d->loop, &d->timer, 0);
}

void cpl_dial_why(const struct cpl_dial *d, struct cpl_err *e)
{
	const struct attempt *last = NULL;

	for (size_t i = 0; i < ATTEMPTS_MAX; i++) {
		const struct attempt *a = &d->attempts[i];

		if (a->watch.fd >= 0 && (!last || a->since > last->since))
			last = a;
	}
	if (d->phase == TALKING)
		cpl_err_set(e, CPL_TEMP, "%s: timed out waiting for the proxy",
			    d->won.text);
	else if (d->rank == NO_STREAM || (d->rank == NO_CONNECTION && !last))
		*e = d->why;
	else if (last)
		cpl_err_set(e, CPL_TEMP, "%s: timed out connecting",
			    last->target.text);
	else
		cpl_err_set(e, CPL_TEMP, "%s: timed out waiting for the DNS",
			    d->lookup.domain);
}

void cpl_dial_free(struct cpl_dial *d)
{
	if (!d)
		return;
	cpl_resolver_free(d->resolver); /* its questions are ours */
	cpl_loop_cancel(d->loop, &d->timer);
	for (size_t i = 0; i < ATTEMPTS_MAX; i++)
		if (d->attempts[i].watch.fd >= 0)
			close_attempt(&d->attempts[i]);
	if (d->socks) {
		cpl_socks_free(d->socks);
		close(d->fd);
	}
	cpl_targets_release(&d->targets);
	explicit_bzero(&d->proxy, sizeof d->proxy);
	free(d);
}
