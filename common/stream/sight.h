/* SPDX-License-Identifier: MIT
 *
 * Who is there, as far as presence has told: of each address what it said last.
 * The numbers of addresses, and of those of one account, are bounded
 * (CPL_SIGHT_MAX, CPL_SIGHT_ACCOUNT_MAX): what is over them is news each time
 * and not remembered. It owns its addresses and no stanza. */
#ifndef CPL_SIGHT_H
#define CPL_SIGHT_H

#include <strophe.h>

#include "../stanza/jid.h"

/* Bits: what is known of an address or, together, of all of an account. */
enum cpl_sight_state {
	CPL_SIGHT_AVAILABLE = 1, /* with or without one of these: */
	CPL_SIGHT_AWAY = 2,
	CPL_SIGHT_CHAT = 4,
	CPL_SIGHT_DND = 8,
	CPL_SIGHT_XA = 16,
	CPL_SIGHT_GONE = 32 /* it is said that nobody is there */
};

struct cpl_sight;

/* NULL without memory. */
struct cpl_sight *cpl_sight_new(void) __attribute__((warn_unused_result));
void cpl_sight_free(struct cpl_sight *s);

/* Takes a presence that came from there. 1: it is news: its show, priority or
 * status is another than before, somebody who was there is gone, or it is about
 * something else, as a request. 0: it is not. -1 with CPL_SYSTEM. */
int cpl_sight_take(struct cpl_sight *s, const struct cpl_jid *from,
		   xmpp_stanza_t *presence, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* After a new login all that is known may be out of date: it counts as not
 * known until it is said again, and then is no news. Of this account, or
 * domain, it stays so, as nobody can tell. And all others have spoken: gone()
 * is called for each address that is still in doubt, and forgotten; it must not
 * touch s. */
void cpl_sight_doubt(struct cpl_sight *s);
void cpl_sight_unknown(struct cpl_sight *s, const char *who);
void cpl_sight_settle(struct cpl_sight *s,
		      void (*gone)(void *user, const char *jid), void *user);

/* What is known: 0 is nothing. A bare JID is all its resources, a full one
 * itself. */
unsigned cpl_sight_of(const struct cpl_sight *s, const struct cpl_jid *who);

/* Of one presence; 0 where it is neither available nor unavailable. */
unsigned cpl_sight_state(xmpp_stanza_t *presence);

#endif
