/* SPDX-License-Identifier: MIT
 *
 * The settings of an account, by one table: the key in the file, the variable
 * in the environment, the kind of value. Each setting remembers where it came
 * from, which is what --pretend shows. A struct cpl_settings owns its strings;
 * zero-filled it is empty. */
#ifndef CPL_SETTING_H
#define CPL_SETTING_H

#include <stddef.h>
#include <stdint.h>

#include "../base/err.h"

enum cpl_setting_id {
	CPL_SET_JID,
	CPL_SET_PASSWORD,
	CPL_SET_PASSWORD_FILE,
	CPL_SET_PASSWORD_COMMAND,
	CPL_SET_SERVER,
	CPL_SET_TLS,
	CPL_SET_CA_FILE,
	CPL_SET_FINGERPRINT,
	CPL_SET_CLIENT_CERT,
	CPL_SET_CLIENT_KEY,
	CPL_SET_RESOURCE,
	CPL_SET_PRIORITY,
	CPL_SET_NICK,
	CPL_SET_CONNECT_TIMEOUT,
	CPL_SET_TIMEOUT,
	CPL_SET_TRACE,
	CPL_SET_FAST,
	CPL_SET_EARLY,
	CPL_SET_PROXY,
	CPL_SET_TCP_FASTOPEN,
	CPL_SET_UPGRADE,
	CPL_SET_LANDLOCK,
	CPL_SETTINGS
};

enum cpl_setting_kind {
	CPL_KIND_TEXT,
	CPL_KIND_JID,
	CPL_KIND_SERVER, /* HOST[:PORT], [IPV6]:PORT */
	CPL_KIND_TLS,    /* auto direct starttls none */
	CPL_KIND_PATH,   /* ~/ at the front is the home folder; in a file,
			    relative to that file's folder; "-" stays */
	CPL_KIND_SECONDS,
	CPL_KIND_PRIORITY, /* -128 to 127 */
	CPL_KIND_FINGERPRINT,
	CPL_KIND_BOOL,    /* true or false, yes or no, on or off */
	CPL_KIND_SECRET,  /* shown as "*" */
	CPL_KIND_COMMAND, /* run by sh -c */
	CPL_KIND_PROXY    /* a URL, shown without its password; empty: none */
};

struct cpl_setting_info {
	const char *key; /* in the file; NULL: not there */
	const char *env; /* NULL: no variable */
	enum cpl_setting_kind kind;
	int identity; /* belongs to one account: the environment's value is
			 ignored when -a is on the command line */
};

/* The table, indexed by enum cpl_setting_id. */
extern const struct cpl_setting_info cpl_setting_table[CPL_SETTINGS];

struct cpl_setting {
	char *value;  /* NULL: not set */
	char *origin; /* "--jid", "COUPLET_JID", "/etc/...yaml:4:10": there
			 the line and column of the value */
};

struct cpl_settings {
	struct cpl_setting set[CPL_SETTINGS];
	char *account; /* its name in the file, or NULL */
};

/* Sets a value that is not set yet (a set one stays: the first to speak has
 * precedence), after checking it for its kind. 0, or -1: CPL_USAGE with
 * "--option: why" when the origin begins with '-', else CPL_CONFIG with
 * "VARIABLE: why" or "FILE:LINE:COLUMN: key: why". The text of a secret, and of
 * a proxy, is in none of these. A path's ~/ is replaced by $HOME here. */
int cpl_setting_put(struct cpl_settings *s, enum cpl_setting_id id,
		    const char *value, const char *origin, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* The check alone: 0, or -1 with CPL_CONFIG and "why", nothing before it. */
int cpl_setting_check(enum cpl_setting_id id, const char *value,
		      struct cpl_err *e) __attribute__((warn_unused_result));

/* Takes a value out again, wiped if it is secret. */
void cpl_setting_drop(struct cpl_settings *s, enum cpl_setting_id id);

/* The settings, a bit each (1u << id), that a lower level of precedence may no
 * longer fill: those that are set, and with one of the password's sources all
 * of them, with the client certificate its key. A password_command of a
 * lower level would otherwise beat the password of a higher one, and a key
 * would come to another account's certificate. */
unsigned cpl_settings_taken(const struct cpl_setting set[CPL_SETTINGS]);

/* Wipes what is secret, frees all. */
void cpl_settings_release(struct cpl_settings *s);

/* The value or NULL. */
const char *cpl_setting(const struct cpl_settings *s, enum cpl_setting_id id);

/* Of a CPL_KIND_BOOL; otherwise where it is not set. */
int cpl_setting_true(const struct cpl_settings *s, enum cpl_setting_id id,
		     int otherwise);

/* The parts of a CPL_KIND_SERVER value: the host without brackets into host,
 * the port or 0. 0, or -1 when it is none. */
int cpl_setting_server(const char *value, char host[256], uint16_t *port)
    __attribute__((warn_unused_result));

#endif
