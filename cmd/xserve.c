/* SPDX-License-Identifier: MIT
 *
 * xserve: nothing comes in or goes out but to and from the server; one request
 * is one record on the stdin of a command, and what that prints the answer. */
#include "xserve.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "../common/base/limits.h"
#include "../common/cli/spawn.h"
#include "../common/cli/value.h"
#include "../common/stanza/ns.h"

static const char synopsis[] =
    "xserve [options] NAMESPACE [--allow JID]... -- COMMAND [ARG...]";

static const char help[] =
    "      --allow JID        may ask too (repeat; a bare JID is all its\n"
    "                         resources, a domain all its users)\n"
    "      --jobs N           so many commands at once (default 4)\n"
    "      --each-timeout SEC a command may take so long (default 30;\n"
    "                         0: for ever)\n"
    "      --idle SEC         end when nothing was asked for so long\n"
    "  -c, --count N          end after N requests\n" CPL_RUN_NO_RECONNECT_HELP
	CPL_BEING_HELP("-1") CPL_FORMAT_HELP
    "                         (what the command reads; default xml)\n";

enum { OPT_ALLOW = CPL_OPT_TOOL, OPT_JOBS, OPT_EACH_TIMEOUT, OPT_IDLE };

static const struct option options[] = {
    CPL_CLI_OPTIONS,
    CPL_FORMAT_OPTIONS,
    CPL_BEING_OPTIONS,
    CPL_RUN_NO_RECONNECT,
    {"allow", required_argument, NULL, OPT_ALLOW},
    {"jobs", required_argument, NULL, OPT_JOBS},
    {"each-timeout", required_argument, NULL, OPT_EACH_TIMEOUT},
    {"count", required_argument, NULL, 'c'},
    {"idle", required_argument, NULL, OPT_IDLE},
    {NULL, 0, NULL, 0},
};

/* Commands under way get so long at the end. */
#define DRAIN_MS 1000

#define UNCONFIRMED "the server has not confirmed the last answers"

/* --- the end ----------------------------------------------------------- */

static int full(const struct serve *s)
{
	return s->set.count > 0 && s->taken >= s->set.count;
}

static void close_session(struct serve *s)
{
	s->phase = SERVE_CLOSING;
	cpl_loop_cancel(s->run.loop, &s->grace);
	if (s->run.session && !s->ended)
		cpl_session_close(s->run.session, 1);
}

/* The stream is closed when all is answered and the server has said that it
 * has the answers, or says nothing for too long; the loop ends when no command
 * is left either. */
static void end_when_done(struct serve *s)
{
	if (s->phase == SERVE_DRAINING && xserve_open(s) == 0) {
		if (s->ended || !s->online || s->acked >= s->last_sent)
			close_session(s);
		else if (!s->grace.armed)
			cpl_loop_timer(s->run.loop, &s->grace, CPL_CLOSE_MS);
	}
	if (s->ended && !s->jobs)
		cpl_run_stop(&s->run);
}

/* No more is taken. What waits has no time to be run, except after -c, which
 * asked for it. */
static void drain(struct serve *s, int hurry)
{
	if (s->phase == SERVE_CLOSING)
		return;
	if (s->phase == SERVE_ON && s->online && !s->ended &&
	    !s->set.being.none)
		(void)!cpl_presence_withdraw(s->run.session, NULL);
	s->phase = SERVE_DRAINING;
	cpl_loop_cancel(s->run.loop, &s->idle);
	if (hurry) {
		xserve_turn_away(s);
		cpl_loop_timer(s->run.loop, &s->grace, DRAIN_MS);
	}
	end_when_done(s);
}

/* First the commands had their time, then the server. */
static void on_grace(void *user)
{
	struct serve *s = user;

	if (xserve_open(s) == 0) {
		close_session(s);
		return;
	}
	xserve_stop(s);
	cpl_loop_timer(s->run.loop, &s->grace, CPL_CLOSE_MS);
	end_when_done(s);
}

static void on_interrupted(void *user)
{
	drain(user, 1);
}

/* The planned end: a failure only where -c asked for more. */
static void end_planned(struct serve *s, enum cpl_status status,
			const char *why)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (s->set.count > 0 && s->answered < s->set.count) {
		cpl_err_set(&e, status, "%s after %ld of %ld request%s", why,
			    s->answered, s->set.count,
			    s->set.count == 1 ? "" : "s");
		cpl_run_complain(&s->run, &e);
	}
	drain(s, 1);
}

static void on_timeout(void *user)
{
	struct serve *s = user;
	struct cpl_err e = CPL_ERR_INIT;

	if (s->online) {
		end_planned(s, CPL_TIMEOUT, "timed out (-W)");
		return;
	}
	cpl_err_set(&e, CPL_TEMP, "timed out (-W) before the login");
	cpl_run_give_up(&s->run, &e);
}

static void touch_idle(struct serve *s)
{
	if (s->set.idle > 0 && s->phase == SERVE_ON)
		cpl_loop_timer(s->run.loop, &s->idle, s->set.idle);
}

static void on_idle(void *user)
{
	struct serve *s = user;

	if (s->jobs)
		touch_idle(s);
	else
		end_planned(s, CPL_REFUSED, "nothing was asked (--idle)");
}

/* --- the session ------------------------------------------------------- */

void xserve_progress(struct serve *s)
{
	touch_idle(s);
	if (!s->ended)
		xserve_start(s);
	end_when_done(s);
}

/* Remembers the own address; non-zero: it is the same as before. */
static int note_address(struct serve *s)
{
	const char *address = cpl_session_jid(s->run.session)->full;
	int same = s->address && strcmp(s->address, address) == 0;

	if (same)
		return 1;
	free(s->address);
	s->address = strdup(address);
	return 0;
}

/* In place of the session that is lost there is another. */
static void renew(struct serve *s)
{
	struct cpl_err e = CPL_ERR_INIT;
	int same = note_address(s);

	if (s->acked < s->last_sent) {
		cpl_err_set(&e, CPL_TEMP, UNCONFIRMED);
		cpl_run_complain(&s->run, &e);
		s->last_sent = s->acked;
	}
	xserve_renew(s, same);
}

static void on_online(void *user)
{
	struct serve *s = user;
	struct cpl_err e = CPL_ERR_INIT;

	if (s->online)
		renew(s);
	else
		note_address(s);
	s->online = 1;
	touch_idle(s);
	if (s->phase == SERVE_ON && !s->set.being.none &&
	    cpl_presence_announce(s->run.session, &s->set.being.presence, &e) <
		0)
		cpl_run_give_up(&s->run, &e);
	end_when_done(s);
}

static void on_lost(void *user, const struct cpl_err *e)
{
	struct serve *s = user;

	cpl_run_lost(&s->run, e);
}

/* Who may ask may know what there is to ask. */
static void answer_other(struct serve *s, xmpp_stanza_t *stanza)
{
	if (xserve_may_ask(s, stanza))
		cpl_answer_trusted(s->answer, stanza);
	else
		cpl_answer_iq(s->answer, stanza);
}

static void on_stanza(void *user, xmpp_stanza_t *stanza, uint64_t number)
{
	struct serve *s = user;

	s->seen = number;
	if (stanza && s->phase != SERVE_CLOSING && !s->run.over) {
		if (cpl_filter_kind(stanza) == CPL_MESSAGE)
			s->dropped++;
		else if (!xserve_take(s, stanza, number))
			answer_other(s, stanza);
		else if (full(s) && s->phase == SERVE_ON)
			drain(s, 0);
		if (!s->run.over)
			xserve_progress(s);
	}
	xserve_settle(s);
}

static void on_acked(void *user, uint64_t upto)
{
	struct serve *s = user;

	s->acked = upto;
	if (!s->ended)
		xserve_start(s);
	end_when_done(s);
}

static void on_ended(void *user, const struct cpl_err *e)
{
	struct serve *s = user;
	struct cpl_err why = *e;

	s->unanswered = (long)xserve_open(s);
	if (s->unanswered > 0 && why.status == CPL_REFUSED)
		why.status = CPL_TEMP;
	if (why.status == CPL_OK && s->acked < s->last_sent)
		cpl_err_set(&why, CPL_TEMP, UNCONFIRMED);
	if (why.status != CPL_OK)
		cpl_run_complain(&s->run, &why);
	if (s->unanswered > 0)
		cpl_cli_warn(&s->run.cli, "%ld request%s not answered",
			     s->unanswered,
			     s->unanswered == 1 ? " was" : "s were");
	s->ended = 1;
	s->phase = SERVE_CLOSING;
	cpl_loop_cancel(s->run.loop, &s->idle);
	cpl_loop_cancel(s->run.loop, &s->grace);
	xserve_abandon(s);
	end_when_done(s);
}

static void release(struct serve *s)
{
	if (s->dropped > 0)
		cpl_log(&s->run.cli.log, CPL_LOG_INFO,
			"%ld message%s came and %s dropped", s->dropped,
			s->dropped == 1 ? "" : "s",
			s->dropped == 1 ? "was" : "were");
	xserve_free_jobs(s);
	/* Before the answers, as it tells those who wait that none will come.
	 */
	cpl_session_free(s->run.session);
	s->run.session = NULL;
	cpl_answer_free(s->answer);
	free(s->address);
	cpl_filter_release(&s->allowed);
	cpl_format_release(&s->format);
	cpl_run_release(&s->run);
}

/* --- the command line -------------------------------------------------- */

static void add_allowed(struct serve *s, const char *jid)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (cpl_filter_add_from(&s->allowed, jid, &e) < 0)
		cpl_cli_usage(&s->run.cli, "--allow: %s", e.text);
}

/* The one operand in front of the command, which getopt gives out as it comes:
 * all else that comes so lacks its "--". */
static void set_namespace(struct serve *s, const char *ns)
{
	static const char *const ours[] = {CPL_NS_CLIENT, CPL_NS_ROSTER,
					   CPL_NS_DISCO_INFO};
	struct cpl_cli *cli = &s->run.cli;
	struct cpl_err e = CPL_ERR_INIT;

	if (s->set.ns)
		cpl_cli_usage(cli,
			      "unexpected operand '%s': a command comes "
			      "behind --",
			      ns);
	cpl_value_text(cli, "namespace", ns);
	if (!*ns || strlen(ns) > CPL_STANZA_NAMESPACE_MAX ||
	    strpbrk(ns, " \t\r\n"))
		cpl_cli_usage(cli, "'%.80s' is no namespace", ns);
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		if (strcmp(ns, ours[i]) == 0)
			cpl_cli_usage(cli, "%s: no command can serve that", ns);
	if (cpl_caps_add(&s->caps, ns, &e) < 0)
		cpl_cli_usage(cli, "%s: %s", ns, e.text);
	s->set.ns = ns;
}

static void take_option(struct serve *s, int c, const char *arg)
{
	struct serve_settings *set = &s->set;
	struct cpl_cli *cli = &s->run.cli;

	if (cpl_format_option(&s->format, cli, c, arg) ||
	    cpl_being_option(&set->being, cli, c, arg) ||
	    cpl_run_option(&s->run, c, arg))
		return;
	switch (c) {
	case 1: set_namespace(s, arg); break;
	case OPT_ALLOW: add_allowed(s, arg); break;
	case OPT_JOBS:
		set->jobs =
		    cpl_value_number(cli, "--jobs", arg, 1, CPL_JOBS_MAX);
		break;
	case OPT_EACH_TIMEOUT:
		set->each_timeout =
		    cpl_value_seconds(cli, "--each-timeout", arg, 86400);
		break;
	case 'c':
		set->count =
		    cpl_value_number(cli, "--count", arg, 1, 1000000000);
		break;
	case OPT_IDLE:
		set->idle = cpl_value_seconds(cli, "--idle", arg, 31536000);
		break;
	default: cpl_cli_option(cli, c, arg);
	}
}

static void check_operands(struct serve *s, char **command)
{
	if (cpl_cli_ends_early(&s->run.cli))
		return;
	if (!s->set.ns)
		cpl_cli_usage(&s->run.cli, "no namespace");
	if (!*command)
		cpl_cli_usage(&s->run.cli, "no command");
	s->set.command = command;
}

/* What fails ends the process. */
static void open_serve(struct serve *s)
{
	struct cpl_run_events events = {on_interrupted, on_timeout, s};
	struct cpl_session_events session = {.online = on_online,
					     .stanza = on_stanza,
					     .acked = on_acked,
					     .ended = on_ended,
					     .lost = on_lost,
					     .user = s};
	struct cpl_err e = CPL_ERR_INIT;

	if (cpl_spawn_find(s->set.command[0], &e) < 0)
		cpl_cli_die(&s->run.cli, &e);
	s->run.stays_open = 1;
	cpl_run_open(&s->run, &events);
	/* It has been read: no command needs it. */
	if (s->run.cli.password_fd >= 0)
		fcntl(s->run.cli.password_fd, F_SETFD, FD_CLOEXEC);
	s->idle.fire = on_idle;
	s->grace.fire = on_grace;
	s->idle.user = s->grace.user = s;
	if (cpl_run_connect(&s->run, &session) < 0)
		return;
	cpl_session_announces(s->run.session);
	s->answer =
	    cpl_answer_new(s->run.session, !s->set.being.none, &s->caps);
	if (!s->answer) {
		cpl_run_no_memory(&s->run);
	}
}

int main(int argc, char **argv)
{
	struct serve s = {
	    .run = {.retry = -1},
	    .set = {.jobs = 4,
		    .each_timeout = 30 * 1000,
		    .being = {.presence = {.priority = -1}}},
	    .format = {.kinds = CPL_FORMAT_ANY, .kind = CPL_FORMAT_XML}};
	int c;

	s.set.being.presence.caps = &s.caps;
	cpl_cli_init(&s.run.cli, "xserve", synopsis, help);
	/* "-": operands as options of the value 1, up to "--". */
	while ((c = cpl_cli_getopt(
		    argc, argv,
		    "-" CPL_CLI_SHORT CPL_FORMAT_SHORT "c:", options)) != -1)
		take_option(&s, c, optarg);
	check_operands(&s, argv + optind);
	cpl_cli_load(&s.run.cli);
	cpl_format_ready(&s.format, &s.run.cli);
	open_serve(&s);
	cpl_run_loop(&s.run);
	release(&s);
	cpl_outcome_exit(&s.run.outcome);
}
