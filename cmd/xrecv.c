/* SPDX-License-Identifier: MIT
 *
 * xrecv: nothing comes in but from the server; one incoming stanza is one
 * record out, acknowledged when stdout took it. */
#include <stdlib.h>
#include <string.h>

#include "../common/base/limits.h"
#include "../common/base/num.h"
#include "../common/cli/cli.h"
#include "../common/cli/outcome.h"
#include "../common/cli/output.h"
#include "../common/stanza/build.h"
#include "../common/stanza/chars.h"
#include "../common/stanza/filter.h"
#include "../common/stanza/ns.h"
#include "../common/stanza/write.h"
#include "../common/stream/answer.h"
#include "../common/stream/offline.h"
#include "../common/stream/session.h"

static const char synopsis[] = "xrecv [options]";

static const char help[] =
    "  -c, --count N          end after N records\n"
    "      --idle SEC         end when nothing came for so long\n"
    "      --from JID         only from there (repeat; a bare JID is all its\n"
    "                         resources, a domain all its users)\n"
    "  -t, --type TYPE        only of that type (repeat)\n"
    "      --kind KIND        message (default), presence, iq (repeat)\n"
    "      --with-body        only with a body\n"
    "  -o, --output FORMAT    xml (default) or text: FROM TAB BODY\n"
    "  -x, --xml              the same as -o xml\n"
    "      --priority N       of the presence announced (default 0)\n"
    "      --show SHOW        away, chat, dnd or xa\n"
    "      --status TEXT      its status\n"
    "      --no-presence      announce none\n";

enum {
	OPT_IDLE = CPL_OPT_TOOL,
	OPT_FROM,
	OPT_KIND,
	OPT_WITH_BODY,
	OPT_PRIORITY,
	OPT_SHOW,
	OPT_STATUS,
	OPT_NO_PRESENCE
};

static const struct option options[] = {
    CPL_CLI_OPTIONS,
    {"count", required_argument, NULL, 'c'},
    {"idle", required_argument, NULL, OPT_IDLE},
    {"from", required_argument, NULL, OPT_FROM},
    {"type", required_argument, NULL, 't'},
    {"kind", required_argument, NULL, OPT_KIND},
    {"with-body", no_argument, NULL, OPT_WITH_BODY},
    {"output", required_argument, NULL, 'o'},
    {"xml", no_argument, NULL, 'x'},
    {"priority", required_argument, NULL, OPT_PRIORITY},
    {"show", required_argument, NULL, OPT_SHOW},
    {"status", required_argument, NULL, OPT_STATUS},
    {"no-presence", no_argument, NULL, OPT_NO_PRESENCE},
    {NULL, 0, NULL, 0},
};

/* What the command line says. */
struct settings {
	long count; /* 0: no end */
	long idle;  /* ms; 0: none */
	long priority;
	int priority_given;
	const char *show, *status;
	int no_presence;
	int text;
};

/* One run. */
struct run {
	struct cpl_cli cli;
	struct settings set;
	struct cpl_filter filter;
	struct cpl_loop *loop;
	xmpp_ctx_t *ctx;
	struct cpl_secret password;
	struct cpl_session *session;
	struct cpl_answer *answer;
	struct cpl_offline *offline;
	struct cpl_output *output;
	struct cpl_timer timeout, idle;
	struct cpl_outcome outcome;
	struct cpl_buf line;
	uint64_t number; /* of the stanza at hand */
	uint64_t last;   /* of the last one given to the output */
	long printed;    /* records */
	long unwanted;   /* stanzas that the filters dropped */
	long left;       /* messages that came when the count was reached */
	int fetching;    /* the offline message at hand is not taken yet */
	int goal_met;
	int closing;
	int over;
};

static void stop(struct run *r)
{
	r->over = 1;
	cpl_loop_stop(r->loop);
}

static void complain(struct run *r, const struct cpl_err *e)
{
	cpl_cli_error(&r->cli, e);
	cpl_outcome_add(&r->outcome, e->status);
}

static void give_up(struct run *r, const struct cpl_err *e)
{
	complain(r, e);
	stop(r);
}

/* Ends the stream; what was received and not printed stays unacknowledged. */
static void close_session(struct run *r)
{
	if (r->closing)
		return;
	r->closing = 1;
	cpl_session_close(r->session, 1);
}

/* --- records ----------------------------------------------------------- */

static int full(const struct run *r)
{
	return r->set.count > 0 && r->printed >= r->set.count;
}

/* What is behind the last record may be read by another client. */
static void check_backlog(struct run *r)
{
	int much = cpl_output_records(r->output) >= CPL_BACKLOG_STANZAS ||
		   cpl_output_bytes(r->output) >= CPL_BACKLOG_BYTES;

	cpl_session_hold(r->session, full(r) || much);
}

static void put(struct run *r, const char *p, size_t n)
{
	struct cpl_err e = CPL_ERR_INIT;

	r->last = r->number;
	if (cpl_output_put(r->output, p, n, r->number, &e) < 0)
		give_up(r, &e);
	else
		check_backlog(r);
}

static void print(struct run *r, xmpp_stanza_t *stanza)
{
	struct cpl_err e = CPL_ERR_INIT;
	int bad;

	cpl_buf_truncate(&r->line, 0);
	bad = r->set.text ? cpl_write_text(&r->line, stanza)
			  : cpl_write_xml(&r->line, stanza, CPL_NS_CLIENT);
	if (bad < 0 || cpl_buf_addc(&r->line, '\n') < 0) {
		cpl_buf_err(&r->line, &e, CPL_INTERNAL, "a record");
		give_up(r, &e);
		return;
	}
	r->printed++;
	put(r, r->line.data, r->line.len);
}

static int wanted(const struct run *r, xmpp_stanza_t *stanza)
{
	return cpl_filter_passes(&r->filter, stanza,
				 cpl_session_jid(r->session));
}

static void touch_idle(struct run *r)
{
	if (r->set.idle > 0)
		cpl_loop_timer(r->loop, &r->idle, r->set.idle);
}

static void on_taken(void *user, uint64_t number)
{
	struct run *r = user;

	cpl_session_handled(r->session, number);
	check_backlog(r);
	if (r->fetching && number >= r->last) {
		r->fetching = 0;
		cpl_offline_remove(r->offline);
		if (!full(r))
			cpl_offline_next(r->offline);
	}
	if (full(r) && number >= r->last && !r->over) {
		r->goal_met = 1;
		close_session(r);
	}
}

static void on_output_failed(void *user, const struct cpl_err *e)
{
	struct run *r = user;

	if (e)
		complain(r, e);
	else
		r->outcome.signal = SIGPIPE;
	stop(r);
}

/* --- the session ------------------------------------------------------- */

static int announce(struct run *r, struct cpl_err *e)
{
	xmpp_stanza_t *p =
	    cpl_build_stanza(r->ctx, "presence", NULL, NULL, NULL);
	char priority[16];
	int ok;

	snprintf(priority, sizeof priority, "%ld", r->set.priority);
	ok = p &&
	     (!r->set.show ||
	      cpl_build_text_child(p, "show", r->set.show) == 0) &&
	     (!r->set.status ||
	      cpl_build_text_child(p, "status", r->set.status) == 0) &&
	     (r->set.priority == 0 ||
	      cpl_build_text_child(p, "priority", priority) == 0);
	ok = ok ? cpl_session_send(r->session, p, NULL, e) : cpl_err_nomem(e);
	if (p)
		xmpp_stanza_release(p);
	return ok;
}

static void go_live(struct run *r)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (!r->set.no_presence && announce(r, &e) < 0)
		give_up(r, &e);
}

/* Whether the server would send more of what waits than this run prints. */
static int wants_few(const struct run *r)
{
	return r->set.count > 0 && !r->set.no_presence &&
	       r->set.priority >= 0 &&
	       (!r->filter.kinds || (r->filter.kinds & CPL_MESSAGE));
}

static void on_offline_ready(void *user, int supported)
{
	struct run *r = user;

	if (supported)
		cpl_offline_next(r->offline);
	else
		go_live(r);
}

/* One that is not wanted stays where it is. */
static void on_offline_message(void *user, xmpp_stanza_t *message)
{
	struct run *r = user;

	if (!message) {
		go_live(r);
	} else if (wanted(r, message)) {
		r->fetching = 1;
		print(r, message);
	} else {
		put(r, "", 0);
		cpl_offline_next(r->offline);
	}
}

static void on_online(void *user)
{
	struct run *r = user;
	struct cpl_offline_events events = {on_offline_ready,
					    on_offline_message, r};

	touch_idle(r);
	if (wants_few(r))
		r->offline = cpl_offline_new(r->session, &events);
	if (!r->offline)
		go_live(r);
}

static void on_stanza(void *user, xmpp_stanza_t *stanza, uint64_t number)
{
	struct run *r = user;

	if (r->over || r->closing || full(r)) {
		/* Unacknowledged: the server still has it. */
		if (stanza && wanted(r, stanza))
			r->left++;
		return;
	}
	r->number = number;
	touch_idle(r);
	if (stanza && r->offline && cpl_offline_stanza(r->offline, stanza))
		return;
	if (stanza)
		cpl_answer_iq(r->answer, stanza);
	if (stanza && wanted(r, stanza)) {
		print(r, stanza);
		return;
	}
	if (stanza)
		r->unwanted++;
	put(r, "", 0);
}

static void on_ended(void *user, const struct cpl_err *e)
{
	struct run *r = user;

	if (e->status != CPL_OK && !r->goal_met)
		complain(r, e);
	stop(r);
}

/* --- the end ----------------------------------------------------------- */

static void on_signal(void *user, int signal)
{
	struct run *r = user;

	r->outcome.signal = signal;
	close_session(r);
}

/* The planned end: a failure only where -c asked for more. */
static void end_planned(struct run *r, enum cpl_status status, const char *why)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (r->set.count > 0 && !r->goal_met) {
		cpl_err_set(&e, status, "%s after %ld of %ld records", why,
			    r->printed, r->set.count);
		complain(r, &e);
	}
	close_session(r);
}

static void on_timeout(void *user)
{
	struct run *r = user;
	struct cpl_err e = CPL_ERR_INIT;

	if (cpl_session_online(r->session) || r->closing) {
		end_planned(r, CPL_TIMEOUT, "timed out (-W)");
		return;
	}
	cpl_err_set(&e, CPL_TEMP, "timed out (-W) before the login");
	give_up(r, &e);
}

static void on_idle(void *user)
{
	end_planned(user, CPL_REFUSED, "nothing came (--idle)");
}

static void report(struct run *r)
{
	uint64_t unread = r->session ? cpl_session_unhandled(r->session) : 0;

	if (r->unwanted > 0)
		cpl_log(&r->cli.log, CPL_LOG_INFO,
			"%ld stanzas did not pass the filters", r->unwanted);
	if (unread == 0 || r->left == 0)
		return;
	if (cpl_session_has_sm(r->session))
		cpl_log(&r->cli.log, CPL_LOG_INFO,
			"%ld more came and are left to the server", r->left);
	else
		cpl_cli_warn(&r->cli,
			     "%ld more came and are lost: the server has no "
			     "stream management to give them back by",
			     r->left);
}

static void release(struct run *r)
{
	cpl_offline_free(r->offline);
	cpl_answer_free(r->answer);
	cpl_session_free(r->session);
	cpl_output_free(r->output);
	cpl_filter_release(&r->filter);
	cpl_buf_release(&r->line);
	cpl_secret_wipe(&r->password);
	if (r->ctx)
		xmpp_ctx_free(r->ctx);
	cpl_loop_free(r->loop);
	cpl_cli_release(&r->cli);
}

/* --- the command line -------------------------------------------------- */

static void set_output(struct run *r, const char *format)
{
	r->set.text = strcmp(format, "text") == 0;
	if (!r->set.text && strcmp(format, "xml") != 0)
		cpl_cli_usage(&r->cli, "--output: '%s' is not xml or text",
			      format);
}

static void set_show(struct run *r, const char *show)
{
	static const char *const shows[] = {"away", "chat", "dnd", "xa"};

	for (size_t i = 0; i < sizeof shows / sizeof *shows; i++)
		if (strcmp(shows[i], show) == 0)
			r->set.show = shows[i];
	if (!r->set.show || strcmp(r->set.show, show) != 0)
		cpl_cli_usage(&r->cli,
			      "--show: '%s' is not away, chat, dnd "
			      "or xa",
			      show);
}

static void set_status(struct run *r, const char *status)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (cpl_chars_check(status, strlen(status), &e) < 0) {
		cpl_err_prefix(&e, "--status");
		cpl_cli_die(&r->cli, &e);
	}
	r->set.status = status;
}

/* Options whose value has bounds or rules of its own. */
static void take_checked(struct run *r, int c, const char *arg)
{
	struct settings *set = &r->set;
	struct cpl_err e = CPL_ERR_INIT;
	const char *name = NULL;
	int bad = 0;

	switch (c) {
	case 'c':
		name = "--count";
		bad = cpl_num_int(arg, 1, 1000000000, &set->count, &e);
		break;
	case OPT_IDLE:
		name = "--idle";
		bad = cpl_num_seconds(arg, 31536000, &set->idle, &e);
		break;
	case OPT_PRIORITY:
		name = "--priority";
		bad = cpl_num_int(arg, -128, 127, &set->priority, &e);
		set->priority_given = 1;
		break;
	case OPT_FROM:
		name = "--from";
		bad = cpl_filter_add_from(&r->filter, arg, &e);
		break;
	case OPT_KIND:
		name = "--kind";
		bad = cpl_filter_add_kind(&r->filter, arg, &e);
		break;
	case 't':
		name = "--type";
		bad = cpl_filter_add_type(&r->filter, arg, &e);
		break;
	default:
		cpl_cli_option(&r->cli, c, arg);
	}
	if (bad < 0)
		cpl_cli_usage(&r->cli, "%s: %s", name, e.text);
}

static void take_option(struct run *r, int c, const char *arg)
{
	switch (c) {
	case 'o':
		set_output(r, arg);
		break;
	case 'x':
		set_output(r, "xml");
		break;
	case OPT_WITH_BODY:
		r->filter.with_body = 1;
		break;
	case OPT_SHOW:
		set_show(r, arg);
		break;
	case OPT_STATUS:
		set_status(r, arg);
		break;
	case OPT_NO_PRESENCE:
		r->set.no_presence = 1;
		break;
	default:
		take_checked(r, c, arg);
	}
}

static void apply_defaults(struct run *r)
{
	const char *priority = cpl_setting(&r->cli.settings, CPL_SET_PRIORITY);

	if (r->filter.kinds == 0)
		r->filter.kinds = CPL_MESSAGE;
	/* The configuration's was checked when it was read. */
	if (priority && !r->set.priority_given)
		(void)!cpl_num_int(priority, -128, 127, &r->set.priority, NULL);
}

static void open_run(struct run *r)
{
	struct cpl_output_events output = {on_taken, on_output_failed, r};
	struct cpl_connect_conf conf = {
	    .settings = &r->cli.settings,
	    .password = &r->password,
	    .timeout = cpl_cli_connect_timeout(&r->cli),
	};
	struct cpl_session_events events = {on_online, on_stanza, NULL,
					    on_ended, r};
	struct cpl_err e = CPL_ERR_INIT;

	r->ctx = xmpp_ctx_new(NULL, NULL);
	r->loop = cpl_loop_new(&e);
	if (r->ctx && r->loop &&
	    cpl_loop_signals(r->loop, on_signal, r, &e) == 0)
		r->output = cpl_output_new(r->loop, 1, &output, &e);
	if (r->output)
		r->session = cpl_session_new(r->loop, &r->cli.log, r->ctx,
					     &conf, &events, &e);
	if (r->session)
		r->answer = cpl_answer_new(r->session, !r->set.no_presence);
	if (!r->answer) {
		if (e.status == CPL_OK)
			cpl_err_nomem(&e);
		cpl_cli_die(&r->cli, &e);
	}
	r->timeout.fire = on_timeout;
	r->idle.fire = on_idle;
	r->timeout.user = r->idle.user = r;
	if (cpl_cli_timeout(&r->cli) > 0)
		cpl_loop_timer(r->loop, &r->timeout, cpl_cli_timeout(&r->cli));
}

int main(int argc, char **argv)
{
	struct run r = {0};
	struct cpl_err e = CPL_ERR_INIT;
	int c;

	cpl_buf_init(&r.line, 8 * CPL_STANZA_BYTES_MAX);
	cpl_cli_init(&r.cli, "xrecv", synopsis, help);
	while ((c = getopt_long(argc, argv, CPL_CLI_SHORT "c:t:o:x", options,
				NULL)) != -1)
		take_option(&r, c, optarg);
	if (optind < argc)
		cpl_cli_usage(&r.cli, "unexpected operand '%s'", argv[optind]);
	cpl_cli_load(&r.cli);
	apply_defaults(&r);
	cpl_cli_password(&r.cli, &r.password);
	open_run(&r);
	if (cpl_loop_run(r.loop, &e) < 0)
		complain(&r, &e);
	report(&r);
	release(&r);
	cpl_outcome_exit(&r.outcome);
}
