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
    "      --exec COMMAND     run this by sh for each record, on its stdin\n"
    "      --jobs N           so many commands at once (default 1)\n"
    "      --each-timeout SEC a command may take so long (default 30;\n"
    "                         0: for ever)\n"
    "      --on-failure WHAT  when a command fails: retry (default), skip\n"
    "                         or stop\n"
    "      --reply            what a command prints is sent to the sender\n"
    "      --spool FILE       keep there what stdout has not taken\n"
    "      --dedup FILE       not what came before; FILE remembers what did\n"
    "      --receipts         send the receipts that are asked for\n"
    "      --no-reconnect     end when the connection is lost\n"
    "      --durable NAME     leave the session to the next run, which goes "
    "on\n"
    "                         where this one ended\n"
    "      --end              with it: end the session as well\n"
    "      --since WHEN       from the archive first: since a time\n"
    "                         (2026-11-28T10:00Z), for a duration (90s, 15m,\n"
    "                         2h, 7d), or where the last run ended: last, or\n"
    "                         last:NAME for several readers\n"
    "      --carbons          also what other clients of the account receive\n"
    "      --own              with these two: also what the account sends\n"
    "      --with-body        only with a body\n" CPL_FORMAT_HELP
    "                         (default xml)\n" CPL_BEING_HELP("0");

enum {
	OPT_IDLE = CPL_OPT_TOOL,
	OPT_FROM,
	OPT_KIND,
	OPT_WITH_BODY,
	OPT_NO_RECONNECT,
	OPT_EXEC,
	OPT_JOBS,
	OPT_EACH_TIMEOUT,
	OPT_ON_FAILURE,
	OPT_REPLY,
	OPT_SPOOL,
	OPT_DEDUP,
	OPT_RECEIPTS,
	OPT_SINCE,
	OPT_CARBONS,
	OPT_OWN,
	OPT_DURABLE,
	OPT_END
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
    {"exec", required_argument, NULL, OPT_EXEC},
    {"jobs", required_argument, NULL, OPT_JOBS},
    {"each-timeout", required_argument, NULL, OPT_EACH_TIMEOUT},
    {"on-failure", required_argument, NULL, OPT_ON_FAILURE},
    {"reply", no_argument, NULL, OPT_REPLY},
    {"spool", required_argument, NULL, OPT_SPOOL},
    {"dedup", required_argument, NULL, OPT_DEDUP},
    {"receipts", no_argument, NULL, OPT_RECEIPTS},
    {"since", required_argument, NULL, OPT_SINCE},
    {"carbons", no_argument, NULL, OPT_CARBONS},
    {"own", no_argument, NULL, OPT_OWN},
    {"durable", required_argument, NULL, OPT_DURABLE},
    {"end", no_argument, NULL, OPT_END},
    {NULL, 0, NULL, 0},
};

/* --- records ----------------------------------------------------------- */

int xrecv_full(const struct recv *r)
{
	return r->set.count > 0 && r->printed >= r->set.count;
}

static void check_backlog(struct recv *r)
{
	int much = r->sink->records(r) >= CPL_BACKLOG_STANZAS ||
		   r->sink->bytes(r) >= CPL_BACKLOG_BYTES;

	if (!r->ending)
		cpl_session_hold(r->run.session, much && !xrecv_full(r));
}

/* The record at hand, or a stanza that is none (NULL). */
static void put(struct recv *r, xmpp_stanza_t *stanza)
{
	struct cpl_err e = CPL_ERR_INIT;

	r->last = r->number;
	if (r->sink->put(r, stanza, &e) < 0)
		cpl_run_give_up(&r->run, &e);
	else
		check_backlog(r);
}

static void print(struct recv *r, xmpp_stanza_t *stanza)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (xrecv_is_double(r, stanza)) {
		put(r, NULL);
		return;
	}
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
	put(r, stanza);
}

int xrecv_wants(const struct recv *r, xmpp_stanza_t *stanza)
{
	return cpl_filter_passes(&r->filter, stanza,
				 cpl_session_jid(r->run.session));
}

void xrecv_skip(struct recv *r)
{
	if (!r->run.over && !r->ending && !xrecv_full(r))
		put(r, NULL);
}

void xrecv_deliver(struct recv *r, xmpp_stanza_t *stanza)
{
	if (xrecv_wants(r, stanza)) {
		print(r, stanza);
		return;
	}
	r->unwanted++;
	put(r, NULL);
}

void xrecv_taken(struct recv *r, uint64_t number)
{
	cpl_taken_upto(&r->taken, number);
	cpl_session_handled(r->run.session, number);
	xrecv_dedup_flush(r);
	check_backlog(r);
	if (r->fetching && number >= r->last) {
		r->fetching = 0;
		cpl_offline_remove(r->offline);
		if (!xrecv_full(r) && !r->ending)
			cpl_offline_next(r->offline);
	}
	xrecv_moved(r);
}

void xrecv_moved(struct recv *r)
{
	if (xrecv_full(r) && !r->run.over && r->sink->reached(r)) {
		r->goal_met = 1;
		xrecv_finish(r);
	}
	if (r->flushing && !r->sink->writing(r))
		cpl_run_stop(&r->run);
	else if (r->ending && !r->sink->busy(r))
		xrecv_close(r);
	xrecv_since_more(r);
}

void xrecv_output_failed(void *user, const struct cpl_err *e)
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
	return r->set.count > 0 && !r->set.being.none && !r->since &&
	       !xrecv_is_left(r) && r->set.being.presence.priority >= 0 &&
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
		xrecv_receipt(r, message);
		print(r, message);
	} else {
		put(r, NULL);
		cpl_offline_next(r->offline);
	}
}

void xrecv_ready(struct recv *r)
{
	struct cpl_offline_events events = {on_server_known, on_offline_listed,
					    on_offline_message, r};

	if (--r->preparing > 0 || r->run.over || r->ending)
		return;
	r->offline = cpl_offline_new(r->run.session, &events);
	if (!r->offline || !wants_few(r))
		go_live(r);
	xrecv_since_live(r);
}

static void on_online(void *user)
{
	struct recv *r = user;

	r->online = 1;
	r->outage = 0;
	/* After a new login nothing that was announced or asked counts. */
	r->announced = r->fetching = 0;
	cpl_offline_free(r->offline);
	r->offline = NULL;
	if (r->ending || xrecv_full(r))
		return;
	xrecv_touch_idle(r);
	xrecv_receipts_online(r);
	r->preparing = 1;
	xrecv_since_prepare(r);
	xrecv_carbons_prepare(r);
	xrecv_durable_prepare(r);
	xrecv_ready(r);
}

/* The session of an earlier run: presence is announced already, and nothing has
 * to be waited for. */
static void on_resumed(void *user)
{
	struct recv *r = user;

	r->online = 1;
	r->announced = !r->set.being.none;
	if (r->ending)
		return;
	xrecv_touch_idle(r);
	xrecv_receipts_online(r);
	r->preparing = 1;
	xrecv_carbons_prepare(r);
	xrecv_since_resumed(r);
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
	xmpp_stanza_t *message;

	r->number = number;
	if (stanza && r->offline && cpl_offline_stanza(r->offline, stanza))
		return;
	if (stanza && xrecv_since_result(r, stanza))
		return;
	if (stanza && !r->run.over && !r->closing)
		cpl_answer_iq(r->answer, stanza);
	if (r->run.over || r->ending || xrecv_full(r)) {
		if (stanza)
			xrecv_leave(r, stanza);
		return;
	}
	message = stanza ? xrecv_carbons_open(r, stanza) : NULL;
	if (!message || xrecv_since_holds(r, message)) {
		xrecv_skip(r);
		return;
	}
	/* Not for what went to another client. */
	if (message == stanza && xrecv_wants(r, stanza))
		xrecv_receipt(r, stanza);
	xrecv_deliver(r, message);
}

static void release(struct recv *r)
{
	/* First, as it tells those who wait that no answer will come. */
	cpl_session_free(r->run.session);
	r->run.session = NULL;
	cpl_offline_free(r->offline);
	cpl_answer_free(r->answer);
	r->sink->release(r);
	cpl_taken_release(&r->taken);
	cpl_dedup_close(r->dedup);
	xrecv_since_free(r);
	xrecv_durable_free(r);
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

/* Where the records go; non-zero: it was one of these options. */
static int take_sink(struct recv *r, int c, char *arg)
{
	static const char *const words[] = {"retry", "skip", "stop"};
	struct settings *set = &r->set;
	struct cpl_cli *cli = &r->run.cli;
	const char *word;

	switch (c) {
	case OPT_EXEC: set->exec = arg; return 1;
	case OPT_SPOOL: set->spool = arg; return 1;
	case OPT_JOBS:
		set->jobs =
		    cpl_value_number(cli, "--jobs", arg, 1, CPL_JOBS_MAX);
		set->extra = "--jobs";
		return 1;
	case OPT_EACH_TIMEOUT:
		set->each_timeout =
		    cpl_value_seconds(cli, "--each-timeout", arg, 86400);
		set->extra = "--each-timeout";
		return 1;
	case OPT_ON_FAILURE:
		word = cpl_value_word(cli, "--on-failure", arg, words, 3);
		set->on_failure = strcmp(word, "retry") == 0  ? XRECV_RETRY
				  : strcmp(word, "skip") == 0 ? XRECV_SKIP
							      : XRECV_STOP;
		set->extra = "--on-failure";
		return 1;
	case OPT_REPLY:
		set->reply = 1;
		set->extra = "--reply";
		return 1;
	default: return 0;
	}
}

/* What --exec and the options about it say together. */
static void choose_sink(struct recv *r)
{
	const struct settings *set = &r->set;
	struct cpl_cli *cli = &r->run.cli;

	if (set->exec && set->spool)
		cpl_cli_usage(cli, "--exec and --spool exclude each other");
	if (set->extra && !set->exec)
		cpl_cli_usage(cli, "%s without --exec", set->extra);
	if (set->exec && !*set->exec)
		cpl_cli_usage(cli, "--exec: no command");
	if (set->spool && !*set->spool)
		cpl_cli_usage(cli, "--spool: no file");
	if (set->end && !r->durable)
		cpl_cli_usage(cli, "--end without --durable");
	if (r->durable && r->since && !xrecv_since_is_last(r))
		cpl_cli_usage(cli, "with --durable --since can only be last");
	r->sink = set->exec    ? &xrecv_exec
		  : set->spool ? &xrecv_spool
			       : &xrecv_stdout;
}

static void take_option(struct recv *r, int c, char *arg)
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
	case OPT_DEDUP: set->dedup = arg; break;
	case OPT_RECEIPTS: set->receipts = 1; break;
	case OPT_SINCE: xrecv_since_option(r, arg); break;
	case OPT_CARBONS: set->carbons = 1; break;
	case OPT_OWN: set->own = 1; break;
	case OPT_DURABLE: xrecv_durable_option(r, arg); break;
	case OPT_END: set->end = 1; break;
	default:
		if (!take_sink(r, c, arg) &&
		    !cpl_format_option(&r->format, cli, c, arg) &&
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
	struct cpl_session_events session = {
	    .online = on_online,
	    .stanza = on_stanza,
	    .acked = r->set.reply ? xrecv_on_acked : NULL,
	    .ended = xrecv_on_ended,
	    .lost = on_lost,
	    .resumed = on_resumed,
	    .enabled = xrecv_on_enabled,
	    .counted = xrecv_on_counted,
	    .user = r};
	struct cpl_err e = CPL_ERR_INIT;

	cpl_run_open(&r->run, &events);
	r->set.being.presence.caps = &r->caps;
	xrecv_clocks(r);
	if (r->sink->open(r, &e) < 0)
		cpl_cli_die(&r->run.cli, &e);
	xrecv_dedup_open(r);
	xrecv_receipts_open(r);
	if (cpl_run_connect(&r->run, &session) < 0)
		return;
	xrecv_durable_connect(r);
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
	    .set = {.jobs = 1, .each_timeout = 30 * 1000},
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
	choose_sink(&r);
	cpl_cli_load(&r.run.cli);
	cpl_format_ready(&r.format, &r.run.cli);
	apply_defaults(&r);
	xrecv_since_open(&r);
	xrecv_durable_open(&r);
	open_recv(&r);
	cpl_run_loop(&r.run);
	xrecv_since_close(&r);
	xrecv_report(&r);
	release(&r);
	cpl_outcome_exit(&r.run.outcome);
}
