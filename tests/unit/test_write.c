/* SPDX-License-Identifier: MIT */
#include "../../common/stanza/write.h"

#include <stdlib.h>

#include "../../common/stanza/reader.h"
#include "strophe_mem.h"
#include "unit.h"

/* ---- Comparing trees, without the writer ---- */

static int same_attributes(xmpp_stanza_t *a, xmpp_stanza_t *b)
{
	const char *list[200], *other;
	int n = xmpp_stanza_get_attributes(a, list, 200);

	if (xmpp_stanza_get_attribute_count(a) !=
	    xmpp_stanza_get_attribute_count(b))
		return 0;
	for (int i = 0; i < n; i += 2) {
		other = xmpp_stanza_get_attribute(b, list[i]);
		if (!other || strcmp(other, list[i + 1]) != 0)
			return 0;
	}
	return 1;
}

static int same(xmpp_stanza_t *a, xmpp_stanza_t *b)
{
	xmpp_stanza_t *x, *y;

	if (xmpp_stanza_is_text(a))
		return xmpp_stanza_is_text(b) &&
		       !strcmp(xmpp_stanza_get_text_ptr(a),
			       xmpp_stanza_get_text_ptr(b));
	if (!xmpp_stanza_is_tag(b) ||
	    strcmp(xmpp_stanza_get_name(a), xmpp_stanza_get_name(b)) != 0 ||
	    !same_attributes(a, b))
		return 0;
	x = xmpp_stanza_get_children(a);
	y = xmpp_stanza_get_children(b);
	for (; x && y; x = xmpp_stanza_get_next(x), y = xmpp_stanza_get_next(y))
		if (!same(x, y))
			return 0;
	return !x && !y;
}

/* ---- Parsing ---- */

static void keep(void *user, const struct cpl_record *r)
{
	xmpp_stanza_t **kept = user;

	if (r->stanza)
		*kept = xmpp_stanza_clone(r->stanza);
	else
		printf("# %s\n", r->why.text);
}

/* The one stanza in the text, or NULL. */
static xmpp_stanza_t *parse(xmpp_ctx_t *ctx, const char *text, size_t n)
{
	xmpp_stanza_t *s = NULL;
	struct cpl_reader *r = cpl_reader_new(ctx, 0, keep, &s);
	struct cpl_err e = CPL_ERR_INIT;

	CHECK_INT(cpl_reader_feed(r, text, n, &e), 0);
	CHECK_INT(cpl_reader_end(r, &e), 0);
	cpl_reader_free(r);
	CHECK(s != NULL);
	return s;
}

/* On one line, and the same when parsed again. */
static void round_trip_one(const char *line, size_t n)
{
	struct strophe_mem mem;
	xmpp_ctx_t *ctx = strophe_mem_ctx(&mem);
	struct cpl_buf out = CPL_BUF_INIT(1 << 20),
		       full = CPL_BUF_INIT(1 << 20);
	xmpp_stanza_t *a = parse(ctx, line, n), *b, *c;

	UNIT_NEED(a != NULL);
	CHECK_INT(cpl_write_xml(&out, a, XMPP_NS_CLIENT), 0);
	CHECK(memchr(out.data, '\n', out.len) == NULL);
	b = parse(ctx, out.data, out.len);
	/* with its own namespace, where no other is around */
	CHECK_INT(cpl_write_xml(&full, a, NULL), 0);
	CHECK(strstr(full.data, " xmlns=\"jabber:client\"") != NULL);
	c = parse(ctx, full.data, full.len);
	UNIT_NEED(b && c);
	CHECK(same(a, b));
	CHECK(same(a, c));
	/* attributes are sorted: once written the text is stable */
	cpl_buf_truncate(&full, 0);
	CHECK_INT(cpl_write_xml(&full, b, XMPP_NS_CLIENT), 0);
	CHECK_STR(full.data, out.data);
	xmpp_stanza_release(a);
	xmpp_stanza_release(b);
	xmpp_stanza_release(c);
	cpl_buf_release(&out);
	cpl_buf_release(&full);
	xmpp_ctx_free(ctx);
	CHECK_INT(mem.blocks, 0);
}

static void round_trip(void)
{
	FILE *f = fopen("tests/corpus/roundtrip.stanzas", "r");
	char line[4096];
	int count = 0;

	UNIT_NEED(f != NULL);
	for (; fgets(line, sizeof line, f); count++)
		round_trip_one(line, strlen(line));
	fclose(f);
	CHECK(count >= 16);
}

static void xml_one(const char *in, const char *expected, const char *around,
		    int line)
{
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	struct cpl_buf out = CPL_BUF_INIT(10000);
	xmpp_stanza_t *s = parse(ctx, in, strlen(in));

	UNIT_NEED(s != NULL);
	CHECK_INT(cpl_write_xml(&out, s, around), 0);
	unit_str(out.data, expected, __FILE__, line);
	xmpp_stanza_release(s);
	cpl_buf_release(&out);
	xmpp_ctx_free(ctx);
}

#define XML(in, around, expected) xml_one(in, expected, around, __LINE__)

static void xml(void)
{
	XML("<iq type='get' to='a' id='1' from='b'/>", XMPP_NS_CLIENT,
	    "<iq from=\"b\" id=\"1\" to=\"a\" type=\"get\"/>");
	XML("<iq type='get' to='a'/>", NULL,
	    "<iq xmlns=\"jabber:client\" to=\"a\" type=\"get\"/>");
	XML("<iq/>", "jabber:server", "<iq xmlns=\"jabber:client\"/>");
	XML("<iq b='1' a='2' type='set' c='3'/>", XMPP_NS_CLIENT,
	    "<iq a=\"2\" b=\"1\" c=\"3\" type=\"set\"/>");
	XML("<iq><x xmlns='u'><iq xmlns='jabber:client'/></x></iq>",
	    XMPP_NS_CLIENT,
	    "<iq><x xmlns=\"u\"><iq xmlns=\"jabber:client\"/></x></iq>");
	XML("<iq>a\n\r\n\tb<x/>&#13;</iq>", XMPP_NS_CLIENT,
	    "<iq>a&#10;&#10;\tb<x/>&#13;</iq>");
	XML("<iq a='x&#10;&#9;&#13;y z'/>", XMPP_NS_CLIENT,
	    "<iq a=\"x&#10;&#9;&#13;y z\"/>");
	XML("<iq>\x7f\xc2\x80\xc2\x9f\xc2\xa0\xc3\xa9</iq>", XMPP_NS_CLIENT,
	    "<iq>&#127;&#128;&#159;\xc2\xa0\xc3\xa9</iq>");
}

/* libstrophe's own builders leave the namespace out. */
static void built(void)
{
	struct strophe_mem mem;
	xmpp_ctx_t *ctx = strophe_mem_ctx(&mem);
	xmpp_stanza_t *s = xmpp_message_new(ctx, "chat", "a@b", "1");
	xmpp_stanza_t *blank = xmpp_stanza_new(ctx);
	struct cpl_buf out = CPL_BUF_INIT(1000);

	CHECK_INT(xmpp_message_set_body(s, "a<b"), 0);
	xmpp_stanza_add_child_ex(s, blank, 0);
	CHECK_INT(cpl_write_xml(&out, s, XMPP_NS_CLIENT), 0);
	CHECK_STR(out.data, "<message id=\"1\" to=\"a@b\" type=\"chat\"><body>"
			    "a&lt;b</body></message>");
	xmpp_stanza_release(s);
	cpl_buf_release(&out);
	xmpp_ctx_free(ctx);
	CHECK_INT(mem.blocks, 0);
}

static void escapes(void)
{
	struct cpl_buf out = CPL_BUF_INIT(1000);
	static const char in[] = "a&<>\"'\n\r\t\\\x7f\xc2\x85\xc2\xa9\xc2";
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	xmpp_stanza_t *s = xmpp_stanza_new(ctx);

	CHECK_INT(xmpp_stanza_set_text_with_size(s, in, sizeof in - 1), 0);
	CHECK_INT(cpl_write_xml(&out, s, NULL), 0);
	CHECK_STR(out.data, "a&amp;&lt;&gt;\"'&#10;&#13;\t\\&#127;&#133;"
			    "\xc2\xa9\xc2");
	xmpp_stanza_release(s);
	xmpp_ctx_free(ctx);
	cpl_buf_truncate(&out, 0);
	CHECK_INT(cpl_write_xml_attr(&out, in, sizeof in - 1), 0);
	CHECK_STR(out.data, "a&amp;&lt;&gt;&quot;'&#10;&#13;&#9;\\&#127;"
			    "&#133;\xc2\xa9\xc2");
	cpl_buf_release(&out);
}

/* What XML does not escape JSON does; a reader of both has what was there. */
static void in_json(void)
{
	struct cpl_buf out = CPL_BUF_INIT(1000);
	static const char in[] =
	    "<iq a='\\&quot;&#9;&#10;&lt;\x7f\xc2\x85' b='2'>"
	    "\\\"\t\n&lt;\x7f\xc2\x85\xc3\xa9<y/></iq>";
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	xmpp_stanza_t *s = parse(ctx, in, sizeof in - 1);
	xmpp_stanza_t *text = xmpp_stanza_new(ctx);

	UNIT_NEED(s != NULL);
	CHECK_INT(cpl_write_xml_in_json(&out, s, "u"), 0);
	CHECK_STR(
	    out.data,
	    "<iq xmlns=\\\"jabber:client\\\" a=\\\"\\\\&quot;&#9;&#10;&lt;"
	    "&#127;&#133;\\\" b=\\\"2\\\">\\\\\\\"\\t&#10;&lt;"
	    "&#127;&#133;\xc3\xa9<y/></iq>");
	xmpp_stanza_release(s);
	cpl_buf_truncate(&out, 0);
	CHECK_INT(xmpp_stanza_set_text(text, "\x01\x1f"), 0);
	CHECK_INT(cpl_write_xml_in_json(&out, text, NULL), 0);
	CHECK_STR(out.data, "\\u0001\\u001f");
	xmpp_stanza_release(text);
	xmpp_ctx_free(ctx);
	cpl_buf_release(&out);
}

static int write_as(int json, struct cpl_buf *out, xmpp_stanza_t *s)
{
	return json ? cpl_write_xml_in_json(out, s, NULL)
		    : cpl_write_xml(out, s, NULL);
}

/* A buffer that is full at any point keeps what it had. */
static void full_as(int json)
{
	static const char in[] = "<iq id='1' a='&lt;'>x\n<b xmlns='u'/>y</iq>";
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	xmpp_stanza_t *s = parse(ctx, in, sizeof in - 1);
	struct cpl_buf whole = CPL_BUF_INIT(1000), out;
	int rc;

	UNIT_NEED(s != NULL);
	CHECK_INT(write_as(json, &whole, s), 0);
	for (size_t max = 3; max <= whole.len + 3; max++) {
		cpl_buf_init(&out, max);
		CHECK_INT(cpl_buf_adds(&out, "---"), 0);
		rc = write_as(json, &out, s);
		CHECK_INT(rc, max == whole.len + 3 ? 0 : -1);
		if (rc < 0) {
			CHECK_STR(out.data, "---");
			CHECK_INT(out.over, 1);
		}
		cpl_buf_release(&out);
	}
	cpl_buf_release(&whole);
	xmpp_stanza_release(s);
	xmpp_ctx_free(ctx);
}

static void full(void)
{
	full_as(0);
	full_as(1);
}

int main(void)
{
	RUN(round_trip);
	RUN(xml);
	RUN(built);
	RUN(escapes);
	RUN(in_json);
	RUN(full);
	return unit_end();
}
