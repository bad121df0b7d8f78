/* SPDX-License-Identifier: MIT */
#include "escape.h"

size_t cpl_escape_at(const struct cpl_escape *how, const char *p, size_t n)
{
	unsigned char c = (unsigned char)*p;

	if (how->class_of[c] == 0)
		return 0;
	if (c != 0xc2)
		return 1;
	return n > 1 && (unsigned char)p[1] >= 0x80 &&
		       (unsigned char)p[1] <= 0x9f
		   ? 2
		   : 0;
}

int cpl_escape(const struct cpl_escape *how, struct cpl_buf *out, const char *p,
	       size_t n)
{
	size_t start = out->len, run = 0, i = 0, special;

	for (;;) {
		while (i < n && how->class_of[(unsigned char)p[i]] == 0)
			i++;
		if (i == n)
			break;
		special = cpl_escape_at(how, p + i, n - i);
		if (special == 0) { /* the byte of a C1 control, but none */
			i++;
			continue;
		}
		if (cpl_buf_add(out, p + run, i - run) < 0 ||
		    how->add(out, p + i, special) < 0)
			goto full;
		run = i += special;
	}
	if (cpl_buf_add(out, p + run, i - run) < 0)
		goto full;
	return 0;
full:
	cpl_buf_truncate(out, start);
	return -1;
}
