/* SPDX-License-Identifier: MIT
 *
 * Expat in front, libstrophe's stanza tree behind: bytes of one XML document
 * go in, its root's children come out one by one, whole. Serves the wire
 * (common/stream/link) and stdin (common/stanza/reader).
 *
 * Refused, with the reason: DOCTYPE, entity declarations and undeclared
 * entities, processing instructions, comments and CDATA sections (RFC 6120
 * 11.1; CDATA only where the caller says so), an encoding other than UTF-8, a
 * child over the limits of limits.h (depth, elements, attributes, bytes; text
 * between two elements counts as an element), text between the children that
 * is not white space. An XML declaration may begin the document. The parser
 * never expands anything. After an error the tree is spent: cpl_tree_reset()
 * or free.
 *
 * In the tree every element is named without prefix and carries its own
 * namespace as the attribute xmlns ("" where it has none), a prefixed attribute
 * keeps its prefix, with xmlns:PREFIX on the same element, and xml:lang stays
 * xml:lang. Text without a tag in it is one text node. */
#ifndef CPL_TREE_H
#define CPL_TREE_H

#include <stddef.h>
#include <strophe.h>

#include "../base/err.h"

struct cpl_tree;

struct cpl_tree_events {
	/* The root's start tag; ns is NULL where it has none. attrs: name,
	 * value, ..., NULL, without xmlns and xmlns:PREFIX, valid during the
	 * call. May be NULL. */
	void (*root)(void *user, const char *name, const char *ns,
		     const char *const *attrs);
	/* A whole child of the root; the callee keeps it by
	 * xmpp_stanza_clone(), the tree releases its own reference. */
	void (*child)(void *user, xmpp_stanza_t *child);
	/* The root's end tag. May be NULL. */
	void (*end)(void *user);
};

enum cpl_tree_flags {
	CPL_TREE_CDATA = 1 /* CDATA sections are accepted, as text */
};

/* A parser for one document (cpl_tree_free()); NULL without memory. ctx is
 * the caller's and outlives the tree. */
struct cpl_tree *cpl_tree_new(xmpp_ctx_t *ctx, int flags,
			      const struct cpl_tree_events *events, void *user)
    __attribute__((warn_unused_result));
void cpl_tree_free(struct cpl_tree *t);

/* Starts a new document. From within an event it takes effect when the event
 * returns; what was left of the bytes fed is dropped. 0, or -1 without memory
 * (from within an event the feeding says so). */
int cpl_tree_reset(struct cpl_tree *t) __attribute__((warn_unused_result));

/* A child may be so large, in bytes of XML (CPL_STANZA_BYTES_MAX otherwise);
 * so may the root's start tag. */
void cpl_tree_limit(struct cpl_tree *t, size_t bytes);

/* Feeds bytes. 0, or -1 with CPL_PROTOCOL and the reason, which the caller
 * turns into CPL_DATA for a file, or with CPL_SYSTEM for want of memory. A
 * child's event comes with its last byte, however the bytes are cut. Neither
 * feed nor free from within an event. */
int cpl_tree_feed(struct cpl_tree *t, const char *p, size_t n,
		  struct cpl_err *e) __attribute__((warn_unused_result));

/* Parses no more, until cpl_tree_reset(): what is left of the bytes fed, and
 * all that are fed later, are dropped, and feeding returns 0. */
void cpl_tree_stop(struct cpl_tree *t);

/* Bytes of the document up to the start and the end of the current event, or
 * up to the error; its line and column (from 1, in characters); the depth of
 * open elements (0 before the root). */
size_t cpl_tree_byte(const struct cpl_tree *t);
size_t cpl_tree_byte_end(const struct cpl_tree *t);
size_t cpl_tree_line(const struct cpl_tree *t);
size_t cpl_tree_column(const struct cpl_tree *t);
int cpl_tree_depth(const struct cpl_tree *t);

#endif
