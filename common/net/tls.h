/* SPDX-License-Identifier: MIT
 *
 * TLS by OpenSSL 3 over a connected non-blocking socket: version 1.2 at least,
 * SNI and ALPN, the certificate's chain and its name checked, or its
 * fingerprint alone; channel bindings for SASL. A struct cpl_tls owns its SSL
 * and its context and borrows the socket. Nothing blocks: a call that cannot
 * go on says what it waits for. */
#ifndef CPL_TLS_H
#define CPL_TLS_H

#include <stddef.h>
#include <sys/types.h>

#include "../base/err.h"
#include "../base/log.h"
#include "../base/timing.h"

struct ssl_ctx_st; /* OpenSSL's SSL_CTX */

struct cpl_tls_conf {
	const char *domain; /* the JID's, A-labels: SNI and the name checked */
	const char *jid_domain;  /* as in the JID (UTF-8), for XmppAddr; NULL:
				    the  same */
	const char *ca_file;     /* NULL: the system's */
	const char *fingerprint; /* "sha256:HEX" (colons allowed) or NULL:
				    replaces the chain and the name check */
	const char *client_cert; /* PEM file, or NULL */
	const char *client_key;  /* PEM file; NULL: in client_cert */
	int direct;              /* offer ALPN xmpp-client (XEP-0368 4) */
	/* For who only looks and sends nothing that is secret: a server that is
	 * not verified is taken all the same, and cpl_tls_info_new() tells why
	 * it is not. */
	int observe;
	/* Where cpl_tls_check() leaves the context that it made, for each
	 * cpl_tls_new() to use instead of making another, which takes
	 * milliseconds; NULL: nowhere. Whoever gives it frees it. */
	struct ssl_ctx_st **made;
};

struct cpl_tls;

/* Before all else that is OpenSSL's, in a process that ends when its work is
 * done: what OpenSSL holds is not freed piece by piece when it exits, which
 * takes a twentieth of what sending one message does. Secrets are ours, and
 * wiped by us. Without texts what is wrong with a file of the user's is told
 * less well, and as much again is saved: those of TLS itself are there in any
 * case, of the rest of OpenSSL there are thousands. */
void cpl_tls_spare(int texts);

/* Checks what can be checked without a server, so that a tool stops before it
 * connects: fingerprint syntax (CPL_USAGE), files that cannot be read or hold
 * nothing usable, a private key that others can read or that has a passphrase
 * (CPL_CONFIG, naming the file). */
int cpl_tls_check(const struct cpl_tls_conf *conf, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Frees what cpl_tls_check() left; NULL is fine. */
void cpl_tls_made_free(struct ssl_ctx_st *made);

/* A client ready to shake hands over fd; conf is not kept. NULL with e. */
struct cpl_tls *cpl_tls_new(const struct cpl_tls_conf *conf, int fd,
			    const struct cpl_log *log, struct cpl_err *e)
    __attribute__((warn_unused_result));
void cpl_tls_free(struct cpl_tls *t); /* sends nothing */

enum cpl_tls_result {
	CPL_TLS_DONE = 1,
	CPL_TLS_AGAIN = 0, /* poll for cpl_tls_wants(), then call again */
	CPL_TLS_FAILED = -1,
	CPL_TLS_EOF = -2 /* reading: the peer closed (cleanly or not) */
};

/* CPL_TLS_DONE once the server is verified: by its fingerprint, or by a chain
 * to a CA and a certificate that names the domain (RFC 6125: DNS-ID with
 * wildcard as the leftmost label, SRV-ID _xmpp-client or _xmpps-client,
 * XmppAddr, IP-ID for a literal; no CN).
 * CPL_TLS_FAILED is CPL_PROTOCOL with the reason, which for a certificate
 * names its subject and the domain expected: "certificate of 'CN=x' is for
 * x.lit, not for capulet.lit", "capulet.lit: certificate of 'CN=x' has expired
 * on 2026-01-02", "... is self-signed", "... is signed by an unknown authority
 * 'CN=y'", "... has the fingerprint sha256:..., not the one asked for"; also
 * "capulet.lit: does not speak TLS here". CPL_TEMP when the connection broke
 * or ended. Nothing in the texts can harm a terminal. */
enum cpl_tls_result cpl_tls_handshake(struct cpl_tls *t, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* POLLIN or POLLOUT: what the last call that said CPL_TLS_AGAIN waits for. */
short cpl_tls_wants(const struct cpl_tls *t);

/* Reads or writes up to n bytes (n > 0): the number (> 0) in *done with
 * CPL_TLS_DONE, otherwise as above. A write that said CPL_TLS_AGAIN must be
 * repeated with at least the same bytes at its front; they may have moved. */
enum cpl_tls_result cpl_tls_read(struct cpl_tls *t, char *p, size_t n,
				 size_t *done, struct cpl_err *e)
    __attribute__((warn_unused_result));
enum cpl_tls_result cpl_tls_write(struct cpl_tls *t, const char *p, size_t n,
				  size_t *done, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Sends close_notify if that does not block. */
void cpl_tls_shutdown(struct cpl_tls *t);

enum cpl_binding {
	CPL_BIND_NONE = 0,
	CPL_BIND_EXPORTER, /* RFC 9266; on TLS 1.2 only with extended master
			      secret (RFC 9266 4.2) */
	CPL_BIND_UNIQUE,   /* tls-unique, RFC 5929 3; before TLS 1.3 alone, and
			      only with extended master secret */
	CPL_BIND_END_POINT /* tls-server-end-point, RFC 5929 4 */
};

#define CPL_BINDING_BYTES 64

/* The channel binding's bytes into out, their number returned; -1 when this
 * connection does not have that kind. */
int cpl_tls_binding(struct cpl_tls *t, enum cpl_binding kind,
		    unsigned char out[CPL_BINDING_BYTES]);

/* Counts the flights at the socket from here on, the handshake's too. timing
 * outlives t; NULL: nothing is counted any more. */
void cpl_tls_timing(struct cpl_tls *t, struct cpl_timing *timing);

/* As the number on the wire (RFC 8446 4.2.1): 0x0304. */
int cpl_tls_version_number(const struct cpl_tls *t);

#endif
