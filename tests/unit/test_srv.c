/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "../../common/net/srv.h"
#include "unit.h"

/* A chance that walks through a fixed, even sequence (an LCG). */
static uint32_t even(void *user, uint32_t sum)
{
	uint32_t *state = user;

	*state = *state * 1664525u + 1013904223u;
	return (uint32_t)(((uint64_t)*state * ((uint64_t)sum + 1)) >> 32);
}

static uint32_t lowest(void *user, uint32_t sum)
{
	(void)user, (void)sum;
	return 0;
}

static uint32_t highest(void *user, uint32_t sum)
{
	(void)user;
	return sum;
}

static struct cpl_srv record(const char *host, uint16_t priority,
			     uint16_t weight, int direct_tls)
{
	struct cpl_srv s = {"", 5222, priority, weight, direct_tls, 0};

	snprintf(s.host, sizeof s.host, "%s", host);
	return s;
}

/* The hosts' names in a row, one letter each. */
static const char *order(const struct cpl_srv *r, size_t n, char *out)
{
	for (size_t i = 0; i < n; i++)
		out[i] = r[i].host[0];
	out[n] = '\0';
	return out;
}

static void priorities_come_first(void)
{
	struct cpl_srv r[] = {record("c", 20, 65535, 0), record("a", 5, 0, 0),
			      record("d", 65535, 1, 0), record("b", 10, 1, 0)};
	char seen[5];

	cpl_srv_order(r, 4, highest, NULL);
	CHECK_STR(order(r, 4, seen), "abcd");
	cpl_srv_order(r, 4, lowest, NULL);
	CHECK_STR(order(r, 4, seen), "abcd");
}

static void both_kinds_are_one_list(void)
{
	struct cpl_srv r[] = {record("b", 10, 0, 1), record("d", 30, 0, 1),
			      record("a", 5, 0, 0), record("c", 20, 0, 0)};
	char seen[5];

	cpl_srv_order(r, 4, lowest, NULL);
	CHECK_STR(order(r, 4, seen), "abcd");
	CHECK_INT(r[0].direct_tls, 0);
	CHECK_INT(r[1].direct_tls, 1);
	CHECK_INT(r[1].port, 5222);
}

static void equals_without_weight_keep_their_order(void)
{
	struct cpl_srv r[] = {record("a", 1, 0, 1), record("b", 1, 0, 0),
			      record("c", 1, 0, 0)};
	char seen[4];

	cpl_srv_order(r, 3, highest, NULL);
	CHECK_STR(order(r, 3, seen), "abc");
}

/* RFC 2782: a zero is drawn for the records without weight, which stand in
 * front; otherwise they come last. */
static void weight_zero_has_a_small_chance(void)
{
	struct cpl_srv r[] = {record("a", 1, 10, 0), record("z", 1, 0, 0),
			      record("b", 1, 10, 0)};
	char seen[4];

	cpl_srv_order(r, 3, lowest, NULL);
	CHECK_STR(order(r, 3, seen), "zab");
	cpl_srv_order(r, 3, highest, NULL);
	CHECK_STR(order(r, 3, seen), "baz");
}

/* Weights 1:3:6 give the first place in these proportions. */
static void weights_are_proportions(void)
{
	int first[3] = {0}, last[3] = {0};
	uint32_t state = 1;

	for (int i = 0; i < 10000; i++) {
		struct cpl_srv r[] = {record("a", 1, 100, 0),
				      record("b", 1, 300, 1),
				      record("c", 1, 600, 0)};

		cpl_srv_order(r, 3, even, &state);
		first[r[0].host[0] - 'a']++;
		last[r[2].host[0] - 'a']++;
	}
	CHECK(first[0] > 900 && first[0] < 1100);
	CHECK(first[1] > 2850 && first[1] < 3150);
	CHECK(first[2] > 5850 && first[2] < 6150);
	CHECK_INT(last[0] + last[1] + last[2], 10000);
	CHECK(last[0] > last[1] && last[1] > last[2]);
}

static void none_and_one(void)
{
	struct cpl_srv r = record("a", 1, 65535, 0);

	cpl_srv_order(NULL, 0, highest, NULL);
	cpl_srv_order(&r, 1, highest, NULL);
	CHECK_STR(r.host, "a");
}

static void the_largest_weights_do_not_overflow(void)
{
	struct cpl_srv r[64];
	uint32_t state = 7;

	for (size_t i = 0; i < 64; i++)
		r[i] = record("x", 65535, 65535, 0);
	cpl_srv_order(r, 64, highest, NULL);
	cpl_srv_order(r, 64, even, &state);
	for (size_t i = 0; i < 64; i++)
		CHECK_INT(r[i].weight, 65535);
}

int main(void)
{
	RUN(priorities_come_first);
	RUN(both_kinds_are_one_list);
	RUN(equals_without_weight_keep_their_order);
	RUN(weight_zero_has_a_small_chance);
	RUN(weights_are_proportions);
	RUN(none_and_one);
	RUN(the_largest_weights_do_not_overflow);
	return unit_end();
}
