/* SPDX-License-Identifier: MIT */
#include "../../common/stream/sight.h"

#include <stdio.h>

#include "../../common/base/limits.h"
#include "parse.h"
#include "strophe_mem.h"
#include "unit.h"

static struct strophe_mem mem;
static xmpp_ctx_t *ctx;

/* What becomes of a presence of that address. */
static int take(struct cpl_sight *s, const char *from, const char *xml)
{
	struct cpl_jid jid;
	xmpp_stanza_t *p = parse(ctx, xml);
	int news;

	CHECK(cpl_jid_parse(&jid, from, NULL) == 0);
	news = cpl_sight_take(s, &jid, p, NULL);
	cpl_jid_release(&jid);
	xmpp_stanza_release(p);
	return news;
}

static unsigned state(struct cpl_sight *s, const char *who)
{
	struct cpl_jid jid;
	unsigned found;

	CHECK(cpl_jid_parse(&jid, who, NULL) == 0);
	found = cpl_sight_of(s, &jid);
	cpl_jid_release(&jid);
	return found;
}

#define THERE "<presence/>"
#define AWAY "<presence><show>away</show></presence>"
#define GONE "<presence type='unavailable'/>"

static void news(void)
{
	struct cpl_sight *s = cpl_sight_new();
	const char *who = "juliet@capulet.lit/a";

	CHECK(take(s, who, THERE) == 1);
	CHECK(take(s, who, THERE) == 0);
	CHECK(take(s, who, "<presence><x xmlns='a:b'/></presence>") == 0);
	CHECK(take(s, who, "<presence><status>x</status></presence>") == 1);
	CHECK(take(s, who, "<presence><priority>1</priority></presence>") == 1);
	/* The same text in another place is another presence. */
	CHECK(take(s, who, "<presence><status>1</status></presence>") == 1);
	CHECK(take(s, who, AWAY) == 1);
	CHECK(take(s, who, "<presence type='subscribe'/>") == 1);
	CHECK(take(s, who, "<presence type='subscribe'/>") == 1);
	CHECK(take(s, who, GONE) == 1);
	CHECK(take(s, who, GONE) == 0);
	CHECK(take(s, "nurse@capulet.lit", GONE) == 0);
	cpl_sight_free(s);
}

static void states(void)
{
	struct cpl_sight *s = cpl_sight_new();

	CHECK(state(s, "juliet@capulet.lit") == 0);
	take(s, "juliet@capulet.lit/a", THERE);
	take(s, "juliet@capulet.lit/b", AWAY);
	take(s, "juliet@capulet.lit.other/c",
	     "<presence><show>dnd</show></presence>");
	take(s, "juliet@capulet.lit-x/c",
	     "<presence><show>chat</show></presence>");
	CHECK(state(s, "juliet@capulet.lit") ==
	      (CPL_SIGHT_AVAILABLE | CPL_SIGHT_AWAY));
	CHECK(state(s, "juliet@capulet.lit/a") == CPL_SIGHT_AVAILABLE);
	CHECK(state(s, "juliet@capulet.lit/c") == 0);
	CHECK(state(s, "capulet.lit") == 0);
	take(s, "juliet@capulet.lit/b", GONE);
	CHECK(state(s, "juliet@capulet.lit") == CPL_SIGHT_AVAILABLE);
	take(s, "juliet@capulet.lit/a", GONE);
	CHECK(state(s, "juliet@capulet.lit") == 0);
	CHECK(state(s, "juliet@capulet.lit.other") ==
	      (CPL_SIGHT_AVAILABLE | CPL_SIGHT_DND));
	cpl_sight_free(s);
}

/* A server speaks for the whole account. */
static void accounts(void)
{
	struct cpl_sight *s = cpl_sight_new();

	take(s, "juliet@capulet.lit/a", THERE);
	take(s, "juliet@capulet.lit/b", THERE);
	CHECK(take(s, "juliet@capulet.lit", GONE) == 1);
	CHECK(state(s, "juliet@capulet.lit") == CPL_SIGHT_GONE);
	CHECK(state(s, "juliet@capulet.lit/a") == 0);
	CHECK(take(s, "juliet@capulet.lit", GONE) == 0);
	CHECK(take(s, "juliet@capulet.lit/a", THERE) == 1);
	CHECK(state(s, "juliet@capulet.lit") == CPL_SIGHT_AVAILABLE);
	cpl_sight_free(s);
}

/* One who invents resources hides himself and nobody else. */
static void limits(void)
{
	struct cpl_sight *s = cpl_sight_new();
	char jid[64];

	for (int i = 0; i <= CPL_SIGHT_ACCOUNT_MAX; i++) {
		snprintf(jid, sizeof jid, "tybalt@capulet.lit/%d", i);
		CHECK(take(s, jid, THERE) == 1);
		/* The first over the limit is news again. */
		CHECK(take(s, jid, THERE) == (i == CPL_SIGHT_ACCOUNT_MAX));
	}
	CHECK(take(s, jid, GONE) == 1);
	CHECK(take(s, "juliet@capulet.lit/a", THERE) == 1);
	CHECK(take(s, "juliet@capulet.lit/a", THERE) == 0);
	for (int i = 0; i < CPL_SIGHT_MAX; i++) {
		snprintf(jid, sizeof jid, "n%d@montague.lit/a", i);
		CHECK(take(s, jid, THERE) == 1);
	}
	CHECK(take(s, jid, THERE) == 1);
	CHECK(state(s, jid) == 0);
	CHECK(take(s, "n0@montague.lit/a", THERE) == 0);
	cpl_sight_free(s);
}

static char gone[256];

static void on_gone(void *user, const char *jid)
{
	CHECK(user == gone);
	snprintf(gone + strlen(gone), sizeof gone - strlen(gone), "%s ", jid);
}

static const char *settle(struct cpl_sight *s)
{
	gone[0] = '\0';
	cpl_sight_settle(s, on_gone, gone);
	return gone;
}

/* After a new login: who is there is no news, who does not come is gone, and of
 * whom nobody can tell stays as he was. */
static void doubts(void)
{
	struct cpl_sight *s = cpl_sight_new();

	take(s, "juliet@capulet.lit/a", THERE);
	take(s, "juliet@capulet.lit/b", THERE);
	take(s, "nurse@capulet.lit/c", THERE);
	take(s, "tybalt@capulet.lit", GONE);
	take(s, "romeo@montague.lit/d", THERE);
	take(s, "peter@verona.lit/e", THERE);
	CHECK_STR(settle(s), "");
	cpl_sight_doubt(s);
	CHECK(state(s, "juliet@capulet.lit/a") == 0);
	CHECK(state(s, "juliet@capulet.lit") == 0);
	CHECK(state(s, "tybalt@capulet.lit") == 0);
	CHECK(take(s, "juliet@capulet.lit/a", THERE) == 0);
	CHECK(state(s, "juliet@capulet.lit") == CPL_SIGHT_AVAILABLE);
	CHECK(take(s, "tybalt@capulet.lit", GONE) == 0);
	CHECK(state(s, "tybalt@capulet.lit") == CPL_SIGHT_GONE);
	cpl_sight_unknown(s, "romeo@montague.lit");
	cpl_sight_unknown(s, "verona.lit");
	CHECK_STR(settle(s), "juliet@capulet.lit/b nurse@capulet.lit/c ");
	CHECK_STR(settle(s), "");
	CHECK(state(s, "romeo@montague.lit") == 0);
	CHECK(take(s, "romeo@montague.lit/d", THERE) == 0);
	CHECK(take(s, "peter@verona.lit/e", GONE) == 1);
	CHECK(take(s, "nurse@capulet.lit/c", THERE) == 1);
	/* A server that says it itself. */
	cpl_sight_doubt(s);
	CHECK(take(s, "juliet@capulet.lit", GONE) == 1);
	CHECK(take(s, "nurse@capulet.lit/c", GONE) == 1);
	CHECK_STR(settle(s), "romeo@montague.lit/d ");
	cpl_sight_free(s);
}

int main(void)
{
	ctx = strophe_mem_ctx(&mem);
	if (!ctx)
		return 1;
	RUN(news);
	RUN(states);
	RUN(accounts);
	RUN(limits);
	RUN(doubts);
	return strophe_mem_end(&mem, ctx);
}
