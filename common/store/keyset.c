/* SPDX-License-Identifier: MIT */
#include "keyset.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 1024

/* Keys are hashes, but who knows what is in a file. */
static uint32_t *bucket(const struct cpl_keyset *s, const unsigned char *key)
{
	uint32_t n;

	memcpy(&n, key, sizeof n);
	n = (n ^ n >> 16) * 2654435761U;
	n ^= n >> 15;
	return &s->buckets[n & (s->room - 1)];
}

struct cpl_keyset_entry *cpl_keyset_at(const struct cpl_keyset *s, size_t i)
{
	return &s->ring[(s->first + i) & (s->room - 1)];
}

struct cpl_keyset_entry *cpl_keyset_find(const struct cpl_keyset *s,
					 const unsigned char *key)
{
	uint32_t i = s->room ? *bucket(s, key) : 0;

	for (; i; i = s->ring[i - 1].next)
		if (memcmp(s->ring[i - 1].key, key, CPL_KEY_BYTES) == 0)
			return &s->ring[i - 1];
	return NULL;
}

static void link_entry(struct cpl_keyset *s, struct cpl_keyset_entry *e)
{
	uint32_t *b = bucket(s, e->key);

	e->next = *b;
	*b = (uint32_t)(e - s->ring) + 1;
}

static void drop_oldest(struct cpl_keyset *s)
{
	struct cpl_keyset_entry *e = cpl_keyset_at(s, 0);
	uint32_t *p = bucket(s, e->key);

	while (*p != (uint32_t)(e - s->ring) + 1)
		p = &s->ring[*p - 1].next;
	*p = e->next;
	s->first = (s->first + 1) & (s->room - 1);
	s->count--;
}

/* Twice the room; all is linked anew. */
static int grow(struct cpl_keyset *s)
{
	struct cpl_keyset old = *s, more = *s;

	more.room = s->room ? 2 * s->room : ROOM_FIRST;
	more.first = 0;
	more.ring = calloc(more.room, sizeof *more.ring);
	more.buckets = calloc(more.room, sizeof *more.buckets);
	if (!more.ring || !more.buckets) {
		free(more.ring);
		free(more.buckets);
		return -1;
	}
	for (size_t i = 0; i < s->count; i++) {
		more.ring[i] = *cpl_keyset_at(s, i);
		link_entry(&more, &more.ring[i]);
	}
	*s = more;
	free(old.ring);
	free(old.buckets);
	return 0;
}

struct cpl_keyset_entry *cpl_keyset_add(struct cpl_keyset *s,
					const unsigned char *key, int64_t at)
{
	struct cpl_keyset_entry *e;

	if (s->count > 0 && s->count >= s->max)
		drop_oldest(s);
	if (s->count == s->room && grow(s) < 0)
		return NULL;
	e = cpl_keyset_at(s, s->count++);
	memcpy(e->key, key, CPL_KEY_BYTES);
	e->at = at;
	e->kept = 0;
	link_entry(s, e);
	return e;
}

void cpl_keyset_expire(struct cpl_keyset *s, int64_t before)
{
	while (s->count > 0 && cpl_keyset_at(s, 0)->at < before)
		drop_oldest(s);
}

void cpl_keyset_release(struct cpl_keyset *s)
{
	free(s->ring);
	free(s->buckets);
	s->ring = NULL;
	s->buckets = NULL;
	s->first = s->count = s->room = 0;
}
