/* SPDX-License-Identifier: MIT
 *
 * xrecv --since: what is in the archive is printed first, page by page, then
 * what comes live, without a gap or a double at the seam. Presence is
 * announced before the first page is asked for; what is archived and comes live
 * meanwhile is held, and dropped when a page has it. */
#include <stdlib.h>
#include <string.h>

#include "../common/base/limits.h"
#include "../common/base/when.h"
#include "../common/stanza/build.h"
#include "../common/stanza/ns.h"
#include "../common/stream/archive.h"
#include "xrecv_since.h"

/* An id that is gone leaves its time, which may be that of another clock. */
#define SKEW_MS (60 * 1000)

/* Pages in a row that are empty though the archive has more. */
#define DOUBTS_MAX 5

enum { ID_QUERY = 7 };

/* --- questions --------------------------------------------------------- */

static void finished(void *user, xmpp_stanza_t *answer);

static void ask(struct recv *r, enum query query)
{
	struct since *s = r->since;
	struct cpl_session *session = r->run.session;
	struct cpl_archive_query q = {s->queryid, s->at, -1, 1,
				      query != QUERY_PAGE};
	struct cpl_err e = CPL_ERR_INIT;
	xmpp_stanza_t *iq;

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
	iq = cpl_archive_ask(cpl_session_ctx(session), &q);
	if (!iq)
		cpl_err_nomem(&e);
	else
		(void)!cpl_session_request(session, iq, finished, r, &e);
	if (iq)
		xmpp_stanza_release(iq);
	/* Not connected: what ended the session speaks for itself. */
	if (e.status != CPL_OK && e.status != CPL_TEMP)
		cpl_run_give_up(&r->run, &e);
}

/* What is in the pipe comes first: memory stays flat. */
static void ask_page(struct recv *r)
{
	if (r->ending || r->run.over || xrecv_full(r))
		return;
	xrecv_touch_idle(r);
	if (r->sink->unread(r) < CPL_ARCHIVE_PAGE)
		ask(r, QUERY_PAGE);
	else
		r->since->waiting = 1;
}

void xrecv_since_more(struct recv *r)
{
	if (r->since && r->since->waiting)
		ask_page(r);
}

static void discovered(void *user, xmpp_stanza_t *answer)
{
	struct recv *r = user;
	struct cpl_err e = CPL_ERR_INIT;

	if (!answer || r->ending)
		return;
	if (!cpl_archive_offered(answer)) {
		cpl_err_set(&e, CPL_UNAVAILABLE,
			    "--since: the server has no archive (XEP-0313)");
		cpl_run_give_up(&r->run, &e);
	} else {
		xrecv_ready(r);
	}
}

/* XEP-0313 8: it is asked of the account's bare JID. */
void xrecv_since_prepare(struct recv *r)
{
	struct cpl_session *session = r->run.session;
	struct cpl_err e = CPL_ERR_INIT;
	xmpp_stanza_t *iq;

	if (!r->since || r->since->caught)
		return;
	r->preparing++;
	r->since->query = QUERY_NONE;
	iq = cpl_build_stanza(cpl_session_ctx(session), "iq", "get", NULL,
			      cpl_session_jid(session)->bare);
	if (!cpl_build_child(iq, "query", CPL_NS_DISCO_INFO))
		cpl_err_nomem(&e);
	else
		(void)!cpl_session_request(session, iq, discovered, r, &e);
	if (iq)
		xmpp_stanza_release(iq);
	if (e.status != CPL_OK)
		cpl_run_give_up(&r->run, &e);
}

void xrecv_since_resumed(struct recv *r)
{
	struct since *s = r->since;

	if (!s)
		return;
	s->caught = xrecv_durable_has_caught(r);
	/* From here on, as what comes may be in the archive. */
	s->catching = !s->caught;
	if (s->caught)
		s->behind = 0;
	if (s->caught && s->cursor.set)
		xrecv_since_set_at(r, s->cursor.id, s->cursor.when);
}

/* stdout took what the archive had. */
static void caught(void *user, const char *text)
{
	(void)text;
	xrecv_durable_caught(user);
}

void xrecv_since_live(struct recv *r)
{
	struct since *s = r->since;

	if (!s)
		return;
	if (s->caught) {
		s->caught = 0;
		return;
	}
	s->catching = 1;
	s->doubts = 0;
	xrecv_hold_apart(&s->hold);
	/* Prosody sends no offline messages once an archive was asked. */
	if (s->last && !s->cursor.set) {
		s->first = s->rewound = 1;
		ask(r, QUERY_FIRST);
		return;
	}
	if (s->last && !s->at)
		xrecv_since_set_at(r, s->cursor.id, s->cursor.when);
	ask_page(r);
}

/* --- answers ----------------------------------------------------------- */

/* The first run of a reader begins behind what is there. */
static void begin_here(struct recv *r)
{
	struct since *s = r->since;

	if (cpl_cursor_move(&s->cursor, s->newest ? s->newest : "",
			    s->newest && s->newest_when >= 0
				? s->newest_when
				: cpl_when_now()) < 0)
		cpl_run_no_memory(&r->run);
	xrecv_since_save(r);
	if (s->cursor.set)
		xrecv_since_set_at(r, s->cursor.id, s->cursor.when);
	ask_page(r);
}

/* Where the reader was is not in the archive any more. */
static void expired(struct recv *r)
{
	struct since *s = r->since;

	cpl_cli_warn(&r->run.cli,
		     "the archive does not have the message that was read last "
		     "any more: messages may be missing, others come again");
	s->start = s->at_when > SKEW_MS ? s->at_when - SKEW_MS : 0;
	s->rewound = s->lost = 1;
	s->behind = s->doubts = 0;
	free(s->at);
	s->at = NULL;
	ask_page(r);
}

/* Prints what was held and no page has. */
static void go_on_live(struct recv *r)
{
	struct since *s = r->since;
	struct held *h;

	s->catching = s->first = 0;
	if (cpl_taken_add(&r->taken, r->number, caught, r, "") < 0)
		cpl_run_no_memory(&r->run);
	cpl_log(&r->run.cli.log, CPL_LOG_INFO, "the archive is read");
	while ((h = xrecv_hold_shift(&s->hold))) {
		if (!(s->behind && h->stored) && !xrecv_full(r) && !r->ending) {
			/* What came before the page was asked for is not
			 * behind it, or it would be in it. */
			if (!h->stored && h->query >= s->page)
				xrecv_since_follow(r, h->id, -1);
			xrecv_deliver(r, h->message);
		}
		xrecv_hold_free(h);
	}
	s->behind = 0;
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
static void verified(struct recv *r)
{
	struct since *s = r->since;
	int all = is_all(s), whole = all && !xrecv_hold_gap(&s->hold);

	s->doubts = whole ? 0 : s->doubts + 1;
	if ((!whole || wants_another(s)) && s->doubts < DOUBTS_MAX)
		ask_page(r);
	else if (!all && s->at && *s->at && !s->lost)
		expired(r);
	else
		go_on_live(r);
}

static void page_ended(struct recv *r, const struct cpl_archive_end *end)
{
	struct since *s = r->since;

	s->doubts = s->got > 0 ? 0 : s->doubts;
	if (s->got == 0 && end->complete) {
		s->hold.over = 0;
		ask(r, QUERY_VERIFY);
	} else if (end->complete && !xrecv_hold_gap(&s->hold) &&
		   !wants_another(s)) {
		go_on_live(r);
	} else {
		s->hold.over = s->hold.over && !end->complete;
		ask_page(r);
	}
}

static void refused(struct recv *r, const struct cpl_archive_end *end)
{
	struct cpl_err e = CPL_ERR_INIT;

	cpl_err_set(&e, end->temporary ? CPL_TEMP : CPL_REFUSED,
		    "--since: the archive cannot be read: %s", end->why);
	cpl_run_give_up(&r->run, &e);
}

static void finished(void *user, xmpp_stanza_t *answer)
{
	struct recv *r = user;
	struct since *s = r->since;
	enum query query = s->query;
	struct cpl_archive_end end;

	/* Lost with its session: the next one asks anew. */
	if (!answer)
		return;
	s->query = QUERY_NONE;
	if (r->ending || r->run.over)
		return;
	cpl_archive_ended(answer, &end);
	if (end.not_found && query == QUERY_PAGE && s->at && *s->at)
		expired(r);
	else if (end.why)
		refused(r, &end);
	else if (query == QUERY_FIRST && !s->newest && s->doubts++ == 0)
		ask(r, QUERY_FIRST); /* as with an empty page */
	else if (query == QUERY_FIRST)
		begin_here(r);
	else if (query == QUERY_VERIFY)
		verified(r);
	else if (query == QUERY_PAGE)
		page_ended(r, &end);
}

/* --- stanzas ----------------------------------------------------------- */

static void print_result(struct recv *r, const struct cpl_archive_result *a)
{
	const struct cpl_jid *own = cpl_session_jid(r->run.session);
	struct since *s = r->since;
	int early = s->start >= 0 && a->when >= 0 && a->when < s->start;
	/* ejabberd with Mnesia says some twice while others are stored. */
	int seen = (s->at && strcmp(s->at, a->id) == 0) ||
		   (s->rewound && xrecv_hold_seen(&s->hold, a->id));
	xmpp_stanza_t *message = NULL;

	s->got++;
	xrecv_hold_drop(&s->hold, a->id);
	if (xrecv_hold_note(&s->hold, a->id) < 0)
		cpl_run_no_memory(&r->run);
	xrecv_since_follow(r, a->id, a->when);
	if (early || seen || !a->message ||
	    (!r->set.own && cpl_archive_is_own(a->message, own))) {
		xrecv_skip(r);
		return;
	}
	message = cpl_archive_message(a, own);
	if (!message) {
		cpl_run_no_memory(&r->run);
		return;
	}
	xrecv_deliver(r, message);
	xmpp_stanza_release(message);
}

static void take_result(struct recv *r, const struct cpl_archive_result *a)
{
	struct since *s = r->since;

	if (s->query == QUERY_PAGE) {
		if (!xrecv_full(r) && !r->ending && !r->run.over)
			print_result(r, a);
		return;
	}
	free(s->newest);
	s->newest = strdup(a->id);
	s->newest_when = a->when;
	xrecv_skip(r);
}

int xrecv_since_result(struct recv *r, xmpp_stanza_t *stanza)
{
	const struct cpl_jid *own = cpl_session_jid(r->run.session);
	struct since *s = r->since;
	struct cpl_archive_result a;

	if (!s)
		return 0;
	switch (cpl_archive_take(
	    stanza, own, s->query == QUERY_NONE ? NULL : s->queryid, &a)) {
	case CPL_ARCHIVE_NONE: return 0;
	case CPL_ARCHIVE_RESULT: take_result(r, &a); return 1;
	case CPL_ARCHIVE_FORGED:
	default:
		r->forged++;
		xrecv_skip(r);
		return 1;
	}
}

int xrecv_since_archived(const struct recv *r, xmpp_stanza_t *stanza)
{
	return r->since && r->since->last &&
	       cpl_archive_id(stanza, cpl_session_jid(r->run.session));
}

int xrecv_since_holds(struct recv *r, xmpp_stanza_t *stanza)
{
	const struct cpl_jid *own = cpl_session_jid(r->run.session);
	struct since *s = r->since;
	const char *id = s ? cpl_archive_id(stanza, own) : NULL;
	int64_t when = 0;
	int stored;

	if (!id)
		return 0;
	stored = cpl_archive_is_stored(stanza, own, &when);
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
		xrecv_since_follow(r, id, -1);
		return 0;
	}
	if (xrecv_hold_add(&s->hold, stanza, id, stored, s->queries) < 0)
		cpl_run_no_memory(&r->run);
	return 1;
}
