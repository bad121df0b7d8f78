/* SPDX-License-Identifier: MIT
 *
 * Whether a file that holds a secret is one that only its owner can read; and
 * opening what a person named as a file. Nothing is kept. */
#ifndef CPL_PRIVATE_H
#define CPL_PRIVATE_H

#include <sys/stat.h>

#include "err.h"
#include "log.h"

/* Opens path for reading, close-on-exec. The descriptor, or -1 with status and
 * "PATH: why"; a folder is refused. */
int cpl_private_open(const char *path, enum cpl_status status,
		     struct cpl_err *e) __attribute__((warn_unused_result));

/* Judges the file by what it is, and what it holds, "a password". A regular
 * file of our own user with any permission for group or others is refused: -1,
 * CPL_CONFIG, "PATH: others can read it and it holds a password: chmod 600
 * PATH". Another owner's that everyone can read, and anything but a regular
 * file, is only warned about: a container mounts its secrets so, and chmod is
 * not ours to do. */
int cpl_private_judge(const struct stat *st, const char *path, const char *what,
		      const struct cpl_log *log, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* The same of the open file with a password in it, never of the path again,
 * which may be another file by now. */
int cpl_private_check(int fd, const char *path, const struct cpl_log *log,
		      struct cpl_err *e) __attribute__((warn_unused_result));

#endif
