/* SPDX-License-Identifier: MIT */
#include "timing.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *const names[CPL_TIMING_MARKS] = {"dns",   "tcp",  "tls",
						    "login", "send", "ack"};

int64_t cpl_timing_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000 + 1;
}

/* Forgets what a connection before this one brought. */
static void forget(struct cpl_timing *t, enum cpl_timing_mark from)
{
	for (int i = (int)from; i < CPL_TIMING_MARKS; i++)
		t->ended[i] = 0;
	t->flights = t->acked = 0;
	t->answered = t->stanza = t->stopped = 0;
}

void cpl_timing_begin(struct cpl_timing *t)
{
	if (!t)
		return;
	forget(t, CPL_TIMING_DNS);
	t->began = cpl_timing_now();
	if (!t->first)
		t->first = t->began;
}

void cpl_timing_connected(struct cpl_timing *t)
{
	if (!t)
		return;
	forget(t, CPL_TIMING_TCP);
	cpl_timing_mark(t, CPL_TIMING_TCP);
	t->connections++;
	t->flights = 1;
	t->answered = 1;
}

void cpl_timing_fast_open(struct cpl_timing *t)
{
	if (!t)
		return;
	forget(t, CPL_TIMING_TCP);
	t->connections++;
	t->answered = 1;
}

void cpl_timing_mark(struct cpl_timing *t, enum cpl_timing_mark mark)
{
	int once = mark == CPL_TIMING_DNS || mark == CPL_TIMING_SEND;

	if (!t || (once && t->ended[mark]))
		return;
	t->ended[mark] = cpl_timing_now();
	if (mark == CPL_TIMING_ACK)
		t->acked = t->flights;
}

void cpl_timing_stanza(struct cpl_timing *t)
{
	if (t)
		t->stanza = 1;
}

void cpl_timing_out(struct cpl_timing *t)
{
	if (!t || t->stopped)
		return;
	t->flights += t->answered != 0;
	t->answered = 0;
	if (t->stanza)
		cpl_timing_mark(t, CPL_TIMING_SEND);
	t->stanza = 0;
}

void cpl_timing_in(struct cpl_timing *t)
{
	if (t)
		t->answered = 1;
}

void cpl_timing_stop(struct cpl_timing *t)
{
	if (t)
		t->stopped = 1;
}

/* The phases in the order of their ends, those without one last. */
static void sort(const struct cpl_timing *t, int order[CPL_TIMING_MARKS])
{
	for (int i = 0; i < CPL_TIMING_MARKS; i++) {
		int at = i;

		while (t->ended[i] && at > 0 &&
		       (!t->ended[order[at - 1]] ||
			t->ended[order[at - 1]] > t->ended[i])) {
			order[at] = order[at - 1];
			at--;
		}
		order[at] = i;
	}
}

void cpl_timing_text(const struct cpl_timing *t, int64_t now, char *out,
		     size_t n)
{
	unsigned flights = t->acked ? t->acked : t->flights;
	int64_t before = t->began;
	int order[CPL_TIMING_MARKS] = {0};
	size_t len = 0;

	sort(t, order);
	for (int i = 0; i < CPL_TIMING_MARKS; i++) {
		const char *name = names[order[i]];
		int64_t ended = t->ended[order[i]];

		if (ended)
			snprintf(out + len, n - len, "%s %.1f ", name,
				 (double)(ended - before) / 1000);
		else
			snprintf(out + len, n - len, "%s - ", name);
		len += strlen(out + len);
		before = ended;
	}
	snprintf(out + len, n - len, "total %.1f ms, %u flight%s",
		 t->first ? (double)(now - t->first) / 1000 : 0.0, flights,
		 flights == 1 ? "" : "s");
	len += strlen(out + len);
	if (t->connections > 1)
		snprintf(out + len, n - len, ", %u connections",
			 t->connections);
}
