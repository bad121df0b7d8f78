/* SPDX-License-Identifier: MIT
 *
 * From an account's settings to a link that is logged in: dial, link and login
 * under one deadline, the next target where one is of no use. It owns them
 * until the link is handed over; a target that refused the login itself is
 * final, one that broke before is not. Nothing is retried but what an attempt
 * relied on and what did not hold (cpl_login_again()). What a login teaches is
 * kept in the state folder, for the next one: the client's id, what the server
 * offers, tokens. */
#ifndef CPL_CONNECT_H
#define CPL_CONNECT_H

#include <strophe.h>

#include "../base/log.h"
#include "../base/loop.h"
#include "../config/secret.h"
#include "../config/setting.h"
#include "../stanza/jid.h"
#include "link.h"
#include "login.h"

struct cpl_connect_conf {
	const struct cpl_settings *settings;
	struct cpl_secret *password; /* may be empty */
	/* It serves another session after this one: otherwise it is wiped as
	 * soon as no new login can follow. */
	int password_stays;
	long timeout;              /* ms, DNS to logged in */
	struct cpl_timing *timing; /* NULL: none */
	const char *there;     /* HOST[:PORT] instead of the settings'; NULL */
	const char *agent;     /* a UUID that is this session's, or NULL */
	const char *resume_id; /* of a lost stream; NULL: there is none */
	uint32_t resume_h;
	/* The state folder (config/state.h), where what a login learns is kept;
	 * NULL: there is none. */
	const char *state;
	int wary;       /* nothing is taken for known, nothing leaves early */
	int invalidate; /* the login makes the token void (XEP-0484 3.6) */
};

struct cpl_connect_events {
	/* Logged in. The link is the callee's from here on, who tells it where
	 * its events go (cpl_link_listen()); result and target are valid as
	 * long as the connect. */
	void (*done)(void *user, struct cpl_link *link,
		     const struct cpl_login_result *result, const char *target);
	/* The server is about to be told the last of what it takes to log in:
	 * what is written to the link here leaves with that (login.h). The link
	 * stays the connect's. May be NULL. */
	void (*follow)(void *user, struct cpl_link *link, int stanzas,
		       size_t limit);
	/* The link of follow() is gone, and what was written there was not
	 * taken; another attempt, or failed(), comes next. Without this event
	 * before failed() nobody knows. */
	void (*dropped)(void *user);
	/* It did not come to that, once. */
	void (*failed)(void *user, const struct cpl_err *e);
	void *user;
};

struct cpl_connect;

/* What the setting tls says; NULL: auto. */
enum cpl_tls_mode cpl_connect_mode(const char *text);

/* Begins as soon as the loop runs. conf is copied, what it points to outlives
 * the connect, and so do loop, log and ctx. NULL with e: CPL_CONFIG or
 * CPL_USAGE for a bad setting, CPL_SYSTEM. */
struct cpl_connect *
cpl_connect_new(struct cpl_loop *loop, const struct cpl_log *log,
		xmpp_ctx_t *ctx, const struct cpl_connect_conf *conf,
		const struct cpl_connect_events *on, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Ends whatever is under way; no event follows. What was learnt stays. */
void cpl_connect_stop(struct cpl_connect *c);

/* The same, and frees it. Not from within its events. */
void cpl_connect_free(struct cpl_connect *c);

/* HOST[:PORT] where the server that refused the login wants us instead; NULL:
 * nowhere. Valid as long as the connect. */
const char *cpl_connect_redirect(const struct cpl_connect *c);

/* The account's JID as configured. */
const struct cpl_jid *cpl_connect_jid(const struct cpl_connect *c);

#endif
