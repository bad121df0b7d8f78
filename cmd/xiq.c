/* SPDX-License-Identifier: MIT
 *
 * xiq: one record in (an iq of type get or set, or a bare payload) is one
 * request; one record out is its answer. */
#include "xiq.h"

#include "../common/base/limits.h"
#include "../common/cli/value.h"

static const char synopsis[] = "xiq [options] [JID|ALIAS]";

static const char help[] =
    "  -t, --type TYPE        of bare payloads: get (default) or set\n"
    "  -c, --count N          ask N times at most\n"
    "      --parallel N       so many at once (default 32)\n"
    "      --unordered        print answers as they come\n"
    "      --each-timeout SEC wait so long for each answer (default 60;\n"
    "                         0: for ever)\n"
    "      --paginate         go on until a result is complete (XEP-0059)\n"
    "      --page N           so many items a page (default 50)\n"
    "      --payload          print the payloads of results "
    "alone\n" CPL_RUN_RETRY_HELP CPL_RUN_RETRY_SET_HELP CPL_FORMAT_HELP
    "                         (default xml)\n";

enum {
	OPT_PARALLEL = CPL_OPT_TOOL,
	OPT_UNORDERED,
	OPT_EACH_TIMEOUT,
	OPT_PAGINATE,
	OPT_PAGE,
	OPT_PAYLOAD
};

static const struct option options[] = {
    CPL_CLI_OPTIONS,
    CPL_FORMAT_OPTIONS,
    CPL_RUN_RETRY,
    CPL_RUN_RETRY_SET,
    {"type", required_argument, NULL, 't'},
    {"count", required_argument, NULL, 'c'},
    {"parallel", required_argument, NULL, OPT_PARALLEL},
    {"unordered", no_argument, NULL, OPT_UNORDERED},
    {"each-timeout", required_argument, NULL, OPT_EACH_TIMEOUT},
    {"paginate", no_argument, NULL, OPT_PAGINATE},
    {"page", required_argument, NULL, OPT_PAGE},
    {"payload", no_argument, NULL, OPT_PAYLOAD},
    {NULL, 0, NULL, 0},
};

/* --- answers and stdout ------------------------------------------------ */

static void on_answered(void *user, void *item, xmpp_stanza_t *answer,
			const struct cpl_err *why)
{
	xiq_answered(user, item, answer, why);
}

static void on_room(void *user)
{
	xiq_work(user);
}

/* At the end of a turn, behind the output's: what a slow reader has not taken
 * holds the answers that came, and these the records. */
static void on_turn(void *user)
{
	struct xiq *x = user;
	int much = cpl_output_bytes(x->client.output) >= CPL_ANSWERS_BYTES;

	if (x->held && !much)
		cpl_loop_timer(x->client.run.loop, &x->go_on, 0);
}

static void on_go_on(void *user)
{
	struct xiq *x = user;

	x->held = 0;
	cpl_pool_hold(x->pool, 0);
}

/* --- the session ------------------------------------------------------- */

static void on_online(void *user)
{
	struct xiq *x = user;
	struct cpl_pool_conf conf = {
	    .loop = x->client.run.loop,
	    .session = x->client.run.session,
	    .parallel = (size_t)x->set.parallel,
	    .each_timeout = x->set.each_timeout,
	    .unordered = x->set.unordered,
	};
	struct cpl_pool_events events = {on_answered, on_room, x};

	/* After a new login the session asks again by itself. */
	if (x->pool) {
		xiq_work(x);
		return;
	}
	x->pool = cpl_pool_new(&conf, &events);
	if (x->pool) {
		cpl_input_hold(x->input, 0);
		xiq_work(x);
		return;
	}
	cpl_run_no_memory(&x->client.run);
}

/* Nothing more is asked; what was answered by now is printed. */
static void on_ending(void *user, const struct cpl_err *why)
{
	struct xiq *x = user;

	(void)why;
	cpl_input_hold(x->input, 1);
	if (x->pool)
		on_go_on(x);
}

/* --- stdin ------------------------------------------------------------- */

static void on_record(void *user, const struct cpl_record *record)
{
	xiq_record(user, record);
}

static void on_input_end(void *user, const struct cpl_err *e)
{
	xiq_input_end(user, e);
}

/* --- the command line -------------------------------------------------- */

static void take_option(struct xiq *x, int c, const char *arg)
{
	static const char *const types[] = {"get", "set"};
	struct xiq_settings *set = &x->set;
	struct cpl_cli *cli = &x->client.run.cli;

	if (cpl_format_option(&x->client.format, cli, c, arg) ||
	    cpl_run_option(&x->client.run, c, arg))
		return;
	switch (c) {
	case 't':
		set->type = cpl_value_word(cli, "--type", arg, types, 2);
		break;
	case 'c':
		set->count =
		    cpl_value_number(cli, "--count", arg, 1, 1000000000);
		break;
	case OPT_PARALLEL:
		set->parallel =
		    cpl_value_number(cli, "--parallel", arg, 1, 1000);
		break;
	case OPT_UNORDERED: set->unordered = 1; break;
	case OPT_EACH_TIMEOUT:
		set->each_timeout =
		    cpl_value_seconds(cli, "--each-timeout", arg, 31536000);
		break;
	case OPT_PAGINATE: set->paginate = 1; break;
	case OPT_PAGE:
		set->page = cpl_value_number(cli, "--page", arg, 1, 10000);
		break;
	case OPT_PAYLOAD: set->payload = 1; break;
	default: cpl_cli_option(cli, c, arg);
	}
}

static void check_options(struct xiq *x, int argc, char **argv)
{
	const struct cpl_cli *cli = &x->client.run.cli;
	unsigned kind = x->client.format.kind;

	if (argc > 1)
		cpl_cli_usage(cli, "unexpected operand '%s'", argv[1]);
	if (x->set.page > 0 && !x->set.paginate)
		cpl_cli_usage(cli, "--page goes with --paginate");
	if (x->set.page == 0)
		x->set.page = 50;
	if (x->set.payload && (kind & (CPL_FORMAT_TEXT | CPL_FORMAT_NUL)))
		cpl_cli_usage(cli, "--payload goes with -x, -j and -F");
	if (cli->password_fd == 0)
		cpl_cli_usage(cli, "--password-fd 0: the records are on stdin");
}

/* The one address that may be given. */
static void load_address(struct xiq *x, const char *operand)
{
	struct cpl_cli *cli = &x->client.run.cli;
	struct cpl_err e = CPL_ERR_INIT;

	if (cpl_recipients_add(&x->set.to, cli->config, operand, &e) < 0)
		cpl_cli_die(cli, &e);
	if (x->set.to.count > 1)
		cpl_cli_usage(cli, "'%s' is a group", operand);
}

static void open_xiq(struct xiq *x)
{
	struct cpl_client_events events = {
	    .online = on_online, .ending = on_ending, .user = x};
	struct cpl_input_events input = {
	    .stanza = on_record, .end = on_input_end, .user = x};

	cpl_client_open(&x->client, &events);
	x->input = cpl_input_new(x->client.run.loop, x->client.run.ctx, 0,
				 CPL_INPUT_PAYLOADS, &input);
	if (!x->input)
		cpl_cli_nomem(&x->client.run.cli);
	x->turn.end = on_turn;
	x->turn.user = x;
	x->go_on.fire = on_go_on;
	x->go_on.user = x;
	cpl_loop_turn_add(x->client.run.loop, &x->turn);
	/* The login and the first record race. */
	cpl_client_connect(&x->client, 0, NULL);
}

int main(int argc, char **argv)
{
	struct xiq x = {
	    .client = {.format = {.kinds = CPL_FORMAT_ANY,
				  .kind = CPL_FORMAT_XML}},
	    .set = {.type = "get", .parallel = 32, .each_timeout = 60 * 1000},
	};
	struct cpl_cli *cli = &x.client.run.cli;
	int c;

	cpl_cli_init(cli, "xiq", synopsis, help);
	while ((c = cpl_cli_getopt(
		    argc, argv,
		    CPL_CLI_SHORT CPL_FORMAT_SHORT "t:c:", options)) != -1)
		take_option(&x, c, optarg);
	check_options(&x, argc - optind, argv + optind);
	cpl_cli_load(cli);
	cpl_format_ready(&x.client.format, cli);
	if (optind < argc)
		load_address(&x, argv[optind]);
	open_xiq(&x);
	cpl_run_loop(&x.client.run);
	xiq_report(&x);
	xiq_release(&x);
	cpl_outcome_exit(&x.client.run.outcome);
}
