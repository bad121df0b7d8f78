/* SPDX-License-Identifier: MIT
 *
 * Invitations into a room, mediated by it (XEP-0045 7.8.2) or sent by a person
 * (XEP-0249), read from the message that brings one. Nothing is kept but the
 * JIDs and the password, which the struct owns; zero-filled it is empty. */
#ifndef CPL_INVITE_H
#define CPL_INVITE_H

#include <strophe.h>

#include "jid.h"

struct cpl_invite {
	struct cpl_jid room;    /* bare */
	struct cpl_jid inviter; /* empty: it is not said */
	int mediated;           /* the room's service says who invites */
	char *password;         /* NULL: none */
};

/* own is the account's, of whom a message without from is. 0, or -1: it is no
 * invitation, or there is no memory; then *out is empty. */
int cpl_invite_read(xmpp_stanza_t *message, const struct cpl_jid *own,
		    struct cpl_invite *out) __attribute__((warn_unused_result));

/* Whether a pattern (cpl_jid_matches()) covers the room, or who invites. What
 * the service of a room says of that is believed where it is one of that very
 * domain, or below it, or of the own account's: any other could name
 * anybody. */
int cpl_invite_matches(const struct cpl_invite *invite,
		       const struct cpl_jid *pattern,
		       const struct cpl_jid *own);

void cpl_invite_release(struct cpl_invite *invite);

#endif
