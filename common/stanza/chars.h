/* SPDX-License-Identifier: MIT
 *
 * The one place where bytes become text: UTF-8 (RFC 3629: no overlong forms,
 * no surrogates, at most U+10FFFF) of characters that XML 1.0 allows (2.2 Char:
 * no C0 control but TAB, LF and CR, no U+FFFE and U+FFFF). libstrophe does not
 * check either. Nothing here keeps state or allocates beyond the caller's
 * buffer. */
#ifndef CPL_CHARS_H
#define CPL_CHARS_H

#include <stddef.h>
#include <stdint.h>

#include "../base/buf.h"

/* The length in bytes of the character at p (n > 0 bytes are there) and its
 * code point in *cp; 0 when it is not UTF-8 or cut off. */
size_t cpl_chars_decode(const char *p, size_t n, uint32_t *cp);

/* 0 when all n bytes are text; else -1 with e (CPL_DATA) saying what is wrong
 * and at which byte, counted from 1: "byte 7 (0xff) is not UTF-8", "byte 3:
 * XML forbids the character U+0001". */
int cpl_chars_check(const char *p, size_t n, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Appends p to out with each maximal run that is not UTF-8 and each forbidden
 * character replaced by U+FFFD. 0, or -1 when out is full. */
int cpl_chars_sanitize(struct cpl_buf *out, const char *p, size_t n)
    __attribute__((warn_unused_result));

/* Appends p as text: as it is when it is, sanitized when sanitize is non-zero.
 * -1 with CPL_DATA otherwise, or when out is full. */
int cpl_chars_text(struct cpl_buf *out, const char *p, size_t n, int sanitize,
		   struct cpl_err *e) __attribute__((warn_unused_result));

#endif
