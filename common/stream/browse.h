/* SPDX-License-Identifier: MIT
 *
 * A walk through service discovery (XEP-0030): entities are asked for their
 * info and their items, those items for theirs, and so on to a depth, several
 * at once, each JID and node once however often it is listed. What comes is
 * handed on in the order of the questions, level by level. The walk owns its
 * entities; what an entity says, and where its items point, is a stranger's
 * word, so the number of those that are found is bounded. */
#ifndef CPL_BROWSE_H
#define CPL_BROWSE_H

#include <stddef.h>
#include <strophe.h>

#include "../base/loop.h"
#include "session.h"

struct cpl_browse_conf {
	struct cpl_loop *loop;
	struct cpl_session *session;
	long each_timeout; /* ms for each answer; 0: none */
	int levels;        /* 1: only those that were added, 2: and their
			      items ... */
	size_t most;       /* entities that are found on the way */
	/* What all are asked; the items are, besides, where the walk goes on
	 * from them. */
	int info;
	int items;
};

struct cpl_browse_events {
	/* The result, with its query, to a question about jid and node (NULL:
	 * none), all valid during the call; or NULL and why: CPL_REFUSED for
	 * an error of theirs, CPL_TEMP without an answer, CPL_PROTOCOL for a
	 * useless one, also for an item with an address that is none. ns tells
	 * the question. A long list of items may come in several results. */
	void (*answered)(void *user, const char *jid, const char *node,
			 const char *ns, xmpp_stanza_t *answer,
			 xmpp_stanza_t *query, const struct cpl_err *why);
	/* All were asked and have answered, or will not. */
	void (*done)(void *user);
	void *user;
};

struct cpl_browse;

/* NULL without memory. */
struct cpl_browse *cpl_browse_new(const struct cpl_browse_conf *conf,
				  const struct cpl_browse_events *on)
    __attribute__((warn_unused_result));

/* Before the session is freed. */
void cpl_browse_free(struct cpl_browse *b);

/* Adds an entity to begin with; the JID is prepared. One that is there already
 * is there once. -1 without memory. */
int cpl_browse_add(struct cpl_browse *b, const char *jid, const char *node,
		   struct cpl_err *e) __attribute__((warn_unused_result));

/* Begins when the session is online; once, whatever becomes of it. */
void cpl_browse_start(struct cpl_browse *b);

/* How many entities were found and not asked, since there were too many. */
size_t cpl_browse_left(const struct cpl_browse *b);

#endif
