/* SPDX-License-Identifier: MIT
 *
 * xrecv -R --since: each room has an archive of its own (XEP-0313 8), and how
 * far that was read is kept by itself. It is read whenever the room was
 * joined. */
#include <stdlib.h>
#include <string.h>

#include "../common/base/limits.h"
#include "../common/stanza/build.h"
#include "../common/stanza/ns.h"
#include "../common/stream/archive.h"
#include "xrecv_room.h"
#include "xrecv_since.h"

struct room_since {
	struct since since; /* first */
	struct cpl_jid jid; /* of the room */
};

/* The name of what is kept: no JID has a blank. */
static int take(struct since *s, struct cpl_err *e)
{
	const char *own = cpl_session_jid(s->r->run.session)->bare;
	struct cpl_buf name = CPL_BUF_INIT(2 * CPL_JID_MAX + 2);
	int result;

	if (cpl_buf_addf(&name, "%s %s", own, s->room->bare) < 0)
		result = cpl_err_nomem(e);
	else
		result = xrecv_since_take(s, name.data, e);
	cpl_buf_release(&name);
	return result;
}

int xrecv_room_since_open(struct place *place, const char *jid,
			  struct cpl_err *e)
{
	const struct since *like = place->r->since;
	struct room_since *rs;

	if (!like || place->since)
		return 0;
	rs = calloc(1, sizeof *rs);
	if (!rs)
		return cpl_err_nomem(e);
	place->since = &rs->since;
	rs->since.r = place->r;
	rs->since.place = place;
	rs->since.room = &rs->jid;
	rs->since.last = like->last;
	rs->since.reader = like->reader;
	rs->since.start = like->start;
	rs->since.cursor = (struct cpl_cursor)CPL_CURSOR_INIT;
	if (cpl_jid_parse(&rs->jid, jid, e) < 0)
		return -1;
	return take(place->since, e);
}

void xrecv_room_since_free(struct place *place)
{
	struct room_since *rs = (struct room_since *)place->since;

	if (!rs)
		return;
	cpl_session_forget(place->r->run.session, place->since);
	xrecv_since_release(place->since);
	cpl_jid_release(&rs->jid);
	free(rs);
	place->since = NULL;
}

/* From here on, as what comes live may be in the archive. */
void xrecv_room_since_joined(struct place *place)
{
	if (!place->since)
		return;
	xrecv_since_catch(place->since);
	xrecv_since_discover(place->since);
}

void xrecv_room_since_out(struct place *place)
{
	if (!place->since)
		return;
	cpl_session_forget(place->r->run.session, place->since);
	place->since->query = QUERY_NONE;
	place->since->waiting = place->since->beginning = 0;
}

void xrecv_since_room_failed(struct since *s, struct cpl_err *e)
{
	cpl_room_leave(s->place->room);
	xrecv_room_is_over(s->place, e);
}

/* Of ourselves, as far as can be told: the room says who it was, or by the
 * nick. */
static int is_ours(const struct since *s, xmpp_stanza_t *message)
{
	const struct cpl_jid *own = cpl_session_jid(s->r->run.session);
	const char *from = xmpp_stanza_get_from(message);
	struct cpl_muc_news news;

	if (cpl_muc_read(message, &news) == 0 && news.jid)
		return cpl_jid_same_bare(news.jid, own->bare);
	return from && cpl_room_is_own(s->place->room, from);
}

int xrecv_since_room_left_out(const struct since *s, xmpp_stanza_t *message)
{
	if (!s->r->rooms->subject && cpl_muc_is_subject(message))
		return 1;
	return !s->r->set.own && is_ours(s, message);
}

void xrecv_since_each_room(struct recv *r, void (*each)(struct since *s))
{
	struct rooms *rooms = r->rooms;

	for (size_t i = 0; rooms && i < rooms->all.count; i++) {
		struct place *place = cpl_room_user(rooms->all.list[i]);

		if (place->since)
			each(place->since);
	}
}

struct since *xrecv_since_from(const struct recv *r, xmpp_stanza_t *stanza)
{
	struct place *place =
	    r->since ? xrecv_room_find(r, xmpp_stanza_get_from(stanza)) : NULL;

	return place ? place->since : xrecv_since_mine(r);
}

/* A private message is in the own archive. */
struct since *xrecv_since_of(const struct recv *r, xmpp_stanza_t *stanza)
{
	return cpl_has_type(stanza, "groupchat") ? xrecv_since_from(r, stanza)
						 : xrecv_since_mine(r);
}

const struct cpl_jid *xrecv_since_owner(const struct since *s)
{
	return s->room ? s->room : cpl_session_jid(s->r->run.session);
}
