/* SPDX-License-Identifier: MIT
 *
 * The header by which a stream begins (RFC 6120 4.7), ours and the server's. */
#ifndef CPL_HEADER_H
#define CPL_HEADER_H

#include "link.h"

/* Begins a stream over the link, to a domain: the server's header is expected
 * from here on. from is a bare JID, for TLS alone (4.7.1); NULL: none. 0, or -1
 * with CPL_SYSTEM. */
int cpl_header_send(struct cpl_link *l, const char *to, const char *from,
		    struct cpl_err *e) __attribute__((warn_unused_result));

/* Whether what the server begins with is one: 0, or -1 with CPL_PROTOCOL. */
int cpl_header_check(const char *name, const char *ns, struct cpl_err *e)
    __attribute__((warn_unused_result));

#endif
