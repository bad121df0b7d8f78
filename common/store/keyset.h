/* SPDX-License-Identifier: MIT
 *
 * Keys of 16 bytes with the time at which each was seen, in that order, and
 * found by hash. It owns them, at most max: with one more the oldest is
 * forgotten. Zero-filled but for max it is empty. */
#ifndef CPL_KEYSET_H
#define CPL_KEYSET_H

#include <stddef.h>
#include <stdint.h>

enum { CPL_KEY_BYTES = 16 };

struct cpl_keyset_entry {
	unsigned char key[CPL_KEY_BYTES];
	int64_t at;    /* seconds of the clock */
	uint32_t next; /* the set's own */
	int kept;      /* the caller's mark */
};

struct cpl_keyset {
	size_t max;
	size_t first; /* the oldest */
	size_t count;
	size_t room; /* of the ring, and of the buckets: a power of two */
	struct cpl_keyset_entry *ring;
	uint32_t *buckets; /* 1 + an index of ring; 0: none */
};

/* The entry of a key, or NULL. Valid until the next change. */
struct cpl_keyset_entry *cpl_keyset_find(const struct cpl_keyset *s,
					 const unsigned char *key);

/* Adds a key that is not there. NULL without memory. */
struct cpl_keyset_entry *cpl_keyset_add(struct cpl_keyset *s,
					const unsigned char *key, int64_t at)
    __attribute__((warn_unused_result));

/* Forgets the oldest, as long as they are of before a time. */
void cpl_keyset_expire(struct cpl_keyset *s, int64_t before);

/* The i-th, the oldest being 0. */
struct cpl_keyset_entry *cpl_keyset_at(const struct cpl_keyset *s, size_t i);

void cpl_keyset_release(struct cpl_keyset *s);

#endif
