/* SPDX-License-Identifier: MIT
 *
 * The presence that a session announces (RFC 6121 4.2) and takes back. Nothing
 * is kept; the strings stay the caller's. */
#ifndef CPL_PRESENCE_H
#define CPL_PRESENCE_H

#include "caps.h"
#include "session.h"

struct cpl_presence {
	long priority;      /* -128 to 127 */
	const char *show;   /* away, chat, dnd, xa; NULL: none */
	const char *status; /* checked text, or NULL */
	const char *to;     /* a JID, for directed presence (4.6); NULL: all
			       who may see it */
	const struct cpl_caps *caps; /* rides along (XEP-0115); NULL: none */
};

/* Sends it. -1 with e as cpl_session_send() has it. */
int cpl_presence_announce(struct cpl_session *session,
			  const struct cpl_presence *presence,
			  struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Says that the session is gone (4.5), though its stream is still open. */
int cpl_presence_withdraw(struct cpl_session *session, struct cpl_err *e)
    __attribute__((warn_unused_result));

#endif
