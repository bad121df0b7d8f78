/* SPDX-License-Identifier: MIT
 *
 * Results in pages (XEP-0059): what is put into a request so that it asks for
 * the first page, and what into the next one so that it goes on where the last
 * page ended. The page's <set/> is read where the server writes it, as a child
 * of the answer's payload, and nowhere below, where strangers may have written
 * (items of a pubsub node). A struct cpl_rsm belongs to one request and owns an
 * identifier of at most one stanza's size; zero-filled it is at the first
 * page. */
#ifndef CPL_RSM_H
#define CPL_RSM_H

#include <stdint.h>
#include <strophe.h>

#include "../base/err.h"

struct cpl_rsm {
	char *mark; /* where a page ended; it must not come again */
	uint64_t pages;
	uint64_t next_mark; /* the page that becomes the mark */
};

/* Asks for pages of max items, unless the request's payload has a <set/> of its
 * own, which is kept. 0, or -1 without memory or payload. */
int cpl_rsm_begin(xmpp_stanza_t *iq, long max)
    __attribute__((warn_unused_result));

/* After a page: 1 and the request asks for the next one, which is the one
 * before where the request has <before/> (2.4); 0: the result is complete. -1
 * with e: CPL_PROTOCOL when the server sends a page again, so that there would
 * be no end; CPL_SYSTEM. */
int cpl_rsm_next(struct cpl_rsm *r, xmpp_stanza_t *iq, xmpp_stanza_t *answer,
		 struct cpl_err *e) __attribute__((warn_unused_result));

void cpl_rsm_release(struct cpl_rsm *r);

#endif
