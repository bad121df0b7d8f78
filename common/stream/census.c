/* SPDX-License-Identifier: MIT */
#include "census.h"

#include <stdlib.h>
#include <string.h>

#include "../base/limits.h"
#include "../stanza/build.h"
#include "../stanza/ns.h"
#include "fence.h"

/* Which question it is. */
enum tag {
	OWN,     /* the own server: has it done what we sent? */
	DOMAIN,  /* a server that has contacts */
	ACCOUNT, /* an account, for its items */
	AGAIN,   /* the same: a session was listed that had said nothing */
	SESSION  /* it still has not: the session itself */
};

struct cpl_census {
	struct cpl_census_conf conf;
	struct cpl_census_events on;
	struct cpl_fence *fence;
	const struct cpl_roster *roster; /* NULL: accounts one by one */
	struct cpl_timer timer;
	char *told; /* the account that unknown() was about last */
	int own;    /* the own server was asked */
	int done;
};

static const struct cpl_jid *own_jid(const struct cpl_census *c)
{
	return cpl_session_jid(c->conf.session);
}

static void finish(struct cpl_census *c)
{
	if (c->done)
		return;
	c->done = 1;
	cpl_loop_cancel(c->conf.loop, &c->timer);
	c->on.done(c->on.user);
}

static void on_time(void *user)
{
	struct cpl_census *c = user;

	cpl_fence_expire(c->fence);
	finish(c);
}

/* --- what is unknown --------------------------------------------------- */

static void tell(struct cpl_census *c, const char *jid,
		 const struct cpl_err *why)
{
	if (c->told && strcmp(c->told, jid) == 0)
		return;
	free(c->told);
	c->told = strdup(jid);
	c->on.unknown(c->on.user, jid, why);
}

/* Of one who is in sight nothing is unknown that matters. */
static void tell_unless_seen(struct cpl_census *c, const char *jid,
			     const struct cpl_err *why)
{
	struct cpl_jid who;

	if (cpl_jid_parse(&who, jid, NULL) < 0)
		return;
	if (cpl_sight_of(c->conf.sight, &who) == 0)
		tell(c, jid, why);
	cpl_jid_release(&who);
}

/* Without memory nothing more is asked: it stays unknown. */
static void ask(struct cpl_census *c, const char *jid, const char *ns,
		enum tag tag, const char *whom)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (cpl_fence_ask(c->fence, jid, ns, tag, &e) < 0)
		tell_unless_seen(c, whom, &e);
}

/* --- accounts ---------------------------------------------------------- */

/* The sessions that an account's server lists and that are neither ours nor in
 * sight: how many; each is asked, if that is wanted. */
static size_t look(struct cpl_census *c, const char *bare,
		   xmpp_stanza_t *answer, int ask_each)
{
	xmpp_stanza_t *query = cpl_child(answer, "query", CPL_NS_DISCO_ITEMS);
	xmpp_stanza_t *i;
	size_t count = 0;

	for (i = cpl_first_element(query); i && count < CPL_SIGHT_ACCOUNT_MAX;
	     i = cpl_next_element(i)) {
		const char *text = xmpp_stanza_get_attribute(i, "jid");
		struct cpl_jid jid;

		if (!text || cpl_jid_parse(&jid, text, NULL) < 0)
			continue;
		if (jid.resource && strcmp(jid.bare, bare) == 0 &&
		    strcmp(jid.full, own_jid(c)->full) != 0 &&
		    cpl_sight_of(c->conf.sight, &jid) == 0) {
			count++;
			if (ask_each)
				ask(c, jid.full, CPL_NS_PING, SESSION, bare);
		}
		cpl_jid_release(&jid);
	}
	return count;
}

static void account_refused(struct cpl_census *c,
			    const struct cpl_fence_answer *a)
{
	xmpp_stanza_t *error = cpl_child(a->stanza, "error", CPL_NS_CLIENT);
	struct cpl_err why = a->why;

	/* RFC 6120 8.3.3.20: for all that our list says. */
	why.status = CPL_TEMP;
	if (strcmp(cpl_condition(error, CPL_NS_STANZA_ERRORS),
		   "subscription-required") == 0)
		why.status = CPL_UNAVAILABLE;
	tell_unless_seen(c, a->jid, &why);
}

static void account_answered(struct cpl_census *c,
			     const struct cpl_fence_answer *a)
{
	if (a->end == CPL_FENCE_REFUSED)
		account_refused(c, a);
	else if (a->end == CPL_FENCE_SILENT)
		tell_unless_seen(c, a->jid, &a->why);
	else if (a->tag == AGAIN)
		look(c, a->jid, a->stanza, 1);
	else if (look(c, a->jid, a->stanza, 0) > 0)
		/* A round trip is time enough for most: people's devices are
		 * spared a question. */
		ask(c, a->jid, CPL_NS_DISCO_ITEMS, AGAIN, a->jid);
}

/* Any answer is one of the session, or says that it is gone. */
static void session_answered(struct cpl_census *c,
			     const struct cpl_fence_answer *a)
{
	struct cpl_jid jid;

	if (a->end != CPL_FENCE_SILENT || cpl_jid_parse(&jid, a->jid, NULL) < 0)
		return;
	tell_unless_seen(c, jid.bare, &a->why);
	cpl_jid_release(&jid);
}

/* --- domains ----------------------------------------------------------- */

static int may_see(const struct cpl_contact *contact)
{
	return contact->subscription == CPL_SUB_TO ||
	       contact->subscription == CPL_SUB_BOTH;
}

/* Who is said not to be there has no more to say. */
static void ask_contact(struct cpl_census *c, const struct cpl_jid *jid)
{
	if (!(cpl_sight_of(c->conf.sight, jid) & CPL_SIGHT_GONE))
		ask(c, jid->bare, CPL_NS_DISCO_ITEMS, ACCOUNT, jid->bare);
}

static void domain_answered(struct cpl_census *c,
			    const struct cpl_fence_answer *a)
{
	/* Of ourselves the own server is no stranger. */
	int own = strcmp(a->jid, own_jid(c)->domain) == 0;

	if (a->end == CPL_FENCE_SILENT ||
	    (a->end == CPL_FENCE_REFUSED && !own)) {
		struct cpl_err why = a->why;

		why.status = CPL_TEMP;
		tell(c, a->jid, &why);
		return;
	}
	for (size_t i = 0; i < cpl_roster_count(c->roster); i++) {
		const struct cpl_contact *contact = cpl_roster_at(c->roster, i);

		if (may_see(contact) &&
		    strcmp(contact->jid.domain, a->jid) == 0)
			ask_contact(c, &contact->jid);
	}
	if (own)
		ask(c, own_jid(c)->bare, CPL_NS_DISCO_ITEMS, ACCOUNT,
		    own_jid(c)->bare);
}

static void on_answered(void *user, const struct cpl_fence_answer *a)
{
	struct cpl_census *c = user;

	switch (a->tag) {
	case OWN:
		if (a->end == CPL_FENCE_SILENT)
			tell(c, a->jid, &a->why);
		break;
	case DOMAIN: domain_answered(c, a); break;
	case SESSION: session_answered(c, a); break;
	default: account_answered(c, a);
	}
}

static void on_done(void *user)
{
	finish(user);
}

/* --- the beginning ----------------------------------------------------- */

struct cpl_census *cpl_census_new(const struct cpl_census_conf *conf,
				  const struct cpl_census_events *on)
{
	struct cpl_census *c = calloc(1, sizeof *c);
	struct cpl_fence_events events = {on_answered, on_done, c};

	if (!c)
		return NULL;
	c->conf = *conf;
	c->on = *on;
	c->timer.fire = on_time;
	c->timer.user = c;
	c->fence = cpl_fence_new(conf->session, &events);
	if (!c->fence) {
		free(c);
		return NULL;
	}
	cpl_loop_timer(conf->loop, &c->timer, conf->settle);
	return c;
}

void cpl_census_free(struct cpl_census *c)
{
	if (!c)
		return;
	cpl_loop_cancel(c->conf.loop, &c->timer);
	cpl_fence_free(c->fence);
	free(c->told);
	free(c);
}

static int ask_own(struct cpl_census *c, enum tag tag, struct cpl_err *e)
{
	if (c->own)
		return 0;
	c->own = 1;
	return cpl_fence_ask(c->fence, own_jid(c)->domain, CPL_NS_PING, tag, e);
}

int cpl_census_account(struct cpl_census *c, const char *bare,
		       struct cpl_err *e)
{
	if (c->done)
		return 0;
	if (ask_own(c, OWN, e) < 0)
		return -1;
	return cpl_fence_ask(c->fence, bare, CPL_NS_DISCO_ITEMS, ACCOUNT, e);
}

static int is_asked(const struct cpl_roster *roster, size_t n,
		    const char *domain)
{
	for (size_t i = 0; i < n; i++) {
		const struct cpl_contact *c = cpl_roster_at(roster, i);

		if (may_see(c) && strcmp(c->jid.domain, domain) == 0)
			return 1;
	}
	return 0;
}

int cpl_census_roster(struct cpl_census *c, const struct cpl_roster *roster,
		      struct cpl_err *e)
{
	c->roster = roster;
	if (c->done)
		return 0;
	if (ask_own(c, DOMAIN, e) < 0)
		return -1;
	for (size_t i = 0; i < cpl_roster_count(roster); i++) {
		const struct cpl_contact *contact = cpl_roster_at(roster, i);
		const char *domain = contact->jid.domain;

		if (may_see(contact) &&
		    strcmp(domain, own_jid(c)->domain) != 0 &&
		    !is_asked(roster, i, domain) &&
		    cpl_fence_ask(c->fence, domain, CPL_NS_PING, DOMAIN, e) < 0)
			return -1;
	}
	return 0;
}
