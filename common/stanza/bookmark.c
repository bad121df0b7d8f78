/* SPDX-License-Identifier: MIT */
#include "bookmark.h"

#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "ns.h"

static void release(struct cpl_bookmark *b)
{
	if (b->password)
		explicit_bzero(b->password, strlen(b->password));
	cpl_jid_release(&b->jid);
	free(b->id);
	free(b->name);
	free(b->nick);
	free(b->password);
	if (b->conference)
		xmpp_stanza_release(b->conference);
	memset(b, 0, sizeof *b);
}

void cpl_bookmark_list_release(struct cpl_bookmark_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		release(&list->list[i]);
	free(list->list);
	memset(list, 0, sizeof *list);
}

/* --- reading ----------------------------------------------------------- */

/* The children of this are the bookmarks, or their items. */
static xmpp_stanza_t *find_list(enum cpl_bookmark_store store,
				xmpp_stanza_t *answer)
{
	xmpp_stanza_t *items = cpl_child(
	    cpl_child(answer, "pubsub", CPL_NS_PUBSUB), "items", CPL_NS_PUBSUB);

	switch (store) {
	case CPL_BOOKMARK_ITEMS: return items;
	case CPL_BOOKMARK_NODE:
		return cpl_child(cpl_child(items, "item", CPL_NS_PUBSUB),
				 "storage", CPL_NS_STORAGE);
	default:
		return cpl_child(cpl_child(answer, "query", CPL_NS_PRIVATE),
				 "storage", CPL_NS_STORAGE);
	}
}

/* The <conference/> of a child of the list, and the JID of its room; NULL: it
 * is none. */
static xmpp_stanza_t *find_conference(enum cpl_bookmark_store store,
				      xmpp_stanza_t *c, const char **jid)
{
	if (store == CPL_BOOKMARK_ITEMS) {
		*jid = xmpp_stanza_get_id(c);
		return cpl_child(c, "conference", CPL_NS_BOOKMARKS);
	}
	*jid = xmpp_stanza_get_attribute(c, "jid");
	return cpl_is(c, "conference", CPL_NS_STORAGE) ? c : NULL;
}

/* A copy of a text, unless there is none; an empty one is none. */
static int copy_text(char **out, const char *text)
{
	if (!text || !*text)
		return 0;
	*out = strdup(text);
	return *out ? 0 : -1;
}

static int copy_child(char **out, xmpp_stanza_t *parent, const char *name)
{
	xmpp_stanza_t *c = cpl_own_child(parent, name);
	char *text;

	if (!c)
		return 0;
	text = cpl_text(c);
	if (!text)
		return -1;
	if (*text) {
		*out = text;
		return 0;
	}
	free(text);
	return 0;
}

/* 1: it is one; 0: it is none. -1 without memory. */
static int read_one(struct cpl_bookmark *out, enum cpl_bookmark_store store,
		    xmpp_stanza_t *c)
{
	struct cpl_err e = CPL_ERR_INIT;
	const char *jid = NULL, *autojoin;
	xmpp_stanza_t *el = find_conference(store, c, &jid);

	memset(out, 0, sizeof *out);
	if (!el || !jid)
		return 0;
	if (cpl_jid_parse(&out->jid, jid, &e) < 0)
		return e.status == CPL_DATA ? 0 : -1;
	autojoin = xmpp_stanza_get_attribute(el, "autojoin");
	out->autojoin = autojoin && (strcmp(autojoin, "true") == 0 ||
				     strcmp(autojoin, "1") == 0);
	out->conference = xmpp_stanza_clone(el);
	if ((store != CPL_BOOKMARK_ITEMS || copy_text(&out->id, jid) == 0) &&
	    copy_text(&out->name, xmpp_stanza_get_attribute(el, "name")) == 0 &&
	    copy_child(&out->nick, el, "nick") == 0 &&
	    copy_child(&out->password, el, "password") == 0)
		return 1;
	release(out);
	return -1;
}

static int by_jid(const void *a, const void *b)
{
	const struct cpl_bookmark *x = a, *y = b;

	return strcmp(x->jid.bare, y->jid.bare);
}

/* Those of the same room: one of them is enough. */
static void drop_twins(struct cpl_bookmark_list *list)
{
	size_t n = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (n > 0 && by_jid(&list->list[n - 1], &list->list[i]) == 0)
			release(&list->list[i]);
		else
			list->list[n++] = list->list[i];
	}
	list->count = n;
}

int cpl_bookmark_read(struct cpl_bookmark_list *out,
		      enum cpl_bookmark_store store, xmpp_stanza_t *answer)
{
	xmpp_stanza_t *list = find_list(store, answer);
	size_t n = 0;

	memset(out, 0, sizeof *out);
	for (xmpp_stanza_t *c = cpl_first_element(list); c;
	     c = cpl_next_element(c))
		n++;
	out->list = calloc(n + 1, sizeof *out->list);
	if (!out->list)
		return -1;
	for (xmpp_stanza_t *c = cpl_first_element(list); c;
	     c = cpl_next_element(c)) {
		int r = read_one(&out->list[out->count], store, c);

		if (r < 0) {
			cpl_bookmark_list_release(out);
			return -1;
		}
		out->count += (size_t)r;
	}
	if (out->count > 1)
		qsort(out->list, out->count, sizeof *out->list, by_jid);
	drop_twins(out);
	return 0;
}

const struct cpl_bookmark *
cpl_bookmark_find(const struct cpl_bookmark_list *list, const char *jid)
{
	struct cpl_bookmark like = {.jid = {.bare = (char *)jid}};

	return list->count > 0 ? bsearch(&like, list->list, list->count,
					 sizeof like, by_jid)
			       : NULL;
}
