/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "../base/limits.h"
#include "../config/proxy.h"
#include "parts.h"

static void print(const char *key, const char *value, const char *origin)
{
	printf("%s\t", key);
	cpl_cli_escaped(stdout, value, strlen(value), "\\");
	putchar('\t');
	cpl_cli_escaped(stdout, origin, strlen(origin), "\\");
	putchar('\n');
}

static void print_proxy(const char *key, const struct cpl_setting *set)
{
	struct cpl_buf url = CPL_BUF_INIT(CPL_CONFIG_BYTES_MAX);

	print(key, cpl_proxy_mask(&url, set->value) == 0 ? url.data : "*",
	      set->origin);
	cpl_buf_release(&url);
}

static void print_setting(const struct cpl_cli *cli, enum cpl_setting_id id,
			  const char *otherwise)
{
	const struct cpl_setting *set = &cli->settings.set[id];
	const char *key = cpl_setting_table[id].key;

	/* Those that no file may set. */
	if (!key)
		key = id == CPL_SET_TRACE ? "trace" : "landlock";
	if (set->value && cpl_setting_table[id].kind == CPL_KIND_SECRET)
		return; /* print_password() */
	if (set->value && cpl_setting_table[id].kind == CPL_KIND_PROXY)
		print_proxy(key, set);
	else if (set->value)
		print(key, set->value, set->origin);
	else if (otherwise)
		print(key, otherwise, "default");
}

/* The source that would be used, whichever it is. With a certificate nobody
 * is asked for a password. */
static void print_password(const struct cpl_cli *cli)
{
	struct cpl_secret_conf conf = {
	    .fd = cli->password_fd,
	    .credentials_dir = getenv("CREDENTIALS_DIRECTORY"),
	    .settings = &cli->settings,
	    .no_prompt =
		cpl_setting(&cli->settings, CPL_SET_CLIENT_CERT) != NULL,
	};
	const char *source = cpl_secret_source(&conf);

	if (source)
		print("password", "*", source);
}

/* What chose the account: the same steps as in cli.c. */
static const char *account_origin(const struct cpl_cli *cli)
{
	const char *jid = cli->settings.set[CPL_SET_JID].origin;

	if (cli->account_chosen)
		return "--account";
	if (cli->account && strcmp(jid, "--jid") != 0)
		return "COUPLET_ACCOUNT";
	/* A place in a file: the account brought the JID. */
	return strchr(jid, ':') ? "default" : jid;
}

void cpl_cli_pretend(const struct cpl_cli *cli)
{
	if (cli->settings.account)
		print("account", cli->settings.account, account_origin(cli));
	for (int id = 0; id < CPL_SETTINGS; id++) {
		const char *otherwise = NULL;

		if (id == CPL_SET_PASSWORD)
			print_password(cli);
		else if (id == CPL_SET_TLS)
			otherwise = "auto";
		else if (id == CPL_SET_CONNECT_TIMEOUT)
			otherwise = "30";
		print_setting(cli, (enum cpl_setting_id)id, otherwise);
	}
}

static void print_name(void *user, const char *name)
{
	(void)user;
	puts(name);
}

void cpl_cli_list(struct cpl_cli *cli)
{
	if (cli->list == CPL_OPT_LIST_CONTACTS)
		cpl_cli_contacts(cli);
	else
		cpl_config_names(cli->config, cli->list == CPL_OPT_LIST_ALIASES,
				 print_name, NULL);
}

void cpl_cli_done(struct cpl_cli *cli)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (fflush(stdout) != 0 || ferror(stdout)) {
		cpl_err_errno(&e, CPL_IO, "stdout");
		cpl_cli_die(cli, &e);
	}
	cpl_cli_release(cli);
	exit(CPL_OK);
}
