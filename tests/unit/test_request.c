/* SPDX-License-Identifier: MIT */
#include "../../common/stream/request.h"

#include <stdlib.h>

#include "parse.h"
#include "strophe_mem.h"
#include "unit.h"

static struct strophe_mem mem;
static xmpp_ctx_t *ctx;
static struct cpl_jid own;

/* What the last answer was. */
static struct {
	int calls;
	int ended; /* of them without an answer */
	char id[64];
	void (*then)(void);
} got;

static struct cpl_requests all;

static void answered(void *user, xmpp_stanza_t *answer)
{
	CHECK(user == &got);
	got.calls++;
	got.ended += answer == NULL;
	snprintf(got.id, sizeof got.id, "%s",
		 answer ? xmpp_stanza_get_id(answer) : "");
	if (got.then)
		got.then();
}

static struct cpl_request *ask(const char *to, const char *id)
{
	struct cpl_request *r = cpl_requests_add(&all, to, answered, &got);

	CHECK(r != NULL);
	if (r)
		snprintf(r->id, sizeof r->id, "%s", id);
	return r;
}

static int answer(const char *xml)
{
	xmpp_stanza_t *iq = parse(ctx, xml);
	int r;

	CHECK(iq != NULL);
	if (!iq)
		return 0;
	r = cpl_requests_answer(&all, &own, iq);
	xmpp_stanza_release(iq);
	return r != 0;
}

static void begin(void)
{
	memset(&got, 0, sizeof got);
	memset(&all, 0, sizeof all);
}

static void end(void)
{
	cpl_requests_end(&all);
	CHECK(all.first == NULL);
}

static void numbers(void)
{
	begin();
	for (uint64_t i = 1; i <= 5; i++) {
		struct cpl_request *r = ask("x.lit", "a");

		UNIT_NEED(r != NULL);
		CHECK_INT(r->number, i);
	}
	cpl_requests_drop(&all, all.first->next);
	CHECK_INT(ask(NULL, "a")->number, 6);
	end();
	CHECK_INT(got.calls, 5);
	CHECK_INT(got.ended, 5);
}

/* Who may answer what: RFC 6120 8.1.2.1 and 10.3.3. */
static void senders(void)
{
	static const struct {
		const char *to, *from; /* NULL: none */
		int taken;
	} cases[] = {
	    /* asked of somebody: from there and nowhere else */
	    {"juliet@capulet.lit/b", "juliet@capulet.lit/b", 1},
	    {"juliet@capulet.lit/b", "Juliet@CAPULET.lit/b", 1},
	    {"juliet@capulet.lit/b", "juliet@capulet.lit/B", 0},
	    {"juliet@capulet.lit/b", "juliet@capulet.lit", 0},
	    {"juliet@capulet.lit", "juliet@capulet.lit", 1},
	    {"juliet@capulet.lit", "juliet@capulet.lit/b", 0},
	    {"juliet@capulet.lit", "evil@capulet.lit", 0},
	    {"juliet@capulet.lit", "capulet.lit", 0},
	    {"juliet@capulet.lit", "montague.lit", 0},
	    {"juliet@capulet.lit", NULL, 0},
	    {"juliet@capulet.lit", "romeo@montague.lit", 0},
	    {"capulet.lit", "capulet.lit", 1},
	    {"capulet.lit", "juliet@capulet.lit", 0},
	    {"montague.lit", "montague.lit", 1},
	    {"montague.lit", "romeo@montague.lit", 0},
	    {"montague.lit", "evil.lit", 0},
	    /* asked of the own account: three ways to answer for it */
	    {NULL, NULL, 1},
	    {NULL, "romeo@montague.lit", 1},
	    {NULL, "ROMEO@montague.lit", 1},
	    {NULL, "romeo@montague.lit/orchard", 1},
	    {NULL, "romeo@montague.lit/evil", 0},
	    {NULL, "montague.lit", 0},
	    {NULL, "evil@capulet.lit", 0},
	    {"romeo@montague.lit", NULL, 1},
	    {"Romeo@Montague.lit", NULL, 1},
	    {"romeo@montague.lit", "romeo@montague.lit", 1},
	    {"romeo@montague.lit", "romeo@montague.lit/orchard", 1},
	    {"romeo@montague.lit", "romeo@montague.lit/evil", 0},
	    {"romeo@montague.lit", "evil@montague.lit", 0},
	    {"romeo@montague.lit", "not@a@jid", 0},
	};
	char xml[200];

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		begin();
		ask(cases[i].to, "x1");
		snprintf(xml, sizeof xml, "<iq type='result' id='x1'%s%s%s/>",
			 cases[i].from ? " from='" : "",
			 cases[i].from ? cases[i].from : "",
			 cases[i].from ? "'" : "");
		if (!CHECK_INT(answer(xml), cases[i].taken) ||
		    !CHECK_INT(got.calls, cases[i].taken))
			printf("# asked %s: %s\n",
			       cases[i].to ? cases[i].to : "the account", xml);
		/* once is enough */
		CHECK_INT(answer(xml), 0);
		end();
		CHECK_INT(got.calls, 1);
		CHECK_INT(got.ended, !cases[i].taken);
	}
}

static void what_is_an_answer(void)
{
	begin();
	ask("x.lit", "x1");
	CHECK_INT(answer("<iq type='get' id='x1' from='x.lit'/>"), 0);
	CHECK_INT(answer("<iq type='set' id='x1' from='x.lit'/>"), 0);
	CHECK_INT(answer("<iq id='x1' from='x.lit'/>"), 0);
	CHECK_INT(answer("<iq type='result' from='x.lit'/>"), 0);
	CHECK_INT(answer("<iq type='result' id='x2' from='x.lit'/>"), 0);
	CHECK_INT(answer("<iq type='result' id='X1' from='x.lit'/>"), 0);
	CHECK_INT(answer("<iq type='result' id='' from='x.lit'/>"), 0);
	CHECK_INT(got.calls, 0);
	CHECK_INT(answer("<iq type='error' id='x1' from='x.lit'/>"), 1);
	CHECK_INT(got.calls, 1);
	CHECK_STR(got.id, "x1");
	end();
}

/* A stranger who guesses the id does not use the request up. */
static void stranger_is_ignored(void)
{
	begin();
	ask("juliet@capulet.lit", "x1");
	CHECK_INT(answer("<iq type='result' id='x1' from='evil@x.lit'/>"), 0);
	CHECK_INT(answer("<iq type='error' id='x1' from='evil@x.lit'/>"), 0);
	CHECK_INT(got.calls, 0);
	CHECK_INT(
	    answer("<iq type='result' id='x1' from='juliet@capulet.lit'/>"), 1);
	CHECK_INT(got.calls, 1);
	end();
	CHECK_INT(got.calls, 1);
}

static void of_several_the_right_one(void)
{
	begin();
	ask("a.lit", "a");
	ask("b.lit", "b");
	ask("c.lit", "c");
	CHECK_INT(answer("<iq type='result' id='b' from='b.lit'/>"), 1);
	CHECK_STR(got.id, "b");
	CHECK_INT(answer("<iq type='result' id='a' from='a.lit'/>"), 1);
	CHECK_STR(got.id, "a");
	CHECK_INT(answer("<iq type='result' id='c' from='c.lit'/>"), 1);
	CHECK_STR(got.id, "c");
	CHECK(all.first == NULL);
	end();
	CHECK_INT(got.calls, 3);
}

static void ask_more(void)
{
	got.then = NULL;
	ask("d.lit", "d");
}

static void asks_from_within(void)
{
	begin();
	ask("a.lit", "a");
	got.then = ask_more;
	CHECK_INT(answer("<iq type='result' id='a' from='a.lit'/>"), 1);
	CHECK(all.first != NULL);
	got.then = ask_more;
	/* what is asked at the end is told as well */
	end();
	CHECK_INT(got.calls, 3);
	CHECK_INT(got.ended, 2);
}

static void dropped_in_silence(void)
{
	struct cpl_request *r;

	begin();
	ask("a.lit", "a");
	r = ask("b.lit", "b");
	ask("c.lit", "c");
	cpl_requests_drop(&all, r);
	CHECK_INT(got.calls, 0);
	CHECK_INT(answer("<iq type='result' id='b' from='b.lit'/>"), 0);
	end();
	CHECK_INT(got.calls, 2);
	CHECK_INT(got.ended, 2);
}

/* Whom cpl_requests_end() told; a NUL follows. */
static char ended[16];

static void note_end(void *user, xmpp_stanza_t *answer)
{
	CHECK(answer == NULL);
	ended[strlen(ended)] = *(const char *)user;
}

static void add(char *name)
{
	CHECK(cpl_requests_add(&all, NULL, note_end, name) != NULL);
}

/* In the order in which they were made, whichever of them are gone. */
static void end_in_order(void)
{
	static char a[] = "a", b[] = "b", c[] = "c", d[] = "d", e[] = "e";

	begin();
	memset(ended, 0, sizeof ended);
	add(a);
	add(b);
	add(c);
	add(d);
	cpl_requests_forget(&all, d);
	cpl_requests_forget(&all, b);
	add(e);
	end();
	CHECK_STR(ended, "ace");
	/* The first and the last. */
	memset(ended, 0, sizeof ended);
	add(a);
	cpl_requests_forget(&all, a);
	CHECK(all.first == NULL && all.last == NULL);
	add(b);
	add(c);
	cpl_requests_forget(&all, b);
	end();
	CHECK_STR(ended, "c");
}

/* All of one user's, and nobody else's. */
static void forgotten_in_silence(void)
{
	static char a[] = "a", b[] = "b";

	begin();
	memset(ended, 0, sizeof ended);
	add(a);
	add(b);
	add(a);
	ask("c.lit", "c");
	cpl_requests_forget(&all, a);
	cpl_requests_forget(&all, &all);
	CHECK_STR(ended, "");
	CHECK_INT(answer("<iq type='result' id='c' from='c.lit'/>"), 1);
	CHECK_INT(got.calls, 1);
	end();
	CHECK_STR(ended, "b");
}

int main(void)
{
	ctx = strophe_mem_ctx(&mem);
	if (!ctx || cpl_jid_parse(&own, "romeo@montague.lit/orchard", NULL) < 0)
		return 1;
	RUN(numbers);
	RUN(senders);
	RUN(what_is_an_answer);
	RUN(stranger_is_ignored);
	RUN(of_several_the_right_one);
	RUN(asks_from_within);
	RUN(dropped_in_silence);
	RUN(end_in_order);
	RUN(forgotten_in_silence);
	cpl_jid_release(&own);
	return strophe_mem_end(&mem, ctx);
}
