/* SPDX-License-Identifier: MIT */
#include "../../common/base/timing.h"

#include "unit.h"

static void says(const struct cpl_timing *t, int64_t now, const char *expected)
{
	char text[CPL_TIMING_TEXT];

	cpl_timing_text(t, now, text, sizeof text);
	CHECK_STR(text, expected);
}

static void phases(void)
{
	struct cpl_timing t = {.first = 1000,
			       .began = 1000,
			       .ended = {1000, 1140, 3440, 4640, 4740, 5140},
			       .flights = 6,
			       .acked = 5,
			       .connections = 1};

	says(&t, 5140,
	     "dns 0.0 tcp 0.1 tls 2.3 login 1.2 send 0.1 ack 0.4 "
	     "total 4.1 ms, 5 flights");
	/* an early flight: stanzas leave with the authentication */
	t.ended[CPL_TIMING_SEND] = 3540;
	says(&t, 5140,
	     "dns 0.0 tcp 0.1 tls 2.3 send 0.1 login 1.1 ack 0.5 "
	     "total 4.1 ms, 5 flights");
	/* at the same moment: in the usual order */
	t.ended[CPL_TIMING_SEND] = 4640;
	says(&t, 5140,
	     "dns 0.0 tcp 0.1 tls 2.3 login 1.2 send 0.0 ack 0.5 "
	     "total 4.1 ms, 5 flights");
}

static void what_did_not_end(void)
{
	struct cpl_timing t = {.first = 1000,
			       .began = 1000,
			       .ended = {1500, 2500, 0, 3500, 0, 4500},
			       .flights = 1,
			       .connections = 1};

	says(&t, 5000,
	     "dns 0.5 tcp 1.0 login 1.0 ack 1.0 tls - send - "
	     "total 4.0 ms, 1 flight");
	t = (struct cpl_timing){0};
	says(&t, 123456,
	     "dns - tcp - tls - login - send - ack - total 0.0 ms, 0 flights");
}

/* The longest there can be has room. */
static void the_longest(void)
{
	struct cpl_timing t = {.first = 1,
			       .began = 1,
			       .flights = (unsigned)-1,
			       .connections = (unsigned)-1};
	char text[CPL_TIMING_TEXT];

	for (int i = 0; i < CPL_TIMING_MARKS; i++)
		t.ended[i] = INT64_MAX - (CPL_TIMING_MARKS - i);
	cpl_timing_text(&t, INT64_MAX, text, sizeof text);
	CHECK(strstr(text, " flights, 4294967295 connections") != NULL);
}

static void flights(void)
{
	struct cpl_timing t = {0};

	cpl_timing_begin(&t);
	CHECK_INT(t.flights, 0);
	cpl_timing_connected(&t);
	CHECK_INT(t.flights, 1);
	cpl_timing_out(&t);
	cpl_timing_out(&t);
	CHECK_INT(t.flights, 2);
	cpl_timing_in(&t);
	cpl_timing_in(&t);
	CHECK_INT(t.flights, 2);
	cpl_timing_out(&t);
	CHECK_INT(t.flights, 3);
	cpl_timing_in(&t);
	cpl_timing_mark(&t, CPL_TIMING_ACK);
	CHECK_INT(t.acked, 3);
	cpl_timing_stop(&t);
	cpl_timing_out(&t);
	CHECK_INT(t.flights, 3);
}

static void the_first_stanza(void)
{
	struct cpl_timing t = {0};
	int64_t first;

	cpl_timing_begin(&t);
	cpl_timing_connected(&t);
	cpl_timing_out(&t);
	CHECK_INT(t.ended[CPL_TIMING_SEND], 0);
	cpl_timing_stanza(&t);
	CHECK_INT(t.ended[CPL_TIMING_SEND], 0);
	cpl_timing_out(&t);
	first = t.ended[CPL_TIMING_SEND];
	CHECK(first > 0);
	cpl_timing_stanza(&t);
	cpl_timing_out(&t);
	CHECK_INT(t.ended[CPL_TIMING_SEND], first);
}

/* Of the next connection nothing is known, of an attempt's next target the
 * look-up. */
static void again(void)
{
	struct cpl_timing t = {0};
	int64_t first;

	cpl_timing_begin(&t);
	first = t.first;
	cpl_timing_mark(&t, CPL_TIMING_DNS);
	cpl_timing_connected(&t);
	cpl_timing_out(&t);
	cpl_timing_mark(&t, CPL_TIMING_TLS);
	cpl_timing_connected(&t);
	CHECK(t.ended[CPL_TIMING_DNS] > 0);
	CHECK(t.ended[CPL_TIMING_TCP] > 0);
	CHECK_INT(t.ended[CPL_TIMING_TLS], 0);
	CHECK_INT(t.flights, 1);
	cpl_timing_mark(&t, CPL_TIMING_ACK);
	cpl_timing_stop(&t);
	cpl_timing_begin(&t);
	CHECK_INT(t.ended[CPL_TIMING_DNS], 0);
	CHECK_INT(t.ended[CPL_TIMING_ACK], 0);
	CHECK_INT(t.acked, 0);
	CHECK_INT(t.stopped, 0);
	CHECK_INT(t.first, first);
	CHECK_INT(t.connections, 2);
}

static void off(void)
{
	cpl_timing_begin(NULL);
	cpl_timing_connected(NULL);
	cpl_timing_mark(NULL, CPL_TIMING_ACK);
	cpl_timing_stanza(NULL);
	cpl_timing_out(NULL);
	cpl_timing_in(NULL);
	cpl_timing_stop(NULL);
	CHECK(cpl_timing_now() > 0);
}

int main(void)
{
	RUN(phases);
	RUN(what_did_not_end);
	RUN(the_longest);
	RUN(flights);
	RUN(the_first_stanza);
	RUN(again);
	RUN(off);
	return unit_end();
}
