/* SPDX-License-Identifier: MIT
 *
 * What a server offers to those who have not logged in, as far as a login is
 * made of it: read from its features (stream/features.h), or remembered from
 * the last time (known.h). A struct cpl_offer owns its strings; zero-filled it
 * offers nothing. A list is names in the order of their octets, each followed
 * by a space. */
#ifndef CPL_OFFER_H
#define CPL_OFFER_H

#include <stddef.h>

struct cpl_offer {
	char *one;      /* mechanisms of RFC 6120 6; NULL: not offered */
	char *two;      /* mechanisms of XEP-0388; NULL: not offered */
	char *bindings; /* types of XEP-0440; NULL: not said */
	char *upgrades; /* tasks of XEP-0480; NULL: none, or not known */
	char *fast;     /* XEP-0484: mechanisms for tokens; NULL: none */
	int sm;         /* XEP-0198 can be resumed inline (XEP-0388 2.3) */
	int pipelining; /* XEP-0305 */
	size_t limit;   /* XEP-0478 3: bytes of a stanza; 0: not said */
};

/* Whether a login would be made of both in the same way: the limit aside. */
int cpl_offer_same(const struct cpl_offer *a, const struct cpl_offer *b);

/* Whether a list, which may be NULL, has this name. */
int cpl_offer_has(const char *list, const char *name);

void cpl_offer_release(struct cpl_offer *o);

#endif
