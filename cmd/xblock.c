/* SPDX-License-Identifier: MIT
 *
 * xblock: a blocked address is a record out; add and remove read addresses as
 * records (XEP-0191). */
#include <stdlib.h>
#include <string.h>

#include "../common/base/limits.h"
#include "../common/cli/client.h"
#include "../common/cli/contact_input.h"
#include "../common/cli/recipients.h"
#include "../common/cli/value.h"
#include "../common/stanza/build.h"
#include "../common/stanza/ns.h"
#include "../common/stream/fault.h"
#include "../common/stream/send.h"

static const char synopsis[] = "xblock [options] [list]\n"
			       "xblock [options] add|remove [JID|ALIAS]...\n"
			       "xblock [options] clear";

static const char help[] =
    CPL_RUN_RETRY_HELP CPL_RUN_RETRY_SET_HELP CPL_FORMAT_HELP
    "                         (default text)\n";

static const struct option options[] = {
    CPL_CLI_OPTIONS,   CPL_FORMAT_OPTIONS, CPL_RUN_RETRY,
    CPL_RUN_RETRY_SET, {NULL, 0, NULL, 0},
};

static const struct verb {
	const char *word, *type, *element;
	int has_jids;
} verbs[] = {
    {"list", "get", "blocklist", 0},
    {"add", "set", "block", 1},
    {"remove", "set", "unblock", 1},
    {"clear", "set", "unblock", 0}, /* 3.5: all, where no item is named */
};
#define VERBS (sizeof verbs / sizeof *verbs)

struct xblock {
	struct cpl_client client; /* the user of its events is this struct */
	const struct verb *verb;
	/* The addresses, those of operands too; of these, from and to are in
	 * the request under way, and those before single are asked alone. */
	struct cpl_contact_input in;
	size_t from, to, single;
	int asked;
};

/* --- the list ---------------------------------------------------------- */

static void print(struct xblock *x, const char *jid)
{
	static const char *const names[] = {"jid"};
	struct cpl_client *c = &x->client;
	xmpp_stanza_t *item;

	if (cpl_client_record(c, names, &jid, 1))
		return;
	item = cpl_build(c->run.ctx, "item", CPL_NS_BLOCKING);
	if (!item || cpl_set_attr(item, "jid", jid) < 0)
		cpl_run_no_memory(&c->run);
	else
		cpl_client_print(c, item);
	if (item)
		xmpp_stanza_release(item);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted, as a server may give them in any order. */
static void print_list(struct xblock *x, xmpp_stanza_t *list)
{
	const char **jids = calloc(CPL_STANZA_ELEMENTS_MAX, sizeof *jids);
	xmpp_stanza_t *item = cpl_first_element(list);
	size_t n = 0;

	if (!jids) {
		cpl_run_no_memory(&x->client.run);
		return;
	}
	for (; item && n < CPL_STANZA_ELEMENTS_MAX;
	     item = cpl_next_element(item))
		if (cpl_is(item, "item", CPL_NS_BLOCKING) &&
		    (jids[n] = xmpp_stanza_get_attribute(item, "jid")))
			n++;
	qsort(jids, n, sizeof *jids, by_text);
	for (size_t i = 0; i < n; i++)
		print(x, jids[i]);
	free(jids);
}

/* --- requests ---------------------------------------------------------- */

/* So many addresses as every server takes in one stanza; escapes may double
 * what they are. */
static size_t end_of_chunk(const struct xblock *x)
{
	size_t bytes = 0, i = x->from;

	while (i < x->in.all.count && bytes < CPL_STANZA_SURE_BYTES / 2)
		bytes += strlen(x->in.all.at[i++]->jid.full) +
			 strlen("<item jid=''/>");
	return x->from < x->single ? x->from + 1 : i;
}

static xmpp_stanza_t *build(const struct xblock *x)
{
	xmpp_stanza_t *command;
	xmpp_stanza_t *iq =
	    cpl_build_iq(x->client.run.ctx, x->verb->type, NULL,
			 x->verb->element, CPL_NS_BLOCKING, &command);
	int failed = 0;

	for (size_t i = x->from; i < x->to && !failed; i++)
		failed = cpl_set_attr(cpl_build_child(command, "item", NULL),
				      "jid", x->in.all.at[i]->jid.full) < 0;
	return cpl_built(iq, !failed);
}

static void on_answered(void *user, xmpp_stanza_t *answer);

/* The next request, or the end. */
static void go_on(struct xblock *x)
{
	struct cpl_client *c = &x->client;
	struct cpl_err e = CPL_ERR_INIT;

	x->from = x->to;
	if (c->run.over)
		return;
	if (x->asked && x->from == x->in.all.count) {
		c->goal_met = 1;
		cpl_client_close(c);
		return;
	}
	x->asked = 1;
	x->to = end_of_chunk(x);
	if (cpl_send_request(c->run.session, build(x), on_answered, x, &e) < 0)
		cpl_run_give_up(&c->run, &e);
}

/* The same for each address of the request under way, or for all of it. */
static void complain(struct xblock *x, const struct cpl_err *why)
{
	if (x->from == x->to)
		cpl_run_complain(&x->client.run, why);
	for (size_t i = x->from; i < x->to; i++) {
		struct cpl_err e = *why;

		cpl_err_prefix(&e, "%s", x->in.all.at[i]->jid.full);
		cpl_run_complain(&x->client.run, &e);
	}
}

/* RFC 6120 8.4: who does not know a namespace says one of these. */
static int is_unknown(xmpp_stanza_t *answer)
{
	const char *condition =
	    cpl_condition(cpl_own_child(answer, "error"), CPL_NS_STANZA_ERRORS);

	return strcmp(condition, "service-unavailable") == 0 ||
	       strcmp(condition, "feature-not-implemented") == 0;
}

static void on_refused(struct xblock *x, xmpp_stanza_t *answer)
{
	struct cpl_err e = CPL_ERR_INIT;

	cpl_fault_stanza(answer, &e);
	if (is_unknown(answer)) {
		e.status = CPL_UNAVAILABLE;
		cpl_err_prefix(&e, "the server has no block list (XEP-0191)");
		cpl_run_complain(&x->client.run, &e);
		cpl_client_close(&x->client);
	} else if (x->to - x->from > 1) {
		/* All or nothing is done of a request: which of them is it? */
		x->single = x->to;
		x->to = x->from;
	} else {
		complain(x, &e);
	}
}

static void on_answered(void *user, xmpp_stanza_t *answer)
{
	struct xblock *x = user;
	xmpp_stanza_t *list =
	    answer && cpl_has_type(answer, "result")
		? cpl_child(answer, "blocklist", CPL_NS_BLOCKING)
		: NULL;
	struct cpl_err e = CPL_ERR_INIT;

	/* None: on_ending() tells. */
	if (!answer && !cpl_session_alive(x->client.run.session))
		return;
	if (!answer) {
		cpl_err_set(&e, CPL_TEMP,
			    "unknown outcome: the connection was lost");
		complain(x, &e);
	} else if (!cpl_has_type(answer, "result")) {
		on_refused(x, answer);
	} else if (list) {
		print_list(x, list);
	} else if (strcmp(x->verb->type, "get") == 0) {
		cpl_err_set(&e, CPL_PROTOCOL, "the answer has no block list");
		cpl_run_complain(&x->client.run, &e);
	} else {
		x->client.run.outcome.went_through = 1;
	}
	go_on(x);
}

/* After a new login what is under way goes on by itself. */
static void on_online(void *user)
{
	struct xblock *x = user;

	if (!x->asked)
		go_on(x);
}

static void on_ending(void *user, const struct cpl_err *why)
{
	struct xblock *x = user;
	const struct cpl_cli *cli = &x->client.run.cli;
	size_t left = x->in.all.count - x->to;

	(void)why;
	if (x->asked && strcmp(x->verb->word, "clear") == 0)
		cpl_cli_warn(cli, "unknown outcome");
	for (size_t i = x->from; i < x->to; i++)
		cpl_cli_warn(cli, "%s: unknown outcome",
			     x->in.all.at[i]->jid.full);
	if (left > 0)
		cpl_cli_warn(cli, "%s: not sent: %zu JID%s, from here on",
			     x->in.all.at[x->to]->jid.full, left,
			     left == 1 ? "" : "s");
}

/* --- addresses --------------------------------------------------------- */

/* XEP-0191 5: between its own clients nothing is blocked; some servers take it
 * at its word, and the account has no use of itself any more. */
static int check(void *user, const struct cpl_contact *c, struct cpl_err *e)
{
	const struct xblock *x = user;
	const struct cpl_settings *set = &x->client.run.cli.settings;

	if (!cpl_jid_same_bare(c->jid.bare, cpl_setting(set, CPL_SET_JID)))
		return 0;
	return cpl_err_set(e, CPL_DATA, "%s: it is the own account",
			   c->jid.full);
}

/* No address is none to change, and never all of them (3.5). */
static void on_end(void *user, int failed)
{
	struct xblock *x = user;

	if (!failed && x->in.all.count > 0)
		cpl_client_connect(&x->client, 0, NULL);
	else
		cpl_client_close(&x->client);
}

static void load_operands(struct xblock *x, int argc, char **argv)
{
	struct cpl_cli *cli = &x->client.run.cli;
	struct cpl_recipients given = {0};
	struct cpl_err e = CPL_ERR_INIT;
	int failed = 0;

	cpl_recipients_load(&given, cli, argc, argv);
	for (size_t i = 0; i < given.count && !failed; i++) {
		struct cpl_contact c = {0};

		failed = cpl_contact_init(&c, given.list[i].full, &e) < 0 ||
			 check(x, &c, &e) < 0;
		if (!failed && cpl_contacts_put(&x->in.all, &c) < 0)
			failed = cpl_err_nomem(&e);
	}
	if (e.status == CPL_DATA)
		e.status = CPL_USAGE;
	if (failed)
		cpl_cli_die(cli, &e);
	cpl_recipients_release(&given);
}

/* --- the command line -------------------------------------------------- */

static void choose_verb(struct xblock *x, int argc, char **argv)
{
	const struct cpl_cli *cli = &x->client.run.cli;

	x->verb =
	    argc > 0 ? cpl_value_verb(cli, argv[0], verbs, sizeof *verbs, VERBS)
		     : verbs;
	if (!x->verb->has_jids && argc > 1)
		cpl_cli_usage(cli, "%s takes nothing else", x->verb->word);
	if (x->verb->has_jids && argc == 1 && cli->password_fd == 0)
		cpl_cli_usage(cli, "--password-fd 0: addresses are on stdin");
}

/* What is read is read first: without it there is nothing to ask for. */
static void start(struct xblock *x, int reads)
{
	struct cpl_client_events events = {
	    .online = on_online, .ending = on_ending, .user = x};
	struct cpl_contact_input_conf conf = {
	    .addresses = 1, .check = check, .end = on_end, .user = x};

	cpl_client_open(&x->client, &events);
	if (reads)
		cpl_contact_input_start(&x->in, &x->client.run, &conf);
	else
		cpl_client_connect(&x->client, 0, NULL);
}

int main(int argc, char **argv)
{
	struct xblock x = {.client = {.format = {.kinds = CPL_FORMAT_ANY,
						 .kind = CPL_FORMAT_TEXT}}};
	struct cpl_client *client = &x.client;
	struct cpl_cli *cli = &client->run.cli;
	int c;

	cpl_cli_init(cli, "xblock", synopsis, help);
	while ((c = cpl_cli_getopt(argc, argv, CPL_CLI_SHORT CPL_FORMAT_SHORT,
				   options)) != -1)
		if (!cpl_format_option(&client->format, cli, c, optarg) &&
		    !cpl_run_option(&client->run, c, optarg))
			cpl_cli_option(cli, c, optarg);
	argc -= optind;
	argv += optind;
	choose_verb(&x, argc, argv);
	cpl_cli_load(cli);
	cpl_format_ready(&client->format, cli);
	if (argc > 1)
		load_operands(&x, argc - 1, argv + 1);
	start(&x, x.verb->has_jids && argc == 1);
	cpl_run_loop(&client->run);
	cpl_contact_input_release(&x.in);
	cpl_client_release(client);
	cpl_outcome_exit(&client->run.outcome);
}
