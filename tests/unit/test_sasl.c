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
			.unique_len = -1,
			.end_point_len = 32},
	};

	memset(c.channel.exporter, 'x', 32);
	memset(c.channel.unique, 'u', 12);
	memset(c.channel.end_point, 'e', 32);
	return c;
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

	c.channel.verified = 0;
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

/* printf 'SCRAM-SHA-256\036X-PLUS' | the same */
#define HASH_WITH_PLUS "GUduexT6ov1VQMQeQY6rU1wNUbRxiNs3nXy/cCCggYo="

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
	    {"tls-unique ", "p=tls-unique,,uuuuuuuu"},
	    {"tls-server-end-point ", "p=tls-server-end-point,,eeeeeeee"},
	};

	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		struct cpl_sasl_conf c = romeo("x");
		struct cpl_sasl_offer offer = {
		    .mechanisms = "SCRAM-SHA-1-PLUS ", .bindings = types[i][0]};
		struct cpl_err e = CPL_ERR_INIT;
		struct cpl_buf out = CPL_BUF_INIT(1000);
		struct cpl_sasl *s;
		char text[300], cbind[100];
		const char *nonce;

		c.channel.exporter_len = c.channel.end_point_len = 8;
		c.channel.unique_len = 8;
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

/* A proof that has to be there (sasl_choice.h) is by h= alone. */
static void offer_must_be_proved(void)
{
	static const struct {
		const char *offer, *h;
		int result;
	} cases[] = {
	    {"SCRAM-SHA-256 ", "", 0},
	    {"SCRAM-SHA-256 X-PLUS ", "", -1},
	    {"SCRAM-SHA-256 X-PLUS ", ",d=" HASH_WITH_PLUS, -1},
	    {"SCRAM-SHA-256 X-PLUS ", ",h=" HASH_WITH_PLUS, 0},
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
		cpl_buf_truncate(&out, 0);
		if (!CHECK_INT(cpl_sasl_step(s, first, strlen(first), &out, &e),
			       cases[i].result))
			printf("# case %zu\n", i);
		if (cases[i].result < 0) {
			CHECK_INT(e.status, CPL_PROTOCOL);
			CHECK_STR(e.text,
				  "the server offers no channel binding that "
				  "we have; it does not prove its offer "
				  "(XEP-0474), so somebody in between may have "
				  "changed that");
			CHECK_INT(out.len, 0);
		}
		cpl_buf_release(&out);
		cpl_sasl_free(s);
	}
}

/* What is pinned by a login. */
static void what_it_had(void)
{
	static const struct {
		const char *mechanism;
		int no_plain, bound;
	} cases[] = {
	    {"PLAIN ", 0, 0},
	    {"SCRAM-SHA-1 ", 1, 0},
	    {"SCRAM-SHA-1-PLUS ", 1, 0x0303},
	    {"EXTERNAL ", 1, 0},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct cpl_sasl_conf c = romeo("x");
		struct cpl_buf out;
		struct cpl_sasl *s;
		struct cpl_pins had;

		c.have_cert = 1;
		c.channel.version = 0x0303;
		s = start(&c, cases[i].mechanism, &out);
		UNIT_NEED(s != NULL);
		had = cpl_sasl_had(s);
		CHECK_INT(had.no_plain, cases[i].no_plain);
		CHECK_INT(had.bound, cases[i].bound);
		cpl_buf_release(&out);
		cpl_sasl_free(s);
	}
}

/* What the server refuses before it has proved what it should have. */
static void refused_unproved(void)
{
	static const struct {
		int bound, stepped, status, expected;
	} cases[] = {
	    {0x0304, 0, CPL_AUTH, CPL_PROTOCOL},
	    {0x0304, 0, CPL_PROTOCOL, CPL_PROTOCOL},
	    {0x0304, 0, CPL_TEMP, CPL_TEMP},
	    {0, 0, CPL_AUTH, CPL_AUTH},
	    {0x0304, 1, CPL_AUTH, CPL_AUTH},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct cpl_sasl_conf c = romeo("x");
		struct cpl_err e = CPL_ERR_INIT;
		struct cpl_buf out;
		struct cpl_sasl *s;
		char first[300], last[200];

		c.pins.bound = cases[i].bound;
		s = start(&c, "SCRAM-SHA-256 ", &out);
		UNIT_NEED(s != NULL);
		server_side(&out, "SHA256", "x", first, last);
		snprintf(first + strlen(first), sizeof first - strlen(first),
			 ",h=" HASH_OF_256);
		if (cases[i].stepped)
			CHECK_INT(
			    cpl_sasl_step(s, first, strlen(first), &out, &e),
			    0);
		cpl_err_set(&e, (enum cpl_status)cases[i].status, "no");
		CHECK_INT(cpl_sasl_refused(s, &e), -1);
		CHECK_INT(e.status, cases[i].expected);
		if (e.status != (enum cpl_status)cases[i].status || i == 1) {
			CHECK(!strncmp(e.text,
				       "no; a login to this server was "
				       "bound",
				       35));
			CHECK(strstr(e.text, "--forget") != NULL);
		} else {
			CHECK_STR(e.text, "no");
		}
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
	RUN(offer_must_be_proved);
	RUN(what_it_had);
	RUN(refused_unproved);
	RUN(saslprep);
	RUN(saslprep_refuses);
	RUN(saslprep_for_scram);
	RUN(longest_password);
	RUN(failures);
	cpl_sasl_free(NULL);
	return unit_end();
}
