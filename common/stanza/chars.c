/* SPDX-License-Identifier: MIT */
#include "chars.h"

/* RFC 3629 4: what may follow each first byte; the second byte's range keeps
 * out overlong forms, surrogates and what is above U+10FFFF. */
size_t cpl_chars_decode(const char *p, size_t n, uint32_t *cp)
{
	const unsigned char *u = (const unsigned char *)p;
	unsigned char low = 0x80, high = 0xbf;
	size_t len;
	uint32_t c;

	if (u[0] < 0x80) {
		*cp = u[0];
		return 1;
	}
	if (u[0] < 0xc2 || u[0] > 0xf4)
		return 0;
	len = u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;
	if (n < len)
		return 0;
	if (u[0] == 0xe0)
		low = 0xa0;
	else if (u[0] == 0xed)
		high = 0x9f;
	else if (u[0] == 0xf0)
		low = 0x90;
	else if (u[0] == 0xf4)
		high = 0x8f;
	if (u[1] < low || u[1] > high)
		return 0;
	c = u[0] & (0xffu >> (len + 1));
	c = c << 6 | (u[1] & 0x3fu);
	for (size_t i = 2; i < len; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (u[i] & 0x3fu);
	}
	*cp = c;
	return len;
}

/* XML 1.0 2.2, Char, of what UTF-8 can encode */
static int is_xml_char(uint32_t c)
{
	return c >= 0x20 ? c != 0xfffe && c != 0xffff
			 : c == '\t' || c == '\n' || c == '\r';
}

/* How many bytes from p on are text. */
static size_t good_run(const char *p, size_t n)
{
	size_t i = 0, len;
	uint32_t c;

	while (i < n) {
		if ((unsigned char)p[i] >= 0x20 && (unsigned char)p[i] < 0x80) {
			i++;
			continue;
		}
		len = cpl_chars_decode(p + i, n - i, &c);
		if (len == 0 || !is_xml_char(c))
			break;
		i += len;
	}
	return i;
}

int cpl_chars_check(const char *p, size_t n, struct cpl_err *e)
{
	size_t at = good_run(p, n);
	uint32_t c;

	if (at == n)
		return 0;
	if (cpl_chars_decode(p + at, n - at, &c) == 0)
		return cpl_err_set(e, CPL_DATA,
				   "byte %zu (0x%02x) is not UTF-8", at + 1,
				   (unsigned char)p[at]);
	return cpl_err_set(e, CPL_DATA,
			   "byte %zu: XML forbids the character U+%04X", at + 1,
			   (unsigned)c);
}

int cpl_chars_sanitize(struct cpl_buf *out, const char *p, size_t n)
{
	size_t start = out->len, len;
	uint32_t c;

	while (n > 0) {
		len = good_run(p, n);
		if (cpl_buf_add(out, p, len) < 0)
			goto full;
		p += len;
		n -= len;
		if (n == 0)
			break;
		if (cpl_buf_adds(out, "\xef\xbf\xbd") < 0)
			goto full;
		len = cpl_chars_decode(p, n, &c);
		/* one forbidden character, or one run of stray bytes */
		do {
			p += len ? len : 1;
			n -= len ? len : 1;
		} while (len == 0 && n > 0 && cpl_chars_decode(p, n, &c) == 0);
	}
	return 0;
full:
	cpl_buf_truncate(out, start);
	return -1;
}

int cpl_chars_text(struct cpl_buf *out, const char *p, size_t n, int sanitize,
		   struct cpl_err *e)
{
	struct cpl_err why = CPL_ERR_INIT;
	int r;

	if (cpl_chars_check(p, n, &why) == 0)
		r = cpl_buf_add(out, p, n);
	else if (sanitize)
		r = cpl_chars_sanitize(out, p, n);
	else
		return cpl_err_set(e, why.status, "%s", why.text);
	return r == 0 ? 0 : cpl_buf_err(out, e, CPL_DATA, "the text");
}
