/* SPDX-License-Identifier: MIT
 *
 * A small file in the state folder that is more than a cache: one process at a
 * time has it, by a lock beside it that ends with the process, and it is
 * replaced whole: written beside it, synced, renamed, the folder synced. */
#ifndef CPL_KEPT_H
#define CPL_KEPT_H

#include "../base/buf.h"
#include "../base/err.h"

struct cpl_kept {
	char *path;
	int lock; /* descriptor */
};

#define CPL_KEPT_INIT                                                          \
	{                                                                      \
		NULL, -1                                                       \
	}

/* Whether a text may be part of a file's name: 1 to 64 letters, digits, '.',
 * '_', '-'. */
int cpl_kept_is_name(const char *name);

/* Takes the file WHAT-BARE, or WHAT-BARE:NAME where name is not NULL, in the
 * state folder, which is made where it is missing. 0, or -1 with e: CPL_TEMP
 * another process has it, CPL_IO, CPL_SYSTEM. */
int cpl_kept_open(struct cpl_kept *k, const char *folder, const char *what,
		  const char *bare, const char *name, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Appends what is in it. 1, 0 where there is no such file, or -1 with CPL_IO,
 * also where it is more than out may hold. */
int cpl_kept_read(const struct cpl_kept *k, struct cpl_buf *out,
		  struct cpl_err *e) __attribute__((warn_unused_result));

/* Replaces it. 0, or -1 with CPL_IO, CPL_SYSTEM; then it may be the old or the
 * new one, and whole. */
int cpl_kept_write(const struct cpl_kept *k, const struct cpl_buf *text,
		   struct cpl_err *e) __attribute__((warn_unused_result));

/* Gives up the lock. */
void cpl_kept_release(struct cpl_kept *k);

#endif
