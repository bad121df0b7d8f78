/* SPDX-License-Identifier: MIT
 *
 * Text on its way into a format that must escape some of it: what is special is
 * told by the first byte, all else is copied in runs. Nothing is kept. */
#ifndef CPL_ESCAPE_H
#define CPL_ESCAPE_H

#include <stddef.h>

#include "../base/buf.h"

/* The class of 0xc2, where the C1 controls are special, which a terminal obeys:
 * U+0080 to U+009F begin with that byte. */
enum { CPL_ESCAPE_C1 = 1 };

struct cpl_escape {
	unsigned char class_of[256]; /* 0: the byte is no special one */
	/* Appends the escape of one special: a byte, or the two of a C1
	 * control. */
	int (*add)(struct cpl_buf *out, const char *p, size_t n);
};

/* Bytes of the special at p, 1 or 2; 0: there is none. n is at least 1. */
size_t cpl_escape_at(const struct cpl_escape *how, const char *p, size_t n);

/* Appends n bytes of UTF-8, escaped. -1 when out is full: what was appended by
 * then is taken back. */
int cpl_escape(const struct cpl_escape *how, struct cpl_buf *out, const char *p,
	       size_t n) __attribute__((warn_unused_result));

#endif
