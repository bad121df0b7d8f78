/* SPDX-License-Identifier: MIT
 *
 * The plan, sent: sets side by side, each with its answer, and then the
 * requests for presence, which have no answer but the server's acknowledgement.
 */
#include <string.h>

#include "../common/stanza/build.h"
#include "../common/stanza/ns.h"
#include "../common/stream/fault.h"
#include "../common/stream/send.h"
#include "xroster.h"

/* So many sets wait for their answer at once. */
#define PARALLEL 64

static void refuse(struct xroster *x, struct xroster_change *change,
		   const struct cpl_err *why)
{
	struct cpl_err e = *why;

	change->state = XROSTER_REFUSED;
	cpl_err_prefix(&e, "%s", change->contact.jid.full);
	cpl_run_complain(&x->client.run, &e);
}

/* The session was lost, and this is not sent again. */
static void unknown(struct xroster *x, struct xroster_change *change,
		    const struct cpl_err *why)
{
	struct cpl_err e = *why;

	change->state = XROSTER_UNKNOWN;
	cpl_err_prefix(&e, "%s: unknown outcome", change->contact.jid.full);
	cpl_run_complain(&x->client.run, &e);
}

static void done(struct xroster *x, struct xroster_change *change)
{
	change->state = XROSTER_DONE;
	x->client.run.outcome.went_through = 1;
}

/* What cannot be sent is refused, all but a fault of our own, which ends the
 * run. */
static void not_sent(struct xroster *x, struct xroster_change *change,
		     const struct cpl_err *e)
{
	if (e->status == CPL_DATA)
		refuse(x, change, e);
	else
		cpl_run_give_up(&x->client.run, e);
}

/* --- requests for presence --------------------------------------------- */

/* RFC 6121 3.1.1: to the bare JID. */
static int send_presence(struct xroster *x, struct xroster_change *change,
			 struct cpl_err *e)
{
	xmpp_stanza_t *p =
	    cpl_build_stanza(x->client.run.ctx, "presence", "subscribe", NULL,
			     change->contact.jid.bare);

	return cpl_send(x->client.run.session, p, &change->number, e);
}

/* Whether the set before it, if there is one, was refused. */
static int is_there(const struct xroster *x, size_t i)
{
	const struct xroster_change *before = i > 0 ? &x->plan[i - 1] : NULL;

	return !before || before->state != XROSTER_REFUSED ||
	       strcmp(before->contact.jid.full, x->plan[i].contact.jid.full) !=
		   0;
}

static void ask_for_presence(struct xroster *x)
{
	x->presences = 1;
	for (size_t i = 0; i < x->plan_count && !x->client.run.over; i++) {
		struct xroster_change *change = &x->plan[i];
		struct cpl_err e = CPL_ERR_INIT;

		if (change->mark != XROSTER_ASK)
			continue;
		if (!is_there(x, i)) {
			change->state = XROSTER_REFUSED;
		} else if (send_presence(x, change, &e) == 0) {
			change->state = XROSTER_SENT;
			x->to_ack = change->number;
		} else {
			not_sent(x, change, &e);
		}
	}
	if (x->to_ack == 0 && !x->client.run.over)
		xroster_done(x);
}

void xroster_apply_acked(struct xroster *x, uint64_t upto)
{
	for (size_t i = 0; i < x->plan_count && x->to_ack > 0; i++) {
		struct xroster_change *change = &x->plan[i];

		if (change->mark == XROSTER_ASK &&
		    change->state == XROSTER_SENT && change->number <= upto)
			done(x, change);
	}
	if (x->to_ack > 0 && upto >= x->to_ack && !x->client.closing)
		xroster_done(x);
}

/* A request that could not be delivered comes back as an error (RFC
 * 6121 3.1.3).
 */
int xroster_apply_stanza(struct xroster *x, xmpp_stanza_t *stanza)
{
	const char *from = xmpp_stanza_get_from(stanza);
	struct cpl_err e = CPL_ERR_INIT;

	if (!cpl_is(stanza, "presence", CPL_NS_CLIENT) || !from ||
	    !cpl_has_type(stanza, "error"))
		return 0;
	cpl_fault_stanza(stanza, &e);
	for (size_t i = 0; i < x->plan_count; i++) {
		struct xroster_change *change = &x->plan[i];

		if (change->mark == XROSTER_ASK &&
		    change->state == XROSTER_SENT &&
		    cpl_jid_same_bare(from, change->contact.jid.bare))
			refuse(x, change, &e);
	}
	return 1;
}

/* --- sets -------------------------------------------------------------- */

/* RFC 6121 2.3, 2.5: of the state the server alone decides. */
static int send_set(struct xroster *x, struct xroster_change *change,
		    struct cpl_err *e)
{
	struct cpl_contact gone = {.jid = change->contact.jid,
				   .subscription = CPL_SUB_REMOVE};
	const struct cpl_contact *c =
	    change->mark == XROSTER_GONE ? &gone : &change->contact;
	xmpp_ctx_t *ctx = x->client.run.ctx;
	xmpp_stanza_t *iq = cpl_roster_set(ctx, cpl_contact_item(ctx, c, 0));
	int result =
	    iq ? cpl_pool_ask(x->pool, iq, change, e) : cpl_err_nomem(e);

	if (iq)
		xmpp_stanza_release(iq);
	return result;
}

static void send_next(struct xroster *x)
{
	while (x->next < x->plan_count && !x->client.run.over &&
	       !cpl_pool_full(x->pool)) {
		struct xroster_change *change = &x->plan[x->next++];
		struct cpl_err e = CPL_ERR_INIT;

		if (change->mark == XROSTER_ASK)
			continue;
		if (send_set(x, change, &e) == 0)
			change->state = XROSTER_SENT;
		else
			not_sent(x, change, &e);
	}
	if (x->next == x->plan_count && cpl_pool_count(x->pool) == 0 &&
	    !x->presences && !x->client.run.over)
		ask_for_presence(x);
}

static void on_answered(void *user, void *item, xmpp_stanza_t *answer,
			const struct cpl_err *why)
{
	struct xroster *x = user;
	struct xroster_change *change = item;
	struct cpl_err e = CPL_ERR_INIT;

	/* None: xroster_apply_ending() tells. */
	if (!answer && !cpl_session_alive(x->client.run.session))
		return;
	if (!answer) {
		unknown(x, change, why);
	} else if (cpl_has_type(answer, "result")) {
		done(x, change);
	} else {
		cpl_fault_stanza(answer, &e);
		refuse(x, change, &e);
	}
	send_next(x);
}

void xroster_apply(struct xroster *x)
{
	struct cpl_pool_conf conf = {
	    .loop = x->client.run.loop,
	    .session = x->client.run.session,
	    .parallel = PARALLEL,
	    .unordered = 1,
	};
	struct cpl_pool_events events = {on_answered, NULL, x};

	x->pool = cpl_pool_new(&conf, &events);
	if (x->pool) {
		send_next(x);
		return;
	}
	cpl_run_no_memory(&x->client.run);
}

/* What is sent and not answered may have happened or not; what is not sent has
 * not. */
void xroster_apply_ending(struct xroster *x)
{
	const struct cpl_run *run = &x->client.run;
	const char *first = NULL;
	size_t unsent = 0;

	if (!x->pool)
		return;
	for (size_t i = 0; i < x->plan_count; i++) {
		const struct xroster_change *change = &x->plan[i];
		const char *jid = change->contact.jid.full;

		if (change->state == XROSTER_SENT) {
			cpl_cli_warn(&run->cli, "%s: unknown outcome", jid);
		} else if (change->state == XROSTER_WAITING) {
			first = first ? first : jid;
			unsent++;
		}
	}
	if (unsent > 0)
		cpl_cli_warn(&run->cli,
			     "%s: not sent: %zu change%s, from here on", first,
			     unsent, unsent == 1 ? "" : "s");
}
