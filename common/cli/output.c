/* SPDX-License-Identifier: MIT */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/buf.h"
#include "../base/limits.h"

/* How long after a look into the pipe the next one follows: nobody tells when
 * the reader reads. It doubles up to the last, and ends when all is read. */
#define LOOK_FIRST_MS 1
#define LOOK_LAST_MS 200

struct record {
	uint64_t number;
	uint64_t end; /* bytes put by then */
};

struct cpl_output {
	struct cpl_loop *loop;
	struct cpl_output_events on;
	struct cpl_watch watch;
	struct cpl_turn turn;
	struct cpl_timer look;
	struct cpl_buf bytes;   /* not written */
	struct cpl_buf records; /* struct record, not taken */
	size_t unread;          /* records of those that have bytes */
	uint64_t told;          /* bytes of the records that were taken */
	uint64_t put;
	uint64_t written;
	int64_t look_ms;
	size_t piece; /* what one write may take without blocking */
	int own;      /* a descriptor that we opened, or -1 */
	int pipe;
	int terminal;
	int socket;
	int failed;
};

static void fail(struct cpl_output *o, const struct cpl_err *e)
{
	if (o->failed)
		return;
	o->failed = 1;
	cpl_loop_unwatch(o->loop, &o->watch);
	cpl_loop_turn_remove(o->loop, &o->turn);
	cpl_loop_cancel(o->loop, &o->look);
	o->on.failed(o->on.user, e);
}

static void fail_errno(struct cpl_output *o)
{
	struct cpl_err e = CPL_ERR_INIT;

	/* So a socket and a terminal say that nobody is there any more. */
	if (errno == EPIPE || errno == ECONNRESET ||
	    (errno == EIO && o->terminal)) {
		fail(o, NULL);
		return;
	}
	cpl_err_errno(&e, CPL_IO, "stdout");
	fail(o, &e);
}

/* Bytes that have reached the reader, as far as we can know. */
static uint64_t taken_bytes(const struct cpl_output *o)
{
	int unread = 0;

	if (!o->pipe || ioctl(o->watch.fd, FIONREAD, &unread) < 0)
		return o->written;
	return (uint64_t)unread > o->written ? 0
					     : o->written - (uint64_t)unread;
}

static void tell(struct cpl_output *o)
{
	uint64_t taken;
	uint64_t number = 0;

	if (o->records.len == 0)
		return;
	taken = taken_bytes(o);
	while (o->records.len > 0) {
		const struct record *r = (struct record *)o->records.data;

		if (r->end > taken)
			break;
		number = r->number;
		o->unread -= r->end > o->told;
		o->told = r->end;
		cpl_buf_consume(&o->records, sizeof *r);
	}
	if (number > 0 && o->on.taken)
		o->on.taken(o->on.user, number);
	if (o->failed)
		return;
	/* Written, but not read: look again. */
	if (o->records.len > 0 && o->bytes.len == 0) {
		o->look_ms = number > 0 || o->look_ms == 0 ? LOOK_FIRST_MS
							   : o->look_ms * 2;
		if (o->look_ms > LOOK_LAST_MS)
			o->look_ms = LOOK_LAST_MS;
		cpl_loop_timer(o->loop, &o->look, o->look_ms);
	} else {
		o->look_ms = 0;
	}
}

static void look(void *user)
{
	tell(user);
}

/* One write: a pipe that poll(2) calls ready takes PIPE_BUF bytes without
 * blocking, a file or /dev/null any number; a socket and a terminal say how
 * many, but the terminal may be one that could not be opened anew. */
static int write_piece(struct cpl_output *o)
{
	size_t n = o->bytes.len > o->piece ? o->piece : o->bytes.len;
	ssize_t w = o->socket ? send(o->watch.fd, o->bytes.data, n,
				     MSG_DONTWAIT | MSG_NOSIGNAL)
			      : write(o->watch.fd, o->bytes.data, n);

	if (w < 0) {
		if (errno == EAGAIN || errno == EINTR)
			return 0;
		fail_errno(o);
		return -1;
	}
	o->written += (uint64_t)w;
	cpl_buf_consume(&o->bytes, (size_t)w);
	if (o->bytes.len == 0 && o->on.written)
		o->on.written(o->on.user);
	return o->failed ? -1 : 0;
}

static void ready(void *user, short revents)
{
	struct cpl_output *o = user;

	/* A pipe or terminal without reader is an error, a socket hung up. */
	if (revents & (POLLERR | POLLHUP | POLLNVAL)) {
		/* What the reader has read before it went is the reader's. */
		if (o->records.len > 0)
			tell(o);
		errno = revents & POLLNVAL ? EBADF : EPIPE;
		fail_errno(o);
		return;
	}
	if ((revents & POLLOUT) && o->bytes.len > 0 && write_piece(o) < 0)
		return;
	if (o->bytes.len == 0)
		o->watch.events = 0;
	tell(o);
}

/* What this turn put leaves now, in one write, if that does not block. */
static void end_turn(void *user)
{
	struct cpl_output *o = user;
	struct pollfd p = {.fd = o->watch.fd, .events = POLLOUT};
	uint64_t before;

	if (o->bytes.len > 0 && o->watch.events == 0) {
		do {
			before = o->written;
			if (poll(&p, 1, 0) == 1 && (p.revents & POLLOUT) &&
			    write_piece(o) < 0)
				return;
		} while (o->bytes.len > 0 && o->written > before);
		if (o->bytes.len > 0)
			o->watch.events = POLLOUT;
	}
	if (o->records.len > 0 && !o->look.armed)
		tell(o);
}

/* A terminal that poll(2) calls ready may take less than PIPE_BUF bytes, and
 * O_NONBLOCK on the one that we were given would be the shell's as well: so a
 * descriptor of its own. */
static int reopen(int fd)
{
	char path[32];

	snprintf(path, sizeof path, "/dev/fd/%d", fd);
	return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

struct cpl_output *cpl_output_new(struct cpl_loop *loop, int fd,
				  const struct cpl_output_events *on,
				  struct cpl_err *e)
{
	struct cpl_output *o;
	struct stat st;

	if (fstat(fd, &st) < 0 || write(fd, "", 0) < 0) {
		cpl_err_errno(e, CPL_IO, "stdout");
		return NULL;
	}
	o = calloc(1, sizeof *o);
	if (!o) {
		cpl_err_nomem(e);
		return NULL;
	}
	o->loop = loop;
	o->on = *on;
	o->pipe = S_ISFIFO(st.st_mode);
	o->socket = S_ISSOCK(st.st_mode);
	o->terminal = isatty(fd);
	o->own = o->terminal ? reopen(fd) : -1;
	o->piece = o->pipe || o->terminal ? PIPE_BUF : SIZE_MAX;
	cpl_buf_init(&o->bytes, 4 * CPL_RECORD_MAX);
	cpl_buf_init(&o->records, SIZE_MAX);
	o->watch.fd = o->own < 0 ? fd : o->own;
	o->watch.ready = ready;
	o->watch.user = o;
	o->turn.end = end_turn;
	o->turn.user = o;
	o->look.fire = look;
	o->look.user = o;
	cpl_loop_watch(loop, &o->watch);
	cpl_loop_turn_add(loop, &o->turn);
	return o;
}

void cpl_output_free(struct cpl_output *o)
{
	if (!o)
		return;
	cpl_loop_unwatch(o->loop, &o->watch);
	cpl_loop_turn_remove(o->loop, &o->turn);
	cpl_loop_cancel(o->loop, &o->look);
	cpl_buf_release(&o->bytes);
	cpl_buf_release(&o->records);
	if (o->own >= 0)
		close(o->own);
	free(o);
}

int cpl_output_put(struct cpl_output *o, const char *p, size_t n,
		   uint64_t number, struct cpl_err *e)
{
	struct record r = {number, o->put + n};

	if (o->failed)
		return 0;
	if (cpl_buf_add(&o->bytes, p, n) < 0 ||
	    cpl_buf_add(&o->records, &r, sizeof r) < 0)
		return cpl_err_nomem(e);
	o->put += n;
	o->unread += n > 0;
	return 0;
}

size_t cpl_output_records(const struct cpl_output *o)
{
	return o->records.len / sizeof(struct record);
}

size_t cpl_output_unread(const struct cpl_output *o)
{
	return o->unread;
}

size_t cpl_output_bytes(const struct cpl_output *o)
{
	return o->bytes.len;
}
