/* SPDX-License-Identifier: MIT */
#include "cli.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/limits.h"
#include "../base/num.h"
#include "../stanza/jid.h"
#include "parts.h"

/* A descriptor of the first three that the caller closed must not become a
 * socket's: what is written to stdout would go there. In its place comes one
 * that cannot be used in its direction, so that a use of it is an error. */
static void occupy_standard(void)
{
	static const int useless[] = {O_WRONLY, O_RDONLY, O_RDONLY};

	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null", useless[fd]);
}

void cpl_cli_init(struct cpl_cli *cli, const char *prog, const char *synopsis,
		  const char *help)
{
	occupy_standard();
	memset(cli, 0, sizeof *cli);
	cli->prog = prog;
	cli->synopsis = synopsis;
	cli->help = help;
	cli->password_fd = -1;
	cli->log.line = cpl_cli_line;
	cli->log.user = cli;
	/* A line of several processes' stderr stays a line. */
	setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
}

/* Takes a variable out of the environment, which children get and others can
 * look at, and wipes its value. */
static void wipe_variable(const char *name)
{
	char *value = getenv(name);

	if (!value)
		return;
	explicit_bzero(value, strlen(value));
	unsetenv(name);
}

/* What the environment says, as far as the account is not another one's. An
 * empty variable is none. */
static int take_environment(struct cpl_cli *cli, struct cpl_err *e)
{
	const char *account = getenv("COUPLET_ACCOUNT");

	if (!cli->account && !cli->no_account && account && *account)
		cli->account = account;
	for (int id = 0; id < CPL_SETTINGS; id++) {
		const struct cpl_setting_info *info = &cpl_setting_table[id];
		const char *value = info->env ? getenv(info->env) : NULL;

		if (!value || !*value)
			continue;
		if (info->identity &&
		    (cli->account_chosen || cli->no_account)) {
			cpl_log(&cli->log, CPL_LOG_INFO, "%s is ignored: %s",
				info->env,
				cli->no_account ? "it belongs to an account"
						: "--account chooses another");
			continue;
		}
		if (cpl_setting_put(&cli->settings, (enum cpl_setting_id)id,
				    value, info->env, e) < 0)
			return -1;
	}
	return 0;
}

static int is_origin(const struct cpl_cli *cli, enum cpl_setting_id id,
		     const char *origin)
{
	const struct cpl_setting *set = &cli->settings.set[id];

	return set->value && strcmp(set->origin, origin) == 0;
}

/* The name of the account whose settings apply, or NULL: a JID that is given
 * and that no account has. Such a JID must not get the default account's
 * server, let alone its password. */
static const char *choose(const struct cpl_cli *cli)
{
	const char *jid = cpl_setting(&cli->settings, CPL_SET_JID);

	if (cli->no_account)
		return NULL;
	if (cli->account_chosen ||
	    (cli->account && !is_origin(cli, CPL_SET_JID, "--jid")))
		return cli->account;
	if (!jid)
		return cpl_config_default(cli->config);
	return cpl_config_by_jid(cli->config, jid);
}

/* No account is known, or none was chosen: where it was looked for. */
static int no_account(const struct cpl_cli *cli, const char *name,
		      const struct cpl_buf *tried, struct cpl_err *e)
{
	if (cli->settings.account)
		return cpl_err_set(e, CPL_CONFIG, "account '%s' has no jid",
				   cli->settings.account);
	if (name)
		return cpl_err_set(e, CPL_CONFIG, "no account '%s': %s", name,
				   tried->data);
	return cpl_err_set(e, CPL_CONFIG,
			   "no account: neither --jid nor COUPLET_JID is "
			   "given; %s",
			   tried->data);
}

static void see_name(void *user, const char *name)
{
	(void)name;
	*(int *)user = 1;
}

/* What the login asks for as its resource is always in CPL_SET_RESOURCE: the
 * JID's own, else the key's. */
static int settle_resource(struct cpl_cli *cli, struct cpl_err *e)
{
	const struct cpl_setting *set = &cli->settings.set[CPL_SET_JID];
	struct cpl_jid jid = {0};
	int result = 0;

	if (cpl_jid_parse(&jid, set->value, e) < 0)
		return -1;
	if (jid.resource) {
		cpl_setting_drop(&cli->settings, CPL_SET_RESOURCE);
		result = cpl_setting_put(&cli->settings, CPL_SET_RESOURCE,
					 jid.resource, set->origin, e);
	}
	cpl_jid_release(&jid);
	return result;
}

/* From the sources to cli->settings. 0, or -1 with e. */
static int merge(struct cpl_cli *cli, const struct cpl_buf *tried,
		 struct cpl_err *e)
{
	const char *name = choose(cli);
	int any = 0;

	cpl_config_names(cli->config, 0, see_name, &any);
	if (name && !any)
		return no_account(cli, name, tried, e);
	if (name &&
	    cpl_config_account(cli->config, name, &cli->settings, e) < 0)
		return -1;
	if (!cpl_setting(&cli->settings, CPL_SET_JID))
		return no_account(cli, NULL, tried, e);
	return settle_resource(cli, e) < 0 ? -1 : cpl_cli_all_proxy(cli, e);
}

/* The names of a configuration, whether it is complete or not. */
static int needs_no_account(const struct cpl_cli *cli)
{
	return cli->list == CPL_OPT_LIST_ACCOUNTS ||
	       cli->list == CPL_OPT_LIST_ALIASES;
}

void cpl_cli_load(struct cpl_cli *cli)
{
	struct cpl_buf tried = CPL_BUF_INIT(64 * 1024);
	struct cpl_err e = CPL_ERR_INIT;
	int result = -1;

	cli->config = cpl_config_new();
	if (!cli->config)
		cpl_err_nomem(&e);
	else if (cpl_cli_files(cli, &tried, &e) == 0 &&
		 (needs_no_account(cli) || (take_environment(cli, &e) == 0 &&
					    merge(cli, &tried, &e) == 0)))
		result = 0;
	cpl_buf_release(&tried);
	wipe_variable(cpl_setting_table[CPL_SET_PASSWORD].env);
	if (result < 0)
		cpl_cli_die(cli, &e);
	if (cli->list)
		cpl_cli_list(cli);
	else if (cli->pretend)
		cpl_cli_pretend(cli);
	else if (cpl_cli_trace_open(cli, &e) < 0)
		cpl_cli_die(cli, &e);
	if (cli->list || cli->pretend)
		cpl_cli_done(cli);
	if (cli->settings.account)
		cpl_log(&cli->log, CPL_LOG_INFO, "account '%s', %s",
			cli->settings.account,
			cpl_setting(&cli->settings, CPL_SET_JID));
	if (cli->instead)
		cli->instead(cli);
}

int cpl_cli_ends_early(const struct cpl_cli *cli)
{
	return cli->pretend || cli->list || cli->instead;
}

void cpl_cli_password(struct cpl_cli *cli, struct cpl_secret *out)
{
	struct cpl_secret_conf conf = {
	    .fd = cli->password_fd,
	    .credentials_dir = getenv("CREDENTIALS_DIRECTORY"),
	    .settings = &cli->settings,
	};
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_secret_conf silent = conf;
	const char *jid = cpl_setting(&cli->settings, CPL_SET_JID);

	/* ANONYMOUS has none, and with a client certificate EXTERNAL may do:
	 * nobody is prompted for what the login can do without. */
	silent.no_prompt = 1;
	if ((!memchr(jid, '@', strcspn(jid, "/")) ||
	     cpl_setting(&cli->settings, CPL_SET_CLIENT_CERT)) &&
	    !cpl_secret_source(&silent))
		return;
	if (cpl_secret_get(out, &conf, &cli->log, &e) < 0)
		cpl_cli_die(cli, &e);
}

void cpl_cli_forget_passwords(struct cpl_cli *cli)
{
	wipe_variable("COUPLET_ROOM_PASSWORD");
	cpl_setting_drop(&cli->settings, CPL_SET_PASSWORD);
	cpl_config_forget_passwords(cli->config);
}

/* Checked by cpl_setting_put(): what is set is a number of seconds. */
static long milliseconds(const struct cpl_cli *cli, enum cpl_setting_id id,
			 long otherwise)
{
	const char *value = cpl_setting(&cli->settings, id);
	long ms = otherwise;

	if (value && cpl_num_seconds(value, LONG_MAX / 10000, &ms, NULL) < 0)
		ms = otherwise;
	return ms;
}

long cpl_cli_connect_timeout(const struct cpl_cli *cli)
{
	return milliseconds(cli, CPL_SET_CONNECT_TIMEOUT,
			    CPL_CONNECT_TIMEOUT_MS);
}

long cpl_cli_timeout(const struct cpl_cli *cli)
{
	return milliseconds(cli, CPL_SET_TIMEOUT, 0);
}

void cpl_cli_release(struct cpl_cli *cli)
{
	cpl_cli_trace_close(cli);
	cpl_settings_release(&cli->settings);
	cpl_config_free(cli->config);
	cli->config = NULL;
	free(cli->state_folder);
	cli->state_folder = NULL;
}
