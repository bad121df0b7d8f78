/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "queue.h"
#include "queue_impl.h"

void cpl_queue_file_name(const char *id, unsigned attempts,
			 char name[CPL_QUEUE_NAME_SIZE])
{
	snprintf(name, CPL_QUEUE_NAME_SIZE, "%s.%u", id, attempts);
}

void cpl_queue_name_of(const struct cpl_queue_entry *entry,
		       char name[CPL_QUEUE_NAME_SIZE])
{
	cpl_queue_file_name(entry->id, entry->attempts, name);
}

int cpl_queue_is_linked(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return 0;
	errno = ENOENT;
	return st.st_nlink > 0;
}

/* --- one entry --------------------------------------------------------- */

int cpl_queue_open_file(const struct cpl_queue *q, int place, const char *name,
			int lock)
{
	struct stat st;
	int fd = openat(q->folders[place], name,
			O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int why;

	if (fd < 0)
		return -1;
	if ((lock == 0 || flock(fd, lock | LOCK_NB) == 0) &&
	    cpl_queue_is_linked(fd)) {
		/* What another user put there is not ours to send. */
		if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
		    st.st_uid == geteuid())
			return fd;
		errno = EPERM;
	}
	why = errno;
	close(fd);
	errno = why;
	return -1;
}

struct search {
	const char *id;
	char name[CPL_QUEUE_NAME_SIZE];
	unsigned attempts;
	int found;
};

static int find_one(void *user, const char *name)
{
	struct search *s = user;
	char id[CPL_QUEUE_ID_SIZE];
	unsigned attempts;

	if (cpl_queue_parse_name(name, id, &attempts) < 0 ||
	    strcmp(id, s->id) != 0)
		return 0;
	snprintf(s->name, sizeof s->name, "%s", name);
	s->attempts = attempts;
	s->found = 1;
	return 1;
}

/* The name of an entry in a place: most were never tried. */
static int find(struct cpl_queue *q, int place, struct search *s,
		struct cpl_err *e)
{
	s->found = 0;
	s->attempts = 0;
	if (q->folders[place] < 0)
		return 0;
	cpl_queue_file_name(s->id, 0, s->name);
	if (faccessat(q->folders[place], s->name, F_OK, AT_SYMLINK_NOFOLLOW) ==
	    0) {
		s->found = 1;
		return 0;
	}
	return cpl_queue_walk(q, place, find_one, s, e);
}

static int take(struct cpl_queue *q, const enum cpl_queue_place places[2],
		const char *id, int lock, struct cpl_queue_entry *entry,
		struct cpl_err *e)
{
	struct search s = {.id = id};

	entry->fd = -1;
	/* It may get another name while it is looked for. */
	for (int i = 0; i < CPL_QUEUE_RACES; i++) {
		entry->place = places[i % 2];
		if (find(q, (int)entry->place, &s, e) < 0)
			return -1;
		if (!s.found)
			continue;
		entry->fd =
		    cpl_queue_open_file(q, (int)entry->place, s.name, lock);
		if (entry->fd >= 0) {
			snprintf(entry->id, sizeof entry->id, "%s", id);
			entry->attempts = s.attempts;
			return CPL_QUEUE_HELD;
		}
		if (errno == EWOULDBLOCK)
			return CPL_QUEUE_BUSY;
		if (errno != ENOENT)
			return cpl_queue_io(q, (int)entry->place, s.name, e);
	}
	return CPL_QUEUE_GONE;
}

static const enum cpl_queue_place kept[] = {CPL_QUEUE_WAITING,
					    CPL_QUEUE_FAILED};

int cpl_queue_hold(struct cpl_queue *q, const char *id,
		   struct cpl_queue_entry *entry, struct cpl_err *e)
{
	return take(q, kept, id, LOCK_EX, entry, e);
}

int cpl_queue_recall(struct cpl_queue *q, const char *id,
		     struct cpl_queue_entry *entry, struct cpl_err *e)
{
	static const enum cpl_queue_place sent[] = {CPL_QUEUE_SENT,
						    CPL_QUEUE_SENT};

	return take(q, sent, id, LOCK_EX, entry, e);
}

int cpl_queue_peek(struct cpl_queue *q, const char *id,
		   struct cpl_queue_entry *entry, struct cpl_err *e)
{
	return take(q, kept, id, 0, entry, e);
}

int cpl_queue_read(const struct cpl_queue *q,
		   const struct cpl_queue_entry *entry, struct cpl_buf *out,
		   struct cpl_err *e)
{
	char piece[16 * 1024], name[CPL_QUEUE_NAME_SIZE];
	off_t at = 0;
	ssize_t n;

	cpl_queue_name_of(entry, name);
	while ((n = pread(entry->fd, piece, sizeof piece, at)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cpl_queue_io(q, (int)entry->place, name, e);
		if (cpl_buf_add(out, piece, (size_t)n) < 0)
			return cpl_buf_err(out, e, CPL_DATA, "it");
		at += n;
	}
	return 0;
}

static int rename_entry(struct cpl_queue *q, struct cpl_queue_entry *entry,
			enum cpl_queue_place to, unsigned attempts,
			struct cpl_err *e)
{
	char from[CPL_QUEUE_NAME_SIZE], name[CPL_QUEUE_NAME_SIZE];

	cpl_queue_name_of(entry, from);
	cpl_queue_file_name(entry->id, attempts, name);
	if (renameat(q->folders[entry->place], from, q->folders[to], name) < 0)
		return cpl_queue_io(q, (int)entry->place, from, e);
	entry->attempts = attempts;
	return 0;
}

int cpl_queue_attempt(struct cpl_queue *q, struct cpl_queue_entry *entry,
		      struct cpl_err *e)
{
	return rename_entry(q, entry, entry->place, entry->attempts + 1, e);
}

/* Nobody writes to an entry, so that whether its owner may is free to say that
 * it is kept. It takes no room, of which there may be none. */
static int mark(const struct cpl_queue *q, const struct cpl_queue_entry *entry,
		mode_t mode, struct cpl_err *e)
{
	char name[CPL_QUEUE_NAME_SIZE];

	if (fchmod(entry->fd, mode) == 0 && fsync(entry->fd) == 0)
		return 0;
	cpl_queue_name_of(entry, name);
	return cpl_queue_io(q, (int)entry->place, name, e);
}

int cpl_queue_is_kept(const struct stat *st)
{
	return !(st->st_mode & S_IWUSR);
}

int cpl_queue_keep(struct cpl_queue *q, const struct cpl_queue_entry *entry,
		   struct cpl_err *e)
{
	return mark(q, entry, S_IRUSR, e);
}

int cpl_queue_move(struct cpl_queue *q, struct cpl_queue_entry *entry,
		   enum cpl_queue_place to, struct cpl_err *e)
{
	enum cpl_queue_place from = entry->place;
	struct stat st;

	/* It was kept when it was sent before; now the server has it. */
	if (to == CPL_QUEUE_SENT && fstat(entry->fd, &st) == 0 &&
	    cpl_queue_is_kept(&st) && mark(q, entry, S_IRUSR | S_IWUSR, e) < 0)
		return -1;
	if (rename_entry(q, entry, to, entry->attempts, e) < 0)
		return -1;
	entry->place = to;
	/* The new name first: rather twice than not at all. */
	if (to != CPL_QUEUE_SENT &&
	    (fsync(q->folders[to]) < 0 || fsync(q->folders[from]) < 0))
		return cpl_queue_io(q, (int)to, NULL, e);
	return 0;
}

int cpl_queue_drop(struct cpl_queue *q, struct cpl_queue_entry *entry,
		   struct cpl_err *e)
{
	char name[CPL_QUEUE_NAME_SIZE];
	int failed;

	cpl_queue_name_of(entry, name);
	failed = unlinkat(q->folders[entry->place], name, 0) < 0 ||
		 fsync(q->folders[entry->place]) < 0;
	if (failed)
		cpl_queue_io(q, (int)entry->place, name, e);
	cpl_queue_let_go(entry);
	return failed ? -1 : 0;
}

void cpl_queue_let_go(struct cpl_queue_entry *entry)
{
	if (entry->fd >= 0)
		close(entry->fd);
	entry->fd = -1;
}
