/* SPDX-License-Identifier: MIT
 *
 * TLS against a server of OpenSSL's in this process, over a socket pair, with
 * certificates made here. */
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../common/net/tls_impl.h"
#include "unit.h"

#define DAY (24L * 60 * 60)
#define SRV_ID "otherName:1.3.6.1.5.5.7.8.7;IA5STRING:"
#define XMPP_ADDR "otherName:1.3.6.1.5.5.7.8.5;UTF8:"

struct cert {
	X509 *x;
	EVP_PKEY *key;
};

/* What one test's certificate and server are. */
struct plan {
	const char *subject; /* common name; "" none */
	const char *names;   /* subjectAltName or NULL */
	const char *usage;   /* extendedKeyUsage or NULL */
	long from, to;       /* seconds from now; 0, 0: valid */
	int self_signed;
	int unknown_ca;
	int via_middle; /* signed by an intermediate that is sent along */
	int ed25519;
	int max_version;
	int alpn; /* the server knows xmpp-client only */
	int ask_client;
};

static struct {
	char dir[64], ca[96], client[96];
	struct cert root, other_root;
} lab;

struct link {
	int fds[2];
	SSL_CTX *ctx;
	SSL *server;
	struct cert cert, middle;
	struct cpl_tls *client;
	struct cpl_err e;
	enum cpl_tls_result result;
};

static void extend(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	X509V3_set_ctx_nodb(&ctx);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	CHECK(ext != NULL);
	if (ext)
		X509_add_ext(x, ext, -1);
	X509_EXTENSION_free(ext);
}

static struct cert make(const struct plan *p, const struct cert *issuer, int ca)
{
	struct cert c;
	X509_NAME *name;
	static long serial = 1;

	c.key = p->ed25519 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
			   : EVP_EC_gen("P-256");
	c.x = X509_new();
	X509_set_version(c.x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(c.x), serial++);
	X509_gmtime_adj(X509_getm_notBefore(c.x), p->from ? p->from : -DAY);
	X509_gmtime_adj(X509_getm_notAfter(c.x), p->to ? p->to : DAY);
	name = X509_get_subject_name(c.x);
	if (*p->subject)
		X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
					   (const unsigned char *)p->subject,
					   -1, -1, 0);
	X509_set_issuer_name(c.x,
			     issuer ? X509_get_subject_name(issuer->x) : name);
	X509_set_pubkey(c.x, c.key);
	if (ca)
		extend(c.x, c.x, NID_basic_constraints, "critical,CA:TRUE");
	if (p->names)
		extend(c.x, c.x, NID_subject_alt_name, p->names);
	if (p->usage)
		extend(c.x, c.x, NID_ext_key_usage, p->usage);
	issuer = issuer ? issuer : &c;
	X509_sign(c.x, issuer->key,
		  EVP_PKEY_get_base_id(issuer->key) == EVP_PKEY_ED25519
		      ? NULL
		      : EVP_sha256());
	return c;
}

static void drop(struct cert *c)
{
	X509_free(c->x);
	EVP_PKEY_free(c->key);
	c->x = NULL;
	c->key = NULL;
}

static int alpn_select(SSL *ssl, const unsigned char **out, unsigned char *len,
		       const unsigned char *in, unsigned in_len, void *arg)
{
	static const unsigned char only[] = "\x0bxmpp-client";

	(void)ssl, (void)arg;
	return SSL_select_next_proto((unsigned char **)out, len, only, 12, in,
				     in_len) == OPENSSL_NPN_NEGOTIATED
		   ? SSL_TLSEXT_ERR_OK
		   : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static void open_server(struct link *l, const struct plan *p)
{
	static const struct plan middle = {.subject = "Middle"};
	const struct cert *issuer = p->unknown_ca ? &lab.other_root : &lab.root;

	if (p->via_middle) {
		struct plan m = middle;

		m.from = p->from;
		m.to = p->to;
		l->middle = make(&m, issuer, 1);
		issuer = &l->middle;
	}
	l->cert = make(p, p->self_signed ? NULL : issuer, 0);
	l->ctx = SSL_CTX_new(TLS_server_method());
	SSL_CTX_use_certificate(l->ctx, l->cert.x);
	SSL_CTX_use_PrivateKey(l->ctx, l->cert.key);
	if (p->via_middle)
		SSL_CTX_add1_chain_cert(l->ctx, l->middle.x);
	if (p->max_version) {
		SSL_CTX_set_min_proto_version(l->ctx, TLS1_VERSION);
		SSL_CTX_set_max_proto_version(l->ctx, p->max_version);
		SSL_CTX_set_cipher_list(l->ctx, "DEFAULT:@SECLEVEL=0");
	}
	if (p->alpn)
		SSL_CTX_set_alpn_select_cb(l->ctx, alpn_select, NULL);
	if (p->ask_client) {
		SSL_CTX_load_verify_locations(l->ctx, lab.ca, NULL);
		SSL_CTX_set_verify(
		    l->ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
		    NULL);
	}
	l->server = SSL_new(l->ctx);
	SSL_set_fd(l->server, l->fds[1]);
	SSL_set_accept_state(l->server);
}

static void pair(struct link *l)
{
	memset(l, 0, sizeof *l);
	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, l->fds),
		  0);
}

static void shut(struct link *l)
{
	cpl_tls_free(l->client);
	SSL_free(l->server);
	SSL_CTX_free(l->ctx);
	drop(&l->cert);
	drop(&l->middle);
	close(l->fds[0]);
	if (l->fds[1] >= 0)
		close(l->fds[1]);
	ERR_clear_error();
}

static void shake(struct link *l)
{
	for (int i = 0; i < 20; i++) {
		l->result = cpl_tls_handshake(l->client, &l->e);
		if (l->result == CPL_TLS_AGAIN)
			CHECK(cpl_tls_wants(l->client) == POLLIN);
		SSL_do_handshake(l->server);
		if (l->result != CPL_TLS_AGAIN)
			return;
	}
}

static const struct cpl_tls_conf *conf_for(struct cpl_tls_conf *c)
{
	memset(c, 0, sizeof *c);
	c->domain = "capulet.lit";
	c->ca_file = lab.ca;
	return c;
}

/* A handshake with such a server; c NULL: the usual configuration. */
static void meet(struct link *l, const struct plan *p,
		 const struct cpl_tls_conf *c)
{
	struct cpl_tls_conf usual;

	pair(l);
	open_server(l, p);
	l->client =
	    cpl_tls_new(c ? c : conf_for(&usual), l->fds[0], NULL, &l->e);
	if (!CHECK(l->client != NULL))
		return;
	shake(l);
}

static void accepted(const struct plan *p, const struct cpl_tls_conf *c)
{
	struct link l;

	meet(&l, p, c);
	if (!CHECK_INT(l.result, CPL_TLS_DONE))
		CHECK_STR(l.e.text, "");
	shut(&l);
}

static void refused(const struct plan *p, const struct cpl_tls_conf *c,
		    const char *text)
{
	struct link l;

	meet(&l, p, c);
	CHECK_INT(l.result, CPL_TLS_FAILED);
	CHECK_INT(l.e.status, CPL_PROTOCOL);
	CHECK_STR(l.e.text, text);
	shut(&l);
}

static void names_that_match(void)
{
	static const char *const names[] = {
	    "DNS:capulet.lit",
	    "DNS:x.lit,DNS:CAPULET.lit",
	    "DNS:x.lit," SRV_ID "_xmpp-client.capulet.lit",
	    SRV_ID "_xmpps-client.Capulet.lit",
	    XMPP_ADDR "capulet.lit",
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		accepted(&(struct plan){.subject = "x.lit", .names = names[i]},
			 NULL);
}

static void names_that_do_not(void)
{
	static const char *const names[][2] = {
	    {"DNS:x.lit", "x.lit"},
	    {"DNS:*.lit", "*.lit"},
	    {"DNS:c*.lit", "c*.lit"},
	    {"DNS:www.capulet.lit", "www.capulet.lit"},
	    {SRV_ID "_xmpp-server.capulet.lit", "_xmpp-server.capulet.lit"},
	    {SRV_ID "_xmpp-client.capulet.lita", "_xmpp-client.capulet.lita"},
	    {XMPP_ADDR "capulet.lit/x", "capulet.lit/x"},
	    {"DNS:a.lit,DNS:b.lit,DNS:c.lit,DNS:d.lit,DNS:e.lit,IP:127.0.0.1",
	     "a.lit, b.lit, c.lit, d.lit and 2 more"},
	    {"IP:::1", "::1"},
	};
	char text[200];

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(text, sizeof text,
			 "certificate of 'CN=x' is for %s, not for capulet.lit",
			 names[i][1]);
		refused(&(struct plan){.subject = "x", .names = names[i][0]},
			NULL, text);
	}
	refused(&(struct plan){.subject = "capulet.lit"}, NULL,
		"certificate of 'CN=capulet.lit' names no domain (a common "
		"name is none), so it is not for capulet.lit");
}

static void wildcards(void)
{
	struct cpl_tls_conf c;

	conf_for(&c);
	c.domain = "chat.capulet.lit";
	accepted(&(struct plan){.subject = "x", .names = "DNS:*.capulet.lit"},
		 &c);
	c.domain = "a.chat.capulet.lit";
	refused(&(struct plan){.subject = "x", .names = "DNS:*.capulet.lit"},
		&c,
		"certificate of 'CN=x' is for *.capulet.lit, not for "
		"a.chat.capulet.lit");
}

static void address_literals(void)
{
	struct cpl_tls_conf c;

	conf_for(&c);
	c.domain = "127.0.0.1";
	accepted(&(struct plan){.subject = "x", .names = "IP:127.0.0.1"}, &c);
	c.domain = "[::1]";
	accepted(&(struct plan){.subject = "x", .names = "IP:::1"}, &c);
	c.domain = "127.0.0.1";
	refused(&(struct plan){.subject = "x", .names = "DNS:127.0.0.1"}, &c,
		"certificate of 'CN=x' is for 127.0.0.1, not for 127.0.0.1");
}

static void unicode_xmpp_addr(void)
{
	struct cpl_tls_conf c;

	conf_for(&c);
	c.domain = "xn--kapultt-gya.lit";
	c.jid_domain = "kapul\xc3\xa9tt.lit";
	/* OpenSSL's generator reads Latin-1 */
	accepted(&(struct plan){.subject = "x",
				.names = XMPP_ADDR "kapul\xe9tt.lit"},
		 &c);
}

static void dates(void)
{
	char text[200], day[20];
	time_t then = time(NULL) - 2 * DAY;
	struct tm tm;

	gmtime_r(&then, &tm);
	strftime(day, sizeof day, "%Y-%m-%d", &tm);
	snprintf(text, sizeof text,
		 "capulet.lit: certificate of 'CN=x' has expired on %s", day);
	refused(&(struct plan){.subject = "x",
			       .names = "DNS:capulet.lit",
			       .from = -9 * DAY,
			       .to = -2 * DAY},
		NULL, text);
	then = time(NULL) + 2 * DAY;
	gmtime_r(&then, &tm);
	strftime(day, sizeof day, "%Y-%m-%d", &tm);
	snprintf(text, sizeof text,
		 "capulet.lit: certificate of 'CN=x' is not valid before %s",
		 day);
	refused(&(struct plan){.subject = "x",
			       .names = "DNS:capulet.lit",
			       .from = 2 * DAY,
			       .to = 9 * DAY},
		NULL, text);
}

static void chains(void)
{
	const struct plan middle = {
	    .subject = "x", .names = "DNS:capulet.lit", .via_middle = 1};

	accepted(&middle, NULL);
	refused(&(struct plan){.subject = "x",
			       .names = "DNS:capulet.lit",
			       .self_signed = 1},
		NULL, "capulet.lit: certificate of 'CN=x' is self-signed");
	refused(&(struct plan){.subject = "x",
			       .names = "DNS:capulet.lit",
			       .unknown_ca = 1},
		NULL,
		"capulet.lit: certificate of 'CN=x' is signed by an unknown "
		"authority 'CN=Other root'");
	refused(&(struct plan){.subject = "x",
			       .names = "DNS:capulet.lit",
			       .usage = "clientAuth"},
		NULL,
		"capulet.lit: certificate of 'CN=x' is not one for a server");
}

/* A terminal obeys none of what a certificate says. */
static void hostile_subject(void)
{
	refused(&(struct plan){.subject = "\x1b[2J\xc2\x9b", .names = NULL},
		NULL,
		"certificate of 'CN=\\1B[2J\\C2\\9B' names no domain (a common "
		"name is none), so it is not for capulet.lit");
}

static void system_authorities_by_variable(void)
{
	struct cpl_tls_conf c;

	conf_for(&c);
	c.ca_file = NULL;
	setenv("SSL_CERT_FILE", lab.ca, 1);
	accepted(&(struct plan){.subject = "x", .names = "DNS:capulet.lit"},
		 &c);
	unsetenv("SSL_CERT_FILE");
	refused(&(struct plan){.subject = "x", .names = "DNS:capulet.lit"}, &c,
		"capulet.lit: certificate of 'CN=x' is signed by an unknown "
		"authority 'CN=Root'");
}

static void fingerprints(void)
{
	unsigned char digest[32];
	char hex[128] = "sha256:", colons[128] = "SHA256:", text[256];
	struct cpl_tls_conf c;
	struct link l;
	const struct plan p = {.subject = "x", .self_signed = 1, .to = -5};

	conf_for(&c);
	c.ca_file = NULL;
	c.fingerprint =
	    "sha256:"
	    "0000000000000000000000000000000000000000000000000000000000000000";
	meet(&l, &p, &c);
	CHECK_INT(l.result, CPL_TLS_FAILED);
	CHECK_INT(l.e.status, CPL_PROTOCOL);
	X509_digest(l.cert.x, EVP_sha256(), digest, NULL);
	for (size_t i = 0; i < 32; i++) {
		snprintf(hex + strlen(hex), 3, "%02x", digest[i]);
		snprintf(colons + strlen(colons), 4, "%s%02X", i ? ":" : "",
			 digest[i]);
	}
	snprintf(text, sizeof text,
		 "capulet.lit: certificate of 'CN=x' has the fingerprint %s, "
		 "not the one asked for",
		 hex);
	CHECK_STR(l.e.text, text);
	/* the same certificate again, pinned: expired, unknown, no name */
	for (int i = 0; i < 2; i++) {
		struct link again;

		pair(&again);
		open_server(&again, &p);
		SSL_free(again.server);
		SSL_CTX_use_certificate(again.ctx, l.cert.x);
		SSL_CTX_use_PrivateKey(again.ctx, l.cert.key);
		again.server = SSL_new(again.ctx);
		SSL_set_fd(again.server, again.fds[1]);
		SSL_set_accept_state(again.server);
		c.fingerprint = i ? colons : hex;
		again.client = cpl_tls_new(&c, again.fds[0], NULL, &again.e);
		shake(&again);
		CHECK_INT(again.result, CPL_TLS_DONE);
		shut(&again);
	}
	shut(&l);
}

static void checks_before_connecting(void)
{
	static const char *const bad[] = {"", "sha256:", "sha256:00", "00",
					  "sha1:00"};
	struct cpl_tls_conf c;
	struct cpl_err e = CPL_ERR_INIT;
	char longer[128];

	conf_for(&c);
	CHECK_INT(cpl_tls_check(&c, &e), 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		c.fingerprint = bad[i];
		e.status = CPL_OK;
		CHECK(cpl_tls_check(&c, &e) < 0);
		CHECK_INT(e.status, CPL_USAGE);
	}
	snprintf(longer, sizeof longer, "sha256:%066d", 0);
	c.fingerprint = longer;
	CHECK(cpl_tls_check(&c, &e) < 0);
	longer[7 + 64] = '\0';
	CHECK_INT(cpl_tls_check(&c, &e), 0);
	longer[7 + 64] = ':';
	longer[7 + 65] = '\0';
	CHECK(cpl_tls_check(&c, &e) < 0);
	c.fingerprint = NULL;
	c.ca_file = "/no/such.pem";
	CHECK(cpl_tls_check(&c, &e) < 0);
	CHECK_INT(e.status, CPL_CONFIG);
	CHECK_STR(e.text, "/no/such.pem: No such file or directory");
	c.ca_file = "/dev/null";
	CHECK(cpl_tls_check(&c, &e) < 0);
	CHECK_STR(e.text, "/dev/null: holds no certificate in PEM form");
	CHECK_INT(ERR_peek_error(), 0);
}

static void client_files(void)
{
	struct cpl_tls_conf c;
	struct cpl_err e = CPL_ERR_INIT;
	char text[300];

	conf_for(&c);
	c.client_cert = lab.client;
	CHECK_INT(cpl_tls_check(&c, &e), 0);
	accepted(&(struct plan){.subject = "x",
				.names = "DNS:capulet.lit",
				.ask_client = 1},
		 &c);
	c.client_key = lab.ca;
	chmod(lab.ca, 0600);
	CHECK(cpl_tls_check(&c, &e) < 0);
	CHECK_INT(e.status, CPL_CONFIG);
	c.client_key = NULL;
	chmod(lab.client, 0644);
	CHECK(cpl_tls_check(&c, &e) < 0);
	CHECK_INT(e.status, CPL_CONFIG);
	snprintf(text, sizeof text,
		 "%s: others can read it and it holds a private key: "
		 "chmod 600 %s",
		 lab.client, lab.client);
	CHECK_STR(e.text, text);
	chmod(lab.client, 0600);
}

/* TLS 1.3 tells the client only after its own handshake is done. */
static void client_certificate_missing(void)
{
	struct link l;
	char byte;
	size_t n;
	const struct plan p = {
	    .subject = "x", .names = "DNS:capulet.lit", .ask_client = 1};

	meet(&l, &p, NULL);
	CHECK_INT(l.result, CPL_TLS_DONE);
	CHECK_INT(cpl_tls_read(l.client, &byte, 1, &n, &l.e), CPL_TLS_FAILED);
	CHECK_INT(l.e.status, CPL_PROTOCOL);
	CHECK(strstr(l.e.text, "capulet.lit: the server ended TLS: ") != NULL);
	shut(&l);
}

static void old_versions(void)
{
	refused(&(struct plan){.subject = "x",
			       .names = "DNS:capulet.lit",
			       .max_version = TLS1_1_VERSION},
		NULL, "capulet.lit: the server has no TLS version from 1.2 on");
}

static void alpn(void)
{
	struct cpl_tls_conf c;
	struct link l;
	const unsigned char *got = NULL;
	unsigned len = 0;

	conf_for(&c);
	c.direct = 1;
	meet(&l,
	     &(struct plan){
		 .subject = "x", .names = "DNS:capulet.lit", .alpn = 1},
	     &c);
	CHECK_INT(l.result, CPL_TLS_DONE);
	SSL_get0_alpn_selected(l.server, &got, &len);
	CHECK(len == 11 && !memcmp(got, "xmpp-client", 11));
	CHECK_STR(SSL_get_servername(l.server, TLSEXT_NAMETYPE_host_name),
		  "capulet.lit");
	shut(&l);
}

static void plain_text_peer(void)
{
	static const char said[] = "<?xml version='1.0'?><stream:stream>";
	struct cpl_tls_conf c;

	for (int direct = 0; direct < 2; direct++) {
		struct link l;

		pair(&l);
		conf_for(&c);
		c.direct = direct;
		l.client = cpl_tls_new(&c, l.fds[0], NULL, &l.e);
		UNIT_NEED(l.client != NULL);
		CHECK_INT(cpl_tls_handshake(l.client, &l.e), CPL_TLS_AGAIN);
		CHECK(write(l.fds[1], said, sizeof said - 1) > 0);
		CHECK_INT(cpl_tls_handshake(l.client, &l.e), CPL_TLS_FAILED);
		CHECK_INT(l.e.status, CPL_PROTOCOL);
		CHECK_STR(l.e.text,
			  direct ? "capulet.lit: does not speak TLS here (is "
				   "it a STARTTLS port?)"
				 : "capulet.lit: does not speak TLS here");
		shut(&l);
	}
}

/* Where the server is quick, one call sends the ClientHello and reads the first
 * records: what comes next (ChangeCipherSpec here) is not the first one. */
static void quick_server(void)
{
	struct link l;
	struct cpl_tls_conf c;

	pair(&l);
	open_server(&l, &(struct plan){.subject = "x",
				       .names = "DNS:capulet.lit",
				       .max_version = TLS1_2_VERSION});
	l.client = cpl_tls_new(conf_for(&c), l.fds[0], NULL, &l.e);
	UNIT_NEED(l.client != NULL);
	CHECK_INT(cpl_tls_handshake(l.client, &l.e), CPL_TLS_AGAIN);
	CHECK(SSL_do_handshake(l.server) != 1);
	CHECK(SSL_do_handshake(l.client->ssl) != 1); /* of the call above */
	CHECK_INT(SSL_do_handshake(l.server), 1);
	CHECK_INT(cpl_tls_handshake(l.client, &l.e), CPL_TLS_DONE);
	shut(&l);
}

static void broken_connections(void)
{
	struct link l;
	struct cpl_tls_conf c;

	for (int late = 0; late < 2; late++) {
		pair(&l);
		open_server(&l, &(struct plan){.subject = "x",
					       .names = "DNS:capulet.lit"});
		l.client = cpl_tls_new(conf_for(&c), l.fds[0], NULL, &l.e);
		UNIT_NEED(l.client != NULL);
		CHECK_INT(cpl_tls_handshake(l.client, &l.e), CPL_TLS_AGAIN);
		if (late) /* ServerHello and half of the rest */
			CHECK(write(l.fds[1], "\x16\x03\x03\x00\x40\x02", 6) ==
			      6);
		else {
			char hello[8192];

			CHECK(read(l.fds[1], hello, sizeof hello) > 0);
		}
		close(l.fds[1]);
		l.fds[1] = -1;
		CHECK_INT(cpl_tls_handshake(l.client, &l.e), CPL_TLS_FAILED);
		CHECK_INT(l.e.status, CPL_TEMP);
		/* the unread ClientHello turns the end into a reset */
		CHECK_STR(l.e.text,
			  late ? "capulet.lit: Connection reset by peer"
			       : "capulet.lit: the server closed the "
				 "connection");
		cpl_tls_shutdown(l.client);
		shut(&l);
	}
}

static void data_both_ways(void)
{
	static char big[300000], got[300000];
	struct link l;
	size_t sent = 0, received = 0, n;
	enum cpl_tls_result rc;

	for (size_t i = 0; i < sizeof big; i++)
		big[i] = (char)('a' + i % 26);
	meet(&l, &(struct plan){.subject = "x", .names = "DNS:capulet.lit"},
	     NULL);
	UNIT_NEED(l.result == CPL_TLS_DONE);
	CHECK_INT(cpl_tls_version_number(l.client), TLS1_3_VERSION);
	CHECK_INT(cpl_tls_read(l.client, got, 1, &n, &l.e), CPL_TLS_AGAIN);
	CHECK_INT(cpl_tls_wants(l.client), POLLIN);
	while (sent < sizeof big) {
		rc = cpl_tls_write(l.client, big + sent, sizeof big - sent, &n,
				   &l.e);
		if (rc == CPL_TLS_DONE) {
			sent += n;
			continue;
		}
		UNIT_NEED(rc == CPL_TLS_AGAIN);
		CHECK_INT(cpl_tls_wants(l.client), POLLOUT);
		while (SSL_read_ex(l.server, got + received,
				   sizeof got - received, &n))
			received += n;
	}
	while (received < sizeof got &&
	       SSL_read_ex(l.server, got + received, sizeof got - received, &n))
		received += n;
	CHECK_INT(received, sizeof got);
	CHECK(!memcmp(big, got, sizeof big));

	CHECK(SSL_write_ex(l.server, "0123456789", 10, &n));
	CHECK_INT(cpl_tls_read(l.client, got, 4, &n, &l.e), CPL_TLS_DONE);
	CHECK_INT(n, 4);
	CHECK_INT(cpl_tls_read(l.client, got, 6, &n, &l.e), CPL_TLS_DONE);
	SSL_shutdown(l.server);
	CHECK_INT(cpl_tls_read(l.client, got, 6, &n, &l.e), CPL_TLS_EOF);
	cpl_tls_shutdown(l.client);
	CHECK_INT(SSL_shutdown(l.server), 1);
	shut(&l);
}

static void endings(void)
{
	struct link l;
	char byte;
	size_t n;

	meet(&l, &(struct plan){.subject = "x", .names = "DNS:capulet.lit"},
	     NULL);
	UNIT_NEED(l.result == CPL_TLS_DONE);
	close(l.fds[1]); /* without close_notify */
	l.fds[1] = -1;
	CHECK_INT(cpl_tls_read(l.client, &byte, 1, &n, &l.e), CPL_TLS_EOF);
	CHECK_INT(cpl_tls_write(l.client, "x", 1, &n, &l.e), CPL_TLS_FAILED);
	CHECK_INT(ERR_peek_error(), 0);
	shut(&l);

	meet(&l, &(struct plan){.subject = "x", .names = "DNS:capulet.lit"},
	     NULL);
	UNIT_NEED(l.result == CPL_TLS_DONE);
	CHECK(write(l.fds[1], "<stream:error/>", 15) == 15);
	CHECK_INT(cpl_tls_read(l.client, &byte, 1, &n, &l.e), CPL_TLS_FAILED);
	CHECK_INT(l.e.status, CPL_PROTOCOL);
	shut(&l);
}

/* Both ends come to the same bytes, and no other connection does. */
static void bindings_of(int version)
{
	struct link l, m;
	unsigned char ours[64], theirs[64], again[64];
	const struct plan p = {
	    .subject = "x", .names = "DNS:capulet.lit", .max_version = version};
	unsigned n = 0;

	meet(&l, &p, NULL);
	meet(&m, &p, NULL);
	CHECK_INT(cpl_tls_version_number(l.client),
		  version == TLS1_2_VERSION ? TLS1_2_VERSION : TLS1_3_VERSION);
	CHECK_INT(cpl_tls_binding(l.client, CPL_BIND_EXPORTER, ours), 32);
	CHECK_INT(cpl_tls_binding(m.client, CPL_BIND_EXPORTER, again), 32);
	CHECK_INT(SSL_export_keying_material(l.server, theirs, 32,
					     "EXPORTER-Channel-Binding", 24,
					     (const unsigned char *)"", 0, 1),
		  1);
	CHECK(!memcmp(ours, theirs, 32));
	CHECK(memcmp(ours, again, 32) != 0);
	CHECK_INT(cpl_tls_binding(l.client, CPL_BIND_END_POINT, ours), 32);
	X509_digest(l.cert.x, EVP_sha256(), theirs, &n);
	CHECK_INT(n, 32);
	CHECK(!memcmp(ours, theirs, 32));
	CHECK_INT(cpl_tls_binding(l.client, CPL_BIND_NONE, ours), -1);
	CHECK_INT(cpl_tls_version_number(l.client), version);
	if (version == TLS1_2_VERSION) {
		n = (unsigned)SSL_get_peer_finished(l.server, theirs, 64);
		CHECK_INT(n, 12);
		CHECK_INT(cpl_tls_binding(l.client, CPL_BIND_UNIQUE, ours), n);
		CHECK_INT(cpl_tls_binding(m.client, CPL_BIND_UNIQUE, again), n);
		CHECK(!memcmp(ours, theirs, n));
		CHECK(memcmp(ours, again, n) != 0);
	} else {
		CHECK_INT(cpl_tls_binding(l.client, CPL_BIND_UNIQUE, ours), -1);
	}
	shut(&l);
	shut(&m);
}

static void bindings_1_2(void)
{
	bindings_of(TLS1_2_VERSION);
}

static void bindings_1_3(void)
{
	bindings_of(TLS1_3_VERSION);
}

static void bindings_not_there(void)
{
	struct link l;
	struct cpl_tls_conf c;
	unsigned char out[64];

	/* without extended master secret */
	pair(&l);
	open_server(&l, &(struct plan){.subject = "x",
				       .names = "DNS:capulet.lit",
				       .max_version = TLS1_2_VERSION});
	SSL_set_options(l.server, SSL_OP_NO_EXTENDED_MASTER_SECRET);
	l.client = cpl_tls_new(conf_for(&c), l.fds[0], NULL, &l.e);
	CHECK_INT(cpl_tls_binding(l.client, CPL_BIND_EXPORTER, out), -1);
	shake(&l);
	CHECK_INT(l.result, CPL_TLS_DONE);
	CHECK_INT(cpl_tls_binding(l.client, CPL_BIND_EXPORTER, out), -1);
	CHECK_INT(cpl_tls_binding(l.client, CPL_BIND_UNIQUE, out), -1);
	CHECK_INT(cpl_tls_binding(l.client, CPL_BIND_END_POINT, out), 32);
	shut(&l);

	/* a signature without a hash of its own */
	conf_for(&c);
	meet(&l,
	     &(struct plan){.subject = "x",
			    .names = "DNS:capulet.lit",
			    .self_signed = 1,
			    .ed25519 = 1},
	     NULL);
	CHECK_INT(l.result, CPL_TLS_FAILED);
	{
		char pin[80] = "sha256:";
		unsigned char digest[32];
		struct link m;

		X509_digest(l.cert.x, EVP_sha256(), digest, NULL);
		for (size_t i = 0; i < 32; i++)
			snprintf(pin + strlen(pin), 3, "%02x", digest[i]);
		c.fingerprint = pin;
		pair(&m);
		m.ctx = SSL_CTX_new(TLS_server_method());
		SSL_CTX_use_certificate(m.ctx, l.cert.x);
		SSL_CTX_use_PrivateKey(m.ctx, l.cert.key);
		m.server = SSL_new(m.ctx);
		SSL_set_fd(m.server, m.fds[1]);
		SSL_set_accept_state(m.server);
		m.client = cpl_tls_new(&c, m.fds[0], NULL, &m.e);
		shake(&m);
		CHECK_INT(m.result, CPL_TLS_DONE);
		CHECK_INT(cpl_tls_binding(m.client, CPL_BIND_END_POINT, out),
			  -1);
		CHECK_INT(cpl_tls_binding(m.client, CPL_BIND_EXPORTER, out),
			  32);
		shut(&m);
	}
	shut(&l);
}

static void write_pem(const char *path, const struct cert *c, int with_key)
{
	FILE *f = fopen(path, "w");

	if (!CHECK(f != NULL))
		return;
	PEM_write_X509(f, c->x);
	if (with_key)
		PEM_write_PrivateKey(f, c->key, NULL, NULL, 0, NULL, NULL);
	fclose(f);
	chmod(path, 0600);
}

static int open_lab(void)
{
	const char *tmp = getenv("TMPDIR");
	struct cert client;

	snprintf(lab.dir, sizeof lab.dir, "%.40s/cpl-tls-XXXXXX",
		 tmp ? tmp : "/tmp");
	if (!mkdtemp(lab.dir))
		return -1;
	snprintf(lab.ca, sizeof lab.ca, "%s/ca.pem", lab.dir);
	snprintf(lab.client, sizeof lab.client, "%s/client.pem", lab.dir);
	lab.root = make(&(struct plan){.subject = "Root"}, NULL, 1);
	lab.other_root = make(&(struct plan){.subject = "Other root"}, NULL, 1);
	client = make(&(struct plan){.subject = "romeo"}, &lab.root, 0);
	write_pem(lab.ca, &lab.root, 0);
	write_pem(lab.client, &client, 1);
	drop(&client);
	return 0;
}

static void close_lab(void)
{
	drop(&lab.root);
	drop(&lab.other_root);
	unlink(lab.ca);
	unlink(lab.client);
	rmdir(lab.dir);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	unsetenv("SSL_CERT_FILE");
	unsetenv("SSL_CERT_DIR");
	if (open_lab() < 0) {
		perror("mkdtemp");
		return 1;
	}
	RUN(names_that_match);
	RUN(names_that_do_not);
	RUN(wildcards);
	RUN(address_literals);
	RUN(unicode_xmpp_addr);
	RUN(dates);
	RUN(chains);
	RUN(hostile_subject);
	RUN(system_authorities_by_variable);
	RUN(fingerprints);
	RUN(checks_before_connecting);
	RUN(client_files);
	RUN(client_certificate_missing);
	RUN(old_versions);
	RUN(alpn);
	RUN(plain_text_peer);
	RUN(quick_server);
	RUN(broken_connections);
	RUN(data_both_ways);
	RUN(endings);
	RUN(bindings_1_2);
	RUN(bindings_1_3);
	RUN(bindings_not_there);
	close_lab();
	return unit_end();
}
