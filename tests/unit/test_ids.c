/* SPDX-License-Identifier: MIT */
#include "../../common/stream/ids.h"

#include <stdlib.h>

#include "unit.h"

static struct cpl_ids ids;

/* The number behind an id; -1 when it is none of the kind. */
static long long number(const struct cpl_ids *of, uint32_t kind, const char *id)
{
	uint64_t n = 12345;

	if (cpl_id_number(of, kind, id, &n) < 0) {
		CHECK_INT(n, 12345);
		return -1;
	}
	return (long long)n;
}

static void shape(void)
{
	char id[CPL_ID_SIZE];

	for (uint64_t n = 0; n < 1000; n++) {
		cpl_id(&ids, 0, n, id);
		CHECK_INT(strlen(id), 22);
		CHECK_INT(strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmno"
				     "pqrstuvwxyz0123456789-_"),
			  22);
	}
}

static void reversible(void)
{
	static const uint64_t numbers[] = {
	    0, 1, 2, 255, 1ULL << 20, 1ULL << 32, 1ULL << 62, (1ULL << 63) - 1};
	static const uint32_t kinds[] = {0, 1, 2, 0xffffffff};
	char id[CPL_ID_SIZE];

	for (size_t k = 0; k < 4; k++) {
		for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
			cpl_id(&ids, kinds[k], numbers[i], id);
			CHECK_INT(number(&ids, kinds[k], id), numbers[i]);
		}
	}
}

static void kinds_are_apart(void)
{
	char a[CPL_ID_SIZE], b[CPL_ID_SIZE];

	cpl_id(&ids, 0, 7, a);
	cpl_id(&ids, 1, 7, b);
	CHECK(strcmp(a, b) != 0);
	CHECK_INT(number(&ids, 1, a), -1);
	CHECK_INT(number(&ids, 0, b), -1);
	CHECK_INT(number(&ids, 256, a), -1);
}

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void unique(void)
{
	enum { N = 4000 };
	static char all[2 * N][CPL_ID_SIZE];

	for (uint64_t n = 0; n < N; n++) {
		cpl_id(&ids, 0, n, all[2 * n]);
		cpl_id(&ids, 1, n, all[2 * n + 1]);
	}
	qsort(all, sizeof all / sizeof *all, sizeof *all, compare);
	for (size_t i = 1; i < sizeof all / sizeof *all; i++)
		if (strcmp(all[i - 1], all[i]) == 0)
			CHECK(!"unique");
}

static void foreign(void)
{
	static const char *const texts[] = {
	    "",
	    "1",
	    "purple3f2a",
	    "AAAAAAAAAAAAAAAAAAAAAA",
	    "______________________",
	    "AAAAAAAAAAAAAAAAAAAAA",
	    "AAAAAAAAAAAAAAAAAAAAAAA",
	    "AAAAAAAAAAAAAAAAAAAAA=",
	    "AAAAAAAAAAAAAAAAAAAAA+",
	    "AAAAAAAAAAA AAAAAAAAAA",
	    "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9-ten-more-",
	};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		CHECK_INT(number(&ids, 0, texts[i]), -1);
	CHECK_INT(number(&ids, 0, NULL), -1);
}

/* One letter more, fewer or other, and it is not ours. */
static void tampered(void)
{
	char good[CPL_ID_SIZE], bad[CPL_ID_SIZE + 1] = "";

	cpl_id(&ids, 0, 42, good);
	for (size_t i = 0; i < CPL_ID_SIZE - 1; i++) {
		memcpy(bad, good, sizeof good);
		bad[i] = good[i] == 'A' ? 'Q' : 'A';
		if (!CHECK_INT(number(&ids, 0, bad), -1))
			printf("# letter %zu of %s is %c\n", i, good, bad[i]);
	}
	/* the same bits in another spelling */
	memcpy(bad, good, sizeof good);
	bad[CPL_ID_SIZE - 2]++;
	CHECK_INT(number(&ids, 0, bad), -1);
	snprintf(bad, sizeof bad, "%sA", good);
	CHECK_INT(number(&ids, 0, bad), -1);
	bad[CPL_ID_SIZE - 2] = '\0';
	CHECK_INT(number(&ids, 0, bad), -1);
}

static void of_another_run(void)
{
	struct cpl_ids other = {0};
	struct cpl_err e = CPL_ERR_INIT;
	char a[CPL_ID_SIZE], b[CPL_ID_SIZE];

	UNIT_NEED(cpl_ids_init(&other, &e) == 0);
	cpl_id(&ids, 0, 1, a);
	cpl_id(&other, 0, 1, b);
	CHECK(strcmp(a, b) != 0);
	CHECK_INT(number(&other, 0, a), -1);
	CHECK_INT(number(&ids, 0, b), -1);
	cpl_ids_release(&other);
	cpl_ids_release(&other);
}

int main(void)
{
	struct cpl_err e = CPL_ERR_INIT;

	cpl_ids_release(&ids);
	if (cpl_ids_init(&ids, &e) < 0) {
		printf("Bail out! %s\n", e.text);
		return 1;
	}
	RUN(shape);
	RUN(reversible);
	RUN(kinds_are_apart);
	RUN(unique);
	RUN(foreign);
	RUN(tampered);
	RUN(of_another_run);
	cpl_ids_release(&ids);
	return unit_end();
}
