/* SPDX-License-Identifier: MIT */
#include "ht.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

/* SHA-256's. */
#define PROOF_BYTES 32

enum bound { EXPORTER, UNIQUE, END_POINT, UNBOUND };

/* In the order in which they are preferred. */
static const struct kind {
	const char *name;
	enum bound bound;
	const char *type; /* as XEP-0440 has it */
} kinds[] = {
    {"HT-SHA-256-EXPR", EXPORTER, "tls-exporter"},
    {"HT-SHA-256-UNIQ", UNIQUE, "tls-unique"},
    {"HT-SHA-256-ENDP", END_POINT, "tls-server-end-point"},
    {"HT-SHA-256-NONE", UNBOUND, NULL},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

/* The bytes that a mechanism binds to; their number, -1: there are none. */
static int binding(const struct cpl_sasl_channel *c, enum bound bound,
		   const unsigned char **bytes)
{
	*bytes = (const unsigned char *)"";
	switch (bound) {
	case EXPORTER: *bytes = c->exporter; return c->exporter_len;
	case UNIQUE: *bytes = c->unique; return c->unique_len;
	case END_POINT: *bytes = c->end_point; return c->end_point_len;
	case UNBOUND: break;
	}
	return 0;
}

static const struct kind *find(const char *mechanism)
{
	for (size_t i = 0; i < KINDS; i++)
		if (strcmp(kinds[i].name, mechanism) == 0)
			return &kinds[i];
	return NULL;
}

const char *cpl_ht_choose(const struct cpl_sasl_channel *channel,
			  const char *mechanisms, const char *bindings)
{
	const unsigned char *bytes;
	int any = bindings && *bindings;

	for (size_t i = 0; i < KINDS; i++)
		any |= kinds[i].bound != UNBOUND &&
		       cpl_offer_has(mechanisms, kinds[i].name);
	for (size_t i = 0; i < KINDS; i++)
		if (cpl_offer_has(mechanisms, kinds[i].name) &&
		    binding(channel, kinds[i].bound, &bytes) >= 0 &&
		    !(kinds[i].bound == UNBOUND && any))
			return kinds[i].name;
	return NULL;
}

int cpl_ht_usable(const struct cpl_sasl_channel *channel, const char *mechanism)
{
	const struct kind *k = find(mechanism);
	const unsigned char *bytes;

	return k && binding(channel, k->bound, &bytes) >= 0;
}

const char *cpl_ht_binding(const char *mechanism)
{
	const struct kind *k = find(mechanism);

	return k ? k->type : NULL;
}

/* HMAC(token, WHO || binding) */
static int prove(const struct cpl_sasl_channel *channel, const char *mechanism,
		 const char *token, const char *who,
		 unsigned char out[PROOF_BYTES], struct cpl_err *e)
{
	struct cpl_buf text = CPL_BUF_INIT(128);
	const struct kind *k = find(mechanism);
	const unsigned char *bytes = NULL;
	int n = k ? binding(channel, k->bound, &bytes) : -1;
	unsigned len = 0;
	int r = 0;

	if (n < 0)
		return cpl_err_set(e, CPL_INTERNAL, "%s: no such binding",
				   mechanism);
	if (cpl_buf_adds(&text, who) < 0 ||
	    cpl_buf_add(&text, bytes, (size_t)n) < 0 ||
	    !HMAC(EVP_sha256(), token, (int)strlen(token),
		  (unsigned char *)text.data, text.len, out, &len) ||
	    len != PROOF_BYTES)
		r = cpl_err_nomem(e);
	cpl_buf_release(&text);
	return r;
}

int cpl_ht_first(const struct cpl_sasl_channel *channel, const char *mechanism,
		 const char *user, const char *token, struct cpl_buf *out,
		 struct cpl_err *e)
{
	unsigned char proof[PROOF_BYTES];

	if (prove(channel, mechanism, token, "Initiator", proof, e) < 0)
		return -1;
	if (cpl_buf_adds(out, user) < 0 || cpl_buf_addc(out, '\0') < 0 ||
	    cpl_buf_add(out, proof, sizeof proof) < 0)
		return cpl_err_nomem(e);
	return 0;
}

int cpl_ht_verify(const struct cpl_sasl_channel *channel, const char *mechanism,
		  const char *token, const char *data, size_t len,
		  struct cpl_err *e)
{
	unsigned char proof[PROOF_BYTES];

	if (prove(channel, mechanism, token, "Responder", proof, e) < 0)
		return -1;
	if (len != sizeof proof || CRYPTO_memcmp(proof, data, len) != 0)
		return cpl_err_set(e, CPL_PROTOCOL,
				   "the server did not prove that it knows the "
				   "token");
	return 0;
}
