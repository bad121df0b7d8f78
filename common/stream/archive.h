/* SPDX-License-Identifier: MIT
 *
 * The own archive (XEP-0313 urn:xmpp:mam:2): queries for a page of it, and what
 * comes in answer. Nothing is kept and nothing sent: the caller makes the
 * requests, and hands over each stanza and answer that comes. A result counts
 * only from the own bare JID, or without from, and with the id of the query
 * under way: all others could be anybody's. What is returned as new is the
 * caller's. */
#ifndef CPL_ARCHIVE_H
#define CPL_ARCHIVE_H

#include <stdint.h>
#include <strophe.h>

#include "../stanza/jid.h"

/* Whether an answer to disco#info of the own bare JID offers an archive (8). */
int cpl_archive_offered(xmpp_stanza_t *answer);

/* A page: the first max messages behind the one with the id after (NULL, "":
 * from the beginning), not older than start (ms of Unix time; -1: any); or with
 * last the last max ones. */
struct cpl_archive_query {
	const char *queryid;
	const char *after;
	int64_t start;
	long max;
	int last;
	const char *to; /* whose; NULL: the own account's */
};

/* The iq of a query, without id. NULL without memory. */
xmpp_stanza_t *cpl_archive_ask(xmpp_ctx_t *ctx,
			       const struct cpl_archive_query *query)
    __attribute__((warn_unused_result));

enum cpl_archive_kind {
	CPL_ARCHIVE_NONE,   /* it has nothing to do with an archive */
	CPL_ARCHIVE_FORGED, /* a result that answers no query of ours */
	CPL_ARCHIVE_RESULT
};

/* One result; it points into the stanza. */
struct cpl_archive_result {
	const char *id;
	int64_t when;           /* ms of Unix time; -1: it does not say */
	xmpp_stanza_t *message; /* NULL: it was removed from the archive */
	xmpp_stanza_t *delay;   /* or NULL */
};

/* What a stanza is; queryid is that of the query under way, NULL: none is. */
enum cpl_archive_kind cpl_archive_take(xmpp_stanza_t *stanza,
				       const struct cpl_jid *own,
				       const char *queryid,
				       struct cpl_archive_result *result);

/* A result's message as it would have come live, with the archive's <delay/>
 * and <stanza-id/>. NULL without memory. */
xmpp_stanza_t *cpl_archive_message(const struct cpl_archive_result *result,
				   const struct cpl_jid *own)
    __attribute__((warn_unused_result));

/* How a page ended. */
struct cpl_archive_end {
	int complete;    /* nothing is behind it */
	int empty;       /* nothing was in it */
	int not_found;   /* an error: the archive does not have after */
	int temporary;   /* an error to wait for (RFC 6120 8.3.2) */
	const char *why; /* an error: its condition; else NULL */
};
void cpl_archive_ended(xmpp_stanza_t *answer, struct cpl_archive_end *end);

/* The archive's id of a message that came live: of its <stanza-id/> by the own
 * bare JID, which the server removes where strangers wrote it (XEP-0359 6).
 * NULL: none, or several. */
const char *cpl_archive_id(xmpp_stanza_t *message, const struct cpl_jid *own);

/* Whether a message comes from offline storage, and since when (ms of Unix
 * time) it was there: the own server says so by <delay/> (XEP-0160 3). */
int cpl_archive_is_stored(xmpp_stanza_t *message, const struct cpl_jid *own,
			  int64_t *when);

/* Whether the account itself sent it to somebody else. */
int cpl_archive_is_own(xmpp_stanza_t *message, const struct cpl_jid *own);

#endif
