/* SPDX-License-Identifier: MIT */
#include "../../common/base/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "folder.h"
#include "unit.h"

static char base[] = "/tmp/test_confine.XXXXXX";

/* errno of opening a file below base, or 0. */
static int opened(const char *name, int flags)
{
	char path[256];
	int fd;

	snprintf(path, sizeof path, "%s/%s", base, name);
	fd = open(path, flags | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int renamed(const char *from, const char *to)
{
	char a[256], b[256];

	snprintf(a, sizeof a, "%s/%s", base, from);
	snprintf(b, sizeof b, "%s/%s", base, to);
	return rename(a, b) < 0 ? errno : 0;
}

static void make(const char *folder)
{
	char path[256];

	snprintf(path, sizeof path, "%s/%s", base, folder);
	CHECK_INT(mkdir(path, 0700), 0);
}

static void look_around(void)
{
	char *const argv[] = {NULL};

	CHECK_INT(opened("read/file", O_RDONLY), 0);
	CHECK_INT(opened("read/file", O_WRONLY), EACCES);
	CHECK_INT(opened("read/new", O_WRONLY | O_CREAT), EACCES);
	CHECK_INT(opened("write/file", O_RDWR | O_TRUNC), 0);
	CHECK_INT(opened("write/a/new", O_WRONLY | O_CREAT), 0);
	CHECK_INT(renamed("write/a/new", "write/b/new"), 0);
	CHECK_INT(renamed("read/file", "write/stolen") == 0, 0);
	CHECK_INT(opened("closed", O_RDONLY), EACCES);
	CHECK_INT(opened("one", O_RDONLY), 0);
	CHECK_INT(access("/etc", R_OK), 0);
	CHECK_INT(open("/etc/passwd", O_RDONLY), -1);
	CHECK_INT(open("/dev/null", O_WRONLY) >= 0, 1);
	CHECK_INT(execve("/bin/true", argv, argv), -1);
	CHECK_INT(errno, EACCES);
}

/* In a child, as there is no way back. */
static void what_is_named_stays(void)
{
	struct cpl_confine c;
	char path[256];
	int status;
	pid_t pid;

	if (cpl_confine_begin(&c) < 0) {
		printf("# not tried: this kernel has no Landlock that will do "
		       "(%s)\n",
		       strerror(errno));
		return;
	}
	make("read");
	make("write");
	make("write/a");
	make("write/b");
	CHECK_INT(opened("read/file", O_WRONLY | O_CREAT), 0);
	CHECK_INT(opened("write/file", O_WRONLY | O_CREAT), 0);
	CHECK_INT(opened("closed", O_WRONLY | O_CREAT), 0);
	CHECK_INT(opened("one", O_WRONLY | O_CREAT), 0);
	snprintf(path, sizeof path, "%s/read", base);
	cpl_confine_read(&c, path);
	snprintf(path, sizeof path, "%s/write", base);
	cpl_confine_write(&c, path);
	snprintf(path, sizeof path, "%s/one", base);
	cpl_confine_write(&c, path);
	cpl_confine_read(&c, "/nowhere");
	cpl_confine_devices(&c, "/dev");
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		CHECK_INT(cpl_confine_end(&c), 0);
		look_around();
		fflush(stdout);
		_exit(unit.bad > 0);
	}
	CHECK_INT(waitpid(pid, &status, 0) == pid, 1);
	CHECK_INT(status, 0);
	close(c.fd);
}

int main(void)
{
	if (!mkdtemp(base))
		return 1;
	RUN(what_is_named_stays);
	folder_remove(base);
	return unit_end();
}
