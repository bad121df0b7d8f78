/* SPDX-License-Identifier: MIT
 *
 * The harness of the unit tests: a test is a `static void name(void)` full of
 * checks, main() is a list of RUN(name); and `return unit_end();`. Prints TAP:
 * what failed as # lines, in front of the test's "not ok". A failed check does
 * not end its test, except for UNIT_NEED. */
#ifndef UNIT_H
#define UNIT_H

#include <stdio.h>
#include <string.h>

static struct {
	int tests;
	int failed;
	int bad; /* checks that failed in the test under way */
} unit;

static inline int unit_check(int ok, const char *file, int line,
			     const char *what)
{
	if (!ok) {
		unit.bad++;
		printf("# %s:%d: expected %s, actual: it is not so\n", file,
		       line, what);
	}
	return ok;
}

static inline void unit_quote(const char *label, const char *s)
{
	printf(s ? " %s '" : " %s NULL", label);
	for (; s && *s; s++)
		if (*s == '\n')
			fputs("\\n", stdout);
		else if ((unsigned char)*s < 0x20 || *s == 0x7f)
			printf("\\x%02x", (unsigned char)*s);
		else
			putchar(*s);
	if (s)
		putchar('\'');
}

static inline int unit_str(const char *actual, const char *expected,
			   const char *file, int line)
{
	if (actual && expected ? !strcmp(actual, expected) : actual == expected)
		return 1;
	unit.bad++;
	printf("# %s:%d:", file, line);
	unit_quote("expected", expected);
	unit_quote("actual", actual);
	putchar('\n');
	return 0;
}

static inline int unit_int(long long actual, long long expected,
			   const char *file, int line)
{
	if (actual == expected)
		return 1;
	unit.bad++;
	printf("# %s:%d: expected %lld actual %lld\n", file, line, expected,
	       actual);
	return 0;
}

static inline void unit_run(const char *name, void (*test)(void))
{
	unit.bad = 0;
	test();
	unit.failed += unit.bad > 0;
	printf("%s %d - %s\n", unit.bad ? "not ok" : "ok", ++unit.tests, name);
	fflush(stdout);
}

/* Prints the plan; main()'s result. */
static inline int unit_end(void)
{
	printf("1..%d\n", unit.tests);
	return unit.failed > 0 || fflush(stdout) != 0;
}

/* Each is true when the check held. The actual value comes first. */
#define CHECK(cond) unit_check(!!(cond), __FILE__, __LINE__, #cond)
#define CHECK_STR(actual, expected)                                            \
	unit_str((actual), (expected), __FILE__, __LINE__)
#define CHECK_INT(actual, expected)                                            \
	unit_int((long long)(actual), (long long)(expected), __FILE__, __LINE__)
/* For what the rest of the test cannot do without. */
#define UNIT_NEED(cond)                                                        \
	do {                                                                   \
		if (!CHECK(cond))                                              \
			return;                                                \
	} while (0)
#define RUN(test) unit_run(#test, test)

#endif
