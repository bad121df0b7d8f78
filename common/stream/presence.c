/* SPDX-License-Identifier: MIT */
#include "presence.h"

#include <stdio.h>

#include "../stanza/build.h"
#include "send.h"

int cpl_presence_announce(struct cpl_session *session,
			  const struct cpl_presence *presence,
			  struct cpl_err *e)
{
	xmpp_stanza_t *p = cpl_build_stanza(
	    cpl_session_ctx(session), "presence", NULL, NULL, presence->to);
	char priority[24];
	int ok = p != NULL;

	snprintf(priority, sizeof priority, "%ld", presence->priority);
	if (ok && presence->show)
		ok = cpl_build_text_child(p, "show", presence->show) == 0;
	if (ok && presence->status)
		ok = cpl_build_text_child(p, "status", presence->status) == 0;
	/* RFC 6121 4.7.2.3: without one it is 0. */
	if (ok && presence->priority != 0)
		ok = cpl_build_text_child(p, "priority", priority) == 0;
	if (ok && presence->caps)
		ok = cpl_caps_presence(presence->caps, p) == 0;
	return cpl_send(session, cpl_built(p, ok), NULL, e);
}

int cpl_presence_withdraw(struct cpl_session *session, struct cpl_err *e)
{
	xmpp_stanza_t *p = cpl_build_stanza(
	    cpl_session_ctx(session), "presence", "unavailable", NULL, NULL);

	return cpl_send(session, p, NULL, e);
}
