/* SPDX-License-Identifier: MIT */
#include "reader.h"

#include <stdlib.h>
#include <string.h>

#include "../base/buf.h"
#include "../base/limits.h"
#include "filter.h"
#include "json_parts.h"
#include "json_scan.h"
#include "recover.h"
#include "tree.h"

/* The element around all records. An end tag of this name in the input is as
 * wrong as any other, see on_end(). */
#define ROOT "<stream xmlns='jabber:client'>"

/* So much is taken at once. */
#define SLICE ((size_t)64 * 1024)

/* An XML declaration that is longer is none. */
#define DECLARATION_MAX ((size_t)1024)

enum state {
	BEGIN,   /* where a byte order mark and a declaration may stand */
	READING, /* XML: the tree has all bytes up to given */
	OBJECT,  /* JSON: in an object, which begins at done */
	BETWEEN, /* behind an object; the tree has nothing */
	LOST,    /* behind a malformed record, up to where the next begins */
	SPENT    /* memory ran out */
};

/* A place in the input. */
struct place {
	size_t line;   /* from 1 */
	size_t column; /* characters before it in that line */
};

struct cpl_reader {
	struct cpl_tree *tree;
	int flags;
	void (*record)(void *user, const struct cpl_record *r);
	void *user;
	enum state state;
	size_t number; /* of records handed out */

	/* The bytes from the record under way on; all before is done with. */
	struct cpl_buf raw;
	size_t done;        /* of raw: behind the last record */
	size_t given;       /* of raw: bytes that the tree has got */
	struct place place; /* of raw.data + done */

	/* Of the tree's document so many bytes come before raw.data (the
	 * root's tag among them); the place of the first behind that tag. */
	size_t before;
	struct place start;
	int closed; /* the input has closed our root */

	struct cpl_json_xml json;
	struct cpl_json_scan scan;  /* of the OBJECT */
	struct cpl_recover recover; /* while LOST */
};

static int is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* Goes on to raw[to] with done and place. */
static void advance(struct cpl_reader *r, size_t to)
{
	const char *p = r->raw.data + r->done, *end = r->raw.data + to, *lf;

	if (to <= r->done)
		return;
	while ((lf = memchr(p, '\n', (size_t)(end - p)))) {
		r->place.line++;
		r->place.column = 0;
		p = lf + 1;
	}
	for (; p < end; p++)
		r->place.column += ((unsigned char)*p & 0xc0) != 0x80;
	r->done = to;
}

static void skip_space(struct cpl_reader *r)
{
	size_t i = r->done;

	while (i < r->raw.len && is_space(r->raw.data[i]))
		i++;
	advance(r, i);
}

/* Forgets the bytes that are done with. */
static void forget(struct cpl_reader *r)
{
	cpl_buf_consume(&r->raw, r->done);
	r->before += r->done;
	r->given = r->given > r->done ? r->given - r->done : 0;
	r->done = 0;
}

/* Hands out the record that begins at done. */
static void hand_out(struct cpl_reader *r, xmpp_stanza_t *stanza,
		     const struct cpl_err *why)
{
	struct cpl_record record;

	memset(&record, 0, sizeof record);
	record.number = ++r->number;
	record.line = r->place.line;
	record.stanza = stanza;
	if (why) {
		record.why = *why;
		record.why.status = CPL_DATA;
	}
	r->record(r->user, &record);
}

/* ---- The tree's events ---- */

/* An element that is no stanza and has a namespace that it says itself, as the
 * one around it is jabber:client. */
static int is_payload(xmpp_stanza_t *s)
{
	const char *ns = xmpp_stanza_get_ns(s);

	return ns && *ns && strcmp(ns, XMPP_NS_CLIENT) != 0;
}

/* Hands out an element that is a record, or why it is none. */
static void hand_out_element(struct cpl_reader *r, xmpp_stanza_t *element)
{
	const char *name = xmpp_stanza_get_name(element);
	int payloads = r->flags & CPL_READER_PAYLOADS;
	struct cpl_err e = CPL_ERR_INIT;

	if (cpl_filter_kind(element) || (payloads && is_payload(element))) {
		hand_out(r, element, NULL);
		return;
	}
	if (strlen(name) > 64)
		name = "...";
	if (payloads)
		cpl_err_set(&e, CPL_DATA,
			    "line %zu: '%s' is no stanza, and has no "
			    "namespace of its own",
			    r->place.line, name);
	else
		cpl_err_set(&e, CPL_DATA,
			    "line %zu: neither message, presence nor iq of "
			    "jabber:client, but '%s'",
			    r->place.line, name);
	hand_out(r, NULL, &e);
}

static void on_child(void *user, xmpp_stanza_t *child)
{
	struct cpl_reader *r = user;

	skip_space(r);
	hand_out_element(r, child);
	advance(r, cpl_tree_byte_end(r->tree) - r->before);
}

static void on_end(void *user)
{
	struct cpl_reader *r = user;

	r->closed = 1;
	cpl_tree_stop(r->tree);
}

static const struct cpl_tree_events events = {NULL, on_child, on_end};

/* A new document for the tree; behind the root's tag comes raw[done]. */
static int restart(struct cpl_reader *r, struct cpl_err *e)
{
	forget(r);
	r->closed = 0;
	r->given = 0;
	r->before = strlen(ROOT);
	r->start = r->place;
	if (cpl_tree_reset(r->tree) < 0 ||
	    cpl_tree_feed(r->tree, ROOT, strlen(ROOT), NULL) < 0) {
		r->state = SPENT;
		return cpl_err_nomem(e);
	}
	r->state = READING;
	return 0;
}

/* ---- Malformed records ---- */

/* Hands out the record at done as malformed. */
static void malformed(struct cpl_reader *r, const struct cpl_err *why)
{
	skip_space(r);
	cpl_recover_begin(&r->recover, r->flags & CPL_READER_PAYLOADS,
			  r->done < r->raw.len ? r->raw.data[r->done] : '<');
	hand_out(r, NULL, why);
	r->state = LOST;
}

/* The same for a fault that the tree has found, and where. */
static void malformed_at(struct cpl_reader *r, const struct cpl_err *why)
{
	size_t line = cpl_tree_line(r->tree);
	size_t column = cpl_tree_column(r->tree);
	struct cpl_err e = *why;

	/* The tree's first line begins with our root. */
	if (r->state != BEGIN && line == 1 && column > strlen(ROOT))
		column += r->start.column - strlen(ROOT);
	cpl_err_prefix(&e, "line %zu, column %zu", line + r->start.line - 1,
		       column);
	malformed(r, &e);
}

/* ---- Reading ---- */

static void begin_object(struct cpl_reader *r)
{
	memset(&r->scan, 0, sizeof r->scan);
	r->state = OBJECT;
}

/* Whether the tree, which has met text between the records, has met the next
 * one as JSON. */
static int at_object(struct cpl_reader *r)
{
	if (r->closed || cpl_tree_depth(r->tree) != 1)
		return 0;
	skip_space(r);
	return r->done < r->raw.len && r->raw.data[r->done] == '{';
}

/* Gives the tree what it has not got. 0, or -1 without memory. */
static int read_xml(struct cpl_reader *r, struct cpl_err *e)
{
	struct cpl_err why = CPL_ERR_INIT;
	size_t from = r->given;
	int rc;

	r->given = r->raw.len;
	rc =
	    cpl_tree_feed(r->tree, r->raw.data + from, r->raw.len - from, &why);
	if (rc < 0 && why.status == CPL_SYSTEM) {
		r->state = SPENT;
		return cpl_err_nomem(e);
	}
	if (rc < 0 && at_object(r)) {
		begin_object(r);
		return 0;
	}
	if (r->closed)
		cpl_err_set(&why, CPL_DATA, "mismatched tag");
	if (rc < 0 || r->closed)
		malformed_at(r, &why);
	return 0;
}

/* Hands out the object at done, of which the scan has taken all bytes, or those
 * up to where it is broken, which it has said in why if it was a limit. Behind
 * an object that is JSON, be it no stanza, reading goes on at once: no bytes of
 * it are taken for something else. 0, or -1 without memory. */
static int take_object(struct cpl_reader *r, struct cpl_err *why,
		       struct cpl_err *e)
{
	struct cpl_json_place at = {r->place.line, r->place.column + 1};
	json_t *root = NULL;
	xmpp_stanza_t *s = NULL;

	if (why->status == CPL_OK)
		root = cpl_json_parse(r->raw.data + r->done, r->scan.taken, &at,
				      why);
	else
		cpl_err_prefix(why, "line %zu", at.line);
	if (root)
		s = cpl_json_stanza(&r->json, root, &at, why);
	if (s)
		hand_out_element(r, s);
	else if (root && why->status != CPL_SYSTEM)
		hand_out(r, NULL, why);
	else if (why->status != CPL_SYSTEM)
		malformed(r, why);
	if (root && why->status != CPL_SYSTEM) {
		advance(r, r->done + r->scan.taken);
		r->state = BETWEEN;
	}
	if (s)
		xmpp_stanza_release(s);
	json_decref(root);
	if (why->status != CPL_SYSTEM)
		return 0;
	r->state = SPENT;
	return cpl_err_nomem(e);
}

static int read_object(struct cpl_reader *r, struct cpl_err *e)
{
	struct cpl_err why = CPL_ERR_INIT;

	if (cpl_json_scan(&r->scan, r->raw.data + r->done, r->raw.len - r->done,
			  &why) == CPL_JSON_MORE)
		return 0;
	return take_object(r, &why, e);
}

/* What the next record is. */
static int read_next(struct cpl_reader *r, struct cpl_err *e)
{
	skip_space(r);
	if (r->done == r->raw.len)
		return 0;
	if (r->raw.data[r->done] != '{')
		return restart(r, e);
	begin_object(r);
	return 0;
}

static int recover(struct cpl_reader *r, struct cpl_err *e)
{
	size_t at = r->done;
	int found = cpl_recover_find(&r->recover, r->raw.data, r->raw.len, &at);

	advance(r, at);
	return found ? read_next(r, e) : 0;
}

/* Goes on until all bytes are used. */
static int pump(struct cpl_reader *r, struct cpl_err *e)
{
	enum state before;
	int rc = 0;

	do {
		before = r->state;
		switch (r->state) {
		case READING: rc = read_xml(r, e); break;
		case OBJECT: rc = read_object(r, e); break;
		case BETWEEN: rc = read_next(r, e); break;
		case LOST: rc = recover(r, e); break;
		case BEGIN:
		case SPENT: break;
		}
		if (rc < 0)
			return -1;
	} while (r->state != before);
	if (r->state == READING)
		skip_space(r);
	forget(r);
	return 0;
}

/* How long the declaration is that the input begins with: 0 there is none,
 * -1 there are too few bytes to tell. */
static long declaration(const char *p, size_t n, int at_end)
{
	static const char mark[] = "<?xml";
	size_t len = sizeof mark - 1;

	if (memcmp(p, mark, n < len ? n : len) != 0)
		return 0;
	for (size_t i = len; i < n; i++)
		if (p[i] == '>')
			return (long)i + 1;
	return at_end || n > DECLARATION_MAX ? 0 : -1;
}

/* Passes a byte order mark and an XML declaration, once they are there. */
static int begin(struct cpl_reader *r, int at_end, struct cpl_err *e)
{
	static const char bom[] = "\xef\xbb\xbf";
	const char *p = r->raw.data;
	size_t n = r->raw.len, skip = 0;
	struct cpl_err why = CPL_ERR_INIT;
	long len;

	if (n == 0)
		return 0;
	if (memcmp(p, bom, n < 3 ? n : 3) == 0) {
		if (n < 3 && !at_end)
			return 0;
		skip = n < 3 ? 0 : 3;
	}
	len = declaration(p + skip, n - skip, at_end);
	if (len < 0 || (n == skip && !at_end))
		return 0;
	advance(r, skip);
	forget(r);
	r->place.column = 0;
	/* The declaration is a document of its own, as our root cannot stand
	 * before it. */
	if (cpl_tree_feed(r->tree, r->raw.data, (size_t)len, &why) == 0) {
		advance(r, (size_t)len);
		return restart(r, e);
	}
	if (why.status == CPL_SYSTEM) {
		r->state = SPENT;
		return cpl_err_nomem(e);
	}
	r->start = r->place;
	malformed_at(r, &why);
	return 0;
}

struct cpl_reader *cpl_reader_new(xmpp_ctx_t *ctx, int flags,
				  void (*record)(void *user,
						 const struct cpl_record *r),
				  void *user)
{
	struct cpl_reader *r = calloc(1, sizeof *r);

	if (!r)
		return NULL;
	r->json.ctx = ctx;
	r->flags = flags;
	r->record = record;
	r->user = user;
	r->place.line = 1;
	/* The tree refuses a record over its limit before it gets here. */
	cpl_buf_init(&r->raw, CPL_RECORD_MAX + 2 * SLICE);
	r->tree = cpl_tree_new(ctx, 0, &events, r);
	if (!r->tree) {
		cpl_reader_free(r);
		return NULL;
	}
	/* What the wire may bring can grow sixfold when it is written. */
	cpl_tree_limit(r->tree, CPL_RECORD_MAX);
	return r;
}

void cpl_reader_free(struct cpl_reader *r)
{
	if (!r)
		return;
	cpl_tree_free(r->tree);
	cpl_json_xml_release(&r->json);
	cpl_buf_release(&r->raw);
	free(r);
}

int cpl_reader_feed(struct cpl_reader *r, const char *p, size_t n,
		    struct cpl_err *e)
{
	size_t slice;

	for (; n > 0; p += slice, n -= slice) {
		slice = n < SLICE ? n : SLICE;
		if (r->state == SPENT)
			return cpl_err_nomem(e);
		if (cpl_buf_add(&r->raw, p, slice) < 0) {
			r->state = SPENT;
			return cpl_buf_err(&r->raw, e, CPL_SYSTEM, "a record");
		}
		if (r->state == BEGIN && begin(r, 0, e) < 0)
			return -1;
		if (r->state != BEGIN && pump(r, e) < 0)
			return -1;
	}
	return 0;
}

int cpl_reader_end(struct cpl_reader *r, struct cpl_err *e)
{
	struct cpl_err why = CPL_ERR_INIT;

	if (r->state == BEGIN && begin(r, 1, e) < 0)
		return -1;
	while (r->state != SPENT) {
		if (pump(r, e) < 0)
			return -1;
		if (r->state == BEGIN || r->state == LOST || r->raw.len == 0)
			return 0;
		cpl_err_set(&why, CPL_DATA,
			    "line %zu: the input ends within this record",
			    r->place.line);
		malformed(r, &why);
	}
	return cpl_err_nomem(e);
}
