/* SPDX-License-Identifier: MIT
 *
 * Preloaded (LD_PRELOAD) it makes the system call number FAIL_AT fail with the
 * error FAIL_AS (ENOSPC, EIO, EACCES, EMFILE), of those on files in the folder
 * HOME; with ENOSPC+ all from there on that would need room. A path that is not
 * absolute counts as one there. To the file FAIL_COUNT is written at the end
 * how many there were; with FAIL_TRACE set stderr has where it was that one
 * failed. */
#define _GNU_SOURCE /* RTLD_NEXT, O_TMPFILE */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FDS 1024

static unsigned char ours[FDS]; /* descriptors of files there */
static unsigned long calls, fail_at;
static int error, lasting;
static const char *home;
static int count_fd = -1;

/* The function of that name that this one stands before. */
#define REAL(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))

static int is_ours(int dir, const char *path)
{
	if (!home || !path)
		return 0;
	if (*path == '/')
		return strncmp(path, home, strlen(home)) == 0;
	return dir == AT_FDCWD || (dir >= 0 && dir < FDS && ours[dir]);
}

static int is_open(int fd)
{
	return fd >= 0 && fd < FDS && ours[fd];
}

/* Whether this call fails; errno is set then. */
static int fails(int counts, int takes_room)
{
	int now;

	if (!counts)
		return 0;
	now = ++calls == fail_at;
	if (lasting)
		now = fail_at && calls >= fail_at && takes_room;
	if (now && getenv("FAIL_TRACE")) {
		void *frames[40];

		backtrace_symbols_fd(frames, backtrace(frames, 40), 2);
	}
	if (now)
		errno = error;
	return now;
}

static int opened(int counts, int fd)
{
	if (fd >= 0 && fd < FDS)
		ours[fd] = (unsigned char)counts;
	return fd;
}

static __attribute__((constructor)) void begin(void)
{
	static const struct {
		const char *name;
		int number;
	} errors[] = {{"ENOSPC", ENOSPC},
		      {"EIO", EIO},
		      {"EACCES", EACCES},
		      {"EMFILE", EMFILE}};
	const char *as = getenv("FAIL_AS"), *at = getenv("FAIL_AT");
	const char *count = getenv("FAIL_COUNT");

	for (size_t i = 0; as && i < sizeof errors / sizeof *errors; i++)
		if (strncmp(as, errors[i].name, strlen(errors[i].name)) == 0)
			error = errors[i].number;
	lasting = as && strchr(as, '+');
	fail_at = at ? strtoul(at, NULL, 10) : 0;
	/* While the program may still do so. */
	if (count)
		count_fd = open(count, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	home = getenv("HOME");
}

static __attribute__((destructor)) void write_count(void)
{
	home = NULL;
	if (count_fd >= 0)
		dprintf(count_fd, "%lu\n", calls);
}

/* --- by path ------------------------------------------------------------- */

static int takes_mode(int flags)
{
	return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;
}

#define MODE_OF(flags)                                                         \
	mode_t mode = 0;                                                       \
	if (takes_mode(flags)) {                                               \
		va_list list;                                                  \
		va_start(list, flags);                                         \
		mode = va_arg(list, mode_t);                                   \
		va_end(list);                                                  \
	}

#define OPEN(name)                                                             \
	int name(const char *path, int flags, ...)                             \
	{                                                                      \
		int counts = is_ours(AT_FDCWD, path);                          \
		MODE_OF(flags)                                                 \
		if (fails(counts, takes_mode(flags)))                          \
			return -1;                                             \
		return opened(counts, REAL(name)(path, flags, mode));          \
	}
#define OPENAT(name)                                                           \
	int name(int dir, const char *path, int flags, ...)                    \
	{                                                                      \
		int counts = is_ours(dir, path);                               \
		MODE_OF(flags)                                                 \
		if (fails(counts, takes_mode(flags)))                          \
			return -1;                                             \
		return opened(counts, REAL(name)(dir, path, flags, mode));     \
	}

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

#define FOPEN(name)                                                            \
	FILE *name(const char *path, const char *how)                          \
	{                                                                      \
		FILE *file;                                                    \
		if (fails(is_ours(AT_FDCWD, path), *how != 'r'))               \
			return NULL;                                           \
		file = REAL(name)(path, how);                                  \
		if (file)                                                      \
			opened(is_ours(AT_FDCWD, path), fileno(file));         \
		return file;                                                   \
	}

FOPEN(fopen)
FOPEN(fopen64)

/* Functions of a path, and what else they take. */
#define BY_PATH(name, path, room, args, ...)                                   \
	int name(__VA_ARGS__)                                                  \
	{                                                                      \
		if (fails(is_ours(AT_FDCWD, path), room))                      \
			return -1;                                             \
		return REAL(name) args;                                        \
	}
#define BY_PLACE(name, dir, path, room, args, ...)                             \
	int name(__VA_ARGS__)                                                  \
	{                                                                      \
		if (fails(is_ours(dir, path), room))                           \
			return -1;                                             \
		return REAL(name) args;                                        \
	}

BY_PATH(mkdir, path, 1, (path, mode), const char *path, mode_t mode)
BY_PATH(rename, to, 1, (from, to), const char *from, const char *to)
BY_PATH(link, to, 1, (from, to), const char *from, const char *to)
BY_PATH(unlink, path, 0, (path), const char *path)
BY_PATH(access, path, 0, (path, mode), const char *path, int mode)
BY_PATH(stat, path, 0, (path, out), const char *path, struct stat *out)
BY_PATH(lstat, path, 0, (path, out), const char *path, struct stat *out)
BY_PLACE(mkdirat, dir, path, 1, (dir, path, mode), int dir, const char *path,
	 mode_t mode)
BY_PLACE(unlinkat, dir, path, 0, (dir, path, flags), int dir, const char *path,
	 int flags)
BY_PLACE(renameat, dir, to, 1, (from_dir, from, dir, to), int from_dir,
	 const char *from, int dir, const char *to)
BY_PLACE(fstatat, dir, path, 0, (dir, path, out, flags), int dir,
	 const char *path, struct stat *out, int flags)

DIR *opendir(const char *path)
{
	int counts = is_ours(AT_FDCWD, path);
	DIR *dir;

	if (fails(counts, 0))
		return NULL;
	dir = REAL(opendir)(path);
	if (dir)
		opened(counts, dirfd(dir));
	return dir;
}

/* --- by descriptor ------------------------------------------------------- */

#define BY_FD(type, name, room, args, ...)                                     \
	type name(__VA_ARGS__)                                                 \
	{                                                                      \
		if (fails(is_open(fd), room))                                  \
			return -1;                                             \
		return REAL(name) args;                                        \
	}

BY_FD(int, fsync, 1, (fd), int fd)
BY_FD(int, fdatasync, 1, (fd), int fd)
BY_FD(int, flock, 0, (fd, how), int fd, int how)
BY_FD(int, ftruncate, 1, (fd, n), int fd, off_t n)
BY_FD(int, ftruncate64, 1, (fd, n), int fd, off64_t n)
BY_FD(int, fstat, 0, (fd, out), int fd, struct stat *out)
BY_FD(int, fchmod, 0, (fd, mode), int fd, mode_t mode)
BY_FD(ssize_t, read, 0, (fd, p, n), int fd, void *p, size_t n)
BY_FD(ssize_t, write, 1, (fd, p, n), int fd, const void *p, size_t n)
BY_FD(ssize_t, pread, 0, (fd, p, n, at), int fd, void *p, size_t n, off_t at)
BY_FD(ssize_t, pwrite, 1, (fd, p, n, at), int fd, const void *p, size_t n,
      off_t at)
BY_FD(ssize_t, pread64, 0, (fd, p, n, at), int fd, void *p, size_t n,
      off64_t at)
BY_FD(ssize_t, pwrite64, 1, (fd, p, n, at), int fd, const void *p, size_t n,
      off64_t at)

/* One that fails has closed all the same (Linux). */
int close(int fd)
{
	int counts = is_open(fd), failed = fails(counts, 0), r;

	opened(0, fd);
	r = REAL(close)(fd);
	if (failed)
		errno = error;
	return failed ? -1 : r;
}

DIR *fdopendir(int fd)
{
	return fails(is_open(fd), 0) ? NULL : REAL(fdopendir)(fd);
}

struct dirent *readdir(DIR *dir)
{
	return fails(is_open(dirfd(dir)), 0) ? NULL : REAL(readdir)(dir);
}
