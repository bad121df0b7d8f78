/* SPDX-License-Identifier: MIT
 *
 * Identifiers that nobody else has (RFC 9562 5.4: version 4, random). */
#ifndef CPL_UUID_H
#define CPL_UUID_H

#include <stdint.h>

#include "err.h"

#define CPL_UUID_SIZE 37 /* with its NUL */

/* A fresh one, in lower case. 0, or -1 with CPL_SYSTEM. */
int cpl_uuid(char out[CPL_UUID_SIZE], struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Whether a text has the form of one. */
int cpl_is_uuid(const char *text);

/* n random bytes. 0, or -1 with CPL_SYSTEM. */
int cpl_random(void *out, size_t n, struct cpl_err *e)
    __attribute__((warn_unused_result));

#endif
