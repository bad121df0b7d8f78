/* SPDX-License-Identifier: MIT
 *
 * Landlock: a process gives up all of the file system but what it names, where
 * the kernel can do that (Linux 5.19; what it had open stays open). Nothing can
 * be executed after it. A struct cpl_confine owns a descriptor from begin to
 * end or drop. */
#ifndef CPL_CONFINE_H
#define CPL_CONFINE_H

#include <stdint.h>

struct cpl_confine {
	int fd;
	uint64_t handled; /* the rights that are given up */
};

/* Whether it was built with it; the kernel may yet have none. */
int cpl_confine_built(void);

/* 0, or -1 with errno: the kernel has no Landlock, or one that cannot let files
 * be renamed from one folder to another (before its second version). */
int cpl_confine_begin(struct cpl_confine *c)
    __attribute__((warn_unused_result));

/* What stays: reading path and all below it; writing (making, renaming,
 * removing) there, too; writing to what is there, as to devices. What does not
 * exist, or may not be opened, is left out. */
void cpl_confine_read(const struct cpl_confine *c, const char *path);
void cpl_confine_write(const struct cpl_confine *c, const char *path);
void cpl_confine_devices(const struct cpl_confine *c, const char *path);

/* From here on. 0, or -1 with errno and all is as it was. */
int cpl_confine_end(struct cpl_confine *c) __attribute__((warn_unused_result));
/* Not at all: all is as it was. */
void cpl_confine_drop(struct cpl_confine *c);

#endif
