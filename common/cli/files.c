/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parts.h"

#define PATH_BYTES_MAX 8192

static int note(struct cpl_buf *tried, const char *path, const char *why,
		struct cpl_err *e)
{
	if (cpl_buf_addf(tried, "%s%s: %s", tried->len ? "; " : "", path, why) <
	    0)
		return cpl_buf_err(tried, e, CPL_CONFIG, "the list of files");
	return 0;
}

/* The names of accounts that a file added to those before it. */
struct names {
	struct cpl_buf list;
	int skip;
	int seen;
};

static void count_name(void *user, const char *name)
{
	(void)name;
	++*(int *)user;
}

static void add_name(void *user, const char *name)
{
	struct names *n = user;

	if (n->seen++ < n->skip)
		return;
	/* What does not fit ends the list: it is a hint. */
	if (cpl_buf_addf(&n->list, "%s'%s'", n->list.len ? ", " : "", name) < 0)
		n->list.max = n->list.len;
}

/* One file, and what it can say for itself if no account is found. */
static int read_file(struct cpl_cli *cli, const char *path,
		     struct cpl_buf *tried, struct cpl_err *e)
{
	struct names names = {.list = CPL_BUF_INIT(400)};
	struct cpl_buf why = CPL_BUF_INIT(1024);
	int result = -1;

	cpl_config_names(cli->config, 0, count_name, &names.skip);
	if (cpl_config_read(cli->config, path, &cli->log, e) < 0)
		goto out;
	cpl_log(&cli->log, CPL_LOG_DEBUG, "%s: read", path);
	cpl_config_names(cli->config, 0, add_name, &names);
	if (names.list.len == 0)
		result = note(tried, path, "has no accounts", e);
	else if (cpl_buf_addf(&why, "no default among %s", names.list.data) < 0)
		cpl_err_nomem(e);
	else
		result = note(tried, path, why.data, e);
out:
	cpl_buf_release(&names.list);
	cpl_buf_release(&why);
	return result;
}

/* A file that need not be there, or not for us. */
static int read_optional(struct cpl_cli *cli, const char *path,
			 struct cpl_buf *tried, struct cpl_err *e)
{
	char why[128];

	if (access(path, R_OK) == 0)
		return read_file(cli, path, tried, e);
	if (strerror_r(errno, why, sizeof why) != 0)
		return cpl_err_nomem(e);
	cpl_log(&cli->log, CPL_LOG_DEBUG, "%s: %s", path, why);
	return note(tried, path, why, e);
}

/* ${VARIABLE:-$HOME/FALLBACK}/couplet/NAME, NUL-terminated, or an empty out: no
 * variable tells. The XDG specification has relative paths ignored. */
static int user_path(struct cpl_buf *out, const char *variable,
		     const char *fallback, const char *name, struct cpl_err *e)
{
	const char *xdg = getenv(variable);
	const char *home = getenv("HOME");
	int result = 0;

	if (xdg && xdg[0] == '/')
		result = cpl_buf_addf(out, "%s/couplet%s", xdg, name);
	else if (home && home[0])
		result =
		    cpl_buf_addf(out, "%s/%s/couplet%s", home, fallback, name);
	if (result < 0)
		return cpl_buf_err(out, e, CPL_CONFIG, "HOME");
	return 0;
}

const char *cpl_cli_state_folder(struct cpl_cli *cli)
{
	struct cpl_buf path = CPL_BUF_INIT(PATH_BYTES_MAX);
	struct cpl_err e = CPL_ERR_INIT;

	if (!cli->state_folder &&
	    user_path(&path, "XDG_STATE_HOME", ".local/state", "", &e) == 0 &&
	    path.len > 0) {
		cli->state_folder = cpl_buf_take(&path);
		if (!cli->state_folder)
			cpl_err_nomem(&e);
	}
	cpl_buf_release(&path);
	if (e.status == CPL_SYSTEM)
		cpl_cli_die(cli, &e);
	return cli->state_folder;
}

const char *cpl_cli_need_state(struct cpl_cli *cli, const char *option,
			       const char *thing, struct cpl_err *e)
{
	const char *folder = cpl_cli_state_folder(cli);

	if (!folder)
		cpl_err_set(e, CPL_IO,
			    "%s: neither XDG_STATE_HOME nor HOME tells where "
			    "to keep %s",
			    option, thing);
	return folder;
}

int cpl_cli_files(struct cpl_cli *cli, struct cpl_buf *tried, struct cpl_err *e)
{
	const char *shared = getenv("COUPLET_SYSTEM_CONFIG");
	const char *given = cli->config_path;
	struct cpl_buf user = CPL_BUF_INIT(PATH_BYTES_MAX);
	int result;

	if (!given)
		given = getenv("COUPLET_CONFIG");
	if (given && *given) {
		result = read_file(cli, given, tried, e);
	} else {
		result = user_path(&user, "XDG_CONFIG_HOME", ".config",
				   "/config.yaml", e);
		if (result == 0 && user.len)
			result = read_optional(cli, user.data, tried, e);
		else if (result == 0)
			result = note(tried, "~/.config/couplet/config.yaml",
				      "HOME is not set", e);
		if (result == 0)
			result = read_optional(cli,
					       shared && *shared
						   ? shared
						   : "/etc/couplet/config.yaml",
					       tried, e);
	}
	cpl_buf_release(&user);
	if (result == 0)
		result = cpl_config_check(cli->config, e);
	return result;
}
