/* SPDX-License-Identifier: MIT
 *
 * What becomes of messages that this session does not take. First, what the
 * server says of itself; and where it has flexible offline message retrieval
 * (XEP-0013), a receiver that wants a few of those that wait need not draw the
 * others: they are listed, fetched one by one, and removed once the reader has
 * them. A server that was asked this way before presence is announced does not
 * send the rest by itself then (2.2). It owns the list and no
 * stanza. */
#ifndef CPL_OFFLINE_H
#define CPL_OFFLINE_H

#include <strophe.h>

#include "session.h"

struct cpl_offline;

struct cpl_offline_events {
	/* The server has answered, or asking failed, once. */
	void (*known)(void *user);
	/* After cpl_offline_list(): whether there is a list. */
	void (*listed)(void *user, int ok);
	/* cpl_offline_next(): a message, with the <offline/> that the server
	 * puts into it; NULL: there are no more. */
	void (*message)(void *user, xmpp_stanza_t *message);
	void *user;
};

/* Asks the session's server what it can do. NULL when that cannot be sent. */
struct cpl_offline *cpl_offline_new(struct cpl_session *session,
				    const struct cpl_offline_events *on)
    __attribute__((warn_unused_result));

/* After the session was freed, or was told to forget it. */
void cpl_offline_free(struct cpl_offline *o);

/* Whether it has XEP-0013. 0 until it is known. */
int cpl_offline_supported(const struct cpl_offline *o);

/* Whether it stores again, in order, what the account's last session leaves
 * unacknowledged (XEP-0198), of the last CPL_OFFLINE_RESTORED stanzas. None
 * announces that: of those that were tried, Prosody does by default. */
int cpl_offline_restores(const struct cpl_offline *o);

enum { CPL_OFFLINE_RESTORED = 500 }; /* its smacks_max_queue_size */

/* Asks for the list of messages, where it is supported; a second time too, when
 * those of the first list are done with. */
void cpl_offline_list(struct cpl_offline *o);

/* Hands every stanza over; non-zero: it was a message that was asked for, and
 * is handed back by message(). */
int cpl_offline_stanza(struct cpl_offline *o, xmpp_stanza_t *stanza);

/* Asks for the next message; message() follows. */
void cpl_offline_next(struct cpl_offline *o);

/* The reader has the message that came last: it is removed from the server. */
void cpl_offline_remove(struct cpl_offline *o);

#endif
