/* SPDX-License-Identifier: MIT
 *
 * A read and a write of all of it, of a file that does not make us wait, and
 * what makes its name last. */
#ifndef CPL_WHOLE_H
#define CPL_WHOLE_H

#include <stddef.h>

#include "buf.h"

/* Appends what there is to the end. 0, or -1 with errno, EFBIG where out cannot
 * hold it; then some of it may have been appended. */
int cpl_read_whole(int fd, struct cpl_buf *out)
    __attribute__((warn_unused_result));

/* Writes n bytes, in as many pieces as it takes. 0, or -1 with errno; then some
 * of them may have been written. */
int cpl_write_whole(int fd, const char *p, size_t n)
    __attribute__((warn_unused_result));

/* What was named, renamed or removed in the folder of path outlives a crash
 * from here on. 0, or -1 with errno. */
int cpl_sync_above(const char *path) __attribute__((warn_unused_result));

#endif
