/* SPDX-License-Identifier: MIT
 *
 * What the modules of cli/ share and no tool needs. */
#ifndef CPL_CLI_PARTS_H
#define CPL_CLI_PARTS_H

#include "../base/buf.h"
#include "cli.h"

/* "2026-01-01T00:00:00.123Z" and its NUL. */
#define CPL_STAMP_SIZE 32

/* Hands the command line's or the environment's value to the settings. An
 * option that is given twice is what it was last. */
int cpl_cli_put_option(struct cpl_cli *cli, enum cpl_setting_id id,
		       const char *value, const char *option, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Reads the configuration files. Adds to tried "PATH: why it gave no account"
 * for each path, "; " in between. 0, or -1 with e. */
int cpl_cli_files(struct cpl_cli *cli, struct cpl_buf *tried, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Takes the proxy that $all_proxy or $ALL_PROXY names, as curl does, where no
 * setting names one and $no_proxy or $NO_PROXY does not leave out the host. 0,
 * or -1 with e. */
int cpl_cli_all_proxy(struct cpl_cli *cli, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* What --list-accounts, --list-aliases, --list-contacts and --pretend print. */
void cpl_cli_list(struct cpl_cli *cli);
void cpl_cli_pretend(const struct cpl_cli *cli);

/* What --version prints: the tool's name and version, the versions of the
 * libraries, as they are loaded, and what the build can do, a line each. */
void cpl_cli_version(const struct cpl_cli *cli);

/* The contacts of the account as its list was seen last, one JID a line. */
void cpl_cli_contacts(struct cpl_cli *cli);

/* Writes text with control characters and what is not UTF-8 as \xNN, so that
 * nobody's text can order the terminal about, and with them each of the
 * characters of also. */
void cpl_cli_escaped(FILE *out, const char *text, size_t len, const char *also);

/* Flushes stdout and ends the process: 0, or 74 with a message. */
void cpl_cli_done(struct cpl_cli *cli) __attribute__((noreturn));

/* The time, in UTC. */
void cpl_cli_stamp(char out[CPL_STAMP_SIZE]);

/* The log's two functions; opens cli->trace by CPL_SET_TRACE and the level. */
void cpl_cli_line(void *user, int level, const char *text);
int cpl_cli_trace_open(struct cpl_cli *cli, struct cpl_err *e)
    __attribute__((warn_unused_result));
void cpl_cli_trace_close(struct cpl_cli *cli);

#endif
