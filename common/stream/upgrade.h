/* SPDX-License-Identifier: MIT
 *
 * A server that keeps a hash of the password is given another one that it asks
 * for, so that it can offer a better SCRAM (XEP-0480). It is a task between the
 * authentication and its success (XEP-0388 2.6.3). What is given is worth as
 * much as the password to who pretends to be this client: it is asked for, and
 * given, in a login that is bound to the channel, by a server that has proved
 * itself. One task a login: ejabberd 24.12 does not survive a second one. */
#ifndef CPL_UPGRADE_H
#define CPL_UPGRADE_H

#include <strophe.h>

#include "../base/buf.h"

/* The name of the task to ask for; NULL: none. tasks are those that the server
 * offers, mechanisms what it can be logged in by already, both lists as in
 * store/offer.h. The result is a constant. */
const char *cpl_upgrade_choose(const char *tasks, const char *mechanisms);

/* The hash of such a task, for OpenSSL. */
const char *cpl_upgrade_hash(const char *task);

/* Whether <continue/> is for that task, and for nothing else. */
int cpl_upgrade_is(xmpp_stanza_t *el, const char *task);

/* What <task-data/> says: the salt is appended. The number of iterations, or -1
 * with CPL_PROTOCOL: there is no salt in it, or what scram.h would not take. */
long cpl_upgrade_salt(xmpp_stanza_t *el, struct cpl_buf *salt,
		      struct cpl_err *e) __attribute__((warn_unused_result));

#endif
