/* SPDX-License-Identifier: MIT
 *
 * The client's side of SCRAM (RFC 5802, RFC 7677; -PLUS with the channel
 * binding handed in), as a pure exchange of messages: no I/O, no randomness,
 * no base64 of the outer layer. A struct cpl_scram owns what it keeps, keys
 * included, and wipes it; zero-filled it may be released. */
#ifndef CPL_SCRAM_H
#define CPL_SCRAM_H

#include <openssl/evp.h>
#include <stddef.h>

#include "../base/buf.h"

struct cpl_scram_conf {
	const char *hash;     /* "SHA1", "SHA256", "SHA512", for OpenSSL */
	const char *user;     /* not escaped; prepared by the caller */
	const char *password; /* SASLprep'd by the caller */
	size_t password_len;
	const char *nonce; /* printable ASCII without a comma */
	/* RFC 5802 6: "n,," no binding, "y,," we could bind but the server
	 * does not offer it, "p=NAME,," bound with the bytes below. */
	const char *gs2;
	const unsigned char *binding;
	size_t binding_len;
	/* XEP-0474: what h= in the server's first message has to be, if it is
	 * there; NULL: it is not looked at. */
	const char *offer_hash;
	const char *must_prove; /* why it has to be there; NULL: it need not */
	/* XEP-0515: the same of t=, which is the version of TLS. */
	const char *tls_version;
};

struct cpl_scram {
	const EVP_MD *md;
	struct cpl_buf first_bare; /* client-first-message-bare */
	struct cpl_buf auth;       /* AuthMessage */
	unsigned char server_signature[EVP_MAX_MD_SIZE];
	size_t size; /* of the hash */
	int signed_; /* server_signature is set */
	int proved;  /* h= was there and right; worth something only once the
			server's signature is */
};

/* Writes client-first-message to out. 0, or -1 with CPL_SYSTEM or, for a hash
 * that this OpenSSL does not have, CPL_INTERNAL. conf is not kept. */
int cpl_scram_first(struct cpl_scram *s, const struct cpl_scram_conf *conf,
		    struct cpl_buf *out, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Takes server-first-message and writes client-final-message to out. -1 with
 * CPL_PROTOCOL: not of the form of RFC 5802 7, an extension we do not know
 * (m=), a nonce that does not extend ours, fewer iterations than
 * CPL_SCRAM_ITERATIONS_MIN or more than ..._MAX, an h= or t= that is not
 * ours, or no h= where there has to be one. Then
 * no proof was made. */
int cpl_scram_final(struct cpl_scram *s, const struct cpl_scram_conf *conf,
		    const char *server_first, size_t len, struct cpl_buf *out,
		    struct cpl_err *e) __attribute__((warn_unused_result));

/* Checks server-final-message: 0 only when the server proved that it knows the
 * password (RFC 5802 3). -1 with CPL_PROTOCOL, CPL_AUTH for its e= errors. */
int cpl_scram_verify(struct cpl_scram *s, const char *server_final, size_t len,
		     struct cpl_err *e) __attribute__((warn_unused_result));

/* A number of iterations as a server writes it, or -1 with CPL_PROTOCOL: it is
 * none, or not one of those that cpl_scram_final() takes. */
long cpl_scram_iterations(const char *p, size_t len, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Appends SaltedPassword (RFC 5802 3) by the hash of that name for OpenSSL. 0,
 * or -1 without memory, room or such a hash. */
int cpl_scram_salted(const char *hash, const char *password,
		     size_t password_len, const struct cpl_buf *salt,
		     long iterations, struct cpl_buf *out)
    __attribute__((warn_unused_result));

void cpl_scram_release(struct cpl_scram *s);

#endif
