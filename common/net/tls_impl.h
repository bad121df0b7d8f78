/* SPDX-License-Identifier: MIT
 *
 * What the files of the TLS module share; nobody else includes it. */
#ifndef CPL_TLS_IMPL_H
#define CPL_TLS_IMPL_H

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "tls.h"

#define CPL_TLS_PIN_BYTES 32

struct cpl_tls {
	SSL_CTX *ctx;
	SSL *ssl;
	const struct cpl_log *log;
	char *domain;
	char *jid_domain;
	int fd;
	short wants;
	int direct;
	int answered; /* the peer's first byte was looked at */
	int dead;     /* after a fatal error nothing may be sent */
	int pinned;
	unsigned char pin[CPL_TLS_PIN_BYTES];
	struct cpl_err why; /* from the verification; CPL_OK: it went well */
	int observe;        /* what it refuses is taken all the same */
	struct cpl_err untrusted; /* then that is why; CPL_OK: it went well */
};

/* Reads "sha256:HEX"; CPL_USAGE with e where it is not that. */
int cpl_tls_parse_pin(const char *text, unsigned char out[CPL_TLS_PIN_BYTES],
		      struct cpl_err *e) __attribute__((warn_unused_result));

/* A context with protocol versions, authorities and the client's certificate
 * set, or NULL with e. */
SSL_CTX *cpl_tls_context(const struct cpl_tls_conf *conf,
			 const struct cpl_log *log, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* SSL_CTX_set_cert_verify_callback()'s callback, arg is a struct cpl_tls:
 * pin, or chain and name. Fills t->why when it refuses. */
int cpl_tls_verify(X509_STORE_CTX *store, void *arg);

/* A name in RFC 2253's form, one alternative name (0: of a kind that is of no
 * interest), in ASCII without anything that a terminal obeys. */
void cpl_tls_name_text(const X509_NAME *name, char *out, size_t n);
int cpl_tls_alt_name_text(const GENERAL_NAME *g, char *out, size_t n);

/* OpenSSL's oldest error in words, the queue emptied. Never NULL. */
const char *cpl_tls_queue_text(void);

#endif
