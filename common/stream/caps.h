/* SPDX-License-Identifier: MIT
 *
 * What this client says of itself: the identity and the features of disco#info
 * (XEP-0030), and their hash, which rides in presence (XEP-0115). The hash is
 * made from the very payload that is the answer, so that both always agree. It
 * lives in its user, zero-filled; the strings stay the caller's. Where caps may
 * be NULL it is what every tool says. */
#ifndef CPL_CAPS_H
#define CPL_CAPS_H

#include <stddef.h>
#include <strophe.h>

#include "../base/err.h"

enum { CPL_CAPS_MAX = 32, CPL_CAPS_VER_SIZE = 32 };

struct cpl_caps {
	const char *features[CPL_CAPS_MAX]; /* besides those of every tool */
	size_t count;
};

/* Announces a feature too; one that is there already is there once. -1 with
 * CPL_USAGE when there are too many, or for one with a '<', which the hash
 * takes for a border (XEP-0115 9.3). */
int cpl_caps_add(struct cpl_caps *caps, const char *feature, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* The verification string (XEP-0115 5.1, SHA-1), with its NUL: of a disco#info
 * payload, anybody's; and of ours. -1 with CPL_SYSTEM. */
int cpl_caps_hash(xmpp_stanza_t *query, char out[CPL_CAPS_VER_SIZE],
		  struct cpl_err *e) __attribute__((warn_unused_result));
int cpl_caps_ver(const struct cpl_caps *caps, xmpp_ctx_t *ctx,
		 char out[CPL_CAPS_VER_SIZE], struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Puts <c/> into a presence. 0, or -1 without memory. */
int cpl_caps_presence(const struct cpl_caps *caps, xmpp_stanza_t *presence)
    __attribute__((warn_unused_result));

/* Puts the disco#info payload into a result: for no node, or for NODE#VER
 * (XEP-0115 6.2), which is then named again. 0, or -1 without memory. */
int cpl_caps_fill(const struct cpl_caps *caps, xmpp_stanza_t *result,
		  const char *node) __attribute__((warn_unused_result));

/* Whether a node of disco#info is ours: NULL, or NODE#VER. */
int cpl_caps_is_node(const struct cpl_caps *caps, xmpp_ctx_t *ctx,
		     const char *node);

#endif
