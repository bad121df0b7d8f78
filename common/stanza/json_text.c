/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "escape.h"
#include "json.h"
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

static int add_escape(struct cpl_buf *out, const char *p, size_t n)
{
	unsigned char class = in_string.class_of[(unsigned char)*p];
	char letter[2] = {'\\', (char)class};

	if (class == CODE || class == CPL_ESCAPE_C1)
		return cpl_buf_addf(out, "\\u%04x", (unsigned char)p[n - 1]);
	return cpl_buf_add(out, letter, sizeof letter);
}

int cpl_json_string(struct cpl_buf *out, const char *p, size_t n)
{
	return cpl_escape(&in_string, out, p, n);
}

int cpl_json_entry(struct cpl_buf *out, const char *key, const char *value)
{
	char before = out->len > 0 ? out->data[out->len - 1] : '{';

	if (!value)
		return 0;
	if ((before != '{' && before != '[' && cpl_buf_addc(out, ',') < 0) ||
	    (key && cpl_buf_addf(out, "\"%s\":", key) < 0) ||
	    cpl_buf_addc(out, '"') < 0 ||
	    cpl_json_string(out, value, strlen(value)) < 0)
		return -1;
	return cpl_buf_addc(out, '"');
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

int cpl_json_xml(struct cpl_buf *out, xmpp_stanza_t *element)
{
	return cpl_write_xml_in_json(out, element, CPL_NS_CLIENT);
}
