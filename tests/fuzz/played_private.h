/* SPDX-License-Identifier: MIT
 *
 * A file that is played: whatever is opened is what waits in a pipe, which
 * holds more than an input has, and nobody else can read it. The linker takes
 * these in place of private.o. */
#ifndef PLAYED_PRIVATE_H
#define PLAYED_PRIVATE_H

#include <unistd.h>

#include "../../common/base/private.h"
#include "fuzz.h"

/* The end to read from of a pipe with these bytes; the caller's. */
static int played_pipe(const void *bytes, size_t n)
{
	int fds[2];

	MUST(n <= 65536 && pipe(fds) == 0);
	MUST(write(fds[1], bytes, n) == (ssize_t)n && close(fds[1]) == 0);
	return fds[0];
}

/* What is opened next, and is closed by who opens it. */
static int played_file;

int cpl_private_open(const char *path, enum cpl_status status,
		     struct cpl_err *e)
{
	(void)path;
	(void)status;
	(void)e;
	return played_file;
}

int cpl_private_check(int fd, const char *path, const struct cpl_log *log,
		      struct cpl_err *e)
{
	(void)fd;
	(void)path;
	(void)log;
	(void)e;
	return 0;
}

#endif
