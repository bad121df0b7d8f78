/* SPDX-License-Identifier: MIT
 *
 * The options of tools that enter rooms, and what it takes to enter each: the
 * nickname and the password, from the command line, the environment, the
 * room's alias and the account. The options live in the tool, zero-filled; the
 * strings are the command line's. What may be said on the command line and in
 * the files is checked before anything is sent; the passwords are wiped by
 * cpl_room_entries_release(). */
#ifndef CPL_ROOM_OPTION_H
#define CPL_ROOM_OPTION_H

#include <stddef.h>

#include "../config/secret.h"
#include "cli.h"
#include "recipients.h"

enum {
	CPL_OPT_NICK = 430,
	CPL_OPT_NICK_EXACT,
	CPL_OPT_ROOM_PASSWORD_FD,
	CPL_OPT_ROOM_PASSWORD_FILE
};

/* clang-format off */
#define CPL_ROOM_OPTIONS \
	{"nick", required_argument, NULL, CPL_OPT_NICK}, \
	{"nick-exact", no_argument, NULL, CPL_OPT_NICK_EXACT}, \
	{"room-password-fd", required_argument, NULL, \
	 CPL_OPT_ROOM_PASSWORD_FD}, \
	{"room-password-file", required_argument, NULL, \
	 CPL_OPT_ROOM_PASSWORD_FILE}
/* clang-format on */

/* Their lines of --help. */
#define CPL_ROOM_HELP                                                          \
	"      --nick NAME        the nickname in rooms\n"                     \
	"      --nick-exact       fail where it is taken; else a number is "   \
	"added\n"                                                              \
	"      --room-password-fd N\n"                                         \
	"                         read the rooms' password from descriptor "   \
	"N\n"                                                                  \
	"      --room-password-file FILE\n"                                    \
	"                         read it from the first line of FILE\n"

struct cpl_room_options {
	int nick;       /* --nick: it is in the settings, too, as its origin */
	int nick_exact; /* a conflict is a failure */
	int has_fd;
	int fd;           /* --room-password-fd */
	const char *file; /* --room-password-file */
};

/* Takes one of the options above; non-zero: it was one. A bad value is a usage
 * error. --room-password-file - is --room-password-fd 0. */
int cpl_room_option(struct cpl_room_options *o, struct cpl_cli *cli, int c,
		    const char *arg);

/* The name of one that was given, for a tool that has no room to enter; NULL:
 * none was. */
const char *cpl_room_option_given(const struct cpl_room_options *o);

/* A usage error where the password is to be read from stdin and that is data:
 * "--room-password-fd 0: WHY", "the body is on stdin". */
void cpl_room_option_stdin(const struct cpl_room_options *o,
			   const struct cpl_cli *cli, const char *why);

/* The nickname for a room, prepared, which the caller frees: that of ROOM/NICK,
 * --nick, the alias, the account, the localpart of the account's JID; the
 * first that is there. of may be NULL, for a room that is not among the
 * recipients. After cpl_cli_load(). NULL with e: CPL_USAGE where the JID has no
 * localpart either. */
char *cpl_room_option_nick(const struct cpl_cli *cli,
			   const struct cpl_recipient *of, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* What it takes to enter one room. */
struct cpl_room_entry {
	size_t recipient; /* its index in the list */
	const char *room; /* its address, bare: the recipients' */
	char *nick;       /* prepared */
	/* NULL: it has none. Several rooms may have the same one. */
	const struct cpl_secret *password;
	struct cpl_secret own; /* what password is, where it is this room's */
};

struct cpl_room_entries {
	struct cpl_room_entry *list;
	size_t count;
	struct cpl_secret shared;
};

/* Finds out for each of the recipients that is a room, in their order. The
 * passwords are fetched here: from --room-password-fd, --room-password-file,
 * $COUPLET_ROOM_PASSWORD_FILE, $COUPLET_ROOM_PASSWORD, else as the room's alias
 * says. Where there are several rooms those four, fetched once and only if they
 * are needed, are for the ones whose alias says nothing of a password. Nobody
 * is prompted. After the password of the account was fetched, since both may
 * come from one descriptor. 0, or -1 with out empty: CPL_CONFIG as of
 * cpl_secret_get(), CPL_USAGE as of cpl_room_option_nick(). */
int cpl_room_entries_load(struct cpl_room_entries *out,
			  const struct cpl_room_options *o,
			  const struct cpl_cli *cli,
			  const struct cpl_recipients *to, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Wipes what is secret, frees all. Zero-filled it is empty. */
void cpl_room_entries_release(struct cpl_room_entries *entries);

#endif
