/* SPDX-License-Identifier: MIT */
#include "offline.h"

#include <stdlib.h>
#include <string.h>

#include "../base/buf.h"
#include "../stanza/build.h"
#include "../stanza/ns.h"

struct cpl_offline {
	struct cpl_session *session;
	struct cpl_offline_events on;
	struct cpl_buf nodes; /* names of those left, each with its NUL */
	char *asked;          /* the node that view asked for */
	int got;              /* and whether its message came */
	size_t left;
	int supported;
	int restores;
};

/* Sends an iq, if it could be built, and frees it. 0, or -1 when no answer
 * will come. */
static int ask(struct cpl_offline *o, xmpp_stanza_t *iq, int complete,
	       void (*answered)(void *user, xmpp_stanza_t *answer))
{
	int r = -1;

	if (complete)
		r = cpl_session_request(o->session, iq, answered, o, NULL);
	if (iq)
		xmpp_stanza_release(iq);
	return r;
}

static int is_result(xmpp_stanza_t *answer)
{
	const char *type = answer ? xmpp_stanza_get_type(answer) : NULL;

	return type && strcmp(type, "result") == 0;
}

static void listed(void *user, xmpp_stanza_t *answer)
{
	struct cpl_offline *o = user;
	xmpp_stanza_t *query = cpl_child(answer, "query", CPL_NS_DISCO_ITEMS);
	xmpp_stanza_t *i;

	for (i = cpl_first_element(query); i; i = cpl_next_element(i)) {
		const char *node = xmpp_stanza_get_attribute(i, "node");

		if (node && cpl_buf_add(&o->nodes, node, strlen(node) + 1) == 0)
			o->left++;
	}
	if (answer)
		o->on.listed(o->on.user, is_result(answer));
}

/* 2.3: the headers, whose nodes name the messages. */
void cpl_offline_list(struct cpl_offline *o)
{
	xmpp_stanza_t *iq = cpl_build_stanza(cpl_session_ctx(o->session), "iq",
					     "get", NULL, NULL);
	xmpp_stanza_t *q = cpl_build_child(iq, "query", CPL_NS_DISCO_ITEMS);

	if (ask(o, iq, q && cpl_set_attr(q, "node", CPL_NS_OFFLINE) == 0,
		listed) < 0)
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
	iq = cpl_build_stanza(cpl_session_ctx(session), "iq", "get", NULL,
			      cpl_session_jid(session)->domain);
	if (ask(o, iq, cpl_build_child(iq, "query", CPL_NS_DISCO_INFO) != NULL,
		discovered) == 0)
		return o;
	cpl_offline_free(o);
	return NULL;
}

void cpl_offline_free(struct cpl_offline *o)
{
	if (!o)
		return;
	cpl_buf_release(&o->nodes);
	free(o->asked);
	free(o);
}

/* An iq with <offline><item action='' node=''/></offline>. */
static int act(struct cpl_offline *o, const char *type, const char *action,
	       void (*answered)(void *user, xmpp_stanza_t *answer))
{
	xmpp_stanza_t *iq = cpl_build_stanza(cpl_session_ctx(o->session), "iq",
					     type, NULL, NULL);
	xmpp_stanza_t *item = cpl_build_child(
	    cpl_build_child(iq, "offline", CPL_NS_OFFLINE), "item", NULL);

	return ask(o, iq,
		   item && cpl_set_attr(item, "action", action) == 0 &&
		       cpl_set_attr(item, "node", o->asked) == 0,
		   answered);
}

/* 2.4: the message comes first, then the result. One that is gone by now
 * (another client took it) is passed over. */
static void viewed(void *user, xmpp_stanza_t *answer)
{
	struct cpl_offline *o = user;

	if (answer && !o->got)
		cpl_offline_next(o);
}

void cpl_offline_next(struct cpl_offline *o)
{
	free(o->asked);
	o->asked = NULL;
	o->got = 0;
	if (o->left == 0) {
		o->on.message(o->on.user, NULL);
		return;
	}
	o->asked = strdup(o->nodes.data);
	cpl_buf_consume(&o->nodes, strlen(o->nodes.data) + 1);
	o->left--;
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

int cpl_offline_stanza(struct cpl_offline *o, xmpp_stanza_t *stanza)
{
	xmpp_stanza_t *item =
	    cpl_child(cpl_child(stanza, "offline", CPL_NS_OFFLINE), "item",
		      CPL_NS_OFFLINE);
	const char *node =
	    item ? xmpp_stanza_get_attribute(item, "node") : NULL;

	if (!node || !o->asked || o->got || strcmp(node, o->asked) != 0)
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
	return o->restores;
}
