/* SPDX-License-Identifier: MIT
 *
 * xrecv --since: its option, and how far the reader has read. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/base/limits.h"
#include "../common/base/when.h"
#include "xrecv_since.h"

/* --- the command line -------------------------------------------------- */

void xrecv_since_option(struct recv *r, const char *value)
{
	struct since *s = r->since ? r->since : calloc(1, sizeof *s);
	int64_t t, now = cpl_when_now();

	if (!s)
		cpl_cli_nomem(&r->run.cli);
	r->since = s;
	s->r = r;
	s->cursor = (struct cpl_cursor)CPL_CURSOR_INIT;
	s->reader = NULL;
	s->last = strcmp(value, "last") == 0 || strncmp(value, "last:", 5) == 0;
	if (s->last && value[4]) {
		s->reader = value + 5;
		if (!cpl_kept_is_name(s->reader))
			cpl_cli_usage(&r->run.cli,
				      "--since: '%s' cannot name a reader",
				      s->reader);
	}
	s->start = -1;
	if (s->last)
		return;
	if (cpl_when_duration(value, &t) == 0)
		s->start = now > t ? now - t : 0;
	else if (cpl_when_parse(value, &t) == 0)
		s->start = t;
	else
		cpl_cli_usage(&r->run.cli,
			      "--since: '%s' is neither last nor a time "
			      "(2026-11-28T10:00Z) nor a duration (90s, 2h)",
			      value);
}

void xrecv_since_save(struct since *s)
{
	struct recv *r = s->r;
	struct cpl_err e = CPL_ERR_INIT;

	cpl_loop_cancel(r->run.loop, &s->save);
	s->moved = 0;
	if (cpl_cursor_save(&s->cursor, &e) == 0) {
		s->broken = 0;
		return;
	}
	if (!s->broken)
		cpl_run_complain(&r->run, &e);
	s->broken = 1;
}

static void on_save(void *user)
{
	xrecv_since_save(user);
}

int xrecv_since_take(struct since *s, const char *name, struct cpl_err *e)
{
	const char *folder;

	if (!s->last)
		return 0;
	s->save.fire = on_save;
	s->save.user = s;
	folder = cpl_cli_need_state(&s->r->run.cli, "--since", "the cursor", e);
	if (!folder ||
	    cpl_cursor_open(&s->cursor, folder, name, s->reader, e) < 0)
		return -1;
	s->behind = !s->room && s->cursor.set;
	return 0;
}

void xrecv_since_open(struct recv *r)
{
	const char *jid = cpl_setting(&r->run.cli.settings, CPL_SET_JID);
	struct since *s = xrecv_since_mine(r);
	struct cpl_jid own = {0};
	struct cpl_err e = CPL_ERR_INIT;

	if (s && cpl_jid_parse(&own, jid, &e) == 0)
		(void)!xrecv_since_take(s, own.bare, &e);
	cpl_jid_release(&own);
	if (e.status != CPL_OK)
		cpl_cli_die(&r->run.cli, &e);
}

static void close_cursor(struct since *s)
{
	if (s->last)
		xrecv_since_save(s);
}

void xrecv_since_close(struct recv *r)
{
	if (xrecv_since_mine(r))
		close_cursor(r->since);
	xrecv_since_each_room(r, close_cursor);
}

void xrecv_since_release(struct since *s)
{
	if (s->save.fire)
		cpl_loop_cancel(s->r->run.loop, &s->save);
	cpl_cursor_release(&s->cursor);
	xrecv_hold_release(&s->hold);
	free(s->at);
	free(s->newest);
}

void xrecv_since_free(struct recv *r)
{
	if (!r->since)
		return;
	xrecv_since_release(r->since);
	free(r->since);
	r->since = NULL;
}

struct since *xrecv_since_mine(const struct recv *r)
{
	return r->since && !r->since->rooms_only ? r->since : NULL;
}

int xrecv_since_is_last(const struct recv *r)
{
	return r->since && r->since->last;
}

/* --- where the reader is ----------------------------------------------- */

void xrecv_since_set_at(struct since *s, const char *id, int64_t when)
{
	char *copy = strdup(id);

	if (!copy) {
		cpl_run_no_memory(&s->r->run);
		return;
	}
	free(s->at);
	s->at = copy;
	s->at_when = when;
}

/* The text of what stdout took: a time, a blank, and an id of the archive. */
static void move(struct since *s, const char *text)
{
	const char *id = strchr(text, ' ') + 1;
	int64_t when = strtoll(text, NULL, 10);

	if (cpl_cursor_move(&s->cursor, id, when) < 0)
		cpl_run_no_memory(&s->r->run);
}

static void moved(void *user, const char *text)
{
	struct since *s = user;

	move(s, text);
	if (++s->moved >= CPL_CURSOR_EVERY)
		xrecv_since_save(s);
	else if (!s->save.armed)
		cpl_loop_timer(s->r->run.loop, &s->save, CPL_CURSOR_MS);
}

/* Unless there was another login meanwhile, which asks anew. */
static void begun(void *user, const char *text)
{
	struct since *s = user;

	if (!s->beginning)
		return;
	s->beginning = 0;
	move(s, text);
	xrecv_since_save(s);
	if (s->cursor.set)
		xrecv_since_set_at(s, s->cursor.id, s->cursor.when);
	s->waiting = 1;
}

/* With the record at hand. */
static void when_taken(struct since *s,
		       void (*act)(void *user, const char *text),
		       const char *id, int64_t when)
{
	struct cpl_buf text = CPL_BUF_INIT(CPL_STANZA_BYTES_MAX);
	struct recv *r = s->r;

	if (cpl_buf_addf(&text, "%" PRId64 " %s", when, id) < 0 ||
	    cpl_taken_add(&r->taken, r->number, act, s, text.data) < 0)
		cpl_run_no_memory(&r->run);
	cpl_buf_release(&text);
}

void xrecv_since_begin(struct since *s, const char *id, int64_t when)
{
	s->beginning = 1;
	when_taken(s, begun, id, when < 0 ? cpl_when_now() : when);
}

/* The record about to be made is that of this message of the archive. */
void xrecv_since_follow(struct since *s, const char *id, int64_t when)
{
	if (when < 0)
		when = cpl_when_now();
	xrecv_since_set_at(s, id, when);
	if (s->last)
		when_taken(s, moved, id, when);
}
