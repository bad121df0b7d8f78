/* SPDX-License-Identifier: MIT */
#include "../../common/base/log.h"

#include <stdlib.h>

#include "unit.h"

static struct {
	char text[8192];
	int level;
	char direction;
	int calls;
} last;

static void take_line(void *user, int level, const char *text)
{
	CHECK(user == &last);
	last.level = level;
	last.calls++;
	snprintf(last.text, sizeof last.text, "%s", text);
}

static void take_trace(void *user, char direction, const char *text, size_t len)
{
	CHECK(user == &last);
	last.direction = direction;
	last.calls++;
	snprintf(last.text, sizeof last.text, "%.*s", (int)len, text);
}

static void levels(void)
{
	struct cpl_log log = {CPL_LOG_ERROR, take_line, NULL, &last};
	static const int shown[4][4] = {
	    {1, 0, 0, 0}, {1, 1, 0, 0}, {1, 1, 1, 0}, {1, 1, 1, 1}};

	for (int level = 0; level < 4; level++) {
		log.level = level;
		for (int of = 0; of < 4; of++) {
			last.calls = 0;
			cpl_log(&log, of, "%s %d", "line", of);
			CHECK_INT(last.calls, shown[level][of]);
			if (last.calls) {
				CHECK_INT(last.level, of);
				CHECK_INT(last.text[5] - '0', of);
			}
		}
	}
	CHECK_INT(CPL_LOG_WARN, CPL_LOG_ERROR);
}

static void nobody_listens(void)
{
	struct cpl_log log = {CPL_LOG_WIRE, NULL, NULL, &last};

	last.calls = 0;
	cpl_log(NULL, CPL_LOG_ERROR, "x");
	cpl_log(&log, CPL_LOG_ERROR, "x");
	cpl_log_trace(NULL, '<', "x", 1);
	cpl_log_trace(&log, '<', "x", 1);
	CHECK_INT(last.calls, 0);
}

/* The mask of text, in memory that ends where it ends. */
static char *redacted(const char *text, size_t n)
{
	struct cpl_buf out = CPL_BUF_INIT(100000);
	char *exact = malloc(n ? n : 1);

	CHECK(exact != NULL);
	memcpy(exact, text, n);
	CHECK_INT(cpl_log_redact(&out, exact, n), 0);
	free(exact);
	return cpl_buf_take(&out);
}

static void becomes(const char *text, const char *expected)
{
	char *got = redacted(text, strlen(text));

	CHECK_STR(got, expected);
	free(got);
}

/* Every prefix of a secret shows none of it, and the rest stays as it was. */
static void cut_anywhere(const char *text, const char *secret)
{
	size_t begin = (size_t)(strstr(text, secret) - text);

	for (size_t n = 0; n <= strlen(text); n++) {
		char *got = redacted(text, n);

		CHECK(!strstr(got, secret));
		if (n > begin)
			CHECK(strlen(got) == begin ||
			      !strncmp(got + begin, "***", 3));
		CHECK(!strncmp(got, text, n < begin ? n : begin));
		free(got);
	}
}

static void secret_elements(void)
{
	static const char *const names[] = {
	    "auth",     "response",         "challenge",
	    "success",  "initial-response", "additional-data",
	    "password", "secret",           "hash-token",
	    "hash",
	};
	char text[200], expected[200];

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *n = names[i];

		snprintf(text, sizeof text, "<%s>c2VjcmV0</%s>", n, n);
		snprintf(expected, sizeof expected, "<%s>***</%s>", n, n);
		becomes(text, expected);
		cut_anywhere(text, "c2VjcmV0");
		snprintf(text, sizeof text, "<x:%s a='/'>c2VjcmV0</x:%s>", n,
			 n);
		snprintf(expected, sizeof expected, "<x:%s a='/'>***</x:%s>", n,
			 n);
		becomes(text, expected);
		snprintf(text, sizeof text,
			 "<a><%s\n xmlns=\"urn:x\" b='>'>c2VjcmV0</%s>t</a>", n,
			 n);
		snprintf(expected, sizeof expected,
			 "<a><%s\n xmlns=\"urn:x\" b='>'>***</%s>t</a>", n, n);
		becomes(text, expected);
		cut_anywhere(text, "c2VjcmV0");
		/* nothing in it: nothing to hide, and what follows is seen */
		snprintf(text, sizeof text, "<%s/>text<%s></%s>text", n, n, n);
		becomes(text, text);
		snprintf(text, sizeof text, "<%s a='b' />text", n);
		becomes(text, text);
	}
}

static void other_elements(void)
{
	static const char *const same[] = {
	    "",
	    "text",
	    "<a>text</a>",
	    "<authx>text</authx>",
	    "<aut>text</aut>",
	    "<passwords>text</passwords>",
	    "<x:y>text</x:y>",
	    "<auth-token>text</auth-token>",
	    "<body>auth password secret success</body>",
	    "<message type='password'><body a='<auth>'>hi</body></message>",
	    "</auth>text",
	    "</password>text<b/>",
	    "<mechanism>SCRAM-SHA-1</mechanism>",
	    "<a b='c2VjcmV0'/>",
	    "<",
	    "<a",
	    "<a b='",
	    "<a b='x",
	    "<a b='x>text",
	    "</",
	    ">",
	    "<>",
	    "a > b",
	};

	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		becomes(same[i], same[i]);
}

/* What a person writes about a password is the person's text. */
static void bodies_stay(void)
{
	static const char *const same[] = {
	    "<body>my &lt;password&gt;hunter2&lt;/password&gt;</body>",
	    "<body>&lt;auth>text</body>",
	    "<body>password='x' token='y'</body>",
	    "<message to='a@b' id='auth'><body>&lt;secret&gt;</body></message>",
	};

	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		becomes(same[i], same[i]);
}

static void several(void)
{
	becomes("<auth>a</auth><b>text</b><response>b</response>"
		"<iq><query><username>romeo</username><password>c</password>"
		"</query></iq>",
		"<auth>***</auth><b>text</b><response>***</response>"
		"<iq><query><username>romeo</username><password>***</password>"
		"</query></iq>");
	becomes("<authenticate><initial-response>a</initial-response>"
		"<user-agent><software>x</software></user-agent>"
		"</authenticate>",
		"<authenticate><initial-response>***</initial-response>"
		"<user-agent><software>x</software></user-agent>"
		"</authenticate>");
}

/* All that stands in the element is its text, however it is written. */
static void other_ways_to_write_text(void)
{
	becomes("<auth>c2Vj&amp;cmV0</auth>t", "<auth>***</auth>t");
	becomes("<auth>c2Vj>cmV0</auth>t", "<auth>***</auth>t");
	becomes("<password ><![CDATA[hunter2]]></password>t",
		"<password >***</password>t");
	becomes("<password>hun<b>t</b>er2</password>t",
		"<password>***<b>***</b>***</password>t");
	becomes("<success><additional-data>a</additional-data>b</success>t",
		"<success><additional-data>***</additional-data>***</success>"
		"t");
	becomes("<password>a<auth/>b</password>t",
		"<password>***<auth/>***</password>t");
}

static void tokens(void)
{
	becomes("<token token='c2VjcmV0'/>", "<token token='***'/>");
	becomes("<token xmlns='urn:xmpp:fast:0' expiry='2030' "
		"token='c2VjcmV0'/>",
		"<token xmlns='urn:xmpp:fast:0' expiry='2030' token='***'/>");
	becomes("<token token=\"c2'Vj\" expiry='2030'/>t",
		"<token token=\"***\" expiry='2030'/>t");
	becomes("<token expiry='2030'/>text", "<token expiry='2030'/>text");
	becomes("<token>text</token>", "<token>text</token>");
	becomes("<tokens token='text'/>", "<tokens token='text'/>");
	becomes("<x token='text'/>", "<x token='text'/>");
	becomes("<token", "<token");
	becomes("<token token", "<token token");
	becomes("<token token=", "<token token=");
	becomes("<token token='", "<token token='");
	cut_anywhere("<token expiry='2030' token='c2VjcmV0'/>", "c2VjcmV0");
}

/* The same attribute as XML lets it be written, too. */
static void tokens_otherwise(void)
{
	becomes("<token\ttoken='c2VjcmV0'/>", "<token\ttoken='***'/>");
	becomes("<token\ntoken='c2VjcmV0'/>", "<token\ntoken='***'/>");
	becomes("<token a='b'\ntoken='c2VjcmV0'/>",
		"<token a='b'\ntoken='***'/>");
	becomes("<f:token token='c2VjcmV0'/>", "<f:token token='***'/>");
	becomes("<token token = 'c2VjcmV0'/>", "<token token = '***'/>");
	becomes("<token a=' token=' token='c2VjcmV0'/>",
		"<token a=' token=' token='***'/>");
}

static void full(void)
{
	static const char text[] = "<auth>a</auth>";
	struct cpl_buf out = CPL_BUF_INIT(0);

	for (size_t max = 0; max < strlen(text) + 2; max++) {
		out.max = max;
		CHECK_INT(cpl_log_redact(&out, text, strlen(text)), -1);
		cpl_buf_release(&out);
	}
	out.max = strlen(text) + 2;
	CHECK_INT(cpl_log_redact(&out, text, strlen(text)), 0);
	CHECK_STR(out.data, "<auth>***</auth>");
	cpl_buf_release(&out);
}

static void trace(void)
{
	struct cpl_log log = {CPL_LOG_ERROR, NULL, take_trace, &last};

	last.calls = 0;
	cpl_log_trace(&log, '<', "<a>text</a>", 11);
	CHECK_INT(last.calls, 1);
	CHECK_INT(last.direction, '<');
	CHECK_STR(last.text, "<a>text</a>");
	cpl_log_trace(&log, '>', "<auth>x</auth>", 14);
	CHECK_INT(last.calls, 2);
	CHECK_INT(last.direction, '>');
	CHECK_STR(last.text, "<auth>***</auth>");
	cpl_log_trace(&log, '<', "", 0);
	CHECK_INT(last.calls, 2);
	cpl_log_trace(&log, '=', "a note", 6);
	CHECK_STR(last.text, "a note");
}

/* The mask is longer than what it hides: there is room for the worst case. */
static void trace_grows(void)
{
	struct cpl_log log = {CPL_LOG_ERROR, NULL, take_trace, &last};
	struct cpl_buf text = CPL_BUF_INIT(100000);

	for (int i = 0; i < 300; i++)
		if (cpl_buf_adds(&text, "<auth>x</auth>") < 0)
			CHECK(!"room");
	last.calls = 0;
	cpl_log_trace(&log, '>', text.data, text.len);
	CHECK_INT(last.calls, 1);
	CHECK_INT(strlen(last.text), 300 * 16);
	cpl_buf_release(&text);
}

int main(void)
{
	RUN(levels);
	RUN(nobody_listens);
	RUN(secret_elements);
	RUN(other_elements);
	RUN(bodies_stay);
	RUN(several);
	RUN(other_ways_to_write_text);
	RUN(tokens);
	RUN(tokens_otherwise);
	RUN(full);
	RUN(trace);
	RUN(trace_grows);
	return unit_end();
}
