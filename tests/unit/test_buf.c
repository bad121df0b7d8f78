/* SPDX-License-Identifier: MIT */
#include "../../common/base/buf.h"

#include <stdlib.h>

#include "unit.h"

static void empty(void)
{
	struct cpl_buf b = CPL_BUF_INIT(10);
	char *s;

	CHECK_INT(b.len, 0);
	cpl_buf_consume(&b, 0);
	cpl_buf_truncate(&b, 0);
	cpl_buf_release(&b);
	s = cpl_buf_take(&b);
	CHECK_STR(s, "");
	free(s);
}

static void adds(void)
{
	struct cpl_buf b = CPL_BUF_INIT(100);

	CHECK_INT(cpl_buf_adds(&b, "abc"), 0);
	CHECK_INT(cpl_buf_addc(&b, 'd'), 0);
	CHECK_INT(cpl_buf_add(&b, "ef", 1), 0);
	CHECK_INT(cpl_buf_addf(&b, "-%d-%s", 42, "x"), 0);
	CHECK_INT(cpl_buf_add(&b, NULL, 0), 0);
	CHECK_STR(b.data, "abcde-42-x");
	CHECK_INT(b.len, 10);
	cpl_buf_release(&b);
	CHECK_INT(b.len, 0);
	CHECK_INT(cpl_buf_adds(&b, "again"), 0);
	CHECK_STR(b.data, "again");
	cpl_buf_release(&b);
}

static void maximum(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_buf b;

	cpl_buf_init(&b, 8);
	CHECK_INT(cpl_buf_adds(&b, "12345678"), 0);
	CHECK_INT(cpl_buf_addc(&b, '9'), -1);
	CHECK_INT(b.over, 1);
	CHECK_STR(b.data, "12345678");
	CHECK_INT(cpl_buf_err(&b, &e, CPL_DATA, "the thing"), -1);
	CHECK_INT(e.status, CPL_DATA);
	CHECK_STR(e.text, "the thing is over 8 bytes");
	CHECK_INT(cpl_buf_addf(&b, "%s", "x"), -1);
	CHECK(cpl_buf_room(&b, (size_t)-1) == NULL);
	cpl_buf_consume(&b, 1);
	CHECK_INT(cpl_buf_addc(&b, '9'), 0);
	CHECK_STR(b.data, "23456789");
	cpl_buf_release(&b);
}

static void consume(void)
{
	struct cpl_buf b = CPL_BUF_INIT(1000);
	char *s;

	/* a queue that never holds much does not grow for ever */
	for (int i = 0; i < 10000; i++) {
		if (cpl_buf_addf(&b, "%04d", i) < 0)
			CHECK(!"room");
		if (i >= 10)
			cpl_buf_consume(&b, 4);
	}
	CHECK_INT(b.len, 40);
	CHECK(b.cap <= 256);
	CHECK(!memcmp(b.data, "99909991", 8));
	cpl_buf_truncate(&b, 4);
	CHECK_STR(b.data, "9990");
	s = cpl_buf_take(&b);
	CHECK_STR(s, "9990");
	CHECK_INT(b.len, 0);
	free(s);
	CHECK_INT(cpl_buf_adds(&b, "xy"), 0);
	cpl_buf_consume(&b, 2);
	CHECK_INT(b.off, 0);
	cpl_buf_release(&b);
}

static void room(void)
{
	struct cpl_buf b = CPL_BUF_INIT(1000);
	char *p = cpl_buf_room(&b, 5);

	UNIT_NEED(p != NULL);
	memset(p, 'h', 5);
	cpl_buf_added(&b, 4);
	CHECK_STR(b.data, "hhhh");
	cpl_buf_release(&b);
}

static void secret(void)
{
	struct cpl_buf b = CPL_BUF_SECRET_INIT(1000);

	CHECK_INT(cpl_buf_adds(&b, "password"), 0);
	cpl_buf_truncate(&b, 2);
	CHECK(!memcmp(b.data, "pa\0\0\0\0\0\0", 8));
	for (int i = 0; i < 100; i++)
		if (cpl_buf_adds(&b, "12345678") < 0)
			CHECK(!"room");
	CHECK_INT(b.len, 802);
	CHECK(!memcmp(b.data, "pa1234", 6));
	cpl_buf_release(&b);
}

int main(void)
{
	RUN(empty);
	RUN(adds);
	RUN(maximum);
	RUN(consume);
	RUN(room);
	RUN(secret);
	return unit_end();
}
