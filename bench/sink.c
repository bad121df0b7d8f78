/* SPDX-License-Identifier: MIT
 *
 * An XMPP server that does as little as one can, to measure clients against:
 * it takes any login, counts messages, answers <r/>, every iq and the end of
 * the stream, and sends COUNT messages of its own once a client has announced
 * presence.
 *
 * usage: sink CERTIFICATE KEY COUNT
 *
 * Direct TLS on a port of loopback, which is the first line of its output. At
 * the end of each connection comes a line
 *	messages N bytes N idle SHARE
 * of what was received, or else sent: SHARE is the part of the time from the
 * first to the last message that it slept, in percent. It ends with its
 * input. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../common/base/buf.h"
#include "../common/base/num.h"

#define CLIENT "xmlns='jabber:client'"
/* As an ordinary message between two clients looks. */
#define MESSAGE                                                                \
	"<message type='chat' to='romeo@montague.lit/bench' id='%016llx' "     \
	"from='juliet@capulet.lit/balcony'><body>But, soft! what light "       \
	"through yonder window breaks? %llu</body><origin-id "                 \
	"xmlns='urn:xmpp:sid:0' id='%016llx'/></message>"

struct peer {
	SSL *ssl;
	struct cpl_buf in, out;
	const struct cpl_buf *flood; /* what is sent on presence */
	size_t flooded;              /* bytes of it that have left */
	int authenticated, present;
	unsigned long long count; /* of the flood */
	unsigned long long messages, bytes, h;
	double began, ended, worked, slept;
};

static double seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *why)
{
	fprintf(stderr, "sink: %s\n", why);
	exit(71);
}

static void say(struct peer *p, const char *text)
{
	if (cpl_buf_adds(&p->out, text) < 0)
		die("no memory");
}

/* The value of an attribute in a piece of XML as our tools write it. */
static void attribute(const char *xml, size_t n, const char *name, char *out,
		      size_t size)
{
	const char *at = strstr(xml, name), *end;

	out[0] = '\0';
	if (!at || at >= xml + n)
		return;
	at += strlen(name);
	end = memchr(at + 1, *at, (size_t)(xml + n - at) - 1);
	if (end && (size_t)(end - at) < size)
		snprintf(out, size, "%.*s", (int)(end - at - 1), at + 1);
}

static void answer_iq(struct peer *p, const char *xml, size_t n)
{
	const char *bind = strstr(xml, "xmpp-bind");
	char id[256], to[256];

	attribute(xml, n, " id=", id, sizeof id);
	attribute(xml, n, " to=", to, sizeof to);
	if (cpl_buf_addf(&p->out, "<iq type='result' id='%s'%s%s%s>%s</iq>", id,
			 *to ? " from='" : "", to, *to ? "'" : "",
			 bind && bind < xml + n
			     ? "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'"
			       "><jid>romeo@montague.lit/bench</jid></bind>"
			     : "") < 0)
		die("no memory");
}

static void open_stream(struct peer *p)
{
	say(p, "<?xml version='1.0'?><stream:stream " CLIENT
	       " xmlns:stream='http://etherx.jabber.org/streams' version='1.0' "
	       "id='1' from='montague.lit'><stream:features>");
	say(p, p->authenticated
		   ? "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
		     "<sm xmlns='urn:xmpp:sm:3'/>"
		   : "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
		     "<mechanism>PLAIN</mechanism></mechanisms>");
	say(p, "</stream:features>");
}

static void start_clock(struct peer *p)
{
	if (p->began != 0)
		return;
	p->began = seconds(CLOCK_MONOTONIC);
	p->worked = seconds(CLOCK_PROCESS_CPUTIME_ID);
}

static void count_message(struct peer *p)
{
	p->h++;
	p->messages++;
	p->ended = 0;
	start_clock(p);
}

/* The element or tag at xml, of which n bytes are there: how many it takes, 0
 * when more is needed. */
static size_t take(struct peer *p, const char *xml, size_t n)
{
	const char *end = memchr(xml, '>', n);
	size_t whole = end ? (size_t)(end - xml) + 1 : 0;

	if (whole == 0)
		return 0;
	if (strncmp(xml, "<message", 8) == 0) {
		count_message(p);
	} else if (strncmp(xml, "<r ", 3) == 0) {
		if (cpl_buf_addf(&p->out, "<a xmlns='urn:xmpp:sm:3' h='%llu'/>",
				 p->h) < 0)
			die("no memory");
	} else if (strncmp(xml, "<iq", 3) == 0) {
		end = strstr(xml, "</iq>");
		if (!end)
			return 0;
		p->h++;
		whole = (size_t)(end - xml) + 5;
		answer_iq(p, xml, whole);
	} else if (strncmp(xml, "<presence", 9) == 0) {
		p->h++;
		p->present = 1;
	} else if (strncmp(xml, "<enable", 7) == 0) {
		p->h = 0;
		say(p, "<enabled xmlns='urn:xmpp:sm:3'/>");
	} else if (strncmp(xml, "</auth>", 7) == 0) {
		p->authenticated = 1;
		say(p, "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
	} else if (strncmp(xml, "<stream:stream", 14) == 0) {
		open_stream(p);
	} else if (strncmp(xml, "</stream:stream", 15) == 0) {
		say(p, "</stream:stream>");
	}
	return whole;
}

static void take_all(struct peer *p)
{
	const char *at;
	size_t used = 1;

	while (used > 0 && (at = memchr(p->in.data, '<', p->in.len))) {
		cpl_buf_consume(&p->in, (size_t)(at - p->in.data));
		used = take(p, p->in.data, p->in.len);
		cpl_buf_consume(&p->in, used);
	}
}

static void fill(struct cpl_buf *flood, unsigned long long count)
{
	for (unsigned long long i = 1; i <= count; i++)
		if (cpl_buf_addf(flood, MESSAGE "%s", i, i, i,
				 i % 100 ? "" : "<r xmlns='urn:xmpp:sm:3'/>") <
		    0)
			die("no memory");
}

/* One piece of the flood; 0 when the socket takes no more for now. */
static int send_piece(struct peer *p)
{
	size_t left = p->flood->len - p->flooded,
	       n = left < 16384 ? left : 16384;
	int done;

	start_clock(p);
	done = SSL_write(p->ssl, p->flood->data + p->flooded, (int)n);
	if (done <= 0)
		return 0;
	p->flooded += (size_t)done;
	p->bytes += (size_t)done;
	if (p->flooded == p->flood->len)
		p->messages = p->count;
	return 1;
}

static void stop_clock(struct peer *p)
{
	if (p->messages == 0 || p->ended != 0)
		return;
	p->ended = seconds(CLOCK_MONOTONIC);
	p->slept =
	    p->ended - p->began - seconds(CLOCK_PROCESS_CPUTIME_ID) + p->worked;
}

/* Until there is something to do; 0 when the connection is to end. */
static int await(struct peer *p, int writing)
{
	struct pollfd fds[2] = {{SSL_get_fd(p->ssl), POLLIN, 0},
				{STDIN_FILENO, POLLIN, 0}};

	if (writing)
		fds[0].events |= POLLOUT;
	stop_clock(p);
	return poll(fds, 2, -1) > 0 && !fds[1].revents;
}

static void serve(struct peer *p)
{
	char *room;
	int n = 0, writing = 0;

	do {
		while ((room = cpl_buf_room(&p->in, 65536)) &&
		       (n = SSL_read(p->ssl, room, 65536)) > 0) {
			cpl_buf_added(&p->in, (size_t)n);
			if (!p->present)
				p->bytes += (size_t)n;
			take_all(p);
		}
		if (SSL_get_error(p->ssl, n) != SSL_ERROR_WANT_READ)
			return;
		if (p->out.len > 0 &&
		    (n = SSL_write(p->ssl, p->out.data, (int)p->out.len)) > 0)
			cpl_buf_consume(&p->out, (size_t)n);
		while (p->present && p->flooded < p->flood->len &&
		       send_piece(p))
			;
		writing = p->out.len > 0 ||
			  (p->present && p->flooded < p->flood->len);
	} while (await(p, writing));
}

static void accept_one(SSL_CTX *ctx, int listening, const struct cpl_buf *flood,
		       unsigned long long count)
{
	struct peer p = {.flood = flood, .count = count};
	int fd = accept(listening, NULL, NULL);

	cpl_buf_init(&p.in, 1 << 24);
	cpl_buf_init(&p.out, 1 << 24);
	p.ssl = SSL_new(ctx);
	if (fd < 0 || !p.ssl || SSL_set_fd(p.ssl, fd) != 1)
		die("cannot take a connection");
	if (SSL_accept(p.ssl) == 1 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0)
		serve(&p);
	printf("messages %llu bytes %llu idle %.1f\n", p.messages, p.bytes,
	       p.ended > p.began ? 100 * p.slept / (p.ended - p.began) : 0);
	fflush(stdout);
	SSL_free(p.ssl);
	close(fd);
	cpl_buf_release(&p.in);
	cpl_buf_release(&p.out);
}

static int listen_somewhere(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, size) < 0 ||
	    listen(fd, 8) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &size) < 0)
		die("cannot listen");
	printf("%d\n", ntohs(at.sin_port));
	fflush(stdout);
	return fd;
}

int main(int argc, char **argv)
{
	struct cpl_buf flood = CPL_BUF_INIT(SIZE_MAX);
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	struct pollfd fds[2] = {{-1, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
	struct cpl_err e = CPL_ERR_INIT;
	long count = 0;

	if (argc != 4 || cpl_num_int(argv[3], 0, 1000000, &count, &e) < 0)
		die("usage: sink CERTIFICATE KEY COUNT");
	if (!ctx || SSL_CTX_use_certificate_chain_file(ctx, argv[1]) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, argv[2], SSL_FILETYPE_PEM) != 1)
		die("certificate and key do not serve");
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
				  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	fill(&flood, (unsigned long long)count);
	fds[0].fd = listen_somewhere();
	while (poll(fds, 2, -1) > 0 && !fds[1].revents)
		accept_one(ctx, fds[0].fd, &flood, (unsigned long long)count);
	cpl_buf_release(&flood);
	SSL_CTX_free(ctx);
	return 0;
}
