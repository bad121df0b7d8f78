/* SPDX-License-Identifier: MIT */
#include "scarce.h"

#include "../../common/stanza/json_load.c"
#undef malloc

#include "../../common/base/limits.h"
#include "../../common/stanza/json.h"
#include "../../common/stanza/ns.h"
#include "../../common/stanza/write.h"
#include "parse.h"
#include "strophe_mem.h"
#include "unit.h"

static const struct cpl_json_place start = {1, 1};

#define ERRORS "urn:ietf:params:xml:ns:xmpp-stanzas"
#define DELAY "urn:xmpp:delay"
#define NICK "http://jabber.org/protocol/nick"

/* ---- There and back ---- */

static void xml_of(struct cpl_buf *out, xmpp_stanza_t *s)
{
	cpl_buf_truncate(out, 0);
	CHECK_INT(cpl_write_xml(out, s, CPL_NS_CLIENT), 0);
}

/* The XML gives the JSON, and that the same stanza; once written, the text is
 * stable. json may be NULL: whatever it is. */
static void there_and_back(const char *xml, const char *json)
{
	struct strophe_mem mem;
	xmpp_ctx_t *ctx = strophe_mem_ctx(&mem);
	xmpp_stanza_t *a = parse(ctx, xml), *b;
	struct cpl_buf text = CPL_BUF_INIT(1 << 22),
		       was = CPL_BUF_INIT(1 << 22), is = CPL_BUF_INIT(1 << 22);
	struct cpl_err e = CPL_ERR_INIT;

	UNIT_NEED(a != NULL);
	CHECK_INT(cpl_json_write(&text, a), 0);
	if (json)
		CHECK_STR(text.data, json);
	for (size_t i = 0; i < text.len; i++)
		CHECK((unsigned char)text.data[i] >= 0x20 &&
		      text.data[i] != 0x7f);
	b = cpl_json_read(ctx, text.data, text.len, &start, &e);
	CHECK_STR(e.text, "");
	UNIT_NEED(b != NULL);
	xml_of(&was, a);
	xml_of(&is, b);
	if (!CHECK_STR(is.data, was.data))
		printf("# by %s\n", text.data);
	cpl_buf_truncate(&is, 0);
	CHECK_INT(cpl_json_write(&is, b), 0);
	CHECK_STR(is.data, text.data);
	xmpp_stanza_release(a);
	xmpp_stanza_release(b);
	cpl_buf_release(&text);
	cpl_buf_release(&was);
	cpl_buf_release(&is);
	xmpp_ctx_free(ctx);
	CHECK_INT(mem.blocks, 0);
}

struct pair {
	const char *xml, *json;
};

static void all(const struct pair *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		there_and_back(p[i].xml, p[i].json);
}
#define ALL(pairs) all((pairs), sizeof(pairs) / sizeof *(pairs))

static void attributes(void)
{
	static const struct pair p[] = {
	    {"<message/>", "{\"kind\":\"message\"}"},
	    {"<presence></presence>", "{\"kind\":\"presence\"}"},
	    {"<iq type='get' id='' to='b' from='a' xml:lang='de'/>",
	     "{\"kind\":\"iq\",\"from\":\"a\",\"to\":\"b\",\"id\":\"\","
	     "\"type\":\"get\",\"lang\":\"de\"}"},
	    {"<message zoo='1' to='b' a='&quot;&#9;&#10;&lt;'/>",
	     "{\"kind\":\"message\",\"to\":\"b\",\"attributes\":"
	     "{\"a\":\"\\\"\\t\\n<\",\"zoo\":\"1\"}}"},
	    {"<message xmlns:y='urn:y' y:to='1' to='2' xmlns:x='urn:x' x:a='3'"
	     " xmlns:unused='u' kind='4' lang='5' xml:space='preserve'/>",
	     "{\"kind\":\"message\",\"to\":\"2\",\"attributes\":"
	     "{\"kind\":\"4\",\"lang\":\"5\",\"x:a\":\"3\","
	     "\"xml:space\":\"preserve\",\"xmlns:x\":\"urn:x\","
	     "\"xmlns:y\":\"urn:y\",\"y:to\":\"1\"}}"},
	    {"<c:presence xmlns:c='jabber:client' "
	     "\xc3\xa9='\xf0\x9f\x98\x80'/>",
	     "{\"kind\":\"presence\",\"attributes\":"
	     "{\"\xc3\xa9\":\"\xf0\x9f\x98\x80\"}}"},
	};

	ALL(p);
}

static void text_fields(void)
{
	static const struct pair p[] = {
	    {"<message><subject>s</subject><body>b</body><thread>t</thread>"
	     "<nick xmlns='" NICK "'>n</nick></message>",
	     "{\"kind\":\"message\",\"subject\":\"s\",\"body\":\"b\","
	     "\"thread\":\"t\",\"nick\":\"n\"}"},
	    {"<message><body/></message>",
	     "{\"kind\":\"message\",\"body\":\"\"}"},
	    {"<message><body> \n\t&#13; </body></message>",
	     "{\"kind\":\"message\",\"body\":\" \\n\\t\\r \"}"},
	    {"<message><thread parent='p'>t</thread></message>",
	     "{\"kind\":\"message\",\"thread\":\"t\","
	     "\"thread_parent\":\"p\"}"},
	    {"<message><thread parent=''/></message>",
	     "{\"kind\":\"message\",\"thread\":\"\",\"thread_parent\":\"\"}"},
	    {"<presence><show>away</show><status>s</status>"
	     "<priority>-128</priority><nick xmlns='" NICK "'/></presence>",
	     "{\"kind\":\"presence\",\"show\":\"away\",\"status\":\"s\","
	     "\"priority\":-128,\"nick\":\"\"}"},
	    {"<presence><priority>0</priority></presence>",
	     "{\"kind\":\"presence\",\"priority\":0}"},
	    {"<presence><priority>127</priority></presence>",
	     "{\"kind\":\"presence\",\"priority\":127}"},
	};

	ALL(p);
}

/* What is no field: attributes, children, another namespace, another kind of
 * stanza, or more than one of them. */
static void not_canonical(void)
{
	static const struct pair p[] = {
	    {"<message><body xml:lang='de'>b</body></message>",
	     "{\"kind\":\"message\",\"payload\":"
	     "[\"<body xml:lang=\\\"de\\\">b</body>\"]}"},
	    {"<message><body>a<b/></body><subject a=''/></message>",
	     "{\"kind\":\"message\",\"payload\":"
	     "[\"<body>a<b/></body>\",\"<subject a=\\\"\\\"/>\"]}"},
	    {"<message><body xmlns='urn:x'>b</body></message>",
	     "{\"kind\":\"message\",\"payload\":"
	     "[\"<body xmlns=\\\"urn:x\\\">b</body>\"]}"},
	    {"<message><body xmlns=''>b</body></message>",
	     "{\"kind\":\"message\",\"payload\":"
	     "[\"<body xmlns=\\\"\\\">b</body>\"]}"},
	    {"<message><nick>n</nick><x:body xmlns:x='jabber:client'>b</x:body>"
	     "</message>",
	     "{\"kind\":\"message\",\"body\":\"b\",\"payload\":"
	     "[\"<nick>n</nick>\",\"body\"]}"},
	    {"<message><body>a</body><body>b</body></message>",
	     "{\"kind\":\"message\",\"payload\":"
	     "[\"<body>a</body>\",\"<body>b</body>\"]}"},
	    {"<message><body>a</body><body>b</body><body>c</body></message>",
	     "{\"kind\":\"message\",\"payload\":[\"<body>a</body>\","
	     "\"<body>b</body>\",\"<body>c</body>\"]}"},
	    {"<message><body>a</body><body xml:lang='de'>b</body></message>",
	     "{\"kind\":\"message\",\"body\":\"a\",\"payload\":"
	     "[\"<body xml:lang=\\\"de\\\">b</body>\"]}"},
	    {"<message><body xml:lang='de'>b</body><body>a</body></message>",
	     "{\"kind\":\"message\",\"body\":\"a\",\"payload\":"
	     "[\"<body xml:lang=\\\"de\\\">b</body>\",\"body\"]}"},
	    {"<message><thread parent='p' a='b'>t</thread></message>",
	     "{\"kind\":\"message\",\"payload\":"
	     "[\"<thread a=\\\"b\\\" parent=\\\"p\\\">t</thread>\"]}"},
	    {"<message><show>s</show><priority>1</priority></message>",
	     "{\"kind\":\"message\",\"payload\":"
	     "[\"<show>s</show>\",\"<priority>1</priority>\"]}"},
	    {"<presence><body>s</body></presence>",
	     "{\"kind\":\"presence\",\"payload\":[\"<body>s</body>\"]}"},
	    {"<iq><body>s</body><delay xmlns='" DELAY "' stamp='x'/></iq>",
	     "{\"kind\":\"iq\",\"payload\":[\"<body>s</body>\","
	     "\"<delay xmlns=\\\"" DELAY "\\\" stamp=\\\"x\\\"/>\"]}"},
	    {"<message xmlns='jabber:server'><body>s</body></message>",
	     "{\"kind\":\"payload\",\"payload\":[\"<message "
	     "xmlns=\\\"jabber:server\\\"><body>s</body></message>\"]}"},
	    {"<query xmlns='urn:q'><a b='\"'/></query>",
	     "{\"kind\":\"payload\",\"payload\":[\"<query xmlns=\\\"urn:q\\\">"
	     "<a b=\\\"&quot;\\\"/></query>\"]}"},
	};

	ALL(p);
}

static void priorities(void)
{
	static const char *const not [] = {"",
					   "+1",
					   "01",
					   "-0",
					   " 1",
					   "1 ",
					   "1.0",
					   "a",
					   "128",
					   "-129",
					   "0x1",
					   "1<a/>",
					   "99999999999999999999"};
	char xml[100], json[200];

	for (size_t i = 0; i < sizeof not / sizeof *not ; i++) {
		snprintf(xml, sizeof xml,
			 "<presence><priority>%s</priority></presence>",
			 not [i]);
		snprintf(json, sizeof json,
			 *not [i] ? "{\"kind\":\"presence\",\"payload\":"
				    "[\"<priority>%s</priority>\"]}"
				  : "{\"kind\":\"presence\",\"payload\":"
				    "[\"<priority/>\"]}%s",
			 not [i]);
		there_and_back(xml, json);
	}
}

static void delays(void)
{
	static const struct pair p[] = {
	    {"<message><delay xmlns='" DELAY "' stamp='x' from='f'>r</delay>"
	     "</message>",
	     "{\"kind\":\"message\",\"delay\":{\"stamp\":\"x\","
	     "\"from\":\"f\",\"reason\":\"r\"}}"},
	    {"<presence><delay xmlns='" DELAY "' stamp='' from=''/></presence>",
	     "{\"kind\":\"presence\",\"delay\":{\"stamp\":\"\","
	     "\"from\":\"\"}}"},
	    {"<message><delay xmlns='" DELAY "'>r</delay></message>",
	     "{\"kind\":\"message\",\"payload\":"
	     "[\"<delay xmlns=\\\"" DELAY "\\\">r</delay>\"]}"},
	    {"<message><delay xmlns='" DELAY "' stamp='x' to='t'/></message>",
	     "{\"kind\":\"message\",\"payload\":[\"<delay xmlns=\\\"" DELAY
	     "\\\" stamp=\\\"x\\\" to=\\\"t\\\"/>\"]}"},
	    {"<message><delay xmlns='" DELAY "' stamp='x'><a/></delay>"
	     "</message>",
	     "{\"kind\":\"message\",\"payload\":[\"<delay xmlns=\\\"" DELAY
	     "\\\" stamp=\\\"x\\\"><a xmlns=\\\"" DELAY "\\\"/></delay>\"]}"},
	};

	/* the writer leaves out a namespace that is that of the parent */
	all(p, 4);
	there_and_back(p[4].xml, NULL);
}

#define COND "<item-not-found xmlns='" ERRORS "'/>"

static void errors(void)
{
	static const struct pair p[] = {
	    {"<message type='error'><error type='cancel'>" COND
	     "</error></message>",
	     "{\"kind\":\"message\",\"type\":\"error\",\"error\":"
	     "{\"type\":\"cancel\",\"condition\":\"item-not-found\"}}"},
	    {"<iq><error type='modify' by='b' code='404'><gone xmlns='" ERRORS
	     "'>u</gone><text xmlns='" ERRORS "' xml:lang='en'>t</text>"
	     "<x xmlns='urn:x'>\"</x></error></iq>",
	     "{\"kind\":\"iq\",\"error\":{\"type\":\"modify\","
	     "\"condition\":\"gone\",\"uri\":\"u\",\"by\":\"b\","
	     "\"code\":\"404\",\"text\":\"t\",\"lang\":\"en\","
	     "\"application\":\"<x xmlns=\\\"urn:x\\\">\\\"</x>\"}}"},
	    {"<presence><error type=''>" COND "<text xmlns='" ERRORS "'/>"
	     "</error></presence>",
	     "{\"kind\":\"presence\",\"error\":{\"type\":\"\","
	     "\"condition\":\"item-not-found\",\"text\":\"\"}}"},
	    {"<iq><error type='a'>" COND "<x/></error></iq>",
	     "{\"kind\":\"iq\",\"error\":{\"type\":\"a\",\"condition\":"
	     "\"item-not-found\",\"application\":\"<x/>\"}}"},
	};
	static const char *const not [] = {
	    "<error/>",
	    "<error>" COND "</error>",
	    "<error type='a'/>",
	    "<error type='a'>text" COND "</error>",
	    "<error type='a'>" COND " </error>",
	    "<error type='a' b='c'>" COND "</error>",
	    "<error type='a' xml:lang='en'>" COND "</error>",
	    "<error type='a'><item-not-found/></error>",
	    "<error type='a'>" COND COND "</error>",
	    "<error type='a'>" COND "<x xmlns='urn:x'/><y xmlns='urn:y'/>"
	    "</error>",
	    "<error type='a'><x xmlns='urn:x'/>" COND "</error>",
	    "<error type='a'><item-not-found xmlns='" ERRORS "' a='b'/>"
	    "</error>",
	    "<error type='a'><item-not-found xmlns='" ERRORS "'><a/>"
	    "</item-not-found></error>",
	    "<error type='a'><Item xmlns='" ERRORS "'/></error>",
	    "<error type='a'><text xmlns='" ERRORS "'>t</text></error>",
	    "<error type='a'><text xmlns='" ERRORS "'>t</text>" COND "</error>",
	    "<error type='a'>" COND "<text xmlns='" ERRORS "' a='b'/></error>",
	    "<error type='a'>" COND "<text xmlns='" ERRORS "'><a/></text>"
	    "</error>",
	    "<error type='a'>" COND "<text xmlns='" ERRORS
	    "'/><text xmlns='" ERRORS "' xml:lang='de'/></error>",
	    "<error xmlns='urn:x' type='a'>" COND "</error>",
	    "<error type='a'>" COND "</error><error type='b'>" COND "</error>",
	};
	struct cpl_buf out = CPL_BUF_INIT(10000);
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	char xml[1000];

	ALL(p);
	for (size_t i = 0; i < sizeof not / sizeof *not ; i++) {
		xmpp_stanza_t *s;

		snprintf(xml, sizeof xml, "<iq>%s</iq>", not [i]);
		there_and_back(xml, NULL);
		s = parse(ctx, xml);
		UNIT_NEED(s != NULL);
		cpl_buf_truncate(&out, 0);
		CHECK_INT(cpl_json_write(&out, s), 0);
		if (!CHECK(!strncmp(out.data,
				    "{\"kind\":\"iq\",\"payload\":", 23)))
			printf("# %s\n", out.data);
		xmpp_stanza_release(s);
	}
	cpl_buf_release(&out);
	xmpp_ctx_free(ctx);
}

/* Fields whose place is not the canonical one. */
static void orders(void)
{
	static const struct pair p[] = {
	    {"<message><body>b</body><subject>s</subject></message>",
	     "{\"kind\":\"message\",\"subject\":\"s\",\"body\":\"b\","
	     "\"payload\":[\"subject\"]}"},
	    {"<message><a/><body>b</body></message>",
	     "{\"kind\":\"message\",\"body\":\"b\","
	     "\"payload\":[\"<a/>\",\"body\"]}"},
	    {"<message><body>b</body><a/><thread>t</thread><c/></message>",
	     "{\"kind\":\"message\",\"body\":\"b\",\"thread\":\"t\","
	     "\"payload\":[\"<a/>\",\"thread\",\"<c/>\"]}"},
	    {"<message><body>b</body><a/><delay xmlns='" DELAY "' stamp='x'/>"
	     "<error type='a'>" COND "</error></message>",
	     "{\"kind\":\"message\",\"body\":\"b\",\"delay\":{\"stamp\":\"x\"},"
	     "\"error\":{\"type\":\"a\",\"condition\":\"item-not-found\"},"
	     "\"payload\":[\"<a/>\"]}"},
	    {"<message><error type='a'>" COND "</error>"
	     "<delay xmlns='" DELAY "' stamp='x'/></message>",
	     "{\"kind\":\"message\",\"delay\":{\"stamp\":\"x\"},"
	     "\"error\":{\"type\":\"a\",\"condition\":\"item-not-found\"},"
	     "\"payload\":[\"error\"]}"},
	    {"<message><delay xmlns='" DELAY "' stamp='x'/><body>b</body>"
	     "</message>",
	     "{\"kind\":\"message\",\"body\":\"b\",\"delay\":{\"stamp\":\"x\"},"
	     "\"payload\":[\"delay\",\"body\"]}"},
	    {"<message><delay xmlns='" DELAY "' stamp='x'/><a/></message>",
	     "{\"kind\":\"message\",\"delay\":{\"stamp\":\"x\"},"
	     "\"payload\":[\"delay\",\"<a/>\"]}"},
	    {"<presence><priority>1</priority><status>s</status>"
	     "<show>away</show></presence>",
	     "{\"kind\":\"presence\",\"show\":\"away\",\"status\":\"s\","
	     "\"priority\":1,\"payload\":[\"status\",\"show\"]}"},
	    {"<iq><error type='a'>" COND "</error><q xmlns='urn:q'/></iq>",
	     "{\"kind\":\"iq\",\"error\":{\"type\":\"a\",\"condition\":"
	     "\"item-not-found\"},\"payload\":"
	     "[\"error\",\"<q xmlns=\\\"urn:q\\\"/>\"]}"},
	};
	static const char *const piece[] = {
	    "<subject>s</subject>",
	    "<body>b</body>",
	    "<thread parent='p'>t</thread>",
	    "text",
	    "<a xmlns='urn:a'/>",
	    "<delay xmlns='" DELAY "' stamp='x'/>",
	    "<error type='a'>" COND "</error>",
	};
	enum { N = sizeof piece / sizeof *piece };
	char xml[1000];

	ALL(p);
	/* all orders of them, each of which may be missing */
	for (int a = 0; a < N; a++)
		for (int b = 0; b < N; b++)
			for (int c = 0; c < N; c++) {
				snprintf(xml, sizeof xml,
					 "<message>%s%s%s</message>", piece[a],
					 piece[b], piece[c]);
				there_and_back(xml, NULL);
			}
}

static void payload(void)
{
	static const struct pair p[] = {
	    {"<message>a<body>b</body>c</message>",
	     "{\"kind\":\"message\",\"body\":\"b\","
	     "\"payload\":[\"text:a\",\"body\",\"text:c\"]}"},
	    {"<message>\n  <body>b</body>\n</message>",
	     "{\"kind\":\"message\",\"body\":\"b\","
	     "\"payload\":[\"text:\\n  \",\"body\",\"text:\\n\"]}"},
	    {"<message>text:&lt;a/></message>",
	     "{\"kind\":\"message\",\"payload\":[\"text:text:<a/>\"]}"},
	    {"<message>body</message>",
	     "{\"kind\":\"message\",\"payload\":[\"text:body\"]}"},
	    {"<message><a>\t&#10;&#13;\\\"&amp;&lt;</a></message>",
	     "{\"kind\":\"message\",\"payload\":"
	     "[\"<a>\\t&#10;&#13;\\\\\\\"&amp;&lt;</a>\"]}"},
	    {"<message><a>\x7f\xc2\x80\xc2\x9f\xc2\xa0\xc3\x80</a>"
	     "<body>\x7f\xc2\x80\xc2\x9f\xc2\xa0\xc3\x80</body></message>",
	     "{\"kind\":\"message\",\"body\":"
	     "\"\\u007f\\u0080\\u009f\xc2\xa0\xc3\x80\",\"payload\":"
	     "[\"<a>&#127;&#128;&#159;\xc2\xa0\xc3\x80</a>\",\"body\"]}"},
	    {"<message><body>\xef\xbf\xbd\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf"
	     "\xee\x80\x80\xe2\x80\xa8</body></message>",
	     "{\"kind\":\"message\",\"body\":\"\xef\xbf\xbd\xf0\x9f\x98\x80"
	     "\xf4\x8f\xbf\xbf\xee\x80\x80\xe2\x80\xa8\"}"},
	    {"<message><xml:a xml:lang='x'><b/></xml:a><c xmlns=''><d "
	     "xmlns='jabber:client'/></c></message>",
	     NULL},
	    {"<message><x:a xmlns:x='urn:x' x:b='1' xml:lang='en' "
	     "xmlns:y='urn:y' y:b='2'><x:c/></x:a></message>",
	     NULL},
	    {"<message><forwarded xmlns='urn:xmpp:forward:0'><delay "
	     "xmlns='" DELAY
	     "' stamp='x'/><message xmlns='jabber:client' from='a'>"
	     "<body>b</body><error type='a'>" COND "</error></message>"
	     "</forwarded></message>",
	     "{\"kind\":\"message\",\"payload\":[\"<forwarded "
	     "xmlns=\\\"urn:xmpp:forward:0\\\"><delay xmlns=\\\"" DELAY
	     "\\\" stamp=\\\"x\\\"/><message xmlns=\\\"jabber:client\\\" "
	     "from=\\\"a\\\"><body>b</body><error type=\\\"a\\\">"
	     "<item-not-found xmlns=\\\"" ERRORS "\\\"/></error></message>"
	     "</forwarded>\"]}"},
	    {"<iq><query xmlns='jabber:iq:roster'><item jid='a' name='b\"'/>"
	     "</query><again/></iq>",
	     "{\"kind\":\"iq\",\"payload\":[\"<query xmlns="
	     "\\\"jabber:iq:roster\\\"><item jid=\\\"a\\\" "
	     "name=\\\"b&quot;\\\"/></query>\",\"<again/>\"]}"},
	};

	ALL(p);
}

/* Each character of Unicode that XML has, by the hundred. */
static void characters(void)
{
	char text[1000], xml[4000];
	size_t n = 0;

	for (unsigned c = 0x20; c < 0x3100; c++) {
		if (c == '&' || c == '<' || c == '>')
			continue;
		if (c < 0x80) {
			text[n++] = (char)c;
		} else if (c < 0x800) {
			text[n++] = (char)(0xc0 | c >> 6);
			text[n++] = (char)(0x80 | (c & 0x3f));
		} else {
			text[n++] = (char)(0xe0 | c >> 12);
			text[n++] = (char)(0x80 | (c >> 6 & 0x3f));
			text[n++] = (char)(0x80 | (c & 0x3f));
		}
		if (c % 100 && c + 1 < 0x3100)
			continue;
		text[n] = '\0';
		snprintf(xml, sizeof xml,
			 "<message>%s<body>%s</body><a>%s</a></message>", text,
			 text, text);
		there_and_back(xml, NULL);
		n = 0;
	}
}

/* ---- What people and jq write ---- */

static void reads(const char *json, const char *xml)
{
	struct strophe_mem mem;
	xmpp_ctx_t *ctx = strophe_mem_ctx(&mem);
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_buf out = CPL_BUF_INIT(1 << 20);
	xmpp_stanza_t *s = cpl_json_read(ctx, json, strlen(json), &start, &e);

	CHECK_STR(e.text, "");
	if (!CHECK(s != NULL))
		printf("# %s\n", json);
	if (s) {
		xml_of(&out, s);
		CHECK_STR(out.data, xml);
		xmpp_stanza_release(s);
	}
	cpl_buf_release(&out);
	xmpp_ctx_free(ctx);
	CHECK_INT(mem.blocks, 0);
}

static void by_hand(void)
{
	static const struct pair p[] = {
	    {"<message to=\"b\" xml:lang=\"en\"><body>x</body></message>",
	     " {\"body\" : \"x\", \"lang\":\"en\", \"to\":\"b\",\n"
	     "\"kind\":\"message\"} "},
	    /* null is nothing */
	    {"<message/>",
	     "{\"kind\":\"message\",\"from\":null,\"to\":null,\"id\":null,"
	     "\"type\":null,\"lang\":null,\"attributes\":null,\"body\":null,"
	     "\"thread\":null,\"thread_parent\":null,\"delay\":null,"
	     "\"error\":null,\"nick\":null,\"payload\":null}"},
	    {"<presence/>", "{\"kind\":\"presence\",\"priority\":null,"
			    "\"attributes\":{\"a\":null},\"payload\":[]}"},
	    {"<message><thread>t</thread>"
	     "<delay xmlns=\"" DELAY "\" stamp=\"x\"/></message>",
	     "{\"kind\":\"message\",\"thread\":\"t\",\"thread_parent\":null,"
	     "\"delay\":{\"stamp\":\"x\",\"from\":null,\"reason\":null}}"},
	    {"<message><delay xmlns=\"" DELAY "\" stamp=\"x\"/></message>",
	     "{\"kind\":\"message\","
	     "\"delay\":{\"stamp\":\"x\",\"reason\":\"\"}}"},
	    /* the place of a field that was taken out */
	    {"<message><a/></message>",
	     "{\"kind\":\"message\",\"payload\":[\"body\",\"<a/>\"]}"},
	    /* the same child as a field and in the payload */
	    {"<message><body>a</body><body>b</body></message>",
	     "{\"kind\":\"message\",\"body\":\"a\","
	     "\"payload\":[\"<body>b</body>\"]}"},
	    {"<message>ab<a/>c</message>",
	     "{\"kind\":\"message\",\"payload\":[\"text:\",\"text:a\","
	     "\"text:b\",\"<a/> \\n\",\"text:c\",\"text:\"]}"},
	    {"<message><body>\xf0\x9f\x98\x80&#10;/</body></message>",
	     "{\"kind\":\"message\",\"body\":\"\\ud83d\\ude00\\n\\/\"}"},
	    {"<message a=\"1\" to=\"&quot;&lt;&amp;&gt;'\"/>",
	     "{\"kind\":\"message\",\"attributes\":{\"a\":\"1\"},"
	     "\"to\":\"\\\"<&>'\"}"},
	    {"<iq><a xmlns=\"urn:a\"><b/></a></iq>",
	     "{\"kind\":\"iq\",\"payload\":"
	     "[\"<x:a xmlns:x='urn:a'><x:b></x:b></x:a>\"]}"},
	    {"<q xmlns=\"urn:q\"/>",
	     "{\"payload\":[\"<q xmlns='urn:q'/>\\n\"],\"kind\":\"payload\"}"},
	    {"<message><a/></message>",
	     "{\"kind\":\"message\",\"payload\":[\"<a></a>\"]}"},
	};

	for (size_t i = 0; i < sizeof p / sizeof *p; i++)
		reads(p[i].json, p[i].xml);
}

/* ---- What is refused ---- */

static void refuses(const char *json, const char *why)
{
	struct strophe_mem mem;
	xmpp_ctx_t *ctx = strophe_mem_ctx(&mem);
	struct cpl_json_place at = {12, 5};
	struct cpl_err e = CPL_ERR_INIT;
	xmpp_stanza_t *s = cpl_json_read(ctx, json, strlen(json), &at, &e);

	CHECK(s == NULL);
	CHECK_INT(e.status, CPL_DATA);
	CHECK_STR(e.text, why);
	xmpp_ctx_free(ctx);
	CHECK_INT(mem.blocks, 0);
}

#define AT "line 12, column 5: "
#define M "{\"kind\":\"message\","

static void malformed(void)
{
	refuses("", "line 12, column 5: '[' or '{' expected near end of file");
	refuses("[]", AT "not an object");
	refuses("{\"a\" 1}", "line 12, column 10: ':' expected near '1'");
	refuses("{\n  \"a\" 1}", "line 13, column 7: ':' expected near '1'");
	refuses("{\"a\":1,\"a\":2}",
		"line 12, column 14: duplicate object key near '\"a\"'");
	refuses("{}{}", "line 12, column 7: end of file expected near '{'");
	refuses("{\"a\":\"\\u0000\"}",
		"line 12, column 17: a string with U+0000");
	refuses("{\"\\u0000\":1}", "line 12, column 13: a string with U+0000");
	refuses("{\"a\":\"\xc2\"}", "line 12, column 10: unable to decode "
				    "byte 0xc2 near '\"'");
	refuses("{\"a\":\"\\\n\"}", "line 13, column 1: invalid escape near "
				    "'\"\\ '");
}

static void wrong_fields(void)
{
	static const char *const all_of[][2] = {
	    {"{}", "no kind"},
	    {"{\"kind\":null}", "no kind"},
	    {"{\"kind\":1}", "kind is not message, presence or iq"},
	    {"{\"kind\":\"Message\"}", "kind is not message, presence or iq"},
	    {M "\"bdy\":\"x\"}", "unknown key 'bdy'"},
	    {M "\"\":null}", "unknown key ''"},
	    {M "\"show\":\"x\"}", "'show' is no field of kind message"},
	    {"{\"kind\":\"presence\",\"body\":null}",
	     "'body' is no field of kind presence"},
	    {"{\"kind\":\"iq\",\"delay\":{}}",
	     "'delay' is no field of kind iq"},
	    {"{\"kind\":\"presence\",\"thread_parent\":\"x\"}",
	     "unknown key 'thread_parent'"},
	    {"{\"kind\":\"payload\",\"to\":\"x\"}", "unknown key 'to'"},
	    {"{\"kind\":\"payload\",\"body\":\"x\"}",
	     "'body' is no field of kind payload"},
	    {M "\"to\":1}", "to is not a string"},
	    {M "\"body\":[]}", "body is not a string"},
	    {M "\"body\":{\"a\":\"b\"}}", "body is not a string"},
	    {M "\"lang\":false}", "lang is not a string"},
	    {M "\"thread_parent\":\"x\"}", "thread_parent without thread"},
	    {M "\"thread\":\"x\",\"thread_parent\":1}",
	     "thread_parent is not a string"},
	    {M "\"body\":\"a\\u0001\"}",
	     "body: byte 2: XML forbids the character U+0001"},
	    {M "\"id\":\"\\uffff\"}",
	     "id: byte 1: XML forbids the character U+FFFF"},
	    {M "\"attributes\":[]}", "attributes is not an object"},
	    {M "\"attributes\":{\"a\":1}}", "attribute a is not a string"},
	    {M "\"attributes\":{\"a\":\"\\b\"}}",
	     "attribute a: byte 1: XML forbids the character U+0008"},
	    {M "\"attributes\":{\"to\":\"x\"}}", "attributes cannot have 'to'"},
	    {M "\"attributes\":{\"xml:lang\":\"x\"}}",
	     "attributes cannot have 'xml:lang'"},
	    {M "\"attributes\":{\"xmlns\":\"x\"}}",
	     "attributes cannot have 'xmlns'"},
	    {M "\"attributes\":{\"\":\"x\"}}",
	     "'' is no name for an attribute"},
	    {M "\"attributes\":{\"a b\":\"x\"}}",
	     "'a b' is no name for an attribute"},
	    {M "\"attributes\":{\"a='1'><b/\":\"x\"}}",
	     "'a='1'><b/' is no name for an attribute"},
	    {"{\"kind\":\"presence\",\"priority\":\"1\"}",
	     "priority is not a number from -128 to 127"},
	    {"{\"kind\":\"presence\",\"priority\":1.0}",
	     "priority is not a number from -128 to 127"},
	    {"{\"kind\":\"presence\",\"priority\":128}",
	     "priority is not a number from -128 to 127"},
	    {"{\"kind\":\"presence\",\"priority\":-129}",
	     "priority is not a number from -128 to 127"},
	    {M "\"delay\":\"x\"}", "delay is not an object"},
	    {M "\"delay\":{}}", "no delay.stamp"},
	    {M "\"delay\":{\"stamp\":null}}", "no delay.stamp"},
	    {M "\"delay\":{\"stamp\":1}}", "delay.stamp is not a string"},
	    {M "\"delay\":{\"stamp\":\"x\",\"by\":\"\"}}",
	     "unknown key 'by' in delay"},
	    {M "\"error\":{\"type\":\"a\"}}", "no error.condition"},
	    {M "\"error\":{\"condition\":\"a\"}}", "no error.type"},
	    {M "\"error\":{\"type\":\"a\",\"condition\":\"a b\"}}",
	     "error.condition: 'a b' is no condition"},
	    {M "\"error\":{\"type\":\"a\",\"condition\":\"\"}}",
	     "error.condition: '' is no condition"},
	    {M "\"error\":{\"type\":\"a\",\"condition\":\"text\"}}",
	     "error.condition: 'text' is no condition"},
	    {M "\"error\":{\"type\":\"a\",\"condition\":\"a\",\"lang\":\"x\"}}",
	     "error.lang without error.text"},
	    {M "\"error\":{\"type\":\"a\",\"condition\":\"a\","
	       "\"application\":\"x\"}}",
	     "error.application, column 1: text outside of an element"},
	};
	char why[300];

	for (size_t i = 0; i < sizeof all_of / sizeof *all_of; i++) {
		snprintf(why, sizeof why, AT "%s", all_of[i][1]);
		refuses(all_of[i][0], why);
	}
	/* what the parser finds */
	refuses(M "\"attributes\":{\"x:a\":\"x\"}}",
		AT "attributes: unbound prefix");
}

static void wrong_payload(void)
{
	static const char *const all_of[][2] = {
	    {"{}", "payload is not an array"},
	    {"\"<a/>\"", "payload is not an array"},
	    {"[1]", "payload[0] is not a string"},
	    {"[\"<a/>\",null]", "payload[1] is not a string"},
	    {"[\"<a/>\",\"\"]",
	     "payload[1]: '' is neither an element, text: nor a field"},
	    {"[\" <a/>\"]",
	     "payload[0]: ' <a/>' is neither an element, text: nor a field"},
	    {"[\"show\"]",
	     "payload[0]: 'show' is neither an element, text: nor a field"},
	    {"[\"thread_parent\"]", "payload[0]: 'thread_parent' is neither "
				    "an element, text: nor a field"},
	    {"[\"body\",\"<a/>\",\"body\"]", "payload[2]: 'body' again"},
	    {"[\"<a/>x\"]", "payload[0], column 5: text outside of an element"},
	    {"[\"<a/><b/>\"]", "payload[0]: something behind the element"},
	    {"[\"<a/><b>\"]", "payload[0]: something behind the element"},
	    {"[\"<a/><\"]", "payload[0]: something behind the element"},
	    {"[\"<a/>&\"]", "payload[0]: something behind the element"},
	    {"[\"<a>\"]", "payload[0]: not a whole element"},
	    {"[\"<a\"]", "payload[0]: not a whole element"},
	    {"[\"<a b='\"]", "payload[0]: not a whole element"},
	    {"[\"<\"]", "payload[0]: not a whole element"},
	    {"[\"<a>\",\"</a>\"]", "payload[0]: not a whole element"},
	    {"[\"<a/>\",\"<b/><\",\"c/>\"]",
	     "payload[2]: 'c/>' is neither an element, text: nor a field"},
	    {"[\"</stream>\"]", "payload[0]: not a whole element"},
	    {"[\"<a/></stream>\"]", "payload[0]: something behind the element"},
	    {"[\"<a/>\",\"</stream>\"]", "payload[1]: not a whole element"},
	    {"[\"<a></b>\"]", "payload[0], column 6: mismatched tag"},
	    {"[\"<a>\xc3\xa9</b>\"]", "payload[0], column 7: mismatched tag"},
	    {"[\"<a/>\",\"<b></c>\"]", "payload[1], column 6: mismatched tag"},
	    {"[\"<!DOCTYPE a><a/>\"]",
	     "payload[0], column 3: a DOCTYPE or declaration is not allowed"},
	    {"[\"<!-- x --><a/>\"]",
	     "payload[0], column 1: a comment is not allowed"},
	    {"[\"<a><!-- x --></a>\"]",
	     "payload[0], column 4: a comment is not allowed"},
	    {"[\"<a><![CDATA[x]]></a>\"]",
	     "payload[0], column 4: a CDATA section is not allowed"},
	    {"[\"<?a?><a/>\"]",
	     "payload[0], column 1: a processing instruction is not allowed"},
	    {"[\"<a>&b;</a>\"]", "payload[0], column 4: undefined entity"},
	    {"[\"<x:a/>\"]", "payload[0], column 1: unbound prefix"},
	    {"[\"<a b='1' b='2'/>\"]",
	     "payload[0], column 10: duplicate attribute"},
	    {"[\"<a>\\u0001</a>\"]",
	     "payload[0]: byte 4: XML forbids the character U+0001"},
	};
	char json[300], why[300];

	for (size_t i = 0; i < sizeof all_of / sizeof *all_of; i++) {
		snprintf(json, sizeof json, M "\"payload\":%s}", all_of[i][0]);
		snprintf(why, sizeof why, AT "%s", all_of[i][1]);
		refuses(json, why);
	}
	refuses("{\"kind\":\"payload\"}", AT "payload is not one element");
	refuses("{\"kind\":\"payload\",\"payload\":[]}",
		AT "payload is not one element");
	refuses("{\"kind\":\"payload\",\"payload\":[\"<a/>\",\"<b/>\"]}",
		AT "payload is not one element");
	refuses("{\"kind\":\"payload\",\"payload\":[\"text:a\"]}",
		AT "payload is not one element");
	refuses("{\"kind\":\"payload\",\"payload\":[\"body\"]}", AT
		"payload[0]: 'body' is neither an element, text: nor a field");
}

/* ---- Limits ---- */

static void add(struct cpl_buf *b, const char *piece, size_t times)
{
	while (times-- > 0)
		CHECK_INT(cpl_buf_adds(b, piece), 0);
}

/* An object with n times a piece, refused with why or (NULL) read. */
static void limit(const char *before, const char *piece, size_t n,
		  const char *middle, size_t again, const char *after,
		  const char *why)
{
	struct cpl_buf b = CPL_BUF_INIT(1 << 22);
	struct cpl_err e = CPL_ERR_INIT;
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	xmpp_stanza_t *s;

	add(&b, before, 1);
	add(&b, piece, n);
	add(&b, middle, 1);
	add(&b, again ? "</a>" : "", again);
	add(&b, after, 1);
	s = cpl_json_read(ctx, b.data, b.len, &start, &e);
	CHECK_INT(s == NULL, why != NULL);
	CHECK_STR(e.text, why ? why : "");
	if (s)
		xmpp_stanza_release(s);
	cpl_buf_release(&b);
	xmpp_ctx_free(ctx);
}

#define TEN "<b/><b/><b/><b/><b/><b/><b/><b/><b/><b/>"
#define NINETY_SEVEN                                                           \
	TEN TEN TEN TEN TEN TEN TEN TEN TEN "<b/><b/><b/><b/><b/><b/><b/>"

static void limits(void)
{
	struct cpl_buf hundred = CPL_BUF_INIT(1000);
	char ns[2000], many[30000] = "";
	size_t used = 0;

	/* the stanza is one of the 60 */
	limit(M "\"payload\":[\"", "<a>", 59, "", 59, "\"]}", NULL);
	limit(M "\"payload\":[\"", "<a>", 60, "", 60, "\"]}",
	      "line 1, column 1: more than 60 elements within each other");
	limit(M "\"payload\":[\"", "<a>", 61, "", 61, "\"]}",
	      "line 1, column 1: payload[0], column 181: more than 60 elements "
	      "within each other");
	limit("{\"kind\":\"iq\",\"error\":{\"type\":\"a\",\"condition\":\"a\","
	      "\"application\":\"",
	      "<a>", 58, "", 58, "\"}}", NULL);
	limit("{\"kind\":\"iq\",\"error\":{\"type\":\"a\",\"condition\":\"a\","
	      "\"application\":\"",
	      "<a>", 59, "", 59, "\"}}",
	      "line 1, column 1: more than 60 elements within each other");
	/* and of the 20,000; in hundreds, as siblings are slow to add */
	add(&hundred, "<b>", 1);
	add(&hundred, "<b/>", 99);
	add(&hundred, "</b>", 1);
	CHECK_INT(cpl_buf_addc(&hundred, '\0'), 0);
	limit(M "\"body\":\"\",\"payload\":[\"<a>" NINETY_SEVEN, hundred.data,
	      199, "</a>", 0, "\"]}", NULL);
	limit(M "\"body\":\"\",\"payload\":[\"<a><b/>" NINETY_SEVEN,
	      hundred.data, 199, "</a>", 0, "\"]}",
	      "line 1, column 1: more than 20000 elements");
	cpl_buf_release(&hundred);
	limit(M "\"payload\":[\"text:x\"", ",\"text:x\"", 19999, "", 0, "]}",
	      NULL);
	limit(M "\"payload\":[\"text:x\"", ",\"text:x\"", 20000, "", 0, "]}",
	      "line 1, column 1: payload: more than 20000 entries");
	/* attributes: xmlns is not counted */
	for (int i = 0; i < 998; i++)
		used += (size_t)snprintf(many + used, sizeof many - used,
					 ",\"a%d\":\"\"", i);
	limit(M "\"to\":\"x\",\"attributes\":{\"a\":\"\"", many, 1, "", 0, "}}",
	      NULL);
	limit(M "\"to\":\"x\",\"attributes\":{\"a\":\"\",\"b\":\"\"", many, 1,
	      "", 0, "}}",
	      "line 1, column 1: attributes: more than 1000 "
	      "attributes in one element");
	/* namespaces */
	memset(ns, 'n', 513);
	ns[513] = '\0';
	limit(M "\"attributes\":{\"x:a\":\"\",\"xmlns:x\":\"", ns + 1, 1,
	      "\"}}", 0, "", NULL);
	limit(M "\"attributes\":{\"x:a\":\"\",\"xmlns:x\":\"", ns, 1, "\"}}", 0,
	      "",
	      "line 1, column 1: attributes: more than 512 bytes in "
	      "a namespace");
}

/* ---- Resources ---- */

#define RICH                                                                   \
	"<message a='1' xmlns:x='urn:x' x:b='2' to='t'>text<body>b\n</body>"   \
	"<thread parent='p'>t</thread><a xmlns='urn:a'>\"\t</a>"               \
	"<delay xmlns='" DELAY "' stamp='x' from='f'>r</delay>"                \
	"<error type='a' by='b'>" COND "<text xmlns='" ERRORS                  \
	"' xml:lang='en'>t</text><q xmlns='urn:q'/></error></message>"

/* A full buffer is as it was. */
static void full(void)
{
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	xmpp_stanza_t *s = parse(ctx, RICH);
	struct cpl_buf whole = CPL_BUF_INIT(10000);

	UNIT_NEED(s != NULL);
	CHECK_INT(cpl_json_write(&whole, s), 0);
	for (size_t max = 2; max < whole.len + 4; max++) {
		struct cpl_buf b = CPL_BUF_INIT(max);

		CHECK_INT(cpl_buf_adds(&b, "ab"), 0);
		CHECK_INT(cpl_json_write(&b, s), max < whole.len + 2 ? -1 : 0);
		if (max < whole.len + 2)
			CHECK_STR(b.data, "ab");
		else
			CHECK_STR(b.data + 2, whole.data);
		cpl_buf_release(&b);
	}
	xmpp_stanza_release(s);
	xmpp_ctx_free(ctx);

	for (size_t max = 1; max < 12; max++) {
		struct cpl_buf b = CPL_BUF_INIT(max);

		CHECK_INT(cpl_buf_adds(&b, "a"), 0);
		CHECK_INT(cpl_json_string(&b, "b\n\xc2\x85", 4),
			  max < 10 ? -1 : 0);
		CHECK_STR(b.data, max < 10 ? "a" : "ab\\n\\u0085");
		cpl_buf_release(&b);
	}
	cpl_buf_release(&whole);
}

/* Each allocation of libstrophe's may fail. */
static void memory(void)
{
	struct strophe_mem mem;
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	xmpp_stanza_t *s = parse(ctx, RICH);
	struct cpl_buf text = CPL_BUF_INIT(10000);
	long calls = 0;

	UNIT_NEED(s != NULL);
	CHECK_INT(cpl_json_write(&text, s), 0);
	xmpp_stanza_release(s);
	xmpp_ctx_free(ctx);
	for (long fail_at = 0; fail_at <= calls; fail_at++) {
		struct cpl_err e = CPL_ERR_INIT;

		ctx = strophe_mem_ctx(&mem);
		mem.fail_at = fail_at;
		s = cpl_json_read(ctx, text.data, text.len, &start, &e);
		CHECK_INT(s == NULL, fail_at != 0);
		CHECK_INT(e.status, fail_at ? CPL_SYSTEM : CPL_OK);
		if (s)
			xmpp_stanza_release(s);
		if (!fail_at)
			calls = mem.calls;
		xmpp_ctx_free(ctx);
		CHECK_INT(mem.blocks, 0);
	}
	CHECK(calls > 50);
	cpl_buf_release(&text);
}

/* Each of the JSON library's may: it is not the text that is wrong. */
static void json_memory(void)
{
	static const char text[] = "{\"kind\":\"message\",\"to\":\"a@b\","
				   "\"payload\":[\"<x xmlns='u'/>\"],"
				   "\"attributes\":{\"a\":\"\\u00e9\"}}";
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	xmpp_stanza_t *s = NULL;
	long n = 0;

	while (!s && n < 1000) {
		struct cpl_err e = CPL_ERR_INIT;

		scarce_at(++n, 0);
		s = cpl_json_read(ctx, text, strlen(text), &start, &e);
		scarce_at(0, 0);
		CHECK_INT(e.status, s ? CPL_OK : CPL_SYSTEM);
	}
	CHECK(s && n > 10);
	if (s)
		xmpp_stanza_release(s);
	xmpp_ctx_free(ctx);
}

/* A tree that was built, not parsed: no namespace on the children, no
 * namespace at all, text in pieces or without any. */
static void built(void)
{
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	xmpp_stanza_t *s = xmpp_message_new(ctx, "chat", "b", "1"), *c, *t;
	struct cpl_buf out = CPL_BUF_INIT(1000);

	UNIT_NEED(s != NULL);
	CHECK_INT(xmpp_message_set_body(s, "x"), 0);
	c = xmpp_stanza_get_children(s);
	for (int i = 0; i < 2; i++) {
		t = xmpp_stanza_new(ctx);
		CHECK_INT(xmpp_stanza_set_text(t, i ? "" : "y"), 0);
		xmpp_stanza_add_child_ex(c, t, 0);
	}
	c = xmpp_stanza_new(ctx);
	CHECK_INT(xmpp_stanza_set_name(c, "subject"), 0);
	xmpp_stanza_add_child_ex(s, c, 0);
	CHECK_INT(cpl_json_write(&out, s), 0);
	CHECK_STR(out.data,
		  "{\"kind\":\"message\",\"to\":\"b\",\"id\":\"1\","
		  "\"type\":\"chat\",\"subject\":\"\",\"body\":\"xy\","
		  "\"payload\":[\"subject\"]}");
	xmpp_stanza_release(s);
	cpl_buf_release(&out);
	xmpp_ctx_free(ctx);
}

int main(void)
{
	RUN(attributes);
	RUN(text_fields);
	RUN(not_canonical);
	RUN(priorities);
	RUN(delays);
	RUN(errors);
	RUN(orders);
	RUN(payload);
	RUN(characters);
	RUN(by_hand);
	RUN(malformed);
	RUN(wrong_fields);
	RUN(wrong_payload);
	RUN(limits);
	RUN(full);
	RUN(memory);
	RUN(json_memory);
	RUN(built);
	return unit_end();
}
