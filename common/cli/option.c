/* SPDX-License-Identifier: MIT */
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../base/num.h"
#include "parts.h"

const char cpl_cli_help[] =
    "  -a, --account NAME     account of the configuration, by name or JID\n"
    "  -C, --config FILE      read this configuration file and no other\n"
    "  -u, --jid JID          log in as JID, with its resource if it has one\n"
    "      --password-fd N    read the password from descriptor N\n"
    "      --password-file FILE\n"
    "                         read the password from the first line of FILE\n"
    "  -H, --server HOST[:PORT]\n"
    "                         connect there instead of asking DNS\n"
    "      --tls MODE         auto, direct, starttls or none (loopback only)\n"
    "      --ca-file FILE     trust the CAs in FILE instead of the system's\n"
    "      --fingerprint sha256:HEX\n"
    "                         trust this certificate alone\n"
    "      --client-cert FILE log in with a certificate (SASL EXTERNAL)\n"
    "      --proxy URL        through socks5h://[USER:PASSWORD@]HOST[:PORT]\n"
    "      --connect-timeout SECONDS\n"
    "                         from DNS to logged in, 30 by default\n"
    "  -W, --timeout SECONDS  for the whole run\n"
    "  -q, --quiet            errors and warnings alone on stderr\n"
    "  -v, --verbose          say more on stderr, up to -vvv\n"
    "      --trace FILE       write the whole stream to FILE (- is stderr),\n"
    "                         secrets masked\n"
    "      --no-fast          log in by the password, not by a token\n"
    "      --forget           forget what earlier logins have learnt, make "
    "the\n"
    "                         token void on the server, and exit\n"
    "      --timing           at the end, say where the time went\n"
    "  -P, --pretend          print the settings with their origins and exit\n"
    "  -h, --help             print this help and exit\n"
    "  -V, --version          print the version and exit\n";

int cpl_cli_put_option(struct cpl_cli *cli, enum cpl_setting_id id,
		       const char *value, const char *option, struct cpl_err *e)
{
	cpl_setting_drop(&cli->settings, id);
	return cpl_setting_put(&cli->settings, id, value, option, e);
}

static void print_synopsis(const struct cpl_cli *cli, FILE *out)
{
	const char *line = cli->synopsis;
	const char *lead = "Usage: ";

	while (*line) {
		size_t len = strcspn(line, "\n");

		fprintf(out, "%s%.*s\n", lead, (int)len, line);
		lead = "       ";
		line += len + (line[len] == '\n');
	}
}

__attribute__((noreturn)) static void usage_exit(const struct cpl_cli *cli)
{
	print_synopsis(cli, stderr);
	exit(CPL_USAGE);
}

void cpl_cli_usage(const struct cpl_cli *cli, const char *fmt, ...)
{
	struct cpl_err e = CPL_ERR_INIT;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e.text, sizeof e.text, fmt, ap);
	va_end(ap);
	cpl_cli_error(cli, &e);
	usage_exit(cli);
}

static void print_help(struct cpl_cli *cli)
{
	print_synopsis(cli, stdout);
	fputs("\n", stdout);
	if (*cli->help) {
		fputs(cli->help, stdout);
		fputs("\n", stdout);
	}
	fputs(cpl_cli_help, stdout);
	cpl_cli_done(cli);
}

static void print_version(struct cpl_cli *cli)
{
	cpl_cli_version(cli);
	cpl_cli_done(cli);
}

/* The options that are a setting. */
static int put(struct cpl_cli *cli, int c, const char *arg, struct cpl_err *e)
{
	static const struct {
		int c;
		enum cpl_setting_id id;
		const char *name;
	} table[] = {
	    {'u', CPL_SET_JID, "--jid"},
	    {'H', CPL_SET_SERVER, "--server"},
	    {'W', CPL_SET_TIMEOUT, "--timeout"},
	    {CPL_OPT_PASSWORD_FILE, CPL_SET_PASSWORD_FILE, "--password-file"},
	    {CPL_OPT_TLS, CPL_SET_TLS, "--tls"},
	    {CPL_OPT_CA_FILE, CPL_SET_CA_FILE, "--ca-file"},
	    {CPL_OPT_FINGERPRINT, CPL_SET_FINGERPRINT, "--fingerprint"},
	    {CPL_OPT_CLIENT_CERT, CPL_SET_CLIENT_CERT, "--client-cert"},
	    {CPL_OPT_CONNECT_TIMEOUT, CPL_SET_CONNECT_TIMEOUT,
	     "--connect-timeout"},
	    {CPL_OPT_TRACE, CPL_SET_TRACE, "--trace"},
	    {CPL_OPT_PROXY, CPL_SET_PROXY, "--proxy"},
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (table[i].c == c)
			return cpl_cli_put_option(cli, table[i].id, arg,
						  table[i].name, e);
	usage_exit(cli); /* getopt has said why */
}

int cpl_cli_getopt(int argc, char **argv, const char *letters,
		   const struct option *options)
{
	char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;

	/* getopt's own messages begin with argv[0]. */
	if (slash)
		argv[0] = slash + 1;
	return getopt_long(argc, argv, letters, options, NULL);
}

static int put_password_fd(struct cpl_cli *cli, const char *arg,
			   struct cpl_err *e)
{
	long fd = 0;

	if (cpl_num_int(arg, 0, INT_MAX, &fd, e) < 0)
		return cpl_err_prefix(e, "--password-fd");
	cli->password_fd = (int)fd;
	return 0;
}

void cpl_cli_option(struct cpl_cli *cli, int c, const char *arg)
{
	struct cpl_err e = CPL_ERR_INIT;
	int result = 0;

	switch (c) {
	case 'a':
		cli->account = arg;
		cli->account_chosen = 1;
		break;
	case 'C': cli->config_path = arg; break;
	case CPL_OPT_PASSWORD_FD: result = put_password_fd(cli, arg, &e); break;
	case CPL_OPT_PASSWORD_FILE:
		if (strcmp(arg, "-") == 0) /* stdin, as everywhere */
			result = put_password_fd(cli, "0", &e);
		else
			result = put(cli, c, arg, &e);
		break;
	case 'q':
		cli->log.level = 0;
		cli->quiet = 1;
		break;
	case 'v':
		cli->log.level++;
		cli->quiet = 0;
		break;
	case CPL_OPT_NO_FAST:
		result = cpl_cli_put_option(cli, CPL_SET_FAST, "false",
					    "--no-fast", &e);
		break;
	case 'P': cli->pretend = 1; break;
	case CPL_OPT_TIMING: cli->timing = 1; break;
	case CPL_OPT_LIST_ACCOUNTS:
	case CPL_OPT_LIST_ALIASES:
	case CPL_OPT_LIST_CONTACTS: cli->list = c; break;
	case 'h': print_help(cli); break;
	case 'V': print_version(cli); break;
	default: result = put(cli, c, arg, &e);
	}
	if (result < 0 && e.status == CPL_USAGE)
		cpl_cli_usage(cli, "%s", e.text);
	if (result < 0)
		cpl_cli_die(cli, &e);
}
