/* SPDX-License-Identifier: MIT
 *
 * Copies of what the account's other clients receive and send (XEP-0280).
 * Nothing is kept. */
#ifndef CPL_CARBON_H
#define CPL_CARBON_H

#include <strophe.h>

#include "jid.h"

/* The iq that asks for them (4), without id. NULL without memory. */
xmpp_stanza_t *cpl_carbon_enable(xmpp_ctx_t *ctx)
    __attribute__((warn_unused_result));

enum cpl_carbon_kind {
	CPL_CARBON_NONE,
	/* Not from the own bare JID, or with nothing in it: to be ignored (11).
	 */
	CPL_CARBON_FORGED,
	CPL_CARBON_RECEIVED,
	CPL_CARBON_SENT
};

/* What a stanza is, and the message in it, which belongs to it. */
enum cpl_carbon_kind cpl_carbon_take(xmpp_stanza_t *stanza,
				     const struct cpl_jid *own,
				     xmpp_stanza_t **message);

#endif
