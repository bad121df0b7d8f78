/* SPDX-License-Identifier: MIT
 *
 * xrecv --since: what is in the archive is printed first, page by page, then
 * what comes live, without a gap or a double at the seam. Presence is
 * announced before the first page is asked for; what is archived and comes live
 * meanwhile is held, and dropped when a page has it. The same goes for each
 * room (xrecv_room_since.c), whose archive is its own. */
#include <stdlib.h>
#include <string.h>

#include "../common/base/limits.h"
#include "../common/base/when.h"
#include "../common/stanza/build.h"
#include "../common/stanza/disco.h"
#include "../common/stanza/ns.h"
#include "../common/stream/archive.h"
#include "../common/stream/send.h"
#include "xrecv_since.h"

/* An id that is gone leaves its time, which may be that of another clock. */
#define SKEW_MS (60 * 1000)

/* Pages in a row that are empty though the archive has more. */
#define DOUBTS_MAX 5

enum { ID_QUERY = 7 };

/* --- questions --------------------------------------------------------- */

static void finished(void *user, xmpp_stanza_t *answer);

static void ask(struct since *s, enum query query)
{
	struct recv *r = s->r;
	struct cpl_session *session = r->run.session;
	struct cpl_archive_query q = {.queryid = s->queryid,
				      .after = s->at,
				      .start = -1,
				      .max = 1,
				      .last = query != QUERY_PAGE,
				      .to = s->room ? s->room->bare : NULL};
	struct cpl_err e = CPL_ERR_INIT;

	s->query = query;
	s->got = 0;
	s->waiting = 0;
	cpl_id(cpl_session_ids(session), ID_QUERY, ++s->queries, s->queryid);
	free(s->newest);
	s->newest = NULL;
	if (query == QUERY_PAGE) {
		s->page = s->queries;
		q.start = s->at && *s->at ? -1 : s->start;
		q.max = CPL_ARCHIVE_PAGE;
		if (r->set.count > 0 && r->set.count - r->printed < q.max)
			q.max = r->set.count - r->printed;
	}
	/* Not connected: what ended the session speaks for itself. */
	if (cpl_send_request(session,
			     cpl_archive_ask(cpl_session_ctx(session), &q),
			     finished, s, &e) < 0 &&
	    e.status != CPL_TEMP)
		cpl_run_give_up(&r->run, &e);
}

/* What is in the pipe comes first: memory stays flat. */
static void ask_page(struct since *s)
{
	struct recv *r = s->r;

	if (r->ending || r->run.over || xrecv_full(r))
		return;
	xrecv_touch_idle(r);
	if (r->sink->unread(r) < CPL_ARCHIVE_PAGE)
		ask(s, QUERY_PAGE);
	else
		s->waiting = 1;
}

static void more(struct since *s)
{
	if (s->waiting)
		ask_page(s);
}

void xrecv_since_more(struct recv *r)
{
	if (!r->since)
		return;
	if (xrecv_since_mine(r))
		more(r->since);
	xrecv_since_each_room(r, more);
}

/* It cannot be read: that is the end, of the run or of being in the room. */
static void fail(struct since *s, struct cpl_err *e)
{
	if (s->room)
		xrecv_since_room_failed(s, e);
	else
		cpl_run_give_up(&s->r->run, e);
}

static void discovered(void *user, xmpp_stanza_t *answer)
{
	struct since *s = user;
	struct cpl_err e = CPL_ERR_INIT;

	if (!answer || s->r->ending)
		return;
	if (!cpl_archive_offered(answer)) {
		cpl_err_set(&e, CPL_UNAVAILABLE,
			    "--since: the %s has no archive (XEP-0313)",
			    s->room ? "room" : "server");
		fail(s, &e);
	} else if (s->room) {
		xrecv_since_read(s);
	} else {
		xrecv_ready(s->r);
	}
}

/* XEP-0313 8: it is asked of the account's bare JID. */
void xrecv_since_discover(struct since *s)
{
	struct cpl_session *session = s->r->run.session;
	struct cpl_err e = CPL_ERR_INIT;
	xmpp_stanza_t *iq;

	cpl_session_forget(session, s);
	s->query = QUERY_NONE;
	s->waiting = s->beginning = 0;
	iq = cpl_disco_request(cpl_session_ctx(session),
			       xrecv_since_owner(s)->bare, NULL,
			       CPL_NS_DISCO_INFO);
	if (cpl_send_request(session, iq, discovered, s, &e) < 0)
		cpl_run_give_up(&s->r->run, &e);
}

void xrecv_since_prepare(struct recv *r)
{
	struct since *s = xrecv_since_mine(r);

	if (!s || s->caught)
		return;
	r->preparing++;
	xrecv_since_discover(s);
}

void xrecv_since_resumed(struct recv *r)
{
	struct since *s = xrecv_since_mine(r);

	if (!s)
		return;
	s->caught = xrecv_durable_has_caught(r);
	if (!s->caught) {
		xrecv_since_catch(s);
		return;
	}
	s->catching = s->behind = 0;
	if (s->cursor.set)
		xrecv_since_set_at(s, s->cursor.id, s->cursor.when);
}

/* stdout took what the archive had. */
static void caught(void *user, const char *text)
{
	(void)text;
	xrecv_durable_caught(user);
}

static int has_no_cursor(const struct since *s)
{
	return s->last && !s->cursor.set;
}

void xrecv_since_catch(struct since *s)
{
	s->catching = 1;
	if (has_no_cursor(s))
		s->first = s->rewound = 1;
}

void xrecv_since_read(struct since *s)
{
	xrecv_since_catch(s);
	s->doubts = 0;
	xrecv_hold_apart(&s->hold);
	/* Prosody sends no offline messages once an archive was asked. */
	if (has_no_cursor(s)) {
		ask(s, QUERY_FIRST);
		return;
	}
	if (s->last && !s->at)
		xrecv_since_set_at(s, s->cursor.id, s->cursor.when);
	ask_page(s);
}

void xrecv_since_live(struct recv *r)
{
	struct since *s = xrecv_since_mine(r);

	if (s && !s->caught)
		xrecv_since_read(s);
	else if (s)
		s->caught = 0;
}

/* --- answers ----------------------------------------------------------- */

/* The first run of a reader begins behind what is there. What came live by then
 * is there as well, so stdout takes it first. */
static void begin_here(struct since *s)
{
	xrecv_since_begin(s, s->newest ? s->newest : "",
			  s->newest ? s->newest_when : -1);
}

/* Where the reader was is not in the archive any more. */
static void expired(struct since *s)
{
	struct recv *r = s->r;

	cpl_cli_warn(&r->run.cli,
		     "%s%sthe archive does not have the message that was read "
		     "last any more: messages may be missing, others come "
		     "again",
		     s->room ? s->room->bare : "", s->room ? ": " : "");
	s->start = s->at_when > SKEW_MS ? s->at_when - SKEW_MS : 0;
	s->rewound = s->lost = 1;
	s->behind = s->doubts = 0;
	free(s->at);
	s->at = NULL;
	ask_page(s);
}

/* Its stanza was counted when it came; its record has a number of its own, as
 * the cursor may be behind it only when that was taken. */
static void print_held(struct since *s, const struct held *h)
{
	struct recv *r = s->r;

	r->number++;
	/* What came before the page was asked for is not behind it, or it would
	 * be in it. */
	if (!h->stored && h->query >= s->page)
		xrecv_since_follow(s, h->id, -1);
	xrecv_deliver(r, h->message);
}

/* Prints what was held and no page has. Should some of it not be printed any
 * more, a later run has it from the archive alone. */
static void go_on_live(struct since *s)
{
	struct recv *r = s->r;
	int whole = 1;
	struct held *h;

	s->catching = s->first = 0;
	cpl_log(&r->run.cli.log, CPL_LOG_INFO, "%s%sthe archive is read",
		s->room ? s->room->bare : "", s->room ? ": " : "");
	while ((h = xrecv_hold_shift(&s->hold))) {
		if (r->run.over || r->ending || xrecv_full(r))
			whole = 0;
		else if (!(s->behind && h->stored))
			print_held(s, h);
		xrecv_hold_free(h);
	}
	s->behind = 0;
	if (!s->room && whole &&
	    cpl_taken_add(&r->taken, r->number, caught, r, "") < 0)
		cpl_run_no_memory(&r->run);
}

/* What was left out for want of room is in the archive, and an offline message
 * that came after the question was asked may be in the next page. */
static int wants_another(const struct since *s)
{
	return s->hold.over ||
	       (s->behind && xrecv_hold_has_stored(&s->hold, s->page));
}

/* Whether nothing is behind what was read, as the last message tells. */
static int is_all(const struct since *s)
{
	if (s->at && *s->at)
		return s->newest && strcmp(s->newest, s->at) == 0;
	return !s->newest || s->newest_when < s->start;
}

/* A page had nothing. Some servers say so too of what is behind a message that
 * they do not have any more, though 4.3.2 asks for item-not-found; ejabberd
 * with Mnesia says so, now and then, while others are stored. Between the two
 * questions a message may have come, too. */
static void verified(struct since *s)
{
	int all = is_all(s), whole = all && !xrecv_hold_gap(&s->hold);

	s->doubts = whole ? 0 : s->doubts + 1;
	if ((!whole || wants_another(s)) && s->doubts < DOUBTS_MAX)
		ask_page(s);
	else if (!all && s->at && *s->at && !s->lost)
		expired(s);
	else
		go_on_live(s);
}

static void page_ended(struct since *s, const struct cpl_archive_end *end)
{

	s->doubts = s->got > 0 ? 0 : s->doubts;
	if (s->got == 0 && end->complete) {
		s->hold.over = 0;
		ask(s, QUERY_VERIFY);
	} else if (end->complete && !xrecv_hold_gap(&s->hold) &&
		   !wants_another(s)) {
		go_on_live(s);
	} else {
		s->hold.over = s->hold.over && !end->complete;
		ask_page(s);
	}
}

static void refused(struct since *s, const struct cpl_archive_end *end)
{
	struct cpl_err e = CPL_ERR_INIT;

	cpl_err_set(&e, end->temporary ? CPL_TEMP : CPL_REFUSED,
		    "--since: the archive cannot be read: %s", end->why);
	fail(s, &e);
}

static void finished(void *user, xmpp_stanza_t *answer)
{
	struct since *s = user;
	enum query query = s->query;
	struct cpl_archive_end end;

	/* Lost with its session: the next one asks anew. */
	if (!answer)
		return;
	s->query = QUERY_NONE;
	if (s->r->ending || s->r->run.over)
		return;
	cpl_archive_ended(answer, &end);
	if (end.not_found && query == QUERY_PAGE && s->at && *s->at)
		expired(s);
	else if (end.why)
		refused(s, &end);
	else if (query == QUERY_FIRST && !s->newest && s->doubts++ == 0)
		ask(s, QUERY_FIRST); /* as with an empty page */
	else if (query == QUERY_FIRST)
		begin_here(s);
	else if (query == QUERY_VERIFY)
		verified(s);
	else if (query == QUERY_PAGE)
		page_ended(s, &end);
}

/* --- stanzas ----------------------------------------------------------- */

/* What the options say of a message of the archive. */
static int is_left_out(const struct since *s, xmpp_stanza_t *message)
{
	const struct recv *r = s->r;

	if (s->room)
		return xrecv_since_room_left_out(s, message);
	return !r->set.own &&
	       cpl_archive_is_own(message, cpl_session_jid(r->run.session));
}

static void print_result(struct since *s, const struct cpl_archive_result *a)
{
	struct recv *r = s->r;
	int early = s->start >= 0 && a->when >= 0 && a->when < s->start;
	/* ejabberd with Mnesia says some twice while others are stored. */
	int seen = (s->at && strcmp(s->at, a->id) == 0) ||
		   (s->rewound && xrecv_hold_seen(&s->hold, a->id));
	xmpp_stanza_t *message = NULL;

	s->got++;
	xrecv_hold_drop(&s->hold, a->id);
	if (xrecv_hold_note(&s->hold, a->id) < 0)
		cpl_run_no_memory(&r->run);
	xrecv_since_follow(s, a->id, a->when);
	if (early || seen || !a->message || is_left_out(s, a->message)) {
		xrecv_skip(r);
		return;
	}
	message = cpl_archive_message(a, xrecv_since_owner(s));
	if (!message) {
		cpl_run_no_memory(&r->run);
		return;
	}
	xrecv_deliver(r, message);
	xmpp_stanza_release(message);
}

static void take_result(struct since *s, const struct cpl_archive_result *a)
{
	struct recv *r = s->r;

	if (s->query == QUERY_PAGE) {
		if (!xrecv_full(r) && !r->ending && !r->run.over)
			print_result(s, a);
		return;
	}
	free(s->newest);
	s->newest = strdup(a->id);
	s->newest_when = a->when;
	xrecv_skip(r);
}

int xrecv_since_result(struct recv *r, xmpp_stanza_t *stanza)
{
	struct since *s = xrecv_since_from(r, stanza);
	struct cpl_archive_result a;

	if (!s)
		return 0;
	switch (cpl_archive_take(stanza, xrecv_since_owner(s),
				 s->query == QUERY_NONE ? NULL : s->queryid,
				 &a)) {
	case CPL_ARCHIVE_NONE: return 0;
	case CPL_ARCHIVE_RESULT: take_result(s, &a); return 1;
	case CPL_ARCHIVE_FORGED:
	default:
		r->forged++;
		xrecv_skip(r);
		return 1;
	}
}

int xrecv_since_archived(const struct recv *r, xmpp_stanza_t *stanza)
{
	const struct since *s = xrecv_since_mine(r);

	return s && s->last && cpl_archive_id(stanza, xrecv_since_owner(s));
}

int xrecv_since_holds(struct recv *r, xmpp_stanza_t *stanza)
{
	struct since *s = xrecv_since_of(r, stanza);
	const struct cpl_jid *owner = s ? xrecv_since_owner(s) : NULL;
	const char *id = s ? cpl_archive_id(stanza, owner) : NULL;
	int64_t when = 0;
	int stored;

	if (!id)
		return 0;
	stored = !s->room && cpl_archive_is_stored(stanza, owner, &when);
	if (xrecv_hold_seen(&s->hold, id))
		return 1;
	/* Older than what is asked for, and drawn: it is printed first. */
	if (s->catching && !s->last && stored && when < s->start)
		return 0;
	/* So it is where the reader begins. */
	if (s->first && (stored || !s->at)) {
		if (xrecv_hold_note(&s->hold, id) < 0)
			cpl_run_no_memory(&r->run);
		return 0;
	}
	if (!s->catching) {
		/* Here the seam ends. */
		if (!stored)
			xrecv_hold_forget(&s->hold);
		xrecv_since_follow(s, id, -1);
		return 0;
	}
	if (xrecv_hold_add(&s->hold, stanza, id, stored, s->queries) < 0)
		cpl_run_no_memory(&r->run);
	return 1;
}
