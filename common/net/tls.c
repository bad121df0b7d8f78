/* SPDX-License-Identifier: MIT */
#include "tls_impl.h"

#include <errno.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "addr.h"

/* A TLS record's first byte (RFC 8446 5.1) in answer to a ClientHello. */
#define RECORD_ALERT 0x15
#define RECORD_HANDSHAKE 0x16

/* OpenSSL gives an alert of the peer as this plus the alert's number. */
#define ALERT_FIRST SSL_AD_REASON_OFFSET
#define ALERT_LAST (SSL_AD_REASON_OFFSET + 255)

int cpl_tls_check(const struct cpl_tls_conf *conf, struct cpl_err *e)
{
	unsigned char pin[CPL_TLS_PIN_BYTES];
	SSL_CTX *ctx;

	if (conf->fingerprint && cpl_tls_parse_pin(conf->fingerprint, pin, e))
		return -1;
	if (!conf->ca_file && !conf->client_cert)
		return 0; /* the rest cannot be wrong */
	ctx = cpl_tls_context(conf, NULL, e);
	if (ctx && conf->made) {
		SSL_CTX_free(*conf->made);
		*conf->made = ctx;
		return 0;
	}
	SSL_CTX_free(ctx);
	return ctx ? 0 : -1;
}

void cpl_tls_made_free(struct ssl_ctx_st *made)
{
	SSL_CTX_free(made);
}

/* Name and protocol for the server to choose by; names only, no literal
 * (RFC 6066 3). */
static int set_extensions(const struct cpl_tls *t)
{
	static const unsigned char alpn[] = "\x0bxmpp-client";
	struct cpl_addr literal;

	if (!cpl_addr_literal(t->domain, &literal) &&
	    SSL_set_tlsext_host_name(t->ssl, t->domain) != 1)
		return -1;
	/* this one returns 0 for success */
	if (t->direct && SSL_set_alpn_protos(t->ssl, alpn, sizeof alpn - 1))
		return -1;
	return 0;
}

struct cpl_tls *cpl_tls_new(const struct cpl_tls_conf *conf, int fd,
			    const struct cpl_log *log, struct cpl_err *e)
{
	struct cpl_tls *t = calloc(1, sizeof *t);

	if (!t) {
		cpl_err_nomem(e);
		return NULL;
	}
	t->fd = fd;
	t->log = log;
	t->wants = POLLOUT;
	t->direct = conf->direct;
	t->observe = conf->observe;
	t->domain = strdup(conf->domain);
	t->jid_domain =
	    strdup(conf->jid_domain ? conf->jid_domain : conf->domain);
	if (!t->domain || !t->jid_domain) {
		cpl_err_nomem(e);
		goto fail;
	}
	if (conf->fingerprint) {
		if (cpl_tls_parse_pin(conf->fingerprint, t->pin, e) < 0)
			goto fail;
		t->pinned = 1;
	}
	if (conf->made && *conf->made && SSL_CTX_up_ref(*conf->made))
		t->ctx = *conf->made;
	else
		t->ctx = cpl_tls_context(conf, log, e);
	if (!t->ctx)
		goto fail;
	SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(t->ctx, cpl_tls_verify, t);
	t->ssl = SSL_new(t->ctx);
	if (!t->ssl || SSL_set_fd(t->ssl, fd) != 1 || set_extensions(t) < 0) {
		cpl_err_set(e, CPL_SYSTEM, "OpenSSL: %s", cpl_tls_queue_text());
		goto fail;
	}
	SSL_set_connect_state(t->ssl);
	return t;
fail:
	cpl_tls_free(t);
	return NULL;
}

void cpl_tls_free(struct cpl_tls *t)
{
	if (!t)
		return;
	SSL_free(t->ssl);
	SSL_CTX_free(t->ctx);
	ERR_clear_error();
	free(t->domain);
	free(t->jid_domain);
	free(t);
}

/* Whether OpenSSL only waits for the socket; notes for what. */
static int must_wait(struct cpl_tls *t, int ssl_error)
{
	if (ssl_error != SSL_ERROR_WANT_READ &&
	    ssl_error != SSL_ERROR_WANT_WRITE)
		return 0;
	t->wants = ssl_error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
	return 1;
}

enum break_kind { INTACT = 0, ENDED, BROKEN };

/* Whether the connection ended or broke, in contrast to a fault in what came
 * over it; then why is filled. */
static enum break_kind broke(int ssl_error, int error, char *why, size_t n)
{
	unsigned long code = ERR_peek_error();

	if (ssl_error == SSL_ERROR_SSL && ERR_SYSTEM_ERROR(code))
		error = ERR_GET_REASON(code);
	else if (ssl_error == SSL_ERROR_ZERO_RETURN ||
		 (ssl_error == SSL_ERROR_SSL &&
		  ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING))
		error = 0;
	else if (ssl_error != SSL_ERROR_SYSCALL)
		return INTACT;
	if (error == 0)
		snprintf(why, n, "the server closed the connection");
	else if (strerror_r(error, why, n) != 0)
		snprintf(why, n, "error %d", error);
	return error == 0 ? ENDED : BROKEN;
}

/* OpenSSL 3.0 has no text for this one (RFC 8446 6.2). */
static const char *alert_text(int reason)
{
	if (reason == SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED)
		return "a client certificate is required";
	return SSL_alert_desc_string_long(reason - ALERT_FIRST);
}

static void explain_plain(const struct cpl_tls *t, struct cpl_err *e)
{
	cpl_err_set(e, CPL_PROTOCOL, "%s: does not speak TLS here%s", t->domain,
		    t->direct ? " (is it a STARTTLS port?)" : "");
}

/* A handshake that failed for what the server said. */
static void explain_refusal(struct cpl_tls *t, struct cpl_err *e)
{
	int reason = ERR_GET_REASON(ERR_peek_error());
	const char *d = t->domain;

	switch (reason) {
	case SSL_R_WRONG_VERSION_NUMBER: /* of the first record: it is none */
		explain_plain(t, e);
		return;
	case SSL_R_UNSUPPORTED_PROTOCOL:
	case SSL_R_WRONG_SSL_VERSION:
	case SSL_R_NO_PROTOCOLS_AVAILABLE:
	case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
		cpl_err_set(e, CPL_PROTOCOL,
			    "%s: the server has no TLS version from 1.2 on", d);
		return;
	case ALERT_FIRST + SSL_AD_HANDSHAKE_FAILURE:
		cpl_err_set(e, CPL_PROTOCOL,
			    "%s: the server refuses the TLS handshake: it has "
			    "no cipher in common with us or wants a client "
			    "certificate",
			    d);
		return;
	case ALERT_FIRST + SSL_AD_UNRECOGNIZED_NAME:
		cpl_err_set(e, CPL_PROTOCOL,
			    "%s: the server has no certificate for this domain",
			    d);
		return;
	case ALERT_FIRST + SSL_AD_NO_APPLICATION_PROTOCOL:
		cpl_err_set(e, CPL_PROTOCOL,
			    "%s: the server does not speak XMPP on this port "
			    "(ALPN)",
			    d);
		return;
	default: break;
	}
	if (reason >= ALERT_FIRST && reason <= ALERT_LAST)
		cpl_err_set(e, CPL_PROTOCOL,
			    "%s: the server refuses the TLS handshake: %s", d,
			    alert_text(reason));
	else
		cpl_err_set(e, CPL_PROTOCOL, "%s: TLS handshake: %s", d,
			    cpl_tls_queue_text());
}

static enum cpl_tls_result handshake_failed(struct cpl_tls *t, int ssl_error,
					    int error, struct cpl_err *e)
{
	char why[128];

	t->dead = 1;
	if (t->why.status != CPL_OK) {
		if (e)
			*e = t->why;
	} else if (broke(ssl_error, error, why, sizeof why) != INTACT) {
		cpl_err_set(e, CPL_TEMP, "%s: %s", t->domain, why);
	} else {
		explain_refusal(t, e);
	}
	ERR_clear_error();
	return CPL_TLS_FAILED;
}

/* Whether what the peer said first is no TLS record, which OpenSSL's own errors
 * do not always tell from other faults. What OpenSSL has read already is not
 * there to be looked at, and what follows it is no first record. */
static int is_plain(struct cpl_tls *t)
{
	unsigned char first;

	if (t->answered || BIO_number_read(SSL_get_rbio(t->ssl)) > 0 ||
	    recv(t->fd, &first, 1, MSG_PEEK | MSG_DONTWAIT) != 1)
		return 0;
	t->answered = 1;
	return first != RECORD_ALERT && first != RECORD_HANDSHAKE;
}

enum cpl_tls_result cpl_tls_handshake(struct cpl_tls *t, struct cpl_err *e)
{
	int rc, error, ssl_error;

	if (is_plain(t)) {
		t->dead = 1;
		explain_plain(t, e);
		return CPL_TLS_FAILED;
	}
	ERR_clear_error();
	errno = 0;
	rc = SSL_do_handshake(t->ssl);
	error = errno;
	ssl_error = SSL_get_error(t->ssl, rc);
	if (rc == 1) {
		cpl_log(t->log, CPL_LOG_DEBUG, "%s, %s, %s",
			SSL_get_version(t->ssl),
			SSL_CIPHER_get_name(SSL_get_current_cipher(t->ssl)),
			t->untrusted.status ? "certificate not verified"
			: t->pinned         ? "fingerprint matches"
					    : "certificate verified");
		return CPL_TLS_DONE;
	}
	if (must_wait(t, ssl_error))
		return CPL_TLS_AGAIN;
	return handshake_failed(t, ssl_error, error, e);
}

short cpl_tls_wants(const struct cpl_tls *t)
{
	return t->wants;
}

/* After a read or write that brought nothing. */
static enum cpl_tls_result no_progress(struct cpl_tls *t, int ssl_error,
				       int error, int reading,
				       struct cpl_err *e)
{
	int reason = ERR_GET_REASON(ERR_peek_error());
	enum break_kind kind;
	char why[128];

	if (must_wait(t, ssl_error))
		return CPL_TLS_AGAIN;
	if (ssl_error != SSL_ERROR_ZERO_RETURN)
		t->dead = 1;
	kind = broke(ssl_error, error, why, sizeof why);
	if (kind != INTACT) {
		ERR_clear_error();
		if (reading && kind == ENDED)
			return CPL_TLS_EOF;
		cpl_err_set(e, CPL_TEMP, "%s: %s", t->domain, why);
		return CPL_TLS_FAILED;
	}
	if (reason >= ALERT_FIRST && reason <= ALERT_LAST)
		cpl_err_set(e, CPL_PROTOCOL, "%s: the server ended TLS: %s",
			    t->domain, alert_text(reason));
	else
		cpl_err_set(e, CPL_PROTOCOL, "%s: TLS: %s", t->domain,
			    cpl_tls_queue_text());
	ERR_clear_error();
	return CPL_TLS_FAILED;
}

enum cpl_tls_result cpl_tls_read(struct cpl_tls *t, char *p, size_t n,
				 size_t *done, struct cpl_err *e)
{
	int rc, error;

	ERR_clear_error();
	errno = 0;
	rc = SSL_read_ex(t->ssl, p, n, done);
	error = errno;
	if (rc == 1)
		return CPL_TLS_DONE;
	return no_progress(t, SSL_get_error(t->ssl, rc), error, 1, e);
}

enum cpl_tls_result cpl_tls_write(struct cpl_tls *t, const char *p, size_t n,
				  size_t *done, struct cpl_err *e)
{
	int rc, error;

	ERR_clear_error();
	errno = 0;
	rc = SSL_write_ex(t->ssl, p, n, done);
	error = errno;
	if (rc == 1)
		return CPL_TLS_DONE;
	return no_progress(t, SSL_get_error(t->ssl, rc), error, 0, e);
}

void cpl_tls_shutdown(struct cpl_tls *t)
{
	if (!t->dead && SSL_is_init_finished(t->ssl))
		(void)SSL_shutdown(t->ssl);
	ERR_clear_error();
}

int cpl_tls_version_number(const struct cpl_tls *t)
{
	return SSL_version(t->ssl);
}
