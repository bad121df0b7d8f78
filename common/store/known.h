/* SPDX-License-Identifier: MIT
 *
 * What the last login of an account has learnt about its server, so that the
 * next one need not ask: a cache in the file known-JID of the state folder, of
 * one place alone, the last. What is missing or wrong there costs a round trip.
 * What stands there was said over TLS. A struct cpl_known owns its strings;
 * zero-filled it knows nothing. */
#ifndef CPL_KNOWN_H
#define CPL_KNOWN_H

#include <stddef.h>

#include "../base/log.h"
#include "offer.h"

/* How stanzas fared that left before the login was confirmed. */
enum cpl_early { CPL_EARLY_UNTRIED, CPL_EARLY_WORKED, CPL_EARLY_REFUSED };

struct cpl_known {
	char *place; /* cpl_known_place() */
	struct cpl_offer offer;
	int managed; /* XEP-0198 is offered after the login */
	enum cpl_early early;
};

/* Reads what is known to a bare JID. folder is the state folder, or NULL. With
 * nothing there that could be read k is empty. */
void cpl_known_read(struct cpl_known *k, const char *folder, const char *bare,
		    const struct cpl_log *log);

/* Writes it, unless it is what before holds (which may be NULL). */
void cpl_known_write(const struct cpl_known *k, const struct cpl_known *before,
		     const char *folder, const char *bare,
		     const struct cpl_log *log);

void cpl_known_release(struct cpl_known *k);

#endif
