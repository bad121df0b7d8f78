/* SPDX-License-Identifier: MIT
 *
 * Files that are changed in place, on a disk that anything may have happened
 * to: the records of --spool, the keys of --dedup. An even first byte is a
 * spool, an odd one keys; with bit 1 set it has its right head, and with bit 2
 * the sums of a spool are right. What is opened once is opened again, with the
 * same in it. */
#include "../../common/store/spool.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../common/store/dedup.h"
#include "fuzz.h"

#define DEDUP_HEAD "couplet-dedup 1\n"
#define SPOOL_HEAD "couplet-spool 1\n"
#define SLOT 60
#define SLOT_SUMMED 51
#define FRAME 18
#define NOW 1780000000

/* A folder in memory, where there is one. */
static char folder[64], path[80];

static void remove_folder(void)
{
	unlink(path);
	rmdir(folder);
}

static void make_folder(void)
{
	if (*folder)
		return;
	snprintf(folder, sizeof folder, "/dev/shm/couplet-fuzz.XXXXXX");
	if (!mkdtemp(folder)) {
		snprintf(folder, sizeof folder, "/tmp/couplet-fuzz.XXXXXX");
		MUST(mkdtemp(folder) != NULL);
	}
	snprintf(path, sizeof path, "%s/file", folder);
	atexit(remove_folder);
}

static void put_file(const struct cpl_buf *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	MUST(fd >= 0);
	MUST(text->len == 0 ||
	     write(fd, text->data, text->len) == (ssize_t)text->len);
	close(fd);
}

/* CRC-32, bit by bit. */
static uint32_t sum(const char *p, size_t n)
{
	uint32_t c = 0xffffffffU;

	for (; n > 0; n--, p++) {
		c ^= (unsigned char)*p;
		for (int bit = 0; bit < 8; bit++)
			c = c & 1 ? 0xedb88320U ^ (c >> 1) : c >> 1;
	}
	return c ^ 0xffffffffU;
}

static void put_sum(char *at, const char *p, size_t n)
{
	char digits[9];

	snprintf(digits, sizeof digits, "%08x", sum(p, n));
	memcpy(at, digits, 8);
}

/* The sums of both slots, and of the records as far as there are some. */
static void put_sums(struct cpl_buf *text)
{
	size_t at = strlen(SPOOL_HEAD);

	for (int i = 0; i < 2 && text->len >= at + SLOT; i++, at += SLOT)
		put_sum(text->data + at + SLOT_SUMMED, text->data + at,
			SLOT_SUMMED);
	while (text->len >= at + FRAME) {
		char digits[9] = "";
		size_t n;

		memcpy(digits, text->data + at, 8);
		n = strtoul(digits, NULL, 16);
		if (n > text->len - at - FRAME)
			break;
		put_sum(text->data + at + 9, text->data + at + FRAME, n);
		at += FRAME + n;
	}
}

/* All records; how many, and a sum over them. */
static size_t read_all(struct cpl_spool *s, uint32_t *over)
{
	size_t count = 0, n = 0;
	const char *p = NULL;
	int rc;

	*over = 0;
	while ((rc = cpl_spool_next(s, &p, &n, NULL)) > 0) {
		MUST(n > 0);
		*over = *over * 31 + sum(p, n);
		MUST(count++ < 10000);
	}
	MUST(rc == 0);
	return count;
}

static void spool(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_spool *s = cpl_spool_open(path, &e);
	uint32_t before, after;
	size_t count;

	if (!s) {
		MUST((e.status == CPL_DATA || e.status == CPL_IO) && e.text[0]);
		return;
	}
	count = cpl_spool_waiting(s);
	MUST(cpl_spool_unread(s) == count);
	MUST(read_all(s, &before) == count);
	cpl_spool_free(s);
	s = cpl_spool_open(path, &e);
	MUST(s && cpl_spool_waiting(s) == count);
	MUST(read_all(s, &after) == count && after == before);
	MUST(cpl_spool_append(s, "x", 1, &e) == 0);
	MUST(cpl_spool_sync(s, &e) == 0);
	MUST(read_all(s, &after) == 1);
	MUST(cpl_spool_taken(s, count + 1, &e) == 0);
	MUST(cpl_spool_waiting(s) == 0);
	cpl_spool_free(s);
	s = cpl_spool_open(path, &e);
	MUST(s && cpl_spool_waiting(s) == 0);
	cpl_spool_free(s);
}

static void dedup(void)
{
	static const char key[] = "00112233445566778899aabbccddeeff";
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_dedup *d = cpl_dedup_open(path, NOW, NULL, &e);

	if (!d) {
		MUST(e.status == CPL_DATA && e.text[0]);
		return;
	}
	MUST(cpl_dedup_see(d, key, NOW) == 0);
	MUST(cpl_dedup_seen(d, key, NOW));
	MUST(!cpl_dedup_seen(d, "0", NOW));
	MUST(cpl_dedup_keep(d, key) == 0);
	MUST(cpl_dedup_flush(d, NOW, &e) == 0);
	cpl_dedup_close(d);
	d = cpl_dedup_open(path, NOW, NULL, &e);
	MUST(d && cpl_dedup_seen(d, key, NOW));
	cpl_dedup_close(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cpl_buf text = CPL_BUF_INIT(FUZZ_ROOM);
	int is_spool;

	if (size < 1)
		return 0;
	make_folder();
	is_spool = !(data[0] & 1);
	if (data[0] & 2)
		MUST(cpl_buf_adds(&text, is_spool ? SPOOL_HEAD : DEDUP_HEAD) ==
		     0);
	MUST(cpl_buf_add(&text, data + 1, size - 1) == 0);
	if (is_spool && data[0] & 4)
		put_sums(&text);
	put_file(&text);
	cpl_buf_release(&text);
	if (is_spool)
		spool();
	else
		dedup();
	return 0;
}
