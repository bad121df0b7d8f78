/* SPDX-License-Identifier: MIT */
#include "unsent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../base/whole.h"

#include "../stanza/build.h"
#include "../stanza/ns.h"
#include "../stanza/reader.h"
#include "../stanza/write.h"

#define PATH_BYTES_MAX 8192

static int nomem(const struct cpl_unsent *u, struct cpl_err *e)
{
	cpl_err_nomem(e);
	return cpl_err_prefix(e, "--unsent: %s", u->path);
}

/* --- lines ------------------------------------------------------------- */

static int is_delayed(xmpp_stanza_t *stanza)
{
	return cpl_child(stanza, "delay", CPL_NS_DELAY) != NULL;
}

/* Adds the <delay/> of when it left for the first time. */
static int delay(struct cpl_unsent *u, xmpp_stanza_t *stanza, time_t first)
{
	xmpp_stanza_t *el = cpl_build_child(stanza, "delay", CPL_NS_DELAY);
	char stamp[32];
	struct tm tm;

	strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ",
		 gmtime_r(&first, &tm));
	return el && cpl_set_attr(el, "from", u->own) == 0
		   ? cpl_set_attr(el, "stamp", stamp)
		   : -1;
}

static int add_line(struct cpl_unsent *u, xmpp_stanza_t *stanza)
{
	size_t before = u->lines.len;

	if (cpl_write_xml(&u->lines, stanza, CPL_NS_CLIENT) == 0 &&
	    cpl_buf_addc(&u->lines, '\n') == 0)
		return 0;
	cpl_buf_truncate(&u->lines, before);
	return -1;
}

/* One that left, on its way from the bytes on the wire to a line. */
struct passage {
	struct cpl_unsent *u;
	const struct cpl_sent *sent;
	int failed;
};

static void on_record(void *user, const struct cpl_record *record)
{
	struct passage *p = user;
	xmpp_stanza_t *s = record->stanza;

	if (!s) {
		p->failed = 1;
		return;
	}
	if (cpl_is(s, "message", CPL_NS_CLIENT) && !is_delayed(s))
		p->failed = delay(p->u, s, p->sent->first) < 0;
	if (!p->failed)
		p->failed = add_line(p->u, s) < 0;
}

int cpl_unsent_add(struct cpl_unsent *u, const struct cpl_sent *sent,
		   struct cpl_err *e)
{
	struct passage p = {u, sent, 0};
	struct cpl_reader *reader;

	if (sent->tries == 0) {
		if (cpl_buf_add(&u->lines, sent->xml, sent->bytes) < 0 ||
		    cpl_buf_addc(&u->lines, '\n') < 0)
			return nomem(u, e);
		u->fresh++;
		return 0;
	}
	reader = cpl_reader_new(u->ctx, 0, on_record, &p);
	if (!reader || cpl_reader_feed(reader, sent->xml, sent->bytes, e) < 0)
		p.failed = 1;
	cpl_reader_free(reader);
	if (p.failed)
		return nomem(u, e);
	u->unknown++;
	return 0;
}

int cpl_unsent_add_fresh(struct cpl_unsent *u, xmpp_stanza_t *stanza,
			 struct cpl_err *e)
{
	if (add_line(u, stanza) < 0)
		return nomem(u, e);
	u->fresh++;
	return 0;
}

/* --- the file ---------------------------------------------------------- */

/* A file beside it, for mkstemp(), and the folder of both. -1 without memory.
 */
static int beside(const char *path, struct cpl_buf *file,
		  struct cpl_buf *folder)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;

	if (slash ? cpl_buf_add(folder, path, n + 1) < 0
		  : cpl_buf_adds(folder, "./") < 0)
		return -1;
	return cpl_buf_addf(file, "%s.%s.XXXXXX", folder->data,
			    slash ? slash + 1 : path);
}

/* What there is at the path: nothing, or a file that may be replaced. */
static int check_old(const char *path, struct cpl_err *e)
{
	struct stat st, in;

	if (stat(path, &st) < 0)
		return errno == ENOENT
			   ? 0
			   : cpl_err_errno(e, CPL_IO, "--unsent: %s", path);
	if (!S_ISREG(st.st_mode))
		return cpl_err_set(e, CPL_IO, "--unsent: %s: not a file", path);
	if (fstat(STDIN_FILENO, &in) == 0 && in.st_dev == st.st_dev &&
	    in.st_ino == st.st_ino)
		return cpl_err_set(e, CPL_USAGE,
				   "--unsent: %s: it is what is read", path);
	return 0;
}

int cpl_unsent_open(struct cpl_unsent *u, const char *path, const char *own,
		    xmpp_ctx_t *ctx, struct cpl_err *e)
{
	struct cpl_buf file = CPL_BUF_INIT(PATH_BYTES_MAX);
	struct cpl_buf folder = CPL_BUF_INIT(PATH_BYTES_MAX);
	int fd = -1, r = -1;

	u->path = path;
	u->own = own;
	u->ctx = ctx;
	cpl_buf_init(&u->lines, SIZE_MAX);
	if (check_old(path, e) < 0)
		goto out;
	if (beside(path, &file, &folder) < 0) {
		cpl_err_nomem(e);
		goto out;
	}
	fd = mkstemp(file.data);
	if (fd < 0) {
		cpl_err_errno(e, CPL_IO, "--unsent: %s", path);
		goto out;
	}
	close(fd);
	unlink(file.data);
	r = 0;
out:
	cpl_buf_release(&file);
	cpl_buf_release(&folder);
	return r;
}

/* The content under the name that mkstemp() makes (0600), then under its own.
 * -1 with errno. */
static int replace(const struct cpl_unsent *u, char *name)
{
	int fd = mkstemp(name), r, why;

	if (fd < 0)
		return -1;
	r = cpl_write_whole(fd, u->lines.data, u->lines.len);
	if (r == 0)
		r = fsync(fd);
	why = errno;
	if (close(fd) < 0 && r == 0) {
		r = -1;
		why = errno;
	}
	if (r == 0 && rename(name, u->path) == 0)
		return 0;
	if (r == 0)
		why = errno;
	unlink(name);
	errno = why;
	return -1;
}

int cpl_unsent_write(const struct cpl_unsent *u, struct cpl_err *e)
{
	struct cpl_buf file = CPL_BUF_INIT(PATH_BYTES_MAX);
	struct cpl_buf folder = CPL_BUF_INIT(PATH_BYTES_MAX);
	int r = -1;

	errno = ENOMEM;
	if (beside(u->path, &file, &folder) == 0) {
		if (u->lines.len > 0)
			r = replace(u, file.data);
		else if ((r = unlink(u->path)) < 0 && errno == ENOENT)
			r = 0;
		if (r == 0)
			r = cpl_sync_above(u->path);
	}
	if (r < 0)
		cpl_err_errno(e, CPL_IO, "--unsent: %s", u->path);
	cpl_buf_release(&file);
	cpl_buf_release(&folder);
	return r;
}

void cpl_unsent_release(struct cpl_unsent *u)
{
	cpl_buf_release(&u->lines);
}
