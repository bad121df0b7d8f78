/* SPDX-License-Identifier: MIT */
#include "../../common/stanza/form.h"

#include <stdlib.h>

#include "../../common/base/limits.h"
#include "copies.h"
#include "is_xml.h"
#include "parse.h"
#include "strophe_mem.h"
#include "unit.h"

#define VALUE(text) "<value>" text "</value>"
#define OPTION(label, text) "<option label='" label "'>" VALUE(text) "</option>"
#define FIELD(type, var, inner)                                                \
	"<field type='" type "' var='" var "'>" inner "</field>"
#define X(inner) "<x xmlns='jabber:x:data' type='form'>" inner "</x>"
#define TYPE                                                                   \
	FIELD("hidden", "FORM_TYPE",                                           \
	      VALUE("http://jabber.org/protocol/muc#roomconfig"))
#define WHO                                                                    \
	FIELD("list-single", "muc#roomconfig_whois",                           \
	      OPTION("Moderators", "moderators") OPTION("All", "anyone")       \
		  VALUE("moderators"))
#define MANY                                                                   \
	FIELD("list-multi", "many",                                            \
	      OPTION("A", "a")                                                 \
		  OPTION("B", "b") "<option><value>c</value></option><option " \
				   "label='none'/>" VALUE("a"))
#define ROOM                                                                   \
	X("<title>The room</title><instructions>One</instructions>"            \
	  "<instructions>Two</instructions>" TYPE                              \
	  "<field type='fixed'><value>A heading</value></field>"               \
	  "<field type='fixed' var='f'><value>Another</value></field>"         \
	  "<field type='text-single'><value>no name</value></field>"           \
	  "<field var='muc#roomconfig_roomname' label='The name'>"             \
	  "<required/>" VALUE("Hall") "</field>" FIELD(                        \
	      "text-multi", "lines", VALUE("a") VALUE("") VALUE("b"))          \
	      FIELD("boolean", "{urn:x}roomconfig_open",                       \
		    VALUE("true")) FIELD("boolean", "muc#roomconfig_shut", "") \
		  WHO MANY FIELD("jid-multi", "admins", "")                    \
		      FIELD("jid-single", "next", VALUE("a@b.lit"))            \
			  FIELD("text-private", "muc#roomconfig_roomsecret",   \
				"") FIELD("new-type", "odd", VALUE("1"))       \
			      FIELD("hidden", "token", VALUE("t") VALUE("u")))

static struct strophe_mem mem;
static xmpp_ctx_t *ctx;
static struct cpl_form form;
static struct cpl_err why;

static int read_form(const char *xml)
{
	xmpp_stanza_t *x = parse(ctx, xml);
	struct cpl_err none = CPL_ERR_INIT;
	int r;

	why = none;
	CHECK(x != NULL);
	r = cpl_form_read(&form, x, &why);
	if (x)
		xmpp_stanza_release(x);
	return r;
}

static int set(const char *assignment)
{
	struct cpl_err none = CPL_ERR_INIT;

	why = none;
	return cpl_form_set(&form, assignment, &why);
}

/* The values of a field, with '|' in between. */
static const char *values(const char *key)
{
	static char text[256];
	struct cpl_form_field *field = cpl_form_find(&form, key);
	size_t n = 0;

	if (!field)
		return NULL;
	text[0] = '\0';
	for (size_t i = 0; cpl_form_value(field, i); i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%s",
				      i ? "|" : "", cpl_form_value(field, i));
	return text;
}

static void reads(void)
{
	CHECK_INT(read_form(ROOM), 0);
	CHECK_STR(form.type, "http://jabber.org/protocol/muc#roomconfig");
	CHECK_STR(form.title, "The room");
	CHECK_STR(form.instructions, "One\nTwo");
	CHECK_INT(form.count, 12);
	CHECK_STR(values("roomname"), "Hall");
	CHECK_STR(values("muc#roomconfig_roomname"), "Hall");
	CHECK_STR(values("lines"), "a||b");
	CHECK_STR(values("open"), "true");
	CHECK_STR(values("shut"), "false");
	CHECK_STR(values("whois"), "moderators");
	CHECK_STR(values("admins"), "");
	CHECK_STR(values("f"), NULL);
	CHECK_STR(values("token"), NULL);
	CHECK_STR(values("FORM_TYPE"), NULL);
	CHECK_STR(values(""), NULL);
	CHECK_INT(cpl_form_find(&form, "roomname")->required, 1);
	CHECK_STR(cpl_form_find(&form, "roomname")->label, "The name");
	CHECK_INT(cpl_form_find(&form, "odd")->kind, CPL_FORM_TEXT_SINGLE);
	CHECK_INT(cpl_form_find(&form, "many")->option_count, 3);
	CHECK_STR(cpl_form_short(&form, cpl_form_find(&form, "open")), "open");
	CHECK_STR(cpl_form_short(&form, cpl_form_find(&form, "many")), "many");
	CHECK_STR(cpl_form_kind(CPL_FORM_JID_MULTI), "jid-multi");
	cpl_form_release(&form);
	CHECK_INT(form.count, 0);
}

static void without_type(void)
{
	CHECK_INT(read_form(X(FIELD("text-single", "a#b_c", ""))), 0);
	CHECK_STR(form.type, NULL);
	CHECK_STR(values("c"), NULL);
	CHECK_STR(values("a#b_c"), "");
	cpl_form_release(&form);
	/* What is in front is all that there is. */
	CHECK_INT(read_form(X(FIELD("hidden", "FORM_TYPE", VALUE("u#t"))
				  FIELD("text-single", "u#t_", "")
				      FIELD("text-single", "u#tx", ""))),
		  0);
	CHECK_STR(values(""), NULL);
	CHECK_STR(values("x"), NULL);
	CHECK_STR(values("u#t_"), "");
	cpl_form_release(&form);
	CHECK_INT(read_form(X("")), 0);
	CHECK_INT(set("a=b"), -1);
	CHECK_STR(why.text, "unknown key 'a'");
	cpl_form_release(&form);
}

static void is_no_form(void)
{
	CHECK_INT(read_form("<x xmlns='urn:other'/>"), -1);
	CHECK_INT(why.status, CPL_PROTOCOL);
	CHECK_STR(why.text, "no form");
	CHECK_INT(cpl_form_read(&form, NULL, &why), -1);
	CHECK_INT(form.count, 0);
}

/* n fields of so many values each. */
static int read_many(size_t n, size_t each)
{
	struct cpl_buf xml = CPL_BUF_INIT(CPL_STANZA_BYTES_MAX);
	int r;

	CHECK_INT(cpl_buf_adds(&xml, "<x xmlns='jabber:x:data'>"), 0);
	for (size_t i = 0; i < n; i++) {
		CHECK_INT(cpl_buf_addf(&xml, "<field var='v%zu'>", i), 0);
		for (size_t k = 0; k < each; k++)
			CHECK_INT(cpl_buf_adds(&xml, "<value/>"), 0);
		CHECK_INT(cpl_buf_adds(&xml, "</field>"), 0);
	}
	CHECK_INT(cpl_buf_adds(&xml, "</x>"), 0);
	r = read_form(xml.data);
	cpl_buf_release(&xml);
	return r;
}

static void limits(void)
{
	CHECK_INT(read_many(CPL_FORM_FIELDS_MAX, 0), 0);
	cpl_form_release(&form);
	CHECK_INT(read_many(CPL_FORM_FIELDS_MAX + 1, 0), -1);
	CHECK_STR(why.text, "a form of more than 1000 fields");
	CHECK_INT(read_many(1, CPL_FORM_VALUES_MAX), 0);
	cpl_form_release(&form);
	CHECK_INT(read_many(1, CPL_FORM_VALUES_MAX + 1), -1);
	CHECK_STR(why.text, "a form of more than 10000 values");
	CHECK_INT(why.status, CPL_PROTOCOL);
}

static void single_values(void)
{
	CHECK_INT(read_form(ROOM), 0);
	CHECK_INT(set("roomname=A=B"), 0);
	CHECK_STR(values("roomname"), "A=B");
	CHECK_INT(set("roomname=last"), 0);
	CHECK_STR(values("roomname"), "last");
	CHECK_INT(set("roomname="), 0);
	CHECK_STR(values("roomname"), "");
	CHECK_INT(cpl_form_find(&form, "roomname")->count, 1);
	CHECK_INT(set("open=false"), 0);
	CHECK_STR(values("open"), "false");
	CHECK_INT(set("open=1"), 0);
	CHECK_STR(values("open"), "true");
	CHECK_INT(set("whois=anyone"), 0);
	CHECK_STR(values("whois"), "anyone");
	CHECK_INT(set("whois="), 0);
	CHECK_STR(values("whois"), "");
	CHECK_INT(cpl_form_find(&form, "whois")->count, 0);
	CHECK_INT(set("next=C@B.lit/x"), 0);
	CHECK_STR(values("next"), "c@b.lit/x");
	cpl_form_release(&form);
}

static void several_values(void)
{
	CHECK_INT(read_form(ROOM), 0);
	CHECK_INT(set("lines=one"), 0);
	CHECK_STR(values("lines"), "one");
	CHECK_INT(set("lines=two\nthree\n"), 0);
	CHECK_INT(set("lines=one"), 0);
	CHECK_STR(values("lines"), "one|two|three|one");
	/* In the order of the options, each once. */
	CHECK_INT(set("many=c"), 0);
	CHECK_STR(values("many"), "c");
	CHECK_INT(set("many=a"), 0);
	CHECK_INT(set("many=c"), 0);
	CHECK_STR(values("many"), "a|c");
	CHECK_INT(set("many=b"), 0);
	CHECK_STR(values("many"), "a|b|c");
	CHECK_INT(set("admins=x@y.lit"), 0);
	CHECK_INT(set("admins=X@Y.lit"), 0);
	CHECK_INT(set("admins=z@y.lit"), 0);
	CHECK_STR(values("admins"), "x@y.lit|z@y.lit");
	cpl_form_release(&form);
	/* None of them. */
	CHECK_INT(read_form(ROOM), 0);
	CHECK_INT(set("many="), 0);
	CHECK_INT(set("lines="), 0);
	CHECK_STR(values("many"), "");
	CHECK_STR(values("lines"), "");
	cpl_form_release(&form);
}

static void says(const char *assignment, const char *expected, int line)
{
	CHECK_INT(set(assignment), -1);
	CHECK_INT(why.status, CPL_DATA);
	if (!unit_str(why.text, expected, __FILE__, line))
		printf("# of '%s'\n", assignment);
}
#define SAYS(assignment, expected) says((assignment), (expected), __LINE__)

static void refusals(void)
{
	CHECK_INT(read_form(ROOM), 0);
	SAYS("roomname", "'roomname' is not KEY=VALUE");
	SAYS("=x", "'=x' is not KEY=VALUE");
	SAYS("", "'' is not KEY=VALUE");
	SAYS("romname=x", "unknown key 'romname' (did you mean 'roomname'?)");
	SAYS("muc#roomconfg_roomname=x",
	     "unknown key 'muc#roomconfg_roomname' (did you mean "
	     "'muc#roomconfig_roomname'?)");
	SAYS("nothing=x", "unknown key 'nothing'");
	SAYS("token=x", "unknown key 'token' (did you mean 'open'?)");
	SAYS("FORM_TYPE=x", "unknown key 'FORM_TYPE'");
	SAYS("open=yes", "{urn:x}roomconfig_open: 'yes' is not true or false");
	SAYS("open=", "{urn:x}roomconfig_open: '' is not true or false");
	SAYS("whois=me",
	     "muc#roomconfig_whois: 'me' is not moderators or anyone");
	SAYS("many=d", "many: 'd' is not a, b or c");
	SAYS("roomname=a\nb", "muc#roomconfig_roomname: its value is one line");
	SAYS("roomname=\x01", "byte 10: XML forbids the character U+0001");
	SAYS("roomname=\xff", "byte 10 (0xff) is not UTF-8");
	CHECK_INT(set("admins=a@b@"), -1);
	CHECK(strncmp(why.text, "admins: ", 8) == 0);
	CHECK_STR(values("roomname"), "Hall");
	CHECK_STR(values("many"), "a");
	for (size_t i = 0; i < form.count; i++)
		CHECK_INT(form.fields[i].changed, 0);
	cpl_form_release(&form);
}

/* A list without options, and one of more than fit into a message. */
static void odd_lists(void)
{
	struct cpl_buf xml = CPL_BUF_INIT(CPL_STANZA_BYTES_MAX);

	CHECK_INT(read_form(X(FIELD("list-single", "a", VALUE("b")))), 0);
	SAYS("a=b", "a: 'b' is not one of its options");
	CHECK_INT(set("a="), 0);
	cpl_form_release(&form);
	CHECK_INT(read_form(X(FIELD("list-single", "a", OPTION("", "")))), 0);
	CHECK_INT(set("a="), 0);
	CHECK_INT(form.fields[0].count, 1);
	cpl_form_release(&form);
	CHECK_INT(cpl_buf_adds(&xml, "<x xmlns='jabber:x:data'><field "
				     "type='list-multi' var='a'>"),
		  0);
	for (int i = 0; i < 500; i++)
		CHECK_INT(cpl_buf_addf(&xml,
				       "<option><value>word%d</value></option>",
				       i),
			  0);
	CHECK_INT(cpl_buf_adds(&xml, "</field></x>"), 0);
	CHECK_INT(read_form(xml.data), 0);
	CHECK_INT(set("a=none"), -1);
	CHECK(strncmp(why.text, "a: 'none' is not word0, word1, ", 31) == 0);
	cpl_form_release(&form);
	cpl_buf_release(&xml);
}

#define FORM                                                                   \
	X(FIELD("hidden", "FORM_TYPE", VALUE("t"))                             \
	      FIELD("text-single", "a", VALUE("1"))                            \
		  FIELD("text-single", "b", "<required/>") MANY)
#define F(type, var, inner)                                                    \
	"<field type=\"" type "\" var=\"" var "\">" inner "</field>"
#define SUBMIT(inner)                                                          \
	"<x xmlns=\"jabber:x:data\" type=\"submit\">" F(                       \
	    "hidden", "FORM_TYPE", VALUE("t")) inner "</x>"

static void submits(void)
{
	xmpp_stanza_t *x;

	CHECK_INT(read_form(FORM), 0);
	CHECK_INT(cpl_form_complete(&form, &why), -1);
	CHECK_STR(why.text, "b needs a value");
	IS_XML(cpl_form_submit(&form, ctx),
	       SUBMIT(F("text-single", "a", VALUE("1"))
			  F("list-multi", "many", VALUE("a"))));
	CHECK_INT(set("b=<&>"), 0);
	CHECK_INT(set("many="), 0);
	CHECK_INT(cpl_form_complete(&form, &why), 0);
	IS_XML(cpl_form_submit(&form, ctx),
	       SUBMIT(F("text-single", "a", VALUE("1")) F(
		   "text-single", "b",
		   VALUE("&lt;&amp;&gt;")) "<field type=\"list-multi\" "
					   "var=\"many\"/>"));
	cpl_form_release(&form);
	x = cpl_form_empty(ctx);
	CHECK_INT(cpl_form_add(x, "FORM_TYPE", "hidden", "t"), 0);
	CHECK_INT(cpl_form_add(x, "a", NULL, "<&>"), 0);
	CHECK_INT(cpl_form_add(NULL, "a", NULL, "b"), -1);
	IS_XML(x,
	       SUBMIT("<field var=\"a\">" VALUE("&lt;&amp;&gt;") "</field>"));
}

static void json(void)
{
	struct cpl_buf out = CPL_BUF_INIT(CPL_RECORD_MAX);

	CHECK_INT(
	    read_form(X(FIELD("hidden", "FORM_TYPE", VALUE("t")) FIELD(
		"list-single", "a\"", "<required/>" OPTION("A", "x") VALUE("x"))
			    FIELD("boolean", "b", "") "<field var='c' "
						      "label='L'/>")),
	    0);
	CHECK_INT(cpl_form_json(&out, &form), 0);
	CHECK_STR(out.data,
		  "[{\"var\":\"a\\\"\",\"type\":\"list-single\",\"required\":"
		  "true,\"values\":[\"x\"],\"options\":[{\"value\":\"x\","
		  "\"label\":\"A\"}]},{\"var\":\"b\",\"type\":\"boolean\","
		  "\"values\":[\"false\"]},{\"var\":\"c\",\"type\":"
		  "\"text-single\",\"label\":\"L\",\"values\":[]}]");
	/* A buffer that is full is as it was. */
	for (size_t room = 1; room < 200; room++) {
		struct cpl_buf small = CPL_BUF_INIT(room);

		CHECK_INT(cpl_buf_addc(&small, '.'), 0);
		CHECK_INT(cpl_form_json(&small, &form), -1);
		CHECK_STR(small.data, ".");
		cpl_buf_release(&small);
	}
	cpl_buf_release(&out);
	cpl_form_release(&form);
}

/* What was said first, what was said then, and what was forgotten. */
static void wiping(void)
{
	char text[128];

	CHECK_INT(read_form(ROOM), 0);
	for (int i = 0; i < 2; i++) {
		snprintf(text, sizeof text, "roomsecret=0123456789abcdef%s%s%d",
			 "needle-in-", "a-haystack", i);
		CHECK_INT(set(text), 0);
	}
	explicit_bzero(text, sizeof text);
	CHECK(copies("needle-in-", "a-haystack") <= 1);
	cpl_form_release(&form);
	CHECK_INT(copies("needle-in-", "a-haystack"), 0);
}

/* Every failure of memory in libstrophe is survived. */
static void memory(void)
{
	CHECK_INT(read_form(FORM), 0);
	for (long n = 1;; n++) {
		xmpp_stanza_t *x;

		mem.fail_at = mem.calls + n;
		x = cpl_form_submit(&form, ctx);
		mem.fail_at = 0;
		if (!x)
			continue;
		xmpp_stanza_release(x);
		CHECK(n > 10);
		break;
	}
	cpl_form_release(&form);
}

int main(void)
{
	ctx = strophe_mem_ctx(&mem);
	RUN(reads);
	RUN(without_type);
	RUN(is_no_form);
	RUN(limits);
	RUN(single_values);
	RUN(several_values);
	RUN(refusals);
	RUN(odd_lists);
	RUN(submits);
	RUN(json);
	RUN(wiping);
	RUN(memory);
	return strophe_mem_end(&mem, ctx);
}
