/* SPDX-License-Identifier: MIT
 *
 * A growable run of bytes with a mandatory maximum. The struct is the
 * caller's, the bytes are the buffer's until cpl_buf_take(). The bytes are
 * always followed by a NUL that is not counted, so data may be read as a
 * string once something was added. Reaching the maximum, or the end of
 * memory, is an error (-1) that leaves the buffer as it was: nothing is ever
 * cut. Bytes are consumed from the front without moving the rest each time. */
#ifndef CPL_BUF_H
#define CPL_BUF_H

#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "err.h"

struct cpl_buf {
	char *data; /* the first byte not consumed; NULL while nothing was added
		     */
	size_t len; /* bytes at data */
	size_t off; /* bytes consumed in front of data */
	size_t cap; /* allocated, all told */
	size_t max; /* the most that len may be */
	int secret; /* wipe what is left behind on growing and release */
	int over;   /* the last add failed at the maximum, not for memory */
};

#define CPL_BUF_INIT(maximum)                                                  \
	{                                                                      \
		NULL, 0, 0, 0, (maximum), 0, 0                                 \
	}
/* For passwords, keys and messages that carry them. */
#define CPL_BUF_SECRET_INIT(maximum)                                           \
	{                                                                      \
		NULL, 0, 0, 0, (maximum), 1, 0                                 \
	}

/* Makes an empty buffer of at most max bytes. */
void cpl_buf_init(struct cpl_buf *b, size_t max);

/* What cpl_buf_add() does where the block is too small, too. */
int cpl_buf_grow_add(struct cpl_buf *b, const void *p, size_t n)
    __attribute__((warn_unused_result));

/* Adds bytes, a string, one byte, formatted text. 0, or -1 as above. Most of
 * what is written are a few bytes for which there is room: so without a call,
 * and with a size that the compiler knows. */
__attribute__((warn_unused_result)) static inline int
cpl_buf_add(struct cpl_buf *b, const void *p, size_t n)
{
	if (n == 0 || b->off + b->len + n >= b->cap || b->len + n > b->max)
		return cpl_buf_grow_add(b, p, n);
	memcpy(b->data + b->len, p, n);
	b->len += n;
	b->data[b->len] = '\0';
	return 0;
}

__attribute__((warn_unused_result)) static inline int
cpl_buf_adds(struct cpl_buf *b, const char *s)
{
	return cpl_buf_add(b, s, strlen(s));
}

__attribute__((warn_unused_result)) static inline int
cpl_buf_addc(struct cpl_buf *b, char c)
{
	return cpl_buf_add(b, &c, 1);
}

int cpl_buf_addf(struct cpl_buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3), warn_unused_result));
int cpl_buf_addv(struct cpl_buf *b, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0), warn_unused_result));

/* Room for n more bytes at the end: where they go, or NULL. After writing,
 * cpl_buf_added() counts those that were written (at most n). */
char *cpl_buf_room(struct cpl_buf *b, size_t n)
    __attribute__((warn_unused_result));
void cpl_buf_added(struct cpl_buf *b, size_t n);

/* Drops n bytes (at most len) from the front. */
void cpl_buf_consume(struct cpl_buf *b, size_t n);

/* Shortens to n bytes (at most len) by dropping the end. */
void cpl_buf_truncate(struct cpl_buf *b, size_t n);

/* The bytes as a string of the caller's own (free()), the buffer empty. NULL
 * without memory. An empty buffer gives an empty string. */
char *cpl_buf_take(struct cpl_buf *b) __attribute__((warn_unused_result));

/* Frees the bytes; the buffer is empty and may be used again. */
void cpl_buf_release(struct cpl_buf *b);

/* Fills e for an add that failed: the maximum was reached (status and what,
 * "WHAT is over N bytes") or memory ran out (CPL_SYSTEM). Returns -1. */
int cpl_buf_err(const struct cpl_buf *b, struct cpl_err *e,
		enum cpl_status status, const char *what);

#endif
