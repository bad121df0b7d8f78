/* SPDX-License-Identifier: MIT */
#include "../../common/stream/scram.h"

#include <stdlib.h>

#include "../../common/base/limits.h"
#include "../../common/stream/base64.h"
#include "unit.h"

/* RFC 5802 5 */
#define NONCE_1 "fyko+d2lbbFgONRv9qkxdawL"
#define FIRST_1 "r=" NONCE_1 "3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096"
/* RFC 7677 3 */
#define NONCE "rOprNGfwEbeRWgbNEkqO"
#define BOTH NONCE "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
#define SALT "W22ZaJ0SNY7soEsUEjb6gQ=="
#define FIRST "r=" BOTH ",s=" SALT ",i=4096"

#define ENOUGH 4096

static const unsigned char binding[32] = {
    0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
    16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31};

static const struct cpl_scram_conf usual = {
    .hash = "SHA256",
    .user = "user",
    .password = "pencil",
    .password_len = 6,
    .nonce = NONCE,
    .gs2 = "n,,",
};

/* The one in use, and what the last call wrote and said. */
struct exchange {
	struct cpl_scram scram;
	struct cpl_buf out;
	struct cpl_err e;
};

static void begin(struct exchange *x)
{
	memset(x, 0, sizeof *x);
	cpl_buf_init(&x->out, ENOUGH);
}

static void end(struct exchange *x)
{
	cpl_scram_release(&x->scram);
	cpl_scram_release(&x->scram);
	cpl_buf_release(&x->out);
}

static int final(struct exchange *x, const struct cpl_scram_conf *conf,
		 const char *server_first)
{
	cpl_buf_truncate(&x->out, 0);
	return cpl_scram_final(&x->scram, conf, server_first,
			       strlen(server_first), &x->out, &x->e);
}

static int verify(struct exchange *x, const char *server_final)
{
	return cpl_scram_verify(&x->scram, server_final, strlen(server_final),
				&x->e);
}

/* A whole exchange: client-first, server-first, client-final, server-final. */
static void whole(const struct cpl_scram_conf *conf, const char *const *m)
{
	struct exchange x;

	begin(&x);
	CHECK_INT(cpl_scram_first(&x.scram, conf, &x.out, &x.e), 0);
	CHECK_STR(x.out.data, m[0]);
	CHECK_INT(final(&x, conf, m[1]), 0);
	CHECK_STR(x.out.data, m[2]);
	CHECK_INT(verify(&x, m[3]), 0);
	CHECK_INT(x.e.status, CPL_OK);
	CHECK_STR(x.e.text, "");
	end(&x);
}

static void rfc_5802(void)
{
	struct cpl_scram_conf c = usual;

	c.hash = "SHA1";
	c.nonce = NONCE_1;
	whole(&c, (const char *[]){
		      "n,,n=user,r=" NONCE_1,
		      FIRST_1,
		      "c=biws,r=" NONCE_1 "3rfcNHYJY1ZVvWVs7j,"
		      "p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
		      "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
		  });
}

static void rfc_7677(void)
{
	whole(&usual, (const char *[]){
			  "n,,n=user,r=" NONCE,
			  FIRST,
			  "c=biws,r=" BOTH ",p="
			  "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
			  "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
		      });
}

/* Not from an RFC, computed by Python:
 *
 *	salted = hashlib.pbkdf2_hmac(h, b'pencil', b64decode(SALT), 4096)
 *	H = lambda key, text: hmac.new(key, text, h).digest()
 *	key = H(salted, b'Client Key')
 *	signature = H(hashlib.new(h, key).digest(), auth)
 *	p = b64encode(bytes(a ^ b for a, b in zip(key, signature)))
 *	v = b64encode(H(H(salted, b'Server Key'), auth))
 *
 * with h = 'sha512' or 'sha256' and auth = client-first-bare + ',' +
 * server-first + ',' + client-final without ',p=...'. */
static void sha512(void)
{
	struct cpl_scram_conf c = usual;

	c.hash = "SHA512";
	whole(&c, (const char *[]){
		      "n,,n=user,r=" NONCE,
		      FIRST,
		      "c=biws,r=" BOTH ",p="
		      "gMGXRcevScNtxZ6/8lQYpGtnsNAc3mGcmNomv+xnoOMw+3R2xNJdMNnz"
		      "MlTN8PPC6wdp6dybEmDYXYTxwnYPJQ==",
		      "v=ZQnYEgWQMFmmsM8aQMF0nDDCy/AgCzkwk8CmMZYcMg0vSVlKDanekL"
		      "tifDSeVGT4+5ZxXnJq199RVG2rR7N7Zw==",
		  });
}

static void bound(void)
{
	struct cpl_scram_conf c = usual;

	c.gs2 = "p=tls-exporter,,";
	c.binding = binding;
	c.binding_len = sizeof binding;
	whole(&c, (const char *[]){
		      "p=tls-exporter,,n=user,r=" NONCE,
		      FIRST,
		      "c=cD10bHMtZXhwb3J0ZXIsLAABAgMEBQYHCAkKCwwNDg8QERITFBUWFx"
		      "gZGhscHR4f,r=" BOTH ",p="
		      "QC6CS20quADQRb3mT99YUH+n3VJxUvzuK0K0E1Vrs2M=",
		      "v=2GiAgapEppLVlUXbxUDksL3VgYHzuqiK5tR4mhJGgvs=",
		  });
}

/* The claim that nothing was bound is part of what is signed. */
static void could_bind(void)
{
	struct cpl_scram_conf c = usual;

	c.gs2 = "y,,";
	whole(&c, (const char *[]){
		      "y,,n=user,r=" NONCE,
		      FIRST,
		      "c=eSws,r=" BOTH ",p="
		      "FoqiHTtQEDE8lz1CdaEe3tK4mS+iMDTl77SPyDS53DY=",
		      "v=dI4KpiQJwBr1+V+K6U1dA6l6I4I9DUNXWND4pcpRU3U=",
		  });
}

static void names_are_escaped(void)
{
	static const char *const names[][2] = {
	    {"romeo", "n,,n=romeo,r=" NONCE},
	    {"a,b", "n,,n=a=2Cb,r=" NONCE},
	    {"a=b", "n,,n=a=3Db,r=" NONCE},
	    {"=,", "n,,n==3D=2C,r=" NONCE},
	    {"=2C", "n,,n==3D2C,r=" NONCE},
	    {"rom\xc3\xa9o", "n,,n=rom\xc3\xa9o,r=" NONCE},
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct cpl_scram_conf c = usual;
		struct exchange x;

		begin(&x);
		c.user = names[i][0];
		CHECK_INT(cpl_scram_first(&x.scram, &c, &x.out, &x.e), 0);
		CHECK_STR(x.out.data, names[i][1]);
		end(&x);
	}
}

static void unknown_hash(void)
{
	struct cpl_scram_conf c = usual;
	struct exchange x;

	begin(&x);
	c.hash = "ROT13";
	CHECK_INT(cpl_scram_first(&x.scram, &c, &x.out, &x.e), -1);
	CHECK_INT(x.e.status, CPL_INTERNAL);
	CHECK_STR(x.e.text, "OpenSSL has no ROT13");
	end(&x);
}

static void no_room(void)
{
	struct exchange x;

	begin(&x);
	x.out.max = 10;
	CHECK_INT(cpl_scram_first(&x.scram, &usual, &x.out, &x.e), -1);
	CHECK_INT(x.e.status, CPL_SYSTEM);
	end(&x);
}

#define EXTENSION "SCRAM: the server demands an unknown extension"
#define MALFORMED "SCRAM: the server's first message is malformed"
#define NOT_OURS "SCRAM: the server's nonce does not extend ours"
#define BAD_SALT "SCRAM: the server's salt is malformed"
#define COUNT(n)                                                               \
	"SCRAM: the server asks for " n                                        \
	" iterations, allowed are 4096 to 1000000"

static void server_first_refused(void)
{
	static const char *const bad[][2] = {
	    {"", MALFORMED},
	    {"r", MALFORMED},
	    {"r=", MALFORMED},
	    {",", MALFORMED},
	    {"hello", MALFORMED},
	    {"e=invalid-proof", MALFORMED},
	    {"r=" BOTH, MALFORMED},
	    {"r=" BOTH ",", MALFORMED},
	    {"r=" BOTH ",s=" SALT, MALFORMED},
	    {"r=" BOTH ",i=4096", MALFORMED},
	    {"r=" BOTH ",i=4096,s=" SALT, MALFORMED},
	    {"s=" SALT ",r=" BOTH ",i=4096", MALFORMED},
	    {"r=" BOTH ",s=" SALT ",i", MALFORMED},
	    {"r=" BOTH ",s=" SALT ",,i=4096", MALFORMED},
	    {" r=" BOTH ",s=" SALT ",i=4096", MALFORMED},
	    {"R=" BOTH ",s=" SALT ",i=4096", MALFORMED},
	    {"m=ext," FIRST, EXTENSION},
	    {"m=", EXTENSION},
	    {"r=" BOTH ",s=" SALT ",i=", COUNT("")},
	    {"r=" BOTH ",s=" SALT ",i=x", COUNT("x")},
	    {"r=" BOTH ",s=" SALT ",i=-4096", COUNT("-4096")},
	    {"r=" BOTH ",s=" SALT ",i=+4096", COUNT("+4096")},
	    {"r=" BOTH ",s=" SALT ",i= 4096", COUNT(" 4096")},
	    {"r=" BOTH ",s=" SALT ",i=4096 ", COUNT("4096 ")},
	    {"r=" BOTH ",s=" SALT ",i=0", COUNT("0")},
	    {"r=" BOTH ",s=" SALT ",i=4095", COUNT("4095")},
	    {"r=" BOTH ",s=" SALT ",i=1000001", COUNT("1000001")},
	    {"r=" BOTH ",s=" SALT ",i=4294971392", COUNT("4294971392")},
	    {"r=" BOTH ",s=" SALT ",i=18446744073709555712",
	     COUNT("18446744073709555712")},
	    {"r=,s=" SALT ",i=4096", NOT_OURS},
	    {"r=" NONCE ",s=" SALT ",i=4096", NOT_OURS},
	    {"r=" NONCE_1 "xyz,s=" SALT ",i=4096", NOT_OURS},
	    {"r=rOprNGfwEbeRWgbNEkqoX,s=" SALT ",i=4096", NOT_OURS},
	    {"r=" BOTH ",s=,i=4096", BAD_SALT},
	    {"r=" BOTH ",s=W22Z aJ0,i=4096", BAD_SALT},
	    {"r=" BOTH ",s=W22ZaJ0,i=4096", BAD_SALT},
	    {"r=" BOTH ",s=====,i=4096", BAD_SALT},
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct exchange x;

		begin(&x);
		CHECK_INT(cpl_scram_first(&x.scram, &usual, &x.out, &x.e), 0);
		CHECK_INT(final(&x, &usual, bad[i][0]), -1);
		CHECK_INT(x.e.status, CPL_PROTOCOL);
		CHECK_STR(x.e.text, bad[i][1]);
		/* nothing of it makes a proof acceptable */
		CHECK_INT(verify(&x, "v="), -1);
		end(&x);
	}
}

/* Each prefix of a good message, in memory that ends with it. */
static void server_first_cut(void)
{
	size_t good = strlen(FIRST) - strlen("096");

	for (size_t n = 0; n < good; n++) {
		struct exchange x;
		char *cut = malloc(n + 1);

		begin(&x);
		UNIT_NEED(cut != NULL);
		cut = realloc(cut, n ? n : 1);
		UNIT_NEED(cut != NULL);
		memcpy(cut, FIRST, n);
		CHECK_INT(cpl_scram_first(&x.scram, &usual, &x.out, &x.e), 0);
		cpl_buf_truncate(&x.out, 0);
		CHECK_INT(
		    cpl_scram_final(&x.scram, &usual, cut, n, &x.out, &x.e),
		    -1);
		CHECK_INT(x.e.status, CPL_PROTOCOL);
		free(cut);
		end(&x);
	}
}

/* Extensions behind the iteration count may be ignored, but are signed. */
static void extensions_behind(void)
{
	struct exchange x;

	begin(&x);
	CHECK_INT(cpl_scram_first(&x.scram, &usual, &x.out, &x.e), 0);
	CHECK_INT(final(&x, &usual, FIRST ",x=y"), 0);
	CHECK(strstr(x.out.data, "c=biws,r=" BOTH ",p=") == x.out.data);
	CHECK(!strstr(x.out.data, "dHzbZapWIk4jUhN+Ute9"));
	end(&x);
}

#define CHANGED                                                                \
	"SCRAM: somebody in between changed what the server offers (XEP-0474)"

/* XEP-0474 4.2: h= is right each time that it is there, wherever among the
 * extensions; and what is no attribute hides none. */
static void offer_hash(void)
{
	static const struct {
		const char *behind;
		int result, proved;
	} cases[] = {
	    {"", 0, 0},
	    {",x=y", 0, 0},
	    {",h=aGFzaA==", 0, 1},
	    {",h=aGFzaA==,x=y", 0, 1},
	    {",x=y,h=aGFzaA==", 0, 1},
	    {",x,,=,h=aGFzaA==", 0, 1},
	    {",h=aGFzaA==,h=aGFzaA==", 0, 1},
	    /* an older draft's, and what only looks like it */
	    {",d=aGFzaA==", 0, 0},
	    {",d=bm90IGl0", 0, 0},
	    {",H=bm90IGl0", 0, 0},
	    {",xh=bm90IGl0", 0, 0},
	    {",h", 0, 0},
	    {",h=", -1, 0},
	    {",h=aGFzaA=", -1, 0},
	    {",h=aGFzaA===", -1, 0},
	    {",h=bm90IGl0", -1, 0},
	    {",x,h=bm90IGl0", -1, 0},
	    {",x,,,h=bm90IGl0", -1, 0},
	    {",h=aGFzaA==,h=bm90IGl0", -1, 1},
	    {",h=bm90IGl0,h=aGFzaA==", -1, 0},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct cpl_scram_conf c = usual;
		struct exchange x;
		char text[300];

		begin(&x);
		c.offer_hash = "aGFzaA==";
		snprintf(text, sizeof text, "%s%s", FIRST, cases[i].behind);
		CHECK_INT(cpl_scram_first(&x.scram, &c, &x.out, &x.e), 0);
		if (!CHECK_INT(final(&x, &c, text), cases[i].result))
			printf("# of '%s'\n", cases[i].behind);
		CHECK_INT(x.scram.proved, cases[i].proved);
		if (cases[i].result < 0) {
			CHECK_INT(x.e.status, CPL_PROTOCOL);
			CHECK_STR(x.e.text, CHANGED);
			CHECK_INT(x.out.len, 0);
			CHECK_INT(verify(&x, "v="), -1);
			CHECK_STR(x.e.text, "SCRAM: the server ended the "
					    "exchange too early");
		}
		/* who has nothing to compare with looks at none */
		c.offer_hash = NULL;
		CHECK_INT(final(&x, &c, text), 0);
		CHECK_INT(x.scram.proved, 0);
		end(&x);
	}
}

#define OTHER_TLS                                                              \
	"SCRAM: somebody in between speaks another version of TLS with the "   \
	"server (XEP-0515)"

/* XEP-0515 4.2, beside or without h=. */
static void tls_version(void)
{
	static const struct {
		const char *behind, *why;
	} cases[] = {
	    {"", NULL},
	    {",t=0304", NULL},
	    {",x=y,t=0304,h=aGFzaA==", NULL},
	    {",h=aGFzaA==,t=0304,t=0304", NULL},
	    {",T=0303", NULL},
	    {",t", NULL},
	    {",t=", OTHER_TLS},
	    {",t=0303", OTHER_TLS},
	    {",t=304", OTHER_TLS},
	    {",t=00304", OTHER_TLS},
	    {",t=0x0304", OTHER_TLS},
	    {",h=aGFzaA==,t=0303", OTHER_TLS},
	    {",x,,t=0303", OTHER_TLS},
	    {",t=0304,t=0303", OTHER_TLS},
	    {",t=0304,h=bm90IGl0", CHANGED},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct cpl_scram_conf c = usual;
		struct exchange x;
		char text[300];

		begin(&x);
		c.offer_hash = "aGFzaA==";
		c.tls_version = "0304";
		snprintf(text, sizeof text, "%s%s", FIRST, cases[i].behind);
		CHECK_INT(cpl_scram_first(&x.scram, &c, &x.out, &x.e), 0);
		if (!CHECK_INT(final(&x, &c, text), cases[i].why ? -1 : 0))
			printf("# of '%s'\n", cases[i].behind);
		CHECK_STR(x.e.text, cases[i].why ? cases[i].why : "");
		CHECK_INT(x.out.len > 0, !cases[i].why);
		c.tls_version = c.offer_hash = NULL;
		CHECK_INT(final(&x, &c, text), 0);
		end(&x);
	}
}

static void fewest_iterations(void)
{
	char text[256];
	struct exchange x;

	CHECK_INT(CPL_SCRAM_ITERATIONS_MIN, 4096);
	begin(&x);
	CHECK_INT(cpl_scram_first(&x.scram, &usual, &x.out, &x.e), 0);
	snprintf(text, sizeof text, "r=%s,s=%s,i=%d", BOTH, SALT,
		 CPL_SCRAM_ITERATIONS_MIN);
	CHECK_INT(final(&x, &usual, text), 0);
	end(&x);
}

/* hashlib.pbkdf2_hmac(h, b'pencil', b64decode('QV9TWENSWFE2c2VrOGJmX1o='),
 * 4096)
 */
static void salted(void)
{
	static const char *const hashes[][2] = {
	    {"SHA256", "Q8abK3WIX500A5++8zDamXbZWpoXgWMwdXKO9eFKk8w="},
	    {"SHA512",
	     "/n/6wRwAZpflg76MzFjFttZT3ijvOmeymVHhpwdLdGsC2cQpJ6Z7YxDo78SXkzk9"
	     "2Ezrp5B/KT67wFOpKJ4Q6w=="},
	};

	for (size_t i = 0; i < 2; i++) {
		struct cpl_buf salt = CPL_BUF_INIT(100);
		struct cpl_buf out = CPL_BUF_SECRET_INIT(64);
		struct cpl_buf text = CPL_BUF_INIT(100);

		CHECK_INT(cpl_buf_adds(&salt, "A_SXCRXQ6sek8bf_Z"), 0);
		CHECK_INT(cpl_scram_salted(hashes[i][0], "pencil", 6, &salt,
					   4096, &out),
			  0);
		CHECK_INT(cpl_base64_encode(&text, out.data, out.len), 0);
		CHECK_STR(text.data, hashes[i][1]);
		CHECK_INT(
		    cpl_scram_salted("ROT13", "pencil", 6, &salt, 4096, &out),
		    -1);
		CHECK_INT(cpl_scram_salted(hashes[1][0], "pencil", 6, &salt,
					   4096, &out),
			  -1);
		cpl_buf_release(&salt);
		cpl_buf_release(&out);
		cpl_buf_release(&text);
	}
}

#define EARLY "SCRAM: the server ended the exchange too early"
#define MISSING "SCRAM: the server's signature is missing"
#define WRONG                                                                  \
	"SCRAM: the server's signature is wrong: it does not know the "        \
	"password"

static void server_final_refused(void)
{
	static const struct {
		const char *text, *why;
		enum cpl_status status;
	} bad[] = {
	    {"", MISSING, CPL_PROTOCOL},
	    {"v", MISSING, CPL_PROTOCOL},
	    {"x=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", MISSING,
	     CPL_PROTOCOL},
	    {"v=", WRONG, CPL_PROTOCOL},
	    {"v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", WRONG,
	     CPL_PROTOCOL},
	    {"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl9", WRONG, CPL_PROTOCOL},
	    {"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4AAAA=", WRONG,
	     CPL_PROTOCOL},
	    {"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4", WRONG,
	     CPL_PROTOCOL},
	    {"v=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", WRONG,
	     CPL_PROTOCOL},
	    {"v=*", WRONG, CPL_PROTOCOL},
	    {"e=invalid-proof", "SCRAM: invalid-proof", CPL_AUTH},
	    {"e=unknown-user,x=y", "SCRAM: unknown-user", CPL_AUTH},
	    {"e=", "SCRAM: ", CPL_AUTH},
	    {"e=other-error,"
	     "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
	     "SCRAM: other-error", CPL_AUTH},
	};
	struct exchange x;

	begin(&x);
	CHECK_INT(cpl_scram_first(&x.scram, &usual, &x.out, &x.e), 0);
	CHECK_INT(final(&x, &usual, FIRST), 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		CHECK_INT(verify(&x, bad[i].text), -1);
		CHECK_INT(x.e.status, bad[i].status);
		CHECK_STR(x.e.text, bad[i].why);
	}
	/* what the server says in the end may be without data at all */
	CHECK_INT(cpl_scram_verify(&x.scram, NULL, 0, &x.e), -1);
	CHECK_STR(x.e.text, MISSING);
	CHECK_INT(verify(&x, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="),
		  0);
	CHECK_INT(
	    verify(&x, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=,x=y"),
	    0);
	end(&x);
}

static void long_error_is_shortened(void)
{
	char text[400] = "e=";
	struct exchange x;

	begin(&x);
	memset(text + 2, 'x', sizeof text - 3);
	CHECK_INT(cpl_scram_first(&x.scram, &usual, &x.out, &x.e), 0);
	CHECK_INT(final(&x, &usual, FIRST), 0);
	CHECK_INT(verify(&x, text), -1);
	CHECK_INT(strlen(x.e.text), strlen("SCRAM: ") + 60);
	end(&x);
}

static void verify_before_final(void)
{
	struct exchange x;

	begin(&x);
	CHECK_INT(verify(&x, "v="), -1);
	CHECK_STR(x.e.text, EARLY);
	CHECK_INT(cpl_scram_first(&x.scram, &usual, &x.out, &x.e), 0);
	CHECK_INT(verify(&x, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="),
		  -1);
	CHECK_INT(x.e.status, CPL_PROTOCOL);
	CHECK_STR(x.e.text, EARLY);
	end(&x);
}

/* An exchange that is over proves nothing for the next. */
static void used_again(void)
{
	struct exchange x;

	begin(&x);
	CHECK_INT(cpl_scram_first(&x.scram, &usual, &x.out, &x.e), 0);
	CHECK_INT(final(&x, &usual, FIRST), 0);
	cpl_scram_release(&x.scram);
	CHECK_INT(verify(&x, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="),
		  -1);
	CHECK_STR(x.e.text, EARLY);
	end(&x);
}

static void empty_password(void)
{
	struct cpl_scram_conf c = usual;

	c.password = "";
	c.password_len = 0;
	whole(&c, (const char *[]){
		      "n,,n=user,r=" NONCE,
		      FIRST,
		      "c=biws,r=" BOTH ",p="
		      "tPbr4ksznL34eCCOqZheSI7+G2n6DDu3dNtzNGHfhZo=",
		      "v=6e5bHiziH1gNavQpPzWjIQcky7oRCSv70Qm1Z5eDOr8=",
		  });
}

int main(void)
{
	RUN(rfc_5802);
	RUN(rfc_7677);
	RUN(sha512);
	RUN(bound);
	RUN(could_bind);
	RUN(names_are_escaped);
	RUN(unknown_hash);
	RUN(no_room);
	RUN(server_first_refused);
	RUN(server_first_cut);
	RUN(extensions_behind);
	RUN(offer_hash);
	RUN(tls_version);
	RUN(fewest_iterations);
	RUN(salted);
	RUN(server_final_refused);
	RUN(long_error_is_shortened);
	RUN(verify_before_final);
	RUN(used_again);
	RUN(empty_password);
	return unit_end();
}
