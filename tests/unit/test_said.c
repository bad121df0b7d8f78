/* SPDX-License-Identifier: MIT */
#include "../../common/stream/said.h"

#include "room_session.h"
#include "strophe_mem.h"

#define ROOM "ops@rooms.capulet.lit"
#define ERRORS "urn:ietf:params:xml:ns:xmpp-stanzas"
#define DELAY "<delay xmlns='urn:xmpp:delay' stamp='2026-01-01T00:00:00Z'"

static struct strophe_mem mem;
static xmpp_ctx_t *ctx;
static struct cpl_loop *loop;
static struct cpl_room *room;
static struct cpl_said *said;
static char told[512];

/* "WHAT " or "WHATMARKn ". */
static void tell(const char *what, char mark, size_t n)
{
	size_t at = strlen(told);

	if (mark)
		snprintf(told + at, sizeof told - at, "%s%c%zu ", what, mark,
			 n);
	else
		snprintf(told + at, sizeof told - at, "%s ", what);
}

static void on_heard(void *user, const struct cpl_sent *sent)
{
	CHECK(user == told);
	CHECK_STR(sent->to, ROOM);
	tell(sent->id, '/', sent->tries);
}

static void on_ready(void *user)
{
	CHECK(user == told);
	tell("ready", '\0', 0);
}

static void on_doubtful(void *user, size_t count)
{
	CHECK(user == told);
	tell("doubt", ':', count);
}

static void tells(const char *what)
{
	CHECK_STR(told, what);
	told[0] = '\0';
}

static void on_joined(void *user, struct cpl_room *r)
{
	CHECK(user == told && r == room);
	cpl_said_joined(said);
}

static void on_out(void *user, struct cpl_room *r, const struct cpl_err *why,
		   int again)
{
	CHECK(user == told && r == room);
	CHECK_INT(why->status, CPL_TEMP);
	CHECK(again);
	cpl_said_out(said);
	tell("out", '\0', 0);
}

static void comes(const char *xml)
{
	xmpp_stanza_t *s = parse(ctx, xml);

	UNIT_NEED(s != NULL);
	if (!cpl_room_stanza(room, s) && !cpl_said_stanza(said, s))
		tell("other", '\0', 0);
	xmpp_stanza_release(s);
}

static void join(void)
{
	struct cpl_room *r = room;
	xmpp_stanza_t *s = parse(ctx, "<presence from='" ROOM "/bot'><x xmlns='"
				      "http://jabber.org/protocol/muc#user'>"
				      "<status code='110'/></x></presence>");

	UNIT_NEED(s != NULL);
	cpl_room_online(r);
	(void)cpl_room_stanza(r, s);
	xmpp_stanza_release(s);
}

/* again: the run looks up and says again after a loss. */
static void begin(int again)
{
	struct cpl_room_events in = {on_joined, on_out, told};
	struct cpl_said_events on = {on_heard, on_ready, on_doubtful, told};
	struct cpl_room_conf conf = {.session = &session,
				     .jid = ROOM,
				     .nick = "bot",
				     .timeout = 60000,
				     .retry = -1,
				     .history = {0, -1}};
	struct cpl_said_conf said_conf = {.session = &session, .again = again};

	session_begin(ctx);
	conf.loop = said_conf.loop = loop = cpl_loop_new(NULL);
	told[0] = '\0';
	room = cpl_room_new(&conf, &in);
	UNIT_NEED(room != NULL);
	said_conf.room = room;
	said = cpl_said_new(&said_conf, &on);
	UNIT_NEED(said != NULL);
	CHECK(!cpl_said_is_ready(said));
	join();
	tells("ready ");
	CHECK(cpl_said_is_ready(said));
	CHECK(session_sent_with("maxstanzas=\"0\""));
}

static void end(void)
{
	cpl_said_free(said);
	cpl_room_free(room);
	cpl_loop_free(loop);
	session_end();
}

static long say(const char *id, uint64_t record)
{
	struct cpl_origin origin = {record, 0};
	struct cpl_err e = CPL_ERR_INIT;
	xmpp_stanza_t *s;
	char xml[256];
	long r;

	snprintf(xml, sizeof xml,
		 "<message type='groupchat' to='" ROOM "' id='%s'>"
		 "<body>%s</body></message>",
		 id, id);
	s = parse(ctx, xml);
	if (!CHECK(s != NULL))
		return -1;
	r = cpl_said_say(said, s, &origin, &e);
	xmpp_stanza_release(s);
	return r;
}

static void message(const char *from, const char *id, const char *more)
{
	char xml[512];

	snprintf(xml, sizeof xml,
		 "<message type='groupchat' from='" ROOM "%s' %s%s%s>"
		 "<body>x</body>%s</message>",
		 from, *id ? "id='" : "", id, *id ? "'" : "", more);
	comes(xml);
}

static void subject(void)
{
	comes("<message type='groupchat' from='" ROOM "/x'><subject/>"
	      "</message>");
}

static void the_reflection_is_the_proof(void)
{
	begin(0);
	CHECK(say("a", 1) > 0);
	session_sent("<message id=\"a\" to=\"" ROOM
		     "\" type=\"groupchat\"><body>a</body><origin-id "
		     "xmlns=\"urn:xmpp:sid:0\" id=\"a\"/></message>\n");
	CHECK(say("b", 2) > 0);
	CHECK(say("c", 3) > 0);
	CHECK_INT(cpl_said_waiting(said), 3);
	message("/bot", "a", "");
	tells("a/1 ");
	/* Anybody may use our ids. */
	message("/nurse", "b", "");
	message("", "b", "");
	tells("");
	message("/bot", "other", "<origin-id xmlns='urn:xmpp:sid:0' id='c'/>");
	message("/bot", "b", "");
	message("/bot", "b", "");
	tells("c/1 b/1 ");
	CHECK_INT(cpl_said_waiting(said), 0);
	end();
}

static void a_room_that_keeps_no_ids(void)
{
	size_t n;

	begin(0);
	CHECK(say("a", 1) > 0);
	CHECK(say("b", 2) > 0);
	CHECK(say("c", 3) > 0);
	n = session.request_count;
	message("/bot", "1", "");
	message("/bot", "", "");
	tells("");
	CHECK_INT(session.request_count, n + 1);
	session_answer(n, "<iq type='result' id='1'><query xmlns='"
			  "http://jabber.org/protocol/disco#info'/></iq>");
	tells("a/1 b/1 ");
	message("/bot", "3", "");
	tells("c/1 ");
	message("/bot", "4", "");
	CHECK_INT(session.request_count, n + 1);
	end();
	/* One that keeps them: it is another session of the account. */
	begin(0);
	CHECK(say("a", 1) > 0);
	n = session.request_count;
	message("/bot", "1", "");
	session_answer(n, "<iq type='result' id='1'><query xmlns='"
			  "http://jabber.org/protocol/disco#info'><feature "
			  "var='http://jabber.org/protocol/muc#stable_id'/>"
			  "</query></iq>");
	message("/bot", "2", "");
	tells("");
	message("/bot", "a", "");
	tells("a/1 ");
	CHECK_INT(session.request_count, n + 1);
	end();
}

static void result(const char *id, const char *nick, const char *of)
{
	char xml[1024], queryid[64] = "";
	const char *at = strstr(session.sent.data, "queryid=\"");

	if (CHECK(at != NULL))
		sscanf(at, "queryid=\"%63[^\"]", queryid);
	snprintf(xml, sizeof xml,
		 "<message from='" ROOM "'><result xmlns='urn:xmpp:mam:2' "
		 "id='%s' queryid='%s'><forwarded xmlns='urn:xmpp:forward:0'>"
		 "<message xmlns='jabber:client' type='groupchat' from='" ROOM
		 "/%s' id='%s'><body>x</body></message></forwarded></result>"
		 "</message>",
		 id, queryid, nick, of);
	comes(xml);
}

static void fin(size_t n, const char *complete, const char *last)
{
	char xml[512];

	snprintf(xml, sizeof xml,
		 "<iq type='result' id='1' from='" ROOM "'><fin xmlns='"
		 "urn:xmpp:mam:2'%s><set xmlns='"
		 "http://jabber.org/protocol/rsm'>%s</set></fin></iq>",
		 complete, last);
	session_answer(n, xml);
}

static void lose(void)
{
	cpl_said_out(said);
	CHECK(!cpl_said_is_ready(said));
	cpl_buf_truncate(&session.sent, 0);
	join();
}

static void looked_up_in_the_archive(void)
{
	begin(1);
	/* Where it ends. */
	CHECK_INT(session.request_count, 1);
	fin(0, " complete='true'", "");
	CHECK(say("a", 1) > 0);
	CHECK(say("b", 2) > 0);
	CHECK(say("c", 3) > 0);
	message("/bot", "a",
		"<stanza-id xmlns='urn:xmpp:sid:0' by='" ROOM "' id='s1'/>");
	tells("a/1 ");
	lose();
	tells("");
	CHECK(strstr(session.sent.data, "maxstanzas=\"0\""));
	CHECK(strstr(session.sent.data, "<after>s1</after>"));
	result("s2", "nurse", "c");
	tells("");
	result("s3", "bot", "b");
	tells("b/1 ");
	cpl_buf_truncate(&session.sent, 0);
	fin(1, "", "<last>s3</last>");
	CHECK(strstr(session.sent.data, "<after>s3</after>"));
	tells("");
	cpl_buf_truncate(&session.sent, 0);
	fin(2, " complete='true'", "");
	tells("ready ");
	/* It is not there: said again, with its time, to a room that may hide
	 * who we are. */
	CHECK(strstr(session.sent.data, "id=\"c\""));
	CHECK(strstr(session.sent.data, "<delay xmlns=\"urn:xmpp:delay\" "
					"stamp=\""));
	CHECK(!strstr(session.sent.data, "id=\"b\""));
	message("/bot", "c", "");
	tells("c/2 ");
	end();
}

static void an_archive_that_cannot_be_read(void)
{
	begin(1);
	fin(0, " complete='true'", "");
	CHECK(say("a", 1) > 0);
	lose();
	session_answer(1, "<iq type='error' id='1'><error type='cancel'>"
			  "<item-not-found xmlns='" ERRORS "'/></error></iq>");
	tells("doubt:1 ready ");
	end();
}

/* What is given back is what was counted, though it has a delay by now. */
static void bytes_of_what_is_said_again(void)
{
	struct cpl_origin first = {1, 0};
	long a, b;

	begin(1);
	fin(0, " complete='true'", "");
	a = say("a", 1);
	b = say("b", 2);
	CHECK_INT(cpl_said_bytes(said), a + b);
	lose();
	fin(1, " complete='true'", "");
	tells("ready ");
	CHECK(strstr(session.sent.data, "<delay "));
	CHECK_INT(cpl_said_waiting(said), 2);
	CHECK_INT(cpl_said_bytes(said), a + b);
	CHECK_INT(cpl_said_refused(said, &first), a);
	CHECK_INT(cpl_said_bytes(said), b);
	message("/bot", "b", "");
	tells("b/2 ");
	CHECK_INT(cpl_said_bytes(said), 0);
	end();
}

static void no_archive(void)
{
	begin(1);
	session_answer(0, "<iq type='error' id='1'><error type='cancel'>"
			  "<service-unavailable xmlns='" ERRORS
			  "'/></error></iq>");
}

static void looked_up_in_the_history(void)
{
	no_archive();
	message("/nurse", "n1", "");
	CHECK(say("a", 1) > 0);
	CHECK(say("b", 2) > 0);
	lose();
	CHECK(strstr(session.sent.data, "maxstanzas=\"52\""));
	message("/nurse", "n1", DELAY " from='" ROOM "'/>");
	message("/bot", "a", DELAY " from='" ROOM "'/>");
	tells("a/1 ");
	subject();
	/* It reaches back to what was seen: what is not there is not said. */
	tells("ready ");
	message("/bot", "b", "");
	tells("b/2 ");
	end();
	/* It does not. */
	no_archive();
	message("/nurse", "n1", "");
	CHECK(say("a", 1) > 0);
	lose();
	message("/nurse", "n2", DELAY " from='" ROOM "'/>");
	subject();
	tells("doubt:1 ready ");
	end();
}

static void bounced_as_no_occupant(void)
{
	begin(1);
	fin(0, " complete='true'", "");
	CHECK(say("a", 1) > 0);
	CHECK(say("b", 2) > 0);
	comes("<message type='error' from='" ROOM "' id='a'><error "
	      "type='modify'><not-acceptable xmlns='" ERRORS
	      "'/></error></message>");
	comes("<message type='error' from='" ROOM "' id='b'><error "
	      "type='modify'><not-acceptable xmlns='" ERRORS
	      "'/></error></message>");
	tells("out ");
	cpl_buf_truncate(&session.sent, 0);
	join();
	fin(1, " complete='true'", "");
	tells("ready ");
	CHECK(strstr(session.sent.data, "id=\"a\""));
	message("/bot", "a", "");
	message("/bot", "b", "");
	tells("a/2 b/2 ");
	/* Another error is a refusal, and so is this one without a retry. */
	CHECK(say("c", 3) > 0);
	comes("<message type='error' from='" ROOM "' id='c'><error "
	      "type='auth'><forbidden xmlns='" ERRORS "'/></error></message>");
	tells("other ");
	end();
	begin(0);
	CHECK(say("a", 1) > 0);
	comes("<message type='error' from='" ROOM "' id='a'><error "
	      "type='modify'><not-acceptable xmlns='" ERRORS
	      "'/></error></message>");
	tells("other ");
	end();
}

static void list(void *user, const struct cpl_sent *sent)
{
	CHECK(user == &told);
	CHECK(strstr(sent->xml, sent->id) != NULL);
	tell(sent->id, '=', sent->origin.record);
}

static void refused_and_listed(void)
{
	struct cpl_origin origin = {2, 0};
	long bytes;

	begin(0);
	CHECK(say("a", 1) > 0);
	bytes = say("b", 2);
	CHECK(say("c", 3) > 0);
	CHECK_INT(cpl_said_refused(said, &origin), bytes);
	CHECK_INT(cpl_said_refused(said, &origin), -1);
	CHECK_INT(cpl_said_waiting(said), 2);
	cpl_said_each(said, list, &told);
	tells("a=1 c=3 ");
	session.broken = 1;
	CHECK_INT(say("d", 4), -1);
	CHECK_INT(cpl_said_waiting(said), 2);
	end();
}

int main(void)
{
	ctx = strophe_mem_ctx(&mem);
	RUN(the_reflection_is_the_proof);
	RUN(a_room_that_keeps_no_ids);
	RUN(looked_up_in_the_archive);
	RUN(an_archive_that_cannot_be_read);
	RUN(bytes_of_what_is_said_again);
	RUN(looked_up_in_the_history);
	RUN(bounced_as_no_occupant);
	RUN(refused_and_listed);
	return strophe_mem_end(&mem, ctx);
}
