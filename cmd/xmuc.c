/* SPDX-License-Identifier: MIT
 *
 * xmuc: rooms, looked at, made, changed and remembered. What a record is the
 * file of each verb says; where operands may be many, a line of stdin is one.
 */
#include "xmuc.h"

#include <stdlib.h>
#include <string.h>

#include "../common/cli/value.h"

static const char synopsis[] =
    "xmuc [options] list SERVICE...\n"
    "xmuc [options] info|who ROOM...\n"
    "xmuc [options] create ROOM... [--set KEY=VALUE]...\n"
    "xmuc [options] config ROOM [KEY=VALUE...]\n"
    "xmuc [options] destroy ROOM... [--reason TEXT] [--alternate ROOM]\n"
    "xmuc [options] invite ROOM JID|ALIAS... [--reason TEXT] [--mediated]\n"
    "xmuc [options] affiliation ROOM [owner|admin|member|outcast|none "
    "JID|ALIAS...]\n"
    "xmuc [options] role ROOM NICK moderator|participant|visitor|none\n"
    "xmuc [options] subject ROOM [TEXT]\n"
    "xmuc [options] register ROOM NICK\n"
    "xmuc [options] bookmarks\n"
    "xmuc [options] bookmark add|remove ROOM...";

static const char help[] =
    "      --set KEY=VALUE    create, register: of the form (repeat)\n"
    "      --instant          create: as the service has it, unconfigured\n"
    "      --reason TEXT      destroy, invite, affiliation, role: why\n"
    "      --alternate ROOM   destroy: where to go instead\n"
    "      --mediated         invite: through the room\n"
    "      --join             who: enter the room, whatever it tells others\n"
    "  -n, --name TEXT        bookmark add: what it is called\n"
    "      --autojoin         bookmark add: clients enter it by themselves\n"
    "      --no-autojoin      bookmark add: they do not\n"
    "      --each-timeout SEC for each answer (default 30)\n" CPL_ROOM_HELP
	CPL_RUN_RETRY_HELP CPL_FORMAT_HELP
    "                         (default text)\n";

enum {
	OPT_SET = CPL_OPT_TOOL,
	OPT_INSTANT,
	OPT_REASON,
	OPT_ALTERNATE,
	OPT_MEDIATED,
	OPT_JOIN,
	OPT_AUTOJOIN,
	OPT_NO_AUTOJOIN,
	OPT_EACH_TIMEOUT
};

static const struct option options[] = {
    CPL_CLI_OPTIONS,
    CPL_FORMAT_OPTIONS,
    CPL_RUN_RETRY,
    CPL_ROOM_OPTIONS,
    {"set", required_argument, NULL, OPT_SET},
    {"instant", no_argument, NULL, OPT_INSTANT},
    {"reason", required_argument, NULL, OPT_REASON},
    {"alternate", required_argument, NULL, OPT_ALTERNATE},
    {"mediated", no_argument, NULL, OPT_MEDIATED},
    {"join", no_argument, NULL, OPT_JOIN},
    {"name", required_argument, NULL, 'n'},
    {"autojoin", no_argument, NULL, OPT_AUTOJOIN},
    {"no-autojoin", no_argument, NULL, OPT_NO_AUTOJOIN},
    {"each-timeout", required_argument, NULL, OPT_EACH_TIMEOUT},
    {NULL, 0, NULL, 0},
};

/* What the bits are called, for messages. */
static const char *const option_names[] = {
    "--set",  "--instant", "--reason",          "--alternate", "--mediated",
    "--join", "--nick",    "--room-password-*", "--name",      "--autojoin"};

static const struct xmuc_verb *const verbs[] = {
    &xmuc_list,         &xmuc_info,
    &xmuc_who,          &xmuc_create,
    &xmuc_config,       &xmuc_destroy,
    &xmuc_invite,       &xmuc_affiliation,
    &xmuc_role,         &xmuc_subject,
    &xmuc_register,     &xmuc_bookmark_list,
    &xmuc_bookmark_add, &xmuc_bookmark_remove,
};
enum { VERBS = sizeof verbs / sizeof *verbs };

/* --- the run ----------------------------------------------------------- */

static void on_online(void *user)
{
	xmuc_online(user);
}

static int on_stanza(void *user, xmpp_stanza_t *stanza)
{
	struct xmuc *x = user;

	return (x->delivery && cpl_delivery_stanza(x->delivery, stanza)) ||
	       xmuc_join_stanza(x, stanza);
}

static void on_acked(void *user, uint64_t upto)
{
	struct xmuc *x = user;

	if (x->delivery)
		cpl_delivery_acked(x->delivery, upto);
}

static void on_ending(void *user, const struct cpl_err *why)
{
	(void)why;
	xmuc_ending(user);
}

/* What it takes to enter the rooms is known once they are. */
static int load_entries(struct xmuc *x)
{
	int joins = x->verb == &xmuc_invite
			? (x->set.given & XMUC_MEDIATED) != 0
			: x->verb->joins;
	struct cpl_err e = CPL_ERR_INIT;

	if ((!joins && !(x->set.given & XMUC_PASSWORD)) ||
	    cpl_room_entries_load(&x->entries, &x->set.room, &x->client.run.cli,
				  &x->rooms, &e) == 0)
		return 0;
	cpl_run_give_up(&x->client.run, &e);
	return -1;
}

void xmuc_go(struct xmuc *x)
{
	size_t n = x->verb->count ? x->verb->count(x) : x->rooms.count;

	if (n == 0)
		cpl_client_close(&x->client);
	else if (load_entries(x) == 0)
		cpl_client_connect(&x->client, 0, NULL);
}

static void release(struct xmuc *x)
{
	cpl_bookmarks_free(x->bookmarks);
	/* Its pings are nobody's from here on. */
	if (x->delivery)
		cpl_session_forget(x->client.run.session, x->delivery);
	cpl_delivery_free(x->delivery);
	cpl_rooms_release(&x->joined);
	cpl_pool_free(x->pool);
	cpl_input_free(x->input);
	for (size_t i = 0; i < x->next; i++) {
		struct xmuc_task *t = &x->tasks[i];

		if (t->iq)
			xmpp_stanza_release(t->iq);
		cpl_rsm_release(&t->rsm);
		cpl_form_release(&t->form);
	}
	free(x->tasks);
	for (size_t i = 0; i < x->person_count; i++)
		cpl_jid_release(&x->persons[i].jid);
	free(x->persons);
	xmuc_words_release(&x->set.changes);
	free(x->nick);
	cpl_jid_release(&x->alternate);
	cpl_room_entries_release(&x->entries);
	cpl_recipients_release(&x->people);
	cpl_recipients_release(&x->rooms);
	cpl_client_release(&x->client);
}

/* --- the command line -------------------------------------------------- */

void xmuc_add_change(struct xmuc *x, const char *where, const char *text)
{
	struct cpl_cli *cli = &x->client.run.cli;

	if (!strchr(text, '='))
		cpl_cli_usage(cli, "%s: '%.100s' is not KEY=VALUE", where,
			      text);
	if (xmuc_words_add(&x->set.changes, cpl_value_text(cli, where, text)) <
	    0)
		cpl_cli_nomem(cli);
}

static unsigned take_room_option(struct xmuc *x, int c, const char *arg)
{
	if (!cpl_room_option(&x->set.room, &x->client.run.cli, c, arg))
		return 0;
	return c == CPL_OPT_NICK || c == CPL_OPT_NICK_EXACT ? XMUC_NICK
							    : XMUC_PASSWORD;
}

static unsigned take_own_option(struct xmuc *x, int c, const char *arg)
{
	struct xmuc_settings *set = &x->set;
	struct cpl_cli *cli = &x->client.run.cli;

	switch (c) {
	case OPT_SET: xmuc_add_change(x, "--set", arg); return XMUC_SET;
	case OPT_INSTANT: return XMUC_INSTANT;
	case OPT_REASON:
		set->reason = cpl_value_text(cli, "--reason", arg);
		return XMUC_REASON;
	case OPT_ALTERNATE: set->alternate = arg; return XMUC_ALTERNATE;
	case OPT_MEDIATED: return XMUC_MEDIATED;
	case OPT_JOIN: return XMUC_JOIN;
	case 'n':
		set->name = cpl_value_text(cli, "--name", arg);
		return XMUC_NAME;
	case OPT_AUTOJOIN: set->autojoin = 1; return XMUC_AUTOJOIN;
	case OPT_NO_AUTOJOIN: set->autojoin = 0; return XMUC_AUTOJOIN;
	default: return take_room_option(x, c, arg);
	}
}

static void take_option(struct xmuc *x, int c, const char *arg)
{
	struct cpl_cli *cli = &x->client.run.cli;
	unsigned own;

	if (c == OPT_EACH_TIMEOUT) {
		x->set.each_timeout =
		    cpl_value_seconds(cli, "--each-timeout", arg, 86400);
		return;
	}
	own = take_own_option(x, c, arg);
	x->set.given |= own;
	if (!own && !cpl_format_option(&x->client.format, cli, c, arg) &&
	    !cpl_run_option(&x->client.run, c, arg))
		cpl_cli_option(cli, c, arg);
}

/* "bookmark" has a verb of its own behind it. Returns how many words it is. */
static int choose_verb(struct xmuc *x, int argc, char **argv)
{
	static const char *const actions[] = {"add", "remove"};
	struct cpl_cli *cli = &x->client.run.cli;
	const char *known[VERBS - 1], *word;

	for (size_t i = 0; i < VERBS - 2; i++)
		known[i] = verbs[i]->word;
	known[VERBS - 2] = "bookmark";
	if (argc == 0)
		cpl_cli_usage(cli, "no verb");
	word = cpl_value_word(cli, "the verb", argv[0], known, VERBS - 1);
	for (size_t i = 0; i < VERBS - 2; i++)
		if (word == known[i])
			x->verb = verbs[i];
	if (x->verb)
		return 1;
	if (argc == 1)
		cpl_cli_usage(cli, "bookmark takes add or remove");
	word = cpl_value_word(cli, "bookmark", argv[1], actions, 2);
	x->verb =
	    word == actions[0] ? &xmuc_bookmark_add : &xmuc_bookmark_remove;
	return 2;
}

/* What does not go together. */
static void check_options(const struct xmuc *x, int operands)
{
	const struct cpl_cli *cli = &x->client.run.cli;
	unsigned wrong = x->set.given & ~x->verb->options;

	for (unsigned i = 0; i < sizeof option_names / sizeof *option_names;
	     i++)
		if (wrong & (1U << i))
			cpl_cli_usage(cli, "%s is not for %s", option_names[i],
				      x->verb->word);
	if ((x->set.given & XMUC_INSTANT) &&
	    (x->set.given & (XMUC_SET | XMUC_PASSWORD)))
		cpl_cli_usage(cli, "--instant goes without %s",
			      x->set.given & XMUC_SET ? "--set"
						      : "--room-password-*");
	if (!cpl_cli_ends_early(cli) &&
	    (operands < x->verb->least || operands > x->verb->most))
		cpl_cli_usage(cli, "%s takes %s", x->verb->word,
			      x->verb->operands);
}

static void load_alternate(struct xmuc *x)
{
	struct cpl_cli *cli = &x->client.run.cli;
	struct cpl_recipients one = {0};
	struct cpl_err e = CPL_ERR_INIT;

	if (!x->set.alternate)
		return;
	if (cpl_recipients_add_room(&one, cli->config, x->set.alternate, 0,
				    &e) == 0 &&
	    one.count != 1)
		cpl_err_set(&e, CPL_USAGE, "more than one room");
	if (e.status == CPL_OK)
		(void)!cpl_jid_parse(&x->alternate, one.list[0].bare, &e);
	cpl_recipients_release(&one);
	if (e.status == CPL_OK)
		return;
	cpl_err_prefix(&e, "--alternate");
	cpl_cli_die(cli, &e);
}

static void load_operands(struct xmuc *x, int argc, char **argv)
{
	struct cpl_cli *cli = &x->client.run.cli;
	int places = x->verb->operand && argc > 0 ? 1 : argc;
	struct cpl_err e = CPL_ERR_INIT;

	for (int i = 0; i < places; i++) {
		if (strcmp(argv[i], "-") == 0 && !x->verb->operand)
			x->from_stdin = 1;
		else if (xmuc_add_place(x, argv[i], &e) < 0)
			cpl_cli_die(cli, &e);
	}
	if (x->verb->operand && x->rooms.count > 1)
		cpl_cli_usage(cli, "%s takes one room", x->verb->word);
	if (x->verb->operand)
		x->verb->operand(x, argc - places, argv + places);
	if (x->from_stdin && cli->password_fd == 0)
		cpl_cli_usage(cli, "--password-fd 0: operands are on stdin");
	if (x->from_stdin)
		cpl_room_option_stdin(&x->set.room, cli,
				      "operands are on stdin");
	load_alternate(x);
}

int main(int argc, char **argv)
{
	struct xmuc x = {.client = {.format = {.kinds = CPL_FORMAT_ANY,
					       .kind = CPL_FORMAT_TEXT}},
			 .set = {.each_timeout = 30000, .autojoin = -1}};
	struct cpl_client_events events = {.online = on_online,
					   .stanza = on_stanza,
					   .ending = on_ending,
					   .user = &x};
	struct cpl_cli *cli = &x.client.run.cli;
	int c;

	cpl_cli_init(cli, "xmuc", synopsis, help);
	while ((c = cpl_cli_getopt(
		    argc, argv,
		    CPL_CLI_SHORT CPL_FORMAT_SHORT "n:", options)) != -1)
		take_option(&x, c, optarg);
	argc -= optind;
	argv += optind;
	c = cpl_cli_ends_early(cli) && argc == 0 ? 0
						 : choose_verb(&x, argc, argv);
	if (x.verb)
		check_options(&x, argc - c);
	cpl_cli_load(cli);
	cpl_format_ready(&x.client.format, cli);
	load_operands(&x, argc - c, argv + c);
	if (x.verb == &xmuc_invite)
		events.acked = on_acked;
	/* Passwords of rooms are read when all their names are. */
	x.client.run.stays_open = x.from_stdin;
	cpl_client_open(&x.client, &events);
	if (x.from_stdin)
		xmuc_stdin_start(&x);
	else
		xmuc_go(&x);
	cpl_run_loop(&x.client.run);
	release(&x);
	cpl_outcome_exit(&x.client.run.outcome);
}
