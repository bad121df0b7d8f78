/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "json_parts.h"

/* Where it has no memory for the next byte of a string the library goes on, and
 * reads and writes behind the end of what it has when there is some again for
 * the copy. So from then on there is none until all is over. Its allocator is
 * the process's and is told of nobody, or this would not be the file's. */
static int starved;

static void *take(size_t n)
{
	void *p = starved ? NULL : malloc(n);

	starved = !p;
	return p;
}

json_t *cpl_json_load(const char *p, size_t n, size_t flags, json_error_t *why,
		      struct cpl_err *e)
{
	json_t *root;

	json_set_alloc_funcs(take, free);
	starved = 0;
	root = json_loadb(p, n, flags, why);
	if (!starved)
		return root;
	json_decref(root);
	cpl_err_nomem(e);
	return NULL;
}
