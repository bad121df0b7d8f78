/* SPDX-License-Identifier: MIT */
#include "browse.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "../base/limits.h"
#include "../stanza/build.h"
#include "../stanza/disco.h"
#include "../stanza/ns.h"
#include "../stanza/rsm.h"
#include "fault.h"
#include "pool.h"

struct entity;

/* A question under way; an entity is asked one of a kind at a time. */
struct question {
	struct entity *of;
	const char *ns;
	xmpp_stanza_t *iq; /* while it is under way */
	struct cpl_rsm rsm;
};

struct entity {
	struct cpl_browse *browse;
	char *jid;
	char *node; /* NULL: none */
	int level;  /* from 1 */
	struct question info;
	struct question items;
	struct entity *next;
};

struct cpl_browse {
	struct cpl_browse_conf conf;
	struct cpl_browse_events on;
	struct cpl_pool *pool;
	struct entity *first; /* in the order in which they are asked */
	struct entity **end;
	void *known;         /* the same as a tree, by JID and node */
	struct entity *next; /* that is asked next ... */
	int info_asked;      /* ... and was asked for its info already */
	size_t found;
	size_t left;
	int started;
	int over; /* done() was called */
};

static void on_answered(void *user, void *item, xmpp_stanza_t *answer,
			const struct cpl_err *why);

struct cpl_browse *cpl_browse_new(const struct cpl_browse_conf *conf,
				  const struct cpl_browse_events *on)
{
	struct cpl_browse *b = calloc(1, sizeof *b);
	struct cpl_pool_conf pool = {
	    .loop = conf->loop,
	    .session = conf->session,
	    .parallel = CPL_BROWSE_PARALLEL,
	    .each_timeout = conf->each_timeout,
	};
	struct cpl_pool_events events = {on_answered, NULL, b};

	if (!b)
		return NULL;
	b->conf = *conf;
	b->on = *on;
	b->end = &b->first;
	b->pool = cpl_pool_new(&pool, &events);
	if (b->pool)
		return b;
	free(b);
	return NULL;
}

/* --- entities ---------------------------------------------------------- */

static int compare(const void *x, const void *y)
{
	const struct entity *a = x, *b = y;
	int jid = strcmp(a->jid, b->jid);

	if (jid != 0)
		return jid;
	if (!a->node || !b->node)
		return (a->node != NULL) - (b->node != NULL);
	return strcmp(a->node, b->node);
}

static void end_question(struct question *q)
{
	if (q->iq)
		xmpp_stanza_release(q->iq);
	q->iq = NULL;
	cpl_rsm_release(&q->rsm);
}

static void free_entity(struct entity *n)
{
	end_question(&n->info);
	end_question(&n->items);
	free(n->jid);
	free(n->node);
	free(n);
}

void cpl_browse_free(struct cpl_browse *b)
{
	struct entity *n;

	if (!b)
		return;
	cpl_pool_free(b->pool);
	while ((n = b->first)) {
		b->first = n->next;
		tdelete(n, &b->known, compare);
		free_entity(n);
	}
	free(b);
}

static struct entity *new_entity(struct cpl_browse *b, const char *jid,
				 const char *node, int level)
{
	struct entity *n = calloc(1, sizeof *n);

	if (!n)
		return NULL;
	n->browse = b;
	n->jid = strdup(jid);
	n->node = node ? strdup(node) : NULL;
	n->level = level;
	n->info.of = n->items.of = n;
	n->info.ns = CPL_NS_DISCO_INFO;
	n->items.ns = CPL_NS_DISCO_ITEMS;
	if (n->jid && (n->node || !node))
		return n;
	free_entity(n);
	return NULL;
}

/* Whether it is known; one that is known is not added again. */
static int is_known(const struct cpl_browse *b, const char *jid,
		    const char *node)
{
	struct entity like = {.jid = (char *)jid, .node = (char *)node};

	return tfind(&like, &b->known, compare) != NULL;
}

static int add(struct cpl_browse *b, const char *jid, const char *node,
	       int level, struct cpl_err *e)
{
	struct entity *n = new_entity(b, jid, node, level);

	if (!n)
		return cpl_err_nomem(e);
	if (!tsearch(n, &b->known, compare)) {
		free_entity(n);
		return cpl_err_nomem(e);
	}
	*b->end = n;
	b->end = &n->next;
	if (!b->next)
		b->next = n;
	return 0;
}

int cpl_browse_add(struct cpl_browse *b, const char *jid, const char *node,
		   struct cpl_err *e)
{
	return is_known(b, jid, node) ? 0 : add(b, jid, node, 1, e);
}

static void tell(struct cpl_browse *b, const struct question *q,
		 xmpp_stanza_t *answer, xmpp_stanza_t *query,
		 const struct cpl_err *why)
{
	b->on.answered(b->on.user, q->of->jid, q->of->node, q->ns, answer,
		       query, why);
}

/* What an item points to: an entity of the next level (XEP-0030 4.5). */
static void take_item(const struct question *q, const char *text,
		      const char *node)
{
	struct cpl_browse *b = q->of->browse;
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_jid jid = {0};

	if (cpl_jid_parse(&jid, text, &e) < 0) {
		cpl_err_prefix(&e, "an item");
		if (e.status == CPL_DATA)
			e.status = CPL_PROTOCOL;
	} else if (is_known(b, jid.full, node)) {
		/* Once is enough, and a circle has an end. */
	} else if (b->found >= b->conf.most) {
		b->left++;
	} else if (add(b, jid.full, node, q->of->level + 1, &e) == 0) {
		b->found++;
	}
	cpl_jid_release(&jid);
	if (e.status != CPL_OK)
		tell(b, q, NULL, NULL, &e);
}

static int on_item(void *user, const struct cpl_disco_fact *fact)
{
	take_item(user, fact->fields[0], fact->fields[1]);
	return 0;
}

/* --- questions --------------------------------------------------------- */

/* What cannot be sent is told like an error of theirs. */
static void put_question(struct cpl_browse *b, struct question *q,
			 struct cpl_err *e)
{
	if (e->status == CPL_OK && cpl_pool_ask(b->pool, q->iq, q, e) == 0)
		return;
	end_question(q);
	tell(b, q, NULL, NULL, e);
}

/* Lists are asked for in pages (XEP-0059 2.1): some servers send but a part of
 * a long one to who does not. */
static void ask(struct cpl_browse *b, struct question *q)
{
	int items = strcmp(q->ns, CPL_NS_DISCO_ITEMS) == 0;
	struct cpl_err e = CPL_ERR_INIT;

	q->iq = cpl_disco_request(cpl_session_ctx(b->conf.session), q->of->jid,
				  q->of->node, q->ns);
	if (!q->iq || (items && cpl_rsm_begin(q->iq, CPL_BROWSE_PAGE) < 0))
		cpl_err_nomem(&e);
	put_question(b, q, &e);
}

static int wants_items(const struct cpl_browse *b, const struct entity *n)
{
	return b->conf.items || n->level < b->conf.levels;
}

static void pump(struct cpl_browse *b)
{
	while (b->next && !cpl_pool_full(b->pool) &&
	       cpl_session_alive(b->conf.session)) {
		struct entity *n = b->next;

		if (b->conf.info && !b->info_asked) {
			b->info_asked = 1;
			ask(b, &n->info);
			continue;
		}
		b->next = n->next;
		b->info_asked = 0;
		if (wants_items(b, n))
			ask(b, &n->items);
	}
	if (!b->next && cpl_pool_count(b->pool) == 0 && !b->over) {
		b->over = 1;
		b->on.done(b->on.user);
	}
}

void cpl_browse_start(struct cpl_browse *b)
{
	if (b->started)
		return;
	b->started = 1;
	pump(b);
}

/* Asks for the next page, where there is one. Servers that invent pages without
 * end are left at some point. */
static void turn_page(struct cpl_browse *b, struct question *q,
		      xmpp_stanza_t *answer)
{
	struct cpl_err e = CPL_ERR_INIT;
	int more = cpl_rsm_next(&q->rsm, q->iq, answer, &e);

	if (more > 0 && q->rsm.pages > CPL_BROWSE_PAGES_MAX)
		cpl_err_set(&e, CPL_PROTOCOL, "more than %d pages",
			    CPL_BROWSE_PAGES_MAX);
	if (more != 0)
		put_question(b, q, &e);
	else
		end_question(q);
}

static void take_query(struct cpl_browse *b, struct question *q,
		       xmpp_stanza_t *answer, xmpp_stanza_t *query)
{
	tell(b, q, answer, query, NULL);
	if (strcmp(q->ns, CPL_NS_DISCO_ITEMS) != 0) {
		end_question(q);
		return;
	}
	if (q->of->level < b->conf.levels)
		(void)!cpl_disco_each(query, on_item, q);
	turn_page(b, q, answer);
}

static void on_answered(void *user, void *item, xmpp_stanza_t *answer,
			const struct cpl_err *why)
{
	struct cpl_browse *b = user;
	struct question *q = item;
	xmpp_stanza_t *query = cpl_child(answer, "query", q->ns);
	struct cpl_err e = CPL_ERR_INIT;

	/* The end of the session speaks for all of them. */
	if (!answer && !cpl_session_alive(b->conf.session))
		return;
	if (!answer)
		e = *why;
	else if (cpl_has_type(answer, "error"))
		cpl_fault_stanza(answer, &e);
	else if (!query)
		/* XEP-0030 3.1, 4.1: an empty one at least. */
		cpl_err_set(&e, CPL_PROTOCOL, "a result without a query");
	if (e.status == CPL_OK) {
		take_query(b, q, answer, query);
	} else {
		end_question(q);
		tell(b, q, NULL, NULL, &e);
	}
	pump(b);
}

size_t cpl_browse_left(const struct cpl_browse *b)
{
	return b->left;
}
