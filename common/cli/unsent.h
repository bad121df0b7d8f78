/* SPDX-License-Identifier: MIT
 *
 * The file of what was not confirmed (--unsent): stanzas in XML, one a line, in
 * the order in which they were to be sent and with the ids that they had, so
 * that `xsend -x` sends exactly these again. One that may have arrived has a
 * <delay/> of its first sending (XEP-0203), where it is a message; one that
 * never left has none of ours. The struct lives in its tool, which zero-fills
 * it; it owns the lines. They are bounded by what the session and the feed
 * hold, which is bounded itself. */
#ifndef CPL_UNSENT_H
#define CPL_UNSENT_H

#include <strophe.h>

#include "../stream/delivery.h"

struct cpl_unsent {
	const char *path;
	const char *own; /* bare JID, for the delay */
	xmpp_ctx_t *ctx;
	struct cpl_buf lines;
	size_t unknown; /* lines of those that may have arrived */
	size_t fresh;   /* of those that never left */
};

/* Whether the file can be written, before anything is sent: what there is now
 * stays. Only a file, or nothing, may be there, and not the one that is on
 * stdin, of which the rest would be lost. 0, or -1 with CPL_IO, CPL_USAGE. */
int cpl_unsent_open(struct cpl_unsent *u, const char *path, const char *own,
		    xmpp_ctx_t *ctx, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Adds one that was given to a session, or one that never was. 0, or -1 with
 * CPL_SYSTEM. */
int cpl_unsent_add(struct cpl_unsent *u, const struct cpl_sent *sent,
		   struct cpl_err *e) __attribute__((warn_unused_result));
int cpl_unsent_add_fresh(struct cpl_unsent *u, xmpp_stanza_t *stanza,
			 struct cpl_err *e) __attribute__((warn_unused_result));

/* Writes the file, 0600, whole or not at all, and it stays: fsync, rename,
 * fsync of the folder. Without a line the file is removed. 0, or -1 with
 * CPL_IO. */
int cpl_unsent_write(const struct cpl_unsent *u, struct cpl_err *e)
    __attribute__((warn_unused_result));

void cpl_unsent_release(struct cpl_unsent *u);

#endif
