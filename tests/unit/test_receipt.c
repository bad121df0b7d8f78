/* SPDX-License-Identifier: MIT */
#include "../../common/stream/receipt.h"

#include "../../common/stanza/write.h"
#include "parse.h"
#include "strophe_mem.h"
#include "unit.h"

static struct strophe_mem mem;
static xmpp_ctx_t *ctx;
static struct cpl_loop *loop;
static struct cpl_jid own;
static struct cpl_receipts *r;
static char told[256];

static void on_missing(void *user, const struct cpl_origin *origin,
		       const char *to, const char *id)
{
	size_t n = strlen(told);

	CHECK(user == told);
	snprintf(told + n, sizeof told - n, "%d.%d:%s:%s ", (int)origin->record,
		 (int)origin->recipient, to, id);
}

/* The last event of a turn; the tests of time end by it. */
static void on_fewer(void *user)
{
	CHECK(user == told);
	cpl_loop_stop(loop);
}

static void begin(long wait)
{
	struct cpl_receipts_events events = {on_missing, on_fewer, told};

	told[0] = '\0';
	r = cpl_receipts_new(loop, NULL, wait, &events);
	CHECK(r != NULL);
}

static void sent(uint64_t n, const char *to, const char *id)
{
	struct cpl_origin origin = {n, 0};
	xmpp_stanza_t *s;
	char xml[512];

	snprintf(xml, sizeof xml,
		 "<message to='%s' id='%s'>"
		 "<request xmlns='urn:xmpp:receipts'/></message>",
		 to, id);
	s = parse(ctx, xml);
	UNIT_NEED(s != NULL);
	CHECK_INT(cpl_receipts_sent(r, s, &origin, n), 0);
	xmpp_stanza_release(s);
}

/* Whether it is a receipt, and how many are waited for then. */
static void came(const char *xml, int is_one, size_t waiting)
{
	xmpp_stanza_t *s = parse(ctx, xml);

	UNIT_NEED(s != NULL);
	CHECK_INT(!!cpl_receipts_stanza(r, s, &own), is_one);
	CHECK_INT(cpl_receipts_waiting(r), waiting);
	xmpp_stanza_release(s);
}

#define RECEIVED(id) "<received xmlns='urn:xmpp:receipts' id='" id "'/>"
#define FROM(jid, id) "<message from='" jid "'>" RECEIVED(id) "</message>"

static void only_from_the_recipient(void)
{
	begin(1000);
	sent(1, "juliet@capulet.lit/balcony", "a");
	came(FROM("paris@montague.lit/x", "a"), 1, 1);
	came(FROM("capulet.lit", "a"), 1, 1);
	came(FROM("juliet@capulet.lit/x", "b"), 1, 1);
	came("<message>" RECEIVED("a") "</message>", 1, 1);
	came("<message from='juliet@capulet.lit' type='error'>" RECEIVED(
		 "a") "</message>",
	     0, 1);
	came("<iq from='juliet@capulet.lit'>" RECEIVED("a") "</iq>", 0, 1);
	came("<message from='juliet@capulet.lit'>"
	     "<received xmlns='urn:xmpp:receipts'/></message>",
	     0, 1);
	came(FROM("JULIET@capulet.lit/other", "a"), 1, 0);
	came(FROM("juliet@capulet.lit/balcony", "a"), 1, 0);
	CHECK_INT(cpl_receipts_come(r), 1);
	sent(2, "romeo@montague.lit", "c");
	came("<message>" RECEIVED("c") "</message>", 1, 0);
	cpl_receipts_free(r);
}

static void each_recipient_its_own(void)
{
	begin(1000);
	sent(1, "juliet@capulet.lit", "a");
	sent(2, "nurse@capulet.lit", "a");
	sent(3, "juliet@capulet.lit", "a");
	came(FROM("nurse@capulet.lit/x", "a"), 1, 2);
	came(FROM("nurse@capulet.lit/x", "a"), 1, 2);
	came(FROM("juliet@capulet.lit/x", "a"), 1, 1);
	came(FROM("juliet@capulet.lit/x", "a"), 1, 0);
	/* The end of the list is where it was. */
	sent(4, "nurse@capulet.lit", "b");
	CHECK_INT(cpl_receipts_waiting(r), 1);
	cpl_receipts_free(r);
}

static void time_begins_with_the_ack(void)
{
	begin(1);
	sent(1, "juliet@capulet.lit", "a");
	sent(2, "nurse@capulet.lit", "b");
	sent(3, "nurse@capulet.lit", "c");
	cpl_receipts_acked(r, 2);
	came(FROM("juliet@capulet.lit/x", "a"), 1, 2);
	CHECK_INT(cpl_loop_run(loop, NULL), 0);
	CHECK_STR(told, "2.0:nurse@capulet.lit:b ");
	CHECK_INT(cpl_receipts_waiting(r), 1);
	CHECK_INT(cpl_receipts_missing(r), 1);
	cpl_receipts_acked(r, UINT64_MAX);
	CHECK_INT(cpl_loop_run(loop, NULL), 0);
	CHECK_STR(told, "2.0:nurse@capulet.lit:b 3.0:nurse@capulet.lit:c ");
	/* What comes then comes too late. */
	came(FROM("nurse@capulet.lit/x", "c"), 1, 0);
	CHECK_INT(cpl_receipts_come(r), 1);
	cpl_receipts_free(r);
}

static void refused_and_ended(void)
{
	struct cpl_origin second = {2, 0}, none = {2, 1};

	begin(100000);
	sent(1, "juliet@capulet.lit", "a");
	sent(2, "nurse@capulet.lit", "b");
	sent(3, "paris@montague.lit", "c");
	cpl_receipts_refused(r, &none);
	CHECK_INT(cpl_receipts_waiting(r), 3);
	cpl_receipts_refused(r, &second);
	cpl_receipts_refused(r, &second);
	CHECK_INT(cpl_receipts_waiting(r), 2);
	cpl_receipts_acked(r, 1);
	cpl_receipts_end(r);
	CHECK_STR(told, "1.0:juliet@capulet.lit:a ");
	CHECK_INT(cpl_receipts_waiting(r), 1);
	cpl_receipts_free(r);
}

static void asks(const char *xml, int expected)
{
	xmpp_stanza_t *s = parse(ctx, xml);
	struct cpl_buf out = CPL_BUF_INIT(10000);
	const char *p;
	int n = 0;

	UNIT_NEED(s != NULL);
	CHECK_INT(cpl_receipt_request(s), 0);
	CHECK_INT(cpl_write_xml(&out, s, "jabber:client"), 0);
	for (p = out.data; (p = strstr(p, "<request xmlns=\"urn:xmpp:rec"));
	     p++)
		n++;
	CHECK_INT(n, expected);
	cpl_buf_release(&out);
	xmpp_stanza_release(s);
}

static void which_ask(void)
{
	asks("<message to='a@b'/>", 1);
	asks("<message to='a@b' type='chat'/>", 1);
	asks("<message to='a@b'><request xmlns='urn:xmpp:receipts'/></message>",
	     1);
	asks("<message to='a@b' type='groupchat'/>", 0);
	asks("<message to='a@b'>" RECEIVED("x") "</message>", 0);
	asks("<presence to='a@b'/>", 0);
	asks("<iq to='a@b' type='get'/>", 0);
}

static void built(void)
{
	xmpp_stanza_t *s = cpl_receipt_build(ctx, "chat", "a@b/c", "<'&\n");
	struct cpl_buf out = CPL_BUF_INIT(10000);

	UNIT_NEED(s != NULL);
	CHECK_INT(cpl_write_xml(&out, s, "jabber:client"), 0);
	CHECK(strstr(out.data, " type=\"chat\""));
	CHECK(strstr(out.data, " to=\"a@b/c\""));
	CHECK(strstr(out.data, "><received xmlns=\"urn:xmpp:receipts\" "
			       "id=\"&lt;'&amp;&#10;\"/></message>"));
	cpl_buf_release(&out);
	xmpp_stanza_release(s);
}

int main(void)
{
	struct cpl_err e = CPL_ERR_INIT;

	ctx = strophe_mem_ctx(&mem);
	loop = cpl_loop_new(&e);
	if (!ctx || !loop ||
	    cpl_jid_parse(&own, "romeo@montague.lit/x", NULL) < 0)
		return 1;
	RUN(only_from_the_recipient);
	RUN(each_recipient_its_own);
	RUN(time_begins_with_the_ack);
	RUN(refused_and_ended);
	RUN(which_ask);
	RUN(built);
	cpl_jid_release(&own);
	cpl_loop_free(loop);
	return strophe_mem_end(&mem, ctx);
}
