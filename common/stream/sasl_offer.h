/* SPDX-License-Identifier: MIT
 *
 * What a server offers for a login in one profile, and what XEP-0474 makes of
 * it: a hash that the server puts into its signed part of SCRAM, by which a
 * client knows that it saw the very offer that the server made. Nothing is
 * owned here; the lists are the caller's, in the form of store/offer.h. */
#ifndef CPL_SASL_OFFER_H
#define CPL_SASL_OFFER_H

#include "../base/buf.h"

struct cpl_sasl_offer {
	const char *mechanisms; /* of the profile that the login is in */
	const char *bindings;   /* XEP-0440: types of channel binding; NULL:
				   none is named */
	int two;                /* the profile is that of XEP-0388 */
};

/* Appends XEP-0474 4.1's hash of an offer in base64, by the digest of that name
 * for OpenSSL. 0, or -1 without memory, room or such a digest. */
int cpl_sasl_offer_hash(const struct cpl_sasl_offer *offer, const char *digest,
			struct cpl_buf *out)
    __attribute__((warn_unused_result));

#endif
