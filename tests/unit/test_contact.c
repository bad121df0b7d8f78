/* SPDX-License-Identifier: MIT */
#include "scarce.h"

#include "../../common/stanza/json_load.c"
#undef malloc

#include "../../common/stanza/contact_record.h"
#include "../../common/stanza/contacts.h"
#include "../../common/stanza/write.h"
#include "parse.h"
#include "strophe_mem.h"
#include "unit.h"

static struct strophe_mem mem;
static xmpp_ctx_t *ctx;

#define ITEM "<item xmlns='jabber:iq:roster' "

static int read_item(struct cpl_contact *c, const char *xml, struct cpl_err *e)
{
	xmpp_stanza_t *item = parse(ctx, xml);
	int result = -1;

	memset(c, 0, sizeof *c);
	if (CHECK(item != NULL)) {
		result = cpl_contact_read(c, item, e);
		xmpp_stanza_release(item);
	}
	return result;
}

/* The contact as XML and JSON, a line each. */
static const char *written(const struct cpl_contact *c, int state)
{
	static char text[8192];
	struct cpl_buf out = CPL_BUF_INIT(sizeof text - 1);
	xmpp_stanza_t *item = cpl_contact_item(ctx, c, state);

	CHECK(item != NULL);
	if (item) {
		CHECK_INT(cpl_write_xml(&out, item, "jabber:iq:roster"), 0);
		xmpp_stanza_release(item);
	}
	CHECK_INT(cpl_buf_addc(&out, '\n'), 0);
	CHECK_INT(cpl_contact_json(&out, c, state), 0);
	snprintf(text, sizeof text, "%s", out.data);
	cpl_buf_release(&out);
	return text;
}

static void items_are_read_and_written(void)
{
	struct cpl_contact c;
	struct cpl_err e = CPL_ERR_INIT;

	CHECK_INT(read_item(&c,
			    ITEM
			    "jid='Juliet@CAPULET.lit' name='J \"C\" &#x85;' "
			    "subscription='both' ask='subscribe' "
			    "approved='1'><group>b</group><group/>"
			    "<other xmlns='urn:x'>c</other><group>a\\</group>"
			    "<group>b</group></item>",
			    &e),
		  0);
	CHECK_STR(c.jid.full, "juliet@capulet.lit");
	CHECK_INT(c.subscription, CPL_SUB_BOTH);
	CHECK_STR(written(&c, 1),
		  "<item approved=\"true\" ask=\"subscribe\" "
		  "jid=\"juliet@capulet.lit\" name=\"J &quot;C&quot; &#133;\" "
		  "subscription=\"both\"><group>a\\</group><group>b</group>"
		  "</item>\n"
		  "{\"jid\":\"juliet@capulet.lit\",\"name\":\"J \\\"C\\\" "
		  "\\u0085\",\"subscription\":\"both\",\"ask\":\"subscribe\","
		  "\"approved\":true,\"groups\":[\"a\\\\\",\"b\"]}");
	CHECK_STR(written(&c, 0),
		  "<item jid=\"juliet@capulet.lit\" "
		  "name=\"J &quot;C&quot; &#133;\">"
		  "<group>a\\</group><group>b</group></item>\n"
		  "{\"jid\":\"juliet@capulet.lit\",\"name\":\"J \\\"C\\\" "
		  "\\u0085\",\"groups\":[\"a\\\\\",\"b\"]}");
	cpl_contact_release(&c);
	CHECK_INT(e.status, CPL_OK);
}

static void little_is_enough(void)
{
	struct cpl_contact c;
	struct cpl_err e = CPL_ERR_INIT;

	CHECK_INT(read_item(&c, ITEM "jid='x.lit' name='' ask='no'/>", &e), 0);
	CHECK(c.name == NULL && !c.ask && !c.approved);
	CHECK_STR(written(&c, 1),
		  "<item jid=\"x.lit\" subscription=\"none\"/>\n"
		  "{\"jid\":\"x.lit\",\"subscription\":\"none\","
		  "\"groups\":[]}");
	cpl_contact_release(&c);
	/* RFC 6121 2.1.2.5: another subscription is none. */
	CHECK_INT(read_item(&c, ITEM "jid='x.lit' subscription='Both'/>", &e),
		  0);
	CHECK_INT(c.subscription, CPL_SUB_NONE);
	cpl_contact_release(&c);
	CHECK_INT(read_item(&c, ITEM "jid='x.lit' subscription='remove'/>", &e),
		  0);
	CHECK_STR(written(&c, 0),
		  "<item jid=\"x.lit\" subscription=\"remove\"/>\n"
		  "{\"jid\":\"x.lit\",\"subscription\":\"remove\","
		  "\"groups\":[]}");
	cpl_contact_release(&c);
}

static void what_is_no_contact(void)
{
	struct cpl_contact c;
	struct cpl_err e = CPL_ERR_INIT;

	CHECK_INT(read_item(&c, ITEM "name='x'/>", &e), -1);
	CHECK_INT(e.status, CPL_DATA);
	CHECK_STR(e.text, "an item without jid");
	CHECK_INT(read_item(&c, ITEM "jid='a b@x.lit'/>", &e), -1);
	CHECK_STR(e.text, "'a b@x.lit' has a character that a localpart must "
			  "not have");
	CHECK(c.jid.block == NULL);
}

static void groups_stay_sorted_and_single(void)
{
	struct cpl_contact c = {0}, copy;
	char name[16];

	CHECK_INT(cpl_contact_init(&c, "x.lit", NULL), 0);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 100; i++) {
			snprintf(name, sizeof name, "%02d", i * 37 % 100);
			CHECK_INT(cpl_contact_add_group(&c, name), 0);
		}
	CHECK_INT(cpl_contact_add_group(&c, ""), 0);
	CHECK_INT(c.group_count, 100);
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof name, "%02d", i);
		CHECK_STR(c.groups[i], name);
	}
	CHECK_INT(cpl_contact_set_name(&c, "name"), 0);
	CHECK_INT(cpl_contact_copy(&copy, &c), 0);
	CHECK(cpl_contact_equal(&c, &copy));
	cpl_contact_remove_group(&c, "50");
	cpl_contact_remove_group(&c, "none");
	CHECK(!cpl_contact_has_group(&c, "50"));
	CHECK(cpl_contact_has_group(&c, "51"));
	CHECK_INT(c.group_count, 99);
	CHECK(!cpl_contact_equal(&c, &copy));
	CHECK_INT(cpl_contact_add_group(&c, "5x"), 0);
	CHECK(!cpl_contact_equal(&c, &copy)); /* as many */
	cpl_contact_remove_group(&c, "5x");
	CHECK_INT(cpl_contact_add_group(&c, "50"), 0);
	CHECK(cpl_contact_equal(&c, &copy));
	CHECK_INT(cpl_contact_set_name(&c, NULL), 0);
	CHECK(!cpl_contact_equal(&c, &copy));
	/* All but a power of two, and grown again. */
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof name, "%02d", i);
		cpl_contact_remove_group(&c, name);
	}
	CHECK_INT(c.group_count, 0);
	CHECK_INT(cpl_contact_add_group(&c, "a"), 0);
	CHECK_INT(cpl_contact_add_group(&c, "b"), 0);
	cpl_contact_release(&c);
	cpl_contact_release(&copy);
}

static void lists_are_sorted(void)
{
	struct cpl_contacts all = {0};
	char jid[32];

	for (int i = 0; i < 500; i++) {
		struct cpl_contact c = {0};

		snprintf(jid, sizeof jid, "%03d@x.lit", i * 7 % 250);
		CHECK_INT(cpl_contact_init(&c, jid, NULL), 0);
		c.approved = i >= 250;
		CHECK_INT(cpl_contacts_put(&all, &c), 0);
		CHECK(c.jid.block == NULL);
	}
	CHECK_INT(all.count, 250);
	for (int i = 0; i < 250; i++) {
		snprintf(jid, sizeof jid, "%03d@x.lit", i);
		CHECK_STR(all.at[i]->jid.full, jid);
		CHECK(cpl_contacts_find(&all, jid) == all.at[i]);
		CHECK(all.at[i]->approved); /* the last one counts */
	}
	CHECK_INT(cpl_contacts_from(&all, "100"), 100);
	CHECK_INT(cpl_contacts_from(&all, "zzz"), 250);
	cpl_contacts_remove(&all, "100@x.lit");
	cpl_contacts_remove(&all, "100@x.lit");
	CHECK_INT(all.count, 249);
	CHECK(cpl_contacts_find(&all, "100@x.lit") == NULL);
	cpl_contacts_release(&all);
}

/* --- records ------------------------------------------------------------ */

static struct cpl_buf told = CPL_BUF_INIT(1 << 20);
static size_t records_told;

static void on_record(void *user, const struct cpl_contact_record *r)
{
	CHECK(user == &told);
	CHECK_INT(cpl_buf_addf(&told, "%zu:%zu ", ++records_told, r->line), 0);
	if (r->contact) {
		CHECK_INT(cpl_contact_json(&told, r->contact, 1), 0);
	} else {
		CHECK_INT(r->why.status, CPL_DATA);
		CHECK_INT(cpl_buf_adds(&told, r->why.text), 0);
	}
	CHECK_INT(cpl_buf_addc(&told, '\n'), 0);
}

static const char *records_of(const char *p, size_t n)
{
	struct cpl_err e = CPL_ERR_INIT;
	char *copy = malloc(n + 1);

	/* At the end of its block, so that reading over it is seen. */
	cpl_buf_truncate(&told, 0);
	records_told = 0;
	CHECK(copy != NULL);
	if (copy) {
		memcpy(copy + 1, p, n);
		CHECK_INT(
		    cpl_contact_records(ctx, copy + 1, n, on_record, &told, &e),
		    0);
		CHECK_INT(e.status, CPL_OK);
	}
	free(copy);
	return told.len ? told.data : "";
}

static const char *records(const char *text)
{
	return records_of(text, strlen(text));
}

#define CONTACT(jid, name, sub, rest)                                          \
	"{\"jid\":\"" jid "\"," name "\"subscription\":\"" sub "\"," rest "}"  \
	"\n"
#define PLAIN(jid) CONTACT(jid, "", "none", "\"groups\":[]")

static void text_records(void)
{
	CHECK_STR(
	    records("a@x.lit\n\n  \r\n"
		    "B@X.lit\tName\\tof \\xc3\\xa4\\\\\r\n"
		    "c@x.lit\t\tboth\tsubscribe\tg\t\th\\n\tg\n"
		    "d@x.lit\t\tremove"),
	    "1:1 " PLAIN("a@x.lit") "2:4 " CONTACT(
		"b@x.lit", "\"name\":\"Name\\tof \xc3\xa4\\\\\",", "none",
		"\"groups\":[]") "3:5 " CONTACT("c@x.lit", "", "both",
						"\"ask\":\"subscribe\","
						"\"groups\":[\"g\","
						"\"h\\n\"]") "4:"
							     "6 " CONTACT(
								 "d@x.lit", "",
								 "remove",
								 "\"groups\":["
								 "]"));
	CHECK_STR(records("\xef\xbb\xbf"
			  "a.lit"),
		  "1:1 " PLAIN("a.lit"));
	CHECK_STR(records("<?xml version='1.0'?>\n<item jid='a.lit'/>"),
		  "1:2 " PLAIN("a.lit"));
	CHECK_STR(records(""), "");
	CHECK_STR(records(" \n\t\n"), "");
}

static void text_that_is_no_record(void)
{
	CHECK_STR(records("a@x.lit\tx\\y\n"
			  "a@x.lit\tx\tFriends\n"
			  "a@x.lit\tx\t\tyes\n"
			  "\tx\n"
			  "@x\n"
			  "ok.lit\n"),
		  "1:1 field 2: byte 2: unknown escape\n"
		  "2:2 the subscription is not none, to, from, both or "
		  "remove\n"
		  "3:3 ask is not 'subscribe'\n"
		  "4:4 '' is an empty JID\n"
		  "5:5 '@x' has an empty localpart\n"
		  "6:6 " PLAIN("ok.lit"));
	records_of("a@x.lit\tx\0y\n\xff.lit\n", 17);
	CHECK_INT(strncmp(told.data, "1:1 field 2: byte 2", 19), 0);
	CHECK(strstr(told.data, "\n2:2 field 1: byte 1") != NULL);
}

static void json_records(void)
{
	CHECK_STR(
	    records("{\"jid\":\"A@x.lit\"}\n{\n \"groups\":[\"b\",\"a\","
		    "\"b\",\"\"],\n\"name\":null,\"ask\":null,"
		    "\"jid\":\"b@x.lit\",\"subscription\":\"to\","
		    "\"approved\":false}{\"jid\":\"c@x.lit\"}d@x.lit"),
	    "1:1 " PLAIN("a@x.lit") "2:2 " CONTACT(
		"b@x.lit", "", "to",
		"\"groups\":[\"a\",\"b\"]") "3:4 " PLAIN("c@x.lit") "4:"
								    "4 " PLAIN(
									"d@x."
									"lit"));
}

static void json_that_is_no_record(void)
{
	CHECK_STR(records("{\"jid\":\"a@x.lit\",\"group\":\"x\"}\n"
			  "{}\n"
			  "{\"jid\":null}\n"
			  "{\"jid\":\"a@x.lit\",\"groups\":\"x\"}\n"
			  "{\"jid\":\"a@x.lit\",\"groups\":[1]}\n"
			  "{\"jid\":\"a@x.lit\",\"name\":1}\n"
			  "{\"jid\":\"a@x.lit\",\"name\":\"\\u0001\"}\n"
			  "{\"jid\":\"a@x.lit\",\"approved\":1}\n"
			  "{\"jid\":\"a@x.lit\",\"subscription\":\"x\"}\n"
			  "{\"jid\":\"ok.lit\"}\n"),
		  "1:1 unknown key 'group'\n"
		  "2:2 'jid' is missing\n"
		  "3:3 'jid' is missing\n"
		  "4:4 'groups' is no array\n"
		  "5:5 'groups' is no string\n"
		  "6:6 'name' is no string\n"
		  "7:7 'name': byte 1: XML forbids the character U+0001\n"
		  "8:8 'approved' is not true or false\n"
		  "9:9 the subscription is not none, to, from, both or "
		  "remove\n"
		  "10:10 " PLAIN("ok.lit"));
	/* Behind what is no JSON, at the next line that begins a record. */
	records("{\"jid\":\n 'a'\n{\"jid\":\"ok.lit\"}\n");
	CHECK_INT(strncmp(told.data, "1:2 column 2: ", 14), 0);
	CHECK(strstr(told.data, "\n2:3 " PLAIN("ok.lit")) != NULL);
	records("{\"jid\":\"a.lit\",\"jid\":\"b.lit\"}");
	CHECK(strstr(told.data, ": duplicate object key") != NULL);
	records("{\"jid\":\"a.lit\"");
	CHECK_INT(strncmp(told.data, "1:1 column ", 11), 0);
}

static void xml_records(void)
{
	CHECK_STR(
	    records("<item jid='a@x.lit'/>\n" ITEM
		    "jid='b@x.lit'\n name='B'><group>g</group>\n</item>"
		    "<iq type='result'><query xmlns='jabber:iq:roster'>"
		    "<item jid='c@x.lit'/> <item jid='d@x.lit'/></query>"
		    "</iq>\n<query xmlns='jabber:iq:roster'/>\n"
		    "<iq xmlns='jabber:client'>"
		    "<query xmlns='jabber:iq:roster'>"
		    "<item jid='e@x.lit'/></query></iq>f.lit"),
	    "1:1 " PLAIN("a@x.lit") "2:2 " CONTACT("b@x.lit", "\"name\":\"B\",", "none", "\"groups\":[\"g\"]") "3:4 " PLAIN(
		"c@x.lit") "4:4 " PLAIN("d@x.lit") "5:6 " PLAIN("e@x.lit") "6:"
									   "6"
									   " " PLAIN(
									       "f.lit"));
}

/* What was asked is no list of nobody. */
static void errors_are_no_list(void)
{
	CHECK_STR(records("<iq type='error'><query xmlns='jabber:iq:roster'/>"
			  "<error/></iq>\n"
			  "<iq xmlns='jabber:client' type='error'>"
			  "<query xmlns='jabber:iq:roster'>"
			  "<item jid='a.lit'/></query><error/></iq>\n"),
		  "1:1 an iq that is no list of contacts\n"
		  "2:2 an iq that is no list of contacts\n");
}

static void xml_that_is_no_record(void)
{
	CHECK_STR(records("<message/>\n<iq/>\n<item/>\n"
			  "<item jid='a.lit' subscription='x'/>\n"
			  "<!DOCTYPE x>\n"
			  "<item jid='b.lit'></group>\n"
			  "text\n"
			  "<item jid='ok.lit'/>\n"
			  "\n <item\n jid='c.lit'>"),
		  "1:1 neither item nor query of jabber:iq:roster\n"
		  "2:2 an iq that is no list of contacts\n"
		  "3:3 an item without jid\n"
		  "4:4 the subscription is not none, to, from, both or "
		  "remove\n"
		  "5:5 column 3: a DOCTYPE or declaration is not allowed\n"
		  "6:6 column 21: mismatched tag\n"
		  "7:8 " PLAIN("ok.lit") "8:10 the input ends within this "
					 "record\n");
}

/* An end tag of our own root must not end it. */
static void no_record_gets_out(void)
{
	CHECK_STR(records("</stream>\n<item jid='ok.lit'/>\n"),
		  "1:1 mismatched tag\n2:2 " PLAIN("ok.lit"));
}

static void many_records(void)
{
	struct cpl_buf text = CPL_BUF_INIT(1 << 20);
	int lines = 0;

	for (int i = 0; i < 3000; i++) {
		CHECK_INT(cpl_buf_addf(&text, "<item jid='%d@x.lit'/>\n", i),
			  0);
		CHECK_INT(cpl_buf_addf(&text, "{\"jid\":\"%d@x.lit\"}\n", i),
			  0);
	}
	records_of(text.data, text.len);
	for (size_t i = 0; i < told.len; i++)
		lines += told.data[i] == '\n';
	CHECK_INT(lines, 6000);
	cpl_buf_release(&text);
}

/* Each allocation of libstrophe's may fail. */
static void without_memory(void)
{
	struct cpl_contact c;
	struct cpl_err e = CPL_ERR_INIT;
	long n, i;

	CHECK_INT(read_item(&c,
			    ITEM "jid='a.lit' name='n' ask='subscribe'>"
				 "<group>g</group></item>",
			    &e),
		  0);
	n = 0;
	for (i = 1; i < 1000; i++) {
		xmpp_stanza_t *item;

		mem.calls = 0;
		mem.fail_at = i;
		item = cpl_contact_item(ctx, &c, 1);
		mem.fail_at = 0;
		if (item) {
			xmpp_stanza_release(item);
			break;
		}
		n++;
	}
	CHECK(n > 5 && i < 1000);
	cpl_contact_release(&c);
	n = mem.blocks;
	for (i = 1; i < 1000; i++) {
		int result;

		cpl_buf_truncate(&told, 0);
		records_told = 0;
		mem.calls = 0;
		mem.fail_at = i;
		result = cpl_contact_records(
		    ctx, "<item jid='a.lit'><group>g</group></item>", 42,
		    on_record, &told, &e);
		mem.fail_at = 0;
		if (result == 0)
			break;
		CHECK_INT(e.status, CPL_SYSTEM);
		CHECK_INT(mem.blocks, n);
	}
	CHECK(i > 5 && i < 1000);
}

/* Each of the JSON library's may: it is not the text that is wrong. */
static void json_without_memory(void)
{
	static const char text[] =
	    "{\"jid\":\"a.lit\",\"groups\":[\"g\"],\"approved\":true}\n"
	    "b.lit\n";
	int result = -1;
	long n = 0;

	while (result < 0 && n < 1000) {
		struct cpl_err e = CPL_ERR_INIT;

		cpl_buf_truncate(&told, 0);
		scarce_at(++n, 0);
		result = cpl_contact_records(ctx, text, strlen(text), on_record,
					     &told, &e);
		scarce_at(0, 0);
		CHECK_INT(e.status, result < 0 ? CPL_SYSTEM : CPL_OK);
		CHECK(result == 0 || told.len == 0);
	}
	CHECK(n > 10 && n < 1000);
}

int main(void)
{
	ctx = strophe_mem_ctx(&mem);
	if (!ctx)
		return 1;
	RUN(items_are_read_and_written);
	RUN(little_is_enough);
	RUN(what_is_no_contact);
	RUN(groups_stay_sorted_and_single);
	RUN(lists_are_sorted);
	RUN(text_records);
	RUN(text_that_is_no_record);
	RUN(json_records);
	RUN(json_that_is_no_record);
	RUN(xml_records);
	RUN(errors_are_no_list);
	RUN(xml_that_is_no_record);
	RUN(no_record_gets_out);
	RUN(many_records);
	RUN(without_memory);
	RUN(json_without_memory);
	cpl_buf_release(&told);
	return strophe_mem_end(&mem, ctx);
}
