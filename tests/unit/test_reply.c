/* SPDX-License-Identifier: MIT */
#include "../../common/stanza/reply.h"

#include "is_xml.h"
#include "parse.h"
#include "strophe_mem.h"
#include "unit.h"

static struct strophe_mem mem;
static xmpp_ctx_t *ctx;

static xmpp_stanza_t *asked(void)
{
	return parse(ctx, "<iq type='set' id='a&amp;1' to='lamp@capulet.lit/x' "
			  "from='romeo@montague.lit/orchard'><q "
			  "xmlns='urn:example:lamp'/></iq>");
}

static void result(void)
{
	xmpp_stanza_t *iq = asked();

	IS_XML(cpl_reply_result(ctx, iq),
	       "<iq id=\"a&amp;1\" to=\"romeo@montague.lit/orchard\" "
	       "type=\"result\"/>");
	xmpp_stanza_release(iq);
}

/* One of the own account, by its server. */
static void result_without_from(void)
{
	xmpp_stanza_t *iq = parse(ctx, "<iq type='get' id='2'/>");

	IS_XML(cpl_reply_result(ctx, iq), "<iq id=\"2\" type=\"result\"/>");
	xmpp_stanza_release(iq);
}

static void errors(void)
{
	xmpp_stanza_t *iq = asked();

	IS_XML(cpl_reply_error(ctx, iq, "cancel", "item-not-found", NULL),
	       "<iq id=\"a&amp;1\" to=\"romeo@montague.lit/orchard\" "
	       "type=\"error\"><error type=\"cancel\"><item-not-found "
	       "xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\"/></error></iq>");
	IS_XML(cpl_reply_error(ctx, iq, "wait", "gone", "a < b"),
	       "<iq id=\"a&amp;1\" to=\"romeo@montague.lit/orchard\" "
	       "type=\"error\"><error type=\"wait\"><gone "
	       "xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\"/><text "
	       "xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\">a &lt; b</text>"
	       "</error></iq>");
	xmpp_stanza_release(iq);
}

static void types(void)
{
	CHECK_STR(cpl_reply_type("item-not-found: no lamp", 14), "cancel");
	CHECK_STR(cpl_reply_type("resource-constraint", 19), "wait");
	CHECK_STR(cpl_reply_type("forbidden", 9), "auth");
	CHECK_STR(cpl_reply_type("bad-request", 11), "modify");
	CHECK_STR(cpl_reply_type("item-not-found", 13), NULL);
	CHECK_STR(cpl_reply_type("Gone", 4), NULL);
	CHECK_STR(cpl_reply_type("", 0), NULL);
	CHECK_STR(cpl_reply_type("text", 4), NULL);
}

static void without_memory(void)
{
	struct strophe_mem m;
	xmpp_ctx_t *c = strophe_mem_ctx(&m);
	xmpp_stanza_t *iq = parse(c, "<iq type='get' id='1' from='a@b.lit'/>");
	long blocks = m.blocks, n;
	xmpp_stanza_t *answer = NULL;

	for (n = 1; !answer && n < 1000; n++) {
		m.calls = 0;
		m.fail_at = n;
		answer = cpl_reply_error(c, iq, "cancel", "gone", "text");
		CHECK(answer || m.blocks == blocks);
	}
	CHECK(n > 10);
	UNIT_NEED(answer != NULL);
	xmpp_stanza_release(answer);
	xmpp_stanza_release(iq);
	xmpp_ctx_free(c);
	CHECK_INT(m.blocks, 0);
}

int main(void)
{
	ctx = strophe_mem_ctx(&mem);
	RUN(result);
	RUN(result_without_from);
	RUN(errors);
	RUN(types);
	RUN(without_memory);
	return strophe_mem_end(&mem, ctx);
}
