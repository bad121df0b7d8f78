/* SPDX-License-Identifier: MIT
 *
 * Where a login to a domain succeeded last, so that the next one need not ask
 * DNS: a cache, in the file place-DOMAIN of the state folder (config/state.h).
 * It holds one place, for one way of looking for it, until DNS's answers are
 * over. A file that is missing, damaged, too old or not to be written costs a
 * look-up and never a failure. */
#ifndef CPL_PLACE_H
#define CPL_PLACE_H

#include "../base/log.h"
#include "../net/dial.h"

/* What was looked for: a place that was found by other settings is none. */
struct cpl_place_key {
	const char *folder; /* NULL: nothing is kept */
	const char *domain; /* the JID's */
	const char *server; /* the setting, or NULL */
	const char *tls;    /* the setting, or NULL, which is "auto" */
};

/* Fills host, port, direct_tls and addr of out, the rest is zero. 1, or 0 when
 * there is none. */
int cpl_place_get(const struct cpl_place_key *key, struct cpl_target *out,
		  const struct cpl_log *log)
    __attribute__((warn_unused_result));

/* Keeps it for place->ttl seconds (0: not at all) in place of another. */
void cpl_place_put(const struct cpl_place_key *key,
		   const struct cpl_target *place, const struct cpl_log *log);

/* Forgets what is kept of the domain. */
void cpl_place_drop(const char *folder, const char *domain);

#endif
