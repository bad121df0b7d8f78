/* SPDX-License-Identifier: MIT */
#include "send.h"

int cpl_send(struct cpl_session *s, xmpp_stanza_t *stanza, uint64_t *number,
	     struct cpl_err *e)
{
	int r;

	if (!stanza)
		return cpl_err_nomem(e);
	r = cpl_session_send(s, stanza, number, e);
	xmpp_stanza_release(stanza);
	return r;
}

int cpl_send_request(struct cpl_session *s, xmpp_stanza_t *iq,
		     void (*answered)(void *user, xmpp_stanza_t *answer),
		     void *user, struct cpl_err *e)
{
	int r;

	if (!iq)
		return cpl_err_nomem(e);
	r = cpl_session_request(s, iq, answered, user, e);
	xmpp_stanza_release(iq);
	return r;
}
