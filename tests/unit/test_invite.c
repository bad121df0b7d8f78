/* SPDX-License-Identifier: MIT */
#include "../../common/stanza/invite.h"

#include "parse.h"
#include "strophe_mem.h"
#include "unit.h"

static struct strophe_mem mem;
static xmpp_ctx_t *ctx;
static struct cpl_jid own;

#define USER "<x xmlns='http://jabber.org/protocol/muc#user'>"
#define MEDIATED(from, inside)                                                 \
	"<message from='" from "' to='romeo@montague.lit'>" USER inside        \
	"</x></message>"
#define DIRECT(from, inside)                                                   \
	"<message " from ">"                                                   \
	"<x xmlns='jabber:x:conference' " inside "/></message>"

/* What is read of it: "ROOM INVITER PASSWORD", with + if mediated; "": it is
 * none. */
static void reads(const char *xml, const char *expected)
{
	xmpp_stanza_t *message = parse(ctx, xml);
	struct cpl_invite i;
	char got[256] = "";

	UNIT_NEED(message);
	if (cpl_invite_read(message, &own, &i) == 0)
		snprintf(got, sizeof got, "%s%s %s %s", i.mediated ? "+" : "",
			 i.room.full, i.inviter.full ? i.inviter.full : "-",
			 i.password ? i.password : "-");
	else
		CHECK(!i.room.full && !i.inviter.full && !i.password);
	CHECK_STR(got, expected);
	cpl_invite_release(&i);
	xmpp_stanza_release(message);
}

static void mediated(void)
{
	reads(MEDIATED("Hall@rooms.lit", "<invite from='juliet@capulet.lit/b'>"
					 "<reason>come</reason></invite>"),
	      "+hall@rooms.lit juliet@capulet.lit/b -");
	reads(MEDIATED("hall@rooms.lit", "<invite from='hall@rooms.lit/nurse'/>"
					 "<password>secret</password>"),
	      "+hall@rooms.lit hall@rooms.lit/nurse secret");
	reads(MEDIATED("hall@rooms.lit", "<invite/>"), "+hall@rooms.lit - -");
	reads(MEDIATED("hall@rooms.lit", "<decline from='j@c.lit'/>"), "");
	reads(MEDIATED("hall@rooms.lit/nurse", "<invite from='j@c.lit'/>"), "");
	reads(MEDIATED("rooms.lit", "<invite from='j@c.lit'/>"), "");
	reads(MEDIATED("hall@rooms.lit", "<invite from='@'/>"), "");
}

static void direct(void)
{
	reads(DIRECT("from='juliet@capulet.lit/b'", "jid='hall@rooms.lit'"),
	      "hall@rooms.lit juliet@capulet.lit/b -");
	reads(DIRECT("from='juliet@capulet.lit'",
		     "jid='hall@rooms.lit' password='secret'"),
	      "hall@rooms.lit juliet@capulet.lit secret");
	reads(DIRECT("", "jid='hall@rooms.lit'"),
	      "hall@rooms.lit romeo@montague.lit -");
	reads(DIRECT("from='juliet@capulet.lit'", ""), "");
	reads(DIRECT("from='juliet@capulet.lit'", "jid='rooms.lit'"), "");
	reads(DIRECT("from='juliet@capulet.lit'", "jid='h@rooms.lit/x'"), "");
	reads(DIRECT("from='juliet@capulet.lit' type='error'",
		     "jid='hall@rooms.lit'"),
	      "");
	reads(DIRECT("from='hall@rooms.lit/nurse' type='groupchat'",
		     "jid='hall@rooms.lit'"),
	      "");
	reads("<message from='j@c.lit'><body>hall@rooms.lit</body></message>",
	      "");
	reads("<presence from='j@c.lit'>"
	      "<x xmlns='jabber:x:conference' jid='h@rooms.lit'/></presence>",
	      "");
}

/* Servers send both in one message: then it is the room's. */
static void both(void)
{
	reads("<message from='hall@rooms.lit'>" USER
	      "<invite from='juliet@capulet.lit'/></x>"
	      "<x xmlns='jabber:x:conference' jid='hall@rooms.lit'/>"
	      "</message>",
	      "+hall@rooms.lit juliet@capulet.lit -");
	reads("<message from='juliet@capulet.lit'>" USER
	      "<status code='100'/></x>"
	      "<x xmlns='jabber:x:conference' jid='hall@rooms.lit'/>"
	      "</message>",
	      "hall@rooms.lit juliet@capulet.lit -");
}

static int matches(const char *xml, const char *text)
{
	xmpp_stanza_t *message = parse(ctx, xml);
	struct cpl_invite i;
	struct cpl_jid pattern;
	int result;

	CHECK_INT(cpl_invite_read(message, &own, &i), 0);
	CHECK_INT(cpl_jid_parse(&pattern, text, NULL), 0);
	result = cpl_invite_matches(&i, &pattern, &own);
	cpl_jid_release(&pattern);
	cpl_invite_release(&i);
	xmpp_stanza_release(message);
	return result;
}

static void patterns(void)
{
	static const char by_juliet[] =
	    DIRECT("from='juliet@capulet.lit/b'", "jid='hall@rooms.far.lit'");
	static const char by_room[] = MEDIATED(
	    "hall@rooms.capulet.lit", "<invite from='juliet@capulet.lit/b'/>");
	static const char at_home[] = MEDIATED(
	    "hall@rooms.montague.lit", "<invite from='juliet@capulet.lit'/>");
	static const char forged[] = MEDIATED(
	    "hall@rooms.far.lit", "<invite from='juliet@capulet.lit/b'/>");
	static const char similar[] = MEDIATED(
	    "hall@roomscapulet.lit", "<invite from='juliet@capulet.lit/b'/>");

	CHECK(matches(by_juliet, "juliet@capulet.lit"));
	CHECK(matches(by_juliet, "capulet.lit"));
	CHECK(matches(by_juliet, "rooms.far.lit"));
	CHECK(matches(by_juliet, "hall@rooms.far.lit"));
	CHECK(!matches(by_juliet, "nurse@capulet.lit"));
	CHECK(!matches(by_juliet, "cellar@rooms.far.lit"));
	CHECK(!matches(by_juliet, "far.lit"));
	CHECK(matches(by_room, "juliet@capulet.lit"));
	CHECK(matches(by_room, "capulet.lit"));
	CHECK(matches(by_room, "rooms.capulet.lit"));
	CHECK(matches(at_home, "juliet@capulet.lit"));
	CHECK(!matches(forged, "juliet@capulet.lit"));
	CHECK(!matches(forged, "capulet.lit"));
	CHECK(matches(forged, "rooms.far.lit"));
	CHECK(!matches(similar, "juliet@capulet.lit"));
	CHECK(!matches(MEDIATED("hall@rooms.lit", "<invite/>"), "capulet.lit"));
}

int main(void)
{
	ctx = strophe_mem_ctx(&mem);
	if (!ctx || cpl_jid_parse(&own, "romeo@montague.lit/orchard", NULL) < 0)
		return 1;
	RUN(mediated);
	RUN(direct);
	RUN(both);
	RUN(patterns);
	cpl_jid_release(&own);
	return strophe_mem_end(&mem, ctx);
}
