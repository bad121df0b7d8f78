/* SPDX-License-Identifier: MIT */
#include "whole.h"

#include <errno.h>
#include <unistd.h>

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
