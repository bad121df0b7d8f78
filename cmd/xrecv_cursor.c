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
		cpl_cli_usage(&r->run.cli, "out of memory");
	r->since = s;
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

void xrecv_since_save(struct recv *r)
{
	struct since *s = r->since;
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

void xrecv_since_open(struct recv *r)
{
	struct since *s = r->since;
	const char *folder;
	const char *jid = cpl_setting(&r->run.cli.settings, CPL_SET_JID);
	struct cpl_jid own = {0};
	struct cpl_err e = CPL_ERR_INIT;

	if (!s || !s->last)
		return;
	s->save.fire = on_save;
	s->save.user = r;
	folder = cpl_cli_need_state(&r->run.cli, "--since", "the cursor", &e);
	if (folder && cpl_jid_parse(&own, jid, &e) == 0)
		(void)!cpl_cursor_open(&s->cursor, folder, own.bare, s->reader,
				       &e);
	cpl_jid_release(&own);
	if (e.status != CPL_OK)
		cpl_cli_die(&r->run.cli, &e);
	s->behind = s->cursor.set;
}

void xrecv_since_close(struct recv *r)
{
	struct since *s = r->since;

	if (s && s->last)
		xrecv_since_save(r);
}

void xrecv_since_free(struct recv *r)
{
	struct since *s = r->since;

	if (!s)
		return;
	cpl_cursor_release(&s->cursor);
	xrecv_hold_release(&s->hold);
	free(s->at);
	free(s->newest);
	free(s);
	r->since = NULL;
}

int xrecv_since_is_last(const struct recv *r)
{
	return r->since && r->since->last;
}

/* --- where the reader is ----------------------------------------------- */

void xrecv_since_set_at(struct recv *r, const char *id, int64_t when)
{
	struct since *s = r->since;
	char *copy = strdup(id);

	if (!copy) {
		cpl_run_no_memory(&r->run);
		return;
	}
	free(s->at);
	s->at = copy;
	s->at_when = when;
}

/* stdout took a message of the archive. */
static void moved(void *user, const char *text)
{
	struct recv *r = user;
	struct since *s = r->since;
	const char *id = strchr(text, ' ') + 1;
	int64_t when = strtoll(text, NULL, 10);

	if (cpl_cursor_move(&s->cursor, id, when) < 0)
		cpl_run_no_memory(&r->run);
	else if (++s->moved >= CPL_CURSOR_EVERY)
		xrecv_since_save(r);
	else if (!s->save.armed)
		cpl_loop_timer(r->run.loop, &s->save, CPL_CURSOR_MS);
}

/* The record about to be made is that of this message of the archive. */
void xrecv_since_follow(struct recv *r, const char *id, int64_t when)
{
	struct cpl_buf text = CPL_BUF_INIT(CPL_STANZA_BYTES_MAX);
	struct since *s = r->since;

	if (when < 0)
		when = cpl_when_now();
	xrecv_since_set_at(r, id, when);
	if (!s->last)
		return;
	if (cpl_buf_addf(&text, "%" PRId64 " %s", when, id) < 0 ||
	    cpl_taken_add(&r->taken, r->number, moved, r, text.data) < 0)
		cpl_run_no_memory(&r->run);
	cpl_buf_release(&text);
}
