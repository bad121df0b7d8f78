/* SPDX-License-Identifier: MIT
 *
 * For a module that is included into its test behind this header: its malloc()
 * has as much memory as is said here. */
#ifndef SCARCE_H
#define SCARCE_H

#include <stdlib.h>

static struct {
	long calls;   /* so far */
	long fail_at; /* the call that fails, from 1; 0 none */
	int for_good; /* and all behind it */
} scarce;

static void *scarce_malloc(size_t n)
{
	long call = ++scarce.calls;

	if (scarce.fail_at > 0 && (call == scarce.fail_at ||
				   (scarce.for_good && call > scarce.fail_at)))
		return NULL;
	return malloc(n);
}

/* From here on call n fails, and all behind it where that is for good. */
static inline void scarce_at(long n, int for_good)
{
	scarce.calls = 0;
	scarce.fail_at = n;
	scarce.for_good = for_good;
}

#define malloc scarce_malloc

#endif
