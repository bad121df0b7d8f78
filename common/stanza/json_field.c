/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "../base/num.h"
#include "build.h"
#include "json_parts.h"
#include "ns.h"

#define NS_NICK "http://jabber.org/protocol/nick" /* XEP-0172 */
#define NS_DELAY "urn:xmpp:delay"                 /* XEP-0203 */

#define MESSAGE CPL_JSON_MESSAGE
#define PRESENCE CPL_JSON_PRESENCE
#define ANY (CPL_JSON_MESSAGE | CPL_JSON_PRESENCE | CPL_JSON_IQ)

const struct cpl_json_field cpl_json_fields[CPL_JSON_FIELDS] = {
    {"subject", CPL_NS_CLIENT, MESSAGE, CPL_JSON_TEXT, 0},
    {"body", CPL_NS_CLIENT, MESSAGE, CPL_JSON_TEXT, 0},
    {"thread", CPL_NS_CLIENT, MESSAGE, CPL_JSON_THREAD, 0},
    {"show", CPL_NS_CLIENT, PRESENCE, CPL_JSON_TEXT, 0},
    {"status", CPL_NS_CLIENT, PRESENCE, CPL_JSON_TEXT, 0},
    {"priority", CPL_NS_CLIENT, PRESENCE, CPL_JSON_NUMBER, 0},
    {"nick", NS_NICK, MESSAGE | PRESENCE, CPL_JSON_TEXT, 0},
    {"delay", NS_DELAY, MESSAGE | PRESENCE, CPL_JSON_DELAY, 1},
    {"error", CPL_NS_CLIENT, ANY, CPL_JSON_ERROR, 1},
};

/* ---- The canonical forms ---- */

/* Whether the element has no attributes but xmlns and some of these; all of
 * them together are asked for as a list that NULL ends. */
static int has_only(xmpp_stanza_t *s, const char *const *names)
{
	int found = xmpp_stanza_get_ns(s) != NULL;

	for (; *names; names++)
		found += xmpp_stanza_get_attribute(s, *names) != NULL;
	return found == xmpp_stanza_get_attribute_count(s);
}

static int is_text_only(xmpp_stanza_t *s)
{
	return cpl_first_element(s) == NULL;
}

/* The text directly in the element, where it is one piece or none. */
static const char *only_text(xmpp_stanza_t *s)
{
	xmpp_stanza_t *c = xmpp_stanza_get_children(s);

	if (!c)
		return "";
	return xmpp_stanza_get_next(c) ? NULL : xmpp_stanza_get_text_ptr(c);
}

/* The one way to write a number: 0, 5, -1, not +5, 05 or -0. */
static int is_priority(const char *text)
{
	long n;
	char plain[8];

	if (!text || cpl_num_int(text, CPL_JSON_PRIORITY_MIN,
				 CPL_JSON_PRIORITY_MAX, &n, NULL) < 0)
		return 0;
	snprintf(plain, sizeof plain, "%ld", n);
	return strcmp(plain, text) == 0;
}

/* What an error has in it (RFC 6120 8.3.2): the condition, then a text and an
 * application's own condition, which may be missing. */
struct error {
	xmpp_stanza_t *condition, *text, *application;
};

static int in_errors(xmpp_stanza_t *s)
{
	const char *ns = s ? xmpp_stanza_get_ns(s) : NULL;

	return ns && strcmp(ns, CPL_NS_STANZA_ERRORS) == 0;
}

/* Finds them. Non-zero when there is nothing else. */
static int parts_of(xmpp_stanza_t *s, struct error *parts)
{
	static const char *const none[] = {NULL}, *const lang[] = {"xml:lang",
								   NULL};
	xmpp_stanza_t *c;

	for (c = xmpp_stanza_get_children(s); c; c = xmpp_stanza_get_next(c))
		if (xmpp_stanza_is_text(c))
			return 0;
	c = cpl_first_element(s);
	if (!in_errors(c) || !cpl_json_is_condition(xmpp_stanza_get_name(c)) ||
	    !has_only(c, none) || !is_text_only(c))
		return 0;
	memset(parts, 0, sizeof *parts);
	parts->condition = c;
	c = cpl_next_element(c);
	if (cpl_is(c, "text", CPL_NS_STANZA_ERRORS)) {
		if (!has_only(c, lang) || !is_text_only(c))
			return 0;
		parts->text = c;
		c = cpl_next_element(c);
	}
	parts->application = c;
	return !in_errors(c) && !cpl_next_element(c);
}

static int is_error(xmpp_stanza_t *s)
{
	static const char *const names[] = {"type", "by", "code", NULL};
	struct error parts;

	return xmpp_stanza_get_type(s) && has_only(s, names) &&
	       parts_of(s, &parts);
}

int cpl_json_is_condition(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz-");

	return n > 0 && name[n] == '\0' && name[0] != '-' &&
	       strcmp(name, "text") != 0;
}

static int is_canonical(xmpp_stanza_t *s, enum cpl_json_shape shape)
{
	static const char *const none[] = {NULL}, *const parent[] = {"parent",
								     NULL};
	static const char *const delay[] = {"stamp", "from", NULL};

	switch (shape) {
	case CPL_JSON_TEXT: return has_only(s, none) && is_text_only(s);
	case CPL_JSON_THREAD: return has_only(s, parent) && is_text_only(s);
	case CPL_JSON_NUMBER:
		return has_only(s, none) && is_priority(only_text(s));
	case CPL_JSON_DELAY:
		return has_only(s, delay) && is_text_only(s) &&
		       xmpp_stanza_get_attribute(s, "stamp");
	case CPL_JSON_ERROR: return is_error(s);
	}
	return 0;
}

int cpl_json_field_of(unsigned kind, xmpp_stanza_t *child)
{
	const char *name = xmpp_stanza_get_name(child), *ns;

	/* A child without a namespace of its own is within the stanza's. */
	for (int i = 0; name && i < CPL_JSON_FIELDS; i++) {
		const struct cpl_json_field *f = &cpl_json_fields[i];

		if (*f->name != *name || strcmp(f->name, name) != 0)
			continue;
		ns = xmpp_stanza_get_ns(child);
		if ((f->kinds & kind) &&
		    strcmp(ns ? ns : CPL_NS_CLIENT, f->ns) == 0 &&
		    is_canonical(child, f->shape))
			return i;
		break;
	}
	return -1;
}

/* ---- Writing ---- */

/* The text in an element that has nothing else, in quotes. */
static int add_text(struct cpl_buf *out, xmpp_stanza_t *s)
{
	xmpp_stanza_t *c = xmpp_stanza_get_children(s);

	if (cpl_buf_addc(out, '"') < 0)
		return -1;
	for (; c; c = xmpp_stanza_get_next(c)) {
		const char *text = xmpp_stanza_get_text_ptr(c);

		if (text && cpl_json_string(out, text, strlen(text)) < 0)
			return -1;
	}
	return cpl_buf_addc(out, '"');
}

/* The same as a member, left out where there is no text. */
static int add_text_member(struct cpl_buf *out, const char *name,
			   xmpp_stanza_t *s)
{
	if (!xmpp_stanza_get_children(s))
		return 0;
	if (cpl_buf_addc(out, ',') < 0 || cpl_buf_adds(out, name) < 0)
		return -1;
	return add_text(out, s);
}

static int add_thread(struct cpl_buf *out, xmpp_stanza_t *s)
{
	if (add_text(out, s) < 0)
		return -1;
	return cpl_json_member(out, CPL_JSON_PARENT,
			       xmpp_stanza_get_attribute(s, "parent"));
}

/* An object begins with a member that it always has. */
static int begin_object(struct cpl_buf *out, const char *name,
			const char *value)
{
	if (cpl_buf_addc(out, '{') < 0 || cpl_buf_adds(out, name) < 0 ||
	    cpl_buf_addc(out, '"') < 0 ||
	    cpl_json_string(out, value, strlen(value)) < 0)
		return -1;
	return cpl_buf_addc(out, '"');
}

static int add_delay(struct cpl_buf *out, xmpp_stanza_t *s)
{
	if (begin_object(
		out, "\"stamp\":", xmpp_stanza_get_attribute(s, "stamp")) < 0 ||
	    cpl_json_member(out, "from", xmpp_stanza_get_from(s)) < 0 ||
	    add_text_member(out, "\"reason\":", s) < 0)
		return -1;
	return cpl_buf_addc(out, '}');
}

static int add_error(struct cpl_buf *out, xmpp_stanza_t *s)
{
	struct error parts;

	if (!parts_of(s, &parts) ||
	    begin_object(out, "\"type\":", xmpp_stanza_get_type(s)) < 0 ||
	    cpl_json_member(out, "condition",
			    xmpp_stanza_get_name(parts.condition)) < 0 ||
	    add_text_member(out, "\"uri\":", parts.condition) < 0 ||
	    cpl_json_member(out, "by", xmpp_stanza_get_attribute(s, "by")) <
		0 ||
	    cpl_json_member(out, "code", xmpp_stanza_get_attribute(s, "code")) <
		0)
		return -1;
	if (parts.text && (cpl_buf_adds(out, ",\"text\":") < 0 ||
			   add_text(out, parts.text) < 0 ||
			   cpl_json_member(out, "lang",
					   xmpp_stanza_get_attribute(
					       parts.text, "xml:lang")) < 0))
		return -1;
	if (parts.application &&
	    (cpl_buf_adds(out, ",\"application\":\"") < 0 ||
	     cpl_json_xml(out, parts.application) < 0 ||
	     cpl_buf_addc(out, '"') < 0))
		return -1;
	return cpl_buf_addc(out, '}');
}

int cpl_json_field_write(struct cpl_buf *out, const struct cpl_json_field *f,
			 xmpp_stanza_t *child)
{
	if (cpl_buf_add(out, ",\"", 2) < 0 || cpl_buf_adds(out, f->name) < 0 ||
	    cpl_buf_add(out, "\":", 2) < 0)
		return -1;
	switch (f->shape) {
	case CPL_JSON_TEXT: return add_text(out, child);
	case CPL_JSON_THREAD: return add_thread(out, child);
	case CPL_JSON_NUMBER: return cpl_buf_adds(out, only_text(child));
	case CPL_JSON_DELAY: return add_delay(out, child);
	case CPL_JSON_ERROR: return add_error(out, child);
	}
	return -1;
}
