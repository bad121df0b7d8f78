/* SPDX-License-Identifier: MIT */
#include "rsm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/num.h"
#include "build.h"
#include "ns.h"

static xmpp_stanza_t *find_set(xmpp_stanza_t *iq)
{
	return cpl_child(cpl_first_element(iq), "set", CPL_NS_RSM);
}

int cpl_rsm_begin(xmpp_stanza_t *iq, long max)
{
	xmpp_stanza_t *set;
	char text[24];

	if (find_set(iq))
		return 0;
	set = cpl_build_child(cpl_first_element(iq), "set", CPL_NS_RSM);
	snprintf(text, sizeof text, "%ld", max);
	return set ? cpl_build_text_child(set, "max", text) : -1;
}

/* Replaces what is in an element by a text. */
static int set_text(xmpp_stanza_t *el, const char *text)
{
	xmpp_stanza_t *t = xmpp_stanza_get_children(el);

	if (t)
		return xmpp_stanza_set_text(t, text) == XMPP_EOK ? 0 : -1;
	t = xmpp_stanza_new(xmpp_stanza_get_context(el));
	if (t && xmpp_stanza_set_text(t, text) == XMPP_EOK &&
	    xmpp_stanza_add_child_ex(el, t, 0) == XMPP_EOK)
		return 0;
	if (t)
		xmpp_stanza_release(t);
	return -1;
}

/* The request's <set/> asks for what is behind (or before) uid. libstrophe
 * takes no child out: an <index/> (2.6) has another name from here on. */
static int turn_page(xmpp_stanza_t *set, const char *way, const char *uid)
{
	xmpp_stanza_t *at = cpl_child(set, way, CPL_NS_RSM);
	xmpp_stanza_t *index = cpl_child(set, "index", CPL_NS_RSM);

	if (!at && index) {
		if (xmpp_stanza_set_name(index, way) != XMPP_EOK)
			return -1;
		at = index;
	}
	return at ? set_text(at, uid) : cpl_build_text_child(set, way, uid);
}

/* A number of items, from text or -1. */
static long number(const char *text)
{
	long n;

	return text && cpl_num_int(text, 0, INT32_MAX, &n, NULL) == 0 ? n : -1;
}

/* The items of a page that stand beside its <set/> (XEP-0030), or in a list
 * beside it (XEP-0060). */
static long count_items(xmpp_stanza_t *payload)
{
	xmpp_stanza_t *list = NULL;
	long n = 0;

	for (xmpp_stanza_t *c = cpl_first_element(payload); c;
	     c = cpl_next_element(c)) {
		if (cpl_is(c, "set", CPL_NS_RSM))
			continue;
		if (strcmp(xmpp_stanza_get_name(c), "items") == 0)
			list = c;
		n++;
	}
	return list && n == 1 ? count_items(list) : n;
}

/* 2.2: of the last page "the index SHOULD be the specified count minus the
 * number of items". Both may be approximate: unless they fit to the item there
 * is another page, and be it an empty one. */
static int at_count(xmpp_stanza_t *payload, xmpp_stanza_t *set)
{
	xmpp_stanza_t *first = cpl_child(set, "first", CPL_NS_RSM);
	char *count = cpl_text(cpl_child(set, "count", CPL_NS_RSM));
	long all = number(count);
	long index =
	    first ? number(xmpp_stanza_get_attribute(first, "index")) : -1;

	free(count);
	return all >= 0 && index >= 0 && index + count_items(payload) == all;
}

static int is_complete(xmpp_stanza_t *payload)
{
	/* XEP-0313 4.3 */
	const char *says = xmpp_stanza_get_attribute(payload, "complete");

	return says && (strcmp(says, "true") == 0 || strcmp(says, "1") == 0);
}

/* Whether a page that ends there came before. Only the first, second, fourth,
 * eighth... is remembered: a circle of any length is found when the one
 * remembered lies in it and is as many pages old as the circle has. */
static int came_before(struct cpl_rsm *r, const char *uid, struct cpl_err *e)
{
	if (r->mark && strcmp(r->mark, uid) == 0)
		return cpl_err_set(e, CPL_PROTOCOL,
				   "the server sends the same page again");
	if (++r->pages < r->next_mark)
		return 0;
	r->next_mark = 2 * r->pages;
	free(r->mark);
	r->mark = strdup(uid);
	return r->mark ? 0 : cpl_err_nomem(e);
}

int cpl_rsm_next(struct cpl_rsm *r, xmpp_stanza_t *iq, xmpp_stanza_t *answer,
		 struct cpl_err *e)
{
	xmpp_stanza_t *payload = cpl_first_element(answer);
	xmpp_stanza_t *set = find_set(answer), *asked = find_set(iq), *at;
	int back = cpl_child(asked, "before", CPL_NS_RSM) != NULL;
	char *uid;
	int result = 0;

	at = cpl_child(set, back ? "first" : "last", CPL_NS_RSM);
	if (!at || !asked || is_complete(payload) ||
	    (!back && at_count(payload, set)))
		return 0;
	uid = cpl_text(at);
	if (!uid)
		return cpl_err_nomem(e);
	if (*uid) {
		result = came_before(r, uid, e);
		if (result == 0)
			result =
			    turn_page(asked, back ? "before" : "after", uid) < 0
				? cpl_err_nomem(e)
				: 1;
	}
	free(uid);
	return result;
}

void cpl_rsm_release(struct cpl_rsm *r)
{
	free(r->mark);
	r->mark = NULL;
}
