/* SPDX-License-Identifier: MIT
 *
 * The end of a folder that a test has made. */
#ifndef FOLDER_H
#define FOLDER_H

#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>

static inline int folder_remove_one(const char *path, const struct stat *st,
				    int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

/* All below it, and itself. */
static inline void folder_remove(const char *path)
{
	nftw(path, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
