/* SPDX-License-Identifier: MIT
 *
 * xping: nothing comes in; one answered ping is one record out, and at the end
 * what all pings to a JID came to is another. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../common/base/limits.h"
#include "../common/cli/recipients.h"
#include "../common/cli/value.h"
#include "../common/stanza/build.h"
#include "../common/stanza/ns.h"
#include "../common/stream/fault.h"
#include "../common/stream/pool.h"
#include "xping.h"

static const char synopsis[] = "xping [options] [JID|ALIAS]...";

static const char help[] =
    "  -c, --count N          end after N pings to each (default: never)\n"
    "      --interval SEC     between two pings to one (default 1; 0: as\n"
    "                         soon as all have answered)\n"
    "      --each-timeout SEC wait so long for each answer (default 10)\n"
    "      --summary          print the statistics alone\n" CPL_RUN_RETRY_HELP
	CPL_FORMAT_HELP "                         (default text)\n";

enum { OPT_INTERVAL = CPL_OPT_TOOL, OPT_EACH_TIMEOUT, OPT_SUMMARY };

static const struct option options[] = {
    CPL_CLI_OPTIONS,
    CPL_FORMAT_OPTIONS,
    CPL_RUN_RETRY,
    {"count", required_argument, NULL, 'c'},
    {"interval", required_argument, NULL, OPT_INTERVAL},
    {"each-timeout", required_argument, NULL, OPT_EACH_TIMEOUT},
    {"summary", no_argument, NULL, OPT_SUMMARY},
    {NULL, 0, NULL, 0},
};

/* One on its way, in the list of all that are. */
struct ping {
	struct target *target;
	long seq;
	int64_t sent; /* microseconds; 0: it leaves at the end of this turn */
	struct ping *next;
	struct ping **at;
};

struct xping {
	struct cpl_client client; /* the user of its events is this struct */
	struct cpl_recipients to;
	struct target *targets;
	struct cpl_pool *pool;
	struct ping *first; /* the latest */
	struct cpl_timer timer;
	struct cpl_turn turn;
	int64_t next; /* round, on the loop's clock */
	long round;   /* the last one */
	long count;   /* 0: no end */
	long interval, each_timeout;
	int summary;
};

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* --- the end ----------------------------------------------------------- */

static void print_totals(struct xping *x)
{
	for (size_t i = 0; i < x->to.count; i++)
		if (x->targets[i].sent > 0)
			print_total(&x->client, &x->targets[i]);
}

/* Who has not answered at all, each with the first reason. */
static void judge(struct xping *x)
{
	struct cpl_outcome *outcome = &x->client.run.outcome;
	struct cpl_err e = CPL_ERR_INIT;
	size_t reached = 0;

	for (size_t i = 0; i < x->to.count; i++) {
		struct target *t = &x->targets[i];

		reached += t->answered > 0;
		if (t->answered > 0 || t->sent == 0)
			continue;
		if (t->status == CPL_OK) {
			cpl_err_set(&e, CPL_TEMP, "%s: no answer",
				    t->jid->full);
			cpl_run_complain(&x->client.run, &e);
		} else {
			cpl_outcome_add(outcome, t->status);
		}
	}
	/* Where all were reached, what went wrong besides is the cause. */
	outcome->went_through = reached > 0 && reached < x->to.count;
}

static void finish(struct xping *x)
{
	x->client.goal_met = 1;
	print_totals(x);
	judge(x);
	cpl_client_close(&x->client);
}

/* Without -c the end of -W is the planned one. */
static void on_ending(void *user, const struct cpl_err *why)
{
	struct xping *x = user;

	cpl_loop_cancel(x->client.run.loop, &x->timer);
	print_totals(x);
	if (x->client.run.outcome.signal || why->status != CPL_OK ||
	    x->count > 0 || x->round == 0)
		return;
	judge(x);
	x->client.goal_met = 1;
}

/* --- pings ------------------------------------------------------------- */

static void drop(struct ping *p)
{
	*p->at = p->next;
	if (p->next)
		p->next->at = p->at;
	free(p);
}

static int ask(struct xping *x, struct target *t, struct cpl_err *e)
{
	xmpp_stanza_t *iq = cpl_build_iq(x->client.run.ctx, "get", t->jid->full,
					 "ping", CPL_NS_PING, NULL);
	struct ping *p = calloc(1, sizeof *p);
	int result = -1;

	if (!p || !iq) {
		cpl_err_nomem(e);
		free(p);
	} else {
		p->target = t;
		p->seq = x->round;
		p->at = &x->first;
		p->next = x->first;
		if (p->next)
			p->next->at = &p->next;
		x->first = p;
		result = cpl_pool_ask(x->pool, iq, p, e);
		if (result < 0)
			drop(p);
	}
	if (iq)
		xmpp_stanza_release(iq);
	if (result == 0)
		t->sent++;
	return result;
}

/* In front of the link's end of the turn: all pings of the turn leave in the
 * one write that follows, and their time begins here. */
static void on_turn(void *user)
{
	struct xping *x = user;
	int64_t now = x->first && !x->first->sent ? now_us() : 0;

	for (struct ping *p = x->first; p && !p->sent; p = p->next)
		p->sent = now;
}

/* After a round, or an answer: the next round, or the end. */
static void go_on(struct xping *x)
{
	int idle = cpl_pool_count(x->pool) == 0;
	int64_t now = cpl_loop_now();

	if (x->client.closing || x->client.run.over || x->timer.armed)
		return;
	if (x->count > 0 && x->round >= x->count) {
		if (idle)
			finish(x);
	} else if (x->interval > 0) {
		/* What was slept through is not made up for. */
		x->next += x->interval;
		if (x->next < now)
			x->next = now;
		cpl_loop_timer(x->client.run.loop, &x->timer, x->next - now);
	} else if (idle) {
		cpl_loop_timer(x->client.run.loop, &x->timer, 0);
	}
}

static void failed(struct xping *x, struct target *t, long seq,
		   const struct cpl_err *why)
{
	struct cpl_err e = *why;

	if (t->status == CPL_OK)
		t->status = e.status;
	cpl_err_prefix(&e, "%s: ping %ld", t->jid->full, seq);
	cpl_cli_error(&x->client.run.cli, &e);
}

/* As in ping(8): without a connection they are lost, and the count goes on. */
static void lose_round(struct xping *x)
{
	struct cpl_err e = CPL_ERR_INIT;

	cpl_err_set(&e, CPL_TEMP, "not connected");
	for (size_t i = 0; i < x->to.count; i++) {
		x->targets[i].sent++;
		failed(x, &x->targets[i], x->round, &e);
	}
}

static void on_round(void *user)
{
	struct xping *x = user;
	int online = cpl_session_online(x->client.run.session);
	struct cpl_err e = CPL_ERR_INIT;

	/* The next login goes on where all have answered at once. */
	if (!online && x->interval == 0)
		return;
	/* While nobody reads what comes, nothing more is asked. */
	if (cpl_output_bytes(x->client.output) >= CPL_BACKLOG_BYTES) {
		cpl_loop_timer(x->client.run.loop, &x->timer, 1000);
		return;
	}
	x->round++;
	if (!online)
		lose_round(x);
	for (size_t i = 0; online && i < x->to.count; i++) {
		if (ask(x, &x->targets[i], &e) == 0)
			continue;
		cpl_run_give_up(&x->client.run, &e);
		return;
	}
	go_on(x);
}

/* XEP-0199 4: who does not know pings says so, and is there. From a domain only
 * it itself can say it; of a user it is what the server says when there is no
 * such user or client (RFC 6121 8.5.1, 8.5.3.2.3), and proves nothing. */
static int is_there(const struct target *t, xmpp_stanza_t *answer)
{
	xmpp_stanza_t *error = cpl_child(answer, "error", CPL_NS_CLIENT);
	const char *condition;

	if (cpl_has_type(answer, "result"))
		return 1;
	condition = cpl_condition(error, CPL_NS_STANZA_ERRORS);
	return strcmp(condition, "feature-not-implemented") == 0 ||
	       (strcmp(condition, "service-unavailable") == 0 &&
		!t->jid->local && !t->jid->resource);
}

static void on_answered(void *user, void *item, xmpp_stanza_t *answer,
			const struct cpl_err *why)
{
	struct xping *x = user;
	struct ping *p = item;
	double ms = (double)(now_us() - p->sent) / 1000;
	struct cpl_err e = CPL_ERR_INIT;

	if (!answer && !cpl_session_alive(x->client.run.session)) {
		/* The session's own end tells why. */
		drop(p);
		return;
	}
	if (answer && is_there(p->target, answer)) {
		target_count(p->target, ms);
		if (!x->summary)
			print_answer(&x->client, p->target, p->seq, ms, answer);
	} else if (answer) {
		cpl_fault_stanza(answer, &e);
		failed(x, p->target, p->seq, &e);
	} else {
		failed(x, p->target, p->seq, why);
	}
	drop(p);
	go_on(x);
}

/* --- the session ------------------------------------------------------- */

static void on_online(void *user)
{
	struct xping *x = user;

	if (x->round > 0) {
		go_on(x);
		return;
	}
	x->next = cpl_loop_now();
	on_round(x);
}

/* A ping that was sent again would measure the time without a connection: what
 * is under way is lost. */
static void on_lost(void *user, const struct cpl_err *why)
{
	struct xping *x = user;
	struct cpl_err e = CPL_ERR_INIT;

	(void)why;
	cpl_err_set(&e, CPL_TEMP, "the connection was lost");
	cpl_pool_expire(x->pool, &e);
}

static int on_stanza(void *user, xmpp_stanza_t *stanza)
{
	struct xping *x = user;
	const char *type = xmpp_stanza_get_type(stanza);
	const char *from = xmpp_stanza_get_from(stanza);

	if (!type || !cpl_is(stanza, "iq", CPL_NS_CLIENT) ||
	    (strcmp(type, "result") != 0 && strcmp(type, "error") != 0))
		return 0;
	cpl_log(&x->client.run.cli.log, CPL_LOG_INFO,
		"%s: ignored an answer that is late, doubled or not theirs",
		from ? from : "the server");
	return 1;
}

/* --- the command line -------------------------------------------------- */

static void take_option(struct xping *x, int c, const char *arg)
{
	struct cpl_cli *cli = &x->client.run.cli;

	if (cpl_format_option(&x->client.format, cli, c, arg) ||
	    cpl_run_option(&x->client.run, c, arg))
		return;
	switch (c) {
	case 'c':
		x->count = cpl_value_number(cli, "--count", arg, 1, 1000000000);
		break;
	case OPT_INTERVAL:
		x->interval = cpl_value_seconds(cli, "--interval", arg, 86400);
		break;
	case OPT_EACH_TIMEOUT:
		x->each_timeout =
		    cpl_value_seconds(cli, "--each-timeout", arg, 86400);
		break;
	case OPT_SUMMARY: x->summary = 1; break;
	default: cpl_cli_option(cli, c, arg);
	}
}

/* Nobody named is the own server. */
static void load_targets(struct xping *x, int argc, char **argv)
{
	struct cpl_cli *cli = &x->client.run.cli;

	if (x->summary && (x->client.format.kind == CPL_FORMAT_XML ||
			   x->client.format.kind == CPL_FORMAT_TEMPLATE))
		cpl_cli_usage(cli, "--summary goes without -x and -F");
	if (argc == 0)
		cpl_recipients_own_server(&x->to, cli);
	cpl_recipients_load(&x->to, cli, argc, argv);
	x->targets = calloc(x->to.count ? x->to.count : 1, sizeof *x->targets);
	if (!x->targets)
		cpl_cli_nomem(cli);
	for (size_t i = 0; i < x->to.count; i++)
		x->targets[i].jid = &x->to.list[i];
}

static void open_ping(struct xping *x)
{
	struct cpl_client_events events = {.online = on_online,
					   .stanza = on_stanza,
					   .ending = on_ending,
					   .lost = on_lost,
					   .user = x};
	struct cpl_pool_conf conf = {.parallel = (size_t)-1,
				     .each_timeout = x->each_timeout,
				     .unordered = 1};
	struct cpl_pool_events told = {on_answered, NULL, x};

	cpl_client_open(&x->client, &events);
	x->timer.fire = on_round;
	x->turn.end = on_turn;
	x->timer.user = x->turn.user = x;
	cpl_loop_turn_add(x->client.run.loop, &x->turn);
	cpl_client_connect(&x->client, 0, NULL);
	conf.loop = x->client.run.loop;
	conf.session = x->client.run.session;
	if (conf.session) {
		/* <enable/> would go in front of the first ping, and what the
		 * server does about it be a part of its time. */
		cpl_session_without_sm(conf.session);
		x->pool = cpl_pool_new(&conf, &told);
	}
	if (x->pool || x->client.run.over)
		return;
	cpl_run_no_memory(&x->client.run);
}

static void release(struct xping *x)
{
	struct ping *p;

	cpl_pool_free(x->pool);
	while ((p = x->first)) {
		x->first = p->next;
		free(p);
	}
	free(x->targets);
	cpl_recipients_release(&x->to);
	cpl_client_release(&x->client);
}

int main(int argc, char **argv)
{
	struct xping x = {.client = {.format = {.kinds = CPL_FORMAT_ANY,
						.kind = CPL_FORMAT_TEXT}},
			  .interval = 1000,
			  .each_timeout = 10000};
	struct cpl_cli *cli = &x.client.run.cli;
	int c;

	cpl_cli_init(cli, "xping", synopsis, help);
	while ((c = cpl_cli_getopt(
		    argc, argv,
		    CPL_CLI_SHORT CPL_FORMAT_SHORT "c:", options)) != -1)
		take_option(&x, c, optarg);
	cpl_cli_load(cli);
	cpl_format_ready(&x.client.format, cli);
	load_targets(&x, argc - optind, argv + optind);
	open_ping(&x);
	cpl_run_loop(&x.client.run);
	release(&x);
	cpl_outcome_exit(&x.client.run.outcome);
}
