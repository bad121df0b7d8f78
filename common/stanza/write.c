/* SPDX-License-Identifier: MIT */
#include "write.h"

#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "escape.h"
#include "json.h"

/* ---- Escaping ---- */

/* Appends the byte or C1 control at p as a reference. */
static int add_reference(struct cpl_buf *out, const char *p, size_t n)
{
	switch (*p) {
	case '&': return cpl_buf_add(out, "&amp;", 5);
	case '<': return cpl_buf_add(out, "&lt;", 4);
	case '>': return cpl_buf_add(out, "&gt;", 4);
	case '"': return cpl_buf_add(out, "&quot;", 6);
	default: return cpl_buf_addf(out, "&#%d;", (unsigned char)p[n - 1]);
	}
}

#define MARKUP                                                                 \
	['&'] = 1, ['<'] = 1, ['>'] = 1, [0x7f] = 1, [0xc2] = CPL_ESCAPE_C1
#define LINES ['\n'] = 1, ['\r'] = 1

static const struct cpl_escape in_text = {{MARKUP, LINES}, add_reference};
static const struct cpl_escape in_attribute = {
    {MARKUP, LINES, ['\t'] = 1, ['"'] = 1}, add_reference};

int cpl_write_xml_attr(struct cpl_buf *out, const char *p, size_t n)
{
	return cpl_escape(&in_attribute, out, p, n);
}

/* ---- Escaping within a string of JSON ---- */

/* What XML leaves as it is. */
static int add_json_text(struct cpl_buf *out, const char *p, size_t n)
{
	return in_text.class_of[(unsigned char)*p] ? add_reference(out, p, n)
						   : cpl_json_string(out, p, n);
}

static int add_json_attribute(struct cpl_buf *out, const char *p, size_t n)
{
	return in_attribute.class_of[(unsigned char)*p]
		   ? add_reference(out, p, n)
		   : cpl_json_string(out, p, n);
}

#define ROW 1, 1, 1, 1, 1, 1, 1, 1
#define JSON ROW, ROW, ROW, ROW, ['"'] = 1, ['\\'] = 1

static const struct cpl_escape in_json_text = {{JSON, MARKUP}, add_json_text};
static const struct cpl_escape in_json_attribute = {{JSON, MARKUP},
						    add_json_attribute};

/* How it is written. */
struct form {
	const struct cpl_escape *text, *attribute;
	int json; /* quotes are escaped */
};

static const struct form as_xml = {&in_text, &in_attribute, 0};
static const struct form as_json = {&in_json_text, &in_json_attribute, 1};

/* ---- XML ---- */

/* libstrophe gives attributes in no order; few have more than these. */
#define ATTRIBUTES_MOST 16

static int add_attribute(struct cpl_buf *out, const struct form *form,
			 const char *name, const char *value)
{
	if (cpl_buf_addc(out, ' ') < 0 || cpl_buf_adds(out, name) < 0 ||
	    (form->json ? cpl_buf_add(out, "=\\\"", 3)
			: cpl_buf_add(out, "=\"", 2)) < 0 ||
	    cpl_escape(form->attribute, out, value, strlen(value)) < 0)
		return -1;
	return form->json ? cpl_buf_add(out, "\\\"", 2)
			  : cpl_buf_addc(out, '"');
}

static int by_name(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

/* All attributes but xmlns, by name. */
static int add_all_attributes(struct cpl_buf *out, const struct form *form,
			      xmpp_stanza_t *s, int count)
{
	const char *few[2 * ATTRIBUTES_MOST], **list = few;
	int failed;

	if (count > ATTRIBUTES_MOST) {
		list = calloc((size_t)count, 2 * sizeof *list);
		if (!list)
			return -1;
	}
	count = cpl_list_attrs(s, list);
	failed = count < 0;
	if (!failed)
		qsort(list, (size_t)count, 2 * sizeof *list, by_name);
	for (int i = 0; i < count && !failed; i++)
		if (strcmp(list[2 * i], "xmlns") != 0)
			failed = add_attribute(out, form, list[2 * i],
					       list[2 * i + 1]) < 0;
	if (list != few)
		free(list);
	return failed ? -1 : 0;
}

/* Most elements have none but these, quicker asked for than listed. */
static int add_attributes(struct cpl_buf *out, const struct form *form,
			  xmpp_stanza_t *s, const char *ns)
{
	static const char *const known[] = {"from", "id", "to", "type",
					    "xml:lang"};
	enum { KNOWN = sizeof known / sizeof *known };
	const char *value[KNOWN];
	int count = xmpp_stanza_get_attribute_count(s);
	int found = ns != NULL, asked = 0;

	for (; asked < KNOWN && found < count; asked++) {
		value[asked] = xmpp_stanza_get_attribute(s, known[asked]);
		found += value[asked] != NULL;
	}
	if (found < count)
		return add_all_attributes(out, form, s, count);
	for (int i = 0; i < asked; i++)
		if (value[i] &&
		    add_attribute(out, form, known[i], value[i]) < 0)
			return -1;
	return 0;
}

/* One node; the recursion is as deep as the tree, like libstrophe's own. */
static int add_node(struct cpl_buf *out, const struct form *form,
		    xmpp_stanza_t *s, const char *around)
{
	const char *name, *ns, *text = xmpp_stanza_get_text_ptr(s);
	xmpp_stanza_t *child = xmpp_stanza_get_children(s);

	if (text)
		return cpl_escape(form->text, out, text, strlen(text));
	name = xmpp_stanza_get_name(s);
	if (!name) /* a node that was never given a name or text */
		return 0;
	ns = xmpp_stanza_get_ns(s);
	if (cpl_buf_addc(out, '<') < 0 || cpl_buf_adds(out, name) < 0)
		return -1;
	if (ns && (!around || strcmp(ns, around) != 0) &&
	    add_attribute(out, form, "xmlns", ns) < 0)
		return -1;
	if (add_attributes(out, form, s, ns) < 0)
		return -1;
	if (!child)
		return cpl_buf_add(out, "/>", 2);
	if (cpl_buf_addc(out, '>') < 0)
		return -1;
	for (; child; child = xmpp_stanza_get_next(child))
		if (add_node(out, form, child, ns ? ns : around) < 0)
			return -1;
	if (cpl_buf_add(out, "</", 2) < 0 || cpl_buf_adds(out, name) < 0)
		return -1;
	return cpl_buf_addc(out, '>');
}

static int add_whole(struct cpl_buf *out, const struct form *form,
		     xmpp_stanza_t *s, const char *around)
{
	size_t start = out->len;

	if (add_node(out, form, s, around) == 0)
		return 0;
	cpl_buf_truncate(out, start);
	return -1;
}

int cpl_write_xml(struct cpl_buf *out, xmpp_stanza_t *stanza,
		  const char *parent_ns)
{
	return add_whole(out, &as_xml, stanza, parent_ns);
}

int cpl_write_xml_in_json(struct cpl_buf *out, xmpp_stanza_t *stanza,
			  const char *parent_ns)
{
	return add_whole(out, &as_json, stanza, parent_ns);
}
