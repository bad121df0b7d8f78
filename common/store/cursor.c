/* SPDX-License-Identifier: MIT */
#include "cursor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/when.h"
#include "../config/state.h"

#define PATH_BYTES_MAX 8192
#define READER_MAX 64
/* Two lines: the version and the time, the id. */
#define HEAD "couplet-cursor 1 "
#define FILE_BYTES_MAX (64 * 1024)

int cpl_cursor_is_name(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz"
				"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

	return n > 0 && n <= READER_MAX && !name[n];
}

static int parse(struct cpl_cursor *c, char *text)
{
	char *id = strchr(text, '\n');
	char *end = id ? strchr(id + 1, '\n') : NULL;

	if (!end || end[1] || strncmp(text, HEAD, strlen(HEAD)) != 0)
		return -1;
	*id++ = *end = '\0';
	if (cpl_when_parse(text + strlen(HEAD), &c->when) < 0)
		return -1;
	c->id = strdup(id);
	c->set = c->id != NULL;
	return c->id ? 0 : -1;
}

static int read_file(struct cpl_cursor *c, struct cpl_err *e)
{
	struct cpl_buf text = CPL_BUF_INIT(FILE_BYTES_MAX);
	int fd = open(c->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char *room = cpl_buf_room(&text, FILE_BYTES_MAX - 1);
	ssize_t n = fd >= 0 && room ? read(fd, room, FILE_BYTES_MAX - 1) : -1;
	int result = -1;

	if (fd < 0 && errno == ENOENT) {
		result = 0;
	} else if (n < 0) {
		cpl_err_errno(e, CPL_IO, "%s", c->path);
	} else {
		cpl_buf_added(&text, (size_t)n);
		result = n > 0 && parse(c, text.data) == 0
			     ? 0
			     : cpl_err_set(e, CPL_IO,
					   "%s: not a cursor; remove it to "
					   "begin anew",
					   c->path);
	}
	if (fd >= 0)
		close(fd);
	cpl_buf_release(&text);
	return result;
}

/* The lock ends with the process, however that ends. */
static int take_lock(struct cpl_cursor *c, struct cpl_err *e)
{
	struct cpl_buf path = CPL_BUF_INIT(PATH_BYTES_MAX);
	int r = 0;

	if (cpl_buf_addf(&path, "%s.lock", c->path) < 0)
		return cpl_err_nomem(e);
	c->lock =
	    open(path.data,
		 O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (c->lock < 0)
		r = cpl_err_errno(e, CPL_IO, "%s", path.data);
	else if (flock(c->lock, LOCK_EX | LOCK_NB) < 0)
		r = errno == EWOULDBLOCK
			? cpl_err_set(e, CPL_TEMP,
				      "%s: another process reads with it",
				      c->path)
			: cpl_err_errno(e, CPL_IO, "%s", path.data);
	cpl_buf_release(&path);
	return r;
}

/* It and what is above it; what cannot be made shows when it is used. */
static void make_folder(char *path)
{
	for (char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		(void)mkdir(path, 0700);
		*p = '/';
	}
	(void)mkdir(path, 0700);
}

int cpl_cursor_open(struct cpl_cursor *c, const char *folder, const char *bare,
		    const char *reader, struct cpl_err *e)
{
	struct cpl_buf path = CPL_BUF_INIT(PATH_BYTES_MAX);

	c->folder = strdup(folder);
	if (!c->folder || cpl_buf_addf(&path, "%s/", folder) < 0 ||
	    cpl_state_name(&path, "cursor", bare) < 0 ||
	    (reader && cpl_buf_addf(&path, ":%s", reader) < 0) ||
	    !(c->path = cpl_buf_take(&path))) {
		cpl_buf_release(&path);
		return cpl_err_nomem(e);
	}
	make_folder(c->folder);
	if (take_lock(c, e) < 0)
		return -1;
	return read_file(c, e);
}

static int is_plain(const char *id)
{
	for (; *id; id++)
		if ((unsigned char)*id < 0x20)
			return 0;
	return 1;
}

int cpl_cursor_move(struct cpl_cursor *c, const char *id, int64_t when)
{
	char *copy;

	if (!is_plain(id) || strlen(id) > FILE_BYTES_MAX / 2)
		return 0;
	copy = strdup(id);
	if (!copy)
		return -1;
	free(c->id);
	c->id = copy;
	c->when = when;
	c->set = c->dirty = 1;
	return 0;
}

static int write_synced(int fd, const struct cpl_buf *text)
{
	size_t done = 0;

	while (done < text->len) {
		ssize_t n = write(fd, text->data + done, text->len - done);

		if (n < 0 && errno != EINTR)
			return -1;
		done += n > 0 ? (size_t)n : 0;
	}
	return fsync(fd);
}

static int sync_folder(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = fd < 0 ? -1 : fsync(fd);

	if (fd >= 0)
		close(fd);
	return r;
}

int cpl_cursor_save(struct cpl_cursor *c, struct cpl_err *e)
{
	struct cpl_buf text = CPL_BUF_INIT(FILE_BYTES_MAX);
	struct cpl_buf beside = CPL_BUF_INIT(PATH_BYTES_MAX);
	char stamp[CPL_WHEN_SIZE];
	int fd = -1, result = -1;

	if (!c->dirty)
		return 0;
	cpl_when_stamp(c->when, stamp);
	/* The lock is ours, so nobody else writes this file. */
	if (cpl_buf_addf(&text, HEAD "%s\n%s\n", stamp, c->id) < 0 ||
	    cpl_buf_addf(&beside, "%s.new", c->path) < 0) {
		cpl_err_nomem(e);
		goto out;
	}
	fd = open(beside.data,
		  O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || write_synced(fd, &text) < 0 ||
	    rename(beside.data, c->path) < 0 || sync_folder(c->folder) < 0) {
		cpl_err_errno(e, CPL_IO, "%s", c->path);
		goto out;
	}
	c->dirty = 0;
	result = 0;
out:
	if (fd >= 0)
		close(fd);
	cpl_buf_release(&text);
	cpl_buf_release(&beside);
	return result;
}

void cpl_cursor_release(struct cpl_cursor *c)
{
	if (c->lock >= 0)
		close(c->lock);
	free(c->path);
	free(c->folder);
	free(c->id);
	*c = (struct cpl_cursor)CPL_CURSOR_INIT;
}
