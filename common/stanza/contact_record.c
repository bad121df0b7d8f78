/* SPDX-License-Identifier: MIT */
#include "contact_record.h"

#include <stdlib.h>
#include <string.h>

#include "../base/limits.h"
#include "build.h"
#include "chars.h"
#include "json_parts.h"
#include "ns.h"
#include "text.h"
#include "tree.h"

/* Around an element, which may so do without its xmlns. */
#define ROOT "<stream xmlns='" CPL_NS_ROSTER "'>"

/* The tree is fed so much at once, as it drops what follows an element. */
#define SLICE ((size_t)4 * 1024)

struct reading {
	const char *p, *end; /* what is not read yet */
	size_t line;         /* of p */
	int addresses;       /* of block lists too */
	struct cpl_tree *tree;
	void (*record)(void *user, const struct cpl_contact_record *r);
	void *user;
	size_t found; /* the element that the tree has come to has so many
			 bytes */
	int closed;   /* or to the end of our root */
	int nomem;
};

static void advance(struct reading *r, size_t n)
{
	for (; n > 0; n--)
		r->line += *r->p++ == '\n';
}

/* Hands out a contact, or (e is set) what is wrong with it, so many lines
 * behind its begin. */
static void hand_out(struct reading *r, struct cpl_contact *c, size_t lines,
		     const struct cpl_err *e)
{
	struct cpl_contact_record record = {.line = r->line + lines};

	if (e->status == CPL_SYSTEM) {
		r->nomem = 1;
	} else {
		record.contact = e->status == CPL_OK ? c : NULL;
		record.why = *e;
		record.why.status = CPL_DATA;
		r->record(r->user, &record);
	}
	cpl_contact_release(c);
}

/* The words of a record, of which the server alone decides. An empty one says
 * nothing. */
static int take_subscription(struct cpl_contact *c, const char *word,
			     struct cpl_err *e)
{
	if (*word == '\0' ||
	    cpl_contact_subscription_of(word, &c->subscription) == 0)
		return 0;
	return cpl_err_set(e, CPL_DATA,
			   "the subscription is not none, to, from, both or "
			   "remove");
}

static int take_ask(struct cpl_contact *c, const char *word, struct cpl_err *e)
{
	c->ask = *word != '\0';
	if (*word == '\0' || strcmp(word, "subscribe") == 0)
		return 0;
	return cpl_err_set(e, CPL_DATA, "ask is not 'subscribe'");
}

/* --- text -------------------------------------------------------------- */

static int take_field(struct cpl_contact *c, size_t i, const char *text,
		      struct cpl_err *e)
{
	switch (i) {
	case 0: return cpl_contact_init(c, text, e);
	case 1: return cpl_contact_set_name(c, text) < 0 ? cpl_err_nomem(e) : 0;
	case 2: return take_subscription(c, text, e);
	case 3: return take_ask(c, text, e);
	default:
		return cpl_contact_add_group(c, text) < 0 ? cpl_err_nomem(e)
							  : 0;
	}
}

static int read_line(struct cpl_contact *c, const char *p, size_t n,
		     struct cpl_err *e)
{
	const char *end = p + n, *tab;
	int result = 0;

	for (size_t i = 0; result == 0; i++, p = tab + 1) {
		struct cpl_buf field = CPL_BUF_INIT(CPL_RECORD_MAX);

		tab = memchr(p, '\t', (size_t)(end - p));
		if (!tab)
			tab = end;
		result = cpl_read_field(&field, p, (size_t)(tab - p), e);
		if (result < 0)
			cpl_err_prefix(e, "field %zu", i + 1);
		else
			result =
			    take_field(c, i, field.len ? field.data : "", e);
		cpl_buf_release(&field);
		if (tab == end)
			break;
	}
	return result;
}

static void read_text(struct reading *r)
{
	const char *end = memchr(r->p, '\n', (size_t)(r->end - r->p));
	struct cpl_contact c = {0};
	struct cpl_err e = CPL_ERR_INIT;
	size_t n;

	if (!end)
		end = r->end;
	n = (size_t)(end - r->p);
	if (n > 0 && r->p[n - 1] == '\r')
		n--;
	(void)!read_line(&c, r->p, n, &e);
	hand_out(r, &c, 0, &e);
	advance(r, (size_t)(end - r->p));
}

/* --- JSON -------------------------------------------------------------- */

/* A string that may stand in XML; NULL with e for all else. */
static const char *string_of(const json_t *value, const char *key,
			     struct cpl_err *e)
{
	const char *text = json_string_value(value);

	if (!text)
		cpl_err_set(e, CPL_DATA, "'%s' is no string", key);
	else if (cpl_chars_check(text, strlen(text), e) < 0)
		cpl_err_prefix(e, "'%s'", key);
	else
		return text;
	return NULL;
}

static int take_groups(struct cpl_contact *c, const json_t *list,
		       struct cpl_err *e)
{
	if (!json_is_array(list))
		return cpl_err_set(e, CPL_DATA, "'groups' is no array");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *group =
		    string_of(json_array_get(list, i), "groups", e);

		if (!group)
			return -1;
		if (cpl_contact_add_group(c, group) < 0)
			return cpl_err_nomem(e);
	}
	return 0;
}

static int take_member(struct cpl_contact *c, const char *key,
		       const json_t *value, struct cpl_err *e)
{
	const char *text;

	if (strcmp(key, "jid") == 0)
		return 0;
	if (strcmp(key, "groups") == 0)
		return take_groups(c, value, e);
	if (strcmp(key, "approved") == 0) {
		c->approved = json_is_true(value);
		return json_is_boolean(value)
			   ? 0
			   : cpl_err_set(e, CPL_DATA,
					 "'approved' is not true or false");
	}
	if (strcmp(key, "name") != 0 && strcmp(key, "ask") != 0 &&
	    strcmp(key, "subscription") != 0)
		return cpl_err_set(e, CPL_DATA, "unknown key '%.64s'", key);
	text = string_of(value, key, e);
	if (!text)
		return -1;
	if (*key == 's')
		return take_subscription(c, text, e);
	if (*key == 'a')
		return take_ask(c, text, e);
	return cpl_contact_set_name(c, text) < 0 ? cpl_err_nomem(e) : 0;
}

static int take_object(struct cpl_contact *c, json_t *object, struct cpl_err *e)
{
	const json_t *jid = json_object_get(object, "jid");
	const char *text;
	void *i;

	if (!jid || json_is_null(jid))
		return cpl_err_set(e, CPL_DATA, "'jid' is missing");
	text = string_of(jid, "jid", e);
	if (!text || cpl_contact_init(c, text, e) < 0)
		return -1;
	/* null is as good as not there, so that jq can set what is not. */
	for (i = json_object_iter(object); i;
	     i = json_object_iter_next(object, i)) {
		const json_t *value = json_object_iter_value(i);

		if (!json_is_null(value) &&
		    take_member(c, json_object_iter_key(i), value, e) < 0)
			return -1;
	}
	return 0;
}

/* The next line in which a record begins for sure. */
static void skip_bad(struct reading *r)
{
	static const char *const begins[] = {"<item", "<query", "<blocklist",
					     "<iq", "{"};

	while (r->p < r->end) {
		const char *lf = memchr(r->p, '\n', (size_t)(r->end - r->p));
		size_t left;

		advance(r,
			lf ? (size_t)(lf + 1 - r->p) : (size_t)(r->end - r->p));
		left = (size_t)(r->end - r->p);
		for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
			size_t n = strlen(begins[i]);

			if (left >= n && memcmp(r->p, begins[i], n) == 0)
				return;
		}
	}
}

static void read_json(struct reading *r)
{
	struct cpl_contact c = {0};
	struct cpl_err e = CPL_ERR_INIT;
	json_error_t why;
	json_t *object = cpl_json_load(
	    r->p, (size_t)(r->end - r->p),
	    JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES, &why, &e);

	if (object)
		(void)!take_object(&c, object, &e);
	else if (e.status == CPL_OK)
		cpl_err_set(&e, CPL_DATA, "column %d: %s", why.column,
			    why.text);
	hand_out(r, &c, object ? 0 : (size_t)why.line - 1, &e);
	if (object)
		advance(r, (size_t)why.position);
	else
		skip_bad(r);
	json_decref(object);
}

/* --- XML --------------------------------------------------------------- */

static int is_iq(xmpp_stanza_t *s)
{
	return cpl_is(s, "iq", CPL_NS_CLIENT) ||
	       cpl_is(s, "iq", CPL_NS_ROSTER); /* without xmlns */
}

static int is_list(const struct reading *r, xmpp_stanza_t *s)
{
	return cpl_is(s, "query", CPL_NS_ROSTER) ||
	       (r->addresses && cpl_is(s, "blocklist", CPL_NS_BLOCKING));
}

/* The list in an iq. RFC 6120 8.3.1: an error may bring back the one that was
 * asked, which is empty and no list. */
static xmpp_stanza_t *list_of(const struct reading *r, xmpp_stanza_t *iq)
{
	xmpp_stanza_t *list = cpl_first_element(iq);

	while (list && !is_list(r, list))
		list = cpl_next_element(list);
	return cpl_has_type(iq, "error") ? NULL : list;
}

/* XEP-0191 3.2: of one that is blocked there is the address alone. */
static int read_blocked(struct cpl_contact *c, xmpp_stanza_t *item,
			struct cpl_err *e)
{
	const char *jid = xmpp_stanza_get_attribute(item, "jid");

	return jid ? cpl_contact_init(c, jid, e)
		   : cpl_err_set(e, CPL_DATA, "'jid' is missing");
}

static int read_item(const struct reading *r, struct cpl_contact *c,
		     xmpp_stanza_t *item, struct cpl_err *e)
{
	const char *subscription =
	    xmpp_stanza_get_attribute(item, "subscription");

	if (is_iq(item))
		return cpl_err_set(e, CPL_DATA,
				   "an iq that is no list of contacts");
	if (r->addresses && cpl_is(item, "item", CPL_NS_BLOCKING))
		return read_blocked(c, item, e);
	if (!cpl_is(item, "item", CPL_NS_ROSTER))
		return cpl_err_set(e, CPL_DATA,
				   "neither item nor query of "
				   "jabber:iq:roster");
	if (cpl_contact_read(c, item, e) < 0)
		return -1;
	return take_subscription(c, subscription ? subscription : "", e);
}

static void on_child(void *user, xmpp_stanza_t *child)
{
	struct reading *r = user;
	xmpp_stanza_t *list = child, *item;

	r->found = cpl_tree_byte_end(r->tree) - strlen(ROOT);
	cpl_tree_stop(r->tree);
	if (is_iq(child))
		list = list_of(r, child);
	item = list && is_list(r, list) ? cpl_first_element(list) : child;
	for (; item; item = item == child ? NULL : cpl_next_element(item)) {
		struct cpl_contact c = {0};
		struct cpl_err e = CPL_ERR_INIT;

		(void)!read_item(r, &c, item, &e);
		hand_out(r, &c, 0, &e);
	}
}

/* Adds to an error of the tree where it is; the lines before that. */
static size_t place(const struct reading *r, struct cpl_err *e)
{
	size_t lines = cpl_tree_line(r->tree) - 1;
	size_t column = cpl_tree_column(r->tree);

	/* The first line begins with our root. */
	if (lines == 0 && column > strlen(ROOT))
		column -= strlen(ROOT);
	cpl_err_prefix(e, "column %zu", column);
	return lines;
}

/* An end tag like that of our own root. */
static void on_end(void *user)
{
	struct reading *r = user;

	r->closed = 1;
	cpl_tree_stop(r->tree);
}

static void read_xml(struct reading *r)
{
	size_t left = (size_t)(r->end - r->p), given = 0, lines = 0;
	struct cpl_contact none = {0};
	struct cpl_err e = CPL_ERR_INIT;

	r->found = 0;
	r->closed = 0;
	if (cpl_tree_reset(r->tree) < 0 ||
	    cpl_tree_feed(r->tree, ROOT, strlen(ROOT), NULL) < 0) {
		r->nomem = 1;
		return;
	}
	while (!r->found && !r->closed && given < left && e.status == CPL_OK) {
		size_t n = left - given < SLICE ? left - given : SLICE;

		if (cpl_tree_feed(r->tree, r->p + given, n, &e) < 0 &&
		    e.status != CPL_SYSTEM)
			lines = place(r, &e);
		given += n;
	}
	if (r->found) {
		advance(r, r->found);
		return;
	}
	if (r->closed)
		cpl_err_set(&e, CPL_DATA, "mismatched tag");
	else if (e.status == CPL_OK)
		cpl_err_set(&e, CPL_DATA, "the input ends within this record");
	hand_out(r, &none, lines, &e);
	skip_bad(r);
}

/* --- all of them ------------------------------------------------------- */

static int is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Passes white space before a record. A TAB before text is not that: the JID in
 * front of it is missing. */
static void skip_space(struct reading *r)
{
	const char *p = r->p, *begin = r->p;

	for (; p < r->end && is_space(*p); p++)
		if (*p == '\n')
			begin = p + 1;
	if (p < r->end && *p != '<' && *p != '{' &&
	    memchr(begin, '\t', (size_t)(p - begin)))
		p = begin;
	advance(r, (size_t)(p - r->p));
}

/* A byte order mark and an XML declaration may come first. */
static void skip_head(struct reading *r)
{
	static const char bom[] = "\xef\xbb\xbf", xml[] = "<?xml ";
	const char *end;

	if (r->end - r->p >= 3 && memcmp(r->p, bom, 3) == 0)
		r->p += 3;
	if (r->end - r->p < 6 || memcmp(r->p, xml, 6) != 0)
		return;
	end = memchr(r->p, '>', (size_t)(r->end - r->p));
	if (end)
		advance(r, (size_t)(end + 1 - r->p));
}

static int read_records(struct reading *r, xmpp_ctx_t *ctx, struct cpl_err *e)
{
	static const struct cpl_tree_events events = {NULL, on_child, on_end};

	r->line = 1;
	r->tree = cpl_tree_new(ctx, 0, &events, r);
	if (!r->tree)
		return cpl_err_nomem(e);
	cpl_tree_limit(r->tree, CPL_RECORD_MAX);
	skip_head(r);
	for (skip_space(r); r->p < r->end && !r->nomem; skip_space(r)) {
		if (*r->p == '<')
			read_xml(r);
		else if (*r->p == '{')
			read_json(r);
		else
			read_text(r);
	}
	cpl_tree_free(r->tree);
	return r->nomem ? cpl_err_nomem(e) : 0;
}

int cpl_contact_records(xmpp_ctx_t *ctx, const char *p, size_t n,
			void (*record)(void *user,
				       const struct cpl_contact_record *r),
			void *user, struct cpl_err *e)
{
	struct reading r = {
	    .p = p, .end = p + n, .record = record, .user = user};

	return read_records(&r, ctx, e);
}

int cpl_contact_addresses(xmpp_ctx_t *ctx, const char *p, size_t n,
			  void (*record)(void *user,
					 const struct cpl_contact_record *r),
			  void *user, struct cpl_err *e)
{
	struct reading r = {.p = p,
			    .end = p + n,
			    .addresses = 1,
			    .record = record,
			    .user = user};

	return read_records(&r, ctx, e);
}
