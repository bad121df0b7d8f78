/* SPDX-License-Identifier: MIT
 *
 * The addresses that a tool was given: JIDs and aliases as operands, and files
 * of them. Each address is kept once, prepared, in the order given, with
 * whether it is a room's. The struct owns them; zero-filled it is empty. */
#ifndef CPL_RECIPIENTS_H
#define CPL_RECIPIENTS_H

#include <stddef.h>

#include "../config/config.h"
#include "../stanza/jid.h"
#include "cli.h"

/* What is known of an address besides. */
struct cpl_recipient {
	int room;   /* it is a room's; the address is bare then */
	char *nick; /* of ROOM/NICK, prepared; NULL: none was said */
	/* What an alias says of the room (of several the first); NULL: none
	 * names it. The configuration's, and valid as long as that is. */
	const struct cpl_config_room *alias;
};

struct cpl_recipients {
	struct cpl_jid *list;
	struct cpl_recipient *more; /* of the same index */
	size_t count;
	size_t space; /* for so many */
	size_t rooms; /* how many of them are rooms */
};

/* Adds an operand: without '@', '.', '/' and ':' it is an alias, else a JID. A
 * room is what an alias says to be one. -1 with CPL_USAGE. */
int cpl_recipients_add(struct cpl_recipients *r,
		       const struct cpl_config *config, const char *operand,
		       struct cpl_err *e) __attribute__((warn_unused_result));

/* The same for one that is a room, or for an alias all of whose members are
 * rooms, whether it says so or not: "-R ROOM". With with_nick it may be
 * ROOM/NICK; the address that is kept is the room's. -1 with CPL_USAGE: no
 * localpart, a resource without with_nick or one that is nothing but spaces, a
 * room that has another nickname already. */
int cpl_recipients_add_room(struct cpl_recipients *r,
			    const struct cpl_config *config,
			    const char *operand, int with_nick,
			    struct cpl_err *e)
    __attribute__((warn_unused_result));

/* All that were added are rooms: "-t groupchat". -1 with CPL_USAGE where one
 * cannot be. */
int cpl_recipients_are_rooms(struct cpl_recipients *r, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Adds a JID, which is no alias whatever it looks like. -1 with CPL_DATA. */
int cpl_recipients_add_jid(struct cpl_recipients *r, const char *jid,
			   struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Adds operands, or the server of the account. What fails ends the process. */
void cpl_recipients_load(struct cpl_recipients *r, struct cpl_cli *cli, int n,
			 char **operands);
void cpl_recipients_own_server(struct cpl_recipients *r, struct cpl_cli *cli);

/* Adds the lines of a file ("-" is stdin); blank lines and those that begin
 * with # are skipped. -1 with CPL_NOINPUT for a file that cannot be opened,
 * CPL_IO, or CPL_DATA with "FILE:LINE: why", or for a file of more than
 * CPL_CONFIG_BYTES_MAX. */
int cpl_recipients_read(struct cpl_recipients *r,
			const struct cpl_config *config, const char *path,
			struct cpl_err *e) __attribute__((warn_unused_result));

void cpl_recipients_release(struct cpl_recipients *r);

#endif
