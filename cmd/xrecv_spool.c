/* SPDX-License-Identifier: MIT
 *
 * The sink of --spool: a record is dealt with when it is on disk, and stdout is
 * fed from there, however slow its reader is. */
#include <stdlib.h>

#include "../common/base/limits.h"
#include "../common/store/spool.h"
#include "xrecv.h"

/* What is appended is synced so long after the first of it, or at so many
 * records or bytes. */
#define SYNC_MS 20
#define SYNC_RECORDS 1000
#define SYNC_BYTES (1024 * 1024)

/* Bytes that wait for stdout in memory. */
#define FEED_BYTES (64 * 1024)

struct recv_spool {
	struct cpl_spool *file;
	struct cpl_timer sync;
	struct cpl_timer feed; /* in the next turn, where the output writes */
	uint64_t seen;         /* number of the last put */
	size_t unsynced;       /* records */
	size_t lost;           /* that could not be stored */
	uint64_t fed;          /* records given to the output */
	uint64_t taken;        /* of those */
	int finishing;
};

/* The disk is full, or worse: no more is taken, so that the rest stays the
 * server's. */
static void fail(struct recv *r, const struct cpl_err *e)
{
	cpl_run_complain(&r->run, e);
	xrecv_finish(r);
}

static int sync_now(struct recv *r, struct cpl_err *e)
{
	struct recv_spool *x = r->spool;

	cpl_loop_cancel(r->run.loop, &x->sync);
	if (cpl_spool_sync(x->file, e) < 0) {
		x->lost += x->unsynced;
		x->unsynced = 0;
		return -1;
	}
	x->unsynced = 0;
	return 0;
}

static void sync_and_tell(struct recv *r)
{
	struct recv_spool *x = r->spool;
	struct cpl_err e = CPL_ERR_INIT;

	if (x->lost > 0)
		return;
	if (sync_now(r, &e) < 0)
		fail(r, &e);
	else
		xrecv_taken(r, x->seen);
}

static void on_sync(void *user)
{
	sync_and_tell(user);
}

/* --- to stdout --------------------------------------------------------- */

static void feed_soon(struct recv *r)
{
	if (cpl_spool_unread(r->spool->file) > 0)
		cpl_loop_timer(r->run.loop, &r->spool->feed, 0);
}

/* Of -c no more than that. */
static int may_feed(const struct recv *r)
{
	const struct recv_spool *x = r->spool;

	return !x->finishing && !r->flushing &&
	       cpl_output_bytes(r->output) < FEED_BYTES &&
	       (r->set.count == 0 || x->fed < (uint64_t)r->set.count);
}

static void feed(void *user)
{
	struct recv *r = user;
	struct recv_spool *x = r->spool;
	struct cpl_err e = CPL_ERR_INIT;
	const char *p;
	size_t n;
	int found = 0;

	while (may_feed(r) && (found = cpl_spool_next(x->file, &p, &n, &e)) > 0)
		if (cpl_output_put(r->output, p, n, ++x->fed, &e) < 0) {
			found = -1;
			break;
		}
	if (found < 0)
		cpl_run_give_up(&r->run, &e);
}

static void on_taken(void *user, uint64_t number)
{
	struct recv *r = user;
	struct cpl_err e = CPL_ERR_INIT;

	r->spool->taken = number;
	if (cpl_spool_taken(r->spool->file, number, &e) < 0)
		fail(r, &e);
	feed_soon(r);
	xrecv_moved(r);
}

static void on_written(void *user)
{
	struct recv *r = user;

	feed_soon(r);
	xrecv_moved(r);
}

/* --- from the server --------------------------------------------------- */

static void append(struct recv *r)
{
	struct recv_spool *x = r->spool;
	struct cpl_err e = CPL_ERR_INIT;

	if (cpl_spool_append(x->file, r->line.data, r->line.len, &e) < 0) {
		/* What is before it is stored and told of. */
		sync_and_tell(r);
		x->lost++;
		fail(r, &e);
		return;
	}
	x->seen = r->number;
	feed_soon(r);
	if (++x->unsynced >= SYNC_RECORDS ||
	    cpl_spool_unsynced(x->file) >= SYNC_BYTES)
		sync_and_tell(r);
	else if (!x->sync.armed)
		cpl_loop_timer(r->run.loop, &x->sync, SYNC_MS);
}

/* An empty record, as -F may make it, is nothing that could be read. */
static int put(struct recv *r, xmpp_stanza_t *stanza, struct cpl_err *e)
{
	struct recv_spool *x = r->spool;

	(void)e;
	if (x->lost > 0)
		return 0;
	if (stanza && r->line.len > 0) {
		append(r);
		return 0;
	}
	x->seen = r->number;
	if (x->unsynced == 0)
		xrecv_taken(r, x->seen);
	return 0;
}

/* --- the sink ---------------------------------------------------------- */

/* The reader is gone: what the file has is counted, or it would come again. */
static void on_failed(void *user, const struct cpl_err *e)
{
	sync_and_tell(user);
	xrecv_output_failed(user, e);
}

static int open_spool(struct recv *r, struct cpl_err *e)
{
	struct cpl_output_events events = {on_taken, on_written, on_failed, r};
	struct recv_spool *x = calloc(1, sizeof *x);

	r->spool = x;
	if (!x)
		return cpl_err_nomem(e);
	x->sync.fire = on_sync;
	x->feed.fire = feed;
	x->sync.user = x->feed.user = r;
	x->file = cpl_spool_open(r->set.spool, e);
	if (!x->file)
		return -1;
	r->output = cpl_output_new(r->run.loop, 1, &events, e);
	if (!r->output)
		return -1;
	r->printed = (long)cpl_spool_waiting(x->file);
	feed_soon(r);
	return 0;
}

static size_t records(const struct recv *r)
{
	return r->spool->unsynced;
}

static size_t bytes(const struct recv *r)
{
	return (size_t)cpl_spool_unsynced(r->spool->file);
}

static size_t unread(const struct recv *r)
{
	return (size_t)cpl_spool_waiting(r->spool->file);
}

static size_t unkept(const struct recv *r)
{
	return r->spool->unsynced + r->spool->lost;
}

static int reached(const struct recv *r)
{
	return r->spool->taken >= (uint64_t)r->set.count;
}

/* What stands in the pipe would be printed again. */
static int busy(const struct recv *r)
{
	return cpl_output_records(r->output) > 0;
}

static int writing(const struct recv *r)
{
	return cpl_output_bytes(r->output) > 0;
}

static void finish(struct recv *r)
{
	r->spool->finishing = 1;
	sync_and_tell(r);
}

static void release(struct recv *r)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (r->spool->lost == 0 && sync_now(r, &e) < 0)
		cpl_run_complain(&r->run, &e);
	cpl_spool_free(r->spool->file);
	cpl_output_free(r->output);
	free(r->spool);
}

const struct sink xrecv_spool = {
    .open = open_spool,
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
    .done = "stored",
};
