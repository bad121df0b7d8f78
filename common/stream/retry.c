/* SPDX-License-Identifier: MIT */
#include "retry.h"

#include <openssl/rand.h>

#include "../base/limits.h"

/* An attempt that would have less time is none. */
#define SHORTEST_MS 100

void cpl_retry_online(struct cpl_retry *r, int64_t now)
{
	r->online = now;
	r->lost = 0;
}

static int is_lasting(const struct cpl_err *why)
{
	return why->final ||
	       (why->status != CPL_TEMP && why->status != CPL_REFUSED);
}

/* 0 to most, each as likely. */
static long random_wait(long most)
{
	uint32_t n = 0;

	if (RAND_bytes((unsigned char *)&n, sizeof n) != 1)
		return most;
	return (long)(n % ((uint32_t)most + 1));
}

long cpl_retry_wait(struct cpl_retry *r, const struct cpl_err *why, int64_t now)
{
	long most = CPL_RETRY_FIRST_MS, wait, left;

	if (r->limit == 0 || is_lasting(why))
		return -1;
	if (!r->lost) {
		r->lost = 1;
		r->since = now;
	}
	/* One that is thrown out at once, again and again, slows down too. */
	if (r->online && now - r->online >= CPL_RETRY_CALM_MS)
		r->failures = 0;
	r->online = 0;
	for (int i = 0; i < r->failures && most < CPL_RETRY_MOST_MS; i++)
		most *= 2;
	r->failures++;
	wait = random_wait(most < CPL_RETRY_MOST_MS ? most : CPL_RETRY_MOST_MS);
	if (r->limit < 0)
		return wait;
	/* The last attempts come before the limit, not with it. */
	left = r->limit - (long)(now - r->since);
	if (left < SHORTEST_MS)
		return -1;
	return wait > left / 2 ? left / 2 : wait;
}

long cpl_retry_left(const struct cpl_retry *r, int64_t now, long most)
{
	int64_t left = r->since + r->limit - now;

	if (r->limit <= 0 || !r->lost || left > most)
		return most;
	return left < 1 ? 1 : (long)left;
}
