/* SPDX-License-Identifier: MIT */
#include "gate.h"

#include <stdint.h>

#include "../base/limits.h"

/* An XML declaration needs about 60. */
#define DECL_MAX 1024

/* Expat puts the namespace in front of each prefixed attribute's name: what a
 * tag may grow to this way. */
#define TAG_BLOWN_UP_MAX (16 * 1024 * 1024)

static int check_tag(const struct cpl_gate *g, struct cpl_err *e)
{
	/* libstrophe's table of attributes has 8 buckets: its time grows with
	 * the square of their number. */
	if (g->attributes > CPL_STANZA_ATTRIBUTES_MAX)
		return cpl_err_set(e, CPL_PROTOCOL,
				   "more than %d attributes in one element",
				   CPL_STANZA_ATTRIBUTES_MAX);
	if ((uint64_t)g->tag * (g->attributes + 1) > TAG_BLOWN_UP_MAX)
		return cpl_err_set(e, CPL_PROTOCOL,
				   "%zu attributes in a tag of %zu bytes",
				   g->attributes, g->tag);
	return 0;
}

/* Bytes that end a run in a state: all others leave the state as it is. */
enum { IN_TEXT = 1, IN_TAG = 2, IN_QUOTED = 4 };
static const unsigned char ends[256] = {
    ['\0'] = IN_TAG | IN_QUOTED,
    ['"'] = IN_TAG | IN_QUOTED,
    ['&'] = IN_TEXT,
    ['\''] = IN_TAG | IN_QUOTED,
    ['<'] = IN_TEXT | IN_TAG | IN_QUOTED,
    ['>'] = IN_TAG,
};

/* How many bytes come before the first that ends it. */
static size_t run(const char *p, size_t n, int in)
{
	const unsigned char *u = (const unsigned char *)p;
	size_t i = 0;

	while (n - i >= 4 && !((ends[u[i]] | ends[u[i + 1]] | ends[u[i + 2]] |
				ends[u[i + 3]]) &
			       in))
		i += 4;
	while (i < n && !(ends[u[i]] & in))
		i++;
	return i;
}

static int is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static enum cpl_gate_state in_tag(struct cpl_gate *g, char c)
{
	g->tag++;
	if (c == '<' || c == '\0')
		return CPL_GATE_TEXT;
	if (g->state == CPL_GATE_QUOTED)
		return c == g->quote ? CPL_GATE_TAG : CPL_GATE_QUOTED;
	if (c == '>')
		return CPL_GATE_TEXT;
	if (c != '"' && c != '\'')
		return CPL_GATE_TAG;
	g->quote = c;
	g->attributes++;
	return CPL_GATE_QUOTED;
}

/*   state   byte           next    expat may have
 *   TEXT    <              OPEN    all before it
 *           &              REF     all before it
 *           other          TEXT    it
 *   OPEN    !              BANG    -
 *           ?              DECL    it
 *           other          as TAG
 *   BANG    [              CDATA   it
 *           other          DECL    it
 *   TAG     " '            QUOTED  -
 *           > <            TEXT    it (expat refuses <)
 *           other          TAG     -
 *   QUOTED  the same       TAG     -
 *           <              TEXT    it (expat refuses it)
 *           other, >       QUOTED  -
 *   REF     ; < & space    TEXT    it (expat refuses all but ;)
 *           other          REF     -
 *   CDATA   ]]> complete   TEXT    it; all the others too
 *   DECL    all            DECL    it; cpl_gate_declared() ends it, and
 *                                  nothing else may
 *
 * A NUL is let through at once: expat refuses it. Returns the next state. */
static enum cpl_gate_state step(struct cpl_gate *g, char c)
{
	switch (g->state) {
	case CPL_GATE_TEXT:
		return c == '<'   ? CPL_GATE_OPEN
		       : c == '&' ? CPL_GATE_REF
				  : CPL_GATE_TEXT;
	case CPL_GATE_OPEN:
		g->tag = g->attributes = 0;
		return c == '!'   ? CPL_GATE_BANG
		       : c == '?' ? CPL_GATE_DECL
				  : in_tag(g, c);
	case CPL_GATE_BANG:
		g->brackets = 0;
		return c == '[' ? CPL_GATE_CDATA : CPL_GATE_DECL;
	case CPL_GATE_TAG:
	case CPL_GATE_QUOTED: return in_tag(g, c);
	case CPL_GATE_REF:
		return c == ';' || c == '<' || c == '&' || c == '\0' ||
			       is_space(c)
			   ? CPL_GATE_TEXT
			   : CPL_GATE_REF;
	case CPL_GATE_CDATA:
		if (c == '>' && g->brackets >= 2)
			return CPL_GATE_TEXT;
		g->brackets = c == ']' ? g->brackets + 1 : 0;
		return CPL_GATE_CDATA;
	case CPL_GATE_DECL: g->decl++; return CPL_GATE_DECL;
	}
	return g->state;
}

/* The bytes from p on that step() would do no more about than count them. */
static size_t skip(struct cpl_gate *g, const char *p, size_t n)
{
	static const int in[] = {[CPL_GATE_TEXT] = IN_TEXT,
				 [CPL_GATE_TAG] = IN_TAG,
				 [CPL_GATE_QUOTED] = IN_QUOTED,
				 [CPL_GATE_DECL] = 0};
	size_t i;

	if (!in[g->state])
		return 0;
	i = run(p, n, in[g->state]);
	if (g->state != CPL_GATE_TEXT)
		g->tag += i;
	return i;
}

/* Whether expat may have all bytes, the one that led to the state included. */
static int lets_through(enum cpl_gate_state state)
{
	return state == CPL_GATE_TEXT || state == CPL_GATE_CDATA ||
	       state == CPL_GATE_DECL;
}

int cpl_gate_scan(struct cpl_gate *g, const char *p, size_t n, size_t *taken,
		  size_t *whole, struct cpl_err *e)
{
	int holding = !lets_through(g->state);
	size_t i = 0;

	*whole = 0;
	while (i < n) {
		enum cpl_gate_state before;

		i += skip(g, p + i, n - i);
		if (g->state == CPL_GATE_TEXT)
			*whole = i;
		if (i == n)
			break;
		before = g->state;
		g->state = step(g, p[i++]);
		if (before == CPL_GATE_TAG && g->state != before &&
		    check_tag(g, e) < 0)
			return -1;
		if (!lets_through(g->state))
			continue;
		*whole = i;
		if (holding || (g->state == CPL_GATE_DECL && p[i - 1] == '>'))
			break;
	}
	*taken = i;
	/* A comment, most likely, that expat will refuse at its end. */
	if (g->decl > DECL_MAX)
		return cpl_err_set(e, CPL_PROTOCOL,
				   "a comment, declaration or processing "
				   "instruction is not allowed");
	return 0;
}

void cpl_gate_declared(struct cpl_gate *g)
{
	if (g->state == CPL_GATE_DECL)
		g->state = CPL_GATE_TEXT;
}
