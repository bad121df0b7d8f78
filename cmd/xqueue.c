/* SPDX-License-Identifier: MIT
 *
 * xqueue: nothing comes in; of list, a message that waits is one record out.
 * run sends them. */
#include "xqueue.h"

#include <stdlib.h>
#include <string.h>

#include "../common/base/limits.h"
#include "../common/cli/value.h"

static const char synopsis[] =
    "xqueue [options] [list]\n"
    "xqueue [options] run [--watch] [--bounce-wait SEC]\n"
    "xqueue [options] drop ID...\n"
    "xqueue [options] retry ID...";

static const char help[] =
    "      --watch            go on, and send what comes, when it comes\n"
    "      --bounce-wait SEC  wait so long for bounces (default 2; 0: "
    "not)\n" CPL_FORMAT_HELP "                         (default text)\n";

enum { OPT_WATCH = CPL_OPT_TOOL, OPT_BOUNCE_WAIT };

static const struct option options[] = {
    CPL_CLI_OPTIONS,
    CPL_FORMAT_OPTIONS,
    {"watch", no_argument, NULL, OPT_WATCH},
    {"bounce-wait", required_argument, NULL, OPT_BOUNCE_WAIT},
    {NULL, 0, NULL, 0},
};

static const struct xqueue_verb verbs[] = {
    {"list", 0, XQUEUE_FORMAT, xqueue_list},
    {"run", 0, XQUEUE_WATCH | XQUEUE_BOUNCE, xqueue_run},
    {"drop", 1, 0, xqueue_drop},
    {"retry", 1, 0, xqueue_retry},
};
#define VERBS (sizeof verbs / sizeof *verbs)

static void take_option(struct xqueue *x, int c, const char *arg)
{
	struct cpl_cli *cli = &x->run.cli;

	if (cpl_format_option(&x->format, cli, c, arg)) {
		x->given |= XQUEUE_FORMAT;
		return;
	}
	switch (c) {
	case OPT_WATCH: x->given |= XQUEUE_WATCH; break;
	case OPT_BOUNCE_WAIT:
		x->given |= XQUEUE_BOUNCE;
		x->bounce_wait =
		    cpl_value_seconds(cli, "--bounce-wait", arg, 3600);
		break;
	default:
		if (!cpl_run_option(&x->run, c, arg))
			cpl_cli_option(cli, c, arg);
	}
}

/* What does not go together. An ID is the name of a file: nothing else may
 * come through here. */
static void check(struct xqueue *x, int argc, char **argv)
{
	const struct cpl_cli *cli = &x->run.cli;
	unsigned wrong = x->given & ~x->verb->options;

	if (wrong & XQUEUE_WATCH)
		cpl_cli_usage(cli, "--watch goes with run");
	if (wrong & XQUEUE_BOUNCE)
		cpl_cli_usage(cli, "--bounce-wait goes with run");
	if (wrong & XQUEUE_FORMAT)
		cpl_cli_usage(cli, "-o, -x, -j, -F and -N go with list");
	if (cpl_cli_ends_early(cli))
		return;
	if (x->verb->ids && argc == 0)
		cpl_cli_usage(cli, "%s takes ID...", x->verb->word);
	if (!x->verb->ids && argc > 0)
		cpl_cli_usage(cli, "%s takes nothing else", x->verb->word);
	for (int i = 0; i < argc; i++)
		if (!cpl_queue_is_id(argv[i]))
			cpl_cli_usage(cli, "%s is no ID of the list", argv[i]);
}

void xqueue_open(struct xqueue *x, int make)
{
	struct cpl_cli *cli = &x->run.cli;
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_jid jid;

	if (cpl_jid_parse(&jid, cpl_setting(&cli->settings, CPL_SET_JID), &e) <
	    0)
		cpl_cli_die(cli, &e);
	x->account = strdup(jid.bare);
	if (x->account)
		x->queue = cpl_queue_open(cpl_cli_state_folder(cli), x->account,
					  make, &cli->log, &e);
	else
		cpl_err_nomem(&e);
	cpl_jid_release(&jid);
	if (!x->queue)
		cpl_cli_die(cli, &e);
}

static void release(struct xqueue *x)
{
	cpl_queue_free(x->queue);
	free(x->account);
	cpl_format_release(&x->format);
	cpl_run_release(&x->run);
}

int main(int argc, char **argv)
{
	struct xqueue x = {
	    .verb = &verbs[0],
	    .format = {.kinds = CPL_FORMAT_ANY, .kind = CPL_FORMAT_TEXT},
	    .bounce_wait = CPL_BOUNCE_WAIT_MS,
	};
	int c;

	cpl_cli_init(&x.run.cli, "xqueue", synopsis, help);
	while ((c = cpl_cli_getopt(argc, argv, CPL_CLI_SHORT CPL_FORMAT_SHORT,
				   options)) != -1)
		take_option(&x, c, optarg);
	argc -= optind;
	argv += optind;
	if (argc > 0) {
		x.verb = cpl_value_verb(&x.run.cli, argv[0], verbs,
					sizeof *verbs, VERBS);
		argc--;
		argv++;
	}
	check(&x, argc, argv);
	cpl_cli_load(&x.run.cli);
	cpl_format_ready(&x.format, &x.run.cli);
	x.verb->act(&x, argc, argv);
	release(&x);
	cpl_outcome_exit(&x.run.outcome);
}
