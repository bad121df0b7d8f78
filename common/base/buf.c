/* SPDX-License-Identifier: MIT */
#include "buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cpl_buf_init(struct cpl_buf *b, size_t max)
{
	memset(b, 0, sizeof *b);
	b->max = max;
}

/* A block of its own for a secret: realloc() could leave a copy behind. */
static char *grow_block(const struct cpl_buf *b, char *base, size_t cap)
{
	char *fresh;

	if (!b->secret)
		return realloc(base, cap);
	fresh = malloc(cap);
	if (!fresh)
		return NULL;
	if (base) {
		memcpy(fresh, base, b->off + b->len);
		explicit_bzero(base, b->cap);
		free(base);
	}
	return fresh;
}

char *cpl_buf_room(struct cpl_buf *b, size_t n)
{
	char *base = b->data ? b->data - b->off : NULL;
	size_t cap = b->cap;

	b->over = n > b->max || b->len > b->max - n;
	if (b->over)
		return NULL;
	if (b->data && b->off + b->len + n < cap)
		return b->data + b->len;
	/* Half of the block is consumed: moving the rest is cheaper than a
	 * larger block, and at most one move pays for one consumed half. */
	if (b->data && b->off > cap / 2 && b->len + n < cap) {
		memmove(base, b->data, b->len + 1);
		b->data = base;
		b->off = 0;
		return b->data + b->len;
	}
	cap = cap ? cap : 64;
	while (cap <= b->off + b->len + n)
		cap *= 2;
	base = grow_block(b, base, cap);
	if (!base)
		return NULL;
	b->data = base + b->off;
	b->cap = cap;
	b->data[b->len] = '\0';
	return b->data + b->len;
}

void cpl_buf_added(struct cpl_buf *b, size_t n)
{
	b->len += n;
	b->data[b->len] = '\0';
}

int cpl_buf_grow_add(struct cpl_buf *b, const void *p, size_t n)
{
	char *room = cpl_buf_room(b, n);

	if (!room)
		return -1;
	if (n > 0)
		memcpy(room, p, n);
	cpl_buf_added(b, n);
	return 0;
}

int cpl_buf_addv(struct cpl_buf *b, const char *fmt, va_list ap)
{
	va_list again;
	char *room = NULL;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n >= 0)
		room = cpl_buf_room(b, (size_t)n);
	/* One byte more than is counted: vsnprintf() writes the NUL itself. */
	if (room) {
		vsnprintf(room, (size_t)n + 1, fmt, again);
		cpl_buf_added(b, (size_t)n);
	}
	va_end(again);
	return room ? 0 : -1;
}

int cpl_buf_addf(struct cpl_buf *b, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = cpl_buf_addv(b, fmt, ap);
	va_end(ap);
	return r;
}

void cpl_buf_consume(struct cpl_buf *b, size_t n)
{
	if (n == 0)
		return;
	if (n < b->len) {
		b->data += n;
		b->off += n;
		b->len -= n;
		return;
	}
	cpl_buf_truncate(b, 0);
}

void cpl_buf_truncate(struct cpl_buf *b, size_t n)
{
	if (!b->data)
		return;
	if (b->secret)
		explicit_bzero(b->data + n, b->len - n);
	b->len = n;
	if (n == 0) {
		b->data -= b->off;
		b->off = 0;
	}
	b->data[n] = '\0';
}

char *cpl_buf_take(struct cpl_buf *b)
{
	char *data;

	if (!b->data)
		return calloc(1, 1);
	data = b->data - b->off;
	if (b->off > 0)
		memmove(data, b->data, b->len + 1);
	b->data = NULL;
	b->len = b->off = b->cap = 0;
	return data;
}

void cpl_buf_release(struct cpl_buf *b)
{
	if (b->data) {
		char *base = b->data - b->off;

		if (b->secret)
			explicit_bzero(base, b->cap);
		free(base);
	}
	b->data = NULL;
	b->len = b->off = b->cap = 0;
}

int cpl_buf_err(const struct cpl_buf *b, struct cpl_err *e,
		enum cpl_status status, const char *what)
{
	if (!b->over)
		return cpl_err_nomem(e);
	return cpl_err_set(e, status, "%s is over %zu bytes", what, b->max);
}
