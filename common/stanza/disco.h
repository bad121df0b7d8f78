/* SPDX-License-Identifier: MIT
 *
 * Service discovery (XEP-0030): the requests, and what their results say. A
 * result is a stranger's: what lacks an attribute that it must have is left
 * out. Nothing here keeps or owns anything but what it returns as new. */
#ifndef CPL_DISCO_H
#define CPL_DISCO_H

#include <strophe.h>

#include "../base/buf.h"
#include "../base/err.h"

/* The request, CPL_NS_DISCO_INFO or CPL_NS_DISCO_ITEMS; node may be NULL. New,
 * the caller's; NULL without memory. */
xmpp_stanza_t *cpl_disco_request(xmpp_ctx_t *ctx, const char *to,
				 const char *node, const char *ns)
    __attribute__((warn_unused_result));

/* Whether a query of info has the feature. */
int cpl_disco_has(xmpp_stanza_t *query, const char *feature);

enum { CPL_DISCO_FIELDS = 4 };

/* One thing that a result says; what is not there is NULL:
 *	identity  CATEGORY TYPE NAME LANGUAGE
 *	feature   VAR
 *	form      FORM_TYPE VAR VALUE, for each value of a form (XEP-0128)
 *	item      JID NODE NAME */
struct cpl_disco_fact {
	const char *kind;
	const char *fields[CPL_DISCO_FIELDS];
	size_t count; /* of the fields of its kind */
};

/* Calls each() for all of a query, identities, features, forms and items, each
 * in their order, until one returns non-zero, which is returned; -1 without
 * memory. */
int cpl_disco_each(xmpp_stanza_t *query,
		   int (*each)(void *user, const struct cpl_disco_fact *fact),
		   void *user);

/* The object of a query, without newline: of info
 *	{"jid":J,"node":N,"identities":[{"category":C,"type":T,"name":N,
 *	"lang":L}],"features":[VAR],"forms":[{"type":F,"fields":[{"var":V,
 *	"values":[V]}]}]}
 * and of items
 *	{"jid":J,"node":N,"items":[{"jid":J,"node":N,"name":N}]}
 * without what is not there. jid and node are who was asked. -1 when out is
 * full or memory ran out; what was appended by then is taken back. */
int cpl_disco_json(struct cpl_buf *out, xmpp_stanza_t *query, const char *jid,
		   const char *node) __attribute__((warn_unused_result));

#endif
