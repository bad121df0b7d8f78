/* SPDX-License-Identifier: MIT */
#include "run.h"

#include <signal.h>

#include "../base/limits.h"
#include "../net/tls.h"
#include "value.h"

int cpl_run_option(struct cpl_run *run, int c, const char *arg)
{
	switch (c) {
	case CPL_OPT_RETRY:
		run->retry = cpl_value_seconds(&run->cli, "--retry", arg,
					       CPL_RETRY_S_MAX);
		break;
	case CPL_OPT_RETRY_SET: run->retry_sets = 1; break;
	case CPL_OPT_NO_RECONNECT: run->retry = 0; break;
	case CPL_OPT_FORGET: run->cli.instead = cpl_run_forget; break;
	default: return 0;
	}
	return 1;
}

void cpl_run_stop(struct cpl_run *run)
{
	run->over = 1;
	cpl_loop_stop(run->loop);
}

void cpl_run_complain(struct cpl_run *run, const struct cpl_err *e)
{
	cpl_cli_error(&run->cli, e);
	cpl_outcome_add(&run->outcome, e->status);
}

void cpl_run_give_up(struct cpl_run *run, const struct cpl_err *e)
{
	cpl_run_complain(run, e);
	cpl_run_stop(run);
}

void cpl_run_no_memory(struct cpl_run *run)
{
	struct cpl_err e = CPL_ERR_INIT;

	cpl_err_nomem(&e);
	cpl_run_give_up(run, &e);
}

void cpl_run_output_failed(struct cpl_run *run, const struct cpl_err *e)
{
	if (e)
		cpl_run_complain(run, e);
	else
		run->outcome.signal = SIGPIPE;
	cpl_run_stop(run);
}

static void on_signal(void *user, int signal)
{
	struct cpl_run *run = user;

	run->outcome.signal = signal;
	run->on.interrupted(run->on.user);
}

static void on_timeout(void *user)
{
	struct cpl_run *run = user;

	run->on.timed_out(run->on.user);
}

void cpl_run_open(struct cpl_run *run, const struct cpl_run_events *on)
{
	long timeout = cpl_cli_timeout(&run->cli);
	struct cpl_err e = CPL_ERR_INIT;

	run->on = *on;
	/* Who looks at a server wants to know all of it. */
	cpl_tls_spare(run->no_password ||
		      cpl_setting(&run->cli.settings, CPL_SET_CLIENT_CERT));
	if (!run->no_password)
		cpl_cli_password(&run->cli, &run->password);
	run->ctx = cpl_slab_ctx(&run->slab);
	run->loop = cpl_loop_new(&e);
	if (!run->ctx)
		cpl_err_nomem(&e);
	if (!run->ctx || !run->loop ||
	    cpl_loop_signals(run->loop, on_signal, run, &e) < 0)
		cpl_cli_die(&run->cli, &e);
	run->timeout.fire = on_timeout;
	run->timeout.user = run;
	if (timeout > 0)
		cpl_loop_timer(run->loop, &run->timeout, timeout);
}

int cpl_run_connect(struct cpl_run *run, const struct cpl_session_events *on)
{
	struct cpl_connect_conf conf = {
	    .settings = &run->cli.settings,
	    .password = &run->password,
	    .password_stays = run->many_sessions,
	    .timeout = cpl_cli_connect_timeout(&run->cli),
	    .state = cpl_cli_state_folder(&run->cli),
	    .timing = run->cli.timing ? &run->timing : NULL,
	};
	struct cpl_err e = CPL_ERR_INIT;

	cpl_cli_forget_passwords(&run->cli);
	run->session = cpl_session_new(run->loop, &run->cli.log, run->ctx,
				       &conf, run->keep, on, &e);
	if (run->session) {
		cpl_session_retry(run->session, run->retry);
		if (run->retry_sets)
			cpl_session_retry_sets(run->session);
		return 0;
	}
	cpl_run_give_up(run, &e);
	return -1;
}

void cpl_run_lost(struct cpl_run *run, const struct cpl_err *e)
{
	int64_t outage = cpl_session_since(run->session) + 1;

	if (run->retry >= 0 || run->outage == outage)
		return;
	run->outage = outage;
	cpl_cli_warn(&run->cli, "%s; reconnecting", e->text);
}

void cpl_run_loop(struct cpl_run *run)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (!run->over && !run->stays_open)
		cpl_run_confine(run);
	if (!run->over && cpl_loop_run(run->loop, &e) < 0)
		cpl_run_complain(run, &e);
}

/* Asked for by name, so -q does not hide it. */
static void say_timing(struct cpl_run *run)
{
	char text[CPL_TIMING_TEXT];

	if (!run->cli.timing)
		return;
	cpl_timing_text(&run->timing, cpl_timing_now(), text, sizeof text);
	cpl_cli_warn(&run->cli, "timing: %s", text);
	run->cli.timing = 0;
}

void cpl_run_release(struct cpl_run *run)
{
	cpl_session_free(run->session);
	say_timing(run);
	cpl_secret_wipe(&run->password);
	if (run->ctx)
		xmpp_ctx_free(run->ctx);
	cpl_slab_free(run->slab);
	cpl_loop_free(run->loop);
	cpl_cli_release(&run->cli);
}
