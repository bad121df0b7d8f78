/* SPDX-License-Identifier: MIT
 *
 * The sink of --exec: each record is the stdin of a command, and dealt with
 * when that has ended with 0 and the server has its reply. What is begun later
 * may end earlier, and is told of in order all the same. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "../common/base/limits.h"
#include "../common/cli/handler.h"
#include "../common/stanza/build.h"
#include "../common/stanza/chars.h"
#include "xrecv.h"

/* A command that failed is run again so long after, twice that, and so on. */
#define RETRY_FIRST_MS 1000
#define RETRY_LAST_MS (60 * 1000)

/* Ids of replies (ids.h). */
#define REPLY_IDS 7

/* A longer line of a command's stderr is passed on in pieces. */
#define LINE_MAX_BYTES 1000

enum job_state {
	JOB_WAITS,
	JOB_RUNS,
	JOB_PAUSES,  /* before it is run again */
	JOB_REPLIED, /* the server has to confirm that */
	JOB_DONE
};

struct job {
	struct recv *recv;
	uint64_t number;     /* of its record */
	struct cpl_buf what; /* for messages: who sent it, and its id */
	struct cpl_buf vars; /* of the command's environment */
	struct cpl_buf record;
	struct cpl_buf line;     /* of its stderr, not at its end */
	xmpp_stanza_t *reply;    /* without its body; NULL: there is none */
	uint64_t reply_number;   /* sent as that */
	struct cpl_child *child; /* NULL: it does not run */
	struct cpl_timer pause;
	long delay; /* ms; of the last pause */
	long tries;
	enum job_state state;
	struct job *next;
};

/* Zero-filled it is empty. */
struct recv_exec {
	struct cpl_handler handler;
	char *argv[4];
	struct job *first, *last;
	size_t count; /* that are not done, and those that have their place */
	size_t bytes;
	size_t under_way; /* run or pause */
	size_t running;
	uint64_t seen; /* number of the last put */
	uint64_t told;
	long done;
	long skipped;
	int finishing; /* nothing is begun any more */
};

/* --- the list ---------------------------------------------------------- */

static size_t size_of(const struct job *j)
{
	return j->record.len + j->vars.len;
}

static void free_job(struct job *j)
{
	cpl_child_free(j->child);
	cpl_loop_cancel(j->recv->run.loop, &j->pause);
	if (j->reply)
		xmpp_stanza_release(j->reply);
	cpl_buf_release(&j->what);
	cpl_buf_release(&j->vars);
	cpl_buf_release(&j->record);
	cpl_buf_release(&j->line);
	free(j);
}

static void drop_first(struct recv_exec *x)
{
	struct job *j = x->first;

	x->first = j->next;
	if (!x->first)
		x->last = NULL;
	x->count--;
	x->bytes -= size_of(j);
	free_job(j);
}

/* Tells of what is dealt with, as far as all before it is too. */
static void settle(struct recv *r)
{
	struct recv_exec *x = r->exec;
	uint64_t number;

	while (x->first && x->first->state == JOB_DONE)
		drop_first(x);
	number = x->first ? x->first->number - 1 : x->seen;
	if (number > x->told) {
		x->told = number;
		xrecv_taken(r, number);
	} else {
		xrecv_moved(r);
	}
}

/* --- what a command says ----------------------------------------------- */

static void pass_line(struct job *j, const char *p, size_t n)
{
	cpl_cli_warn(&j->recv->run.cli, "%s: %.*s", j->what.data, (int)n, p);
}

/* Its stderr, line by line; the rest with its end. */
static void on_said(void *user, const char *p, size_t n)
{
	struct job *j = user;

	for (size_t i = 0; i < n; i++) {
		if (p[i] != '\n' && cpl_buf_addc(&j->line, p[i]) == 0 &&
		    j->line.len < LINE_MAX_BYTES)
			continue;
		pass_line(j, j->line.len ? j->line.data : "", j->line.len);
		cpl_buf_truncate(&j->line, 0);
	}
}

/* --- the reply --------------------------------------------------------- */

/* Whether somebody waits for it: RFC 6120 8.3.1 for errors, RFC 6121 5.2.2 for
 * headlines; in a room it would answer all, oneself included; and what has no
 * body is no text of a person's. */
static int wants_reply(const struct recv *r, xmpp_stanza_t *s)
{
	const struct cpl_jid *own = cpl_session_jid(r->run.session);
	const char *type = xmpp_stanza_get_type(s);
	const char *from = xmpp_stanza_get_from(s);

	if (cpl_filter_kind(s) != CPL_MESSAGE || !from ||
	    !cpl_own_child(s, "body"))
		return 0;
	if (type && strcmp(type, "chat") != 0 && strcmp(type, "normal") != 0)
		return 0;
	/* Which would come to us again. */
	return !cpl_jid_is(from, own->bare) && !cpl_jid_is(from, own->full);
}

/* To its sender, of its type and thread (RFC 6121 5.2.5). 0, or -1 without
 * memory. */
static int prepare_reply(struct job *j, xmpp_stanza_t *s)
{
	char *thread = cpl_text(cpl_own_child(s, "thread"));

	j->reply = cpl_build_stanza(j->recv->run.ctx, "message",
				    xmpp_stanza_get_type(s), NULL,
				    xmpp_stanza_get_from(s));
	if (j->reply && thread && *thread &&
	    cpl_build_text_child(j->reply, "thread", thread) < 0) {
		xmpp_stanza_release(j->reply);
		j->reply = NULL;
	}
	free(thread);
	return j->reply ? 0 : -1;
}

/* What it printed is the body, its last newline left out. */
static int send_reply(struct job *j, const struct cpl_child_result *res,
		      struct cpl_err *e)
{
	struct cpl_buf body = CPL_BUF_INIT(4 * CPL_STANZA_BYTES_MAX);
	size_t n = res->out_len - (res->out[res->out_len - 1] == '\n');
	struct cpl_session *session = j->recv->run.session;
	char id[CPL_ID_SIZE];
	int result = -1;

	cpl_id(cpl_session_ids(session), REPLY_IDS, j->number, id);
	if (cpl_chars_sanitize(&body, res->out, n) < 0 ||
	    cpl_buf_addc(&body, '\0') < 0 ||
	    cpl_set_attr(j->reply, "id", id) < 0 ||
	    cpl_build_text_child(j->reply, "body", body.data) < 0)
		cpl_err_nomem(e);
	else
		result =
		    cpl_session_send(session, j->reply, &j->reply_number, e);
	cpl_buf_release(&body);
	return result;
}

/* --- how one ends ------------------------------------------------------ */

static void start(struct recv *r);

static void again(void *user)
{
	struct job *j = user;

	j->state = JOB_WAITS;
	j->recv->exec->under_way--;
	start(j->recv);
	settle(j->recv);
}

static void pause_job(struct job *j)
{
	j->state = JOB_PAUSES;
	j->recv->exec->under_way++;
	j->delay = j->delay ? 2 * j->delay : RETRY_FIRST_MS;
	if (j->delay > RETRY_LAST_MS)
		j->delay = RETRY_LAST_MS;
	j->pause.fire = again;
	j->pause.user = j;
	cpl_loop_timer(j->recv->run.loop, &j->pause, j->delay);
}

static void skip_job(struct job *j, const struct cpl_err *e)
{
	cpl_cli_warn(&j->recv->run.cli, "%s: %s; skipped", j->what.data,
		     e->text);
	j->recv->exec->skipped++;
	j->state = JOB_DONE;
}

static void job_failed(struct job *j, const struct cpl_err *e)
{
	struct recv *r = j->recv;
	struct cpl_err why = *e;

	j->state = JOB_WAITS;
	if (r->exec->finishing)
		return; /* it is given back to the server */
	switch (r->set.on_failure) {
	case XRECV_RETRY:
		pause_job(j);
		cpl_cli_warn(&r->run.cli,
			     "%s: %s; again in %ld s (attempt %ld)",
			     j->what.data, e->text, j->delay / 1000, j->tries);
		break;
	case XRECV_SKIP: skip_job(j, e); break;
	case XRECV_STOP:
		cpl_err_prefix(&why, "%s", j->what.data);
		cpl_run_complain(&r->run, &why);
		xrecv_finish(r);
		break;
	}
}

/* It has ended with 0: to run it again for a reply that cannot be sent would
 * bring nothing. */
static void job_succeeded(struct job *j, const struct cpl_child_result *res)
{
	struct recv *r = j->recv;
	struct cpl_err e = CPL_ERR_INIT;

	j->state = JOB_DONE;
	r->exec->done++;
	if (!j->reply || res->out_len == 0 ||
	    (res->out_len == 1 && res->out[0] == '\n'))
		return;
	if (send_reply(j, res, &e) == 0) {
		j->state = JOB_REPLIED;
	} else if (e.status == CPL_DATA) {
		r->exec->done--;
		skip_job(j, &e);
	} else {
		j->state = JOB_WAITS; /* the session is over */
	}
}

static void on_ended(void *user, const struct cpl_child_result *res)
{
	struct job *j = user;
	struct recv *r = j->recv;
	struct cpl_err e = CPL_ERR_INIT;

	if (j->line.len > 0)
		on_said(j, "\n", 1);
	r->exec->running--;
	r->exec->under_way--;
	if (res->end == CPL_CHILD_EXITED && res->code == 0) {
		job_succeeded(j, res);
	} else {
		cpl_handler_failed(res, &e);
		job_failed(j, &e);
	}
	cpl_child_free(j->child);
	j->child = NULL;
	start(r);
	settle(r);
}

/* --- beginning --------------------------------------------------------- */

static struct job *next_waiting(const struct recv_exec *x)
{
	struct job *j = x->first;

	while (j && j->state != JOB_WAITS)
		j = j->next;
	return j;
}

static void run_job(struct job *j)
{
	struct recv_exec *x = j->recv->exec;
	struct cpl_err e = CPL_ERR_INIT;

	j->tries++;
	j->child = cpl_handler_start(&x->handler, &j->vars, &j->record,
				     on_ended, j, &e);
	if (!j->child) {
		job_failed(j, &e);
		return;
	}
	j->state = JOB_RUNS;
	x->running++;
	x->under_way++;
}

/* One that pauses keeps its place: with one job at once, the order is kept.
 * What the server does not read of our replies is bounded as well. */
static void start(struct recv *r)
{
	struct recv_exec *x = r->exec;
	struct job *j;

	while (!x->finishing && x->under_way < (size_t)r->set.jobs &&
	       !r->flushing &&
	       (!r->set.reply ||
		cpl_session_unsent(r->run.session) < CPL_BACKLOG_BYTES) &&
	       (j = next_waiting(x)))
		run_job(j);
}

static int fill_job(struct job *j, xmpp_stanza_t *s)
{
	struct recv *r = j->recv;
	const char *from = xmpp_stanza_get_from(s);
	const char *id = xmpp_stanza_get_id(s);

	/* RFC 6120 8.1.2.1: without one it is the own account's. */
	if (!from)
		from = cpl_session_jid(r->run.session)->bare;
	if (cpl_buf_addf(&j->what, "%s: %s %.64s", from,
			 xmpp_stanza_get_name(s), id ? id : "without id") < 0 ||
	    cpl_handler_describe(&j->vars, s, from) < 0 ||
	    cpl_handler_describe_message(&j->vars, s) < 0 ||
	    cpl_buf_add(&j->record, r->line.data, r->line.len) < 0)
		return -1;
	return r->set.reply && wants_reply(r, s) ? prepare_reply(j, s) : 0;
}

static struct job *new_job(struct recv *r, xmpp_stanza_t *s)
{
	struct job *j = calloc(1, sizeof *j);

	if (!j)
		return NULL;
	j->recv = r;
	j->number = r->number;
	cpl_buf_init(&j->what, 2 * CPL_STANZA_BYTES_MAX);
	cpl_buf_init(&j->vars, 16 * CPL_VARIABLE_MAX);
	cpl_buf_init(&j->record, CPL_RECORD_OUT_MAX);
	cpl_buf_init(&j->line, LINE_MAX_BYTES);
	if (fill_job(j, s) == 0)
		return j;
	free_job(j);
	return NULL;
}

static int put(struct recv *r, xmpp_stanza_t *stanza, struct cpl_err *e)
{
	struct recv_exec *x = r->exec;
	struct job *j;

	x->seen = r->number;
	if (!stanza) {
		settle(r);
		return 0;
	}
	j = new_job(r, stanza);
	if (!j)
		return cpl_err_nomem(e);
	if (x->last)
		x->last->next = j;
	else
		x->first = j;
	x->last = j;
	x->count++;
	x->bytes += size_of(j);
	start(r);
	settle(r);
	return 0;
}

/* --- the sink ---------------------------------------------------------- */

/* Nothing is written to stdout by us: it is the commands', and when nobody is
 * there to read it the run ends. */
static int open_exec(struct recv *r, struct cpl_err *e)
{
	static char sh[] = "sh", c[] = "-c";
	struct cpl_output_events events = {NULL, NULL, xrecv_output_failed, r};
	struct recv_exec *x = calloc(1, sizeof *x);

	r->exec = x;
	if (!x)
		return cpl_err_nomem(e);
	x->argv[0] = sh;
	x->argv[1] = c;
	x->argv[2] = r->set.exec;
	x->handler = (struct cpl_handler){.loop = r->run.loop,
					  .argv = x->argv,
					  .timeout = r->set.each_timeout,
					  .keeps_stdout = !r->set.reply,
					  .said = on_said};
	/* It has been read: no command needs it. */
	if (r->run.cli.password_fd >= 0)
		fcntl(r->run.cli.password_fd, F_SETFD, FD_CLOEXEC);
	r->output = cpl_output_new(r->run.loop, 1, &events, e);
	return r->output ? 0 : -1;
}

void xrecv_on_acked(void *user, uint64_t upto)
{
	struct recv *r = user;

	for (struct job *j = r->exec->first; j; j = j->next)
		if (j->state == JOB_REPLIED && j->reply_number <= upto)
			j->state = JOB_DONE;
	start(r);
	settle(r);
}

static size_t records(const struct recv *r)
{
	return r->exec->count;
}

static size_t bytes(const struct recv *r)
{
	return r->exec->bytes;
}

static size_t unread(const struct recv *r)
{
	size_t n = 0;

	for (const struct job *j = r->exec->first; j; j = j->next)
		n += j->state != JOB_DONE;
	return n;
}

static int reached(const struct recv *r)
{
	return !r->exec->first;
}

static int replies_wait(const struct recv *r)
{
	const struct job *j = r->exec->first;

	while (j && j->state != JOB_REPLIED)
		j = j->next;
	return j != NULL;
}

/* What runs may come to its end, and a reply to the server. */
static int busy(const struct recv *r)
{
	return r->exec->running > 0 || replies_wait(r);
}

static int writing(const struct recv *r)
{
	return r->exec->running > 0;
}

static void finish(struct recv *r)
{
	r->exec->finishing = 1;
	for (struct job *j = r->exec->first; j; j = j->next)
		cpl_loop_cancel(r->run.loop, &j->pause);
}

static void release(struct recv *r)
{
	struct recv_exec *x = r->exec;

	/* All at once, so that none waits for another. */
	for (struct job *j = x->first; j; j = j->next)
		if (j->child)
			cpl_child_stop(j->child);
	while (x->first)
		drop_first(x);
	if (x->skipped > 0)
		cpl_outcome_add(&r->run.outcome,
				x->done > 0 ? CPL_PARTIAL : CPL_REFUSED);
	cpl_output_free(r->output);
	free(x);
}

const struct sink xrecv_exec = {
    .open = open_exec,
    .put = put,
    .records = records,
    .bytes = bytes,
    .unread = unread,
    .unkept = unread,
    .reached = reached,
    .finish = finish,
    .busy = busy,
    .writing = writing,
    .release = release,
    .done = "handled",
};
