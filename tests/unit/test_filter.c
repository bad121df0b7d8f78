/* SPDX-License-Identifier: MIT */
#include "../../common/stanza/filter.h"

#include "parse.h"
#include "strophe_mem.h"
#include "unit.h"

static struct strophe_mem mem;
static xmpp_ctx_t *ctx;
static struct cpl_jid own;

static void passes(const struct cpl_filter *f, const char *xml, int expected)
{
	xmpp_stanza_t *s = parse(ctx, xml);

	UNIT_NEED(s != NULL);
	if (!CHECK_INT(!!cpl_filter_passes(f, s, &own), expected))
		printf("# %s\n", xml);
	xmpp_stanza_release(s);
}

static void kind_of(const char *xml, int expected)
{
	xmpp_stanza_t *s = parse(ctx, xml);

	UNIT_NEED(s != NULL);
	CHECK_INT(cpl_filter_kind(s), expected);
	xmpp_stanza_release(s);
}

static void kinds(void)
{
	kind_of("<message/>", CPL_MESSAGE);
	kind_of("<presence/>", CPL_PRESENCE);
	kind_of("<iq/>", CPL_IQ);
	kind_of("<a/>", 0);
	kind_of("<message xmlns='urn:x'/>", 0);
	kind_of("<message xmlns='jabber:server'/>", 0);
	kind_of("<stream:features/>", 0);
}

static void empty_filter(void)
{
	struct cpl_filter f = {0};

	passes(&f, "<message/>", 1);
	passes(&f, "<presence type='error' from='a@b/c'/>", 1);
	passes(&f, "<iq/>", 1);
	cpl_filter_release(&f);
}

static void by_kind(void)
{
	struct cpl_filter f = {0};
	struct cpl_err e = CPL_ERR_INIT;

	CHECK_INT(cpl_filter_add_kind(&f, "message", &e), 0);
	passes(&f, "<message/>", 1);
	passes(&f, "<presence/>", 0);
	passes(&f, "<iq/>", 0);
	CHECK_INT(cpl_filter_add_kind(&f, "iq", &e), 0);
	passes(&f, "<message/>", 1);
	passes(&f, "<presence/>", 0);
	passes(&f, "<iq/>", 1);
	CHECK_INT(cpl_filter_add_kind(&f, "presence", &e), 0);
	passes(&f, "<presence/>", 1);
	passes(&f, "<r xmlns='urn:xmpp:sm:3'/>", 0);
	CHECK_STR(e.text, "");
	CHECK_INT(cpl_filter_add_kind(&f, "Message", &e), -1);
	CHECK_INT(e.status, CPL_USAGE);
	CHECK_STR(e.text, "'Message' is not message, presence or iq");
	CHECK_INT(cpl_filter_add_kind(&f, "", &e), -1);
	cpl_filter_release(&f);
}

static void by_type(void)
{
	static const struct {
		const char *type, *xml;
		int expected;
	} cases[] = {
	    {"chat", "<message type='chat'/>", 1},
	    {"chat", "<message/>", 0},
	    {"chat", "<message type='Chat'/>", 0},
	    {"chat", "<presence/>", 0},
	    {"normal", "<message/>", 1},
	    {"normal", "<message type='normal'/>", 1},
	    {"normal", "<message type='chat'/>", 0},
	    {"normal", "<presence/>", 0},
	    {"normal", "<iq type='get'/>", 0},
	    {"headline", "<message type='headline'/>", 1},
	    {"groupchat", "<message type='groupchat'/>", 1},
	    {"available", "<presence/>", 1},
	    {"available", "<presence type='available'/>", 1},
	    {"available", "<presence type='unavailable'/>", 0},
	    {"available", "<message/>", 0},
	    {"available", "<iq/>", 0},
	    {"unavailable", "<presence type='unavailable'/>", 1},
	    {"subscribe", "<presence type='subscribe'/>", 1},
	    {"subscribed", "<presence type='subscribed'/>", 1},
	    {"unsubscribe", "<presence type='unsubscribe'/>", 1},
	    {"unsubscribed", "<presence type='unsubscribed'/>", 1},
	    {"probe", "<presence type='probe'/>", 1},
	    {"error", "<presence type='error'/>", 1},
	    {"error", "<message type='error'/>", 1},
	    {"get", "<iq type='get'/>", 1},
	    {"set", "<iq type='set'/>", 1},
	    {"result", "<iq type='result'/>", 1},
	    {"result", "<iq type='get'/>", 0},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct cpl_filter f = {0};

		CHECK_INT(cpl_filter_add_type(&f, cases[i].type, NULL), 0);
		passes(&f, cases[i].xml, cases[i].expected);
		cpl_filter_release(&f);
	}
}

static void by_several_types(void)
{
	struct cpl_filter f = {0};
	struct cpl_err e = CPL_ERR_INIT;
	char type[] = "chat";

	/* the caller's string need not last */
	CHECK_INT(cpl_filter_add_type(&f, type, &e), 0);
	memset(type, 'x', 4);
	CHECK_INT(cpl_filter_add_type(&f, "normal", &e), 0);
	passes(&f, "<message type='chat'/>", 1);
	passes(&f, "<message/>", 1);
	passes(&f, "<message type='headline'/>", 0);
	CHECK_STR(e.text, "");
	CHECK_INT(cpl_filter_add_type(&f, "chatty", &e), -1);
	CHECK_INT(e.status, CPL_USAGE);
	CHECK_STR(e.text, "'chatty' is no type of a stanza");
	cpl_filter_release(&f);
}

static void by_sender(void)
{
	static const struct {
		const char *pattern, *xml;
		int expected;
	} cases[] = {
	    {"juliet@capulet.lit", "<message from='juliet@capulet.lit'/>", 1},
	    {"juliet@capulet.lit", "<message from='juliet@capulet.lit/x'/>", 1},
	    {"juliet@capulet.lit", "<message from='JULIET@Capulet.lit/x'/>", 1},
	    {"Juliet@capulet.lit", "<message from='juliet@capulet.lit/x'/>", 1},
	    {"juliet@capulet.lit", "<message from='nurse@capulet.lit'/>", 0},
	    {"juliet@capulet.lit", "<message from='capulet.lit'/>", 0},
	    {"juliet@capulet.lit", "<message from='juliet@x.capulet.lit'/>", 0},
	    {"juliet@capulet.lit/a", "<message from='juliet@capulet.lit/a'/>",
	     1},
	    {"juliet@capulet.lit/a", "<message from='juliet@capulet.lit/A'/>",
	     0},
	    {"juliet@capulet.lit/a", "<message from='juliet@capulet.lit'/>", 0},
	    {"capulet.lit", "<message from='capulet.lit'/>", 1},
	    {"capulet.lit", "<message from='juliet@capulet.lit/x'/>", 1},
	    {"capulet.lit", "<message from='juliet@x.capulet.lit'/>", 0},
	    {"capulet.lit", "<message from='juliet@xcapulet.lit'/>", 0},
	    /* without from it is the own account's */
	    {"capulet.lit", "<message/>", 0},
	    {"romeo@montague.lit", "<message/>", 1},
	    {"montague.lit", "<message/>", 1},
	    {"romeo@montague.lit/orchard", "<message/>", 0},
	    /* what is no JID is nobody */
	    {"capulet.lit", "<message from='@capulet.lit'/>", 0},
	    {"capulet.lit", "<message from=''/>", 0},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct cpl_filter f = {0};

		CHECK_INT(cpl_filter_add_from(&f, cases[i].pattern, NULL), 0);
		passes(&f, cases[i].xml, cases[i].expected);
		cpl_filter_release(&f);
	}
}

static void by_several_senders(void)
{
	struct cpl_filter f = {0};
	struct cpl_err e = CPL_ERR_INIT;

	CHECK_INT(cpl_filter_add_from(&f, "a@x.lit", &e), 0);
	CHECK_INT(cpl_filter_add_from(&f, "y.lit", &e), 0);
	passes(&f, "<message from='a@x.lit/r'/>", 1);
	passes(&f, "<message from='b@y.lit/r'/>", 1);
	passes(&f, "<message from='b@x.lit/r'/>", 0);
	CHECK_INT(cpl_filter_add_from(&f, "a@@x", &e), -1);
	CHECK_INT(e.status, CPL_USAGE);
	CHECK(strstr(e.text, "a@@x") != NULL);
	passes(&f, "<message from='b@y.lit/r'/>", 1);
	cpl_filter_release(&f);
	cpl_filter_release(&f);
}

static void by_body(void)
{
	struct cpl_filter f = {.with_body = 1};

	passes(&f, "<message><body>hi</body></message>", 1);
	passes(&f, "<message><subject>s</subject><body/></message>", 1);
	passes(&f, "<message>text</message>", 0);
	passes(&f, "<message/>", 0);
	passes(&f, "<message><body xmlns='urn:x'>hi</body></message>", 0);
	passes(&f,
	       "<message><x xmlns='urn:x'><body xmlns='jabber:client'>"
	       "hi</body></x></message>",
	       0);
	cpl_filter_release(&f);
}

static void all_criteria_must_hold(void)
{
	struct cpl_filter f = {.with_body = 1};

	CHECK_INT(cpl_filter_add_kind(&f, "message", NULL), 0);
	CHECK_INT(cpl_filter_add_type(&f, "chat", NULL), 0);
	CHECK_INT(cpl_filter_add_from(&f, "x.lit", NULL), 0);
	passes(&f,
	       "<message type='chat' from='a@x.lit'><body>b</body></message>",
	       1);
	passes(&f,
	       "<presence type='chat' from='a@x.lit'><body>b</body></presence>",
	       0);
	passes(&f, "<message from='a@x.lit'><body>b</body></message>", 0);
	passes(&f,
	       "<message type='chat' from='a@y.lit'><body>b</body></message>",
	       0);
	passes(&f, "<message type='chat' from='a@x.lit'/>", 0);
	cpl_filter_release(&f);
}

static void limits(void)
{
	struct cpl_filter f = {0};
	struct cpl_err e = CPL_ERR_INIT;
	char jid[32];

	for (int i = 0; i < CPL_FILTER_MAX; i++) {
		snprintf(jid, sizeof jid, "u%d@x.lit", i);
		CHECK_INT(cpl_filter_add_from(&f, jid, &e), 0);
		CHECK_INT(cpl_filter_add_type(&f, "chat", &e), 0);
	}
	CHECK_STR(e.text, "");
	CHECK_INT(cpl_filter_add_from(&f, "one@more.lit", &e), -1);
	CHECK_INT(e.status, CPL_USAGE);
	CHECK_STR(e.text, "more than 64 senders");
	CHECK_INT(cpl_filter_add_type(&f, "chat", &e), -1);
	CHECK_INT(e.status, CPL_USAGE);
	CHECK_STR(e.text, "more than 64 types");
	passes(&f, "<message type='chat' from='u63@x.lit/r'/>", 1);
	passes(&f, "<message type='chat' from='one@more.lit'/>", 0);
	cpl_filter_release(&f);
}

int main(void)
{
	ctx = strophe_mem_ctx(&mem);
	if (!ctx || cpl_jid_parse(&own, "romeo@montague.lit/orchard", NULL) < 0)
		return 1;
	RUN(kinds);
	RUN(empty_filter);
	RUN(by_kind);
	RUN(by_type);
	RUN(by_several_types);
	RUN(by_sender);
	RUN(by_several_senders);
	RUN(by_body);
	RUN(all_criteria_must_hold);
	RUN(limits);
	cpl_jid_release(&own);
	return strophe_mem_end(&mem, ctx);
}
