/* SPDX-License-Identifier: MIT */
#include "../../common/base/when.h"

#include <stdlib.h>
#include <time.h>

#include "unit.h"

static long long parse(const char *text)
{
	int64_t t = -2;

	return cpl_when_parse(text, &t) < 0 ? -1 : t;
}

static long long duration(const char *text)
{
	int64_t t = -2;

	return cpl_when_duration(text, &t) < 0 ? -1 : t;
}

static void zones(void)
{
	CHECK_INT(parse("1970-01-01T00:00:00Z"), 0);
	CHECK_INT(parse("2026-11-28T10:00Z"), 1795860000000);
	CHECK_INT(parse("2026-11-28T10:00:00+01:30"), 1795854600000);
	CHECK_INT(parse("2026-11-28T10:00:00-01:30"), 1795865400000);
	CHECK_INT(parse("2026-11-28 10:00:00.1239Z"), 1795860000123);
	CHECK_INT(parse("2024-02-29T00:00:00Z"), 1709164800000);
	CHECK_INT(parse("2026-12-31T23:59:60Z"), parse("2027-01-01T00:00Z"));
}

static void local_time(void)
{
	setenv("TZ", "XYZ-2", 1);
	tzset();
	CHECK_INT(parse("2026-11-28"), parse("2026-11-27T22:00Z"));
	CHECK_INT(parse("2026-11-28T10:00"), parse("2026-11-28T08:00Z"));
	CHECK_INT(parse("2026-11-28 10:00:01.5"),
		  parse("2026-11-28T08:00Z") + 1500);
}

static void no_times(void)
{
	static const char *const bad[] = {
	    "",
	    "2026",
	    "2026-11",
	    "2026-13-01",
	    "2026-02-29",
	    "2026-04-31",
	    "2026-11-28T",
	    "2026-11-28T10",
	    "2026-11-28T24:00",
	    "2026-11-28T10:60",
	    "2026-11-28T10:00:61",
	    "2026-11-28T10:00:00.",
	    "2026-11-28Z",
	    "9999-12-31T23:59:60Z", /* XEP-0082 has no year 10000 */
	    "9999-12-31T23:59:59-00:01",
	    "1970-01-01T00:00:00+00:01",
	    "2026-11-28T10:00z",
	    "2026-11-28T10:00Z ",
	    "2026-11-28T10:00+1",
	    "1969-12-31T23:59Z",
	    "26-11-28",
	    " 2026-11-28",
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (!CHECK_INT(parse(bad[i]), -1))
			printf("# of '%s'\n", bad[i]);
}

static void durations(void)
{
	CHECK_INT(duration("90s"), 90000);
	CHECK_INT(duration("15m"), 900000);
	CHECK_INT(duration("2h"), 7200000);
	CHECK_INT(duration("7d"), 604800000);
	CHECK_INT(duration("0s"), 0);
	CHECK_INT(duration("3660d"), 3660 * 86400000LL);
	CHECK_INT(duration("3661d"), -1);
	CHECK_INT(duration("99999999999999999999s"), -1);
	CHECK_INT(duration("7"), -1);
	CHECK_INT(duration("d"), -1);
	CHECK_INT(duration("-1d"), -1);
	CHECK_INT(duration("1.5h"), -1);
	CHECK_INT(duration("1hh"), -1);
	CHECK_INT(duration(""), -1);
}

static void stamps(void)
{
	char text[CPL_WHEN_SIZE];

	cpl_when_stamp(1795860000007, text);
	CHECK_STR(text, "2026-11-28T10:00:00.007Z");
	CHECK_INT(parse(text), 1795860000007);
}

int main(void)
{
	RUN(zones);
	RUN(local_time);
	RUN(no_times);
	RUN(durations);
	RUN(stamps);
	return unit_end();
}
