/* SPDX-License-Identifier: MIT
 *
 * xroster: one contact is one record out; of the verbs that change the list,
 * set, diff and sync read contacts as records. */
#include "xroster.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "../common/cli/value.h"

static const char synopsis[] =
    "xroster [options] [-g GROUP]... [--subscription STATE]...\n"
    "xroster [options] add JID|ALIAS... [-n NAME] [-g GROUP]... [--subscribe]\n"
    "xroster [options] remove JID|ALIAS...\n"
    "xroster [options] rename JID|ALIAS NAME\n"
    "xroster [options] group JID|ALIAS... [--add GROUP]... [--remove "
    "GROUP]...\n"
    "xroster [options] set\n"
    "xroster [options] diff FILE\n"
    "xroster [options] sync FILE [--prune] [--subscribe]";

static const char help[] =
    "  -g, --group GROUP      only contacts of that group; with add: put them\n"
    "                         there (repeat)\n"
    "      --subscription STATE\n"
    "                         none, to, from or both (repeat)\n"
    "  -n, --name NAME        with add: the contact's name\n"
    "      --subscribe        ask for the presence of those added\n"
    "      --add GROUP        with group: put them there (repeat)\n"
    "      --remove GROUP     with group: take them out of it (repeat)\n"
    "      --prune            with sync: remove who is not in the file\n"
    "      --dry-run          print what would change, and change "
    "nothing\n" CPL_RUN_RETRY_HELP CPL_RUN_RETRY_SET_HELP CPL_FORMAT_HELP
    "                         (default text)\n";

enum {
	OPT_SUBSCRIPTION = CPL_OPT_TOOL,
	OPT_SUBSCRIBE,
	OPT_ADD,
	OPT_REMOVE,
	OPT_PRUNE,
	OPT_DRY_RUN
};

static const struct option options[] = {
    CPL_CLI_OPTIONS,
    CPL_FORMAT_OPTIONS,
    CPL_RUN_RETRY,
    CPL_RUN_RETRY_SET,
    {"group", required_argument, NULL, 'g'},
    {"subscription", required_argument, NULL, OPT_SUBSCRIPTION},
    {"name", required_argument, NULL, 'n'},
    {"subscribe", no_argument, NULL, OPT_SUBSCRIBE},
    {"add", required_argument, NULL, OPT_ADD},
    {"remove", required_argument, NULL, OPT_REMOVE},
    {"prune", no_argument, NULL, OPT_PRUNE},
    {"dry-run", no_argument, NULL, OPT_DRY_RUN},
    {NULL, 0, NULL, 0},
};

/* What the bits of enum are called, and which verbs have them. */
static const struct {
	unsigned option;
	const char *text;
} option_names[] = {
    {XROSTER_NAME, "-n goes with add"},
    {XROSTER_GROUP, "-g goes with the list and with add"},
    {XROSTER_STATE, "--subscription goes with the list"},
    {XROSTER_SUBSCRIBE, "--subscribe goes with add and sync"},
    {XROSTER_ADD, "--add goes with group"},
    {XROSTER_REMOVE, "--remove goes with group"},
    {XROSTER_PRUNE, "--prune goes with sync"},
    {XROSTER_DRY_RUN, "--dry-run goes with what changes the list"},
};

#define MANY 1000000

static const struct xroster_verb verbs[] = {
    {"add", "JID...", 1, MANY, -1,
     XROSTER_NAME | XROSTER_GROUP | XROSTER_SUBSCRIBE | XROSTER_DRY_RUN,
     xroster_plan_add},
    {"remove", "JID...", 1, MANY, -1, XROSTER_DRY_RUN, xroster_plan_remove},
    {"rename", "JID NAME", 2, 2, 1, XROSTER_DRY_RUN, xroster_plan_rename},
    {"group", "JID...", 1, MANY, -1,
     XROSTER_ADD | XROSTER_REMOVE | XROSTER_DRY_RUN, xroster_plan_group},
    {"set", "nothing else", 0, 0, 0, XROSTER_DRY_RUN, xroster_plan_set},
    {"diff", "FILE", 1, 1, 0, 0, xroster_plan_diff},
    {"sync", "FILE", 1, 1, 0,
     XROSTER_PRUNE | XROSTER_SUBSCRIBE | XROSTER_DRY_RUN, xroster_plan_sync},
};
#define VERBS (sizeof verbs / sizeof *verbs)

static const struct xroster_verb the_list = {
    NULL, NULL, 0, 0, 0, XROSTER_GROUP | XROSTER_STATE, NULL};

/* --- the run ----------------------------------------------------------- */

void xroster_done(struct xroster *x)
{
	x->client.goal_met = 1;
	cpl_client_close(&x->client);
}

/* diff(1): 1 where there is a difference. */
static void end_diff(struct xroster *x)
{
	if (x->plan_count > 0)
		cpl_outcome_add(&x->client.run.outcome, CPL_REFUSED);
	xroster_done(x);
}

static int shows_plan(const struct xroster *x)
{
	return x->verb->plan == xroster_plan_diff ||
	       x->verb->plan == xroster_plan_sync ||
	       (x->set.given & XROSTER_DRY_RUN);
}

static void carry_out(struct xroster *x)
{
	/* What is wrong with any record stops what would remove by what is
	 * not there. */
	if ((x->set.given & XROSTER_PRUNE) && x->refused > 0) {
		xroster_done(x);
		return;
	}
	if (shows_plan(x))
		xroster_print_plan(x);
	if (x->verb->plan == xroster_plan_diff)
		end_diff(x);
	else if (x->set.given & XROSTER_DRY_RUN)
		xroster_done(x);
	else
		cpl_loop_timer(x->client.run.loop, &x->begin, 0);
}

/* In the turn behind the one that printed the plan: where that failed the run
 * is over, and nothing is changed. */
static void on_begin(void *user)
{
	struct xroster *x = user;

	if (!x->client.closing)
		xroster_apply(x);
}

static void on_ready(void *user, const struct cpl_err *why)
{
	struct xroster *x = user;

	x->listed = 1;
	if (x->client.closing)
		return;
	if (why) {
		cpl_run_complain(&x->client.run, why);
		cpl_client_close(&x->client);
		return;
	}
	if (!x->verb->plan) {
		xroster_print_list(x);
		xroster_done(x);
		return;
	}
	x->verb->plan(x);
	if (!x->client.run.over)
		carry_out(x);
}

static void on_online(void *user)
{
	struct xroster *x = user;
	struct cpl_roster_events events = {on_ready, NULL, x};
	struct cpl_client *c = &x->client;
	struct cpl_err e = CPL_ERR_INIT;

	/* After a new login: what is under way goes on by itself. */
	if (x->roster) {
		if (!x->listed && cpl_roster_again(x->roster, &e) < 0)
			cpl_run_give_up(&c->run, &e);
		return;
	}
	x->roster =
	    cpl_roster_new(c->run.session, cpl_cli_state_folder(&c->run.cli),
			   &c->run.cli.log, &events, &e);
	if (!x->roster)
		cpl_run_give_up(&c->run, &e);
}

static int on_stanza(void *user, xmpp_stanza_t *stanza)
{
	struct xroster *x = user;

	return (x->roster && cpl_roster_iq(x->roster, stanza)) ||
	       xroster_apply_stanza(x, stanza);
}

static void on_acked(void *user, uint64_t upto)
{
	xroster_apply_acked(user, upto);
}

static void on_ending(void *user, const struct cpl_err *why)
{
	struct xroster *x = user;
	struct cpl_err hint = CPL_ERR_INIT;

	xroster_apply_ending(x);
	if (cpl_roster_hint(x->roster, why, &hint))
		cpl_cli_error(&x->client.run.cli, &hint);
}

void xroster_go(struct xroster *x)
{
	cpl_client_connect(&x->client, 0, NULL);
}

static void release(struct xroster *x)
{
	cpl_loop_cancel(x->client.run.loop, &x->begin);
	cpl_pool_free(x->pool);
	cpl_roster_free(x->roster);
	cpl_contact_input_release(&x->file);
	for (size_t i = 0; i < x->plan_count; i++)
		cpl_contact_release(&x->plan[i].contact);
	free(x->plan);
	cpl_recipients_release(&x->jids);
	free(x->set.groups.list);
	free(x->set.add.list);
	free(x->set.remove.list);
	cpl_client_release(&x->client);
}

/* --- the command line -------------------------------------------------- */

static void add_word(struct xroster *x, struct xroster_words *words,
		     const char *option, const char *value)
{
	struct cpl_cli *cli = &x->client.run.cli;
	const char **list;

	if (*value == '\0')
		cpl_cli_usage(cli, "%s: a group has a name", option);
	list = realloc(words->list, (words->count + 1) * sizeof *list);
	if (!list)
		cpl_cli_nomem(cli);
	words->list = list;
	list[words->count++] = cpl_value_text(cli, option, value);
}

static void add_subscription(struct xroster *x, const char *value)
{
	static const char *const states[] = {"none", "to", "from", "both"};
	enum cpl_subscription s = CPL_SUB_NONE;

	value = cpl_value_word(&x->client.run.cli, "--subscription", value,
			       states, sizeof states / sizeof *states);
	(void)!cpl_contact_subscription_of(value, &s);
	x->set.subscriptions |= 1U << s;
}

static void take_option(struct xroster *x, int c, const char *arg)
{
	struct xroster_settings *set = &x->set;
	struct cpl_cli *cli = &x->client.run.cli;

	if (cpl_format_option(&x->client.format, cli, c, arg) ||
	    cpl_run_option(&x->client.run, c, arg))
		return;
	switch (c) {
	case 'g':
		set->given |= XROSTER_GROUP;
		add_word(x, &set->groups, "--group", arg);
		break;
	case 'n':
		set->given |= XROSTER_NAME;
		set->name = cpl_value_text(cli, "--name", arg);
		break;
	case OPT_SUBSCRIPTION:
		set->given |= XROSTER_STATE;
		add_subscription(x, arg);
		break;
	case OPT_ADD:
		set->given |= XROSTER_ADD;
		add_word(x, &set->add, "--add", arg);
		break;
	case OPT_REMOVE:
		set->given |= XROSTER_REMOVE;
		add_word(x, &set->remove, "--remove", arg);
		break;
	case OPT_SUBSCRIBE: set->given |= XROSTER_SUBSCRIBE; break;
	case OPT_PRUNE: set->given |= XROSTER_PRUNE; break;
	case OPT_DRY_RUN: set->given |= XROSTER_DRY_RUN; break;
	default: cpl_cli_option(cli, c, arg);
	}
}

/* What does not go together. */
static void check_options(struct xroster *x, int operands)
{
	const struct cpl_cli *cli = &x->client.run.cli;
	unsigned wrong = x->set.given & ~x->verb->options;

	for (size_t i = 0; i < sizeof option_names / sizeof *option_names; i++)
		if (wrong & option_names[i].option)
			cpl_cli_usage(cli, "%s", option_names[i].text);
	if (!x->verb->word || cpl_cli_ends_early(cli))
		return;
	if (operands < x->verb->least || operands > x->verb->most)
		cpl_cli_usage(cli, "%s takes %s", x->verb->word,
			      x->verb->operands);
	if (x->verb->plan == xroster_plan_group &&
	    x->set.add.count + x->set.remove.count == 0)
		cpl_cli_usage(cli, "group takes --add or --remove");
	if (x->path && strcmp(x->path, "-") == 0 && cli->password_fd == 0)
		cpl_cli_usage(cli, "--password-fd 0: contacts are on stdin");
}

/* What can be no contact: the server would say so, or worse, would not. */
static void check_new(const struct xroster *x, const struct cpl_jid *jid)
{
	const struct cpl_cli *cli = &x->client.run.cli;

	if (jid->resource)
		cpl_cli_usage(cli, "%s: a contact has no resource", jid->full);
	if (cpl_jid_same_bare(jid->bare,
			      cpl_setting(&cli->settings, CPL_SET_JID)))
		cpl_cli_usage(cli, "%s: the own account is no contact",
			      jid->full);
}

static void load_jids(struct xroster *x, int argc, char **argv)
{
	struct cpl_cli *cli = &x->client.run.cli;
	int n = x->verb->jids < 0 ? argc : x->verb->jids;

	cpl_recipients_load(&x->jids, cli, n < argc ? n : argc, argv);
	if (x->verb->plan == xroster_plan_rename) {
		x->set.new_name = cpl_value_text(cli, "NAME", argv[1]);
		if (x->jids.count != 1)
			cpl_cli_usage(cli, "rename takes one contact");
	}
	if (x->set.name && x->jids.count != 1)
		cpl_cli_usage(cli, "-n goes with one contact");
	for (size_t i = 0; i < x->jids.count; i++)
		if (x->verb->plan == xroster_plan_add)
			check_new(x, &x->jids.list[i]);
}

/* The verb and the operands behind it. */
static void take_operands(struct xroster *x, int argc, char **argv)
{
	x->verb = &the_list;
	if (argc > 0) {
		x->verb = cpl_value_verb(&x->client.run.cli, argv[0], verbs,
					 sizeof *verbs, VERBS);
		argc--;
		argv++;
	}
	if (x->verb->plan == xroster_plan_set)
		x->path = "-";
	else if (x->verb->word && x->verb->jids == 0 && argc > 0)
		x->path = argv[0];
	check_options(x, argc);
	cpl_cli_load(&x->client.run.cli);
	cpl_format_ready(&x->client.format, &x->client.run.cli);
	load_jids(x, argc, argv);
}

int main(int argc, char **argv)
{
	struct xroster x = {.client = {.format = {.kinds = CPL_FORMAT_ANY,
						  .kind = CPL_FORMAT_TEXT}},
			    .begin = {.fire = on_begin, .user = &x}};
	struct cpl_client_events events = {.online = on_online,
					   .stanza = on_stanza,
					   .ending = on_ending,
					   .user = &x};
	struct cpl_outcome outcome;
	int c;

	cpl_cli_init(&x.client.run.cli, "xroster", synopsis, help);
	while ((c = cpl_cli_getopt(
		    argc, argv,
		    CPL_CLI_SHORT CPL_FORMAT_SHORT "g:n:", options)) != -1)
		take_option(&x, c, optarg);
	take_operands(&x, argc - optind, argv + optind);
	if (x.path)
		cpl_contact_input_open(&x.file, &x.client.run.cli, x.path);
	if (x.set.given & XROSTER_SUBSCRIBE)
		events.acked = on_acked;
	cpl_client_open(&x.client, &events);
	if (x.path)
		xroster_file_start(&x);
	else
		xroster_go(&x);
	cpl_run_loop(&x.client.run);
	/* Given up: nobody has told it. */
	if (!x.client.closing && x.client.run.outcome.signal != SIGPIPE)
		xroster_apply_ending(&x);
	outcome = x.client.run.outcome;
	release(&x);
	cpl_outcome_exit(&outcome);
}
