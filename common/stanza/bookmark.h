/* SPDX-License-Identifier: MIT
 *
 * Bookmarks of rooms: as items of their own (XEP-0402), and as the one list
 * that came before (XEP-0048), in a node or in private storage (XEP-0049). The
 * requests, what is read from their answers, and what is published. A struct
 * cpl_bookmark owns its strings and a reference to the element it was read
 * from, and is its list's. What is returned as new is the caller's; nothing is
 * sent here. */
#ifndef CPL_BOOKMARK_H
#define CPL_BOOKMARK_H

#include <stddef.h>
#include <strophe.h>

#include "jid.h"

/* Where they are kept. */
enum cpl_bookmark_store {
	CPL_BOOKMARK_ITEMS,   /* XEP-0402 */
	CPL_BOOKMARK_NODE,    /* XEP-0048 2 */
	CPL_BOOKMARK_PRIVATE, /* XEP-0049 */
	CPL_BOOKMARK_STORES
};

struct cpl_bookmark {
	struct cpl_jid jid;
	char *id;       /* of its item, as it is there; NULL: it is none */
	char *name;     /* NULL: none */
	char *nick;     /* NULL: none */
	char *password; /* NULL: none; wiped with the rest */
	int autojoin;
	xmpp_stanza_t *conference;
};

/* Bookmarks in the order of their JIDs, each once. */
struct cpl_bookmark_list {
	struct cpl_bookmark *list;
	size_t count;
};

/* Reads the answer of a store. What is no bookmark is left out. 0, or -1
 * without memory, and out is empty. */
int cpl_bookmark_read(struct cpl_bookmark_list *out,
		      enum cpl_bookmark_store store, xmpp_stanza_t *answer)
    __attribute__((warn_unused_result));
void cpl_bookmark_list_release(struct cpl_bookmark_list *list);

/* The one of a room, by its prepared bare JID, or NULL. */
const struct cpl_bookmark *
cpl_bookmark_find(const struct cpl_bookmark_list *list, const char *jid);

/* What becomes of a bookmark: NULL, and -1 of autojoin, is as it was. */
struct cpl_bookmark_change {
	const char *name, *nick, *password;
	int autojoin;
};

/* The iq that asks a store for all of them. NULL without memory, as all
 * below. */
xmpp_stanza_t *cpl_bookmark_ask(xmpp_ctx_t *ctx, enum cpl_bookmark_store store)
    __attribute__((warn_unused_result));

/* The iq that publishes an item (XEP-0402 3.3): what the change says, and for
 * all else, the elements that are not known here and its id included, what the
 * old one has (NULL: there is none). The node is to be private and to keep all
 * items; one that is not so refuses it, with cpl_bookmark_is_precondition(). */
xmpp_stanza_t *cpl_bookmark_publish(xmpp_ctx_t *ctx, const char *jid,
				    const struct cpl_bookmark *old,
				    const struct cpl_bookmark_change *change)
    __attribute__((warn_unused_result));

/* Whether an error says so (XEP-0060 7.1.5), and the iq that makes the node of
 * a store what it has to be (8.2). */
int cpl_bookmark_is_precondition(xmpp_stanza_t *answer);
xmpp_stanza_t *cpl_bookmark_configure(xmpp_ctx_t *ctx,
				      enum cpl_bookmark_store store)
    __attribute__((warn_unused_result));

/* The iq that removes an item (XEP-0402 3.5). */
xmpp_stanza_t *cpl_bookmark_retract(xmpp_ctx_t *ctx, const char *id)
    __attribute__((warn_unused_result));

/* The iq that puts the list of one of the two other stores back without a room,
 * all else as it is in the answer. */
xmpp_stanza_t *cpl_bookmark_without(xmpp_ctx_t *ctx,
				    enum cpl_bookmark_store store,
				    xmpp_stanza_t *answer, const char *jid)
    __attribute__((warn_unused_result));

#endif
