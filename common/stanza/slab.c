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

/* What libstrophe (0.12, 0.14) goes through attributes with, and never looks
 * whether it got it. A copy of an element takes one behind at most one other
 * block of its class, the element's name. */
struct iterator {
	unsigned ref;
	void *table, *entry;
	int index;
};
#define ITERATOR ((sizeof(struct iterator) - 1) / UNIT)
#define IN_RESERVE 2

/* One that was given back. */
struct spare {
	struct spare *next;
};

struct cpl_slab {
	xmpp_mem_t mem;
	struct spare *spares[CLASSES];
	/* Blocks of that class for when there are no others, and how many of
	 * them are lent: other functions are in mem then, which deal out no
	 * other class, so that who got a block of one knows all are here. */
	struct spare *reserve;
	size_t lent;
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

/* Until they are back. */
static void *take_lent(const size_t n, void *const user);
static void give_lent(void *p, void *const user);

static void *lend(struct cpl_slab *s)
{
	struct spare *p = s->reserve;

	if (!p)
		return NULL;
	s->reserve = p->next;
	s->lent++;
	s->mem.alloc = take_lent;
	s->mem.free = give_lent;
	return p;
}

static void *cut_block(struct cpl_slab *s, size_t class)
{
	char *p = s->bytes + s->cut;

	if (size_of(class) > sizeof s->bytes - s->cut) {
		p = malloc(size_of(class));
		if (!p && class == ITERATOR)
			p = lend(s);
		return p;
	}
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

static void keep(struct spare **list, struct spare *p)
{
	p->next = *list;
	*list = p;
}

static void give_block(void *p, void *const user)
{
	struct cpl_slab *s = user;
	size_t place = place_of(s, p);

	if (place >= sizeof s->bytes) {
		free(p);
		return;
	}
	keep(&s->spares[s->class_of[place / UNIT]], p);
}

static void *take_lent(const size_t n, void *const user)
{
	return n > size_of(ITERATOR - 1) && n <= size_of(ITERATOR)
		   ? take_block(n, user)
		   : NULL;
}

static void give_lent(void *p, void *const user)
{
	struct cpl_slab *s = user;
	size_t place = place_of(s, p);

	if (place >= sizeof s->bytes || s->class_of[place / UNIT] != ITERATOR) {
		give_block(p, s);
		return;
	}
	keep(&s->reserve, p);
	if (--s->lent > 0)
		return;
	s->mem.alloc = take_block;
	s->mem.free = give_block;
}

static void *resize_block(void *p, const size_t n, void *const user)
{
	struct cpl_slab *s = user;
	size_t place = place_of(s, p), old;
	void *fresh;

	if (!p)
		return s->mem.alloc(n, s);
	if (place >= sizeof s->bytes)
		return realloc(p, n);
	old = size_of(s->class_of[place / UNIT]);
	if (n <= old)
		return p;
	fresh = s->mem.alloc(n, s);
	if (!fresh)
		return NULL;
	memcpy(fresh, p, old);
	s->mem.free(p, s);
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
	for (int i = 0; i < IN_RESERVE; i++)
		keep(&s->reserve, cut_block(s, ITERATOR));
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
	if (CPL_SLAB_WANTED && !*slab)
		return NULL;
	ctx = xmpp_ctx_new(cpl_slab_mem(*slab), NULL);
	if (ctx)
		return ctx;
	cpl_slab_free(*slab);
	*slab = NULL;
	return NULL;
}
