/* SPDX-License-Identifier: MIT
 *
 * The sink that is stdout alone: a record is dealt with when it was taken. */
#include "xrecv.h"

static void on_taken(void *user, uint64_t number)
{
	xrecv_taken(user, number);
}

static void on_written(void *user)
{
	xrecv_moved(user);
}

static int open_stdout(struct recv *r, struct cpl_err *e)
{
	struct cpl_output_events events = {on_taken, on_written,
					   xrecv_output_failed, r};

	r->output = cpl_output_new(r->run.loop, 1, &events, e);
	return r->output ? 0 : -1;
}

static int put(struct recv *r, xmpp_stanza_t *stanza, struct cpl_err *e)
{
	return cpl_output_put(r->output, r->line.data, stanza ? r->line.len : 0,
			      r->number, e);
}

static size_t records(const struct recv *r)
{
	return cpl_output_records(r->output);
}

static size_t bytes(const struct recv *r)
{
	return cpl_output_bytes(r->output);
}

static size_t unread(const struct recv *r)
{
	return cpl_output_unread(r->output);
}

/* In a pipe it is the reader's, once nothing can be acknowledged. */
static size_t unkept(const struct recv *r)
{
	return !r->flushing || bytes(r) > 0 ? unread(r) : 0;
}

static int busy(const struct recv *r)
{
	return records(r) > 0;
}

static int writing(const struct recv *r)
{
	return bytes(r) > 0;
}

/* Nothing comes behind the last record of -c. */
static int reached(const struct recv *r)
{
	return records(r) == 0;
}

static void finish(struct recv *r)
{
	(void)r;
}

static void release(struct recv *r)
{
	cpl_output_free(r->output);
}

const struct sink xrecv_stdout = {
    .open = open_stdout,
    .put = put,
    .records = records,
    .bytes = bytes,
    .unread = unread,
    .unkept = unkept,
    .reached = reached,
    .finish = finish,
    .busy = busy,
    .writing = writing,
    .release = release,
    .done = "read",
};
