/* SPDX-License-Identifier: MIT */
#include "pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int cpl_pipe(int fd[2], struct cpl_err *e)
{
	int first[2], why;

	fd[0] = fd[1] = -1;
	if (pipe(first) < 0)
		return cpl_err_errno(e, CPL_SYSTEM, "pipe");
	fd[0] = fcntl(first[0], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	fd[1] = fcntl(first[1], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	why = errno;
	close(first[0]);
	close(first[1]);
	if (fd[0] >= 0 && fd[1] >= 0)
		return 0;
	close(fd[0]);
	close(fd[1]);
	fd[0] = fd[1] = -1;
	errno = why;
	return cpl_err_errno(e, CPL_SYSTEM, "pipe");
}
