/* SPDX-License-Identifier: MIT */
#include "slab.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../base/limits.h"

/* Blocks are so many bytes, or a multiple, and begin at one: as malloc()'s. */
#define UNIT 16
#define CLASSES (CPL_SLAB_BLOCK_MAX / UNIT)
_Static_assert(CLASSES <= 256, "a class is a byte");
_Static_assert(UNIT % _Alignof(max_align_t) == 0, "a block is for anything");

/* One that was given back. */
struct spare {
	struct spare *next;
};

struct cpl_slab {
	xmpp_mem_t mem;
	struct spare *spares[CLASSES];
	size_t cut; /* bytes that were made blocks */
	/* Of each block that was, by the unit with which it begins. */
	unsigned char class_of[CPL_SLAB_BYTES / UNIT];
	_Alignas(UNIT) char bytes[CPL_SLAB_BYTES];
};

static size_t size_of(size_t class)
{
	return (class + 1) * UNIT;
}

/* Where a block lies in the slab; from CPL_SLAB_BYTES on: not there. */
static size_t place_of(const struct cpl_slab *s, const void *p)
{
	return (size_t)((uintptr_t)p - (uintptr_t)s->bytes);
}

static void *cut_block(struct cpl_slab *s, size_t class)
{
	char *p = s->bytes + s->cut;

	if (size_of(class) > sizeof s->bytes - s->cut)
		return malloc(size_of(class));
	s->class_of[s->cut / UNIT] = (unsigned char)class;
	s->cut += size_of(class);
	return p;
}

static void *take_block(const size_t n, void *const user)
{
	struct cpl_slab *s = user;
	size_t class = n > 0 ? (n - 1) / UNIT : 0;
	struct spare *p;

	if (class >= CLASSES)
		return malloc(n);
	p = s->spares[class];
	if (!p)
		return cut_block(s, class);
	s->spares[class] = p->next;
	return p;
}

static void give_block(void *p, void *const user)
{
	struct cpl_slab *s = user;
	size_t place = place_of(s, p), class;
	struct spare *spare = p;

	if (place >= sizeof s->bytes) {
		free(p);
		return;
	}
	class = s->class_of[place / UNIT];
	spare->next = s->spares[class];
	s->spares[class] = spare;
}

static void *resize_block(void *p, const size_t n, void *const user)
{
	struct cpl_slab *s = user;
	size_t place = place_of(s, p), old;
	void *fresh;

	if (!p)
		return take_block(n, s);
	if (place >= sizeof s->bytes)
		return realloc(p, n);
	old = size_of(s->class_of[place / UNIT]);
	if (n <= old)
		return p;
	fresh = take_block(n, s);
	if (!fresh)
		return NULL;
	memcpy(fresh, p, old);
	give_block(p, s);
	return fresh;
}

struct cpl_slab *cpl_slab_new(void)
{
	struct cpl_slab *s = malloc(sizeof *s);

	if (!s)
		return NULL;
	/* Memory that is not touched is not taken. */
	memset(s, 0, offsetof(struct cpl_slab, class_of));
	s->mem.alloc = take_block;
	s->mem.free = give_block;
	s->mem.realloc = resize_block;
	s->mem.userdata = s;
	return s;
}

void cpl_slab_free(struct cpl_slab *s)
{
	free(s);
}

const xmpp_mem_t *cpl_slab_mem(const struct cpl_slab *s)
{
	return s ? &s->mem : NULL;
}

xmpp_ctx_t *cpl_slab_ctx(struct cpl_slab **slab)
{
	xmpp_ctx_t *ctx;

	*slab = CPL_SLAB_WANTED ? cpl_slab_new() : NULL;
	ctx = xmpp_ctx_new(cpl_slab_mem(*slab), NULL);
	if (ctx)
		return ctx;
	cpl_slab_free(*slab);
	*slab = NULL;
	return NULL;
}
