/* SPDX-License-Identifier: MIT */
#include "../../common/cli/ledger.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../common/base/limits.h"
#include "unit.h"

static struct cpl_cli cli = {.prog = "xtest"};
static char folder[64], path[80], socket_path[80];

static const struct cpl_fate whole = {
    .account = "romeo@montague.lit",
    .to = "juliet@capulet.lit/the balcony",
    .id = "a\tb",
    .bytes = 120,
    .result = CPL_FATE_REFUSED,
    .condition = "item-not-found (no\nsuch user)",
    .attempts = 2,
};

static const struct cpl_fate bare = {.result = CPL_FATE_UNSENT};

/* The content of a file; valid until the next call. */
static const char *content(const char *of)
{
	static char text[4096];
	int fd = open(of, O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);

	text[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		close(fd);
	return text;
}

/* What stderr was told meanwhile, from begin_stderr() on. */
static int old_stderr, said;

static void begin_stderr(void)
{
	int fds[2] = {-1, -1};

	CHECK_INT(pipe(fds), 0);
	fflush(stderr);
	old_stderr = dup(2);
	said = fds[0];
	dup2(fds[1], 2);
	close(fds[1]);
}

static const char *end_stderr(void)
{
	static char text[4096];
	ssize_t n;

	fflush(stderr);
	dup2(old_stderr, 2);
	close(old_stderr);
	n = read(said, text, sizeof text - 1);
	text[n > 0 ? n : 0] = '\0';
	close(said);
	return text;
}

/* All but the time, whose form is checked. */
static const char *after_time(const char *line)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd.dddZ\t";
	size_t i = 0;

	for (; form[i]; i++)
		if (form[i] == 'd' ? line[i] < '0' || line[i] > '9'
				   : line[i] != form[i])
			return "not a time";
	return line + i;
}

static void lines_of_the_file(void)
{
	struct cpl_ledger l = {0};
	struct stat st;
	const char *text;

	unlink(path);
	cpl_ledger_open(&l, &cli, path, 0);
	CHECK(l.use_file || l.use_syslog);
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_mode & 07777, 0600);
	cpl_ledger_write(&l, &whole);
	CHECK_STR(after_time(content(path)),
		  "romeo@montague.lit\tjuliet@capulet.lit/the balcony\ta\\tb"
		  "\t120\trefused\titem-not-found (no\\nsuch user)\t2\n");
	cpl_ledger_close(&l);

	/* Another run goes on behind it. */
	cpl_ledger_open(&l, &cli, path, 0);
	cpl_ledger_write(&l, &bare);
	cpl_ledger_close(&l);
	text = strchr(content(path), '\n');
	CHECK_STR(text ? after_time(text + 1) : NULL, "\t\t\t\tunsent\t\t0\n");
}

/* Somebody empties the file meanwhile, as logrotate's copytruncate does. */
static void emptied_meanwhile(void)
{
	struct cpl_ledger l = {0};

	cpl_ledger_open(&l, &cli, path, 0);
	cpl_ledger_write(&l, &whole);
	CHECK_INT(truncate(path, 0), 0);
	cpl_ledger_write(&l, &bare);
	CHECK_STR(after_time(content(path)), "\t\t\t\tunsent\t\t0\n");
	cpl_ledger_close(&l);
}

static void no_log(void)
{
	struct cpl_ledger l = {0};

	cpl_ledger_open(&l, &cli, NULL, 0);
	CHECK(!l.use_file && !l.use_syslog);
	cpl_ledger_write(&l, &whole);
	cpl_ledger_close(&l);
}

/* Whatever does not work is said once. */
static void file_that_cannot_be_opened(void)
{
	struct cpl_ledger l = {0};
	char want[200];

	begin_stderr();
	cpl_ledger_open(&l, &cli, folder, 0);
	CHECK(!l.use_file && !l.use_syslog);
	cpl_ledger_write(&l, &whole);
	cpl_ledger_close(&l);
	snprintf(want, sizeof want,
		 "xtest: %s: the log is not complete: Is a directory\n",
		 folder);
	CHECK_STR(end_stderr(), want);
}

/* A pipe without a reader is no reason to wait. */
static void pipe_without_reader(void)
{
	struct cpl_ledger l = {0};
	char fifo[80];

	snprintf(fifo, sizeof fifo, "%s/fifo", folder);
	CHECK_INT(mkfifo(fifo, 0600), 0);
	begin_stderr();
	cpl_ledger_open(&l, &cli, fifo, 0);
	cpl_ledger_write(&l, &whole);
	cpl_ledger_close(&l);
	CHECK(strstr(end_stderr(), "No such device or address"));
}

/* A disk that is full cuts a line off; the next one that there is room for
 * stands alone. */
static void full_disk(void)
{
	struct cpl_ledger l = {0};
	struct rlimit old, small;
	const char *text, *once;

	unlink(path);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	small = old;
	small.rlim_cur = 30;
	begin_stderr();
	cpl_ledger_open(&l, &cli, path, 0);
	setrlimit(RLIMIT_FSIZE, &small);
	cpl_ledger_write(&l, &whole);
	cpl_ledger_write(&l, &whole);
	setrlimit(RLIMIT_FSIZE, &old);
	cpl_ledger_write(&l, &bare);
	cpl_ledger_close(&l);
	once = strstr(end_stderr(), "the log is not complete");
	CHECK(once && !strstr(once + 1, "the log is not complete"));
	text = content(path);
	CHECK_INT(strcspn(text, "\n"), 30);
	CHECK_STR(after_time(text + 31), "\t\t\t\tunsent\t\t0\n");
}

static void line_over_the_limit(void)
{
	static char id[CPL_LEDGER_LINE_MAX + 1];
	struct cpl_fate fate = {.id = id, .result = CPL_FATE_SENT};
	struct cpl_ledger l = {0};

	memset(id, 'x', sizeof id - 1);
	unlink(path);
	begin_stderr();
	cpl_ledger_open(&l, &cli, path, 0);
	cpl_ledger_write(&l, &fate);
	cpl_ledger_write(&l, &bare);
	cpl_ledger_close(&l);
	CHECK(strstr(end_stderr(), "Message too long"));
	CHECK_STR(after_time(content(path)), "\t\t\t\tunsent\t\t0\n");
}

/* --- syslog ------------------------------------------------------------ */

static int listen_at(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	unlink(socket_path);
	snprintf(a.sun_path, sizeof a.sun_path, "%s", socket_path);
	CHECK_INT(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	return fd;
}

/* The next datagram behind "<PRI>Mon dd hh:mm:ss xtest[PID]:". */
static const char *heard(int fd)
{
	static char text[4096];
	ssize_t n = recv(fd, text, sizeof text - 1, MSG_DONTWAIT);
	const char *p;

	text[n > 0 ? n : 0] = '\0';
	if (strncmp(text, "<14>", 4) != 0)
		return n < 0 ? "nothing" : text;
	p = strstr(text, " xtest[");
	return p && strstr(p, "]:") ? strstr(p, "]:") + 2 : text;
}

static void pairs_of_syslog(void)
{
	struct cpl_ledger l = {0};
	int fd = listen_at();

	setenv("COUPLET_SYSLOG", socket_path, 1);
	cpl_ledger_open(&l, &cli, NULL, 1);
	CHECK(l.use_file || l.use_syslog);
	cpl_ledger_write(&l, &whole);
	CHECK_STR(heard(fd), " account=romeo@montague.lit"
			     " to=juliet@capulet.lit/the\\x20balcony id=a\\tb"
			     " bytes=120 result=refused attempts=2"
			     " condition=item-not-found (no\\nsuch user)");
	/* syslog is started anew. */
	close(fd);
	fd = listen_at();
	cpl_ledger_write(&l, &bare);
	CHECK_STR(heard(fd), " account= to= id= bytes= result=unsent attempts=0"
			     " condition=");
	cpl_ledger_close(&l);
	close(fd);
}

static void no_syslog(void)
{
	struct cpl_ledger l = {0};

	unlink(socket_path);
	begin_stderr();
	cpl_ledger_open(&l, &cli, NULL, 1);
	cpl_ledger_write(&l, &whole);
	cpl_ledger_write(&l, &whole);
	cpl_ledger_close(&l);
	CHECK_STR(end_stderr(), "xtest: syslog: the log is not complete: "
				"No such file or directory\n");
}

/* Nobody reads it: it makes the run wait once, whatever comes. */
static void slow_syslog(void)
{
	struct cpl_ledger l = {0};
	int fd = listen_at();

	begin_stderr();
	cpl_ledger_open(&l, &cli, NULL, 1);
	for (int i = 0; i < 2000; i++)
		cpl_ledger_write(&l, &whole);
	CHECK(l.slow);
	CHECK_STR(end_stderr(), "xtest: syslog: the log is not complete: "
				"Resource temporarily unavailable\n");
	while (strcmp(heard(fd), "nothing") != 0)
		;
	cpl_ledger_write(&l, &bare);
	CHECK_STR(heard(fd), " account= to= id= bytes= result=unsent attempts=0"
			     " condition=");
	cpl_ledger_close(&l);
	close(fd);
}

int main(void)
{
	const char *tmp = getenv("TMPDIR");
	char fifo[100];

	snprintf(folder, sizeof folder, "%.40s/ledger.XXXXXX",
		 tmp ? tmp : "/tmp");
	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof path, "%s/log", folder);
	snprintf(socket_path, sizeof socket_path, "%s/socket", folder);
	RUN(lines_of_the_file);
	RUN(emptied_meanwhile);
	RUN(no_log);
	RUN(file_that_cannot_be_opened);
	RUN(pipe_without_reader);
	RUN(full_disk);
	RUN(line_over_the_limit);
	RUN(pairs_of_syslog);
	RUN(no_syslog);
	RUN(slow_syslog);
	snprintf(fifo, sizeof fifo, "%s/fifo", folder);
	unlink(fifo);
	unlink(path);
	unlink(socket_path);
	rmdir(folder);
	return unit_end();
}
