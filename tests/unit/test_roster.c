/* SPDX-License-Identifier: MIT
 *
 * The contact list over a session that is played here: what it asks and sends
 * is kept, and the test answers. The linker takes these functions in place of
 * session.o. */
#include "../../common/stream/roster.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "../../common/stanza/build.h"
#include "../../common/stanza/write.h"
#include "../../common/stream/roster_cache.h"
#include "folder.h"
#include "parse.h"
#include "strophe_mem.h"
#include "unit.h"

enum { MOST = 8 };

struct cpl_session {
	int versioned;
	int broken; /* sending fails */
	struct cpl_jid jid;
	size_t count;
	struct {
		void (*answered)(void *user, xmpp_stanza_t *answer);
		void *user; /* NULL: answered or forgotten */
	} asked[MOST];
};

static struct strophe_mem mem;
static xmpp_ctx_t *ctx;
static struct cpl_session session;
static struct cpl_buf out = CPL_BUF_INIT(65536);   /* what was sent */
static struct cpl_buf told = CPL_BUF_INIT(65536);  /* the events */
static struct cpl_buf lines = CPL_BUF_INIT(65536); /* of the log */

static int keep(xmpp_stanza_t *stanza, struct cpl_err *e)
{
	if (session.broken)
		return cpl_err_set(e, CPL_TEMP, "not connected");
	CHECK_INT(cpl_write_xml(&out, stanza, "jabber:client"), 0);
	return 0;
}

int cpl_session_request(struct cpl_session *s, xmpp_stanza_t *iq,
			void (*answered)(void *user, xmpp_stanza_t *answer),
			void *user, struct cpl_err *e)
{
	if (keep(iq, e) < 0 || !CHECK(s->count < MOST))
		return -1;
	s->asked[s->count].answered = answered;
	s->asked[s->count++].user = user;
	return 0;
}

int cpl_session_send(struct cpl_session *s, xmpp_stanza_t *stanza,
		     uint64_t *number, struct cpl_err *e)
{
	(void)s;
	(void)number;
	return keep(stanza, e);
}

void cpl_session_forget(struct cpl_session *s, const void *user)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->asked[i].user == user)
			s->asked[i].user = NULL;
}

int cpl_session_feature(const struct cpl_session *s, const char *name,
			const char *ns)
{
	CHECK_STR(name, "ver");
	CHECK_STR(ns, "urn:xmpp:features:rosterver");
	return s->versioned;
}

const struct cpl_jid *cpl_session_jid(const struct cpl_session *s)
{
	return &s->jid;
}

xmpp_ctx_t *cpl_session_ctx(const struct cpl_session *s)
{
	(void)s;
	return ctx;
}

/* --- the test's side ---------------------------------------------------- */

static char folder[] = "/tmp/test_roster.XXXXXX";
static struct cpl_roster *roster;

static void keep_line(void *user, int level, const char *text)
{
	(void)user;
	(void)level;
	CHECK_INT(cpl_buf_addf(&lines, "%s\n", text), 0);
}

static const struct cpl_log log_kept = {.level = 1, .line = keep_line};

static void on_ready(void *user, const struct cpl_err *why)
{
	CHECK(user == &told);
	CHECK_INT(cpl_buf_addf(&told, "ready %s\n", why ? why->text : ""), 0);
	if (why)
		CHECK_INT(why->status, CPL_REFUSED);
}

static void on_changed(void *user, const struct cpl_contact *c)
{
	CHECK(user == &told);
	CHECK_INT(cpl_buf_adds(&told, "changed "), 0);
	CHECK_INT(cpl_contact_json(&told, c, 1), 0);
	CHECK_INT(cpl_buf_addc(&told, '\n'), 0);
}

static const char *take(struct cpl_buf *b)
{
	static char text[65536];

	snprintf(text, sizeof text, "%s", b->len ? b->data : "");
	cpl_buf_truncate(b, 0);
	return text;
}

static void begin(const char *state, int versioned)
{
	struct cpl_roster_events events = {on_ready, on_changed, &told};
	struct cpl_err e = CPL_ERR_INIT;

	cpl_buf_truncate(&out, 0);
	cpl_buf_truncate(&told, 0);
	cpl_buf_truncate(&lines, 0);
	session.versioned = versioned;
	session.broken = 0;
	session.count = 0;
	roster = cpl_roster_new(&session, state, &log_kept, &events, &e);
	CHECK(roster != NULL);
}

/* Answers the nth request; NULL: the session ended. */
static void answer(size_t n, const char *xml)
{
	xmpp_stanza_t *iq = xml ? parse(ctx, xml) : NULL;
	void *user;

	if (!CHECK(n < session.count))
		return;
	user = session.asked[n].user;
	session.asked[n].user = NULL;
	if (CHECK(user != NULL))
		session.asked[n].answered(user, iq);
	if (iq)
		xmpp_stanza_release(iq);
}

static int iq(const char *xml)
{
	xmpp_stanza_t *stanza = parse(ctx, xml);
	int result = 0;

	if (CHECK(stanza != NULL)) {
		result = cpl_roster_iq(roster, stanza) != 0;
		xmpp_stanza_release(stanza);
	}
	return result;
}

/* The JIDs, and what else is not as it is by default. */
static const char *all(void)
{
	struct cpl_buf text = CPL_BUF_INIT(65536);

	for (size_t i = 0; i < cpl_roster_count(roster); i++) {
		const struct cpl_contact *c = cpl_roster_at(roster, i);

		CHECK_INT(cpl_buf_addf(&text, "%s=%s ", c->jid.full,
				       c->name ? c->name : ""),
			  0);
	}
	take(&out);
	CHECK_INT(cpl_buf_adds(&out, text.len ? text.data : ""), 0);
	cpl_buf_release(&text);
	return take(&out);
}

#define Q "<query xmlns='jabber:iq:roster' "
#define GET(ver)                                                               \
	"<iq type=\"get\"><query xmlns=\"jabber:iq:roster\"" ver "/></iq>"
#define PING                                                                   \
	"<iq to=\"montague.lit\" type=\"get\"><ping "                          \
	"xmlns=\"urn:xmpp:ping\"/></iq>"
#define RESULT(query) "<iq type='result' id='x'>" query "</iq>"
#define PUSH(from, ver, item)                                                  \
	"<iq type='set' id='p' " from ">" Q ver ">" item "</query></iq>"
#define OK_TO(to) "<iq id=\"p\"" to " type=\"result\"/>"

/* Leaves a cache of version v1 with b.lit and c.lit. */
static void leave_cache(void)
{
	begin(folder, 1);
	answer(0, RESULT(Q "ver='v1'><item jid='c.lit' name='C'/>"
			   "<item jid='b.lit'/></query>"));
	cpl_roster_free(roster);
}

static void the_list_comes_sorted(void)
{
	begin(NULL, 0);
	CHECK_STR(take(&out), GET(""));
	answer(0, RESULT(Q "><item jid='c@x.lit'/><item jid='B@x.lit'/>"
			   "<item jid='a@x.lit/r' name='1'/>"
			   "<item jid='b@x.lit' name='2'/><other/>"
			   "<item jid='gone.lit' subscription='remove'/>"
			   "<item jid='a b@x.lit'/><item/></query>"));
	CHECK_STR(take(&told), "ready \n");
	CHECK_STR(all(), "a@x.lit/r=1 b@x.lit=2 c@x.lit= ");
	CHECK_STR(take(&lines),
		  "a contact of the server's is left out: 'a b@x.lit' has a "
		  "character that a localpart must not have\n"
		  "a contact of the server's is left out: an item without "
		  "jid\n");
	CHECK_STR(cpl_roster_find(roster, "A@x.lit/other")->name, "1");
	CHECK_STR(cpl_roster_find(roster, "b@x.lit/other")->name, "2");
	CHECK(cpl_roster_find(roster, "x.lit") == NULL);
	CHECK(cpl_roster_find(roster, "a b@x.lit") == NULL);
	CHECK(cpl_roster_exact(roster, "a@x.lit") == NULL);
	CHECK(cpl_roster_exact(roster, "a@x.lit/r") != NULL);
	cpl_roster_free(roster);
}

static void what_else_may_be_answered(void)
{
	begin(NULL, 0);
	answer(0, RESULT(""));
	CHECK_STR(take(&told), "ready \n");
	CHECK_INT(cpl_roster_count(roster), 0);
	cpl_roster_free(roster);

	begin(NULL, 0);
	answer(0, "<iq type='error'><error type='cancel'><not-allowed "
		  "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
		  "</iq>");
	CHECK_STR(take(&told), "ready the contact list: not-allowed\n");
	cpl_roster_free(roster);

	/* The session's own event tells. */
	begin(NULL, 0);
	answer(0, NULL);
	CHECK_STR(take(&told), "");
	cpl_roster_free(roster);

	begin(NULL, 0);
	cpl_roster_free(roster);
	CHECK(session.asked[0].user == NULL);
}

static void pushes_are_applied_and_answered(void)
{
	begin(NULL, 0);
	answer(0, RESULT(Q "><item jid='a.lit'/></query>"));
	take(&told);
	take(&out);
	CHECK(iq(PUSH("", "", "<item jid='B.lit' name='B'/>")));
	CHECK_STR(take(&out), OK_TO(""));
	CHECK(iq(PUSH("from='romeo@montague.lit'", "",
		      "<item jid='a.lit' subscription='remove'/>")));
	CHECK_STR(take(&out), OK_TO(" to=\"romeo@montague.lit\""));
	CHECK_STR(take(&told),
		  "changed {\"jid\":\"b.lit\",\"name\":\"B\","
		  "\"subscription\":\"none\",\"groups\":[]}\n"
		  "changed {\"jid\":\"a.lit\",\"subscription\":\"remove\","
		  "\"groups\":[]}\n");
	CHECK_STR(all(), "b.lit=B ");
	cpl_roster_free(roster);
}

/* RFC 6121 2.1.6 */
static void forged_pushes_are_ignored_in_silence(void)
{
	static const char *const from[] = {
	    "from='romeo@montague.lit/orchard'",
	    "from='montague.lit'",
	    "from='juliet@capulet.lit'",
	    "from='romeo@montague.lit.evil.lit'",
	    "from=''",
	    "from='not a jid@'",
	};
	char xml[512];

	begin(NULL, 0);
	answer(0, RESULT(Q "><item jid='a.lit'/></query>"));
	take(&told);
	take(&out);
	for (size_t i = 0; i < sizeof from / sizeof *from; i++) {
		snprintf(xml, sizeof xml,
			 PUSH("%s", "", "<item jid='evil.lit'/>"), from[i]);
		CHECK(iq(xml));
		CHECK_STR(take(&out), "");
	}
	CHECK_STR(take(&told), "");
	CHECK_STR(all(), "a.lit= ");
	/* What is no push is somebody else's. */
	CHECK(!iq("<iq type='get' id='1'>" Q "/></iq>"));
	CHECK(!iq("<iq type='set' id='1'><query xmlns='urn:x'/></iq>"));
	CHECK(!iq("<message type='set'>" Q "/></message>"));
	cpl_roster_free(roster);
}

static void bad_pushes_are_refused(void)
{
	static const char *const items[] = {
	    "", "<item jid='a.lit'/><item jid='b.lit'/>", "<item/>",
	    "<item jid='@'/>"};
	char xml[512];

	begin(NULL, 0);
	answer(0, RESULT(Q "/>"));
	take(&told);
	take(&out);
	for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
		snprintf(xml, sizeof xml, PUSH("", "", "%s"), items[i]);
		CHECK(iq(xml));
		CHECK(strstr(take(&out), "<bad-request ") != NULL);
	}
	CHECK_STR(take(&told), "");
	CHECK_STR(all(), "");
	cpl_roster_free(roster);
}

static void without_cache_the_version_is_empty(void)
{
	begin(NULL, 1);
	CHECK_STR(take(&out), GET(" ver=\"\""));
	answer(0, RESULT(Q "ver='v1'><item jid='b.lit'/></query>"));
	CHECK_STR(take(&told), "ready \n");
	cpl_roster_free(roster);
}

/* RFC 6121 2.6.3: an empty result, then what has changed, as pushes. */
static void the_cache_is_good(void)
{
	leave_cache();
	begin(folder, 1);
	CHECK_STR(take(&out), GET(" ver=\"v1\"") PING);
	answer(0, RESULT(""));
	CHECK_STR(take(&told), "");
	CHECK(iq(PUSH("", "ver='v2'", "<item jid='a.lit' name='new'/>")));
	CHECK(iq(
	    PUSH("", "ver='v3'", "<item jid='b.lit' subscription='remove'/>")));
	CHECK_STR(take(&told), "");
	answer(1, RESULT(""));
	CHECK_STR(take(&told), "ready \n");
	CHECK_STR(all(), "a.lit=new c.lit=C ");
	cpl_roster_free(roster);

	begin(folder, 1);
	CHECK_STR(take(&out), GET(" ver=\"v3\"") PING);
	answer(0, RESULT(Q "ver='v9'><item jid='z.lit'/></query>"));
	CHECK_STR(take(&told), "ready \n");
	CHECK_STR(all(), "z.lit= ");
	/* A late pong is no news, an error is as good. */
	answer(1, RESULT(""));
	CHECK_STR(take(&told), "");
	cpl_roster_free(roster);
}

static void a_pong_before_the_result_is_no_fence(void)
{
	leave_cache();
	begin(folder, 1);
	take(&out);
	answer(1, RESULT(""));
	CHECK_STR(take(&told), "");
	answer(0, RESULT(""));
	CHECK_STR(take(&told), "");
	CHECK_STR(take(&out), PING);
	answer(2, "<iq type='error' id='x'/>");
	CHECK_STR(take(&told), "ready \n");
	CHECK_STR(all(), "b.lit= c.lit=C ");
	cpl_roster_free(roster);
}

/* What came is kept, with the version of the last push. */
static void the_session_ends_while_catching_up(void)
{
	leave_cache();
	begin(folder, 1);
	answer(0, RESULT(""));
	CHECK(iq(PUSH("", "ver='v2'", "<item jid='a.lit'/>")));
	answer(1, NULL);
	CHECK_STR(take(&told), "");
	cpl_roster_free(roster);
	begin(folder, 1);
	CHECK_STR(take(&out), GET(" ver=\"v2\"") PING);
	cpl_roster_free(roster);
	/* A push before the result is not the list. */
	begin(NULL, 1);
	CHECK(iq(PUSH("", "ver='v2'", "<item jid='a.lit'/>")));
	cpl_roster_free(roster);
}

static void again(void)
{
	struct cpl_err e = CPL_ERR_INIT;

	CHECK_INT(cpl_roster_again(roster, &e), 0);
}

/* The session asks again what was not answered; what was is asked by us, and
 * the pong to the lost session's ping is none. */
static void a_new_login(void)
{
	leave_cache();
	begin(folder, 1);
	take(&out);
	again();
	CHECK_STR(take(&out), "");
	answer(0, RESULT(""));
	CHECK(iq(PUSH("", "ver='v2'", "<item jid='a.lit'/>")));
	take(&out);
	again();
	CHECK_STR(take(&out), GET(" ver=\"v2\"") PING);
	CHECK(session.asked[1].user == NULL);
	CHECK_STR(take(&told), "");
	answer(2, RESULT(""));
	answer(3, RESULT(""));
	CHECK_STR(take(&told), "ready \n");
	/* When it was complete it is completed. */
	again();
	CHECK_STR(take(&out), GET(" ver=\"v2\"") PING);
	answer(4, RESULT(Q "ver='v4'><item jid='d.lit'/></query>"));
	CHECK_STR(take(&told), "ready \n");
	CHECK_STR(all(), "d.lit= ");
	cpl_roster_free(roster);
}

static void a_push_without_version_ends_the_cache(void)
{
	leave_cache();
	begin(folder, 1);
	answer(0, RESULT(""));
	answer(1, RESULT(""));
	CHECK(iq(PUSH("", "", "<item jid='a.lit'/>")));
	cpl_roster_free(roster);
	begin(folder, 1);
	CHECK_STR(take(&out), GET(" ver=\"\""));
	cpl_roster_free(roster);
}

/* A server without versions gets none, and leaves no version. */
static void versions_are_for_those_who_offer_them(void)
{
	leave_cache();
	begin(folder, 0);
	CHECK_STR(take(&out), GET(""));
	answer(0, RESULT(Q "><item jid='d.lit'/></query>"));
	cpl_roster_free(roster);
	begin(folder, 1);
	CHECK_STR(take(&out), GET(" ver=\"\""));
	cpl_roster_free(roster);
}

/* --- the cache's file --------------------------------------------------- */

static char path[128];

static size_t load(char *text, size_t size)
{
	FILE *f = fopen(path, "r");
	size_t n = 0;

	if (CHECK(f != NULL)) {
		n = fread(text, 1, size, f);
		fclose(f);
	}
	return n;
}

static void store(const char *text, size_t n)
{
	FILE *f = fopen(path, "w");

	if (CHECK(f != NULL)) {
		CHECK_INT(fwrite(text, 1, n, f), n);
		fclose(f);
	}
}

static void check_unusable(void)
{
	begin(folder, 1);
	CHECK_STR(take(&out), GET(" ver=\"\""));
	cpl_roster_free(roster);
}

static void a_damaged_cache_is_none(void)
{
	char text[4096], other[4096];
	size_t n;

	leave_cache();
	n = load(text, sizeof text);
	CHECK(n > 100);
	for (size_t cut = 0; cut < n; cut++) {
		store(text, cut);
		check_unusable();
	}
	for (size_t i = 0; i < n; i++) {
		memcpy(other, text, n);
		other[i] ^= 1;
		store(other, n);
		check_unusable();
	}
	store(text, n);
	begin(folder, 1);
	CHECK_STR(take(&out), GET(" ver=\"v1\"") PING);
	cpl_roster_free(roster);
}

static void anothers_cache_is_none(void)
{
	struct cpl_roster_cache where = {folder, "juliet@capulet.lit", ctx,
					 NULL};
	struct cpl_contacts list = {0};
	char text[4096], juliet[128], *ver;
	size_t n;

	cpl_roster_cache_write(&where, &list, "v7");
	CHECK_INT(cpl_roster_cache_read(&where, &list, &ver), 0);
	CHECK_STR(ver, "v7");
	free(ver);
	CHECK_INT(list.count, 0);
	snprintf(juliet, sizeof juliet, "%s/roster-juliet@capulet.lit", folder);
	CHECK_INT(rename(juliet, path), 0);
	n = load(text, sizeof text);
	CHECK(n > 0);
	check_unusable();
}

static void sets_take_their_item(void)
{
	struct cpl_contact c = {0};
	xmpp_stanza_t *set;
	long before = mem.blocks;

	CHECK_INT(cpl_contact_init(&c, "a.lit", NULL), 0);
	set = cpl_roster_set(ctx, cpl_contact_item(ctx, &c, 0));
	UNIT_NEED(set != NULL);
	CHECK_INT(cpl_write_xml(&out, set, "jabber:client"), 0);
	CHECK_STR(take(&out), "<iq type=\"set\"><query "
			      "xmlns=\"jabber:iq:roster\"><item "
			      "jid=\"a.lit\"/></query></iq>");
	xmpp_stanza_release(set);
	CHECK(cpl_roster_set(ctx, NULL) == NULL);
	for (long i = 1; i < 100; i++) {
		mem.calls = 0;
		mem.fail_at = i;
		set = cpl_roster_set(ctx, cpl_contact_item(ctx, &c, 0));
		mem.fail_at = 0;
		if (set) {
			xmpp_stanza_release(set);
			break;
		}
		CHECK_INT(mem.blocks, before);
	}
	cpl_contact_release(&c);
	CHECK_INT(mem.blocks, before);
}

static void a_broken_session(void)
{
	struct cpl_roster_events events = {on_ready, NULL, &told};
	struct cpl_err e = CPL_ERR_INIT;

	session.broken = 1;
	CHECK(cpl_roster_new(&session, NULL, NULL, &events, &e) == NULL);
	CHECK_INT(e.status, CPL_TEMP);
	/* The answer to a push that cannot be sent is not missed. */
	begin(NULL, 0);
	session.broken = 1;
	CHECK(iq(PUSH("", "", "<item jid='a.lit'/>")));
	cpl_roster_free(roster);
}

int main(void)
{
	ctx = strophe_mem_ctx(&mem);
	if (!ctx || !mkdtemp(folder) ||
	    cpl_jid_parse(&session.jid, "romeo@montague.lit/orchard", NULL) < 0)
		return 1;
	snprintf(path, sizeof path, "%s/roster-romeo@montague.lit", folder);
	RUN(the_list_comes_sorted);
	RUN(what_else_may_be_answered);
	RUN(pushes_are_applied_and_answered);
	RUN(forged_pushes_are_ignored_in_silence);
	RUN(bad_pushes_are_refused);
	RUN(without_cache_the_version_is_empty);
	RUN(the_cache_is_good);
	RUN(a_pong_before_the_result_is_no_fence);
	RUN(the_session_ends_while_catching_up);
	RUN(a_new_login);
	RUN(a_push_without_version_ends_the_cache);
	RUN(versions_are_for_those_who_offer_them);
	RUN(a_damaged_cache_is_none);
	RUN(anothers_cache_is_none);
	RUN(sets_take_their_item);
	RUN(a_broken_session);
	folder_remove(folder);
	cpl_jid_release(&session.jid);
	cpl_buf_release(&out);
	cpl_buf_release(&told);
	cpl_buf_release(&lines);
	return strophe_mem_end(&mem, ctx);
}
