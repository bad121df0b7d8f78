/* SPDX-License-Identifier: MIT
 *
 * Numbers from text, the one way in which the project reads them. */
#ifndef CPL_NUM_H
#define CPL_NUM_H

#include "err.h"

/* A whole decimal number from min to max. What is not one, or is out of
 * bounds, is CPL_USAGE with "'TEXT' is not a number from MIN to MAX". */
int cpl_num_int(const char *text, long min, long max, long *out,
		struct cpl_err *e) __attribute__((warn_unused_result));

/* A hexadecimal digit, in either case, as a number; -1: it is none. */
int cpl_num_hex(char c);

/* Seconds, with up to three decimals ("2", "0.25"), as milliseconds. At most
 * max_seconds. The same errors. */
int cpl_num_seconds(const char *text, long max_seconds, long *out_ms,
		    struct cpl_err *e) __attribute__((warn_unused_result));

#endif
