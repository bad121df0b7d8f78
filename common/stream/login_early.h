/* SPDX-License-Identifier: MIT
 *
 * What may leave before the server has said that we are in (XEP-0305): a rule
 * over what is known of it. Internal to the login. */
#ifndef CPL_LOGIN_EARLY_H
#define CPL_LOGIN_EARLY_H

#include "auth.h"
#include "login.h"

enum cpl_follow {
	CPL_FOLLOW_NOTHING = 0,
	CPL_FOLLOW_ENABLE, /* the request to bind, and <enable/> */
	CPL_FOLLOW_STANZAS /* and stanzas */
};

/* How much may follow the last word of this authentication, over TLS. blind: it
 * began before the server had said what it offers; done: the server has said
 * yes already, and what is waited for are the features of the next stream. */
enum cpl_follow cpl_login_may_follow(const struct cpl_login_conf *conf,
				     const struct cpl_auth *auth,
				     const struct cpl_offer *offer, int blind,
				     int done);

#endif
