/* SPDX-License-Identifier: MIT
 *
 * The account's password, or a room's, whose settings hold nothing but where it
 * comes from: the one module that fetches it and holds it. The
 * sources, first that is there wins (couplet-config(5), PASSWORDS):
 * --password-fd, --password-file and $COUPLET_PASSWORD_FILE (both arrive as
 * CPL_SET_PASSWORD_FILE from those origins), $COUPLET_PASSWORD,
 * $CREDENTIALS_DIRECTORY/couplet-ACCOUNT, password_command, password_file,
 * password (all three from the file), a prompt on /dev/tty. */
#ifndef CPL_SECRET_H
#define CPL_SECRET_H

#include <stddef.h>

#include "../base/err.h"
#include "../base/log.h"
#include "setting.h"

/* A password in memory of its own, wiped by cpl_secret_wipe(), which may be
 * called on one that is empty (zero-filled). */
struct cpl_secret {
	char *text; /* NUL-terminated; NULL: none */
	size_t len;
};

struct cpl_secret_conf {
	int fd;                      /* --password-fd, or -1 */
	const char *fd_option;       /* its name; NULL: --password-fd */
	const char *credentials_dir; /* $CREDENTIALS_DIRECTORY, or NULL */
	const struct cpl_settings *settings;
	int no_prompt; /* for tests, --pretend, and a room */
};

/* Fetches the password. The first line of the source, its newline (CR LF too)
 * dropped; nothing behind the line is read from --password-fd. At
 * most CPL_SECRET_MAX bytes, UTF-8. 0, or -1 with CPL_CONFIG and the source
 * named: not there, empty, too long, not UTF-8, readable by others (a regular
 * file of our own user, with the chmod in the text; another owner's or a pipe
 * only warns through log), a command that fails, prints nothing or runs over
 * its limit, or no source and no terminal. The command's stdin is /dev/null and
 * its stderr ours. Signals keep their default action meanwhile; the terminal's
 * echo is restored when one ends or stops the prompt. In
 * $CREDENTIALS_DIRECTORY the file is couplet-NAME, without an account's name
 * couplet-JID (bare). */
int cpl_secret_get(struct cpl_secret *out, const struct cpl_secret_conf *conf,
		   const struct cpl_log *log, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* The name of the source that cpl_secret_get() would use, without reading it:
 * for --pretend. fd_option, "CREDENTIALS_DIRECTORY", "prompt", else the
 * origin of the setting. NULL: there is none. Never the password. */
const char *cpl_secret_source(const struct cpl_secret_conf *conf);

void cpl_secret_wipe(struct cpl_secret *s);

#endif
