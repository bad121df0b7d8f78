/* SPDX-License-Identifier: MIT */
#include "../../common/stanza/text.h"

#include <stdint.h>

#include "parse.h"
#include "unit.h"

/* ---- Fields ---- */

static void field_one(const char *in, size_t n, const char *expected, int line)
{
	struct cpl_buf out = CPL_BUF_INIT(1000);

	CHECK_INT(cpl_write_field(&out, in, n), 0);
	unit_str(out.data, expected, __FILE__, line);
	cpl_buf_release(&out);
}

#define FIELD(in, expected) field_one(in, sizeof in - 1, expected, __LINE__)

static void write_field(void)
{
	FIELD("", "");
	FIELD("a&<>\"'\n\r\t\\\x7f\xc2\x85\xc2\xa9\xc2",
	      "a&<>\"'\\n\\r\\t\\\\\\x7f\\xc2\\x85\xc2\xa9\xc2");
	FIELD("\x1b[31m\0\x01", "\\x1b[31m\\x00\\x01");
	FIELD("\xc2\x9b\xc2\xa0", "\\xc2\\x9b\xc2\xa0");
}

static size_t encode(uint32_t cp, char *to)
{
	if (cp < 0x80) {
		to[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		to[0] = (char)(0xc0 | cp >> 6);
		to[1] = (char)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp < 0x10000) {
		to[0] = (char)(0xe0 | cp >> 12);
		to[1] = (char)(0x80 | (cp >> 6 & 0x3f));
		to[2] = (char)(0x80 | (cp & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | cp >> 18);
	to[1] = (char)(0x80 | (cp >> 12 & 0x3f));
	to[2] = (char)(0x80 | (cp >> 6 & 0x3f));
	to[3] = (char)(0x80 | (cp & 0x3f));
	return 4;
}

static int is_xml(uint32_t cp)
{
	return (cp >= 0x20 || cp == '\n' || cp == '\r' || cp == '\t') &&
	       (cp < 0xd800 || cp > 0xdfff) && cp != 0xfffe && cp != 0xffff;
}

/* Each character that a stanza can hold, between two others. */
static void round_trip(void)
{
	struct cpl_buf field = CPL_BUF_INIT(100), back = CPL_BUF_INIT(100);
	struct cpl_err e = CPL_ERR_INIT;
	char in[8] = "x";
	int bad = 0;

	for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
		size_t n = 1 + encode(cp, in + 1);

		if (!is_xml(cp))
			continue;
		in[n++] = 'n'; /* no part of an escape */
		cpl_buf_truncate(&field, 0);
		cpl_buf_truncate(&back, 0);
		if (cpl_write_field(&field, in, n) < 0 ||
		    cpl_read_field(&back, field.data, field.len, &e) < 0 ||
		    back.len != n || memcmp(back.data, in, n) != 0 ||
		    strpbrk(field.data, "\t\n\r\x7f\x1b"))
			bad++;
	}
	CHECK_INT(bad, 0);
	cpl_buf_release(&field);
	cpl_buf_release(&back);
}

static void read_one(const char *in, const char *expected, int line)
{
	struct cpl_buf out = CPL_BUF_INIT(1000);
	struct cpl_err e = CPL_ERR_INIT;

	CHECK_INT(cpl_buf_adds(&out, "--"), 0);
	if (!unit_int(cpl_read_field(&out, in, strlen(in), &e), 0, __FILE__,
		      line))
		printf("# %s\n", e.text);
	unit_str(out.data + 2, expected, __FILE__, line);
	cpl_buf_release(&out);
}

#define READ(in, expected) read_one(in, expected, __LINE__)

static void refused(const char *in, const char *why, int line)
{
	struct cpl_buf out = CPL_BUF_INIT(1000);
	struct cpl_err e = CPL_ERR_INIT;

	CHECK_INT(cpl_buf_adds(&out, "--"), 0);
	unit_int(cpl_read_field(&out, in, strlen(in), &e), -1, __FILE__, line);
	unit_str(e.text, why, __FILE__, line);
	CHECK_INT(e.status, CPL_DATA);
	CHECK_STR(out.data, "--");
	cpl_buf_release(&out);
}

#define REFUSED(in, why) refused(in, why, __LINE__)

static void read_field(void)
{
	READ("", "");
	READ("a\\tb\\nc\\rd\\\\n", "a\tb\nc\rd\\n");
	READ("\\x41\\x7F\\xc3\\xA9", "A\x7f\xc3\xa9");
	READ("\\\\x41", "\\x41");
	REFUSED("ab\\q", "byte 3: unknown escape");
	REFUSED("\\", "byte 1: unknown escape");
	REFUSED("a\\\\\\", "byte 4: unknown escape");
	REFUSED("\\x4", "byte 1: unknown escape");
	REFUSED("\\x4g", "byte 1: unknown escape");
	REFUSED("\\N", "byte 1: unknown escape");
	REFUSED("\\0", "byte 1: unknown escape");
	REFUSED("\\x1b[31m", "byte 1: XML forbids the character U+001B");
	REFUSED("a\\x00", "byte 2: XML forbids the character U+0000");
	REFUSED("\\xff", "byte 1 (0xff) is not UTF-8");
	REFUSED("\xc3", "byte 1 (0xc3) is not UTF-8");
}

static void read_full(void)
{
	struct cpl_buf out = CPL_BUF_INIT(4);
	struct cpl_err e = CPL_ERR_INIT;

	CHECK_INT(cpl_read_field(&out, "abc\\n", 5, &e), 0);
	CHECK_INT(cpl_read_field(&out, "\\n", 2, &e), -1);
	CHECK_STR(e.text, "a field is over 4 bytes");
	CHECK_INT(cpl_read_field(&out, "x", 1, &e), -1);
	CHECK_STR(out.data, "abc\n");
	cpl_buf_release(&out);
}

static void fields_one(const char *const *fields, size_t n, int raw,
		       const char *expected, int line)
{
	struct cpl_buf out = CPL_BUF_INIT(1000);
	int rc;

	CHECK_INT(cpl_write_fields(&out, fields, n, raw), 0);
	unit_str(out.data ? out.data : "", expected, __FILE__, line);
	cpl_buf_release(&out);
	for (size_t max = 2; max < strlen(expected) + 2; max++) {
		cpl_buf_init(&out, max);
		CHECK_INT(cpl_buf_adds(&out, "--"), 0);
		rc = cpl_write_fields(&out, fields, n, raw);
		unit_int(rc, -1, __FILE__, line);
		CHECK_STR(out.data, "--");
		cpl_buf_release(&out);
	}
}

static void fields(void)
{
	const char *const three[] = {"a\tb\n", NULL, "c\td\\\n"};
	const char *const braces[] = {"{\t{", "{}"};

	fields_one(three, 3, 0, "a\\tb\\n\t\tc\\td\\\\\\n", __LINE__);
	/* raw: no field but the last has a TAB */
	fields_one(three, 3, 1, "a b\n\t\tc\td\\\n", __LINE__);
	fields_one(three, 1, 1, "a\tb\n", __LINE__);
	fields_one(three, 0, 0, "", __LINE__);
	/* what would be JSON to who reads it */
	fields_one(braces, 2, 0, "\\x7b\\t{\t{}", __LINE__);
	fields_one(braces, 2, 1, "{ {\t{}", __LINE__);
}

/* ---- Stanzas ---- */

static void stanza_one(const char *in, int raw, const char *expected, int line)
{
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	struct cpl_buf out = CPL_BUF_INIT(10000);
	xmpp_stanza_t *s = parse(ctx, in);

	UNIT_NEED(s != NULL);
	CHECK_INT(cpl_write_text(&out, s, raw), 0);
	unit_str(out.data, expected, __FILE__, line);
	cpl_buf_release(&out);
	for (size_t max = 2; max < strlen(expected) + 2; max++) {
		cpl_buf_init(&out, max);
		CHECK_INT(cpl_buf_adds(&out, "--"), 0);
		unit_int(cpl_write_text(&out, s, raw), -1, __FILE__, line);
		CHECK_STR(out.data, "--");
		cpl_buf_release(&out);
	}
	xmpp_stanza_release(s);
	xmpp_ctx_free(ctx);
}

#define TEXT(in, expected) stanza_one(in, 0, expected, __LINE__)
#define RAW(in, expected) stanza_one(in, 1, expected, __LINE__)

static void messages(void)
{
	TEXT("<message from='a@b/c'><body>hi</body></message>", "a@b/c\thi");
	TEXT("<message/>", "\t");
	TEXT("<message from='a@b/&#9;x'><body>1\n2\\\t\xc2\x9b</body>"
	     "</message>",
	     "a@b/\\tx\t1\\n2\\\\\\t\\xc2\\x9b");
	TEXT("<message><x xmlns='u'><body>no</body></x><body xmlns='u'>no"
	     "</body><body>y<b>no</b>es</body><body xml:lang='de'>ja</body>"
	     "</message>",
	     "\tyes");
	TEXT("<other from='a'><body>hi</body></other>", "a\thi");
	RAW("<message from='a@b/&#9;x\\'><body>1\n2\\\t\xc2\x9b</body>"
	    "</message>",
	    "a@b/ x\\\t1\n2\\\t\xc2\x9b");
}

static void presences(void)
{
	TEXT("<presence from='a@b'/>", "a@b\tavailable\t\t");
	TEXT("<presence from='a@b'><show>dnd</show><priority>5</priority>"
	     "<status>busy\nnow</status></presence>",
	     "a@b\tdnd\t5\tbusy\\nnow");
	TEXT("<presence type='unavailable'><show>x</show><status>bye</status>"
	     "</presence>",
	     "\tunavailable\t\tbye");
	TEXT("<presence type='subscribe' from='a@b'/>", "a@b\tsubscribe\t\t");
	RAW("<presence from='a@b'><show>aw\tay</show><priority>5\t</priority>"
	    "<status>a\tb</status></presence>",
	    "a@b\taw ay\t5 \ta\tb");
}

static void iqs(void)
{
	TEXT("<iq from='a@b' type='get'> <ping xmlns='urn:xmpp:ping'/></iq>",
	     "a@b\tget\turn:xmpp:ping");
	TEXT("<iq type='result'/>", "\tresult\t");
	TEXT("<iq/>", "\t\t");
}

#define CONDITION(name)                                                        \
	"<error type='cancel'><" name                                          \
	" xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text "                 \
	"xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>why</text></error>"

/* What an error quotes is not what its sender says. */
static void errors(void)
{
	TEXT("<message type='error' from='a@b'><body>mine</body>" CONDITION(
		 "item-not-found") "</message>",
	     "a@b\t\titem-not-found");
	RAW("<message type='error' from='a@b'><body>mine</body>" CONDITION(
		"gone") "</message>",
	    "a@b\t\tgone");
	TEXT("<message type='error' from='a@b'><error><x xmlns='u'/></error>"
	     "</message>",
	     "a@b\t\tundefined-condition");
	TEXT("<message type='error'/>", "\t\tundefined-condition");
	TEXT("<presence type='error' from='a@b'><priority>5</priority>"
	     "<status>mine</status>" CONDITION("forbidden") "</presence>",
	     "a@b\terror\t\t\tforbidden");
	TEXT("<iq type='error'><error><x xmlns='u'/></error><q xmlns='v'/>"
	     "</iq>",
	     "\terror\tv\tundefined-condition");
	TEXT("<iq type='error'>" CONDITION("conflict") "</iq>",
	     "\terror\t\tconflict");
}

int main(void)
{
	RUN(write_field);
	RUN(round_trip);
	RUN(read_field);
	RUN(read_full);
	RUN(fields);
	RUN(messages);
	RUN(presences);
	RUN(iqs);
	RUN(errors);
	return unit_end();
}
