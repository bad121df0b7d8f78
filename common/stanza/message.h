/* SPDX-License-Identifier: MIT
 *
 * A message from text (RFC 6121 5.2). */
#ifndef CPL_MESSAGE_H
#define CPL_MESSAGE_H

#include <strophe.h>

/* Strings of the caller's; NULL: without. */
struct cpl_message {
	const char *type; /* "normal" is written as none (RFC 6121 5.2.2) */
	const char *id;
	const char *subject;
	const char *thread;
};

/* The stanza, without to; the caller's. NULL without memory. */
xmpp_stanza_t *cpl_message_build(xmpp_ctx_t *ctx, const struct cpl_message *m,
				 const char *body)
    __attribute__((warn_unused_result));

#endif
