/* SPDX-License-Identifier: MIT */
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__has_include)
#if __has_include(<linux/landlock.h>)
#include <linux/landlock.h>
#endif
#endif

#if defined(LANDLOCK_CREATE_RULESET_VERSION) &&                                \
    defined(SYS_landlock_create_ruleset)

/* Later than the first headers. */
#define RIGHT_REFER (UINT64_C(1) << 13)    /* version 2 */
#define RIGHT_TRUNCATE (UINT64_C(1) << 14) /* version 3 */

#define READ_RIGHTS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define DEVICE_RIGHTS                                                          \
	(READ_RIGHTS | LANDLOCK_ACCESS_FS_WRITE_FILE | RIGHT_TRUNCATE)
#define WRITE_RIGHTS                                                           \
	(DEVICE_RIGHTS | LANDLOCK_ACCESS_FS_MAKE_REG |                         \
	 LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_SYM |           \
	 LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |      \
	 RIGHT_REFER)
#define ALL_RIGHTS                                                             \
	(WRITE_RIGHTS | LANDLOCK_ACCESS_FS_EXECUTE |                           \
	 LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK |        \
	 LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO)
/* What a file can have that is no folder. */
#define FILE_RIGHTS                                                            \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |        \
	 RIGHT_TRUNCATE)

int cpl_confine_built(void)
{
	return 1;
}

int cpl_confine_begin(struct cpl_confine *c)
{
	struct landlock_ruleset_attr attr = {0};
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
			       LANDLOCK_CREATE_RULESET_VERSION);

	c->fd = -1;
	if (version < 2) {
		errno = version < 0 ? errno : ENOSYS;
		return -1;
	}
	c->handled = ALL_RIGHTS & ~(version < 3 ? RIGHT_TRUNCATE : 0);
	attr.handled_access_fs = c->handled;
	c->fd =
	    (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
	return c->fd < 0 ? -1 : 0;
}

static void allow(const struct cpl_confine *c, const char *path,
		  uint64_t rights)
{
	struct landlock_path_beneath_attr attr = {0};
	struct stat st;

	/* Opening a FIFO or a device would not be without effect. */
	if (stat(path, &st) < 0 ||
	    !(S_ISDIR(st.st_mode) || S_ISREG(st.st_mode)))
		return;
	attr.parent_fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (attr.parent_fd < 0)
		return;
	if (fstat(attr.parent_fd, &st) == 0) {
		if (!S_ISDIR(st.st_mode))
			rights &= FILE_RIGHTS;
		attr.allowed_access = rights & c->handled;
		(void)!syscall(SYS_landlock_add_rule, c->fd,
			       LANDLOCK_RULE_PATH_BENEATH, &attr, 0);
	}
	close(attr.parent_fd);
}

void cpl_confine_read(const struct cpl_confine *c, const char *path)
{
	allow(c, path, READ_RIGHTS);
}

void cpl_confine_write(const struct cpl_confine *c, const char *path)
{
	allow(c, path, WRITE_RIGHTS);
}

void cpl_confine_devices(const struct cpl_confine *c, const char *path)
{
	allow(c, path, DEVICE_RIGHTS);
}

int cpl_confine_end(struct cpl_confine *c)
{
	int failed = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		     syscall(SYS_landlock_restrict_self, c->fd, 0) < 0;
	int why = errno;

	cpl_confine_drop(c);
	errno = why;
	return failed ? -1 : 0;
}

void cpl_confine_drop(struct cpl_confine *c)
{
	close(c->fd);
	c->fd = -1;
}

#else /* built without Landlock */

int cpl_confine_built(void)
{
	return 0;
}

int cpl_confine_begin(struct cpl_confine *c)
{
	c->fd = -1;
	errno = ENOSYS;
	return -1;
}

void cpl_confine_read(const struct cpl_confine *c, const char *path)
{
	(void)c, (void)path;
}

void cpl_confine_write(const struct cpl_confine *c, const char *path)
{
	(void)c, (void)path;
}

void cpl_confine_devices(const struct cpl_confine *c, const char *path)
{
	(void)c, (void)path;
}

int cpl_confine_end(struct cpl_confine *c)
{
	(void)c;
	errno = ENOSYS;
	return -1;
}

void cpl_confine_drop(struct cpl_confine *c)
{
	(void)c;
}

#endif
