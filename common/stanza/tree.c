/* SPDX-License-Identifier: MIT */
#include "tree.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../base/limits.h"
#include "element.h"
#include "tree_impl.h"

/* Expat 2.6.0, and older ones that distributions have mended, wait with an
 * unfinished token until much more has come; the gate sees to that better, and
 * without delay. Whether there is the switch no version number tells, so it is
 * looked for when the program starts. */
XML_Bool XML_SetReparseDeferralEnabled(XML_Parser parser, XML_Bool enabled)
    __attribute__((weak));

/* So many bytes go through the gate at once. */
#define SLICE ((size_t)64 * 1024)

/* Expat keeps each name that it has ever met in a document, a hundred bytes for
 * one of ten, and a stream goes on for weeks: after so many bytes a new parser
 * goes on behind the root's start tag. */
#define RENEW_AFTER ((size_t)256 * 1024)

/* What the names of one element, a namespace with each of its attributes, take
 * in the scratch buffer beyond its bytes of XML (element.c). */
#define NAMES_MORE                                                             \
	((size_t)(2 * CPL_STANZA_ATTRIBUTES_MAX + 1) *                         \
	 (3 * CPL_STANZA_NAMESPACE_MAX + 32))

/* ---- Failing and stopping ---- */

static void halt(struct cpl_tree *t, enum over over)
{
	if (t->over != GOING)
		return;
	t->over = over;
	if (t->parsing)
		XML_StopParser(t->parser, XML_FALSE);
}

/* Keeps the place of the event in which the handler fails; behind bytes
 * further on in the same line. */
static void mark(struct cpl_tree *t, size_t behind)
{
	if (!t->parsing || t->over != GOING || t->fault.line)
		return;
	t->fault.byte = cpl_tree_byte(t) + behind;
	t->fault.column = cpl_tree_column(t) + behind;
	t->fault.line = cpl_tree_line(t);
}

static void fail_nomem(struct cpl_tree *t)
{
	if (t->over == GOING)
		cpl_err_nomem(&t->err);
	mark(t, 0);
	halt(t, FAILED);
}

static void fail(struct cpl_tree *t, const char *why)
{
	if (t->over == GOING)
		cpl_err_set(&t->err, CPL_PROTOCOL, "%s", why);
	mark(t, 0);
	halt(t, FAILED);
}

static void fail_limit(struct cpl_tree *t, size_t limit, const char *of)
{
	if (t->over == GOING)
		cpl_err_set(&t->err, CPL_PROTOCOL, "more than %zu %s", limit,
			    of);
	mark(t, 0);
	halt(t, FAILED);
}

/* ---- The tree ---- */

/* libstrophe's list has no tail: the number of siblings is limited, be they
 * elements or text between elements. */
static void count_node(struct cpl_tree *t)
{
	if (++t->elements > CPL_STANZA_ELEMENTS_MAX)
		fail_limit(t, CPL_STANZA_ELEMENTS_MAX, "elements");
}

/* The gathered text becomes the last child of the innermost element. */
static void flush_text(struct cpl_tree *t)
{
	xmpp_stanza_t *parent = t->open[t->depth - 2];

	if (t->text.len == 0)
		return;
	if (xmpp_stanza_get_children(parent))
		count_node(t);
	if (cpl_element_text(parent, t->text.data, t->text.len) < 0)
		fail_nomem(t);
	cpl_buf_truncate(&t->text, 0);
}

/* ---- Expat's events ---- */

/* Whether the child under way is still within its limit. */
static int within(struct cpl_tree *t)
{
	if (cpl_tree_event_end(t) - t->begin <= t->limit)
		return 1;
	fail_limit(t, t->limit, "bytes");
	return 0;
}

static void on_root(struct cpl_tree *t, const char *joined,
		    const char *const *attrs)
{
	const char **list, *name, *ns;

	cpl_buf_truncate(&t->root, cpl_tree_event_end(t));
	if (!t->events->root)
		return;
	list = cpl_element_list(&t->names, joined, attrs, &name, &ns);
	if (!list) {
		fail_nomem(t);
		return;
	}
	t->events->root(t->user, name, ns, list);
	free(list);
}

static void XMLCALL on_start(void *user, const XML_Char *name,
			     const XML_Char **attrs)
{
	struct cpl_tree *t = user;
	const char *const *list = (const char *const *)attrs;
	xmpp_stanza_t *s;

	if (t->over || t->renewing)
		return;
	if (t->depth == 0) {
		t->depth = 1;
		on_root(t, name, list);
		return;
	}
	if (t->depth == 1) {
		t->begin = cpl_tree_event(t);
		t->elements = 0;
	} else {
		flush_text(t);
	}
	count_node(t);
	if (t->depth > CPL_STANZA_DEPTH_MAX)
		fail_limit(t, CPL_STANZA_DEPTH_MAX,
			   "elements within each other");
	if (!within(t) || t->over)
		return;
	s = cpl_element_new(t->ctx, &t->names, name, list);
	if (!s) {
		fail_nomem(t);
		return;
	}
	t->open[t->depth - 1] = s;
	if (t->depth > 1)
		xmpp_stanza_add_child_ex(t->open[t->depth - 2], s, 0);
	t->depth++;
}

static void XMLCALL on_end(void *user, const XML_Char *name)
{
	struct cpl_tree *t = user;
	xmpp_stanza_t *child;

	(void)name;
	if (t->over)
		return;
	if (t->depth > 1) {
		if (!within(t))
			return;
		flush_text(t);
		if (t->over)
			return;
	}
	t->depth--;
	if (t->depth == 0) {
		if (t->events->end)
			t->events->end(t->user);
	} else if (t->depth == 1) {
		child = t->open[0];
		t->open[0] = NULL;
		t->events->child(t->user, child);
		xmpp_stanza_release(child);
		if (!t->over && cpl_tree_event_end(t) - t->moved.byte >
				    t->root.len + RENEW_AFTER)
			XML_StopParser(t->parser, XML_TRUE);
	}
}

/* How much white space the n bytes begin with. */
static size_t space(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n &&
	       (p[i] == ' ' || p[i] == '\n' || p[i] == '\t' || p[i] == '\r'))
		i++;
	return i;
}

static void XMLCALL on_text(void *user, const XML_Char *p, int n)
{
	struct cpl_tree *t = user;

	if (t->over)
		return;
	/* RFC 6120 4.6.1: white space as keepalive */
	if (t->depth <= 1) {
		/* Expat gives each line by itself: the place is exact. */
		if (space(p, (size_t)n) == (size_t)n)
			return;
		mark(t, space(p, (size_t)n));
		fail(t, "text outside of an element");
		return;
	}
	if (within(t) && cpl_buf_add(&t->text, p, (size_t)n) < 0)
		fail_nomem(t);
}

/* An element inherits its namespace from afar: a long one would be copied
 * thousands of times. */
static void XMLCALL on_namespace(void *user, const XML_Char *prefix,
				 const XML_Char *uri)
{
	(void)prefix;
	if (uri && strlen(uri) > CPL_STANZA_NAMESPACE_MAX)
		fail_limit(user, CPL_STANZA_NAMESPACE_MAX,
			   "bytes in a namespace");
}

/* RFC 6120 11.1: comments, processing instructions, a DTD and references to
 * entities other than the five of XML itself are not allowed. Expat refuses
 * the last by itself where there is no DTD. */
static void XMLCALL on_doctype(void *user, const XML_Char *name,
			       const XML_Char *sysid, const XML_Char *pubid,
			       int subset)
{
	(void)name, (void)sysid, (void)pubid, (void)subset;
	fail(user, "a DOCTYPE is not allowed");
}

static void XMLCALL on_entity(void *user, const XML_Char *name, int parameter,
			      const XML_Char *value, int len,
			      const XML_Char *base, const XML_Char *sysid,
			      const XML_Char *pubid, const XML_Char *notation)
{
	(void)name, (void)parameter, (void)value, (void)len, (void)base;
	(void)sysid, (void)pubid, (void)notation;
	fail(user, "an entity declaration is not allowed");
}

static void XMLCALL on_instruction(void *user, const XML_Char *target,
				   const XML_Char *data)
{
	(void)target, (void)data;
	fail(user, "a processing instruction is not allowed");
}

static void XMLCALL on_comment(void *user, const XML_Char *data)
{
	(void)data;
	fail(user, "a comment is not allowed");
}

static void XMLCALL on_cdata(void *user)
{
	struct cpl_tree *t = user;

	if (!(t->flags & CPL_TREE_CDATA))
		fail(t, "a CDATA section is not allowed");
}

/* RFC 6120 11.6: the encoding is UTF-8. Expat was told so and does not look
 * at this one. */
static void XMLCALL on_declaration(void *user, const XML_Char *version,
				   const XML_Char *encoding, int standalone)
{
	struct cpl_tree *t = user;

	(void)version, (void)standalone;
	if (encoding && strcasecmp(encoding, "UTF-8") != 0)
		fail(t, "the encoding is not UTF-8");
	cpl_gate_declared(&t->gate);
}

/* ---- The document ---- */

/* A fresh parser, or one that was just reset. */
static int prepare(struct cpl_tree *t)
{
	XML_Parser p = t->parser;

	XML_SetUserData(p, t);
	XML_SetReturnNSTriplet(p, 1);
	XML_SetElementHandler(p, on_start, on_end);
	XML_SetCharacterDataHandler(p, on_text);
	XML_SetStartNamespaceDeclHandler(p, on_namespace);
	XML_SetStartDoctypeDeclHandler(p, on_doctype);
	XML_SetEntityDeclHandler(p, on_entity);
	XML_SetProcessingInstructionHandler(p, on_instruction);
	XML_SetCommentHandler(p, on_comment);
	XML_SetStartCdataSectionHandler(p, on_cdata);
	XML_SetXmlDeclHandler(p, on_declaration);
	if (XML_SetReparseDeferralEnabled)
		XML_SetReparseDeferralEnabled(p, XML_FALSE);
	return XML_SetEncoding(p, "UTF-8") == XML_STATUS_OK ? 0 : -1;
}

static void drop_open(struct cpl_tree *t)
{
	if (t->open[0])
		xmpp_stanza_release(t->open[0]);
	memset(t->open, 0, sizeof t->open);
}

struct cpl_tree *cpl_tree_new(xmpp_ctx_t *ctx, int flags,
			      const struct cpl_tree_events *events, void *user)
{
	struct cpl_tree *t = calloc(1, sizeof *t);

	if (!t)
		return NULL;
	t->ctx = ctx;
	t->flags = flags;
	t->events = events;
	t->user = user;
	cpl_tree_limit(t, CPL_STANZA_BYTES_MAX);
	t->parser = XML_ParserCreateNS(NULL, CPL_ELEMENT_SEP);
	if (!t->parser || prepare(t) < 0) {
		cpl_tree_free(t);
		return NULL;
	}
	return t;
}

void cpl_tree_free(struct cpl_tree *t)
{
	if (!t)
		return;
	drop_open(t);
	XML_ParserFree(t->parser);
	cpl_buf_release(&t->text);
	cpl_buf_release(&t->names);
	cpl_buf_release(&t->held);
	cpl_buf_release(&t->root);
	free(t);
}

int cpl_tree_reset(struct cpl_tree *t)
{
	if (t->parsing) {
		halt(t, RESETTING);
		t->over = RESETTING;
		return 0;
	}
	drop_open(t);
	cpl_buf_truncate(&t->text, 0);
	cpl_buf_truncate(&t->held, 0);
	t->depth = 0;
	memset(&t->gate, 0, sizeof t->gate);
	cpl_buf_truncate(&t->root, 0);
	memset(&t->fault, 0, sizeof t->fault);
	memset(&t->moved, 0, sizeof t->moved);
	t->fed = 0;
	t->over = GOING;
	if (!XML_ParserReset(t->parser, NULL) || prepare(t) < 0) {
		fail_nomem(t);
		return -1;
	}
	return 0;
}

void cpl_tree_limit(struct cpl_tree *t, size_t bytes)
{
	t->limit = bytes;
	/* The limit itself is checked elsewhere: these never reach theirs. */
	t->text.max = bytes;
	t->held.max = t->root.max = bytes + SLICE;
	t->names.max = 3 * bytes + NAMES_MORE;
}

void cpl_tree_stop(struct cpl_tree *t)
{
	halt(t, STOPPED);
}

/* ---- Feeding ---- */

/* Whether what expat has no word for is a DOCTYPE within the root: it found
 * the fault in the bytes <!D, and what the gate has counted behind them. */
static int in_declaration(const struct cpl_tree *t)
{
	return XML_GetErrorCode(t->parser) == XML_ERROR_INVALID_TOKEN &&
	       t->gate.state == CPL_GATE_DECL &&
	       cpl_tree_byte(t) + t->gate.decl + 3 >= t->fed;
}

/* Puts a parser that has only met the root's start tag in the place of the one
 * that has stopped behind a child, whose end tag ends before p. */
static void renew(struct cpl_tree *t, const char *p)
{
	struct cpl_tree_moved moved = cpl_tree_move(t, p);

	t->renewing = 1;
	if (!XML_ParserReset(t->parser, NULL) || prepare(t) < 0 ||
	    XML_Parse(t->parser, t->root.data, (int)t->root.len, 0) !=
		XML_STATUS_OK)
		fail_nomem(t);
	t->renewing = 0;
	t->moved = moved;
}

static void parse(struct cpl_tree *t, const char *p, size_t n)
{
	enum XML_Status status;
	size_t used = 0;

	if (t->over)
		return;
	if (t->depth == 0 && cpl_buf_add(&t->root, p, n) < 0)
		fail_nomem(t);
	do {
		t->parsing = 1;
		status = XML_Parse(t->parser, p + used, (int)(n - used), 0);
		t->parsing = 0;
		if (status == XML_STATUS_SUSPENDED) {
			used = cpl_tree_event_end(t) - t->fed;
			renew(t, p + used);
		}
	} while (status == XML_STATUS_SUSPENDED && !t->over);
	t->fed += n;
	if (status == XML_STATUS_OK || t->over)
		return;
	if (XML_GetErrorCode(t->parser) == XML_ERROR_NO_MEMORY)
		fail_nomem(t);
	else if (in_declaration(t))
		fail(t, "a DOCTYPE or declaration is not allowed");
	else
		fail(t, XML_ErrorString(XML_GetErrorCode(t->parser)));
}

/* Gives expat what was held and n more bytes. */
static void parse_held(struct cpl_tree *t, const char *p, size_t n)
{
	if (t->held.len == 0) {
		parse(t, p, n);
		return;
	}
	if (cpl_buf_add(&t->held, p, n) < 0)
		fail_nomem(t);
	parse(t, t->held.data, t->held.len);
	cpl_buf_truncate(&t->held, 0);
}

static void feed_slice(struct cpl_tree *t, const char *p, size_t n)
{
	struct cpl_err e = CPL_ERR_INIT;
	size_t taken, whole;

	for (; n > 0 && !t->over; p += taken, n -= taken) {
		int refused =
		    cpl_gate_scan(&t->gate, p, n, &taken, &whole, &e) < 0;

		/* What comes before the fault is good. */
		if (whole > 0)
			parse_held(t, p, whole);
		if (refused)
			fail(t, e.text);
		if (t->over)
			return;
		if (cpl_buf_add(&t->held, p + whole, taken - whole) < 0)
			fail_nomem(t);
		if (t->held.len + (t->depth > 1 ? t->fed - t->begin : 0) >
		    t->limit)
			fail_limit(t, t->limit, "bytes");
	}
}

int cpl_tree_feed(struct cpl_tree *t, const char *p, size_t n,
		  struct cpl_err *e)
{
	size_t slice;

	for (; n > 0 && !t->over; p += slice, n -= slice) {
		slice = n < SLICE ? n : SLICE;
		feed_slice(t, p, slice);
	}
	if (t->over == RESETTING && cpl_tree_reset(t) < 0)
		t->over = FAILED;
	if (t->over == FAILED) {
		if (e)
			*e = t->err;
		return -1;
	}
	return 0;
}

int cpl_tree_depth(const struct cpl_tree *t)
{
	return t->depth;
}
