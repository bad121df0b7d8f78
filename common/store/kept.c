/* SPDX-License-Identifier: MIT */
#include "kept.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "../base/whole.h"
#include "../config/state.h"

#define PATH_BYTES_MAX 8192
#define NAME_MAX_BYTES 64

int cpl_kept_is_name(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz"
				"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

	return n > 0 && n <= NAME_MAX_BYTES && !name[n];
}

/* The lock ends with the process, however that ends. */
static int take_lock(struct cpl_kept *k, struct cpl_err *e)
{
	struct cpl_buf path = CPL_BUF_INIT(PATH_BYTES_MAX);
	int r = 0;

	if (cpl_buf_addf(&path, "%s~lock", k->path) < 0)
		return cpl_err_nomem(e);
	k->lock =
	    open(path.data,
		 O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (k->lock < 0)
		r = cpl_err_errno(e, CPL_IO, "%s", path.data);
	else if (flock(k->lock, LOCK_EX | LOCK_NB) < 0)
		r = errno == EWOULDBLOCK
			? cpl_err_set(e, CPL_TEMP, "%s: another process has it",
				      k->path)
			: cpl_err_errno(e, CPL_IO, "%s", path.data);
	cpl_buf_release(&path);
	return r;
}

int cpl_kept_open(struct cpl_kept *k, const char *folder, const char *what,
		  const char *bare, const char *name, struct cpl_err *e)
{
	struct cpl_buf path = CPL_BUF_INIT(PATH_BYTES_MAX);

	if (cpl_buf_addf(&path, "%s/", folder) < 0 ||
	    cpl_state_name(&path, what, bare) < 0 ||
	    (name && cpl_buf_addf(&path, ":%s", name) < 0) ||
	    !(k->path = cpl_buf_take(&path))) {
		cpl_buf_release(&path);
		return cpl_err_nomem(e);
	}
	if (cpl_state_make(folder) < 0)
		return cpl_err_errno(e, CPL_IO, "%s", folder);
	return take_lock(k, e);
}

int cpl_kept_read(const struct cpl_kept *k, struct cpl_buf *out,
		  struct cpl_err *e)
{
	int fd = open(k->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int result = 1;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || cpl_read_whole(fd, out) < 0)
		result = cpl_err_errno(e, CPL_IO, "%s", k->path);
	if (fd >= 0)
		close(fd);
	return result;
}

int cpl_kept_write(const struct cpl_kept *k, const struct cpl_buf *text,
		   struct cpl_err *e)
{
	struct cpl_buf beside = CPL_BUF_INIT(PATH_BYTES_MAX);
	int fd, result = 0;

	/* The lock is ours, so nobody else writes this file. */
	if (cpl_buf_addf(&beside, "%s~", k->path) < 0)
		return cpl_err_nomem(e);
	fd = open(beside.data,
		  O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || cpl_write_whole(fd, text->data, text->len) < 0 ||
	    fsync(fd) < 0 || rename(beside.data, k->path) < 0 ||
	    cpl_sync_above(k->path) < 0)
		result = cpl_err_errno(e, CPL_IO, "%s", k->path);
	if (fd >= 0)
		close(fd);
	cpl_buf_release(&beside);
	return result;
}

void cpl_kept_release(struct cpl_kept *k)
{
	if (k->lock >= 0)
		close(k->lock);
	free(k->path);
	*k = (struct cpl_kept)CPL_KEPT_INIT;
}
