/* SPDX-License-Identifier: MIT
 *
 * Any bytes as an XML document, whole and cut into pieces: the same children
 * (when a fault is seen may depend on the cut). The first byte says where to
 * cut, whether CDATA is allowed, and whether the limit is small. */
#include "../../common/stanza/tree.h"

#include "fuzz.h"

struct run {
	struct cpl_tree *tree;
	struct cpl_buf log;
	uint8_t how;
};

static void on_root(void *user, const char *name, const char *ns,
		    const char *const *attrs)
{
	struct run *run = user;

	MUST(cpl_buf_addf(&run->log, "root %s %s\n", name, ns ? ns : "-") == 0);
	for (; *attrs; attrs += 2)
		MUST(cpl_buf_addf(&run->log, "%s=%s\n", attrs[0], attrs[1]) ==
		     0);
	/* not before, as the root's own size is no exact matter */
	if (run->how & 2)
		cpl_tree_limit(run->tree, 200);
}

static void on_child(void *user, xmpp_stanza_t *child)
{
	struct run *run = user;

	MUST(cpl_write_xml(&run->log, child, NULL) == 0);
	MUST(cpl_buf_addc(&run->log, '\n') == 0);
}

static void on_end(void *user)
{
	MUST(cpl_buf_adds(&((struct run *)user)->log, "end\n") == 0);
}

/* In pieces of step bytes, the first of which is the shorter. */
static void parse(struct run *run, const char *p, size_t n, size_t step)
{
	static const struct cpl_tree_events events = {on_root, on_child,
						      on_end};
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	struct cpl_err e = CPL_ERR_INIT;
	size_t piece = n % step;
	int rc = 0;

	run->tree =
	    cpl_tree_new(ctx, run->how & 1 ? CPL_TREE_CDATA : 0, &events, run);
	for (; n > 0 && rc == 0; p += piece, n -= piece, piece = step)
		if (piece > 0)
			rc = cpl_tree_feed(run->tree, p, piece, &e);
	MUST(rc == 0 || (e.status == CPL_PROTOCOL && e.text[0]));
	cpl_tree_free(run->tree);
	xmpp_ctx_free(ctx);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run whole = {NULL, CPL_BUF_INIT(FUZZ_ROOM), 0}, cut;

	if (size < 2)
		return 0;
	whole.how = data[0];
	cut = whole;
	parse(&whole, (const char *)data + 1, size - 1, size);
	parse(&cut, (const char *)data + 1, size - 1,
	      1 + (size_t)(data[0] >> 2));
	MUST(fuzz_same(&whole.log, &cut.log));
	cpl_buf_release(&whole.log);
	cpl_buf_release(&cut.log);
	return 0;
}
