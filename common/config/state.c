/* SPDX-License-Identifier: MIT */
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/whole.h"

#define PATH_BYTES_MAX 8192

/* Says why a path is not used; errno is read. */
static void note(const struct cpl_log *log, const char *path)
{
	struct cpl_err e = CPL_ERR_INIT;

	cpl_err_errno(&e, CPL_IO, "%s", path);
	cpl_log(log, CPL_LOG_INFO, "%s", e.text);
}

/* What another user wrote is not ours to believe, and what is no file could
 * make us wait. */
static int is_ours(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return 0;
	errno = EPERM;
	return S_ISREG(st.st_mode) && st.st_uid == geteuid();
}

int cpl_state_read(const char *folder, const char *name, struct cpl_buf *out,
		   const struct cpl_log *log)
{
	struct cpl_buf path = CPL_BUF_INIT(PATH_BYTES_MAX);
	size_t before = out->len;
	int fd = -1, result = -1;

	if (!folder || cpl_buf_addf(&path, "%s/%s", folder, name) < 0)
		goto out;
	fd = open(path.data, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd >= 0 && is_ours(fd))
		result = cpl_read_whole(fd, out);
	if (result < 0 && errno != ENOENT)
		note(log, path.data);
	if (result < 0)
		cpl_buf_truncate(out, before);
out:
	if (fd >= 0)
		close(fd);
	cpl_buf_release(&path);
	return result;
}

int cpl_state_is_there(const char *folder, const char *name)
{
	struct cpl_buf path = CPL_BUF_INIT(PATH_BYTES_MAX);
	struct stat st;
	int there = folder && cpl_buf_addf(&path, "%s/%s", folder, name) == 0 &&
		    lstat(path.data, &st) == 0;

	cpl_buf_release(&path);
	return there;
}

/* Makes the folder and the two above it where they are missing, which is what
 * there may be below a home. The home itself is not made: some accounts are
 * meant to have none. 0, or -1 with errno. */
static int make_folder(char *path)
{
	char *p = path + strlen(path);

	for (int above = 0; p > path + 1 && above < 2; p--)
		above += p[-1] == '/';
	for (; *p; p++) {
		int failed;

		if (*p != '/')
			continue;
		*p = '\0';
		failed = mkdir(path, 0700) < 0 && errno != EEXIST;
		*p = '/';
		if (failed)
			return -1;
	}
	return mkdir(path, 0700) < 0 && errno != EEXIST ? -1 : 0;
}

int cpl_state_make(const char *folder)
{
	char *path = strdup(folder);
	int result = path ? make_folder(path) : -1;
	int why = errno;

	free(path);
	errno = why;
	return result;
}

/* Writes a file beside it, which mkstemp() makes 0600, and renames that. */
static int replace(char *beside, const char *path, const char *p, size_t n)
{
	int fd = mkstemp(beside);
	int failed, why;

	if (fd < 0)
		return -1;
	failed = cpl_write_whole(fd, p, n) < 0;
	why = errno;
	if (close(fd) < 0 && !failed) {
		failed = 1;
		why = errno;
	}
	if (!failed && rename(beside, path) == 0)
		return 0;
	if (failed)
		errno = why;
	why = errno;
	unlink(beside);
	errno = why;
	return -1;
}

void cpl_state_write(const char *folder, const char *name, const char *p,
		     size_t n, const struct cpl_log *log)
{
	struct cpl_buf path = CPL_BUF_INIT(PATH_BYTES_MAX);
	struct cpl_buf beside = CPL_BUF_INIT(PATH_BYTES_MAX);
	char *above = NULL;

	if (!folder)
		return;
	above = strdup(folder);
	if (!above || cpl_buf_addf(&path, "%s/%s", folder, name) < 0 ||
	    cpl_buf_addf(&beside, "%s/.%s.XXXXXX", folder, name) < 0)
		goto out;
	if (make_folder(above) < 0)
		note(log, above);
	else if (replace(beside.data, path.data, p, n) < 0)
		note(log, path.data);
out:
	free(above);
	cpl_buf_release(&path);
	cpl_buf_release(&beside);
}

int cpl_state_remove(const char *folder, const char *name, struct cpl_err *e)
{
	struct cpl_buf path = CPL_BUF_INIT(PATH_BYTES_MAX);
	int r = 0;

	if (cpl_buf_addf(&path, "%s/%s", folder, name) < 0)
		r = cpl_err_nomem(e);
	else if (unlink(path.data) < 0 && errno != ENOENT)
		r = cpl_err_errno(e, CPL_IO, "%s", path.data);
	cpl_buf_release(&path);
	return r;
}

static int is_plain(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || strchr("@.-_", c);
}

int cpl_state_name(struct cpl_buf *out, const char *what, const char *jid)
{
	size_t start = out->len;
	int failed = cpl_buf_addf(out, "%s-", what) < 0;

	for (; *jid && !failed; jid++) {
		unsigned char c = (unsigned char)*jid;

		failed = is_plain(c) ? cpl_buf_addc(out, *jid) < 0
				     : cpl_buf_addf(out, "%%%02X", c) < 0;
	}
	if (!failed)
		return 0;
	cpl_buf_truncate(out, start);
	return -1;
}
