/* SPDX-License-Identifier: MIT
 *
 * xdisco: nothing comes in; one thing that an entity says of itself is one
 * record out, or one answer is; with --find it is one entity. */
#include <stdlib.h>
#include <string.h>

#include "../common/base/limits.h"
#include "../common/cli/client.h"
#include "../common/cli/recipients.h"
#include "../common/cli/value.h"
#include "../common/stanza/disco.h"
#include "../common/stanza/ns.h"
#include "../common/stream/browse.h"

static const char synopsis[] = "xdisco [options] [JID|ALIAS [NODE]]...";

static const char help[] =
    "      --info             ask for identities and features alone\n"
    "      --items            ask for items alone\n"
    "      --node NODE        of each JID that has no NODE behind it\n"
    "      --tree             ask the items too: the same as --depth 2\n"
    "      --depth N          so many levels: 1 the JIDs, 2 their items too\n"
    "      --find FEATURE     print who has it, of the JIDs and their items\n"
    "      --most N           find so many entities (default 1000)\n"
    "      --each-timeout SEC for each answer (default 10)\n" CPL_RUN_RETRY_HELP
	CPL_FORMAT_HELP "                         (default text)\n";

enum {
	OPT_INFO = CPL_OPT_TOOL,
	OPT_ITEMS,
	OPT_NODE,
	OPT_TREE,
	OPT_DEPTH,
	OPT_FIND,
	OPT_MOST,
	OPT_EACH_TIMEOUT
};

static const struct option options[] = {
    CPL_CLI_OPTIONS,
    CPL_FORMAT_OPTIONS,
    CPL_RUN_RETRY,
    {"info", no_argument, NULL, OPT_INFO},
    {"items", no_argument, NULL, OPT_ITEMS},
    {"node", required_argument, NULL, OPT_NODE},
    {"tree", no_argument, NULL, OPT_TREE},
    {"depth", required_argument, NULL, OPT_DEPTH},
    {"find", required_argument, NULL, OPT_FIND},
    {"most", required_argument, NULL, OPT_MOST},
    {"each-timeout", required_argument, NULL, OPT_EACH_TIMEOUT},
    {NULL, 0, NULL, 0},
};

/* An operand, and the NODE behind it. */
struct place {
	struct cpl_recipients jids; /* an alias may be several */
	const char *node;           /* NULL: none */
};

struct xdisco {
	struct cpl_client client; /* the user of its events is this struct */
	struct place *places;
	size_t place_count;
	struct cpl_browse *browse;
	struct cpl_browse_conf conf;
	const char *node;
	const char *find;
	int depth; /* 0: not said */
	size_t answers;
	size_t printed; /* of --find */
};

/* Whose fact is printed. */
struct source {
	struct xdisco *x;
	const char *jid;
	const char *node;
};

/* --- records ----------------------------------------------------------- */

static int print_fact(void *user, const struct cpl_disco_fact *fact)
{
	const struct source *from = user;
	const char *fields[3 + CPL_DISCO_FIELDS] = {from->jid, from->node,
						    fact->kind};

	memcpy(fields + 3, fact->fields, fact->count * sizeof *fields);
	cpl_client_fields(&from->x->client, fields, 3 + fact->count);
	return 0;
}

/* Text has a record for each thing that is said, or, where somebody is looked
 * for, for each who was found; all else has one for each answer. */
static void print_answer(struct xdisco *x, struct source *from,
			 xmpp_stanza_t *answer, xmpp_stanza_t *query)
{
	struct cpl_client *c = &x->client;
	const char *name[] = {from->jid, from->node};

	switch (c->format.kind) {
	case CPL_FORMAT_TEXT:
	case CPL_FORMAT_NUL:
		if (x->find)
			cpl_client_fields(c, name, name[1] ? 2 : 1);
		else if (cpl_disco_each(query, print_fact, from) < 0)
			cpl_run_no_memory(&c->run);
		break;
	case CPL_FORMAT_JSON:
		cpl_client_json(c, cpl_disco_json(&c->line, query, from->jid,
						  from->node) < 0);
		break;
	case CPL_FORMAT_XML:
	case CPL_FORMAT_TEMPLATE: cpl_client_print(c, answer); break;
	}
}

/* --- the walk ---------------------------------------------------------- */

static void complain(struct xdisco *x, const struct source *from,
		     const char *ns, const struct cpl_err *why)
{
	int items = strcmp(ns, CPL_NS_DISCO_ITEMS) == 0;
	struct cpl_err e = *why;

	/* Both may be long, and a stranger's: the reason is to be seen. */
	cpl_err_prefix(&e, "%.300s%s%.300s: %s", from->jid,
		       from->node ? " " : "", from->node ? from->node : "",
		       items ? "items" : "info");
	cpl_run_complain(&x->client.run, &e);
}

static void on_answered(void *user, const char *jid, const char *node,
			const char *ns, xmpp_stanza_t *answer,
			xmpp_stanza_t *query, const struct cpl_err *why)
{
	struct xdisco *x = user;
	struct source from = {x, jid, node};
	int items = strcmp(ns, CPL_NS_DISCO_ITEMS) == 0;

	if (why) {
		complain(x, &from, ns, why);
		return;
	}
	x->answers++;
	if (x->find && (items || !cpl_disco_has(query, x->find)))
		return;
	/* Items that only show the way are not what was asked for. */
	if (!x->find && items && !x->conf.items)
		return;
	x->printed++;
	print_answer(x, &from, answer, query);
}

/* What the answers and their lack came to. */
static void judge(struct xdisco *x)
{
	size_t left = cpl_browse_left(x->browse);
	struct cpl_err e = CPL_ERR_INIT;

	x->client.run.outcome.went_through =
	    x->find ? x->printed > 0 : x->answers > 0;
	if (left > 0) {
		cpl_err_set(&e, CPL_PARTIAL,
			    "items that were not asked: %zu (--most %zu)", left,
			    x->conf.most);
		cpl_run_complain(&x->client.run, &e);
	}
	if (x->find && x->printed == 0) {
		cpl_err_set(&e, CPL_REFUSED, "%s: no entity has it", x->find);
		cpl_run_complain(&x->client.run, &e);
	}
}

static void on_done(void *user)
{
	struct xdisco *x = user;

	judge(x);
	x->client.goal_met = 1;
	cpl_client_close(&x->client);
}

static void on_online(void *user)
{
	struct xdisco *x = user;

	cpl_browse_start(x->browse);
}

/* The walk is cut short: that is the cause, whatever single entities said. */
static void on_ending(void *user, const struct cpl_err *why)
{
	struct xdisco *x = user;

	(void)why;
	x->client.run.outcome.cause = CPL_OK;
}

/* --- the command line -------------------------------------------------- */

static void take_option(struct xdisco *x, int c, const char *arg)
{
	struct cpl_cli *cli = &x->client.run.cli;

	if (cpl_format_option(&x->client.format, cli, c, arg) ||
	    cpl_run_option(&x->client.run, c, arg))
		return;
	switch (c) {
	case OPT_INFO: x->conf.info = 1; break;
	case OPT_ITEMS: x->conf.items = 1; break;
	case OPT_NODE: x->node = cpl_value_text(cli, "--node", arg); break;
	case OPT_TREE: x->depth = 2; break;
	case OPT_DEPTH:
		x->depth = (int)cpl_value_number(cli, "--depth", arg, 1, 1000);
		break;
	case OPT_FIND: x->find = cpl_value_text(cli, "--find", arg); break;
	case OPT_MOST:
		x->conf.most = (size_t)cpl_value_number(
		    cli, "--most", arg, 1, CPL_BROWSE_ENTITIES_MAX);
		break;
	case OPT_EACH_TIMEOUT:
		x->conf.each_timeout =
		    cpl_value_seconds(cli, "--each-timeout", arg, 86400);
		break;
	default: cpl_cli_option(cli, c, arg);
	}
}

static void settle_options(struct xdisco *x)
{
	if (x->find && !*x->find)
		cpl_cli_usage(&x->client.run.cli, "--find: no feature");
	if (x->find && (x->conf.info || x->conf.items))
		cpl_cli_usage(&x->client.run.cli,
			      "--find goes without --info and --items");
	if (x->depth == 0)
		x->depth = x->find ? 2 : 1;
	x->conf.levels = x->depth;
	if (x->find) {
		x->conf.info = 1;
	} else if (!x->conf.info && !x->conf.items) {
		x->conf.info = x->conf.items = 1;
	}
}

/* Whether an operand is a JID or a known alias: behind a JID, all else is its
 * NODE. */
static int is_address(const struct cpl_config *config, const char *text)
{
	struct cpl_jid jid = {0};
	int is_jid;

	if (!strpbrk(text, "@./:"))
		return *text &&
		       cpl_config_alias(config, text, NULL, NULL, NULL) >= 0;
	is_jid = cpl_jid_parse(&jid, text, NULL) == 0;
	cpl_jid_release(&jid);
	return is_jid;
}

static void add_operand(struct xdisco *x, const char *text, int *open)
{
	struct cpl_cli *cli = &x->client.run.cli;
	struct cpl_err e = CPL_ERR_INIT;

	if (*open && !is_address(cli->config, text)) {
		x->places[x->place_count - 1].node =
		    cpl_value_text(cli, "the node", text);
		*open = 0;
		return;
	}
	if (cpl_recipients_add(&x->places[x->place_count].jids, cli->config,
			       text, &e) < 0)
		cpl_cli_die(cli, &e);
	x->places[x->place_count++].node = x->node;
	*open = 1;
}

/* Nobody named is the own server. */
static void load_places(struct xdisco *x, int argc, char **argv)
{
	struct cpl_cli *cli = &x->client.run.cli;
	int open = 0;

	x->places = calloc((size_t)argc + 1, sizeof *x->places);
	if (!x->places)
		cpl_cli_nomem(cli);
	if (argc == 0) {
		cpl_recipients_own_server(&x->places[0].jids, cli);
		x->places[x->place_count++].node = x->node;
	}
	for (int i = 0; i < argc; i++)
		add_operand(x, argv[i], &open);
}

static int add_places(struct xdisco *x, struct cpl_err *e)
{
	if (!x->browse)
		return cpl_err_nomem(e);
	for (size_t i = 0; i < x->place_count; i++) {
		const struct place *p = &x->places[i];

		for (size_t k = 0; k < p->jids.count; k++)
			if (cpl_browse_add(x->browse, p->jids.list[k].full,
					   p->node, e) < 0)
				return -1;
	}
	return 0;
}

static void open_disco(struct xdisco *x)
{
	struct cpl_client_events events = {
	    .online = on_online, .ending = on_ending, .user = x};
	struct cpl_browse_events told = {on_answered, on_done, x};
	struct cpl_err e = CPL_ERR_INIT;

	cpl_client_open(&x->client, &events);
	cpl_client_connect(&x->client, 0, NULL);
	if (!x->client.run.session)
		return;
	x->conf.loop = x->client.run.loop;
	x->conf.session = x->client.run.session;
	x->browse = cpl_browse_new(&x->conf, &told);
	if (add_places(x, &e) < 0)
		cpl_run_give_up(&x->client.run, &e);
}

static void release(struct xdisco *x)
{
	cpl_browse_free(x->browse);
	for (size_t i = 0; i < x->place_count; i++)
		cpl_recipients_release(&x->places[i].jids);
	free(x->places);
	cpl_client_release(&x->client);
}

int main(int argc, char **argv)
{
	struct xdisco x = {
	    .client = {.format = {.kinds = CPL_FORMAT_ANY,
				  .kind = CPL_FORMAT_TEXT}},
	    .conf = {.each_timeout = 10000, .most = CPL_BROWSE_ENTITIES}};
	struct cpl_cli *cli = &x.client.run.cli;
	int c;

	cpl_cli_init(cli, "xdisco", synopsis, help);
	while ((c = cpl_cli_getopt(argc, argv, CPL_CLI_SHORT CPL_FORMAT_SHORT,
				   options)) != -1)
		take_option(&x, c, optarg);
	settle_options(&x);
	cpl_cli_load(cli);
	cpl_format_ready(&x.client.format, cli);
	load_places(&x, argc - optind, argv + optind);
	open_disco(&x);
	cpl_run_loop(&x.client.run);
	release(&x);
	cpl_outcome_exit(&x.client.run.outcome);
}
