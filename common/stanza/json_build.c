/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "../base/limits.h"
#include "build.h"
#include "chars.h"
#include "json_parts.h"
#include "ns.h"

/* The element around the one in a string. */
#define ROOT "<stream xmlns='" CPL_NS_CLIENT "'>"

/* ---- Text and XML in strings ---- */

const char *cpl_json_text(struct cpl_json_reading *r, const json_t *value,
			  const char *what)
{
	const char *text = json_string_value(value);

	if (!text) {
		cpl_err_set(r->e, CPL_DATA, "%s is not a string", what);
		return NULL;
	}
	if (cpl_chars_check(text, json_string_length(value), r->e) < 0) {
		cpl_err_prefix(r->e, "%s", what);
		return NULL;
	}
	return text;
}

static void on_element(void *user, xmpp_stanza_t *element)
{
	struct cpl_json_xml *x = user;

	if (x->count++ > 0)
		return;
	x->element = xmpp_stanza_clone(element);
	x->end = cpl_tree_byte_end(x->tree) - x->base;
}

static int start_tree(struct cpl_json_xml *x, struct cpl_err *e)
{
	static const struct cpl_tree_events events = {NULL, on_element, NULL};

	x->count = 0;
	x->element = NULL;
	if (x->tree)
		return 0;
	x->tree = cpl_tree_new(x->ctx, 0, &events, x);
	if (!x->tree)
		return cpl_err_nomem(e);
	cpl_tree_limit(x->tree, CPL_RECORD_MAX);
	x->base = strlen(ROOT);
	return cpl_tree_feed(x->tree, ROOT, strlen(ROOT), e);
}

void cpl_json_xml_release(struct cpl_json_xml *x)
{
	cpl_tree_free(x->tree);
	x->tree = NULL;
}

/* Says what is wrong with the XML: what the parser said at a place, or else
 * that there is too little or too much. What was not written by a person, where
 * what is NULL, has no column for one and is whole. */
static void complain(struct cpl_json_reading *r, const char *xml, int parsed,
		     const char *what)
{
	size_t n = cpl_tree_byte(r->xml->tree) - r->xml->base, column = 1;

	if (r->e->status == CPL_SYSTEM)
		return;
	r->e->status = CPL_DATA;
	if (!what)
		return;
	if (parsed) {
		cpl_err_set(r->e, CPL_DATA, "%s: %s", what,
			    r->xml->count ? "something behind the element"
					  : "not a whole element");
		return;
	}
	for (size_t i = 0; i < n && xml[i]; i++)
		column += ((unsigned char)xml[i] & 0xc0) != 0x80;
	cpl_err_prefix(r->e, "%s, column %zu", what, column);
}

/* The document goes on from string to string, as long as each has one element
 * and leaves nothing open. */
xmpp_stanza_t *cpl_json_element(struct cpl_json_reading *r, const char *xml,
				const char *what)
{
	struct cpl_json_xml *x = r->xml;
	size_t n = strlen(xml);
	int parsed = 0;

	if (start_tree(x, r->e) == 0)
		parsed = cpl_tree_feed(x->tree, xml, n, r->e) == 0;
	if (parsed && x->count == 1 && cpl_tree_depth(x->tree) == 1 &&
	    x->end + strspn(xml + x->end, " \t\r\n") == n) {
		x->base += n;
		return x->element;
	}
	if (x->tree)
		complain(r, xml, parsed, what);
	if (x->element)
		xmpp_stanza_release(x->element);
	cpl_json_xml_release(x);
	return NULL;
}

/* ---- Children ---- */

int cpl_json_add(struct cpl_json_reading *r, xmpp_stanza_t *to,
		 xmpp_stanza_t *element)
{
	if (xmpp_stanza_add_child_ex(to, element, 0) == XMPP_EOK)
		return 0;
	xmpp_stanza_release(element);
	return cpl_err_nomem(r->e);
}

int cpl_json_add_text(struct cpl_json_reading *r, xmpp_stanza_t *to,
		      const char *text)
{
	xmpp_stanza_t *s;

	if (!*text)
		return 0;
	s = xmpp_stanza_new(r->xml->ctx);
	if (s && xmpp_stanza_set_text(s, text) == XMPP_EOK)
		return cpl_json_add(r, to, s);
	if (s)
		xmpp_stanza_release(s);
	return cpl_err_nomem(r->e);
}

/* A last child with that text in it. NULL with e. */
static xmpp_stanza_t *add_child(struct cpl_json_reading *r, xmpp_stanza_t *to,
				const char *name, const char *ns,
				const char *text)
{
	xmpp_stanza_t *s = cpl_build_child(to, name, ns);

	if (!s)
		cpl_err_nomem(r->e);
	else if (!text || cpl_json_add_text(r, s, text) == 0)
		return s;
	return NULL;
}

/* An attribute, where there is one. */
static int add_attribute(struct cpl_json_reading *r, xmpp_stanza_t *to,
			 const char *name, const char *value)
{
	if (!value || cpl_set_attr(to, name, value) == 0)
		return 0;
	return cpl_err_nomem(r->e);
}

/* ---- Fields ---- */

/* The strings of an object by their keys, which NULL ends; what is not there is
 * left alone. Another key is an error. */
static int take_strings(struct cpl_json_reading *r, json_t *object,
			const char *what, const char *const *keys,
			const char **values)
{
	const char *key;
	json_t *value;
	char where[64];

	if (!json_is_object(object))
		return cpl_err_set(r->e, CPL_DATA, "%s is not an object", what);
	json_object_foreach(object, key, value)
	{
		size_t i = 0;

		while (keys[i] && strcmp(keys[i], key) != 0)
			i++;
		if (!keys[i])
			return cpl_err_set(r->e, CPL_DATA,
					   "unknown key '%.64s' in %s", key,
					   what);
		snprintf(where, sizeof where, "%s.%s", what, key);
		if (!json_is_null(value) &&
		    !(values[i] = cpl_json_text(r, value, where)))
			return -1;
	}
	return 0;
}

static int missing(struct cpl_json_reading *r, const char *what)
{
	return cpl_err_set(r->e, CPL_DATA, "no %s", what);
}

static int read_thread(struct cpl_json_reading *r, xmpp_stanza_t *to,
		       const char *thread, const json_t *parent)
{
	const char *text = NULL;
	xmpp_stanza_t *s = add_child(r, to, "thread", NULL, thread);

	if (!s)
		return -1;
	if (parent && !json_is_null(parent) &&
	    !(text = cpl_json_text(r, parent, CPL_JSON_PARENT)))
		return -1;
	return add_attribute(r, s, "parent", text);
}

static int read_priority(struct cpl_json_reading *r, xmpp_stanza_t *to,
			 const json_t *value)
{
	json_int_t n = json_integer_value(value);
	char text[32];

	if (!json_is_integer(value) || n < CPL_JSON_PRIORITY_MIN ||
	    n > CPL_JSON_PRIORITY_MAX)
		return cpl_err_set(
		    r->e, CPL_DATA, "priority is not a number from %d to %d",
		    CPL_JSON_PRIORITY_MIN, CPL_JSON_PRIORITY_MAX);
	snprintf(text, sizeof text, "%d", (int)n);
	return add_child(r, to, "priority", NULL, text) ? 0 : -1;
}

static int read_delay(struct cpl_json_reading *r, xmpp_stanza_t *to,
		      const struct cpl_json_field *f, json_t *value)
{
	static const char *const keys[] = {"stamp", "from", "reason", NULL};
	const char *v[3] = {NULL};
	xmpp_stanza_t *s;

	if (take_strings(r, value, f->name, keys, v) < 0)
		return -1;
	if (!v[0])
		return missing(r, "delay.stamp");
	s = add_child(r, to, f->name, f->ns, v[2]);
	if (!s || add_attribute(r, s, "stamp", v[0]) < 0)
		return -1;
	return add_attribute(r, s, "from", v[1]);
}

/* The children of an error: condition, text, application's condition. */
static int read_conditions(struct cpl_json_reading *r, xmpp_stanza_t *error,
			   const char *condition, const char *uri,
			   const char *text, const char *lang,
			   const char *application)
{
	xmpp_stanza_t *s;

	if (!add_child(r, error, condition, CPL_NS_STANZA_ERRORS, uri))
		return -1;
	if (text) {
		s = add_child(r, error, "text", CPL_NS_STANZA_ERRORS, text);
		if (!s || add_attribute(r, s, "xml:lang", lang) < 0)
			return -1;
	}
	if (!application)
		return 0;
	s = cpl_json_element(r, application, "error.application");
	return s ? cpl_json_add(r, error, s) : -1;
}

static int read_error(struct cpl_json_reading *r, xmpp_stanza_t *to,
		      const struct cpl_json_field *f, json_t *value)
{
	enum { TYPE, CONDITION, URI, BY, CODE, TEXT, LANG, APPLICATION, ALL };
	static const char *const keys[] = {"type", "condition",   "uri",
					   "by",   "code",        "text",
					   "lang", "application", NULL};
	const char *v[ALL] = {NULL};
	xmpp_stanza_t *s;

	if (take_strings(r, value, f->name, keys, v) < 0)
		return -1;
	if (!v[TYPE] || !v[CONDITION])
		return missing(r, !v[TYPE] ? "error.type" : "error.condition");
	if (!cpl_json_is_condition(v[CONDITION]))
		return cpl_err_set(r->e, CPL_DATA,
				   "error.condition: '%.64s' is no condition",
				   v[CONDITION]);
	if (v[LANG] && !v[TEXT])
		return cpl_err_set(r->e, CPL_DATA,
				   "error.lang without error.text");
	s = add_child(r, to, f->name, f->ns, NULL);
	if (!s || add_attribute(r, s, "type", v[TYPE]) < 0 ||
	    add_attribute(r, s, "by", v[BY]) < 0 ||
	    add_attribute(r, s, "code", v[CODE]) < 0)
		return -1;
	return read_conditions(r, s, v[CONDITION], v[URI], v[TEXT], v[LANG],
			       v[APPLICATION]);
}

int cpl_json_field_read(struct cpl_json_reading *r, xmpp_stanza_t *stanza,
			const struct cpl_json_field *f, json_t *root)
{
	json_t *value = json_object_get(root, f->name);
	const char *text;

	switch (f->shape) {
	case CPL_JSON_NUMBER: return read_priority(r, stanza, value);
	case CPL_JSON_DELAY: return read_delay(r, stanza, f, value);
	case CPL_JSON_ERROR: return read_error(r, stanza, f, value);
	case CPL_JSON_TEXT:
	case CPL_JSON_THREAD: break;
	}
	text = cpl_json_text(r, value, f->name);
	if (!text)
		return -1;
	if (f->shape == CPL_JSON_THREAD)
		return read_thread(r, stanza, text,
				   json_object_get(root, CPL_JSON_PARENT));
	return add_child(r, stanza, f->name, f->ns, text) ? 0 : -1;
}
