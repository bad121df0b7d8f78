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

/* How many bytes from p on are none that is special; four at a time, since it
 * is what most of the time here goes to. */
static size_t run_of(const unsigned char *class_of, const char *p, size_t n)
{
	const unsigned char *u = (const unsigned char *)p;
	size_t i = 0;

	while (n - i >= 4 && !(class_of[u[i]] | class_of[u[i + 1]] |
			       class_of[u[i + 2]] | class_of[u[i + 3]]))
		i += 4;
	while (i < n && !class_of[u[i]])
		i++;
	return i;
}

int cpl_escape(const struct cpl_escape *how, struct cpl_buf *out, const char *p,
	       size_t n)
{
	size_t start = out->len, run = 0, i = 0, special;

	for (;;) {
		i += run_of(how->class_of, p + i, n - i);
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
