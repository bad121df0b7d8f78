/* SPDX-License-Identifier: MIT
 *
 * Answers to an iq, and what an error says. What is returned as new is the
 * caller's. */
#ifndef CPL_REPLY_H
#define CPL_REPLY_H

#include <stddef.h>
#include <strophe.h>

#include "../base/err.h"

/* An empty result for an iq: its id, addressed to its sender (RFC 6120 8.2.3).
 * NULL without memory. */
xmpp_stanza_t *cpl_reply_result(xmpp_ctx_t *ctx, xmpp_stanza_t *iq)
    __attribute__((warn_unused_result));

/* An error of a type ("cancel") and condition ("service-unavailable"), with
 * text unless it is NULL (8.3); what was asked is not sent back. */
xmpp_stanza_t *cpl_reply_error(xmpp_ctx_t *ctx, xmpp_stanza_t *iq,
			       const char *type, const char *condition,
			       const char *text)
    __attribute__((warn_unused_result));

/* The type that goes with a condition (8.3.3), whose name need not end with a
 * NUL; NULL: there is no such condition. */
const char *cpl_reply_type(const char *condition, size_t len);

#endif
