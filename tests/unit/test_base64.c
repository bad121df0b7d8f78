/* SPDX-License-Identifier: MIT */
#include "../../common/stream/base64.h"

#include <stdlib.h>

#include "unit.h"

/* RFC 4648 10 */
static const char *const vectors[][2] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
    {"\xfb\xff\xbf", "+/+/"},
};

enum { VECTORS = sizeof vectors / sizeof *vectors };

static void encode(void)
{
	for (size_t i = 0; i < VECTORS; i++) {
		struct cpl_buf out = CPL_BUF_INIT(100);

		CHECK_INT(cpl_buf_adds(&out, "="), 0);
		CHECK_INT(cpl_base64_encode(&out, vectors[i][0],
					    strlen(vectors[i][0])),
			  0);
		CHECK_STR(out.data + 1, vectors[i][1]);
		CHECK_INT(out.len, 1 + strlen(vectors[i][1]));
		cpl_buf_release(&out);
	}
}

static void decode(void)
{
	for (size_t i = 0; i < VECTORS; i++) {
		struct cpl_buf out = CPL_BUF_INIT(100);

		CHECK_INT(cpl_buf_adds(&out, "="), 0);
		CHECK_INT(cpl_base64_decode(&out, vectors[i][1],
					    strlen(vectors[i][1])),
			  0);
		CHECK_STR(out.data + 1, vectors[i][0]);
		CHECK_INT(out.len, 1 + strlen(vectors[i][0]));
		cpl_buf_release(&out);
	}
}

/* RFC 6120 13.9.1: foreign characters and padding elsewhere are refused; so are
 * bits behind the last byte that are not 0 (RFC 4648 3.5). */
static void strict(void)
{
	static const char *const bad[] = {
	    "Z",          "Zg",         "Zg=",       "Zm8",      "=",
	    "==",         "===",        "====",      "Z===",     "Zg==Zg==",
	    "Zg=a",       "Z=g=",       "=Zg=",      " Zg==",    "Zg== ",
	    "Zg==\n",     "Zm9v\n",     "\nZm9vYm",  "Zm9vYm\n", "Zm 9vYm",
	    "Zm9v\r\nYm", "Zm-_",       "Zm9*",      "Zm9vYmF",  "Zm9v=",
	    "Zm9v====",   "\xc3\xa9Zm", "Zm9vYmFy=", "Zh==",     "Zo==",
	    "Zm9=",       "Zm+=",       "Zm9vYn==",
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct cpl_buf out = CPL_BUF_INIT(100);

		CHECK_INT(cpl_buf_adds(&out, "x"), 0);
		if (!CHECK_INT(cpl_base64_decode(&out, bad[i], strlen(bad[i])),
			       -1))
			printf("# '%s'\n", bad[i]);
		CHECK_STR(out.data, "x");
		cpl_buf_release(&out);
	}
}

static void nul_is_no_letter(void)
{
	struct cpl_buf out = CPL_BUF_INIT(100);

	CHECK_INT(cpl_base64_decode(&out, "Zm9v\0m9v", 8), -1);
	CHECK_INT(cpl_base64_decode(&out, NULL, 0), 0);
	CHECK_INT(out.len, 0);
	cpl_buf_release(&out);
}

static void every_byte(void)
{
	unsigned char all[256];
	struct cpl_buf text = CPL_BUF_INIT(400), back = CPL_BUF_INIT(400);

	for (size_t i = 0; i < sizeof all; i++)
		all[i] = (unsigned char)i;
	for (size_t n = 0; n <= sizeof all; n++) {
		cpl_buf_truncate(&text, 0);
		cpl_buf_truncate(&back, 0);
		CHECK_INT(cpl_base64_encode(&text, all, n), 0);
		CHECK_INT(cpl_base64_decode(&back, text.data, text.len), 0);
		CHECK_INT(back.len, n);
		CHECK(n == 0 || !memcmp(back.data, all, n));
	}
	cpl_buf_release(&text);
	cpl_buf_release(&back);
}

static void full(void)
{
	struct cpl_buf out = CPL_BUF_INIT(7);

	CHECK_INT(cpl_base64_encode(&out, "foobar", 6), -1);
	CHECK_INT(out.len, 0);
	CHECK_INT(cpl_base64_encode(&out, "foo", 3), 0);
	CHECK_INT(cpl_base64_encode(&out, "f", 1), -1);
	CHECK_STR(out.data, "Zm9v");
	CHECK_INT(cpl_base64_decode(&out, "Zm9v", 4), 0);
	CHECK_INT(cpl_base64_decode(&out, "Zm9v", 4), -1);
	CHECK_STR(out.data, "Zm9vfoo");
	cpl_buf_release(&out);
}

int main(void)
{
	RUN(encode);
	RUN(decode);
	RUN(strict);
	RUN(nul_is_no_letter);
	RUN(every_byte);
	RUN(full);
	return unit_end();
}
