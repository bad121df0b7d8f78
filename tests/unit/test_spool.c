/* SPDX-License-Identifier: MIT */
#include "../../common/store/spool.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../common/base/limits.h"
#include "../../common/base/whole.h"
#include "unit.h"

static char folder[] = "/tmp/test_spool.XXXXXX";
static char path[64], other[64];
static struct cpl_err e;

static struct cpl_spool *open_it(const char *file)
{
	struct cpl_spool *s;

	memset(&e, 0, sizeof e);
	s = cpl_spool_open(file, &e);
	CHECK_STR(e.text, "");
	return s;
}

static void append(struct cpl_spool *s, const char *text)
{
	CHECK_INT(cpl_spool_append(s, text, strlen(text), &e), 0);
}

/* A record that has the file cut, once all is taken. */
static void append_large(struct cpl_spool *s)
{
	char *bytes = calloc(1, CPL_SPOOL_CUT);

	UNIT_NEED(bytes != NULL);
	CHECK_INT(cpl_spool_append(s, bytes, CPL_SPOOL_CUT, &e), 0);
	free(bytes);
}

/* The records that are there to read, joined. */
static const char *rest(struct cpl_spool *s)
{
	static char text[256];
	const char *p;
	size_t n, len = 0;

	text[0] = '\0';
	while (cpl_spool_next(s, &p, &n, &e) > 0 && len + n < sizeof text) {
		memcpy(text + len, p, n);
		len += n;
		text[len] = '\0';
	}
	return text;
}

static off_t size_of(const char *file)
{
	struct stat st = {0};

	CHECK_INT(stat(file, &st), 0);
	return st.st_size;
}

/* The first n bytes of the file, as another one. */
static void copy(off_t n)
{
	char *bytes = malloc((size_t)n + 1);
	FILE *in = fopen(path, "r"), *out = fopen(other, "w");

	UNIT_NEED(bytes && in && out);
	CHECK_INT(fread(bytes, 1, (size_t)n, in), n);
	CHECK_INT(fwrite(bytes, 1, (size_t)n, out), n);
	fclose(in);
	fclose(out);
	free(bytes);
}

static void poke(const char *file, off_t at, char c)
{
	int fd = open(file, O_WRONLY);

	CHECK_INT(pwrite(fd, &c, 1, at), 1);
	close(fd);
}

static void in_and_out(void)
{
	struct cpl_spool *s = open_it(path);
	struct stat st;

	UNIT_NEED(s != NULL);
	CHECK_STR(rest(s), "");
	append(s, "one\n");
	append(s, "two\n");
	CHECK_INT(cpl_spool_waiting(s), 2);
	CHECK_INT(cpl_spool_unsynced(s), 2 * (18 + 4));
	CHECK_INT(cpl_spool_sync(s, &e), 0);
	CHECK_INT(cpl_spool_unsynced(s), 0);
	CHECK_STR(rest(s), "one\ntwo\n");
	CHECK_INT(cpl_spool_unread(s), 0);
	append(s, "three\n");
	CHECK_STR(rest(s), "three\n");
	CHECK_INT(cpl_spool_waiting(s), 3);
	CHECK_INT(cpl_spool_taken(s, 2, &e), 0);
	CHECK_INT(cpl_spool_waiting(s), 1);
	cpl_spool_free(s);
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_mode & 0777, 0600);
	/* What was read and not taken comes again. */
	s = open_it(path);
	UNIT_NEED(s != NULL);
	CHECK_INT(cpl_spool_waiting(s), 1);
	CHECK_STR(rest(s), "three\n");
	CHECK_INT(cpl_spool_taken(s, 1, &e), 0);
	cpl_spool_free(s);
	CHECK_INT(size_of(path), 136);
	s = open_it(path);
	UNIT_NEED(s != NULL);
	CHECK_STR(rest(s), "");
	append(s, "four\n");
	CHECK_STR(rest(s), "four\n");
	cpl_spool_free(s);
	unlink(path);
}

/* Whatever was written when the machine stopped: what was synced is there, and
 * of the rest whole records alone. */
static void stopped_at_every_byte(void)
{
	struct cpl_spool *s = open_it(path);
	off_t synced, end;

	UNIT_NEED(s != NULL);
	append(s, "zero\n");
	append(s, "one\n");
	CHECK_INT(cpl_spool_sync(s, &e), 0);
	synced = size_of(path);
	CHECK_STR(rest(s), "zero\none\n");
	CHECK_INT(cpl_spool_taken(s, 1, &e), 0);
	append(s, "two\n");
	append(s, "three\n");
	end = size_of(path);
	for (off_t n = synced; n <= end; n++) {
		struct cpl_spool *after;

		copy(n);
		after = open_it(other);
		UNIT_NEED(after != NULL);
		CHECK_STR(rest(after), n < synced + 22 ? "one\n"
				       : n < end       ? "one\ntwo\n"
						       : "one\ntwo\nthree\n");
		/* And it goes on from there. */
		append(after, "more\n");
		CHECK_STR(rest(after), "more\n");
		cpl_spool_free(after);
		unlink(other);
	}
	cpl_spool_free(s);
	unlink(path);
}

/* Stopped while the file was made: nothing can have been in it. */
static void stopped_at_the_start(void)
{
	struct cpl_spool *s = open_it(path);

	UNIT_NEED(s != NULL);
	for (off_t n = 0; n <= 136; n++) {
		struct cpl_spool *after;

		copy(n);
		after = open_it(other);
		UNIT_NEED(after != NULL);
		append(after, "a");
		CHECK_STR(rest(after), "a");
		cpl_spool_free(after);
		unlink(other);
	}
	cpl_spool_free(s);
	unlink(path);
}

/* One slot torn: the other one counts, which can only be older. */
static void stopped_in_a_slot(void)
{
	struct cpl_spool *s = open_it(path);

	UNIT_NEED(s != NULL);
	append(s, "one\n");
	append(s, "two\n");
	CHECK_INT(cpl_spool_sync(s, &e), 0);
	CHECK_STR(rest(s), "one\ntwo\n");
	CHECK_INT(cpl_spool_taken(s, 1, &e), 0);
	for (int slot = 0; slot < 2; slot++)
		for (off_t at = 0; at < 59; at++) {
			struct cpl_spool *after;
			const char *got;

			copy(size_of(path));
			poke(other, 16 + slot * 60 + at, '!');
			after = open_it(other);
			UNIT_NEED(after != NULL);
			got = rest(after);
			CHECK(strcmp(got, "one\ntwo\n") == 0 ||
			      strcmp(got, "two\n") == 0);
			cpl_spool_free(after);
			unlink(other);
		}
	cpl_spool_free(s);
	unlink(path);
}

/* Stopped between the cut and the slot that tells of it. */
static void stopped_in_a_cut(void)
{
	struct cpl_spool *s = open_it(path);

	UNIT_NEED(s != NULL);
	append(s, "one\n");
	CHECK_INT(cpl_spool_sync(s, &e), 0);
	append(s, "two\n");
	CHECK_INT(cpl_spool_sync(s, &e), 0);
	CHECK_STR(rest(s), "one\ntwo\n");
	CHECK_INT(cpl_spool_taken(s, 2, &e), 0);
	copy(136);
	cpl_spool_free(s);
	unlink(path);
	s = open_it(other);
	UNIT_NEED(s != NULL);
	CHECK_STR(rest(s), "");
	append(s, "three\n");
	cpl_spool_free(s);
	s = open_it(other);
	UNIT_NEED(s != NULL);
	CHECK_STR(rest(s), "three\n");
	cpl_spool_free(s);
	unlink(other);
}

/* --- the power --------------------------------------------------------- */

/* What the disk has had since the file was synced last, while that counts. */
static struct {
	int on;
	struct cpl_buf disk;
	const char *all;  /* the records, of which the last ones are there */
	const char *must; /* those that nothing may cost */
} power;

static void read_file(struct cpl_buf *out)
{
	int fd = open(path, O_RDONLY);

	cpl_buf_release(out);
	cpl_buf_init(out, 4 * CPL_SPOOL_CUT);
	CHECK_INT(cpl_read_whole(fd, out), 0);
	close(fd);
}

static int ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

/* A disk that has got this of what was written since: the slot of each bit, and
 * with bit 2 all behind them, the length with it. */
static void after_it(const struct cpl_buf *now, int which)
{
	const struct cpl_buf *rest_of = which & 4 ? now : &power.disk;
	FILE *out = fopen(other, "w");
	struct cpl_spool *s;
	const char *got;

	UNIT_NEED(out != NULL);
	fwrite(now->data, 1, 16, out);
	for (int i = 0; i < 2; i++)
		fwrite((which >> i & 1 ? now : &power.disk)->data + 16 + i * 60,
		       1, 60, out);
	fwrite(rest_of->data + 136, 1, rest_of->len - 136, out);
	fclose(out);
	s = open_it(other);
	UNIT_NEED(s != NULL);
	got = rest(s);
	if (!CHECK(ends_with(power.all, got) && ends_with(got, power.must)))
		printf("# %d: %s\n", which, got);
	cpl_spool_free(s);
	unlink(other);
}

static void power_fails(void)
{
	struct cpl_buf now = CPL_BUF_INIT(0);

	power.on = 0;
	read_file(&now);
	for (int which = 0; which < 8; which++)
		after_it(&now, which);
	cpl_buf_release(&now);
	power.on = 1;
}

/* These two instead of libc's. */
int fsync(int fd)
{
	if (power.on)
		power_fails();
	if (syscall(SYS_fsync, fd) < 0)
		return -1;
	if (power.on)
		read_file(&power.disk);
	return 0;
}

int ftruncate(int fd, off_t n)
{
	if (syscall(SYS_ftruncate, fd, n) < 0)
		return -1;
	if (power.on)
		power_fails();
	return 0;
}

/* A reader that is slow has less than was synced, and then all of it at once:
 * the cut that follows, and what comes behind it. */
static void the_power_fails_in_a_cut(void)
{
	struct cpl_spool *s = open_it(path);
	const char *p;
	size_t n;

	UNIT_NEED(s != NULL);
	append_large(s);
	CHECK_INT(cpl_spool_sync(s, &e), 0);
	append(s, "two\n");
	CHECK_INT(cpl_spool_sync(s, &e), 0);
	append(s, "three\n");
	CHECK_INT(cpl_spool_sync(s, &e), 0);
	CHECK_INT(cpl_spool_next(s, &p, &n, &e), 1);
	CHECK_STR(rest(s), "two\nthree\n");
	CHECK_INT(cpl_spool_taken(s, 1, &e), 0);
	read_file(&power.disk);
	power.all = "two\nthree\n";
	power.must = "";
	power.on = 1;
	CHECK_INT(cpl_spool_taken(s, 3, &e), 0);
	CHECK_INT(size_of(path), 136);
	power_fails();
	power.all = "four\nfive\n";
	append(s, "four\n");
	append(s, "five\n");
	CHECK_INT(cpl_spool_sync(s, &e), 0);
	power.must = "five\n";
	CHECK_STR(rest(s), "four\nfive\n");
	CHECK_INT(cpl_spool_taken(s, 4, &e), 0);
	power_fails();
	power.must = "";
	CHECK_INT(cpl_spool_taken(s, 5, &e), 0);
	cpl_spool_free(s);
	power_fails();
	power.on = 0;
	cpl_buf_release(&power.disk);
	unlink(path);
}

static void refused(const char *file, enum cpl_status status, const char *why)
{
	char text[128];

	memset(&e, 0, sizeof e);
	CHECK(cpl_spool_open(file, &e) == NULL);
	CHECK_INT(e.status, status);
	snprintf(text, sizeof text, "%s: %s", file, why);
	CHECK_STR(e.text, text);
}

/* What was synced and is not whole is no torn end: it is said, and the file
 * left alone. */
static void damage(void)
{
	struct cpl_spool *s = open_it(path);
	off_t size;

	UNIT_NEED(s != NULL);
	append(s, "one\n");
	CHECK_INT(cpl_spool_sync(s, &e), 0);
	append(s, "two\n");
	CHECK_INT(cpl_spool_sync(s, &e), 0);
	cpl_spool_free(s);
	size = size_of(path);
	copy(size);
	poke(other, 136 + 18, 'O');
	refused(other, CPL_DATA, "damaged at byte 136");
	CHECK_INT(size_of(other), size);
	copy(140);
	refused(other, CPL_DATA, "damaged at byte 136");
	copy(size);
	poke(other, 20, '!');
	poke(other, 80, '!');
	refused(other, CPL_DATA, "damaged at byte 16");
	copy(size);
	poke(other, 0, 'C');
	refused(other, CPL_DATA, "this is no spool");
	/* A length that no record has. */
	copy(size);
	poke(other, 136, 'f');
	refused(other, CPL_DATA, "damaged at byte 136");
	unlink(other);
	unlink(path);
}

static void not_ours(void)
{
	struct cpl_spool *s = open_it(path);

	UNIT_NEED(s != NULL);
	refused(path, CPL_TEMP, "in use by another process");
	cpl_spool_free(s);
	unlink(path);
	refused("/dev/null", CPL_DATA, "not a regular file");
	refused("/nowhere/spool", CPL_IO, "No such file or directory");
	refused(folder, CPL_IO, "Is a directory");
}

/* A full disk, by a limit on the size of files. */
static void full_disk(void)
{
	struct cpl_spool *s = open_it(path);
	struct rlimit before, limit;
	char text[128];

	UNIT_NEED(s != NULL);
	append(s, "one\n");
	signal(SIGXFSZ, SIG_IGN);
	CHECK_INT(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = 136 + 22 + 25;
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &limit), 0);
	CHECK_INT(cpl_spool_append(s, "twotwotwo\n", 10, &e), -1);
	CHECK_INT(e.status, CPL_IO);
	snprintf(text, sizeof text, "%s: File too large", path);
	CHECK_STR(e.text, text);
	CHECK_INT(size_of(path), 136 + 22);
	CHECK_INT(cpl_spool_waiting(s), 1);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &before), 0);
	append(s, "three\n");
	CHECK_STR(rest(s), "one\nthree\n");
	cpl_spool_free(s);
	s = open_it(path);
	UNIT_NEED(s != NULL);
	CHECK_STR(rest(s), "one\nthree\n");
	cpl_spool_free(s);
	unlink(path);
}

/* More than one piece of the file, and a record that is larger than one. */
static void large(void)
{
	struct cpl_spool *s = open_it(path);
	size_t big = 300000, n;
	char *bytes = malloc(big), line[32];
	const char *p;

	UNIT_NEED(s != NULL && bytes != NULL);
	memset(bytes, 'b', big);
	for (int i = 0; i < 20000; i++) {
		snprintf(line, sizeof line, "record %d\n", i);
		append(s, line);
	}
	CHECK_INT(cpl_spool_append(s, bytes, big, &e), 0);
	cpl_spool_free(s);
	s = open_it(path);
	UNIT_NEED(s != NULL);
	CHECK_INT(cpl_spool_waiting(s), 20001);
	for (int i = 0; i < 20000; i++) {
		snprintf(line, sizeof line, "record %d\n", i);
		UNIT_NEED(cpl_spool_next(s, &p, &n, &e) == 1);
		UNIT_NEED(n == strlen(line) && memcmp(p, line, n) == 0);
	}
	UNIT_NEED(cpl_spool_next(s, &p, &n, &e) == 1);
	CHECK(n == big && memcmp(p, bytes, n) == 0);
	CHECK_INT(cpl_spool_next(s, &p, &n, &e), 0);
	CHECK_INT(cpl_spool_taken(s, 20000, &e), 0);
	CHECK(size_of(path) > 300000);
	CHECK_INT(cpl_spool_taken(s, 20001, &e), 0);
	cpl_spool_free(s);
	CHECK_INT(size_of(path), 136);
	free(bytes);
	unlink(path);
}

/* While it goes on, too. */
static void cut_when_all_is_taken(void)
{
	struct cpl_spool *s = open_it(path);
	const char *p;
	size_t n;

	UNIT_NEED(s != NULL);
	append_large(s);
	CHECK_INT(cpl_spool_next(s, &p, &n, &e), 1);
	CHECK_INT(cpl_spool_taken(s, 1, &e), 0);
	CHECK_INT(size_of(path), 136);
	append(s, "next\n");
	CHECK_INT(cpl_spool_sync(s, &e), 0);
	CHECK_STR(rest(s), "next\n");
	CHECK_INT(cpl_spool_taken(s, 2, &e), 0);
	CHECK_INT(cpl_spool_waiting(s), 0);
	CHECK_INT(size_of(path), 136 + 23);
	cpl_spool_free(s);
	unlink(path);
}

int main(void)
{
	CHECK(mkdtemp(folder) != NULL);
	snprintf(path, sizeof path, "%s/spool", folder);
	snprintf(other, sizeof other, "%s/other", folder);
	RUN(in_and_out);
	RUN(stopped_at_every_byte);
	RUN(stopped_at_the_start);
	RUN(stopped_in_a_slot);
	RUN(stopped_in_a_cut);
	RUN(the_power_fails_in_a_cut);
	RUN(damage);
	RUN(not_ours);
	RUN(full_disk);
	RUN(large);
	RUN(cut_when_all_is_taken);
	rmdir(folder);
	return unit_end();
}
