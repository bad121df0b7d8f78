/* SPDX-License-Identifier: MIT
 *
 * xmuc bookmarks, bookmark add and bookmark remove: a bookmark is one record
 * out, JID TAB NAME TAB NICK TAB AUTOJOIN; a room is one in. */
#include <stdlib.h>

#include "../common/base/limits.h"
#include "../common/stanza/json.h"
#include "xmuc.h"

/* --- the list ---------------------------------------------------------- */

/* {"room":J,"name":N,"nick":K,"autojoin":true}: the password of a room is not
 * printed. */
static void print_json(struct xmuc *x, const struct cpl_bookmark *b)
{
	struct cpl_buf *out = &x->client.line;

	cpl_client_json(
	    &x->client,
	    cpl_buf_addc(out, '{') < 0 ||
		cpl_json_entry(out, "room", b->jid.bare) < 0 ||
		cpl_json_entry(out, "name", b->name) < 0 ||
		cpl_json_entry(out, "nick", b->nick) < 0 ||
		cpl_buf_adds(out, b->autojoin ? ",\"autojoin\":true}"
					      : ",\"autojoin\":false}") < 0);
}

static void print_one(struct xmuc *x, const struct cpl_bookmark *b)
{
	const char *fields[] = {b->jid.bare, b->name, b->nick,
				b->autojoin ? "autojoin" : NULL};

	if (x->client.format.kind == CPL_FORMAT_JSON)
		print_json(x, b);
	else
		cpl_client_fields(&x->client, fields, 4);
}

static void print_all(struct xmuc_task *t)
{
	struct xmuc *x = t->x;
	const struct cpl_bookmark_list *all = cpl_bookmarks_list(x->bookmarks);
	xmpp_stanza_t *answer = cpl_bookmarks_answer(x->bookmarks);

	if (!answer || !xmuc_print_stanza(x, answer))
		for (size_t i = 0; i < all->count; i++)
			print_one(x, &all->list[i]);
	xmuc_done(t);
}

/* --- all of them ------------------------------------------------------- */

static void on_ready(void *user, const struct cpl_err *why)
{
	struct xmuc *x = user;

	if (x->client.closing)
		return;
	if (why && cpl_session_alive(x->client.run.session)) {
		cpl_run_complain(&x->client.run, why);
		cpl_client_close(&x->client);
	} else if (!why && x->verb == &xmuc_bookmark_list) {
		print_all(&x->tasks[0]);
	}
}

/* 0, or -1 and the run was given up. */
static int fetch(struct xmuc *x)
{
	struct cpl_bookmarks_events events = {on_ready, x};
	struct cpl_err e = CPL_ERR_INIT;

	if (x->bookmarks)
		return 0;
	x->bookmarks = cpl_bookmarks_new(x->client.run.session,
					 &x->client.run.cli.log, &events, &e);
	if (x->bookmarks)
		return 0;
	cpl_run_give_up(&x->client.run, &e);
	return -1;
}

static void start_list(struct xmuc_task *t)
{
	(void)fetch(t->x);
}

static size_t one(const struct xmuc *x)
{
	(void)x;
	return 1;
}

const struct xmuc_verb xmuc_bookmark_list = {
    .word = "bookmarks",
    .operands = "nothing else",
    .count = one,
    .start = start_list,
};

/* --- changes ----------------------------------------------------------- */

static void on_done(void *user, const struct cpl_err *why)
{
	struct xmuc_task *t = user;

	t->setting = 0;
	/* The end of the session is told by itself. */
	if (why && !cpl_session_alive(t->x->client.run.session))
		t->setting = 1;
	else if (why)
		xmuc_fail(t, why);
	else
		xmuc_done(t);
}

/* "Clients SHOULD NOT default to storing passwords" (XEP-0048 4): only one
 * that was given for this, and so is the nickname. */
static void start_add(struct xmuc_task *t)
{
	struct xmuc *x = t->x;
	const struct xmuc_settings *set = &x->set;
	const struct cpl_recipient *of = &x->rooms.more[t->index];
	struct cpl_bookmark_change change = {.name = set->name,
					     .password = xmuc_given_password(t),
					     .autojoin = set->autojoin};
	struct cpl_err e = CPL_ERR_INIT;
	char *nick = NULL;

	if (of->nick || set->room.nick) {
		nick = cpl_room_option_nick(&x->client.run.cli, of, &e);
		if (!nick) {
			cpl_run_give_up(&x->client.run, &e);
			return;
		}
		change.nick = nick;
	}
	t->setting = 1;
	if (fetch(x) == 0 &&
	    cpl_bookmarks_put(x->bookmarks, t->place, &change, on_done, t) < 0)
		cpl_run_no_memory(&x->client.run);
	free(nick);
}

static void start_remove(struct xmuc_task *t)
{
	t->setting = 1;
	if (fetch(t->x) == 0 &&
	    cpl_bookmarks_remove(t->x->bookmarks, t->place, on_done, t) < 0)
		cpl_run_no_memory(&t->x->client.run);
}

const struct xmuc_verb xmuc_bookmark_add = {
    .word = "bookmark add",
    .operands = "ROOM...",
    .least = 1,
    .most = CPL_RECIPIENTS_MAX,
    .options = XMUC_NAME | XMUC_NICK | XMUC_AUTOJOIN | XMUC_PASSWORD,
    .line = xmuc_room_line,
    .start = start_add,
};

const struct xmuc_verb xmuc_bookmark_remove = {
    .word = "bookmark remove",
    .operands = "ROOM...",
    .least = 1,
    .most = CPL_RECIPIENTS_MAX,
    .line = xmuc_room_line,
    .start = start_remove,
};
