/* SPDX-License-Identifier: MIT
 *
 * xrecv: nothing comes in but from the server; one incoming stanza is one
 * record out, acknowledged when stdout took it. */
#include <stdlib.h>
#include <string.h>

#include "../common/base/limits.h"
#include "../common/base/num.h"
#include "../common/cli/value.h"
#include "xrecv.h"

static const char synopsis[] = "xrecv [options]";

static const char help[] =
    "  -c, --count N          end after N records\n"
    "      --idle SEC         end when nothing came for so long\n"
    "      --from JID         only from there (repeat; a bare JID is all its\n"
    "                         resources, a domain all its users)\n"
    "  -t, --type TYPE        only of that type (repeat)\n"
    "      --kind KIND        message (default), presence, iq (repeat)\n"
    "      --with-body        only with a body\n" CPL_FORMAT_HELP
    "                         (default xml)\n" CPL_BEING_HELP(
	"0") "      --no-reconnect     end when the connection is lost\n";

enum {
	OPT_IDLE = CPL_OPT_TOOL,
	OPT_FROM,
	OPT_KIND,
	OPT_WITH_BODY,
	OPT_NO_RECONNECT
};

static const struct option options[] = {
    CPL_CLI_OPTIONS,
    CPL_FORMAT_OPTIONS,
    CPL_BEING_OPTIONS,
    {"count", required_argument, NULL, 'c'},
    {"idle", required_argument, NULL, OPT_IDLE},
    {"from", required_argument, NULL, OPT_FROM},
    {"type", required_argument, NULL, 't'},
    {"kind", required_argument, NULL, OPT_KIND},
    {"with-body", no_argument, NULL, OPT_WITH_BODY},
    {"no-reconnect", no_argument, NULL, OPT_NO_RECONNECT},
    {NULL, 0, NULL, 0},
};

/* --- records ----------------------------------------------------------- */

int xrecv_full(const struct recv *r)
{
	return r->set.count > 0 && r->printed >= r->set.count;
}

static void check_backlog(struct recv *r)
{
	int much = cpl_output_records(r->output) >= CPL_BACKLOG_STANZAS ||
		   cpl_output_bytes(r->output) >= CPL_BACKLOG_BYTES;

	if (!r->ending)
		cpl_session_hold(r->run.session, much && !xrecv_full(r));
}

static void put(struct recv *r, const char *p, size_t n)
{
	struct cpl_err e = CPL_ERR_INIT;

	r->last = r->number;
	if (cpl_output_put(r->output, p, n, r->number, &e) < 0)
		cpl_run_give_up(&r->run, &e);
	else
		check_backlog(r);
}

static void print(struct recv *r, xmpp_stanza_t *stanza)
{
	struct cpl_err e = CPL_ERR_INIT;

	cpl_buf_truncate(&r->line, 0);
	if (cpl_format_stanza(&r->format, &r->line, stanza) < 0) {
		cpl_buf_err(&r->line, &e, CPL_INTERNAL, "a record");
		cpl_run_give_up(&r->run, &e);
		return;
	}
	r->printed++;
	xrecv_touch_idle(r);
	if (xrecv_full(r))
		xrecv_withdraw(r);
	put(r, r->line.data, r->line.len);
}

int xrecv_wants(const struct recv *r, xmpp_stanza_t *stanza)
{
	return cpl_filter_passes(&r->filter, stanza,
				 cpl_session_jid(r->run.session));
}

static void on_taken(void *user, uint64_t number)
{
	struct recv *r = user;

	cpl_taken_upto(&r->taken, number);
	cpl_session_handled(r->run.session, number);
	check_backlog(r);
	if (r->fetching && number >= r->last) {
		r->fetching = 0;
		cpl_offline_remove(r->offline);
		if (!xrecv_full(r) && !r->ending)
			cpl_offline_next(r->offline);
	}
	if (xrecv_full(r) && number >= r->last && !r->run.over) {
		r->goal_met = 1;
		xrecv_finish(r);
	}
	if (r->ending && cpl_output_records(r->output) == 0)
		xrecv_close(r);
}

static void on_written(void *user)
{
	struct recv *r = user;

	if (r->flushing)
		cpl_run_stop(&r->run);
}

static void on_output_failed(void *user, const struct cpl_err *e)
{
	struct recv *r = user;

	/* head -n N behind -c N: all is well. */
	if (r->goal_met)
		return;
	r->cut = 1;
	cpl_run_output_failed(&r->run, e);
}

/* --- the session ------------------------------------------------------- */

static void go_live(struct recv *r)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (r->set.being.none)
		return;
	if (cpl_presence_announce(r->run.session, &r->set.being.presence, &e) <
	    0)
		cpl_run_give_up(&r->run, &e);
	else
		r->announced = 1;
}

/* Whether the server would send more of what waits than this run prints. */
static int wants_few(const struct recv *r)
{
	return r->set.count > 0 && !r->set.being.none &&
	       r->set.being.presence.priority >= 0 &&
	       (r->filter.kinds & CPL_MESSAGE);
}

static void on_server_known(void *user)
{
	struct recv *r = user;

	if (!wants_few(r) || r->ending)
		return;
	if (cpl_offline_supported(r->offline))
		cpl_offline_list(r->offline);
	else
		go_live(r);
}

static void on_offline_listed(void *user, int ok)
{
	struct recv *r = user;

	if (r->ending || xrecv_full(r))
		return;
	if (ok)
		cpl_offline_next(r->offline);
	else if (!r->announced)
		go_live(r);
}

/* One that is not wanted stays where it is. What was stored between the list
 * and our presence comes by itself no more, hence another list. */
static void on_offline_message(void *user, xmpp_stanza_t *message)
{
	struct recv *r = user;

	if (r->ending || xrecv_full(r))
		return;
	if (!message) {
		if (r->announced)
			return;
		go_live(r);
		if (r->announced)
			cpl_offline_list(r->offline);
	} else if (xrecv_wants(r, message)) {
		r->fetching = 1;
		print(r, message);
	} else {
		put(r, "", 0);
		cpl_offline_next(r->offline);
	}
}

static void on_online(void *user)
{
	struct recv *r = user;
	struct cpl_offline_events events = {on_server_known, on_offline_listed,
					    on_offline_message, r};

	r->online = 1;
	r->outage = 0;
	/* After a new login nothing that was announced or asked counts. */
	r->announced = r->fetching = 0;
	cpl_offline_free(r->offline);
	if (r->ending)
		return;
	xrecv_touch_idle(r);
	r->offline = cpl_offline_new(r->run.session, &events);
	if (!r->offline || !wants_few(r))
		go_live(r);
}

/* Once an outage: what follows is said at -v. */
static void on_lost(void *user, const struct cpl_err *e)
{
	struct recv *r = user;

	if (!r->outage)
		cpl_cli_warn(&r->run.cli, "%s; reconnecting", e->text);
	r->outage = 1;
}

static void on_stanza(void *user, xmpp_stanza_t *stanza, uint64_t number)
{
	struct recv *r = user;

	r->number = number;
	if (stanza && r->offline && cpl_offline_stanza(r->offline, stanza))
		return;
	if (stanza && !r->run.over && !r->closing)
		cpl_answer_iq(r->answer, stanza);
	if (r->run.over || r->ending || xrecv_full(r)) {
		if (stanza)
			xrecv_leave(r, stanza);
		return;
	}
	if (stanza && xrecv_wants(r, stanza)) {
		print(r, stanza);
		return;
	}
	if (stanza)
		r->unwanted++;
	put(r, "", 0);
}

static void release(struct recv *r)
{
	/* First, as it tells those who wait that no answer will come. */
	cpl_session_free(r->run.session);
	r->run.session = NULL;
	cpl_offline_free(r->offline);
	cpl_answer_free(r->answer);
	cpl_output_free(r->output);
	cpl_taken_release(&r->taken);
	cpl_filter_release(&r->filter);
	cpl_format_release(&r->format);
	cpl_buf_release(&r->line);
	cpl_run_release(&r->run);
}

/* --- the command line -------------------------------------------------- */

/* Adds to the filter what one of its options says. */
static void add_filter(struct recv *r, const char *option, const char *value,
		       int (*add)(struct cpl_filter *f, const char *value,
				  struct cpl_err *e))
{
	struct cpl_err e = CPL_ERR_INIT;

	if (add(&r->filter, value, &e) < 0)
		cpl_cli_usage(&r->run.cli, "%s: %s", option, e.text);
}

static void take_option(struct recv *r, int c, const char *arg)
{
	struct settings *set = &r->set;
	struct cpl_cli *cli = &r->run.cli;

	switch (c) {
	case 'c':
		set->count =
		    cpl_value_number(cli, "--count", arg, 1, 1000000000);
		break;
	case OPT_IDLE:
		set->idle = cpl_value_seconds(cli, "--idle", arg, 31536000);
		break;
	case OPT_FROM: add_filter(r, "--from", arg, cpl_filter_add_from); break;
	case OPT_KIND: add_filter(r, "--kind", arg, cpl_filter_add_kind); break;
	case 't': add_filter(r, "--type", arg, cpl_filter_add_type); break;
	case OPT_WITH_BODY: r->filter.with_body = 1; break;
	case OPT_NO_RECONNECT: r->run.retry = 0; break;
	default:
		if (!cpl_format_option(&r->format, cli, c, arg) &&
		    !cpl_being_option(&set->being, cli, c, arg))
			cpl_cli_option(cli, c, arg);
	}
}

static void apply_defaults(struct recv *r)
{
	const char *priority =
	    cpl_setting(&r->run.cli.settings, CPL_SET_PRIORITY);

	if (r->filter.kinds == 0)
		r->filter.kinds = CPL_MESSAGE;
	/* The configuration's was checked when it was read. */
	if (priority && !r->set.being.priority_given)
		(void)!cpl_num_int(priority, -128, 127,
				   &r->set.being.presence.priority, NULL);
}

static void open_recv(struct recv *r)
{
	struct cpl_run_events events = {xrecv_on_interrupted, xrecv_on_timeout,
					r};
	struct cpl_output_events output = {on_taken, on_written,
					   on_output_failed, r};
	struct cpl_session_events session = {.online = on_online,
					     .stanza = on_stanza,
					     .ended = xrecv_on_ended,
					     .lost = on_lost,
					     .user = r};
	struct cpl_err e = CPL_ERR_INIT;

	cpl_run_open(&r->run, &events);
	r->set.being.presence.caps = &r->caps;
	xrecv_clocks(r);
	r->output = cpl_output_new(r->run.loop, 1, &output, &e);
	if (!r->output)
		cpl_cli_die(&r->run.cli, &e);
	if (cpl_run_connect(&r->run, &session) < 0)
		return;
	r->answer =
	    cpl_answer_new(r->run.session, !r->set.being.none, &r->caps);
	if (!r->answer) {
		cpl_err_nomem(&e);
		cpl_run_give_up(&r->run, &e);
	}
}

int main(int argc, char **argv)
{
	struct recv r = {
	    .run = {.retry = -1},
	    .format = {.kinds = CPL_FORMAT_ANY, .kind = CPL_FORMAT_XML}};
	int c;

	cpl_buf_init(&r.line, CPL_RECORD_OUT_MAX);
	cpl_cli_init(&r.run.cli, "xrecv", synopsis, help);
	while ((c = cpl_cli_getopt(
		    argc, argv,
		    CPL_CLI_SHORT CPL_FORMAT_SHORT "c:t:", options)) != -1)
		take_option(&r, c, optarg);
	if (optind < argc)
		cpl_cli_usage(&r.run.cli, "unexpected operand '%s'",
			      argv[optind]);
	cpl_cli_load(&r.run.cli);
	cpl_format_ready(&r.format, &r.run.cli);
	apply_defaults(&r);
	open_recv(&r);
	cpl_run_loop(&r.run);
	xrecv_report(&r);
	release(&r);
	cpl_outcome_exit(&r.run.outcome);
}
