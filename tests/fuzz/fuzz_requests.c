/* SPDX-License-Identifier: MIT
 *
 * What comes to those who ask on a session (played_who.h): the contact list and
 * who waits for it, bookmarks, walks, offline messages, answers. */
#include "../../common/stream/answer.h"
#include "../../common/stream/bookmarks.h"
#include "../../common/stream/browse.h"
#include "../../common/stream/caps.h"
#include "../../common/stream/census.h"
#include "../../common/stream/offline.h"
#include "../../common/stream/pending.h"
#include "../../common/stream/presence.h"
#include "../../common/stream/roster.h"
#include "../../common/stream/subscribe.h"

#include "../../common/stanza/ns.h"
#include "played_who.h"

static struct cpl_roster *roster;

/* --- the contact list, and who waits for it ------------------------------ */

static struct cpl_subscribe *subscribe;
static struct cpl_census *census;
static struct cpl_sight *sight;

static void on_unknown(void *user, const char *jid, const struct cpl_err *why)
{
	(void)user;
	MUST(jid && why);
	check_why(why);
}

static void on_subscribed(void *user, const char *jid,
			  const struct cpl_err *why)
{
	(void)user;
	MUST(jid != NULL);
	check_why(why);
}

static void subscribe_all(void)
{
	static const char *const who[] = {"juliet@capulet.lit",
					  "nurse@capulet.lit", "montague.lit"};
	struct cpl_subscribe_conf conf = {.loop = loop,
					  .session = &session,
					  .roster = roster,
					  .verb = session.asked % 5,
					  .settle = 1000};
	struct cpl_subscribe_events on = {on_subscribed, on_done, NULL};
	struct cpl_jid jid;

	subscribe = cpl_subscribe_new(&conf, &on);
	for (size_t i = 0; i < 3; i++) {
		MUST(cpl_jid_parse(&jid, who[i], NULL) == 0);
		(void)!cpl_subscribe_add(subscribe, &jid, NULL);
		cpl_jid_release(&jid);
	}
	(void)!cpl_subscribe_finish(subscribe, NULL);
}

static void take_census(void)
{
	struct cpl_census_conf conf = {loop, &session, sight, 1000};
	struct cpl_census_events on = {on_unknown, on_done, NULL};

	census = cpl_census_new(&conf, &on);
	MUST(census != NULL);
	(void)!cpl_census_roster(census, roster, NULL);
}

static void on_roster(void *user, const struct cpl_err *why)
{
	check_why(why);
	if (why || subscribe || census)
		return;
	if (user)
		subscribe_all();
	else
		take_census();
}

static void on_changed(void *user, const struct cpl_contact *c)
{
	(void)user;
	MUST(c->jid.full != NULL);
	if (subscribe)
		cpl_subscribe_changed(subscribe, c);
}

static void begin_roster(void *user)
{
	struct cpl_roster_events on = {on_roster, on_changed, user};

	sight = cpl_sight_new();
	roster = cpl_roster_new(&session, NULL, NULL, &on, NULL);
	MUST(roster != NULL);
}

static void subscribe_begin(void)
{
	begin_roster(&roster);
}

static void census_begin(void)
{
	begin_roster(NULL);
}

static void roster_stanza(xmpp_stanza_t *s)
{
	struct cpl_jid from;

	if (cpl_is(s, "iq", CPL_NS_CLIENT)) {
		(void)cpl_roster_iq(roster, s);
		return;
	}
	if (!cpl_is(s, "presence", CPL_NS_CLIENT))
		return;
	if (subscribe)
		cpl_subscribe_presence(subscribe, s);
	if (!xmpp_stanza_get_from(s) ||
	    cpl_jid_parse(&from, xmpp_stanza_get_from(s), NULL) < 0)
		return;
	MUST(cpl_sight_take(sight, &from, s, NULL) >= 0);
	cpl_jid_release(&from);
}

static void roster_again(void)
{
	(void)!cpl_roster_again(roster, NULL);
}

static void roster_end(void)
{
	for (size_t i = 1; i < cpl_roster_count(roster); i++)
		MUST(strcmp(cpl_roster_at(roster, i - 1)->jid.full,
			    cpl_roster_at(roster, i)->jid.full) < 0);
	cpl_census_free(census);
	cpl_subscribe_free(subscribe);
	cpl_roster_free(roster);
	cpl_sight_free(sight);
	census = NULL;
	subscribe = NULL;
	roster = NULL;
}

/* --- bookmarks ----------------------------------------------------------- */

static struct cpl_bookmarks *bookmarks;

static void on_bookmarks(void *user, const struct cpl_err *why)
{
	(void)user;
	check_why(why);
}

static void bookmarks_act(void)
{
	static const struct cpl_bookmark_change change = {"n", "r", NULL, 1};

	MUST(cpl_bookmarks_put(bookmarks, "hall@chat.capulet.lit", &change,
			       on_bookmarks, NULL) == 0);
	MUST(cpl_bookmarks_remove(bookmarks, "hall@chat.capulet.lit",
				  on_bookmarks, NULL) == 0);
}

static void bookmarks_begin(void)
{
	struct cpl_bookmarks_events on = {on_bookmarks, NULL};

	bookmarks = cpl_bookmarks_new(&session, NULL, &on, NULL);
	MUST(bookmarks != NULL);
}

static void bookmarks_end(void)
{
	cpl_bookmarks_free(bookmarks);
}

/* --- a walk -------------------------------------------------------------- */

static struct cpl_browse *browse;

static void on_found(void *user, const char *jid, const char *node,
		     const char *ns, xmpp_stanza_t *answer,
		     xmpp_stanza_t *query, const struct cpl_err *why)
{
	(void)user;
	(void)node;
	MUST(!over && jid && ns && !answer == !query);
	check_why(why);
}

static void browse_begin(void)
{
	struct cpl_browse_conf conf = {loop, &session, 10000, 3, 20, 1, 1};
	struct cpl_browse_events on = {on_found, on_done, NULL};

	browse = cpl_browse_new(&conf, &on);
	MUST(browse && cpl_browse_add(browse, "capulet.lit", NULL, NULL) == 0);
	cpl_browse_start(browse);
}

static void browse_end(void)
{
	(void)cpl_browse_left(browse);
	cpl_browse_free(browse);
}

/* --- what waits ----------------------------------------------------------- */

static struct cpl_offline *offline;
static struct cpl_pending *pending;

static void on_known(void *user)
{
	(void)user;
	if (cpl_offline_supported(offline))
		cpl_offline_list(offline);
}

static void on_listed(void *user, int ok)
{
	(void)user;
	if (ok)
		cpl_offline_next(offline);
}

static void on_message(void *user, xmpp_stanza_t *message)
{
	(void)user;
	if (!message)
		return;
	cpl_offline_remove(offline);
	cpl_offline_next(offline);
}

static void on_announced(void *user, const struct cpl_err *why)
{
	(void)user;
	check_why(why);
}

static void offline_begin(void)
{
	static const struct cpl_presence presence = {.priority = -1};
	struct cpl_offline_events on = {on_known, on_listed, on_message, NULL};
	struct cpl_pending_events pends = {on_announced, NULL};

	offline = cpl_offline_new(&session, &on);
	MUST(offline != NULL);
	pending = cpl_pending_new(&session, &presence, &pends, NULL);
}

static void offline_stanza(xmpp_stanza_t *s)
{
	(void)cpl_offline_stanza(offline, s);
}

static void offline_end(void)
{
	(void)cpl_offline_restores(offline);
	cpl_pending_free(pending);
	session_over();
	cpl_offline_free(offline);
}

/* --- answers -------------------------------------------------------------- */

static struct cpl_answer *answers;
static struct cpl_caps caps;

static void answer_begin(void)
{
	memset(&caps, 0, sizeof caps);
	MUST(cpl_caps_add(&caps, "urn:x", NULL) == 0);
	answers = cpl_answer_new(&session, 1, &caps);
	MUST(answers != NULL);
}

static void answer_stanza(xmpp_stanza_t *s)
{
	(void)cpl_answer_iq(answers, s);
}

static void answer_act(void)
{
	xmpp_stanza_t *m = cpl_build_stanza(session.ctx, "message", NULL, "1",
					    "juliet@capulet.lit/b");

	MUST(m != NULL);
	cpl_answer_private(answers, m);
	cpl_answer_learn(answers);
	xmpp_stanza_release(m);
}

static void answer_end(void)
{
	session_over();
	cpl_answer_free(answers);
}

/* -------------------------------------------------------------------------- */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct who all[] = {
	    {subscribe_begin, roster_stanza, roster_again, idle, idle,
	     roster_end},
	    {census_begin, roster_stanza, roster_again, idle, idle, roster_end},
	    {bookmarks_begin, ignore, idle, idle, bookmarks_act, bookmarks_end},
	    {browse_begin, ignore, idle, idle, idle, browse_end},
	    {offline_begin, offline_stanza, idle, idle, idle, offline_end},
	    {answer_begin, answer_stanza, answer_act, idle, answer_act,
	     answer_end},
	};

	if (size > 0)
		who_runs(&all[data[0] % (sizeof all / sizeof *all)], data + 1,
			 data + size);
	return 0;
}
