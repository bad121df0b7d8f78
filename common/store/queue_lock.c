/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "queue.h"
#include "queue_impl.h"

/* What could not be moved out of sent/ when it was refused. */
static void put_back(const struct cpl_queue *q, const char *name)
{
	if (renameat(q->folders[CPL_QUEUE_SENT], name,
		     q->folders[CPL_QUEUE_WAITING], name) < 0) {
		cpl_log(q->log, CPL_LOG_WARN, "%s/sent/%s: it stays there: %s",
			q->path, name, strerror(errno));
		return;
	}
	(void)fsync(q->folders[CPL_QUEUE_WAITING]);
	cpl_log(q->log, CPL_LOG_INFO, "%s/waiting/%s: it waits again", q->path,
		name);
}

/* What else sent/ has is of no use to anybody. */
static int clear_one(void *user, const char *name)
{
	const struct cpl_queue *q = user;
	struct stat st;

	if (fstatat(q->folders[CPL_QUEUE_SENT], name, &st,
		    AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (cpl_queue_is_kept(&st))
		put_back(q, name);
	else
		(void)unlinkat(q->folders[CPL_QUEUE_SENT], name, 0);
	return 0;
}

/* Nor is what tmp/ has, unless its writer is still at work, who has it locked.
 */
static int clear_unfinished(void *user, const char *name)
{
	const struct cpl_queue *q = user;
	int fd = cpl_queue_open_file(q, CPL_QUEUE_TMP, name, LOCK_EX);

	if (fd < 0)
		return 0;
	if (unlinkat(q->folders[CPL_QUEUE_TMP], name, 0) == 0)
		cpl_log(q->log, CPL_LOG_INFO,
			"%s/tmp/%s: was not written to its end, and is removed",
			q->path, name);
	close(fd);
	return 0;
}

struct sweep {
	const struct cpl_queue *q;
	void (*torn)(void *user, const char *name);
	void *user;
};

static int set_aside(void *user, const char *name)
{
	const struct sweep *s = user;
	char id[CPL_QUEUE_ID_SIZE];
	unsigned attempts;
	struct stat st;

	/* A link or a pipe would make us wait, or send who knows what. What
	 * cannot be looked at is told of when its turn comes. */
	if (cpl_queue_parse_name(name, id, &attempts) == 0 &&
	    (fstatat(s->q->folders[CPL_QUEUE_WAITING], name, &st,
		     AT_SYMLINK_NOFOLLOW) < 0 ||
	     (S_ISREG(st.st_mode) && st.st_uid == geteuid())))
		return 0;
	if (renameat(s->q->folders[CPL_QUEUE_WAITING], name,
		     s->q->folders[CPL_QUEUE_TORN], name) == 0)
		s->torn(s->user, name);
	return 0;
}

int cpl_queue_lock(struct cpl_queue *q,
		   void (*torn)(void *user, const char *name), void *user,
		   struct cpl_err *e)
{
	struct sweep sweep = {q, torn, user};

	if (q->lock >= 0)
		return 0;
	q->lock = openat(q->folders[CPL_QUEUE_TMP], "../lock",
			 O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (q->lock < 0)
		return cpl_err_errno(e, CPL_IO, "%s/lock", q->path);
	if (flock(q->lock, LOCK_EX | LOCK_NB) < 0) {
		int busy = errno == EWOULDBLOCK;

		if (!busy)
			cpl_err_errno(e, CPL_IO, "%s/lock", q->path);
		close(q->lock);
		q->lock = -1;
		return busy ? 1 : -1;
	}
	if (cpl_queue_walk(q, CPL_QUEUE_SENT, clear_one, q, e) == 0 &&
	    cpl_queue_walk(q, CPL_QUEUE_TMP, clear_unfinished, q, e) == 0 &&
	    cpl_queue_walk(q, CPL_QUEUE_WAITING, set_aside, &sweep, e) == 0)
		return 0;
	cpl_queue_unlock(q);
	return -1;
}

void cpl_queue_unlock(struct cpl_queue *q)
{
	if (q->lock < 0)
		return;
	/* What went is gone for good; where not, it is sent again, with the
	 * same id. */
	(void)fsync(q->folders[CPL_QUEUE_WAITING]);
	(void)!cpl_queue_walk(q, CPL_QUEUE_SENT, clear_one, q, NULL);
	close(q->lock);
	q->lock = -1;
	q->counted = 0;
}
