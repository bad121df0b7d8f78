/* SPDX-License-Identifier: MIT
 *
 * Flexible offline message retrieval (XEP-0013), for a receiver that wants a
 * few of the messages that wait and must not draw the others: they are listed,
 * fetched one by one, and removed once the reader has them. All of it before
 * presence is announced, since a server that was asked this way does not send
 * the rest by itself (2.2). It owns the list and no stanza. */
#ifndef CPL_OFFLINE_H
#define CPL_OFFLINE_H

#include <strophe.h>

#include "session.h"

struct cpl_offline;

struct cpl_offline_events {
	/* Whether the server has it, once; if it has, the list is here. Also
	 * 0 when asking failed. */
	void (*ready)(void *user, int supported);
	/* cpl_offline_next(): a message, with the <offline/> that the server
	 * puts into it; NULL: there are no more. */
	void (*message)(void *user, xmpp_stanza_t *message);
	void *user;
};

/* Asks the session's server. NULL without memory. */
struct cpl_offline *cpl_offline_new(struct cpl_session *session,
				    const struct cpl_offline_events *on)
    __attribute__((warn_unused_result));
void cpl_offline_free(struct cpl_offline *o);

/* Hands a stanza over; non-zero: it was a message that was asked for, and is
 * handed back by message(). */
int cpl_offline_stanza(struct cpl_offline *o, xmpp_stanza_t *stanza);

/* Asks for the next message; message() follows. */
void cpl_offline_next(struct cpl_offline *o);

/* The reader has the message that came last: it is removed from the server. */
void cpl_offline_remove(struct cpl_offline *o);

/* Messages of the list that were not asked for. */
size_t cpl_offline_left(const struct cpl_offline *o);

#endif
