/* SPDX-License-Identifier: MIT
 *
 * What the room has: reflections, its archive, its history. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/limits.h"
#include "../stanza/build.h"
#include "../stanza/disco.h"
#include "../stanza/ns.h"
#include "archive.h"
#include "said_impl.h"
#include "send.h"

/* Kinds of ids of ours (ids.h). */
enum { ID_QUERY = 5 };

static void set_anchor(struct cpl_said *said, char *anchor)
{
	if (!anchor)
		return;
	free(said->anchor);
	said->anchor = anchor;
}

/* A message by its sender and id. NULL: it has none, or there is no memory. */
static char *key_of(xmpp_stanza_t *message)
{
	const char *from = xmpp_stanza_get_from(message);
	const char *id = xmpp_stanza_get_id(message);
	size_t size = from && id ? strlen(from) + strlen(id) + 2 : 0;
	char *key = size ? malloc(size) : NULL;

	if (key)
		snprintf(key, size, "%s %s", from, id);
	return key;
}

/* --- the archive ------------------------------------------------------- */

static void on_page(void *user, xmpp_stanza_t *answer);
static void on_probed(void *user, xmpp_stanza_t *answer);

/* -1: it cannot be asked. */
static int ask(struct cpl_said *said, const char *after, long max,
	       void (*answered)(void *user, xmpp_stanza_t *answer))
{
	struct cpl_archive_query query = {.to = said->jid.bare,
					  .queryid = said->queryid,
					  .after = after,
					  .start = -1,
					  .max = max,
					  .last = after == NULL};
	xmpp_stanza_t *iq;

	cpl_id(cpl_session_ids(said->conf.session), ID_QUERY, ++said->queries,
	       said->queryid);
	said->pages++;
	iq = cpl_archive_ask(cpl_session_ctx(said->conf.session), &query);
	return cpl_send_request(said->conf.session, iq, answered, said, NULL);
}

/* Its last message, behind which all that will be said is. */
void cpl_said_ask_archive(struct cpl_said *said)
{
	(void)!ask(said, NULL, 1, on_probed);
}

static void on_probed(void *user, xmpp_stanza_t *answer)
{
	struct cpl_said *said = user;
	struct cpl_archive_end end;

	if (!answer)
		return;
	cpl_archive_ended(answer, &end);
	said->archive = end.why ? CPL_SAID_HAS_NOT : CPL_SAID_HAS;
	cpl_log(said->conf.log, CPL_LOG_INFO, "%s: %s", said->jid.bare,
		end.why ? "no archive of the room can be read"
			: "the room has an archive");
	if (end.why) {
		free(said->anchor);
		said->anchor = NULL;
	} else if (!said->anchor) {
		set_anchor(said, strdup(""));
	}
}

static void on_page(void *user, xmpp_stanza_t *answer)
{
	struct cpl_said *said = user;
	struct cpl_archive_end end;

	if (!answer || said->state != CPL_SAID_ARCHIVE)
		return;
	cpl_archive_ended(answer, &end);
	if (end.why)
		cpl_log(said->conf.log, CPL_LOG_WARN,
			"%s: the archive of the room cannot be read: %s",
			said->jid.bare, end.why);
	if (!end.why && !end.complete && said->first &&
	    said->pages < CPL_SAID_PAGES &&
	    ask(said, said->anchor, CPL_ARCHIVE_PAGE, on_page) == 0)
		return;
	cpl_said_looked(said, !end.why && (end.complete || !said->first));
}

void cpl_said_look(struct cpl_said *said)
{
	said->pages = 0;
	said->anchored = 0;
	if (said->archive != CPL_SAID_HAS) {
		said->state = CPL_SAID_HISTORY_COMES;
		return;
	}
	said->state = CPL_SAID_ARCHIVE;
	if (ask(said, said->anchor, CPL_ARCHIVE_PAGE, on_page) < 0)
		cpl_said_looked(said, 0);
}

/* Non-zero: it was a result, ours or forged. */
static int take_result(struct cpl_said *said, xmpp_stanza_t *stanza)
{
	struct cpl_archive_result result;
	enum cpl_archive_kind kind =
	    cpl_archive_take(stanza, &said->jid, said->queryid, &result);

	if (kind == CPL_ARCHIVE_NONE)
		return 0;
	if (kind != CPL_ARCHIVE_RESULT)
		return 1;
	set_anchor(said, strdup(result.id));
	if (result.message && said->state == CPL_SAID_ARCHIVE)
		(void)cpl_said_match(said, result.message);
	return 1;
}

/* --- reflections ------------------------------------------------------- */

/* 7.4 of XEP-0045 lets a room change ids unless it says otherwise. */
static void on_info(void *user, xmpp_stanza_t *answer)
{
	struct cpl_said *said = user;
	xmpp_stanza_t *query = cpl_child(answer, "query", CPL_NS_DISCO_INFO);

	if (!query)
		return;
	said->ids = cpl_disco_has(query, CPL_NS_MUC_STABLE_ID)
			? CPL_SAID_KEEPS
			: CPL_SAID_RENAMES;
	if (said->ids == CPL_SAID_RENAMES)
		cpl_said_nameless(said);
	said->nameless = 0;
}

static void ask_info(struct cpl_said *said)
{
	xmpp_stanza_t *iq =
	    cpl_disco_request(cpl_session_ctx(said->conf.session),
			      said->jid.bare, NULL, CPL_NS_DISCO_INFO);

	said->ids = CPL_SAID_ASKED;
	(void)!cpl_send_request(said->conf.session, iq, on_info, said, NULL);
}

/* Ours, though nothing says which: another session of the account may share
 * the nick, in a room that keeps ids. */
static void take_nameless(struct cpl_said *said)
{
	if (!said->first || said->ids == CPL_SAID_KEEPS)
		return;
	said->nameless++;
	if (said->ids == CPL_SAID_RENAMES)
		cpl_said_nameless(said);
	else if (said->ids == CPL_SAID_NOT_ASKED)
		ask_info(said);
}

static void take_past(struct cpl_said *said, xmpp_stanza_t *message)
{
	char *key = key_of(message);

	if (key && said->anchor && strcmp(key, said->anchor) == 0)
		said->anchored = 1;
	free(key);
	if (said->state == CPL_SAID_HISTORY_COMES)
		(void)cpl_said_match(said, message);
}

static void take_live(struct cpl_said *said, xmpp_stanza_t *message)
{
	const char *from = xmpp_stanza_get_from(message);
	const char *id;

	if (!cpl_said_match(said, message) &&
	    cpl_room_is_own(said->conf.room, from) &&
	    said->state == CPL_SAID_READY)
		take_nameless(said);
	if (!said->conf.again || said->state != CPL_SAID_READY)
		return;
	id = cpl_archive_id(message, &said->jid);
	if (said->archive == CPL_SAID_HAS_NOT)
		set_anchor(said, key_of(message));
	else if (id)
		set_anchor(said, strdup(id));
}

static int take_message(struct cpl_said *said, xmpp_stanza_t *message)
{
	if (cpl_muc_is_subject(message)) {
		/* 7.2.15: it comes behind the history. */
		if (said->state == CPL_SAID_HISTORY_COMES)
			cpl_said_looked(said, said->anchored);
		return 1;
	}
	if (cpl_muc_is_past(message, said->jid.bare))
		take_past(said, message);
	else
		take_live(said, message);
	return 1;
}

/* 7.4: the room does not take what comes from who is not in it. */
static int take_error(struct cpl_said *said, xmpp_stanza_t *stanza)
{
	xmpp_stanza_t *error = cpl_child(stanza, "error", CPL_NS_CLIENT);
	const char *id = xmpp_stanza_get_id(stanza);
	struct cpl_said_entry *entry = said->first;
	struct cpl_err e = CPL_ERR_INIT;

	while (entry && id &&
	       strcmp(xmpp_stanza_get_id(entry->stanza), id) != 0)
		entry = entry->next;
	if (!entry || !id || !said->conf.again || entry->bounced ||
	    strcmp(cpl_condition(error, CPL_NS_STANZA_ERRORS),
		   "not-acceptable") != 0)
		return 0;
	entry->bounced = 1;
	cpl_err_set(&e, CPL_TEMP, "not an occupant any more");
	cpl_room_lost(said->conf.room, &e);
	return 1;
}

int cpl_said_stanza(struct cpl_said *said, xmpp_stanza_t *stanza)
{
	if (!cpl_is(stanza, "message", CPL_NS_CLIENT))
		return 0;
	if (cpl_has_type(stanza, "error"))
		return take_error(said, stanza);
	if (take_result(said, stanza))
		return 1;
	return cpl_has_type(stanza, "groupchat") ? take_message(said, stanza)
						 : 0;
}
