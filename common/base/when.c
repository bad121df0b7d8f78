/* SPDX-License-Identifier: MIT */
#include "when.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY_MS INT64_C(86400000)
#define DURATION_MAX (3660 * DAY_MS)
/* The last that XEP-0082 can write: 9999-12-31T23:59:59.999Z. */
#define WHEN_MAX INT64_C(253402300799999)

int64_t cpl_when_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A number of exactly n digits from min to max, behind which *p is left. */
static int digits(const char **p, int n, int min, int max, int *out)
{
	*out = 0;
	for (; n > 0; n--, (*p)++) {
		if (!is_digit(**p))
			return -1;
		*out = *out * 10 + (**p - '0');
	}
	return *out < min || *out > max ? -1 : 0;
}

static int skip(const char **p, char c)
{
	if (**p != c)
		return -1;
	(*p)++;
	return 0;
}

/* A day that the month does not have is moved by timegm(). */
static int is_day(const struct tm *tm)
{
	struct tm there = *tm;

	return timegm(&there) != (time_t)-1 && there.tm_mday == tm->tm_mday;
}

static int parse_date(const char **p, struct tm *tm)
{
	if (digits(p, 4, 1970, 9999, &tm->tm_year) < 0 || skip(p, '-') < 0 ||
	    digits(p, 2, 1, 12, &tm->tm_mon) < 0 || skip(p, '-') < 0 ||
	    digits(p, 2, 1, 31, &tm->tm_mday) < 0)
		return -1;
	tm->tm_year -= 1900;
	tm->tm_mon -= 1;
	return 0;
}

/* hh:mm[:ss[.fraction]] */
static int parse_time(const char **p, struct tm *tm, int *ms)
{
	int unit = 100;

	if (digits(p, 2, 0, 23, &tm->tm_hour) < 0 || skip(p, ':') < 0 ||
	    digits(p, 2, 0, 59, &tm->tm_min) < 0)
		return -1;
	if (skip(p, ':') < 0)
		return 0;
	if (digits(p, 2, 0, 60, &tm->tm_sec) < 0)
		return -1;
	if (skip(p, '.') < 0)
		return 0;
	if (!is_digit(**p))
		return -1;
	for (; is_digit(**p); (*p)++, unit /= 10)
		*ms += (**p - '0') * unit;
	return 0;
}

/* Z or +hh:mm, as seconds east. */
static int parse_zone(const char **p, long *east)
{
	int sign = **p == '-' ? -1 : 1, hours, minutes;

	*east = 0;
	if (skip(p, 'Z') == 0)
		return 0;
	if ((skip(p, '+') < 0 && skip(p, '-') < 0) ||
	    digits(p, 2, 0, 23, &hours) < 0 || skip(p, ':') < 0 ||
	    digits(p, 2, 0, 59, &minutes) < 0)
		return -1;
	*east = sign * (hours * 3600L + minutes * 60L);
	return 0;
}

int cpl_when_parse(const char *text, int64_t *out)
{
	struct tm tm = {.tm_isdst = -1};
	long east = 0;
	int ms = 0;
	time_t t;

	if (parse_date(&text, &tm) < 0 || !is_day(&tm))
		return -1;
	if (*text && ((skip(&text, 'T') < 0 && skip(&text, ' ') < 0) ||
		      parse_time(&text, &tm, &ms) < 0))
		return -1;
	if (!*text) {
		t = mktime(&tm);
		if (t == (time_t)-1)
			return -1;
	} else if (parse_zone(&text, &east) < 0 || *text) {
		return -1;
	} else {
		t = timegm(&tm) - east;
	}
	*out = (int64_t)t * 1000 + ms;
	return *out < 0 || *out > WHEN_MAX ? -1 : 0;
}

int cpl_when_duration(const char *text, int64_t *out)
{
	static const char letters[] = "smhd";
	static const int64_t units[] = {1000, 60000, 3600000, DAY_MS};
	const char *unit;
	int64_t n = 0;

	if (!is_digit(*text))
		return -1;
	for (; is_digit(*text) && n <= DURATION_MAX; text++)
		n = n * 10 + (*text - '0');
	unit = *text ? strchr(letters, *text) : NULL;
	if (!unit || text[1] || n > DURATION_MAX / units[unit - letters])
		return -1;
	*out = n * units[unit - letters];
	return 0;
}

void cpl_when_stamp(int64_t when, char out[CPL_WHEN_SIZE])
{
	time_t t = (time_t)(when / 1000);
	char text[CPL_WHEN_SIZE - 6] = "";
	struct tm tm;

	if (gmtime_r(&t, &tm))
		strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out, CPL_WHEN_SIZE, "%s.%03dZ", text, (int)(when % 1000));
}
