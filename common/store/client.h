/* SPDX-License-Identifier: MIT
 *
 * What the tools of an account on this machine call themselves to its server
 * (XEP-0388 2.4): one UUID, made once, in the file client-JID of the state
 * folder. It names nobody: it tells logins of one machine from another's. */
#ifndef CPL_CLIENT_ID_H
#define CPL_CLIENT_ID_H

#include "../base/log.h"
#include "../base/uuid.h"

/* The id for a bare JID; of several processes that make it at once all get the
 * same. folder is the state folder, or NULL. 0, or -1: there is none, as it
 * cannot be kept. */
int cpl_client_id(const char *folder, const char *bare, char out[CPL_UUID_SIZE],
		  const struct cpl_log *log)
    __attribute__((warn_unused_result));

#endif
