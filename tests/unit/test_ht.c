/* SPDX-License-Identifier: MIT
 *
 * HT-SHA-256-*: which one a token is asked for, and its proofs. */
#include "../../common/stream/ht.h"

#include <stdlib.h>

#include "unit.h"

/* All bindings of TLS 1.2; of TLS 1.3 there is no tls-unique. */
static struct cpl_sasl_channel channel(int exporter, int unique, int end_point)
{
	struct cpl_sasl_channel c = {.verified = 1,
				     .exporter_len = exporter ? 32 : -1,
				     .unique_len = unique ? 12 : -1,
				     .end_point_len = end_point ? 32 : -1};

	memset(c.exporter, 'x', 32);
	memset(c.unique, 'u', 12);
	memset(c.end_point, 'e', 32);
	return c;
}

#define ALL "HT-SHA-256-ENDP HT-SHA-256-EXPR HT-SHA-256-NONE HT-SHA-256-UNIQ "

static void choice(void)
{
	static const struct {
		int exporter, unique, end_point;
		const char *mechanisms, *bindings, *chosen;
	} rows[] = {
	    {1, 0, 1, ALL, "tls-exporter ", "HT-SHA-256-EXPR"},
	    {1, 1, 1, ALL, NULL, "HT-SHA-256-EXPR"},
	    {0, 1, 1, ALL, NULL, "HT-SHA-256-UNIQ"},
	    {0, 0, 1, ALL, NULL, "HT-SHA-256-ENDP"},
	    {1, 0, 1, "HT-SHA-256-ENDP HT-SHA-256-NONE ", NULL,
	     "HT-SHA-256-ENDP"},
	    /* none at all only where the server has none */
	    {1, 0, 1, "HT-SHA-256-NONE ", NULL, "HT-SHA-256-NONE"},
	    {1, 0, 1, "HT-SHA-256-NONE ", "", "HT-SHA-256-NONE"},
	    {1, 0, 1, "HT-SHA-256-NONE ", "tls-exporter ", NULL},
	    {0, 0, 0, ALL, NULL, NULL},
	    {0, 0, 0, "HT-SHA-256-EXPR HT-SHA-256-NONE ", NULL, NULL},
	    {1, 0, 1, "HT-SHA-512-EXPR ", NULL, NULL},
	    {1, 0, 1, "", NULL, NULL},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct cpl_sasl_channel c = channel(
		    rows[i].exporter, rows[i].unique, rows[i].end_point);

		if (!CHECK_STR(
			cpl_ht_choose(&c, rows[i].mechanisms, rows[i].bindings),
			rows[i].chosen))
			printf("# row %zu\n", i);
	}
}

static void usable(void)
{
	struct cpl_sasl_channel c = channel(1, 0, 1);

	CHECK(cpl_ht_usable(&c, "HT-SHA-256-EXPR"));
	CHECK(cpl_ht_usable(&c, "HT-SHA-256-NONE"));
	CHECK(!cpl_ht_usable(&c, "HT-SHA-256-UNIQ"));
	CHECK(!cpl_ht_usable(&c, "HT-SHA-512-EXPR"));
	CHECK(!cpl_ht_usable(&c, ""));
	CHECK_STR(cpl_ht_binding("HT-SHA-256-EXPR"), "tls-exporter");
	CHECK_STR(cpl_ht_binding("HT-SHA-256-NONE"), NULL);
	CHECK_STR(cpl_ht_binding("SCRAM-SHA-1"), NULL);
}

static void hex(const unsigned char *p, size_t n, char *out)
{
	for (size_t i = 0; i < n; i++)
		snprintf(out + 2 * i, 3, "%02x", p[i]);
}

/* By another implementation of HMAC: HMAC-SHA-256 with the key
 * "secret-token:x" over "Initiator" and "Responder", 32 times 'x' behind. */
static const char initiator[] =
    "85e0bdd991caa6bda6d6aae096c362ac0d07b9431fe43ac8651374c4ca60bcff";
static const char responder[] =
    "7c996c0446047bfa00593a87460344f1d5fcee9361a99dd7bd7814cf1a1ca472";

static void proofs(void)
{
	struct cpl_sasl_channel c = channel(1, 0, 1);
	struct cpl_buf out = CPL_BUF_SECRET_INIT(1024);
	struct cpl_err e = CPL_ERR_INIT;
	unsigned char proof[32];
	char text[65] = "";

	CHECK_INT(cpl_ht_first(&c, "HT-SHA-256-EXPR", "romeo", "secret-token:x",
			       &out, &e),
		  0);
	CHECK_INT(out.len, 6 + 32);
	CHECK_STR(out.data, "romeo");
	hex((const unsigned char *)out.data + 6, 32, text);
	CHECK_STR(text, initiator);
	for (int i = 0; i < 32; i++) {
		char pair[3] = {responder[2 * i], responder[2 * i + 1], 0};

		proof[i] = (unsigned char)strtoul(pair, NULL, 16);
	}
	CHECK_INT(cpl_ht_verify(&c, "HT-SHA-256-EXPR", "secret-token:x",
				(char *)proof, 32, &e),
		  0);
	CHECK_INT(e.status, CPL_OK);
	/* Short, long, none, the initiator's own, another token's or binding's.
	 */
	CHECK_INT(cpl_ht_verify(&c, "HT-SHA-256-EXPR", "secret-token:x",
				(char *)proof, 31, &e),
		  -1);
	CHECK_INT(e.status, CPL_PROTOCOL);
	CHECK_INT(
	    cpl_ht_verify(&c, "HT-SHA-256-EXPR", "secret-token:x", "", 0, &e),
	    -1);
	CHECK_INT(cpl_ht_verify(&c, "HT-SHA-256-EXPR", "secret-token:x",
				out.data + 6, 32, &e),
		  -1);
	CHECK_INT(cpl_ht_verify(&c, "HT-SHA-256-EXPR", "secret-token:y",
				(char *)proof, 32, &e),
		  -1);
	CHECK_INT(cpl_ht_verify(&c, "HT-SHA-256-NONE", "secret-token:x",
				(char *)proof, 32, &e),
		  -1);
	CHECK_INT(cpl_ht_first(&c, "HT-SHA-256-UNIQ", "romeo", "t", &out, &e),
		  -1);
	CHECK_INT(e.status, CPL_INTERNAL);
	cpl_buf_release(&out);
}

int main(void)
{
	RUN(choice);
	RUN(usable);
	RUN(proofs);
	return unit_end();
}
