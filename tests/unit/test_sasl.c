/* SPDX-License-Identifier: MIT */
#include "../../common/stream/sasl.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

#include "../../common/base/limits.h"
#include "unit.h"

/* Who logs in, over what. */
static struct cpl_sasl_conf romeo(const char *password)
{
	struct cpl_sasl_conf c = {
	    .local = "romeo",
	    .bare = "romeo@montague.lit",
	    .password = password,
	    .password_len = password ? strlen(password) : 0,
	    .channel = {.verified = 1,
			.version = 0x0304,
			.exporter_len = 32,
			.end_point_len = 32},
	};

	memset(c.channel.exporter, 'x', 32);
	memset(c.channel.end_point, 'e', 32);
	return c;
}

/* The mechanism chosen and the beginning of its first message: "NAME gs2" for
 * SCRAM, "NAME" for others; or "-" and e. */
static void chosen(const struct cpl_sasl_conf *conf, const char *mechanisms,
		   const char *bindings, char out[80], struct cpl_err *e)
{
	struct cpl_sasl_offer offer = {.mechanisms = mechanisms,
				       .bindings = bindings};
	struct cpl_sasl *s = cpl_sasl_new(conf, &offer, e);
	struct cpl_buf first = CPL_BUF_SECRET_INIT(16384);
	const char *end;

	snprintf(out, 80, "-");
	if (!s)
		return;
	CHECK_INT(cpl_sasl_start(s, &first, e), 0);
	snprintf(out, 80, "%s", cpl_sasl_name(s));
	if (strncmp(out, "SCRAM", 5) == 0) {
		end = strstr(first.data, ",,");
		CHECK(end != NULL);
		snprintf(out, 80, "%s %.*s", cpl_sasl_name(s),
			 end ? (int)(end - first.data) : 0, first.data);
	}
	cpl_buf_release(&first);
	cpl_sasl_free(s);
}

static void is_chosen(const struct cpl_sasl_conf *conf, const char *mechanisms,
		      const char *bindings, const char *expected)
{
	struct cpl_err e = CPL_ERR_INIT;
	char name[80];

	chosen(conf, mechanisms, bindings, name, &e);
	if (!CHECK_STR(name, expected))
		printf("# of '%s', bindings '%s'\n", mechanisms,
		       bindings ? bindings : "not said");
	if (*expected != '-')
		CHECK_INT(e.status, CPL_OK);
}

static void none_chosen(const struct cpl_sasl_conf *conf,
			const char *mechanisms, const char *text)
{
	struct cpl_err e = CPL_ERR_INIT;
	char name[80];

	chosen(conf, mechanisms, NULL, name, &e);
	CHECK_STR(name, "-");
	CHECK_INT(e.status, CPL_UNAVAILABLE);
	CHECK_STR(e.text, text);
}

/* Of all that can be done the first is taken, wherever it stands in the offer,
 * then the offer without it. */
static void preference(void)
{
	static const char *const order[] = {
	    "EXTERNAL",           "SCRAM-SHA-512-PLUS",
	    "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS",
	    "SCRAM-SHA-512",      "SCRAM-SHA-256",
	    "SCRAM-SHA-1",        "PLAIN",
	};
	enum { N = sizeof order / sizeof *order };
	struct cpl_sasl_conf c = romeo("x");

	c.have_cert = 1;
	for (size_t first = 0; first < N; first++) {
		char up[200] = "", down[200] = "ANONYMOUS X-OAUTH2 ";
		char expected[80];
		size_t n = 0, m = strlen(down);

		for (size_t i = first; i < N; i++)
			n += (size_t)snprintf(up + n, sizeof up - n, "%s ",
					      order[i]);
		for (size_t i = N; i-- > first;)
			m += (size_t)snprintf(down + m, sizeof down - m, "%s ",
					      order[i]);
		snprintf(expected, sizeof expected, "%s%s", order[first],
			 first == 0   ? ""
			 : first <= 3 ? " p=tls-exporter"
			 : first <= 6 ? " y"
				      : "");
		is_chosen(&c, up, NULL, expected);
		is_chosen(&c, down, NULL, expected);
	}
}

static void names_are_whole(void)
{
	struct cpl_sasl_conf c = romeo("x");

	is_chosen(&c, "XSCRAM-SHA-1 PLAIN ", NULL, "PLAIN");
	is_chosen(&c, "SCRAM-SHA-1X PLAIN ", NULL, "PLAIN");
	is_chosen(&c, "SCRAM-SHA-1-PLU PLAIN ", NULL, "PLAIN");
	is_chosen(&c, "scram-sha-1 PLAIN ", NULL, "PLAIN");
	is_chosen(&c, "PLAIN SCRAM-SHA-1 ", NULL, "SCRAM-SHA-1 y");
	/* the offer of -PLUS alone is none of what has no binding */
	c.channel.exporter_len = c.channel.end_point_len = -1;
	is_chosen(&c, "SCRAM-SHA-1-PLUS ", NULL, "-");
}

/* Which type is bound to, by what the connection has and the server names. */
static void binding_types(void)
{
	static const struct {
		int exporter, end_point;
		const char *named, *expected;
	} cases[] = {
	    {32, 32, NULL, "SCRAM-SHA-1-PLUS p=tls-exporter"},
	    {32, -1, NULL, "SCRAM-SHA-1-PLUS p=tls-exporter"},
	    {-1, 32, NULL, "SCRAM-SHA-1-PLUS p=tls-server-end-point"},
	    {-1, -1, NULL, "SCRAM-SHA-1 n"},
	    {0, 0, NULL, "SCRAM-SHA-1 n"},
	    {32, 32, "tls-exporter tls-server-end-point ",
	     "SCRAM-SHA-1-PLUS p=tls-exporter"},
	    {32, 32, "tls-server-end-point tls-exporter ",
	     "SCRAM-SHA-1-PLUS p=tls-exporter"},
	    {32, 32, "tls-server-end-point ",
	     "SCRAM-SHA-1-PLUS p=tls-server-end-point"},
	    {32, -1, "tls-server-end-point ", "SCRAM-SHA-1 n"},
	    {-1, 32, "tls-exporter ", "SCRAM-SHA-1 n"},
	    {-1, 32, "tls-exporter tls-server-end-point ",
	     "SCRAM-SHA-1-PLUS p=tls-server-end-point"},
	    {32, 32, "tls-unique ", "SCRAM-SHA-1 n"},
	    {32, 32, "", "SCRAM-SHA-1 n"},
	    {32, 32, "tls-exporter-2 ", "SCRAM-SHA-1 n"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct cpl_sasl_conf c = romeo("x");

		c.channel.exporter_len = cases[i].exporter;
		c.channel.end_point_len = cases[i].end_point;
		is_chosen(&c, "SCRAM-SHA-1 SCRAM-SHA-1-PLUS ", cases[i].named,
			  cases[i].expected);
	}
}

/* RFC 5802 6: "y" only if we could bind and the server offers no -PLUS at
 * all, so that one that was taken out of the offer is noticed. */
static void flags(void)
{
	static const struct {
		int verified, exporter, end_point;
		const char *mechanisms, *expected;
	} cases[] = {
	    {1, 32, 32, "SCRAM-SHA-1 ", "SCRAM-SHA-1 y"},
	    {1, -1, 32, "SCRAM-SHA-1 ", "SCRAM-SHA-1 y"},
	    {1, 32, -1, "SCRAM-SHA-1 ", "SCRAM-SHA-1 y"},
	    {1, -1, -1, "SCRAM-SHA-1 ", "SCRAM-SHA-1 n"},
	    {0, -1, -1, "SCRAM-SHA-1 ", "SCRAM-SHA-1 n"},
	    {1, -1, -1, "SCRAM-SHA-1 SCRAM-SHA-1-PLUS ", "SCRAM-SHA-1 n"},
	    {1, 32, 32, "SCRAM-SHA-512 SCRAM-SHA-1-PLUS ",
	     "SCRAM-SHA-1-PLUS p=tls-exporter"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct cpl_sasl_conf c = romeo("x");

		c.channel.verified = cases[i].verified;
		c.channel.exporter_len = cases[i].exporter;
		c.channel.end_point_len = cases[i].end_point;
		is_chosen(&c, cases[i].mechanisms, NULL, cases[i].expected);
	}
}

static void plain_over_verified_tls_alone(void)
{
	struct cpl_sasl_conf c = romeo("x");

	is_chosen(&c, "PLAIN ", NULL, "PLAIN");
	c.channel.verified = 0;
	none_chosen(&c, "PLAIN ",
		    "no usable way to log in; the server offers: PLAIN (PLAIN "
		    "is used over verified TLS only)");
	none_chosen(&c, "X-OAUTH2 PLAIN ANONYMOUS ",
		    "no usable way to log in; the server offers: X-OAUTH2 "
		    "PLAIN ANONYMOUS (PLAIN is used over verified TLS only)");
	is_chosen(&c, "PLAIN SCRAM-SHA-256 ", NULL, "SCRAM-SHA-256 n");
}

static void external_with_certificate_alone(void)
{
	struct cpl_sasl_conf c = romeo("x");

	is_chosen(&c, "EXTERNAL PLAIN ", NULL, "PLAIN");
	none_chosen(&c, "EXTERNAL ",
		    "no usable way to log in; the server offers: EXTERNAL");
	c.have_cert = 1;
	is_chosen(&c, "PLAIN EXTERNAL ", NULL, "EXTERNAL");
	c.password = NULL;
	c.password_len = 0;
	is_chosen(&c, "PLAIN EXTERNAL ", NULL, "EXTERNAL");
	none_chosen(&c, "PLAIN SCRAM-SHA-1 ",
		    "no usable way to log in; the server offers: PLAIN "
		    "SCRAM-SHA-1 (and there is no password)");
}

static void anonymous_without_user_alone(void)
{
	struct cpl_sasl_conf c = romeo(NULL);

	none_chosen(&c, "ANONYMOUS ",
		    "no usable way to log in; the server offers: ANONYMOUS "
		    "(and there is no password)");
	c.local = NULL;
	c.bare = "montague.lit";
	is_chosen(&c, "PLAIN SCRAM-SHA-1 ANONYMOUS ", NULL, "ANONYMOUS");
	c.channel.verified = 0;
	is_chosen(&c, "ANONYMOUS ", NULL, "ANONYMOUS");
	c.password = "x";
	c.password_len = 1;
	is_chosen(&c, "PLAIN SCRAM-SHA-1 ANONYMOUS ", NULL, "ANONYMOUS");
	none_chosen(&c, "SCRAM-SHA-1 ",
		    "no usable way to log in; the server offers: SCRAM-SHA-1");
}

static void nothing_offered(void)
{
	struct cpl_sasl_conf c = romeo("x");

	none_chosen(&c, "", "the server offers no way to log in");
	none_chosen(&c, "X-OAUTH2 DIGEST-MD5 ",
		    "no usable way to log in; the server offers: X-OAUTH2 "
		    "DIGEST-MD5");
}

/* --- exchanges ---------------------------------------------------------- */

static struct cpl_sasl *start(const struct cpl_sasl_conf *c,
			      const char *mechanisms, struct cpl_buf *out)
{
	struct cpl_sasl_offer offer = {.mechanisms = mechanisms};
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_sasl *s = cpl_sasl_new(c, &offer, &e);

	cpl_buf_init(out, 16384);
	CHECK_STR(e.text, "");
	if (CHECK(s != NULL))
		CHECK_INT(cpl_sasl_start(s, out, &e), 0);
	return s;
}

/* RFC 4616 2, without an authorization identity. */
static void plain(void)
{
	struct cpl_sasl_conf c = romeo("pencil");
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_buf out;
	struct cpl_sasl *s = start(&c, "PLAIN ", &out);

	UNIT_NEED(s != NULL);
	CHECK_INT(out.len, 13);
	CHECK(!memcmp(out.data, "\0romeo\0pencil", 13));
	CHECK_INT(cpl_sasl_step(s, "", 0, &out, &e), -1);
	CHECK_INT(e.status, CPL_PROTOCOL);
	CHECK_STR(e.text, "PLAIN: unexpected challenge");
	CHECK_INT(cpl_sasl_success(s, NULL, 0, &e), 0);
	cpl_buf_release(&out);
	cpl_sasl_free(s);
}

static void external(void)
{
	struct cpl_sasl_conf c = romeo(NULL);
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_buf out;
	struct cpl_sasl *s;

	c.have_cert = 1;
	s = start(&c, "EXTERNAL ", &out);
	UNIT_NEED(s != NULL);
	CHECK_STR(out.data, "romeo@montague.lit");
	CHECK_INT(cpl_sasl_success(s, NULL, 0, &e), 0);
	CHECK_INT(cpl_sasl_step(s, "x", 1, &out, &e), -1);
	CHECK_STR(e.text, "EXTERNAL: unexpected challenge");
	cpl_buf_release(&out);
	cpl_sasl_free(s);
}

static void anonymous(void)
{
	struct cpl_sasl_conf c = romeo(NULL);
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_buf out;
	struct cpl_sasl *s;

	c.local = NULL;
	s = start(&c, "ANONYMOUS ", &out);
	UNIT_NEED(s != NULL);
	CHECK_INT(out.len, 0);
	CHECK_INT(cpl_sasl_success(s, NULL, 0, &e), 0);
	cpl_buf_release(&out);
	cpl_sasl_free(s);
}

/* The server's part of SCRAM, played by our own code: its first message, and
 * the final one that it would send. client is what the client sent first. */
static void server_side(const struct cpl_buf *client, const char *hash,
			const char *password, char *first, char *last)
{
	const char *nonce = strstr(client->data, ",r=") + 3;
	unsigned char salted[64], key[64], sig[64];
	const EVP_MD *md = EVP_get_digestbyname(hash);
	size_t size = (size_t)EVP_MD_get_size(md);
	char auth[1024];
	unsigned n;

	snprintf(first, 200, "r=%sXYZ,s=c2FsdA==,i=4096", nonce);
	snprintf(auth, sizeof auth, "%s,%s,c=biws,r=%sXYZ", client->data + 3,
		 first, nonce);
	PKCS5_PBKDF2_HMAC(password, (int)strlen(password),
			  (const unsigned char *)"salt", 4, 4096, md, (int)size,
			  salted);
	HMAC(md, salted, (int)size, (const unsigned char *)"Server Key", 10,
	     key, &n);
	HMAC(md, key, (int)size, (const unsigned char *)auth, strlen(auth), sig,
	     &n);
	memcpy(last, "v=", 2);
	EVP_EncodeBlock((unsigned char *)last + 2, sig, (int)size);
}

/* A started SCRAM-SHA-256 without binding, and the server's two messages. */
static struct cpl_sasl *scram(const char *password, const char *server_has,
			      char first[200], char last[200])
{
	struct cpl_sasl_conf c = romeo(password);
	struct cpl_buf out;
	struct cpl_sasl *s;

	c.channel.exporter_len = c.channel.end_point_len = -1;
	s = start(&c, "SCRAM-SHA-256 ", &out);
	if (s) {
		CHECK(!strncmp(out.data, "n,,n=romeo,r=", 13));
		CHECK_INT(out.len, 13 + 32);
		server_side(&out, "SHA256", server_has, first, last);
	}
	cpl_buf_release(&out);
	return s;
}

static void scram_by_success(void)
{
	char first[200], last[200];
	struct cpl_sasl *s = scram("pencil", "pencil", first, last);
	struct cpl_buf out = CPL_BUF_INIT(1000);
	struct cpl_err e = CPL_ERR_INIT;

	UNIT_NEED(s != NULL);
	CHECK_INT(cpl_sasl_step(s, first, strlen(first), &out, &e), 0);
	CHECK(!strncmp(out.data, "c=biws,r=", 9));
	CHECK_INT(cpl_sasl_success(s, last, strlen(last), &e), 0);
	CHECK_STR(e.text, "");
	cpl_buf_release(&out);
	cpl_sasl_free(s);
}

/* RFC 6120 6.3.7: or as a challenge, answered by nothing. */
static void scram_by_challenge(void)
{
	char first[200], last[200];
	struct cpl_sasl *s = scram("pencil", "pencil", first, last);
	struct cpl_buf out = CPL_BUF_INIT(1000);
	struct cpl_err e = CPL_ERR_INIT;

	UNIT_NEED(s != NULL);
	CHECK_INT(cpl_sasl_step(s, first, strlen(first), &out, &e), 0);
	cpl_buf_truncate(&out, 0);
	CHECK_INT(cpl_sasl_step(s, last, strlen(last), &out, &e), 0);
	CHECK_INT(out.len, 0);
	CHECK_INT(cpl_sasl_success(s, NULL, 0, &e), 0);
	CHECK_INT(cpl_sasl_step(s, last, strlen(last), &out, &e), -1);
	CHECK_INT(e.status, CPL_PROTOCOL);
	CHECK_STR(e.text, "SCRAM-SHA-256: unexpected challenge");
	cpl_buf_release(&out);
	cpl_sasl_free(s);
}

/* Success is believed only with the server's proof. */
static void scram_unproved(void)
{
	char first[200], last[200];
	struct cpl_buf out = CPL_BUF_INIT(1000);
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_sasl *s = scram("pencil", "crayon", first, last);

	UNIT_NEED(s != NULL);
	CHECK_INT(cpl_sasl_success(s, NULL, 0, &e), -1);
	CHECK_INT(e.status, CPL_PROTOCOL);
	CHECK_INT(cpl_sasl_success(s, last, strlen(last), &e), -1);
	CHECK_INT(cpl_sasl_step(s, first, strlen(first), &out, &e), 0);
	CHECK_INT(cpl_sasl_success(s, NULL, 0, &e), -1);
	CHECK_INT(e.status, CPL_PROTOCOL);
	CHECK_STR(e.text, "SCRAM: the server's signature is missing");
	CHECK_INT(cpl_sasl_success(s, last, strlen(last), &e), -1);
	CHECK_INT(e.status, CPL_PROTOCOL);
	CHECK_INT(cpl_sasl_step(s, last, strlen(last), &out, &e), -1);
	CHECK_INT(e.status, CPL_PROTOCOL);
	CHECK_INT(cpl_sasl_success(s, NULL, 0, &e), -1);
	cpl_buf_release(&out);
	cpl_sasl_free(s);
}

/* A challenge that is wrong ends it: the next one is no second try. */
static void scram_one_try(void)
{
	char first[200], last[200];
	struct cpl_buf out = CPL_BUF_INIT(1000);
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_sasl *s = scram("pencil", "pencil", first, last);

	UNIT_NEED(s != NULL);
	CHECK_INT(cpl_sasl_step(s, "r=x", 3, &out, &e), -1);
	CHECK_INT(e.status, CPL_PROTOCOL);
	CHECK_INT(cpl_sasl_step(s, first, strlen(first), &out, &e), -1);
	cpl_buf_release(&out);
	cpl_sasl_free(s);
}

/* printf SCRAM-SHA-256 | openssl dgst -sha256 -binary | base64 */
#define HASH_OF_256 "5IlFKz4VKe4+I01or1SYZH07/h8E/JKh4/0iRkqB2IY="

/* XEP-0474: it is this offer that is proved. */
static void offer_proved(void)
{
	static const struct {
		const char *offer, *h;
		int result;
	} cases[] = {
	    {"SCRAM-SHA-256 ", ",h=" HASH_OF_256, 0},
	    {"PLAIN SCRAM-SHA-256 ", ",h=" HASH_OF_256, -1},
	    {"SCRAM-SHA-256 ", "", 0},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct cpl_sasl_conf c = romeo("pencil");
		struct cpl_err e = CPL_ERR_INIT;
		struct cpl_buf out;
		struct cpl_sasl *s = start(&c, cases[i].offer, &out);
		char first[300], last[200];

		UNIT_NEED(s != NULL);
		server_side(&out, "SHA256", "pencil", first, last);
		snprintf(first + strlen(first), sizeof first - strlen(first),
			 "%s", cases[i].h);
		CHECK_INT(cpl_sasl_proved(s), 0);
		CHECK_INT(cpl_sasl_step(s, first, strlen(first), &out, &e),
			  cases[i].result);
		CHECK_INT(cpl_sasl_proved(s),
			  cases[i].result == 0 && *cases[i].h);
		cpl_buf_release(&out);
		cpl_sasl_free(s);
	}
}

/* XEP-0515: the version is that of the connection, 0000 without TLS. */
static void version_of_tls(void)
{
	static const struct {
		int version, result;
		const char *t;
	} cases[] = {
	    {0x0304, 0, ",t=0304"},  {0x0303, 0, ",t=0303"},
	    {0x0304, -1, ",t=0303"}, {0x0303, -1, ",t=0304"},
	    {0, -1, ",t=0304"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct cpl_sasl_conf c = romeo("pencil");
		struct cpl_err e = CPL_ERR_INIT;
		struct cpl_buf out;
		struct cpl_sasl *s;
		char first[300], last[200];

		c.channel.version = cases[i].version;
		s = start(&c, "SCRAM-SHA-256 ", &out);
		UNIT_NEED(s != NULL);
		server_side(&out, "SHA256", "pencil", first, last);
		snprintf(first + strlen(first), sizeof first - strlen(first),
			 "%s", cases[i].t);
		CHECK_INT(cpl_sasl_step(s, first, strlen(first), &out, &e),
			  cases[i].result);
		cpl_buf_release(&out);
		cpl_sasl_free(s);
	}
}

/* No other mechanism proves it. */
static void plain_proves_nothing(void)
{
	struct cpl_sasl_conf c = romeo("pencil");
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_buf out;
	struct cpl_sasl *s = start(&c, "PLAIN ", &out);

	UNIT_NEED(s != NULL);
	CHECK_INT(cpl_sasl_success(s, NULL, 0, &e), 0);
	CHECK_INT(cpl_sasl_proved(s), 0);
	cpl_buf_release(&out);
	cpl_sasl_free(s);
}

static void nonces_differ(void)
{
	struct cpl_sasl_conf c = romeo("x");
	struct cpl_buf a, b;
	struct cpl_sasl *s = start(&c, "SCRAM-SHA-1 ", &a);
	struct cpl_sasl *t = start(&c, "SCRAM-SHA-1 ", &b);

	UNIT_NEED(s != NULL && t != NULL);
	CHECK_INT(a.len, b.len);
	CHECK(strcmp(a.data, b.data) != 0);
	CHECK(strchr(strstr(a.data, ",r=") + 3, ',') == NULL);
	cpl_buf_release(&a);
	cpl_buf_release(&b);
	cpl_sasl_free(s);
	cpl_sasl_free(t);
}

/* What is bound to is what the connection has of the type that was chosen. */
static void bound_bytes(void)
{
	static const char *const types[][2] = {
	    {"tls-exporter ", "p=tls-exporter,,xxxxxxxx"},
	    {"tls-server-end-point ", "p=tls-server-end-point,,eeeeeeee"},
	};

	for (size_t i = 0; i < 2; i++) {
		struct cpl_sasl_conf c = romeo("x");
		struct cpl_sasl_offer offer = {
		    .mechanisms = "SCRAM-SHA-1-PLUS ", .bindings = types[i][0]};
		struct cpl_err e = CPL_ERR_INIT;
		struct cpl_buf out = CPL_BUF_INIT(1000);
		struct cpl_sasl *s;
		char text[300], cbind[100];
		const char *nonce;

		c.channel.exporter_len = c.channel.end_point_len = 8;
		s = cpl_sasl_new(&c, &offer, &e);
		UNIT_NEED(s != NULL);
		CHECK_INT(cpl_sasl_start(s, &out, &e), 0);
		nonce = strstr(out.data, ",r=") + 3;
		snprintf(text, sizeof text, "r=%sX,s=c2FsdA==,i=4096", nonce);
		cpl_buf_truncate(&out, 0);
		CHECK_INT(cpl_sasl_step(s, text, strlen(text), &out, &e), 0);
		EVP_EncodeBlock((unsigned char *)cbind,
				(const unsigned char *)types[i][1],
				(int)strlen(types[i][1]));
		snprintf(text, sizeof text, "c=%s,r=", cbind);
		out.data[strlen(text)] = '\0';
		CHECK_STR(out.data, text);
		cpl_buf_release(&out);
		cpl_sasl_free(s);
	}
}

/* --- passwords ---------------------------------------------------------- */

/* What is sent for a password, seen through PLAIN. */
static void saslprep(void)
{
	static const char *const passwords[][2] = {
	    {"pencil", "pencil"},
	    {"with space ~!", "with space ~!"},
	    /* RFC 4013 3, examples 1 to 5 */
	    {"I\xc2\xadX", "IX"},
	    {"user", "user"},
	    {"USER", "USER"},
	    {"\xc2\xaa", "a"},
	    {"\xe2\x85\xa8", "IX"},
	    /* 2.1: other spaces become a space */
	    {"a\xc2\xa0"
	     "b",
	     "a b"},
	    {"a\xe3\x80\x80"
	     "b",
	     "a b"},
	    /* 2.2: NFKC */
	    {"e\xcc\x81", "\xc3\xa9"},
	    {"\xc3\xa9", "\xc3\xa9"},
	    {"\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c",
	     "\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c"},
	    {"\xd7\x90\xd7\x91", "\xd7\x90\xd7\x91"},
	    /* 2.5: a query may have what Unicode 3.2 does not know */
	    {"\xc8\xa1", "\xc8\xa1"},
	    {"\xf0\x9f\x94\x91", "\xf0\x9f\x94\x91"},
	};

	for (size_t i = 0; i < sizeof passwords / sizeof *passwords; i++) {
		struct cpl_sasl_conf c = romeo(passwords[i][0]);
		struct cpl_buf out;
		struct cpl_sasl *s = start(&c, "PLAIN ", &out);

		UNIT_NEED(s != NULL);
		UNIT_NEED(out.len > 7);
		CHECK_STR(out.data + 7, passwords[i][1]);
		cpl_buf_release(&out);
		cpl_sasl_free(s);
	}
}

static void saslprep_refuses(void)
{
	static const char *const bad[] = {
	    "\x07", /* RFC 4013 3, example 6 */
	    "\xd8\xa7"
	    "1",            /* example 7: bidirectional check */
	    "a\x7f",        /* C.2.1 */
	    "a\tb",         /* C.2.1 */
	    "a\xc2\x85",    /* C.2.2 */
	    "\xee\x80\x80", /* C.3 private use */
	    "\xef\xbf\xbf", /* C.4 */
	    "\xef\xbf\xbd", /* C.6 */
	    "\xe2\x80\xae"
	    "x",    /* C.8 */
	    "\xff", /* not UTF-8 */
	};
	struct cpl_sasl_offer offer = {.mechanisms = "SCRAM-SHA-1 PLAIN "};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct cpl_sasl_conf c = romeo(bad[i]);
		struct cpl_err e = CPL_ERR_INIT;
		struct cpl_sasl *s = cpl_sasl_new(&c, &offer, &e);

		if (!CHECK(s == NULL))
			printf("# password %zu\n", i);
		CHECK_INT(e.status, CPL_AUTH);
		CHECK_STR(e.text, "the password has a character that RFC 4013 "
				  "does not allow");
		cpl_sasl_free(s);
	}
}

/* Both ways to the same keys: the prepared form is what SCRAM hashes. */
static void saslprep_for_scram(void)
{
	char first[200], last[200];
	struct cpl_buf out = CPL_BUF_INIT(1000);
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_sasl *s = scram("\xe2\x85\xa8", "IX", first, last);

	UNIT_NEED(s != NULL);
	CHECK_INT(cpl_sasl_step(s, first, strlen(first), &out, &e), 0);
	CHECK_INT(cpl_sasl_success(s, last, strlen(last), &e), 0);
	cpl_buf_release(&out);
	cpl_sasl_free(s);
}

static void longest_password(void)
{
	struct cpl_sasl_conf c = romeo(NULL);
	char *password = malloc(CPL_SECRET_MAX + 1);
	struct cpl_buf out;
	struct cpl_sasl *s;

	UNIT_NEED(password != NULL);
	memset(password, 'p', CPL_SECRET_MAX);
	password[CPL_SECRET_MAX] = '\0';
	c.password = password;
	c.password_len = CPL_SECRET_MAX;
	s = start(&c, "PLAIN ", &out);
	CHECK_INT(out.len, 7 + CPL_SECRET_MAX);
	cpl_buf_release(&out);
	cpl_sasl_free(s);
	free(password);
}

static void failures(void)
{
	static const struct {
		const char *condition;
		enum cpl_status status;
	} all[] = {
	    {"aborted", CPL_PROTOCOL},
	    {"account-disabled", CPL_AUTH},
	    {"credentials-expired", CPL_AUTH},
	    {"encryption-required", CPL_AUTH},
	    {"incorrect-encoding", CPL_PROTOCOL},
	    {"invalid-authzid", CPL_AUTH},
	    {"invalid-mechanism", CPL_PROTOCOL},
	    {"malformed-request", CPL_PROTOCOL},
	    {"mechanism-too-weak", CPL_AUTH},
	    {"not-authorized", CPL_AUTH},
	    {"temporary-auth-failure", CPL_TEMP},
	    {"something-new", CPL_AUTH},
	    {"", CPL_AUTH},
	    {NULL, CPL_AUTH},
	};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		CHECK_INT(cpl_sasl_failure(all[i].condition), all[i].status);
}

int main(void)
{
	RUN(preference);
	RUN(names_are_whole);
	RUN(binding_types);
	RUN(flags);
	RUN(plain_over_verified_tls_alone);
	RUN(external_with_certificate_alone);
	RUN(anonymous_without_user_alone);
	RUN(nothing_offered);
	RUN(plain);
	RUN(external);
	RUN(anonymous);
	RUN(scram_by_success);
	RUN(scram_by_challenge);
	RUN(scram_unproved);
	RUN(scram_one_try);
	RUN(offer_proved);
	RUN(version_of_tls);
	RUN(plain_proves_nothing);
	RUN(nonces_differ);
	RUN(bound_bytes);
	RUN(saslprep);
	RUN(saslprep_refuses);
	RUN(saslprep_for_scram);
	RUN(longest_password);
	RUN(failures);
	cpl_sasl_free(NULL);
	return unit_end();
}
