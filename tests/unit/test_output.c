/* SPDX-License-Identifier: MIT */
#include "../../common/cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

/* The output under test, the reader's end, and what was told. */
static struct {
	struct cpl_loop *loop;
	struct cpl_output *out;
	int fd, reader;
	uint64_t taken;
	int tellings;
	int written; /* how often all was */
	int failures;
	int quiet; /* of them without an error: the reader is gone */
	struct cpl_err why;
} t;

static void on_taken(void *user, uint64_t number)
{
	CHECK(user == &t);
	CHECK(number > t.taken);
	t.taken = number;
	t.tellings++;
}

static void on_written(void *user)
{
	CHECK(user == &t);
	CHECK_INT(cpl_output_bytes(t.out), 0);
	t.written++;
}

static void on_failed(void *user, const struct cpl_err *e)
{
	CHECK(user == &t);
	t.failures++;
	t.quiet += e == NULL;
	if (e)
		t.why = *e;
	cpl_loop_stop(t.loop);
}

static void begin_on(int fd, int reader)
{
	struct cpl_output_events on = {on_taken, on_written, on_failed, &t};
	struct cpl_err e = CPL_ERR_INIT;

	memset(&t, 0, sizeof t);
	t.fd = fd;
	t.reader = reader;
	t.loop = cpl_loop_new(&e);
	t.out = cpl_output_new(t.loop, fd, &on, &e);
	CHECK(t.out != NULL);
	CHECK_STR(e.text, "");
}

static void begin(void)
{
	int fds[2];

	CHECK_INT(pipe(fds), 0);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	begin_on(fds[1], fds[0]);
}

static void end(void)
{
	cpl_output_free(t.out);
	cpl_loop_free(t.loop);
	if (t.fd >= 0)
		close(t.fd);
	if (t.reader >= 0)
		close(t.reader);
}

static void stop(void *user)
{
	(void)user;
	cpl_loop_stop(t.loop);
}

static void run_for(long ms)
{
	struct cpl_timer timer = {.fire = stop};
	struct cpl_err e = CPL_ERR_INIT;

	cpl_loop_timer(t.loop, &timer, ms);
	CHECK_INT(cpl_loop_run(t.loop, &e), 0);
	cpl_loop_cancel(t.loop, &timer);
}

/* Lets the loop do what it can without waiting. */
static void settle(void)
{
	for (int i = 0; i < 3; i++)
		run_for(0);
}

/* Until so many are taken, which a reader's pipe tells in a while. */
static void until_taken(uint64_t number)
{
	for (int i = 0; i < 500 && t.taken < number && !t.failures; i++)
		run_for(1);
	CHECK_INT(t.taken, number);
}

static void put(const char *text, uint64_t number)
{
	struct cpl_err e = CPL_ERR_INIT;

	CHECK_INT(cpl_output_put(t.out, text, strlen(text), number, &e), 0);
}

/* Reads what there is, n bytes at most. */
static const char *received(size_t n)
{
	static char text[1000];
	ssize_t got = read(t.reader, text, n);

	text[got > 0 ? got : 0] = '\0';
	return text;
}

/* --- pipes -------------------------------------------------------------- */

static void taken_when_read(void)
{
	begin();
	put("a\n", 1);
	put("b\n", 2);
	CHECK_INT(cpl_output_records(t.out), 2);
	CHECK_INT(cpl_output_unread(t.out), 2);
	CHECK_INT(cpl_output_bytes(t.out), 4);
	CHECK_INT(t.written, 0);
	settle();
	CHECK_INT(cpl_output_bytes(t.out), 0);
	CHECK_INT(t.written, 1);
	run_for(5);
	CHECK_INT(t.taken, 0);
	CHECK_INT(cpl_output_records(t.out), 2);
	CHECK_STR(received(2), "a\n");
	until_taken(1);
	CHECK_INT(cpl_output_records(t.out), 1);
	/* half of it is not all */
	CHECK_STR(received(1), "b");
	run_for(5);
	CHECK_INT(t.taken, 1);
	CHECK_STR(received(1), "\n");
	until_taken(2);
	CHECK_INT(cpl_output_records(t.out), 0);
	CHECK_INT(t.failures, 0);
	end();
}

/* All of one reading is one piece of news. */
static void told_together(void)
{
	begin();
	for (uint64_t i = 1; i <= 10; i++)
		put("x\n", i);
	settle();
	CHECK_STR(received(100), "x\nx\nx\nx\nx\nx\nx\nx\nx\nx\n");
	until_taken(10);
	CHECK_INT(t.tellings, 1);
	end();
}

/* A record without bytes goes with what stands before it. */
static void records_without_bytes(void)
{
	begin();
	put("", 1);
	settle();
	until_taken(1);
	put("a\n", 2);
	put("", 3);
	put("", 4);
	run_for(5);
	CHECK_INT(t.taken, 1);
	CHECK_INT(cpl_output_records(t.out), 3);
	CHECK_INT(cpl_output_unread(t.out), 1);
	CHECK_STR(received(100), "a\n");
	until_taken(4);
	CHECK_INT(cpl_output_unread(t.out), 0);
	put("", 7);
	until_taken(7);
	CHECK_INT(cpl_output_records(t.out), 0);
	end();
}

/* More than the pipe holds: the rest waits, the loop does not. */
static void slow_reader(void)
{
	size_t size = 1 << 20, got = 0;
	char *big = malloc(size), *all = malloc(size);
	struct cpl_err e = CPL_ERR_INIT;
	ssize_t n;

	UNIT_NEED(big != NULL && all != NULL);
	for (size_t i = 0; i < size; i++)
		big[i] = (char)('a' + i % 23);
	begin();
	CHECK_INT(cpl_output_put(t.out, big, size, 1, &e), 0);
	put("z\n", 2);
	settle();
	CHECK(cpl_output_bytes(t.out) > 0);
	CHECK(cpl_output_bytes(t.out) < size);
	CHECK_INT(t.written, 0);
	for (int i = 0; i < 1000 && got < size; i++) {
		while (got < size &&
		       (n = read(t.reader, all + got, size - got)) > 0)
			got += (size_t)n;
		CHECK(got == size || t.taken == 0);
		settle();
	}
	CHECK_INT(got, size);
	CHECK(!memcmp(big, all, size));
	until_taken(1);
	CHECK_STR(received(100), "z\n");
	until_taken(2);
	CHECK_INT(t.written, 1);
	end();
	free(big);
	free(all);
}

static void count(void *user)
{
	++*(int *)user;
}

/* The reader's pace is found out without a busy loop: the looks become rarer
 * (1, 2, 4, ... ms). */
static void sleeping_reader(void)
{
	int turns = 0;
	struct cpl_turn turn = {.end = count, .user = &turns};

	begin();
	put("a\n", 1);
	cpl_loop_turn_add(t.loop, &turn);
	run_for(60);
	CHECK(turns < 15);
	CHECK_INT(t.taken, 0);
	CHECK_STR(received(100), "a\n");
	until_taken(1);
	end();
}

/* What the shell's other programs write to the pipe is theirs: it is counted
 * as unread, never as read. */
static void others_write_too(void)
{
	begin();
	CHECK_INT(write(t.fd, "other\n", 6), 6);
	put("a\n", 1);
	run_for(3);
	CHECK_INT(t.taken, 0);
	CHECK_STR(received(100), "other\na\n");
	until_taken(1);
	end();
}

static void non_blocking_pipe(void)
{
	size_t size = 1 << 18;
	char *big = calloc(1, size);
	struct cpl_err e = CPL_ERR_INIT;

	UNIT_NEED(big != NULL);
	begin();
	fcntl(t.fd, F_SETFL, O_NONBLOCK);
	CHECK_INT(cpl_output_put(t.out, big, size, 1, &e), 0);
	for (int i = 0; i < 1000 && t.taken == 0; i++) {
		while (read(t.reader, big, size) > 0)
			;
		run_for(1);
	}
	CHECK_INT(t.taken, 1);
	CHECK_INT(t.failures, 0);
	end();
	free(big);
}

/* --- the reader goes ---------------------------------------------------- */

static void reader_is_gone(void)
{
	CHECK_INT(t.failures, 1);
	CHECK_INT(t.quiet, 1);
	CHECK_INT(t.taken, 0);
	/* what comes now goes nowhere */
	put("x\n", 99);
	settle();
	CHECK_INT(t.failures, 1);
	CHECK_INT(t.taken, 0);
	end();
}

static void reader_goes_while_idle(void)
{
	begin();
	settle();
	close(t.reader);
	t.reader = -1;
	run_for(1000);
	reader_is_gone();
}

static void reader_goes_with_unread_records(void)
{
	begin();
	put("a\n", 1);
	settle();
	close(t.reader);
	t.reader = -1;
	run_for(1000);
	reader_is_gone();
}

static void reader_goes_before_the_write(void)
{
	begin();
	close(t.reader);
	t.reader = -1;
	put("a\n", 1);
	run_for(1000);
	reader_is_gone();
}

/* The far end of a socket (inetd, socat, systemd) tells it in its own way. */
static void socket_reader_goes_while_idle(void)
{
	int fds[2];

	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	begin_on(fds[0], fds[1]);
	settle();
	CHECK_INT(t.failures, 0);
	close(t.reader);
	t.reader = -1;
	run_for(100);
	reader_is_gone();
}

static void socket_takes(void)
{
	int fds[2];

	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	begin_on(fds[0], fds[1]);
	put("a\n", 1);
	settle();
	CHECK_STR(received(100), "a\n");
	until_taken(1);
	end();
}

/* It says how much it takes: all is offered at once. */
static void socket_takes_much(void)
{
	static char much[50000], got[sizeof much];
	struct cpl_err e = CPL_ERR_INIT;
	int fds[2];

	CHECK_INT(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	begin_on(fds[0], fds[1]);
	memset(much, 'x', sizeof much);
	CHECK_INT(cpl_output_put(t.out, much, sizeof much, 1, &e), 0);
	settle();
	/* the write that tries whether it is open */
	CHECK_INT(read(t.reader, got, sizeof got), 0);
	CHECK_INT(read(t.reader, got, sizeof got), (long)sizeof got);
	CHECK_INT(memcmp(got, much, sizeof much), 0);
	until_taken(1);
	end();
}

/* --- files -------------------------------------------------------------- */

static int temporary(void)
{
	char path[] = "/tmp/couplet-test-XXXXXX";
	int fd = mkstemp(path);

	CHECK(fd >= 0);
	unlink(path);
	return fd;
}

static void file_takes_at_once(void)
{
	char text[100] = "";
	int fd = temporary();

	begin_on(fd, -1);
	put("a\n", 1);
	put("", 2);
	put("b\n", 3);
	CHECK_INT(t.taken, 0);
	settle();
	CHECK_INT(t.taken, 3);
	CHECK_INT(cpl_output_records(t.out), 0);
	CHECK_INT(pread(fd, text, sizeof text, 0), 4);
	CHECK_STR(text, "a\nb\n");
	end();
}

/* A regular file has no pieces: megabytes are one write. */
static void file_takes_much(void)
{
	size_t size = 3 << 20;
	char *big = malloc(size);
	struct cpl_err e = CPL_ERR_INIT;
	struct stat st;
	int fd = temporary();

	UNIT_NEED(big != NULL);
	memset(big, 'x', size);
	begin_on(fd, -1);
	CHECK_INT(cpl_output_put(t.out, big, size, 1, &e), 0);
	settle();
	CHECK_INT(t.taken, 1);
	CHECK_INT(fstat(fd, &st), 0);
	CHECK_INT(st.st_size, size);
	end();
	free(big);
}

static void dev_null(void)
{
	begin_on(open("/dev/null", O_WRONLY), -1);
	put("a\n", 1);
	settle();
	CHECK_INT(t.taken, 1);
	CHECK_INT(t.failures, 0);
	end();
}

/* A disk that fills up while we write. */
static void file_is_full(void)
{
	struct rlimit old, small;

	begin_on(temporary(), -1);
	getrlimit(RLIMIT_FSIZE, &old);
	small = old;
	small.rlim_cur = 3;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	put("a\n", 1);
	put("b\n", 2);
	run_for(1000);
	setrlimit(RLIMIT_FSIZE, &old);
	CHECK_INT(t.failures, 1);
	CHECK_INT(t.quiet, 0);
	CHECK_INT(t.written, 0);
	CHECK_INT(t.why.status, CPL_IO);
	CHECK_STR(t.why.text, "stdout: File too large");
	CHECK(t.taken < 2);
	end();
}

/* --- from the start ----------------------------------------------------- */

static void refused(int fd, const char *text)
{
	struct cpl_output_events on = {on_taken, on_written, on_failed, &t};
	struct cpl_err e = CPL_ERR_INIT;

	memset(&t, 0, sizeof t);
	t.loop = cpl_loop_new(&e);
	CHECK(cpl_output_new(t.loop, fd, &on, &e) == NULL);
	CHECK_INT(e.status, CPL_IO);
	CHECK_STR(e.text, text);
	CHECK_INT(t.failures, 0);
	cpl_loop_free(t.loop);
}

static void only_failed_is_asked_for(void)
{
	struct cpl_output_events on = {.failed = on_failed, .user = &t};
	struct cpl_err e = CPL_ERR_INIT;
	int fds[2];

	memset(&t, 0, sizeof t);
	CHECK_INT(pipe(fds), 0);
	t.fd = fds[1];
	t.reader = fds[0];
	t.loop = cpl_loop_new(&e);
	t.out = cpl_output_new(t.loop, t.fd, &on, &e);
	UNIT_NEED(t.out != NULL);
	put("a\n", 1);
	settle();
	CHECK_STR(received(100), "a\n");
	for (int i = 0; i < 500 && cpl_output_records(t.out) > 0; i++)
		run_for(1);
	CHECK_INT(cpl_output_records(t.out), 0);
	end();
}

static void not_open(void)
{
	int fd = open("/dev/null", O_RDONLY);

	refused(fd, "stdout: Bad file descriptor");
	close(fd);
	refused(fd, "stdout: Bad file descriptor");
	refused(-1, "stdout: Bad file descriptor");
	fd = open("/dev/full", O_WRONLY);
	refused(fd, "stdout: No space left on device");
	close(fd);
	cpl_output_free(NULL);
}

/* Closed behind our back. */
static void closed_later(void)
{
	begin();
	settle();
	close(t.fd);
	t.fd = -1;
	run_for(1000);
	CHECK_INT(t.failures, 1);
	CHECK_INT(t.quiet, 0);
	CHECK_INT(t.why.status, CPL_IO);
	end();
}

static void freed_with_records(void)
{
	begin();
	put("a\n", 1);
	cpl_output_free(t.out);
	t.out = NULL;
	settle();
	CHECK_STR(received(100), "");
	/* the descriptor is the caller's */
	CHECK(fcntl(t.fd, F_GETFD) >= 0);
	end();
}

int main(void)
{
	RUN(taken_when_read);
	RUN(told_together);
	RUN(records_without_bytes);
	RUN(slow_reader);
	RUN(sleeping_reader);
	RUN(others_write_too);
	RUN(non_blocking_pipe);
	RUN(reader_goes_while_idle);
	RUN(reader_goes_with_unread_records);
	RUN(reader_goes_before_the_write);
	RUN(socket_reader_goes_while_idle);
	RUN(socket_takes);
	RUN(socket_takes_much);
	RUN(file_takes_at_once);
	RUN(file_takes_much);
	RUN(dev_null);
	RUN(file_is_full);
	RUN(only_failed_is_asked_for);
	RUN(not_open);
	RUN(closed_later);
	RUN(freed_with_records);
	return unit_end();
}
