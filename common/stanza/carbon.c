/* SPDX-License-Identifier: MIT */
#include "carbon.h"

#include "build.h"
#include "ns.h"

xmpp_stanza_t *cpl_carbon_enable(xmpp_ctx_t *ctx)
{
	return cpl_build_iq(ctx, "set", NULL, "enable", CPL_NS_CARBONS, NULL);
}

enum cpl_carbon_kind cpl_carbon_take(xmpp_stanza_t *stanza,
				     const struct cpl_jid *own,
				     xmpp_stanza_t **message)
{
	xmpp_stanza_t *received = cpl_child(stanza, "received", CPL_NS_CARBONS);
	xmpp_stanza_t *sent = cpl_child(stanza, "sent", CPL_NS_CARBONS);
	const char *from;

	if (!cpl_is(stanza, "message", CPL_NS_CLIENT) || (!received && !sent))
		return CPL_CARBON_NONE;
	/* 7, 8 and 11: from the own bare JID, which a server writes even where
	 * it could be left out. */
	from = xmpp_stanza_get_from(stanza);
	*message = cpl_child(
	    cpl_child(received ? received : sent, "forwarded", CPL_NS_FORWARD),
	    "message", CPL_NS_CLIENT);
	if (!cpl_jid_is(from, own->bare) || !*message || (received && sent))
		return CPL_CARBON_FORGED;
	return received ? CPL_CARBON_RECEIVED : CPL_CARBON_SENT;
}
