/* SPDX-License-Identifier: MIT */
#include "disco.h"

#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "json.h"
#include "ns.h"

xmpp_stanza_t *cpl_disco_request(xmpp_ctx_t *ctx, const char *to,
				 const char *node, const char *ns)
{
	xmpp_stanza_t *query;
	xmpp_stanza_t *iq = cpl_build_iq(ctx, "get", to, "query", ns, &query);

	return cpl_built(iq, !node || cpl_set_attr(query, "node", node) == 0);
}

/* The next child of that name from c on, c itself included. */
static xmpp_stanza_t *named(xmpp_stanza_t *c, const char *name, const char *ns)
{
	while (c && !cpl_is(c, name, ns))
		c = cpl_next_element(c);
	return c;
}

static xmpp_stanza_t *first_named(xmpp_stanza_t *s, const char *name,
				  const char *ns)
{
	return named(cpl_first_element(s), name, ns);
}

static xmpp_stanza_t *next_named(xmpp_stanza_t *c, const char *name,
				 const char *ns)
{
	return named(cpl_next_element(c), name, ns);
}

/* --- facts ------------------------------------------------------------- */

/* Kinds that are one element each, and the attributes that are its fields; so
 * many of them, from the first on, an element must have (XEP-0030 11.1,
 * 11.2). */
static const struct kind {
	const char *name;
	const char *attributes[CPL_DISCO_FIELDS];
	size_t count;
	size_t needed;
} kinds[] = {
    {"identity", {"category", "type", "name", "xml:lang"}, 4, 2},
    {"feature", {"var"}, 1, 1},
    {"item", {"jid", "node", "name"}, 3, 1},
};

/* Non-zero: it has what it needs. */
static int read_fact(struct cpl_disco_fact *out, const struct kind *kind,
		     xmpp_stanza_t *c)
{
	memset(out, 0, sizeof *out);
	out->kind = kind->name;
	out->count = kind->count;
	for (size_t i = 0; i < kind->count; i++) {
		out->fields[i] =
		    xmpp_stanza_get_attribute(c, kind->attributes[i]);
		if (i < kind->needed && !out->fields[i])
			return 0;
	}
	return 1;
}

int cpl_disco_has(xmpp_stanza_t *query, const char *feature)
{
	xmpp_stanza_t *c;

	for (c = first_named(query, "feature", CPL_NS_DISCO_INFO); c;
	     c = next_named(c, "feature", CPL_NS_DISCO_INFO)) {
		const char *var = xmpp_stanza_get_attribute(c, "var");

		if (var && strcmp(var, feature) == 0)
			return 1;
	}
	return 0;
}

static int each_of(xmpp_stanza_t *query, const struct kind *kind,
		   int (*each)(void *user, const struct cpl_disco_fact *fact),
		   void *user)
{
	const char *ns = xmpp_stanza_get_ns(query);
	struct cpl_disco_fact fact;
	xmpp_stanza_t *c;
	int stop = 0;

	for (c = first_named(query, kind->name, ns); c && !stop;
	     c = next_named(c, kind->name, ns))
		if (read_fact(&fact, kind, c))
			stop = each(user, &fact);
	return stop;
}

/* XEP-0128 3.1, XEP-0004 3.2: which form it is says a field of it. The
 * caller's; NULL: it does not say, or no memory. */
static char *form_type(xmpp_stanza_t *form)
{
	xmpp_stanza_t *f;

	for (f = first_named(form, "field", CPL_NS_DATA); f;
	     f = next_named(f, "field", CPL_NS_DATA)) {
		const char *var = xmpp_stanza_get_attribute(f, "var");

		if (var && strcmp(var, "FORM_TYPE") == 0)
			return cpl_text(cpl_child(f, "value", CPL_NS_DATA));
	}
	return NULL;
}

/* A field that is data, and not the name of the form. */
static const char *field_var(xmpp_stanza_t *field)
{
	const char *var = xmpp_stanza_get_attribute(field, "var");

	return var && strcmp(var, "FORM_TYPE") != 0 ? var : NULL;
}

static int each_value(xmpp_stanza_t *field, struct cpl_disco_fact *fact,
		      int (*each)(void *user,
				  const struct cpl_disco_fact *fact),
		      void *user)
{
	xmpp_stanza_t *v;
	int stop = 0;

	for (v = first_named(field, "value", CPL_NS_DATA); v && !stop;
	     v = next_named(v, "value", CPL_NS_DATA)) {
		char *text = cpl_text(v);

		fact->fields[2] = text;
		stop = text ? each(user, fact) : -1;
		free(text);
	}
	return stop;
}

static int each_form(xmpp_stanza_t *query,
		     int (*each)(void *user, const struct cpl_disco_fact *fact),
		     void *user)
{
	xmpp_stanza_t *form, *f;
	int stop = 0;

	for (form = first_named(query, "x", CPL_NS_DATA); form && !stop;
	     form = next_named(form, "x", CPL_NS_DATA)) {
		char *type = form_type(form);
		struct cpl_disco_fact fact = {"form", {type}, 3};

		for (f = first_named(form, "field", CPL_NS_DATA); f && !stop;
		     f = next_named(f, "field", CPL_NS_DATA)) {
			fact.fields[1] = field_var(f);
			if (fact.fields[1])
				stop = each_value(f, &fact, each, user);
		}
		free(type);
	}
	return stop;
}

int cpl_disco_each(xmpp_stanza_t *query,
		   int (*each)(void *user, const struct cpl_disco_fact *fact),
		   void *user)
{
	int stop;

	if (cpl_is(query, "query", CPL_NS_DISCO_ITEMS))
		return each_of(query, &kinds[2], each, user);
	stop = each_of(query, &kinds[0], each, user);
	if (!stop)
		stop = each_of(query, &kinds[1], each, user);
	return stop ? stop : each_form(query, each, user);
}

/* --- JSON -------------------------------------------------------------- */

/* What a list has even where it is empty. */
static int add_item(struct cpl_buf *out, const char *text)
{
	return cpl_json_entry(out, NULL, text ? text : "");
}

/* A comma, unless it is the first of its list. */
static int add_comma(struct cpl_buf *out)
{
	return out->data[out->len - 1] == '[' ? 0 : cpl_buf_addc(out, ',');
}

/* The keys of the objects in the order of the facts' fields. */
static int add_fact(void *user, const struct cpl_disco_fact *fact)
{
	static const char *const identity[] = {"category", "type", "name",
					       "lang"};
	static const char *const item[] = {"jid", "node", "name"};
	const char *const *keys = fact->kind[1] == 'd' ? identity : item;
	struct cpl_buf *out = user;

	if (strcmp(fact->kind, "feature") == 0)
		return add_item(out, fact->fields[0]);
	if (add_comma(out) < 0 || cpl_buf_addc(out, '{') < 0)
		return -1;
	for (size_t i = 0; i < fact->count; i++)
		if (cpl_json_entry(out, keys[i], fact->fields[i]) < 0)
			return -1;
	return cpl_buf_addc(out, '}');
}

static int add_values(void *user, const struct cpl_disco_fact *fact)
{
	return add_item(user, fact->fields[2]);
}

static int add_fields(struct cpl_buf *out, xmpp_stanza_t *form)
{
	xmpp_stanza_t *f;

	for (f = first_named(form, "field", CPL_NS_DATA); f;
	     f = next_named(f, "field", CPL_NS_DATA)) {
		struct cpl_disco_fact fact = {"form", {NULL, field_var(f)}, 3};

		if (!fact.fields[1])
			continue;
		if (add_comma(out) < 0 || cpl_buf_addc(out, '{') < 0 ||
		    cpl_json_entry(out, "var", fact.fields[1]) < 0 ||
		    cpl_buf_adds(out, ",\"values\":[") < 0 ||
		    each_value(f, &fact, add_values, out) < 0 ||
		    cpl_buf_adds(out, "]}") < 0)
			return -1;
	}
	return 0;
}

static int add_form(struct cpl_buf *out, xmpp_stanza_t *form)
{
	char *type = form_type(form);
	int result = 0;

	if (add_comma(out) < 0 || cpl_buf_addc(out, '{') < 0 ||
	    cpl_json_entry(out, "type", type) < 0 ||
	    cpl_buf_adds(out, type ? ",\"fields\":[" : "\"fields\":[") < 0 ||
	    add_fields(out, form) < 0 || cpl_buf_adds(out, "]}") < 0)
		result = -1;
	free(type);
	return result;
}

static int add_info(struct cpl_buf *out, xmpp_stanza_t *query)
{
	xmpp_stanza_t *form;

	if (cpl_buf_adds(out, ",\"identities\":[") < 0 ||
	    each_of(query, &kinds[0], add_fact, out) < 0 ||
	    cpl_buf_adds(out, "],\"features\":[") < 0 ||
	    each_of(query, &kinds[1], add_fact, out) < 0 ||
	    cpl_buf_adds(out, "],\"forms\":[") < 0)
		return -1;
	for (form = first_named(query, "x", CPL_NS_DATA); form;
	     form = next_named(form, "x", CPL_NS_DATA))
		if (add_form(out, form) < 0)
			return -1;
	return cpl_buf_addc(out, ']');
}

static int add_items(struct cpl_buf *out, xmpp_stanza_t *query)
{
	if (cpl_buf_adds(out, ",\"items\":[") < 0 ||
	    each_of(query, &kinds[2], add_fact, out) < 0)
		return -1;
	return cpl_buf_addc(out, ']');
}

int cpl_disco_json(struct cpl_buf *out, xmpp_stanza_t *query, const char *jid,
		   const char *node)
{
	int items = cpl_is(query, "query", CPL_NS_DISCO_ITEMS);
	size_t start = out->len;

	if (cpl_buf_addc(out, '{') == 0 &&
	    cpl_json_entry(out, "jid", jid) == 0 &&
	    cpl_json_entry(out, "node", node) == 0 &&
	    (items ? add_items(out, query) : add_info(out, query)) == 0 &&
	    cpl_buf_addc(out, '}') == 0)
		return 0;
	cpl_buf_truncate(out, start);
	return -1;
}
