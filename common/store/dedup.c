/* SPDX-License-Identifier: MIT */
#include "dedup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/buf.h"
#include "../base/limits.h"
#include "../base/num.h"
#include "../base/whole.h"
#include "keyset.h"

static const char head[] = "couplet-dedup 1\n";

#define HEAD_BYTES (sizeof head - 1)
#define KEY_DIGITS (2 * CPL_KEY_BYTES)
#define LINE_MAX_BYTES 64
/* Another process may replace the file between our open() and our flock(). */
#define TRIES 10
/* So many lines out of date are never worth a new file. */
#define SLACK 1000

struct cpl_dedup {
	char *path;
	const struct cpl_log *log;
	int fd;
	int broken;   /* nothing more is written */
	off_t size;   /* of what is good in the file */
	size_t lines; /* in it, out of date or not */
	size_t bad;   /* lines that were none */
	size_t cut;   /* bytes left out of the line at hand, which is too long
		       */
	struct cpl_keyset keys;
	struct cpl_buf out;
};

/* --- lines ------------------------------------------------------------- */

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The digits at the beginning of a text. -1: there are not as many. */
static int read_key(unsigned char *key, const char *text)
{
	for (size_t i = 0; i < CPL_KEY_BYTES; i++) {
		int high = digit(text[2 * i]);
		int low = high < 0 ? -1 : digit(text[2 * i + 1]);

		if (low < 0)
			return -1;
		key[i] = (unsigned char)(high << 4 | low);
	}
	return 0;
}

static int add_line(struct cpl_buf *out, const struct cpl_keyset_entry *e)
{
	static const char digits[] = "0123456789abcdef";
	char text[KEY_DIGITS + 1];

	for (size_t i = 0; i < CPL_KEY_BYTES; i++) {
		text[2 * i] = digits[e->key[i] >> 4];
		text[2 * i + 1] = digits[e->key[i] & 15];
	}
	text[KEY_DIGITS] = '\0';
	return cpl_buf_addf(out, "%s %lld\n", text, (long long)e->at);
}

/* A line without its end: KEY SECONDS. -1: it is none, or no memory (e). */
static int take_line(struct cpl_dedup *d, char *line, size_t n, int64_t now,
		     struct cpl_err *e)
{
	unsigned char key[CPL_KEY_BYTES];
	struct cpl_keyset_entry *entry;
	long at;

	line[n] = '\0';
	if (n < KEY_DIGITS + 2 || strlen(line) != n ||
	    read_key(key, line) < 0 || line[KEY_DIGITS] != ' ' ||
	    cpl_num_int(line + KEY_DIGITS + 1, 0, LONG_MAX, &at, NULL) < 0)
		return -1;
	/* A clock that was wrong is not to keep a key for ever. */
	if (at > now)
		at = now;
	if (at < now - CPL_DEDUP_AGE_S || cpl_keyset_find(&d->keys, key))
		return 0;
	entry = cpl_keyset_add(&d->keys, key, at);
	if (!entry)
		return cpl_err_nomem(e);
	entry->kept = 1;
	return 0;
}

/* Takes the whole lines out of what was read, and leaves the rest of it. */
static int take_lines(struct cpl_dedup *d, struct cpl_buf *in, int64_t now,
		      struct cpl_err *e)
{
	char *end;

	while (in->len > 0 && (end = memchr(in->data, '\n', in->len))) {
		size_t n = (size_t)(end - in->data);

		if (d->cut > 0 || take_line(d, in->data, n, now, e) < 0)
			d->bad++;
		if (e->status != CPL_OK)
			return -1;
		d->lines++;
		d->size += (off_t)(d->cut + n + 1);
		d->cut = 0;
		cpl_buf_consume(in, n + 1);
	}
	/* Of a line that long its length is all that matters. */
	if (d->cut > 0 || in->len > LINE_MAX_BYTES) {
		d->cut += in->len;
		cpl_buf_consume(in, in->len);
	}
	return 0;
}

/* --- reading ----------------------------------------------------------- */

static ssize_t read_some(int fd, char *p, size_t n)
{
	ssize_t got;

	do
		got = read(fd, p, n);
	while (got < 0 && errno == EINTR);
	return got;
}

/* The head: 1 it is there, 0 the file is to be begun (it is empty, or was torn
 * at once), -1 with e. */
static int read_head(const struct cpl_dedup *d, struct cpl_err *e)
{
	char text[HEAD_BYTES];
	ssize_t n = read_some(d->fd, text, sizeof text);

	if (n < 0)
		return cpl_err_errno(e, CPL_IO, "%s", d->path);
	if (memcmp(text, head, (size_t)n) != 0)
		return cpl_err_set(e, CPL_DATA,
				   "%s: not a file of --dedup, it is left as "
				   "it is",
				   d->path);
	return (size_t)n == HEAD_BYTES;
}

static int read_keys(struct cpl_dedup *d, int64_t now, struct cpl_err *e)
{
	struct cpl_buf in = CPL_BUF_INIT(128 * 1024);
	size_t piece = 64 * 1024;
	int result = 0;

	while (result == 0) {
		char *p = cpl_buf_room(&in, piece);
		ssize_t n = p ? read_some(d->fd, p, piece) : -1;

		if (!p)
			result = cpl_err_nomem(e);
		else if (n < 0)
			result = cpl_err_errno(e, CPL_IO, "%s", d->path);
		if (n <= 0)
			break;
		cpl_buf_added(&in, (size_t)n);
		result = take_lines(d, &in, now, e);
	}
	cpl_buf_release(&in);
	return result;
}

/* --- writing ----------------------------------------------------------- */

/* All that is kept, as the content of a file. */
static int add_all(struct cpl_dedup *d, struct cpl_buf *out, size_t *lines)
{
	int failed = cpl_buf_adds(out, head) < 0;

	*lines = 0;
	for (size_t i = 0; i < d->keys.count && !failed; i++) {
		const struct cpl_keyset_entry *e = cpl_keyset_at(&d->keys, i);

		if (!e->kept)
			continue;
		failed = add_line(out, e) < 0;
		++*lines;
	}
	return failed ? -1 : 0;
}

/* The new file is locked before it has its name: who opens it finds it so. */
static int put_in_place(int fd, const char *beside, const char *path,
			const struct cpl_buf *all)
{
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 ||
	    cpl_write_whole(fd, all->data, all->len) < 0 || fsync(fd) < 0 ||
	    fcntl(fd, F_SETFL, O_APPEND) < 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || rename(beside, path) < 0)
		return -1;
	(void)!cpl_sync_above(path);
	return 0;
}

/* Writes the content of a new file beside path, which may not be a link, and
 * gives it its name. The descriptor, or -1 with errno. */
static int replace(const char *path, const struct cpl_buf *all)
{
	struct cpl_buf beside = CPL_BUF_INIT(8192);
	int fd = -1, why;

	if (cpl_buf_addf(&beside, "%s.XXXXXX", path) == 0)
		fd = mkstemp(beside.data);
	why = errno;
	if (fd >= 0 && put_in_place(fd, beside.data, path, all) < 0) {
		why = errno;
		unlink(beside.data);
		close(fd);
		fd = -1;
	}
	cpl_buf_release(&beside);
	errno = why;
	return fd;
}

/* Writes the file anew. A failure leaves the old one, which is as good, for as
 * many lines again. */
static void compact(struct cpl_dedup *d)
{
	struct cpl_buf all = CPL_BUF_INIT(SIZE_MAX);
	char *path = realpath(d->path, NULL);
	struct cpl_err e = CPL_ERR_INIT;
	size_t lines = 0;
	int fd = -1;

	if (path && add_all(d, &all, &lines) == 0)
		fd = replace(path, &all);
	if (fd >= 0) {
		close(d->fd);
		d->fd = fd;
		d->size = (off_t)all.len;
	} else {
		cpl_err_errno(&e, CPL_IO, "%s: not written anew", d->path);
		cpl_log(d->log, CPL_LOG_INFO, "%s", e.text);
	}
	d->lines = fd >= 0 ? lines : 0;
	free(path);
	cpl_buf_release(&all);
}

static int is_worth(const struct cpl_dedup *d, size_t slack)
{
	return d->lines > 2 * d->keys.count + slack;
}

/* Cuts off what is behind the last whole line, and begins a new file. */
static int mend(struct cpl_dedup *d, int begun, struct cpl_err *e)
{
	struct stat st;

	if (fstat(d->fd, &st) == 0 &&
	    (st.st_size == d->size || ftruncate(d->fd, d->size) == 0) &&
	    ((st.st_mode & 077) == 0 || fchmod(d->fd, 0600) == 0) &&
	    (begun || cpl_write_whole(d->fd, head, HEAD_BYTES) == 0))
		return 0;
	return cpl_err_errno(e, CPL_IO, "%s", d->path);
}

/* --- opening ----------------------------------------------------------- */

/* Whether the file that we have is the one that has the name. */
static int is_current(const struct cpl_dedup *d)
{
	struct stat ours, named;

	return fstat(d->fd, &ours) == 0 && stat(d->path, &named) == 0 &&
	       ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
}

static int open_locked(struct cpl_dedup *d, struct cpl_err *e)
{
	for (int i = 0; i < TRIES; i++) {
		d->fd = open(d->path,
			     O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC |
				 O_NOCTTY | O_NONBLOCK,
			     0600);
		if (d->fd < 0)
			return cpl_err_errno(e, CPL_IO, "%s", d->path);
		if (flock(d->fd, LOCK_EX | LOCK_NB) < 0)
			break;
		if (is_current(d))
			return 0;
		close(d->fd);
		d->fd = -1;
	}
	if (d->fd >= 0 && errno != EWOULDBLOCK)
		return cpl_err_errno(e, CPL_IO, "%s", d->path);
	return cpl_err_set(e, CPL_TEMP, "%s: another process has it", d->path);
}

static int check_file(const struct cpl_dedup *d, struct cpl_err *e)
{
	struct stat st;

	if (fstat(d->fd, &st) < 0)
		return cpl_err_errno(e, CPL_IO, "%s", d->path);
	if (!S_ISREG(st.st_mode))
		return cpl_err_set(e, CPL_IO, "%s: not a regular file",
				   d->path);
	if (st.st_uid != geteuid())
		return cpl_err_set(e, CPL_IO, "%s: of another user", d->path);
	return 0;
}

static int load(struct cpl_dedup *d, int64_t now, struct cpl_err *e)
{
	int begun = read_head(d, e);

	if (begun < 0)
		return -1;
	if (begun) {
		d->size = HEAD_BYTES;
		if (read_keys(d, now, e) < 0)
			return -1;
	}
	if (mend(d, begun, e) < 0)
		return -1;
	d->size = begun ? d->size : (off_t)HEAD_BYTES;
	if (d->bad > 0)
		cpl_log(d->log, CPL_LOG_WARN, "%s: %zu line%s dropped", d->path,
			d->bad,
			d->bad == 1 ? " is no key, it is"
				    : "s are no keys, they are");
	if (d->bad > 0 || is_worth(d, SLACK))
		compact(d);
	return 0;
}

struct cpl_dedup *cpl_dedup_open(const char *path, int64_t now,
				 const struct cpl_log *log, struct cpl_err *e)
{
	struct cpl_dedup *d = calloc(1, sizeof *d);

	if (!d || !(d->path = strdup(path))) {
		free(d);
		cpl_err_nomem(e);
		return NULL;
	}
	d->log = log;
	d->fd = -1;
	d->keys.max = CPL_DEDUP_KEYS;
	cpl_buf_init(&d->out, SIZE_MAX);
	if (open_locked(d, e) == 0 && check_file(d, e) == 0 &&
	    load(d, now, e) == 0)
		return d;
	cpl_dedup_close(d);
	return NULL;
}

void cpl_dedup_close(struct cpl_dedup *d)
{
	if (!d)
		return;
	if (d->fd >= 0)
		close(d->fd);
	cpl_keyset_release(&d->keys);
	cpl_buf_release(&d->out);
	free(d->path);
	free(d);
}

/* --- keys -------------------------------------------------------------- */

static struct cpl_keyset_entry *find(const struct cpl_dedup *d, const char *key)
{
	unsigned char bytes[CPL_KEY_BYTES];

	return read_key(bytes, key) == 0 ? cpl_keyset_find(&d->keys, bytes)
					 : NULL;
}

int cpl_dedup_seen(struct cpl_dedup *d, const char *key, int64_t now)
{
	cpl_keyset_expire(&d->keys, now - CPL_DEDUP_AGE_S);
	return find(d, key) != NULL;
}

int cpl_dedup_see(struct cpl_dedup *d, const char *key, int64_t now)
{
	unsigned char bytes[CPL_KEY_BYTES];

	if (read_key(bytes, key) < 0 || cpl_keyset_find(&d->keys, bytes))
		return 0;
	return cpl_keyset_add(&d->keys, bytes, now) ? 0 : -1;
}

int cpl_dedup_keep(struct cpl_dedup *d, const char *key)
{
	struct cpl_keyset_entry *e = find(d, key);

	if (!e || e->kept || d->broken)
		return 0;
	if (add_line(&d->out, e) < 0)
		return -1;
	e->kept = 1;
	return 0;
}

int cpl_dedup_flush(struct cpl_dedup *d, int64_t now, struct cpl_err *e)
{
	if (d->out.len == 0)
		return 0;
	if (cpl_write_whole(d->fd, d->out.data, d->out.len) < 0) {
		cpl_err_errno(e, CPL_IO, "%s", d->path);
		d->broken = 1;
		/* Where this fails too the next run drops what is torn. */
		(void)!ftruncate(d->fd, d->size);
		cpl_buf_truncate(&d->out, 0);
		return -1;
	}
	d->size += (off_t)d->out.len;
	for (size_t i = 0; i < d->out.len; i++)
		d->lines += d->out.data[i] == '\n';
	cpl_buf_truncate(&d->out, 0);
	cpl_keyset_expire(&d->keys, now - CPL_DEDUP_AGE_S);
	if (is_worth(d, CPL_DEDUP_KEYS))
		compact(d);
	return 0;
}
