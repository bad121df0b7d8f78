/* SPDX-License-Identifier: MIT
 *
 * The command line of xrecv. */
#include <string.h>

#include "../common/base/limits.h"
#include "../common/base/num.h"
#include "../common/cli/room_option.h"
#include "../common/cli/value.h"
#include "xrecv.h"

static const char synopsis[] = "xrecv [options]";

static const char help[] =
    "  -R, --room ROOM[/NICK] be in that room and print what comes there\n"
    "                         (repeat)\n" CPL_ROOM_HELP
    "      --history N|SINCE  begin with so many of its past messages, or\n"
    "                         with those since a time or for a duration\n"
    "      --subject          also its subject, and changes of it\n"
    "      --occupants        also who comes and goes\n"
    "      --accept-invites JID\n"
    "                         also in rooms that this person, domain, room\n"
    "                         or service invites to (repeat)\n"
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
    "      --receipts         send the receipts that are asked "
    "for\n" CPL_RUN_NO_RECONNECT_HELP
    "      --durable NAME     leave the session to the next run, which goes "
    "on\n"
    "                         where this one ended\n"
    "      --end              with it: end the session as well\n"
    "      --since WHEN       from the archive first: since a time\n"
    "                         (2026-11-28T10:00Z), for a duration (90s, 15m,\n"
    "                         2h, 7d), or where the last run ended: last, or\n"
    "                         last:NAME for several readers\n"
    "      --carbons          also what other clients of the account receive\n"
    "      --own              with -R, --since or --carbons: also what the\n"
    "                         account sends\n"
    "      --with-body        only with a body\n" CPL_FORMAT_HELP
    "                         (default xml)\n" CPL_BEING_HELP("0");

enum {
	OPT_IDLE = CPL_OPT_TOOL,
	OPT_FROM,
	OPT_KIND,
	OPT_WITH_BODY,
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
    {"room", required_argument, NULL, 'R'},
    CPL_ROOM_OPTIONS,
    {"history", required_argument, NULL, XRECV_OPT_HISTORY},
    {"subject", no_argument, NULL, XRECV_OPT_SUBJECT},
    {"occupants", no_argument, NULL, XRECV_OPT_OCCUPANTS},
    {"accept-invites", required_argument, NULL, XRECV_OPT_ACCEPT_INVITES},
    {"idle", required_argument, NULL, OPT_IDLE},
    {"from", required_argument, NULL, OPT_FROM},
    {"type", required_argument, NULL, 't'},
    {"kind", required_argument, NULL, OPT_KIND},
    {"with-body", no_argument, NULL, OPT_WITH_BODY},
    CPL_RUN_NO_RECONNECT,
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
		    !cpl_being_option(&set->being, cli, c, arg) &&
		    !cpl_run_option(&r->run, c, arg) &&
		    !xrecv_room_option(r, c, arg))
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

void xrecv_options(struct recv *r, int argc, char **argv)
{
	struct cpl_cli *cli = &r->run.cli;
	int c;

	cpl_cli_init(cli, "xrecv", synopsis, help);
	while ((c = cpl_cli_getopt(
		    argc, argv,
		    CPL_CLI_SHORT CPL_FORMAT_SHORT "R:c:t:", options)) != -1)
		take_option(r, c, optarg);
	if (optind < argc)
		cpl_cli_usage(cli, "unexpected operand '%s'", argv[optind]);
	choose_sink(r);
	xrecv_rooms_settle(r);
	cpl_cli_load(cli);
	cpl_format_ready(&r->format, cli);
	apply_defaults(r);
	xrecv_rooms_parse(r);
}
