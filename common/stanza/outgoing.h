/* SPDX-License-Identifier: MIT
 *
 * The rules by which a stanza that came from a record may be sent on, so that
 * what one tool prints another can send and a loop is no accident: from,
 * stanza-ids (XEP-0359) and the mark of a message that was fetched from offline
 * storage (XEP-0013) are dropped, and of an answer the delay of what it answers
 * (XEP-0203), errors are not sent (RFC 6120 8.3.1: an error is never answered
 * by one), a message to the own bare JID has to be asked for. */
#ifndef CPL_OUTGOING_H
#define CPL_OUTGOING_H

#include <strophe.h>

#include "jid.h"

struct cpl_outgoing_rules {
	const struct cpl_jid *own;
	int reply;     /* to becomes what from was */
	int to_self;   /* messages to the own bare JID are meant */
	int addressed; /* recipients are given: the record's to is not used */
};

/* A stanza by the rules: new, the caller's; the given one is left alone. NULL
 * with e: CPL_DATA and the rule that was broken, CPL_SYSTEM. */
xmpp_stanza_t *cpl_outgoing(xmpp_stanza_t *record,
			    const struct cpl_outgoing_rules *rules,
			    struct cpl_err *e)
    __attribute__((warn_unused_result));

#endif
