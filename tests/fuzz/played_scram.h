/* SPDX-License-Identifier: MIT
 *
 * The server's side of what proves a server: written apart from the client's,
 * for a server that knows the secret. */
#ifndef PLAYED_SCRAM_H
#define PLAYED_SCRAM_H

#include "../../common/net/tls.h"
#include "../../common/stream/base64.h"
#include "../../common/stream/scram.h"
#include "played_chance.h"

#define PLAYED_BINDING_BYTES 32

/* The binding of the played channel, whose bytes depend on the kind. */
static inline void played_binding(enum cpl_binding kind,
				  unsigned char out[PLAYED_BINDING_BYTES])
{
	memset(out, '0' + (int)kind, PLAYED_BINDING_BYTES);
}

/* The hash of a mechanism for OpenSSL, or NULL. */
static inline const char *played_hash(const char *mechanism)
{
	if (strncmp(mechanism, "SCRAM-SHA-1", 11) == 0)
		return "SHA1";
	if (strncmp(mechanism, "SCRAM-SHA-256", 13) == 0)
		return "SHA256";
	return strncmp(mechanism, "SCRAM-SHA-512", 13) == 0 ? "SHA512" : NULL;
}

/* What both sides have said; the texts may be NULL. */
struct played_exchange {
	const char *client_first, *server_first, *client_final;
};

/* Appends the server's signature (RFC 5802 3) in base64. 0, or -1: what was
 * said is no such exchange. */
static inline int played_sign(const struct played_exchange *x, const char *hash,
			      const char *password, struct cpl_buf *out)
{
	const char *salt_at =
	    x->server_first ? strstr(x->server_first, ",s=") : NULL;
	const char *bare = x->client_first ? strstr(x->client_first, "n=") : 0;
	const char *proof =
	    x->client_final ? strstr(x->client_final, ",p=") : 0;
	struct cpl_buf salt = CPL_BUF_INIT(FUZZ_ROOM), salted = salt;
	struct cpl_buf text = salt;
	const EVP_MD *md = hash ? EVP_get_digestbyname(hash) : NULL;
	unsigned char key[EVP_MAX_MD_SIZE];
	unsigned n;
	int r = -1;

	if (!salt_at || !bare || !proof || !md ||
	    cpl_base64_decode(&salt, salt_at + 3, strcspn(salt_at + 3, ",")) ||
	    salt.len == 0)
		goto out;
	MUST(cpl_buf_addf(&text, "%s,%s,%.*s", bare, x->server_first,
			  (int)(proof - x->client_final),
			  x->client_final) == 0);
	MUST(cpl_scram_salted(hash, password, strlen(password), &salt, 1,
			      &salted) == 0);
	MUST(HMAC(md, salted.data, (int)salted.len,
		  (const unsigned char *)"Server Key", 10, key, &n) != NULL);
	MUST(HMAC(md, key, (int)n, (unsigned char *)text.data, text.len, key,
		  &n) != NULL);
	MUST(cpl_base64_encode(out, key, n) == 0);
	r = 0;
out:
	cpl_buf_release(&salt);
	cpl_buf_release(&salted);
	cpl_buf_release(&text);
	return r;
}

/* Appends HMAC(token, "Responder" || binding), what proves that the server has
 * the token, for a mechanism. 0, or -1: it is none of these. */
static inline int played_respond(const char *mechanism, const char *token,
				 struct cpl_buf *out)
{
	unsigned char text[9 + PLAYED_BINDING_BYTES] = "Responder";
	unsigned char proof[EVP_MAX_MD_SIZE];
	enum cpl_binding kind = CPL_BIND_NONE;
	unsigned n;

	if (strncmp(mechanism, "HT-SHA-256-", 11) != 0)
		return -1;
	switch (mechanism[11]) {
	case 'E':
		kind = mechanism[12] == 'X' ? CPL_BIND_EXPORTER
					    : CPL_BIND_END_POINT;
		break;
	case 'U': kind = CPL_BIND_UNIQUE; break;
	}
	played_binding(kind, text + 9);
	MUST(HMAC(EVP_sha256(), token, (int)strlen(token), text,
		  kind == CPL_BIND_NONE ? 9 : sizeof text, proof, &n) != NULL);
	MUST(cpl_buf_add(out, proof, n) == 0);
	return 0;
}

#endif
