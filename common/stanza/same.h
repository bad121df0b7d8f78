/* SPDX-License-Identifier: MIT
 *
 * By what a message that comes again is known: who sent it, and the id that he
 * gave it. Keys are hashes, so that where they are kept no address is. An id
 * alone is no key: anybody could have another's message dropped by sending
 * one with its id first. */
#ifndef CPL_SAME_H
#define CPL_SAME_H

#include <strophe.h>

#include "jid.h"

/* 32 digits of hex and a NUL. */
enum { CPL_SAME_SIZE = 33, CPL_SAME_MAX = 2 };

struct cpl_same {
	char key[CPL_SAME_MAX][CPL_SAME_SIZE];
	size_t count;
};

/* The keys of a stanza; each alone makes two messages the same. The sender's
 * bare JID, or in a room the occupant's full one, with the origin-id (XEP-0359)
 * or else the id; in a room also the room with the stanza-id that it gave.
 * None (count 0): it is no message, an error, or has no id. own is whom a
 * stanza without from comes from (RFC 6120 8.1.2.1). -1 without memory. */
int cpl_same_keys(xmpp_stanza_t *stanza, const struct cpl_jid *own,
		  struct cpl_same *out) __attribute__((warn_unused_result));

#endif
