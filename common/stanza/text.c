/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <string.h>

#include "../base/num.h"
#include "build.h"
#include "chars.h"
#include "escape.h"
#include "ns.h"

/* ---- One field ---- */

static int add_escape(struct cpl_buf *out, const char *p, size_t n)
{
	switch (*p) {
	case '\n': return cpl_buf_add(out, "\\n", 2);
	case '\t': return cpl_buf_add(out, "\\t", 2);
	case '\r': return cpl_buf_add(out, "\\r", 2);
	case '\\': return cpl_buf_add(out, "\\\\", 2);
	}
	for (; n > 0; p++, n--)
		if (cpl_buf_addf(out, "\\x%02x", (unsigned char)*p) < 0)
			return -1;
	return 0;
}

#define ROW 1, 1, 1, 1, 1, 1, 1, 1
static const struct cpl_escape in_field = {
    {ROW, ROW, ROW, ROW, ['\\'] = 1, [0x7f] = 1, [0xc2] = CPL_ESCAPE_C1},
    add_escape};

int cpl_write_field(struct cpl_buf *out, const char *p, size_t n)
{
	return cpl_escape(&in_field, out, p, n);
}

/* The escape of n bytes at most at p: the byte in *c, and how many bytes were
 * read; 0: it is none. */
static size_t unescape(const char *p, size_t n, char *c)
{
	int high, low;

	if (n < 2)
		return 0;
	switch (p[1]) {
	case 'n': *c = '\n'; return 2;
	case 't': *c = '\t'; return 2;
	case 'r': *c = '\r'; return 2;
	case '\\': *c = '\\'; return 2;
	case 'x': break;
	default: return 0;
	}
	high = n >= 4 ? cpl_num_hex(p[2]) : -1;
	low = n >= 4 ? cpl_num_hex(p[3]) : -1;
	if (high < 0 || low < 0)
		return 0;
	*c = (char)(high << 4 | low);
	return 4;
}

int cpl_read_field(struct cpl_buf *out, const char *p, size_t n,
		   struct cpl_err *e)
{
	size_t start = out->len, i = 0, len;
	char c;

	while (i < n) {
		const char *next = memchr(p + i, '\\', n - i);
		size_t plain = next ? (size_t)(next - p) - i : n - i;

		if (cpl_buf_add(out, p + i, plain) < 0)
			goto full;
		i += plain;
		if (i == n)
			break;
		len = unescape(p + i, n - i, &c);
		if (len == 0) {
			cpl_err_set(e, CPL_DATA, "byte %zu: unknown escape",
				    i + 1);
			goto fail;
		}
		if (cpl_buf_addc(out, c) < 0)
			goto full;
		i += len;
	}
	if (cpl_chars_check(out->data ? out->data + start : "",
			    out->len - start, e) == 0)
		return 0;
	goto fail;
full:
	cpl_buf_err(out, e, CPL_DATA, "a field");
fail:
	cpl_buf_truncate(out, start);
	return -1;
}

/* ---- Fields ---- */

/* Where lines of text and JSON are told apart by how they begin
 * (contact_record.h), that of a JID such as {@x.lit is text. */
static int add_begin(struct cpl_buf *out, const char *p)
{
	size_t start = out->len;

	if (*p != '{')
		return cpl_write_field(out, p, strlen(p));
	if (add_escape(out, p, 1) == 0 &&
	    cpl_write_field(out, p + 1, strlen(p + 1)) == 0)
		return 0;
	cpl_buf_truncate(out, start);
	return -1;
}

/* A piece of a field; last: of the last field. */
static int add_text(struct cpl_buf *out, const char *p, int raw, int last)
{
	size_t start = out->len;

	if (!raw)
		return cpl_write_field(out, p, strlen(p));
	if (cpl_buf_adds(out, p) < 0)
		return -1;
	if (!last)
		for (; start < out->len; start++)
			if (out->data[start] == '\t')
				out->data[start] = ' ';
	return 0;
}

int cpl_write_fields(struct cpl_buf *out, const char *const *fields, size_t n,
		     int raw)
{
	size_t start = out->len;

	for (size_t i = 0; i < n; i++) {
		const char *text = fields[i] ? fields[i] : "";

		if ((i > 0 && cpl_buf_addc(out, '\t') < 0) ||
		    (i == 0 && !raw
			 ? add_begin(out, text)
			 : add_text(out, text, raw, i + 1 == n)) < 0) {
			cpl_buf_truncate(out, start);
			return -1;
		}
	}
	return 0;
}

/* ---- Stanzas ---- */

#define FIELDS_MOST 4

/* A field is a text, or the text that is directly in an element. */
struct field {
	const char *text;
	xmpp_stanza_t *element;
};

struct record {
	struct field fields[FIELDS_MOST];
	size_t count;
};

static void add(struct record *r, const char *text, xmpp_stanza_t *element)
{
	r->fields[r->count++] = (struct field){text, element};
}

static void list_presence(struct record *r, xmpp_stanza_t *s)
{
	const char *type = xmpp_stanza_get_type(s);
	xmpp_stanza_t *show = type ? NULL : cpl_own_child(s, "show");

	add(r, type ? type : show ? NULL : "available", show);
	add(r, NULL, cpl_own_child(s, "priority"));
	add(r, NULL, cpl_own_child(s, "status"));
}

/* An iq's payload is its only child element; an error's stands beside what it
 * answers (RFC 6120 8.2.3, 8.3.1). */
static void list_iq(struct record *r, xmpp_stanza_t *s)
{
	xmpp_stanza_t *error = cpl_own_child(s, "error");
	xmpp_stanza_t *c = cpl_first_element(s);

	while (c && c == error)
		c = cpl_next_element(c);
	add(r, xmpp_stanza_get_type(s), NULL);
	add(r, c ? xmpp_stanza_get_ns(c) : NULL, NULL);
}

static void list(struct record *r, xmpp_stanza_t *s)
{
	const char *name = xmpp_stanza_get_name(s);

	add(r, xmpp_stanza_get_from(s), NULL);
	if (name && !strcmp(name, "presence"))
		list_presence(r, s);
	else if (name && !strcmp(name, "iq"))
		list_iq(r, s);
	else
		add(r, NULL, cpl_own_child(s, "body"));
}

static int add_field(struct cpl_buf *out, const struct field *f, int raw,
		     int last)
{
	xmpp_stanza_t *c;

	if (f->text)
		return add_text(out, f->text, raw, last);
	c = f->element ? xmpp_stanza_get_children(f->element) : NULL;
	for (; c; c = xmpp_stanza_get_next(c)) {
		const char *text = xmpp_stanza_get_text_ptr(c);

		if (text && add_text(out, text, raw, last) < 0)
			return -1;
	}
	return 0;
}

int cpl_write_text(struct cpl_buf *out, xmpp_stanza_t *stanza, int raw)
{
	const char *condition = NULL;
	size_t start = out->len;
	struct record r = {{{NULL, NULL}}, 0};

	list(&r, stanza);
	if (cpl_has_type(stanza, "error")) {
		condition = cpl_condition(cpl_own_child(stanza, "error"),
					  CPL_NS_STANZA_ERRORS);
		for (size_t i = 0; i < r.count; i++)
			r.fields[i].element = NULL;
	}
	for (size_t i = 0; i < r.count; i++)
		if ((i > 0 && cpl_buf_addc(out, '\t') < 0) ||
		    add_field(out, &r.fields[i], raw,
			      !condition && i + 1 == r.count) < 0)
			goto full;
	if (condition && (cpl_buf_addc(out, '\t') < 0 ||
			  add_text(out, condition, raw, 1) < 0))
		goto full;
	return 0;
full:
	cpl_buf_truncate(out, start);
	return -1;
}
