/* SPDX-License-Identifier: MIT
 *
 * Whether a room still knows us: when nothing has come from it for
 * CPL_ROOM_SILENCE_MS it is asked by a ping to our own occupant JID (XEP-0410),
 * and cpl_room_lost() is told where the answer says that we are no occupant any
 * more. No answer says nothing: after the next silence it is asked again. It
 * lives in its owner; room, loop and session outlive it. */
#ifndef CPL_ROOM_PING_H
#define CPL_ROOM_PING_H

#include "room.h"

struct cpl_room_ping {
	struct cpl_loop *loop;
	struct cpl_session *session;
	struct cpl_room *room;
	long silence_ms; /* CPL_ROOM_SILENCE_MS */
	struct cpl_timer timer;
	int64_t heard; /* when something last came */
};

void cpl_room_ping_init(struct cpl_room_ping *p, struct cpl_loop *loop,
			struct cpl_session *session, struct cpl_room *room);

/* The room was joined, each time; something came from it. */
void cpl_room_ping_start(struct cpl_room_ping *p);
void cpl_room_ping_heard(struct cpl_room_ping *p);

/* Nothing is asked any more, and no answer waited for. One that was never
 * prepared but zero-filled may be stopped as well. */
void cpl_room_ping_stop(struct cpl_room_ping *p);

enum cpl_room_ping_says {
	CPL_ROOM_PING_IN,
	CPL_ROOM_PING_OUT,
	CPL_ROOM_PING_NOTHING /* it could not be asked */
};

/* What an answer, a result or an error, means (XEP-0410 3.2). */
enum cpl_room_ping_says cpl_room_ping_read(xmpp_stanza_t *answer);

#endif
