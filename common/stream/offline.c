/* SPDX-License-Identifier: MIT */
#include "offline.h"

#include <stdlib.h>
#include <string.h>

#include "../base/buf.h"
#include "../stanza/build.h"
#include "../stanza/disco.h"
#include "../stanza/ns.h"
#include "send.h"

struct cpl_offline {
	struct cpl_session *session;
	struct cpl_offline_events on;
	struct cpl_buf nodes; /* their names, each with its NUL */
	const char **order;   /* the names, the oldest message first */
	const char *asked;    /* the node that view asked for, or NULL */
	int got;              /* its message came */
	int answered;         /* and the result behind it */
	int next_wanted;      /* as soon as that is here */
	size_t count, next;   /* of order */
	int supported;
	int restores;
	int rival; /* the account has another session */
};

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* 2.3: dictionary order is order of time. ejabberd lists by sender. */
static int put_in_order(struct cpl_offline *o)
{
	const char *p = o->nodes.data;

	o->order = calloc(o->count + 1, sizeof *o->order);
	if (!o->order)
		return -1;
	for (size_t i = 0; i < o->count; i++, p += strlen(p) + 1)
		o->order[i] = p;
	qsort(o->order, o->count, sizeof *o->order, by_name);
	return 0;
}

static void listed(void *user, xmpp_stanza_t *answer)
{
	struct cpl_offline *o = user;
	xmpp_stanza_t *query = cpl_child(answer, "query", CPL_NS_DISCO_ITEMS);
	xmpp_stanza_t *i;

	for (i = cpl_first_element(query); i; i = cpl_next_element(i)) {
		const char *node = xmpp_stanza_get_attribute(i, "node");

		if (node && cpl_buf_add(&o->nodes, node, strlen(node) + 1) == 0)
			o->count++;
	}
	if (answer)
		o->on.listed(o->on.user, cpl_has_type(answer, "result") &&
					     put_in_order(o) == 0);
}

/* 2.3: the headers, whose nodes name the messages. */
void cpl_offline_list(struct cpl_offline *o)
{
	xmpp_stanza_t *iq =
	    cpl_disco_request(cpl_session_ctx(o->session), NULL, CPL_NS_OFFLINE,
			      CPL_NS_DISCO_ITEMS);

	cpl_buf_truncate(&o->nodes, 0);
	free(o->order);
	o->order = NULL;
	o->asked = NULL;
	o->count = o->next = 0;
	if (cpl_send_request(o->session, iq, listed, o, NULL) < 0)
		o->on.listed(o->on.user, 0);
}

static int attr_is(xmpp_stanza_t *el, const char *name, const char *value)
{
	const char *text = xmpp_stanza_get_attribute(el, name);

	return text && strcmp(text, value) == 0;
}

static void discovered(void *user, xmpp_stanza_t *answer)
{
	struct cpl_offline *o = user;
	xmpp_stanza_t *query = cpl_child(answer, "query", CPL_NS_DISCO_INFO);
	int prosody = 0, stores = 0;

	for (xmpp_stanza_t *i = cpl_first_element(query); i;
	     i = cpl_next_element(i)) {
		if (attr_is(i, "var", CPL_NS_OFFLINE))
			o->supported = 1;
		/* XEP-0160 4 */
		stores |= attr_is(i, "var", "msgoffline");
		prosody |= attr_is(i, "category", "server") &&
			   attr_is(i, "name", "Prosody");
	}
	o->restores = prosody && stores;
	if (answer)
		o->on.known(o->on.user);
}

/* 2.1: the server says whether it has it. */
struct cpl_offline *cpl_offline_new(struct cpl_session *session,
				    const struct cpl_offline_events *on)
{
	struct cpl_offline *o = calloc(1, sizeof *o);
	xmpp_stanza_t *iq;

	if (!o)
		return NULL;
	o->session = session;
	o->on = *on;
	cpl_buf_init(&o->nodes, 16 * 1024 * 1024);
	iq = cpl_disco_request(cpl_session_ctx(session),
			       cpl_session_jid(session)->domain, NULL,
			       CPL_NS_DISCO_INFO);
	if (cpl_send_request(session, iq, discovered, o, NULL) == 0)
		return o;
	cpl_offline_free(o);
	return NULL;
}

void cpl_offline_free(struct cpl_offline *o)
{
	if (!o)
		return;
	cpl_buf_release(&o->nodes);
	free(o->order);
	free(o);
}

/* An iq with <offline><item action='' node=''/></offline>. */
static int act(struct cpl_offline *o, const char *type, const char *action,
	       void (*answered)(void *user, xmpp_stanza_t *answer))
{
	xmpp_stanza_t *offline;
	xmpp_stanza_t *iq =
	    cpl_build_iq(cpl_session_ctx(o->session), type, NULL, "offline",
			 CPL_NS_OFFLINE, &offline);
	xmpp_stanza_t *item = cpl_build_child(offline, "item", NULL);

	iq = cpl_built(iq, cpl_set_attr(item, "action", action) == 0 &&
			       cpl_set_attr(item, "node", o->asked) == 0);
	return cpl_send_request(o->session, iq, answered, o, NULL);
}

/* 2.4: the message comes first, then the result. One that is gone by now
 * (another client took it) is passed over. */
static void viewed(void *user, xmpp_stanza_t *answer)
{
	struct cpl_offline *o = user;

	o->answered = 1;
	if (answer && (!o->got || o->next_wanted))
		cpl_offline_next(o);
}

void cpl_offline_next(struct cpl_offline *o)
{
	/* The result at hand must not be taken for the next one's. */
	o->next_wanted = o->asked && !o->answered;
	if (o->next_wanted)
		return;
	o->asked = o->next < o->count ? o->order[o->next++] : NULL;
	o->got = o->answered = 0;
	if (!o->asked || act(o, "get", "view", viewed) < 0)
		o->on.message(o->on.user, NULL);
}

static void removed(void *user, xmpp_stanza_t *answer)
{
	(void)user;
	(void)answer;
}

void cpl_offline_remove(struct cpl_offline *o)
{
	/* One that cannot be removed now is read again next time. */
	if (o->asked)
		(void)act(o, "set", "remove", removed);
}

/* Presence of another session of the account. */
static int is_rival(const struct cpl_offline *o, xmpp_stanza_t *stanza)
{
	const struct cpl_jid *own = cpl_session_jid(o->session);
	const char *from;

	if (!cpl_is(stanza, "presence", CPL_NS_CLIENT))
		return 0;
	from = xmpp_stanza_get_from(stanza);
	return from && !xmpp_stanza_get_type(stanza) &&
	       cpl_jid_same_bare(from, own->bare) &&
	       !cpl_jid_is(from, own->full);
}

int cpl_offline_stanza(struct cpl_offline *o, xmpp_stanza_t *stanza)
{
	xmpp_stanza_t *item;
	const char *node;

	if (is_rival(o, stanza))
		o->rival = 1;
	if (!o->asked || o->got)
		return 0;
	item = cpl_child(cpl_child(stanza, "offline", CPL_NS_OFFLINE), "item",
			 CPL_NS_OFFLINE);
	node = item ? xmpp_stanza_get_attribute(item, "node") : NULL;
	if (!node || strcmp(node, o->asked) != 0)
		return 0;
	o->got = 1;
	o->on.message(o->on.user, stanza);
	return 1;
}

int cpl_offline_supported(const struct cpl_offline *o)
{
	return o->supported;
}

int cpl_offline_restores(const struct cpl_offline *o)
{
	return o->restores && !o->rival && cpl_session_has_sm(o->session);
}
