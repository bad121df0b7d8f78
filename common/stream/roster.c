/* SPDX-License-Identifier: MIT */
#include "roster.h"

#include <stdlib.h>
#include <string.h>

#include "../base/limits.h"
#include "../stanza/build.h"
#include "../stanza/contacts.h"
#include "../stanza/ns.h"
#include "../stanza/reply.h"
#include "fault.h"
#include "roster_cache.h"
#include "send.h"

enum state {
	ASKED,    /* the list */
	CATCHING, /* the cached list is good; what changed comes as pushes */
	READY,
	FAILED
};

struct cpl_roster {
	struct cpl_session *session;
	const struct cpl_log *log;
	struct cpl_roster_events on;
	struct cpl_roster_cache cache;
	struct cpl_contacts all;
	char *ver; /* of what is in all; NULL: none */
	enum state state;
	int whole;  /* all is a whole list, of the cache or the server */
	int dirty;  /* and the cache has another */
	int fenced; /* a ping is on its way */
};

/* --- the list ---------------------------------------------------------- */

static void set_version(struct cpl_roster *r, const char *ver)
{
	free(r->ver);
	/* Without memory there is none: the next run asks for everything. */
	r->ver = ver ? strdup(ver) : NULL;
	r->dirty = 1;
}

static void failed(struct cpl_roster *r, const struct cpl_err *why)
{
	r->state = FAILED;
	r->on.ready(r->on.user, why);
}

static void ready(struct cpl_roster *r)
{
	r->state = READY;
	r->on.ready(r->on.user, NULL);
}

/* Reads an item of a list or push. 0, or -1: it is none, which was logged, or
 * (e) there is no memory. */
static int read_item(struct cpl_roster *r, struct cpl_contact *c,
		     xmpp_stanza_t *item, struct cpl_err *e)
{
	struct cpl_err why = CPL_ERR_INIT;

	if (cpl_contact_read(c, item, &why) == 0)
		return 0;
	if (why.status == CPL_SYSTEM)
		*e = why;
	else
		cpl_log(r->log, CPL_LOG_WARN,
			"a contact of the server's is left out: %s", why.text);
	return -1;
}

static int keep(struct cpl_roster *r, struct cpl_contact *c, struct cpl_err *e)
{
	if (r->all.count >= CPL_CONTACTS_MAX &&
	    !cpl_contacts_find(&r->all, c->jid.full)) {
		cpl_log(r->log, CPL_LOG_WARN,
			"%s: left out, more than %d contacts", c->jid.full,
			CPL_CONTACTS_MAX);
		return 0;
	}
	return cpl_contacts_put(&r->all, c) < 0 ? cpl_err_nomem(e) : 0;
}

static int read_list(struct cpl_roster *r, xmpp_stanza_t *query,
		     struct cpl_err *e)
{
	xmpp_stanza_t *i;

	cpl_contacts_release(&r->all);
	for (i = cpl_first_element(query); i; i = cpl_next_element(i)) {
		struct cpl_contact c = {0};

		if (cpl_is(i, "item", CPL_NS_ROSTER) &&
		    read_item(r, &c, i, e) == 0 &&
		    c.subscription != CPL_SUB_REMOVE)
			(void)!keep(r, &c, e);
		cpl_contact_release(&c);
		if (e->status != CPL_OK)
			return -1;
	}
	r->whole = 1;
	set_version(r, query ? xmpp_stanza_get_attribute(query, "ver") : NULL);
	return 0;
}

/* --- requests ---------------------------------------------------------- */

static void fence_passed(void *user, xmpp_stanza_t *answer)
{
	struct cpl_roster *r = user;

	r->fenced = 0;
	if (answer && r->state == CATCHING)
		ready(r);
}

/* What the server sent before it answers a ping is here by then (RFC 6120
 * 10.1); an error is an answer too. */
static int send_fence(struct cpl_roster *r, struct cpl_err *e)
{
	xmpp_stanza_t *iq = cpl_build_iq(cpl_session_ctx(r->session), "get",
					 cpl_session_jid(r->session)->domain,
					 "ping", CPL_NS_PING, NULL);

	if (cpl_send_request(r->session, iq, fence_passed, r, e) < 0)
		return -1;
	r->fenced = 1;
	return 0;
}

static void list_came(void *user, xmpp_stanza_t *answer)
{
	struct cpl_roster *r = user;
	xmpp_stanza_t *query = cpl_child(answer, "query", CPL_NS_ROSTER);
	struct cpl_err e = CPL_ERR_INIT;

	if (!answer)
		return;
	if (!cpl_has_type(answer, "result"))
		cpl_fault_stanza(answer, &e);
	else if (query || !r->whole)
		(void)!read_list(r, query, &e);
	else
		r->state = CATCHING; /* 2.6.3: an empty result */
	if (r->state == CATCHING && !r->fenced)
		(void)!send_fence(r, &e);
	if (e.status != CPL_OK) {
		cpl_err_prefix(&e, "the contact list");
		failed(r, &e);
	} else if (r->state != CATCHING) {
		ready(r);
	}
}

static int is_versioned(const struct cpl_roster *r)
{
	return cpl_session_feature(r->session, "ver", CPL_NS_ROSTERVER);
}

/* 2.6.2: without a cache the version is "", and where the server does not offer
 * versions there is none. */
static int ask_list(struct cpl_roster *r, struct cpl_err *e)
{
	xmpp_stanza_t *query;
	xmpp_stanza_t *iq = cpl_build_iq(cpl_session_ctx(r->session), "get",
					 NULL, "query", CPL_NS_ROSTER, &query);

	if (is_versioned(r))
		iq = cpl_built(
		    iq, cpl_set_attr(query, "ver", r->ver ? r->ver : "") == 0);
	return cpl_send_request(r->session, iq, list_came, r, e);
}

/* The ping rides along: what changed since is here with its answer. */
static int fetch(struct cpl_roster *r, struct cpl_err *e)
{
	if (ask_list(r, e) < 0)
		return -1;
	return r->whole ? send_fence(r, e) : 0;
}

struct cpl_roster *cpl_roster_new(struct cpl_session *session,
				  const char *state, const struct cpl_log *log,
				  const struct cpl_roster_events *on,
				  struct cpl_err *e)
{
	struct cpl_roster *r = calloc(1, sizeof *r);

	if (!r) {
		cpl_err_nomem(e);
		return NULL;
	}
	r->session = session;
	r->log = log;
	r->on = *on;
	r->cache.folder = state;
	r->cache.jid = cpl_session_jid(session)->bare;
	r->cache.ctx = cpl_session_ctx(session);
	r->cache.log = log;
	if (is_versioned(r) &&
	    cpl_roster_cache_read(&r->cache, &r->all, &r->ver) == 0)
		r->whole = r->ver != NULL;
	if (!r->whole)
		cpl_contacts_release(&r->all);
	if (fetch(r, e) == 0)
		return r;
	cpl_roster_free(r);
	return NULL;
}

/* The pushes since then went to the session that is lost. */
int cpl_roster_again(struct cpl_roster *r, struct cpl_err *e)
{
	if (r->state == ASKED)
		return 0;
	cpl_session_forget(r->session, r);
	r->fenced = 0;
	r->state = ASKED;
	return fetch(r, e);
}

int cpl_roster_hint(const struct cpl_roster *r, const struct cpl_err *why,
		    struct cpl_err *hint)
{
	if (!r || r->state != ASKED || why->status != CPL_PROTOCOL)
		return 0;
	cpl_err_set(hint, CPL_PROTOCOL,
		    "the contact list did not come: with more than %d contacts "
		    "and groups, or %d bytes, it has to be made smaller by "
		    "another program",
		    CPL_STANZA_ELEMENTS_MAX, CPL_STANZA_BYTES_MAX);
	return 1;
}

void cpl_roster_free(struct cpl_roster *r)
{
	if (!r)
		return;
	cpl_session_forget(r->session, r);
	/* The session's, which may have been made anew. */
	r->cache.jid = cpl_session_jid(r->session)->bare;
	if (r->whole && r->dirty)
		cpl_roster_cache_write(&r->cache, &r->all, r->ver);
	cpl_contacts_release(&r->all);
	free(r->ver);
	free(r);
}

/* --- pushes ------------------------------------------------------------ */

/* A fault of memory costs the server an answer, nothing else. */
static void reply(struct cpl_roster *r, xmpp_stanza_t *answer)
{
	(void)!cpl_send(r->session, answer, NULL, NULL);
}

/* 2.1.6: a push has one item. */
static xmpp_stanza_t *only_item(xmpp_stanza_t *query)
{
	xmpp_stanza_t *item = cpl_child(query, "item", CPL_NS_ROSTER);
	xmpp_stanza_t *next = item;

	while (next && (next = cpl_next_element(next)))
		if (cpl_is(next, "item", CPL_NS_ROSTER))
			return NULL;
	return item;
}

static void apply(struct cpl_roster *r, struct cpl_contact *c)
{
	struct cpl_err e = CPL_ERR_INIT;
	char *jid = strdup(c->jid.full);

	if (!jid) {
		cpl_err_nomem(&e);
	} else if (c->subscription == CPL_SUB_REMOVE) {
		cpl_contacts_remove(&r->all, jid);
		if (r->state == READY && r->on.changed)
			r->on.changed(r->on.user, c);
	} else if (keep(r, c, &e) == 0 && r->state == READY && r->on.changed) {
		const struct cpl_contact *own = cpl_contacts_find(&r->all, jid);

		if (own)
			r->on.changed(r->on.user, own);
	}
	free(jid);
	/* What is not known whole is not remembered either. */
	if (e.status == CPL_OK)
		return;
	r->whole = 0;
	cpl_log(r->log, CPL_LOG_WARN, "a change of the contact list: %s",
		e.text);
}

static void take_push(struct cpl_roster *r, xmpp_stanza_t *iq,
		      xmpp_stanza_t *query)
{
	xmpp_ctx_t *ctx = cpl_session_ctx(r->session);
	xmpp_stanza_t *item = only_item(query);
	struct cpl_contact c = {0};
	struct cpl_err e = CPL_ERR_INIT;

	if (!item || read_item(r, &c, item, &e) < 0) {
		reply(r,
		      cpl_reply_error(ctx, iq, "modify", "bad-request", NULL));
		/* The version that comes with it is not what we have. */
		set_version(r, NULL);
		return;
	}
	reply(r, cpl_reply_result(ctx, iq));
	set_version(r, xmpp_stanza_get_attribute(query, "ver"));
	apply(r, &c);
	cpl_contact_release(&c);
}

enum cpl_push cpl_roster_push(const struct cpl_session *session,
			      xmpp_stanza_t *iq)
{
	const char *type = xmpp_stanza_get_type(iq);
	const char *from = xmpp_stanza_get_from(iq);

	if (!cpl_is(iq, "iq", CPL_NS_CLIENT) || !type ||
	    strcmp(type, "set") != 0 || !cpl_child(iq, "query", CPL_NS_ROSTER))
		return CPL_PUSH_NONE;
	return !from || cpl_jid_is(from, cpl_session_jid(session)->bare)
		   ? CPL_PUSH_OWN
		   : CPL_PUSH_FORGED;
}

int cpl_roster_iq(struct cpl_roster *r, xmpp_stanza_t *iq)
{
	enum cpl_push push = cpl_roster_push(r->session, iq);

	if (push == CPL_PUSH_OWN)
		take_push(r, iq, cpl_child(iq, "query", CPL_NS_ROSTER));
	else if (push == CPL_PUSH_FORGED)
		cpl_log(r->log, CPL_LOG_INFO,
			"a change of the contact list that %s sent is ignored",
			xmpp_stanza_get_from(iq));
	return push != CPL_PUSH_NONE;
}

/* --- questions --------------------------------------------------------- */

size_t cpl_roster_count(const struct cpl_roster *r)
{
	return r->all.count;
}

const struct cpl_contact *cpl_roster_at(const struct cpl_roster *r, size_t i)
{
	return r->all.at[i];
}

const struct cpl_contact *cpl_roster_exact(const struct cpl_roster *r,
					   const char *jid)
{
	return cpl_contacts_find(&r->all, jid);
}

/* The bare JID itself, or the first that is BARE/RESOURCE. */
static const struct cpl_contact *find_bare(const struct cpl_contacts *all,
					   const char *bare)
{
	const struct cpl_contact *c = cpl_contacts_find(all, bare);
	size_t i, n = strlen(bare);

	if (c)
		return c;
	for (i = cpl_contacts_from(all, bare); i < all->count; i++) {
		const char *full = all->at[i]->jid.full;

		if (strncmp(full, bare, n) != 0 || full[n] > '/')
			return NULL;
		if (full[n] == '/')
			return all->at[i];
	}
	return NULL;
}

const struct cpl_contact *cpl_roster_find(const struct cpl_roster *r,
					  const char *jid)
{
	const struct cpl_contact *found = NULL;
	struct cpl_jid parsed;

	if (cpl_jid_parse(&parsed, jid, NULL) < 0)
		return NULL;
	found = find_bare(&r->all, parsed.bare);
	cpl_jid_release(&parsed);
	return found;
}

/* --- changes ----------------------------------------------------------- */

xmpp_stanza_t *cpl_roster_set(xmpp_ctx_t *ctx, xmpp_stanza_t *item)
{
	xmpp_stanza_t *query;
	xmpp_stanza_t *iq =
	    cpl_build_iq(ctx, "set", NULL, "query", CPL_NS_ROSTER, &query);
	int whole =
	    query && item && xmpp_stanza_add_child(query, item) == XMPP_EOK;

	if (item)
		xmpp_stanza_release(item);
	return cpl_built(iq, whole);
}
