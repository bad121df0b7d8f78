/* SPDX-License-Identifier: MIT
 *
 * What is built to be sent is sent and released: the functions of session.h for
 * stanzas that nobody needs afterwards. Each takes its stanza over, whatever
 * comes of it; NULL is one for which there was no memory. Nothing is kept. */
#ifndef CPL_SEND_H
#define CPL_SEND_H

#include "session.h"

/* cpl_session_send(). */
int cpl_send(struct cpl_session *s, xmpp_stanza_t *stanza, uint64_t *number,
	     struct cpl_err *e) __attribute__((warn_unused_result));

/* cpl_session_request(). */
int cpl_send_request(struct cpl_session *s, xmpp_stanza_t *iq,
		     void (*answered)(void *user, xmpp_stanza_t *answer),
		     void *user, struct cpl_err *e)
    __attribute__((warn_unused_result));

#endif
