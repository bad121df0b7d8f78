/* SPDX-License-Identifier: MIT */
#include "offer.h"

#include <stdlib.h>
#include <string.h>

static int same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

int cpl_offer_same(const struct cpl_offer *a, const struct cpl_offer *b)
{
	return same(a->one, b->one) && same(a->two, b->two) &&
	       same(a->bindings, b->bindings) && same(a->fast, b->fast) &&
	       a->sm == b->sm && a->pipelining == b->pipelining;
}

/* What was remembered may be cut: then the last name is none. */
int cpl_offer_has(const char *list, const char *name)
{
	size_t n = strlen(name);

	while (list) {
		if (strncmp(list, name, n) == 0 && list[n] == ' ')
			return 1;
		list = strchr(list, ' ');
		if (list)
			list++;
	}
	return 0;
}

void cpl_offer_release(struct cpl_offer *o)
{
	free(o->one);
	free(o->two);
	free(o->bindings);
	free(o->fast);
	free(o->upgrades);
	*o = (struct cpl_offer){0};
}
