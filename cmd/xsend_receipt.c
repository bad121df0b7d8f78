/* SPDX-License-Identifier: MIT
 *
 * xsend --receipt: each message asks its recipient's client for a receipt
 * (XEP-0184), and the run goes on until all have come or their time is over. */
#include "../common/base/limits.h"
#include "xsend.h"

static void on_missing(void *user, const struct cpl_origin *origin,
		       const char *to, const char *id)
{
	struct send *r = user;
	struct cpl_err e = CPL_ERR_INIT;
	char where[CPL_FEED_NAME_SIZE];

	cpl_err_set(&e, CPL_TIMEOUT, "%s: message %s: no receipt%s", to, id,
		    r->run.over ? "" : " in time");
	cpl_feed_name(&r->feed, origin->record, where);
	if (r->set.feed.mode != CPL_INPUT_WHOLE)
		cpl_err_prefix(&e, "%s", where);
	cpl_run_complain(&r->run, &e);
}

static void on_fewer(void *user)
{
	struct send *r = user;

	if (r->run.over)
		return;
	if (r->delivered && cpl_receipts_waiting(r->receipts) == 0)
		xsend_close(r);
	else if (!r->delivered && !xsend_receipts_full(r))
		cpl_feed_room(&r->feed);
}

int xsend_receipts_open(struct send *r)
{
	struct cpl_receipts_events events = {on_missing, on_fewer, r};

	if (r->set.receipt == 0)
		return 0;
	r->receipts = cpl_receipts_new(r->run.loop, &r->run.cli.log,
				       r->set.receipt, &events);
	return r->receipts ? 0 : -1;
}

int xsend_receipt_prepare(void *user, xmpp_stanza_t *stanza)
{
	struct send *r = user;

	return r->receipts ? cpl_receipt_request(stanza) : 0;
}

int xsend_receipts_full(void *user)
{
	struct send *r = user;

	return r->receipts &&
	       cpl_receipts_waiting(r->receipts) >= CPL_RECEIPTS_WAITING;
}

void xsend_receipt_sent(struct send *r, xmpp_stanza_t *stanza,
			const struct cpl_origin *origin)
{
	if (!r->receipts ||
	    cpl_receipts_sent(r->receipts, stanza, origin,
			      cpl_delivery_sent(r->delivery)) == 0)
		return;
	cpl_run_no_memory(&r->run);
}

int xsend_receipt_came(struct send *r, xmpp_stanza_t *stanza)
{
	return r->receipts &&
	       cpl_receipts_stanza(r->receipts, stanza,
				   cpl_session_jid(r->run.session));
}

void xsend_receipts_acked(struct send *r)
{
	if (r->receipts)
		cpl_receipts_acked(r->receipts,
				   cpl_delivery_confirmed(r->delivery));
}

void xsend_receipt_refused(struct send *r, const struct cpl_origin *origin)
{
	if (r->receipts)
		cpl_receipts_refused(r->receipts, origin);
}

int xsend_receipts_wait(struct send *r)
{
	if (!r->receipts)
		return 0;
	cpl_receipts_acked(r->receipts, UINT64_MAX);
	return cpl_receipts_waiting(r->receipts) > 0;
}

void xsend_receipts_report(struct send *r)
{
	uint64_t missing;

	if (!r->receipts)
		return;
	cpl_receipts_end(r->receipts);
	missing = cpl_receipts_missing(r->receipts);
	/* A message goes through when its receipt comes. */
	r->run.outcome.went_through =
	    cpl_receipts_come(r->receipts) > 0 &&
	    (missing > 0 || r->run.outcome.went_through ||
	     cpl_delivery_refused(r->delivery) > 0);
}
