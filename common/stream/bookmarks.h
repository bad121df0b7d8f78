/* SPDX-License-Identifier: MIT
 *
 * The account's bookmarks of rooms: fetched from wherever they are, and changed
 * one after the other. All places are asked at once; the items of XEP-0402
 * count where there are some, else the list of XEP-0048, of its node or of
 * private storage. What is written is written as items, and the first time the
 * bookmarks of a list are taken along. It owns its bookmarks; the session
 * outlives it. */
#ifndef CPL_BOOKMARKS_H
#define CPL_BOOKMARKS_H

#include "../base/log.h"
#include "../stanza/bookmark.h"
#include "session.h"

struct cpl_bookmarks;

struct cpl_bookmarks_events {
	/* All places have answered; or why is set and none has: CPL_UNAVAILABLE
	 * where the server keeps nothing of the kind, CPL_TEMP. */
	void (*ready)(void *user, const struct cpl_err *why);
	void *user;
};

/* Asks; the session is online. NULL with e: CPL_SYSTEM, or as
 * cpl_session_request() has it. */
struct cpl_bookmarks *
cpl_bookmarks_new(struct cpl_session *session, const struct cpl_log *log,
		  const struct cpl_bookmarks_events *on, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Before the session is freed. What waits is not told of any more. */
void cpl_bookmarks_free(struct cpl_bookmarks *b);

/* Once ready: the bookmarks as they were fetched, and the answer that they
 * were in, or NULL. */
const struct cpl_bookmark_list *
cpl_bookmarks_list(const struct cpl_bookmarks *b);
xmpp_stanza_t *cpl_bookmarks_answer(const struct cpl_bookmarks *b);

/* Adds or changes the bookmark of a room (prepared, bare), or removes it from
 * wherever it is; done() tells the end: why is NULL, CPL_REFUSED (of a removal
 * too where there was none), CPL_TEMP with an unknown outcome. It may be called
 * before ready. 0, or -1 without memory. */
int cpl_bookmarks_put(struct cpl_bookmarks *b, const char *jid,
		      const struct cpl_bookmark_change *change,
		      void (*done)(void *user, const struct cpl_err *why),
		      void *user) __attribute__((warn_unused_result));
int cpl_bookmarks_remove(struct cpl_bookmarks *b, const char *jid,
			 void (*done)(void *user, const struct cpl_err *why),
			 void *user) __attribute__((warn_unused_result));

#endif
