/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "json_parts.h"
#include "ns.h"
#include "write.h"

/* What a byte is in a string: a letter that stands for it behind a backslash,
 * or one of these; all others are copied in runs. */
enum {
	CODE = 1, /* written as \u00xx */
	C2        /* begins U+0080 to U+00BF: C1 if 0x80 to 0x9f follows */
};

#define ROW CODE, CODE, CODE, CODE, CODE, CODE, CODE, CODE
static const unsigned char class_of[256] = {
    ROW,  CODE,        't',           'n',           CODE,
    CODE, 'r',         CODE,          CODE,          ROW,
    ROW,  ['"'] = '"', ['\\'] = '\\', [0x7f] = CODE, [0xc2] = C2};

static int is_c1(const char *p, size_t n)
{
	return n > 1 && (unsigned char)p[1] >= 0x80 &&
	       (unsigned char)p[1] <= 0x9f;
}

/* The escape of the character at p, which its class says how to write. */
static size_t escape(char out[6], const char *p, unsigned char class)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char c = (unsigned char)(class == C2 ? p[1] : p[0]);

	out[0] = '\\';
	out[1] = (char)class;
	if (class != CODE && class != C2)
		return 2;
	out[1] = 'u';
	out[2] = out[3] = '0';
	out[4] = hex[c >> 4];
	out[5] = hex[c & 15];
	return 6;
}

int cpl_json_string(struct cpl_buf *out, const char *p, size_t n)
{
	size_t start = out->len, run = 0, i = 0;
	char escaped[6];

	while (i < n) {
		unsigned char class = class_of[(unsigned char)p[i]];

		if (class == 0 || (class == C2 && !is_c1(p + i, n - i))) {
			i++;
			continue;
		}
		if (cpl_buf_add(out, p + run, i - run) < 0 ||
		    cpl_buf_add(out, escaped, escape(escaped, p + i, class)) <
			0)
			goto full;
		i += class == C2 ? 2 : 1;
		run = i;
	}
	if (cpl_buf_add(out, p + run, i - run) < 0)
		goto full;
	return 0;
full:
	cpl_buf_truncate(out, start);
	return -1;
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
		unsigned char class = class_of[(unsigned char)out->data[i]];

		if (class != 0 && class != C2)
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
		unsigned char class = class_of[(unsigned char)*--from];
		size_t len;

		if (class == 0 || class == C2) {
			*--to = *from;
			continue;
		}
		len = escape(escaped, from, class);
		to -= len;
		memcpy(to, escaped, len);
	}
	return 0;
full:
	cpl_buf_truncate(out, start);
	return -1;
}
