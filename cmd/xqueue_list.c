/* SPDX-License-Identifier: MIT
 *
 * xqueue: the verbs that look into the queue and need no server. */
#include <errno.h>
#include <signal.h>

#include "../common/base/limits.h"
#include "../common/stanza/build.h"
#include "../common/stanza/json.h"
#include "../common/stanza/queued.h"
#include "../common/stanza/slab.h"
#include "xqueue.h"

/* --- one record -------------------------------------------------------- */

struct record {
	const char *id, *state, *queued, *to, *why;
	char attempts[16];
	xmpp_stanza_t *message;
};

static int write_json(struct cpl_buf *out, const struct record *r)
{
	if (cpl_buf_addc(out, '{') < 0 ||
	    cpl_json_entry(out, "id", r->id) < 0 ||
	    cpl_json_entry(out, "state", r->state) < 0 ||
	    cpl_json_entry(out, "queued", r->queued) < 0 ||
	    cpl_buf_addf(out, ",\"attempts\":%s", r->attempts) < 0 ||
	    cpl_json_entry(out, "to", r->to) < 0 ||
	    cpl_json_entry(out, "why", *r->why ? r->why : NULL) < 0 ||
	    cpl_buf_adds(out, ",\"message\":") < 0 ||
	    cpl_json_write(out, r->message) < 0)
		return -1;
	return cpl_buf_addc(out, '}');
}

/* The message within its entry, which says all that is known of it. */
static int write_element(const struct cpl_format *f, struct cpl_buf *out,
			 xmpp_stanza_t *entry, const struct record *r)
{
	if (cpl_set_attr(entry, "id", r->id) < 0 ||
	    cpl_set_attr(entry, "state", r->state) < 0 ||
	    cpl_set_attr(entry, "to", r->to) < 0 ||
	    cpl_set_attr(entry, "attempts", r->attempts) < 0 ||
	    cpl_set_attr(entry, "why", *r->why ? r->why : NULL) < 0 ||
	    xmpp_stanza_add_child(entry, r->message) != XMPP_EOK)
		return -1;
	return cpl_format_stanza(f, out, entry);
}

static int write_record(const struct cpl_format *f, struct cpl_buf *out,
			xmpp_stanza_t *entry, const struct record *r)
{
	char *body = NULL;
	const char *fields[7] = {r->id, r->state, r->queued, r->attempts,
				 r->to, r->why,   NULL};
	int result;

	switch (f->kind) {
	case CPL_FORMAT_TEXT:
	case CPL_FORMAT_NUL:
		body = cpl_text(cpl_own_child(r->message, "body"));
		fields[6] = body;
		result = cpl_format_fields(f, out, fields, 7);
		free(body);
		return result;
	case CPL_FORMAT_JSON:
		return write_json(out, r) < 0 ? -1 : cpl_format_end(f, out);
	case CPL_FORMAT_XML:
	case CPL_FORMAT_TEMPLATE: break;
	}
	return write_element(f, out, entry, r);
}

/* --- the list ---------------------------------------------------------- */

static int print(const struct cpl_buf *line, struct cpl_err *e)
{
	if (line->len == 0 || fwrite(line->data, line->len, 1, stdout) == 1)
		return 0;
	return cpl_err_errno(e, CPL_IO, "stdout");
}

static int print_entry(struct xqueue *x, const struct cpl_queue_entry *entry,
		       struct cpl_queued *queued, struct cpl_err *e)
{
	struct cpl_buf line = CPL_BUF_INIT(CPL_RECORD_OUT_MAX);
	int failed = entry->place == CPL_QUEUE_FAILED;
	const char *why = xmpp_stanza_get_attribute(queued->entry, "why");
	struct record r = {
	    .id = entry->id,
	    .state = failed ? "failed" : "waiting",
	    .queued = xmpp_stanza_get_attribute(queued->entry, "queued"),
	    .to = xmpp_stanza_get_to(queued->message),
	    .why = failed && why ? why : "",
	    .message = queued->message,
	};
	int result;

	snprintf(r.attempts, sizeof r.attempts, "%u", entry->attempts);
	result = write_record(&x->format, &line, queued->entry, &r);
	if (result < 0)
		cpl_buf_err(&line, e, CPL_INTERNAL, "a record");
	else
		result = print(&line, e);
	cpl_buf_release(&line);
	return result;
}

/* -1: nothing more can be printed. A file that is no entry is named. */
static int list_one(struct xqueue *x, xmpp_ctx_t *ctx, const char *id,
		    struct cpl_err *e)
{
	struct cpl_buf bytes = CPL_BUF_INIT(CPL_QUEUE_ENTRY_MAX);
	struct cpl_queued queued = {NULL, NULL};
	struct cpl_queue_entry entry;
	int result = 0;
	int found = cpl_queue_peek(x->queue, id, &entry, e);

	if (found != CPL_QUEUE_HELD)
		return found < 0 ? -1 : 0;
	if (cpl_queue_read(x->queue, &entry, &bytes, e) < 0 ||
	    cpl_queued_read(ctx, bytes.data, bytes.len, x->account, &queued,
			    e) < 0) {
		result = e->status == CPL_DATA ? 0 : -1;
		cpl_err_prefix(e, "%s: no entry of the queue", id);
		if (result == 0)
			cpl_run_complain(&x->run, e);
	} else {
		result = print_entry(x, &entry, &queued, e);
	}
	cpl_queue_let_go(&entry);
	cpl_queued_release(&queued);
	cpl_buf_release(&bytes);
	return result;
}

static int list_place(struct xqueue *x, xmpp_ctx_t *ctx,
		      enum cpl_queue_place place, struct cpl_err *e)
{
	struct cpl_queue_ids ids = {NULL, 0, 0};
	int result = cpl_queue_list(x->queue, place, NULL, &ids, e);

	for (size_t i = 0; result == 0 && i < ids.count; i++)
		result = list_one(x, ctx, ids.list[i], e);
	cpl_queue_ids_release(&ids);
	return result;
}

void xqueue_list(struct xqueue *x, int argc, char **argv)
{
	struct cpl_slab *slab;
	xmpp_ctx_t *ctx = cpl_slab_ctx(&slab);
	struct cpl_err e = CPL_ERR_INIT;
	int failed;

	(void)argc;
	(void)argv;
	xqueue_open(x, 0);
	if (!ctx)
		failed = cpl_err_nomem(&e) < 0;
	else
		failed = list_place(x, ctx, CPL_QUEUE_WAITING, &e) < 0 ||
			 list_place(x, ctx, CPL_QUEUE_FAILED, &e) < 0;
	if (!failed && fflush(stdout) != 0)
		failed = cpl_err_errno(&e, CPL_IO, "stdout") < 0;
	/* Quietly, as the signal that it is in place of (it may be ignored). */
	if (failed && errno == EPIPE && e.status == CPL_IO)
		x->run.outcome.signal = SIGPIPE;
	else if (failed)
		cpl_run_complain(&x->run, &e);
	if (ctx)
		xmpp_ctx_free(ctx);
	cpl_slab_free(slab);
}

/* --- drop and retry ---------------------------------------------------- */

/* Does something to each of the IDs. */
static void each(struct xqueue *x, int argc, char **argv,
		 int (*act)(struct cpl_queue *q, struct cpl_queue_entry *entry,
			    struct cpl_err *e))
{
	struct cpl_queue_entry entry;
	int done = 0;

	xqueue_open(x, 0);
	for (int i = 0; i < argc; i++) {
		struct cpl_err e = CPL_ERR_INIT;
		int found = cpl_queue_hold(x->queue, argv[i], &entry, &e);

		if (found == CPL_QUEUE_BUSY)
			cpl_err_set(&e, CPL_TEMP, "%s: it is being sent",
				    argv[i]);
		else if (found == CPL_QUEUE_GONE)
			cpl_err_set(&e, CPL_REFUSED,
				    "%s: there is no such "
				    "entry",
				    argv[i]);
		else if (found == CPL_QUEUE_HELD &&
			 act(x->queue, &entry, &e) == 0)
			done++;
		cpl_queue_let_go(&entry);
		if (e.status != CPL_OK)
			cpl_run_complain(&x->run, &e);
	}
	x->run.outcome.went_through = done > 0 && done < argc;
}

void xqueue_drop(struct xqueue *x, int argc, char **argv)
{
	each(x, argc, argv, cpl_queue_drop);
}

static int retry(struct cpl_queue *q, struct cpl_queue_entry *entry,
		 struct cpl_err *e)
{
	if (entry->place == CPL_QUEUE_WAITING)
		return 0;
	return cpl_queue_move(q, entry, CPL_QUEUE_WAITING, e);
}

void xqueue_retry(struct xqueue *x, int argc, char **argv)
{
	each(x, argc, argv, retry);
}
