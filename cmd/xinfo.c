/* SPDX-License-Identifier: MIT
 *
 * xinfo: nothing comes in; one fact about a domain's servers is one record out,
 * or with -j all of them are. */
#include <stdlib.h>
#include <string.h>

#include "../common/base/limits.h"
#include "../common/cli/value.h"
#include "../common/config/proxy.h"
#include "../common/net/addr.h"
#include "../common/net/tls.h"
#include "xinfo.h"

static const char synopsis[] = "xinfo [options] [DOMAIN]\n"
			       "xinfo --print-config [options] [JID]";

static const char help[] =
    "      --all              look at every address of every target\n"
    "      --expiry DAYS      exit 1 when a certificate ends sooner\n"
    "      --login            log in, too: what is offered after that\n"
    "      --print-config     print a configuration file to begin with\n"
    "  -j, --json             the same as -o json\n"
    "  -o, --output FORMAT    text, nul or json (default text)\n";

enum { OPT_ALL = CPL_OPT_TOOL, OPT_EXPIRY, OPT_LOGIN, OPT_PRINT_CONFIG };

static const struct option options[] = {
    CPL_CLI_OPTIONS,
    {"all", no_argument, NULL, OPT_ALL},
    {"expiry", required_argument, NULL, OPT_EXPIRY},
    {"login", no_argument, NULL, OPT_LOGIN},
    {"print-config", no_argument, NULL, OPT_PRINT_CONFIG},
    {"json", no_argument, NULL, 'j'},
    {"output", required_argument, NULL, 'o'},
    {NULL, 0, NULL, 0},
};

/* --- the end ------------------------------------------------------------- */

static void report(struct xinfo *x)
{
	if (x->reported)
		return;
	x->reported = 1;
	if (x->config)
		print_config(x);
	else if (x->client.format.kind == CPL_FORMAT_JSON)
		print_json(x);
	else
		print_text(x);
}

/* A certificate that ends soon: it is a fault of its own, which all targets
 * together have, or none. */
static void judge_expiry(struct xinfo *x, const struct found *f)
{
	struct cpl_err e = CPL_ERR_INIT;
	char date[32];
	long days;

	if (x->expiry < 0 || !f->tls || f->tls->count == 0)
		return;
	days = days_until(f->tls->ends);
	if (days >= x->expiry)
		return;
	time_text(f->tls->ends, date);
	if (days < 0)
		cpl_err_set(&e, CPL_REFUSED,
			    "%s: certificate of '%s' ended %ld day%s ago, on "
			    "%.10s",
			    f->text, f->tls->ending, -days,
			    days == -1 ? "" : "s", date);
	else
		cpl_err_set(&e, CPL_REFUSED,
			    "%s: certificate of '%s' ends in %ld day%s, on "
			    "%.10s",
			    f->text, f->tls->ending, days, days == 1 ? "" : "s",
			    date);
	cpl_run_complain(&x->client.run, &e);
}

static void finish(struct xinfo *x)
{
	x->client.goal_met = 1;
	for (size_t i = 0; i < x->found_count; i++)
		judge_expiry(x, &x->found[i]);
	report(x);
	cpl_client_close(&x->client);
}

/* From outside: what is known by then is told. */
static void on_ending(void *user, const struct cpl_err *why)
{
	(void)why;
	report(user);
}

static void on_online(void *user)
{
	struct xinfo *x = user;
	const struct cpl_session *s = x->client.run.session;
	xmpp_stanza_t *offer = cpl_session_offer(s);

	if (x->bound)
		return;
	x->bound = strdup(cpl_session_jid(s)->full);
	x->offered = offer ? xmpp_stanza_clone(offer) : NULL;
	if (x->bound)
		finish(x);
	else
		cpl_run_no_memory(&x->client.run);
}

/* --- looking ------------------------------------------------------------- */

static struct found *add_found(struct xinfo *x)
{
	struct found *more =
	    realloc(x->found, (x->found_count + 1) * sizeof *more);

	if (!more)
		return NULL;
	x->found = more;
	memset(&more[x->found_count], 0, sizeof *more);
	return &more[x->found_count++];
}

static void name_found(struct found *f, const char *host, uint16_t port,
		       const char *address)
{
	snprintf(f->host, sizeof f->host, "%s", host);
	snprintf(f->address, sizeof f->address, "%s", address);
	f->port = port;
	if (strcmp(host, address) != 0)
		snprintf(f->text, sizeof f->text, "%s:%u (%s)", host, port,
			 address);
	else
		snprintf(f->text, sizeof f->text,
			 strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, port);
}

/* What the look at one target brought; it is kept. */
static void on_tried(void *user, struct cpl_probed *p)
{
	struct look *l = user;
	const struct cpl_survey_place *place = l->place;
	struct found *f = add_found(l->x);
	char address[INET6_ADDRSTRLEN];
	struct cpl_addr addr;

	if (!f)
		return; /* the end says that nothing was found */
	l->told = 1;
	memcpy(&addr, &p->target.addr, sizeof addr);
	cpl_addr_bare_text(&addr, address, sizeof address);
	name_found(f, place ? place->host : p->target.host, p->target.port,
		   place ? place->addresses[l->address] : address);
	f->direct_tls = p->target.direct_tls;
	f->fault = p->fault;
	f->tls = p->tls;
	f->starttls = p->starttls;
	f->features = p->features;
	f->timing = p->timing;
	p->tls = NULL;
	p->features = NULL;
}

/* Of one address: each is told of by itself, and a fault is not all. */
static void take_result(struct look *l, const struct cpl_err *e)
{
	struct cpl_run *run = &l->x->client.run;
	struct found *f = NULL;
	struct cpl_err why = *e;

	if (!l->place) {
		if (why.status != CPL_OK)
			cpl_run_complain(run, &why);
		return;
	}
	if (l->told)
		f = &l->x->found[l->x->found_count - 1];
	else if ((f = add_found(l->x))) {
		const char *what = strstr(why.text, ": ");

		name_found(f, l->place->host, l->place->port,
			   l->place->addresses[l->address]);
		f->direct_tls = l->place->direct_tls;
		cpl_err_set(&f->fault, why.status, "%s",
			    what ? what + 2 : why.text);
	}
	if (!f) {
		cpl_run_no_memory(run);
	} else if (f->fault.status != CPL_OK) {
		why = f->fault;
		cpl_err_prefix(&why, "%s", f->text);
		cpl_run_complain(run, &why);
	} else {
		run->outcome.went_through = 1;
	}
}

static void on_looked(struct xinfo *x)
{
	struct cpl_run *run = &x->client.run;
	int seen = 0;

	/* A certificate that ends soon is no matter of some and some not. */
	if (run->outcome.cause == CPL_OK)
		run->outcome.went_through = 0;
	for (size_t i = 0; i < x->found_count; i++)
		seen |= x->found[i].fault.status == CPL_OK;
	if (x->found_count > 0)
		run->timing = x->found[x->found_count - 1].timing;
	if (x->login && seen && !run->over)
		cpl_client_connect(&x->client, 0, NULL);
	else
		finish(x);
}

static void look_on(struct xinfo *x);

static void on_done(void *user, const struct cpl_err *e)
{
	struct look *l = user;
	struct xinfo *x = l->x;

	take_result(l, e);
	cpl_probe_free(l->probe);
	l->probe = NULL;
	if (!x->client.closing)
		look_on(x);
}

static int start_look(struct look *l, struct cpl_err *e)
{
	struct xinfo *x = l->x;
	struct cpl_probe_events on = {on_tried, on_done, l};
	struct cpl_probe_conf conf = x->conf;

	if (l->place) {
		conf.host = l->place->addresses[l->address];
		conf.port = l->place->port;
		if (conf.mode != CPL_TLS_NONE)
			conf.mode = l->place->direct_tls ? CPL_TLS_DIRECT
							 : CPL_TLS_STARTTLS;
	}
	l->probe = cpl_probe_new(x->client.run.loop, &x->client.run.cli.log,
				 x->client.run.ctx, &conf, &on, e);
	return l->probe ? 0 : -1;
}

/* The next look, one at a time, so that none has another one's time in its
 * own; after the last one the end. */
static void look_on(struct xinfo *x)
{
	struct cpl_err e = CPL_ERR_INIT;

	for (size_t i = 0; i < x->look_count; i++) {
		struct look *l = &x->looks[i];

		if (l->x)
			continue;
		l->x = x;
		if (start_look(l, &e) == 0)
			return;
		cpl_run_complain(&x->client.run, &e);
	}
	on_looked(x);
}

static void plan_looks(struct xinfo *x)
{
	size_t n = x->all ? cpl_survey_count(x->survey) : 0;

	for (size_t i = 0; i < n; i++) {
		const struct cpl_survey_place *p =
		    cpl_survey_place(x->survey, i);

		/* --tls chooses among them, as in a login. */
		if ((x->conf.mode == CPL_TLS_DIRECT && !p->direct_tls) ||
		    (x->conf.mode == CPL_TLS_STARTTLS && p->direct_tls))
			continue;
		for (size_t k = 0; k < p->count; k++) {
			if (x->look_count == CPL_PROBES_MAX) {
				cpl_cli_warn(&x->client.run.cli,
					     "only the first %d addresses are "
					     "looked at",
					     CPL_PROBES_MAX);
				return;
			}
			x->looks[x->look_count++] =
			    (struct look){.place = p, .address = k};
		}
	}
	/* Where there is no address, a login's own way says why. */
	if (x->look_count == 0)
		x->looks[x->look_count++] = (struct look){.place = NULL};
}

static void on_surveyed(void *user)
{
	struct xinfo *x = user;

	plan_looks(x);
	look_on(x);
}

/* --- the command line ---------------------------------------------------- */

static void take_option(struct xinfo *x, int c, const char *arg)
{
	struct cpl_cli *cli = &x->client.run.cli;

	if (cpl_format_option(&x->client.format, cli, c, arg) ||
	    cpl_run_option(&x->client.run, c, arg))
		return;
	switch (c) {
	case OPT_ALL: x->all = 1; break;
	case OPT_EXPIRY:
		x->expiry = cpl_value_number(cli, "--expiry", arg, 0, 36500);
		break;
	case OPT_LOGIN: x->login = 1; break;
	case OPT_PRINT_CONFIG: x->config = 1; break;
	default: cpl_cli_option(cli, c, arg);
	}
}

/* The operand stands for an account that need not be there. */
static void take_operand(struct xinfo *x, const char *operand)
{
	struct cpl_cli *cli = &x->client.run.cli;
	struct cpl_err e = CPL_ERR_INIT;

	if (cli->account_chosen || cpl_setting(&cli->settings, CPL_SET_JID))
		cpl_cli_usage(cli, "a domain goes without --account and --jid");
	if (x->login)
		cpl_cli_usage(cli, "--login is for an account, not for a "
				   "domain");
	if (cpl_jid_parse(&x->jid, operand, &e) < 0) {
		if (e.status == CPL_SYSTEM)
			cpl_cli_die(cli, &e);
		cpl_cli_usage(cli, "%s", e.text);
	}
	cli->no_account = 1;
	if (cpl_setting_put(&cli->settings, CPL_SET_JID, x->jid.bare, "operand",
			    &e) < 0)
		cpl_cli_die(cli, &e);
}

static void load(struct xinfo *x, int argc, char **argv)
{
	struct cpl_cli *cli = &x->client.run.cli;
	struct cpl_err e = CPL_ERR_INIT;

	if (argc > 1)
		cpl_cli_usage(cli, "one domain at a time");
	if (x->config && x->all)
		cpl_cli_usage(cli, "--print-config goes without --all");
	if (argc == 1)
		take_operand(x, argv[0]);
	cpl_cli_load(cli);
	if (!x->jid.domain &&
	    cpl_jid_parse(&x->jid, cpl_setting(&cli->settings, CPL_SET_JID),
			  &e) < 0)
		cpl_cli_die(cli, &e);
	if (x->config && !x->jid.local)
		cpl_cli_usage(cli, "--print-config: '%s' is no user's JID",
			      x->jid.bare);
	x->dns = cpl_jid_dns(x->jid.domain, &e);
	if (!x->dns) {
		if (e.status == CPL_DATA)
			e.status = CPL_USAGE;
		cpl_cli_die(cli, &e);
	}
}

static void prepare(struct xinfo *x)
{
	const struct cpl_settings *set = &x->client.run.cli.settings;
	const char *server = cpl_setting(set, CPL_SET_SERVER);
	struct cpl_probe_conf *conf = &x->conf;
	struct cpl_tls_conf tls = {.made = &x->made};
	struct cpl_err e = CPL_ERR_INIT;

	if (server && cpl_setting_server(server, x->host, &conf->port) == 0)
		conf->host = x->host;
	conf->domain = x->jid.domain;
	conf->from = x->jid.local ? x->jid.bare : NULL;
	conf->dns = tls.domain = x->dns;
	conf->mode = cpl_connect_mode(cpl_setting(set, CPL_SET_TLS));
	if (cpl_proxy_of(set, &x->proxy, &conf->proxy, &e) < 0)
		cpl_cli_die(&x->client.run.cli, &e);
	if (conf->proxy && x->all)
		cpl_cli_usage(&x->client.run.cli,
			      "--all: through a proxy DNS is not asked");
	conf->ca_file = tls.ca_file = cpl_setting(set, CPL_SET_CA_FILE);
	conf->fingerprint = tls.fingerprint =
	    cpl_setting(set, CPL_SET_FINGERPRINT);
	conf->made = &x->made;
	conf->timeout = cpl_cli_connect_timeout(&x->client.run.cli);
	if (cpl_tls_check(&tls, &e) < 0)
		cpl_cli_die(&x->client.run.cli, &e);
}

static void open_info(struct xinfo *x)
{
	struct cpl_client_events events = {
	    .online = on_online, .ending = on_ending, .user = x};
	struct cpl_survey_conf conf = {.domain = x->dns,
				       .host = x->conf.host,
				       .port = x->conf.port,
				       .mode = x->conf.mode,
				       .timeout = x->conf.timeout};

	x->client.run.no_password = !x->login;
	cpl_client_open(&x->client, &events);
	/* What there is to know of the domain it would tell others. */
	if (x->conf.proxy) {
		on_surveyed(x);
		return;
	}
	x->survey = cpl_survey_new(x->client.run.loop, &x->client.run.cli.log,
				   &conf, on_surveyed, x);
	if (!x->survey)
		cpl_run_no_memory(&x->client.run);
}

static void release(struct xinfo *x)
{
	for (size_t i = 0; i < x->look_count; i++)
		cpl_probe_free(x->looks[i].probe);
	cpl_survey_free(x->survey);
	for (size_t i = 0; i < x->found_count; i++) {
		cpl_tls_info_free(x->found[i].tls);
		if (x->found[i].features)
			xmpp_stanza_release(x->found[i].features);
	}
	free(x->found);
	if (x->offered)
		xmpp_stanza_release(x->offered);
	free(x->bound);
	free(x->dns);
	cpl_jid_release(&x->jid);
	cpl_tls_made_free(x->made);
	explicit_bzero(&x->proxy, sizeof x->proxy);
	cpl_client_release(&x->client);
}

int main(int argc, char **argv)
{
	struct xinfo x = {
	    .client = {.format = {.kinds = CPL_FORMAT_TEXT | CPL_FORMAT_NUL |
					   CPL_FORMAT_JSON,
				  .kind = CPL_FORMAT_TEXT}},
	    .expiry = -1};
	struct cpl_cli *cli = &x.client.run.cli;
	int c;

	cpl_cli_init(cli, "xinfo", synopsis, help);
	while ((c = cpl_cli_getopt(argc, argv, CPL_CLI_SHORT "jo:", options)) !=
	       -1)
		take_option(&x, c, optarg);
	load(&x, argc - optind, argv + optind);
	prepare(&x);
	open_info(&x);
	cpl_run_loop(&x.client.run);
	release(&x);
	cpl_outcome_exit(&x.client.run.outcome);
}
