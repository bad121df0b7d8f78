/* SPDX-License-Identifier: MIT
 *
 * What the parts of xrecv -R share: xrecv_room_option.c is the command line,
 * xrecv_room.c being in rooms, xrecv_invite.c who is let in by an
 * invitation. */
#ifndef XRECV_ROOM_H
#define XRECV_ROOM_H

#include "../common/cli/room_option.h"
#include "../common/stream/room_ping.h"
#include "xrecv.h"

/* A room that we are in, want to be in, or were in. */
struct place {
	struct recv *r;
	struct cpl_room *room; /* of rooms.all */
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

/* Begins to be in a room; what the arguments point to but the password is
 * copied. NULL without memory, which ends the run. */
struct place *xrecv_room_add(struct recv *r, const char *room, const char *nick,
			     const char *password);

/* The place in a room by a JID of it, or NULL. */
struct place *xrecv_room_find(const struct recv *r, const char *jid);

/* One that is over is forgotten. */
void xrecv_room_forget(struct recv *r, struct place *place);

/* Joins a room that a message invites into, if --accept-invites has it so. */
void xrecv_invited(struct recv *r, xmpp_stanza_t *message);

#endif
