/* SPDX-License-Identifier: MIT */
#include "../../common/stream/archive.h"

#include "../../common/stanza/carbon.h"
#include "is_xml.h"
#include "parse.h"
#include "strophe_mem.h"
#include "unit.h"

static struct strophe_mem mem;
static xmpp_ctx_t *ctx;
static struct cpl_jid own;

#define OF(from, queryid, id, inner)                                           \
	"<message" from "><result xmlns='urn:xmpp:mam:2' " queryid " id='" id  \
	"'><forwarded xmlns='urn:xmpp:forward:0'>" inner                       \
	"</forwarded></result></message>"
#define DELAY "<delay xmlns='urn:xmpp:delay' stamp='2026-11-28T10:00:00.007Z'/>"
#define HI "<message xmlns='jabber:client' from='r@m.lit/x'><body>hi</body>"

static void queries(void)
{
	struct cpl_archive_query q = {"q", "a&b", -1, 100, 0, NULL};

	IS_XML(cpl_archive_ask(ctx, &q),
	       "<iq type=\"set\"><query xmlns=\"urn:xmpp:mam:2\" queryid=\"q\">"
	       "<set xmlns=\"http://jabber.org/protocol/rsm\"><max>100</max>"
	       "<after>a&amp;b</after></set></query></iq>");
	q.after = "";
	q.start = 1795860000007;
	IS_XML(cpl_archive_ask(ctx, &q),
	       "<iq type=\"set\"><query xmlns=\"urn:xmpp:mam:2\" queryid=\"q\">"
	       "<x xmlns=\"jabber:x:data\" type=\"submit\">"
	       "<field type=\"hidden\" var=\"FORM_TYPE\">"
	       "<value>urn:xmpp:mam:2</value></field><field var=\"start\">"
	       "<value>2026-11-28T10:00:00.007Z</value></field></x>"
	       "<set xmlns=\"http://jabber.org/protocol/rsm\"><max>100</max>"
	       "</set></query></iq>");
	q.start = -1;
	q.last = q.max = 1;
	IS_XML(cpl_archive_ask(ctx, &q),
	       "<iq type=\"set\"><query xmlns=\"urn:xmpp:mam:2\" queryid=\"q\">"
	       "<set xmlns=\"http://jabber.org/protocol/rsm\"><max>1</max>"
	       "<before/></set></query></iq>");
}

static int take(const char *xml)
{
	struct cpl_archive_result r;
	xmpp_stanza_t *s = parse(ctx, xml);
	int kind = cpl_archive_take(s, &own, "q", &r);

	xmpp_stanza_release(s);
	return kind;
}

/* Whose result it is. */
static void sources(void)
{
	const int good = CPL_ARCHIVE_RESULT, bad = CPL_ARCHIVE_FORGED;

	CHECK_INT(take(OF("", "queryid='q'", "1", "")), good);
	CHECK_INT(take(OF(" from='j@c.lit'", "queryid='q'", "1", "")), good);
	CHECK_INT(take(OF(" from='J@C.LIT'", "queryid='q'", "1", "")), good);
	CHECK_INT(take(OF(" from='j@c.lit/x'", "queryid='q'", "1", "")), bad);
	CHECK_INT(take(OF(" from='c.lit'", "queryid='q'", "1", "")), bad);
	CHECK_INT(take(OF(" from='r@m.lit'", "queryid='q'", "1", "")), bad);
	CHECK_INT(take(OF("", "queryid='p'", "1", "")), bad);
	CHECK_INT(take(OF("", "", "1", "")), bad);
	CHECK_INT(take(OF("", "queryid='q'", "", "")), bad);
	CHECK_INT(take("<message><body>q</body></message>"), CPL_ARCHIVE_NONE);
}

static void is_message(const char *xml, const char *line, int64_t when)
{
	struct cpl_archive_result r;
	xmpp_stanza_t *s = parse(ctx, xml);

	CHECK_INT(cpl_archive_take(s, &own, "q", &r), CPL_ARCHIVE_RESULT);
	CHECK_INT(r.when, when);
	IS_XML(cpl_archive_message(&r, &own), line);
	xmpp_stanza_release(s);
}

static void messages(void)
{
	is_message(OF("", "queryid='q'", "7", DELAY HI "</message>"),
		   "<message from=\"r@m.lit/x\"><body>hi</body>"
		   "<stanza-id xmlns=\"urn:xmpp:sid:0\" by=\"j@c.lit\" "
		   "id=\"7\"/><delay xmlns=\"urn:xmpp:delay\" "
		   "stamp=\"2026-11-28T10:00:00.007Z\"/></message>",
		   1795860000007);
	/* One that is there cannot say another id; another's stays. */
	is_message(
	    OF("", "queryid='q'", "7",
	       HI "<stanza-id xmlns='urn:xmpp:sid:0' by='j@c.lit' id='8'/>"
		  "<stanza-id xmlns='urn:xmpp:sid:0' by='room@c.lit' id='9'/>"
		  "</message>"),
	    "<message from=\"r@m.lit/x\"><body>hi</body>"
	    "<stanza-id xmlns=\"urn:xmpp:sid:0\" by=\"j@c.lit\" id=\"7\"/>"
	    "<stanza-id xmlns=\"urn:xmpp:sid:0\" by=\"room@c.lit\" "
	    "id=\"9\"/></message>",
	    -1);
}

static struct cpl_archive_end ended(const char *inner)
{
	struct cpl_archive_end end;
	char xml[1024];
	xmpp_stanza_t *s;

	snprintf(xml, sizeof xml, "<iq type='result'>%s</iq>", inner);
	s = parse(ctx, xml);
	cpl_archive_ended(s, &end);
	end.why = end.why ? "why" : NULL;
	xmpp_stanza_release(s);
	return end;
}

#define FIN(attrs, inner)                                                      \
	"<fin xmlns='urn:xmpp:mam:2'" attrs                                    \
	"><set xmlns='http://jabber.org/protocol/rsm'>" inner "</set></fin>"
#define ERROR(type, name)                                                      \
	"<error type='" type "'><" name                                        \
	" xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"

static void ends(void)
{
	struct cpl_archive_end end = ended(FIN("", "<last>1</last>"));

	CHECK(!end.complete && !end.empty && !end.why);
	end = ended(FIN(" complete='false'", "<last>1</last>"));
	CHECK(!end.complete);
	end = ended(FIN(" complete='true'", "<last>1</last>"));
	CHECK(end.complete && !end.empty);
	end = ended(FIN("", ""));
	CHECK(end.complete && end.empty);
	end = ended(ERROR("cancel", "item-not-found"));
	CHECK(end.why && end.not_found && !end.temporary);
	end = ended(ERROR("wait", "resource-constraint"));
	CHECK(end.why && !end.not_found && end.temporary);
	end = ended("");
	CHECK(end.why && !end.not_found && !end.temporary);
}

static void offered(void)
{
	static const char *const answers[] = {
	    "<iq><query xmlns='http://jabber.org/protocol/disco#info'>"
	    "<feature var='x'/><feature var='urn:xmpp:mam:2'/></query></iq>",
	    "<iq><query xmlns='http://jabber.org/protocol/disco#info'>"
	    "<feature var='urn:xmpp:mam:1'/></query></iq>",
	    "<iq type='error'/>",
	};

	for (int i = 0; i < 3; i++) {
		xmpp_stanza_t *s = parse(ctx, answers[i]);

		CHECK_INT(cpl_archive_offered(s), i == 0);
		xmpp_stanza_release(s);
	}
}

#define SID(by, id)                                                            \
	"<stanza-id xmlns='urn:xmpp:sid:0' by='" by "' id='" id "'/>"

static void is_id(const char *inner, const char *expected)
{
	char xml[1024];
	xmpp_stanza_t *s;

	snprintf(xml, sizeof xml, "<message>%s</message>", inner);
	s = parse(ctx, xml);
	CHECK_STR(cpl_archive_id(s, &own), expected);
	xmpp_stanza_release(s);
}

static void live(void)
{
	is_id(SID("room@c.lit", "1") SID("j@c.lit", "2"), "2");
	is_id(SID("j@c.lit/x", "1"), NULL);
	is_id(SID("j@c.lit", ""), NULL);
	is_id(SID("j@c.lit", "1") SID("j@c.lit", "2"), NULL);
	is_id("", NULL);
}

static int carbon(const char *from, const char *inner)
{
	char xml[1024];
	xmpp_stanza_t *s, *message = NULL;
	int kind;

	snprintf(xml, sizeof xml, "<message%s>%s</message>", from, inner);
	s = parse(ctx, xml);
	kind = cpl_carbon_take(s, &own, &message);
	xmpp_stanza_release(s);
	return kind;
}

#define CARBON(name, inner)                                                    \
	"<" name " xmlns='urn:xmpp:carbons:2'>"                                \
	"<forwarded xmlns='urn:xmpp:forward:0'>" inner "</forwarded></" name   \
	">"

static void carbons(void)
{
	const char *r = CARBON("received", HI "</message>");
	const char *s = CARBON("sent", HI "</message>");

	CHECK_INT(carbon(" from='j@c.lit'", r), CPL_CARBON_RECEIVED);
	CHECK_INT(carbon(" from='j@c.lit'", s), CPL_CARBON_SENT);
	CHECK_INT(carbon(" from='j@c.lit/x'", r), CPL_CARBON_FORGED);
	CHECK_INT(carbon(" from='c.lit'", r), CPL_CARBON_FORGED);
	CHECK_INT(carbon(" from='r@m.lit'", s), CPL_CARBON_FORGED);
	CHECK_INT(carbon("", r), CPL_CARBON_FORGED);
	CHECK_INT(carbon(" from='j@c.lit'", CARBON("sent", "")),
		  CPL_CARBON_FORGED);
	CHECK_INT(carbon(" from='r@m.lit'", "<body>x</body>"), CPL_CARBON_NONE);
	IS_XML(cpl_carbon_enable(ctx), "<iq type=\"set\"><enable "
				       "xmlns=\"urn:xmpp:carbons:2\"/></iq>");
}

int main(void)
{
	struct cpl_err e = CPL_ERR_INIT;

	ctx = strophe_mem_ctx(&mem);
	if (cpl_jid_parse(&own, "j@c.lit/home", &e) < 0)
		return 1;
	RUN(queries);
	RUN(sources);
	RUN(messages);
	RUN(ends);
	RUN(offered);
	RUN(live);
	RUN(carbons);
	cpl_jid_release(&own);
	return strophe_mem_end(&mem, ctx);
}
