/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "escape.h"
#include "json_parts.h"
#include "ns.h"
#include "write.h"

/* What a byte is in a string: a letter that stands for it behind a backslash,
 * or this; all others are copied in runs. */
enum { CODE = 2 }; /* written as \u00xx */

static int add_escape(struct cpl_buf *out, const char *p, size_t n);

#define ROW CODE, CODE, CODE, CODE, CODE, CODE, CODE, CODE
static const struct cpl_escape in_string = {
    {ROW, CODE, 't', 'n', CODE, CODE, 'r', CODE, CODE, ROW,
     ROW, ['"'] = '"', ['\\'] = '\\', [0x7f] = CODE, [0xc2] = CPL_ESCAPE_C1},
    add_escape};

/* The escape of the special at p: how many bytes it has. */
static size_t escape(char out[6], const char *p, size_t n)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char class = in_string.class_of[(unsigned char)*p];
	unsigned char c = (unsigned char)p[n - 1];

	out[0] = '\\';
	out[1] = (char)class;
	if (class != CODE && class != CPL_ESCAPE_C1)
		return 2;
	out[1] = 'u';
	out[2] = out[3] = '0';
	out[4] = hex[c >> 4];
	out[5] = hex[c & 15];
	return 6;
}

static int add_escape(struct cpl_buf *out, const char *p, size_t n)
{
	char escaped[6];
	size_t len = escape(escaped, p, n);

	return cpl_buf_add(out, escaped, len);
}

int cpl_json_string(struct cpl_buf *out, const char *p, size_t n)
{
	return cpl_escape(&in_string, out, p, n);
}

int cpl_json_member(struct cpl_buf *out, const char *name, const char *value)
{
	if (!value)
		return 0;
	if (cpl_buf_add(out, ",\"", 2) < 0 || cpl_buf_adds(out, name) < 0 ||
	    cpl_buf_add(out, "\":\"", 3) < 0 ||
	    cpl_json_string(out, value, strlen(value)) < 0)
		return -1;
	return cpl_buf_addc(out, '"');
}

/* The XML is written where it belongs and then moved apart for its escapes,
 * from its end on; C1 controls are references in it. */
int cpl_json_xml(struct cpl_buf *out, xmpp_stanza_t *element)
{
	size_t start = out->len, n, more = 0;
	char escaped[6], *from, *to;

	if (cpl_write_xml(out, element, CPL_NS_CLIENT) < 0)
		return -1;
	n = out->len - start;
	for (size_t i = start; i < out->len; i++) {
		unsigned char class =
		    in_string.class_of[(unsigned char)out->data[i]];

		if (class != 0 && class != CPL_ESCAPE_C1)
			more += class == CODE ? 5 : 1;
	}
	if (more == 0)
		return 0;
	if (!cpl_buf_room(out, more))
		goto full;
	cpl_buf_added(out, more);
	from = out->data + start + n;
	to = from + more;
	while (to > from) {
		unsigned char class =
		    in_string.class_of[(unsigned char)*--from];
		size_t len;

		if (class == 0 || class == CPL_ESCAPE_C1) {
			*--to = *from;
			continue;
		}
		len = escape(escaped, from, 1);
		to -= len;
		memcpy(to, escaped, len);
	}
	return 0;
full:
	cpl_buf_truncate(out, start);
	return -1;
}
