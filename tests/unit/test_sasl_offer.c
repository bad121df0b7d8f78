/* SPDX-License-Identifier: MIT */
#include "../../common/stream/sasl_offer.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "../../common/stream/base64.h"
#include "unit.h"

static void is_hash(const char *mechanisms, const char *bindings,
		    const char *digest, const char *expected)
{
	struct cpl_sasl_offer offer = {.mechanisms = mechanisms,
				       .bindings = bindings};
	struct cpl_buf out = CPL_BUF_INIT(200);

	CHECK_INT(cpl_sasl_offer_hash(&offer, digest, &out), 0);
	CHECK_STR(out.data, expected);
	cpl_buf_release(&out);
}

/* The hash of XEP-0474 4.3. */
static void of_the_specification(void)
{
	is_hash("SCRAM-SHA-1 SCRAM-SHA-1-PLUS ",
		"tls-exporter tls-server-end-point ", "SHA1",
		"G6k/rBLDqgOhRRaCuuatSDFkJ08=");
}

/* Of a text that is written out here. */
static void is_hash_of(const char *mechanisms, const char *bindings,
		       const char *text)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	struct cpl_buf expected = CPL_BUF_INIT(200);
	unsigned n;

	EVP_Digest(text, strlen(text), hash, &n, EVP_sha512(), NULL);
	CHECK_INT(cpl_base64_encode(&expected, hash, n), 0);
	is_hash(mechanisms, bindings, "SHA512", expected.data);
	cpl_buf_release(&expected);
}

static void texts(void)
{
	is_hash_of("", NULL, "");
	is_hash_of("PLAIN ", NULL, "PLAIN");
	/* an element without a type names none */
	is_hash_of("PLAIN ", "", "PLAIN");
	is_hash_of("PLAIN ", "tls-unique ", "PLAIN\x1ftls-unique");
	is_hash_of("A B- BC ", "x y ",
		   "A\x1e"
		   "B-\x1e"
		   "BC\x1fx\x1ey");
	/* what is there twice is there twice */
	is_hash_of("A A ", NULL,
		   "A\x1e"
		   "A");
}

static void the_longest(void)
{
	char *list = malloc(8193);

	UNIT_NEED(list != NULL);
	for (size_t i = 0; i < 8192; i++)
		list[i] = i % 2 ? ' ' : 'x';
	list[8192] = '\0';
	{
		struct cpl_sasl_offer offer = {.mechanisms = list,
					       .bindings = list};
		struct cpl_buf out = CPL_BUF_INIT(200);

		CHECK_INT(cpl_sasl_offer_hash(&offer, "SHA256", &out), 0);
		CHECK_INT(out.len, 44);
		cpl_buf_release(&out);
	}
	free(list);
}

static void no_such_digest_or_room(void)
{
	struct cpl_sasl_offer offer = {.mechanisms = "PLAIN "};
	struct cpl_buf out = CPL_BUF_INIT(20);

	CHECK_INT(cpl_sasl_offer_hash(&offer, "ROT13", &out), -1);
	CHECK_INT(cpl_sasl_offer_hash(&offer, "SHA1", &out), -1);
	CHECK_INT(out.len, 0);
	cpl_buf_release(&out);
}

int main(void)
{
	RUN(of_the_specification);
	RUN(texts);
	RUN(the_longest);
	RUN(no_such_digest_or_room);
	return unit_end();
}
