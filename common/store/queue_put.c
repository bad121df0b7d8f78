/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "../base/limits.h"
#include "../base/uuid.h"
#include "../base/whole.h"
#include "queue.h"
#include "queue_impl.h"

/* A new file in tmp/, locked, so that nobody takes it for a dead one's. */
static int begin_file(const struct cpl_queue *q, const char *name)
{
	for (int i = 0; i < CPL_QUEUE_RACES; i++) {
		int fd = openat(q->folders[CPL_QUEUE_TMP], name,
				O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

		if (fd < 0)
			return -1;
		if (flock(fd, LOCK_EX) == 0 && cpl_queue_is_linked(fd))
			return fd;
		close(fd);
	}
	errno = EBUSY;
	return -1;
}

/* Writes a file in tmp/ and moves it to a place. The order is all: the bytes
 * are on the disk before the name is, and the name is before anybody is told.
 * -1 with e, and it is not there. */
static int write_entry(const struct cpl_queue *q, int place, const char *name,
		       const char *p, size_t n, struct cpl_err *e)
{
	int fd = begin_file(q, name);
	int step = CPL_QUEUE_TMP;

	if (fd < 0)
		return cpl_queue_io(q, step, name, e);
	if (cpl_write_whole(fd, p, n) < 0 || fsync(fd) < 0 ||
	    renameat(q->folders[CPL_QUEUE_TMP], name, q->folders[place], name) <
		0)
		goto failed;
	step = place;
	if (fsync(q->folders[place]) < 0)
		goto failed;
	close(fd);
	return 0;
failed:
	cpl_queue_io(q, step, name, e);
	(void)unlinkat(q->folders[step], name, 0);
	close(fd);
	return -1;
}

/* Counts those that wait, and takes the number of the last of them: the clock
 * may have been set back since. */
static int count_waiting(struct cpl_queue *q, struct cpl_err *e)
{
	struct cpl_queue_ids ids = {NULL, 0, 0};
	uint64_t last = 0;

	if (q->counted)
		return 0;
	if (cpl_queue_list(q, CPL_QUEUE_WAITING, NULL, &ids, e) < 0) {
		cpl_queue_ids_release(&ids);
		return -1;
	}
	q->count = ids.count;
	for (const char *c = ids.count ? ids.list[ids.count - 1] : "-";
	     *c != '-'; c++)
		last = 10 * last + (uint64_t)(*c - '0');
	if (last > q->last)
		q->last = last;
	q->counted = 1;
	cpl_queue_ids_release(&ids);
	return 0;
}

static int new_id(struct cpl_queue *q, const char *key,
		  char id[CPL_QUEUE_ID_SIZE], struct cpl_err *e)
{
	struct timespec now;
	unsigned char r[2];
	uint64_t n;

	clock_gettime(CLOCK_REALTIME, &now);
	n = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
	q->last = n > q->last ? n : q->last + 1;
	if (cpl_random(r, sizeof r, e) < 0)
		return -1;
	snprintf(id, CPL_QUEUE_ID_SIZE, "%016llu-%08x%02x%02x",
		 (unsigned long long)(q->last % 10000000000000000ULL),
		 (unsigned)cpl_queue_hash(key), r[0], r[1]);
	return 0;
}

int cpl_queue_put(struct cpl_queue *q, const char *key, const char *p, size_t n,
		  char id[CPL_QUEUE_ID_SIZE], struct cpl_err *e)
{
	char name[CPL_QUEUE_NAME_SIZE];

	if (n > CPL_QUEUE_ENTRY_MAX)
		return cpl_err_set(e, CPL_DATA,
				   "it has %zu bytes, and an entry of the "
				   "queue at most %d",
				   n, CPL_QUEUE_ENTRY_MAX);
	if (count_waiting(q, e) < 0)
		return -1;
	if (q->count >= CPL_QUEUE_ENTRIES_MAX)
		return cpl_err_set(e, CPL_IO, "%s: the queue is full: %d wait",
				   q->path, CPL_QUEUE_ENTRIES_MAX);
	if (new_id(q, key, id, e) < 0)
		return -1;
	cpl_queue_file_name(id, 0, name);
	if (write_entry(q, CPL_QUEUE_WAITING, name, p, n, e) < 0)
		return -1;
	q->count++;
	return 0;
}

int cpl_queue_rewrite(struct cpl_queue *q, struct cpl_queue_entry *entry,
		      const char *p, size_t n, struct cpl_err *e)
{
	char name[CPL_QUEUE_NAME_SIZE];
	int fd, failed;

	cpl_queue_name_of(entry, name);
	fd = begin_file(q, name);
	failed = fd < 0 || cpl_write_whole(fd, p, n) < 0 || fsync(fd) < 0 ||
		 renameat(q->folders[CPL_QUEUE_TMP], name,
			  q->folders[entry->place], name) < 0 ||
		 fsync(q->folders[entry->place]) < 0;
	if (failed)
		cpl_queue_io(q, CPL_QUEUE_TMP, name, e);
	if (failed && fd >= 0)
		(void)unlinkat(q->folders[CPL_QUEUE_TMP], name, 0);
	if (fd >= 0)
		close(fd);
	cpl_queue_let_go(entry);
	return failed ? -1 : 0;
}
