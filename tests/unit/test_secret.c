/* SPDX-License-Identifier: MIT
 *
 * Each source of a password, its failures, and what is left in memory. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "../../common/base/limits.h"
#include "../../common/config/config.h"
#include "../../common/config/line.h"
#include "../../common/config/secret.h"
#include "copies.h"
#include "unit.h"

static char log_text[512];

static void log_line(void *user, int level, const char *text)
{
	(void)user;
	(void)level;
	snprintf(log_text, sizeof log_text, "%s", text);
}

static const struct cpl_log test_log = {.line = log_line};

static void write_file(const char *path, const char *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	CHECK(fd >= 0 && write(fd, text, len) == (ssize_t)len);
	CHECK(fchmod(fd, 0600) == 0);
	close(fd);
}

/* A pipe that holds text and has no writer any more: its reading end. */
static int pipe_with(const char *text, size_t len)
{
	int fd[2];

	if (!CHECK(pipe(fd) == 0))
		return -1;
	CHECK(write(fd[1], text, len) == (ssize_t)len);
	close(fd[1]);
	return fd[0];
}

static void set(struct cpl_settings *s, enum cpl_setting_id id,
		const char *value, const char *origin)
{
	struct cpl_err e = CPL_ERR_INIT;

	CHECK_INT(cpl_setting_put(s, id, value, origin, &e), 0);
	CHECK_STR(e.text, "");
}

/* The password or, with NULL expected, the reason why there is none. */
static void secret_is(const struct cpl_secret_conf *conf, const char *password,
		      const char *why)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_secret s = {0};

	CHECK_INT(cpl_secret_get(&s, conf, &test_log, &e), password ? 0 : -1);
	CHECK_STR(s.text, password);
	CHECK_INT(s.len, password ? strlen(password) : 0);
	CHECK_STR(e.text, why);
	CHECK_INT(e.status, password ? CPL_OK : CPL_CONFIG);
	cpl_secret_wipe(&s);
	CHECK(!s.text && s.len == 0);
	cpl_secret_wipe(&s);
}

/* From a file by --password-file. */
static void file_is(const char *text, size_t len, const char *password,
		    const char *why)
{
	struct cpl_settings s = {0};
	struct cpl_secret_conf conf = {.fd = -1, .settings = &s};

	write_file("pw", text, len);
	set(&s, CPL_SET_PASSWORD_FILE, "pw", "--password-file");
	secret_is(&conf, password, why);
	cpl_settings_release(&s);
}

static void test_order(void)
{
	struct cpl_settings s = {0};
	struct cpl_secret_conf conf = {.fd = -1, .settings = &s};

	conf.no_prompt = 1;
	CHECK(!cpl_secret_source(&conf));
	secret_is(&conf, NULL, "no password: no source of one");
	conf.no_prompt = 0;
	CHECK_STR(cpl_secret_source(&conf), "prompt");

	set(&s, CPL_SET_PASSWORD, "in-file", "c.yaml:1:2");
	CHECK_STR(cpl_secret_source(&conf), "c.yaml:1:2");
	secret_is(&conf, "in-file", "");

	write_file("pw", "in-pw\n", 6);
	set(&s, CPL_SET_PASSWORD_FILE, "pw", "c.yaml:2:2");
	secret_is(&conf, "in-pw", "");

	set(&s, CPL_SET_PASSWORD_COMMAND, "echo by-command", "c.yaml:3:2");
	CHECK_STR(cpl_secret_source(&conf), "c.yaml:3:2");
	secret_is(&conf, "by-command", "");

	conf.credentials_dir = ".";
	secret_is(&conf, "by-command", ""); /* no account, no file */
	write_file("couplet-work", "by-systemd", 10);
	s.account = strdup("work");
	CHECK_STR(cpl_secret_source(&conf), "CREDENTIALS_DIRECTORY");
	secret_is(&conf, "by-systemd", "");

	cpl_setting_drop(&s, CPL_SET_PASSWORD);
	set(&s, CPL_SET_PASSWORD, "by-env", "COUPLET_PASSWORD");
	secret_is(&conf, "by-env", "");

	cpl_setting_drop(&s, CPL_SET_PASSWORD_FILE);
	set(&s, CPL_SET_PASSWORD_FILE, "pw", "COUPLET_PASSWORD_FILE");
	secret_is(&conf, "in-pw", "");

	conf.fd = pipe_with("by-fd\nrest", 10);
	CHECK_STR(cpl_secret_source(&conf), "--password-fd");
	secret_is(&conf, "by-fd", "");
	secret_is(&conf, "rest", ""); /* the next line is the next reader's */
	secret_is(&conf, NULL, "--password-fd: the password is empty");
	close(conf.fd);
	secret_is(&conf, NULL, "--password-fd: reading: Bad file descriptor");
	cpl_settings_release(&s);
}

static void test_lines(void)
{
	char longest[CPL_SECRET_MAX + 2];

	file_is("a b\n", 4, "a b", "");
	file_is("one\ntwo\n", 8, "one", "");
	file_is("dos\r\n", 5, "dos", "");
	file_is("\xc3\xa9", 2, "\xc3\xa9", "");
	file_is(" x ", 3, " x ", "");
	file_is("", 0, NULL, "--password-file: the password is empty");
	file_is("\nx", 2, NULL, "--password-file: the password is empty");
	file_is("\r\n", 2, NULL, "--password-file: the password is empty");
	file_is("\xff\n", 2, NULL,
		"--password-file: the password is not UTF-8 text");
	file_is("a\0b\n", 4, NULL,
		"--password-file: the password is not UTF-8 text");
	memset(longest, 'x', sizeof longest);
	longest[CPL_SECRET_MAX] = '\0';
	file_is(longest, CPL_SECRET_MAX, longest, "");
	longest[CPL_SECRET_MAX] = 'x';
	file_is(longest, CPL_SECRET_MAX + 1, NULL,
		"--password-file: pw: the line is over 4096 bytes");
}

static void test_files(void)
{
	struct cpl_settings s = {0};
	struct cpl_secret_conf conf = {.fd = -1, .settings = &s};

	set(&s, CPL_SET_PASSWORD_FILE, "none", "c.yaml:7:3");
	secret_is(&conf, NULL,
		  "c.yaml:7:3: password_file: none: No such file or directory");
	cpl_setting_drop(&s, CPL_SET_PASSWORD_FILE);
	set(&s, CPL_SET_PASSWORD_FILE, "/", "COUPLET_PASSWORD_FILE");
	secret_is(&conf, NULL, "COUPLET_PASSWORD_FILE: /: Is a directory");
	cpl_setting_drop(&s, CPL_SET_PASSWORD_FILE);
	write_file("pw", "x\n", 2);
	CHECK_INT(chmod("pw", 0604), 0);
	set(&s, CPL_SET_PASSWORD_FILE, "pw", "--password-file");
	secret_is(&conf, NULL,
		  "--password-file: pw: others can read it and it holds a "
		  "password: chmod 600 pw");
	CHECK_STR(log_text, "");
	if (geteuid() == 0 && chown("pw", 12345, 12345) == 0) {
		secret_is(&conf, "x", "");
		CHECK_STR(log_text,
			  "pw: others can read it and it holds a password");
		log_text[0] = '\0';
	}
	CHECK_INT(unlink("pw"), 0);
	cpl_settings_release(&s);
}

/* A pipe has a name and a mode too: it only warns. */
static void test_fifo(void)
{
	struct cpl_settings s = {0};
	struct cpl_secret_conf conf = {.fd = -1, .settings = &s};
	int fd;

	CHECK_INT(mkfifo("fifo", 0600), 0);
	CHECK_INT(chmod("fifo", 0644), 0);
	fd = open("fifo", O_RDWR);
	CHECK(fd >= 0 && write(fd, "piped\n", 6) == 6);
	set(&s, CPL_SET_PASSWORD_FILE, "fifo", "--password-file");
	secret_is(&conf, "piped", "");
	CHECK_STR(log_text, "fifo: others can read it and it holds a password");
	log_text[0] = '\0';
	close(fd);
	unlink("fifo");
	cpl_settings_release(&s);
}

static void test_credential(void)
{
	struct cpl_settings s = {0};
	struct cpl_secret_conf conf = {
	    .fd = -1, .settings = &s, .credentials_dir = ".", .no_prompt = 1};

	write_file("couplet-j@x.lit", "by-jid\n", 7);
	set(&s, CPL_SET_JID, "J@x.lit/r", "--jid");
	secret_is(&conf, "by-jid", "");
	s.account = strdup("../work");
	CHECK(!cpl_secret_source(&conf));
	cpl_settings_release(&s);
}

/* ---- Commands ---- */

static void command_is(const char *command, long limit_ms, const char *line,
		       const char *why)
{
	struct cpl_buf b = CPL_BUF_SECRET_INIT(CPL_SECRET_MAX);
	struct cpl_err e = CPL_ERR_INIT;

	CHECK_INT(cpl_line_command(command, limit_ms, &b, &e), line ? 0 : -1);
	if (line)
		CHECK_STR(b.data ? b.data : "", line);
	CHECK_STR(e.text, why);
	cpl_buf_release(&b);
}

static void test_command(void)
{
	struct cpl_settings s = {0};
	struct cpl_secret_conf conf = {.fd = -1, .settings = &s};

	command_is("printf 'a b\\nc\\n'", 10000, "a b", "");
	command_is("printf end", 10000, "end", "");
	command_is("echo x; exit 3", 10000, NULL,
		   "the command ended with status 3");
	command_is("echo x; kill -9 $$", 10000, NULL,
		   "the command was ended by signal 9");
	command_is("exec /nonexistent/x 2>/dev/null", 10000, NULL,
		   "the command ended with status 127");
	/* Nothing of ours is on its stdin. */
	command_is("cat; echo done", 10000, "done", "");
	/* What comes after the line is taken off its hands. */
	command_is("echo x; head -c 300000 /dev/zero", 10000, "x", "");
	command_is("head -c 5000 /dev/zero | tr '\\0' x", 10000, NULL,
		   "the line is over 4096 bytes");
	/* In two pieces. */
	command_is("printf a; sleep 0.1; printf b", 10000, "ab", "");
	set(&s, CPL_SET_PASSWORD_COMMAND, "true", "c.yaml:9:3");
	secret_is(&conf, NULL,
		  "c.yaml:9:3: password_command: the password is empty");
	cpl_setting_drop(&s, CPL_SET_PASSWORD_COMMAND);
	set(&s, CPL_SET_PASSWORD_COMMAND, "false", "c.yaml:9:3");
	secret_is(&conf, NULL,
		  "c.yaml:9:3: password_command: the command ended with "
		  "status 1");
	cpl_settings_release(&s);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The limit ends the command, also one that does not listen, and a daemon that
 * keeps its output open holds up nobody. */
static void test_command_limit(void)
{
	double start = seconds();
	struct sigaction action;
	sigset_t mask;
	int daemon[2];

	command_is("echo x; sleep 300", 100, NULL, "runs over its time limit");
	command_is("while :; do :; done", 100, NULL,
		   "runs over its time limit");
	command_is("trap '' TERM; while :; do sleep 0.05; done", 100, NULL,
		   "runs over its time limit");
	CHECK(seconds() - start < 60);
	/* The daemon is there until we close our end. */
	CHECK(pipe(daemon) == 0 && dup2(daemon[0], 9) == 9);
	CHECK(fcntl(daemon[1], F_SETFD, FD_CLOEXEC) == 0);
	command_is("(read x <&9; echo y) & echo x", 20000, "x", "");
	close(9);
	close(daemon[0]);
	close(daemon[1]);
	/* Nothing is left behind: no child, no handler, no mask. */
	CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
	CHECK(sigaction(SIGCHLD, NULL, &action) == 0 &&
	      action.sa_handler == SIG_DFL);
	CHECK(sigprocmask(SIG_BLOCK, NULL, &mask) == 0 &&
	      !sigismember(&mask, SIGCHLD));
}

/* A process of the command's that outlives its shell at the limit is ended
 * too: nobody has the pipe any more. Only without a terminal (setsid). */
static void test_command_group(void)
{
	struct pollfd p = {.events = POLLIN};
	int status = -1, fds[2];
	pid_t pid;

	CHECK(pipe(fds) == 0);
	pid = fork();
	if (pid == 0) {
		struct cpl_buf b = CPL_BUF_SECRET_INIT(CPL_SECRET_MAX);

		setsid();
		_exit(cpl_line_command("sleep 300 & sleep 300", 100, &b,
				       NULL) == 0);
	}
	close(fds[1]);
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK_INT(status, 0);
	p.fd = fds[0];
	CHECK_INT(poll(&p, 1, 30000), 1);
	CHECK_INT(p.revents, POLLHUP);
	close(fds[0]);
}

/* ---- The prompt ---- */

/* Starts a child with a new terminal that runs prompt and prints the result
 * there as "<PASSWORD>" or "!REASON". Its pid, the other end in *master. */
static pid_t start_prompt(int *master)
{
	pid_t pid;

	*master = posix_openpt(O_RDWR | O_NOCTTY);
	if (*master < 0 || grantpt(*master) < 0 || unlockpt(*master) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		struct cpl_settings s = {0};
		struct cpl_secret_conf conf = {.fd = -1, .settings = &s};
		struct cpl_secret secret = {0};
		struct cpl_err e = CPL_ERR_INIT;
		struct termios t;
		int fd;

		setsid();
		fd = open(ptsname(*master), O_RDWR);
		if (fd < 0 || ioctl(fd, TIOCSCTTY, 0) < 0)
			_exit(99);
		set(&s, CPL_SET_JID, "j@x.lit", "--jid");
		if (cpl_secret_get(&secret, &conf, NULL, &e) < 0)
			dprintf(fd, "!%s", e.text);
		else
			dprintf(fd, "<%s>", secret.text);
		cpl_secret_wipe(&secret);
		cpl_settings_release(&s);
		_exit(tcgetattr(fd, &t) < 0 || !(t.c_lflag & ECHO));
	}
	return pid;
}

/* Reads from the terminal until it has said what is awaited. */
static int await(int master, const char *what, char *seen, size_t size)
{
	struct pollfd p = {.fd = master, .events = POLLIN};
	size_t len = 0;

	while (len < size - 1 && poll(&p, 1, 60000) > 0) {
		ssize_t n = read(master, seen + len, size - 1 - len);

		if (n <= 0)
			break;
		len += (size_t)n;
		seen[len] = '\0';
		if (strstr(seen, what))
			return 1;
	}
	return 0;
}

static void test_prompt(void)
{
	char seen[512] = "";
	int master, status = -1;
	pid_t pid = start_prompt(&master);

	UNIT_NEED(pid > 0);
	CHECK(await(master, "password for j@x.lit: ", seen, sizeof seen));
	CHECK(write(master,
		    "typo\x7f\x7f\x7f\x7f"
		    "hush\n",
		    13) == 13);
	CHECK(await(master, ">", seen, sizeof seen));
	/* "hush" is there once, as the result: it was not echoed. */
	CHECK_STR(seen, "\r\n<hush>");
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK_INT(status, 0);
	close(master);
}

static void test_prompt_end(void)
{
	char seen[512] = "";
	int master, status = -1;
	pid_t pid = start_prompt(&master);

	UNIT_NEED(pid > 0);
	CHECK(await(master, ": ", seen, sizeof seen));
	CHECK(write(master, "\x04", 1) == 1);
	CHECK(await(master, "empty", seen, sizeof seen));
	CHECK_STR(seen, "\r\n!no password: the password is empty");
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK_INT(status, 0);
	close(master);
}

/* ^C ends the process by the signal, with the echo on again. */
static void test_prompt_signal(void)
{
	char seen[512] = "";
	struct termios t = {0};
	int master, status = -1, slave;
	pid_t pid = start_prompt(&master);

	UNIT_NEED(pid > 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	CHECK(await(master, ": ", seen, sizeof seen));
	CHECK(tcgetattr(slave, &t) == 0 && !(t.c_lflag & ECHO));
	CHECK(write(master, "half\x03", 5) == 5);
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
	CHECK(tcgetattr(slave, &t) == 0 && (t.c_lflag & ECHO));
	close(slave);
	close(master);
}

/* Stopped with the echo on; asked again when it goes on. */
static void test_prompt_stop(void)
{
	char seen[512] = "";
	struct termios t = {0};
	int master, status = -1, slave;
	pid_t pid = start_prompt(&master);

	UNIT_NEED(pid > 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	CHECK(await(master, ": ", seen, sizeof seen));
	/* By kill(): in an orphaned process group ^Z does nothing. */
	CHECK(kill(pid, SIGTSTP) == 0);
	CHECK(await(master, ": ", seen, sizeof seen));
	CHECK(write(master, "again\n", 6) == 6);
	CHECK(await(master, ">", seen, sizeof seen));
	CHECK_STR(seen, "\r\n<again>");
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK_INT(status, 0);
	CHECK(tcgetattr(slave, &t) == 0 && (t.c_lflag & ECHO));
	close(slave);
	close(master);
}

static void test_no_terminal(void)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		struct cpl_settings s = {0};
		struct cpl_secret_conf conf = {.fd = -1, .settings = &s};

		setsid();
		unit.bad = 0;
		secret_is(&conf, NULL, "no password: there is no terminal");
		fflush(stdout);
		_exit(unit.bad != 0);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK_INT(status, 0);
}

/* ---- Memory ---- */

/* The needle is in front of the 64 bytes with which a buffer begins, the line
 * is longer. */
static void test_wiping(void)
{
	struct cpl_settings s = {0};
	struct cpl_secret_conf conf = {.fd = -1, .settings = &s};
	struct cpl_secret secret = {0};
	char text[128];

	snprintf(text, sizeof text, "0123456789abcdef%s%s%060d\n", "needle-in-",
		 "a-haystack", 7);
	write_file("pw", text, strlen(text));
	explicit_bzero(text, sizeof text);
	set(&s, CPL_SET_PASSWORD_COMMAND, "cat pw", "c.yaml:1:1");
	CHECK_INT(cpl_secret_get(&secret, &conf, NULL, NULL), 0);
	set(&s, CPL_SET_PASSWORD, secret.text, "COUPLET_PASSWORD");
	CHECK(copies("needle-in-", "a-haystack") <= 2);
	cpl_secret_wipe(&secret);
	CHECK(copies("needle-in-", "a-haystack") <= 1);
	cpl_settings_release(&s);
	CHECK_INT(copies("needle-in-", "a-haystack"), 0);
}

/* What is refused is wiped as well, and so are the configuration's texts. */
static void test_wiping_refused(void)
{
	struct cpl_settings s = {0};
	struct cpl_secret_conf conf = {.fd = -1, .settings = &s};
	struct cpl_secret secret = {0};
	struct cpl_config *c = cpl_config_new();
	struct cpl_err e = CPL_ERR_INIT;
	char text[160];

	UNIT_NEED(c);
	snprintf(text, sizeof text, "0123456789abcdef%s%s%060d\xff\n",
		 "hidden-", "in-the-hay", 7);
	write_file("pw", text, strlen(text));
	set(&s, CPL_SET_PASSWORD_FILE, "pw", "--password-file");
	CHECK_INT(cpl_secret_get(&secret, &conf, NULL, &e), -1);
	CHECK_INT(copies("hidden-", "in-the-hay"), 0);
	CHECK(!strstr(e.text, "hidden"));
	snprintf(text, sizeof text,
		 "accounts: {a: {password: 0123456789abcdef%s%s, nick: []}}\n",
		 "hidden-", "in-the-hay");
	write_file("pw", text, strlen(text));
	explicit_bzero(text, sizeof text);
	CHECK_INT(cpl_config_read(c, "pw", NULL, &e), -1);
	CHECK(!strstr(e.text, "hidden"));
	cpl_config_free(c);
	CHECK_INT(copies("hidden-", "in-the-hay"), 0);
	cpl_settings_release(&s);
}

int main(void)
{
	char folder[] = "/tmp/couplet-secret-XXXXXX";
	static const char *const left[] = {"pw", "couplet-work",
					   "couplet-j@x.lit", "left"};
	int result;

	if (!mkdtemp(folder) || chdir(folder) < 0)
		return 1;
	RUN(test_order);
	RUN(test_lines);
	RUN(test_files);
	RUN(test_fifo);
	RUN(test_credential);
	RUN(test_command);
	RUN(test_command_limit);
	RUN(test_command_group);
	RUN(test_prompt);
	RUN(test_prompt_end);
	RUN(test_prompt_signal);
	RUN(test_prompt_stop);
	RUN(test_no_terminal);
	RUN(test_wiping);
	RUN(test_wiping_refused);
	result = unit_end();
	for (size_t i = 0; i < sizeof left / sizeof *left; i++)
		unlink(left[i]);
	if (chdir("/") == 0)
		rmdir(folder);
	return result;
}
