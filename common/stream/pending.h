/* SPDX-License-Identifier: MIT
 *
 * Presence that is announced with priority -1, so that no messages are drawn,
 * in a way that makes the server send again the requests for subscription that
 * wait for an answer (RFC 6121 3.1.3). ejabberd does that for a first presence
 * of priority 0 or more alone, which would draw what is in offline storage too,
 * unless that was looked at before by XEP-0013. So, where the server has that,
 * the list is asked for, and priority 0 is followed by -1 at once; a message
 * that comes between the two is for this session, though. */
#ifndef CPL_PENDING_H
#define CPL_PENDING_H

#include "presence.h"
#include "session.h"

struct cpl_pending;

struct cpl_pending_events {
	/* Presence is announced: the requests come before the answer to
	 * whatever is asked next; or it cannot be, with why. Once. */
	void (*announced)(void *user, const struct cpl_err *why);
	void *user;
};

/* Begins: the session is online. The presence is announced as it is, but for
 * its priority; what it points to outlives this. NULL with e as
 * cpl_session_send() has it. */
struct cpl_pending *cpl_pending_new(struct cpl_session *session,
				    const struct cpl_presence *presence,
				    const struct cpl_pending_events *on,
				    struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Before the session is freed. */
void cpl_pending_free(struct cpl_pending *p);

#endif
