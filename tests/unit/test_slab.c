/* SPDX-License-Identifier: MIT */
#include "scarce.h"

#include "../../common/stanza/slab.c"
#undef malloc

#include "../../common/stanza/build.h"
#include "unit.h"

static struct {
	struct cpl_slab *slab;
	const xmpp_mem_t *mem;
	uintptr_t first; /* where the slab's blocks begin */
} t;

static void *take(size_t n)
{
	return t.mem->alloc(n, t.mem->userdata);
}

static void give(void *p)
{
	t.mem->free(p, t.mem->userdata);
}

static void *resize(void *p, size_t n)
{
	return t.mem->realloc(p, n, t.mem->userdata);
}

/* How far into the slab; all others are at CPL_SLAB_BYTES or beyond. */
static size_t place(const void *p)
{
	return (size_t)((uintptr_t)p - t.first);
}

static int inside(const void *p)
{
	return place(p) < CPL_SLAB_BYTES;
}

static void begin(void)
{
	void *p;

	t.slab = cpl_slab_new();
	t.mem = cpl_slab_mem(t.slab);
	p = take(1);
	t.first = (uintptr_t)p;
	give(p);
}

static void end(void)
{
	cpl_slab_free(t.slab);
}

/* Whether all n bytes are c. */
static int all(const void *p, int c, size_t n)
{
	const unsigned char *u = p;

	for (size_t i = 0; i < n; i++)
		if (u[i] != (unsigned char)c)
			return 0;
	return 1;
}

static void sizes(void)
{
	void *p[CPL_SLAB_BLOCK_MAX + 2];
	int in = 0;

	begin();
	for (size_t n = 0; n <= CPL_SLAB_BLOCK_MAX + 1; n++) {
		p[n] = take(n);
		UNIT_NEED(p[n] != NULL);
		CHECK_INT((uintptr_t)p[n] % _Alignof(max_align_t), 0);
		memset(p[n], (int)n, n);
		in += inside(p[n]);
	}
	CHECK(inside(p[0]) && !inside(p[CPL_SLAB_BLOCK_MAX + 1]));
	CHECK(in > 100 && in < CPL_SLAB_BLOCK_MAX); /* by then it is full */
	for (size_t n = 0; n <= CPL_SLAB_BLOCK_MAX + 1; n++) {
		CHECK(all(p[n], (int)n, n));
		give(p[n]);
	}
	end();
}

static void at_the_limit(void)
{
	void *p, *q;

	begin();
	p = take(CPL_SLAB_BLOCK_MAX);
	q = take(CPL_SLAB_BLOCK_MAX + 1);
	CHECK(inside(p));
	CHECK(q && !inside(q));
	give(p);
	give(q);
	give(NULL);
	end();
}

static void serves_again(void)
{
	void *p, *q, *other;

	begin();
	p = take(100);
	q = take(100);
	give(p);
	other = take(40);
	CHECK(other != p);
	CHECK(take(112) == p); /* the same multiple of 16 */
	give(q);
	CHECK(take(97) == q);
	give(p);
	give(q);
	give(other);
	end();
}

/* Every block that there is room for, then some of malloc()'s. */
static void full(void)
{
	enum { SIZE = 64, COUNT = CPL_SLAB_BYTES / SIZE + 100 };
	void *p[COUNT];
	int in = 0, again = 0;

	begin();
	for (int i = 0; i < COUNT; i++) {
		p[i] = take(SIZE);
		UNIT_NEED(p[i] != NULL);
		memset(p[i], i, SIZE);
		in += inside(p[i]);
	}
	/* begin() has cut a smaller one, and the reserve is another */
	CHECK_INT(in, CPL_SLAB_BYTES / SIZE - 2);
	for (int i = 0; i < COUNT; i++) {
		CHECK(all(p[i], i, SIZE));
		give(p[i]);
	}
	for (int i = 0; i < COUNT; i++) {
		p[i] = take(SIZE);
		again += inside(p[i]);
	}
	CHECK_INT(again, in);
	for (int i = 0; i < COUNT; i++)
		give(p[i]);
	end();
}

/* What stays takes its own room and holds nothing else: what comes and goes
 * beside it needs no more than it did. */
static void kept(void)
{
	enum { SIZE = 160, EACH = 10, KEPT = 100 };
	void *keep[KEPT], *p[EACH];
	size_t most = 0;

	begin();
	for (int i = 0; i < KEPT; i++) {
		keep[i] = take(SIZE);
		memset(keep[i], i, SIZE);
		for (int j = 0; j < 1000; j++) {
			p[j % EACH] = take(SIZE);
			UNIT_NEED(p[j % EACH] != NULL);
			if (place(p[j % EACH]) > most)
				most = place(p[j % EACH]);
			memset(p[j % EACH], 0xff, SIZE);
			if (j % EACH == EACH - 1)
				for (int k = 0; k < EACH; k++)
					give(p[k]);
		}
	}
	CHECK_INT(most, 16 + (KEPT + EACH - 1) * SIZE);
	for (int i = 0; i < KEPT; i++) {
		CHECK(all(keep[i], i, SIZE));
		give(keep[i]);
	}
	end();
}

static void resizes(void)
{
	char *p, *q;

	begin();
	p = resize(NULL, 20);
	UNIT_NEED(p != NULL);
	memset(p, 'a', 20);
	CHECK(resize(p, 32) == p);
	q = resize(p, 33);
	UNIT_NEED(q != NULL);
	CHECK(q != p && inside(q) && all(q, 'a', 20));
	CHECK(take(32) == p); /* it was given back */
	give(p);
	memset(q, 'b', 33);
	p = resize(q, CPL_SLAB_BLOCK_MAX + 1);
	UNIT_NEED(p != NULL);
	CHECK(!inside(p) && all(p, 'b', 33));
	memset(p, 'c', CPL_SLAB_BLOCK_MAX + 1);
	p = resize(p, (size_t)2 * CPL_SLAB_BLOCK_MAX);
	UNIT_NEED(p != NULL);
	CHECK(all(p, 'c', CPL_SLAB_BLOCK_MAX + 1));
	p = resize(p, 1); /* stays malloc()'s */
	CHECK(p && !inside(p) && *p == 'c');
	give(p);
	end();
}

/* libstrophe on it: of all that was built nothing is left. */
static void context(void)
{
	struct cpl_slab *slab;
	xmpp_ctx_t *ctx = cpl_slab_ctx(&slab);
	xmpp_stanza_t *s, *copy;
	char *text;
	size_t n;

	UNIT_NEED(ctx != NULL);
	for (int i = 0; i < 1000; i++) {
		s = xmpp_message_new(ctx, "chat", "juliet@capulet.lit", "1");
		CHECK_INT(xmpp_message_set_body(s, "hi"), 0);
		copy = xmpp_stanza_copy(s);
		xmpp_stanza_release(s);
		CHECK_INT(xmpp_stanza_to_text(copy, &text, &n), 0);
		CHECK(strstr(text, "<body>hi</body>") != NULL);
		xmpp_free(ctx, text);
		xmpp_stanza_release(copy);
	}
	xmpp_ctx_free(ctx);
	cpl_slab_free(slab);
}

/* So that there are no blocks left but the reserve; *count of them. */
static void **use_up(size_t *count)
{
	void **p = calloc(CPL_SLAB_BYTES / UNIT, sizeof *p), *q;

	*count = 0;
	scarce_at(1, 1);
	for (size_t n = CPL_SLAB_BLOCK_MAX; p && n > 0; n -= UNIT) {
		while ((q = take(n)) != NULL && t.slab->lent == 0)
			p[(*count)++] = q;
		give(q);
	}
	scarce_at(0, 0);
	return p;
}

/* An element with all that there is; new. */
static xmpp_stanza_t *build_all(xmpp_ctx_t *ctx)
{
	xmpp_stanza_t *s = cpl_build(ctx, "a-name-of-24-characters-", "urn:x");
	xmpp_stanza_t *c = cpl_build_child(s, "child-of-24-characters--", NULL);

	CHECK_INT(cpl_set_attr(s, "a", "value of 24 characters--"), 0);
	CHECK_INT(cpl_set_attr(s, "key-of-24-characters----", "b"), 0);
	CHECK_INT(cpl_set_attr(c, "c", "d"), 0);
	CHECK_INT(cpl_build_text_child(c, "text", "text of 24 characters---"),
		  0);
	return s;
}

/* Its blocks in use, and of all others the first so many are there: a copy is
 * whole, or there is none. */
static void copy_fails(void)
{
	xmpp_ctx_t *ctx;
	xmpp_stanza_t *s, *copy = NULL;
	size_t used, count = 0;
	void **p;

	begin();
	ctx = xmpp_ctx_new(t.mem, NULL);
	UNIT_NEED(ctx != NULL);
	s = build_all(ctx);
	UNIT_NEED(s != NULL);
	p = use_up(&used);
	UNIT_NEED(p != NULL);
	for (long n = 0; !copy && n < 100; n++, count++) {
		scarce_at(n + 1, 1);
		copy = xmpp_stanza_copy(s);
		CHECK(copy || t.slab->lent == 0);
	}
	scarce_at(0, 0);
	UNIT_NEED(copy != NULL);
	CHECK(count > 20);
	CHECK_STR(xmpp_stanza_get_attribute(copy, "a"),
		  "value of 24 characters--");
	xmpp_stanza_release(copy);
	CHECK_INT(t.slab->lent, 0);
	for (size_t i = 0; i < used; i++)
		give(p[i]);
	free(p);
	xmpp_stanza_release(s);
	xmpp_ctx_free(ctx);
	end();
}

/* The same for a list of attributes. */
static void list_fails(void)
{
	const char *list[8];
	xmpp_ctx_t *ctx;
	xmpp_stanza_t *s;
	size_t used;
	void **p, *lent[IN_RESERVE + 1];

	begin();
	ctx = xmpp_ctx_new(t.mem, NULL);
	UNIT_NEED(ctx != NULL);
	s = build_all(ctx);
	UNIT_NEED(s != NULL);
	CHECK_INT(cpl_list_attrs(s, list), 3);
	p = use_up(&used);
	UNIT_NEED(p != NULL);
	scarce_at(1, 1);
	CHECK_INT(cpl_list_attrs(s, list), -1);
	scarce_at(2, 1);
	CHECK_INT(cpl_list_attrs(s, list), 3);
	/* What others have of the reserve nobody goes on without. */
	scarce_at(1, 1);
	for (int i = 0; i <= IN_RESERVE; i++)
		lent[i] = take(size_of(ITERATOR));
	CHECK(lent[0] && !lent[IN_RESERVE]);
	scarce_at(0, 0);
	CHECK_INT(cpl_list_attrs(s, list), -1);
	CHECK(take(CPL_SLAB_BLOCK_MAX + 1) == NULL);
	for (int i = 0; i < IN_RESERVE; i++)
		give(lent[i]);
	CHECK_INT(cpl_list_attrs(s, list), 3);
	for (size_t i = 0; i < used; i++)
		give(p[i]);
	free(p);
	xmpp_stanza_release(s);
	xmpp_ctx_free(ctx);
	end();
}

/* For the sanitizer every block is one of malloc()'s. */
static void left_out(void)
{
	struct cpl_slab *slab;
	xmpp_ctx_t *ctx = cpl_slab_ctx(&slab);

	CHECK_INT(slab != NULL, CPL_SLAB_WANTED);
	CHECK(cpl_slab_mem(NULL) == NULL);
	xmpp_ctx_free(ctx);
	cpl_slab_free(slab);
}

int main(void)
{
	RUN(sizes);
	RUN(at_the_limit);
	RUN(serves_again);
	RUN(full);
	RUN(kept);
	RUN(resizes);
	RUN(context);
	RUN(copy_fails);
	RUN(list_fails);
	RUN(left_out);
	return unit_end();
}
