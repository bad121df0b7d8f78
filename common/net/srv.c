/* SPDX-License-Identifier: MIT */
#include "srv.h"

#include <string.h>

/* RFC 2782: by priority, and those without weight first within one. */
static int comes_before(const struct cpl_srv *a, const struct cpl_srv *b)
{
	if (a->priority != b->priority)
		return a->priority < b->priority;
	return a->weight == 0 && b->weight != 0;
}

/* Moves record i to the front, the others keep their order. */
static void to_front(struct cpl_srv *records, size_t i)
{
	struct cpl_srv picked = records[i];

	memmove(records + 1, records, i * sizeof *records);
	records[0] = picked;
}

static void sort(struct cpl_srv *records, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		size_t at = i;

		while (at > 0 && comes_before(&records[i], &records[at - 1]))
			at--;
		to_front(records + at, i - at);
	}
}

/* RFC 2782, Usage rules: the first record whose running sum of weights
 * reaches the number drawn comes next, until none is left. */
static void order_equals(struct cpl_srv *records, size_t n,
			 uint32_t (*chance)(void *user, uint32_t sum),
			 void *user)
{
	for (; n > 1; records++, n--) {
		uint32_t sum = 0, drawn, run;
		size_t i = 0;

		for (size_t j = 0; j < n; j++)
			sum += records[j].weight;
		drawn = chance(user, sum);
		for (run = records[0].weight; run < drawn && i < n - 1;)
			run += records[++i].weight;
		to_front(records, i);
	}
}

void cpl_srv_order(struct cpl_srv *records, size_t n,
		   uint32_t (*chance)(void *user, uint32_t sum), void *user)
{
	sort(records, n);
	for (size_t first = 0, last; first < n; first = last) {
		for (last = first + 1; last < n; last++)
			if (records[last].priority != records[first].priority)
				break;
		order_equals(records + first, last - first, chance, user);
	}
}
