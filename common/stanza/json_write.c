/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "json_parts.h"
#include "ns.h"

/* The keys of attributes; "attributes" has all others but xmlns. */
static const char *const known[][2] = {{"from", "from"},
				       {"to", "to"},
				       {"id", "id"},
				       {"type", "type"},
				       {"xml:lang", "lang"}};
enum { KNOWN = sizeof known / sizeof *known };

/* What becomes of a stanza's children. */
struct children {
	xmpp_stanza_t *field[CPL_JSON_FIELDS]; /* NULL: none, or several */
	xmpp_stanza_t *payload; /* the first child that is in it by its place */
	xmpp_stanza_t *behind;  /* the first that is no more; NULL: none */
};

static unsigned kind_of(const char *name, const char *ns)
{
	if (!name || (ns && strcmp(ns, CPL_NS_CLIENT) != 0))
		return CPL_JSON_PAYLOAD;
	if (!strcmp(name, "message"))
		return CPL_JSON_MESSAGE;
	if (!strcmp(name, "presence"))
		return CPL_JSON_PRESENCE;
	return !strcmp(name, "iq") ? CPL_JSON_IQ : CPL_JSON_PAYLOAD;
}

/* ---- Attributes ---- */

static int by_name(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

static int is_known(const char *name)
{
	for (int i = 0; i < KNOWN; i++)
		if (strcmp(known[i][0], name) == 0)
			return 1;
	return strcmp(name, "xmlns") == 0;
}

/* The attributes that have no key of their own. */
static int add_others(struct cpl_buf *out, xmpp_stanza_t *s, int count)
{
	const char **list = calloc((size_t)count, 2 * sizeof *list);
	const char *open = ",\"attributes\":{\"";
	int failed;

	if (list)
		count = cpl_list_attrs(s, list);
	failed = !list || count < 0;
	if (!failed)
		qsort(list, (size_t)count, 2 * sizeof *list, by_name);
	for (int i = 0; i < count && !failed; i++) {
		const char *name = list[2 * i], *value = list[2 * i + 1];

		if (is_known(name))
			continue;
		failed = cpl_buf_adds(out, open) < 0 ||
			 cpl_json_string(out, name, strlen(name)) < 0 ||
			 cpl_buf_add(out, "\":\"", 3) < 0 ||
			 cpl_json_string(out, value, strlen(value)) < 0 ||
			 cpl_buf_addc(out, '"') < 0;
		open = ",\"";
	}
	free(list);
	return failed ? -1 : cpl_buf_addc(out, '}');
}

/* ns: which is one of them, or NULL. */
static int add_attributes(struct cpl_buf *out, xmpp_stanza_t *s, const char *ns)
{
	int count = xmpp_stanza_get_attribute_count(s);
	int found = ns != NULL;

	for (int i = 0; i < KNOWN && found < count; i++) {
		const char *value = xmpp_stanza_get_attribute(s, known[i][0]);

		found += value != NULL;
		if (cpl_json_member(out, known[i][1], value) < 0)
			return -1;
	}
	return found < count ? add_others(out, s, count) : 0;
}

/* ---- Children ---- */

/* The index of the field that the child is, or -1. */
static int field_at(const struct children *all, xmpp_stanza_t *child)
{
	for (int i = 0; i < CPL_JSON_FIELDS; i++)
		if (all->field[i] == child)
			return i;
	return -1;
}

/* Finds the fields: what is there in canonical form once. */
static void find_fields(struct children *all, unsigned kind, xmpp_stanza_t *s)
{
	xmpp_stanza_t *c = xmpp_stanza_get_children(s);
	int several[CPL_JSON_FIELDS] = {0};

	memset(all, 0, sizeof *all);
	for (; c; c = xmpp_stanza_get_next(c)) {
		int i = cpl_json_field_of(kind, c);

		if (i < 0 || several[i])
			continue;
		several[i] = all->field[i] != NULL;
		all->field[i] = several[i] ? NULL : c;
	}
}

/* Finds the children whose place is told by payload: all but the fields that
 * stand first or last in their own order. */
static void find_payload(struct children *all, xmpp_stanza_t *s)
{
	xmpp_stanza_t *c = xmpp_stanza_get_children(s);
	int last = -1, i;

	for (; c; c = xmpp_stanza_get_next(c)) {
		i = field_at(all, c);
		if (i <= last || cpl_json_fields[i].behind)
			break;
		last = i;
	}
	all->payload = c;
	for (last = -1; c; c = xmpp_stanza_get_next(c)) {
		i = field_at(all, c);
		if (i < 0 || !cpl_json_fields[i].behind) {
			all->behind = NULL;
			last = -1;
			continue;
		}
		if (i <= last || !all->behind)
			all->behind = c;
		last = i;
	}
}

/* An entry of payload: the name of a field, text, or an element. */
static int add_entry(struct cpl_buf *out, const struct children *all,
		     xmpp_stanza_t *c)
{
	const char *text = xmpp_stanza_get_text_ptr(c);
	int i = field_at(all, c), failed;

	if (cpl_buf_addc(out, '"') < 0)
		return -1;
	if (i >= 0)
		failed = cpl_buf_adds(out, cpl_json_fields[i].name) < 0;
	else if (text)
		failed = cpl_buf_add(out, "text:", 5) < 0 ||
			 cpl_json_string(out, text, strlen(text)) < 0;
	else
		failed = cpl_json_xml(out, c) < 0;
	return failed ? -1 : cpl_buf_addc(out, '"');
}

static int add_children(struct cpl_buf *out, unsigned kind, xmpp_stanza_t *s)
{
	const char *open = ",\"payload\":[";
	struct children all;
	xmpp_stanza_t *c;

	find_fields(&all, kind, s);
	find_payload(&all, s);
	for (int i = 0; i < CPL_JSON_FIELDS; i++)
		if (all.field[i] &&
		    cpl_json_field_write(out, &cpl_json_fields[i],
					 all.field[i]) < 0)
			return -1;
	if (all.payload == all.behind)
		return 0;
	for (c = all.payload; c != all.behind; c = xmpp_stanza_get_next(c)) {
		if (cpl_buf_adds(out, open) < 0 || add_entry(out, &all, c) < 0)
			return -1;
		open = ",";
	}
	return cpl_buf_addc(out, ']');
}

/* An element that is no stanza is the one entry of its payload. */
static int add_payload(struct cpl_buf *out, xmpp_stanza_t *element)
{
	if (cpl_buf_adds(out, "{\"kind\":\"payload\",\"payload\":[\"") < 0 ||
	    cpl_json_xml(out, element) < 0)
		return -1;
	return cpl_buf_adds(out, "\"]}");
}

static int add_stanza(struct cpl_buf *out, unsigned kind, xmpp_stanza_t *s,
		      const char *name, const char *ns)
{
	if (cpl_buf_adds(out, "{\"kind\":\"") < 0 ||
	    cpl_buf_adds(out, name) < 0 || cpl_buf_addc(out, '"') < 0 ||
	    add_attributes(out, s, ns) < 0 || add_children(out, kind, s) < 0)
		return -1;
	return cpl_buf_addc(out, '}');
}

int cpl_json_write(struct cpl_buf *out, xmpp_stanza_t *stanza)
{
	const char *name = xmpp_stanza_get_name(stanza);
	const char *ns = xmpp_stanza_get_ns(stanza);
	unsigned kind = kind_of(name, ns);
	size_t start = out->len;
	int rc = kind == CPL_JSON_PAYLOAD
		     ? add_payload(out, stanza)
		     : add_stanza(out, kind, stanza, name, ns);

	if (rc < 0)
		cpl_buf_truncate(out, start);
	return rc;
}
