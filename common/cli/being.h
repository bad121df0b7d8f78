/* SPDX-License-Identifier: MIT
 *
 * The options of tools that are online to be found: the presence that they
 * announce, or none. It lives in the tool, zero-filled but for a priority other
 * than 0; the strings are the command line's. */
#ifndef CPL_BEING_H
#define CPL_BEING_H

#include "../stream/presence.h"
#include "cli.h"

enum {
	CPL_OPT_PRIORITY = 410,
	CPL_OPT_SHOW,
	CPL_OPT_STATUS,
	CPL_OPT_NO_PRESENCE
};

/* clang-format off */
#define CPL_BEING_OPTIONS \
	{"priority", required_argument, NULL, CPL_OPT_PRIORITY}, \
	{"show", required_argument, NULL, CPL_OPT_SHOW}, \
	{"status", required_argument, NULL, CPL_OPT_STATUS}, \
	{"no-presence", no_argument, NULL, CPL_OPT_NO_PRESENCE}
/* clang-format on */

/* Their lines of --help; priority is the tool's default, a string. */
#define CPL_BEING_HELP(priority)                                               \
	"      --priority N       of the presence announced "                  \
	"(default " priority ")\n"                                             \
	"      --show SHOW        away, chat, dnd or xa\n"                     \
	"      --status TEXT      its status\n"                                \
	"      --no-presence      announce none\n"

struct cpl_being {
	struct cpl_presence presence;
	int priority_given;
	int none; /* --no-presence */
};

/* Takes one of the options above; non-zero: it was one. A bad value is a usage
 * error. */
int cpl_being_option(struct cpl_being *b, struct cpl_cli *cli, int c,
		     const char *arg);

#endif
