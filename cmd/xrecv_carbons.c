/* SPDX-License-Identifier: MIT
 *
 * xrecv --carbons: what the account's other clients receive and send
 * (XEP-0280) is taken out of its wrapping, when the own account wrapped it. */
#include "../common/stanza/build.h"
#include "../common/stanza/carbon.h"
#include "../common/stanza/ns.h"
#include "../common/stream/send.h"
#include "xrecv.h"

static void enabled(void *user, xmpp_stanza_t *answer)
{
	const char *type = answer ? xmpp_stanza_get_type(answer) : NULL;
	struct recv *r = user;
	struct cpl_err e = CPL_ERR_INIT;

	if (!type || r->ending)
		return;
	if (type[0] == 'r') {
		xrecv_ready(r);
		return;
	}
	cpl_err_set(&e, CPL_UNAVAILABLE,
		    "--carbons: the server refuses copies of messages: %s",
		    cpl_condition(cpl_own_child(answer, "error"),
				  CPL_NS_STANZA_ERRORS));
	cpl_run_give_up(&r->run, &e);
}

void xrecv_carbons_prepare(struct recv *r)
{
	struct cpl_session *session = r->run.session;
	struct cpl_err e = CPL_ERR_INIT;

	if (!r->set.carbons)
		return;
	r->preparing++;
	if (cpl_send_request(session,
			     cpl_carbon_enable(cpl_session_ctx(session)),
			     enabled, r, &e) < 0)
		cpl_run_give_up(&r->run, &e);
}

xmpp_stanza_t *xrecv_carbons_open(struct recv *r, xmpp_stanza_t *stanza)
{
	const struct cpl_jid *own = cpl_session_jid(r->run.session);
	xmpp_stanza_t *message = NULL;

	if (!r->set.carbons)
		return stanza;
	switch (cpl_carbon_take(stanza, own, &message)) {
	case CPL_CARBON_NONE: return stanza;
	case CPL_CARBON_FORGED: r->forged++; return NULL;
	case CPL_CARBON_RECEIVED: return message;
	case CPL_CARBON_SENT:
	default: return r->set.own ? message : NULL;
	}
}
