/* SPDX-License-Identifier: MIT
 *
 * A write of all of it, to a file that does not make us wait. */
#ifndef CPL_WHOLE_H
#define CPL_WHOLE_H

#include <stddef.h>

/* Writes n bytes, in as many pieces as it takes. 0, or -1 with errno; then some
 * of them may have been written. */
int cpl_write_whole(int fd, const char *p, size_t n)
    __attribute__((warn_unused_result));

#endif
