/* SPDX-License-Identifier: MIT */
#include "reply.h"

#include <string.h>

#include "build.h"
#include "ns.h"

xmpp_stanza_t *cpl_reply_result(xmpp_ctx_t *ctx, xmpp_stanza_t *iq)
{
	return cpl_build_stanza(ctx, "iq", "result", xmpp_stanza_get_id(iq),
				xmpp_stanza_get_from(iq));
}

/* The condition first, then the text (RFC 6120 8.3.2). */
static int fill_error(xmpp_stanza_t *error, const char *type,
		      const char *condition, const char *text)
{
	if (cpl_set_attr(error, "type", type) < 0 ||
	    !cpl_build_child(error, condition, CPL_NS_STANZA_ERRORS))
		return -1;
	if (!text)
		return 0;
	if (cpl_build_text_child(error, "text", text) < 0)
		return -1;
	return cpl_set_attr(cpl_child(error, "text", CPL_NS_CLIENT), "xmlns",
			    CPL_NS_STANZA_ERRORS);
}

xmpp_stanza_t *cpl_reply_error(xmpp_ctx_t *ctx, xmpp_stanza_t *iq,
			       const char *type, const char *condition,
			       const char *text)
{
	xmpp_stanza_t *answer =
	    cpl_build_stanza(ctx, "iq", "error", xmpp_stanza_get_id(iq),
			     xmpp_stanza_get_from(iq));

	return cpl_built(answer,
			 fill_error(cpl_build_child(answer, "error", NULL),
				    type, condition, text) == 0);
}

const char *cpl_reply_type(const char *condition, size_t len)
{
	/* Where 8.3.3 leaves a choice it is the one that does not make a
	 * client try again by itself. */
	static const struct {
		const char *name, *type;
	} conditions[] = {
	    {"bad-request", "modify"},
	    {"conflict", "cancel"},
	    {"feature-not-implemented", "cancel"},
	    {"forbidden", "auth"},
	    {"gone", "cancel"},
	    {"internal-server-error", "cancel"},
	    {"item-not-found", "cancel"},
	    {"jid-malformed", "modify"},
	    {"not-acceptable", "modify"},
	    {"not-allowed", "cancel"},
	    {"not-authorized", "auth"},
	    {"policy-violation", "modify"},
	    {"recipient-unavailable", "wait"},
	    {"redirect", "modify"},
	    {"registration-required", "auth"},
	    {"remote-server-not-found", "cancel"},
	    {"remote-server-timeout", "wait"},
	    {"resource-constraint", "wait"},
	    {"service-unavailable", "cancel"},
	    {"subscription-required", "auth"},
	    {"undefined-condition", "cancel"},
	    {"unexpected-request", "modify"},
	};

	for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++)
		if (strlen(conditions[i].name) == len &&
		    memcmp(conditions[i].name, condition, len) == 0)
			return conditions[i].type;
	return NULL;
}
