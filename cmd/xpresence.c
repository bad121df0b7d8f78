/* SPDX-License-Identifier: MIT
 *
 * xpresence: one change of somebody's presence is one record out; with set,
 * one record in (SHOW TAB STATUS, or a presence stanza) is one change of the
 * own. */
#include "xpresence.h"

#include <string.h>

#include "../common/base/limits.h"
#include "../common/base/suggest.h"
#include "../common/cli/value.h"
#include "../common/stanza/build.h"
#include "../common/stanza/ns.h"

static const char synopsis[] =
    "xpresence [options] [watch] [JID|ALIAS...]\n"
    "xpresence set [options] [SHOW [STATUS]]\n"
    "xpresence subscribe|unsubscribe|approve|deny|cancel [options] "
    "JID|ALIAS...\n"
    "xpresence pending [options]";

static const char help[] =
    "  -1, --snapshot         print who is there now, and end\n"
    "      --wait-for STATE   available, away, chat, dnd, xa or unavailable\n"
    "      --settle SEC       wait so long for servers (default 5)\n"
    "      --from JID         watch: only from there (repeat)\n"
    "  -c, --count N          watch: end after N records\n"
    "      --idle SEC         watch: end when nothing came for so long\n"
    "      --auto-approve JID watch: approve requests from there "
    "(repeat)\n" CPL_RUN_NO_RECONNECT_HELP CPL_FORMAT_HELP
    "                         (default text)\n"
    "      --priority N       set: of the presence (default -1)\n"
    "      --to JID|ALIAS     set: for them alone (repeat)\n"
    "      --hold             set: until a signal; stdin is not read\n"
    "      --rate N           set: so many changes a second (default 1)\n";

enum {
	OPT_WAIT_FOR = CPL_OPT_TOOL,
	OPT_SETTLE,
	OPT_FROM,
	OPT_IDLE,
	OPT_AUTO_APPROVE,
	OPT_PRIORITY,
	OPT_TO,
	OPT_HOLD,
	OPT_RATE
};

static const struct option options[] = {
    CPL_CLI_OPTIONS,
    CPL_FORMAT_OPTIONS,
    CPL_RUN_NO_RECONNECT,
    {"snapshot", no_argument, NULL, '1'},
    {"wait-for", required_argument, NULL, OPT_WAIT_FOR},
    {"settle", required_argument, NULL, OPT_SETTLE},
    {"from", required_argument, NULL, OPT_FROM},
    {"count", required_argument, NULL, 'c'},
    {"idle", required_argument, NULL, OPT_IDLE},
    {"auto-approve", required_argument, NULL, OPT_AUTO_APPROVE},
    {"priority", required_argument, NULL, OPT_PRIORITY},
    {"to", required_argument, NULL, OPT_TO},
    {"hold", no_argument, NULL, OPT_HOLD},
    {"rate", required_argument, NULL, OPT_RATE},
    {NULL, 0, NULL, 0},
};

static const struct xpresence_verb *const verbs[] = {
    &xpresence_watch,     &xpresence_set,         &xpresence_pending,
    &xpresence_subscribe, &xpresence_unsubscribe, &xpresence_approve,
    &xpresence_deny,      &xpresence_cancel,
};
enum { VERBS = sizeof verbs / sizeof *verbs };

/* --- what the verbs share ---------------------------------------------- */

void xpresence_give_up(struct xpresence *x, const struct cpl_err *e)
{
	cpl_run_give_up(&x->client.run, e);
}

void xpresence_finish(struct xpresence *x)
{
	x->client.goal_met = 1;
	cpl_client_close(&x->client);
}

int xpresence_ask_roster(struct xpresence *x,
			 const struct cpl_roster_events *on)
{
	struct cpl_run *run = &x->client.run;
	struct cpl_err e = CPL_ERR_INIT;

	if (x->roster)
		(void)!cpl_roster_again(x->roster, &e);
	else
		x->roster = cpl_roster_new(run->session,
					   cpl_cli_state_folder(&run->cli),
					   &run->cli.log, on, &e);
	if (e.status == CPL_OK)
		return 0;
	xpresence_give_up(x, &e);
	return -1;
}

int xpresence_ask_pending(struct xpresence *x,
			  void (*announced)(void *user,
					    const struct cpl_err *why))
{
	struct cpl_presence presence = {.caps = &x->caps};
	struct cpl_pending_events events = {announced, x};
	struct cpl_err e = CPL_ERR_INIT;

	cpl_pending_free(x->pending);
	x->pending =
	    cpl_pending_new(x->client.run.session, &presence, &events, &e);
	if (x->pending)
		return 0;
	xpresence_give_up(x, &e);
	return -1;
}

/* --- the session ------------------------------------------------------- */

static void on_online(void *user)
{
	struct xpresence *x = user;

	x->online = 1;
	x->verb->online(x);
}

/* With priority -1 these are for this very resource, if any. */
static void count_message(struct xpresence *x, xmpp_stanza_t *stanza)
{
	if (cpl_child(stanza, "body", CPL_NS_CLIENT) &&
	    !cpl_has_type(stanza, "error"))
		x->drawn++;
}

static int on_stanza(void *user, xmpp_stanza_t *stanza)
{
	struct xpresence *x = user;

	if (cpl_filter_kind(stanza) == CPL_MESSAGE)
		count_message(x, stanza);
	if (x->roster && cpl_roster_iq(x->roster, stanza))
		return 1;
	if (x->client.closing)
		return 0;
	return x->verb->stanza(x, stanza);
}

static void on_acked(void *user, uint64_t upto)
{
	struct xpresence *x = user;

	x->verb->acked(x, upto);
}

static void on_lost(void *user, const struct cpl_err *why)
{
	struct xpresence *x = user;

	(void)why;
	if (x->verb->lost)
		x->verb->lost(x);
}

static void on_ending(void *user, const struct cpl_err *why)
{
	struct xpresence *x = user;
	struct cpl_err hint = CPL_ERR_INIT;

	if (x->verb->ending)
		x->verb->ending(x, why);
	if (cpl_roster_hint(x->roster, why, &hint))
		cpl_cli_error(&x->client.run.cli, &hint);
}

static void release(struct xpresence *x)
{
	if (x->drawn > 0)
		cpl_cli_warn(&x->client.run.cli,
			     "%ld message%s came to this session and %s not "
			     "kept",
			     x->drawn, x->drawn == 1 ? "" : "s",
			     x->drawn == 1 ? "is" : "are");
	if (x->verb->release)
		x->verb->release(x);
	cpl_pending_free(x->pending);
	cpl_subscribe_free(x->subscribe);
	cpl_fence_free(x->fence);
	cpl_roster_free(x->roster);
	cpl_filter_release(&x->from);
	cpl_filter_release(&x->approve);
	cpl_recipients_release(&x->who);
	cpl_recipients_release(&x->to);
	cpl_client_release(&x->client);
}

/* --- the command line -------------------------------------------------- */

static void set_wait_for(struct xpresence *x, const char *arg)
{
	static const char *const words[] = {"available", "away", "chat",
					    "dnd",       "xa",   "unavailable"};
	static const unsigned states[] = {CPL_SIGHT_AVAILABLE, CPL_SIGHT_AWAY,
					  CPL_SIGHT_CHAT,      CPL_SIGHT_DND,
					  CPL_SIGHT_XA,        CPL_SIGHT_GONE};
	const char *word =
	    cpl_value_word(&x->client.run.cli, "--wait-for", arg, words, 6);

	for (size_t i = 0; i < 6; i++)
		if (word == words[i])
			x->set.wait_for = states[i];
}

static void add_filter(struct xpresence *x, struct cpl_filter *f,
		       const char *option, const char *arg)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (cpl_filter_add_from(f, arg, &e) < 0)
		cpl_cli_usage(&x->client.run.cli, "%s: %s", option, e.text);
}

/* --to may be an alias, which is known once the configuration is. */
static void add_to(struct xpresence *x, const char *arg)
{
	struct xpresence_settings *set = &x->set;

	if (set->to_count == sizeof set->to / sizeof *set->to)
		cpl_cli_usage(&x->client.run.cli, "--to: more than %zu",
			      set->to_count);
	set->to[set->to_count++] = arg;
}

static unsigned take_own_option(struct xpresence *x, int c, const char *arg)
{
	struct xpresence_settings *set = &x->set;
	struct cpl_cli *cli = &x->client.run.cli;

	switch (c) {
	case '1': return X_SNAPSHOT;
	case OPT_WAIT_FOR: set_wait_for(x, arg); return X_WAIT_FOR;
	case OPT_SETTLE:
		set->settle = cpl_value_seconds(cli, "--settle", arg, 3600);
		return X_SETTLE;
	case OPT_FROM: add_filter(x, &x->from, "--from", arg); return X_FROM;
	case 'c':
		set->count =
		    cpl_value_number(cli, "--count", arg, 1, 1000000000);
		return X_COUNT;
	case OPT_IDLE:
		set->idle = cpl_value_seconds(cli, "--idle", arg, 31536000);
		return X_IDLE;
	case OPT_AUTO_APPROVE:
		add_filter(x, &x->approve, "--auto-approve", arg);
		return X_AUTO_APPROVE;
	case OPT_PRIORITY:
		set->priority =
		    cpl_value_number(cli, "--priority", arg, -128, 127);
		return X_PRIORITY;
	case OPT_TO: add_to(x, arg); return X_TO;
	case OPT_HOLD: return X_HOLD;
	case CPL_OPT_NO_RECONNECT: return X_NO_RECONNECT;
	case OPT_RATE:
		set->rate = cpl_value_number(cli, "--rate", arg, 1, 1000);
		return X_RATE;
	default: return 0;
	}
}

static void take_option(struct xpresence *x, int c, const char *arg)
{
	struct cpl_cli *cli = &x->client.run.cli;
	unsigned own = take_own_option(x, c, arg);

	if (!own && cpl_format_option(&x->client.format, cli, c, arg))
		own = X_FORMAT;
	if (own)
		x->set.given |= own;
	else if (!cpl_run_option(&x->client.run, c, arg))
		cpl_cli_option(cli, c, arg);
}

/* The verb, which is the first operand, and whose options these are. */
static void choose_verb(struct xpresence *x, int *argc, char ***argv)
{
	static const char *const names[] = {
	    "--count",       "--idle",         "--snapshot", "--wait-for",
	    "--from",        "--auto-approve", "--settle",   "an output format",
	    "--priority",    "--to",           "--hold",     "--rate",
	    "--no-reconnect"};
	struct cpl_cli *cli = &x->client.run.cli;
	unsigned wrong;

	x->verb = &xpresence_watch;
	for (size_t i = 0; *argc > 0 && i < VERBS; i++) {
		if (strcmp((*argv)[0], verbs[i]->name) != 0)
			continue;
		x->verb = verbs[i];
		++*argv;
		--*argc;
		break;
	}
	wrong = x->set.given & ~x->verb->options;
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		if (wrong & (1U << i))
			cpl_cli_usage(cli, "%s is not for %s", names[i],
				      x->verb->name);
	if (*argc < x->verb->operands && !cpl_cli_ends_early(cli))
		cpl_cli_usage(cli, "%s: no JID", x->verb->name);
	if (*argc > x->verb->most)
		cpl_cli_usage(cli, "unexpected operand '%s'",
			      (*argv)[x->verb->most]);
	if (x->verb->check)
		x->verb->check(x, *argc, *argv);
	/* What goes on until it is ended; a snapshot is soon there. */
	if ((x->verb->options & X_NO_RECONNECT) &&
	    !(x->set.given & (X_NO_RECONNECT | X_SNAPSHOT)))
		x->client.run.retry = -1;
}

/* Without a verb a misspelt one is the alias of somebody to be watched. */
static const char *near_verb(const char *operand)
{
	const char *names[VERBS];

	for (size_t i = 0; i < VERBS; i++)
		names[i] = verbs[i]->name;
	return strpbrk(operand, "@./:") ? NULL
					: cpl_suggest(operand, names, VERBS);
}

static void load_who(struct xpresence *x, struct cpl_recipients *list,
		     size_t count, const char *const *names)
{
	struct cpl_cli *cli = &x->client.run.cli;
	struct cpl_err e = CPL_ERR_INIT;

	for (size_t i = 0; i < count; i++) {
		if (cpl_recipients_add(list, cli->config, names[i], &e) == 0)
			continue;
		if (x->verb == &xpresence_watch && e.status == CPL_USAGE &&
		    near_verb(names[i]))
			cpl_cli_usage(cli,
				      "'%s' is neither a verb nor an alias "
				      "(did you mean '%s'?)",
				      names[i], near_verb(names[i]));
		cpl_cli_die(cli, &e);
	}
}

static void open_run(struct xpresence *x)
{
	struct cpl_client_events events = {.online = on_online,
					   .stanza = on_stanza,
					   .acked =
					       x->verb->acked ? on_acked : NULL,
					   .lost = on_lost,
					   .ending = on_ending,
					   .user = x};

	cpl_client_open(&x->client, &events);
	if (x->verb->open)
		x->verb->open(x);
	if (!x->client.run.over)
		cpl_client_connect(&x->client, 1, &x->caps);
}

int main(int argc, char **argv)
{
	struct xpresence x = {
	    .client = {.format = {.kinds = CPL_FORMAT_ANY,
				  .kind = CPL_FORMAT_TEXT}},
	    .set = {.settle = CPL_SETTLE_MS, .priority = -1, .rate = 1}};
	struct cpl_cli *cli = &x.client.run.cli;
	int c;

	cpl_cli_init(cli, "xpresence", synopsis, help);
	while ((c = cpl_cli_getopt(
		    argc, argv,
		    CPL_CLI_SHORT CPL_FORMAT_SHORT "1c:", options)) != -1)
		take_option(&x, c, optarg);
	argc -= optind;
	argv += optind;
	choose_verb(&x, &argc, &argv);
	cpl_cli_load(cli);
	cpl_format_ready(&x.client.format, cli);
	if (!x.verb->text)
		load_who(&x, &x.who, (size_t)argc, (const char **)argv);
	load_who(&x, &x.to, x.set.to_count, x.set.to);
	open_run(&x);
	cpl_run_loop(&x.client.run);
	release(&x);
	cpl_outcome_exit(&x.client.run.outcome);
}
