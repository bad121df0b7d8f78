/* SPDX-License-Identifier: MIT */
#include "../../common/stream/retry.h"

#include "../../common/base/limits.h"
#include "unit.h"

static struct cpl_err why = {CPL_TEMP, "connection lost", 0};

static void never(void)
{
	struct cpl_retry r = {.limit = 0};

	CHECK_INT(cpl_retry_wait(&r, &why, 1000), -1);
}

static void lasting(void)
{
	static const enum cpl_status statuses[] = {
	    CPL_USAGE,    CPL_NOHOST, CPL_UNAVAILABLE, CPL_SYSTEM,
	    CPL_PROTOCOL, CPL_AUTH,   CPL_CONFIG};
	struct cpl_err e = CPL_ERR_INIT;

	for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
		struct cpl_retry r = {.limit = -1};

		cpl_err_set(&e, statuses[i], "no");
		CHECK_INT(cpl_retry_wait(&r, &e, 1000), -1);
	}
	cpl_err_set(&e, CPL_TEMP, "conflict");
	e.final = 1;
	CHECK_INT(cpl_retry_wait(&(struct cpl_retry){.limit = -1}, &e, 1), -1);
	cpl_err_set(&e, CPL_REFUSED, "the server ended the stream");
	CHECK(cpl_retry_wait(&(struct cpl_retry){.limit = -1}, &e, 1) >= 0);
}

/* Random, within a bound that doubles and has an end. */
static void longer_each_time(void)
{
	long largest[12] = {0}, most = CPL_RETRY_FIRST_MS;

	for (int run = 0; run < 300; run++) {
		struct cpl_retry r = {.limit = -1};

		for (int i = 0; i < 12; i++) {
			long wait = cpl_retry_wait(&r, &why, 1000000);

			CHECK(wait >= 0);
			if (wait > largest[i])
				largest[i] = wait;
		}
	}
	for (int i = 0; i < 12; i++) {
		/* Of 300 one is in the upper half. */
		CHECK(largest[i] <= most);
		CHECK(largest[i] > most / 2);
		most =
		    most * 2 > CPL_RETRY_MOST_MS ? CPL_RETRY_MOST_MS : most * 2;
	}
}

/* From the loss on, not from the start of the run. */
static void up_to_the_limit(void)
{
	struct cpl_retry r = {.limit = 10000};
	int64_t now = 1000000;
	int tries = 0;
	long wait;

	cpl_retry_online(&r, 5);
	while ((wait = cpl_retry_wait(&r, &why, now)) >= 0 && tries < 1000) {
		tries++;
		now += wait;
		CHECK(now < 1000000 + 10000);
		CHECK_INT(cpl_retry_left(&r, now, 30000),
			  1000000 + 10000 - now);
		CHECK_INT(cpl_retry_left(&r, now, 10), 10);
	}
	CHECK(tries > 3);
	CHECK(tries < 1000);
	CHECK(now > 1000000 + 9800);
	/* Another loss, later, has all of it again. */
	cpl_retry_online(&r, now);
	CHECK_INT(cpl_retry_left(&r, now, 30000), 30000);
	CHECK(cpl_retry_wait(&r, &why, now + 600000) >= 0);
}

/* Who is thrown out at once is not a new beginning. */
static void a_short_life(void)
{
	struct cpl_retry r = {.limit = -1};
	int64_t now = 1000;

	for (int i = 0; i < 5; i++) {
		(void)cpl_retry_wait(&r, &why, now);
		cpl_retry_online(&r, now);
		now += CPL_RETRY_CALM_MS - 1;
	}
	CHECK_INT(r.failures, 5);
	(void)cpl_retry_wait(&r, &why, now);
	cpl_retry_online(&r, now);
	now += CPL_RETRY_CALM_MS;
	(void)cpl_retry_wait(&r, &why, now);
	CHECK_INT(r.failures, 1);
}

int main(void)
{
	RUN(never);
	RUN(lasting);
	RUN(longer_each_time);
	RUN(up_to_the_limit);
	RUN(a_short_life);
	return unit_end();
}
