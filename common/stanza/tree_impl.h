/* SPDX-License-Identifier: MIT
 *
 * What is behind struct cpl_tree, shared by the module that parses (tree.c) and
 * the one that knows where it is (tree_place.c). */
#ifndef CPL_TREE_IMPL_H
#define CPL_TREE_IMPL_H

#include <expat.h>

#include "../base/buf.h"
#include "../base/limits.h"
#include "gate.h"
#include "tree.h"

/* What is to be added to the places of a parser that did not begin with the
 * document: bytes, lines, and columns in the first of its lines. */
struct cpl_tree_moved {
	size_t byte, line, column, first;
};

/* Why nothing more is parsed. */
enum over {
	GOING,
	STOPPED,
	RESETTING,
	FAILED,
};

struct cpl_tree {
	XML_Parser parser;
	xmpp_ctx_t *ctx;
	int flags;
	const struct cpl_tree_events *events;
	void *user;
	size_t limit;

	enum over over;
	int parsing; /* within XML_Parse(), that is, within an event */
	struct cpl_err err;
	/* Where a handler failed; expat stands behind it afterwards. */
	struct {
		size_t line, column, byte;
	} fault;

	int depth;       /* open elements, the root included */
	size_t elements; /* of the child under way */
	size_t begin;    /* the byte of the document at which it begins */
	/* The open elements below the root. The first owns the others and is
	 * ours until it is released after its event. */
	xmpp_stanza_t *open[CPL_STANZA_DEPTH_MAX];
	struct cpl_buf text;  /* of the innermost, until the next tag */
	struct cpl_buf names; /* scratch: names cut out of expat's */

	/* The document up to the end of the root's start tag, for the next
	 * parser, and where this one is by its own count. */
	struct cpl_buf root;
	int renewing;
	struct cpl_tree_moved moved;

	struct cpl_gate gate;
	struct cpl_buf held; /* a token's bytes that expat has not got yet */
	size_t fed;          /* bytes of the document that it has got */
};

/* Bytes of the document up to the start and the end of the event at hand. */
size_t cpl_tree_event(const struct cpl_tree *t);
size_t cpl_tree_event_end(const struct cpl_tree *t);

/* What moved will be for a parser that has met the root's start tag alone and
 * takes over behind the event at hand, an end tag whose last byte comes before
 * p. */
struct cpl_tree_moved cpl_tree_move(const struct cpl_tree *t, const char *p);

#endif
