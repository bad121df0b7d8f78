/* SPDX-License-Identifier: MIT
 *
 * The file: a line, two slots of the same kind, and the records.
 *
 *	couplet-spool 1
 *	SERIAL TAKEN SYNCED SUM	    16, 16, 16 and 8 hexadecimal digits
 *	SERIAL TAKEN SYNCED SUM
 *	LENGTH SUM RECORD	    8 and 8 digits, and LENGTH bytes, each
 *
 * A slot is overwritten in turns, so that one of them is whole; that with the
 * higher serial counts. TAKEN and SYNCED are offsets: what is in front of TAKEN
 * the reader has, what is in front of SYNCED was on disk before the slot was
 * written. So a record that is torn behind SYNCED was never vouched for, and
 * one in front of it is damage. SUM is CRC-32 over the digits in front of it,
 * or the record. */
#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/limits.h"
#include "../base/whole.h"

#define MAGIC "couplet-spool 1\n"
#define MAGIC_LEN 16
#define SLOT_LEN 60
#define SLOT_SUMMED 51 /* the digits in front of SUM, and the space */
#define HEAD_LEN (MAGIC_LEN + 2 * SLOT_LEN)
#define FRAME_LEN 18

/* One read of the file. */
#define PIECE (64 * 1024)

struct cpl_spool {
	int fd;
	char *path;
	uint32_t crc[256];
	uint64_t serial; /* of the slot written last */
	uint64_t taken;  /* offsets */
	uint64_t read;
	size_t given; /* bytes of the record at read, which was given out */
	uint64_t end;
	uint64_t synced;
	uint64_t waiting;         /* records that are not taken */
	uint64_t unread;          /* nor read */
	uint64_t told;            /* records taken since it was opened */
	struct cpl_buf under_way; /* uint64_t: ends of records not taken */
	struct cpl_buf piece;     /* of the file, from read on */
};

/* --- sums -------------------------------------------------------------- */

/* CRC-32 as Ethernet and gzip have it. */
static void make_table(uint32_t crc[256])
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;

		for (int bit = 0; bit < 8; bit++)
			c = c & 1 ? 0xedb88320U ^ (c >> 1) : c >> 1;
		crc[i] = c;
	}
}

static uint32_t sum(const struct cpl_spool *s, const char *p, size_t n)
{
	uint32_t c = 0xffffffffU;

	for (; n > 0; n--, p++)
		c = s->crc[(c ^ (unsigned char)*p) & 0xff] ^ (c >> 8);
	return c ^ 0xffffffffU;
}

/* Lower-case hexadecimal digits, exactly so many. -1: others. */
static int digits(const char *p, size_t n, uint64_t *value)
{
	static const char hex[] = "0123456789abcdef";

	*value = 0;
	for (size_t i = 0; i < n; i++) {
		const char *at = p[i] ? strchr(hex, p[i]) : NULL;

		if (!at)
			return -1;
		*value = *value << 4 | (uint64_t)(at - hex);
	}
	return 0;
}

/* --- the file ---------------------------------------------------------- */

static int fail(const struct cpl_spool *s, struct cpl_err *e)
{
	return cpl_err_errno(e, CPL_IO, "%s", s->path);
}

static int write_at(const struct cpl_spool *s, const char *p, size_t n,
		    uint64_t at)
{
	while (n > 0) {
		ssize_t w = pwrite(s->fd, p, n, (off_t)at);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return -1;
		p += w;
		at += (uint64_t)w;
		n -= (size_t)w;
	}
	return 0;
}

/* Bytes read, fewer at the end of the file; -1. */
static ssize_t read_at(const struct cpl_spool *s, char *p, size_t n,
		       uint64_t at)
{
	size_t have = 0;

	while (have < n) {
		ssize_t r =
		    pread(s->fd, p + have, n - have, (off_t)(at + have));

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -1;
		if (r == 0)
			break;
		have += (size_t)r;
	}
	return (ssize_t)have;
}

static void slot_text(const struct cpl_spool *s, char out[SLOT_LEN + 1])
{
	snprintf(out, SLOT_LEN + 1, "%016llx %016llx %016llx ",
		 (unsigned long long)s->serial, (unsigned long long)s->taken,
		 (unsigned long long)s->synced);
	snprintf(out + SLOT_SUMMED, SLOT_LEN + 1 - SLOT_SUMMED, "%08x\n",
		 sum(s, out, SLOT_SUMMED));
}

static int write_slot(struct cpl_spool *s)
{
	char text[SLOT_LEN + 1];

	s->serial++;
	slot_text(s, text);
	return write_at(s, text, SLOT_LEN,
			MAGIC_LEN + (s->serial & 1) * SLOT_LEN);
}

/* Takes a slot that is whole and newer than what is known. */
static int take_slot(struct cpl_spool *s, const char *p)
{
	uint64_t serial, taken, synced, check;

	if (digits(p, 16, &serial) < 0 || digits(p + 17, 16, &taken) < 0 ||
	    digits(p + 34, 16, &synced) < 0 ||
	    digits(p + SLOT_SUMMED, 8, &check) < 0 ||
	    check != sum(s, p, SLOT_SUMMED) || taken < HEAD_LEN ||
	    synced < HEAD_LEN)
		return 0;
	if (serial >= s->serial) {
		s->serial = serial;
		s->taken = taken;
		s->synced = synced;
	}
	return 1;
}

/* A new file, or one whose making was interrupted. */
static int make_head(struct cpl_spool *s, struct cpl_err *e)
{
	char head[HEAD_LEN + 1] = MAGIC;

	s->taken = s->synced = s->end = HEAD_LEN;
	slot_text(s, head + MAGIC_LEN);
	memcpy(head + MAGIC_LEN + SLOT_LEN, head + MAGIC_LEN, SLOT_LEN);
	if (write_at(s, head, HEAD_LEN, 0) < 0 ||
	    ftruncate(s->fd, HEAD_LEN) < 0 || fsync(s->fd) < 0 ||
	    cpl_sync_above(s->path) < 0)
		return fail(s, e);
	return 0;
}

/* --- records ----------------------------------------------------------- */

/* Has so many bytes of the file, from s->read on, in the piece. 0: the file
 * ends before. */
static int have(struct cpl_spool *s, size_t n, struct cpl_err *e)
{
	size_t more = n < PIECE ? PIECE : n;
	char *p;
	ssize_t got;

	if (s->piece.len >= n)
		return 1;
	more -= s->piece.len;
	p = cpl_buf_room(&s->piece, more);
	if (!p)
		return cpl_err_nomem(e);
	got = read_at(s, p, more, s->read + s->piece.len);
	if (got < 0)
		return fail(s, e);
	cpl_buf_added(&s->piece, (size_t)got);
	return s->piece.len >= n;
}

/* The record at s->read, which stays in the piece: 1, 0 where none is whole,
 * -1. */
static int look(struct cpl_spool *s, size_t *n, struct cpl_err *e)
{
	uint64_t length, check;
	int there = have(s, FRAME_LEN, e);

	if (there <= 0)
		return there;
	if (digits(s->piece.data, 8, &length) < 0 || s->piece.data[8] != ' ' ||
	    digits(s->piece.data + 9, 8, &check) < 0 ||
	    s->piece.data[17] != ' ' || length == 0 ||
	    length > CPL_RECORD_OUT_MAX)
		return 0;
	there = have(s, FRAME_LEN + length, e);
	if (there <= 0)
		return there;
	*n = length;
	return sum(s, s->piece.data + FRAME_LEN, length) == check;
}

/* Behind the record that was given out last, which was to stay until now. */
static void step(struct cpl_spool *s)
{
	cpl_buf_consume(&s->piece, s->given);
	s->read += s->given;
	s->given = 0;
}

/* From what was not taken to the last whole record. */
static int scan(struct cpl_spool *s, struct cpl_err *e)
{
	size_t n;
	int found;

	s->read = s->taken;
	while ((found = look(s, &n, e)) > 0) {
		s->given = FRAME_LEN + n;
		step(s);
		s->waiting++;
	}
	if (found < 0)
		return -1;
	if (s->read < s->synced)
		return cpl_err_set(e, CPL_DATA, "%s: damaged at byte %llu",
				   s->path, (unsigned long long)s->read);
	s->end = s->read;
	s->read = s->taken;
	s->unread = s->waiting;
	cpl_buf_truncate(&s->piece, 0);
	return 0;
}

/* What is there when the file is opened. The machine may have stopped in the
 * middle of a cut, or before what the reader took at once was synced. */
static int load(struct cpl_spool *s, uint64_t size, struct cpl_err *e)
{
	char head[HEAD_LEN];
	ssize_t got = read_at(s, head, sizeof head, 0);
	size_t magic = got < MAGIC_LEN ? (size_t)got : MAGIC_LEN;

	if (got < 0)
		return fail(s, e);
	if (memcmp(head, MAGIC, magic) != 0)
		return cpl_err_set(e, CPL_DATA, "%s: this is no spool",
				   s->path);
	if (got < HEAD_LEN)
		return make_head(s, e);
	if (take_slot(s, head + MAGIC_LEN) +
		take_slot(s, head + MAGIC_LEN + SLOT_LEN) ==
	    0)
		return cpl_err_set(e, CPL_DATA, "%s: damaged at byte %d",
				   s->path, MAGIC_LEN);
	if (size < s->taken && s->taken >= s->synced) {
		s->taken = s->synced = s->end = HEAD_LEN;
		s->read = HEAD_LEN;
	} else if (scan(s, e) < 0) {
		return -1;
	}
	if (ftruncate(s->fd, (off_t)s->end) < 0 || write_slot(s) < 0)
		return fail(s, e);
	return cpl_spool_sync(s, e);
}

static int open_file(struct cpl_spool *s, uint64_t *size, struct cpl_err *e)
{
	struct stat st;

	s->fd = open(s->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);
	if (s->fd < 0 || fstat(s->fd, &st) < 0)
		return fail(s, e);
	if (!S_ISREG(st.st_mode))
		return cpl_err_set(e, CPL_DATA, "%s: not a regular file",
				   s->path);
	if (flock(s->fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK
			   ? cpl_err_set(e, CPL_TEMP,
					 "%s: in use by another process",
					 s->path)
			   : fail(s, e);
	/* It may have grown while another had it. */
	if (fstat(s->fd, &st) < 0)
		return fail(s, e);
	*size = (uint64_t)st.st_size;
	return 0;
}

static void release(struct cpl_spool *s)
{
	if (s->fd >= 0)
		close(s->fd);
	cpl_buf_release(&s->under_way);
	cpl_buf_release(&s->piece);
	free(s->path);
	free(s);
}

struct cpl_spool *cpl_spool_open(const char *path, struct cpl_err *e)
{
	struct cpl_spool *s = calloc(1, sizeof *s);
	uint64_t size = 0;

	if (!s) {
		cpl_err_nomem(e);
		return NULL;
	}
	s->fd = -1;
	make_table(s->crc);
	cpl_buf_init(&s->under_way, SIZE_MAX);
	cpl_buf_init(&s->piece, CPL_RECORD_OUT_MAX + PIECE + FRAME_LEN);
	s->path = strdup(path);
	if (!s->path)
		cpl_err_nomem(e);
	else if (open_file(s, &size, e) == 0 && load(s, size, e) == 0) {
		s->read = s->taken;
		return s;
	}
	release(s);
	return NULL;
}

/* --- in and out -------------------------------------------------------- */

int cpl_spool_append(struct cpl_spool *s, const char *p, size_t n,
		     struct cpl_err *e)
{
	struct cpl_buf frame = CPL_BUF_INIT(FRAME_LEN + CPL_RECORD_OUT_MAX);
	int result = -1;

	if (cpl_buf_addf(&frame, "%08zx %08x ", n, sum(s, p, n)) < 0 ||
	    cpl_buf_add(&frame, p, n) < 0) {
		cpl_buf_err(&frame, e, CPL_INTERNAL, "a record");
	} else if (write_at(s, frame.data, frame.len, s->end) < 0) {
		fail(s, e);
		/* Half a record is none, here as after a crash. */
		(void)!ftruncate(s->fd, (off_t)s->end);
	} else {
		s->end += frame.len;
		s->waiting++;
		s->unread++;
		result = 0;
	}
	cpl_buf_release(&frame);
	return result;
}

int cpl_spool_sync(struct cpl_spool *s, struct cpl_err *e)
{
	if (s->end == s->synced)
		return 0;
	if (write_slot(s) < 0 || fsync(s->fd) < 0)
		return fail(s, e);
	s->synced = s->end;
	return 0;
}

int cpl_spool_next(struct cpl_spool *s, const char **p, size_t *n,
		   struct cpl_err *e)
{
	uint64_t end;
	int found;

	if (s->unread == 0)
		return 0;
	step(s);
	found = look(s, n, e);
	if (found == 0)
		cpl_err_set(e, CPL_IO, "%s: changed by somebody else", s->path);
	if (found <= 0)
		return -1;
	end = s->read + FRAME_LEN + *n;
	if (cpl_buf_add(&s->under_way, &end, sizeof end) < 0)
		return cpl_err_nomem(e);
	*p = s->piece.data + FRAME_LEN;
	s->given = FRAME_LEN + *n;
	s->unread--;
	return 1;
}

/* All is taken. Both slots say so before the file is shorter: one from before
 * may say that more was synced than its reader had, which is damage in a file
 * that does not have it any more. And the records go before a slot that counts
 * from the start again, so that none comes again should the machine stop in
 * between. */
static int cut(struct cpl_spool *s)
{
	if (write_slot(s) < 0 || write_slot(s) < 0 || fsync(s->fd) < 0 ||
	    ftruncate(s->fd, HEAD_LEN) < 0 || fsync(s->fd) < 0)
		return -1;
	s->taken = s->read = s->end = s->synced = HEAD_LEN;
	s->given = 0;
	cpl_buf_truncate(&s->piece, 0);
	return write_slot(s);
}

int cpl_spool_taken(struct cpl_spool *s, uint64_t upto, struct cpl_err *e)
{
	uint64_t before = s->taken;

	while (s->told < upto && s->under_way.len > 0) {
		memcpy(&s->taken, s->under_way.data, sizeof s->taken);
		cpl_buf_consume(&s->under_way, sizeof s->taken);
		s->told++;
		s->waiting--;
	}
	if (s->taken == before)
		return 0;
	if (s->waiting == 0 && s->end >= CPL_SPOOL_CUT)
		return cut(s) < 0 ? fail(s, e) : 0;
	return write_slot(s) < 0 ? fail(s, e) : 0;
}

uint64_t cpl_spool_waiting(const struct cpl_spool *s)
{
	return s->waiting;
}

uint64_t cpl_spool_unread(const struct cpl_spool *s)
{
	return s->unread;
}

uint64_t cpl_spool_unsynced(const struct cpl_spool *s)
{
	return s->end - s->synced;
}

void cpl_spool_free(struct cpl_spool *s)
{
	if (!s)
		return;
	if (s->waiting == 0 && s->end > HEAD_LEN)
		(void)!cut(s);
	release(s);
}
