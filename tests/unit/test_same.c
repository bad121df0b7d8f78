/* SPDX-License-Identifier: MIT */
#include "../../common/stanza/same.h"

#include "parse.h"
#include "strophe_mem.h"
#include "unit.h"

static struct strophe_mem mem;
static xmpp_ctx_t *ctx;
static struct cpl_jid own;

static struct cpl_same keys_of(const char *xml)
{
	struct cpl_same same = {.count = 77};
	xmpp_stanza_t *s = parse(ctx, xml);

	if (!CHECK(s != NULL))
		return same;
	CHECK_INT(cpl_same_keys(s, &own, &same), 0);
	xmpp_stanza_release(s);
	return same;
}

/* Whether the two would be taken for the same message. */
static int same(const char *a, const char *b)
{
	struct cpl_same first = keys_of(a), second = keys_of(b);

	for (size_t i = 0; i < first.count; i++)
		for (size_t k = 0; k < second.count; k++)
			if (strcmp(first.key[i], second.key[k]) == 0)
				return 1;
	return 0;
}

#define ROMEO "<message from='romeo@montague.lit/orchard' "
#define ORIGIN(id) "<origin-id xmlns='urn:xmpp:sid:0' id='" id "'/>"
#define SID(by, id)                                                            \
	"<stanza-id xmlns='urn:xmpp:sid:0' by='" by "' id='" id "'/>"

static void by_sender_and_id(void)
{
	const char *one = ROMEO "id='a'><body>x</body></message>";

	CHECK_INT(keys_of(one).count, 1);
	CHECK_INT(strspn(keys_of(one).key[0], "0123456789abcdef"), 32);
	CHECK_INT(strlen(keys_of(one).key[0]), 32);
	CHECK(same(one, one));
	CHECK(same(one, ROMEO "id='a'><body>y</body></message>"));
	CHECK(same(one, "<message from='Romeo@montague.LIT/else' id='a'/>"));
	CHECK(!same(one, ROMEO "id='b'/>"));
	CHECK(!same(one, ROMEO "id='A'/>"));
	CHECK(!same(one, "<message from='paris@montague.lit' id='a'/>"));
	CHECK(!same(one, "<message from='montague.lit' id='a'/>"));
}

static void the_origin_id_comes_first(void)
{
	CHECK_INT(keys_of(ROMEO "id='a'>" ORIGIN("o") "</message>").count, 1);
	CHECK(same(ROMEO "id='a'>" ORIGIN("o") "</message>",
		   ROMEO "id='b'>" ORIGIN("o") "</message>"));
	CHECK(same(ROMEO "id='a'/>", ROMEO ">" ORIGIN("a") "</message>"));
	CHECK(!same(ROMEO "id='a'>" ORIGIN("o") "</message>",
		    ROMEO "id='a'>" ORIGIN("p") "</message>"));
	CHECK(!same(
	    "<message from='paris@montague.lit'>" ORIGIN("o") "</message>",
	    ROMEO ">" ORIGIN("o") "</message>"));
}

static void none(void)
{
	CHECK_INT(keys_of(ROMEO "><body>x</body></message>").count, 0);
	CHECK_INT(keys_of(ROMEO "id=''/>").count, 0);
	CHECK_INT(keys_of(ROMEO "id='a' type='error'/>").count, 0);
	CHECK_INT(keys_of("<message from='@' id='a'/>").count, 0);
	CHECK_INT(keys_of("<presence from='romeo@montague.lit' id='a'/>").count,
		  0);
	CHECK_INT(
	    keys_of("<iq from='romeo@montague.lit' id='a' type='get'/>").count,
	    0);
	/* It is for the own archive, and no sender's id. */
	CHECK_INT(keys_of(ROMEO ">" SID("juliet@capulet.lit", "s") "</message>")
		      .count,
		  0);
}

#define ROOM(nick) "<message type='groupchat' from='hall@rooms.lit/" nick "' "
#define MUC "<x xmlns='http://jabber.org/protocol/muc#user'/>"

static void in_a_room(void)
{
	const char *one =
	    ROOM("romeo") "id='a'>" SID("hall@rooms.lit", "7") "</message>";

	CHECK_INT(keys_of(one).count, 2);
	CHECK(same(one, ROOM("romeo") "id='a'/>"));
	/* An occupant cannot have another's message dropped. */
	CHECK(!same(one, ROOM("paris") "id='a'/>"));
	CHECK(!same(one, ROOM("paris") "id='7'/>"));
	CHECK(same(one,
		   ROOM("romeo") ">" SID("hall@rooms.lit", "7") "</message>"));
	CHECK(!same(
	    one, ROOM("paris") "id='7'>" SID("paris@x.lit", "7") "</message>"));
	CHECK_INT(keys_of(ROOM("romeo") ">" SID("hall@rooms.lit/romeo",
						"7") "</message>")
		      .count,
		  0);
	/* Nor a private message. */
	CHECK(!same(
	    "<message from='hall@rooms.lit/romeo' id='a'>" MUC "</message>",
	    "<message from='hall@rooms.lit/paris' id='a'>" MUC "</message>"));
	CHECK(same(
	    "<message from='hall@rooms.lit/romeo' id='a'>" MUC "</message>",
	    "<message from='hall@rooms.lit/romeo' id='a'>" MUC "</message>"));
}

static void without_from(void)
{
	CHECK(same("<message id='a'/>",
		   "<message from='juliet@capulet.lit/else' id='a'/>"));
	CHECK(!same("<message id='a'/>", ROMEO "id='a'/>"));
}

/* Where one thing ends and the next begins is part of the key. */
static void borders(void)
{
	CHECK(!same("<message from='a.lit' id='ba'/>",
		    "<message from='a.litb' id='a'/>"));
}

int main(void)
{
	ctx = strophe_mem_ctx(&mem);
	if (!ctx || cpl_jid_parse(&own, "juliet@capulet.lit/balcony", NULL) < 0)
		return 1;
	RUN(by_sender_and_id);
	RUN(the_origin_id_comes_first);
	RUN(none);
	RUN(in_a_room);
	RUN(without_from);
	RUN(borders);
	cpl_jid_release(&own);
	return strophe_mem_end(&mem, ctx);
}
