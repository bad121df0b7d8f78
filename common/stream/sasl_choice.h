/* SPDX-License-Identifier: MIT
 *
 * Which mechanism is taken of those that a server offers, what the login is
 * bound to, and what the server has to prove before it is gone on with: the
 * rules of XEP-0440 3, with XEP-0474 5 in place of the sixth, and what earlier
 * logins have had (store/pins.h). Nothing is owned here, and all that it says
 * are constants. */
#ifndef CPL_SASL_CHOICE_H
#define CPL_SASL_CHOICE_H

#include "sasl.h"

enum cpl_sasl_kind {
	CPL_SASL_EXTERNAL,
	CPL_SASL_SCRAM,
	CPL_SASL_PLAIN,
	CPL_SASL_ANONYMOUS,
	CPL_SASL_TOKEN /* never chosen: asked for (cpl_sasl_by_token()) */
};

struct cpl_sasl_mechanism {
	const char *name;
	enum cpl_sasl_kind kind;
	const char *hash; /* SCRAM's, for OpenSSL */
	int plus;
};

struct cpl_sasl_choice {
	const struct cpl_sasl_mechanism *mechanism;
	const char *type; /* of channel binding; NULL: not bound */
	char flag;        /* RFC 5802 7: 'n', 'y', 'p' */
};

/* Chooses. 0, or -1 with e: CPL_UNAVAILABLE when nothing offered is usable,
 * CPL_PROTOCOL for an offer that no server makes, or of PLAIN after something
 * better. */
int cpl_sasl_choose(const struct cpl_sasl_conf *conf,
		    const struct cpl_sasl_offer *offer,
		    struct cpl_sasl_choice *out, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Why the server has to prove that it made this offer (XEP-0474) before it is
 * given a proof by that choice, as a text for an error; NULL: it need not. */
const char *cpl_sasl_must_prove(const struct cpl_sasl_channel *channel,
				const struct cpl_pins *pins,
				const struct cpl_sasl_offer *offer,
				const struct cpl_sasl_choice *choice);

#endif
