/* SPDX-License-Identifier: MIT
 *
 * To know that nothing more will come: entities are asked for something, and
 * what they sent before is here when the answer is, as a server keeps the order
 * between two entities (RFC 6120 10.1). Whoever answers, by a result or by an
 * error of its own, has done so; an error that may be another's, who could not
 * reach the entity, is told apart. The fence owns its questions. */
#ifndef CPL_FENCE_H
#define CPL_FENCE_H

#include <stddef.h>
#include <strophe.h>

#include "session.h"

enum cpl_fence_end {
	CPL_FENCE_PASSED,  /* it has answered */
	CPL_FENCE_REFUSED, /* an error that may not be its own */
	CPL_FENCE_SILENT   /* no answer, see cpl_fence_expire() */
};

/* What became of a question. */
struct cpl_fence_answer {
	const char *jid; /* who was asked */
	int tag;         /* the asker's */
	enum cpl_fence_end end;
	xmpp_stanza_t *stanza; /* result or error; NULL: none came */
	struct cpl_err why;    /* CPL_REFUSED or CPL_TEMP, unless it passed */
};

struct cpl_fence_events {
	/* More may be asked from here. */
	void (*answered)(void *user, const struct cpl_fence_answer *a);
	/* No question is open any more, after the last answered() of that. */
	void (*done)(void *user);
	void *user;
};

struct cpl_fence;

/* NULL without memory. */
struct cpl_fence *cpl_fence_new(struct cpl_session *session,
				const struct cpl_fence_events *on)
    __attribute__((warn_unused_result));

/* Before the session is freed. */
void cpl_fence_free(struct cpl_fence *f);

/* Asks for a ping (CPL_NS_PING), or for the items of an account
 * (CPL_NS_DISCO_ITEMS), some servers' sessions of it. -1 with e as
 * cpl_session_send() has it. */
int cpl_fence_ask(struct cpl_fence *f, const char *jid, const char *ns, int tag,
		  struct cpl_err *e) __attribute__((warn_unused_result));

/* All questions that are open end as silent; done() follows if there was one.
 * When the session ends no event comes: its own tells. */
void cpl_fence_expire(struct cpl_fence *f);

size_t cpl_fence_open(const struct cpl_fence *f);

#endif
