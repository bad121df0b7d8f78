/* SPDX-License-Identifier: MIT */
#include "../../common/stanza/disco.h"

#include <stdlib.h>

#include "../../common/stanza/build.h"
#include "../../common/stanza/ns.h"
#include "is_xml.h"
#include "parse.h"
#include "strophe_mem.h"
#include "unit.h"

#define INFO                                                                   \
	"<query xmlns='http://jabber.org/protocol/disco#info'>"                \
	"<feature var='urn:a'/><identity category='server' type='im'/>"        \
	"<feature/><feature var='urn:b'/>"                                     \
	"<identity category='client' type='pc' name='A &quot;B&quot;' "        \
	"xml:lang='en'/><identity category='client'/>"                         \
	"<feature xmlns='urn:other' var='urn:c'/>"                             \
	"<x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE'>"       \
	"<value>urn:f</value></field><field var='os'><value>x</value>"         \
	"<value>y</value></field><field var='none'/><field/></x>"              \
	"<x xmlns='jabber:x:data'/>"                                           \
	"</query>"
#define ITEMS                                                                  \
	"<query xmlns='http://jabber.org/protocol/disco#items'>"               \
	"<item jid='b.lit' node='n' name='N'/><item node='n'/>"                \
	"<item jid='c.lit'/></query>"

/* What is said, a line each, into a buffer. */
static int note(void *user, const struct cpl_disco_fact *fact)
{
	struct cpl_buf *out = user;

	if (cpl_buf_adds(out, fact->kind) < 0)
		return -1;
	for (size_t i = 0; i < fact->count; i++)
		if (cpl_buf_addf(out, "|%s",
				 fact->fields[i] ? fact->fields[i] : "-") < 0)
			return -1;
	return cpl_buf_addc(out, '\n');
}

static void requests(void)
{
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);

	IS_XML(cpl_disco_request(ctx, "a.lit", "n", CPL_NS_DISCO_ITEMS),
	       "<iq to=\"a.lit\" type=\"get\"><query "
	       "xmlns=\"http://jabber.org/protocol/disco#items\" node=\"n\"/>"
	       "</iq>");
	IS_XML(cpl_disco_request(ctx, NULL, NULL, CPL_NS_DISCO_INFO),
	       "<iq type=\"get\"><query "
	       "xmlns=\"http://jabber.org/protocol/disco#info\"/></iq>");
	xmpp_ctx_free(ctx);
}

static void facts(void)
{
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	struct cpl_buf out = CPL_BUF_INIT(4096);
	xmpp_stanza_t *info = parse(ctx, INFO), *items = parse(ctx, ITEMS);

	UNIT_NEED(info && items);
	CHECK_INT(cpl_disco_each(info, note, &out), 0);
	CHECK_STR(out.data, "identity|server|im|-|-\n"
			    "identity|client|pc|A \"B\"|en\n"
			    "feature|urn:a\nfeature|urn:b\n"
			    "form|urn:f|os|x\nform|urn:f|os|y\n");
	cpl_buf_truncate(&out, 0);
	CHECK_INT(cpl_disco_each(items, note, &out), 0);
	CHECK_STR(out.data, "item|b.lit|n|N\nitem|c.lit|-|-\n");
	CHECK_INT(cpl_disco_has(info, "urn:b"), 1);
	CHECK_INT(cpl_disco_has(info, "urn:"), 0);
	CHECK_INT(cpl_disco_has(info, "urn:c"), 0);
	CHECK_INT(cpl_disco_has(items, "urn:b"), 0);
	xmpp_stanza_release(info);
	xmpp_stanza_release(items);
	cpl_buf_release(&out);
	xmpp_ctx_free(ctx);
}

static int stop_at_second(void *user, const struct cpl_disco_fact *fact)
{
	(void)fact;
	return ++*(int *)user == 2 ? 7 : 0;
}

static void stopped(void)
{
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	xmpp_stanza_t *info = parse(ctx, INFO);
	int calls = 0;

	CHECK_INT(cpl_disco_each(info, stop_at_second, &calls), 7);
	CHECK_INT(calls, 2);
	xmpp_stanza_release(info);
	xmpp_ctx_free(ctx);
}

static const char info_json[] =
    "{\"jid\":\"a.lit\",\"node\":\"\\t\",\"identities\":["
    "{\"category\":\"server\",\"type\":\"im\"},"
    "{\"category\":\"client\",\"type\":\"pc\",\"name\":\"A \\\"B\\\"\","
    "\"lang\":\"en\"}],\"features\":[\"urn:a\",\"urn:b\"],\"forms\":["
    "{\"type\":\"urn:f\",\"fields\":[{\"var\":\"os\",\"values\":"
    "[\"x\",\"y\"]},{\"var\":\"none\",\"values\":[]}]},"
    "{\"fields\":[]}]}";

static void json(void)
{
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	struct cpl_buf out = CPL_BUF_INIT(4096);
	xmpp_stanza_t *info = parse(ctx, INFO), *items = parse(ctx, ITEMS);

	CHECK_INT(cpl_disco_json(&out, info, "a.lit", "\t"), 0);
	CHECK_STR(out.data, info_json);
	cpl_buf_truncate(&out, 0);
	CHECK_INT(cpl_disco_json(&out, items, "a.lit", NULL), 0);
	CHECK_STR(out.data,
		  "{\"jid\":\"a.lit\",\"items\":[{\"jid\":\"b.lit\","
		  "\"node\":\"n\",\"name\":\"N\"},{\"jid\":\"c.lit\"}]}");
	xmpp_stanza_release(info);
	xmpp_stanza_release(items);
	cpl_buf_release(&out);
	xmpp_ctx_free(ctx);
}

/* Whatever the room: all of it, or nothing. */
static void full(void)
{
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	xmpp_stanza_t *info = parse(ctx, INFO);

	for (size_t max = 2; max < sizeof info_json - 1 + 2; max++) {
		struct cpl_buf out = CPL_BUF_INIT(max);
		int result;

		CHECK_INT(cpl_buf_addc(&out, '!'), 0);
		result = cpl_disco_json(&out, info, "a.lit", "\t");
		CHECK_INT(result, max < sizeof info_json ? -1 : 0);
		CHECK_INT(out.len, result < 0 ? 1 : sizeof info_json);
		cpl_buf_release(&out);
	}
	xmpp_stanza_release(info);
	xmpp_ctx_free(ctx);
}

static void memory(void)
{
	struct strophe_mem m = {0};
	xmpp_ctx_t *ctx = strophe_mem_ctx(&m);
	xmpp_stanza_t *iq = NULL;
	long before = m.blocks, tries = 0;

	for (long at = 1; !iq && at < 100; at++, tries++) {
		m.calls = 0;
		m.fail_at = at;
		iq = cpl_disco_request(ctx, "a.lit", "n", CPL_NS_DISCO_INFO);
		if (!iq)
			CHECK_INT(m.blocks, before);
	}
	m.fail_at = 0;
	CHECK(tries > 3 && iq);
	if (iq)
		xmpp_stanza_release(iq);
	CHECK_INT(m.blocks, before);
	xmpp_ctx_free(ctx);
}

int main(void)
{
	RUN(requests);
	RUN(facts);
	RUN(stopped);
	RUN(json);
	RUN(full);
	RUN(memory);
	return unit_end();
}
