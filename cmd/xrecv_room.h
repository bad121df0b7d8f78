/* SPDX-License-Identifier: MIT
 *
 * What the parts of xrecv -R share: xrecv_room_option.c is the command line,
 * xrecv_room.c being in rooms, xrecv_invite.c where an invitation leads to,
 * xrecv_room_since.c what the archives of rooms have. */
#ifndef XRECV_ROOM_H
#define XRECV_ROOM_H

#include "../common/cli/room_option.h"
#include "../common/stream/room_ping.h"
#include "xrecv.h"

/* A room that we are in, want to be in, or were in. */
struct place {
	struct recv *r;
	struct cpl_room *room; /* of rooms.all */
	struct since *since;   /* its archive, with --since; or NULL */
	struct cpl_room_ping ping;
	struct cpl_secret password; /* of an invitation */
	int told;                   /* that it is out, and comes back */
};

struct rooms {
	/* The command line. */
	const char **names; /* of -R, as given */
	size_t named;
	const char *extra; /* an option that needs a room, or NULL */
	struct cpl_room_options options;
	struct cpl_muc_history history;
	int with_history; /* it was asked for */
	int subject;
	int occupants;
	int others; /* the presence of others than occupants is wanted, too */
	struct cpl_jid *patterns; /* of --accept-invites */
	size_t pattern_count;
	/* The run. */
	struct cpl_recipients recipients;
	struct cpl_room_entries entries;
	struct cpl_rooms all; /* of which each has its struct place as user */
	size_t over;          /* so many of them, by no decision of ours */
};

/* Begins to be in a room, again where there is a place that is over (else
 * NULL); what the arguments point to but the password is copied. NULL: the run
 * was given up. */
struct place *xrecv_room_add(struct recv *r, struct place *again,
			     const char *room, const char *nick,
			     const char *password);

/* We are in it no more, for that reason, and do not come back. */
void xrecv_room_is_over(struct place *place, const struct cpl_err *why);

/* The place in a room by a JID of it, or NULL. */
struct place *xrecv_room_find(const struct recv *r, const char *jid);

/* Without --since none of them does anything. The archive: 0, or -1 with e; the
 * room was joined, or is lost. */
int xrecv_room_since_open(struct place *place, const char *room,
			  struct cpl_err *e)
    __attribute__((warn_unused_result));
void xrecv_room_since_joined(struct place *place);
void xrecv_room_since_out(struct place *place);
void xrecv_room_since_free(struct place *place);

#endif
