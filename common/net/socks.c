/* SPDX-License-Identifier: MIT */
#include "socks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "addr.h"

#define VERSION 5
#define AUTH_VERSION 1 /* RFC 1929 2 */

/* RFC 1928 3: methods of authentication. */
#define METHOD_NONE 0x00
#define METHOD_PASSWORD 0x02
#define METHOD_REFUSED 0xff

#define CONNECT 1
/* RFC 1928 5: kinds of address. */
#define KIND_IPV4 1
#define KIND_NAME 3
#define KIND_IPV6 4

#define NAME_MAX_BYTES 255

/* The longest of what is said: RFC 1929's, two texts of 255 bytes. */
#define OUT_MAX (3 + 2 * NAME_MAX_BYTES)

/* What is waited for:
 *
 *	METHOD  2 bytes: version, method
 *	AUTH    2 bytes: version, status
 *	REPLY   4 bytes: version, reply, 0, kind; for a name one more, its
 *length BOUND   the rest of the reply, which tells an address of no interest */
enum phase { METHOD, AUTH, REPLY, BOUND };

struct cpl_socks {
	struct cpl_loop *loop;
	struct cpl_watch watch;
	struct cpl_timing *timing;
	cpl_socks_done *done;
	void *user;
	enum phase phase;
	/* What is still to be said: to this proxy, and then for the server. */
	unsigned char out[OUT_MAX];
	size_t out_len, out_at;
	unsigned char auth[OUT_MAX];
	size_t auth_len; /* 0: we have no user */
	unsigned char request[6 + 1 + NAME_MAX_BYTES];
	size_t request_len;
	unsigned char in[4 + 1 + NAME_MAX_BYTES + 2];
	size_t in_len, want;
};

static void put(unsigned char *out, size_t *len, const void *bytes, size_t n)
{
	memcpy(out + *len, bytes, n);
	*len += n;
}

static void put_byte(unsigned char *out, size_t *len, size_t byte)
{
	out[(*len)++] = (unsigned char)byte;
}

/* One byte of length, and the text. */
static void put_text(unsigned char *out, size_t *len, const char *text)
{
	put_byte(out, len, strlen(text));
	put(out, len, text, strlen(text));
}

static void build_request(struct cpl_socks *s, const char *host, uint16_t port)
{
	static const unsigned char head[] = {VERSION, CONNECT, 0};
	struct cpl_addr literal;
	size_t *len = &s->request_len;

	put(s->request, len, head, sizeof head);
	if (!cpl_addr_literal(host, &literal)) {
		put_byte(s->request, len, KIND_NAME);
		put_text(s->request, len, host);
	} else if (literal.u.any.sa_family == AF_INET) {
		put_byte(s->request, len, KIND_IPV4);
		put(s->request, len, &literal.u.v4.sin_addr, 4);
	} else {
		put_byte(s->request, len, KIND_IPV6);
		put(s->request, len, &literal.u.v6.sin6_addr, 16);
	}
	put_byte(s->request, len, port >> 8);
	put_byte(s->request, len, port);
}

/* Both are offered with a user: who wants one chooses that (Tor, which keeps
 * the streams of different users apart), who has no use for one the other. */
static void build_greeting(struct cpl_socks *s, const struct cpl_proxy *proxy)
{
	static const unsigned char both[] = {VERSION, 2, METHOD_NONE,
					     METHOD_PASSWORD};
	static const unsigned char none[] = {VERSION, 1, METHOD_NONE};

	if (!*proxy->user) {
		put(s->out, &s->out_len, none, sizeof none);
		return;
	}
	put(s->out, &s->out_len, both, sizeof both);
	put_byte(s->auth, &s->auth_len, AUTH_VERSION);
	put_text(s->auth, &s->auth_len, proxy->user);
	put_text(s->auth, &s->auth_len, proxy->password);
}

static void say(struct cpl_socks *s, const unsigned char *bytes, size_t n,
		enum phase next, size_t want)
{
	explicit_bzero(s->out, sizeof s->out);
	s->out_len = s->out_at = 0;
	put(s->out, &s->out_len, bytes, n);
	s->phase = next;
	s->want = want;
	s->in_len = 0;
}

static void end(struct cpl_socks *s, const struct cpl_err *e)
{
	cpl_loop_unwatch(s->loop, &s->watch);
	s->done(s->user, e); /* may have freed s */
}

static int fail(struct cpl_socks *s, enum cpl_status status, const char *why)
{
	struct cpl_err e = CPL_ERR_INIT;

	cpl_err_set(&e, status, "%s", why);
	end(s, &e);
	return -1;
}

static int not_socks(struct cpl_socks *s)
{
	/* "HTTP/1.1 400 Bad Request" */
	return fail(s, CPL_PROTOCOL,
		    s->in[0] == 'H' ? "the proxy does not speak SOCKS 5 (is it "
				      "an HTTP proxy?)"
				    : "the proxy does not speak SOCKS 5");
}

static int on_method(struct cpl_socks *s)
{
	if (s->in[1] == METHOD_NONE) {
		say(s, s->request, s->request_len, REPLY, 5);
		return 0;
	}
	if (s->in[1] == METHOD_PASSWORD && s->auth_len > 0) {
		say(s, s->auth, s->auth_len, AUTH, 2);
		return 0;
	}
	if (s->in[1] != METHOD_REFUSED)
		return fail(s, CPL_PROTOCOL,
			    "the proxy chose a way to authenticate that was "
			    "not offered");
	return fail(s, CPL_AUTH,
		    s->auth_len > 0 ? "the proxy takes neither a user and "
				      "password nor nobody"
				    : "the proxy wants a user and password");
}

static int on_auth(struct cpl_socks *s)
{
	if (s->in[1] != 0)
		return fail(s, CPL_AUTH,
			    "the proxy refuses the user and password");
	say(s, s->request, s->request_len, REPLY, 5);
	return 0;
}

/* RFC 1928 6, and what Tor adds for onion services (its proposal 304). */
static const struct refusal {
	unsigned char reply;
	enum cpl_status status;
	const char *why;
} refusals[] = {
    {0x01, CPL_TEMP, "the proxy failed"},
    {0x02, CPL_UNAVAILABLE, "the proxy does not allow it"},
    {0x03, CPL_TEMP, "the proxy cannot reach that network"},
    {0x04, CPL_TEMP, "the proxy cannot reach that host, or knows of none"},
    {0x05, CPL_TEMP, "Connection refused, says the proxy"},
    {0x06, CPL_TEMP, "the proxy's connection timed out"},
    {0x07, CPL_UNAVAILABLE, "the proxy makes no connections"},
    {0x08, CPL_UNAVAILABLE, "the proxy does not take this kind of address"},
    {0xf0, CPL_TEMP, "the onion service is not to be found"},
    {0xf1, CPL_TEMP, "the onion service's descriptor is invalid"},
    {0xf2, CPL_TEMP, "the onion service did not take the introduction"},
    {0xf3, CPL_TEMP, "the onion service came to no rendezvous"},
    {0xf4, CPL_UNAVAILABLE, "the onion service wants an authorization"},
    {0xf5, CPL_UNAVAILABLE, "the onion service refuses the authorization"},
    {0xf6, CPL_NOHOST, "there is no such onion address"},
    {0xf7, CPL_TEMP, "the onion service's introduction timed out"},
};

static int on_reply(struct cpl_socks *s)
{
	struct cpl_err e = CPL_ERR_INIT;
	unsigned char reply = s->in[1];

	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
		if (refusals[i].reply == reply)
			return fail(s, refusals[i].status, refusals[i].why);
	if (reply != 0) {
		cpl_err_set(&e, CPL_TEMP, "the proxy refuses with code %u",
			    reply);
		end(s, &e);
		return -1;
	}
	/* The fifth byte is the address's first one, or a name's length. */
	s->phase = BOUND;
	switch (s->in[3]) {
	case KIND_IPV4: s->want = 4 + 4 + 2; return 0;
	case KIND_IPV6: s->want = 4 + 16 + 2; return 0;
	case KIND_NAME: s->want = 4 + 1 + s->in[4] + (size_t)2; return 0;
	default:
		return fail(s, CPL_PROTOCOL,
			    "the proxy's answer has an address of no known "
			    "kind");
	}
}

/* One step on; -1: it was the last one, and s may be gone. */
static int step(struct cpl_socks *s)
{
	switch (s->phase) {
	case METHOD: return on_method(s);
	case AUTH: return on_auth(s);
	case REPLY: return on_reply(s);
	case BOUND: break;
	}
	end(s, NULL);
	return -1;
}

static int broke(struct cpl_socks *s)
{
	struct cpl_err e = CPL_ERR_INIT;

	cpl_err_errno(&e, CPL_TEMP, "connection to the proxy lost");
	end(s, &e);
	return -1;
}

/* 0: all is said or it has to wait, -1 the end. */
static int write_on(struct cpl_socks *s)
{
	while (s->out_at < s->out_len) {
		ssize_t n = send(s->watch.fd, s->out + s->out_at,
				 s->out_len - s->out_at, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			return broke(s);
		if (n < 0)
			break;
		s->out_at += (size_t)n;
		cpl_timing_out(s->timing);
	}
	s->watch.events = s->out_at < s->out_len ? POLLOUT : POLLIN;
	return 0;
}

/* Some leave out the rest of a refusal. */
static int on_eof(struct cpl_socks *s)
{
	if (s->phase == REPLY && s->in_len >= 2 && s->in[1] != 0)
		return on_reply(s);
	return fail(s, CPL_TEMP, "the proxy closed the connection");
}

/* No more than what is waited for: what follows is the server's. 1 when that is
 * there, 0 to wait, -1 the end. */
static int read_on(struct cpl_socks *s)
{
	while (s->in_len < s->want) {
		ssize_t n = recv(s->watch.fd, s->in + s->in_len,
				 s->want - s->in_len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n < 0)
			return broke(s);
		if (n == 0)
			return on_eof(s);
		s->in_len += (size_t)n;
		cpl_timing_in(s->timing);
		if (s->in[0] != (s->phase == AUTH ? AUTH_VERSION : VERSION))
			return not_socks(s);
	}
	return 1;
}

static void on_ready(void *user, short revents)
{
	struct cpl_socks *s = user;
	int r;

	(void)revents;
	if (write_on(s) < 0)
		return;
	while (s->out_at == s->out_len) {
		r = read_on(s);
		if (r <= 0 || step(s) < 0 || write_on(s) < 0)
			return;
	}
}

struct cpl_socks *cpl_socks_new(struct cpl_loop *loop, int fd,
				const struct cpl_proxy *proxy, const char *host,
				uint16_t port, struct cpl_timing *timing,
				cpl_socks_done *done, void *user,
				struct cpl_err *e)
{
	struct cpl_socks *s = calloc(1, sizeof *s);

	if (!s) {
		cpl_err_nomem(e);
		return NULL;
	}
	s->loop = loop;
	s->timing = timing;
	s->done = done;
	s->user = user;
	s->want = 2;
	build_greeting(s, proxy);
	build_request(s, host, port);
	s->watch.fd = fd;
	s->watch.events = POLLOUT;
	s->watch.ready = on_ready;
	s->watch.user = s;
	cpl_loop_watch(loop, &s->watch);
	return s;
}

void cpl_socks_free(struct cpl_socks *s)
{
	if (!s)
		return;
	cpl_loop_unwatch(s->loop, &s->watch);
	explicit_bzero(s, sizeof *s);
	free(s);
}
