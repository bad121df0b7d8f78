/* SPDX-License-Identifier: MIT */
#include "private.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int cpl_private_open(const char *path, enum cpl_status status,
		     struct cpl_err *e)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return cpl_err_errno(e, status, "%s", path);
	if (fstat(fd, &st) < 0) {
		cpl_err_errno(e, status, "%s", path);
	} else if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		cpl_err_errno(e, status, "%s", path);
	} else {
		return fd;
	}
	close(fd);
	return -1;
}

int cpl_private_judge(const struct stat *st, const char *path, const char *what,
		      const struct cpl_log *log, struct cpl_err *e)
{
	int own = st->st_uid == geteuid();

	if (own && S_ISREG(st->st_mode) && (st->st_mode & 077))
		return cpl_err_set(e, CPL_CONFIG,
				   "%s: others can read it and it holds %s: "
				   "chmod 600 %s",
				   path, what, path);
	/* A group that another owner chose is how a system's file is shared. */
	if (st->st_mode & (own ? 077 : 007))
		cpl_log(log, CPL_LOG_WARN,
			"%s: others can read it and it holds %s", path, what);
	return 0;
}

int cpl_private_check(int fd, const char *path, const struct cpl_log *log,
		      struct cpl_err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return cpl_err_errno(e, CPL_CONFIG, "%s", path);
	return cpl_private_judge(&st, path, "a password", log, e);
}
