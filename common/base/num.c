/* SPDX-License-Identifier: MIT */
#include "num.h"

#include <errno.h>
#include <stdlib.h>

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

int cpl_num_int(const char *text, long min, long max, long *out,
		struct cpl_err *e)
{
	const char *digits = text[0] == '-' ? text + 1 : text;
	char *end = NULL;
	long n = 0;

	errno = 0;
	if (is_digit(*digits))
		n = strtol(text, &end, 10);
	if (!end || *end || errno || n < min || n > max)
		return cpl_err_set(e, CPL_USAGE,
				   "'%s' is not a number from %ld to %ld", text,
				   min, max);
	*out = n;
	return 0;
}

int cpl_num_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int cpl_num_seconds(const char *text, long max_seconds, long *out_ms,
		    struct cpl_err *e)
{
	const char *p = text;
	long ms = 0, unit = 1000;

	for (; is_digit(*p) && ms <= max_seconds * 1000; p++)
		ms = ms * 10 + (*p - '0') * 1000L;
	if (p > text && *p == '.' && is_digit(p[1]))
		for (p++; is_digit(*p) && unit > 1; p++)
			ms += (*p - '0') * (unit /= 10);
	if (p == text || *p || ms > max_seconds * 1000)
		return cpl_err_set(e, CPL_USAGE,
				   "'%s' is not a number of seconds up to %ld",
				   text, max_seconds);
	*out_ms = ms;
	return 0;
}
