/* SPDX-License-Identifier: MIT
 *
 * The contact list as it was seen last, remembered for its version (RFC 6121
 * 2.6) and for completion: a file of state.h, whose first line has a digest of
 * the rest, so that one that was torn or changed is as good as missing. */
#ifndef CPL_ROSTER_CACHE_H
#define CPL_ROSTER_CACHE_H

#include <strophe.h>

#include "../base/log.h"
#include "../stanza/contacts.h"

struct cpl_roster_cache {
	const char *folder; /* of state.h; NULL: nothing is remembered */
	const char *jid;    /* bare, whose list it is */
	xmpp_ctx_t *ctx;
	const struct cpl_log *log;
};

/* Reads it into an empty list; *ver (free()) is NULL where the server had no
 * version. -1: there is none that can be used, and both are empty. */
int cpl_roster_cache_read(const struct cpl_roster_cache *where,
			  struct cpl_contacts *out, char **ver)
    __attribute__((warn_unused_result));

/* What fails is a line of the log. */
void cpl_roster_cache_write(const struct cpl_roster_cache *where,
			    const struct cpl_contacts *all, const char *ver);

#endif
