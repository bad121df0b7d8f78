/* SPDX-License-Identifier: MIT
 *
 * xsend: one record in (text, a line, a stanza) is one message for each
 * recipient; nothing comes out, or with --print-id an id for each. */
#include <string.h>

#include "../common/base/limits.h"
#include "../common/cli/feed.h"
#include "../common/cli/output.h"
#include "../common/cli/value.h"
#include "../common/stream/answer.h"

static const char synopsis[] = "xsend [options] JID|ALIAS...\n"
			       "xsend -x|-j [options] [JID|ALIAS...]";

static const char help[] =
    "  -m, --message TEXT     the body; stdin is not read\n"
    "  -l, --lines            one message a line, sent as it arrives\n"
    "  -0, --null             one message for each NUL-terminated record\n"
    "  -x, --xml              stdin holds stanzas, each in XML or JSON\n"
    "  -j, --json             the same\n"
    "  -r, --recipients FILE  recipients, one a line\n"
    "  -t, --type TYPE        chat (default), normal, headline, groupchat\n"
    "  -s, --subject TEXT     the subject\n"
    "      --thread ID        the thread\n"
    "      --id ID            the stanza's id instead of a fresh one\n"
    "      --reply            of stanzas: send to where they came from\n"
    "      --to-self          of stanzas: messages to the own account too\n"
    "      --sanitize         replace what is not text instead of refusing\n"
    "      --print-id         print the id of each message\n"
    "      --bounce-wait SEC  wait so long for bounces (default 2; 0: not)\n"
    "      --retry SEC        reconnect for so long and send again what may "
    "be\n"
    "                         lost (default 0: not)\n"
    "      --retry-set        of stanzas: an iq of type set again, too\n";

enum {
	OPT_THREAD = CPL_OPT_TOOL,
	OPT_ID,
	OPT_REPLY,
	OPT_TO_SELF,
	OPT_SANITIZE,
	OPT_PRINT_ID,
	OPT_BOUNCE_WAIT,
	OPT_RETRY,
	OPT_RETRY_SET
};

static const struct option options[] = {
    CPL_CLI_OPTIONS,
    {"message", required_argument, NULL, 'm'},
    {"lines", no_argument, NULL, 'l'},
    {"null", no_argument, NULL, '0'},
    {"xml", no_argument, NULL, 'x'},
    {"json", no_argument, NULL, 'j'},
    {"recipients", required_argument, NULL, 'r'},
    {"type", required_argument, NULL, 't'},
    {"subject", required_argument, NULL, 's'},
    {"thread", required_argument, NULL, OPT_THREAD},
    {"id", required_argument, NULL, OPT_ID},
    {"reply", no_argument, NULL, OPT_REPLY},
    {"to-self", no_argument, NULL, OPT_TO_SELF},
    {"sanitize", no_argument, NULL, OPT_SANITIZE},
    {"print-id", no_argument, NULL, OPT_PRINT_ID},
    {"bounce-wait", required_argument, NULL, OPT_BOUNCE_WAIT},
    {"retry", required_argument, NULL, OPT_RETRY},
    {"retry-set", no_argument, NULL, OPT_RETRY_SET},
    {NULL, 0, NULL, 0},
};

/* What the command line says, besides what the feed is told. */
struct settings {
	struct cpl_feed_conf feed;
	const char *files[16]; /* -r */
	size_t file_count;
	int mode_given, type_given;
	int print_id;
	long bounce_wait;
	int retry_set;
};

/* One run: the common part first, then what sending needs. */
struct send {
	struct cpl_run run;
	struct settings set;
	struct cpl_recipients to;
	struct cpl_feed feed;
	struct cpl_delivery *delivery;
	struct cpl_answer *answer;
	struct cpl_output *output;
	int went;  /* the feed; the session was online, then */
	int ended; /* the session */
	int hurry; /* nobody waits for a reader of the ids */
};

/* --- records ----------------------------------------------------------- */

static void on_sent(void *user, xmpp_stanza_t *stanza)
{
	struct send *r = user;
	const char *id = xmpp_stanza_get_id(stanza);
	struct cpl_err e = CPL_ERR_INIT;

	if (r->output &&
	    (cpl_output_put(r->output, id, strlen(id), 1, &e) < 0 ||
	     cpl_output_put(r->output, "\n", 1, 1, &e) < 0))
		cpl_run_give_up(&r->run, &e);
}

/* Ends the stream in order, where there still is one: on_ended() follows. */
static void close_session(struct send *r)
{
	r->run.over = 1;
	if (r->run.session && !r->ended)
		cpl_session_close(r->run.session, 0);
	else
		cpl_run_stop(&r->run);
}

static void on_feed_end(void *user)
{
	struct send *r = user;

	if (!r->run.session)
		cpl_run_stop(&r->run);
	else if (cpl_delivery_sent(r->delivery) == 0)
		close_session(r);
	else
		cpl_delivery_finish(r->delivery);
}

/* All was sent and the server has it: what is left to wait for are bounces,
 * whose silence is no failure. */
static int goal_met(const struct send *r)
{
	return r->delivery && r->feed.ended &&
	       cpl_delivery_sent(r->delivery) > 0 &&
	       !cpl_delivery_unconfirmed(r->delivery);
}

/* --- the session ------------------------------------------------------- */

static void on_online(void *user)
{
	struct send *r = user;

	/* Once: a later login sends again what the session has. */
	if (!r->went)
		cpl_feed_go(&r->feed);
	r->went = 1;
}

static void on_stanza(void *user, xmpp_stanza_t *stanza, uint64_t number)
{
	struct send *r = user;

	if (stanza && !cpl_delivery_stanza(r->delivery, stanza))
		cpl_answer_iq(r->answer, stanza);
	cpl_session_handled(r->run.session, number);
}

static void on_acked(void *user, uint64_t upto)
{
	struct send *r = user;

	cpl_delivery_acked(r->delivery, upto);
}

/* The session is over and all ids are written. */
static void end_when_done(struct send *r)
{
	if (r->ended &&
	    (!r->output || r->hurry || cpl_output_bytes(r->output) == 0))
		cpl_run_stop(&r->run);
}

static void on_given_up(void *user, uint64_t number)
{
	struct send *r = user;

	cpl_delivery_given_up(r->delivery, number);
}

static void on_ended(void *user, const struct cpl_err *e)
{
	struct send *r = user;
	struct cpl_err why = *e;

	/* Whoever ended it: what is unconfirmed may have arrived or not. */
	if (why.status == CPL_REFUSED)
		why.status = CPL_TEMP;
	if (why.status != CPL_OK && !(why.status == CPL_TEMP && goal_met(r)))
		cpl_run_complain(&r->run, &why);
	r->ended = 1;
	r->run.over = 1; /* while ids are written, too */
	end_when_done(r);
}

static void on_refused(void *user, const struct cpl_origin *origin,
		       const char *from, const char *id,
		       const struct cpl_err *why)
{
	struct send *r = user;
	struct cpl_err e = *why;
	char where[CPL_FEED_NAME_SIZE];

	cpl_feed_name(&r->feed, origin->record, where);
	cpl_err_prefix(&e, "%s: message %s", from ? from : "the server", id);
	if (r->set.feed.mode != CPL_INPUT_WHOLE)
		cpl_err_prefix(&e, "%s", where);
	cpl_run_complain(&r->run, &e);
}

static void on_room(void *user)
{
	struct send *r = user;

	cpl_feed_room(&r->feed);
}

static void on_done(void *user)
{
	close_session(user);
}

static void on_wanted(void *user)
{
	struct send *r = user;
	struct cpl_session_events events = {.online = on_online,
					    .stanza = on_stanza,
					    .acked = on_acked,
					    .ended = on_ended,
					    .given_up = on_given_up,
					    .user = r};
	struct cpl_delivery_events told = {
	    .refused = on_refused, .room = on_room, .done = on_done, .user = r};
	struct cpl_delivery_conf conf = {
	    .loop = r->run.loop,
	    .bounce_wait = r->set.bounce_wait,
	    .recipients = r->to.count ? (uint32_t)r->to.count : 1,
	};
	struct cpl_err e = CPL_ERR_INIT;

	if (cpl_run_connect(&r->run, &events) < 0)
		return;
	if (r->set.retry_set)
		cpl_session_retry_sets(r->run.session);
	conf.session = r->run.session;
	r->delivery = cpl_delivery_new(&conf, &told);
	r->answer = cpl_answer_new(r->run.session, 0, NULL);
	r->feed.delivery = r->delivery;
	if (r->delivery && r->answer)
		return;
	cpl_err_nomem(&e);
	cpl_run_give_up(&r->run, &e);
}

/* --- the end ----------------------------------------------------------- */

static void on_interrupted(void *user)
{
	struct send *r = user;

	r->hurry = 1;
	close_session(r);
}

static void on_timeout(void *user)
{
	struct send *r = user;
	struct cpl_err e = CPL_ERR_INIT;
	int online = r->run.session && cpl_session_alive(r->run.session);

	/* After the session it is the ids that nobody has read. */
	if (r->ended || !goal_met(r)) {
		cpl_err_set(&e, online || r->ended ? CPL_TIMEOUT : CPL_TEMP,
			    "timed out (-W)");
		cpl_run_complain(&r->run, &e);
	}
	r->hurry = 1;
	close_session(r);
}

static void on_output_failed(void *user, const struct cpl_err *e)
{
	struct send *r = user;

	cpl_run_output_failed(&r->run, e);
}

static void on_written(void *user)
{
	end_when_done(user);
}

/* Says what became of what was sent, where it did not all arrive. */
static void report(struct send *r)
{
	const struct cpl_origin *first;
	uint64_t sent, confirmed, refused;
	char where[CPL_FEED_NAME_SIZE];

	if (!r->delivery)
		return;
	sent = cpl_delivery_sent(r->delivery);
	confirmed = cpl_delivery_confirmed(r->delivery);
	refused = cpl_delivery_refused(r->delivery);
	first = cpl_delivery_unconfirmed(r->delivery);
	/* Some did and some did not: where every single one did, what went
	 * wrong besides is the only cause. */
	r->run.outcome.went_through =
	    confirmed > refused &&
	    (first || refused > 0 || r->run.outcome.input != CPL_OK);
	if (!first)
		return;
	cpl_outcome_add(&r->run.outcome, CPL_TEMP);
	cpl_feed_name(&r->feed, first->record, where);
	cpl_cli_warn(&r->run.cli,
		     "%s: unknown outcome: %llu of %llu messages are not "
		     "confirmed, from here on",
		     where, (unsigned long long)(sent - confirmed),
		     (unsigned long long)sent);
}

static void release(struct send *r)
{
	/* First, as it tells those who wait that no answer will come. */
	cpl_session_free(r->run.session);
	r->run.session = NULL;
	cpl_answer_free(r->answer);
	cpl_feed_release(&r->feed);
	cpl_output_free(r->output);
	cpl_delivery_free(r->delivery);
	cpl_recipients_release(&r->to);
	cpl_run_release(&r->run);
}

/* --- the command line -------------------------------------------------- */

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
	case OPT_RETRY:
		r->run.retry =
		    cpl_value_seconds(cli, "--retry", arg, CPL_RETRY_S_MAX);
		break;
	case OPT_RETRY_SET: set->retry_set = 1; break;
	default: cpl_cli_option(cli, c, arg);
	}
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
	    !r->run.cli.pretend && !r->run.cli.list)
		cpl_cli_usage(&r->run.cli, "no recipient");
	if (!stanzas && (set->feed.reply || set->feed.to_self))
		cpl_cli_usage(&r->run.cli,
			      "--reply and --to-self go with -x or -j");
	if (from_stdin && r->run.cli.password_fd == 0)
		cpl_cli_usage(&r->run.cli,
			      "--password-fd 0: the body is on stdin");
	for (size_t i = 0; i < set->file_count; i++)
		if (from_stdin && strcmp(set->files[i], "-") == 0)
			cpl_cli_usage(&r->run.cli,
				      "-r -: the body is on stdin");
}

static void load_recipients(struct send *r, int argc, char **argv)
{
	struct cpl_err e = CPL_ERR_INIT;

	for (int i = 0; i < argc; i++)
		if (cpl_recipients_add(&r->to, r->run.cli.config, argv[i], &e) <
		    0)
			cpl_cli_die(&r->run.cli, &e);
	for (size_t i = 0; i < r->set.file_count; i++)
		if (cpl_recipients_read(&r->to, r->run.cli.config,
					r->set.files[i], &e) < 0)
			cpl_cli_die(&r->run.cli, &e);
	if (r->to.count > 0 && r->set.feed.reply)
		cpl_cli_usage(&r->run.cli, "--reply goes without recipients");
	if (r->to.count == 0 && r->set.feed.mode != CPL_INPUT_STANZAS)
		cpl_cli_usage(&r->run.cli, "no recipient");
}

/* What the run needs besides; what fails ends the process. */
static void open_send(struct send *r)
{
	struct cpl_run_events events = {on_interrupted, on_timeout, r};
	struct cpl_output_events output = {NULL, on_written, on_output_failed,
					   r};
	struct cpl_feed_events feed = {on_wanted, on_sent, on_feed_end, r};
	struct cpl_err e = CPL_ERR_INIT;

	cpl_run_open(&r->run, &events);
	if (r->set.print_id) {
		r->output = cpl_output_new(r->run.loop, 1, &output, &e);
		if (!r->output)
			cpl_cli_die(&r->run.cli, &e);
	}
	r->set.feed.to = &r->to;
	cpl_feed_start(&r->feed, &r->run, &r->set.feed, &feed);
}

int main(int argc, char **argv)
{
	struct send r = {.set = {.feed = {.message = {.type = "chat"}},
				 .bounce_wait = CPL_BOUNCE_WAIT_MS}};
	int c;

	cpl_cli_init(&r.run.cli, "xsend", synopsis, help);
	while ((c = cpl_cli_getopt(
		    argc, argv, CPL_CLI_SHORT "m:l0xjr:t:s:", options)) != -1)
		take_option(&r, c, optarg);
	check_options(&r, argc - optind);
	cpl_cli_load(&r.run.cli);
	load_recipients(&r, argc - optind, argv + optind);
	open_send(&r);
	cpl_run_loop(&r.run);
	report(&r);
	release(&r);
	cpl_outcome_exit(&r.run.outcome);
}
