/* SPDX-License-Identifier: MIT */
#include "../../common/store/dedup.h"

#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../common/base/limits.h"
#include "folder.h"
#include "unit.h"

#define NOW 1764345600
#define HEAD "couplet-dedup 1\n"

static char folder[] = "/tmp/test_dedup.XXXXXX";
static char path[64];
static struct cpl_buf lines = CPL_BUF_INIT(65536);

static void keep_line(void *user, int level, const char *text)
{
	(void)user;
	(void)level;
	CHECK_INT(cpl_buf_addf(&lines, "%s\n", text), 0);
}

static const struct cpl_log log_kept = {.level = 1, .line = keep_line};

static const char *logged(void)
{
	static char text[4096];

	snprintf(text, sizeof text, "%s", lines.len ? lines.data : "");
	cpl_buf_truncate(&lines, 0);
	return text;
}

/* --- files ------------------------------------------------------------- */

static void put_file(const char *p, size_t n)
{
	FILE *f = fopen(path, "w");

	if (!CHECK(f != NULL))
		return;
	CHECK_INT(fwrite(p, 1, n, f), n);
	CHECK_INT(fclose(f), 0);
}

static void put(const char *text)
{
	put_file(text, strlen(text));
}

static const char *content(void)
{
	static char text[65536];
	FILE *f = fopen(path, "r");

	text[f ? fread(text, 1, sizeof text - 1, f) : 0] = '\0';
	if (f)
		fclose(f);
	return text;
}

/* The only one in the folder: nothing is left beside it. */
static size_t files;

static int count_file(const char *name, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)name;
	(void)st;
	(void)ftw;
	files += type == FTW_F;
	return 0;
}

static size_t files_there(void)
{
	files = 0;
	nftw(folder, count_file, 8, FTW_PHYS);
	return files;
}

/* --- keys -------------------------------------------------------------- */

static const char *key(unsigned n)
{
	static char text[33];

	snprintf(text, sizeof text, "%08xabababababababababababab", n);
	return text;
}

#define REST "abababababababababababab"
#define LINE(n, at) "0000000" #n REST " " #at "\n"

static struct cpl_dedup *open_at(int64_t now)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_dedup *d = cpl_dedup_open(path, now, &log_kept, &e);

	CHECK(d != NULL);
	CHECK_STR(e.text, "");
	return d;
}

static void fails(enum cpl_status status, const char *why)
{
	struct cpl_err e = CPL_ERR_INIT;
	char text[256];

	snprintf(text, sizeof text, "%s: %s", path, why);
	CHECK(cpl_dedup_open(path, NOW, &log_kept, &e) == NULL);
	CHECK_INT(e.status, status);
	CHECK_STR(e.text, text);
}

static void keep(struct cpl_dedup *d, unsigned n, int64_t now)
{
	CHECK_INT(cpl_dedup_see(d, key(n), now), 0);
	CHECK_INT(cpl_dedup_keep(d, key(n)), 0);
}

static int flush(struct cpl_dedup *d, int64_t now)
{
	struct cpl_err e = CPL_ERR_INIT;

	return cpl_dedup_flush(d, now, &e);
}

/* Which of the keys 1 to 9 are known, as "125". */
static const char *known(struct cpl_dedup *d, int64_t now)
{
	static char text[16];
	char *p = text;

	for (unsigned i = 1; d && i <= 9; i++)
		if (cpl_dedup_seen(d, key(i), now))
			*p++ = (char)('0' + i);
	*p = '\0';
	return text;
}

/* --- tests ------------------------------------------------------------- */

static void kept_keys_are_known_later(void)
{
	struct cpl_dedup *d;
	struct stat st;

	unlink(path);
	umask(0);
	d = open_at(NOW);
	umask(022);
	UNIT_NEED(d != NULL);
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_mode & 0777, 0600);
	CHECK_STR(content(), HEAD);
	CHECK_STR(known(d, NOW), "");
	keep(d, 1, NOW);
	keep(d, 2, NOW);
	CHECK_INT(cpl_dedup_see(d, "0123", NOW), 0);
	CHECK_INT(cpl_dedup_keep(d, "0123"), 0);
	CHECK(!cpl_dedup_seen(d, "0123", NOW));
	/* Seen, and not kept: for this run alone. */
	CHECK_INT(cpl_dedup_see(d, key(3), NOW), 0);
	CHECK_STR(known(d, NOW), "123");
	CHECK_STR(content(), HEAD);
	CHECK_INT(flush(d, NOW), 0);
	CHECK_STR(content(), HEAD LINE(1, 1764345600) LINE(2, 1764345600));
	/* Once is enough. */
	keep(d, 1, NOW + 5);
	CHECK_INT(flush(d, NOW), 0);
	keep(d, 4, NOW + 9);
	CHECK_INT(flush(d, NOW + 9), 0);
	keep(d, 5, NOW); /* not flushed */
	cpl_dedup_close(d);
	CHECK_STR(content(), HEAD LINE(1, 1764345600) LINE(2, 1764345600)
				 LINE(4, 1764345609));
	d = open_at(NOW);
	CHECK_STR(known(d, NOW), "124");
	cpl_dedup_close(d);
	CHECK_STR(logged(), "");
}

static void age(void)
{
	struct cpl_dedup *d;

	put(HEAD LINE(1, 1764345600) LINE(2, 1764345700));
	d = open_at(NOW + CPL_DEDUP_AGE_S);
	CHECK_STR(known(d, NOW + CPL_DEDUP_AGE_S), "12");
	CHECK_STR(known(d, NOW + CPL_DEDUP_AGE_S + 1), "2");
	cpl_dedup_close(d);
	d = open_at(NOW + CPL_DEDUP_AGE_S + 50);
	CHECK_STR(known(d, NOW + CPL_DEDUP_AGE_S + 50), "2");
	cpl_dedup_close(d);
	/* A clock that was ahead by years. */
	put(HEAD LINE(1, 99999999999));
	d = open_at(NOW);
	CHECK_STR(known(d, NOW), "1");
	CHECK_STR(known(d, NOW + CPL_DEDUP_AGE_S + 1), "");
	cpl_dedup_close(d);
}

static void torn_tail(void)
{
	static const char whole[] =
	    HEAD LINE(1, 1764345600) LINE(2, 1764345601);
	static const char *const then[] = {"", "1", "12"};
	struct cpl_dedup *d;

	for (size_t n = 0; n < sizeof whole; n++) {
		size_t rows = 0;

		for (size_t i = sizeof HEAD - 1; i < n; i++)
			rows += whole[i] == '\n';
		put_file(whole, n);
		d = open_at(NOW);
		CHECK_STR(known(d, NOW), then[rows]);
		/* What is added begins a line of its own. */
		if (d) {
			keep(d, 9, NOW);
			CHECK_INT(flush(d, NOW), 0);
		}
		cpl_dedup_close(d);
		d = open_at(NOW);
		CHECK_INT(strlen(known(d, NOW)), rows + 1);
		cpl_dedup_close(d);
		CHECK_STR(logged(), "");
	}
}

static void bad_lines_cost_themselves(void)
{
	static char much[200000];
	struct cpl_dedup *d;

	put(HEAD LINE(1, 1764345600) "\n"
				     "junk\n" LINE(2, -1) LINE(
					 3, 1764345600x) "0000000G" REST
							 " 1764345600\n"
							 "00000004" REST
							 "1764345600\n" LINE(
							     5, 1764345600));
	d = open_at(NOW);
	CHECK_STR(known(d, NOW), "15");
	cpl_dedup_close(d);
	CHECK(strstr(logged(), ": 6 lines are no keys, they are dropped\n"));
	CHECK_STR(content(), HEAD LINE(1, 1764345600) LINE(5, 1764345600));
	CHECK_INT(files_there(), 1);
	/* A line longer than what is read at once, its end a key. */
	memset(much, 'a', sizeof much);
	memcpy(much, HEAD, sizeof HEAD - 1);
	memcpy(much + 150000 - sizeof LINE(1, 1764345600) + 1,
	       LINE(1, 1764345600), sizeof LINE(1, 1764345600) - 1);
	put_file(much, 150000);
	d = open_at(NOW);
	CHECK_STR(known(d, NOW), "");
	cpl_dedup_close(d);
	CHECK_STR(content(), HEAD);
	CHECK(strstr(logged(), ": 1 line is no key, it is"));
	/* And without an end it is a torn tail. */
	put_file(much, 149000);
	d = open_at(NOW);
	cpl_dedup_close(d);
	CHECK_STR(content(), HEAD);
	CHECK_STR(logged(), "");
	/* NULs, which a file system leaves behind after a power cut. */
	memset(much + sizeof HEAD - 1, 0, 5000);
	put_file(much, 5000);
	d = open_at(NOW);
	cpl_dedup_close(d);
	CHECK_STR(content(), HEAD);
	logged();
}

/* Each byte of a good file changed to each of some others: it is opened or
 * refused, and what is refused stays. */
static void hostile(void)
{
	static const char good[] = HEAD LINE(1, 1764345600) LINE(2, 1764345601);
	static const char bytes[] = {'\n', '\0', ' ', '0', 'f', '\xff'};
	char text[sizeof good];

	for (size_t i = 0; i + 1 < sizeof good; i++)
		for (size_t b = 0; b < sizeof bytes; b++) {
			struct cpl_err e = CPL_ERR_INIT;
			struct cpl_dedup *d;
			struct stat st;

			memcpy(text, good, sizeof good);
			text[i] = bytes[b];
			put_file(text, sizeof good - 1);
			d = cpl_dedup_open(path, NOW, &log_kept, &e);
			CHECK_INT(stat(path, &st), 0);
			if (i + 1 < sizeof HEAD && text[i] != good[i]) {
				CHECK(d == NULL);
				CHECK_INT(e.status, CPL_DATA);
				CHECK_INT(st.st_size, sizeof good - 1);
			} else {
				CHECK(d != NULL);
			}
			cpl_dedup_close(d);
			logged();
		}
}

static void what_is_none(void)
{
	put("Dear diary,\n");
	fails(CPL_DATA, "not a file of --dedup, it is left as it is");
	CHECK_STR(content(), "Dear diary,\n");
	put("couplet-dedup 2\n");
	fails(CPL_DATA, "not a file of --dedup, it is left as it is");
	unlink(path);
	CHECK_INT(mkdir(path, 0700), 0);
	fails(CPL_IO, "Is a directory");
	rmdir(path);
	CHECK_INT(mkfifo(path, 0600), 0);
	fails(CPL_IO, "not a regular file");
	unlink(path);
	CHECK_INT(symlink("gone/file", path), 0);
	fails(CPL_IO, "No such file or directory");
	unlink(path);
}

static void one_process(void)
{
	struct cpl_dedup *d;

	d = open_at(NOW);
	fails(CPL_TEMP, "another process has it");
	cpl_dedup_close(d);
	cpl_dedup_close(open_at(NOW));
}

/* The bound is by number: what was kept first is forgotten, and the file stays
 * within three times as many lines. */
static void number(void)
{
	struct cpl_dedup *d;
	struct stat st = {0};
	off_t most = 0;
	size_t line = sizeof LINE(1, 1764345600) - 1;

	unlink(path);
	d = open_at(NOW);
	for (unsigned i = 0; i < 4 * CPL_DEDUP_KEYS; i++) {
		keep(d, i, NOW);
		if (i % 1000 == 0 && CHECK_INT(flush(d, NOW), 0))
			stat(path, &st);
		if (st.st_size > most)
			most = st.st_size;
	}
	CHECK_INT(flush(d, NOW), 0);
	CHECK(!cpl_dedup_seen(d, key(3 * CPL_DEDUP_KEYS - 1), NOW));
	CHECK(cpl_dedup_seen(d, key(3 * CPL_DEDUP_KEYS), NOW));
	/* It was written anew while it was in use: it is still locked. */
	fails(CPL_TEMP, "another process has it");
	CHECK(most <= (off_t)((3 * CPL_DEDUP_KEYS + 2000) * line));
	CHECK(most > (off_t)(2 * CPL_DEDUP_KEYS * line));
	cpl_dedup_close(d);
	d = open_at(NOW);
	CHECK(!cpl_dedup_seen(d, key(3 * CPL_DEDUP_KEYS - 1), NOW));
	CHECK(cpl_dedup_seen(d, key(3 * CPL_DEDUP_KEYS), NOW));
	CHECK(cpl_dedup_seen(d, key(4 * CPL_DEDUP_KEYS - 1), NOW));
	cpl_dedup_close(d);
	CHECK_INT(files_there(), 1);
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_mode & 0777, 0600);
	CHECK_STR(logged(), "");
}

/* A link to it stays one when the file is written anew. */
static void by_a_link(void)
{
	char name[80];
	struct cpl_dedup *d;
	struct stat st;

	snprintf(name, sizeof name, "%s/link", folder);
	put(HEAD "junk\n" LINE(1, 1764345600));
	CHECK_INT(rename(path, name), 0);
	CHECK_INT(symlink("link", path), 0);
	d = open_at(NOW);
	CHECK_STR(known(d, NOW), "1");
	cpl_dedup_close(d);
	logged();
	CHECK_INT(lstat(path, &st), 0);
	CHECK(S_ISLNK(st.st_mode));
	CHECK_STR(content(), HEAD LINE(1, 1764345600));
	unlink(path);
	unlink(name);
}

/* A full disk, as far as a limit is one: nothing of it is in the file. */
static void full_disk(void)
{
	struct rlimit limit = {0}, before;
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_dedup *d;

	put(HEAD LINE(1, 1764345600));
	d = open_at(NOW);
	getrlimit(RLIMIT_FSIZE, &before);
	limit = before;
	limit.rlim_cur = strlen(content()) + 20;
	signal(SIGXFSZ, SIG_IGN);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &limit), 0);
	keep(d, 2, NOW);
	CHECK_INT(cpl_dedup_flush(d, NOW, &e), -1);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &before), 0);
	CHECK_INT(e.status, CPL_IO);
	CHECK_STR(content(), HEAD LINE(1, 1764345600));
	/* It is known all the same, and nothing more is tried. */
	CHECK_STR(known(d, NOW), "12");
	keep(d, 3, NOW);
	CHECK_INT(flush(d, NOW), 0);
	cpl_dedup_close(d);
	d = open_at(NOW);
	CHECK_STR(known(d, NOW), "1");
	cpl_dedup_close(d);
}

/* Killed at any time, the file is good, and has all that was flushed. */
static void killed(void)
{
	for (int round = 0; round < 20; round++) {
		int ends[2], status;
		unsigned last = 0, got;
		struct cpl_dedup *d;
		pid_t pid;

		unlink(path);
		if (!CHECK_INT(pipe(ends), 0))
			return;
		pid = fork();
		if (pid == 0) {
			d = cpl_dedup_open(path, NOW, NULL, NULL);
			for (unsigned i = 1; d; i++) {
				(void)!cpl_dedup_see(d, key(i), NOW);
				(void)!cpl_dedup_keep(d, key(i));
				(void)!flush(d, NOW);
				(void)!write(ends[1], &i, sizeof i);
			}
			_exit(1);
		}
		close(ends[1]);
		while (last < 50U + (unsigned)round * 7 &&
		       read(ends[0], &got, sizeof got) == sizeof got)
			last = got;
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		while (read(ends[0], &got, sizeof got) == sizeof got)
			last = got;
		close(ends[0]);
		d = open_at(NOW);
		for (unsigned i = 1; d && i <= last; i++)
			CHECK(cpl_dedup_seen(d, key(i), NOW));
		cpl_dedup_close(d);
		CHECK_STR(logged(), "");
	}
}

int main(void)
{
	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof path, "%s/seen", folder);
	RUN(kept_keys_are_known_later);
	RUN(age);
	RUN(torn_tail);
	RUN(bad_lines_cost_themselves);
	RUN(hostile);
	RUN(what_is_none);
	RUN(one_process);
	RUN(number);
	RUN(by_a_link);
	RUN(full_disk);
	RUN(killed);
	folder_remove(folder);
	cpl_buf_release(&lines);
	return unit_end();
}
