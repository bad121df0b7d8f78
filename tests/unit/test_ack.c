/* SPDX-License-Identifier: MIT */
#include "../../common/stream/ack.h"

#include "../../common/base/limits.h"
#include "unit.h"

static void takes(void)
{
	struct cpl_ack a = {.sent = 10};
	struct cpl_err e = CPL_ERR_INIT;
	uint64_t more = 99;

	CHECK_INT(cpl_ack_take(&a, 0, &more, &e), 0);
	CHECK_INT(more, 0);
	CHECK_INT(cpl_ack_take(&a, 3, &more, &e), 0);
	CHECK_INT(more, 3);
	CHECK_INT(cpl_ack_take(&a, 3, &more, &e), 0);
	CHECK_INT(more, 0);
	CHECK_INT(cpl_ack_take(&a, 10, &more, &e), 0);
	CHECK_INT(more, 7);
	CHECK_INT(a.acked, 10);
	CHECK_STR(e.text, "");
}

static void more_than_sent(void)
{
	struct cpl_ack a = {.sent = 10, .acked = 4};
	struct cpl_err e = CPL_ERR_INIT;
	uint64_t more = 99;

	CHECK_INT(cpl_ack_take(&a, 11, &more, &e), -1);
	CHECK_INT(e.status, CPL_PROTOCOL);
	CHECK_STR(e.text,
		  "the server acknowledges more than was sent (h=11 of 10)");
	CHECK_INT(cpl_ack_take(&a, 1000000, &more, &e), -1);
	CHECK_INT(a.acked, 4);
	CHECK_INT(more, 99);
	CHECK_INT(cpl_ack_take(&(struct cpl_ack){0}, 1, &more, &e), -1);
	CHECK_INT(e.status, CPL_PROTOCOL);
}

static void backwards(void)
{
	struct cpl_ack a = {.sent = 10, .acked = 4};
	struct cpl_err e = CPL_ERR_INIT;
	uint64_t more = 99;

	CHECK_INT(cpl_ack_take(&a, 3, &more, &e), -1);
	CHECK_INT(e.status, CPL_PROTOCOL);
	CHECK_STR(e.text,
		  "the server takes back an acknowledgement (h=3 after 4)");
	CHECK_INT(cpl_ack_take(&a, 0, &more, &e), -1);
	CHECK_INT(a.acked, 4);
	CHECK_INT(more, 99);
	CHECK_INT(cpl_ack_take(&a, 4, &more, NULL), 0);
	CHECK_INT(cpl_ack_take(&a, 3, &more, NULL), -1);
}

/* XEP-0198 4: h counts modulo 2^32. */
static void wraps(void)
{
	struct cpl_ack a = {.sent = 0xfffffffeU, .acked = 0xfffffffcU};
	struct cpl_err e = CPL_ERR_INIT;
	uint64_t more;

	CHECK_INT(cpl_ack_take(&a, 0xfffffffeU, &more, &e), 0);
	CHECK_INT(more, 2);
	a.sent += 4; /* 2^32 + 2 */
	CHECK_INT(cpl_ack_take(&a, 0xffffffffU, &more, &e), 0);
	CHECK_INT(more, 1);
	CHECK_INT(cpl_ack_take(&a, 0, &more, &e), 0);
	CHECK_INT(more, 1);
	CHECK_INT(a.acked, 1ULL << 32);
	CHECK_INT(cpl_ack_take(&a, 3, &more, &e), -1);
	CHECK_STR(e.text,
		  "the server acknowledges more than was sent (h=3 of 2)");
	CHECK_INT(cpl_ack_take(&a, 0xffffffffU, &more, &e), -1);
	CHECK_STR(e.text, "the server takes back an acknowledgement "
			  "(h=4294967295 after 0)");
	CHECK_INT(cpl_ack_take(&a, 2, &more, &e), 0);
	CHECK_INT(more, 2);
	CHECK_INT(a.acked, (1ULL << 32) + 2);
}

/* Over a second round as well. */
static void counts_on(void)
{
	struct cpl_ack a = {.sent = (5ULL << 32) + 7, .acked = 5ULL << 32};
	uint64_t more;

	CHECK_INT(cpl_ack_take(&a, 7, &more, NULL), 0);
	CHECK_INT(more, 7);
	CHECK_INT(a.acked, (5ULL << 32) + 7);
}

static void counts_from_enabled(void)
{
	struct cpl_ack a = {.received = 3, .before = 2, .handled = 1};

	CHECK_INT(cpl_ack_tell(&a), 0);
	a.handled = 3;
	CHECK_INT(cpl_ack_tell(&a), 1);
	CHECK_INT(a.told, 3);
}

static void tells(void)
{
	struct cpl_ack a = {.received = 5, .handled = 3};

	CHECK_INT(cpl_ack_tell(&a), 3);
	CHECK_INT(a.told, 3);
	a.handled = (1ULL << 32) + 1;
	CHECK_INT(cpl_ack_tell(&a), 1);
	CHECK_INT(a.told, (1ULL << 32) + 1);
}

static void due(void)
{
	struct cpl_ack a = {.handled = CPL_ACK_EVERY - 1};

	CHECK(!cpl_ack_due(&(struct cpl_ack){0}));
	CHECK(!cpl_ack_due(&a));
	a.handled++;
	CHECK(cpl_ack_due(&a));
	CHECK_INT(cpl_ack_tell(&a), CPL_ACK_EVERY);
	CHECK(!cpl_ack_due(&a));
	/* what is received and not handled does not count */
	a.received = 1000;
	CHECK(!cpl_ack_due(&a));
}

int main(void)
{
	RUN(takes);
	RUN(more_than_sent);
	RUN(backwards);
	RUN(wraps);
	RUN(counts_on);
	RUN(tells);
	RUN(counts_from_enabled);
	RUN(due);
	return unit_end();
}
