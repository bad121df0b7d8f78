/* SPDX-License-Identifier: MIT
 *
 * A libstrophe context whose allocator counts blocks and can be told to fail:
 * struct strophe_mem m; ctx = strophe_mem_ctx(&m). */
#ifndef STROPHE_MEM_H
#define STROPHE_MEM_H

#include <stdlib.h>
#include <strophe.h>

#include "unit.h"

struct strophe_mem {
	xmpp_mem_t suite;
	long blocks;  /* that are allocated now */
	long calls;   /* allocations asked for so far */
	long fail_at; /* the call that fails, from 1; 0 none */
};

static void *strophe_mem_alloc(size_t size, void *user)
{
	struct strophe_mem *m = user;
	void *p;

	if (++m->calls == m->fail_at)
		return NULL;
	p = malloc(size);
	m->blocks += p != NULL;
	return p;
}

static void strophe_mem_free(void *p, void *user)
{
	struct strophe_mem *m = user;

	m->blocks -= p != NULL;
	free(p);
}

static void *strophe_mem_realloc(void *p, size_t size, void *user)
{
	struct strophe_mem *m = user;
	void *fresh;

	if (++m->calls == m->fail_at)
		return NULL;
	fresh = realloc(p, size);
	m->blocks += !p && fresh;
	return fresh;
}

/* Failing starts with the context made: calls is 0 again. */
static inline xmpp_ctx_t *strophe_mem_ctx(struct strophe_mem *m)
{
	xmpp_ctx_t *ctx;

	m->suite.alloc = strophe_mem_alloc;
	m->suite.free = strophe_mem_free;
	m->suite.realloc = strophe_mem_realloc;
	m->suite.userdata = m;
	m->blocks = m->calls = m->fail_at = 0;
	ctx = xmpp_ctx_new(&m->suite, NULL);
	m->calls = 0;
	return ctx;
}

/* Frees the context and ends the program, of which a block that is left is a
 * failure; main()'s result. */
static inline int strophe_mem_end(const struct strophe_mem *m, xmpp_ctx_t *ctx)
{
	xmpp_ctx_free(ctx);
	if (m->blocks != 0) {
		printf("# %ld blocks left\n", m->blocks);
		unit.failed++;
	}
	return unit_end();
}

#endif
