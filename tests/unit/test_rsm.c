/* SPDX-License-Identifier: MIT */
#include "../../common/stanza/rsm.h"

#include <stdlib.h>

#include "../../common/base/buf.h"
#include "../../common/base/limits.h"
#include "../../common/stanza/write.h"
#include "parse.h"
#include "strophe_mem.h"
#include "unit.h"

static struct strophe_mem mem;
static xmpp_ctx_t *ctx;

#define RSM "http://jabber.org/protocol/rsm"
#define SET(inner) "<set xmlns='" RSM "'>" inner "</set>"
#define IQ(inner) "<iq type='get'>" inner "</iq>"
#define QUERY(inner) IQ("<query xmlns='x:y'>" inner "</query>")
/* The same as it is written. */
#define AS_SET(inner) "<set xmlns=\"" RSM "\">" inner "</set>"
#define AS_IQ(inner)                                                           \
	"<iq type=\"get\"><query xmlns=\"x:y\">" inner "</query></iq>"

/* The request of a test, and where it stands. */
static struct {
	xmpp_stanza_t *iq;
	struct cpl_rsm rsm;
	struct cpl_err why;
} t;

static void begin(const char *iq)
{
	memset(&t, 0, sizeof t);
	t.iq = parse(ctx, iq);
	CHECK(t.iq != NULL);
}

static void end(void)
{
	xmpp_stanza_release(t.iq);
	cpl_rsm_release(&t.rsm);
}

static void is_iq(const char *expected, int line)
{
	struct cpl_buf out = CPL_BUF_INIT(CPL_RECORD_MAX);

	CHECK_INT(cpl_write_xml(&out, t.iq, "jabber:client"), 0);
	if (!unit_str(out.data, expected, __FILE__, line))
		printf("# at line %d\n", line);
	cpl_buf_release(&out);
}
#define IS_IQ(expected) is_iq((expected), __LINE__)

/* What cpl_rsm_next() says to an answer. */
static int next(const char *answer)
{
	xmpp_stanza_t *a = parse(ctx, answer);
	int r;

	CHECK(a != NULL);
	if (!a)
		return -2;
	r = cpl_rsm_next(&t.rsm, t.iq, a, &t.why);
	xmpp_stanza_release(a);
	return r;
}

static void first_page(void)
{
	begin(QUERY("<a/>"));
	CHECK_INT(cpl_rsm_begin(t.iq, 50), 0);
	IS_IQ(AS_IQ("<a/>" AS_SET("<max>50</max>")));
	/* Once. */
	CHECK_INT(cpl_rsm_begin(t.iq, 20), 0);
	IS_IQ(AS_IQ("<a/>" AS_SET("<max>50</max>")));
	end();
	/* The request's own is kept. */
	begin(QUERY(SET("<max>3</max><after>q</after>")));
	CHECK_INT(cpl_rsm_begin(t.iq, 50), 0);
	IS_IQ(AS_IQ(AS_SET("<max>3</max><after>q</after>")));
	end();
	/* Only the payload's own counts. */
	begin(QUERY("<x xmlns='z'>" SET("") "</x>"));
	CHECK_INT(cpl_rsm_begin(t.iq, 9), 0);
	IS_IQ(AS_IQ("<x xmlns=\"z\"><set xmlns=\"" RSM
		    "\"/></x>" AS_SET("<max>9</max>")));
	end();
	begin(IQ(""));
	CHECK_INT(cpl_rsm_begin(t.iq, 9), -1);
	end();
}

static void pages(void)
{
	begin(QUERY(""));
	CHECK_INT(cpl_rsm_begin(t.iq, 2), 0);
	CHECK_INT(next(QUERY("<i/><i/>" SET("<first>a</first><last>b</last>"))),
		  1);
	IS_IQ(AS_IQ(AS_SET("<max>2</max><after>b</after>")));
	CHECK_INT(next(QUERY("<i/><i/>" SET("<last>&lt;c&amp;</last>"))), 1);
	IS_IQ(AS_IQ(AS_SET("<max>2</max><after>&lt;c&amp;</after>")));
	/* An empty page: 2.2, neither first nor last. */
	CHECK_INT(next(QUERY(SET("<count>5</count>"))), 0);
	end();
}

/* Each of these is the last page. */
static void complete(void)
{
	static const char *const answers[] = {
	    QUERY(""),
	    QUERY("<i/><i/>"),
	    IQ(""),
	    QUERY(SET("")),
	    QUERY(SET("<last/>")),
	    QUERY(SET("<first>a</first>")),
	    IQ("<fin xmlns='urn:xmpp:mam:2' complete='true'>" SET(
		"<last>b</last>") "</fin>"),
	    IQ("<fin xmlns='urn:xmpp:mam:2' complete='1'>" SET(
		"<last>b</last>") "</fin>"),
	    /* index and number fit to the count */
	    QUERY("<i/><i/>" SET("<first index='3'>a</first><last>b</last>"
				 "<count>5</count>")),
	    IQ("<pubsub "
	       "xmlns='p'><items><item/><item/></items>" SET(
		   "<first "
		   "index='0'>a</first><last>b</last><count>2</"
		   "count>") "</pubsub>"),
	    /* a set of strangers, and one in another namespace */
	    IQ("<pubsub xmlns='p'><items><item>" SET(
		"<last>evil</last>") "</item></items></pubsub>"),
	    QUERY("<set><last>b</last></set>"),
	    QUERY(SET("<last xmlns='z'>b</last>")),
	    IQ("<a xmlns='z'/><query xmlns='x'>" SET(
		"<last>b</last>") "</query>"),
	};

	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		begin(QUERY(""));
		CHECK_INT(cpl_rsm_begin(t.iq, 2), 0);
		if (!CHECK_INT(next(answers[i]), 0))
			printf("# %s\n", answers[i]);
		IS_IQ(AS_IQ(AS_SET("<max>2</max>")));
		CHECK_INT(t.why.status, CPL_OK);
		end();
	}
}

/* Each of these is not. */
static void goes_on(void)
{
	static const char *const answers[] = {
	    IQ("<fin xmlns='urn:xmpp:mam:2'>" SET("<last>b</last>") "</fin>"),
	    IQ("<fin xmlns='urn:xmpp:mam:2' complete='false'>" SET(
		"<last>b</last>") "</fin>"),
	    /* a count that may be approximate and does not fit */
	    QUERY("<i/>" SET("<first index='0'>a</first><last>b</last>"
			     "<count>2</count>")),
	    QUERY("<i/><i/>" SET("<first index='1'>a</first><last>b</last>"
				 "<count>2</count>")),
	    QUERY("<i/><i/>" SET("<first>a</first><last>b</last>"
				 "<count>2</count>")),
	    QUERY("<i/>" SET("<first index='0'>a</first><last>b</last>")),
	    QUERY("<i/>" SET("<first index='-1'>a</first><last>b</last>"
			     "<count>0</count>")),
	    QUERY("<i/>" SET("<first index='0'>a</first><last>b</last>"
			     "<count>99999999999999999999</count>")),
	    QUERY("<i/>" SET("<first index=''>a</first><last>b</last>"
			     "<count> 1</count>")),
	    /* one item with two children is one item */
	    QUERY("<i><a/><a/></i>" SET(
		"<first index='0'>a</first><last>b</last><count>2</count>")),
	};

	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		begin(QUERY(""));
		CHECK_INT(cpl_rsm_begin(t.iq, 2), 0);
		if (!CHECK_INT(next(answers[i]), 1))
			printf("# %s\n", answers[i]);
		IS_IQ(AS_IQ(AS_SET("<max>2</max><after>b</after>")));
		end();
	}
}

static void from_where_the_request_begins(void)
{
	begin(QUERY(SET("<after>q</after><max>5</max>")));
	CHECK_INT(next(QUERY(SET("<first>r</first><last>s</last>"))), 1);
	IS_IQ(AS_IQ(AS_SET("<after>s</after><max>5</max>")));
	end();
	/* 2.6: behind an index comes what is behind the page's last. */
	begin(QUERY(SET("<max>5</max><index>371</index>")));
	CHECK_INT(next(QUERY(SET("<first>r</first><last>s</last>"))), 1);
	IS_IQ(AS_IQ(AS_SET("<max>5</max><after>s</after>")));
	CHECK_INT(next(QUERY(SET("<first>t</first><last>u</last>"))), 1);
	IS_IQ(AS_IQ(AS_SET("<max>5</max><after>u</after>")));
	end();
}

/* 2.4 and 2.5: <before/> goes the other way. */
static void backwards(void)
{
	begin(QUERY(SET("<max>5</max><before/>")));
	CHECK_INT(cpl_rsm_begin(t.iq, 50), 0);
	CHECK_INT(next(QUERY(SET("<first index='5'>f</first><last>j</last>"
				 "<count>5</count>"))),
		  1);
	IS_IQ(AS_IQ(AS_SET("<max>5</max><before>f</before>")));
	CHECK_INT(next(QUERY(SET("<first>a</first><last>e</last>"))), 1);
	IS_IQ(AS_IQ(AS_SET("<max>5</max><before>a</before>")));
	CHECK_INT(next(QUERY(SET("<last>e</last>"))), 0);
	end();
}

/* A server that goes in a circle of n pages after some others. */
static void circle(int before, int n)
{
	char answer[300];
	int r = 1, i;

	begin(QUERY(""));
	CHECK_INT(cpl_rsm_begin(t.iq, 2), 0);
	for (i = 0; r == 1 && i < 10 * (before + n); i++) {
		snprintf(answer, sizeof answer, QUERY(SET("<last>%d</last>")),
			 i < before ? -i - 1 : (i - before) % n);
		r = next(answer);
	}
	if (!CHECK_INT(r, -1))
		printf("# a circle of %d after %d\n", n, before);
	CHECK_INT(t.why.status, CPL_PROTOCOL);
	CHECK_STR(t.why.text, "the server sends the same page again");
	/* It is found soon. */
	CHECK(i <= 3 * (before + n) + 2);
	end();
}

static void circles(void)
{
	for (int before = 0; before < 40; before += 3)
		for (int n = 1; n < 40; n++)
			circle(before, n);
}

static void many_pages(void)
{
	char answer[300];

	begin(QUERY(""));
	CHECK_INT(cpl_rsm_begin(t.iq, 2), 0);
	for (int i = 0; i < 5000; i++) {
		snprintf(answer, sizeof answer, QUERY(SET("<last>%d</last>")),
			 i);
		if (!CHECK_INT(next(answer), 1))
			break;
	}
	IS_IQ(AS_IQ(AS_SET("<max>2</max><after>4999</after>")));
	end();
}

/* Whichever allocation of the tree fails: said, and nothing is left behind. */
static void without_memory(void)
{
	long blocks = mem.blocks;
	int failed = 0, r = -1;

	for (long at = 1; r != 1 && at < 100; at++) {
		begin(QUERY(""));
		mem.fail_at = mem.calls + at;
		r = cpl_rsm_begin(t.iq, 2);
		if (r == 0) {
			xmpp_stanza_t *a;

			mem.fail_at += 1000;
			a = parse(ctx, QUERY(SET("<last>b</last>")));
			mem.fail_at = mem.calls + at;
			r = cpl_rsm_next(&t.rsm, t.iq, a, &t.why);
			if (r < 0)
				CHECK_INT(t.why.status, CPL_SYSTEM);
			xmpp_stanza_release(a);
		}
		mem.fail_at = 0;
		failed += r < 0;
		end();
		CHECK_INT(mem.blocks, blocks);
	}
	CHECK_INT(r, 1);
	CHECK(failed > 5);
}

int main(void)
{
	ctx = strophe_mem_ctx(&mem);
	if (!ctx)
		return 1;
	RUN(first_page);
	RUN(pages);
	RUN(complete);
	RUN(goes_on);
	RUN(from_where_the_request_begins);
	RUN(backwards);
	RUN(circles);
	RUN(many_pages);
	RUN(without_memory);
	return strophe_mem_end(&mem, ctx);
}
