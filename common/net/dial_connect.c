/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "addr.h"
#include "dial_impl.h"
#include "fastopen.h"

static void close_attempt(struct cpl_attempt *a)
{
	cpl_loop_unwatch(a->dial->loop, &a->watch);
	close(a->watch.fd);
	a->watch.fd = -1;
	a->dial->live--;
}

void cpl_dial_stop(struct cpl_dial *d)
{
	for (size_t i = 0; i < CPL_ATTEMPTS_MAX; i++)
		if (d->attempts[i].watch.fd >= 0)
			close_attempt(&d->attempts[i]);
}

/* The first that is connected; the other attempts are given back, for a resume.
 */
static void win(struct cpl_attempt *a)
{
	struct cpl_dial *d = a->dial;
	int fd = a->watch.fd;

	cpl_loop_unwatch(d->loop, &a->watch);
	a->watch.fd = -1;
	d->live--;
	for (size_t i = 0; i < CPL_ATTEMPTS_MAX; i++) {
		struct cpl_attempt *other = &d->attempts[i];

		if (other->watch.fd < 0)
			continue;
		if (!other->target.known)
			cpl_targets_unuse(&d->targets, &other->candidate);
		close_attempt(other);
		d->tried--;
	}
	d->won_candidate = a->candidate;
	if (a->fast)
		cpl_timing_fast_open(d->timing);
	else
		cpl_timing_connected(d->timing);
	if (d->proxied) {
		cpl_log(d->log, CPL_LOG_INFO, "connected to %s",
			a->target.text);
		d->won.addr = a->target.addr;
		cpl_dial_talk(d, fd);
		return;
	}
	d->won = a->target;
	if (a->fast)
		d->fast_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	cpl_dial_hand_over(d, fd);
}

static void connect_failed(struct cpl_attempt *a, int error)
{
	/* what our own machine lacks no other server mends */
	int ours = error == EMFILE || error == ENFILE || error == ENOMEM ||
		   error == ENOBUFS;
	struct cpl_dial *d = a->dial;
	struct cpl_err e;

	errno = error;
	cpl_err_errno(&e, ours ? CPL_SYSTEM : CPL_TEMP, "%s", a->target.text);
	if (a->target.known)
		d->known_failed = CPL_RANK_CONNECTION;
	cpl_dial_note(d, a->target.known ? CPL_RANK_KNOWN : CPL_RANK_CONNECTION,
		      &e);
	if (d->refused)
		d->refused(d->user, &a->target, &e);
}

static void on_connected(void *user, short revents)
{
	struct cpl_attempt *a = user;
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
	connect_failed(a, error);
	close_attempt(a);
	d->next_at = 0; /* RFC 8305 5: the next one at once */
	cpl_dial_go_on(d);
}

static struct cpl_attempt *free_slot(struct cpl_dial *d)
{
	struct cpl_attempt *oldest = &d->attempts[0];

	for (size_t i = 0; i < CPL_ATTEMPTS_MAX; i++) {
		struct cpl_attempt *a = &d->attempts[i];

		if (a->watch.fd < 0)
			return a;
		if (a->since < oldest->since)
			oldest = a;
	}
	connect_failed(oldest, ETIMEDOUT);
	close_attempt(oldest);
	return oldest;
}

static int may_connect(struct cpl_attempt *a, const struct cpl_addr *addr)
{
	struct cpl_dial *d = a->dial;
	struct cpl_err e;

	if (d->lookup.mode != CPL_TLS_NONE || cpl_addr_loopback(addr))
		return 1;
	cpl_err_set(&e, CPL_USAGE,
		    "%s: without TLS only a loopback address may be used",
		    a->target.text);
	cpl_dial_note(d, a->target.known ? CPL_RANK_KNOWN : CPL_RANK_CONNECTION,
		      &e);
	return 0;
}

/* Begins to connect to a->target. 0, or -1 when that failed at once. */
static int start(struct cpl_attempt *a, const struct cpl_addr *addr)
{
	struct cpl_dial *d = a->dial;
	/* Nobody could race one of which nothing is known. */
	int fast = d->fast_open && d->tried == 0;
	int on = 1, fd, rc;

	cpl_timing_mark(d->timing, CPL_TIMING_DNS);
	if (!may_connect(a, addr))
		return -1;
	cpl_log(d->log, CPL_LOG_INFO, "connecting to %s%s", a->target.text,
		a->target.known ? ", as last time" : "");
	d->tried++;
	fd = socket(addr->u.any.sa_family,
		    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		connect_failed(a, errno);
		return -1;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (fast)
		cpl_fastopen_ask(fd);
	rc = connect(fd, &addr->u.any, cpl_addr_len(addr));
	if (rc < 0 && errno != EINPROGRESS) {
		connect_failed(a, errno);
		close(fd);
		return -1;
	}
	a->fast = fast && rc == 0 && cpl_fastopen_pending(fd);
	/* one that is connected already is writable: the same way */
	a->since = cpl_loop_now();
	a->watch.fd = fd;
	a->watch.events = POLLOUT;
	a->watch.ready = on_connected;
	a->watch.user = a;
	cpl_loop_watch(d->loop, &a->watch);
	d->live++;
	return 0;
}

void cpl_dial_try_known(struct cpl_dial *d)
{
	struct cpl_attempt *a = free_slot(d);
	struct cpl_addr addr;

	a->dial = d;
	a->target = d->known;
	memcpy(&addr, &d->known.addr, sizeof addr);
	d->known_tried = 1;
	(void)start(a, &addr);
}

static void name_proxy(struct cpl_target *target)
{
	static const char front[] = "proxy ";
	const size_t n = sizeof front - 1;

	memmove(target->text + n, target->text, sizeof target->text - n - 1);
	memcpy(target->text, front, n);
}

static int is_known(const struct cpl_dial *d, const struct cpl_target *target)
{
	return *d->known.host && target->direct_tls == d->known.direct_tls &&
	       memcmp(&target->addr, &d->known.addr, sizeof target->addr) == 0;
}

/* What was looked up may be what is known: then an attempt that is under way
 * stands for it, and one that has failed counts for it. */
static int is_done_already(struct cpl_dial *d, const struct cpl_candidate *c,
			   const struct cpl_target *target)
{
	if (!is_known(d, target))
		return 0;
	for (size_t i = 0; i < CPL_ATTEMPTS_MAX; i++) {
		struct cpl_attempt *a = &d->attempts[i];

		if (a->watch.fd < 0 || !a->target.known)
			continue;
		a->candidate = *c;
		a->target = *target;
		return 1;
	}
	if (d->known_failed && d->rank == CPL_RANK_KNOWN)
		d->rank = d->known_failed;
	return d->known_failed != 0;
}

/* 0, or -1 when that failed at once, or need not be. */
static int start_candidate(struct cpl_dial *d, const struct cpl_candidate *c)
{
	struct cpl_target target;
	struct cpl_attempt *a;
	struct cpl_addr addr;

	cpl_targets_describe(&d->targets, c, &addr, &target);
	if (is_done_already(d, c, &target))
		return -1;
	if (d->proxied)
		name_proxy(&target);
	a = free_slot(d);
	a->dial = d;
	a->candidate = *c;
	a->target = target;
	return start(a, &addr);
}

int cpl_dial_try_again(struct cpl_dial *d)
{
	if (!d->won.known)
		return start_candidate(d, &d->won_candidate);
	cpl_dial_try_known(d);
	return d->live > 0 ? 0 : -1;
}

int cpl_dial_connect_next(struct cpl_dial *d, int64_t *wake)
{
	for (;;) {
		struct cpl_err e = CPL_ERR_INIT;
		struct cpl_candidate c;
		enum cpl_next next;

		if (d->spent) {
			cpl_dial_fail(d);
			return 1;
		}
		if (d->live > 0 && cpl_loop_now() < d->next_at) {
			*wake = d->next_at;
			return 0;
		}
		next = cpl_targets_next(&d->targets, &c, wake, &e);
		if (e.status != CPL_OK)
			cpl_dial_note(d,
				      e.status == CPL_TEMP ? CPL_RANK_ANSWER
							   : CPL_RANK_NAME,
				      &e);
		if (next == CPL_NEXT_ADDRESS) {
			if (start_candidate(d, &c) == 0)
				d->next_at =
				    cpl_loop_now() + CPL_DIAL_STAGGER_MS;
			continue;
		}
		if (next == CPL_NEXT_END && d->live == 0) {
			cpl_dial_fail(d);
			return 1;
		}
		return 0;
	}
}
