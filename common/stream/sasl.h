/* SPDX-License-Identifier: MIT
 *
 * SASL (RFC 4422) as XMPP uses it: which mechanism is taken of those offered,
 * and its exchange as raw bytes (base64 and XML are the login's). Mechanisms:
 * EXTERNAL, SCRAM-SHA-512, -256 and -1 each with and without -PLUS, PLAIN over
 * verified TLS alone, ANONYMOUS. One mechanism is chosen and one attempt made:
 * a refusal is final. A struct cpl_sasl owns its copy of the password and its
 * keys until cpl_sasl_forget() or cpl_sasl_free(), which wipe them. */
#ifndef CPL_SASL_H
#define CPL_SASL_H

#include <stddef.h>

#include "../base/buf.h"
#include "../store/pins.h"
#include "sasl_offer.h"

/* What the connection can bind to, and whether it may carry PLAIN. */
struct cpl_sasl_channel {
	int verified; /* TLS whose certificate was verified */
	int version;  /* of TLS, as on the wire: 0x0304; 0: there is none */
	unsigned char exporter[64];
	int exporter_len; /* -1: this connection has none */
	unsigned char unique[64];
	int unique_len;
	unsigned char end_point[64];
	int end_point_len;
};

struct cpl_sasl_conf {
	const char *local;    /* NULL: no user part, so ANONYMOUS */
	const char *bare;     /* the authorization identity of EXTERNAL */
	const char *password; /* NULL: none */
	size_t password_len;
	int have_cert; /* a client certificate was offered in the handshake */
	struct cpl_sasl_channel channel;
	struct cpl_pins pins; /* what the account's logins have had */
};

struct cpl_sasl;

/* Chooses; NULL with e set: CPL_UNAVAILABLE when nothing offered is usable
 * (says what is offered, and why PLAIN is not), CPL_PROTOCOL for an offer that
 * XEP-0440 3 forbids, or the pins, CPL_AUTH for a password that SASLprep (RFC
 * 4013) does not allow. */
struct cpl_sasl *cpl_sasl_new(const struct cpl_sasl_conf *conf,
			      const struct cpl_sasl_offer *offer,
			      struct cpl_err *e)
    __attribute__((warn_unused_result));

/* The same by a token, which is conf's password, and the mechanism that it is
 * for (ht.h), which this channel can do. NULL without memory. */
struct cpl_sasl *cpl_sasl_by_token(const struct cpl_sasl_conf *conf,
				   const char *mechanism, struct cpl_err *e)
    __attribute__((warn_unused_result));
void cpl_sasl_free(struct cpl_sasl *s);

/* The exchange is over, one way or the other: its secrets are wiped. What it
 * was called and bound to can still be asked for, and what it had. */
void cpl_sasl_forget(struct cpl_sasl *s);

/* Its registered name; valid as long as s is. */
const char *cpl_sasl_name(const struct cpl_sasl *s);

/* The type of its channel binding, or NULL. */
const char *cpl_sasl_binding(const struct cpl_sasl *s);

/* The initial response into out (may stay empty: an empty response). */
int cpl_sasl_start(struct cpl_sasl *s, struct cpl_buf *out, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* The answer to a challenge into out. -1: CPL_PROTOCOL, a challenge that the
 * mechanism does not have or that is wrong, an offer that was changed on its
 * way (XEP-0474), or one that could have been and is not proved
 * (sasl_choice.h); then nothing was proved to the server. */
int cpl_sasl_step(struct cpl_sasl *s, const char *challenge, size_t len,
		  struct cpl_buf *out, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* After a start or a step: nothing more of ours follows; what comes next is the
 * server's word. */
int cpl_sasl_said_all(const struct cpl_sasl *s);

/* The server says success, or that the mechanism is through, with or without
 * data (len 0): 0 only when the mechanism agrees. A SCRAM without the server's
 * proof is CPL_PROTOCOL. */
int cpl_sasl_success(struct cpl_sasl *s, const char *data, size_t len,
		     struct cpl_err *e) __attribute__((warn_unused_result));

/* Whether the server, which must have said success, has proved that it offered
 * what we saw (XEP-0474). */
int cpl_sasl_proved(const struct cpl_sasl *s);

/* SaltedPassword of the password of a SCRAM in which the server has proved
 * itself, appended; as cpl_scram_salted(). */
int cpl_sasl_salted(const struct cpl_sasl *s, const char *hash,
		    const struct cpl_buf *salt, long iterations,
		    struct cpl_buf *out) __attribute__((warn_unused_result));

/* What this login, which the server must have said success to, has had for the
 * next ones to have as well. */
struct cpl_pins cpl_sasl_had(const struct cpl_sasl *s);

/* e is what the server says by <failure/>. Where it should have proved its
 * offer first, as somebody in between may have taken away what it refuses us
 * for, that is what e says from here on, with CPL_PROTOCOL. Returns -1. */
int cpl_sasl_refused(const struct cpl_sasl *s, struct cpl_err *e);

/* The exit status for a <failure/> condition (RFC 6120 6.5): CPL_AUTH unless
 * the server means later (CPL_TEMP) or the protocol (CPL_PROTOCOL). */
enum cpl_status cpl_sasl_failure(const char *condition);

#endif
