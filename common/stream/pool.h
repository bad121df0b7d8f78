/* SPDX-License-Identifier: MIT
 *
 * Requests of one session, several at once: a bounded number under way, each
 * with a time limit, their answers handed back in the order of the requests or
 * as they come. A lost connection takes nothing from a time limit: while there
 * is none it does not run, and with the next one it begins anew. The pool owns
 * what it remembers of a request, and answers that wait; the items are the
 * caller's, and each is handed back once. */
#ifndef CPL_POOL_H
#define CPL_POOL_H

#include <stddef.h>
#include <strophe.h>

#include "../base/loop.h"
#include "session.h"

struct cpl_pool_conf {
	struct cpl_loop *loop;
	struct cpl_session *session;
	size_t parallel;   /* requests under way at once, at least 1 */
	long each_timeout; /* ms for each answer; 0: none */
	int unordered;
};

struct cpl_pool_events {
	/* What became of a request: the answer, a result or an error (valid
	 * during the call); or NULL and why: CPL_TEMP, "no answer within 10
	 * seconds", "the connection was lost" where it is not asked again
	 * (cpl_session_request()), or the end of the session, which is not
	 * cpl_session_alive() then. More may be asked from here, but the pool
	 * is not freed. */
	void (*answered)(void *user, void *item, xmpp_stanza_t *answer,
			 const struct cpl_err *why);
	/* After cpl_pool_full() was true: it is not any more. May be NULL. */
	void (*room)(void *user);
	void *user;
};

struct cpl_pool;

/* NULL without memory. */
struct cpl_pool *cpl_pool_new(const struct cpl_pool_conf *conf,
			      const struct cpl_pool_events *on)
    __attribute__((warn_unused_result));

/* Before the session is freed. Items that were not handed back are not any
 * more. */
void cpl_pool_free(struct cpl_pool *p);

/* Sends an iq of type get or set, which is given an id of the session's. 0, or
 * -1 with e as cpl_session_send() has it, and the item is not taken. That the
 * pool is full is the caller's to heed. */
int cpl_pool_ask(struct cpl_pool *p, xmpp_stanza_t *iq, void *item,
		 struct cpl_err *e) __attribute__((warn_unused_result));

/* From within answered(): asks again for the item that was just handed back, at
 * its old place in the order, so that what was asked after it waits. As
 * cpl_pool_ask(). */
int cpl_pool_again(struct cpl_pool *p, xmpp_stanza_t *iq, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* All that wait for their answer are handed back without one, and why. */
void cpl_pool_expire(struct cpl_pool *p, const struct cpl_err *why);

/* While on, nothing is handed back: answers wait, and count. */
void cpl_pool_hold(struct cpl_pool *p, int on);

/* So many are under way, or so many bytes unsent, that no more should be asked
 * now. In order: answers that wait for an earlier one count as well. */
int cpl_pool_full(struct cpl_pool *p);

/* Requests whose items were not handed back. */
size_t cpl_pool_count(const struct cpl_pool *p);

#endif
