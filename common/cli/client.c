/* SPDX-License-Identifier: MIT */
#include "client.h"

#include "../base/limits.h"
#include "../stanza/json.h"

static void end_when_done(struct cpl_client *c)
{
	if (c->ended && (c->hurry || cpl_output_bytes(c->output) == 0))
		cpl_run_stop(&c->run);
}

void cpl_client_close(struct cpl_client *c)
{
	c->closing = 1;
	c->run.over = 1;
	if (c->run.session && !c->ended) {
		cpl_session_close(c->run.session, 0);
		return;
	}
	c->ended = 1;
	end_when_done(c);
}

static void tell_ending(struct cpl_client *c, const struct cpl_err *why)
{
	if (c->closing)
		return;
	c->closing = 1;
	c->run.over = 1;
	if (c->on.ending)
		c->on.ending(c->on.user, why);
}

/* --- the session ------------------------------------------------------- */

static void on_online(void *user)
{
	struct cpl_client *c = user;

	c->on.online(c->on.user);
}

static void on_stanza(void *user, xmpp_stanza_t *stanza, uint64_t number)
{
	struct cpl_client *c = user;

	if (stanza && !(c->on.stanza && c->on.stanza(c->on.user, stanza)) &&
	    c->answer)
		cpl_answer_iq(c->answer, stanza);
	cpl_session_handled(c->run.session, number);
}

static void on_acked(void *user, uint64_t upto)
{
	struct cpl_client *c = user;

	c->on.acked(c->on.user, upto);
}

static void on_lost(void *user, const struct cpl_err *e)
{
	struct cpl_client *c = user;

	cpl_run_lost(&c->run, e);
	if (c->on.lost)
		c->on.lost(c->on.user, e);
}

static void on_ended(void *user, const struct cpl_err *e)
{
	struct cpl_client *c = user;
	struct cpl_err why = *e;

	c->ended = 1;
	/* Whoever ended it: what has no answer may have happened or not. */
	if (why.status == CPL_REFUSED)
		why.status = CPL_TEMP;
	if (why.status != CPL_OK && !c->goal_met) {
		tell_ending(c, &why);
		cpl_run_complain(&c->run, &why);
	}
	c->run.over = 1;
	end_when_done(c);
}

/* --- stdout ------------------------------------------------------------ */

static void check_backlog(struct cpl_client *c)
{
	if (c->run.session && !c->ended)
		cpl_session_hold(c->run.session, cpl_output_bytes(c->output) >=
						     CPL_BACKLOG_BYTES);
}

static void on_written(void *user)
{
	struct cpl_client *c = user;

	check_backlog(c);
	end_when_done(c);
}

static void on_output_failed(void *user, const struct cpl_err *e)
{
	struct cpl_client *c = user;

	cpl_run_output_failed(&c->run, e);
}

void cpl_client_put(struct cpl_client *c)
{
	struct cpl_err e = CPL_ERR_INIT;
	int failed =
	    cpl_output_put(c->output, c->line.data, c->line.len, 1, &e) < 0;

	cpl_buf_truncate(&c->line, 0);
	if (failed)
		cpl_run_give_up(&c->run, &e);
	else
		check_backlog(c);
}

static void put_or_fail(struct cpl_client *c, int result)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (result == 0) {
		cpl_client_put(c);
		return;
	}
	cpl_buf_err(&c->line, &e, CPL_INTERNAL, "a record");
	cpl_run_give_up(&c->run, &e);
}

void cpl_client_print(struct cpl_client *c, xmpp_stanza_t *stanza)
{
	put_or_fail(c, cpl_format_stanza(&c->format, &c->line, stanza));
}

void cpl_client_fields(struct cpl_client *c, const char *const *fields,
		       size_t n)
{
	put_or_fail(c, cpl_format_fields(&c->format, &c->line, fields, n));
}

void cpl_client_json(struct cpl_client *c, int failed)
{
	put_or_fail(c, failed ? -1 : cpl_format_end(&c->format, &c->line));
}

static void print_object(struct cpl_client *c, const char *const *names,
			 const char *const *values, size_t n)
{
	int failed = cpl_buf_addc(&c->line, '{') < 0;

	for (size_t i = 0; i < n && !failed; i++)
		failed = cpl_json_entry(&c->line, names[i], values[i]) < 0;
	cpl_client_json(c, failed || cpl_buf_addc(&c->line, '}') < 0);
}

int cpl_client_record(struct cpl_client *c, const char *const *names,
		      const char *const *values, size_t n)
{
	switch (c->format.kind) {
	case CPL_FORMAT_TEXT:
	case CPL_FORMAT_NUL: cpl_client_fields(c, values, n); return 1;
	case CPL_FORMAT_JSON: print_object(c, names, values, n); return 1;
	case CPL_FORMAT_XML:
	case CPL_FORMAT_TEMPLATE: break;
	}
	return 0;
}

/* --- the end ----------------------------------------------------------- */

static void on_interrupted(void *user)
{
	struct cpl_client *c = user;
	struct cpl_err none = CPL_ERR_INIT;

	tell_ending(c, &none);
	c->hurry = 1;
	cpl_client_close(c);
}

static void on_timed_out(void *user)
{
	struct cpl_client *c = user;
	struct cpl_err e = CPL_ERR_INIT;
	int online = c->run.session && cpl_session_alive(c->run.session);

	tell_ending(c, &e);
	/* After the session it is the records that nobody has read. */
	if (!c->goal_met || c->ended) {
		cpl_err_set(&e, online || c->ended ? CPL_TIMEOUT : CPL_TEMP,
			    online || c->ended
				? "timed out (-W)"
				: "timed out (-W) before the login");
		cpl_run_complain(&c->run, &e);
	}
	c->hurry = 1;
	cpl_client_close(c);
}

void cpl_client_open(struct cpl_client *c, const struct cpl_client_events *on)
{
	struct cpl_run_events events = {on_interrupted, on_timed_out, c};
	struct cpl_output_events output = {NULL, on_written, on_output_failed,
					   c};
	struct cpl_err e = CPL_ERR_INIT;

	c->on = *on;
	cpl_buf_init(&c->line, 8 * CPL_STANZA_BYTES_MAX);
	cpl_run_open(&c->run, &events);
	c->output = cpl_output_new(c->run.loop, 1, &output, &e);
	if (!c->output)
		cpl_cli_die(&c->run.cli, &e);
}

void cpl_client_connect(struct cpl_client *c, int visible,
			const struct cpl_caps *caps)
{
	struct cpl_session_events events = {
	    .online = on_online,
	    .stanza = on_stanza,
	    .acked = c->on.acked ? on_acked : NULL,
	    .ended = on_ended,
	    .lost = on_lost,
	    .user = c,
	};
	struct cpl_err e = CPL_ERR_INIT;

	if (cpl_run_connect(&c->run, &events) < 0)
		return;
	c->answer = cpl_answer_new(c->run.session, visible, caps);
	if (c->answer)
		return;
	cpl_err_nomem(&e);
	cpl_run_give_up(&c->run, &e);
}

void cpl_client_release(struct cpl_client *c)
{
	cpl_session_free(c->run.session);
	c->run.session = NULL;
	cpl_answer_free(c->answer);
	cpl_output_free(c->output);
	cpl_buf_release(&c->line);
	cpl_format_release(&c->format);
	cpl_run_release(&c->run);
}
