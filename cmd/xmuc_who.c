/* SPDX-License-Identifier: MIT
 *
 * xmuc who: an occupant of a room is one record out. A room that tells who is
 * there is asked; another one is entered, and says more then. */
#include <string.h>

#include "../common/base/limits.h"
#include "../common/stanza/build.h"
#include "../common/stanza/disco.h"
#include "../common/stanza/filter.h"
#include "../common/stanza/muc.h"
#include "../common/stanza/ns.h"
#include "xmuc.h"

static void print_occupant(struct xmuc_task *t, const char *nick,
			   const struct cpl_muc_news *news)
{
	static const char *const keys[] = {"room", "nick", "affiliation",
					   "role", "jid"};
	const char *values[] = {t->place, nick, news->affiliation, news->role,
				news->jid};

	t->items++;
	cpl_client_record(&t->x->client, keys, values, 5);
}

/* --- in the room ------------------------------------------------------- */

/* 7.2.2: all who are there, and ourselves last. */
static void take_presence(struct xmuc_task *t, xmpp_stanza_t *stanza)
{
	const char *nick = cpl_muc_nick(xmpp_stanza_get_from(stanza));
	struct cpl_muc_news news;

	if (cpl_filter_kind(stanza) != CPL_PRESENCE || !nick ||
	    xmpp_stanza_get_type(stanza) || cpl_muc_read(stanza, &news) < 0 ||
	    (news.status & CPL_MUC_SELF))
		return;
	t->once = 1;
	if (!xmuc_print_stanza(t->x, stanza))
		print_occupant(t, nick, &news);
}

static void enter(struct xmuc_task *t)
{
	t->stanza = take_presence;
	xmuc_join(t, XMUC_THERE, xmuc_done);
}

/* --- without entering -------------------------------------------------- */

static int print_item(void *user, const struct cpl_disco_fact *fact)
{
	static const struct cpl_muc_news nothing;
	struct xmuc_task *t = user;
	const char *nick = cpl_jid_same_bare(fact->fields[0], t->place)
			       ? cpl_muc_nick(fact->fields[0])
			       : NULL;

	/* 6.5: some have the JID of the room and the nickname as its name. */
	if (!nick)
		nick = fact->fields[2];
	if (nick)
		print_occupant(t, nick, &nothing);
	return 0;
}

/* Nobody there, says the room: there is no need to look. */
static void take_info(struct xmuc_task *t, xmpp_stanza_t *answer)
{
	struct cpl_form_field *field;
	struct cpl_err e = CPL_ERR_INIT;
	xmpp_stanza_t *query = cpl_child(answer, "query", CPL_NS_DISCO_INFO);

	if (cpl_form_read(&t->form, cpl_child(query, "x", CPL_NS_DATA), &e) ==
		0 &&
	    (field = cpl_form_find(&t->form, "muc#roominfo_occupants")) &&
	    field->count > 0 && strcmp(field->values[0], "0") == 0)
		xmuc_done(t);
	else
		enter(t);
}

/* 6.5: none may be nobody, or that strangers are not told. */
static void ask_how_many(struct xmuc_task *t)
{
	t->refused = NULL;
	xmuc_ask_info(t, take_info);
}

static void take_items(struct xmuc_task *t, xmpp_stanza_t *answer)
{
	xmpp_stanza_t *query =
	    xmuc_payload(t, answer, "query", CPL_NS_DISCO_ITEMS);
	int more;

	if (!query)
		return;
	if (cpl_child(query, "item", CPL_NS_DISCO_ITEMS) &&
	    xmuc_print_stanza(t->x, answer))
		t->items++;
	else if (cpl_disco_each(query, print_item, t) < 0)
		cpl_run_no_memory(&t->x->client.run);
	more = xmuc_page(t, answer);
	if (more == 0 && t->items > 0)
		xmuc_done(t);
	else if (more == 0)
		ask_how_many(t);
}

/* 6.5: "forbidden" to strangers; what else is wrong the next answer says. */
static void on_refused(struct xmuc_task *t, xmpp_stanza_t *answer,
		       const struct cpl_err *why)
{
	if (answer && t->items == 0)
		ask_how_many(t);
	else
		xmuc_fail(t, why);
}

static void start_who(struct xmuc_task *t)
{
	if (t->x->set.given & XMUC_JOIN) {
		enter(t);
		return;
	}
	t->refused = on_refused;
	xmuc_ask_items(t, take_items);
}

const struct xmuc_verb xmuc_who = {
    .word = "who",
    .operands = "ROOM...",
    .joins = 1,
    .least = 1,
    .most = CPL_RECIPIENTS_MAX,
    .options = XMUC_JOIN | XMUC_NICK | XMUC_PASSWORD,
    .line = xmuc_room_line,
    .start = start_who,
};
