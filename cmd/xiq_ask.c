/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "../common/stanza/build.h"
#include "../common/stanza/ns.h"
#include "../common/stanza/outgoing.h"
#include "xiq.h"

/* --- jobs -------------------------------------------------------------- */

static void append(struct xiq_jobs *jobs, struct xiq_job *job)
{
	job->next = NULL;
	if (jobs->last)
		jobs->last->next = job;
	else
		jobs->first = job;
	jobs->last = job;
}

void xiq_take_out(struct xiq_jobs *jobs, struct xiq_job *job)
{
	struct xiq_job *before = NULL;

	for (struct xiq_job *j = jobs->first; j != job; j = j->next)
		before = j;
	if (before)
		before->next = job->next;
	else
		jobs->first = job->next;
	if (jobs->last == job)
		jobs->last = before;
}

static struct xiq_job *take_first(struct xiq_jobs *jobs)
{
	struct xiq_job *job = jobs->first;

	if (job)
		xiq_take_out(jobs, job);
	return job;
}

void xiq_free_job(struct xiq_job *job)
{
	if (job->iq)
		xmpp_stanza_release(job->iq);
	cpl_rsm_release(&job->pages);
	free(job->id);
	free(job->to);
	free(job);
}

static void free_jobs(struct xiq_jobs *jobs)
{
	struct xiq_job *job;

	while ((job = take_first(jobs)))
		xiq_free_job(job);
}

void xiq_complain(struct xiq *x, const struct xiq_job *job, struct cpl_err *e)
{
	const char *own = cpl_session_jid(x->client.run.session)->bare;

	cpl_err_prefix(e, "record %zu: %s", job->record,
		       job->to ? job->to : own);
	cpl_run_complain(&x->client.run, e);
}

/* --- records ----------------------------------------------------------- */

int xiq_all_asked(const struct xiq *x)
{
	return x->set.count > 0 && x->asked >= x->set.count;
}

void xiq_end_when_done(struct xiq *x)
{
	if (x->under_way.first || x->waiting.first || x->client.closing ||
	    !(x->input_ended || xiq_all_asked(x)))
		return;
	x->client.goal_met = 1;
	cpl_client_close(&x->client);
}

/* Says what is wrong with a record, which is not sent. Line 0: that is in what
 * is wrong. */
static void refuse(struct xiq *x, size_t record, size_t line, struct cpl_err *e)
{
	if (line > 0)
		cpl_err_prefix(e, "stdin: record %zu (line %zu)", record, line);
	else
		cpl_err_prefix(e, "stdin: record %zu", record);
	if (e->status == CPL_DATA)
		cpl_run_complain(&x->client.run, e);
	else
		cpl_run_give_up(&x->client.run, e);
}

/* Takes the job over. What the session does not take, it says why. */
static void ask(struct xiq *x, struct xiq_job *job)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (cpl_pool_ask(x->pool, job->iq, job, &e) < 0) {
		refuse(x, job->record, job->line, &e);
		xiq_free_job(job);
		return;
	}
	x->asked++;
	append(&x->under_way, job);
	if (x->set.paginate)
		return;
	xmpp_stanza_release(job->iq);
	job->iq = NULL;
}

/* Asks what there is room for; the input goes on when nothing waits. When the
 * session has ended there is room as well; while it is without a connection it
 * keeps what is asked. */
void xiq_work(struct xiq *x)
{
	struct cpl_run *run = &x->client.run;

	if (run->over || !x->pool || !cpl_session_alive(run->session))
		return;
	while (!run->over && !xiq_all_asked(x) && x->waiting.first &&
	       !cpl_pool_full(x->pool))
		ask(x, take_first(&x->waiting));
	if (run->over)
		return;
	if (xiq_all_asked(x))
		free_jobs(&x->waiting);
	x->full = cpl_pool_full(x->pool);
	cpl_input_hold(x->input,
		       x->waiting.first || xiq_all_asked(x) || x->full);
	xiq_end_when_done(x);
}

/* An iq around a bare payload; new. */
static xmpp_stanza_t *wrap(struct xiq *x, xmpp_stanza_t *payload,
			   struct cpl_err *e)
{
	xmpp_stanza_t *copy = xmpp_stanza_copy(payload);
	xmpp_stanza_t *iq =
	    cpl_build_stanza(x->client.run.ctx, "iq", x->set.type, NULL, NULL);

	if (copy && iq && xmpp_stanza_add_child_ex(iq, copy, 0) == XMPP_EOK &&
	    (x->set.to.count ||
	     cpl_set_attr(iq, "to",
			  cpl_session_jid(x->client.run.session)->domain) == 0))
		return iq;
	if (copy && !(iq && xmpp_stanza_get_children(iq)))
		xmpp_stanza_release(copy);
	if (iq)
		xmpp_stanza_release(iq);
	cpl_err_nomem(e);
	return NULL;
}

/* The stanza that a record is sent as, by the rules of outgoing.h; new. Only
 * requests are sent: a result or error answers one that was never made. */
static xmpp_stanza_t *as_request(struct xiq *x, xmpp_stanza_t *s,
				 struct cpl_err *e)
{
	struct cpl_outgoing_rules rules = {
	    .own = cpl_session_jid(x->client.run.session)};
	const char *type = xmpp_stanza_get_type(s);

	if (cpl_is(s, "message", CPL_NS_CLIENT) ||
	    cpl_is(s, "presence", CPL_NS_CLIENT)) {
		cpl_err_set(e, CPL_DATA, "a %s is no request",
			    xmpp_stanza_get_name(s));
		return NULL;
	}
	if (!cpl_is(s, "iq", CPL_NS_CLIENT))
		return wrap(x, s, e);
	if (type && (strcmp(type, "get") == 0 || strcmp(type, "set") == 0))
		return cpl_outgoing(s, &rules, e);
	cpl_err_set(e, CPL_DATA, "an iq without type get or set");
	return NULL;
}

static char *copy_text(const char *text, struct cpl_err *e)
{
	char *copy = text ? strdup(text) : NULL;

	if (text && !copy)
		cpl_err_nomem(e);
	return copy;
}

/* What is missing is filled in. 0, or -1. */
static int complete(struct xiq *x, struct xiq_job *job, struct cpl_err *e)
{
	if (!xmpp_stanza_get_to(job->iq) && x->set.to.count &&
	    cpl_set_attr(job->iq, "to", x->set.to.list[0].full) < 0)
		return cpl_err_nomem(e);
	if (x->set.paginate && cpl_first_element(job->iq) &&
	    cpl_rsm_begin(job->iq, x->set.page) < 0)
		return cpl_err_nomem(e);
	job->is_set = strcmp(xmpp_stanza_get_type(job->iq), "set") == 0;
	job->to = copy_text(xmpp_stanza_get_to(job->iq), e);
	job->id = copy_text(xmpp_stanza_get_id(job->iq), e);
	return e->status == CPL_OK ? 0 : -1;
}

void xiq_record(struct xiq *x, const struct cpl_record *record)
{
	struct cpl_err e = record->why;
	struct xiq_job *job;

	if (x->client.run.over || xiq_all_asked(x))
		return;
	job = calloc(1, sizeof *job);
	if (!job) {
		cpl_err_nomem(&e);
	} else if (record->stanza) {
		job->record = record->number;
		job->line = record->line;
		job->iq = as_request(x, record->stanza, &e);
		if (job->iq && complete(x, job, &e) == 0) {
			append(&x->waiting, job);
			xiq_work(x);
			return;
		}
	}
	if (job)
		xiq_free_job(job);
	refuse(x, record->number, record->stanza ? record->line : 0, &e);
}

void xiq_input_end(struct xiq *x, const struct cpl_err *e)
{
	x->input_ended = 1;
	if (e)
		cpl_run_complain(&x->client.run, e);
	xiq_end_when_done(x);
}

/* --- the end ----------------------------------------------------------- */

void xiq_release(struct xiq *x)
{
	/* Before the session, which would tell it that no answer comes. */
	cpl_pool_free(x->pool);
	cpl_loop_turn_remove(x->client.run.loop, &x->turn);
	cpl_loop_cancel(x->client.run.loop, &x->go_on);
	free_jobs(&x->waiting);
	free_jobs(&x->under_way);
	cpl_input_free(x->input);
	cpl_recipients_release(&x->set.to);
	cpl_client_release(&x->client);
}
