/* SPDX-License-Identifier: MIT
 *
 * A SASL exchange (sasl.h) as elements of the stream, in the profile of
 * XEP-0388 where the server offers that over TLS, else in that of RFC 6120 6.
 * One mechanism, one attempt. It writes to the link and is fed the elements of
 * its namespace; it owns its copies of secrets until cpl_auth_free(), which
 * wipes them. */
#ifndef CPL_AUTH_H
#define CPL_AUTH_H

#include <strophe.h>

#include "../base/log.h"
#include "../config/secret.h"
#include "../stanza/jid.h"
#include "link.h"

struct cpl_auth_conf {
	const struct cpl_jid *jid;
	const struct cpl_secret *password; /* empty: EXTERNAL or ANONYMOUS */
	const char *agent; /* XEP-0388 2.4: the UUID of what logs in, or NULL */
	int have_cert; /* a client certificate was offered in the handshake */
};

struct cpl_auth;

enum cpl_auth_progress { CPL_AUTH_DONE = 1, CPL_AUTH_ON = 0 };

/* Whether these features offer XEP-0388, and, with ns, a feature of that
 * namespace and name inline (2.3). */
int cpl_auth_is_two(xmpp_stanza_t *features, const char *inlined,
		    const char *ns);

/* Begins: chooses a mechanism of those that the features offer, and writes
 * <auth/>, or <authenticate/> with inlined in it (which may be NULL). What conf
 * points to outlives it. NULL with e: CPL_UNAVAILABLE no usable mechanism,
 * CPL_AUTH, CPL_PROTOCOL, CPL_SYSTEM. */
struct cpl_auth *cpl_auth_new(const struct cpl_auth_conf *conf,
			      struct cpl_link *link, const struct cpl_log *log,
			      xmpp_stanza_t *features, xmpp_stanza_t *inlined,
			      struct cpl_err *e)
    __attribute__((warn_unused_result));
void cpl_auth_free(struct cpl_auth *a);

/* An element that came. CPL_AUTH_DONE: the server has accepted us and, where
 * the mechanism has it so, proved itself; else CPL_AUTH_ON, or -1 with e:
 * CPL_AUTH refused, or it wants more than a login (XEP-0388 2.6.3),
 * CPL_PROTOCOL an element that is none of the exchange, or a wrong one. */
int cpl_auth_element(struct cpl_auth *a, xmpp_stanza_t *el, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* The profile is that of XEP-0388, where no new stream begins. */
int cpl_auth_two(const struct cpl_auth *a);

#endif
