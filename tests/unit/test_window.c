/* SPDX-License-Identifier: MIT */
#include "../../common/stream/window.h"

#include <stdlib.h>

#include "../../common/base/limits.h"
#include "parse.h"
#include "strophe_mem.h"
#include "unit.h"

static struct strophe_mem mem;
static xmpp_ctx_t *ctx;
static struct cpl_window w;
static struct cpl_buf out;
static uint64_t number;

static int add(const char *xml, size_t max)
{
	xmpp_stanza_t *s = parse(ctx, xml);
	struct cpl_err e = CPL_ERR_INIT;
	int r = cpl_window_add(&w, s, max, number + 1, &e);

	xmpp_stanza_release(s);
	number += r == 0;
	return r;
}

static void begin(void)
{
	cpl_buf_init(&out, 100000);
	number = 0;
}

static void end(void)
{
	cpl_window_release(&w);
	cpl_buf_release(&out);
}

static const char *sent(int again)
{
	cpl_buf_truncate(&out, 0);
	if (again)
		CHECK_INT(cpl_window_again(&w, NULL, &out), 0);
	else
		CHECK(cpl_window_send(&w, SIZE_MAX, &out) >= 0);
	CHECK_INT(cpl_buf_addc(&out, '\0'), 0);
	return out.data;
}

/* What is too large for now holds up all behind it. */
static void up_to(void)
{
	begin();
	CHECK_INT(add("<message id='1'/>", 0), 0);
	CHECK_INT(add("<message id='2'><body>b</body></message>", 0), 0);
	CHECK_INT(add("<message id='3'/>", 0), 0);
	CHECK_INT(cpl_window_send(&w, 20, &out), 1);
	CHECK_INT(cpl_window_send(&w, 20, &out), 0);
	CHECK_INT(cpl_window_at(&w, 0)->tries, 1);
	CHECK_INT(cpl_window_at(&w, 1)->tries, 0);
	CHECK_INT(cpl_window_at(&w, 2)->tries, 0);
	/* The limit itself is none too many. */
	CHECK_INT(cpl_window_send(&w, cpl_window_at(&w, 1)->size, &out), 2);
	CHECK_INT(cpl_buf_addc(&out, '\0'), 0);
	CHECK_STR(out.data,
		  "<message id=\"1\"/><message id=\"2\"><body>b</body>"
		  "</message><message id=\"3\"/>");
	cpl_window_undo(&w);
	CHECK_INT(cpl_window_at(&w, 0)->tries, 0);
	CHECK_INT(cpl_window_send(&w, SIZE_MAX, &out), 3);
	end();
}

static void in_and_out(void)
{
	begin();
	CHECK_STR(sent(0), "");
	CHECK_STR(sent(1), "");
	CHECK_INT(add("<message id='1'/>", 0), 0);
	CHECK_INT(add("<message id='2'><body>b</body></message>", 0), 0);
	CHECK_INT(cpl_window_count(&w), 2);
	CHECK_STR(
	    sent(0),
	    "<message id=\"1\"/><message id=\"2\"><body>b</body></message>");
	CHECK_STR(sent(0), "");
	CHECK_INT(add("<message id='3'/>", 0), 0);
	CHECK_STR(sent(0), "<message id=\"3\"/>");
	CHECK_INT(cpl_window_at(&w, 2)->tries, 1);
	CHECK_INT(cpl_window_pop(&w, 2), 2);
	CHECK_STR(sent(1), "<message id=\"3\"/>");
	CHECK_INT(cpl_window_at(&w, 0)->tries, 2);
	CHECK_INT(cpl_window_size(&w), 17);
	CHECK_INT(cpl_window_pop(&w, 1), 3);
	CHECK_INT(cpl_window_size(&w), 0);
	end();
}

/* Proof is asked for in between, not behind the last. */
static void marked(void)
{
	char body[CPL_WINDOW_MARK / 2], xml[sizeof body + 64];

	begin();
	memset(body, 'x', sizeof body);
	body[sizeof body - 1] = '\0';
	snprintf(xml, sizeof xml, "<message><body>%s</body></message>", body);
	for (int i = 0; i < 3; i++)
		CHECK_INT(add(xml, 0), 0);
	CHECK_INT(cpl_window_again(&w, "<r/>", &out), 0);
	CHECK_INT(out.len, cpl_window_size(&w) + 4);
	CHECK_INT(cpl_buf_addc(&out, '\0'), 0);
	CHECK_INT(strstr(out.data, "<r/>") - out.data,
		  2 * (long)(cpl_window_size(&w) / 3));
	end();
}

/* At the limit, and one above: nothing of it stays. */
static void too_large(void)
{
	begin();
	CHECK_INT(add("<message id='1'/>", 17), 0);
	CHECK_INT(add("<message id='12'/>", 17), -1);
	CHECK_INT(cpl_window_count(&w), 1);
	CHECK_STR(sent(1), "<message id=\"1\"/>");
	end();
}

static char dropped[64];

static void on_dropped(void *user, uint64_t n)
{
	size_t len = strlen(dropped);

	CHECK(user == dropped);
	snprintf(dropped + len, sizeof dropped - len, "%llu ",
		 (unsigned long long)n);
}

/* The time of its first sending is now, give or take: masked. */
static char *mask(char *xml)
{
	for (char *p = xml; (p = strstr(p, "stamp=\"")); p += 7)
		memset(p + 7, 'T', 20);
	return xml;
}

static void renewed(void)
{
	struct cpl_err e = CPL_ERR_INIT;

	begin();
	dropped[0] = '\0';
	CHECK_INT(add("<message id='1'><body>b</body></message>", 0), 0);
	CHECK_INT(add("<message id='2'/>", 0), 0);
	CHECK_INT(add("<message id='3'><delay xmlns='urn:xmpp:delay' "
		      "stamp='2026-11-28T10:00:00Z'/></message>",
		      0),
		  0);
	CHECK_INT(add("<iq id='4' type='get'/>", 0), 0);
	CHECK_INT(add("<iq id='5' type='set'/>", 0), 0);
	CHECK_INT(add("<iq id='6' type='result'/>", 0), 0);
	CHECK_INT(add("<iq id='7' type='error'/>", 0), 0);
	CHECK_INT(add("<presence id='8'/>", 0), 0);
	CHECK_INT(add("<presence id='9' to='a@x.lit'/>", 0), 0);
	CHECK_INT(add("<iq id='10' type='get'/>", 0), 0);
	cpl_window_once(&w);
	sent(0);
	CHECK_INT(add("<presence id='11'/>", 0), 0);
	CHECK_INT(add("<message id='12'/>", 0), 0);
	/* It has not left: nothing of it is in doubt. */
	CHECK_INT(add("<iq id='13' type='set'/>", 0), 0);
	CHECK_INT(cpl_window_renew(&w, "romeo@montague.lit", CPL_WINDOW_NO_SETS,
				   on_dropped, dropped, &e),
		  0);
	CHECK_STR(dropped, "5 6 7 10 ");
	sent(1);
	CHECK_STR(
	    mask(out.data),
	    "<message id=\"1\"><body>b</body><delay xmlns=\"urn:xmpp:delay\" "
	    "from=\"romeo@montague.lit\" stamp=\"TTTTTTTTTTTTTTTTTTTT\"/>"
	    "</message>"
	    "<message id=\"2\"><delay xmlns=\"urn:xmpp:delay\" "
	    "from=\"romeo@montague.lit\" stamp=\"TTTTTTTTTTTTTTTTTTTT\"/>"
	    "</message>"
	    "<message id=\"3\"><delay xmlns=\"urn:xmpp:delay\" "
	    "stamp=\"TTTTTTTTTTTTTTTTTTTT\"/>"
	    "</message>"
	    "<iq id=\"4\" type=\"get\"/>"
	    "<presence id=\"9\" to=\"a@x.lit\"/>"
	    "<presence id=\"11\"/><message id=\"12\"/>"
	    "<iq id=\"13\" type=\"set\"/>");
	CHECK_INT(cpl_window_pop(&w, 4), 4);
	/* A second time: the first sending counts, and one delay is enough; the
	 * set has left by now. */
	dropped[0] = '\0';
	CHECK_INT(cpl_window_renew(&w, "romeo@montague.lit", CPL_WINDOW_NO_SETS,
				   on_dropped, dropped, &e),
		  0);
	CHECK_STR(mask((char *)(uintptr_t)sent(1)),
		  "<presence id=\"9\" to=\"a@x.lit\"/><presence id=\"11\"/>"
		  "<message id=\"12\"><delay xmlns=\"urn:xmpp:delay\" "
		  "from=\"romeo@montague.lit\" stamp=\"TTTTTTTTTTTTTTTTTTTT\"/>"
		  "</message>");
	CHECK_STR(dropped, "13 ");
	end();
}

static void on_large(void *user, uint64_t n, size_t bytes)
{
	on_dropped(user, n * 1000 + bytes);
}

/* What has waited for the limit: what has left stays, whatever its size. */
static void drops_the_large(void)
{
	begin();
	dropped[0] = '\0';
	CHECK_INT(add("<message id='123456'/>", 0), 0);
	sent(0);
	CHECK_INT(add("<message id='2'/>", 0), 0);
	CHECK_INT(add("<message id='1234567'/>", 0), 0);
	CHECK_INT(add("<message id='4'/>", 0), 0);
	CHECK_INT(add("<message id='12345678'/>", 0), 0);
	cpl_window_drop(&w, 0, on_large, dropped);
	CHECK_INT(cpl_window_count(&w), 5);
	cpl_window_drop(&w, 17, on_large, dropped);
	CHECK_STR(dropped, "3023 5024 ");
	CHECK_INT(cpl_window_count(&w), 3);
	CHECK_INT(cpl_window_size(&w), 22 + 17 + 17);
	CHECK_STR(sent(1), "<message id=\"123456\"/><message id=\"2\"/>"
			   "<message id=\"4\"/>");
	CHECK_INT(cpl_window_pop(&w, 3), 4);
	end();
}

static void sets_too(void)
{
	struct cpl_err e = CPL_ERR_INIT;

	begin();
	dropped[0] = '\0';
	CHECK_INT(add("<iq id='1' type='set'/>", 0), 0);
	sent(0);
	CHECK_INT(cpl_window_renew(&w, "a@x.lit", 0, on_dropped, dropped, &e),
		  0);
	CHECK_STR(dropped, "");
	CHECK_STR(sent(1), "<iq id=\"1\" type=\"set\"/>");
	end();
}

static int seen(void *user, const struct cpl_window_entry *e, const char *xml)
{
	size_t len = strlen(dropped);

	snprintf(dropped + len, sizeof dropped - len, "%llu%.*s ",
		 (unsigned long long)e->number, (int)e->size, xml);
	return user != NULL;
}

static void walked(void)
{
	begin();
	CHECK_INT(add("<message id='1'/>", 0), 0);
	CHECK_INT(cpl_window_add_text(&w, "<iq/>", 5, CPL_WINDOW_GET, 7, NULL),
		  0);
	dropped[0] = '\0';
	cpl_window_each(&w, seen, NULL);
	CHECK_STR(dropped, "1<message id=\"1\"/> 7<iq/> ");
	dropped[0] = '\0';
	cpl_window_each(&w, seen, &w);
	CHECK_STR(dropped, "1<message id=\"1\"/> ");
	end();
}

int main(void)
{
	ctx = strophe_mem_ctx(&mem);
	RUN(in_and_out);
	RUN(up_to);
	RUN(marked);
	RUN(too_large);
	RUN(renewed);
	RUN(drops_the_large);
	RUN(sets_too);
	RUN(walked);
	return strophe_mem_end(&mem, ctx);
}
