/* SPDX-License-Identifier: MIT
 *
 * An element from its text, as a stream's child: jabber:client is the default
 * namespace and stream: is bound. The caller releases it; NULL: malformed. */
#ifndef PARSE_H
#define PARSE_H

#include <strophe.h>

#include "../../common/stanza/tree.h"

static void parse_keep(void *user, xmpp_stanza_t *child)
{
	*(xmpp_stanza_t **)user = xmpp_stanza_clone(child);
}

static inline xmpp_stanza_t *parse(xmpp_ctx_t *ctx, const char *xml)
{
	static const char open[] =
	    "<stream:stream xmlns='jabber:client' "
	    "xmlns:stream='http://etherx.jabber.org/streams'>";
	static const struct cpl_tree_events events = {NULL, parse_keep, NULL};
	xmpp_stanza_t *got = NULL;
	struct cpl_tree *t = cpl_tree_new(ctx, CPL_TREE_CDATA, &events, &got);
	struct cpl_err e = CPL_ERR_INIT;

	if (t && cpl_tree_feed(t, open, sizeof open - 1, &e) == 0 &&
	    cpl_tree_feed(t, xml, strlen(xml), &e) < 0)
		printf("# '%s': %s\n", xml, e.text);
	cpl_tree_free(t);
	return got;
}

#endif
