/* SPDX-License-Identifier: MIT
 *
 * What the DNS says of a domain: the SRV records of both kinds, and the
 * addresses of everything that they name; for a person to look at, where a dial
 * asks no more than it needs. Without records it is the domain itself on the
 * usual port, and with a host of the user's that alone. It runs on the loop and
 * blocks nowhere. What is not answered in time is said to be so: a survey never
 * fails. It owns its places. */
#ifndef CPL_SURVEY_H
#define CPL_SURVEY_H

#include "../base/limits.h"
#include "dial.h"

/* Of one place, both families. */
#define CPL_SURVEY_ADDRESSES_MAX 32

struct cpl_survey_place {
	char host[256]; /* A-labels */
	uint16_t port, priority, weight;
	int direct_tls;
	int is_srv; /* from a record; else a guess, or the user's host */
	size_t count;
	char addresses[CPL_SURVEY_ADDRESSES_MAX][64]; /* without port */
	char why[128]; /* there is none; empty when there is */
};

/* What became of one kind of SRV record. */
struct cpl_survey_kind {
	int asked;
	int absent;      /* its target is ".": decidedly no such service */
	const char *why; /* no answer, and this is why; NULL: answered */
};

struct cpl_survey_conf {
	const char *domain; /* as cpl_jid_dns() gives it */
	const char *host;   /* NULL: by the DNS */
	uint16_t port;      /* of host; 0: the usual one */
	enum cpl_tls_mode mode;
	long timeout; /* ms */
};

struct cpl_survey;

/* Starts; conf is copied but for its strings, which outlive the survey. done()
 * is called from the loop, once, and may free it. NULL without memory. */
struct cpl_survey *cpl_survey_new(struct cpl_loop *loop,
				  const struct cpl_log *log,
				  const struct cpl_survey_conf *conf,
				  void (*done)(void *user), void *user)
    __attribute__((warn_unused_result));
void cpl_survey_free(struct cpl_survey *s);

/* Afterwards: the places by priority, of equals direct TLS first, then the
 * greater weight; i is below the count. */
size_t cpl_survey_count(const struct cpl_survey *s);
const struct cpl_survey_place *cpl_survey_place(const struct cpl_survey *s,
						size_t i);
const struct cpl_survey_kind *cpl_survey_kind(const struct cpl_survey *s,
					      int direct_tls);

#endif
