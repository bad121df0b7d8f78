/* SPDX-License-Identifier: MIT
 *
 * Bookmarks on their way to a store. */
#include <string.h>

#include "bookmark.h"
#include "build.h"
#include "form.h"
#include "ns.h"

static const char *node_of(enum cpl_bookmark_store store)
{
	return store == CPL_BOOKMARK_ITEMS ? CPL_NS_BOOKMARKS : CPL_NS_STORAGE;
}

/* An iq to the own account with an element of pubsub for a node, which is
 * *child. */
static xmpp_stanza_t *pubsub(xmpp_ctx_t *ctx, const char *type, const char *ns,
			     const char *name, const char *node,
			     xmpp_stanza_t **child)
{
	xmpp_stanza_t *payload;
	xmpp_stanza_t *iq =
	    cpl_build_iq(ctx, type, NULL, "pubsub", ns, &payload);

	*child = cpl_build_child(payload, name, NULL);
	iq = cpl_built(iq, cpl_set_attr(*child, "node", node) == 0);
	if (!iq)
		*child = NULL; /* it went with it */
	return iq;
}

xmpp_stanza_t *cpl_bookmark_ask(xmpp_ctx_t *ctx, enum cpl_bookmark_store store)
{
	xmpp_stanza_t *iq, *query, *items;

	if (store != CPL_BOOKMARK_PRIVATE)
		return pubsub(ctx, "get", CPL_NS_PUBSUB, "items",
			      node_of(store), &items);
	iq = cpl_build_iq(ctx, "get", NULL, "query", CPL_NS_PRIVATE, &query);
	return cpl_built(
	    iq, cpl_build_child(query, "storage", CPL_NS_STORAGE) != NULL);
}

/* --- the node ---------------------------------------------------------- */

/* XEP-0402 3.3, XEP-0223 3: nobody else sees it, and all items stay. */
static int add_form(xmpp_stanza_t *parent, const char *type,
		    enum cpl_bookmark_store store)
{
	xmpp_stanza_t *form = cpl_build_child(parent, "x", CPL_NS_DATA);

	if (cpl_set_attr(form, "type", "submit") < 0 ||
	    cpl_form_add(form, "FORM_TYPE", NULL, type) < 0 ||
	    cpl_form_add(form, "pubsub#persist_items", NULL, "true") < 0 ||
	    cpl_form_add(form, "pubsub#access_model", NULL, "whitelist") < 0)
		return -1;
	if (store == CPL_BOOKMARK_ITEMS &&
	    (cpl_form_add(form, "pubsub#max_items", NULL, "max") < 0 ||
	     cpl_form_add(form, "pubsub#send_last_published_item", NULL,
			  "never") < 0))
		return -1;
	return 0;
}

xmpp_stanza_t *cpl_bookmark_configure(xmpp_ctx_t *ctx,
				      enum cpl_bookmark_store store)
{
	xmpp_stanza_t *configure;
	xmpp_stanza_t *iq = pubsub(ctx, "set", CPL_NS_PUBSUB_OWNER, "configure",
				   node_of(store), &configure);

	return cpl_built(
	    iq,
	    add_form(configure, "http://jabber.org/protocol/pubsub#node_config",
		     store) == 0);
}

int cpl_bookmark_is_precondition(xmpp_stanza_t *answer)
{
	return cpl_child(cpl_child(answer, "error", CPL_NS_CLIENT),
			 "precondition-not-met", CPL_NS_PUBSUB_ERRORS) != NULL;
}

/* An iq that publishes an item, which is *item. */
static xmpp_stanza_t *publish(xmpp_ctx_t *ctx, enum cpl_bookmark_store store,
			      const char *id, xmpp_stanza_t **item)
{
	xmpp_stanza_t *el, *options;
	xmpp_stanza_t *iq =
	    pubsub(ctx, "set", CPL_NS_PUBSUB, "publish", node_of(store), &el);

	*item = cpl_build_child(el, "item", NULL);
	options =
	    cpl_build_child(cpl_first_element(iq), "publish-options", NULL);
	return cpl_built(iq, cpl_set_attr(*item, "id", id) == 0 &&
				 add_form(options,
					  "http://jabber.org/protocol/"
					  "pubsub#publish-options",
					  store) == 0);
}

/* --- items ------------------------------------------------------------- */

static int copy_under(xmpp_stanza_t *parent, xmpp_stanza_t *c)
{
	xmpp_stanza_t *copy = xmpp_stanza_copy(c);

	if (copy && xmpp_stanza_add_child_ex(parent, copy, 0) == XMPP_EOK)
		return 0;
	if (copy)
		xmpp_stanza_release(copy);
	return -1;
}

/* XEP-0402 2: "Clients MUST preserve these (particularly preserving unknown
 * elements) when editing items". Of the old kind of bookmark nothing else is
 * known. */
static int copy_rest(xmpp_stanza_t *el, const struct cpl_bookmark *old)
{
	const char *ns = xmpp_stanza_get_ns(old->conference);
	xmpp_stanza_t *c = cpl_first_element(old->conference);

	if (!ns || strcmp(ns, CPL_NS_BOOKMARKS) != 0)
		return 0;
	if (cpl_copy_attrs(el, old->conference) < 0)
		return -1;
	for (; c; c = cpl_next_element(c))
		if (!cpl_is(c, "nick", CPL_NS_BOOKMARKS) &&
		    !cpl_is(c, "password", CPL_NS_BOOKMARKS) &&
		    copy_under(el, c) < 0)
			return -1;
	return 0;
}

static int fill(xmpp_stanza_t *el, const struct cpl_bookmark *old,
		const struct cpl_bookmark_change *change)
{
	static const struct cpl_bookmark none;
	const struct cpl_bookmark *was = old ? old : &none;
	const char *name = change->name ? change->name : was->name;
	const char *nick = change->nick ? change->nick : was->nick;
	const char *password =
	    change->password ? change->password : was->password;
	int autojoin = change->autojoin < 0 ? was->autojoin : change->autojoin;

	if (old && copy_rest(el, old) < 0)
		return -1;
	if ((name && cpl_set_attr(el, "name", name) < 0) ||
	    cpl_set_attr(el, "autojoin", autojoin ? "true" : NULL) < 0 ||
	    (nick && cpl_build_text_child(el, "nick", nick) < 0) ||
	    (password && cpl_build_text_child(el, "password", password) < 0))
		return -1;
	return 0;
}

xmpp_stanza_t *cpl_bookmark_publish(xmpp_ctx_t *ctx, const char *jid,
				    const struct cpl_bookmark *old,
				    const struct cpl_bookmark_change *change)
{
	xmpp_stanza_t *item;
	const char *id = old && old->id ? old->id : jid;
	xmpp_stanza_t *iq = publish(ctx, CPL_BOOKMARK_ITEMS, id, &item);
	xmpp_stanza_t *el =
	    cpl_build_child(iq ? item : NULL, "conference", CPL_NS_BOOKMARKS);

	return cpl_built(iq, el && fill(el, old, change) == 0);
}

xmpp_stanza_t *cpl_bookmark_retract(xmpp_ctx_t *ctx, const char *id)
{
	xmpp_stanza_t *retract;
	xmpp_stanza_t *iq = pubsub(ctx, "set", CPL_NS_PUBSUB, "retract",
				   CPL_NS_BOOKMARKS, &retract);

	return cpl_built(
	    iq, cpl_set_attr(retract, "notify", "true") == 0 &&
		    cpl_set_attr(cpl_build_child(retract, "item", NULL), "id",
				 id) == 0);
}

/* --- the list ---------------------------------------------------------- */

static int copy_others(xmpp_stanza_t *to, xmpp_stanza_t *from, const char *jid)
{
	for (xmpp_stanza_t *c = cpl_first_element(from); c;
	     c = cpl_next_element(c)) {
		const char *at = xmpp_stanza_get_attribute(c, "jid");

		if (cpl_is(c, "conference", CPL_NS_STORAGE) && at &&
		    cpl_jid_same_bare(at, jid))
			continue;
		if (copy_under(to, c) < 0)
			return -1;
	}
	return 0;
}

xmpp_stanza_t *cpl_bookmark_without(xmpp_ctx_t *ctx,
				    enum cpl_bookmark_store store,
				    xmpp_stanza_t *answer, const char *jid)
{
	xmpp_stanza_t *iq, *to, *from = cpl_first_element(answer);

	if (store == CPL_BOOKMARK_PRIVATE) {
		iq = cpl_build_iq(ctx, "set", NULL, "query", CPL_NS_PRIVATE,
				  &to);
	} else {
		/* XEP-0048 2.1 */
		iq = publish(ctx, store, "current", &to);
		from = cpl_child(cpl_child(from, "items", CPL_NS_PUBSUB),
				 "item", CPL_NS_PUBSUB);
	}
	from = cpl_child(from, "storage", CPL_NS_STORAGE);
	to = cpl_build_child(iq ? to : NULL, "storage", CPL_NS_STORAGE);
	return cpl_built(iq, to && copy_others(to, from, jid) == 0);
}
