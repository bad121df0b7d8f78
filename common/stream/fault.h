/* SPDX-License-Identifier: MIT
 *
 * Errors that XMPP itself carries, as a line for a person and an exit status:
 * stream errors (RFC 6120 4.9), stanza errors (8.3), SASL failures (6.5). */
#ifndef CPL_FAULT_H
#define CPL_FAULT_H

#include <strophe.h>

#include "../base/err.h"

/* A <stream:error/>: "the server ended the stream: conflict (Replaced by new
 * connection)". After <conflict/> nobody comes back by itself (RFC
 * 6120 4.9.3.3): it would only throw out the other one again; e->final says so.
 * Returns -1. */
int cpl_fault_stream(xmpp_stanza_t *error, struct cpl_err *e);

/* The HOST[:PORT] of <see-other-host/> (4.9.3.19), the caller's; NULL: it is
 * another error, names none, or there is no memory. */
char *cpl_fault_redirect(xmpp_stanza_t *error);

/* The <error/> of a stanza of type error: "service-unavailable (User is not
 * here)", CPL_REFUSED. Returns -1. */
int cpl_fault_stanza(xmpp_stanza_t *stanza, struct cpl_err *e);

/* A SASL <failure/>: "login refused: not-authorized". Returns -1. */
int cpl_fault_sasl(xmpp_stanza_t *failure, struct cpl_err *e);

#endif
