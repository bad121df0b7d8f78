/* SPDX-License-Identifier: MIT
 *
 * The account's contact list as the server has it (RFC 6121 2): fetched once,
 * by its version where the server keeps one (2.6) and a cache was left by an
 * earlier run, and kept up to date by pushes, which count only without from or
 * from the own bare JID (2.1.6) and are ignored in silence otherwise. It owns
 * its contacts, at most CPL_CONTACTS_MAX; an item that is none (a bad JID) is
 * left out, with a line of the log. */
#ifndef CPL_ROSTER_H
#define CPL_ROSTER_H

#include <strophe.h>

#include "../stanza/contact.h"
#include "session.h"

struct cpl_roster;

/* Whether an iq changes a contact list, and may (2.1.6): it does where it comes
 * without from or from the own bare JID, and is otherwise to be ignored. */
enum cpl_push { CPL_PUSH_NONE, CPL_PUSH_OWN, CPL_PUSH_FORGED };

enum cpl_push cpl_roster_push(const struct cpl_session *session,
			      xmpp_stanza_t *iq);

struct cpl_roster_events {
	/* The list is there; or the server refused it, with why: once, and
	 * once more for cpl_roster_again(). When the session ends before, its
	 * own event tells. */
	void (*ready)(void *user, const struct cpl_err *why);
	/* A push changed a contact (CPL_SUB_REMOVE: it is gone); not before
	 * ready(). May be NULL */
	void (*changed)(void *user, const struct cpl_contact *c);
	void *user;
};

/* Asks for the list: the session is online. state is the folder of state.h,
 * NULL: no cache. NULL with e as cpl_session_send() has it. */
struct cpl_roster *cpl_roster_new(struct cpl_session *session,
				  const char *state, const struct cpl_log *log,
				  const struct cpl_roster_events *on,
				  struct cpl_err *e)
    __attribute__((warn_unused_result));

/* After a new login: what changed meanwhile is asked for, and from here on
 * pushes come again (2.2). -1 with e as above. */
int cpl_roster_again(struct cpl_roster *r, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* The session ends with why. Non-zero, and what the user can do is in hint,
 * where it may be that the list was too large: it was awaited, and why is
 * CPL_PROTOCOL. r may be NULL. */
int cpl_roster_hint(const struct cpl_roster *r, const struct cpl_err *why,
		    struct cpl_err *hint);

/* Before the session is freed. The cache is written here. */
void cpl_roster_free(struct cpl_roster *r);

/* Hands every iq over; non-zero: it was a push, from whomever, and is dealt
 * with. One of the own roster was answered; to any other nobody is to answer.
 */
int cpl_roster_iq(struct cpl_roster *r, xmpp_stanza_t *iq);

/* The contacts, sorted by JID; valid until the next event. */
size_t cpl_roster_count(const struct cpl_roster *r);
const struct cpl_contact *cpl_roster_at(const struct cpl_roster *r, size_t i);

/* One by its whole prepared JID; or NULL. */
const struct cpl_contact *cpl_roster_exact(const struct cpl_roster *r,
					   const char *jid);

/* One by its JID, the resource not looked at; or NULL. */
const struct cpl_contact *cpl_roster_find(const struct cpl_roster *r,
					  const char *jid);

/* An iq set with one item (2.3, 2.5); item is taken over, also on failure. NULL
 * without memory, and for an item that is NULL. */
xmpp_stanza_t *cpl_roster_set(xmpp_ctx_t *ctx, xmpp_stanza_t *item)
    __attribute__((warn_unused_result));

#endif
