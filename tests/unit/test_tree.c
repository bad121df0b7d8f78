/* SPDX-License-Identifier: MIT */
#include "../../common/stanza/tree.h"

#include <stdlib.h>
#include <time.h>

#include "../../common/base/buf.h"
#include "../../common/base/limits.h"
#include "../../common/stanza/gate.h"
#include "../../common/stanza/write.h"
#include "strophe_mem.h"
#include "unit.h"

#define ROOT "<s xmlns='jabber:client'>"

/* What a tree did: a line for each event, and the error. */
struct seen {
	struct cpl_buf log;
	struct cpl_tree *tree;
	int children;
	const char *stop_at; /* stop, or reset, at a child of that name */
	int reset;
};

static void add(struct seen *s, const char *text)
{
	CHECK(cpl_buf_adds(&s->log, text) == 0);
}

static void on_root(void *user, const char *name, const char *ns,
		    const char *const *attrs)
{
	CHECK(cpl_buf_addf(&((struct seen *)user)->log, "root %s %s", name,
			   ns ? ns : "-") == 0);
	for (; *attrs; attrs += 2)
		CHECK(cpl_buf_addf(&((struct seen *)user)->log, " %s=%s",
				   attrs[0], attrs[1]) == 0);
	add(user, "\n");
}

static void on_child(void *user, xmpp_stanza_t *child)
{
	struct seen *s = user;
	const char *name = xmpp_stanza_get_name(child);

	s->children++;
	CHECK(cpl_write_xml(&s->log, child, NULL) == 0);
	add(s, "\n");
	if (s->stop_at && !strcmp(name, s->stop_at)) {
		if (s->reset)
			CHECK_INT(cpl_tree_reset(s->tree), 0);
		else
			cpl_tree_stop(s->tree);
	}
}

static void on_end(void *user)
{
	add(user, "end\n");
}

static const struct cpl_tree_events events = {on_root, on_child, on_end};

/* Feeds n bytes, so many at once; the error ends the log. 0, or -1. */
static int feed(struct seen *s, const char *p, size_t n, size_t step)
{
	struct cpl_err e = CPL_ERR_INIT;

	for (size_t m; n > 0; p += m, n -= m) {
		m = n < step ? n : step;
		if (cpl_tree_feed(s->tree, p, m, &e) == 0)
			continue;
		CHECK_INT(e.status, CPL_PROTOCOL);
		add(s, e.text);
		return -1;
	}
	return 0;
}

static void run_one(const char *xml, size_t n, size_t step, int flags,
		    const char *expected, int line)
{
	struct strophe_mem mem;
	xmpp_ctx_t *ctx = strophe_mem_ctx(&mem);
	struct seen s = {CPL_BUF_INIT(64 * 1024 * 1024), NULL, 0, NULL, 0};

	s.tree = cpl_tree_new(ctx, flags, &events, &s);
	feed(&s, xml, n, step);
	cpl_tree_free(s.tree);
	unit_str(s.log.data ? s.log.data : "", expected, __FILE__, line);
	cpl_buf_release(&s.log);
	xmpp_ctx_free(ctx);
	unit_int(mem.blocks, 0, __FILE__, line);
}

/* Whole, and byte by byte */
#define RUNS(xml, flags, expected)                                             \
	(run_one(xml, sizeof(xml) - 1, sizeof(xml), flags, expected,           \
		 __LINE__),                                                    \
	 run_one(xml, sizeof(xml) - 1, 1, flags, expected, __LINE__))

static void documents(void)
{
	RUNS("<?xml version='1.0' encoding='utf-8'?>\n"
	     "<stream:stream xmlns='jabber:client' id='1' xml:lang='en' "
	     "xmlns:stream='urn:s' version='1.0' stream:x='y'>"
	     "<stream:features><a xmlns='urn:a'/></stream:features>\n \t\r\n"
	     "<message to='a@b'><body>a &amp; b</body></message>"
	     "</stream:stream>\n",
	     0,
	     "root stream urn:s id=1 xml:lang=en version=1.0 stream:x=y\n"
	     "<features xmlns=\"urn:s\"><a xmlns=\"urn:a\"/></features>\n"
	     "<message xmlns=\"jabber:client\" to=\"a@b\">"
	     "<body>a &amp; b</body></message>\nend\n");
	RUNS("\xef\xbb\xbf<s><a b='>' c=\"'/>\"/><a\n/></s>", 0,
	     "root s -\n<a xmlns=\"\" b=\"&gt;\" c=\"'/&gt;\"/>\n"
	     "<a xmlns=\"\"/>\nend\n");
	RUNS(ROOT "<p:a xmlns:p='u' p:b='1' c='2' xml:lang='de'><d/></p:a>", 0,
	     "root s jabber:client\n<a xmlns=\"u\" c=\"2\" p:b=\"1\" "
	     "xml:lang=\"de\" xmlns:p=\"u\"><d xmlns=\"jabber:client\"/></a>"
	     "\n");
	RUNS(
	    ROOT "<a xmlns=''><b xmlns='u'><c xmlns=''/></b></a>", 0,
	    "root s jabber:client\n<a xmlns=\"\"><b xmlns=\"u\"><c xmlns=\"\"/>"
	    "</b></a>\n");
	RUNS(ROOT "<m><xml:x xml:y='1'><b/></xml:x></m>", 0,
	     "root s jabber:client\n<m xmlns=\"jabber:client\"><xml:x "
	     "xml:y=\"1\"><b/></xml:x></m>\n");
	RUNS(ROOT "<m>&lt;&gt;&amp;&quot;&apos;&#65;&#x42;\r\nx\ry]]&gt;</m>",
	     0,
	     "root s jabber:client\n<m xmlns=\"jabber:client\">&lt;&gt;&amp;\"'"
	     "AB&#10;x&#10;y]]&gt;</m>\n");
	RUNS(ROOT "<m><![CDATA[<it's>&amp;]] ]>]]]></m><n/>", CPL_TREE_CDATA,
	     "root s jabber:client\n<m xmlns=\"jabber:client\">&lt;it's&gt;"
	     "&amp;amp;]] ]&gt;]</m>\n<n xmlns=\"jabber:client\"/>\n");
}

/* Behind many bytes another parser goes on: the root's namespaces, the limits
 * and the places in errors are the same. */
static void renewed(void)
{
	static const char open[] = "<?xml version='1.0'?>\n\n"
				   "<r xmlns='u' xmlns:p='v' a='\xc3\xa9'> ";
	static const char last[] = "<p:x/>\n<p:y p:z='\xc3\xa9'/></r\n>";
	static const size_t steps[] = {(size_t)1 << 30, 1, 1000};
	struct cpl_buf xml = CPL_BUF_INIT((size_t)4 << 20);
	char line[200];

	CHECK_INT(cpl_buf_adds(&xml, open), 0);
	for (int i = 0; i < 20000; i++)
		CHECK_INT(cpl_buf_addf(&xml, "<n%d>\xc3\xa9</n%d\n><m%d\n/>%s",
				       i, i, i, i % 3 ? "" : "\n"),
			  0);
	CHECK_INT(cpl_buf_adds(&xml, last), 0);
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
		struct seen s = {CPL_BUF_INIT((size_t)4 << 20), NULL, 0, NULL,
				 0};

		s.tree = cpl_tree_new(ctx, 0, &events, &s);
		CHECK_INT(feed(&s, xml.data, xml.len, steps[i]), 0);
		CHECK_INT(s.children, 40002);
		CHECK_INT(cpl_tree_depth(s.tree), 0);
		snprintf(line, sizeof line,
			 "<m19999 xmlns=\"u\"/>\n<x xmlns=\"v\"/>\n"
			 "<y xmlns=\"v\" p:z=\"\xc3\xa9\" xmlns:p=\"v\"/>\n"
			 "end\n");
		if (CHECK(s.log.len > strlen(line)))
			CHECK_STR(s.log.data + s.log.len - strlen(line), line);
		CHECK_INT(strncmp(s.log.data, "root r u a=\xc3\xa9\n<n0 ", 16),
			  0);
		CHECK_INT(feed(&s, "<a/>", 4, 4), -1);
		/* 3 of the beginning, 2 of each, 1 of each third */
		CHECK_INT(cpl_tree_line(s.tree), 3 + 40000 + 6667 + 2);
		CHECK_INT(cpl_tree_byte(s.tree), xml.len);
		cpl_tree_free(s.tree);
		cpl_buf_release(&s.log);
		xmpp_ctx_free(ctx);
	}
	cpl_buf_release(&xml);
}

static void text_is_one_node(void)
{
	struct strophe_mem mem;
	xmpp_ctx_t *ctx = strophe_mem_ctx(&mem);
	struct seen s = {CPL_BUF_INIT(1024 * 1024), NULL, 0, NULL, 0};
	long before;

	s.tree = cpl_tree_new(ctx, CPL_TREE_CDATA, &events, &s);
	before = mem.calls;
	feed(&s, "<s><m>a\nb&amp;c<![CDATA[d]]>\ne</m>", 36, 1);
	/* two nodes, one name, one text; xmlns takes five */
	CHECK(mem.calls - before <= 9);
	cpl_tree_free(s.tree);
	cpl_buf_release(&s.log);
	xmpp_ctx_free(ctx);
}

/* RFC 6120 11.1 and what is no XML */
static void refused(void)
{
#define A "root s jabber:client\n"
	RUNS("<!DOCTYPE s>", 0, "a DOCTYPE is not allowed");
	RUNS("<!DOCTYPE s SYSTEM 'file:///etc/passwd'>", 0,
	     "a DOCTYPE is not allowed");
	RUNS("<?xml version='1.0'?>\n<!DOCTYPE s [<!ENTITY a 'b'>]><s/>", 0,
	     "a DOCTYPE is not allowed");
	RUNS(ROOT "<!DOCTYPE s>", 0,
	     A "a DOCTYPE or declaration is not allowed");
	RUNS(ROOT "<!ENTITY a 'b'>", 0,
	     A "a DOCTYPE or declaration is not allowed");
	RUNS(ROOT "<a>&b;</a>", 0, A "undefined entity");
	RUNS(ROOT "<a b='&b;'/>", 0, A "undefined entity");
	RUNS(ROOT "<?php echo 1 ?>", 0,
	     A "a processing instruction is not allowed");
	RUNS("<?php echo 1 ?>", 0, "a processing instruction is not allowed");
	RUNS(ROOT "<?xml version='1.0'?>", 0,
	     A "XML or text declaration not at start of entity");
	RUNS("<?xml version='1.0' encoding='ISO-8859-1'?>", 0,
	     "the encoding is not UTF-8");
	RUNS(ROOT "<!-- x > y -->", 0, A "a comment is not allowed");
	RUNS("<!-- -->", 0, "a comment is not allowed");
	RUNS(ROOT "<a><![CDATA[x]]></a>", 0,
	     A "a CDATA section is not allowed");
	RUNS(ROOT "hello", 0, A "text outside of an element");
	RUNS(ROOT "<a/>&#65;<b/>", 0,
	     A "<a xmlns=\"jabber:client\"/>\ntext outside of an element");
	RUNS(ROOT "<a></b>", 0, A "mismatched tag");
	RUNS(ROOT "<a><b>", 0, A);
	RUNS(ROOT "<a b='<'", 0, A "not well-formed (invalid token)");
	RUNS(ROOT "<a <", 0, A "not well-formed (invalid token)");
	RUNS(ROOT "<>", 0, A "not well-formed (invalid token)");
	RUNS(ROOT "<a b='1' b='2'/>", 0, A "duplicate attribute");
	RUNS(ROOT "<p:a/>", 0, A "unbound prefix");
	RUNS(ROOT "<a>&#0;</a>", 0, A "reference to invalid character number");
	RUNS(ROOT "<a>&#xfffe;</a>", 0,
	     A "reference to invalid character number");
	RUNS(ROOT "<a>\x01</a>", 0, A "not well-formed (invalid token)");
	RUNS(ROOT "<a>\0</a>", 0, A "not well-formed (invalid token)");
	RUNS(ROOT "<a\0", 0, A "not well-formed (invalid token)");
	RUNS(ROOT "<a b='\0", 0, A "not well-formed (invalid token)");
	RUNS(ROOT "<a>&a\0", 0, A "not well-formed (invalid token)");
	RUNS(ROOT "<a>x\xff</a>", 0, A "not well-formed (invalid token)");
	RUNS(ROOT "<a>\xc0\xaf</a>", 0, A "not well-formed (invalid token)");
	RUNS(ROOT "<a>\xed\xa0\x80</a>", 0,
	     A "not well-formed (invalid token)");
	RUNS(ROOT "<a>\xef\xbf\xbf</a>", 0,
	     A "not well-formed (invalid token)");
	RUNS("</a>", 0, "not well-formed (invalid token)");
	RUNS("<s/><s/>", 0, "root s -\nend\njunk after document element");
#undef A
}

static void repeat(struct cpl_buf *b, const char *piece, size_t times)
{
	size_t len = strlen(piece);
	char *p = cpl_buf_room(b, len * times);

	UNIT_NEED(p != NULL);
	for (size_t i = 0; i < len * times; i++)
		p[i] = piece[i % len];
	cpl_buf_added(b, len * times);
}

/* Feeds BEFORE, then PIECE so often, then AFTER, all in pieces of step bytes;
 * gives the number of children, and the error in *e. */
static int build(const char *before, const char *piece, size_t times,
		 const char *after, size_t step, struct cpl_err *e)
{
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	struct seen s = {CPL_BUF_INIT(64 * 1024 * 1024), NULL, 0, NULL, 0};
	struct cpl_buf b = CPL_BUF_INIT(32 * 1024 * 1024);

	CHECK(cpl_buf_adds(&b, before) == 0);
	repeat(&b, piece, times);
	CHECK(cpl_buf_adds(&b, after) == 0);
	s.tree = cpl_tree_new(ctx, CPL_TREE_CDATA, &events, &s);
	e->text[0] = '\0';
	for (size_t i = 0, m; i < b.len; i += m) {
		m = b.len - i < step ? b.len - i : step;
		if (cpl_tree_feed(s.tree, b.data + i, m, e) < 0)
			break;
	}
	cpl_tree_free(s.tree);
	cpl_buf_release(&s.log);
	cpl_buf_release(&b);
	xmpp_ctx_free(ctx);
	return s.children;
}

#define MANY ((size_t)1 << 30)

static void depth(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_buf end = CPL_BUF_INIT(1000);

	for (int i = 0; i < CPL_STANZA_DEPTH_MAX; i++)
		CHECK(cpl_buf_adds(&end, "</a>") == 0);
	CHECK_INT(build(ROOT, "<a>", CPL_STANZA_DEPTH_MAX, end.data, MANY, &e),
		  1);
	CHECK_STR(e.text, "");
	CHECK_INT(
	    build(ROOT, "<a>", CPL_STANZA_DEPTH_MAX + 1, end.data, MANY, &e),
	    0);
	CHECK_STR(e.text, "more than 60 elements within each other");
	cpl_buf_release(&end);
}

/* 100 elements, not all siblings: those are slow to add. */
#define HUNDRED                                                                \
	"<a>" NINE NINE NINE NINE NINE NINE NINE NINE NINE NINE NINE "</a>"
#define NINE "<b/><b/><b/><b/><b/><b/><b/><b/><b/>"
#define NINETY_EIGHT NINE NINE NINE NINE NINE NINE NINE NINE NINE NINE EIGHT
#define EIGHT "<b/><b/><b/><b/><b/><b/><b/><b/>"

static void elements(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	size_t hundreds = CPL_STANZA_ELEMENTS_MAX / 100 - 1;

	CHECK_INT(build(ROOT "<m>", HUNDRED, hundreds,
			"<c>" NINETY_EIGHT "</c></m><m/>", 1460, &e),
		  2);
	CHECK_STR(e.text, "");
	CHECK_INT(build(ROOT "<m>", HUNDRED, hundreds,
			"<c>" NINETY_EIGHT "</c><c/></m>", 1460, &e),
		  0);
	CHECK_STR(e.text, "more than 20000 elements");
	/* text between elements counts, as it is as slow */
	CHECK_INT(build(ROOT "<m>", HUNDRED, hundreds,
			"<c>" NINETY_EIGHT "</c>x</m>", 1460, &e),
		  0);
	CHECK_STR(e.text, "more than 20000 elements");
	/* the count begins anew with each child */
	CHECK_INT(
	    build(ROOT, "<m/>", CPL_STANZA_ELEMENTS_MAX + 1, "", 1460, &e),
	    CPL_STANZA_ELEMENTS_MAX + 1);
}

static void size(void)
{
	/* <m></m> is 7 bytes, <m a=''/> 9 */
	static const size_t steps[] = {MANY, 1460};
	struct cpl_err e = CPL_ERR_INIT;

	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		CHECK_INT(build(ROOT "<m>", "x", CPL_STANZA_BYTES_MAX - 7,
				"</m>", steps[i], &e),
			  1);
		CHECK_STR(e.text, "");
		CHECK_INT(build(ROOT "<m>", "x", CPL_STANZA_BYTES_MAX - 6,
				"</m>", steps[i], &e),
			  0);
		CHECK_STR(e.text, "more than 1048576 bytes");
		CHECK_INT(build(ROOT " <m a='", "x", CPL_STANZA_BYTES_MAX - 9,
				"'/>", steps[i], &e),
			  1);
		CHECK_STR(e.text, "");
		CHECK_INT(build(ROOT "\n<m a='", "x", CPL_STANZA_BYTES_MAX - 8,
				"'/>", steps[i], &e),
			  0);
		CHECK_STR(e.text, "more than 1048576 bytes");
	}
	/* white space between children is no child's */
	CHECK_INT(
	    build(ROOT "<m/>", " ", 2 * CPL_STANZA_BYTES_MAX, "<m/>", MANY, &e),
	    2);
	CHECK_INT(build(ROOT "<m>", "&#9;&#9;&#9;&#9;",
			CPL_STANZA_BYTES_MAX / 16, "</m>", MANY, &e),
		  0);
	CHECK_STR(e.text, "more than 1048576 bytes");
}

/* What would make expat, libstrophe or us burn time or memory; the budget is
 * wide, for valgrind: without the gate some of these take minutes. */
static void costly(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	clock_t start = clock();
	struct cpl_buf ns = CPL_BUF_INIT(1 << 20);

	CHECK_INT(build(ROOT "<m a='", "0", 10000000, "'/>", 1460, &e), 0);
	CHECK_STR(e.text, "more than 1048576 bytes");
	CHECK_INT(build(ROOT "<m a='", ">'\" ", 50000, "", 2, &e), 0);
	CHECK_INT(build(ROOT "<m>&", "a", 2000000, ";</m>", 100, &e), 0);
	CHECK_STR(e.text, "more than 1048576 bytes");
	CHECK_INT(build(ROOT "<!--", " ", 1000000, "-->", 10, &e), 0);
	CHECK_STR(e.text, "a comment, declaration or processing instruction "
			  "is not allowed");
	CHECK_INT(build(ROOT "<?x", "> ", 1000000, "?>", 10, &e), 0);
	CHECK_INT(build("<!DOCTYPE ", "a", 1000000, ">", 10, &e), 0);
	CHECK_INT(build(ROOT "<m><![CDATA[", "]]", 50000, "]]></m>", 10, &e),
		  1);
	/* one namespace, copied thousands of times */
	CHECK(cpl_buf_adds(&ns, ROOT "<m xmlns:p='") == 0);
	repeat(&ns, "u", 200000);
	CHECK(cpl_buf_adds(&ns, "'>") == 0);
	CHECK_INT(build(ns.data, "<p:a/>", 10000, "</m>", 1460, &e), 0);
	CHECK_STR(e.text, "more than 512 bytes in a namespace");
	cpl_buf_truncate(&ns, ns.len - 2);
	CHECK(cpl_buf_adds(&ns, "'") == 0);
	CHECK_INT(build(ns.data, " p:a=''", 900, "/>", 1460, &e), 0);
	CHECK(strstr(e.text, " attributes in a tag of ") != NULL);
	cpl_buf_release(&ns);
	CHECK((double)(clock() - start) / CLOCKS_PER_SEC < 20);
}

static void attributes(void)
{
	struct cpl_buf b = CPL_BUF_INIT(2 << 20);
	struct cpl_err e = CPL_ERR_INIT;

	for (int i = 0; i < CPL_STANZA_ATTRIBUTES_MAX; i++)
		CHECK(cpl_buf_addf(&b, " a%d='%d'", i, i) == 0);
	CHECK_INT(build(ROOT "<m", b.data, 1, "/>", MANY, &e), 1);
	CHECK_STR(e.text, "");
	CHECK_INT(build(ROOT "<m/><m b=''", b.data, 1, "/><m/>", MANY, &e), 1);
	CHECK_STR(e.text, "more than 1000 attributes in one element");
	for (int i = CPL_STANZA_ATTRIBUTES_MAX; i < 100000; i++)
		if (cpl_buf_addf(&b, " a%d=''", i) < 0)
			CHECK(!"room");
	CHECK_INT(build(ROOT "<m", b.data, 1, "/>", MANY, &e), 0);
	CHECK_STR(e.text, "more than 1000 attributes in one element");
	cpl_buf_release(&b);
}

/* Every document comes out the same wherever it is cut in two. */
static void cuts(void)
{
	static const char *const docs[] = {
	    "<s xmlns='c'><a b='>'>\xc3\xa9&amp;\r\n<c xmlns='u'/></a>]</s>",
	    "<?xml version='1.0'?>\n<s xmlns='c'><a/> <d/>]]&gt;</s>",
	    "<s><a><![CDATA[ ' ]] ]]></a><b c=\"'\">]]&gt;</b></s> ",
	    "<s><a>&#x1f600;\xf0\x9f\x98\x80</a><!-- x --></s>",
	    "<s><a/><b></c></s>",
	    "<s><a/>\xff</s>",
	};
	struct cpl_buf whole = CPL_BUF_INIT(10000);

	for (size_t d = 0; d < sizeof docs / sizeof *docs; d++) {
		size_t n = strlen(docs[d]);
		xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
		struct seen s = {CPL_BUF_INIT(10000), NULL, 0, NULL, 0};

		s.tree = cpl_tree_new(ctx, CPL_TREE_CDATA, &events, &s);
		feed(&s, docs[d], n, n);
		cpl_buf_truncate(&whole, 0);
		CHECK(cpl_buf_adds(&whole, s.log.data) == 0);
		for (size_t i = 1; i < n; i++) {
			cpl_buf_truncate(&s.log, 0);
			CHECK_INT(cpl_tree_reset(s.tree), 0);
			if (feed(&s, docs[d], i, n) == 0)
				feed(&s, docs[d] + i, n - i, n);
			if (!CHECK_STR(s.log.data, whole.data))
				printf("# cut at %zu\n", i);
		}
		cpl_tree_free(s.tree);
		cpl_buf_release(&s.log);
		xmpp_ctx_free(ctx);
	}
	cpl_buf_release(&whole);
}

/* A child is there with its last byte, however it is fed. */
static void at_once(void)
{
	static const char *const children[] = {
	    "<m/>",         "<m a='1'/>",
	    "<m>x</m>",     "<m><b>\xc3\xa9]</b></m>",
	    "<m>&amp;</m>", "<m><![CDATA[it's]]></m>",
	    "<m\n>\r</m >"};
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	struct seen s = {CPL_BUF_INIT(10000), NULL, 0, NULL, 0};

	s.tree = cpl_tree_new(ctx, CPL_TREE_CDATA, &events, &s);
	feed(&s, ROOT, strlen(ROOT), 1);
	for (size_t i = 0; i < sizeof children / sizeof *children; i++) {
		size_t n = strlen(children[i]);

		feed(&s, children[i], n - 1, 1);
		CHECK_INT(s.children, i);
		feed(&s, children[i] + n - 1, 1, 1);
		CHECK_INT(s.children, i + 1);
		CHECK_INT(cpl_tree_depth(s.tree), 1);
	}
	cpl_tree_free(s.tree);
	cpl_buf_release(&s.log);
	xmpp_ctx_free(ctx);
}

static void stop_and_reset(void)
{
	struct strophe_mem mem;
	xmpp_ctx_t *ctx = strophe_mem_ctx(&mem);
	struct seen s = {CPL_BUF_INIT(10000), NULL, 0, "b", 0};

	s.tree = cpl_tree_new(ctx, 0, &events, &s);
	feed(&s, "<s><a/><b/><c/></s>", 19, 100);
	CHECK_STR(s.log.data, "root s -\n<a xmlns=\"\"/>\n<b xmlns=\"\"/>\n");
	feed(&s, "<c/><<<", 7, 100);
	CHECK_INT(s.children, 2);
	CHECK_INT(cpl_tree_reset(s.tree), 0);
	CHECK_INT(cpl_tree_depth(s.tree), 0);

	/* a reset within the event; what follows is dropped */
	cpl_buf_truncate(&s.log, 0);
	s.reset = 1;
	feed(&s, "<s><b></b><c/>", 14, 100);
	CHECK_INT(cpl_tree_depth(s.tree), 0);
	feed(&s, "<?xml version='1.0'?><t><b/>", 28, 100);
	CHECK_STR(s.log.data,
		  "root s -\n<b xmlns=\"\"/>\nroot t -\n<b xmlns=\"\"/>\n");

	/* after an error, and in the middle of a child */
	cpl_buf_truncate(&s.log, 0);
	feed(&s, "<s><a><x>text<y z='", 19, 100);
	CHECK_INT(cpl_tree_reset(s.tree), 0);
	feed(&s, "<u></v>", 7, 100);
	feed(&s, "<u>", 3, 100);
	CHECK_STR(s.log.data,
		  "root s -\nroot u -\nmismatched tagmismatched tag");
	CHECK_INT(cpl_tree_reset(s.tree), 0);
	feed(&s, "<w/>", 4, 100);
	CHECK(strstr(s.log.data, "root w -\nend\n") != NULL);

	/* stopped from outside */
	CHECK_INT(cpl_tree_reset(s.tree), 0);
	cpl_tree_stop(s.tree);
	feed(&s, "<x/>", 4, 100);
	CHECK(strstr(s.log.data, "root x") == NULL);
	cpl_tree_free(s.tree);
	cpl_buf_release(&s.log);
	xmpp_ctx_free(ctx);
	CHECK_INT(mem.blocks, 0);
}

static void limit(void)
{
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	struct seen s = {CPL_BUF_INIT(10000), NULL, 0, NULL, 0};

	s.tree = cpl_tree_new(ctx, 0, &events, &s);
	cpl_tree_limit(s.tree, 10);
	feed(&s, "<s><m>abc</m>", 13, 100);
	CHECK_INT(s.children, 1);
	feed(&s, "<m>abcd</m>", 11, 100);
	CHECK_INT(s.children, 1);
	CHECK(strstr(s.log.data, "more than 10 bytes") != NULL);
	cpl_tree_free(s.tree);
	cpl_buf_release(&s.log);
	xmpp_ctx_free(ctx);
}

static void positions(void)
{
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	struct seen s = {CPL_BUF_INIT(10000), NULL, 0, NULL, 0};

	s.tree = cpl_tree_new(ctx, 0, &events, &s);
	CHECK_INT(cpl_tree_byte(s.tree), 0);
	CHECK_INT(cpl_tree_byte_end(s.tree), 0);
	CHECK_INT(cpl_tree_line(s.tree), 1);
	feed(&s, "<s>\n<a/>\n  <b></c>", 18, 100);
	CHECK_INT(cpl_tree_line(s.tree), 3);
	CHECK_INT(cpl_tree_column(s.tree), 8);
	CHECK_INT(cpl_tree_byte(s.tree), 16);
	cpl_tree_free(s.tree);
	cpl_tree_free(NULL);
	cpl_buf_release(&s.log);
	xmpp_ctx_free(ctx);
}

static void ignore(void *user, xmpp_stanza_t *child)
{
	xmpp_stanza_t **kept = user;

	if (*kept)
		xmpp_stanza_release(*kept);
	*kept = xmpp_stanza_clone(child);
}

/* Each allocation of libstrophe's may fail: an error, no crash, no leak. */
static void memory(void)
{
	static const char doc[] =
	    ROOT "<message from='a@b' p:q='r' xmlns:p='u'><body>text</body>"
		 "<x xmlns='v'>mixed<y/>text</x></message><iq/></s>";
	static const struct cpl_tree_events quiet = {NULL, ignore, NULL};
	struct strophe_mem mem;
	long calls = 0;

	for (long fail_at = 0; fail_at <= calls; fail_at++) {
		xmpp_ctx_t *ctx = strophe_mem_ctx(&mem);
		struct cpl_err e = CPL_ERR_INIT;
		xmpp_stanza_t *kept = NULL;
		struct cpl_tree *t = cpl_tree_new(ctx, 0, &quiet, &kept);
		int rc;

		mem.fail_at = fail_at;
		rc = cpl_tree_feed(t, doc, sizeof doc - 1, &e);
		CHECK_INT(rc, fail_at ? -1 : 0);
		CHECK_INT(e.status, fail_at ? CPL_SYSTEM : CPL_OK);
		if (!fail_at)
			calls = mem.calls;
		if (kept)
			xmpp_stanza_release(kept);
		cpl_tree_free(t);
		xmpp_ctx_free(ctx);
		CHECK_INT(mem.blocks, 0);
	}
	CHECK(calls > 30);
}

int main(void)
{
	RUN(documents);
	RUN(renewed);
	RUN(text_is_one_node);
	RUN(refused);
	RUN(depth);
	RUN(elements);
	RUN(size);
	RUN(attributes);
	RUN(costly);
	RUN(cuts);
	RUN(at_once);
	RUN(stop_and_reset);
	RUN(limit);
	RUN(positions);
	RUN(memory);
	return unit_end();
}
