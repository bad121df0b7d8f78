/* SPDX-License-Identifier: MIT */
#include "queue.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/limits.h"
#include "../base/num.h"
#include "../config/state.h"
#include "queue_impl.h"

#define DIGITS 16
#define KEY_DIGITS 8
#define PATH_BYTES_MAX 8192

const char *cpl_queue_place_name(int place)
{
	static const char *const names[] = {"waiting", "sent", "failed", "torn",
					    "tmp"};

	return names[place];
}

int cpl_queue_io(const struct cpl_queue *q, int place, const char *name,
		 struct cpl_err *e)
{
	return cpl_err_errno(e, CPL_IO, "%s/%s%s%s", q->path,
			     cpl_queue_place_name(place), name ? "/" : "",
			     name ? name : "");
}

int cpl_queue_is_id(const char *text)
{
	size_t n = strlen(text);

	return n == CPL_QUEUE_ID_SIZE - 1 && text[DIGITS] == '-' &&
	       strspn(text, "0123456789") == DIGITS &&
	       strspn(text + DIGITS + 1, "0123456789abcdef") == n - DIGITS - 1;
}

int cpl_queue_parse_name(const char *name, char id[CPL_QUEUE_ID_SIZE],
			 unsigned *attempts)
{
	const char *dot = strchr(name, '.');
	long n = 0;

	if (!dot || dot - name != CPL_QUEUE_ID_SIZE - 1)
		return -1;
	snprintf(id, CPL_QUEUE_ID_SIZE, "%s", name);
	if (!cpl_queue_is_id(id) ||
	    cpl_num_int(dot + 1, 0, 1000000000, &n, NULL) < 0)
		return -1;
	*attempts = (unsigned)n;
	return 0;
}

/* --- opening ----------------------------------------------------------- */

/* A folder's descriptor. Once it is new, the folder above must know of it
 * before anything in it may be relied on. */
static int open_folder(int above, const char *name, int make)
{
	int fd;

	if (make && mkdirat(above, name, 0700) == 0) {
		if (fsync(above) < 0)
			return -1;
	} else if (make && errno != EEXIST) {
		return -1;
	}
	fd = openat(above, name,
		    O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return fd;
}

/* Makes the state folder, of which the folders above must know, as far as they
 * may be new and let us say so. */
static int make_state(const char *state)
{
	static const char *const above[] = {"..", "../..", "../../.."};
	int is_new = access(state, F_OK) < 0;
	int fd;

	if (cpl_state_make(state) < 0)
		return -1;
	if (!is_new)
		return 0;
	fd = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; fd >= 0 && i < 3; i++) {
		int up =
		    openat(fd, above[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (up >= 0) {
			(void)fsync(up);
			close(up);
		}
	}
	if (fd >= 0)
		close(fd);
	return 0;
}

static int open_folders(struct cpl_queue *q, const char *state, int make,
			struct cpl_err *e)
{
	const char *own = strrchr(q->path, '/') + 1;
	int above = -1, fd = -1, result = -1;

	if (make && make_state(state) < 0) {
		cpl_err_errno(e, CPL_IO, "%s", state);
		return -1;
	}
	above = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (above >= 0)
		fd = open_folder(above, own, make);
	if (fd < 0) {
		result = !make && errno == ENOENT ? 0 : -1;
		if (result < 0)
			cpl_err_errno(e, CPL_IO, "%s", q->path);
		goto out;
	}
	for (int i = 0; i <= CPL_QUEUE_TMP; i++) {
		q->folders[i] = open_folder(fd, cpl_queue_place_name(i), make);
		if (q->folders[i] < 0 && (make || errno != ENOENT)) {
			cpl_queue_io(q, i, NULL, e);
			goto out;
		}
	}
	result = 0;
out:
	if (fd >= 0)
		close(fd);
	if (above >= 0)
		close(above);
	return result;
}

struct cpl_queue *cpl_queue_open(const char *state_folder, const char *jid,
				 int make, const struct cpl_log *log,
				 struct cpl_err *e)
{
	struct cpl_buf path = CPL_BUF_INIT(PATH_BYTES_MAX);
	struct cpl_queue *q;

	if (!state_folder) {
		cpl_err_set(e, CPL_IO,
			    "the queue: no folder for it, as "
			    "neither XDG_STATE_HOME nor HOME says");
		return NULL;
	}
	q = calloc(1, sizeof *q);
	if (!q)
		goto nomem;
	q->log = log;
	q->lock = -1;
	for (int i = 0; i <= CPL_QUEUE_TMP; i++)
		q->folders[i] = -1;
	if (cpl_buf_addf(&path, "%s/", state_folder) < 0 ||
	    cpl_state_name(&path, "queue", jid) < 0)
		goto nomem;
	q->path = cpl_buf_take(&path);
	if (!q->path || cpl_buf_addf(&path, "%s/waiting", q->path) < 0)
		goto nomem;
	q->waiting = cpl_buf_take(&path);
	if (!q->waiting)
		goto nomem;
	if (open_folders(q, state_folder, make, e) < 0)
		goto failed;
	return q;
nomem:
	cpl_buf_release(&path);
	cpl_err_nomem(e);
failed:
	cpl_queue_free(q);
	return NULL;
}

void cpl_queue_free(struct cpl_queue *q)
{
	if (!q)
		return;
	cpl_queue_unlock(q);
	for (int i = 0; i <= CPL_QUEUE_TMP; i++)
		if (q->folders[i] >= 0)
			close(q->folders[i]);
	free(q->path);
	free(q->waiting);
	free(q);
}

const char *cpl_queue_path(const struct cpl_queue *q)
{
	return q->waiting;
}

/* --- what is there ----------------------------------------------------- */

int cpl_queue_walk(const struct cpl_queue *q, int place,
		   int (*each)(void *user, const char *name), void *user,
		   struct cpl_err *e)
{
	const struct dirent *entry;
	DIR *dir;
	int fd;

	if (q->folders[place] < 0)
		return 0;
	/* A descriptor of its own, as its position is. */
	fd = openat(q->folders[place], ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd >= 0 ? fdopendir(fd) : NULL;
	if (!dir) {
		cpl_queue_io(q, place, NULL, e);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	while ((errno = 0, entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0 &&
		    each(user, entry->d_name))
			break;
	if (!entry && errno != 0) {
		cpl_queue_io(q, place, NULL, e);
		closedir(dir);
		return -1;
	}
	closedir(dir);
	return 0;
}

struct listing {
	struct cpl_queue_ids *ids;
	const char *after;
	int nomem;
};

int cpl_queue_ids_add(struct cpl_queue_ids *ids, const char *id)
{
	if (ids->count == ids->room) {
		size_t room = ids->room ? 2 * ids->room : 64;
		void *more = realloc(ids->list, room * sizeof *ids->list);

		if (!more)
			return -1;
		ids->list = more;
		ids->room = room;
	}
	snprintf(ids->list[ids->count++], CPL_QUEUE_ID_SIZE, "%s", id);
	return 0;
}

static int add_id(void *user, const char *name)
{
	struct listing *l = user;
	char id[CPL_QUEUE_ID_SIZE];
	unsigned attempts;

	if (cpl_queue_parse_name(name, id, &attempts) < 0 ||
	    (l->after && strcmp(id, l->after) <= 0))
		return 0;
	l->nomem = cpl_queue_ids_add(l->ids, id) < 0;
	return l->nomem;
}

static int by_id(const void *a, const void *b)
{
	return strcmp(a, b);
}

int cpl_queue_list(const struct cpl_queue *q, enum cpl_queue_place place,
		   const char *after, struct cpl_queue_ids *out,
		   struct cpl_err *e)
{
	struct listing l = {out, after, 0};

	if (cpl_queue_walk(q, place, add_id, &l, e) < 0)
		return -1;
	if (l.nomem)
		return cpl_err_nomem(e);
	if (out->count > 1)
		qsort(out->list, out->count, sizeof *out->list, by_id);
	return 0;
}

void cpl_queue_ids_release(struct cpl_queue_ids *ids)
{
	free(ids->list);
	ids->list = NULL;
	ids->count = ids->room = 0;
}

/* FNV-1a. */
uint32_t cpl_queue_hash(const char *key)
{
	uint32_t hash = 2166136261U;

	for (; *key; key++)
		hash = (hash ^ (unsigned char)*key) * 16777619U;
	return hash;
}

static int has_key(const struct cpl_queue_ids *ids, const char *digits)
{
	for (size_t i = 0; i < ids->count; i++)
		if (memcmp(ids->list[i] + DIGITS + 1, digits, KEY_DIGITS) == 0)
			return 1;
	return 0;
}

int cpl_queue_ids_of_key(const struct cpl_queue_ids *ids, const char *key)
{
	char digits[KEY_DIGITS + 1];

	snprintf(digits, sizeof digits, "%08x", (unsigned)cpl_queue_hash(key));
	return has_key(ids, digits);
}

int cpl_queue_ids_of_same(const struct cpl_queue_ids *ids, const char *id)
{
	return has_key(ids, id + DIGITS + 1);
}
