/* SPDX-License-Identifier: MIT */
#include "whole.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int cpl_read_whole(int fd, struct cpl_buf *out)
{
	char piece[16 * 1024];
	ssize_t n;

	while ((n = read(fd, piece, sizeof piece)) != 0) {
		int failed;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		failed = cpl_buf_add(out, piece, (size_t)n) < 0;
		if (out->secret)
			explicit_bzero(piece, (size_t)n);
		if (failed) {
			errno = out->over ? EFBIG : ENOMEM;
			return -1;
		}
	}
	return 0;
}

int cpl_write_whole(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		p += done;
		n -= (size_t)done;
	}
	return 0;
}

int cpl_sync_above(const char *path)
{
	char *copy = strdup(path);
	int fd =
	    copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	int r = fd < 0 ? -1 : fsync(fd);
	int why = errno;

	if (fd >= 0)
		close(fd);
	free(copy);
	errno = why;
	return r;
}
