/* SPDX-License-Identifier: MIT */
#include "link.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../base/limits.h"
#include "../stanza/build.h"
#include "../stanza/ns.h"
#include "../stanza/tree.h"

/* What one turn reads at most, so that stdin and the timers get theirs. */
#define READ_PER_TURN (256 * 1024)

struct cpl_link {
	struct cpl_loop *loop;
	const struct cpl_log *log;
	struct cpl_timing *timing;
	struct cpl_link_events on;
	struct cpl_tree *tree;
	struct cpl_tls *tls;
	char *lang; /* the stream's xml:lang, or NULL */
	struct cpl_watch watch;
	struct cpl_turn turn;
	struct cpl_timer again; /* bytes that poll(2) does not announce */
	struct cpl_buf out;
	struct cpl_buf seen; /* for the trace: bytes of an unfinished element */
	size_t seen_from;    /* the first one's place in the document */
	size_t traced;       /* bytes of out that the trace has */
	int shaking;         /* the handshake is under way */
	int secured;         /* or done */
	int plain;           /* no TLS will follow */
	int settled;         /* the login is over, and with it the secrets */
	int held;
	int ended;  /* closed() was called, or nobody wants to know any more */
	int busy;   /* frames of ours on the stack */
	int doomed; /* freed while busy */
};

static void pump(struct cpl_link *l);

static void really_free(struct cpl_link *l)
{
	if (l->secured)
		cpl_tls_shutdown(l->tls);
	cpl_tree_free(l->tree);
	free(l->lang);
	cpl_tls_free(l->tls);
	cpl_buf_release(&l->out);
	cpl_buf_release(&l->seen);
	close(l->watch.fd);
	free(l);
}

static void enter(struct cpl_link *l)
{
	l->busy++;
}

static void leave(struct cpl_link *l)
{
	if (--l->busy == 0 && l->doomed)
		really_free(l);
}

/* Takes the link out of the loop: nothing happens to it any more. */
static void detach(struct cpl_link *l)
{
	l->ended = 1;
	cpl_loop_unwatch(l->loop, &l->watch);
	cpl_loop_turn_remove(l->loop, &l->turn);
	cpl_loop_cancel(l->loop, &l->again);
}

static void end(struct cpl_link *l, const struct cpl_err *e)
{
	if (l->ended)
		return;
	cpl_log_trace(l->log, '<', l->seen.data, l->seen.len);
	detach(l);
	cpl_tree_stop(l->tree);
	l->on.closed(l->on.user, e);
}

static void end_because(struct cpl_link *l, enum cpl_status status,
			const char *why)
{
	struct cpl_err e = CPL_ERR_INIT;

	cpl_err_set(&e, status, "%s", why);
	end(l, &e);
}

static void end_errno(struct cpl_link *l)
{
	struct cpl_err e = CPL_ERR_INIT;

	cpl_err_errno(&e, CPL_TEMP, "connection lost");
	end(l, &e);
}

/* What TLS says of a connection that broke sounds as without it. */
static void end_tls(struct cpl_link *l, struct cpl_err *e)
{
	if (e->status == CPL_TEMP)
		cpl_err_prefix(e, "connection lost");
	end(l, e);
}

static void want(struct cpl_link *l)
{
	short events = 0;

	if (l->shaking) {
		events = cpl_tls_wants(l->tls);
	} else {
		if (!l->held)
			events |= POLLIN;
		if (l->out.len > 0)
			events |= POLLOUT;
	}
	l->watch.events = events;
}

static int tracing(const struct cpl_link *l)
{
	return l->log && l->log->trace && !l->ended;
}

/* Shows the trace what was read up to the end of the event at hand: whole
 * elements, so that its mask sees where a secret begins and ends, however the
 * bytes were cut. */
static void trace_event(struct cpl_link *l)
{
	size_t upto = cpl_tree_byte_end(l->tree);
	size_t n = upto - l->seen_from;

	if (!tracing(l) || upto <= l->seen_from || n > l->seen.len)
		return;
	cpl_log_trace(l->log, '<', l->seen.data, n);
	cpl_buf_consume(&l->seen, n);
	l->seen_from = upto;
}

/* Keeps what was read until its elements are whole. Nothing but white space
 * between elements can fill the buffer. */
static void keep_for_trace(struct cpl_link *l, const char *p, size_t n)
{
	if (!tracing(l) || cpl_buf_add(&l->seen, p, n) == 0)
		return;
	l->seen_from += l->seen.len;
	cpl_buf_truncate(&l->seen, 0);
	(void)!cpl_buf_add(&l->seen, p, n);
}

/* RFC 6120 4.7.4: the stream's language is that of each stanza in it. */
static void learn_lang(struct cpl_link *l, const char *const *attrs)
{
	free(l->lang);
	l->lang = NULL;
	for (; *attrs; attrs += 2)
		if (strcmp(attrs[0], "xml:lang") == 0 && !l->lang)
			l->lang = strdup(attrs[1]);
}

static void on_root(void *user, const char *name, const char *ns,
		    const char *const *attrs)
{
	struct cpl_link *l = user;

	trace_event(l);
	learn_lang(l, attrs);
	if (!l->ended && l->on.header)
		l->on.header(l->on.user, name, ns, attrs);
}

static int is_client(xmpp_stanza_t *child)
{
	const char *ns = xmpp_stanza_get_ns(child);

	return ns && strcmp(ns, CPL_NS_CLIENT) == 0;
}

static void on_child(void *user, xmpp_stanza_t *child)
{
	struct cpl_link *l = user;

	trace_event(l);
	/* Outside of the stream nothing else would say it. */
	if (l->lang && is_client(child) &&
	    !xmpp_stanza_get_attribute(child, "xml:lang"))
		(void)!cpl_set_attr(child, "xml:lang", l->lang);
	if (!l->ended)
		l->on.element(l->on.user, child);
}

static void on_end(void *user)
{
	end(user, NULL);
}

static const struct cpl_tree_events tree_events = {on_root, on_child, on_end};

static int feed(struct cpl_link *l, const char *p, size_t n)
{
	struct cpl_err e = CPL_ERR_INIT;

	keep_for_trace(l, p, n);
	if (cpl_tree_feed(l->tree, p, n, &e) < 0) {
		if (e.status == CPL_PROTOCOL)
			cpl_err_prefix(&e, "the server sent what is not XMPP");
		end(l, &e);
		return -1;
	}
	return l->ended ? -1 : 0;
}

/* Before TLS byte by byte: the one after <proceed/> must not be taken for the
 * stream that TLS protects. */
static int take(struct cpl_link *l, const char *p, size_t n)
{
	if (l->secured || l->plain)
		return feed(l, p, n);
	for (size_t i = 0; i < n; i++) {
		if (l->shaking) {
			end_because(l, CPL_PROTOCOL,
				    "bytes in clear after <proceed/>: somebody "
				    "in between tampers with the connection");
			return -1;
		}
		if (feed(l, p + i, 1) < 0)
			return -1;
	}
	return 0;
}

/* One read: bytes got (> 0), 0 nothing there, -1 the link has ended. */
static ssize_t read_some(struct cpl_link *l, char *p, size_t n)
{
	struct cpl_err e = CPL_ERR_INIT;
	size_t done = 0;
	ssize_t got;

	if (l->tls) {
		switch (cpl_tls_read(l->tls, p, n, &done, &e)) {
		case CPL_TLS_DONE: return (ssize_t)done;
		case CPL_TLS_AGAIN: return 0;
		case CPL_TLS_EOF: break;
		case CPL_TLS_FAILED: end_tls(l, &e); return -1;
		}
		got = 0;
	} else {
		got = recv(l->watch.fd, p, n, 0);
		if (got > 0)
			cpl_timing_in(l->timing);
	}
	if (got > 0)
		return got;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (got < 0)
		end_errno(l);
	else
		end_because(l, CPL_TEMP, "the server closed the connection");
	return -1;
}

/* A server with Nagle's algorithm on would else wait 40 ms for our
 * acknowledgement. The kernel forgets it after a while. */
static void quick_ack(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

static void read_all(struct cpl_link *l)
{
	char chunk[16384];
	size_t total = 0;
	int secret = !l->settled;
	ssize_t n;

	while (!l->held && !l->ended && !l->shaking) {
		n = read_some(l, chunk, sizeof chunk);
		if (n <= 0)
			break;
		if (take(l, chunk, (size_t)n) < 0)
			break;
		total += (size_t)n;
		if (total >= READ_PER_TURN) {
			cpl_loop_timer(l->loop, &l->again, 0);
			break;
		}
	}
	if (secret)
		explicit_bzero(chunk, sizeof chunk);
	/* Also for what TLS alone has taken, as its tickets. */
	if (!l->ended)
		quick_ack(l->watch.fd);
}

/* One write of what waits: bytes taken, 0 none for now, -1 ended. */
static ssize_t write_some(struct cpl_link *l)
{
	struct cpl_err e = CPL_ERR_INIT;
	size_t done = 0;
	ssize_t n;

	if (l->tls) {
		switch (
		    cpl_tls_write(l->tls, l->out.data, l->out.len, &done, &e)) {
		case CPL_TLS_DONE: return (ssize_t)done;
		case CPL_TLS_AGAIN: return 0;
		case CPL_TLS_EOF:
			end_because(l, CPL_TEMP,
				    "the server closed the connection");
			return -1;
		case CPL_TLS_FAILED: end_tls(l, &e); return -1;
		}
	}
	n = send(l->watch.fd, l->out.data, l->out.len, MSG_NOSIGNAL);
	if (n > 0)
		cpl_timing_out(l->timing);
	if (n >= 0)
		return n;
	if (errno == EAGAIN || errno == EINTR)
		return 0;
	end_errno(l);
	return -1;
}

/* What the kernel takes at once; the link is busy. */
static void write_out(struct cpl_link *l)
{
	ssize_t n;

	if (l->ended || l->shaking)
		return;
	if (l->out.len > l->traced)
		cpl_log_trace(l->log, '>', l->out.data + l->traced,
			      l->out.len - l->traced);
	l->traced = l->out.len;
	while (!l->ended && l->out.len > 0 && (n = write_some(l)) > 0) {
		cpl_buf_consume(&l->out, (size_t)n);
		l->traced -= (size_t)n;
	}
	if (!l->ended)
		want(l);
}

void cpl_link_flush(struct cpl_link *l)
{
	enter(l);
	write_out(l);
	leave(l);
}

static void end_turn(void *user)
{
	struct cpl_link *l = user;

	if (l->out.len > 0)
		cpl_link_flush(l);
}

static void shake(struct cpl_link *l)
{
	struct cpl_err e = CPL_ERR_INIT;

	quick_ack(l->watch.fd);
	switch (cpl_tls_handshake(l->tls, &e)) {
	case CPL_TLS_DONE:
		l->shaking = 0;
		l->secured = 1;
		cpl_timing_mark(l->timing, CPL_TIMING_TLS);
		l->on.secured(l->on.user);
		/* Together with the handshake's last word, not behind what
		 * there may be to read by now. A write makes the kernel wait
		 * with its acknowledgements again. */
		write_out(l);
		quick_ack(l->watch.fd);
		return;
	case CPL_TLS_AGAIN: return;
	case CPL_TLS_EOF:
		end_because(l, CPL_TEMP, "the server closed the connection");
		return;
	case CPL_TLS_FAILED: end(l, &e);
	}
}

/* All that the link can do now without waiting. */
static void pump(struct cpl_link *l)
{
	enter(l);
	if (l->shaking)
		shake(l);
	if (!l->ended && !l->shaking)
		read_all(l);
	if (!l->ended)
		want(l);
	leave(l);
}

static void ready(void *user, short revents)
{
	struct cpl_link *l = user;

	/* The connection broke, but what the kernel holds can still be read:
	 * that waits for the end of the hold. */
	if (l->held && !l->shaking && (revents & (POLLERR | POLLHUP))) {
		cpl_loop_unwatch(l->loop, &l->watch);
		return;
	}
	/* What can be written leaves in end_turn(). */
	pump(l);
}

static void again(void *user)
{
	pump(user);
}

struct cpl_link *cpl_link_new(struct cpl_loop *loop, const struct cpl_log *log,
			      xmpp_ctx_t *ctx, int fd,
			      const struct cpl_link_events *events)
{
	struct cpl_link *l = calloc(1, sizeof *l);
	unsigned most = CPL_ALIVE_IDLE_MS + CPL_ALIVE_WAIT_MS;

	if (l)
		l->tree = cpl_tree_new(ctx, CPL_TREE_CDATA, &tree_events, l);
	if (!l || !l->tree) {
		free(l);
		close(fd);
		return NULL;
	}
	l->loop = loop;
	l->log = log;
	l->on = *events;
	cpl_buf_init(&l->out, CPL_LINK_OUT_MAX);
	l->out.secret = 1;
	cpl_buf_init(&l->seen, 2 * CPL_STANZA_BYTES_MAX);
	l->seen.secret = 1;
	/* RFC 5482: the kernel's own limit is a quarter of an hour. */
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &most, sizeof most);
	quick_ack(fd);
	l->watch.fd = fd;
	l->watch.events = POLLIN;
	l->watch.ready = ready;
	l->watch.user = l;
	l->turn.end = end_turn;
	l->turn.user = l;
	l->again.fire = again;
	l->again.user = l;
	cpl_loop_watch(loop, &l->watch);
	cpl_loop_turn_add(loop, &l->turn);
	return l;
}

void cpl_link_listen(struct cpl_link *l, const struct cpl_link_events *events)
{
	l->on = *events;
	l->settled = 1;
}

void cpl_link_free(struct cpl_link *l)
{
	if (!l)
		return;
	detach(l);
	cpl_link_timing(l, NULL); /* its owner may go before the last word */
	if (l->busy)
		l->doomed = 1;
	else
		really_free(l);
}

void cpl_link_timing(struct cpl_link *l, struct cpl_timing *timing)
{
	l->timing = timing;
	if (l->tls)
		cpl_tls_timing(l->tls, timing);
}

int cpl_link_open(struct cpl_link *l)
{
	cpl_buf_truncate(&l->seen, 0);
	l->seen_from = 0;
	return cpl_tree_reset(l->tree);
}

int cpl_link_secure(struct cpl_link *l, const struct cpl_tls_conf *conf,
		    struct cpl_err *e)
{
	l->tls = cpl_tls_new(conf, l->watch.fd, l->log, e);
	if (!l->tls)
		return -1;
	cpl_tls_timing(l->tls, l->timing);
	l->shaking = 1;
	cpl_loop_timer(l->loop, &l->again, 0);
	return 0;
}

struct cpl_tls *cpl_link_tls(struct cpl_link *l)
{
	return l->secured ? l->tls : NULL;
}

int cpl_link_send(struct cpl_link *l, const char *p, size_t n,
		  struct cpl_err *e)
{
	if (cpl_buf_add(&l->out, p, n) < 0)
		return cpl_buf_err(&l->out, e, CPL_SYSTEM, "unsent output");
	return 0;
}

struct cpl_buf *cpl_link_out(struct cpl_link *l)
{
	return &l->out;
}

size_t cpl_link_unsent(const struct cpl_link *l)
{
	return l->out.len;
}

size_t cpl_link_underway(const struct cpl_link *l)
{
	int queued = 0;

	if (ioctl(l->watch.fd, SIOCOUTQ, &queued) < 0)
		queued = 0;
	return l->out.len + (size_t)queued;
}

void cpl_link_hold(struct cpl_link *l, int on)
{
	if (l->held == on || l->ended)
		return;
	l->held = on;
	want(l);
	/* TLS may hold decrypted bytes that no poll(2) announces. */
	if (!on) {
		cpl_loop_watch(l->loop, &l->watch);
		cpl_loop_timer(l->loop, &l->again, 0);
	}
}

void cpl_link_plain(struct cpl_link *l)
{
	l->plain = 1;
}
