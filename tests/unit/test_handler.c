/* SPDX-License-Identifier: MIT */
#include "../../common/cli/handler.h"

#include <errno.h>
#include <stdlib.h>

#include "../../common/base/limits.h"
#include "parse.h"
#include "unit.h"

static xmpp_ctx_t *ctx;

/* The variables, a line each. */
static struct cpl_buf vars = CPL_BUF_INIT(1024 * 1024);

static const char *lines(void)
{
	for (size_t i = 0; i < vars.len; i++)
		if (!vars.data[i])
			vars.data[i] = '\n';
	return vars.data;
}

static void what_a_stanza_says(void)
{
	xmpp_stanza_t *s = parse(ctx, "<message to='juliet@capulet.lit/x' "
				      "type='chat' id='a&amp;1' xml:lang='en'>"
				      "<body>two&#10;lines</body>"
				      "<thread>t</thread></message>");

	UNIT_NEED(s != NULL);
	CHECK_INT(cpl_handler_describe(&vars, s, "romeo@montague.lit"), 0);
	CHECK_STR(lines(), "XMPP_FROM=romeo@montague.lit\n"
			   "XMPP_TO=juliet@capulet.lit/x\nXMPP_TYPE=chat\n"
			   "XMPP_ID=a&1\nXMPP_LANG=en\n");
	cpl_buf_truncate(&vars, 0);
	CHECK_INT(cpl_handler_describe_message(&vars, s), 0);
	CHECK_STR(lines(), "XMPP_KIND=message\nXMPP_THREAD=t\n"
			   "XMPP_BODY=two\nlines\n");
	cpl_buf_truncate(&vars, 0);
	xmpp_stanza_release(s);
}

static void what_it_does_not_say_is_empty(void)
{
	xmpp_stanza_t *s =
	    parse(ctx, "<presence><body xmlns='urn:x'>no</body></presence>");

	UNIT_NEED(s != NULL);
	CHECK_INT(cpl_handler_describe(&vars, s, NULL), 0);
	CHECK_INT(cpl_handler_describe_message(&vars, s), 0);
	CHECK_STR(lines(), "XMPP_FROM=\nXMPP_TO=\nXMPP_TYPE=\nXMPP_ID=\n"
			   "XMPP_LANG=\nXMPP_KIND=presence\nXMPP_THREAD=\n"
			   "XMPP_BODY=\n");
	cpl_buf_truncate(&vars, 0);
	xmpp_stanza_release(s);
}

/* At the limit, and one above. */
static void a_long_value_is_left_out(void)
{
	char *xml = malloc(CPL_VARIABLE_MAX + 100);

	UNIT_NEED(xml != NULL);
	for (size_t more = 0; more < 2; more++) {
		xmpp_stanza_t *s;
		size_t n = CPL_VARIABLE_MAX + more;

		snprintf(xml, 100, "<message><body>");
		memset(xml + 15, 'a', n);
		snprintf(xml + 15 + n, 50, "</body></message>");
		s = parse(ctx, xml);
		UNIT_NEED(s != NULL);
		CHECK_INT(cpl_handler_describe_message(&vars, s), 0);
		CHECK_INT(vars.len, 18 + 13 + 11 + (more ? 0 : n));
		cpl_buf_truncate(&vars, 0);
		xmpp_stanza_release(s);
	}
	free(xml);
}

static const char *why(enum cpl_child_end end, int code, const char *err)
{
	static struct cpl_err e;
	struct cpl_child_result r = {
	    .end = end, .code = code, .err = err, .err_len = strlen(err)};

	cpl_handler_failed(&r, &e);
	CHECK_INT(e.status, CPL_TEMP);
	return e.text;
}

static void what_is_said_of_an_end(void)
{
	CHECK_STR(why(CPL_CHILD_EXITED, 3, ""),
		  "the command ended with status 3");
	CHECK_STR(why(CPL_CHILD_EXITED, 3, "no lamp \t\r\nand more"),
		  "the command ended with status 3: no lamp");
	CHECK_STR(why(CPL_CHILD_SIGNALED, 9, "dark"),
		  "the command was ended by signal 9: dark");
	CHECK_STR(why(CPL_CHILD_TIMED_OUT, 0, ""),
		  "the command took too long (--each-timeout)");
	CHECK_STR(why(CPL_CHILD_TOO_MUCH, 0, ""),
		  "the command printed more than 1048576 bytes");
	CHECK_STR(why(CPL_CHILD_NOT_RUN, ENOENT, ""),
		  "the command did not run: No such file or directory");
}

int main(void)
{
	ctx = xmpp_ctx_new(NULL, NULL);
	RUN(what_a_stanza_says);
	RUN(what_it_does_not_say_is_empty);
	RUN(a_long_value_is_left_out);
	RUN(what_is_said_of_an_end);
	cpl_buf_release(&vars);
	xmpp_ctx_free(ctx);
	return unit_end();
}
