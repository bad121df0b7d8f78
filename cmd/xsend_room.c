/* SPDX-License-Identifier: MIT
 *
 * xsend -R: rooms are joined, each once, and each message is proved by what the
 * room says. */
#include <stdlib.h>
#include <string.h>

#include "../common/base/limits.h"
#include "../common/stanza/build.h"
#include "../common/stanza/ns.h"
#include "xsend.h"

/* A room that is spoken to. */
struct spoken {
	struct send *r;
	char *jid;                         /* bare */
	char *nick;                        /* that is wanted */
	const struct cpl_secret *password; /* NULL: none */
	struct cpl_room *room;             /* NULL: there is no session yet */
	struct cpl_said *said;
	enum cpl_status why; /* it is over */
	struct spoken *next;
};

static struct spoken *spoken_to(const struct send *r, const char *jid)
{
	struct cpl_room *room = cpl_rooms_find(&r->speech.rooms, jid);

	return room ? cpl_room_user(room) : NULL;
}

/* --- what becomes of it ------------------------------------------------ */

static void on_joined(void *user, struct cpl_room *room)
{
	struct spoken *s = user;

	cpl_log(&s->r->run.cli.log, CPL_LOG_INFO, "%s: joined as '%s'",
		cpl_room_jid(room), cpl_room_nick(room));
	cpl_said_joined(s->said);
}

/* Nobody is left to speak to, and records do not bring others. */
static int is_vain(const struct send *r)
{
	return r->speech.open == 0 && r->to.count > 0 &&
	       r->to.rooms == r->to.count;
}

static void on_out(void *user, struct cpl_room *room, const struct cpl_err *why,
		   int again)
{
	struct spoken *s = user;
	struct send *r = s->r;
	struct cpl_err e = *why;

	cpl_said_out(s->said);
	cpl_err_prefix(&e, "%s", cpl_room_jid(room));
	if (again) {
		cpl_log(&r->run.cli.log, CPL_LOG_INFO, "%s", e.text);
		return;
	}
	s->why = e.status;
	r->speech.open--;
	cpl_run_complain(&r->run, &e);
	cpl_delivery_unheard(r->delivery, cpl_said_waiting(s->said),
			     cpl_said_bytes(s->said));
	if (is_vain(r))
		xsend_close(r);
	else
		cpl_feed_room(&r->feed);
}

/* One more is known of; of a room that is over nothing is waited for. */
static void is_known(struct spoken *s, size_t bytes)
{
	if (s->why == CPL_OK)
		cpl_delivery_unheard(s->r->delivery, 1, bytes);
}

static void on_heard(void *user, const struct cpl_sent *sent)
{
	struct spoken *s = user;

	cpl_delivery_heard(s->r->delivery, sent);
	is_known(s, sent->bytes);
	xsend_fate_count(s->r);
}

static void on_ready(void *user)
{
	struct spoken *s = user;

	cpl_feed_room(&s->r->feed);
}

static void on_doubtful(void *user, size_t count)
{
	struct spoken *s = user;

	cpl_cli_warn(
	    &s->r->run.cli, "%s: %zu message%s sent again, possibly twice",
	    cpl_room_jid(s->room), count, count == 1 ? " was" : "s were");
}

/* --- rooms ------------------------------------------------------------- */

static void free_spoken(struct spoken *s)
{
	cpl_said_free(s->said);
	free(s->jid);
	free(s->nick);
	free(s);
}

/* One more. It takes over the nick, which may be NULL: then e says why. NULL
 * with e. */
static struct spoken *add(struct send *r, const char *jid, char *nick,
			  const struct cpl_secret *password, struct cpl_err *e)
{
	struct spoken *s = calloc(1, sizeof *s);
	struct spoken **end = &r->speech.first;

	if (!nick || !s || !(s->jid = strdup(jid))) {
		if (nick)
			cpl_err_nomem(e);
		free(nick);
		free(s);
		return NULL;
	}
	s->r = r;
	s->nick = nick;
	s->password = password;
	while (*end)
		end = &(*end)->next;
	*end = s;
	r->speech.open++;
	return s;
}

/* The session is there: both that it takes. 0, or -1 without memory. */
static int furnish(struct spoken *s)
{
	struct send *r = s->r;
	struct cpl_room_conf conf = {
	    .loop = r->run.loop,
	    .session = r->run.session,
	    .log = &r->run.cli.log,
	    .jid = s->jid,
	    .nick = s->nick,
	    .nick_exact = r->speech.option.nick_exact,
	    .create = r->speech.create,
	    .password = s->password ? s->password->text : NULL,
	    .timeout = CPL_ROOM_JOIN_MS,
	    .retry = r->run.retry,
	    .history = {0, -1},
	};
	struct cpl_room_events on = {on_joined, on_out, s};
	struct cpl_said_conf said = {
	    .loop = r->run.loop,
	    .session = r->run.session,
	    .log = &r->run.cli.log,
	    .again = r->run.retry != 0,
	};
	struct cpl_said_events told = {on_heard, on_ready, on_doubtful, s};

	s->room = cpl_room_new(&conf, &on);
	if (!s->room || cpl_rooms_add(&r->speech.rooms, s->room) < 0)
		return -1;
	said.room = s->room;
	s->said = cpl_said_new(&said, &told);
	return s->said ? 0 : -1;
}

void xsend_rooms_open(struct send *r)
{
	struct cpl_room_entries *entries = &r->speech.entries;
	struct cpl_err e = CPL_ERR_INIT;

	if (cpl_room_entries_load(entries, &r->speech.option, &r->run.cli,
				  &r->to, &e) < 0)
		cpl_cli_die(&r->run.cli, &e);
	for (size_t i = 0; i < entries->count; i++) {
		char *nick = strdup(entries->list[i].nick);

		if (!nick)
			cpl_err_nomem(&e);
		if (!add(r, entries->list[i].room, nick,
			 entries->list[i].password, &e))
			cpl_cli_die(&r->run.cli, &e);
	}
}

int xsend_rooms_furnish(struct send *r)
{
	for (struct spoken *s = r->speech.first; s; s = s->next)
		if (furnish(s) < 0)
			return -1;
	return 0;
}

void xsend_rooms_online(struct send *r)
{
	for (struct spoken *s = r->speech.first; s; s = s->next) {
		cpl_said_out(s->said);
		cpl_room_online(s->room);
	}
}

void xsend_rooms_release(struct send *r)
{
	struct spoken *s;

	cpl_rooms_release(&r->speech.rooms);
	while ((s = r->speech.first)) {
		r->speech.first = s->next;
		free_spoken(s);
	}
	cpl_room_entries_release(&r->speech.entries);
}

/* --- messages ---------------------------------------------------------- */

static int is_for_room(xmpp_stanza_t *stanza)
{
	return cpl_is(stanza, "message", CPL_NS_CLIENT) &&
	       cpl_has_type(stanza, "groupchat");
}

/* The room of that bare JID, which is joined unless it has been. NULL with e.
 */
static struct spoken *join(struct send *r, const char *jid, struct cpl_err *e)
{
	struct spoken *s = spoken_to(r, jid);

	if (s)
		return s;
	s = add(r, jid, cpl_room_option_nick(&r->run.cli, NULL, e),
		&r->speech.entries.shared, e);
	if (!s)
		return NULL;
	if (furnish(s) < 0) {
		cpl_err_nomem(e);
		return NULL;
	}
	cpl_room_online(s->room);
	return s;
}

/* What becomes of a message for it, which may be NULL: then e says why. */
static enum cpl_feed_way enter(struct spoken *s, xmpp_stanza_t *message,
			       const struct cpl_origin *origin)
{
	if (!s)
		return CPL_FEED_REFUSED;
	if (s->why != CPL_OK) {
		s->r->speech.skipped++;
		xsend_fate_skipped(s->r, message, origin, s->why);
		return CPL_FEED_DONE;
	}
	return cpl_said_is_ready(s->said) ? CPL_FEED_SEND : CPL_FEED_LATER;
}

enum cpl_feed_way xsend_room_enter(struct send *r, const char *jid,
				   xmpp_stanza_t *message,
				   const struct cpl_origin *origin,
				   struct cpl_err *e)
{
	return enter(join(r, jid, e), message, origin);
}

/* The room that a message names, as a record may write its address in its own
 * way. NULL with e. */
static struct spoken *room_of(struct send *r, xmpp_stanza_t *message,
			      struct cpl_err *e)
{
	const char *to = xmpp_stanza_get_to(message);
	struct spoken *s = spoken_to(r, to);
	struct cpl_jid jid;

	if (s && !strchr(to, '/'))
		return s;
	s = NULL;
	if (!to) {
		cpl_err_set(e, CPL_DATA, "a message to no room");
		return NULL;
	}
	if (cpl_jid_parse(&jid, to, e) < 0)
		return NULL;
	if (cpl_jid_check_room(&jid, e) == 0)
		s = join(r, jid.bare, e);
	cpl_jid_release(&jid);
	return s;
}

static enum cpl_feed_way say(struct spoken *s, xmpp_stanza_t *message,
			     const struct cpl_origin *origin, struct cpl_err *e)
{
	struct cpl_delivery *d = s->r->delivery;
	long bytes = -1;

	if (cpl_delivery_identify(d, message, origin) < 0)
		cpl_err_nomem(e);
	else
		bytes = cpl_said_say(s->said, message, origin, e);
	if (bytes < 0)
		return CPL_FEED_REFUSED;
	cpl_delivery_said(d, (size_t)bytes);
	xsend_sent(s->r, message, origin);
	return CPL_FEED_DONE;
}

enum cpl_feed_way xsend_room_divert(struct send *r, xmpp_stanza_t *stanza,
				    const struct cpl_origin *origin,
				    struct cpl_err *e)
{
	enum cpl_feed_way way;
	struct spoken *s;

	if (!is_for_room(stanza))
		return CPL_FEED_SEND;
	if (r->queue.queue) {
		cpl_err_set(e, CPL_DATA,
			    "a message to a room is not for --queue");
		return CPL_FEED_REFUSED;
	}
	s = room_of(r, stanza, e);
	way = enter(s, stanza, origin);
	return way == CPL_FEED_SEND ? say(s, stanza, origin, e) : way;
}

int xsend_room_stanza(struct send *r, xmpp_stanza_t *stanza)
{
	struct spoken *s = spoken_to(r, xmpp_stanza_get_from(stanza));

	return s && (cpl_room_stanza(s->room, stanza) ||
		     cpl_said_stanza(s->said, stanza));
}

void xsend_room_refused(struct send *r, const struct cpl_origin *origin)
{
	long bytes = -1;

	for (struct spoken *s = r->speech.first; s && bytes < 0; s = s->next) {
		bytes = cpl_said_refused(s->said, origin);
		if (bytes >= 0)
			is_known(s, (size_t)bytes);
	}
}

void xsend_rooms_each(const struct send *r,
		      void (*each)(void *user, const struct cpl_sent *sent),
		      void *user)
{
	for (const struct spoken *s = r->speech.first; s; s = s->next)
		if (s->said)
			cpl_said_each(s->said, each, user);
}
