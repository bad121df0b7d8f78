/* SPDX-License-Identifier: MIT */
#include "login_early.h"

/* XEP-0198 has to be there for certain: a server without it ends the stream
 * over <enable/>. */
static int has_sm(const struct cpl_login_conf *conf,
		  const struct cpl_auth *auth, const struct cpl_offer *offer)
{
	if (cpl_auth_two(auth))
		return offer->sm;
	return conf->known && conf->known->managed;
}

/* A server that has just said that it speaks XEP-0388 answers the request to
 * bind in order, and that answer tells what became of the rest. To one that was
 * not asked stanzas go only where that is known to work, or promised (XEP-0305
 * 4); otherwise it is tried with what does no harm. */
static int takes_stanzas(const struct cpl_login_conf *conf,
			 const struct cpl_auth *auth,
			 const struct cpl_offer *offer, int blind)
{
	return offer->pipelining ||
	       (conf->known && conf->known->early == CPL_EARLY_WORKED) ||
	       (cpl_auth_two(auth) && !blind);
}

enum cpl_follow cpl_login_may_follow(const struct cpl_login_conf *conf,
				     const struct cpl_auth *auth,
				     const struct cpl_offer *offer, int blind,
				     int done)
{
	if (!conf->follow || conf->resume_id || !has_sm(conf, auth, offer) ||
	    conf->early == CPL_LOGIN_EARLY_NEVER)
		return CPL_FOLLOW_NOTHING;
	if (conf->early == CPL_LOGIN_EARLY_ALWAYS)
		return CPL_FOLLOW_STANZAS;
	if (conf->known && conf->known->early == CPL_EARLY_REFUSED)
		return CPL_FOLLOW_NOTHING;
	/* Before the server has proved itself nobody else may read them, who
	 * stands in between with a certificate that is believed. */
	if (!takes_stanzas(conf, auth, offer, blind) ||
	    (!done && !cpl_auth_is_bound(auth)))
		return CPL_FOLLOW_ENABLE;
	return CPL_FOLLOW_STANZAS;
}
