/* SPDX-License-Identifier: MIT
 *
 * The few shapes in which stanzas are built and looked into, over libstrophe's
 * calls. What is returned as new belongs to the caller (xmpp_stanza_release());
 * a child belongs to its parent. A NULL argument where a stanza is expected
 * gives NULL or -1, so that a chain needs one check, at its end. */
#ifndef CPL_BUILD_H
#define CPL_BUILD_H

#include <strophe.h>

/* A new element without parent. NULL without memory. */
xmpp_stanza_t *cpl_build(xmpp_ctx_t *ctx, const char *name, const char *ns)
    __attribute__((warn_unused_result));

/* A new iq, message or presence; type, id and to may be NULL. */
xmpp_stanza_t *cpl_build_stanza(xmpp_ctx_t *ctx, const char *name,
				const char *type, const char *id,
				const char *to)
    __attribute__((warn_unused_result));

/* A new iq to somebody (NULL: the own account) and the one child of it, which
 * is *payload, too, unless that is NULL. NULL without memory. */
xmpp_stanza_t *cpl_build_iq(xmpp_ctx_t *ctx, const char *type, const char *to,
			    const char *name, const char *ns,
			    xmpp_stanza_t **payload)
    __attribute__((warn_unused_result));

/* A new last child of parent, in its namespace where ns is NULL; it belongs to
 * parent. NULL without memory. */
xmpp_stanza_t *cpl_build_child(xmpp_stanza_t *parent, const char *name,
			       const char *ns);

/* The same with text in it. 0, or -1 without memory. */
int cpl_build_text_child(xmpp_stanza_t *parent, const char *name,
			 const char *text) __attribute__((warn_unused_result));

/* What it comes to: s if it is whole; else it is released, and NULL. */
xmpp_stanza_t *cpl_built(xmpp_stanza_t *s, int whole)
    __attribute__((warn_unused_result));

/* Whether the element has this name and namespace. */
int cpl_is(xmpp_stanza_t *s, const char *name, const char *ns);

/* Whether a stanza is of this type. */
int cpl_has_type(xmpp_stanza_t *s, const char *type);

/* The first child of this name and namespace, or NULL. */
xmpp_stanza_t *cpl_child(xmpp_stanza_t *s, const char *name, const char *ns);

/* The first child of that name in the element's own namespace, which
 * libstrophe's builders leave out. */
xmpp_stanza_t *cpl_own_child(xmpp_stanza_t *s, const char *name);

/* The condition of an error, failure or failed element: the name of the first
 * child in namespace ns that is not <text/>, "undefined-condition" where there
 * is none (s may be NULL). Valid as long as s. */
const char *cpl_condition(xmpp_stanza_t *s, const char *ns);

/* The first child that is an element, or the next one after a child. */
xmpp_stanza_t *cpl_first_element(xmpp_stanza_t *s);
xmpp_stanza_t *cpl_next_element(xmpp_stanza_t *s);

/* The text directly in an element, all pieces joined; NULL: s is NULL or there
 * is no memory. The caller frees it. */
char *cpl_text(xmpp_stanza_t *s) __attribute__((warn_unused_result));

/* Replaces or removes (value NULL) an attribute. 0, or -1 without memory. */
int cpl_set_attr(xmpp_stanza_t *s, const char *name, const char *value)
    __attribute__((warn_unused_result));

/* Names and values of the attributes, the namespace's included, each one's
 * behind the other's, in list, which has room for all of them
 * (xmpp_stanza_get_attribute_count()). How many attributes there are, or -1
 * without memory; xmpp_stanza_get_attributes() itself crashes there. */
int cpl_list_attrs(xmpp_stanza_t *s, const char **list)
    __attribute__((warn_unused_result));

/* Sets all attributes of another element, its namespace included. 0, or -1
 * without memory. */
int cpl_copy_attrs(xmpp_stanza_t *to, xmpp_stanza_t *from)
    __attribute__((warn_unused_result));

#endif
