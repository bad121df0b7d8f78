/* SPDX-License-Identifier: MIT
 *
 * Points in time, as milliseconds of Unix time: from what a person or a server
 * writes, and as XEP-0082 has them. Nothing is kept. */
#ifndef CPL_WHEN_H
#define CPL_WHEN_H

#include <stdint.h>

#include "err.h"

#define CPL_WHEN_SIZE 32

/* Now, by the system's clock. */
int64_t cpl_when_now(void);

/* A date ("2026-11-28": its midnight), with or without a time of the day
 * ("T10:00", "T10:00:30", "T10:00:30.25", a blank for the T), and a zone ("Z",
 * "+01:00"); without one it is local time. Years 1970 to 9999; a leap second is
 * the next minute's first. 0, or -1: it is none. */
int cpl_when_parse(const char *text, int64_t *out)
    __attribute__((warn_unused_result));

/* A duration: a number and s, m, h or d, up to ten years, in ms. 0, or -1. */
int cpl_when_duration(const char *text, int64_t *out)
    __attribute__((warn_unused_result));

/* XEP-0082 3.2, in UTC with milliseconds; of the years above. */
void cpl_when_stamp(int64_t when, char out[CPL_WHEN_SIZE]);

#endif
