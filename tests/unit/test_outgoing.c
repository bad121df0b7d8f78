/* SPDX-License-Identifier: MIT */
#include "../../common/stanza/outgoing.h"

#include <stdlib.h>

#include "../../common/base/buf.h"
#include "../../common/stanza/write.h"
#include "parse.h"
#include "strophe_mem.h"
#include "unit.h"

static struct strophe_mem mem;
static xmpp_ctx_t *ctx;
static struct cpl_jid own;

/* The line of a stanza; the caller frees it. */
static char *line(xmpp_stanza_t *s)
{
	struct cpl_buf out = CPL_BUF_INIT(100000);

	CHECK_INT(cpl_write_xml(&out, s, "jabber:client"), 0);
	return cpl_buf_take(&out);
}

/* What becomes of a record; expected NULL: refused, and why. The record is
 * left as it was. */
static void becomes(struct cpl_outgoing_rules rules, const char *xml,
		    const char *expected, const char *why)
{
	struct cpl_err e = CPL_ERR_INIT;
	xmpp_stanza_t *record = parse(ctx, xml), *s;
	char *before, *after;

	UNIT_NEED(record != NULL);
	before = line(record);
	rules.own = &own;
	s = cpl_outgoing(record, &rules, &e);
	after = line(record);
	CHECK_STR(after, before);
	free(before);
	free(after);
	if (s) {
		after = line(s);
		CHECK_STR(after, expected);
		CHECK_STR(e.text, "");
		free(after);
		xmpp_stanza_release(s);
	} else {
		CHECK_STR(NULL, expected);
		CHECK_INT(e.status, CPL_DATA);
		CHECK_STR(e.text, why);
	}
	xmpp_stanza_release(record);
}

static const struct cpl_outgoing_rules usual, reply = {.reply = 1};

#define RECIPIENT "a message without recipient"
#define SELF "a message to the own account (--to-self sends it)"
#define ERROR "a stanza of type error is not sent"

static void as_it_is(void)
{
	static const char *const same[] = {
	    "<message id=\"1\" to=\"a@x.lit\" type=\"chat\"><body>hi</body>"
	    "</message>",
	    "<message to=\"a@x.lit/r\"/>",
	    "<presence/>",
	    "<presence to=\"a@x.lit\" type=\"subscribe\"/>",
	    "<iq id=\"1\" type=\"get\"><ping xmlns=\"urn:xmpp:ping\"/></iq>",
	    "<iq id=\"1\" to=\"x.lit\" type=\"result\"/>",
	    "<message to=\"a@x.lit\"><origin-id xmlns=\"urn:xmpp:sid:0\" "
	    "id=\"o\"/></message>",
	    "<message to=\"a@x.lit\" xml:lang=\"en\">text<body>a</body>b"
	    "</message>",
	    "<message to=\"a@x.lit\"><delay xmlns=\"urn:xmpp:delay\" "
	    "stamp=\"2020-01-01T00:00:00Z\"/></message>",
	};

	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		becomes(usual, same[i], same[i], NULL);
}

static void from_is_dropped(void)
{
	becomes(usual, "<message from='evil@x.lit' to='a@x.lit'/>",
		"<message to=\"a@x.lit\"/>", NULL);
	becomes(usual, "<iq from='evil@x.lit' id='1' type='get'/>",
		"<iq id=\"1\" type=\"get\"/>", NULL);
	becomes(usual,
		"<message from='e@x.lit' to='a@x.lit'><x xmlns='urn:x' "
		"from='e'/></message>",
		"<message to=\"a@x.lit\"><x xmlns=\"urn:x\" from=\"e\"/>"
		"</message>",
		NULL);
}

/* XEP-0359: those of the servers in between; the sender's own id stays, and
 * so does what was forwarded. */
static void stanza_ids_are_dropped(void)
{
	becomes(usual,
		"<message to='a@x.lit' from='e@x.lit' id='1' xml:lang='en'>"
		"<stanza-id xmlns='urn:xmpp:sid:0' id='s' by='x.lit'/>"
		"<body>a</body>text"
		"<stanza-id xmlns='urn:xmpp:sid:0' id='t' by='y.lit'/>"
		"<stanza-id xmlns='urn:x' id='u'/>"
		"<origin-id xmlns='urn:xmpp:sid:0' id='o'/></message>",
		"<message id=\"1\" to=\"a@x.lit\" xml:lang=\"en\">"
		"<body>a</body>text"
		"<stanza-id xmlns=\"urn:x\" id=\"u\"/>"
		"<origin-id xmlns=\"urn:xmpp:sid:0\" id=\"o\"/></message>",
		NULL);
	becomes(usual,
		"<message to='a@x.lit'><stanza-id xmlns='urn:xmpp:sid:0' "
		"id='s'/></message>",
		"<message to=\"a@x.lit\"/>", NULL);
	becomes(usual,
		"<message to='a@x.lit'>"
		"<stanza-id xmlns='urn:xmpp:sid:0' id='s'/>"
		"<forwarded xmlns='urn:xmpp:forward:0'><message "
		"xmlns='jabber:client' from='b@x.lit'><stanza-id "
		"xmlns='urn:xmpp:sid:0' id='t'/></message></forwarded>"
		"</message>",
		"<message to=\"a@x.lit\">"
		"<forwarded xmlns=\"urn:xmpp:forward:0\"><message "
		"xmlns=\"jabber:client\" from=\"b@x.lit\"><stanza-id "
		"xmlns=\"urn:xmpp:sid:0\" id=\"t\"/></message></forwarded>"
		"</message>",
		NULL);
}

/* XEP-0013 2.4: what was fetched is a message like others. */
static void offline_mark_is_dropped(void)
{
	becomes(usual,
		"<message to='a@x.lit'><body>a</body><offline "
		"xmlns='http://jabber.org/protocol/offline'><item node='1'/>"
		"</offline><offline xmlns='urn:x'/></message>",
		"<message to=\"a@x.lit\"><body>a</body>"
		"<offline xmlns=\"urn:x\"/></message>",
		NULL);
}

/* An odd record is a bad record at worst, no failure of ours. */
static void stanza_id_among_many_attributes(void)
{
	struct cpl_outgoing_rules rules = usual;
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_buf xml = CPL_BUF_INIT(10000);
	xmpp_stanza_t *record, *s;
	int r = cpl_buf_adds(&xml, "<message to='a@x.lit'");

	rules.own = &own;
	for (int i = 0; i < 100 && r == 0; i++)
		r = cpl_buf_addf(&xml, " a%d='b'", i);
	if (r == 0)
		r = cpl_buf_adds(&xml, "><stanza-id xmlns='urn:xmpp:sid:0'/>"
				       "</message>");
	UNIT_NEED(r == 0);
	record = parse(ctx, xml.data);
	UNIT_NEED(record != NULL);
	s = cpl_outgoing(record, &rules, &e);
	if (!s)
		CHECK_INT(e.status, CPL_DATA);
	else
		xmpp_stanza_release(s);
	xmpp_stanza_release(record);
	cpl_buf_release(&xml);
}

static void errors_are_not_sent(void)
{
	becomes(usual, "<message type='error' to='a@x.lit'/>", NULL, ERROR);
	becomes(usual, "<iq type='error' to='a@x.lit' id='1'/>", NULL, ERROR);
	becomes(usual, "<presence type='error'/>", NULL, ERROR);
	becomes(reply, "<message type='error' from='a@x.lit'/>", NULL, ERROR);
	becomes((struct cpl_outgoing_rules){.addressed = 1, .to_self = 1},
		"<message type='error'/>", NULL, ERROR);
}

static void recipients(void)
{
	becomes(usual, "<message/>", NULL, RECIPIENT);
	becomes(usual, "<message from='a@x.lit'/>", NULL, RECIPIENT);
	becomes((struct cpl_outgoing_rules){.addressed = 1}, "<message/>",
		"<message/>", NULL);
	/* to is not looked at where it will be another */
	becomes((struct cpl_outgoing_rules){.addressed = 1},
		"<message to='@@'/>", "<message to=\"@@\"/>", NULL);
}

static void malformed_recipient(void)
{
	struct cpl_outgoing_rules rules = {.own = &own};
	static const char *const bad[] = {
	    "<message to='@x.lit'/>", "<message to='a@'/>",
	    "<presence to='a@@x'/>",  "<iq to='a@x.lit/' type='get' id='1'/>",
	    "<message to=''/>",
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct cpl_err e = CPL_ERR_INIT;
		xmpp_stanza_t *record = parse(ctx, bad[i]);

		UNIT_NEED(record != NULL);
		CHECK(!cpl_outgoing(record, &rules, &e));
		CHECK_INT(e.status, CPL_DATA);
		CHECK(*e.text != '\0');
		xmpp_stanza_release(record);
	}
}

static void to_self(void)
{
	const struct cpl_outgoing_rules meant = {.to_self = 1};

	becomes(usual, "<message to='romeo@montague.lit'/>", NULL, SELF);
	becomes(usual, "<message to='ROMEO@montague.LIT'/>", NULL, SELF);
	becomes(meant, "<message to='romeo@montague.lit'/>",
		"<message to=\"romeo@montague.lit\"/>", NULL);
	/* one of the own clients, the server, and what is no message */
	becomes(usual, "<message to='romeo@montague.lit/x'/>",
		"<message to=\"romeo@montague.lit/x\"/>", NULL);
	becomes(usual, "<message to='montague.lit'/>",
		"<message to=\"montague.lit\"/>", NULL);
	becomes(usual, "<iq id='1' to='romeo@montague.lit' type='get'/>",
		"<iq id=\"1\" to=\"romeo@montague.lit\" type=\"get\"/>", NULL);
	becomes(usual, "<presence to='romeo@montague.lit'/>",
		"<presence to=\"romeo@montague.lit\"/>", NULL);
}

static void replies(void)
{
	becomes(reply, "<message from='a@x.lit/r' to='romeo@montague.lit/o'/>",
		"<message to=\"a@x.lit/r\"/>", NULL);
	becomes(reply,
		"<message from='a@x.lit' type='chat'><stanza-id "
		"xmlns='urn:xmpp:sid:0'/><body>hi</body></message>",
		"<message to=\"a@x.lit\" type=\"chat\"><body>hi</body>"
		"</message>",
		NULL);
	/* an answer is new */
	becomes(reply,
		"<message from='a@x.lit'><body>hi</body><delay "
		"xmlns='urn:xmpp:delay' stamp='2020-01-01T00:00:00Z'/>"
		"<delay xmlns='urn:other'/></message>",
		"<message to=\"a@x.lit\"><body>hi</body><delay "
		"xmlns=\"urn:other\"/></message>",
		NULL);
	becomes(reply, "<message to='a@x.lit'/>", NULL, "no from to reply to");
	/* a loop needs its own word */
	becomes(reply, "<message from='romeo@montague.lit'/>", NULL, SELF);
	becomes((struct cpl_outgoing_rules){.reply = 1, .to_self = 1},
		"<message from='romeo@montague.lit'/>",
		"<message to=\"romeo@montague.lit\"/>", NULL);
}

int main(void)
{
	ctx = strophe_mem_ctx(&mem);
	if (!ctx || cpl_jid_parse(&own, "romeo@montague.lit/orchard", NULL) < 0)
		return 1;
	RUN(as_it_is);
	RUN(from_is_dropped);
	RUN(stanza_ids_are_dropped);
	RUN(offline_mark_is_dropped);
	RUN(stanza_id_among_many_attributes);
	RUN(errors_are_not_sent);
	RUN(recipients);
	RUN(malformed_recipient);
	RUN(to_self);
	RUN(replies);
	cpl_jid_release(&own);
	return strophe_mem_end(&mem, ctx);
}
