/* SPDX-License-Identifier: MIT
 *
 * What every tool does in the same way: the common options, the environment
 * and the configuration files merged by precedence, messages on stderr, the
 * trace, --help, --version and --pretend. This folder alone of common/ may
 * print, look for files and end the process. A struct cpl_cli belongs to
 * main(); it owns what it loaded until cpl_cli_release().
 *
 * A tool's loop is:
 *
 *	while ((c = cpl_cli_getopt(argc, argv, letters, options)) != -1)
 *		if (!is_own(c, optarg))
 *			cpl_cli_option(&cli, c, optarg);
 *	cpl_cli_load(&cli);
 *
 * with CPL_CLI_SHORT in its letters and CPL_CLI_OPTIONS in its options.
 */
#ifndef CPL_CLI_H
#define CPL_CLI_H

#include <getopt.h>
#include <stdio.h>

#include "../base/err.h"
#include "../base/log.h"
#include "../config/config.h"
#include "../config/secret.h"
#include "../config/setting.h"

/* Values of long options without a letter. A tool's own begin at
 * CPL_OPT_TOOL. */
enum cpl_cli_opt {
	CPL_OPT_PASSWORD_FD = 256,
	CPL_OPT_PASSWORD_FILE,
	CPL_OPT_TLS,
	CPL_OPT_CA_FILE,
	CPL_OPT_FINGERPRINT,
	CPL_OPT_CLIENT_CERT,
	CPL_OPT_CONNECT_TIMEOUT,
	CPL_OPT_TRACE,
	CPL_OPT_NO_FAST,
	CPL_OPT_FORGET, /* run.h: it takes the network */
	CPL_OPT_TIMING,
	CPL_OPT_PROXY,
	CPL_OPT_LIST_ACCOUNTS, /* hidden, for completion: names, a line each */
	CPL_OPT_LIST_ALIASES,
	CPL_OPT_LIST_CONTACTS,
	CPL_OPT_TOOL = 512
};

/* clang-format off */
#define CPL_CLI_SHORT "a:C:u:H:W:qvPhV"
#define CPL_CLI_OPTIONS \
	{"account", required_argument, NULL, 'a'}, \
	{"config", required_argument, NULL, 'C'}, \
	{"jid", required_argument, NULL, 'u'}, \
	{"password-fd", required_argument, NULL, CPL_OPT_PASSWORD_FD}, \
	{"password-file", required_argument, NULL, CPL_OPT_PASSWORD_FILE}, \
	{"server", required_argument, NULL, 'H'}, \
	{"tls", required_argument, NULL, CPL_OPT_TLS}, \
	{"ca-file", required_argument, NULL, CPL_OPT_CA_FILE}, \
	{"fingerprint", required_argument, NULL, CPL_OPT_FINGERPRINT}, \
	{"client-cert", required_argument, NULL, CPL_OPT_CLIENT_CERT}, \
	{"proxy", required_argument, NULL, CPL_OPT_PROXY}, \
	{"connect-timeout", required_argument, NULL, CPL_OPT_CONNECT_TIMEOUT}, \
	{"timeout", required_argument, NULL, 'W'}, \
	{"quiet", no_argument, NULL, 'q'}, \
	{"verbose", no_argument, NULL, 'v'}, \
	{"trace", required_argument, NULL, CPL_OPT_TRACE}, \
	{"no-fast", no_argument, NULL, CPL_OPT_NO_FAST}, \
	{"forget", no_argument, NULL, CPL_OPT_FORGET}, \
	{"timing", no_argument, NULL, CPL_OPT_TIMING}, \
	{"pretend", no_argument, NULL, 'P'}, \
	{"list-accounts", no_argument, NULL, CPL_OPT_LIST_ACCOUNTS}, \
	{"list-aliases", no_argument, NULL, CPL_OPT_LIST_ALIASES}, \
	{"list-contacts", no_argument, NULL, CPL_OPT_LIST_CONTACTS}, \
	{"help", no_argument, NULL, 'h'}, \
	{"version", no_argument, NULL, 'V'}
/* clang-format on */

/* The lines of --help for the options above, to end each tool's own text. */
extern const char cpl_cli_help[];

struct cpl_cli {
	const char *prog;     /* "xsend" */
	const char *synopsis; /* "xsend [options] JID|ALIAS...": one line or
				 more, each a form */
	const char *help;     /* the tool's own option lines */
	struct cpl_log log;   /* log.user is the cli itself */
	struct cpl_settings settings;
	struct cpl_config *config;
	int password_fd;    /* -1: none */
	int account_chosen; /* -a was given */
	/* The tool has set the JID, and what it does is no account's affair:
	 * none is chosen, and what the environment says of one is ignored. */
	int no_account;
	const char *account;     /* -a, then COUPLET_ACCOUNT */
	const char *config_path; /* -C */
	int pretend;
	int list;   /* CPL_OPT_LIST_*, or 0 */
	int quiet;  /* -q */
	int timing; /* --timing */
	/* Called before a line goes to stderr: what else is shown there makes
	 * room (progress.h). NULL: nothing is. */
	void (*before_line)(void *user);
	void *before_line_user;
	/* Called by cpl_cli_load() when all is merged, in place of the tool's
	 * own job: it does not return. NULL: there is none. */
	void (*instead)(struct cpl_cli *cli);
	FILE *trace; /* --trace, opened by cpl_cli_load() */
	char *state_folder;
};

/* Prepares cli and takes the program's name for messages; stderr becomes line
 * buffered; the libraries' locale stays "C". */
void cpl_cli_init(struct cpl_cli *cli, const char *prog, const char *synopsis,
		  const char *help);

/* getopt_long(), whose messages name the program without its folder. */
int cpl_cli_getopt(int argc, char **argv, const char *letters,
		   const struct option *options);

/* Takes one of the options above. --help and --version print to stdout and
 * exit 0 (74 when that fails); a bad value, and anything that is no option of
 * ours ('?' of getopt, which has already printed why), prints and exits 64. A
 * setting given twice is what it was last. --password-file - is --password-fd
 * 0. */
void cpl_cli_option(struct cpl_cli *cli, int c, const char *arg);

/* A usage error: "prog: why", the synopsis, exit 64. */
void cpl_cli_usage(const struct cpl_cli *cli, const char *fmt, ...)
    __attribute__((format(printf, 2, 3), noreturn));

/* Merges: command line (already in cli->settings), environment, files. Exits
 * with the message and its status on any error (78, 64). Looks for files at -C
 * or $COUPLET_CONFIG (which must exist), else
 * ${XDG_CONFIG_HOME:-$HOME/.config}/couplet/config.yaml, then
 * /etc/couplet/config.yaml ($COUPLET_SYSTEM_CONFIG instead, for tests; both
 * may be missing). Afterwards a JID is set, or it exits 78 "no account", each
 * path tried and why it was skipped listed. --list-accounts, --list-aliases and
 * --list-contacts print and exit 0 here, --pretend prints
 * "KEY<TAB>VALUE<TAB>ORIGIN" lines and exits 0, the password as "*" with its
 * source.
 *
 * Where nothing names a proxy, $all_proxy or $ALL_PROXY does, unless $no_proxy
 * or $NO_PROXY leaves out the host.
 *
 * The account is -a; else $COUPLET_ACCOUNT without --jid; else with a JID
 * given (--jid, $COUPLET_JID) the one that has it, and when none has it no
 * account at all: another one's password and server are not mixed in; else
 * the default or only one. CPL_SET_RESOURCE is settled: the JID's resource,
 * else the key's. --trace "-" is stderr, a file is emptied and made 0600. */
void cpl_cli_load(struct cpl_cli *cli);

/* Whether cpl_cli_load() will end the process, so that the tool's operands do
 * not matter. */
int cpl_cli_ends_early(const struct cpl_cli *cli);

/* Reads the password into out; exits with the message when there is none. out
 * stays empty where the login can do without: no source but the prompt, and a
 * JID without user part (ANONYMOUS) or a client certificate (EXTERNAL). */
void cpl_cli_password(struct cpl_cli *cli, struct cpl_secret *out);

/* All passwords that are to be used have been read: those in the settings, in
 * the configuration's accounts and in our own environment are wiped. */
void cpl_cli_forget_passwords(struct cpl_cli *cli);

/* ${XDG_STATE_HOME:-$HOME/.local/state}/couplet (state.h), valid as long as
 * cli; NULL: no variable tells. Ends the program where there is no memory, as
 * what is pinned there is not to be gone without. After cpl_cli_load(). */
const char *cpl_cli_state_folder(struct cpl_cli *cli);

/* The same for an option that cannot do without, "--since", and thing, "the
 * cursor", that it keeps there. NULL with e: CPL_IO. */
const char *cpl_cli_need_state(struct cpl_cli *cli, const char *option,
			       const char *thing, struct cpl_err *e);

/* The resolved common times in milliseconds. timeout is 0 where none is set. */
long cpl_cli_connect_timeout(const struct cpl_cli *cli);
long cpl_cli_timeout(const struct cpl_cli *cli);

/* "prog: TEXT" on stderr, one line; control characters are escaped. warn is
 * the same for trouble that ends nothing. */
void cpl_cli_error(const struct cpl_cli *cli, const struct cpl_err *e);
void cpl_cli_warn(const struct cpl_cli *cli, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The error and its exit. */
void cpl_cli_die(struct cpl_cli *cli, const struct cpl_err *e)
    __attribute__((noreturn));

/* The same for memory that ran out. */
void cpl_cli_nomem(struct cpl_cli *cli) __attribute__((noreturn));

/* Closes the trace and frees what was loaded. Safe to call twice. */
void cpl_cli_release(struct cpl_cli *cli);

#endif
