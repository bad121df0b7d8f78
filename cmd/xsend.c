/* SPDX-License-Identifier: MIT
 *
 * xsend: one record in (text, a line, a stanza) is one message for each
 * recipient; nothing comes out, or with --print-id an id for each. */
#include <stdlib.h>
#include <string.h>

#include "../common/base/limits.h"
#include "../common/cli/input.h"
#include "../common/cli/output.h"
#include "../common/cli/recipients.h"
#include "../common/cli/run.h"
#include "../common/cli/value.h"
#include "../common/stanza/build.h"
#include "../common/stanza/chars.h"
#include "../common/stanza/message.h"
#include "../common/stanza/outgoing.h"
#include "../common/stream/answer.h"
#include "../common/stream/delivery.h"

static const char synopsis[] = "xsend [options] JID|ALIAS...\n"
			       "xsend -x [options] [JID|ALIAS...]";

static const char help[] =
    "  -m, --message TEXT     the body; stdin is not read\n"
    "  -l, --lines            one message a line, sent as it arrives\n"
    "  -0, --null             one message for each NUL-terminated record\n"
    "  -x, --xml              stdin holds stanzas\n"
    "  -r, --recipients FILE  recipients, one a line\n"
    "  -t, --type TYPE        chat (default), normal, headline, groupchat\n"
    "  -s, --subject TEXT     the subject\n"
    "      --thread ID        the thread\n"
    "      --id ID            the stanza's id instead of a fresh one\n"
    "      --reply            of stanzas: send to where they came from\n"
    "      --to-self          of stanzas: messages to the own account too\n"
    "      --sanitize         replace what is not text instead of refusing\n"
    "      --print-id         print the id of each message\n"
    "      --bounce-wait SEC  wait so long for bounces (default 2; 0: not)\n";

enum {
	OPT_THREAD = CPL_OPT_TOOL,
	OPT_ID,
	OPT_REPLY,
	OPT_TO_SELF,
	OPT_SANITIZE,
	OPT_PRINT_ID,
	OPT_BOUNCE_WAIT
};

static const struct option options[] = {
    CPL_CLI_OPTIONS,
    {"message", required_argument, NULL, 'm'},
    {"lines", no_argument, NULL, 'l'},
    {"null", no_argument, NULL, '0'},
    {"xml", no_argument, NULL, 'x'},
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
    {NULL, 0, NULL, 0},
};

/* What the command line says. */
struct settings {
	const char *text; /* -m */
	struct cpl_message message;
	const char *files[16]; /* -r */
	size_t file_count;
	enum cpl_input_mode mode;
	int mode_given, type_given;
	int reply, to_self, sanitize, print_id;
	long bounce_wait;
};

/* One run: the common part first, then what sending needs. */
struct send {
	struct cpl_run run;
	struct settings set;
	struct cpl_recipients to;
	struct cpl_input *input;
	struct cpl_delivery *delivery;
	struct cpl_answer *answer;
	struct cpl_output *output;
	struct cpl_buf body; /* the one message of a run without -l, -0, -x */
	int have_body;
	int ended; /* the session */
};

/* --- sending ----------------------------------------------------------- */

static int print_id(struct send *r, xmpp_stanza_t *stanza, struct cpl_err *e)
{
	struct cpl_buf line = CPL_BUF_INIT(CPL_STANZA_BYTES_MAX);
	int status = -1;

	if (!r->output)
		return 0;
	if (cpl_buf_addf(&line, "%s\n", xmpp_stanza_get_id(stanza)) < 0)
		cpl_err_nomem(e);
	else
		status = cpl_output_put(r->output, line.data, line.len, 1, e);
	cpl_buf_release(&line);
	return status;
}

/* Sends one stanza to each recipient, or to where its to says. What is wrong
 * with the record is said once. */
static void send_to_all(struct send *r, xmpp_stanza_t *stanza, size_t record,
			const char *where)
{
	size_t n = r->to.count ? r->to.count : 1;
	const char *given = xmpp_stanza_get_id(stanza);
	struct cpl_err e = CPL_ERR_INIT;

	for (size_t i = 0; i < n && !r->run.over; i++) {
		struct cpl_origin origin = {record, (uint32_t)i};

		if (!given)
			xmpp_stanza_del_attribute(stanza, "id");
		if (r->to.count &&
		    cpl_set_attr(stanza, "to", r->to.list[i].full) < 0)
			cpl_err_nomem(&e);
		else if (cpl_delivery_send(r->delivery, stanza, &origin, &e) ==
			 0)
			(void)!print_id(r, stanza, &e);
		if (e.status == CPL_OK)
			continue;
		cpl_err_prefix(&e, "%s", where);
		if (e.status == CPL_DATA) {
			cpl_run_complain(&r->run, &e);
			break;
		}
		cpl_run_give_up(&r->run, &e);
	}
	if (cpl_delivery_full(r->delivery) && r->input)
		cpl_input_hold(r->input, 1);
}

static void send_text(struct send *r, const char *body, size_t record,
		      const char *where)
{
	xmpp_stanza_t *m = cpl_message_build(r->run.ctx, &r->set.message, body);
	struct cpl_err e = CPL_ERR_INIT;

	if (!m) {
		cpl_err_nomem(&e);
		cpl_run_give_up(&r->run, &e);
		return;
	}
	send_to_all(r, m, record, where);
	xmpp_stanza_release(m);
}

/* Makes text of bytes, in body; 0, or -1 and it was complained of. */
static int to_text(struct send *r, const char *p, size_t n, const char *where)
{
	struct cpl_err e = CPL_ERR_INIT;

	cpl_buf_truncate(&r->body, 0);
	if (cpl_chars_text(&r->body, p, n, r->set.sanitize, &e) == 0)
		return 0;
	cpl_err_prefix(&e, "%s", where);
	cpl_run_complain(&r->run, &e);
	return -1;
}

/* --- the input --------------------------------------------------------- */

static void start_session(struct send *r);

static void name_record(const struct send *r, char *out, size_t size,
			size_t number)
{
	if (r->set.mode == CPL_INPUT_WHOLE)
		snprintf(out, size, "%s", r->set.text ? "-m" : "stdin");
	else if (r->set.mode == CPL_INPUT_LINES)
		snprintf(out, size, "stdin:%zu", number);
	else
		snprintf(out, size, "stdin: record %zu", number);
}

static void on_text(void *user, const char *p, size_t n, size_t number)
{
	struct send *r = user;
	char where[64];

	name_record(r, where, sizeof where, number);
	if (r->run.over || to_text(r, p, n, where) < 0)
		return;
	r->have_body = 1;
	if (r->set.mode != CPL_INPUT_WHOLE)
		send_text(r, r->body.data, number, where);
}

static void on_record(void *user, const struct cpl_record *record)
{
	struct send *r = user;
	struct cpl_outgoing_rules rules = {
	    .own = cpl_session_jid(r->run.session),
	    .reply = r->set.reply,
	    .to_self = r->set.to_self,
	    .addressed = r->to.count > 0,
	};
	struct cpl_err e = record->why;
	xmpp_stanza_t *s = NULL;
	char where[96];

	if (r->run.over)
		return;
	snprintf(where, sizeof where, "stdin: record %zu (line %zu)",
		 record->number, record->line);
	if (record->stanza)
		s = cpl_outgoing(record->stanza, &rules, &e);
	if (!s) {
		cpl_err_prefix(&e, "%s", where);
		cpl_run_complain(&r->run, &e);
		return;
	}
	send_to_all(r, s, record->number, where);
	xmpp_stanza_release(s);
}

/* All that was to be sent has been given to the session. */
static void finish(struct send *r)
{
	if (!r->run.session) {
		cpl_run_stop(&r->run);
	} else if (cpl_delivery_sent(r->delivery) == 0) {
		r->run.over = 1;
		cpl_session_close(r->run.session, 0);
	} else {
		cpl_delivery_finish(r->delivery);
	}
}

static void on_input_end(void *user, const struct cpl_err *e)
{
	struct send *r = user;

	if (e)
		cpl_run_complain(&r->run, e);
	if (r->set.mode == CPL_INPUT_WHOLE && r->have_body && !e)
		start_session(r);
	else
		finish(r);
}

/* --- the session ------------------------------------------------------- */

static void on_online(void *user)
{
	struct send *r = user;

	if (r->set.mode != CPL_INPUT_WHOLE) {
		cpl_input_hold(r->input, 0);
		return;
	}
	send_text(r, r->body.data, 1, r->set.text ? "-m" : "stdin");
	if (!r->run.over)
		finish(r);
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
	if (r->ended && (!r->output || cpl_output_bytes(r->output) == 0))
		cpl_run_stop(&r->run);
}

static void on_ended(void *user, const struct cpl_err *e)
{
	struct send *r = user;
	struct cpl_err why = *e;

	/* Whoever ended it: what is unconfirmed may have arrived or not. */
	if (why.status == CPL_REFUSED)
		why.status = CPL_TEMP;
	if (why.status != CPL_OK)
		cpl_run_complain(&r->run, &why);
	r->ended = 1;
	end_when_done(r);
}

static void on_refused(void *user, const struct cpl_origin *origin,
		       const char *from, const char *id,
		       const struct cpl_err *why)
{
	struct send *r = user;
	struct cpl_err e = *why;
	char where[64];

	name_record(r, where, sizeof where, origin->record);
	cpl_err_prefix(&e, "%s: message %s", from ? from : "the server", id);
	if (r->set.mode != CPL_INPUT_WHOLE)
		cpl_err_prefix(&e, "%s", where);
	cpl_run_complain(&r->run, &e);
}

static void on_room(void *user)
{
	struct send *r = user;

	if (r->input)
		cpl_input_hold(r->input, 0);
}

static void on_done(void *user)
{
	struct send *r = user;

	r->run.over = 1;
	cpl_session_close(r->run.session, 0);
}

static void start_session(struct send *r)
{
	struct cpl_session_events events = {on_online, on_stanza, on_acked,
					    on_ended, r};
	struct cpl_delivery_events told = {on_refused, on_room, on_done, r};
	struct cpl_delivery_conf conf = {
	    .loop = r->run.loop,
	    .bounce_wait = r->set.bounce_wait,
	    .recipients = r->to.count ? (uint32_t)r->to.count : 1,
	};
	struct cpl_err e = CPL_ERR_INIT;

	if (cpl_run_connect(&r->run, &events) < 0)
		return;
	conf.session = r->run.session;
	r->delivery = cpl_delivery_new(&conf, &told);
	r->answer = cpl_answer_new(r->run.session, 0);
	if (r->delivery && r->answer)
		return;
	cpl_err_nomem(&e);
	cpl_run_give_up(&r->run, &e);
}

/* --- the end ----------------------------------------------------------- */

static void on_interrupted(void *user)
{
	struct send *r = user;

	r->run.over = 1;
	if (r->run.session)
		cpl_session_close(r->run.session, 0);
	else
		cpl_run_stop(&r->run);
}

static void on_timeout(void *user)
{
	struct send *r = user;
	struct cpl_err e = CPL_ERR_INIT;
	int online = r->run.session && cpl_session_online(r->run.session);

	cpl_err_set(&e, online ? CPL_TIMEOUT : CPL_TEMP, "timed out (-W)");
	cpl_run_give_up(&r->run, &e);
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

static void on_taken(void *user, uint64_t number)
{
	(void)user;
	(void)number;
}

/* Says what became of what was sent, where it did not all arrive. */
static void report(struct send *r)
{
	const struct cpl_origin *first;
	uint64_t sent, confirmed;
	char where[64];

	if (!r->delivery)
		return;
	sent = cpl_delivery_sent(r->delivery);
	confirmed = cpl_delivery_confirmed(r->delivery);
	r->run.outcome.went_through =
	    confirmed > cpl_delivery_refused(r->delivery);
	first = cpl_delivery_unconfirmed(r->delivery);
	if (!first)
		return;
	cpl_outcome_add(&r->run.outcome, CPL_TEMP);
	name_record(r, where, sizeof where, first->record);
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
	cpl_input_free(r->input);
	cpl_output_free(r->output);
	cpl_delivery_free(r->delivery);
	cpl_recipients_release(&r->to);
	cpl_buf_release(&r->body);
	cpl_run_release(&r->run);
}

/* --- the command line -------------------------------------------------- */

static void set_mode(struct send *r, enum cpl_input_mode mode)
{
	if (r->set.mode_given && r->set.mode != mode)
		cpl_cli_usage(&r->run.cli, "-l, -0 and -x exclude each other");
	r->set.mode = mode;
	r->set.mode_given = 1;
}

static void set_type(struct send *r, const char *type)
{
	static const char *const types[] = {"chat", "normal", "headline",
					    "groupchat"};

	r->set.message.type = cpl_value_word(&r->run.cli, "--type", type, types,
					     sizeof types / sizeof *types);
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
	struct cpl_message *m = &set->message;
	struct cpl_cli *cli = &r->run.cli;

	switch (c) {
	case 'm': set->text = arg; break;
	case 'l': set_mode(r, CPL_INPUT_LINES); break;
	case '0': set_mode(r, CPL_INPUT_NUL); break;
	case 'x': set_mode(r, CPL_INPUT_STANZAS); break;
	case 'r': add_file(r, arg); break;
	case 't': set_type(r, arg); break;
	case 's': m->subject = cpl_value_text(cli, "--subject", arg); break;
	case OPT_THREAD:
		m->thread = cpl_value_text(cli, "--thread", arg);
		break;
	case OPT_ID: m->id = cpl_value_text(cli, "--id", arg); break;
	case OPT_REPLY: set->reply = 1; break;
	case OPT_TO_SELF: set->to_self = 1; break;
	case OPT_SANITIZE: set->sanitize = 1; break;
	case OPT_PRINT_ID: set->print_id = 1; break;
	case OPT_BOUNCE_WAIT:
		set->bounce_wait =
		    cpl_value_seconds(cli, "--bounce-wait", arg, 3600);
		break;
	default: cpl_cli_option(cli, c, arg);
	}
}

/* What does not go together. */
static void check_options(struct send *r, int operands)
{
	const struct settings *set = &r->set;
	const struct cpl_message *m = &set->message;
	int stanzas = set->mode == CPL_INPUT_STANZAS;
	int from_stdin = !set->text;

	if (set->text && set->mode_given)
		cpl_cli_usage(&r->run.cli, "-m goes without -l, -0 and -x");
	if (stanzas && (set->type_given || m->subject || m->thread || m->id))
		cpl_cli_usage(&r->run.cli, "-t, -s, --thread and --id are for "
					   "text, not for -x");
	if (!stanzas && operands == 0 && set->file_count == 0)
		cpl_cli_usage(&r->run.cli, "no recipient");
	if (!stanzas && (set->reply || set->to_self))
		cpl_cli_usage(&r->run.cli, "--reply and --to-self go with -x");
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
	if (r->to.count > 0 && r->set.reply)
		cpl_cli_usage(&r->run.cli, "--reply goes without recipients");
	if (r->to.count == 0 && r->set.mode != CPL_INPUT_STANZAS)
		cpl_cli_usage(&r->run.cli, "no recipient");
}

/* What the run needs besides; what fails ends the process. */
static void open_send(struct send *r)
{
	struct cpl_run_events events = {on_interrupted, on_timeout, r};
	struct cpl_input_events input = {on_text, on_record, on_input_end, r};
	struct cpl_output_events output = {on_taken, on_written,
					   on_output_failed, r};
	struct cpl_err e = CPL_ERR_INIT;

	cpl_run_open(&r->run, &events);
	if (r->set.print_id) {
		r->output = cpl_output_new(r->run.loop, 1, &output, &e);
		if (!r->output)
			cpl_cli_die(&r->run.cli, &e);
	}
	if (r->set.text)
		return;
	r->input =
	    cpl_input_new(r->run.loop, r->run.ctx, 0, r->set.mode, &input);
	if (!r->input) {
		cpl_err_nomem(&e);
		cpl_cli_die(&r->run.cli, &e);
	}
}

/* -m is there at once, the whole of stdin is read first, and for records the
 * login and the first of them race. */
static void start(struct send *r)
{
	if (r->set.text) {
		if (to_text(r, r->set.text, strlen(r->set.text), "-m") < 0) {
			r->run.over = 1;
			return;
		}
		r->have_body = r->body.len > 0;
		if (r->have_body)
			start_session(r);
		else
			r->run.over = 1;
	} else if (r->set.mode == CPL_INPUT_WHOLE) {
		cpl_input_hold(r->input, 0);
	} else {
		start_session(r);
	}
}

int main(int argc, char **argv)
{
	struct send r = {.set = {.message = {.type = "chat"},
				 .bounce_wait = CPL_BOUNCE_WAIT_MS}};
	int c;

	cpl_buf_init(&r.body, 3 * CPL_RECORD_MAX);
	cpl_cli_init(&r.run.cli, "xsend", synopsis, help);
	while ((c = cpl_cli_getopt(argc, argv,
				   CPL_CLI_SHORT "m:l0xr:t:s:", options)) != -1)
		take_option(&r, c, optarg);
	check_options(&r, argc - optind);
	cpl_cli_load(&r.run.cli);
	load_recipients(&r, argc - optind, argv + optind);
	open_send(&r);
	start(&r);
	cpl_run_loop(&r.run);
	report(&r);
	release(&r);
	cpl_outcome_exit(&r.run.outcome);
}
