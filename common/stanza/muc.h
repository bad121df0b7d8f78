/* SPDX-License-Identifier: MIT
 *
 * The stanzas of rooms (XEP-0045), built and read. Nothing is kept and nothing
 * sent. What is returned as new is the caller's; what a struct cpl_muc_news
 * points to lies in the stanza it was read from. */
#ifndef CPL_MUC_H
#define CPL_MUC_H

#include <stdint.h>
#include <strophe.h>

#include "../base/err.h"

/* What a room says by its status codes (15.6.2), as bits; others are left out.
 */
enum cpl_muc_status {
	CPL_MUC_SELF = 1 << 0,         /* 110: it is about ourselves */
	CPL_MUC_CREATED = 1 << 1,      /* 201: the room is new */
	CPL_MUC_BANNED = 1 << 2,       /* 301 */
	CPL_MUC_NEW_NICK = 1 << 3,     /* 303: he goes by another one now */
	CPL_MUC_KICKED = 1 << 4,       /* 307 */
	CPL_MUC_NOT_MEMBER = 1 << 5,   /* 321: no member any more */
	CPL_MUC_MEMBERS_ONLY = 1 << 6, /* 322: as it is for members now */
	CPL_MUC_SHUTDOWN = 1 << 7,     /* 332: the service goes down */
	CPL_MUC_TECHNICAL = 1 << 8,    /* 333: an error between servers */
};

/* What a room says with a presence. */
struct cpl_muc_news {
	unsigned status;         /* enum cpl_muc_status */
	const char *affiliation; /* NULL: it does not say; so the others */
	const char *role;
	const char *jid;          /* the real one */
	const char *nick;         /* the new one, with CPL_MUC_NEW_NICK */
	xmpp_stanza_t *item;      /* with <actor/> and <reason/>, or NULL */
	xmpp_stanza_t *destroyed; /* <destroy/>, or NULL */
};

/* What part of a room's past is wanted at a join (7.2.13). */
struct cpl_muc_history {
	long most;     /* messages; -1: as many as the room gives */
	int64_t since; /* not older, ms of Unix time; -1: any */
};

/* Enters a room, by the occupant JID that is wanted (7.2.2); password NULL:
 * none. NULL without memory. */
xmpp_stanza_t *cpl_muc_join(xmpp_ctx_t *ctx, const char *occupant,
			    const char *password,
			    const struct cpl_muc_history *history)
    __attribute__((warn_unused_result));

/* Leaves it (7.14). */
xmpp_stanza_t *cpl_muc_leave(xmpp_ctx_t *ctx, const char *occupant)
    __attribute__((warn_unused_result));

/* Accepts the configuration that a new room has by itself (10.1.2). */
xmpp_stanza_t *cpl_muc_instant(xmpp_ctx_t *ctx, const char *room)
    __attribute__((warn_unused_result));

/* Reads a presence, or a message of an archive. 0, or -1: no room has sent it.
 */
int cpl_muc_read(xmpp_stanza_t *stanza, struct cpl_muc_news *out);

/* Why the room did not let us in (7.2), as a presence of type error says it:
 * CPL_REFUSED, but CPL_TEMP for what may be other in a moment. with: a password
 * was given. Returns -1. */
int cpl_muc_refused(xmpp_stanza_t *presence, int with, struct cpl_err *e);

/* Why we are an occupant no more, as our own presence of type unavailable says
 * it: CPL_REFUSED, or CPL_TEMP where it was no decision of anybody, after which
 * one may come back. Returns -1. */
int cpl_muc_removed(const struct cpl_muc_news *news, struct cpl_err *e);

/* The nickname in an occupant's JID, as it is written there; NULL: it is none,
 * or the room's own. */
const char *cpl_muc_nick(const char *occupant);

/* Whether the room says, by its <delay/>, that a message is from its past
 * (7.2.13); room is its bare JID. A message may have another one that its
 * sender gave it. */
int cpl_muc_is_past(xmpp_stanza_t *message, const char *room);

/* Whether a message changes the subject (8.1): it has one, and neither a body
 * nor a thread. */
int cpl_muc_is_subject(xmpp_stanza_t *message);

#endif
