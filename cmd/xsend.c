/* SPDX-License-Identifier: MIT
 *
 * xsend: one record in (text, a line, a stanza) is one message for each
 * recipient; nothing comes out, or with --print-id an id for each. */
#include <string.h>

#include "../common/base/limits.h"
#include "../common/cli/value.h"
#include "xsend.h"

static const char synopsis[] = "xsend [options] JID|ALIAS...\n"
			       "xsend -x|-j [options] [JID|ALIAS...]";

static const char help[] =
    "  -m, --message TEXT     the body; stdin is not read\n"
    "  -l, --lines            one message a line, sent as it arrives\n"
    "  -0, --null             one message for each NUL-terminated record\n"
    "  -x, --xml              stdin holds stanzas, each in XML or JSON\n"
    "  -j, --json             the same\n"
    "  -r, --recipients FILE  recipients, one a line\n"
    "  -R, --room             the recipients are rooms, which are joined\n"
    "  -t, --type TYPE        chat (default), normal, headline, groupchat\n"
    "  -s, --subject TEXT     the subject\n"
    "      --thread ID        the thread\n"
    "      --id ID            the stanza's id instead of a fresh one\n"
    "      --reply            of stanzas: send to where they came from\n"
    "      --to-self          of stanzas: messages to the own account too\n"
    "      --sanitize         replace what is not text instead of refusing\n"
    "      --print-id         print the id of each message\n"
    "      --bounce-wait SEC  wait so long for bounces (default 2; 0: "
    "not)\n" CPL_RUN_RETRY_HELP CPL_RUN_RETRY_SET_HELP
    "      --unsent FILE      write what was not confirmed there, for -x\n"
    "      --log-file FILE    add what became of each message, a line each\n"
    "      --syslog           the same to syslog\n"
    "      --progress         say how it goes, without a terminal too\n"
    "      --receipt SEC      ask the recipients' clients for receipts, and\n"
    "                         wait so long for each\n" CPL_ROOM_HELP
    "      --create           a room that does not exist is made\n"
    "      --queue            what cannot be delivered waits on disk, and is\n"
    "                         sent first the next time\n"
    "      --queue-ok         the same, and that is no failure\n";

enum {
	OPT_THREAD = CPL_OPT_TOOL,
	OPT_ID,
	OPT_REPLY,
	OPT_TO_SELF,
	OPT_SANITIZE,
	OPT_PRINT_ID,
	OPT_BOUNCE_WAIT,
	OPT_UNSENT,
	OPT_LOG_FILE,
	OPT_SYSLOG,
	OPT_PROGRESS,
	OPT_RECEIPT,
	OPT_CREATE,
	OPT_QUEUE,
	OPT_QUEUE_OK
};

static const struct option options[] = {
    CPL_CLI_OPTIONS,
    {"message", required_argument, NULL, 'm'},
    {"lines", no_argument, NULL, 'l'},
    {"null", no_argument, NULL, '0'},
    {"xml", no_argument, NULL, 'x'},
    {"json", no_argument, NULL, 'j'},
    {"recipients", required_argument, NULL, 'r'},
    {"room", no_argument, NULL, 'R'},
    {"type", required_argument, NULL, 't'},
    {"subject", required_argument, NULL, 's'},
    {"thread", required_argument, NULL, OPT_THREAD},
    {"id", required_argument, NULL, OPT_ID},
    {"reply", no_argument, NULL, OPT_REPLY},
    {"to-self", no_argument, NULL, OPT_TO_SELF},
    {"sanitize", no_argument, NULL, OPT_SANITIZE},
    {"print-id", no_argument, NULL, OPT_PRINT_ID},
    {"bounce-wait", required_argument, NULL, OPT_BOUNCE_WAIT},
    CPL_RUN_RETRY,
    CPL_RUN_RETRY_SET,
    {"unsent", required_argument, NULL, OPT_UNSENT},
    {"log-file", required_argument, NULL, OPT_LOG_FILE},
    {"syslog", no_argument, NULL, OPT_SYSLOG},
    {"progress", no_argument, NULL, OPT_PROGRESS},
    {"receipt", required_argument, NULL, OPT_RECEIPT},
    CPL_ROOM_OPTIONS,
    {"create", no_argument, NULL, OPT_CREATE},
    {"queue", no_argument, NULL, OPT_QUEUE},
    {"queue-ok", no_argument, NULL, OPT_QUEUE_OK},
    {NULL, 0, NULL, 0},
};

static void set_mode(struct send *r, enum cpl_input_mode mode)
{
	if (r->set.mode_given && r->set.feed.mode != mode)
		cpl_cli_usage(&r->run.cli,
			      "-l, -0 and -x or -j exclude each other");
	r->set.feed.mode = mode;
	r->set.mode_given = 1;
}

static void set_type(struct send *r, const char *type)
{
	static const char *const types[] = {"chat", "normal", "headline",
					    "groupchat"};

	r->set.feed.message.type = cpl_value_word(
	    &r->run.cli, "--type", type, types, sizeof types / sizeof *types);
	r->set.type_given = 1;
}

static void add_file(struct send *r, const char *path)
{
	size_t most = sizeof r->set.files / sizeof *r->set.files;

	if (r->set.file_count == most)
		cpl_cli_usage(&r->run.cli, "more than %zu files of recipients",
			      most);
	r->set.files[r->set.file_count++] = path;
}

static void take_option(struct send *r, int c, const char *arg)
{
	struct settings *set = &r->set;
	struct cpl_message *m = &set->feed.message;
	struct cpl_cli *cli = &r->run.cli;

	switch (c) {
	case 'm': set->feed.text = arg; break;
	case 'l': set_mode(r, CPL_INPUT_LINES); break;
	case '0': set_mode(r, CPL_INPUT_NUL); break;
	case 'x':
	case 'j': set_mode(r, CPL_INPUT_STANZAS); break;
	case 'r': add_file(r, arg); break;
	case 'R': r->speech.asked = 1; break;
	case 't': set_type(r, arg); break;
	case 's': m->subject = cpl_value_text(cli, "--subject", arg); break;
	case OPT_THREAD:
		m->thread = cpl_value_text(cli, "--thread", arg);
		break;
	case OPT_ID: m->id = cpl_value_text(cli, "--id", arg); break;
	case OPT_REPLY: set->feed.reply = 1; break;
	case OPT_TO_SELF: set->feed.to_self = 1; break;
	case OPT_SANITIZE: set->feed.sanitize = 1; break;
	case OPT_PRINT_ID: set->print_id = 1; break;
	case OPT_BOUNCE_WAIT:
		set->bounce_wait =
		    cpl_value_seconds(cli, "--bounce-wait", arg, 3600);
		break;
	case OPT_UNSENT: set->unsent = arg; break;
	case OPT_LOG_FILE: set->log_file = arg; break;
	case OPT_SYSLOG: set->use_syslog = 1; break;
	case OPT_PROGRESS: set->progress = 1; break;
	case OPT_RECEIPT:
		set->receipt = cpl_value_seconds(cli, "--receipt", arg, 86400);
		if (set->receipt == 0)
			cpl_cli_usage(cli, "--receipt: no time to wait");
		break;
	case OPT_CREATE: r->speech.create = 1; break;
	case OPT_QUEUE_OK: r->queue.ok = 1; /* fall through */
	case OPT_QUEUE: r->queue.asked = 1; break;
	default:
		if (!cpl_run_option(&r->run, c, arg) &&
		    !cpl_room_option(&r->speech.option, cli, c, arg))
			cpl_cli_option(cli, c, arg);
	}
}

/* Of several with one id none is known by its receipt. */
static void check_receipt(struct send *r)
{
	const struct settings *set = &r->set;

	if (set->receipt > 0 && set->feed.message.id &&
	    set->feed.mode != CPL_INPUT_WHOLE)
		cpl_cli_usage(&r->run.cli,
			      "--receipt with --id is for one message");
}

/* What is queued is not unsent; and it is sent by a run that is not asked for
 * receipts. */
static void check_queue(struct send *r)
{
	if (!r->queue.asked)
		return;
	if (r->set.unsent)
		cpl_cli_usage(&r->run.cli, "--queue and --unsent exclude each "
					   "other");
	if (r->set.receipt > 0)
		cpl_cli_usage(&r->run.cli, "--queue and --receipt exclude each "
					   "other");
}

/* What does not go together. */
static void check_options(struct send *r, int operands)
{
	const struct settings *set = &r->set;
	const struct cpl_message *m = &set->feed.message;
	int stanzas = set->feed.mode == CPL_INPUT_STANZAS;
	int from_stdin = !set->feed.text;

	if (set->feed.text && set->mode_given)
		cpl_cli_usage(&r->run.cli, "-m goes without -l, -0, -x and -j");
	if (stanzas && (set->type_given || m->subject || m->thread || m->id))
		cpl_cli_usage(&r->run.cli, "-t, -s, --thread and --id are for "
					   "text, not for -x and -j");
	if (!stanzas && operands == 0 && set->file_count == 0 &&
	    !cpl_cli_ends_early(&r->run.cli))
		cpl_cli_usage(&r->run.cli, "no recipient");
	if (r->speech.asked && set->type_given &&
	    strcmp(m->type, "groupchat") != 0)
		cpl_cli_usage(&r->run.cli, "-R is -t groupchat");
	if (!stanzas && (set->feed.reply || set->feed.to_self))
		cpl_cli_usage(&r->run.cli,
			      "--reply and --to-self go with -x or -j");
	check_receipt(r);
	check_queue(r);
	if (from_stdin && r->run.cli.password_fd == 0)
		cpl_cli_usage(&r->run.cli,
			      "--password-fd 0: the body is on stdin");
	if (from_stdin)
		cpl_room_option_stdin(&r->speech.option, &r->run.cli,
				      "the body is on stdin");
	for (size_t i = 0; i < set->file_count; i++)
		if (from_stdin && strcmp(set->files[i], "-") == 0)
			cpl_cli_usage(&r->run.cli,
				      "-r -: the body is on stdin");
}

/* What rooms are not for, and what is for rooms alone. */
static void check_rooms(struct send *r)
{
	const char *given = r->speech.create
				? "--create"
				: cpl_room_option_given(&r->speech.option);
	struct cpl_cli *cli = &r->run.cli;

	/* XEP-0184 5.3 */
	if (r->to.rooms > 0 && r->set.receipt > 0)
		cpl_cli_usage(cli, "--receipt: there are none in rooms");
	if (r->to.rooms > 0 && r->queue.asked)
		cpl_cli_usage(cli, "--queue is not for rooms");
	if (r->to.rooms == 0 && given && r->set.feed.mode != CPL_INPUT_STANZAS)
		cpl_cli_usage(cli, "%s: no recipient is a room", given);
	if (r->to.rooms == 0 && r->speech.asked)
		cpl_cli_usage(cli, "-R: no room");
}

static int add_recipient(struct send *r, const char *operand, int rooms,
			 struct cpl_err *e)
{
	const struct cpl_config *config = r->run.cli.config;

	if (rooms)
		return cpl_recipients_add_room(&r->to, config, operand, 0, e);
	return cpl_recipients_add(&r->to, config, operand, e);
}

static void load_recipients(struct send *r, int argc, char **argv)
{
	int rooms = r->speech.asked ||
		    strcmp(r->set.feed.message.type, "groupchat") == 0;
	struct cpl_err e = CPL_ERR_INIT;

	for (int i = 0; i < argc; i++)
		if (add_recipient(r, argv[i], rooms, &e) < 0)
			cpl_cli_die(&r->run.cli, &e);
	for (size_t i = 0; i < r->set.file_count; i++)
		if (cpl_recipients_read(&r->to, r->run.cli.config,
					r->set.files[i], &e) < 0)
			cpl_cli_die(&r->run.cli, &e);
	if (rooms && cpl_recipients_are_rooms(&r->to, &e) < 0)
		cpl_cli_die(&r->run.cli, &e);
	if (r->to.count > 0 && r->set.feed.reply)
		cpl_cli_usage(&r->run.cli, "--reply goes without recipients");
	check_rooms(r);
	if (r->to.count == 0 && r->set.feed.mode != CPL_INPUT_STANZAS)
		cpl_cli_usage(&r->run.cli, "no recipient");
}

int main(int argc, char **argv)
{
	struct send r = {.set = {.feed = {.message = {.type = "chat"}},
				 .bounce_wait = CPL_BOUNCE_WAIT_MS}};
	int c;

	cpl_cli_init(&r.run.cli, "xsend", synopsis, help);
	while ((c = cpl_cli_getopt(
		    argc, argv, CPL_CLI_SHORT "m:l0xjr:Rt:s:", options)) != -1)
		take_option(&r, c, optarg);
	check_options(&r, argc - optind);
	cpl_cli_load(&r.run.cli);
	load_recipients(&r, argc - optind, argv + optind);
	xsend_open(&r);
	cpl_run_loop(&r.run);
	xsend_report(&r);
	xsend_release(&r);
	cpl_outcome_exit(&r.run.outcome);
}
