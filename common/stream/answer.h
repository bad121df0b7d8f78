/* SPDX-License-Identifier: MIT
 *
 * Answers to the iq requests that every client must answer (RFC 6120 8.2.3):
 * ping (XEP-0199), disco#info (XEP-0030), version (XEP-0092) and time
 * (XEP-0202) to those who may see our presence, service-unavailable to all
 * others and for all else; a roster push is confirmed. Who may see it is in the
 * roster, which is fetched when the first stranger asks. It owns the roster's
 * names and the requests that wait for them. */
#ifndef CPL_ANSWER_H
#define CPL_ANSWER_H

#include <strophe.h>

#include "caps.h"
#include "session.h"

struct cpl_answer;

/* visible: presence is announced, so contacts may ask. caps, the same as in the
 * presence, stays the caller's and outlives the answers; NULL: what every tool
 * says. NULL without memory. */
struct cpl_answer *cpl_answer_new(struct cpl_session *session, int visible,
				  const struct cpl_caps *caps)
    __attribute__((warn_unused_result));

/* After the session was freed, or was told to forget it. */
void cpl_answer_free(struct cpl_answer *a);

/* Answers an iq of type get or set; anything else is left alone. The answer may
 * follow later, and what somebody else sends as a roster push has none (RFC
 * 6121 2.1.6). Non-zero: it was such an iq. */
int cpl_answer_iq(struct cpl_answer *a, xmpp_stanza_t *iq);

/* The same for a sender who may know, contact or not. */
int cpl_answer_trusted(struct cpl_answer *a, xmpp_stanza_t *iq);

/* Sends a stanza (the caller keeps it) to the own account, or to who may see
 * our presence, as soon as that is known; to anybody else it is not sent. */
void cpl_answer_private(struct cpl_answer *a, xmpp_stanza_t *stanza);

/* Asks for the roster now, and again when it changes, so that it is known when
 * it is needed. For each login: only who asked is told of changes (RFC 6121
 * 2.2). */
void cpl_answer_learn(struct cpl_answer *a);

#endif
