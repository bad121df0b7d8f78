/* SPDX-License-Identifier: MIT */
#include "../../common/stanza/bookmark.h"

#include "is_xml.h"
#include "parse.h"
#include "strophe_mem.h"
#include "unit.h"

static struct strophe_mem mem;
static xmpp_ctx_t *ctx;

#define PUBSUB "http://jabber.org/protocol/pubsub"
#define ITEMS(inner)                                                           \
	"<iq type='result'><pubsub xmlns='" PUBSUB "'><items node='n'>" inner  \
	"</items></pubsub></iq>"
#define CONFERENCE "<conference xmlns='urn:xmpp:bookmarks:1'"
#define STORAGE                                                                \
	"<storage xmlns='storage:bookmarks'>"                                  \
	"<conference jid='b@r.lit' name='B' autojoin='1'><nick>n</nick>"       \
	"<password>p</password></conference><url name='u'/>"                   \
	"<conference name='none'/><conference jid='@'/>"                       \
	"<conference jid='A@R.lit/x' autojoin='no'/></storage>"
#define PRIVATE(inner)                                                         \
	"<iq type='result'><query xmlns='jabber:iq:private'>" inner            \
	"</query></iq>"

/* The bookmarks, a line each. */
static const char *lines(enum cpl_bookmark_store store, const char *xml,
			 struct cpl_bookmark_list *list)
{
	static char text[1024];
	xmpp_stanza_t *answer = parse(ctx, xml);
	size_t n = 0;

	text[0] = '\0';
	CHECK(answer != NULL);
	CHECK_INT(cpl_bookmark_read(list, store, answer), 0);
	for (size_t i = 0; i < list->count; i++) {
		const struct cpl_bookmark *b = &list->list[i];

		n += (size_t)snprintf(
		    text + n, sizeof text - n, "%s %s %s %s %s %d\n",
		    b->jid.bare, b->id ? b->id : "-", b->name ? b->name : "-",
		    b->nick ? b->nick : "-", b->password ? b->password : "-",
		    b->autojoin);
	}
	if (answer)
		xmpp_stanza_release(answer);
	return text;
}

static void reads_items(void)
{
	struct cpl_bookmark_list list;

	CHECK_STR(
	    lines(CPL_BOOKMARK_ITEMS,
		  ITEMS("<item id='b@r.lit'>" CONFERENCE
			" name='B' autojoin='true'><nick>n</nick><password>p"
			"</password></conference></item>"
			"<item id='A@r.lit'>" CONFERENCE
			" autojoin='yes'><nick/></conference></item>"
			"<item id='x@r.lit'><conference xmlns='urn:x'/></item>"
			"<item id='@'>" CONFERENCE "/></item>"
			"<item>" CONFERENCE "/></item>"
			"<item id='B@R.lit'>" CONFERENCE "/></item>"),
		  &list),
	    "a@r.lit A@r.lit - - - 0\nb@r.lit b@r.lit B n p 1\n");
	CHECK(cpl_bookmark_find(&list, "b@r.lit") == &list.list[1]);
	CHECK(cpl_bookmark_find(&list, "c@r.lit") == NULL);
	cpl_bookmark_list_release(&list);
	CHECK(cpl_bookmark_find(&list, "b@r.lit") == NULL);
}

static void reads_lists(void)
{
	static const char both[] = "a@r.lit - - - - 0\nb@r.lit - B n p 1\n";
	struct cpl_bookmark_list list;

	CHECK_STR(lines(CPL_BOOKMARK_PRIVATE, PRIVATE(STORAGE), &list), both);
	cpl_bookmark_list_release(&list);
	CHECK_STR(lines(CPL_BOOKMARK_NODE,
			ITEMS("<item id='current'>" STORAGE "</item>"), &list),
		  both);
	cpl_bookmark_list_release(&list);
	CHECK_STR(lines(CPL_BOOKMARK_NODE, ITEMS(""), &list), "");
	cpl_bookmark_list_release(&list);
	CHECK_STR(lines(CPL_BOOKMARK_PRIVATE, "<iq type='result'/>", &list),
		  "");
	cpl_bookmark_list_release(&list);
}

#define FIELD(var, value)                                                      \
	"<field var=\"" var "\"><value>" value "</value></field>"
#define FORM(type, more)                                                       \
	"<x xmlns=\"jabber:x:data\" type=\"submit\">" FIELD("FORM_TYPE",       \
							    PUBSUB "#" type)   \
	    FIELD("pubsub#persist_items", "true")                              \
		FIELD("pubsub#access_model", "whitelist") more "</x>"
#define ALL                                                                    \
	FIELD("pubsub#max_items", "max")                                       \
	FIELD("pubsub#send_last_published_item", "never")
#define SET(ns, inner)                                                         \
	"<iq type=\"set\"><pubsub xmlns=\"" ns "\">" inner "</pubsub></iq>"
#define PUBLISH(id, inner)                                                     \
	SET(PUBSUB, "<publish node=\"urn:xmpp:bookmarks:1\"><item id=\"" id    \
		    "\">" inner "</item></publish><publish-options>" FORM(     \
			"publish-options", ALL) "</publish-options>")

static void asks(void)
{
	IS_XML(cpl_bookmark_ask(ctx, CPL_BOOKMARK_ITEMS),
	       "<iq type=\"get\"><pubsub xmlns=\"" PUBSUB
	       "\"><items node=\"urn:xmpp:bookmarks:1\"/></pubsub></iq>");
	IS_XML(cpl_bookmark_ask(ctx, CPL_BOOKMARK_NODE),
	       "<iq type=\"get\"><pubsub xmlns=\"" PUBSUB
	       "\"><items node=\"storage:bookmarks\"/></pubsub></iq>");
	IS_XML(cpl_bookmark_ask(ctx, CPL_BOOKMARK_PRIVATE),
	       "<iq type=\"get\"><query xmlns=\"jabber:iq:private\"><storage "
	       "xmlns=\"storage:bookmarks\"/></query></iq>");
	IS_XML(cpl_bookmark_retract(ctx, "b@r.lit"),
	       SET(PUBSUB,
		   "<retract node=\"urn:xmpp:bookmarks:1\" notify=\"true\">"
		   "<item id=\"b@r.lit\"/></retract>"));
	IS_XML(cpl_bookmark_configure(ctx, CPL_BOOKMARK_ITEMS),
	       SET(PUBSUB "#owner",
		   "<configure node=\"urn:xmpp:bookmarks:1\">" FORM(
		       "node_config", ALL) "</configure>"));
	IS_XML(
	    cpl_bookmark_configure(ctx, CPL_BOOKMARK_NODE),
	    SET(PUBSUB "#owner", "<configure node=\"storage:bookmarks\">" FORM(
				     "node_config", "") "</configure>"));
}

static void publishes(void)
{
	struct cpl_bookmark_change all = {"N", "k", "p", 1};
	struct cpl_bookmark_change nothing = {.autojoin = -1};
	struct cpl_bookmark_change off = {.nick = "k", .autojoin = 0};
	struct cpl_bookmark_list list;

	IS_XML(
	    cpl_bookmark_publish(ctx, "b@r.lit", NULL, &nothing),
	    PUBLISH("b@r.lit", "<conference xmlns=\"urn:xmpp:bookmarks:1\"/>"));
	IS_XML(cpl_bookmark_publish(ctx, "b@r.lit", NULL, &all),
	       PUBLISH("b@r.lit", "<conference xmlns=\"urn:xmpp:bookmarks:1\" "
				  "autojoin=\"true\" name=\"N\"><nick>k</nick>"
				  "<password>p</password></conference>"));
	/* What is not known here stays, and so does the item. */
	(void)lines(CPL_BOOKMARK_ITEMS,
		    ITEMS("<item id='B@r.lit'>" CONFERENCE
			  " x='y' name='B' autojoin='1'><nick>n</nick>"
			  "<password>p</password><extensions><e xmlns='urn:e'/>"
			  "</extensions></conference></item>"),
		    &list);
	IS_XML(cpl_bookmark_publish(ctx, "b@r.lit", &list.list[0], &off),
	       PUBLISH("B@r.lit",
		       "<conference xmlns=\"urn:xmpp:bookmarks:1\" "
		       "name=\"B\" x=\"y\"><extensions><e xmlns=\"urn:e\"/>"
		       "</extensions><nick>k</nick><password>p</password>"
		       "</conference>"));
	cpl_bookmark_list_release(&list);
	/* From the list to an item. */
	(void)lines(CPL_BOOKMARK_PRIVATE, PRIVATE(STORAGE), &list);
	IS_XML(cpl_bookmark_publish(ctx, "b@r.lit", &list.list[1], &nothing),
	       PUBLISH("b@r.lit", "<conference xmlns=\"urn:xmpp:bookmarks:1\" "
				  "autojoin=\"true\" name=\"B\"><nick>n</nick>"
				  "<password>p</password></conference>"));
	cpl_bookmark_list_release(&list);
}

static void takes_out(void)
{
	xmpp_stanza_t *one = parse(ctx, PRIVATE(STORAGE));
	xmpp_stanza_t *other =
	    parse(ctx, ITEMS("<item id='current'><storage "
			     "xmlns='storage:bookmarks'><conference "
			     "jid='B@r.lit'/></storage></item>"));

	IS_XML(cpl_bookmark_without(ctx, CPL_BOOKMARK_PRIVATE, one, "b@r.lit"),
	       "<iq type=\"set\"><query xmlns=\"jabber:iq:private\"><storage "
	       "xmlns=\"storage:bookmarks\"><url name=\"u\"/><conference "
	       "name=\"none\"/><conference jid=\"@\"/><conference "
	       "autojoin=\"no\" jid=\"A@R.lit/x\"/></storage></query></iq>");
	IS_XML(cpl_bookmark_without(ctx, CPL_BOOKMARK_NODE, other, "b@r.lit"),
	       SET(PUBSUB,
		   "<publish node=\"storage:bookmarks\"><item id=\"current\">"
		   "<storage xmlns=\"storage:bookmarks\"/></item></publish>"
		   "<publish-options>" FORM("publish-options",
					    "") "</publish-options>"));
	xmpp_stanza_release(one);
	xmpp_stanza_release(other);
}

static int is_precondition(const char *xml)
{
	xmpp_stanza_t *iq = parse(ctx, xml);
	int r = cpl_bookmark_is_precondition(iq);

	xmpp_stanza_release(iq);
	return r;
}

static void preconditions(void)
{
	CHECK(is_precondition("<iq type='error'><error type='cancel'><conflict "
			      "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
			      "<precondition-not-met xmlns='" PUBSUB
			      "#errors'/></error></iq>"));
	CHECK(!is_precondition(
	    "<iq type='error'><error type='cancel'><conflict "
	    "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"));
	CHECK(!is_precondition("<iq type='error'/>"));
}

/* Every failure of memory is survived, as far as libstrophe itself does. */
static void memory(void)
{
	for (long n = 1;; n++) {
		long blocks = mem.blocks;
		xmpp_stanza_t *x;

		mem.fail_at = mem.calls + n;
		x = cpl_bookmark_ask(ctx, CPL_BOOKMARK_PRIVATE);
		mem.fail_at = 0;
		if (x)
			xmpp_stanza_release(x);
		CHECK_INT(mem.blocks, blocks);
		if (!x)
			continue;
		CHECK(n > 5);
		break;
	}
}

int main(void)
{
	ctx = strophe_mem_ctx(&mem);
	RUN(reads_items);
	RUN(reads_lists);
	RUN(asks);
	RUN(publishes);
	RUN(takes_out);
	RUN(preconditions);
	RUN(memory);
	return strophe_mem_end(&mem, ctx);
}
