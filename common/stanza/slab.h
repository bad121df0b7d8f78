/* SPDX-License-Identifier: MIT
 *
 * The memory of the stanza tree. libstrophe takes some forty small blocks for
 * one message and gives them back when it was dealt with, stanza after stanza:
 * malloc() and free() were a seventh of what xrecv did.
 *
 * A struct cpl_slab owns one piece of CPL_SLAB_BYTES, from which it cuts blocks
 * of up to CPL_SLAB_BLOCK_MAX; one that is given back serves the next that is
 * as large. Larger ones, and all for which there is no room left, are
 * malloc()'s and go back there. So a slab never grows, and what is kept for
 * long takes its own room and no more: with a slab full of stanzas that stay,
 * the others cost what they would without.
 *
 * libstrophe does not look whether it has the memory to go through attributes,
 * and crashes where it has none. For that the slab has a reserve, with which a
 * copy (xmpp_stanza_copy()) fails as it should, and cpl_list_attrs() as well.
 *
 * It looks for no mistakes: of a build with AddressSanitizer, which does,
 * cpl_slab_ctx() leaves it out. */
#ifndef CPL_SLAB_H
#define CPL_SLAB_H

#include <strophe.h>

/* gcc's word for AddressSanitizer, and clang's. */
#ifdef __SANITIZE_ADDRESS__
#define CPL_SLAB_WANTED 0
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define CPL_SLAB_WANTED 0
#endif
#endif
#ifndef CPL_SLAB_WANTED
#define CPL_SLAB_WANTED 1
#endif

struct cpl_slab;

/* A slab (cpl_slab_free(), when all its blocks were given back); NULL without
 * memory. */
struct cpl_slab *cpl_slab_new(void) __attribute__((warn_unused_result));
void cpl_slab_free(struct cpl_slab *s);

/* The slab as libstrophe wants it, valid as long as the slab is; NULL for none,
 * which to libstrophe is malloc(). */
const xmpp_mem_t *cpl_slab_mem(const struct cpl_slab *s);

/* A new context (the caller's, xmpp_ctx_free()) on a slab of its own, which is
 * in *slab for cpl_slab_free() behind it; NULL there: there is none. NULL
 * without memory. */
xmpp_ctx_t *cpl_slab_ctx(struct cpl_slab **slab)
    __attribute__((warn_unused_result));

#endif
