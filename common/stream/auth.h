/* SPDX-License-Identifier: MIT
 *
 * A SASL exchange (sasl.h) as elements of the stream, in the profile of
 * XEP-0388 where the server offers that over TLS, else in that of RFC 6120 6.
 * One mechanism, one attempt: by a token (XEP-0484) where there is one. It
 * writes to the link and is fed the elements of its namespace; it owns its
 * copies of secrets until cpl_auth_forget() or cpl_auth_free(), which wipe
 * them. */
#ifndef CPL_AUTH_H
#define CPL_AUTH_H

#include <strophe.h>

#include "../base/log.h"
#include "../config/secret.h"
#include "../stanza/jid.h"
#include "../store/offer.h"
#include "../store/pins.h"
#include "../store/token.h"
#include "link.h"

struct cpl_auth_conf {
	const struct cpl_jid *jid;
	const struct cpl_secret *password; /* empty: EXTERNAL or ANONYMOUS */
	const char *agent; /* XEP-0388 2.4: the UUID of what logs in, or NULL */
	const struct cpl_pins *pins; /* what earlier logins have had */
	int have_cert; /* a client certificate was offered in the handshake */
	/* XEP-0484: ours to use, and to keep what the server gives; NULL:
	 * neither. It wants an agent. */
	struct cpl_tokens *tokens;
	/* A task between the authentication and its success may be asked for
	 * (XEP-0480): nothing rides along. */
	int may_upgrade;
	int invalidate; /* 3.6: the token is of no use afterwards */
};

struct cpl_auth;

enum cpl_auth_progress { CPL_AUTH_DONE = 1, CPL_AUTH_ON = 0 };

/* Begins: chooses a mechanism of those that are offered, and writes <auth/>, or
 * <authenticate/> with inlined in it (which may be NULL). What conf points to
 * outlives it. NULL with e: CPL_UNAVAILABLE no usable mechanism, CPL_AUTH,
 * CPL_PROTOCOL, CPL_SYSTEM. */
struct cpl_auth *cpl_auth_new(const struct cpl_auth_conf *conf,
			      struct cpl_link *link, const struct cpl_log *log,
			      const struct cpl_offer *offer,
			      xmpp_stanza_t *inlined, struct cpl_err *e)
    __attribute__((warn_unused_result));
void cpl_auth_free(struct cpl_auth *a);

/* The exchange is over, one way or the other: its copies of secrets go. */
void cpl_auth_forget(struct cpl_auth *a);

/* An element that came. CPL_AUTH_DONE: the server has accepted us and, where
 * the mechanism has it so, proved itself; else CPL_AUTH_ON, or -1 with e:
 * CPL_AUTH refused, or it wants more than a login (XEP-0388 2.6.3),
 * CPL_PROTOCOL an element that is none of the exchange, or a wrong one. */
int cpl_auth_element(struct cpl_auth *a, xmpp_stanza_t *el, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* What the login has had, once it is done. */
struct cpl_pins cpl_auth_had(const struct cpl_auth *a);

/* The profile is that of XEP-0388, where no new stream begins. */
int cpl_auth_two(const struct cpl_auth *a);

/* Whether nobody in between can take part in the exchange: it is bound to the
 * channel. */
int cpl_auth_is_bound(const struct cpl_auth *a);

/* What was written is all that the exchange takes of us: what comes now is the
 * server's word. */
int cpl_auth_said_all(const struct cpl_auth *a);

/* It was a token that was refused, and it is gone: there are other ways to log
 * in. */
int cpl_auth_token_refused(const struct cpl_auth *a);

#endif
