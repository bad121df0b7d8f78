/* SPDX-License-Identifier: MIT
 *
 * Fence, census and subscriptions over a session and a contact list that are
 * played here: what is asked is kept, and the test says what the server does.
 * The linker takes these functions in place of session.o and roster.o. */
#include "../../common/stream/census.h"

#include <stdlib.h>

#include "../../common/stream/subscribe.h"
#include "parse.h"
#include "strophe_mem.h"
#include "unit.h"

enum { MOST = 64 };

struct asked {
	char to[64];
	char what[16];
	void (*answered)(void *user, xmpp_stanza_t *answer);
	void *user;
};

struct cpl_session {
	struct asked asked[MOST];
	size_t count;
	char sent[256]; /* types of presence, and to whom */
	int pre_approval;
};

struct cpl_roster {
	struct cpl_contact list[8];
	size_t count;
};

static struct strophe_mem mem;
static xmpp_ctx_t *ctx;
static struct cpl_jid own;
static struct cpl_loop *loop;
static struct cpl_session session;
static struct cpl_roster roster;
static char told[1024]; /* what the events said */

xmpp_ctx_t *cpl_session_ctx(const struct cpl_session *s)
{
	(void)s;
	return ctx;
}

const struct cpl_jid *cpl_session_jid(const struct cpl_session *s)
{
	(void)s;
	return &own;
}

int cpl_session_feature(const struct cpl_session *s, const char *name,
			const char *ns)
{
	(void)name;
	(void)ns;
	return s->pre_approval;
}

int cpl_session_send(struct cpl_session *s, xmpp_stanza_t *stanza,
		     uint64_t *number, struct cpl_err *e)
{
	size_t n = strlen(s->sent);

	(void)number;
	(void)e;
	snprintf(s->sent + n, sizeof s->sent - n, "%s %s;",
		 xmpp_stanza_get_type(stanza), xmpp_stanza_get_to(stanza));
	return 0;
}

int cpl_session_request(struct cpl_session *s, xmpp_stanza_t *iq,
			void (*answered)(void *user, xmpp_stanza_t *answer),
			void *user, struct cpl_err *e)
{
	struct asked *a = &s->asked[s->count];

	(void)e;
	if (!CHECK(s->count < MOST))
		return -1;
	snprintf(a->to, sizeof a->to, "%s", xmpp_stanza_get_to(iq));
	snprintf(a->what, sizeof a->what, "%s",
		 xmpp_stanza_get_name(xmpp_stanza_get_children(iq)));
	a->answered = answered;
	a->user = user;
	s->count++;
	return 0;
}

void cpl_session_forget(struct cpl_session *s, const void *user)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->asked[i].user == user)
			s->asked[i--] = s->asked[--s->count];
}

size_t cpl_roster_count(const struct cpl_roster *r)
{
	return r->count;
}

const struct cpl_contact *cpl_roster_at(const struct cpl_roster *r, size_t i)
{
	return &r->list[i];
}

const struct cpl_contact *cpl_roster_find(const struct cpl_roster *r,
					  const char *jid)
{
	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->list[i].jid.bare, jid) == 0)
			return &r->list[i];
	return NULL;
}

/* --- the other side ---------------------------------------------------- */

static struct cpl_contact *contact(const char *jid, enum cpl_subscription s)
{
	struct cpl_contact *c = &roster.list[roster.count++];

	CHECK(cpl_jid_parse(&c->jid, jid, NULL) == 0);
	c->subscription = s;
	c->ask = c->approved = 0;
	return c;
}

/* Answers the question to somebody; there has to be one, of that kind. */
static void answer(const char *to, const char *what, const char *xml)
{
	for (size_t i = 0; i < session.count; i++) {
		struct asked a = session.asked[i];
		xmpp_stanza_t *stanza;

		if (strcmp(a.to, to) != 0 || strcmp(a.what, what) != 0)
			continue;
		session.asked[i] = session.asked[--session.count];
		stanza = parse(ctx, xml);
		a.answered(a.user, stanza);
		xmpp_stanza_release(stanza);
		return;
	}
	printf("# nobody asked %s for %s\n", to, what);
	CHECK(0);
}

#define RESULT "<iq type='result'/>"
#define ERROR(condition)                                                       \
	"<iq type='error'><error type='cancel'><" condition                    \
	" xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"
#define ITEMS(list)                                                            \
	"<iq type='result'><query "                                            \
	"xmlns='http://jabber.org/protocol/disco#items'>" list "</query></iq>"

static void say(const char *what, const char *jid, const struct cpl_err *why)
{
	size_t n = strlen(told);

	snprintf(told + n, sizeof told - n, "%s %s %d;", what, jid,
		 why ? (int)why->status : 0);
}

static void on_jid(void *user, const char *jid, const struct cpl_err *why)
{
	(void)user;
	say("jid", jid, why);
}

static void on_done(void *user)
{
	(void)user;
	say("done", "-", NULL);
}

static void reset(void)
{
	for (size_t i = 0; i < roster.count; i++)
		cpl_jid_release(&roster.list[i].jid);
	memset(&roster, 0, sizeof roster);
	memset(&session, 0, sizeof session);
	*told = '\0';
}

/* --- census ------------------------------------------------------------ */

static struct cpl_sight *sight;

static struct cpl_census *census(void)
{
	struct cpl_census_conf conf = {loop, &session, sight, 60000};
	struct cpl_census_events events = {on_jid, on_done, NULL};

	return cpl_census_new(&conf, &events);
}

static void see(const char *from, const char *xml)
{
	xmpp_stanza_t *p = parse(ctx, xml);
	struct cpl_jid jid;

	CHECK(cpl_jid_parse(&jid, from, NULL) == 0);
	CHECK(cpl_sight_take(sight, &jid, p, NULL) >= 0);
	cpl_jid_release(&jid);
	xmpp_stanza_release(p);
}

static void a_server_that_answers_in_order(void)
{
	struct cpl_census *c = census();

	CHECK(cpl_census_account(c, "juliet@capulet.lit", NULL) == 0);
	answer("montague.lit", "ping", RESULT);
	CHECK_STR(told, "");
	answer("juliet@capulet.lit", "query", ITEMS(""));
	CHECK_STR(told, "done - 0;");
	cpl_census_free(c);
}

/* Twice for the account, and then the session itself. */
static void a_session_that_is_late(void)
{
	struct cpl_census *c = census();
	const char *items =
	    ITEMS("<item jid='juliet@capulet.lit/a'/><item "
		  "jid='tybalt@capulet.lit/b'/><item jid='@@'/><item/>");

	CHECK(cpl_census_account(c, "juliet@capulet.lit", NULL) == 0);
	answer("montague.lit", "ping", RESULT);
	answer("juliet@capulet.lit", "query", items);
	CHECK_INT(session.count, 1);
	answer("juliet@capulet.lit", "query", items);
	CHECK_INT(session.count, 1);
	see("juliet@capulet.lit/a", "<presence/>");
	CHECK_STR(told, "");
	answer("juliet@capulet.lit/a", "ping", ERROR("forbidden"));
	CHECK_STR(told, "done - 0;");
	cpl_census_free(c);
}

static void who_cannot_be_asked_is_unknown(void)
{
	struct cpl_census *c = census();

	CHECK(cpl_census_account(c, "a@nosuch.lit", NULL) == 0);
	CHECK(cpl_census_account(c, "b@capulet.lit", NULL) == 0);
	CHECK(cpl_census_account(c, "c@capulet.lit", NULL) == 0);
	answer("montague.lit", "ping", ERROR("forbidden"));
	answer("a@nosuch.lit", "query", ERROR("remote-server-not-found"));
	answer("b@capulet.lit", "query", ERROR("subscription-required"));
	answer("c@capulet.lit", "query", ERROR("service-unavailable"));
	CHECK_STR(told, "jid a@nosuch.lit 75;jid b@capulet.lit 69;done - 0;");
	cpl_census_free(c);
}

static void a_whole_list(void)
{
	struct cpl_census *c = census();

	contact("juliet@capulet.lit", CPL_SUB_BOTH);
	contact("nurse@capulet.lit", CPL_SUB_TO);
	contact("tybalt@capulet.lit", CPL_SUB_FROM);
	contact("a@nosuch.lit", CPL_SUB_TO);
	CHECK(cpl_census_roster(c, &roster, NULL) == 0);
	CHECK_INT(session.count, 3);
	answer("nosuch.lit", "ping", ERROR("not-allowed"));
	see("nurse@capulet.lit", "<presence type='unavailable'/>");
	answer("capulet.lit", "ping", RESULT);
	answer("juliet@capulet.lit", "query", ITEMS(""));
	answer("montague.lit", "ping", ERROR("forbidden"));
	answer("romeo@montague.lit", "query",
	       ITEMS("<item jid='romeo@montague.lit/orchard'/>"));
	CHECK_STR(told, "jid nosuch.lit 75;done - 0;");
	cpl_census_free(c);
}

/* --- subscriptions ----------------------------------------------------- */

static struct cpl_subscribe *subscribe(enum cpl_subscribe_verb verb,
				       const char *jid)
{
	struct cpl_subscribe_conf conf = {loop, &session, &roster, verb, 60000};
	struct cpl_subscribe_events events = {on_jid, on_done, NULL};
	struct cpl_subscribe *s = cpl_subscribe_new(&conf, &events);
	struct cpl_jid parsed;

	CHECK(cpl_jid_parse(&parsed, jid, NULL) == 0);
	CHECK(cpl_subscribe_add(s, &parsed, NULL) == 0);
	CHECK(cpl_subscribe_add(s, &parsed, NULL) == 0);
	CHECK(cpl_subscribe_finish(s, NULL) == 0);
	cpl_jid_release(&parsed);
	return s;
}

static void a_request(void)
{
	struct cpl_subscribe *s =
	    subscribe(CPL_SUBSCRIBE, "juliet@capulet.lit/balcony");

	CHECK_STR(session.sent, "subscribe juliet@capulet.lit;");
	contact("juliet@capulet.lit", CPL_SUB_NONE)->ask = 1;
	answer("montague.lit", "ping", RESULT);
	CHECK_STR(told, "");
	answer("juliet@capulet.lit", "ping", ERROR("service-unavailable"));
	CHECK_STR(told, "jid juliet@capulet.lit 0;done - 0;");
	cpl_subscribe_free(s);
}

static void a_request_that_nobody_noted(void)
{
	struct cpl_subscribe *s =
	    subscribe(CPL_SUBSCRIBE, "juliet@capulet.lit");

	answer("juliet@capulet.lit", "ping", RESULT);
	answer("montague.lit", "ping", RESULT);
	CHECK_STR(told, "jid juliet@capulet.lit 1;done - 0;");
	cpl_subscribe_free(s);
}

static void a_request_that_bounces(void)
{
	struct cpl_subscribe *s =
	    subscribe(CPL_SUBSCRIBE, "juliet@capulet.lit");
	xmpp_stanza_t *p = parse(
	    ctx, "<presence type='unsubscribed' from='juliet@capulet.lit'/>");

	contact("juliet@capulet.lit", CPL_SUB_NONE)->ask = 1;
	answer("montague.lit", "ping", RESULT);
	cpl_subscribe_presence(s, p);
	CHECK_STR(told, "jid juliet@capulet.lit 1;done - 0;");
	xmpp_stanza_release(p);
	cpl_subscribe_free(s);
}

static void approvals(void)
{
	struct cpl_subscribe *s = subscribe(CPL_APPROVE, "nurse@capulet.lit");

	answer("nurse@capulet.lit", "ping", RESULT);
	answer("montague.lit", "ping", RESULT);
	CHECK_STR(told, "jid nurse@capulet.lit 1;done - 0;");
	cpl_subscribe_free(s);
	reset();
	session.pre_approval = 1;
	s = subscribe(CPL_APPROVE, "nurse@capulet.lit");
	cpl_subscribe_changed(s, contact("nurse@capulet.lit", CPL_SUB_NONE));
	answer("nurse@capulet.lit", "ping", RESULT);
	answer("montague.lit", "ping", RESULT);
	CHECK_STR(told, "jid nurse@capulet.lit 0;done - 0;");
	cpl_subscribe_free(s);
}

static void who_is_approved_is_not_denied(void)
{
	struct cpl_subscribe *s;

	contact("nurse@capulet.lit", CPL_SUB_FROM);
	s = subscribe(CPL_DENY, "nurse@capulet.lit");
	CHECK_STR(session.sent, "");
	answer("montague.lit", "ping", RESULT);
	CHECK_STR(told, "jid nurse@capulet.lit 1;done - 0;");
	cpl_subscribe_free(s);
}

static void what_is_left_is_given_up(void)
{
	struct cpl_subscribe *s = subscribe(CPL_CANCEL, "nurse@capulet.lit");
	struct cpl_err why = {CPL_TEMP, "unknown outcome", 0};

	cpl_subscribe_give_up(s, &why);
	CHECK_STR(told, "jid nurse@capulet.lit 75;");
	CHECK_INT(session.count, 1);
	cpl_subscribe_free(s);
	CHECK_INT(session.count, 0);
}

static void run(const char *name, void (*test)(void))
{
	reset();
	sight = cpl_sight_new();
	unit_run(name, test);
	cpl_sight_free(sight);
	reset();
}

#undef RUN
#define RUN(test) run(#test, test)

int main(void)
{
	ctx = strophe_mem_ctx(&mem);
	loop = cpl_loop_new(NULL);
	if (!ctx || !loop ||
	    cpl_jid_parse(&own, "romeo@montague.lit/orchard", NULL) < 0)
		return 1;
	RUN(a_server_that_answers_in_order);
	RUN(a_session_that_is_late);
	RUN(who_cannot_be_asked_is_unknown);
	RUN(a_whole_list);
	RUN(a_request);
	RUN(a_request_that_nobody_noted);
	RUN(a_request_that_bounces);
	RUN(approvals);
	RUN(who_is_approved_is_not_denied);
	RUN(what_is_left_is_given_up);
	cpl_jid_release(&own);
	cpl_loop_free(loop);
	return strophe_mem_end(&mem, ctx);
}
