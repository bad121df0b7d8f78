/* SPDX-License-Identifier: MIT
 *
 * Error values (base/err.h) and the numbers that make most of them
 * (base/num.h). */
#include "../../common/base/err.h"

#include <errno.h>
#include <limits.h>

#include "../../common/base/num.h"
#include "unit.h"

static void set(void)
{
	struct cpl_err e = CPL_ERR_INIT;

	CHECK_INT(e.status, CPL_OK);
	CHECK_STR(e.text, "");
	CHECK_INT(cpl_err_set(&e, CPL_DATA, "record %d: %s", 3, "bad"), -1);
	CHECK_INT(e.status, CPL_DATA);
	CHECK_STR(e.text, "record 3: bad");
	CHECK_INT(cpl_err_nomem(&e), -1);
	CHECK_INT(e.status, CPL_SYSTEM);
	CHECK_STR(e.text, "out of memory");
}

static void nobody_wants_to_know(void)
{
	CHECK_INT(cpl_err_set(NULL, CPL_DATA, "x"), -1);
	CHECK_INT(cpl_err_prefix(NULL, "x"), -1);
	CHECK_INT(cpl_err_errno(NULL, CPL_DATA, "x"), -1);
	CHECK_INT(cpl_err_nomem(NULL), -1);
}

/* A text at the limit stays, one above ends in dots. */
static void cut(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	int max = (int)sizeof e.text - 1;

	cpl_err_set(&e, CPL_DATA, "%0*d", max, 7);
	CHECK_INT(strlen(e.text), max);
	CHECK_STR(e.text + max - 4, "0007");
	cpl_err_set(&e, CPL_DATA, "%0*d", max + 1, 7);
	CHECK_INT(strlen(e.text), max);
	CHECK_STR(e.text + max - 4, "0...");
	cpl_err_set(&e, CPL_DATA, "%0*d", 5 * max, 7);
	CHECK_INT(strlen(e.text), max);
	CHECK_STR(e.text + max - 4, "0...");
}

static void prefix(void)
{
	struct cpl_err e = CPL_ERR_INIT;

	cpl_err_set(&e, CPL_TEMP, "refused");
	CHECK_INT(cpl_err_prefix(&e, "%s:%d", "host", 5222), -1);
	CHECK_STR(e.text, "host:5222: refused");
	cpl_err_prefix(&e, "xsend");
	CHECK_STR(e.text, "xsend: host:5222: refused");
	CHECK_INT(e.status, CPL_TEMP);
	/* its own text may be part of the prefix */
	cpl_err_set(&e, CPL_TEMP, "b");
	cpl_err_prefix(&e, "a");
	CHECK_STR(e.text, "a: b");
}

static void prefix_cut(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	int max = (int)sizeof e.text - 1;

	cpl_err_set(&e, CPL_TEMP, "%0*d", max - 3, 7);
	cpl_err_prefix(&e, "x");
	CHECK_INT(strlen(e.text), max);
	CHECK_STR(e.text + max - 2, "07");
	cpl_err_set(&e, CPL_TEMP, "%0*d", max - 2, 7);
	cpl_err_prefix(&e, "x");
	CHECK_INT(strlen(e.text), max);
	CHECK_STR(e.text + max - 4, "0...");
	cpl_err_prefix(&e, "%0*d", 2 * max, 1);
	CHECK_INT(strlen(e.text), max);
	CHECK_STR(e.text + max - 4, "0...");
}

static void with_errno(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	int max = (int)sizeof e.text - 1;

	errno = ENOENT;
	CHECK_INT(cpl_err_errno(&e, CPL_NOINPUT, "%s", "file"), -1);
	CHECK_INT(e.status, CPL_NOINPUT);
	CHECK_STR(e.text, "file: No such file or directory");
	errno = ENOMEM;
	CHECK_INT(cpl_err_errno(&e, CPL_IO, "%s", "file"), -1);
	CHECK_INT(e.status, CPL_SYSTEM);
	errno = ENOSPC;
	cpl_err_errno(&e, CPL_IO, "%0*d", max, 7);
	CHECK_INT(strlen(e.text), max);
	CHECK_STR(e.text + max - 4, "0...");
	errno = ENOSPC;
	cpl_err_errno(&e, CPL_IO, "%0*d", max - 5, 7);
	CHECK_STR(e.text + max - 7, "07: ...");
	errno = 98765;
	cpl_err_errno(&e, CPL_IO, "x");
	CHECK(strstr(e.text, "98765") != NULL);
}

static void whole_numbers(void)
{
	static const struct {
		const char *text;
		long min, max, n;
	} good[] = {
	    {"0", 0, 10, 0},
	    {"-0", 0, 10, 0},
	    {"10", 0, 10, 10},
	    {"007", 0, 10, 7},
	    {"-128", -128, 127, -128},
	    {"127", -128, 127, 127},
	    {"9223372036854775807", 0, LONG_MAX, LONG_MAX},
	    {"-9223372036854775808", LONG_MIN, 0, LONG_MIN},
	    {"4294967295", 0, 4294967295, 4294967295},
	};

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct cpl_err e = CPL_ERR_INIT;
		long n = 99;

		CHECK_INT(
		    cpl_num_int(good[i].text, good[i].min, good[i].max, &n, &e),
		    0);
		CHECK_INT(n, good[i].n);
		CHECK_STR(e.text, "");
	}
}

static void no_whole_numbers(void)
{
	static const char *const bad[] = {"",
					  "-",
					  "--1",
					  "+1",
					  " 1",
					  "1 ",
					  "1x",
					  "x1",
					  "0x1",
					  "1.0",
					  "1e0",
					  "-129",
					  "128",
					  "1,0",
					  "\n1",
					  "1\n",
					  "- 1",
					  "99999999999999999999999",
					  "-99999999999999999999999",
					  "18446744073709551616"};
	char text[200];

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct cpl_err e = CPL_ERR_INIT;
		long n = 99;

		CHECK_INT(cpl_num_int(bad[i], -128, 127, &n, &e), -1);
		CHECK_INT(n, 99);
		CHECK_INT(e.status, CPL_USAGE);
		snprintf(text, sizeof text,
			 "'%s' is not a number from -128 to 127", bad[i]);
		CHECK_STR(e.text, text);
	}
}

static void seconds(void)
{
	static const struct {
		const char *text;
		long ms;
	} good[] = {
	    {"0", 0},          {"2", 2000},     {"0.25", 250},   {"1.5", 1500},
	    {"0.001", 1},      {"0.01", 10},    {"3.999", 3999}, {"10", 10000},
	    {"10.000", 10000}, {"0010", 10000}, {"00.1", 100},
	};

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct cpl_err e = CPL_ERR_INIT;
		long ms = 99;

		CHECK_INT(cpl_num_seconds(good[i].text, 10, &ms, &e), 0);
		CHECK_INT(ms, good[i].ms);
		CHECK_STR(e.text, "");
	}
}

static void no_seconds(void)
{
	static const char *const bad[] = {
	    "",     ".",       ".5",
	    "1.",   "1.2345",  "1.x",
	    "1..2", "-1",      "+1",
	    " 1",   "1 ",      "1s",
	    "1,5",  "10.001",  "11",
	    "1e1",  "10.0000", "0x1",
	    "inf",  "nan",     "99999999999999999999999999"};
	char text[200];

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct cpl_err e = CPL_ERR_INIT;
		long ms = 99;

		if (!CHECK_INT(cpl_num_seconds(bad[i], 10, &ms, &e), -1))
			printf("# '%s'\n", bad[i]);
		CHECK_INT(ms, 99);
		CHECK_INT(e.status, CPL_USAGE);
		snprintf(text, sizeof text,
			 "'%s' is not a number of seconds up to 10", bad[i]);
		CHECK_STR(e.text, text);
	}
}

int main(void)
{
	RUN(set);
	RUN(nobody_wants_to_know);
	RUN(cut);
	RUN(prefix);
	RUN(prefix_cut);
	RUN(with_errno);
	RUN(whole_numbers);
	RUN(no_whole_numbers);
	RUN(seconds);
	RUN(no_seconds);
	return unit_end();
}
