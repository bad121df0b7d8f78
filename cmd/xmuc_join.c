/* SPDX-License-Identifier: MIT
 *
 * Tasks that have to be in their room. */
#include <string.h>

#include "../common/stanza/filter.h"
#include "xmuc.h"

static const struct cpl_room_entry *entry_of(const struct xmuc_task *t)
{
	const struct cpl_room_entries *all = &t->x->entries;

	for (size_t i = 0; i < all->count; i++)
		if (strcmp(all->list[i].room, t->place) == 0)
			return &all->list[i];
	return NULL;
}

static const char *password_of(const struct cpl_room_entry *entry)
{
	return entry && entry->password ? entry->password->text : NULL;
}

const char *xmuc_given_password(const struct xmuc_task *t)
{
	return t->x->set.given & XMUC_PASSWORD ? password_of(entry_of(t))
					       : NULL;
}

static void on_joined(void *user, struct cpl_room *room)
{
	struct xmuc_task *t = user;
	void (*joined)(struct xmuc_task * t) = t->joined;

	(void)room;
	/* Once: what follows goes on by itself after a new login. */
	t->joined = NULL;
	if (joined)
		joined(t);
}

static void on_out(void *user, struct cpl_room *room, const struct cpl_err *why,
		   int again)
{
	struct xmuc_task *t = user;

	(void)room;
	/* What we have destroyed ourselves has an earlier cause. */
	if (!again)
		xmuc_fail(t, t->why.status == CPL_OK ? why : &t->why);
}

void xmuc_join(struct xmuc_task *t, enum xmuc_way way,
	       void (*joined)(struct xmuc_task *t))
{
	struct xmuc *x = t->x;
	const struct cpl_room_entry *entry = entry_of(t);
	struct cpl_room_conf conf = {
	    .loop = x->client.run.loop,
	    .session = x->client.run.session,
	    .log = &x->client.run.cli.log,
	    .jid = t->place,
	    .nick = entry->nick,
	    .nick_exact = x->set.room.nick_exact,
	    .create = way == XMUC_RESERVE,
	    .reserve = way == XMUC_RESERVE,
	    .password = password_of(entry),
	    .timeout = x->set.each_timeout > 0 ? x->set.each_timeout
					       : 24L * 3600 * 1000,
	    .history = {.most = 0, .since = -1},
	};
	struct cpl_room_events events = {on_joined, on_out, t};
	struct cpl_room *room = cpl_room_new(&conf, &events);

	t->joined = joined;
	if (!room || cpl_rooms_add(&x->joined, room) < 0) {
		cpl_run_no_memory(&x->client.run);
		return;
	}
	t->room = room;
	cpl_room_online(room);
}

int xmuc_join_stanza(struct xmuc *x, xmpp_stanza_t *stanza)
{
	struct cpl_room *room =
	    cpl_rooms_find(&x->joined, xmpp_stanza_get_from(stanza));
	struct xmuc_task *t;

	/* Who asks us something is answered as ever. */
	if (!room || cpl_filter_kind(stanza) == CPL_IQ)
		return 0;
	t = cpl_room_user(room);
	if (!cpl_room_stanza(room, stanza) && t->stanza)
		t->stanza(t, stanza);
	return 1;
}
