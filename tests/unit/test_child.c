/* SPDX-License-Identifier: MIT */
#include "../../common/cli/child.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../common/cli/spawn.h"
#include "unit.h"

static struct cpl_loop *loop;

/* What became of the last one. */
static struct {
	int calls;
	enum cpl_child_end end;
	int code;
	char out[64], err[64];
	size_t out_len, err_len;
	struct cpl_child *child; /* freed from the event; NULL: it is not */
} got;

static void keep(char *to, size_t size, const char *p, size_t n)
{
	CHECK_INT(p[n], '\0');
	snprintf(to, size, "%s", p);
}

static void ended(void *user, const struct cpl_child_result *r)
{
	CHECK(user == &got);
	got.calls++;
	got.end = r->end;
	got.code = r->code;
	got.out_len = r->out_len;
	got.err_len = r->err_len;
	keep(got.out, sizeof got.out, r->out, r->out_len);
	keep(got.err, sizeof got.err, r->err, r->err_len);
	cpl_child_free(got.child);
	got.child = NULL;
	cpl_loop_stop(loop);
}

/* The loop gives up on its own only if something hangs. */
static void hangs(void *user)
{
	(void)user;
	CHECK(!"it hangs");
	cpl_loop_stop(loop);
}

static void run_loop(void)
{
	struct cpl_timer limit = {.fire = hangs};
	struct cpl_err e = CPL_ERR_INIT;

	cpl_loop_timer(loop, &limit, 60000);
	CHECK_INT(cpl_loop_run(loop, &e), 0);
	cpl_loop_cancel(loop, &limit);
}

static struct cpl_child *begin(struct cpl_child_conf *conf)
{
	struct cpl_err e = CPL_ERR_INIT;

	memset(&got, 0, sizeof got);
	conf->loop = loop;
	if (conf->output_max == 0)
		conf->output_max = 1024;
	got.child = cpl_child_new(conf, ended, &got, &e);
	CHECK_STR(e.text, "");
	return got.child;
}

/* sh -c SCRIPT, to its end. */
static void run_with(struct cpl_child_conf conf, const char *script)
{
	char sh[] = "sh", c[] = "-c";
	char *argv[] = {sh, c, (char *)script, NULL};

	conf.argv = argv;
	UNIT_NEED(begin(&conf) != NULL);
	run_loop();
	CHECK_INT(got.calls, 1);
}

static void run(const char *script)
{
	run_with((struct cpl_child_conf){0}, script);
}

static void ends(enum cpl_child_end end, int code)
{
	CHECK_INT(got.end, end);
	CHECK_INT(got.code, code);
}

static void statuses(void)
{
	run("exit 0");
	ends(CPL_CHILD_EXITED, 0);
	run("exit 1");
	ends(CPL_CHILD_EXITED, 1);
	run("exit 127");
	ends(CPL_CHILD_EXITED, 127);
	run("kill -9 $$");
	ends(CPL_CHILD_SIGNALED, SIGKILL);
	run("kill -TERM $$");
	ends(CPL_CHILD_SIGNALED, SIGTERM);
}

static void outputs(void)
{
	run("printf 'a\\nb'; echo oops >&2; exit 1");
	ends(CPL_CHILD_EXITED, 1);
	CHECK_STR(got.out, "a\nb");
	CHECK_STR(got.err, "oops\n");
	run("printf 'a\\000b'");
	CHECK_INT(got.out_len, 3);
	CHECK_INT(got.err_len, 0);
}

/* What is passed on as it comes is not kept. */
static struct cpl_buf passed = CPL_BUF_INIT(65536);

static void said(void *user, const char *p, size_t n)
{
	CHECK(user == &got);
	CHECK_INT(cpl_buf_add(&passed, p, n), 0);
}

static void stderr_is_passed_on(void)
{
	struct cpl_child_conf conf = {.said = said};

	run_with(conf, "echo one >&2; echo two >&2; exit 3");
	ends(CPL_CHILD_EXITED, 3);
	CHECK_STR(passed.data, "one\ntwo\n");
	CHECK_INT(got.err_len, 0);
	cpl_buf_truncate(&passed, 0);
	run_with(conf, "head -c 20000 /dev/zero | tr '\\0' a >&2");
	CHECK_INT(passed.len, 20000);
	cpl_buf_release(&passed);
}

/* Our stdout is a file for as long as that. */
static void stdout_is_ours(void)
{
	char path[] = "/tmp/test_child.XXXXXX", text[16] = "";
	int fd = mkstemp(path), before = dup(STDOUT_FILENO);

	UNIT_NEED(fd >= 0 && before >= 0);
	fflush(stdout);
	dup2(fd, STDOUT_FILENO);
	run_with((struct cpl_child_conf){.keeps_stdout = 1}, "echo mine");
	fflush(stdout);
	dup2(before, STDOUT_FILENO);
	ends(CPL_CHILD_EXITED, 0);
	CHECK_INT(got.out_len, 0);
	CHECK_INT(pread(fd, text, sizeof text - 1, 0), 5);
	CHECK_STR(text, "mine\n");
	close(fd);
	close(before);
	unlink(path);
}

static void input(void)
{
	run_with((struct cpl_child_conf){.input = "line\n", .input_len = 5},
		 "read -r x && echo \"<$x>\" && ! read -r x");
	ends(CPL_CHILD_EXITED, 0);
	CHECK_STR(got.out, "<line>\n");
	run("! read -r x");
	ends(CPL_CHILD_EXITED, 0);
}

/* More than any pipe holds. */
#define BIG (4 * 1024 * 1024)

static void big_input(void)
{
	struct cpl_child_conf conf = {.input_len = BIG};
	char *bytes = calloc(1, BIG);

	UNIT_NEED(bytes != NULL);
	conf.input = bytes;
	run_with(conf, "wc -c");
	ends(CPL_CHILD_EXITED, 0);
	CHECK_INT(strtol(got.out, NULL, 10), BIG);
	run_with(conf, "echo done");
	ends(CPL_CHILD_EXITED, 0);
	CHECK_STR(got.out, "done\n");
	/* It closes it, and goes on. */
	run_with(conf, "exec <&-; echo still; exit 3");
	ends(CPL_CHILD_EXITED, 3);
	CHECK_STR(got.out, "still\n");
	free(bytes);
}

static void closes_its_stdout(void)
{
	run("echo early; exec >&- 2>&-; sleep 0.1; exit 4");
	ends(CPL_CHILD_EXITED, 4);
	CHECK_STR(got.out, "early\n");
}

static void not_found(void)
{
	char name[] = "no-such-command", file[] = "/etc/passwd";
	char *missing[] = {name, NULL}, *other[] = {file, NULL};
	struct cpl_child_conf conf = {.argv = missing};

	UNIT_NEED(begin(&conf) != NULL);
	run_loop();
	ends(CPL_CHILD_NOT_RUN, ENOENT);
	conf.argv = other;
	UNIT_NEED(begin(&conf) != NULL);
	run_loop();
	ends(CPL_CHILD_NOT_RUN, EACCES);
}

static void time_limit(void)
{
	run_with((struct cpl_child_conf){.timeout = 50}, "exec sleep 100");
	ends(CPL_CHILD_TIMED_OUT, 0);
	/* One that does not listen: it may not have begun by then. */
	run_with((struct cpl_child_conf){.timeout = 50},
		 "trap '' TERM; while :; do sleep 0.05; done");
	ends(CPL_CHILD_TIMED_OUT, 0);
}

static void too_much(void)
{
	struct cpl_child_conf conf = {.output_max = 1000};

	run_with(conf, "head -c 1000 /dev/zero");
	ends(CPL_CHILD_EXITED, 0);
	CHECK_INT(got.out_len, 1000);
	run_with(conf, "head -c 1001 /dev/zero");
	ends(CPL_CHILD_TOO_MUCH, 0);
	run_with(conf, "exec cat /dev/zero");
	ends(CPL_CHILD_TOO_MUCH, 0);
	/* stderr has no limit, but only its beginning is kept. */
	run_with(conf, "echo first >&2; head -c 1000000 /dev/zero >&2");
	ends(CPL_CHILD_EXITED, 0);
	CHECK_INT(got.err_len, 4096);
	CHECK_INT(strncmp(got.err, "first\n", 6), 0);
}

/* Whether a process is there; one that is being killed soon is not. */
static int lives(pid_t pid, int ms)
{
	struct timespec t = {0, 5 * 1000000};

	for (; ms > 0 && kill(pid, 0) == 0; ms -= 5)
		nanosleep(&t, NULL);
	return kill(pid, 0) == 0;
}

/* It would hold the pipes open for long. */
static void grandchild_goes_too(void)
{
	run("sleep 300 & echo $!; exit 5");
	ends(CPL_CHILD_EXITED, 5);
	CHECK(strtol(got.out, NULL, 10) > 1);
	CHECK(!lives((pid_t)strtol(got.out, NULL, 10), 30000));
	/* One that left the group is not ours to end, nor to wait for. */
	run("setsid sleep 300 & echo $!");
	ends(CPL_CHILD_EXITED, 0);
	CHECK_INT(kill((pid_t)strtol(got.out, NULL, 10), SIGKILL), 0);
}

static void environment(void)
{
	static const char *const env[] = {"XMPP_FROM=a=b", "HOME=", NULL};

	setenv("XMPP_FROM", "old", 1);
	setenv("XMPP_FROMAGE", "brie", 1);
	run_with((struct cpl_child_conf){.env = env},
		 "echo \"$XMPP_FROM|$HOME|$XMPP_FROMAGE\"; env | grep -c "
		 "^XMPP_FROM=");
	CHECK_STR(got.out, "a=b||brie\n1\n");
	unsetenv("XMPP_FROM");
	unsetenv("XMPP_FROMAGE");
}

/* Of Linux: the bits of a mask of signals, as the child sees its own. */
static unsigned long mask_of(const char *name)
{
	const char *line = strstr(got.out, name);

	return CHECK(line != NULL) ? strtoul(line + strlen(name), NULL, 16) : 0;
}

static int caught;

static void on_signal(void *user, int number)
{
	(void)user;
	caught = number;
}

static void signals(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	unsigned long ours = 1UL << (SIGPIPE - 1) | 1UL << (SIGINT - 1) |
			     1UL << (SIGTERM - 1) | 1UL << (SIGCHLD - 1);

	/* What the loop does with them, and what a careless parent does. */
	cpl_loop_free(loop);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	UNIT_NEED((loop = cpl_loop_new(&e)) != NULL);
	CHECK_INT(cpl_loop_signals(loop, on_signal, NULL, &e), 0);
	run("grep -E '^Sig(Blk|Ign)' /proc/self/status");
	ends(CPL_CHILD_EXITED, 0);
	CHECK_INT(mask_of("SigBlk:") & ours, 0);
	CHECK_INT(mask_of("SigIgn:") & ours, 0);
	CHECK(mask_of("SigIgn:") & 1UL << (SIGHUP - 1));
	signal(SIGHUP, SIG_DFL);
}

static int open_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

static struct cpl_child *sleeper(void)
{
	char sleeps[] = "sleep", time[] = "300";
	char *argv[] = {sleeps, time, NULL};
	struct cpl_child_conf conf = {.loop = loop, .argv = argv};
	struct cpl_err e = CPL_ERR_INIT;

	return cpl_child_new(&conf, ended, NULL, &e);
}

/* A child has none of those that are ours, for others. */
static void descriptors(void)
{
	static const char count[] = "ls /proc/self/fd | wc -l";
	struct cpl_child *others[3];
	int before = open_descriptors(), high;
	char alone[64];

	run(count);
	snprintf(alone, sizeof alone, "%s", got.out);
	CHECK(strtol(alone, NULL, 10) >= 4);
	for (int i = 0; i < 3; i++)
		others[i] = sleeper();
	CHECK_INT(open_descriptors(), before + 3 * 3);
	run(count);
	CHECK_STR(got.out, alone);
	for (int i = 0; i < 3; i++)
		cpl_child_free(others[i]);
	CHECK_INT(open_descriptors(), before);
	/* stdin closed here: the child's pipes are elsewhere all the same. */
	high = dup(0);
	close(0);
	run_with((struct cpl_child_conf){.input = "x\n", .input_len = 2},
		 "cat; echo y >&2");
	CHECK_STR(got.out, "x\n");
	CHECK_STR(got.err, "y\n");
	dup2(high, 0);
	close(high);
	CHECK_INT(open_descriptors(), before);
}

static void freed_while_it_runs(void)
{
	char sh[] = "sh", c[] = "-c", script[] = "sleep 300 & echo $$ $!; wait";
	char *argv[] = {sh, c, script, NULL};
	struct cpl_child_conf conf = {.argv = argv};
	int before = open_descriptors();
	struct cpl_child *child = begin(&conf);

	UNIT_NEED(child != NULL);
	cpl_child_free(child);
	CHECK_INT(got.calls, 0);
	CHECK_INT(open_descriptors(), before);
	/* None is left, not even to be waited for. */
	CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
	CHECK_INT(errno, ECHILD);
	cpl_child_free(NULL);
}

/* sh -c SCRIPT, which has said that it is there (echo >"$0"): a signal that
 * comes before is kept by the kernel for the command, but not by valgrind. */
static void begin_ready(const char *script)
{
	char dir[] = "/tmp/couplet-test.XXXXXX", fifo[sizeof dir + 5];
	char sh[] = "sh", c[] = "-c";
	char *argv[] = {sh, c, (char *)script, fifo, NULL};
	struct cpl_child_conf conf = {.argv = argv};
	FILE *ready;

	UNIT_NEED(mkdtemp(dir) != NULL);
	snprintf(fifo, sizeof fifo, "%s/fifo", dir);
	UNIT_NEED(mkfifo(fifo, 0600) == 0);
	UNIT_NEED(begin(&conf) != NULL);
	ready = fopen(fifo, "r");
	CHECK(ready && fgetc(ready) == '\n');
	if (ready)
		fclose(ready);
	CHECK_INT(unlink(fifo), 0);
	CHECK_INT(rmdir(dir), 0);
}

static void stopped(void)
{
	begin_ready("echo >\"$0\"; exec sleep 300");
	cpl_child_stop(got.child);
	cpl_child_stop(got.child);
	run_loop();
	CHECK_INT(got.calls, 1);
	ends(CPL_CHILD_SIGNALED, SIGTERM);
	/* One that tidies up, and one that does not listen. */
	begin_ready("trap 'echo bye >&2; exit 0' TERM; echo >\"$0\"; "
		    "while :; do sleep 0.01; done");
	cpl_child_stop(got.child);
	run_loop();
	ends(CPL_CHILD_EXITED, 0);
	CHECK(strstr(got.err, "bye\n") != NULL);
	begin_ready("trap '' TERM; echo >\"$0\"; while :; do sleep 0.05; done");
	cpl_child_stop(got.child);
	run_loop();
	ends(CPL_CHILD_SIGNALED, SIGKILL);
}

/* Before it has begun: it may have to be killed. */
static void stopped_at_once(void)
{
	char sleeps[] = "sleep", time[] = "300";
	char *argv[] = {sleeps, time, NULL};
	struct cpl_child_conf conf = {.argv = argv};

	UNIT_NEED(begin(&conf) != NULL);
	cpl_child_stop(got.child);
	run_loop();
	CHECK_INT(got.calls, 1);
	CHECK_INT(got.end, CPL_CHILD_SIGNALED);
}

static int left;

static void one_less(void *user, const struct cpl_child_result *r)
{
	(void)user;
	CHECK_INT(r->end, CPL_CHILD_EXITED);
	CHECK_INT(r->code, 0);
	if (--left == 0)
		cpl_loop_stop(loop);
}

#define MANY 60

static void many_at_once(void)
{
	char cat[] = "cat";
	char *argv[] = {cat, NULL};
	struct cpl_child_conf conf = {.loop = loop,
				      .argv = argv,
				      .input = "x",
				      .input_len = 1,
				      .output_max = 10};
	struct cpl_child *child[MANY];
	struct cpl_err e = CPL_ERR_INIT;
	int before = open_descriptors();

	left = MANY;
	for (int i = 0; i < MANY; i++)
		child[i] = cpl_child_new(&conf, one_less, NULL, &e);
	run_loop();
	CHECK_INT(left, 0);
	for (int i = 0; i < MANY; i++)
		cpl_child_free(child[i]);
	CHECK_INT(open_descriptors(), before);
}

static void no_descriptors(void)
{
	char cat[] = "cat";
	char *argv[] = {cat, NULL};
	struct cpl_child_conf conf = {.loop = loop, .argv = argv};
	struct cpl_err e = CPL_ERR_INIT;
	struct rlimit limit, few;
	int taken[512], n = 0;

	getrlimit(RLIMIT_NOFILE, &limit);
	few = limit;
	few.rlim_cur = 512;
	setrlimit(RLIMIT_NOFILE, &few);
	while (n < 512 && (taken[n] = dup(0)) >= 0)
		n++;
	/* However few are free it fails, and leaves none open. */
	for (int i = 0; i < 8; i++) {
		CHECK(!cpl_child_new(&conf, ended, NULL, &e));
		CHECK_INT(e.status, CPL_SYSTEM);
		for (int k = 0; k < i; k++)
			CHECK((taken[n + k] = dup(0)) >= 0);
		CHECK_INT(dup(0), -1);
		for (int k = 0; k < i; k++)
			close(taken[n + k]);
		close(taken[--n]);
	}
	while (n > 0)
		close(taken[--n]);
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void found(void)
{
	struct cpl_err e = CPL_ERR_INIT;

	CHECK_INT(cpl_spawn_find("sh", &e), 0);
	CHECK_INT(cpl_spawn_find("/bin/sh", &e), 0);
	CHECK(cpl_spawn_find("no-such-command", &e) < 0);
	CHECK_INT(e.status, CPL_USAGE);
	CHECK_STR(e.text, "no-such-command: No such file or directory");
	CHECK(cpl_spawn_find("/bin", &e) < 0);
	CHECK_STR(e.text, "/bin: Is a directory");
	CHECK(cpl_spawn_find("/etc/passwd", &e) < 0);
	CHECK_STR(e.text, "/etc/passwd: Permission denied");
	CHECK(cpl_spawn_find("", &e) < 0);
}

int main(void)
{
	struct cpl_err e = CPL_ERR_INIT;

	loop = cpl_loop_new(&e);
	RUN(statuses);
	RUN(outputs);
	RUN(stderr_is_passed_on);
	RUN(stdout_is_ours);
	RUN(input);
	RUN(big_input);
	RUN(closes_its_stdout);
	RUN(not_found);
	RUN(time_limit);
	RUN(too_much);
	RUN(grandchild_goes_too);
	RUN(environment);
	RUN(descriptors);
	RUN(freed_while_it_runs);
	RUN(stopped);
	RUN(stopped_at_once);
	RUN(many_at_once);
	RUN(no_descriptors);
	RUN(found);
	RUN(signals);
	cpl_loop_free(loop);
	return unit_end();
}
