/* SPDX-License-Identifier: MIT
 *
 * The client's side of HT-SHA-256-* (draft-schmaus-kitten-sasl-ht, named by
 * XEP-0484 3.1): a token in place of a password, one message each way, both
 * sides proved, bound to the channel. Pure functions. */
#ifndef CPL_HT_H
#define CPL_HT_H

#include "../store/offer.h"
#include "sasl.h"

/* The mechanism to ask a token for, of those that a server offers (a list as in
 * struct cpl_offer) over this channel; bindings are the types that it can bind
 * to at all, NULL: not said. The strongest binding that both have; none at all
 * only where the server has none. NULL: no token is to be asked for. */
const char *cpl_ht_choose(const struct cpl_sasl_channel *channel,
			  const char *mechanisms, const char *bindings);

/* Whether this connection has the binding of a mechanism. */
int cpl_ht_usable(const struct cpl_sasl_channel *channel,
		  const char *mechanism);

/* The name of the binding of a mechanism, NULL: it is unbound, or not one of
 * these. */
const char *cpl_ht_binding(const char *mechanism);

/* The message for the server. user is the local part. 0, or -1 with
 * CPL_SYSTEM, CPL_INTERNAL (not usable). */
int cpl_ht_first(const struct cpl_sasl_channel *channel, const char *mechanism,
		 const char *user, const char *token, struct cpl_buf *out,
		 struct cpl_err *e) __attribute__((warn_unused_result));

/* What the server said with its success: 0 only when it proved that it has the
 * token, too; else -1 with CPL_PROTOCOL. */
int cpl_ht_verify(const struct cpl_sasl_channel *channel, const char *mechanism,
		  const char *token, const char *data, size_t len,
		  struct cpl_err *e) __attribute__((warn_unused_result));

#endif
