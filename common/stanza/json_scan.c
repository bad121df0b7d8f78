/* SPDX-License-Identifier: MIT */
#include "json_scan.h"

#include <string.h>

/* The last, while a string is there that cannot be. */
#define WRONG '!'

static int in_array(const struct cpl_json_scan *s)
{
	return s->depth > 0 && (s->arrays >> (s->depth - 1) & 1);
}

static int one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

/* Whether a value may come next (RFC 8259 4 and 5). */
static int value_expected(const struct cpl_json_scan *s)
{
	return s->last == ':' || (in_array(s) && one_of(s->last, "[,"));
}

static int open_one(struct cpl_json_scan *s, char c)
{
	if (s->depth > 0 && !value_expected(s))
		return -1;
	if (s->depth < CPL_JSON_DEPTH_MAX) {
		uint64_t bit = (uint64_t)1 << s->depth;

		s->arrays = c == '[' ? s->arrays | bit : s->arrays & ~bit;
	}
	s->depth++;
	s->values++;
	return 0;
}

static int close_one(struct cpl_json_scan *s, char c)
{
	if (in_array(s) != (c == ']') ||
	    !one_of(s->last, in_array(s) ? "[\"x}]" : "{\"x}]"))
		return -1;
	s->depth--;
	return 0;
}

static int is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || one_of(c, "+-.");
}

/* A byte outside of strings, which becomes the last. -1: it cannot stand
 * there. */
static int step(struct cpl_json_scan *s, char c)
{
	int bad = 0;

	if (one_of(c, " \n\t\r"))
		return 0;
	if ((unsigned char)c >= 0x80) {
		s->in = CPL_JSON_STRAY;
		return 0;
	}
	switch (c) {
	case '{':
	case '[': bad = open_one(s, c) < 0; break;
	case '}':
	case ']': bad = close_one(s, c) < 0; break;
	case '"':
		/* One that is wrong here is shown whole, too. */
		c = one_of(s->last, "{[,:") ? '"' : WRONG;
		s->in = CPL_JSON_STRING;
		break;
	case ':': bad = s->last != '"' || in_array(s); break;
	case ',':
		bad = !one_of(s->last, "\"x}]");
		s->values++;
		break;
	default:
		bad = !is_word(c) || (s->last != 'x' && !value_expected(s));
		c = 'x';
	}
	s->last = c;
	return bad ? -1 : 0;
}

/* How many bytes of a string's plain ones are at p. */
static size_t plain(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && p[i] != '"' && p[i] != '\\' &&
	       (unsigned char)p[i] >= 0x20)
		i++;
	return i;
}

/* A byte in a string. RFC 8259 7: control characters are escaped there. */
static int step_string(struct cpl_json_scan *s, char c)
{
	if ((unsigned char)c < 0x20)
		return -1;
	if (s->in == CPL_JSON_ESCAPE)
		s->in = CPL_JSON_STRING;
	else if (c == '\\')
		s->in = CPL_JSON_ESCAPE;
	else if (c == '"')
		s->in = CPL_JSON_OUTSIDE;
	return s->in == CPL_JSON_OUTSIDE && s->last == WRONG ? -1 : 0;
}

static int within_limits(const struct cpl_json_scan *s, struct cpl_err *e)
{
	if (s->depth > CPL_JSON_DEPTH_MAX)
		cpl_err_set(e, CPL_DATA,
			    "more than %d objects and arrays within each other",
			    CPL_JSON_DEPTH_MAX);
	else if (s->values > CPL_JSON_VALUES_MAX)
		cpl_err_set(e, CPL_DATA, "more than %d values",
			    CPL_JSON_VALUES_MAX);
	else if (s->taken > CPL_RECORD_MAX)
		cpl_err_set(e, CPL_DATA, "more than %d bytes", CPL_RECORD_MAX);
	else
		return 1;
	return 0;
}

enum cpl_json_scanned cpl_json_scan(struct cpl_json_scan *s, const char *p,
				    size_t n, struct cpl_err *e)
{
	/* One byte over the limit is as bad as many. */
	n = n > (size_t)CPL_RECORD_MAX + 1 ? (size_t)CPL_RECORD_MAX + 1 : n;
	while (s->taken < n) {
		char c = p[s->taken];
		int bad = 0;

		/* The whole of a stray character is shown. */
		if (s->in == CPL_JSON_STRAY &&
		    ((unsigned char)c & 0xc0) != 0x80)
			return CPL_JSON_BAD;
		s->taken++;
		if (s->in == CPL_JSON_STRING || s->in == CPL_JSON_ESCAPE)
			bad = step_string(s, c) < 0;
		else if (s->in == CPL_JSON_OUTSIDE)
			bad = step(s, c) < 0;
		if (!bad && s->in == CPL_JSON_STRING)
			s->taken += plain(p + s->taken, n - s->taken);
		if (bad || !within_limits(s, e))
			return CPL_JSON_BAD;
		if (s->depth == 0)
			return CPL_JSON_WHOLE;
	}
	return CPL_JSON_MORE;
}
