/* SPDX-License-Identifier: MIT
 *
 * The configuration files: read by libyaml, checked against the table of keys
 * (setting.h), kept as plain strings with the place that each came from. A
 * struct cpl_config owns everything in it. Errors are CPL_CONFIG and say
 * "FILE:LINE:COLUMN: what", with a suggestion for a near-miss key. Nothing
 * here looks for files: it is handed paths. */
#ifndef CPL_CONFIG_H
#define CPL_CONFIG_H

#include <stddef.h>

#include "../base/err.h"
#include "../base/log.h"
#include "setting.h"

struct cpl_config;

/* What an alias says of a room besides its address; it is the configuration's.
 * Nothing but CPL_SET_NICK and the sources of the room's password,
 * CPL_SET_PASSWORD and its two like, may be set (cli/room_option.h makes use
 * of them). */
struct cpl_config_room {
	struct cpl_settings set;
};

/* An empty configuration (cpl_config_free()); NULL without memory. */
struct cpl_config *cpl_config_new(void) __attribute__((warn_unused_result));
void cpl_config_free(struct cpl_config *c);

/* Wipes the passwords of all accounts, whose settings go on without. */
void cpl_config_forget_passwords(struct cpl_config *c);

/* Reads a file into c. What an earlier file said stands: files are handed in
 * in the order of their precedence, the user's before the system's. An account
 * that both have is merged key by key (a later file fills what is not set, see
 * cpl_settings_taken()), an alias or a format is the earlier file's whole. Keys
 * at the top: default, accounts, aliases, formats. A file of our own user that
 * holds a password and that others can read is refused with the chmod that
 * helps; another owner's only warns. Errors besides: cannot be opened, is a
 * folder, is over CPL_CONFIG_BYTES_MAX, is not YAML, has what yaml.h refuses,
 * an unknown or doubled key, a value of the wrong kind, a bad JID. An empty
 * file is no error here. */
int cpl_config_read(struct cpl_config *c, const char *path,
		    const struct cpl_log *log, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* After the last file, what needs all of them: a default or an inherit that
 * names no account, an inherit that is a circle, a group with an unknown alias
 * in it, and groups in a circle or deeper than CPL_CONFIG_DEPTH_MAX. */
int cpl_config_check(const struct cpl_config *c, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* The value of "default:", else the name of the only account that has a JID,
 * or NULL; valid as long as c is. */
const char *cpl_config_default(const struct cpl_config *c);

/* The name of the account that logs in as this bare JID (a resource is
 * ignored): the default one if it does, else the first; or NULL. */
const char *cpl_config_by_jid(const struct cpl_config *c, const char *jid);

/* Puts the settings of an account (by its name, else by its JID, prepared)
 * into s wherever s has none yet and they are not taken (setting.h), inherit
 * followed; the name in s->account. CPL_CONFIG when there is no such account,
 * with a suggestion or the list of names. */
int cpl_config_account(const struct cpl_config *c, const char *name,
		       struct cpl_settings *s, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Calls each() for what an alias stands for: one address, a person's or a
 * room's, or the members of a group in order, groups within groups followed,
 * the JIDs prepared and each once (of several that say of one that it is a
 * room the first counts). room is NULL for who is none, else the
 * configuration's. Returns how many, or -1: unknown alias (CPL_USAGE, with a
 * suggestion), what cpl_config_check() would say of its members (CPL_CONFIG),
 * over CPL_RECIPIENTS_MAX, or each() returned non-zero (e untouched). */
int cpl_config_alias(const struct cpl_config *c, const char *alias,
		     int (*each)(void *user, const char *jid,
				 const struct cpl_config_room *room),
		     void *user, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* The template of "formats:" by its name, with its place, valid as long as c
 * is; or NULL with CPL_USAGE and a suggestion. It is not compiled before
 * somebody uses it (cli/format.h). */
const struct cpl_setting *cpl_config_format(const struct cpl_config *c,
					    const char *name, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Names for completion: each account or alias once, in the file's order. */
void cpl_config_names(const struct cpl_config *c, int aliases,
		      void (*each)(void *user, const char *name), void *user);

#endif
