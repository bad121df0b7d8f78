/* SPDX-License-Identifier: MIT
 *
 * xping: the statistics, and the records. */
#include <stdio.h>

#include "../common/stanza/build.h"
#include "../common/stanza/json.h"
#include "../common/stanza/ns.h"
#include "xping.h"

/* Mean and variance as they go (Welford), so that any number of pings costs
 * neither memory nor precision. */
void target_count(struct target *t, double ms)
{
	double before = t->mean;

	t->answered++;
	if (t->answered == 1 || ms < t->min)
		t->min = ms;
	if (t->answered == 1 || ms > t->max)
		t->max = ms;
	t->mean += (ms - t->mean) / (double)t->answered;
	t->squares += (ms - before) * (ms - t->mean);
}

/* Newton's way; libm for one root would be one library more to load. */
static double square_root(double x)
{
	double root = x > 1 ? x : 1;

	for (int i = 0; i < 64; i++)
		root = (root + x / root) / 2;
	return root;
}

/* As ping(8) has it: the standard deviation of all. */
static double deviation(const struct target *t)
{
	return t->squares > 0 ? square_root(t->squares / (double)t->answered)
			      : 0;
}

/* Begins an object: {"jid":"..." */
static int begin_json(struct cpl_buf *out, const struct target *t)
{
	return cpl_buf_addc(out, '{') < 0
		   ? -1
		   : cpl_json_entry(out, "jid", t->jid->full);
}

static void end_json(struct cpl_client *c, int failed)
{
	cpl_client_json(c, failed || cpl_buf_addc(&c->line, '}') < 0);
}

/* The answer as a stanza, with what was measured in the place of its payload:
 * for -x and templates. An error that counts as an answer is a result too. */
static void print_stanza(struct cpl_client *c, const struct target *t,
			 const char *seq, const char *ms, xmpp_stanza_t *answer)
{
	xmpp_stanza_t *iq = cpl_build_stanza(
	    c->run.ctx, "iq", "result", xmpp_stanza_get_id(answer),
	    cpl_session_jid(c->run.session)->full);
	xmpp_stanza_t *ping = cpl_build_child(iq, "ping", CPL_NS_PING);

	if (ping && cpl_set_attr(iq, "from", t->jid->full) == 0 &&
	    cpl_set_attr(ping, "seq", seq) == 0 &&
	    cpl_set_attr(ping, "ms", ms) == 0)
		cpl_client_print(c, iq);
	else
		cpl_run_no_memory(&c->run);
	if (iq)
		xmpp_stanza_release(iq);
}

void print_answer(struct cpl_client *c, const struct target *t, long seq,
		  double ms, xmpp_stanza_t *answer)
{
	char number[24], time[32];
	const char *fields[] = {t->jid->full, number, time};

	snprintf(number, sizeof number, "%ld", seq);
	snprintf(time, sizeof time, "%.3f", ms);
	switch (c->format.kind) {
	case CPL_FORMAT_TEXT:
	case CPL_FORMAT_NUL: cpl_client_fields(c, fields, 3); break;
	case CPL_FORMAT_JSON:
		end_json(c, begin_json(&c->line, t) < 0 ||
				cpl_buf_addf(&c->line, ",\"seq\":%s,\"ms\":%s",
					     number, time) < 0);
		break;
	case CPL_FORMAT_XML:
	case CPL_FORMAT_TEMPLATE:
		print_stanza(c, t, number, time, answer);
		break;
	}
}

static int add_total(struct cpl_buf *out, const struct target *t)
{
	if (begin_json(out, t) < 0 ||
	    cpl_buf_addf(out, ",\"sent\":%ld,\"answered\":%ld", t->sent,
			 t->answered) < 0)
		return -1;
	if (t->answered == 0)
		return 0;
	return cpl_buf_addf(
	    out, ",\"min\":%.3f,\"avg\":%.3f,\"max\":%.3f,\"mdev\":%.3f",
	    t->min, t->mean, t->max, deviation(t));
}

void print_total(struct cpl_client *c, const struct target *t)
{
	char text[6][32] = {"", "", "", "", "", ""};
	const char *fields[] = {t->jid->full, "total", text[0], text[1],
				text[2],      text[3], text[4], text[5]};

	snprintf(text[0], sizeof text[0], "%ld", t->sent);
	snprintf(text[1], sizeof text[1], "%ld", t->answered);
	if (t->answered > 0) {
		snprintf(text[2], sizeof text[2], "%.3f", t->min);
		snprintf(text[3], sizeof text[3], "%.3f", t->mean);
		snprintf(text[4], sizeof text[4], "%.3f", t->max);
		snprintf(text[5], sizeof text[5], "%.3f", deviation(t));
	}
	switch (c->format.kind) {
	case CPL_FORMAT_TEXT:
	case CPL_FORMAT_NUL: cpl_client_fields(c, fields, 8); break;
	case CPL_FORMAT_JSON: end_json(c, add_total(&c->line, t) < 0); break;
	case CPL_FORMAT_XML:
	case CPL_FORMAT_TEMPLATE: break; /* there is no stanza for it */
	}
}
