/* SPDX-License-Identifier: MIT
 *
 * What is read from a server's <stream:features/> (RFC 6120 4.3.2). */
#ifndef CPL_FEATURES_H
#define CPL_FEATURES_H

#include <strophe.h>

#include "../base/err.h"
#include "../store/offer.h"

/* What they offer to those who have not logged in, into o. 0, or -1 with
 * CPL_PROTOCOL (a list is too long), CPL_SYSTEM; then o is empty. */
int cpl_features_offer(struct cpl_offer *o, xmpp_stanza_t *features,
		       struct cpl_err *e) __attribute__((warn_unused_result));

/* XEP-0478 3: the largest stanza in bytes that they name; 0: they do not say.
 */
size_t cpl_features_limit(xmpp_stanza_t *features);

#endif
