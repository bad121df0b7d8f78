/* SPDX-License-Identifier: MIT
 *
 * Subscriptions to presence, ours to others' and theirs to ours (RFC 6121 3),
 * several at once, and what became of each. The proof is what the own server
 * has in the contact list once it has answered a ping sent behind: an <a/>
 * would prove arrival alone. Where the request has to reach somebody, his
 * server is pinged too, so that an error of it is here by then; its silence is
 * no failure. It owns what it remembers of each, and needs the roster. */
#ifndef CPL_SUBSCRIBE_H
#define CPL_SUBSCRIBE_H

#include "../base/loop.h"
#include "roster.h"
#include "session.h"

enum cpl_subscribe_verb {
	CPL_SUBSCRIBE,   /* ask to see theirs (3.1) */
	CPL_UNSUBSCRIBE, /* see it no more, or ask no more (3.3) */
	CPL_APPROVE,     /* let them see ours, in advance too (3.1.4, 3.4) */
	CPL_DENY,        /* do not (3.1.4) */
	CPL_CANCEL       /* no more (3.2), nor in advance */
};

struct cpl_subscribe_conf {
	struct cpl_loop *loop;
	struct cpl_session *session;
	const struct cpl_roster *roster; /* ready */
	enum cpl_subscribe_verb verb;
	long settle; /* ms for others' servers, once the own has answered */
};

struct cpl_subscribe_events {
	/* How it ended, once for each: why is NULL when it is as was wanted
	 * (also when it was before), else CPL_REFUSED, CPL_TEMP. */
	void (*ended)(void *user, const char *jid, const struct cpl_err *why);
	/* All have ended, once. */
	void (*done)(void *user);
	void *user;
};

struct cpl_subscribe;

/* NULL without memory. */
struct cpl_subscribe *cpl_subscribe_new(const struct cpl_subscribe_conf *conf,
					const struct cpl_subscribe_events *on)
    __attribute__((warn_unused_result));

/* Before the session is freed. */
void cpl_subscribe_free(struct cpl_subscribe *s);

/* One more, whose resource does not count (3.1.1). -1 with e as
 * cpl_session_send() has it. */
int cpl_subscribe_add(struct cpl_subscribe *s, const struct cpl_jid *jid,
		      struct cpl_err *e) __attribute__((warn_unused_result));

/* That was the last. -1 as above. */
int cpl_subscribe_finish(struct cpl_subscribe *s, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* The roster's changed(), and every presence that comes. */
void cpl_subscribe_changed(struct cpl_subscribe *s,
			   const struct cpl_contact *c);
void cpl_subscribe_presence(struct cpl_subscribe *s, xmpp_stanza_t *presence);

/* Nothing more will come: those that are open end with why, without done(). */
void cpl_subscribe_give_up(struct cpl_subscribe *s, const struct cpl_err *why);

#endif
