/* SPDX-License-Identifier: MIT */
#include "../../common/stream/room.h"

#include "room_session.h"
#include "strophe_mem.h"

#define ROOM "ops@rooms.capulet.lit"
#define MUC " xmlns='http://jabber.org/protocol/muc#user'"

static struct strophe_mem mem;
static xmpp_ctx_t *ctx;
static struct cpl_loop *loop;
static struct cpl_room *room;
static char told[2048];

static void on_joined(void *user, struct cpl_room *r)
{
	size_t n = strlen(told);

	CHECK(user == told && r == room);
	snprintf(told + n, sizeof told - n, "in:%s ", cpl_room_nick(r));
	cpl_loop_stop(loop);
}

static void on_out(void *user, struct cpl_room *r, const struct cpl_err *why,
		   int again)
{
	size_t n = strlen(told);

	CHECK(user == told && r == room);
	snprintf(told + n, sizeof told - n, "%s:%d:%s ", again ? "back" : "out",
		 why->status, why->text);
	cpl_loop_stop(loop);
}

static void tells(const char *what)
{
	CHECK_STR(told, what);
	told[0] = '\0';
}

static void begin_with(struct cpl_room_conf conf)
{
	struct cpl_room_events on = {on_joined, on_out, told};
	struct cpl_err e = CPL_ERR_INIT;

	session_begin(ctx);
	loop = cpl_loop_new(&e);
	conf.loop = loop;
	conf.session = &session;
	conf.jid = ROOM;
	conf.nick = "bot";
	if (conf.timeout == 0)
		conf.timeout = 60000;
	told[0] = '\0';
	room = cpl_room_new(&conf, &on);
	UNIT_NEED(room != NULL);
}

static void begin(void)
{
	begin_with((struct cpl_room_conf){.history = {0, -1}});
}

static void end(void)
{
	cpl_room_free(room);
	cpl_loop_free(loop);
	session_end();
}

static int comes(const char *xml)
{
	xmpp_stanza_t *s = parse(ctx, xml);
	int r = 0;

	if (CHECK(s != NULL)) {
		r = cpl_room_stanza(room, s);
		xmpp_stanza_release(s);
	}
	return r;
}

static void self(const char *nick, const char *more)
{
	char xml[512];

	snprintf(xml, sizeof xml,
		 "<presence from='" ROOM "/%s'><x" MUC
		 "><item affiliation='none' role='participant'/>"
		 "<status code='110'/>%s</x></presence>",
		 nick, more);
	CHECK_INT(comes(xml), 0);
}

static void gone(const char *more)
{
	char xml[512];

	snprintf(xml, sizeof xml,
		 "<presence type='unavailable' from='" ROOM "/bot'><x" MUC
		 "><status code='110'/>%s</x></presence>",
		 more);
	CHECK_INT(comes(xml), 0);
}

static void refuses(const char *condition)
{
	char xml[512];

	snprintf(xml, sizeof xml,
		 "<presence type='error' from='" ROOM "/bot'><error "
		 "type='cancel'><%s xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'"
		 "/></error></presence>",
		 condition);
	CHECK_INT(comes(xml), 1);
}

/* The nick is what is behind the address, however that is written. */
static void nick_behind_address(void)
{
	begin();
	cpl_room_online(room);
	CHECK_INT(comes("<presence from='Ops@rooms.capulet.lit./bot2'><x" MUC
			"><status code='110'/></x></presence>"),
		  0);
	tells("in:bot2 ");
	end();
	begin();
	cpl_room_online(room);
	CHECK_INT(comes("<presence from='ops@rooms.capulet.lit'><x" MUC
			"><status code='110'/></x></presence>"),
		  0);
	tells("in:bot ");
	end();
}

static void joins_and_leaves(void)
{
	begin();
	cpl_room_online(room);
	session_sent("<presence to=\"" ROOM "/bot\"><x xmlns=\""
		     "http://jabber.org/protocol/muc\"><history "
		     "maxstanzas=\"0\"/></x></presence>\n");
	CHECK_INT(comes("<presence from='" ROOM "/nurse'><x" MUC
			"><item role='moderator'/></x></presence>"),
		  0);
	tells("");
	CHECK(!cpl_room_is_in(room));
	self("bot", "");
	tells("in:bot ");
	CHECK(cpl_room_is_in(room) && !cpl_room_is_new(room));
	self("bot", "");
	tells("");
	CHECK(cpl_room_is_own(room, ROOM "/bot"));
	CHECK(cpl_room_is_own(room, "Ops@Rooms.capulet.lit/bot"));
	CHECK(!cpl_room_is_own(room, ROOM));
	cpl_room_leave(room);
	session_sent("<presence to=\"" ROOM "/bot\" type=\"unavailable\"/>\n");
	gone("");
	tells("");
	CHECK(cpl_room_is_over(room));
	end();
}

static void the_room_gives_a_nick(void)
{
	begin();
	cpl_room_online(room);
	self("robot", "<status code='210'/>");
	tells("in:robot ");
	CHECK_STR(cpl_room_occupant(room), ROOM "/robot");
	CHECK_INT(comes("<presence type='unavailable' from='" ROOM
			"/robot'><x" MUC "><item nick='r2'/><status "
			"code='303'/><status code='110'/></x></presence>"),
		  0);
	tells("");
	CHECK_STR(cpl_room_nick(room), "r2");
	end();
}

static void an_old_service_says_no_110(void)
{
	begin();
	cpl_room_online(room);
	CHECK_INT(comes("<presence from='" ROOM "/bot'><x" MUC
			"><item role='participant'/></x></presence>"),
		  0);
	tells("in:bot ");
	end();
}

static void a_taken_nick_is_numbered(void)
{
	begin();
	cpl_room_online(room);
	CHECK(session_sent_with("/bot\""));
	refuses("conflict");
	CHECK(session_sent_with("to=\"" ROOM "/bot2\""));
	refuses("conflict");
	CHECK(session_sent_with("to=\"" ROOM "/bot3\""));
	self("bot3", "");
	tells("in:bot3 ");
	end();
	begin();
	cpl_room_online(room);
	for (int i = 0; i < 29; i++)
		refuses("conflict");
	tells("");
	refuses("conflict");
	tells("out:1:the nick is taken: conflict ");
	end();
	begin_with((struct cpl_room_conf){.nick_exact = 1, .history = {0, -1}});
	cpl_room_online(room);
	refuses("conflict");
	tells("out:1:the nick is taken: conflict ");
	end();
}

static void refused_by_its_meaning(void)
{
	static const struct {
		const char *condition, *says;
	} all[] = {
	    {"forbidden", "out:1:we are banned: forbidden "},
	    {"item-not-found", "out:1:the room does not exist, or is not open "
			       "yet: item-not-found "},
	    {"not-allowed", "out:1:the room does not exist, and may not be "
			    "created: not-allowed "},
	    {"not-acceptable",
	     "out:1:only with a registered nick: not-acceptable "},
	    {"registration-required",
	     "out:1:members only: registration-required "},
	    {"not-authorized", "out:1:a password is needed: not-authorized "},
	    {"service-unavailable",
	     "out:1:the room is full: service-unavailable "},
	    {"resource-constraint",
	     "out:1:the room is full: resource-constraint "},
	    {"remote-server-timeout", "out:75:the service cannot be reached: "
				      "remote-server-timeout "},
	    {"policy-violation", "out:1:policy-violation: policy-violation "},
	};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		begin();
		cpl_room_online(room);
		refuses(all[i].condition);
		tells(all[i].says);
		CHECK(cpl_room_is_over(room));
		refuses(all[i].condition);
		cpl_room_online(room);
		tells("");
		end();
	}
	begin_with(
	    (struct cpl_room_conf){.password = "a<b", .history = {-1, -1}});
	cpl_room_online(room);
	session_sent("<presence to=\"" ROOM "/bot\"><x xmlns=\""
		     "http://jabber.org/protocol/muc\"><password>a&lt;b"
		     "</password></x></presence>\n");
	refuses("not-authorized");
	tells("out:1:wrong password: not-authorized ");
	end();
}

static void a_new_room_is_left_at_once(void)
{
	begin();
	cpl_room_online(room);
	CHECK(session_sent_with("maxstanzas"));
	self("bot", "<status code='201'/>");
	tells("out:1:the room does not exist ");
	session_sent("<presence to=\"" ROOM "/bot\" type=\"unavailable\"/>\n");
	end();
}

static void a_new_room_is_created(void)
{
	struct cpl_room_conf conf = {.create = 1, .history = {0, -1}};

	begin_with(conf);
	cpl_room_online(room);
	CHECK(session_sent_with("maxstanzas"));
	self("bot", "<status code='201'/>");
	tells("");
	CHECK(session_sent_with("muc#owner"));
	session_answer(0, "<iq type='result' id='1'/>");
	tells("in:bot ");
	CHECK(cpl_room_is_new(room));
	end();
	begin_with(conf);
	cpl_room_online(room);
	self("bot", "<status code='201'/>");
	session_answer(0, "<iq type='error' id='1'><error><forbidden xmlns='"
			  "urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
			  "</iq>");
	tells("out:1:the room cannot be created: forbidden ");
	end();
}

static void removed_by_somebody(void)
{
	static const struct {
		const char *more, *says;
	} all[] = {
	    {"<item><actor nick='nurse'/><reason>no</reason></item>"
	     "<status code='307'/>",
	     "out:1:kicked by nurse (no) "},
	    {"<item/><status code='301'/>", "out:1:banned "},
	    {"<status code='321'/>",
	     "out:1:removed, being no member any more "},
	    {"<status code='322'/>",
	     "out:1:removed, as it is for members only now "},
	    {"<destroy jid='b@rooms.capulet.lit'><reason>moved</reason>"
	     "</destroy>",
	     "out:1:the room was destroyed; it is now at b@rooms.capulet.lit "
	     "(moved) "},
	    {"<status code='332'/>",
	     "out:75:removed, as the service goes down "},
	};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		begin();
		cpl_room_online(room);
		self("bot", "");
		tells("in:bot ");
		gone(all[i].more);
		tells(all[i].says);
		end();
	}
}

static void look(void *user)
{
	struct cpl_timer *t = user;

	if (session.sent.len > 0)
		cpl_loop_stop(loop);
	else
		cpl_loop_timer(loop, t, 5);
}

/* Runs the loop, until something is sent. */
static void until_sent(void)
{
	struct cpl_timer t = {.fire = look, .user = &t};
	struct cpl_err e = CPL_ERR_INIT;

	cpl_loop_timer(loop, &t, 5);
	CHECK_INT(cpl_loop_run(loop, &e), 0);
	cpl_loop_cancel(loop, &t);
}

/* 333 says that the 307 beside it was nobody's decision. */
static void comes_back_where_nobody_wanted_it(void)
{
	struct cpl_err why = CPL_ERR_INIT;

	begin_with((struct cpl_room_conf){.retry = -1, .history = {0, -1}});
	cpl_room_online(room);
	self("bot", "");
	CHECK(session_sent_with("/bot"));
	tells("in:bot ");
	gone("<status code='307'/><status code='333'/>");
	tells("back:75:removed for a technical reason ");
	until_sent();
	CHECK(session_sent_with("maxstanzas"));
	self("bot", "");
	tells("in:bot ");
	cpl_err_set(&why, CPL_TEMP, "nothing is heard");
	cpl_room_lost(room, &why);
	tells("back:75:nothing is heard ");
	cpl_room_online(room);
	self("bot", "");
	tells("in:bot ");
	end();
}

static void no_answer(void)
{
	struct cpl_err e = CPL_ERR_INIT;

	begin();
	cpl_room_free(room);
	{
		struct cpl_room_events on = {on_joined, on_out, told};
		struct cpl_room_conf conf = {.loop = loop,
					     .session = &session,
					     .jid = ROOM,
					     .nick = "bot",
					     .timeout = 5};

		room = cpl_room_new(&conf, &on);
	}
	UNIT_NEED(room != NULL);
	cpl_room_online(room);
	CHECK_INT(cpl_loop_run(loop, &e), 0);
	tells("out:75:the room does not answer ");
	end();
}

static void reconnect(void *user)
{
	(void)user;
	session.offline = 0;
}

/* The connection is lost meanwhile, and the stream resumed: nobody says that it
 * is online again. */
static void comes_back_without_connection(void)
{
	struct cpl_timer back = {.fire = reconnect};
	struct cpl_err e = CPL_ERR_INIT;

	begin_with((struct cpl_room_conf){.retry = -1, .history = {0, -1}});
	cpl_room_online(room);
	self("bot", "");
	CHECK(session_sent_with("/bot"));
	tells("in:bot ");
	session.offline = 1;
	gone("<status code='332'/>");
	tells("back:75:removed, as the service goes down ");
	until_sent();
	CHECK(session_sent_with("maxstanzas"));
	session.offline = 0;
	self("bot", "");
	tells("in:bot ");
	end();

	/* Nor is there an answer as long as there is none. */
	begin_with((struct cpl_room_conf){.timeout = 5, .history = {0, -1}});
	session.offline = 1;
	cpl_room_online(room);
	cpl_loop_timer(loop, &back, 50);
	CHECK_INT(cpl_loop_run(loop, &e), 0);
	CHECK_INT(session.offline, 0);
	tells("out:75:the room does not answer ");
	end();
}

static void what_is_not_about_us(void)
{
	begin();
	cpl_room_online(room);
	self("bot", "");
	tells("in:bot ");
	CHECK_INT(comes("<presence type='unavailable' from='" ROOM
			"/nurse'><x" MUC "><status code='307'/></x>"
			"</presence>"),
		  0);
	CHECK_INT(comes("<presence from='" ROOM "/bot'/>"), 0);
	CHECK_INT(comes("<message from='" ROOM "/bot'/>"), 0);
	tells("");
	CHECK(cpl_room_is_in(room));
	end();
}

static void many(void)
{
	static const char *const names[] = {"b@x", "a@x", "ab@x", "a@xy",
					    "c@x"};
	struct cpl_room_events on = {on_joined, on_out, told};
	struct cpl_room_conf conf = {.session = &session, .nick = "n"};
	struct cpl_room *list[5];
	struct cpl_rooms rooms = {0};

	session_begin(ctx);
	loop = cpl_loop_new(NULL);
	conf.loop = loop;
	for (int i = 0; i < 5; i++) {
		conf.jid = names[i];
		list[i] = cpl_room_new(&conf, &on);
		UNIT_NEED(list[i] != NULL);
		CHECK_INT(cpl_rooms_add(&rooms, list[i]), 0);
	}
	for (int i = 0; i < 5; i++)
		CHECK(cpl_rooms_find(&rooms, names[i]) == list[i]);
	CHECK(cpl_rooms_find(&rooms, "a@x/b/c") == list[1]);
	/* as nobody has prepared it */
	CHECK(cpl_rooms_find(&rooms, "A@X/b") == list[1]);
	CHECK(cpl_rooms_find(&rooms, "a@") == NULL);
	CHECK(cpl_rooms_find(&rooms, "a@xyz") == NULL);
	CHECK(cpl_rooms_find(&rooms, NULL) == NULL);
	cpl_rooms_release(&rooms);
	CHECK(cpl_rooms_find(&rooms, "a@x") == NULL);
	cpl_loop_free(loop);
	session_end();
}

int main(void)
{
	ctx = strophe_mem_ctx(&mem);
	RUN(joins_and_leaves);
	RUN(nick_behind_address);
	RUN(the_room_gives_a_nick);
	RUN(an_old_service_says_no_110);
	RUN(a_taken_nick_is_numbered);
	RUN(refused_by_its_meaning);
	RUN(a_new_room_is_left_at_once);
	RUN(a_new_room_is_created);
	RUN(removed_by_somebody);
	RUN(comes_back_where_nobody_wanted_it);
	RUN(no_answer);
	RUN(comes_back_without_connection);
	RUN(what_is_not_about_us);
	RUN(many);
	return strophe_mem_end(&mem, ctx);
}
