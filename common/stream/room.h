/* SPDX-License-Identifier: MIT
 *
 * Being an occupant of one room (XEP-0045 7): it joins, takes another nick
 * where the wanted one is taken, knows when it is in and when it is not, and
 * comes back after a new login, or when it was removed by nobody's decision.
 * Nothing else is announced: the presence goes to the room alone. It owns its
 * strings; the session outlives it. */
#ifndef CPL_ROOM_H
#define CPL_ROOM_H

#include "../base/loop.h"
#include "../stanza/muc.h"
#include "session.h"

struct cpl_room;

struct cpl_room_conf {
	struct cpl_loop *loop;
	struct cpl_session *session;
	const struct cpl_log *log;
	const char *jid;      /* bare, prepared */
	const char *nick;     /* prepared */
	int nick_exact;       /* no other one will do */
	int create;           /* a room that is new is wanted too */
	int reserve;          /* and stays locked: the owner configures it */
	const char *password; /* NULL: none; as long as the room */
	long timeout;         /* ms that the room has to answer a join */
	long retry;           /* ms to come back by itself; 0, -1: retry.h */
	struct cpl_muc_history history;
};

/* They come from cpl_room_stanza(), from the loop, or from a call that fails at
 * once. The owner may call everything from them but cpl_room_free(). */
struct cpl_room_events {
	/* In: messages may be sent. It comes again whenever it is in again. */
	void (*joined)(void *user, struct cpl_room *room);
	/* It is not in, or not any more. again: it tries to come back;
	 * otherwise this is the end. CPL_REFUSED: by somebody's decision. */
	void (*out)(void *user, struct cpl_room *room,
		    const struct cpl_err *why, int again);
	void *user;
};

/* One that is not in. NULL without memory. */
struct cpl_room *cpl_room_new(const struct cpl_room_conf *conf,
			      const struct cpl_room_events *on)
    __attribute__((warn_unused_result));
void cpl_room_free(struct cpl_room *room);

/* The session is online, each time: joins, unless it has come to its end. */
void cpl_room_online(struct cpl_room *room);

/* A stanza from the room, or from an occupant. Non-zero: it was about our being
 * in, and nothing else. */
int cpl_room_stanza(struct cpl_room *room, xmpp_stanza_t *stanza);

/* There is a sign that it is not in any more: out() follows, from here. */
void cpl_room_lost(struct cpl_room *room, const struct cpl_err *why);

/* Leaves; out() does not follow, and it does not come back. */
void cpl_room_leave(struct cpl_room *room);

/* What is wanted of the past with the next join. */
void cpl_room_history(struct cpl_room *room,
		      const struct cpl_muc_history *history);

/* How it stands; the strings are valid until the next event. */
const char *cpl_room_jid(const struct cpl_room *room);
const char *cpl_room_nick(const struct cpl_room *room);
const char *cpl_room_occupant(const struct cpl_room *room); /* JID/NICK */
int cpl_room_is_in(const struct cpl_room *room);
int cpl_room_is_over(const struct cpl_room *room);
/* Whether it was created by our joining. */
int cpl_room_is_new(const struct cpl_room *room);

/* The user of its events. */
void *cpl_room_user(const struct cpl_room *room);

/* Whether this is our own occupant JID. */
int cpl_room_is_own(const struct cpl_room *room, const char *jid);

/* Rooms by their JIDs. The struct owns them; zero-filled it is empty. */
struct cpl_rooms {
	struct cpl_room **list; /* sorted */
	size_t count, room;
};

/* Takes the room over. 0, or -1 without memory: then it is freed. */
int cpl_rooms_add(struct cpl_rooms *rooms, struct cpl_room *room)
    __attribute__((warn_unused_result));

/* The room that a JID, bare or of an occupant, belongs to; or NULL (so is
 * jid). */
struct cpl_room *cpl_rooms_find(const struct cpl_rooms *rooms, const char *jid);

/* Takes one out, and frees it. */
void cpl_rooms_remove(struct cpl_rooms *rooms, struct cpl_room *room);

void cpl_rooms_release(struct cpl_rooms *rooms);

#endif
