/* SPDX-License-Identifier: MIT */
#include "input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/buf.h"
#include "../base/limits.h"

#define READ_SIZE 65536
/* What the stanza reader is fed between two looks at the hold. */
#define SLICE 4096

struct cpl_input {
	struct cpl_loop *loop;
	struct cpl_input_events on;
	struct cpl_watch watch;
	struct cpl_timer again; /* what is buffered waits no longer */
	struct cpl_reader *reader;
	struct cpl_buf buf;
	size_t searched; /* bytes of buf known to hold no separator */
	size_t number;
	int passing; /* over the rest of a record that is too large */
	const char *name;
	enum cpl_input_mode mode;
	int held;
	int eof;
	int ended;
};

static int has_stanzas(const struct cpl_input *in)
{
	return in->mode == CPL_INPUT_STANZAS || in->mode == CPL_INPUT_PAYLOADS;
}

static void end(struct cpl_input *in, const struct cpl_err *e)
{
	if (in->ended)
		return;
	in->ended = 1;
	cpl_loop_unwatch(in->loop, &in->watch);
	cpl_loop_cancel(in->loop, &in->again);
	in->on.end(in->on.user, e);
}

static void end_over(struct cpl_input *in)
{
	struct cpl_err e = CPL_ERR_INIT;

	cpl_err_set(&e, CPL_DATA, "a record of %s is over %d bytes", in->name,
		    CPL_RECORD_MAX);
	end(in, &e);
}

static void emit(struct cpl_input *in, size_t n)
{
	in->number++;
	if (n > 0)
		in->on.text(in->on.user, in->buf.data, n, in->number);
}

/* The record that begins here is too large, wherever it ends. */
static void pass_over(struct cpl_input *in)
{
	struct cpl_err e = CPL_ERR_INIT;

	in->passing = 1;
	cpl_err_set(&e, CPL_DATA, "more than %d bytes", CPL_RECORD_MAX);
	in->on.over(in->on.user, ++in->number, &e);
}

/* Hands out the separated records in the buffer, while they are wanted. Of one
 * that is too large nothing is kept. */
static void split(struct cpl_input *in)
{
	char separator = in->mode == CPL_INPUT_NUL ? '\0' : '\n';

	while (!in->held && in->buf.len > in->searched) {
		char *from = in->buf.data + in->searched;
		char *at = memchr(from, separator, in->buf.len - in->searched);
		size_t n = at ? (size_t)(at - in->buf.data) : in->buf.len;

		if (n > CPL_RECORD_MAX && !in->passing)
			pass_over(in);
		else if (at && !in->passing)
			emit(in, n);
		if (!at && !in->passing) {
			in->searched = n;
			return;
		}
		cpl_buf_consume(&in->buf, at ? n + 1 : n);
		in->searched = 0;
		in->passing = !at;
	}
}

static void feed_reader(struct cpl_input *in)
{
	struct cpl_err e = CPL_ERR_INIT;

	while (!in->held && in->buf.len > 0) {
		size_t n = in->buf.len > SLICE ? SLICE : in->buf.len;

		if (cpl_reader_feed(in->reader, in->buf.data, n, &e) < 0) {
			end(in, &e);
			return;
		}
		cpl_buf_consume(&in->buf, n);
	}
}

/* After the last byte: the record that has no separator behind it. */
static void finish(struct cpl_input *in)
{
	struct cpl_err e = CPL_ERR_INIT;
	size_t n = in->buf.len;

	if (has_stanzas(in)) {
		if (cpl_reader_end(in->reader, &e) < 0) {
			end(in, &e);
			return;
		}
	} else if (in->mode == CPL_INPUT_WHOLE) {
		if (n > 0 && in->buf.data[n - 1] == '\n')
			n--;
		if (n > CPL_RECORD_MAX)
			end_over(in);
		else
			emit(in, n);
	} else if (n > 0) {
		emit(in, n);
	}
	end(in, NULL);
}

static void hand_out(struct cpl_input *in)
{
	if (has_stanzas(in))
		feed_reader(in);
	else if (in->mode != CPL_INPUT_WHOLE)
		split(in);
	/* A held input keeps its records, but that there are none is told. */
	if (!in->ended && in->eof && (!in->held || in->buf.len == 0))
		finish(in);
	/* More is read when all that is buffered was handed out. */
	else if (!in->ended && !in->eof && !in->held)
		cpl_loop_watch(in->loop, &in->watch);
}

static void ready(void *user, short revents)
{
	struct cpl_input *in = user;
	struct cpl_err e = CPL_ERR_INIT;
	char *room = cpl_buf_room(&in->buf, READ_SIZE);
	ssize_t n;

	(void)revents;
	if (!room && in->buf.over) {
		end_over(in);
		return;
	}
	if (!room) {
		cpl_err_nomem(&e);
		end(in, &e);
		return;
	}
	n = read(in->watch.fd, room, READ_SIZE);
	if (n < 0) {
		if (errno == EAGAIN || errno == EINTR)
			return;
		cpl_err_errno(&e, CPL_IO, "%s", in->name);
		end(in, &e);
		return;
	}
	if (n == 0) {
		in->eof = 1;
		cpl_loop_unwatch(in->loop, &in->watch);
	} else {
		cpl_buf_added(&in->buf, (size_t)n);
	}
	if (in->held)
		cpl_loop_unwatch(in->loop, &in->watch);
	hand_out(in);
}

static void again(void *user)
{
	hand_out(user);
}

struct cpl_input *cpl_input_new(struct cpl_loop *loop, xmpp_ctx_t *ctx, int fd,
				enum cpl_input_mode mode,
				const struct cpl_input_events *on)
{
	struct cpl_input *in = calloc(1, sizeof *in);

	if (!in)
		return NULL;
	in->loop = loop;
	in->on = *on;
	in->mode = mode;
	in->name = "stdin";
	in->held = 1;
	/* The longest record, its separator, and a piece to find it in. */
	cpl_buf_init(&in->buf, CPL_RECORD_MAX + 1 + READ_SIZE);
	in->watch.fd = fd;
	in->watch.events = POLLIN;
	in->watch.ready = ready;
	in->watch.user = in;
	in->again.fire = again;
	in->again.user = in;
	if (has_stanzas(in)) {
		in->reader = cpl_reader_new(
		    ctx, mode == CPL_INPUT_PAYLOADS ? CPL_READER_PAYLOADS : 0,
		    on->stanza, on->user);
		if (!in->reader) {
			free(in);
			return NULL;
		}
	}
	cpl_loop_watch(loop, &in->watch);
	return in;
}

void cpl_input_free(struct cpl_input *in)
{
	if (!in)
		return;
	cpl_loop_unwatch(in->loop, &in->watch);
	cpl_loop_cancel(in->loop, &in->again);
	cpl_reader_free(in->reader);
	cpl_buf_release(&in->buf);
	free(in);
}

void cpl_input_name(struct cpl_input *in, const char *name)
{
	in->name = name;
}

void cpl_input_secret(struct cpl_input *in)
{
	in->buf.secret = 1;
}

void cpl_input_hold(struct cpl_input *in, int on)
{
	if (in->held == on || in->ended)
		return;
	in->held = on;
	if (on) {
		cpl_loop_unwatch(in->loop, &in->watch);
		return;
	}
	cpl_loop_timer(in->loop, &in->again, 0);
}
