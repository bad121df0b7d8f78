/* SPDX-License-Identifier: MIT */
#include "../../common/stream/sm.h"

#include "parse.h"
#include "strophe_mem.h"
#include "unit.h"

static struct strophe_mem mem;
static xmpp_ctx_t *ctx;
static struct cpl_sm sm;
static struct cpl_buf out;
static struct cpl_err e;

static void begin(void)
{
	sm = (struct cpl_sm){.keep = 1, .resume = 1, .on = 1};
	e = (struct cpl_err)CPL_ERR_INIT;
	cpl_buf_init(&out, 100000);
}

static void end(void)
{
	cpl_sm_release(&sm);
	cpl_buf_release(&out);
}

/* online: it leaves at once. */
static void send_one(const char *xml, int online)
{
	xmpp_stanza_t *s = parse(ctx, xml);

	CHECK_INT(cpl_sm_send(&sm, s, 0, online ? &out : NULL, &e), 0);
	xmpp_stanza_release(s);
}

/* The answer's result; *more is what it acknowledged, -1: it was refused. */
static long take(const char *xml)
{
	xmpp_stanza_t *s = parse(ctx, xml);
	uint64_t more = 0;
	long r = cpl_sm_take(&sm, s, &more, &e);

	xmpp_stanza_release(s);
	return r < 0 ? -1 : (long)more;
}

static void enable(const char *xml)
{
	xmpp_stanza_t *s = parse(ctx, xml);

	CHECK_INT(cpl_sm_enabled(&sm, s, NULL), 0);
	xmpp_stanza_release(s);
}

static const char *written(void)
{
	CHECK_INT(cpl_buf_addc(&out, '\0'), 0);
	return out.data;
}

static void fresh_out(void)
{
	cpl_buf_truncate(&out, 0);
}

static void receive(int count)
{
	for (int i = 0; i < count; i++)
		CHECK_INT(cpl_sm_repeats(&sm), 0);
}

/* As of a session that tells its tool's numbers. */
static void handle(uint64_t upto)
{
	sm.ack.handled = upto;
}

static void acknowledges(void)
{
	begin();
	for (int i = 0; i < 3; i++)
		send_one("<message/>", 1);
	CHECK_INT(sm.last, 3);
	CHECK_INT(take("<a h='2'/>"), 2);
	CHECK_INT(sm.acked, 2);
	CHECK_INT(cpl_window_count(&sm.window), 1);
	CHECK_INT(take("<a h='2'/>"), 0);
	CHECK_INT(take("<a h='4'/>"), -1);
	CHECK_INT(e.status, CPL_PROTOCOL);
	CHECK_INT(take("<a h='1'/>"), -1);
	CHECK_INT(take("<a/>"), -1);
	CHECK_STR(e.text,
		  "the server sent an acknowledgement without a number");
	CHECK_INT(take("<a h='-1'/>"), -1);
	CHECK_INT(take("<a h='4294967296'/>"), -1);
	CHECK_INT(sm.acked, 2);
	end();
}

static void can_be_resumed(void)
{
	static const char *const cannot[] = {
	    "<enabled/>", "<enabled id='x'/>", "<enabled resume='true'/>",
	    "<enabled id='x' resume='false'/>"};

	begin();
	CHECK(!cpl_sm_can_resume(&sm));
	for (size_t i = 0; i < sizeof cannot / sizeof *cannot; i++) {
		enable(cannot[i]);
		CHECK(!cpl_sm_can_resume(&sm));
	}
	enable("<enabled id='x' resume='1' location='[::1]:5222'/>");
	CHECK(cpl_sm_can_resume(&sm));
	CHECK_STR(sm.id, "x");
	CHECK_STR(sm.location, "[::1]:5222");
	/* Who did not ask for it does not get it. */
	sm.resume = 0;
	enable("<enabled id='y' resume='true'/>");
	CHECK(!cpl_sm_can_resume(&sm));
	end();
}

/* What came before <enabled/> is not in h; what came and was not handled when
 * the resumption was asked for comes again, and is known. */
static void resumes(void)
{
	begin();
	receive(2);
	enable("<enabled id='x' resume='true'/>");
	receive(5);
	handle(4);
	send_one("<message id='1'/>", 1);
	send_one("<message id='2'/>", 1);
	send_one("<message id='3'/>", 0);
	CHECK_INT(cpl_sm_resume_h(&sm), 2);
	handle(6);
	fresh_out();
	CHECK_INT(take("<resumed h='1'/>"), 1);
	CHECK_INT(cpl_sm_resumed(&sm, &out, &e), 0);
	CHECK_STR(written(), "<message id=\"2\"/><message id=\"3\"/>");
	CHECK_INT(sm.ack.sent, 3);
	for (int i = 0; i < 3; i++)
		CHECK_INT(cpl_sm_repeats(&sm), 1);
	receive(1);
	CHECK_INT(sm.ack.received, 8);
	CHECK_INT(take("<a h='3'/>"), 2);
	CHECK_INT(cpl_sm_tries(&sm, 2), 2);
	CHECK_INT(cpl_sm_tries(&sm, 3), 1);
	end();
}

/* A fault that the server finds in a resumed stream may be its own, until it
 * has acknowledged something of it. */
static void distrusts(void)
{
	begin();
	enable("<enabled id='x' resume='true'/>");
	CHECK(!cpl_sm_distrust(&sm));
	CHECK(cpl_sm_can_resume(&sm));
	send_one("<message/>", 1);
	CHECK_INT(cpl_sm_resumed(&sm, &out, &e), 0);
	CHECK_INT(take("<a h='1'/>"), 1);
	CHECK(!cpl_sm_distrust(&sm));
	CHECK_INT(cpl_sm_resumed(&sm, &out, &e), 0);
	CHECK(cpl_sm_distrust(&sm));
	CHECK(!cpl_sm_can_resume(&sm));
	end();
}

/* A new stream counts from 0, the tool's numbers go on. */
static void restarts(void)
{
	begin();
	enable("<enabled id='x' resume='true'/>");
	receive(3);
	handle(3);
	send_one("<message id='1'/>", 1);
	send_one("<message id='2'/>", 0);
	CHECK_INT(cpl_sm_restart(&sm), 1);
	CHECK(!cpl_sm_can_resume(&sm));
	fresh_out();
	CHECK_INT(cpl_sm_replay(&sm, &out, &e), 0);
	CHECK_STR(written(), "<message id=\"1\"/><message id=\"2\"/>");
	CHECK_INT(take("<a h='2'/>"), 2);
	CHECK_INT(sm.acked, 2);
	enable("<enabled id='y' resume='true'/>");
	CHECK_INT(cpl_sm_resume_h(&sm), 0);
	receive(1);
	handle(4);
	CHECK_INT(cpl_sm_resume_h(&sm), 1);
	end();
}

/* Of a stream that another process left the server's h is where our counting
 * begins, and its h where the server's does. */
static void adopts(void)
{
	begin();
	CHECK_INT(cpl_sm_adopt(&sm, "x", NULL, 4294967295U), 0);
	CHECK(cpl_sm_can_resume(&sm));
	CHECK_INT(cpl_sm_resume_h(&sm), 4294967295U);
	CHECK_INT(take("<resumed h='17'/>"), 0);
	CHECK_INT(cpl_sm_resumed(&sm, &out, &e), 0);
	CHECK_INT(out.len, 0);
	receive(1);
	handle(sm.ack.received);
	CHECK_INT(cpl_sm_resume_h(&sm), 0);
	send_one("<message/>", 1);
	CHECK_INT(sm.last, 1);
	CHECK_INT(take("<a h='17'/>"), 0);
	CHECK_INT(take("<a h='18'/>"), 1);
	CHECK_INT(sm.acked, 1);
	CHECK_INT(take("<a h='19'/>"), -1);
	end();
}

/* The server does not know it any more. */
static void adopts_in_vain(void)
{
	begin();
	CHECK_INT(cpl_sm_adopt(&sm, "x", "capulet.lit", 5), 0);
	CHECK_STR(sm.location, "capulet.lit");
	CHECK_INT(take("<failed h='3'/>"), 0);
	CHECK_INT(cpl_sm_restart(&sm), 0);
	CHECK(!cpl_sm_can_resume(&sm));
	send_one("<message/>", 1);
	CHECK_INT(take("<a h='1'/>"), 1);
	enable("<enabled id='y' resume='true'/>");
	receive(1);
	handle(6);
	CHECK_INT(cpl_sm_resume_h(&sm), 1);
	end();
}

int main(void)
{
	ctx = strophe_mem_ctx(&mem);
	RUN(acknowledges);
	RUN(can_be_resumed);
	RUN(resumes);
	RUN(distrusts);
	RUN(restarts);
	RUN(adopts);
	RUN(adopts_in_vain);
	return strophe_mem_end(&mem, ctx);
}
