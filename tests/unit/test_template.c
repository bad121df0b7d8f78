/* SPDX-License-Identifier: MIT */
#include "../../common/stanza/template.h"

#include "parse.h"
#include "strophe_mem.h"
#include "unit.h"

/* 2009-02-13T23:31:30Z, in the zone that main() sets: an hour and a half
 * before UTC. */
static const struct timespec moment = {1234567890, 5006};

static const char message[] =
    "<message from='romeo@montague.lit/orchard' to='juliet@capulet.lit' id='m1'"
    " type='chat' xml:lang='en'><body>It is the <b>no</b>east</body><subject>S"
    "</subject><thread>t1</thread>"
    "<nick xmlns='http://jabber.org/protocol/nick'>Rom</nick>"
    "<delay xmlns='urn:xmpp:delay' from='capulet.lit' "
    "stamp='2002-09-10T23:08:25Z'>late</delay>"
    "<x xmlns='jabber:x:data'><field var='a'/>"
    "<field var='b'><value>\xc2\xa7</value></field></x>"
    "<sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>"
    "<message xmlns='jabber:client' to='a@b'><body>inner</body></message>"
    "</forwarded></sent></message>";

/* ---- Filling ---- */

static void fill_one(const char *template, const char *xml, size_t n,
		     const char *expected, int line)
{
	struct strophe_mem mem;
	xmpp_ctx_t *ctx = strophe_mem_ctx(&mem);
	struct cpl_buf out = CPL_BUF_INIT(1 << 20);
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_template *t = cpl_template_new(template, &e);
	xmpp_stanza_t *s = parse(ctx, xml);

	unit_str(e.text, "", __FILE__, line);
	UNIT_NEED(t && s);
	CHECK_INT(cpl_template_write(t, &out, s, &moment), 0);
	unit_str(out.data ? out.data : "", expected, __FILE__, line);
	unit_int(out.len, n, __FILE__, line);
	cpl_buf_release(&out);
	for (size_t max = 1; max < n + 1; max++) {
		cpl_buf_init(&out, max);
		CHECK_INT(cpl_buf_adds(&out, "-"), 0);
		unit_int(cpl_template_write(t, &out, s, &moment), -1, __FILE__,
			 line);
		CHECK_STR(out.data, "-");
		cpl_buf_release(&out);
	}
	xmpp_stanza_release(s);
	cpl_template_free(t);
	xmpp_ctx_free(ctx);
	CHECK_INT(mem.blocks, 0);
}

#define FILL_FROM(xml, template, expected)                                     \
	fill_one(template, xml, sizeof expected - 1, expected, __LINE__)
#define FILL(template, expected) FILL_FROM(message, template, expected)

static void letters(void)
{
	FILL("", "");
	FILL("%f|%t|%i|%T|%b|%s|%h|%n",
	     "romeo@montague.lit/orchard|juliet@capulet.lit|m1|chat|"
	     "It is the east|S|t1|Rom");
	FILL("100%%", "100%");
	FILL("\xf0\x9f\x8c\xb9 %i \xc3\xa9", "\xf0\x9f\x8c\xb9 m1 \xc3\xa9");
	FILL_FROM("<message/>", "[%f%t%i%b%s%h%n]", "[]");
	FILL_FROM("<message id='1'><body>a\tb</body></message>", "%x",
		  "<message id=\"1\"><body>a&#9;b</body></message>");
	FILL_FROM("<message id='\t\\'/>", "%x",
		  "<message id=\" \\\"/>"); /* XML 1.0 3.3.3 */
}

static void types(void)
{
	FILL_FROM("<message/>", "%T", "normal");
	FILL_FROM("<presence/>", "%T", "available");
	FILL_FROM("<presence type='unavailable'/>", "%T", "unavailable");
	FILL_FROM("<iq/>", "%T", "");
	FILL_FROM("<iq type='set'/>", "%T%{@type}", "setset");
	FILL_FROM("<message/>", "%{@type}", "");
}

/* In a room the nick is what the room says, not what the sender does. */
static void nicks(void)
{
	FILL_FROM("<message type='groupchat' from='r@c/Romeo'>"
		  "<nick xmlns='http://jabber.org/protocol/nick'>Juliet</nick>"
		  "</message>",
		  "%n", "Romeo");
	FILL_FROM("<message type='groupchat' from='r@c'/>", "%n", "");
	FILL_FROM("<message type='groupchat'/>", "%n", "");
	FILL_FROM("<message from='a@b/c'><nick>x</nick></message>", "%n", "");
}

/* What is no stanza has the letters of what it has. */
static void elements(void)
{
	static const char item[] =
	    "<item xmlns='jabber:iq:roster' jid='a@b.lit' name='A\tB' "
	    "subscription='both'><group>G</group></item>";

	FILL_FROM(item, "%f|%n|%T|%t|%b|%{group}", "a@b.lit|A B|both|||G");
	FILL_FROM("<q xmlns='u' from='f' to='t' id='i' type='x'><body>b</body>"
		  "<body xmlns='jabber:client'>no</body></q>",
		  "%f%t%i%T%b", "ftixb");
	FILL_FROM("<q xmlns='u'>a\"b</q>", "%x %j",
		  "<q xmlns=\"u\">a\"b</q> "
		  "{\"kind\":\"payload\",\"payload\":["
		  "\"<q xmlns=\\\"u\\\">a\\\"b</q>\"]}");
	/* a stanza's name alone makes no stanza */
	FILL_FROM("<message xmlns='u' jid='j'/>", "%T%f", "j");
}

static void json(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_template *t = cpl_template_new("[%j]", &e);
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	xmpp_stanza_t *s =
	    parse(ctx, "<message from='a@b'><body>x\ty</body></message>");
	xmpp_stanza_t *item =
	    parse(ctx, "<item xmlns='jabber:iq:roster' jid='a@b.lit'/>");
	struct cpl_buf out = CPL_BUF_INIT(1000);

	UNIT_NEED(t && s && item);
	CHECK_INT(cpl_template_write(t, &out, s, &moment), 0);
	CHECK(!strncmp(out.data, "[{", 2) && strstr(out.data, "\"x\\ty\""));
	cpl_buf_truncate(&out, 0);
	CHECK_INT(cpl_template_write(t, &out, item, &moment), 0);
	CHECK(!strncmp(out.data, "[{", 2) && strstr(out.data, "\"a@b.lit\""));
	cpl_buf_release(&out);
	xmpp_stanza_release(s);
	xmpp_stanza_release(item);
	xmpp_ctx_free(ctx);
	cpl_template_free(t);
}

static void paths(void)
{
	FILL("%{body}", "It is the east");
	FILL("%{jabber:client body}", "It is the east");
	FILL("%{urn:xmpp:delay delay@stamp}", "2002-09-10T23:08:25Z");
	FILL("%{ urn:xmpp:delay   delay }", "late");
	FILL("%{delay}%{urn:xmpp:delay body}%{nothing@a}%{body@a}", "");
	FILL("%{@xml:lang}%{ @id }", "enm1");
	FILL("%{jabber:x:data x > field > value}", "\xc2\xa7");
	FILL("%{jabber:x:data x>field@var}", "a");
	FILL("%{urn:xmpp:carbons:2 sent > urn:xmpp:forward:0 forwarded > "
	     "jabber:client message > body}",
	     "inner");
	FILL("%{urn:xmpp:carbons:2 sent > urn:xmpp:forward:0 forwarded > "
	     "jabber:client message@to}",
	     "a@b");
	FILL("%{urn:xmpp:carbons:2 sent > forwarded}", "");
	FILL("%5{body@a}|%.2{body}", "     |It");
	FILL_FROM("<message><q xmlns='m@x:y' a='1'/></message>", "%{m@x:y q@a}",
		  "1");
}

static void escaping(void)
{
	static const char hostile[] =
	    "<message><body>a\\b&#10;c\td\xc2\x9b\x7f&#13;\"</body></message>";

	FILL_FROM(hostile, "%b", "a\\\\b\\nc\\td\\xc2\\x9b\\x7f\\r\"");
	FILL_FROM(hostile, "%{body}", "a\\\\b\\nc\\td\\xc2\\x9b\\x7f\\r\"");
	FILL_FROM(hostile, "%#b", "a\\b\nc\td\xc2\x9b\x7f\r\"");
	FILL_FROM(hostile, "%#{body}", "a\\b\nc\td\xc2\x9b\x7f\r\"");
	FILL_FROM(hostile, "%x",
		  "<message><body>a\\b&#10;c&#9;d&#155;&#127;&#13;\"</body>"
		  "</message>");
}

static void widths(void)
{
	FILL("%5i|%-5i|%05i|%-05i|%0-5i|%1i|%0i",
	     "   m1|m1   |000m1|m1   |m1   |m1|m1");
	FILL("%.1i|%.0i|%.i|%.9i|%4.1i|%-4.1i|%04.1i", "m|||m1|   m|m   |000m");
	FILL_FROM("<message/>", "%3b|%03b|%-3b|%.3b|", "   |000|   ||");
	/* combining and astral characters count as they come */
	FILL_FROM("<message><body>e\xcc\x81\xf0\x9f\x8c\xb9x</body></message>",
		  "%6b|%.2b|%.3b|%-6.3b|",
		  "  e\xcc\x81\xf0\x9f\x8c\xb9x|e\xcc\x81|"
		  "e\xcc\x81\xf0\x9f\x8c\xb9|e\xcc\x81\xf0\x9f\x8c\xb9   |");
	/* an escape is written whole or not at all */
	FILL_FROM("<message><body>\\\n\x7f\xc2\x85z</body></message>",
		  "%.1b|%.2b|%.3b|%.4b|%.7b|%.8b|%.15b|%.16b|%.17b|%5.1b",
		  "|\\\\|\\\\|\\\\\\n|\\\\\\n|\\\\\\n\\x7f|\\\\\\n\\x7f|"
		  "\\\\\\n\\x7f\\xc2\\x85|\\\\\\n\\x7f\\xc2\\x85z|     ");
	FILL_FROM("<message><body>\\\n\x7f\xc2\x85z</body></message>",
		  "%#.1b|%#.4b|%#6b", "\\|\\\n\x7f\xc2\x85| \\\n\x7f\xc2\x85z");
	FILL_FROM("<iq id='\xc3\xa9'/>", "%.5x|%10.3x|%-10.3x|",
		  "<iq i|       <iq|<iq       |");
}

static void widest(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_template *t = cpl_template_new("%10000.10000i", &e);
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	xmpp_stanza_t *s = parse(ctx, "<iq id='1'/>");
	struct cpl_buf out = CPL_BUF_INIT(10000);

	UNIT_NEED(t && s);
	CHECK_INT(cpl_template_write(t, &out, s, &moment), 0);
	CHECK_INT(out.len, 10000);
	CHECK_INT(out.data[9999], '1');
	cpl_buf_release(&out);
	xmpp_stanza_release(s);
	xmpp_ctx_free(ctx);
	cpl_template_free(t);
}

static void times(void)
{
	FILL("%I", "2009-02-13T22:01:30-0130");
	FILL("%U", "1234567890.000005006");
	FILL("@Y-@m-@d @H:@M:@S.@N @z @@ @%",
	     "2009-02-13 22:01:30.000005006 -0130 @ %");
	FILL("@a@A@b@B@C@D@e@F@g@G@h@I@j@k@l@p@P@r@R@s@T@u@U@V@w@W@y",
	     "FriFridayFebFebruary2002/13/09132009-02-1309"
	     "2009Feb"
	     "10"
	     "044"
	     "22"
	     "10"
	     "PMpm10:01:30 PM22:01"
	     "1234567890"
	     "22:01:30"
	     "5"
	     "06"
	     "07"
	     "5"
	     "06"
	     "09");
	FILL("@n@t@c|@x|@X", "\n\tFri Feb 13 22:01:30 2009|02/13/09|22:01:30");
	FILL("@Z", "TST");
	FILL("%26I|%-26I|%.10I", "  2009-02-13T22:01:30-0130|"
				 "2009-02-13T22:01:30-0130  |2009-02-13");
	FILL("%22U|%.10U", "  1234567890.000005006|1234567890");
}

static void escapes(void)
{
	FILL("\\0\\a\\b\\e\\f\\n\\r\\t\\v\\\\", "\0\a\b\x1b\f\n\r\t\v\\");
	FILL("\\x1b[1m%i\\x1B[0m\\x00\\xC3\\xa9\\x411",
	     "\x1b[1mm1\x1b[0m\0\xc3\xa9"
	     "A1");
	FILL("\t\n\x01", "\t\n\x01"); /* the template's own is taken as is */
}

/* ---- Errors ---- */

static void refused(const char *template, const char *why, int line)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_template *t = cpl_template_new(template, &e);

	unit_int(t != NULL, 0, __FILE__, line);
	unit_str(e.text, why, __FILE__, line);
	unit_int(e.status, CPL_USAGE, __FILE__, line);
	cpl_template_free(t);
}

#define REFUSED(template, why) refused(template, why, __LINE__)

static void unknown(void)
{
	char text[] = "%_", why[] = "column 1: unknown value '%_'";

	for (int c = 0x20; c < 0x7f; c++) {
		if (strchr("%-0#.123456789{ftbsiThnxjIU", c))
			continue;
		text[1] = why[26] = (char)c;
		REFUSED(text, why);
	}
	REFUSED("%b %5%", "column 4: unknown value '%5%'");
	REFUSED("ab%\xc3\xa9", "column 3: unknown value '%\xc3\xa9'");
	REFUSED("\xc3\xa9\xf0\x9f\x8c\xb9%Q", "column 3: unknown value '%Q'");
	REFUSED("%+b", "column 1: unknown value '%+'");
	REFUSED("%5-b", "column 1: unknown value '%5-'");
	REFUSED("%..5b", "column 1: unknown value '%..'");
	REFUSED("%", "column 1: nothing follows '%'");
	REFUSED("%b%-05.3", "column 3: nothing follows '%-05.3'");
	REFUSED("x%#j", "column 2: # is not for '%#j'");
	REFUSED("%#x", "column 1: # is not for '%#x'");
	REFUSED("%-#5I", "column 1: # is not for '%-#5I'");
	REFUSED("%#U", "column 1: # is not for '%#U'");
	REFUSED("%10001b", "column 1: a width or precision is over 10000");
	REFUSED("%b%.99999999999999999999b",
		"column 3: a width or precision is over 10000");
	REFUSED("@", "column 1: unknown time '@'");
	REFUSED("@E@O", "column 1: unknown time '@E'");
	REFUSED("@+", "column 1: unknown time '@+'");
	REFUSED("@\xc3\xa9", "column 1: unknown time '@\xc3\xa9'");
	REFUSED("%b\\", "column 3: unknown escape '\\'");
	REFUSED("\\c", "column 1: unknown escape '\\c'");
	REFUSED("\\1", "column 1: unknown escape '\\1'");
	REFUSED("\\\xc3\xa9", "column 1: unknown escape '\\\xc3\xa9'");
	REFUSED("%%\\x1", "column 3: two hexadecimal digits must follow '\\x'");
	REFUSED("\\xg1", "column 1: two hexadecimal digits must follow '\\x'");
	REFUSED("\\x", "column 1: two hexadecimal digits must follow '\\x'");
	REFUSED("a\xff", "column 2: not UTF-8");
	REFUSED("\xc3\xa9\xed\xa0\x80", "column 2: not UTF-8");
}

static void bad_paths(void)
{
	REFUSED("x%{body", "column 2: no } for this %{");
	REFUSED("%{}", "column 1: '' is no element's name");
	REFUSED("%{ }", "column 1: '' is no element's name");
	REFUSED("%{@}", "column 1: '' is no attribute's name");
	REFUSED("%{a@}", "column 1: '' is no attribute's name");
	REFUSED("%{a@b@c}", "column 1: 'b@c' is no attribute's name");
	REFUSED("%{a b c}",
		"column 1: more than a namespace and a name before 'c'");
	REFUSED("%{a > > b}", "column 1: '' is no element's name");
	REFUSED("%{a >}", "column 1: '' is no element's name");
	REFUSED("%{a > @b}", "column 1: '' is no element's name");
	REFUSED("%{a@b > c}", "column 1: 'a@b' is no element's name");
	REFUSED("%{a/b}", "column 1: 'a/b' is no element's name");
	REFUSED("%{<a}", "column 1: '<a' is no element's name");
}

/* Whatever libstrophe has no memory for: all or nothing. (Its list of unusual
 * attributes crashes without memory, so there are none here.) */
static void without_memory(void)
{
	struct strophe_mem mem;
	xmpp_ctx_t *ctx = strophe_mem_ctx(&mem);
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_template *t = cpl_template_new(
	    "%f %t %b %s %i %T %h %n %x %I %U @Y %{@a} %{u x > y}", &e);
	xmpp_stanza_t *s =
	    parse(ctx, "<message from='a@b' to='c@d' id='1' type='chat' "
		       "xml:lang='en'><body>b</body><x xmlns='u'><y>z</y></x>"
		       "</message>");
	struct cpl_buf out = CPL_BUF_INIT(10000), again = CPL_BUF_INIT(10000);
	long calls = mem.calls;

	UNIT_NEED(t && s);
	CHECK_INT(cpl_template_write(t, &out, s, &moment), 0);
	calls = mem.calls - calls;
	for (long n = 1; n <= calls + 1; n++) {
		mem.fail_at = mem.calls + n;
		cpl_buf_truncate(&again, 0);
		if (cpl_template_write(t, &again, s, &moment) == 0)
			CHECK_STR(again.data, out.data);
		else
			CHECK_INT(again.len, 0);
		mem.fail_at = 0;
	}
	cpl_buf_release(&out);
	cpl_buf_release(&again);
	xmpp_stanza_release(s);
	xmpp_ctx_free(ctx);
	cpl_template_free(t);
	CHECK_INT(mem.blocks, 0);
}

int main(void)
{
	setenv("TZ", "TST1:30", 1);
	RUN(letters);
	RUN(types);
	RUN(nicks);
	RUN(elements);
	RUN(json);
	RUN(paths);
	RUN(escaping);
	RUN(widths);
	RUN(widest);
	RUN(times);
	RUN(escapes);
	RUN(unknown);
	RUN(bad_paths);
	RUN(without_memory);
	return unit_end();
}
