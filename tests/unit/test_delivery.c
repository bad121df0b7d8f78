/* SPDX-License-Identifier: MIT
 *
 * Delivery over a session that is played here: what it sends is kept, and the
 * test says what the server does. The linker takes these functions in place
 * of session.o. */
#include "../../common/stream/delivery.h"

#include <stdlib.h>

#include "../../common/base/limits.h"
#include "parse.h"
#include "strophe_mem.h"
#include "unit.h"

struct cpl_session {
	struct cpl_ids ids;
	uint64_t sent;
	size_t pending;
	uint64_t unacked_from, left_upto;
	int broken; /* sending fails */
	/* the pings under way */
	struct {
		char to[64];
		void (*answered)(void *user, xmpp_stanza_t *answer);
		void *user;
	} pings[100];
	size_t ping_count;
	char last_id[64];
};

static struct strophe_mem mem;
static xmpp_ctx_t *ctx;

const struct cpl_ids *cpl_session_ids(const struct cpl_session *s)
{
	return &s->ids;
}

xmpp_ctx_t *cpl_session_ctx(const struct cpl_session *s)
{
	(void)s;
	return ctx;
}

size_t cpl_session_pending(const struct cpl_session *s)
{
	return s->pending;
}

/* Of what was sent, all above unacked_from; each with its id as XML, those
 * above left_upto have never left. */
void cpl_session_unacked(const struct cpl_session *s,
			 int (*each)(void *user,
				     const struct cpl_window_entry *entry,
				     const char *xml),
			 void *user)
{
	for (uint64_t n = s->unacked_from + 1; n <= s->sent; n++) {
		struct cpl_window_entry entry = {
		    .number = n, .size = 3, .tries = n <= s->left_upto};

		if (each(user, &entry, "<x>"))
			return;
	}
}

int cpl_session_send(struct cpl_session *s, xmpp_stanza_t *stanza,
		     uint64_t *number, struct cpl_err *e)
{
	const char *id = xmpp_stanza_get_id(stanza);

	if (s->broken)
		return cpl_err_set(e, CPL_TEMP, "not connected");
	snprintf(s->last_id, sizeof s->last_id, "%s", id ? id : "");
	*number = ++s->sent;
	return 0;
}

int cpl_session_request(struct cpl_session *s, xmpp_stanza_t *iq,
			void (*answered)(void *user, xmpp_stanza_t *answer),
			void *user, struct cpl_err *e)
{
	size_t n = s->ping_count;

	if (s->broken)
		return cpl_err_set(e, CPL_TEMP, "not connected");
	CHECK_STR(xmpp_stanza_get_type(iq), "get");
	CHECK_STR(xmpp_stanza_get_name(xmpp_stanza_get_children(iq)), "ping");
	if (!CHECK(n < sizeof s->pings / sizeof *s->pings))
		return -1;
	snprintf(s->pings[n].to, sizeof s->pings[n].to, "%s",
		 xmpp_stanza_get_to(iq));
	s->pings[n].answered = answered;
	s->pings[n].user = user;
	s->ping_count++;
	return 0;
}

/* --- the test's side ---------------------------------------------------- */

static struct cpl_session session;
static struct cpl_loop *loop;
static struct cpl_delivery *d;

static struct {
	int done, room, refused;
	struct cpl_origin origin;
	char from[64], id[64];
	struct cpl_err why;
	char confirmed[256];
} got;

static void on_refused(void *user, const struct cpl_origin *origin,
		       const char *from, const char *id,
		       const struct cpl_err *why)
{
	CHECK(user == &got);
	got.refused++;
	got.origin = *origin;
	snprintf(got.from, sizeof got.from, "%s", from ? from : "-");
	snprintf(got.id, sizeof got.id, "%s", id);
	got.why = *why;
}

static void on_confirmed(void *user, const struct cpl_sent *sent)
{
	size_t n = strlen(got.confirmed);

	CHECK(user == &got);
	snprintf(got.confirmed + n, sizeof got.confirmed - n, "%llu:%s:%s:%s ",
		 (unsigned long long)sent->number, sent->type, sent->id,
		 sent->to ? sent->to : "-");
}

static void on_room(void *user)
{
	CHECK(user == &got);
	got.room++;
}

static void on_done(void *user)
{
	CHECK(user == &got);
	got.done++;
	cpl_loop_stop(loop);
}

static void begin(long bounce_wait, uint32_t recipients)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_delivery_conf conf = {NULL, &session, bounce_wait,
					 recipients};
	struct cpl_delivery_events on = {.refused = on_refused,
					 .confirmed = on_confirmed,
					 .room = on_room,
					 .done = on_done,
					 .user = &got};

	memset(&got, 0, sizeof got);
	memset(&session, 0, sizeof session);
	CHECK_INT(cpl_ids_init(&session.ids, &e), 0);
	loop = cpl_loop_new(&e);
	conf.loop = loop;
	d = cpl_delivery_new(&conf, &on);
	CHECK(d != NULL);
}

static void end(void)
{
	cpl_delivery_free(d);
	cpl_loop_free(loop);
	cpl_ids_release(&session.ids);
}

/* Sends a message; its id stays in session.last_id. */
static void post(const char *xml, uint64_t record, uint32_t recipient)
{
	struct cpl_origin origin = {record, recipient};
	struct cpl_err e = CPL_ERR_INIT;
	xmpp_stanza_t *s = parse(ctx, xml);

	UNIT_NEED(s != NULL);
	CHECK_INT(cpl_delivery_send(d, s, &origin, &e), 0);
	CHECK_STR(e.text, "");
	xmpp_stanza_release(s);
}

/* What comes from the server; whether it was a bounce of ours. */
static int arrives(const char *xml)
{
	xmpp_stanza_t *s = parse(ctx, xml);
	int r;

	CHECK(s != NULL);
	if (!s)
		return 0;
	r = cpl_delivery_stanza(d, s);
	xmpp_stanza_release(s);
	return r != 0;
}

static int bounce(const char *id, const char *from)
{
	char xml[400];

	snprintf(xml, sizeof xml,
		 "<message type='error' id='%s' from='%s'><error><gone "
		 "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
		 "</message>",
		 id, from);
	return arrives(xml);
}

static void pong(size_t n)
{
	xmpp_stanza_t *s = parse(ctx, "<iq type='result' id='1'/>");

	UNIT_NEED(s != NULL);
	session.pings[n].answered(session.pings[n].user, s);
	xmpp_stanza_release(s);
}

static void counts(uint64_t sent, uint64_t confirmed, uint64_t refused)
{
	CHECK_INT(cpl_delivery_sent(d), sent);
	CHECK_INT(cpl_delivery_confirmed(d), confirmed);
	CHECK_INT(cpl_delivery_refused(d), refused);
}

static void nothing_sent(void)
{
	begin(1000, 1);
	CHECK(!cpl_delivery_full(d));
	CHECK(!cpl_delivery_waits(d));
	cpl_delivery_finish(d);
	cpl_delivery_finish(d);
	CHECK_INT(got.done, 1);
	CHECK_INT(session.ping_count, 0);
	counts(0, 0, 0);
	end();
}

static void acknowledged(void)
{
	begin(0, 1);
	for (uint64_t i = 1; i <= 3; i++)
		post("<message to='a@x.lit'/>", i, 0);
	counts(3, 0, 0);
	CHECK(cpl_delivery_waits(d));
	cpl_delivery_acked(d, 2);
	counts(3, 2, 0);
	CHECK(cpl_delivery_waits(d));
	/* 0: the acknowledgement is enough */
	cpl_delivery_finish(d);
	CHECK_INT(session.ping_count, 0);
	CHECK_INT(got.done, 0);
	cpl_delivery_acked(d, 2);
	CHECK_INT(got.done, 0);
	cpl_delivery_acked(d, 3);
	CHECK_INT(got.done, 1);
	CHECK(!cpl_delivery_waits(d));
	cpl_delivery_acked(d, 3);
	CHECK_INT(got.done, 1);
	counts(3, 3, 0);
	end();
}

/* Stanzas that others send over the session have numbers too. */
static void numbers_of_others(void)
{
	begin(0, 1);
	session.sent = 41;
	post("<message to='a@x.lit'/>", 1, 0);
	session.sent += 5;
	post("<message to='a@x.lit'/>", 2, 0);
	cpl_delivery_finish(d);
	cpl_delivery_acked(d, 41);
	counts(2, 0, 0);
	cpl_delivery_acked(d, 47);
	counts(2, 1, 0);
	cpl_delivery_acked(d, 48);
	CHECK_INT(got.done, 1);
	end();
}

static void sending_fails(void)
{
	struct cpl_origin origin = {1, 0};
	struct cpl_err e = CPL_ERR_INIT;
	xmpp_stanza_t *s = parse(ctx, "<message to='a@x.lit'/>");

	UNIT_NEED(s != NULL);
	begin(1000, 1);
	session.broken = 1;
	CHECK_INT(cpl_delivery_send(d, s, &origin, &e), -1);
	CHECK_INT(e.status, CPL_TEMP);
	counts(0, 0, 0);
	CHECK(!cpl_delivery_waits(d));
	cpl_delivery_finish(d);
	CHECK_INT(session.ping_count, 0);
	CHECK_INT(got.done, 1);
	xmpp_stanza_release(s);
	end();
}

/* The ping goes to whom was written last at each domain, and its answer says
 * that no bounce follows. */
static void pings(void)
{
	begin(60000, 1);
	post("<message to='a@x.lit/r'/>", 1, 0);
	post("<message to='b@x.lit/r'/>", 2, 0);
	post("<message to='c@y.lit'/>", 3, 0);
	post("<message to='z.lit'/>", 4, 0);
	post("<presence/>", 5, 0);
	cpl_delivery_finish(d);
	CHECK_INT(session.ping_count, 3);
	CHECK_STR(session.pings[0].to, "b@x.lit");
	CHECK_STR(session.pings[1].to, "c@y.lit");
	CHECK_STR(session.pings[2].to, "z.lit");
	pong(1);
	pong(0);
	cpl_delivery_acked(d, 5);
	CHECK_INT(got.done, 0);
	pong(2);
	CHECK_INT(got.done, 1);
	end();
}

static void ping_first_then_ack(void)
{
	begin(60000, 1);
	post("<message to='a@x.lit'/>", 1, 0);
	cpl_delivery_finish(d);
	pong(0);
	CHECK_INT(got.done, 0);
	cpl_delivery_acked(d, 1);
	CHECK_INT(got.done, 1);
	end();
}

/* Silence is not a failure. */
static void no_pong(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	int64_t from = cpl_loop_now();

	begin(20, 1);
	post("<message to='a@x.lit'/>", 1, 0);
	cpl_delivery_finish(d);
	cpl_delivery_acked(d, 1);
	CHECK_INT(got.done, 0);
	CHECK_INT(cpl_loop_run(loop, &e), 0);
	CHECK_INT(got.done, 1);
	CHECK(cpl_loop_now() - from >= 20);
	counts(1, 1, 0);
	/* late, and harmless */
	pong(0);
	CHECK_INT(got.done, 1);
	end();
}

static void wake(void *user)
{
	(void)user;
	cpl_loop_stop(loop);
}

/* The wait for bounces begins with the acknowledgement, however late. */
static void no_wait_without_ack(void)
{
	struct cpl_timer t = {.fire = wake};
	struct cpl_err e = CPL_ERR_INIT;

	begin(5, 1);
	post("<message to='a@x.lit'/>", 1, 0);
	cpl_delivery_finish(d);
	cpl_loop_timer(loop, &t, 15);
	CHECK_INT(cpl_loop_run(loop, &e), 0);
	CHECK_INT(got.done, 0);
	cpl_delivery_acked(d, 1);
	CHECK_INT(got.done, 0);
	pong(0);
	CHECK_INT(got.done, 1);
	end();
}

static void session_ends_meanwhile(void)
{
	begin(60000, 1);
	post("<message to='a@x.lit'/>", 1, 0);
	cpl_delivery_finish(d);
	session.pings[0].answered(session.pings[0].user, NULL);
	CHECK_INT(got.done, 0);
	counts(1, 0, 0);
	end();
}

static void many_domains(void)
{
	char xml[64];

	begin(60000, 1);
	for (unsigned i = 0; i < 70; i++) {
		snprintf(xml, sizeof xml, "<message to='a@d%u.lit'/>", i);
		post(xml, i + 1, 0);
	}
	cpl_delivery_finish(d);
	/* bounded; the first ones have theirs */
	CHECK_INT(session.ping_count, 64);
	CHECK_STR(session.pings[63].to, "a@d63.lit");
	end();
}

static void bounces(void)
{
	char first[64], second[64];

	begin(60000, 2);
	post("<message to='a@x.lit'/>", 1, 0);
	memcpy(first, session.last_id, sizeof first);
	CHECK_INT(strlen(first), CPL_ID_SIZE - 1);
	post("<message to='b@x.lit'/>", 1, 1);
	memcpy(second, session.last_id, sizeof second);
	CHECK(strcmp(first, second) != 0);
	CHECK_INT(bounce(second, "b@x.lit"), 1);
	CHECK_INT(got.refused, 1);
	CHECK_INT(got.origin.record, 1);
	CHECK_INT(got.origin.recipient, 1);
	CHECK_STR(got.from, "b@x.lit");
	CHECK_STR(got.id, second);
	CHECK_INT(got.why.status, CPL_REFUSED);
	CHECK_STR(got.why.text, "gone");
	/* each counts once, but is always ours */
	CHECK_INT(bounce(second, "b@x.lit"), 1);
	CHECK_INT(got.refused, 1);
	CHECK_INT(bounce(first, "a@x.lit"), 1);
	CHECK_INT(got.refused, 2);
	CHECK_INT(got.origin.recipient, 0);
	counts(2, 0, 2);
	cpl_delivery_acked(d, 2);
	counts(2, 2, 2);
	end();
}

static void what_is_no_bounce(void)
{
	char xml[200];

	begin(60000, 1);
	post("<message to='a@x.lit'/>", 1, 0);
	CHECK_INT(bounce("unknown", "a@x.lit"), 0);
	CHECK_INT(bounce("", "a@x.lit"), 0);
	CHECK_INT(bounce("AAAAAAAAAAAAAAAAAAAAAA", "a@x.lit"), 0);
	CHECK_INT(arrives("<message type='error' from='a@x.lit'/>"), 0);
	snprintf(xml, sizeof xml, "<message id='%s'/>", session.last_id);
	CHECK_INT(arrives(xml), 0);
	snprintf(xml, sizeof xml, "<message type='chat' id='%s'/>",
		 session.last_id);
	CHECK_INT(arrives(xml), 0);
	CHECK_INT(got.refused, 0);
	counts(1, 0, 0);
	end();
}

/* A record's own id is kept, and known again. */
static void foreign_ids(void)
{
	char xml[100];

	begin(0, 3);
	post("<message id='mine-1' to='a@x.lit'/>", 7, 2);
	CHECK_STR(session.last_id, "mine-1");
	CHECK_INT(bounce("mine-1", "a@x.lit"), 1);
	CHECK_INT(got.origin.record, 7);
	CHECK_INT(got.origin.recipient, 2);
	CHECK_INT(bounce("mine-2", "a@x.lit"), 0);
	/* of so many the oldest are forgotten */
	for (unsigned i = 0; i < 4096; i++) {
		snprintf(xml, sizeof xml, "<message id='n%u' to='a@x.lit'/>",
			 i);
		post(xml, 100 + i, 0);
	}
	CHECK_INT(bounce("mine-1", "a@x.lit"), 0);
	CHECK_INT(bounce("n0", "a@x.lit"), 1);
	CHECK_INT(got.origin.record, 100);
	CHECK_INT(bounce("n4095", "a@x.lit"), 1);
	CHECK_INT(got.refused, 3);
	end();
}

/* One record's id goes to all its recipients: the bounce's from tells them
 * apart; where it is another's, the first that is left is taken. */
static void one_id_for_several(void)
{
	begin(0, 4);
	post("<message id='x' to='a@x.lit'/>", 1, 0);
	post("<message id='x' to='b@x.lit'/>", 1, 1);
	post("<message id='x' to='c@x.lit'/>", 1, 2);
	post("<message id='x' to='d@x.lit'/>", 1, 3);
	CHECK_INT(bounce("x", "c@x.lit"), 1);
	CHECK_INT(got.origin.recipient, 2);
	CHECK_INT(bounce("x", "c@x.lit"), 1);
	CHECK_INT(got.refused, 1);
	CHECK_INT(bounce("x", "montague.lit"), 1);
	CHECK_INT(got.origin.recipient, 0);
	CHECK_INT(bounce("x", "D@x.lit"), 1);
	CHECK_INT(got.origin.recipient, 1);
	CHECK_INT(bounce("x", "d@x.lit"), 1);
	CHECK_INT(got.origin.recipient, 3);
	counts(4, 0, 4);
	/* all of them are refused already */
	CHECK_INT(bounce("x", "e@x.lit"), 1);
	counts(4, 0, 4);
	end();
}

static void largest_record(void)
{
	begin(0, 1);
	post("<message to='a@x.lit'/>", 10000000, 0);
	CHECK_INT(bounce(session.last_id, "a@x.lit"), 1);
	CHECK_INT(got.origin.record, 10000000);
	CHECK_INT(got.origin.recipient, 0);
	end();
}

static void window(void)
{
	begin(0, 1);
	for (uint64_t i = 1; i < CPL_WINDOW_STANZAS; i++)
		post("<message to='a@x.lit'/>", i, 0);
	CHECK(!cpl_delivery_full(d));
	cpl_delivery_acked(d, 1);
	CHECK_INT(got.room, 0);
	post("<message to='a@x.lit'/>", 1000, 0);
	CHECK(!cpl_delivery_full(d));
	post("<message to='a@x.lit'/>", 1001, 0);
	CHECK(cpl_delivery_full(d));
	cpl_delivery_acked(d, 1);
	CHECK_INT(got.room, 0);
	cpl_delivery_acked(d, 2);
	CHECK_INT(got.room, 1);
	CHECK(!cpl_delivery_full(d));
	cpl_delivery_acked(d, 3);
	CHECK_INT(got.room, 1);
	end();
}

/* The bytes leave without a word: the next acknowledgement makes room. */
static void window_of_bytes(void)
{
	begin(0, 1);
	post("<message to='a@x.lit'/>", 1, 0);
	post("<message to='a@x.lit'/>", 2, 0);
	session.pending = CPL_WINDOW_BYTES - 1;
	CHECK(!cpl_delivery_full(d));
	session.pending = CPL_WINDOW_BYTES;
	CHECK(cpl_delivery_full(d));
	cpl_delivery_acked(d, 1);
	CHECK_INT(got.room, 0);
	session.pending = 0;
	cpl_delivery_acked(d, 2);
	CHECK_INT(got.room, 1);
	post("<message to='a@x.lit'/>", 3, 0);
	session.pending = CPL_WINDOW_BYTES;
	CHECK(cpl_delivery_full(d));
	session.pending = 0;
	cpl_delivery_acked(d, 3);
	CHECK_INT(got.room, 2);
	end();
}

/* --- what is confirmed, and what is not ---------------------------------- */

static void confirmed(void)
{
	begin(0, 1);
	post("<message to='a@x.lit' id='m'/>", 1, 0);
	post("<iq type='set' id='i'/>", 2, 0);
	post("<presence to='b@x.lit/r' id='p'/>", 3, 0);
	cpl_delivery_acked(d, 2);
	CHECK_STR(got.confirmed, "1:message:m:a@x.lit 2:iq:i:- ");
	cpl_delivery_acked(d, 2);
	cpl_delivery_acked(d, 3);
	CHECK_STR(got.confirmed, "1:message:m:a@x.lit 2:iq:i:- "
				 "3:presence:p:b@x.lit/r ");
	end();
}

static char rest[256];

static void on_rest(void *user, const struct cpl_sent *sent)
{
	size_t n = strlen(rest);

	CHECK(user == &got);
	snprintf(rest + n, sizeof rest - n, "%llu:%s:%u:%.*s ",
		 (unsigned long long)sent->origin.record, sent->id, sent->tries,
		 (int)sent->bytes, sent->xml);
}

static void each_unconfirmed(void)
{
	begin(0, 1);
	rest[0] = '\0';
	session.sent = 1; /* one that is not the delivery's */
	post("<message to='a@x.lit' id='m1'/>", 1, 0);
	post("<message to='a@x.lit' id='m2'/>", 2, 0);
	session.sent++;
	post("<message to='a@x.lit' id='m3'/>", 3, 0);
	cpl_delivery_acked(d, 2);
	session.unacked_from = 2;
	session.left_upto = 3;
	cpl_delivery_each_unconfirmed(d, on_rest, &got);
	CHECK_STR(rest, "2:m2:1:<x> 3:m3:0:<x> ");
	end();
}

/* One whose outcome nobody will ever know: the others go on. */
static void given_up(void)
{
	struct cpl_err unknown = CPL_ERR_INIT;

	begin(0, 1);
	post("<iq type='set' to='a@x.lit' id='i1'/>", 1, 0);
	post("<iq type='set' to='a@x.lit' id='i2'/>", 2, 0);
	cpl_err_set(&unknown, CPL_TEMP, "nobody knows");
	cpl_delivery_given_up(d, 7, &unknown);
	CHECK_INT(got.refused, 0);
	cpl_delivery_given_up(d, 1, &unknown);
	CHECK_INT(got.refused, 1);
	CHECK_INT(got.why.status, CPL_TEMP);
	CHECK_STR(got.id, "i1");
	CHECK_STR(got.from, "-");
	CHECK(cpl_delivery_waits(d));
	cpl_delivery_finish(d);
	CHECK_INT(got.done, 0);
	cpl_delivery_acked(d, 2);
	CHECK_INT(got.done, 1);
	CHECK_STR(got.confirmed, "2:iq:i2:a@x.lit ");
	CHECK_INT(cpl_delivery_confirmed(d), 1);
	CHECK_INT(cpl_delivery_refused(d), 1);
	end();
}

/* One that has never left does not count, and makes room for others. */
static void never_left(void)
{
	struct cpl_err large = CPL_ERR_INIT;

	begin(0, 1);
	post("<message to='a@x.lit' id='m1'/>", 1, 0);
	post("<message to='a@x.lit' id='m2'/>", 2, 0);
	cpl_err_set(&large, CPL_DATA, "too large");
	cpl_delivery_given_up(d, 1, &large);
	CHECK_INT(got.refused, 1);
	CHECK_INT(got.why.status, CPL_DATA);
	CHECK_STR(got.id, "m1");
	CHECK_INT(cpl_delivery_sent(d), 1);
	CHECK_INT(cpl_delivery_refused(d), 0);
	cpl_delivery_finish(d);
	cpl_delivery_acked(d, 2);
	CHECK_INT(got.done, 1);
	CHECK_INT(cpl_delivery_confirmed(d), 1);
	end();
}

/* --- rooms: another hears of them --- */

static void in_rooms(void)
{
	struct cpl_sent sent = {.number = 7,
				.id = "i",
				.to = "r@x.lit",
				.type = "message",
				.bytes = CPL_WINDOW_BYTES / 4};
	struct cpl_origin origin = {4, 0};
	xmpp_stanza_t *s =
	    parse(ctx, "<message type='groupchat' to='r@x.lit'/>");

	UNIT_NEED(s != NULL);
	begin(1000, 1);
	for (uint64_t n = 1; n <= 3; n++)
		cpl_delivery_said(d, sent.bytes);
	CHECK(!cpl_delivery_full(d));
	CHECK_INT(cpl_delivery_identify(d, s, &origin), 0);
	cpl_delivery_said(d, sent.bytes);
	CHECK(cpl_delivery_full(d));
	post("<message to='r@x.lit/n'/>", 5, 0);
	CHECK_INT(session.sent, 1);
	cpl_delivery_finish(d);
	cpl_delivery_acked(d, 1);
	CHECK_INT(got.room, 0);
	cpl_delivery_heard(d, &sent);
	CHECK_INT(got.room, 0);
	cpl_delivery_unheard(d, 1, sent.bytes);
	CHECK_INT(got.room, 1);
	CHECK_STR(strchr(got.confirmed, ' '), " 7:message:i:r@x.lit ");
	counts(5, 2, 0);
	CHECK_INT(bounce(xmpp_stanza_get_id(s), "r@x.lit"), 1);
	CHECK_INT(got.refused, 1);
	CHECK_INT(got.origin.record, 4);
	cpl_delivery_unheard(d, 1, sent.bytes);
	cpl_delivery_heard(d, &sent);
	cpl_delivery_unheard(d, 1, sent.bytes);
	pong(0);
	CHECK_INT(got.done, 0);
	CHECK(cpl_delivery_waits(d));
	cpl_delivery_heard(d, &sent);
	cpl_delivery_unheard(d, 1, sent.bytes);
	CHECK_INT(got.done, 1);
	CHECK(!cpl_delivery_waits(d));
	counts(5, 4, 1);
	xmpp_stanza_release(s);
	end();
}

int main(void)
{
	ctx = strophe_mem_ctx(&mem);
	if (!ctx)
		return 1;
	RUN(nothing_sent);
	RUN(acknowledged);
	RUN(numbers_of_others);
	RUN(sending_fails);
	RUN(pings);
	RUN(ping_first_then_ack);
	RUN(no_pong);
	RUN(no_wait_without_ack);
	RUN(session_ends_meanwhile);
	RUN(many_domains);
	RUN(bounces);
	RUN(what_is_no_bounce);
	RUN(foreign_ids);
	RUN(one_id_for_several);
	RUN(largest_record);
	RUN(window);
	RUN(window_of_bytes);
	RUN(confirmed);
	RUN(each_unconfirmed);
	RUN(given_up);
	RUN(never_left);
	RUN(in_rooms);
	return strophe_mem_end(&mem, ctx);
}
