/* SPDX-License-Identifier: MIT */
#include "reader.h"

#include <stdlib.h>
#include <string.h>

#include "../base/buf.h"
#include "../base/limits.h"
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
	READING, /* the tree has all bytes up to given */
	LOST,    /* behind a malformed record, up to a line with a stanza */
	SPENT    /* memory ran out */
};

/* A place in the input. */
struct place {
	size_t line;   /* from 1 */
	size_t column; /* characters before it in that line */
};

struct cpl_reader {
	struct cpl_tree *tree;
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
	/* While LOST in what hides its content from XML: what ends that. */
	const char *hidden_until;
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

/* RFC 6120 8: the three kinds of stanza */
static int is_stanza(xmpp_stanza_t *s)
{
	const char *name = xmpp_stanza_get_name(s);
	const char *ns = xmpp_stanza_get_ns(s);

	return ns && !strcmp(ns, XMPP_NS_CLIENT) &&
	       (!strcmp(name, "message") || !strcmp(name, "presence") ||
		!strcmp(name, "iq"));
}

static void on_child(void *user, xmpp_stanza_t *child)
{
	struct cpl_reader *r = user;
	const char *name = xmpp_stanza_get_name(child);
	struct cpl_err e = CPL_ERR_INIT;

	skip_space(r);
	if (is_stanza(child)) {
		hand_out(r, child, NULL);
	} else {
		cpl_err_set(&e, CPL_DATA,
			    "line %zu: neither message, presence nor iq of "
			    "jabber:client, but '%s'",
			    r->place.line, strlen(name) > 64 ? "..." : name);
		hand_out(r, NULL, &e);
	}
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

/* ---- After malformed records ---- */

/* How much of a line says that it begins a stanza: 1 it does, 0 it does not,
 * -1 it is too short to tell. */
static int begins_stanza(const char *p, size_t n)
{
	static const char *const names[] = {"<message", "<presence", "<iq"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		size_t len = strlen(names[i]);

		if (memcmp(p, names[i], n < len ? n : len) != 0)
			continue;
		if (n <= len)
			return -1;
		if (is_space(p[len]) || p[len] == '>' || p[len] == '/')
			return 1;
	}
	return 0;
}

/* What is refused and yet may hold lines that look like stanzas: the text in a
 * CDATA section may come from anybody. Returns the length of such a beginning,
 * and what ends it; 0 if p begins nothing of the kind, -1 if there are too few
 * bytes to tell. */
static int hides(const char *p, size_t n, const char **until)
{
	static const char *const pair[][2] = {
	    {"<![CDATA[", "]]>"}, {"<!--", "-->"}, {"<?", "?>"}};

	for (size_t i = 0; i < sizeof pair / sizeof *pair; i++) {
		size_t len = strlen(pair[i][0]);

		if (memcmp(p, pair[i][0], n < len ? n : len) != 0)
			continue;
		if (n < len)
			return -1;
		*until = pair[i][1];
		return (int)len;
	}
	return 0;
}

/* Whether what hides the bytes ends at p: its length, 0 no, -1 as above. */
static int ends(const char *p, size_t n, const char *until)
{
	size_t len = strlen(until);

	if (memcmp(p, until, n < len ? n : len) != 0)
		return 0;
	return n < len ? -1 : (int)len;
}

/* Looks for the next line that begins with a stanza, behind done and not
 * hidden; done is there afterwards, 1. Else 0, and done is where to go on with
 * more bytes. */
static int find_line(struct cpl_reader *r)
{
	const char *p = r->raw.data;
	size_t i = r->done, n = r->raw.len;
	int len = 0;

	for (; i<n; i += len> 0 ? (size_t)len : 1) {
		if (r->hidden_until) {
			len = ends(p + i, n - i, r->hidden_until);
			if (len > 0)
				r->hidden_until = NULL;
		} else if (p[i] == '<') {
			len = hides(p + i, n - i, &r->hidden_until);
		} else if (p[i] == '\n') {
			len = begins_stanza(p + i + 1, n - i - 1);
			if (len > 0) {
				advance(r, i + 1);
				return 1;
			}
		} else {
			len = 0;
		}
		if (len < 0)
			break;
	}
	advance(r, i);
	return 0;
}

/* Hands out the record at done as malformed. */
static void malformed(struct cpl_reader *r, const struct cpl_err *why)
{
	skip_space(r);
	hand_out(r, NULL, why);
	r->state = LOST;
	r->hidden_until = NULL;
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

/* Gives the tree what it has not got. 0, or -1 without memory. */
static int read_on(struct cpl_reader *r, struct cpl_err *e)
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
	if (r->closed)
		cpl_err_set(&why, CPL_DATA, "mismatched tag");
	if (rc < 0 || r->closed)
		malformed_at(r, &why);
	return 0;
}

/* Goes on until all bytes are used. */
static int pump(struct cpl_reader *r, struct cpl_err *e)
{
	do {
		if (r->state == LOST) {
			if (!find_line(r))
				break;
			if (restart(r, e) < 0)
				return -1;
		}
		if (read_on(r, e) < 0)
			return -1;
	} while (r->state == LOST);
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

struct cpl_reader *cpl_reader_new(xmpp_ctx_t *ctx,
				  void (*record)(void *user,
						 const struct cpl_record *r),
				  void *user)
{
	struct cpl_reader *r = calloc(1, sizeof *r);

	if (!r)
		return NULL;
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
	while (r->state == READING || r->state == LOST) {
		if (pump(r, e) < 0)
			return -1;
		if (r->state != READING || r->raw.len == 0)
			return 0;
		cpl_err_set(&why, CPL_DATA,
			    "line %zu: the input ends within this record",
			    r->place.line);
		malformed(r, &why);
	}
	return r->state == SPENT ? cpl_err_nomem(e) : 0;
}
