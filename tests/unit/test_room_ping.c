/* SPDX-License-Identifier: MIT
 *
 * A room that is silent, over a session that is played here: the test answers
 * what is asked, or not. The linker takes these functions in place of
 * session.o. */
#include "../../common/stream/room_ping.h"

#include "../../common/base/limits.h"
#include "../../common/stanza/build.h"
#include "../../common/stanza/ns.h"
#include "parse.h"
#include "strophe_mem.h"
#include "unit.h"

struct cpl_session {
	int online;
	int broken; /* nothing can be asked */
	void (*answered)(void *user, xmpp_stanza_t *answer);
	void *user; /* NULL: nothing is asked */
	char to[64];
	int asked;
};

static struct strophe_mem mem;
static xmpp_ctx_t *ctx;
static struct cpl_session session;

static struct {
	struct cpl_loop *loop;
	struct cpl_room *room;
	struct cpl_room_ping ping;
	struct cpl_timer end;
	const char *answer; /* to each, at once; NULL: none */
	int enough;         /* the test is over with so many questions */
	int out;
	struct cpl_err why;
} t;

xmpp_ctx_t *cpl_session_ctx(const struct cpl_session *s)
{
	(void)s;
	return ctx;
}

int cpl_session_online(const struct cpl_session *s)
{
	return s->online;
}

int cpl_session_alive(const struct cpl_session *s)
{
	(void)s;
	return 1;
}

int cpl_session_send(struct cpl_session *s, xmpp_stanza_t *stanza,
		     uint64_t *number, struct cpl_err *e)
{
	return cpl_session_send_once(s, stanza, number, e);
}

int cpl_session_send_once(struct cpl_session *s, xmpp_stanza_t *stanza,
			  uint64_t *number, struct cpl_err *e)
{
	(void)s;
	(void)stanza;
	(void)number;
	(void)e;
	return 0;
}

static void answer(const char *xml)
{
	xmpp_stanza_t *stanza = xml ? parse(ctx, xml) : NULL;
	void *user = session.user;

	UNIT_NEED(user != NULL);
	session.user = NULL;
	session.answered(user, stanza);
	if (stanza)
		xmpp_stanza_release(stanza);
}

int cpl_session_request(struct cpl_session *s, xmpp_stanza_t *iq,
			void (*answered)(void *user, xmpp_stanza_t *answer),
			void *user, struct cpl_err *e)
{
	if (++s->asked == t.enough)
		cpl_loop_stop(t.loop);
	if (s->broken)
		return cpl_err_set(e, CPL_TEMP, "not connected");
	CHECK_STR(xmpp_stanza_get_type(iq), "get");
	CHECK(cpl_child(iq, "ping", CPL_NS_PING) != NULL);
	CHECK(!s->user); /* one at a time */
	snprintf(s->to, sizeof s->to, "%s", xmpp_stanza_get_to(iq));
	s->answered = answered;
	s->user = user;
	if (t.answer)
		answer(t.answer);
	return 0;
}

void cpl_session_forget(struct cpl_session *s, const void *user)
{
	if (s->user == user)
		s->user = NULL;
}

static void on_joined(void *user, struct cpl_room *room)
{
	CHECK(user == &t);
	CHECK(room == t.room);
}

static void on_out(void *user, struct cpl_room *room, const struct cpl_err *why,
		   int again)
{
	CHECK(user == &t);
	CHECK(room == t.room);
	CHECK(again);
	t.out++;
	t.why = *why;
	cpl_loop_stop(t.loop);
}

static void on_end(void *user)
{
	(void)user;
	cpl_loop_stop(t.loop);
}

/* A room that we are in. */
static void begin(const char *says)
{
	struct cpl_room_conf conf = {.jid = "hall@rooms.lit",
				     .nick = "romeo",
				     .timeout = 60 * 1000,
				     .retry = -1,
				     .session = &session};
	struct cpl_room_events on = {on_joined, on_out, &t};
	struct cpl_err e = CPL_ERR_INIT;
	xmpp_stanza_t *p =
	    parse(ctx, "<presence from='hall@rooms.lit/romeo'>"
		       "<x xmlns='http://jabber.org/protocol/muc#user'>"
		       "<item affiliation='none' role='participant'/>"
		       "<status code='110'/></x></presence>");

	memset(&session, 0, sizeof session);
	memset(&t, 0, sizeof t);
	session.online = 1;
	t.answer = says;
	t.end.fire = on_end;
	conf.loop = t.loop = cpl_loop_new(&e);
	UNIT_NEED(t.loop && p);
	t.room = cpl_room_new(&conf, &on);
	UNIT_NEED(t.room);
	cpl_room_online(t.room);
	CHECK_INT(cpl_room_stanza(t.room, p), 0);
	CHECK(cpl_room_is_in(t.room));
	xmpp_stanza_release(p);
	cpl_room_ping_init(&t.ping, t.loop, &session, t.room);
	CHECK_INT(t.ping.silence_ms, CPL_ROOM_SILENCE_MS);
	t.ping.silence_ms = 10;
	cpl_room_ping_start(&t.ping);
}

/* Until it is lost, or asked often enough, or ms are over (0: no limit). */
static void run(int enough, long ms)
{
	struct cpl_err e = CPL_ERR_INIT;

	t.enough = enough;
	if (ms > 0)
		cpl_loop_timer(t.loop, &t.end, ms);
	CHECK_INT(cpl_loop_run(t.loop, &e), 0);
	cpl_loop_cancel(t.loop, &t.end);
}

static void end(void)
{
	cpl_room_ping_stop(&t.ping);
	CHECK(!session.user);
	cpl_room_free(t.room);
	cpl_loop_free(t.loop);
}

#define FROM "from='hall@rooms.lit/romeo'"
#define RESULT "<iq type='result' " FROM "/>"
#define ERROR(condition)                                                       \
	"<iq type='error' " FROM "><error type='cancel'><" condition           \
	" xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"

static void still_in(void)
{
	begin(RESULT);
	run(3, 0);
	CHECK_INT(session.asked, 3);
	CHECK_STR(session.to, "hall@rooms.lit/romeo");
	CHECK_INT(t.out, 0);
	end();
}

static void not_in(void)
{
	begin(ERROR("not-acceptable"));
	run(0, 0);
	CHECK_INT(session.asked, 1);
	CHECK_INT(t.out, 1);
	CHECK_INT(t.why.status, CPL_TEMP);
	CHECK_STR(t.why.text, "removed without a word");
	CHECK(!cpl_room_is_in(t.room));
	CHECK(!t.ping.timer.armed);
	end();
}

/* What no answer came to is asked again, and once at a time. */
static void no_answer(void)
{
	begin(NULL);
	run(3, 0);
	CHECK_INT(session.asked, 3);
	CHECK_INT(t.out, 0);
	t.answer = ERROR("not-acceptable");
	run(0, 0);
	CHECK_INT(t.out, 1);
	end();
}

/* The session has no word of it any more. */
static void given_up(void)
{
	begin(NULL);
	run(1, 0);
	answer(NULL);
	CHECK_INT(t.out, 0);
	end();
}

static void not_taken(void)
{
	begin(NULL);
	session.broken = 1;
	run(2, 0);
	CHECK_INT(t.out, 0);
	end();
}

static void no_connection(void)
{
	begin(ERROR("not-acceptable"));
	session.online = 0;
	run(0, 50);
	CHECK_INT(session.asked, 0);
	session.online = 1;
	run(0, 0);
	CHECK_INT(t.out, 1);
	end();
}

/* Something has come meanwhile: it is no silence. */
static void not_silent(void)
{
	int64_t later = cpl_loop_now() + 3600 * 1000;

	begin(ERROR("not-acceptable"));
	t.ping.heard = later;
	run(0, 50);
	CHECK_INT(session.asked, 0);
	CHECK(t.ping.timer.armed);
	cpl_room_ping_heard(&t.ping);
	CHECK(t.ping.heard < later);
	end();
}

static void stopped(void)
{
	begin(NULL);
	run(1, 0);
	cpl_room_ping_stop(&t.ping);
	CHECK(!t.ping.timer.armed);
	CHECK(!session.user);
	end();
}

static void says(const char *xml, enum cpl_room_ping_says expected)
{
	xmpp_stanza_t *iq = parse(ctx, xml);

	UNIT_NEED(iq);
	CHECK_INT(cpl_room_ping_read(iq), expected);
	xmpp_stanza_release(iq);
}

/* XEP-0410 3.2 */
static void meanings(void)
{
	says(RESULT, CPL_ROOM_PING_IN);
	says(ERROR("service-unavailable"), CPL_ROOM_PING_IN);
	says(ERROR("feature-not-implemented"), CPL_ROOM_PING_IN);
	says(ERROR("item-not-found"), CPL_ROOM_PING_IN);
	says(ERROR("remote-server-not-found"), CPL_ROOM_PING_NOTHING);
	says(ERROR("remote-server-timeout"), CPL_ROOM_PING_NOTHING);
	says(ERROR("not-acceptable"), CPL_ROOM_PING_OUT);
	says(ERROR("not-allowed"), CPL_ROOM_PING_OUT);
	says(ERROR("bad-request"), CPL_ROOM_PING_OUT);
	says("<iq type='error' " FROM "/>", CPL_ROOM_PING_OUT);
}

int main(void)
{
	ctx = strophe_mem_ctx(&mem);
	if (!ctx)
		return 1;
	RUN(still_in);
	RUN(not_in);
	RUN(no_answer);
	RUN(given_up);
	RUN(not_taken);
	RUN(no_connection);
	RUN(not_silent);
	RUN(stopped);
	RUN(meanings);
	return strophe_mem_end(&mem, ctx);
}
