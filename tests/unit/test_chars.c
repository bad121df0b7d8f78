/* SPDX-License-Identifier: MIT */
#include "../../common/stanza/chars.h"

#include "unit.h"

static void decode(void)
{
	static const struct {
		const char *bytes;
		size_t len;
		uint32_t cp;
	} good[] = {{"A", 1, 'A'},
		    {"\xc2\x80", 2, 0x80},
		    {"\xdf\xbf", 2, 0x7ff},
		    {"\xe0\xa0\x80", 3, 0x800},
		    {"\xed\x9f\xbf", 3, 0xd7ff},
		    {"\xee\x80\x80", 3, 0xe000},
		    {"\xef\xbf\xbf", 3, 0xffff},
		    {"\xf0\x90\x80\x80", 4, 0x10000},
		    {"\xf4\x8f\xbf\xbf", 4, 0x10ffff}};
	static const char *const bad[] = {
	    "\x80",     /* no first byte */
	    "\xc0\x80", /* overlong */
	    "\xc1\xbf",
	    "\xe0\x9f\xbf",
	    "\xf0\x8f\xbf\xbf",
	    "\xed\xa0\x80",     /* surrogate */
	    "\xf4\x90\x80\x80", /* above U+10FFFF */
	    "\xf5\x80\x80\x80",
	    "\xff",
	    "\xc3",
	    "\xe2\x82",
	    "\xf0\x9f\x98",
	    "\xc3(",
	    "\xe2\x82("};
	uint32_t cp;

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		cp = 0;
		CHECK_INT(cpl_chars_decode(good[i].bytes, good[i].len, &cp),
			  good[i].len);
		CHECK_INT(cp, good[i].cp);
		if (good[i].len > 1)
			CHECK_INT(cpl_chars_decode(good[i].bytes,
						   good[i].len - 1, &cp),
				  0);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK_INT(cpl_chars_decode(bad[i], strlen(bad[i]), &cp), 0);
}

static void check_one(const char *p, size_t n, const char *why)
{
	struct cpl_err e = CPL_ERR_INIT;

	CHECK_INT(cpl_chars_check(p, n, &e), why ? -1 : 0);
	CHECK_STR(e.text, why ? why : "");
	CHECK_INT(e.status, why ? CPL_DATA : CPL_OK);
}

static void check(void)
{
	check_one("", 0, NULL);
	check_one("a\t\r\n\x7f\xc2\x85 \xf0\x9f\x98\x80", 12, NULL);
	check_one("abcdef\xff", 7, "byte 7 (0xff) is not UTF-8");
	check_one("ab\x01", 3, "byte 3: XML forbids the character U+0001");
	check_one("a\0b", 3, "byte 2: XML forbids the character U+0000");
	check_one("\xef\xbf\xbe", 3,
		  "byte 1: XML forbids the character U+FFFE");
	check_one("\xef\xbf\xbf", 3,
		  "byte 1: XML forbids the character U+FFFF");
	check_one("\xc3\xa9\xc3", 3, "byte 3 (0xc3) is not UTF-8");
}

static void sanitize_one(const char *p, size_t n, const char *clean)
{
	struct cpl_buf b = CPL_BUF_INIT(100);

	CHECK_INT(cpl_chars_sanitize(&b, p, n), 0);
	CHECK_STR(b.data, clean);
	CHECK_INT(cpl_chars_check(b.data, b.len, NULL), 0);
	cpl_buf_release(&b);
}

#define BAD "\xef\xbf\xbd"

static void sanitize(void)
{
	struct cpl_buf b = CPL_BUF_INIT(4);

	sanitize_one("plain\n", 6, "plain\n");
	sanitize_one("a\xff\xfe\x80z", 5, "a" BAD "z");
	sanitize_one("\x01\x02", 2, BAD BAD);
	sanitize_one("\xff\x01", 2, BAD BAD);
	sanitize_one("a\0b", 3, "a" BAD "b");
	sanitize_one("\xc3", 1, BAD);
	sanitize_one("\xc3\xa9\xc3", 3, "\xc3\xa9" BAD);
	sanitize_one("\xef\xbf\xbf", 3, BAD);
	CHECK_INT(cpl_buf_addc(&b, 'x'), 0);
	CHECK_INT(cpl_chars_sanitize(&b, "ab\xff", 3), -1);
	CHECK_STR(b.data, "x");
	cpl_buf_release(&b);
}

int main(void)
{
	RUN(decode);
	RUN(check);
	RUN(sanitize);
	return unit_end();
}
