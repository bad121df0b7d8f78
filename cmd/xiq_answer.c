/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <string.h>

#include "../common/base/limits.h"
#include "../common/stanza/build.h"
#include "../common/stream/fault.h"
#include "xiq.h"

/* A refusal is said on stderr, and is a record like any other. */
static void print(struct xiq *x, struct xiq_job *job, xmpp_stanza_t *answer)
{
	struct cpl_err e = CPL_ERR_INIT;
	xmpp_stanza_t *record = answer;
	int is_error = strcmp(xmpp_stanza_get_type(answer), "error") == 0;

	if (job->id && cpl_set_attr(answer, "id", job->id) < 0) {
		cpl_run_no_memory(&x->client.run);
		return;
	}
	if (is_error) {
		x->errors++;
		cpl_fault_stanza(answer, &e);
		/* Its status counts when all is over: what has no answer weighs
		 * more. */
		e.status = CPL_OK;
		xiq_complain(x, job, &e);
	} else {
		x->results++;
	}
	if (x->set.payload)
		record = is_error ? NULL : cpl_first_element(answer);
	if (record)
		cpl_client_print(&x->client, record);
	if (cpl_output_bytes(x->client.output) >= CPL_ANSWERS_BYTES &&
	    !x->client.closing) {
		x->held = 1;
		cpl_pool_hold(x->pool, 1);
	}
}

/* Asks for the next page, if there is one. Non-zero: it did. */
static int ask_next(struct xiq *x, struct xiq_job *job, xmpp_stanza_t *answer)
{
	struct cpl_err e = CPL_ERR_INIT;
	int r;

	if (!job->iq || x->client.run.over || xiq_all_asked(x) ||
	    strcmp(xmpp_stanza_get_type(answer), "result") != 0)
		return 0;
	r = cpl_rsm_next(&job->pages, job->iq, answer, &e);
	if (r > 0 && cpl_pool_again(x->pool, job->iq, &e) == 0) {
		x->asked++;
		return 1;
	}
	if (e.status != CPL_OK)
		xiq_complain(x, job, &e);
	return 0;
}

/* What became of it nobody knows. */
static void say_unknown(struct xiq *x, const struct xiq_job *job,
			const struct cpl_err *why)
{
	struct cpl_err e = CPL_ERR_INIT;

	cpl_err_set(&e, CPL_TEMP, "unknown outcome: %s%s", why->text,
		    job->is_set ? ", the set may have happened" : "");
	xiq_complain(x, job, &e);
}

void xiq_answered(struct xiq *x, struct xiq_job *job, xmpp_stanza_t *answer,
		  const struct cpl_err *why)
{
	if (answer) {
		print(x, job, answer);
		if (ask_next(x, job, answer))
			return;
	} else if (cpl_session_alive(x->client.run.session)) {
		say_unknown(x, job, why);
	} else {
		/* Said at the end, behind the reason why the session ended. */
		job->why = *why;
		return;
	}
	xiq_take_out(&x->under_way, job);
	xiq_free_job(job);
	xiq_end_when_done(x);
}

/* --- the end ----------------------------------------------------------- */

/* The first record that was not sent, if one was read. Where there was no room
 * the input was held, and nobody knows whether there is one. */
static void say_rest(struct xiq *x)
{
	const struct cpl_cli *cli = &x->client.run.cli;

	if (x->waiting.first)
		cpl_cli_warn(cli,
			     "stdin: record %zu and what follows: not sent",
			     x->waiting.first->record);
	else if (x->full && x->under_way.first && !x->input_ended &&
		 !xiq_all_asked(x))
		cpl_cli_warn(cli, "stdin: record %zu: not read, from here on",
			     x->under_way.last->record + 1);
}

void xiq_report(struct xiq *x)
{
	struct cpl_run *run = &x->client.run;

	/* The reader of stdout wants to hear no more. */
	if (run->outcome.signal == SIGPIPE)
		return;
	for (struct xiq_job *job = x->under_way.first; job; job = job->next) {
		/* Where stdout failed the loop just ended. */
		if (job->why.status == CPL_OK)
			cpl_err_set(&job->why, CPL_TEMP,
				    "the run ended before the answer");
		say_unknown(x, job, &job->why);
	}
	say_rest(x);
	if (x->errors > 0)
		cpl_outcome_add(&run->outcome, CPL_REFUSED);
	/* Some records went through, and others could not be sent. */
	run->outcome.went_through = x->results > 0 && run->outcome.input;
}
