/* SPDX-License-Identifier: MIT
 *
 * xrecv: nothing comes in but from the server; one incoming stanza is one
 * record out, acknowledged when stdout took it. */
#include <stdlib.h>
#include <string.h>

#include "../common/base/limits.h"
#include "../common/base/num.h"
#include "../common/cli/output.h"
#include "../common/cli/run.h"
#include "../common/cli/value.h"
#include "../common/stanza/filter.h"
#include "../common/stanza/ns.h"
#include "../common/stanza/write.h"
#include "../common/stream/answer.h"
#include "../common/stream/offline.h"
#include "../common/stream/presence.h"

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
	struct cpl_presence presence;
	int priority_given;
	int no_presence;
	int text;
};

/* One run: the common part first, then what receiving needs. */
struct recv {
	struct cpl_run run;
	struct settings set;
	struct cpl_filter filter;
	struct cpl_answer *answer;
	struct cpl_offline *offline;
	struct cpl_output *output;
	struct cpl_timer idle;
	struct cpl_timer grace; /* for the reader, then for the server */
	struct cpl_buf line;
	uint64_t number; /* of the stanza at hand */
	uint64_t last;   /* of the last one given to the output */
	long printed;    /* records */
	long unwanted;   /* stanzas that the filters dropped */
	long left;       /* messages that came after the last record */
	int online;      /* it was, at least */
	int announced;   /* the server sends us what comes for the account */
	int fetching;    /* the offline message at hand is not taken yet */
	int ending;      /* no more records are made */
	int closing;     /* and the stream is closed */
	int flushing;    /* the session is over, there is something to write */
	int cut;         /* more may have come than we saw */
	int goal_met;
};

/* The reader gets so long at the end to take what it has not. */
#define GRACE_MS (CPL_CLOSE_MS / 2)

/* Ends the stream, within ms; what was received and not taken stays
 * unacknowledged. What still comes is counted. */
static void close_session(struct recv *r, long ms)
{
	if (r->closing)
		return;
	r->closing = 1;
	cpl_loop_timer(r->run.loop, &r->grace, ms);
	cpl_session_close(r->run.session, 1);
}

/* Says that we are gone, so that the server stores what comes from here on. One
 * that stores again what we leave unacknowledged does so when the stream ends:
 * there it would get before what came earlier. */
static void withdraw(struct recv *r)
{
	if (!r->announced || (r->offline && cpl_offline_restores(r->offline)))
		return;
	r->announced = 0;
	(void)!cpl_presence_withdraw(r->run.session, NULL);
}

/* Comes to an end: first the reader may take what it has not. */
static void finish(struct recv *r)
{
	if (r->ending)
		return;
	r->ending = 1;
	withdraw(r);
	if (cpl_output_records(r->output) == 0 && !r->flushing) {
		close_session(r, CPL_CLOSE_MS);
		return;
	}
	cpl_session_hold(r->run.session, 1);
	cpl_loop_timer(r->run.loop, &r->grace, GRACE_MS);
}

static void on_grace(void *user)
{
	struct recv *r = user;

	if (!r->closing && !r->flushing) {
		close_session(r, GRACE_MS);
		return;
	}
	r->cut = 1;
	cpl_run_stop(&r->run);
}

/* --- records ----------------------------------------------------------- */

static int full(const struct recv *r)
{
	return r->set.count > 0 && r->printed >= r->set.count;
}

static void check_backlog(struct recv *r)
{
	int much = cpl_output_records(r->output) >= CPL_BACKLOG_STANZAS ||
		   cpl_output_bytes(r->output) >= CPL_BACKLOG_BYTES;

	if (!r->ending)
		cpl_session_hold(r->run.session, much && !full(r));
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

static void touch_idle(struct recv *r)
{
	if (r->set.idle > 0)
		cpl_loop_timer(r->run.loop, &r->idle, r->set.idle);
}

static void print(struct recv *r, xmpp_stanza_t *stanza)
{
	struct cpl_err e = CPL_ERR_INIT;
	int bad;

	cpl_buf_truncate(&r->line, 0);
	bad = r->set.text ? cpl_write_text(&r->line, stanza)
			  : cpl_write_xml(&r->line, stanza, CPL_NS_CLIENT);
	if (bad < 0 || cpl_buf_addc(&r->line, '\n') < 0) {
		cpl_buf_err(&r->line, &e, CPL_INTERNAL, "a record");
		cpl_run_give_up(&r->run, &e);
		return;
	}
	r->printed++;
	touch_idle(r);
	if (full(r))
		withdraw(r);
	put(r, r->line.data, r->line.len);
}

static int wanted(const struct recv *r, xmpp_stanza_t *stanza)
{
	return cpl_filter_passes(&r->filter, stanza,
				 cpl_session_jid(r->run.session));
}

static void on_taken(void *user, uint64_t number)
{
	struct recv *r = user;

	cpl_session_handled(r->run.session, number);
	check_backlog(r);
	if (r->fetching && number >= r->last) {
		r->fetching = 0;
		cpl_offline_remove(r->offline);
		if (!full(r) && !r->ending)
			cpl_offline_next(r->offline);
	}
	if (full(r) && number >= r->last && !r->run.over) {
		r->goal_met = 1;
		finish(r);
	}
	if (r->ending && cpl_output_records(r->output) == 0)
		close_session(r, GRACE_MS);
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

	if (r->set.no_presence)
		return;
	if (cpl_presence_announce(r->run.session, &r->set.presence, &e) < 0)
		cpl_run_give_up(&r->run, &e);
	else
		r->announced = 1;
}

/* Whether the server would send more of what waits than this run prints. */
static int wants_few(const struct recv *r)
{
	return r->set.count > 0 && !r->set.no_presence &&
	       r->set.presence.priority >= 0 && (r->filter.kinds & CPL_MESSAGE);
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

	if (r->ending || full(r))
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

	if (r->ending || full(r))
		return;
	if (!message) {
		if (r->announced)
			return;
		go_live(r);
		if (r->announced)
			cpl_offline_list(r->offline);
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
	struct recv *r = user;
	struct cpl_offline_events events = {on_server_known, on_offline_listed,
					    on_offline_message, r};

	r->online = 1;
	touch_idle(r);
	r->offline = cpl_offline_new(r->run.session, &events);
	if (!r->offline || !wants_few(r))
		go_live(r);
}

/* The server gives it back, or not: it is not ours any more. */
static void leave(struct recv *r, xmpp_stanza_t *stanza)
{
	const char *type = xmpp_stanza_get_type(stanza);

	if (type && strcmp(type, "error") == 0)
		return;
	if (cpl_filter_kind(stanza) == CPL_MESSAGE || wanted(r, stanza))
		r->left++;
}

static void on_stanza(void *user, xmpp_stanza_t *stanza, uint64_t number)
{
	struct recv *r = user;

	r->number = number;
	if (stanza && r->offline && cpl_offline_stanza(r->offline, stanza))
		return;
	if (stanza && !r->run.over && !r->closing)
		cpl_answer_iq(r->answer, stanza);
	if (r->run.over || r->ending || full(r)) {
		if (stanza)
			leave(r, stanza);
		return;
	}
	if (stanza && wanted(r, stanza)) {
		print(r, stanza);
		return;
	}
	if (stanza)
		r->unwanted++;
	put(r, "", 0);
}

/* What was received is written, though nothing can be acknowledged any more. */
static void on_ended(void *user, const struct cpl_err *e)
{
	struct recv *r = user;

	if (e->status != CPL_OK) {
		r->cut = 1;
		if (!full(r))
			cpl_run_complain(&r->run, e);
	}
	r->flushing = !r->closing;
	if (!r->flushing || cpl_output_bytes(r->output) == 0)
		cpl_run_stop(&r->run);
}

/* --- the end ----------------------------------------------------------- */

static void on_interrupted(void *user)
{
	finish(user);
}

/* The planned end: a failure only where -c asked for more. */
static void end_planned(struct recv *r, enum cpl_status status, const char *why)
{
	long taken = r->printed - (long)cpl_output_unread(r->output);
	struct cpl_err e = CPL_ERR_INIT;

	if (r->ending)
		return;
	if (r->set.count > 0 && !r->goal_met) {
		cpl_err_set(&e, status, "%s after %ld of %ld records", why,
			    taken, r->set.count);
		cpl_run_complain(&r->run, &e);
	}
	finish(r);
}

static void on_timeout(void *user)
{
	struct recv *r = user;
	struct cpl_err e = CPL_ERR_INIT;

	if (r->online) {
		end_planned(r, CPL_TIMEOUT, "timed out (-W)");
		return;
	}
	cpl_err_set(&e, CPL_TEMP, "timed out (-W) before the login");
	cpl_run_give_up(&r->run, &e);
}

/* While the reader has something to read we are not idle. */
static void on_idle(void *user)
{
	struct recv *r = user;

	if (cpl_output_unread(r->output) > 0)
		touch_idle(r);
	else
		end_planned(r, CPL_REFUSED, "nothing came (--idle)");
}

/* What came and was not read: silence only where the server is known to store
 * it again. */
static void report_unread(struct recv *r)
{
	struct cpl_session *session = r->run.session;
	long over = (long)cpl_session_unhandled(session) - CPL_OFFLINE_RESTORED;
	long unread = r->left;
	char why[64];

	/* In a pipe it is the reader's, once nothing can be acknowledged. */
	if (!r->flushing || cpl_output_bytes(r->output) > 0)
		unread += (long)cpl_output_unread(r->output);
	/* That one is not removed: the server has it. */
	unread -= r->fetching;
	if (unread <= 0)
		return;
	if (!cpl_session_has_sm(session))
		snprintf(why, sizeof why,
			 "lost, the server has no stream management");
	else if (!r->offline || !cpl_offline_restores(r->offline))
		snprintf(why, sizeof why, "the server may not keep them");
	else if (over > 0)
		snprintf(why, sizeof why,
			 "the server may lose the first %ld of them", over);
	else
		return;
	cpl_cli_warn(&r->run.cli, "%s%ld more came and were not read: %s",
		     r->cut ? "at least " : "", unread, why);
}

static void report(struct recv *r)
{
	if (r->unwanted > 0)
		cpl_log(&r->run.cli.log, CPL_LOG_INFO,
			"%ld stanzas did not pass the filters", r->unwanted);
	if (r->run.session)
		report_unread(r);
}

static void release(struct recv *r)
{
	/* First, as it tells those who wait that no answer will come. */
	cpl_session_free(r->run.session);
	r->run.session = NULL;
	cpl_offline_free(r->offline);
	cpl_answer_free(r->answer);
	cpl_output_free(r->output);
	cpl_filter_release(&r->filter);
	cpl_buf_release(&r->line);
	cpl_run_release(&r->run);
}

/* --- the command line -------------------------------------------------- */

static void set_output(struct recv *r, const char *format)
{
	static const char *const formats[] = {"xml", "text"};

	r->set.text = cpl_value_word(&r->run.cli, "--output", format, formats,
				     2) == formats[1];
}

static void set_show(struct recv *r, const char *show)
{
	static const char *const shows[] = {"away", "chat", "dnd", "xa"};

	r->set.presence.show =
	    cpl_value_word(&r->run.cli, "--show", show, shows, 4);
}

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
	case OPT_PRIORITY:
		set->presence.priority =
		    cpl_value_number(cli, "--priority", arg, -128, 127);
		set->priority_given = 1;
		break;
	case OPT_FROM: add_filter(r, "--from", arg, cpl_filter_add_from); break;
	case OPT_KIND: add_filter(r, "--kind", arg, cpl_filter_add_kind); break;
	case 't': add_filter(r, "--type", arg, cpl_filter_add_type); break;
	case 'o': set_output(r, arg); break;
	case 'x': set_output(r, "xml"); break;
	case OPT_WITH_BODY: r->filter.with_body = 1; break;
	case OPT_SHOW: set_show(r, arg); break;
	case OPT_STATUS:
		set->presence.status = cpl_value_text(cli, "--status", arg);
		break;
	case OPT_NO_PRESENCE: set->no_presence = 1; break;
	default: cpl_cli_option(cli, c, arg);
	}
}

static void apply_defaults(struct recv *r)
{
	const char *priority =
	    cpl_setting(&r->run.cli.settings, CPL_SET_PRIORITY);

	if (r->filter.kinds == 0)
		r->filter.kinds = CPL_MESSAGE;
	/* The configuration's was checked when it was read. */
	if (priority && !r->set.priority_given)
		(void)!cpl_num_int(priority, -128, 127,
				   &r->set.presence.priority, NULL);
}

static void open_recv(struct recv *r)
{
	struct cpl_run_events events = {on_interrupted, on_timeout, r};
	struct cpl_output_events output = {on_taken, on_written,
					   on_output_failed, r};
	struct cpl_session_events session = {on_online, on_stanza, NULL,
					     on_ended, r};
	struct cpl_err e = CPL_ERR_INIT;

	cpl_run_open(&r->run, &events);
	r->idle.fire = on_idle;
	r->grace.fire = on_grace;
	r->idle.user = r->grace.user = r;
	r->output = cpl_output_new(r->run.loop, 1, &output, &e);
	if (!r->output)
		cpl_cli_die(&r->run.cli, &e);
	if (cpl_run_connect(&r->run, &session) < 0)
		return;
	r->answer = cpl_answer_new(r->run.session, !r->set.no_presence);
	if (!r->answer) {
		cpl_err_nomem(&e);
		cpl_run_give_up(&r->run, &e);
	}
}

int main(int argc, char **argv)
{
	struct recv r = {0};
	int c;

	cpl_buf_init(&r.line, 8 * CPL_STANZA_BYTES_MAX);
	cpl_cli_init(&r.run.cli, "xrecv", synopsis, help);
	while ((c = cpl_cli_getopt(argc, argv, CPL_CLI_SHORT "c:t:o:x",
				   options)) != -1)
		take_option(&r, c, optarg);
	if (optind < argc)
		cpl_cli_usage(&r.run.cli, "unexpected operand '%s'",
			      argv[optind]);
	cpl_cli_load(&r.run.cli);
	apply_defaults(&r);
	open_recv(&r);
	cpl_run_loop(&r.run);
	report(&r);
	release(&r);
	cpl_outcome_exit(&r.run.outcome);
}
