/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "contact.h"
#include "json.h"
#include "muc.h"
#include "ns.h"
#include "template_impl.h"
#include "text.h"
#include "write.h"

/* What a template is filled from. */
struct filling {
	struct cpl_buf *out;
	xmpp_stanza_t *element;
	int is_stanza;
	const struct timespec *now;
	struct tm local;
	int has_local;
};

/* ---- Width and precision ---- */

/* Bytes of the character at p. One that is written as an escape (text.h) is
 * never cut: of a C1 control both bytes belong together. */
static size_t unit(const char *p, const char *end, int escaped)
{
	const char *q = p + 1;

	if (escaped && *p == '\\')
		return p[1] != 'x' ? 2 : memcmp(p, "\\xc2", 4) == 0 ? 8 : 4;
	while (q < end && ((unsigned char)*q & 0xc0) == 0x80)
		q++;
	return (size_t)(q - p);
}

static size_t count_characters(const char *p, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += ((unsigned char)p[i] & 0xc0) != 0x80;
	return count;
}

/* Leaves as many characters from start on as the precision allows. */
static void cut(struct cpl_buf *out, size_t start,
		const struct cpl_template_part *part, int escaped)
{
	const char *p = out->data + start, *end = out->data + out->len;
	size_t left = (size_t)part->precision;

	while (p < end) {
		size_t n = unit(p, end, escaped);
		size_t characters = count_characters(p, n);

		if (characters > left)
			break;
		left -= characters;
		p += n;
	}
	cpl_buf_truncate(out, (size_t)(p - out->data));
}

static int pad(struct cpl_buf *out, size_t start,
	       const struct cpl_template_part *part)
{
	size_t len = out->len - start;
	size_t width = (size_t)part->width;
	size_t have = len ? count_characters(out->data + start, len) : 0;
	char *room;

	if (have >= width)
		return 0;
	room = cpl_buf_room(out, width - have);
	if (!room)
		return -1;
	if (!part->left) {
		memmove(room - len + (width - have), room - len, len);
		room -= len;
	}
	memset(room, part->zero && !part->left ? '0' : ' ', width - have);
	cpl_buf_added(out, width - have);
	return 0;
}

/* ---- Text ---- */

/* n bytes of a value, as they are or escaped. */
static int add_text(const struct filling *f,
		    const struct cpl_template_part *part, const char *text)
{
	if (!text)
		return 0;
	return part->plain ? cpl_buf_adds(f->out, text)
			   : cpl_write_field(f->out, text, strlen(text));
}

/* The text directly in an element; NULL has none. */
static int add_content(const struct filling *f,
		       const struct cpl_template_part *part,
		       xmpp_stanza_t *element)
{
	xmpp_stanza_t *c = element ? xmpp_stanza_get_children(element) : NULL;

	for (; c; c = xmpp_stanza_get_next(c))
		if (xmpp_stanza_is_text(c) &&
		    add_text(f, part, xmpp_stanza_get_text_ptr(c)) < 0)
			return -1;
	return 0;
}

static int add_path(const struct filling *f,
		    const struct cpl_template_part *part)
{
	xmpp_stanza_t *found = cpl_path_follow(&part->path, f->element);
	const char *name = part->path.attribute;

	if (!name)
		return add_content(f, part, found);
	return add_text(f, part,
			found ? xmpp_stanza_get_attribute(found, name) : NULL);
}

/* ---- Values ---- */

/* Without type it is "normal" or "available" (RFC 6121 5.2.2, 4.7.1). */
static const char *type_of(const struct filling *f)
{
	const char *type = xmpp_stanza_get_type(f->element);
	const char *name = xmpp_stanza_get_name(f->element);

	if (type)
		return type;
	if (!f->is_stanza)
		return xmpp_stanza_get_attribute(f->element, "subscription");
	if (strcmp(name, "message") == 0)
		return "normal";
	return strcmp(name, "presence") == 0 ? "available" : NULL;
}

static const char *from_of(const struct filling *f)
{
	const char *from = xmpp_stanza_get_from(f->element);

	if (from || f->is_stanza)
		return from;
	return xmpp_stanza_get_attribute(f->element, "jid");
}

/* In a room it is the occupant's (XEP-0045 7.4), which the room vouches for,
 * elsewhere what the sender says (XEP-0172). */
static int add_nick(const struct filling *f,
		    const struct cpl_template_part *part)
{
	if (!f->is_stanza)
		return add_text(f, part,
				xmpp_stanza_get_attribute(f->element, "name"));
	if (cpl_has_type(f->element, "groupchat"))
		return add_text(f, part,
				cpl_muc_nick(xmpp_stanza_get_from(f->element)));
	return add_content(f, part, cpl_child(f->element, "nick", CPL_NS_NICK));
}

/* As everywhere, but a TAB in text is a reference too, so that it is no border
 * of a field. */
static int add_xml(const struct filling *f)
{
	struct cpl_buf xml = CPL_BUF_INIT(f->out->max);
	int result = cpl_write_xml(&xml, f->element, CPL_NS_CLIENT);
	const char *p = xml.data, *end = p + xml.len, *tab;

	while (result == 0 && p < end) {
		tab = memchr(p, '\t', (size_t)(end - p));
		result =
		    cpl_buf_add(f->out, p, (size_t)((tab ? tab : end) - p));
		if (result == 0 && tab)
			result = cpl_buf_adds(f->out, "&#9;");
		p = tab ? tab + 1 : end;
	}
	cpl_buf_release(&xml);
	return result;
}

/* Of a contact, its record. */
static int add_json(const struct filling *f)
{
	struct cpl_contact contact = {0};
	int result;

	if (!cpl_is(f->element, "item", CPL_NS_ROSTER) ||
	    cpl_contact_read(&contact, f->element, NULL) < 0)
		return cpl_json_write(f->out, f->element);
	result = cpl_contact_json(f->out, &contact, 1);
	cpl_contact_release(&contact);
	return result;
}

/* ---- Times ---- */

/* One sequence of strftime(), in the local zone and in the C locale. Some are
 * empty. */
static int add_time(struct filling *f, const char *format)
{
	time_t seconds = f->now->tv_sec;
	char text[128];
	size_t n;

	if (!f->has_local) {
		localtime_r(&seconds, &f->local);
		f->has_local = 1;
	}
/* Only what template.c let pass comes here. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	n = strftime(text, sizeof text, format, &f->local);
#pragma GCC diagnostic pop
	return cpl_buf_add(f->out, text, n);
}

static int add_letter(struct filling *f, char letter)
{
	const char format[] = {'%', letter, '\0'};

	if (letter == 'N')
		return cpl_buf_addf(f->out, "%09ld", f->now->tv_nsec);
	return add_time(f, format);
}

/* ---- */

static int add_value(struct filling *f, const struct cpl_template_part *part)
{
	xmpp_stanza_t *e = f->element;

	switch (part->what) {
	case 'f': return add_text(f, part, from_of(f));
	case 't': return add_text(f, part, xmpp_stanza_get_to(e));
	case 'i': return add_text(f, part, xmpp_stanza_get_id(e));
	case 'T': return add_text(f, part, type_of(f));
	case 'b': return add_content(f, part, cpl_own_child(e, "body"));
	case 's': return add_content(f, part, cpl_own_child(e, "subject"));
	case 'h': return add_content(f, part, cpl_own_child(e, "thread"));
	case 'n': return add_nick(f, part);
	case 'x': return add_xml(f);
	case 'j': return add_json(f);
	case 'I': return add_time(f, "%FT%T%z");
	case 'U':
		return cpl_buf_addf(f->out, "%lld.%09ld",
				    (long long)f->now->tv_sec, f->now->tv_nsec);
	default: return add_path(f, part);
	}
}

static int add_part(struct filling *f, const struct cpl_template_part *part)
{
	size_t start = f->out->len;
	int escaped = !part->plain && !strchr("xjIU", part->what);

	if (part->what == CPL_PART_LITERAL)
		return cpl_buf_add(f->out, part->text, part->len);
	if (part->what == CPL_PART_TIME)
		return add_letter(f, *part->text);
	if (add_value(f, part) < 0)
		return -1;
	if (part->precision >= 0 && f->out->len > start)
		cut(f->out, start, part, escaped);
	return pad(f->out, start, part);
}

int cpl_template_write(const struct cpl_template *t, struct cpl_buf *out,
		       xmpp_stanza_t *element, const struct timespec *now)
{
	struct filling f = {.out = out, .element = element, .now = now};
	const char *name = xmpp_stanza_get_name(element);
	const char *ns = xmpp_stanza_get_ns(element);
	size_t start = out->len;

	f.is_stanza = name && (!ns || strcmp(ns, CPL_NS_CLIENT) == 0) &&
		      (!strcmp(name, "message") || !strcmp(name, "presence") ||
		       !strcmp(name, "iq"));
	for (size_t i = 0; i < t->count; i++)
		if (add_part(&f, &t->parts[i]) < 0) {
			cpl_buf_truncate(out, start);
			return -1;
		}
	return 0;
}
