/* SPDX-License-Identifier: MIT
 *
 * The requests of a session that wait for their answer. An answer counts by id
 * and by who sends it (RFC 6120 8.1.2.1 and 10.3.3): from whom was asked; from
 * the own account it may come without from, from the bare or the full JID. */
#ifndef CPL_REQUEST_H
#define CPL_REQUEST_H

#include <stdint.h>
#include <strophe.h>

#include "../stanza/jid.h"
#include "ids.h"

struct cpl_request {
	char id[CPL_ID_SIZE];
	uint64_t number;
	char *to;      /* NULL: the own account */
	uint64_t sent; /* the number of its stanza, which its user sets */
	char *xml;     /* the stanza, where it may be sent again; owned */
	void (*answered)(void *user, xmpp_stanza_t *answer);
	void *user;
	struct cpl_request *next;
};

/* Zero-filled it is empty. It owns its requests. */
struct cpl_requests {
	struct cpl_request *first; /* the oldest, which is answered first */
	struct cpl_request *last;
	uint64_t count; /* numbers given out */
};

/* A request to be sent: the caller fills its id. NULL without memory. */
struct cpl_request *cpl_requests_add(struct cpl_requests *all, const char *to,
				     void (*answered)(void *user,
						      xmpp_stanza_t *answer),
				     void *user);

/* Forgets one without a word. */
void cpl_requests_drop(struct cpl_requests *all, struct cpl_request *r);

/* Forgets all that have this user, without a word. */
void cpl_requests_forget(struct cpl_requests *all, const void *user);

/* The one whose stanza has this number, or NULL. */
struct cpl_request *cpl_requests_sent(const struct cpl_requests *all,
				      uint64_t sent);

/* Tells one that no answer will come, and forgets it. */
void cpl_requests_give_up(struct cpl_requests *all, struct cpl_request *r);

/* Hands an iq to the request that it answers, which is then over. Non-zero:
 * it was one. An iq with the right id and type from somebody else is none. */
int cpl_requests_answer(struct cpl_requests *all, const struct cpl_jid *own,
			xmpp_stanza_t *iq);

/* Tells all that no answer will come, in the order in which they were made, and
 * forgets them. */
void cpl_requests_end(struct cpl_requests *all);

#endif
