/* SPDX-License-Identifier: MIT
 *
 * xrecv -R: being in rooms (XEP-0045), and what of theirs becomes records. */
#include <stdlib.h>
#include <string.h>

#include "../common/base/limits.h"
#include "../common/stanza/build.h"
#include "../common/stanza/ns.h"
#include "xrecv_room.h"

/* --- in and out -------------------------------------------------------- */

static void on_joined(void *user, struct cpl_room *room)
{
	/* What comes after a rejoin is not to come twice. */
	static const struct cpl_muc_history none = {0, -1};
	struct place *place = user;

	place->told = 0;
	cpl_room_history(room, &none);
	cpl_room_ping_start(&place->ping);
	cpl_log(&place->r->run.cli.log, CPL_LOG_INFO, "%s: joined as '%s'",
		cpl_room_jid(room), cpl_room_nick(room));
	xrecv_room_since_joined(place);
}

void xrecv_room_is_over(struct place *place, const struct cpl_err *why)
{
	struct recv *r = place->r;
	struct rooms *rooms = r->rooms;
	struct cpl_err e = *why;

	cpl_room_ping_stop(&place->ping);
	cpl_err_prefix(&e, "%s", cpl_room_jid(place->room));
	cpl_run_complain(&r->run, &e);
	rooms->over++;
	/* Who waits for invitations goes on. */
	if (rooms->over == rooms->all.count && rooms->pattern_count == 0)
		xrecv_finish(r);
}

static void on_out(void *user, struct cpl_room *room, const struct cpl_err *why,
		   int again)
{
	struct place *place = user;

	cpl_room_ping_stop(&place->ping);
	xrecv_room_since_out(place);
	if (!again)
		xrecv_room_is_over(place, why);
	else if (!place->told)
		cpl_cli_warn(&place->r->run.cli, "%s: %s; joining again",
			     cpl_room_jid(room), why->text);
	place->told = again;
}

static void free_place(struct place *place)
{
	xrecv_room_since_free(place);
	cpl_room_ping_stop(&place->ping);
	cpl_secret_wipe(&place->password);
	free(place);
}

/* The place with a room in it. 0, or -1 with e. */
static int fill(struct place *place, const struct cpl_room_conf *conf,
		struct cpl_err *e)
{
	struct cpl_room_events on = {on_joined, on_out, place};

	place->room = cpl_room_new(conf, &on);
	if (!place->room ||
	    cpl_rooms_add(&place->r->rooms->all, place->room) < 0) {
		place->room = NULL;
		return cpl_err_nomem(e);
	}
	cpl_room_ping_init(&place->ping, conf->loop, conf->session,
			   place->room);
	return xrecv_room_since_open(place, conf->jid, e);
}

struct place *xrecv_room_add(struct recv *r, struct place *again,
			     const char *room, const char *nick,
			     const char *password)
{
	struct rooms *rooms = r->rooms;
	struct place *place = again ? again : calloc(1, sizeof *place);
	struct cpl_room_conf conf = {.loop = r->run.loop,
				     .session = r->run.session,
				     .log = &r->run.cli.log,
				     .jid = room,
				     .nick = nick,
				     .nick_exact = rooms->options.nick_exact,
				     .password = password,
				     .timeout = CPL_ROOM_JOIN_MS,
				     .retry = r->run.retry,
				     .history = rooms->history};
	struct cpl_err e = CPL_ERR_INIT;

	if (!place) {
		cpl_run_no_memory(&r->run);
		return NULL;
	}
	if (again) {
		rooms->over--;
		cpl_room_ping_stop(&place->ping);
		cpl_rooms_remove(&rooms->all, place->room);
		cpl_secret_wipe(&place->password);
	}
	place->r = r;
	if (fill(place, &conf, &e) == 0)
		return place;
	/* It is freed with all the others, if it is one of them. */
	if (!place->room)
		free_place(place);
	cpl_run_give_up(&r->run, &e);
	return NULL;
}

struct place *xrecv_room_find(const struct recv *r, const char *jid)
{
	struct cpl_room *room =
	    r->rooms ? cpl_rooms_find(&r->rooms->all, jid) : NULL;

	return room ? cpl_room_user(room) : NULL;
}

/* --- the run ----------------------------------------------------------- */

void xrecv_rooms_open(struct recv *r)
{
	struct rooms *rooms = r->rooms;
	struct cpl_err e = CPL_ERR_INIT;

	if (rooms &&
	    cpl_room_entries_load(&rooms->entries, &rooms->options, &r->run.cli,
				  &rooms->recipients, &e) < 0)
		cpl_cli_die(&r->run.cli, &e);
}

void xrecv_rooms_prepare(struct recv *r)
{
	struct rooms *rooms = r->rooms;

	for (size_t i = 0; rooms && i < rooms->entries.count; i++) {
		const struct cpl_room_entry *entry = &rooms->entries.list[i];

		if (!xrecv_room_add(r, NULL, entry->room, entry->nick,
				    entry->password ? entry->password->text
						    : NULL))
			return;
	}
}

void xrecv_rooms_online(struct recv *r)
{
	struct rooms *rooms = r->rooms;

	for (size_t i = 0; rooms && i < rooms->all.count; i++) {
		struct place *place = cpl_room_user(rooms->all.list[i]);

		cpl_room_ping_stop(&place->ping);
		xrecv_room_since_out(place);
		cpl_room_online(place->room);
	}
}

void xrecv_rooms_leave(struct recv *r)
{
	struct rooms *rooms = r->rooms;

	for (size_t i = 0; rooms && i < rooms->all.count; i++) {
		struct place *place = cpl_room_user(rooms->all.list[i]);

		cpl_room_ping_stop(&place->ping);
		cpl_room_leave(place->room);
	}
}

void xrecv_rooms_report(struct recv *r)
{
	const struct rooms *rooms = r->rooms;

	if (rooms && rooms->over > 0 && rooms->over < rooms->all.count)
		r->run.outcome.went_through = 1;
}

void xrecv_rooms_free(struct recv *r)
{
	struct rooms *rooms = r->rooms;

	if (!rooms)
		return;
	for (size_t i = 0; i < rooms->all.count; i++)
		free_place(cpl_room_user(rooms->all.list[i]));
	cpl_rooms_release(&rooms->all);
	cpl_room_entries_release(&rooms->entries);
	cpl_recipients_release(&rooms->recipients);
	for (size_t i = 0; i < rooms->pattern_count; i++)
		cpl_jid_release(&rooms->patterns[i]);
	free(rooms->patterns);
	free(rooms->names);
	free(rooms);
	r->rooms = NULL;
}

/* --- stanzas ----------------------------------------------------------- */

/* Of ourselves, whatever the nick is that the room has given. */
static int is_own(const struct place *place, xmpp_stanza_t *presence)
{
	struct cpl_muc_news news;

	return (cpl_muc_read(presence, &news) == 0 &&
		(news.status & CPL_MUC_SELF)) ||
	       cpl_room_is_own(place->room, xmpp_stanza_get_from(presence));
}

static int is_wanted(const struct recv *r, const struct place *place,
		     xmpp_stanza_t *presence)
{
	/* Some rooms have a presence of their own, for their picture. */
	if (cpl_has_type(presence, "error") || cpl_room_is_over(place->room) ||
	    !cpl_muc_nick(xmpp_stanza_get_from(presence)))
		return 0;
	return r->set.own || !is_own(place, presence);
}

/* It is a record first, as it may be the last one. */
static void take_presence(struct recv *r, struct place *place,
			  xmpp_stanza_t *presence)
{
	if (is_wanted(r, place, presence))
		xrecv_deliver(r, presence);
	else
		xrecv_skip(r);
	(void)cpl_room_stanza(place->room, presence);
}

/* A reflection is what is said now; what came in the room's history may be of
 * an earlier occupant with our nick. */
static int is_unwanted(const struct recv *r, const struct place *place,
		       xmpp_stanza_t *message)
{
	const char *from = xmpp_stanza_get_from(message);

	if (!cpl_has_type(message, "groupchat"))
		return 0;
	if (!r->rooms->subject && cpl_muc_is_subject(message))
		return 1;
	return !r->set.own && cpl_room_is_own(place->room, from) &&
	       !cpl_muc_is_past(message, cpl_room_jid(place->room));
}

int xrecv_room_stanza(struct recv *r, xmpp_stanza_t *stanza)
{
	struct rooms *rooms = r->rooms;
	struct place *place;
	int presence;

	if (!rooms)
		return 0;
	place = xrecv_room_find(r, xmpp_stanza_get_from(stanza));
	presence = cpl_is(stanza, "presence", CPL_NS_CLIENT);
	if (place)
		cpl_room_ping_heard(&place->ping);
	if (place && presence) {
		take_presence(r, place, stanza);
		return 1;
	}
	if (place ? is_unwanted(r, place, stanza)
		  : presence && rooms->occupants && !rooms->others) {
		xrecv_skip(r);
		return 1;
	}
	xrecv_invited(r, stanza);
	return 0;
}

int xrecv_is_of_room(const struct recv *r, xmpp_stanza_t *stanza)
{
	return (cpl_has_type(stanza, "groupchat") ||
		cpl_is(stanza, "presence", CPL_NS_CLIENT)) &&
	       xrecv_room_find(r, xmpp_stanza_get_from(stanza));
}
