/* SPDX-License-Identifier: MIT
 *
 * A link over a socket pair, whose other end is a server played here. The
 * sockets keep the borders of what is written (SOCK_SEQPACKET) where a test
 * asks for them. */
#include "../../common/stream/link.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../common/base/limits.h"
#include "strophe_mem.h"
#include "unit.h"

#define OPEN                                                                   \
	"<?xml version='1.0'?><stream:stream xmlns='jabber:client' "           \
	"xmlns:stream='http://etherx.jabber.org/streams' id='s1' "             \
	"version='1.0'>"
#define PROCEED "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
#define CLOSE "</stream:stream>"

static struct strophe_mem mem;
static xmpp_ctx_t *ctx;

/* The link under test, the server's socket, and what was told. */
static struct {
	struct cpl_loop *loop;
	struct cpl_link *link;
	int fd;
	struct cpl_buf seen; /* "(name id)" "name;" "secured;" "closed;" */
	struct cpl_err why;
	int closed;
	const char *free_at; /* what frees the link: an element's name... */
	const char *hold_at;
	const char *open_at;
	const char *secure_at;
	const struct cpl_tls_conf *tls;
	struct cpl_log log;
	struct cpl_buf traced_in, traced_out;
} t;

static void note(const char *a, const char *b, const char *c)
{
	CHECK_INT(cpl_buf_addf(&t.seen, "%s%s%s", a, b, c), 0);
}

static int is(const char *at, const char *name)
{
	return at && strcmp(at, name) == 0;
}

static void act(const char *name)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (is(t.hold_at, name))
		cpl_link_hold(t.link, 1);
	if (is(t.open_at, name))
		CHECK_INT(cpl_link_open(t.link), 0);
	if (is(t.secure_at, name)) {
		CHECK_INT(cpl_link_secure(t.link, t.tls, &e), 0);
		CHECK_STR(e.text, "");
	}
	if (is(t.free_at, name)) {
		cpl_link_free(t.link);
		t.link = NULL;
	}
}

static void on_header(void *user, const char *name, const char *ns,
		      const char *const *attrs)
{
	const char *id = "-";

	CHECK(user == &t);
	CHECK_STR(ns, "http://etherx.jabber.org/streams");
	for (; attrs[0]; attrs += 2)
		if (strcmp(attrs[0], "id") == 0)
			id = attrs[1];
	note("(", name, " ");
	note(id, ")", "");
	act("(header)");
}

static void on_element(void *user, xmpp_stanza_t *element)
{
	const char *name = xmpp_stanza_get_name(element);
	const char *lang = xmpp_stanza_get_attribute(element, "xml:lang");

	CHECK(user == &t);
	note(name, lang ? ":" : "", lang ? lang : "");
	note(";", "", "");
	act(name);
}

static void on_secured(void *user)
{
	CHECK(user == &t);
	note("secured", ";", "");
	act("(secured)");
}

static void on_closed(void *user, const struct cpl_err *e)
{
	CHECK(user == &t);
	note("closed", ";", "");
	t.closed++;
	memset(&t.why, 0, sizeof t.why);
	if (e)
		t.why = *e;
	act("(closed)");
}

static void on_trace(void *user, char direction, const char *text, size_t len)
{
	struct cpl_buf *to = direction == '<' ? &t.traced_in : &t.traced_out;

	CHECK(user == &t);
	CHECK(direction == '<' || direction == '>');
	CHECK_INT(cpl_buf_add(to, text, len), 0);
}

static void begin_with(int type)
{
	struct cpl_link_events events = {on_header, on_element, on_secured,
					 on_closed, &t};
	struct cpl_err e = CPL_ERR_INIT;
	int fds[2];

	memset(&t, 0, sizeof t);
	cpl_buf_init(&t.seen, 1 << 20);
	cpl_buf_init(&t.traced_in, 1 << 20);
	cpl_buf_init(&t.traced_out, 1 << 20);
	t.log.user = &t;
	CHECK_INT(socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, fds), 0);
	t.fd = fds[1];
	t.loop = cpl_loop_new(&e);
	t.link = cpl_link_new(t.loop, &t.log, ctx, fds[0], &events);
	CHECK(t.link != NULL);
}

static void begin(void)
{
	begin_with(SOCK_STREAM);
}

static void end(void)
{
	cpl_link_free(t.link);
	cpl_loop_free(t.loop);
	cpl_buf_release(&t.seen);
	cpl_buf_release(&t.traced_in);
	cpl_buf_release(&t.traced_out);
	if (t.fd >= 0)
		close(t.fd);
}

static void stop(void *user)
{
	(void)user;
	cpl_loop_stop(t.loop);
}

/* Lets the loop do what it can without waiting: timers of no time that the
 * first turn arms are due in the next. */
static void settle(void)
{
	struct cpl_timer timer = {.fire = stop};
	struct cpl_err e = CPL_ERR_INIT;

	for (int i = 0; i < 3; i++) {
		cpl_loop_timer(t.loop, &timer, 0);
		CHECK_INT(cpl_loop_run(t.loop, &e), 0);
	}
}

static void give(const char *p, size_t n)
{
	CHECK_INT(write(t.fd, p, n), n);
}

/* The server writes a text, and the loop runs. */
static void serve(const char *text)
{
	give(text, strlen(text));
	settle();
}

static void hang_up(void)
{
	close(t.fd);
	t.fd = -1;
	settle();
}

static const char *seen(void)
{
	return t.seen.data ? t.seen.data : "";
}

static void saw(const char *expected)
{
	CHECK_STR(seen(), expected);
}

static void ended(enum cpl_status status, const char *text)
{
	CHECK_INT(t.closed, 1);
	CHECK_INT(t.why.status, status);
	CHECK_STR(t.why.text, text);
}

static void queue(const char *text)
{
	struct cpl_err e = CPL_ERR_INIT;

	CHECK_INT(cpl_link_send(t.link, text, strlen(text), &e), 0);
}

/* --- what comes in ------------------------------------------------------ */

static void stream(void)
{
	begin();
	serve(OPEN);
	saw("(stream s1)");
	serve("<a/><b>x</b>");
	saw("(stream s1)a;b;");
	serve("<c>");
	serve("<d/></c> \n ");
	saw("(stream s1)a;b;c;");
	CHECK(cpl_link_tls(t.link) == NULL);
	serve(CLOSE);
	saw("(stream s1)a;b;c;closed;");
	ended(CPL_OK, "");
	/* nothing follows */
	serve("<e/>");
	hang_up();
	saw("(stream s1)a;b;c;closed;");
	end();
}

/* However it is cut, before TLS was ruled out and after. */
static void every_split(void)
{
	static const char text[] = OPEN "<a>x&amp;y</a> <b c='>'/>\n" CLOSE;

	for (size_t n = 0; n < 2 * sizeof text; n++) {
		size_t at = n / 2;

		begin();
		if (n % 2)
			cpl_link_plain(t.link);
		give(text, at);
		settle();
		give(text + at, sizeof text - 1 - at);
		settle();
		saw("(stream s1)a;b;closed;");
		ended(CPL_OK, "");
		end();
	}
}

static void opened_anew(void)
{
	begin();
	t.open_at = "success";
	serve(OPEN "<success/>");
	serve("<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
	      "xmlns:stream='http://etherx.jabber.org/streams' id='s2'><a/>");
	saw("(stream s1)success;(stream s2)a;");
	CHECK_INT(t.closed, 0);
	end();
}

/* RFC 6120 4.7.4: a stanza without a language has that of the stream it came
 * in, which is gone with the stream; no other element has. */
static void language(void)
{
	begin();
	t.open_at = "success";
	serve("<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
	      "xmlns:stream='http://etherx.jabber.org/streams' id='s1' "
	      "xml:lang='it'>");
	serve("<message/><message xml:lang='de'/><iq xml:lang=''/>"
	      "<presence><status xml:lang='fr'>x</status></presence>"
	      "<stream:features/><a xmlns='urn:a'/>");
	saw("(stream s1)message:it;message:de;iq:;presence:it;features;a;");
	serve("<success/>" OPEN "<message/>" CLOSE);
	CHECK_STR(strstr(seen(), "success"),
		  "success:it;(stream s1)message;closed;");
	end();
}

static void malformed(void)
{
	static const char *const bad[][2] = {
	    {"<a><b></a>", "mismatched tag"},
	    {"<a>&evil;</a>", "undefined entity"},
	    {"<a>\x01</a>", "not well-formed (invalid token)"},
	    {"<!-- x -->", "a comment is not allowed"},
	    {"<?x y?>", "a processing instruction is not allowed"},
	};
	char text[200];

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		begin();
		cpl_link_plain(t.link);
		snprintf(text, sizeof text, OPEN "<a/>%s<c/>", bad[i][0]);
		serve(text);
		saw("(stream s1)a;closed;");
		CHECK_INT(t.closed, 1);
		CHECK_INT(t.why.status, CPL_PROTOCOL);
		snprintf(text, sizeof text,
			 "the server sent what is not XMPP: %s", bad[i][1]);
		CHECK_STR(t.why.text, text);
		serve("<d/>");
		hang_up();
		saw("(stream s1)a;closed;");
		end();
	}
	begin();
	serve("HTTP/1.1 400 Bad Request\r\n\r\n");
	saw("closed;");
	CHECK_INT(t.why.status, CPL_PROTOCOL);
	end();
	begin();
	serve("<!DOCTYPE x [<!ENTITY a 'b'>]>");
	saw("closed;");
	CHECK_INT(t.why.status, CPL_PROTOCOL);
	end();
}

static void too_large(void)
{
	char chunk[65536];

	begin();
	cpl_link_plain(t.link);
	serve(OPEN "<a>");
	memset(chunk, 'x', sizeof chunk);
	for (size_t n = 0; n <= CPL_STANZA_BYTES_MAX && !t.closed;
	     n += sizeof chunk) {
		give(chunk, sizeof chunk);
		settle();
	}
	saw("(stream s1)closed;");
	ended(CPL_PROTOCOL,
	      "the server sent what is not XMPP: more than 1048576 bytes");
	end();
}

static void connection_ends(void)
{
	begin();
	hang_up();
	saw("closed;");
	ended(CPL_TEMP, "the server closed the connection");
	end();
	begin();
	give(OPEN "<a/><b>", strlen(OPEN "<a/><b>"));
	hang_up();
	saw("(stream s1)a;closed;");
	ended(CPL_TEMP, "the server closed the connection");
	end();
	/* in order, though the connection is closed at once */
	begin();
	give(OPEN CLOSE, strlen(OPEN CLOSE));
	hang_up();
	saw("(stream s1)closed;");
	ended(CPL_OK, "");
	end();
}

/* A server that closes with our bytes unread resets the connection. */
static void connection_is_reset(void)
{
	begin();
	queue("<a/>");
	settle();
	hang_up();
	saw("closed;");
	ended(CPL_TEMP, "connection lost: Connection reset by peer");
	end();
}

/* --- what goes out ------------------------------------------------------ */

/* The next packet the server gets, or "" for none. */
static const char *packet(void)
{
	static char text[1000];
	ssize_t n = read(t.fd, text, sizeof text - 1);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void one_turn_is_one_write(void)
{
	begin_with(SOCK_SEQPACKET);
	queue("<a/>");
	queue("<b/>");
	CHECK_INT(cpl_buf_adds(cpl_link_out(t.link), "<c/>"), 0);
	CHECK_INT(cpl_link_unsent(t.link), 12);
	CHECK_STR(packet(), "");
	settle();
	CHECK_INT(cpl_link_unsent(t.link), 0);
	CHECK_STR(packet(), "<a/><b/><c/>");
	CHECK_STR(packet(), "");
	queue("<d/>");
	settle();
	CHECK_STR(packet(), "<d/>");
	end();
}

static void flushed_at_once(void)
{
	begin_with(SOCK_SEQPACKET);
	queue("<a/>");
	cpl_link_flush(t.link);
	CHECK_STR(packet(), "<a/>");
	CHECK_INT(cpl_link_unsent(t.link), 0);
	cpl_link_flush(t.link);
	settle();
	CHECK_STR(packet(), "");
	end();
}

/* The last stop of the loop lets go what its turn sent. */
static void sent_in_the_last_turn(void)
{
	struct cpl_timer timer = {.fire = stop};
	struct cpl_err e = CPL_ERR_INIT;

	begin_with(SOCK_SEQPACKET);
	cpl_loop_timer(t.loop, &timer, 0);
	CHECK_INT(cpl_loop_run(t.loop, &e), 0);
	queue("<a/>");
	cpl_loop_timer(t.loop, &timer, 0);
	CHECK_INT(cpl_loop_run(t.loop, &e), 0);
	CHECK_STR(packet(), "<a/>");
	end();
}

static void slow_server(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	size_t size = 1 << 20, got = 0, unsent;
	char *big = malloc(size), *all = malloc(size);
	ssize_t n;

	UNIT_NEED(big != NULL && all != NULL);
	for (size_t i = 0; i < size; i++)
		big[i] = (char)('a' + i % 23);
	begin();
	CHECK_INT(cpl_link_send(t.link, big, size, &e), 0);
	settle();
	unsent = cpl_link_unsent(t.link);
	CHECK(unsent > 0 && unsent < size);
	/* it still listens */
	serve(OPEN "<a/>");
	saw("(stream s1)a;");
	while (got < size) {
		while ((n = read(t.fd, all + got, size - got)) > 0)
			got += (size_t)n;
		if (n == 0 || cpl_link_unsent(t.link) == 0)
			break;
		settle();
	}
	CHECK_INT(got, size);
	CHECK(!memcmp(big, all, size));
	CHECK_INT(cpl_link_unsent(t.link), 0);
	end();
	free(big);
	free(all);
}

static void out_is_bounded(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	size_t size = 1 << 20;
	char *big = calloc(1, size);
	char text[100];

	UNIT_NEED(big != NULL);
	begin();
	for (size_t n = 0; n < CPL_LINK_OUT_MAX; n += size)
		if (cpl_link_send(t.link, big, size, &e) < 0)
			CHECK(!"room");
	CHECK_INT(cpl_link_unsent(t.link), CPL_LINK_OUT_MAX);
	CHECK_INT(cpl_link_send(t.link, "x", 1, &e), -1);
	CHECK_INT(e.status, CPL_SYSTEM);
	snprintf(text, sizeof text, "unsent output is over %d bytes",
		 CPL_LINK_OUT_MAX);
	CHECK_STR(e.text, text);
	CHECK_INT(cpl_link_unsent(t.link), CPL_LINK_OUT_MAX);
	CHECK_INT(t.closed, 0);
	end();
	free(big);
}

static void written_to_nobody(void)
{
	begin();
	serve(OPEN);
	close(t.fd);
	t.fd = -1;
	queue("<a/>");
	cpl_link_flush(t.link);
	saw("(stream s1)closed;");
	ended(CPL_TEMP, "connection lost: Broken pipe");
	settle();
	CHECK_INT(t.closed, 1);
	end();
}

/* --- holding ------------------------------------------------------------ */

static void held(void)
{
	begin();
	serve(OPEN);
	cpl_link_hold(t.link, 1);
	cpl_link_hold(t.link, 1);
	serve("<a/>");
	saw("(stream s1)");
	/* writing goes on */
	queue("<x/>");
	settle();
	CHECK_STR(packet(), "<x/>");
	cpl_link_hold(t.link, 0);
	saw("(stream s1)");
	settle();
	saw("(stream s1)a;");
	end();
}

static void held_from_within(void)
{
	begin();
	cpl_link_plain(t.link);
	t.hold_at = "a";
	serve(OPEN "<a/>");
	serve("<b/>");
	saw("(stream s1)a;");
	cpl_link_hold(t.link, 0);
	t.hold_at = NULL;
	settle();
	saw("(stream s1)a;b;");
	end();
}

static void count(void *user)
{
	++*(int *)user;
}

/* The end is told behind what came before it, and wakes nobody until then. */
static void closed_while_held(void)
{
	int turns = 0;
	struct cpl_turn turn = {.end = count, .user = &turns};
	struct cpl_timer timer = {.fire = stop};
	struct cpl_err e = CPL_ERR_INIT;

	begin();
	serve(OPEN);
	cpl_link_hold(t.link, 1);
	give("<a/>", 4);
	hang_up();
	cpl_loop_turn_add(t.loop, &turn);
	cpl_loop_timer(t.loop, &timer, 10);
	CHECK_INT(cpl_loop_run(t.loop, &e), 0);
	CHECK(turns < 5);
	cpl_loop_turn_remove(t.loop, &turn);
	saw("(stream s1)");
	cpl_link_hold(t.link, 0);
	settle();
	saw("(stream s1)a;closed;");
	ended(CPL_TEMP, "the server closed the connection");
	cpl_link_hold(t.link, 1);
	cpl_link_hold(t.link, 0);
	settle();
	CHECK_INT(t.closed, 1);
	end();
}

static void sent_to_nobody_while_held(void)
{
	begin();
	serve(OPEN);
	cpl_link_hold(t.link, 1);
	hang_up();
	CHECK_INT(t.closed, 0);
	queue("<x/>");
	settle();
	saw("(stream s1)closed;");
	CHECK_INT(t.why.status, CPL_TEMP);
	end();
}

/* --- freeing ------------------------------------------------------------ */

static void freed_from_within(void)
{
	static const char *const cases[][3] = {
	    {"(header)", OPEN "<a/><b/>" CLOSE, "(stream s1)"},
	    {"a", OPEN "<a/><b/>" CLOSE, "(stream s1)a;"},
	    {"a", OPEN "<a/><b></a>", "(stream s1)a;"},
	    {"(closed)", OPEN CLOSE, "(stream s1)closed;"},
	    {"(closed)", OPEN "<a></b>", "(stream s1)closed;"},
	};

	for (size_t i = 0; i < 2 * (sizeof cases / sizeof *cases); i++) {
		begin();
		if (i % 2)
			cpl_link_plain(t.link);
		t.free_at = cases[i / 2][0];
		queue("<x/>");
		serve(cases[i / 2][1]);
		saw(cases[i / 2][2]);
		CHECK(t.link == NULL);
		settle();
		end();
	}
	begin();
	t.free_at = "(closed)";
	hang_up();
	CHECK(t.link == NULL);
	end();
	begin();
	t.free_at = "(closed)";
	close(t.fd);
	t.fd = -1;
	queue("<x/>");
	cpl_link_flush(t.link);
	CHECK(t.link == NULL);
	end();
	cpl_link_free(NULL);
}

static void freed_with_output(void)
{
	begin();
	queue("<x/>");
	cpl_link_free(t.link);
	t.link = NULL;
	settle();
	CHECK_STR(packet(), "");
	saw("");
	end();
}

/* --- the trace ---------------------------------------------------------- */

/* However the server's bytes arrive, no secret is shown, and all else is. */
static void trace_of_what_comes(void)
{
	static const char text[] =
	    OPEN "<challenge xmlns='urn:x' a='>'>c2VjcmV0</challenge>\n"
		 "<m><password>c2VjcmV0</password></m><a>t</a>" CLOSE;
	static const char masked[] =
	    OPEN "<challenge xmlns='urn:x' a='>'>***</challenge>\n"
		 "<m><password>***</password></m><a>t</a>" CLOSE;

	for (size_t n = 0; n < 2 * sizeof text; n++) {
		size_t at = n / 2;

		begin();
		t.log.trace = on_trace;
		if (n % 2)
			cpl_link_plain(t.link);
		give(text, at);
		settle();
		give(text + at, sizeof text - 1 - at);
		settle();
		saw("(stream s1)challenge;m;a;closed;");
		if (!CHECK_STR(t.traced_in.data, masked))
			printf("# cut at %zu, plain %zu\n", at, n % 2);
		end();
	}
}

/* What is cut off by the end of the connection is shown, masked. */
static void trace_of_a_rest(void)
{
	static const char *const rests[][2] = {
	    {"<auth>c2VjcmV0", "<auth>***"},
	    {"<a>text", "<a>text"},
	    {"<a b='", "<a b='"},
	    {"<a></b>", "<a></b>"},
	};
	char text[300];

	for (size_t i = 0; i < sizeof rests / sizeof *rests; i++) {
		begin();
		t.log.trace = on_trace;
		snprintf(text, sizeof text, OPEN "%s", rests[i][0]);
		give(text, strlen(text));
		hang_up();
		CHECK_INT(t.closed, 1);
		snprintf(text, sizeof text, OPEN "%s", rests[i][1]);
		CHECK_STR(t.traced_in.data, text);
		end();
	}
}

static void trace_over_two_streams(void)
{
	begin();
	t.log.trace = on_trace;
	t.open_at = "success";
	serve(OPEN "<success>c2VjcmV0</success>");
	serve(OPEN);
	serve("<success>c2VjcmV0</success>");
	CHECK_STR(t.traced_in.data,
		  OPEN "<success>***</success>" OPEN "<success>***</success>");
	end();
}

static void trace_of_what_goes(void)
{
	begin();
	t.log.trace = on_trace;
	queue("<auth>c2VjcmV0</auth>");
	queue("<a/>");
	CHECK_INT(t.traced_out.len, 0);
	settle();
	CHECK_STR(t.traced_out.data, "<auth>***</auth><a/>");
	queue("<b/>");
	cpl_link_flush(t.link);
	settle();
	CHECK_STR(t.traced_out.data, "<auth>***</auth><a/><b/>");
	end();
}

/* --- TLS ---------------------------------------------------------------- */

static struct {
	SSL_CTX *ctx;
	SSL *ssl;
	char pin[80];
} server;

static const struct cpl_tls_conf any_pin = {
    .domain = "capulet.lit",
    .fingerprint =
	"sha256:"
	"0000000000000000000000000000000000000000000000000000000000000000",
};

static void start_server(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	unsigned char digest[32];

	X509_set_version(x, 2);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, key);
	X509_sign(x, key, EVP_sha256());
	X509_digest(x, EVP_sha256(), digest, NULL);
	memcpy(server.pin, "sha256:", 8);
	for (size_t i = 0; i < sizeof digest; i++)
		snprintf(server.pin + 7 + 2 * i, 3, "%02x", digest[i]);
	server.ctx = SSL_CTX_new(TLS_server_method());
	SSL_CTX_use_certificate(server.ctx, x);
	SSL_CTX_use_PrivateKey(server.ctx, key);
	server.ssl = SSL_new(server.ctx);
	SSL_set_fd(server.ssl, t.fd);
	SSL_set_accept_state(server.ssl);
	X509_free(x);
	EVP_PKEY_free(key);
}

static void stop_server(void)
{
	SSL_free(server.ssl);
	SSL_CTX_free(server.ctx);
}

static void serve_tls(const char *text)
{
	CHECK(SSL_write(server.ssl, text, (int)strlen(text)) > 0);
	settle();
}

/* The next record that the server gets. */
static const char *record(void)
{
	static char text[1000];
	int n = SSL_read(server.ssl, text, sizeof text - 1);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* Through STARTTLS, up to where the handshake is done. */
static void secure(struct cpl_tls_conf *conf)
{
	start_server();
	*conf = any_pin;
	conf->fingerprint = server.pin;
	t.tls = conf;
	t.secure_at = "proceed";
	serve(OPEN PROCEED);
	for (int i = 0; i < 20 && !SSL_is_init_finished(server.ssl); i++) {
		SSL_do_handshake(server.ssl);
		settle();
	}
	settle();
}

static void secured(void)
{
	struct cpl_tls_conf conf;

	begin();
	t.open_at = "(secured)";
	secure(&conf);
	saw("(stream s1)proceed;secured;");
	CHECK(cpl_link_tls(t.link) != NULL);
	serve_tls(OPEN "<a/>");
	saw("(stream s1)proceed;secured;(stream s1)a;");
	/* what one turn sent is one record */
	queue("<x/>");
	queue("<y/>");
	settle();
	CHECK_STR(record(), "<x/><y/>");
	CHECK_STR(record(), "");
	/* many records read, and none left over */
	for (int i = 0; i < 40; i++)
		CHECK(SSL_write(server.ssl, "<b/>", 4) == 4);
	settle();
	CHECK(strstr(seen(), "a;b;b;") != NULL);
	CHECK_INT(t.seen.len, strlen("(stream s1)proceed;secured;(stream s1)"
				     "a;") +
				  80);
	SSL_shutdown(server.ssl);
	settle();
	ended(CPL_TEMP, "the server closed the connection");
	stop_server();
	end();
}

/* Nothing of the clear stream is left after the handshake. */
static void held_and_secured(void)
{
	struct cpl_tls_conf conf;

	begin();
	t.open_at = "(secured)";
	secure(&conf);
	cpl_link_hold(t.link, 1);
	serve_tls(OPEN);
	serve_tls("<a/><b/>");
	saw("(stream s1)proceed;secured;");
	cpl_link_hold(t.link, 0);
	settle();
	saw("(stream s1)proceed;secured;(stream s1)a;b;");
	stop_server();
	end();
}

static void freed_when_secured(void)
{
	struct cpl_tls_conf conf;

	begin();
	t.free_at = "(secured)";
	secure(&conf);
	saw("(stream s1)proceed;secured;");
	CHECK(t.link == NULL);
	stop_server();
	end();
}

static void other_fingerprint(void)
{
	begin();
	start_server();
	t.tls = &any_pin;
	t.secure_at = "proceed";
	serve(OPEN PROCEED);
	for (int i = 0; i < 20 && !t.closed; i++) {
		SSL_do_handshake(server.ssl);
		settle();
	}
	saw("(stream s1)proceed;closed;");
	CHECK_INT(t.why.status, CPL_PROTOCOL);
	CHECK(strstr(t.why.text, "fingerprint") != NULL);
	CHECK(cpl_link_tls(t.link) == NULL);
	stop_server();
	end();
}

/* RFC 6120 5.4.3.3: whoever stands in between cannot put words into the
 * stream that TLS will protect. */
static void bytes_after_proceed(void)
{
	static const char *const behind[] = {"<evil/>", " ", "<", "\n",
					     "\x16\x03\x03"};
	char text[300];

	for (size_t i = 0; i < sizeof behind / sizeof *behind; i++) {
		begin();
		t.tls = &any_pin;
		t.secure_at = "proceed";
		snprintf(text, sizeof text, OPEN PROCEED "%s", behind[i]);
		serve(text);
		saw("(stream s1)proceed;closed;");
		ended(CPL_PROTOCOL, "bytes in clear after <proceed/>: somebody "
				    "in between tampers with the connection");
		end();
	}
}

/* In a packet of their own they are no TLS. */
static void clear_bytes_instead_of_tls(void)
{
	begin();
	t.tls = &any_pin;
	t.secure_at = "proceed";
	serve(OPEN PROCEED);
	CHECK_INT(t.closed, 0);
	serve("<evil/>");
	saw("(stream s1)proceed;closed;");
	CHECK_INT(t.why.status, CPL_PROTOCOL);
	end();
}

static void hung_up_in_the_handshake(void)
{
	begin();
	t.tls = &any_pin;
	t.secure_at = "proceed";
	serve(OPEN PROCEED);
	CHECK(read(t.fd, (char[4096]){0}, 4096) > 0);
	hang_up();
	saw("(stream s1)proceed;closed;");
	CHECK_INT(t.why.status, CPL_TEMP);
	end();
}

/* Nothing is sent in clear once TLS was asked for. */
static void silent_until_secured(void)
{
	char hello[4096];
	ssize_t n;

	begin();
	t.tls = &any_pin;
	t.secure_at = "proceed";
	serve(OPEN PROCEED);
	queue("<secret/>");
	settle();
	cpl_link_flush(t.link);
	n = read(t.fd, hello, sizeof hello);
	/* a ClientHello and not a byte more */
	UNIT_NEED(n > 5);
	CHECK_INT(hello[0], 0x16);
	CHECK_INT(n,
		  5 + ((unsigned char)hello[3] << 8 | (unsigned char)hello[4]));
	CHECK_INT(cpl_link_unsent(t.link), 9);
	end();
}

static void bad_tls_conf(void)
{
	struct cpl_tls_conf conf = any_pin;
	struct cpl_err e = CPL_ERR_INIT;

	begin();
	conf.fingerprint = "sha256:x";
	CHECK_INT(cpl_link_secure(t.link, &conf, &e), -1);
	CHECK_INT(e.status, CPL_USAGE);
	CHECK(cpl_link_tls(t.link) == NULL);
	end();
}

int main(void)
{
	ctx = strophe_mem_ctx(&mem);
	if (!ctx)
		return 1;
	RUN(stream);
	RUN(every_split);
	RUN(opened_anew);
	RUN(language);
	RUN(malformed);
	RUN(too_large);
	RUN(connection_ends);
	RUN(connection_is_reset);
	RUN(one_turn_is_one_write);
	RUN(flushed_at_once);
	RUN(sent_in_the_last_turn);
	RUN(slow_server);
	RUN(out_is_bounded);
	RUN(written_to_nobody);
	RUN(held);
	RUN(held_from_within);
	RUN(closed_while_held);
	RUN(sent_to_nobody_while_held);
	RUN(freed_from_within);
	RUN(freed_with_output);
	RUN(trace_of_what_comes);
	RUN(trace_of_a_rest);
	RUN(trace_over_two_streams);
	RUN(trace_of_what_goes);
	RUN(secured);
	RUN(held_and_secured);
	RUN(freed_when_secured);
	RUN(other_fingerprint);
	RUN(bytes_after_proceed);
	RUN(clear_bytes_instead_of_tls);
	RUN(hung_up_in_the_handshake);
	RUN(silent_until_secured);
	RUN(bad_tls_conf);
	return strophe_mem_end(&mem, ctx);
}
