/* SPDX-License-Identifier: MIT
 *
 * When it is known who is there. Our initial presence has the server probe the
 * contacts (RFC 6121 4.2.2); the answers come sooner or later, and of one who
 * is not there, from some servers, none at all. So each is asked something
 * behind it, and has said all when the answer is there (fence.h).
 *
 * That is true of a server that handles what comes from us one after the other.
 * In others (ejabberd) each session of a contact answers the probe by itself,
 * most often after the server has answered for the account. These list the
 * sessions when they are asked for the account's items (XEP-0030): of one that
 * is listed and has said nothing, the session itself is asked, which is behind
 * the probe again.
 *
 * The census asks; the presence itself is handed to the sight by its user. It
 * owns its questions. */
#ifndef CPL_CENSUS_H
#define CPL_CENSUS_H

#include "../base/loop.h"
#include "roster.h"
#include "session.h"
#include "sight.h"

struct cpl_census_conf {
	struct cpl_loop *loop;
	struct cpl_session *session;
	const struct cpl_sight *sight;
	long settle; /* ms, from the beginning to done() */
};

struct cpl_census_events {
	/* It cannot be known whether an account is there, or who of a domain
	 * is, and why: CPL_TEMP, or CPL_UNAVAILABLE when its server says that
	 * we are not allowed to know. An account is told of once. */
	void (*unknown)(void *user, const char *jid, const struct cpl_err *why);
	/* All have answered, or the time is over, once: from then on who is
	 * not in sight, and was not unknown, is not there. */
	void (*done)(void *user);
	void *user;
};

struct cpl_census;

/* Begins when presence has been announced. NULL without memory. */
struct cpl_census *cpl_census_new(const struct cpl_census_conf *conf,
				  const struct cpl_census_events *on)
    __attribute__((warn_unused_result));

/* Before the session is freed. */
void cpl_census_free(struct cpl_census *c);

/* Asks the own server and one account; or the own server and the domains of all
 * contacts whose presence we may see, and then them, as far as need be. The
 * roster outlives the census. -1 with e as cpl_session_send() has it. */
int cpl_census_account(struct cpl_census *c, const char *bare,
		       struct cpl_err *e) __attribute__((warn_unused_result));
int cpl_census_roster(struct cpl_census *c, const struct cpl_roster *roster,
		      struct cpl_err *e) __attribute__((warn_unused_result));

#endif
