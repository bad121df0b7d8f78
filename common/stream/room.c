/* SPDX-License-Identifier: MIT */
#include "room.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/limits.h"
#include "../stanza/build.h"
#include "../stanza/ns.h"
#include "retry.h"
#include "send.h"

enum state {
	OUT,      /* not yet, or the session is gone */
	JOINING,  /* the room has to answer */
	CREATING, /* it is in, and the new room waits for its configuration */
	IN,
	WAITING, /* until it comes back */
	OVER
};

struct cpl_room {
	struct cpl_room_conf conf;
	struct cpl_room_events on;
	enum state state;
	struct cpl_retry retry;
	struct cpl_timer timer; /* JOINING, CREATING, WAITING */
	char *jid;
	char *wanted; /* the nick */
	char *occupant;
	size_t jid_len;
	int number; /* of the nick that is tried; 0: as wanted */
	int is_new;
};

/* Sets the occupant JID. -1 without memory. */
static int be(struct cpl_room *room, const char *nick)
{
	size_t size = room->jid_len + 1 + strlen(nick) + 1;
	char *occupant = malloc(size);

	if (!occupant)
		return -1;
	snprintf(occupant, size, "%s/%s", room->jid, nick);
	free(room->occupant);
	room->occupant = occupant;
	return 0;
}

/* --- to the room ------------------------------------------------------- */

static void end(struct cpl_room *room, const struct cpl_err *why)
{
	cpl_loop_cancel(room->conf.loop, &room->timer);
	room->state = OVER;
	room->on.out(room->on.user, room, why, 0);
}

/* Comes back, after a while, if that is wanted. */
static void come_back(struct cpl_room *room, const struct cpl_err *why)
{
	long wait = cpl_retry_wait(&room->retry, why, cpl_loop_now());

	if (wait < 0) {
		end(room, why);
		return;
	}
	room->state = WAITING;
	cpl_loop_timer(room->conf.loop, &room->timer, wait);
	room->on.out(room->on.user, room, why, 1);
}

/* Sends what is for this stream alone, and releases it. -1 with e. */
static int put(struct cpl_room *room, xmpp_stanza_t *stanza, struct cpl_err *e)
{
	int r;

	if (!stanza)
		return cpl_err_nomem(e);
	r = cpl_session_send_once(room->conf.session, stanza, NULL, e);
	xmpp_stanza_release(stanza);
	return r;
}

static void join(struct cpl_room *room)
{
	xmpp_ctx_t *ctx = cpl_session_ctx(room->conf.session);
	struct cpl_err e = CPL_ERR_INIT;

	if (put(room,
		cpl_muc_join(ctx, room->occupant, room->conf.password,
			     &room->conf.history),
		&e) < 0) {
		end(room, &e);
		return;
	}
	room->state = JOINING;
	cpl_loop_timer(room->conf.loop, &room->timer, room->conf.timeout);
}

/* Without a connection no room answers. What was sent by then leaves when the
 * stream is resumed, and is of no use after a new login, which joins anew. */
static void time_is_up(void *user)
{
	struct cpl_room *room = user;
	const struct cpl_session *session = room->conf.session;
	struct cpl_err e = CPL_ERR_INIT;

	if (!cpl_session_alive(session)) {
		room->state = OUT;
	} else if (room->state == WAITING) {
		join(room);
	} else if (!cpl_session_online(session)) {
		cpl_loop_timer(room->conf.loop, &room->timer,
			       room->conf.timeout);
	} else {
		cpl_err_set(&e, CPL_TEMP, "the room does not answer");
		come_back(room, &e);
	}
}

void cpl_room_online(struct cpl_room *room)
{
	if (room->state != OVER)
		join(room);
}

void cpl_room_leave(struct cpl_room *room)
{
	int in = room->state == IN || room->state == CREATING ||
		 room->state == JOINING;

	cpl_loop_cancel(room->conf.loop, &room->timer);
	room->state = OVER;
	if (in && cpl_session_alive(room->conf.session))
		(void)!put(room,
			   cpl_muc_leave(cpl_session_ctx(room->conf.session),
					 room->occupant),
			   NULL);
}

void cpl_room_lost(struct cpl_room *room, const struct cpl_err *why)
{
	if (room->state == IN)
		come_back(room, why);
}

/* --- from the room ----------------------------------------------------- */

static void enter(struct cpl_room *room)
{
	cpl_loop_cancel(room->conf.loop, &room->timer);
	cpl_retry_online(&room->retry, cpl_loop_now());
	room->state = IN;
	room->on.joined(room->on.user, room);
}

/* 10.1.2: the room is locked until its owner has said what it is like. */
static void configured(void *user, xmpp_stanza_t *answer)
{
	struct cpl_room *room = user;
	struct cpl_err e = CPL_ERR_INIT;

	if (!answer || room->state != CREATING)
		return;
	if (cpl_has_type(answer, "result")) {
		enter(room);
		return;
	}
	cpl_err_set(&e, CPL_REFUSED, "the room cannot be created: %s",
		    cpl_condition(cpl_child(answer, "error", CPL_NS_CLIENT),
				  CPL_NS_STANZA_ERRORS));
	end(room, &e);
}

/* 10.1.1: nobody was there, and now we are its owner. */
static void created(struct cpl_room *room)
{
	struct cpl_session *session = room->conf.session;
	struct cpl_err e = CPL_ERR_INIT;

	room->is_new = 1;
	if (!room->conf.create) {
		cpl_room_leave(room);
		cpl_err_set(&e, CPL_REFUSED, "the room does not exist");
		end(room, &e);
		return;
	}
	/* 10.1.3 */
	if (room->conf.reserve) {
		enter(room);
		return;
	}
	room->state = CREATING;
	if (cpl_send_request(
		session, cpl_muc_instant(cpl_session_ctx(session), room->jid),
		configured, room, &e) < 0)
		end(room, &e);
}

static void appeared(struct cpl_room *room, const char *nick,
		     const struct cpl_muc_news *news)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (room->state != JOINING)
		return;
	if (nick && be(room, nick) < 0) {
		cpl_err_nomem(&e);
		end(room, &e);
	} else if (news->status & CPL_MUC_CREATED) {
		created(room);
	} else {
		enter(room);
	}
}

static void vanished(struct cpl_room *room, const struct cpl_muc_news *news)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (news->status & CPL_MUC_NEW_NICK) {
		if (news->nick)
			(void)!be(room, news->nick);
		return;
	}
	if (room->state != IN && room->state != CREATING)
		return;
	cpl_muc_removed(news, &e);
	if (e.status == CPL_TEMP)
		come_back(room, &e);
	else
		end(room, &e);
}

/* The next one of those that are as good. 0, or -1: there is none. */
static int next_nick(struct cpl_room *room)
{
	char nick[CPL_JID_PART_MAX + 1];
	int size;

	if (room->conf.nick_exact || room->number >= CPL_ROOM_NICKS)
		return -1;
	room->number = room->number ? room->number + 1 : 2;
	size = snprintf(nick, sizeof nick, "%s%d", room->wanted, room->number);
	if (size >= (int)sizeof nick)
		return -1;
	return be(room, nick);
}

static void refused(struct cpl_room *room, xmpp_stanza_t *presence)
{
	xmpp_stanza_t *error = cpl_child(presence, "error", CPL_NS_CLIENT);
	struct cpl_err e = CPL_ERR_INIT;

	if (room->state != JOINING)
		return;
	/* 7.2.8 */
	if (strcmp(cpl_condition(error, CPL_NS_STANZA_ERRORS), "conflict") ==
		0 &&
	    next_nick(room) == 0) {
		cpl_log(room->conf.log, CPL_LOG_INFO,
			"%s: the nick is taken, trying '%s'", room->jid,
			cpl_room_nick(room));
		join(room);
		return;
	}
	cpl_muc_refused(presence, room->conf.password != NULL, &e);
	if (e.status == CPL_TEMP)
		come_back(room, &e);
	else
		end(room, &e);
}

/* Without status 110 (of old services) it is the nick that tells. */
static int is_self(const struct cpl_room *room, const char *from,
		   const struct cpl_muc_news *news)
{
	return news->status & CPL_MUC_SELF || cpl_room_is_own(room, from);
}

int cpl_room_stanza(struct cpl_room *room, xmpp_stanza_t *stanza)
{
	const char *from = xmpp_stanza_get_from(stanza);
	struct cpl_muc_news news;

	if (!cpl_is(stanza, "presence", CPL_NS_CLIENT))
		return 0;
	if (cpl_has_type(stanza, "error")) {
		refused(room, stanza);
		return 1;
	}
	if (cpl_muc_read(stanza, &news) < 0 || !is_self(room, from, &news))
		return 0;
	if (!xmpp_stanza_get_type(stanza))
		appeared(room, cpl_muc_nick(from), &news);
	else if (cpl_has_type(stanza, "unavailable"))
		vanished(room, &news);
	return 0;
}

/* --- how it stands ----------------------------------------------------- */

struct cpl_room *cpl_room_new(const struct cpl_room_conf *conf,
			      const struct cpl_room_events *on)
{
	struct cpl_room *room = calloc(1, sizeof *room);

	if (!room)
		return NULL;
	room->conf = *conf;
	room->on = *on;
	room->retry.limit = conf->retry;
	room->timer.fire = time_is_up;
	room->timer.user = room;
	room->jid = strdup(conf->jid);
	room->wanted = strdup(conf->nick);
	room->jid_len = room->jid ? strlen(room->jid) : 0;
	if (!room->jid || !room->wanted || be(room, conf->nick) < 0) {
		cpl_room_free(room);
		return NULL;
	}
	return room;
}

void cpl_room_free(struct cpl_room *room)
{
	if (!room)
		return;
	cpl_loop_cancel(room->conf.loop, &room->timer);
	cpl_session_forget(room->conf.session, room);
	free(room->jid);
	free(room->wanted);
	free(room->occupant);
	free(room);
}

void cpl_room_history(struct cpl_room *room,
		      const struct cpl_muc_history *history)
{
	room->conf.history = *history;
}

const char *cpl_room_jid(const struct cpl_room *room)
{
	return room->jid;
}

const char *cpl_room_nick(const struct cpl_room *room)
{
	return room->occupant + room->jid_len + 1;
}

const char *cpl_room_occupant(const struct cpl_room *room)
{
	return room->occupant;
}

int cpl_room_is_in(const struct cpl_room *room)
{
	return room->state == IN;
}

int cpl_room_is_over(const struct cpl_room *room)
{
	return room->state == OVER;
}

int cpl_room_is_new(const struct cpl_room *room)
{
	return room->is_new;
}

void *cpl_room_user(const struct cpl_room *room)
{
	return room->on.user;
}

int cpl_room_is_own(const struct cpl_room *room, const char *jid)
{
	return cpl_jid_is(jid, room->occupant);
}

/* --- many -------------------------------------------------------------- */

/* Where the first len bytes of jid are, or belong; non-zero in *found. */
static size_t place(const struct cpl_rooms *rooms, const char *jid, size_t len,
		    int *found)
{
	size_t from = 0, upto = rooms->count;

	*found = 0;
	while (from < upto) {
		size_t middle = from + (upto - from) / 2;
		const struct cpl_room *room = rooms->list[middle];
		int r = strncmp(room->jid, jid, len);

		if (r == 0 && room->jid_len > len)
			r = 1;
		if (r == 0) {
			*found = 1;
			return middle;
		}
		if (r < 0)
			from = middle + 1;
		else
			upto = middle;
	}
	return from;
}

int cpl_rooms_add(struct cpl_rooms *rooms, struct cpl_room *room)
{
	size_t more = rooms->room ? 2 * rooms->room : 8, at;
	int found;

	if (rooms->count == rooms->room) {
		struct cpl_room **list =
		    realloc(rooms->list, more * sizeof(struct cpl_room *));

		if (!list) {
			cpl_room_free(room);
			return -1;
		}
		rooms->list = list;
		rooms->room = more;
	}
	at = place(rooms, room->jid, room->jid_len, &found);
	memmove(rooms->list + at + 1, rooms->list + at,
		(rooms->count - at) * sizeof *rooms->list);
	rooms->list[at] = room;
	rooms->count++;
	return 0;
}

/* Nearly all servers write what is prepared already: the rest costs more. */
struct cpl_room *cpl_rooms_find(const struct cpl_rooms *rooms, const char *jid)
{
	struct cpl_jid prepared;
	size_t at;
	int found;

	if (!jid || rooms->count == 0)
		return NULL;
	at = place(rooms, jid, strcspn(jid, "/"), &found);
	if (!found && cpl_jid_parse(&prepared, jid, NULL) == 0) {
		at = place(rooms, prepared.bare, strlen(prepared.bare), &found);
		cpl_jid_release(&prepared);
	}
	return found ? rooms->list[at] : NULL;
}

void cpl_rooms_remove(struct cpl_rooms *rooms, struct cpl_room *room)
{
	size_t i = 0;

	while (i < rooms->count && rooms->list[i] != room)
		i++;
	if (i == rooms->count)
		return;
	rooms->count--;
	memmove(rooms->list + i, rooms->list + i + 1,
		(rooms->count - i) * sizeof *rooms->list);
	cpl_room_free(room);
}

void cpl_rooms_release(struct cpl_rooms *rooms)
{
	for (size_t i = 0; i < rooms->count; i++)
		cpl_room_free(rooms->list[i]);
	free(rooms->list);
	*rooms = (struct cpl_rooms){0};
}
