/* SPDX-License-Identifier: MIT
 *
 * What a proxy says to a client of SOCKS 5: that it leads to the server, or
 * why not, and not a byte is taken of what the server says behind it. The first
 * byte: bit 0 a user, 1 and 2 the kind of address, 3 the proxy goes away at the
 * end; then each piece is one byte, its length, and the bytes. */
#include "../../common/net/socks.h"

#include <sys/socket.h>
#include <unistd.h>

#include "played_loop.h"

struct run {
	struct cpl_loop *loop;
	struct cpl_socks *socks;
	int fds[2];
	int over, reached;
};

static void on_done(void *user, const struct cpl_err *e)
{
	struct run *r = user;

	MUST(!r->over);
	MUST(!e || (e->status != CPL_OK && e->text[0]));
	r->over = 1;
	r->reached = !e;
	cpl_socks_free(r->socks);
	r->socks = NULL;
}

/* What an answer takes of the bytes that were said: RFC 1928 3 and 6, RFC 1929
 * 2. */
static size_t answer_length(const uint8_t *p, size_t n, int user)
{
	size_t at = 2;

	if (user && n > 1 && p[1] == 2)
		at += 2;
	MUST(n >= at + 5 && p[at] == 5 && p[at + 1] == 0);
	switch (p[at + 3]) {
	case 1: return at + 10;
	case 4: return at + 22;
	}
	return at + 7 + p[at + 4];
}

static void check_rest(const struct run *r, const uint8_t *said, size_t n,
		       int user)
{
	uint8_t rest[4096];
	ssize_t got = recv(r->fds[0], rest, sizeof rest, 0);
	size_t taken = n - (got > 0 ? (size_t)got : 0);

	MUST(taken == answer_length(said, n, user));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const hosts[] = {"capulet.lit", "192.0.2.7",
					    "2001:db8::7", "abc.onion"};
	struct cpl_proxy proxy = {.host = "p.lit", .port = 1080};
	struct run r = {.over = 0};
	uint8_t said[4096];
	size_t n = 0;
	int user;

	if (size < 1 || size > sizeof said)
		return 0;
	user = data[0] & 1;
	if (user) {
		snprintf(proxy.user, sizeof proxy.user, "romeo");
		snprintf(proxy.password, sizeof proxy.password, "pw");
	}
	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, r.fds) == 0);
	r.loop = cpl_loop_new(NULL);
	r.socks =
	    cpl_socks_new(r.loop, r.fds[0], &proxy, hosts[data[0] >> 1 & 3],
			  5222, NULL, on_done, &r, NULL);
	MUST(r.socks != NULL);
	played_turns(r.loop);
	for (const uint8_t *p = data + 1, *end = data + size; p < end;) {
		size_t len = *p++;

		if (len > (size_t)(end - p))
			len = (size_t)(end - p);
		MUST(len == 0 ||
		     send(r.fds[1], p, len, MSG_NOSIGNAL) == (ssize_t)len);
		memcpy(said + n, p, len);
		n += len;
		p += len;
		played_turns(r.loop);
	}
	if (data[0] & 8) {
		MUST(shutdown(r.fds[1], SHUT_WR) == 0);
		played_turns(r.loop);
		MUST(r.over);
	}
	if (r.reached)
		check_rest(&r, said, n, user);
	cpl_socks_free(r.socks);
	close(r.fds[0]);
	close(r.fds[1]);
	cpl_loop_free(r.loop);
	return 0;
}
