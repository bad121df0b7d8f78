/* SPDX-License-Identifier: MIT
 *
 * Contacts from records, couplet-stanza(5), CONTACTS: each is a line of text,
 * an object of JSON, or an <item/> (alone, or within the <query/> or <iq/> that
 * it came in), recognised one by one. A record is the whole contact: what it
 * does not say is not there. One that is malformed costs only itself: behind
 * XML or JSON that is, reading goes on at the next line that begins with <item,
 * <query, <blocklist, <iq or {. Nothing is kept. */
#ifndef CPL_CONTACT_RECORD_H
#define CPL_CONTACT_RECORD_H

#include <strophe.h>

#include "contact.h"

struct cpl_contact_record {
	size_t line; /* where it begins, or where it is no XML or JSON, from
		      * 1 */
	/* The callee may take it over and leave an empty one; NULL: it is
	 * malformed, and why (CPL_DATA) says how. */
	struct cpl_contact *contact;
	struct cpl_err why;
};

/* Hands out each record of n bytes. 0, or -1 with CPL_SYSTEM. */
int cpl_contact_records(xmpp_ctx_t *ctx, const char *p, size_t n,
			void (*record)(void *user,
				       const struct cpl_contact_record *r),
			void *user, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* The same for who needs the addresses alone: an <item/> may be one of a block
 * list, too, within its <blocklist/> or not (XEP-0191). */
int cpl_contact_addresses(xmpp_ctx_t *ctx, const char *p, size_t n,
			  void (*record)(void *user,
					 const struct cpl_contact_record *r),
			  void *user, struct cpl_err *e)
    __attribute__((warn_unused_result));

#endif
