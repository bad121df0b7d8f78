/* SPDX-License-Identifier: MIT */
#include "template.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../base/limits.h"
#include "../base/num.h"
#include "chars.h"
#include "template_impl.h"

/* Where compiling is. */
struct source {
	struct cpl_template *t;
	const char *begin; /* of the text */
	const char *start; /* of the sequence at hand, for errors */
	const char *p;
	struct cpl_buf literal; /* not yet a part */
	struct cpl_err *e;
};

/* "column 7: WHY 'X'": the sequence's first character, counted from 1. */
static int fail(const struct source *s, const char *why, const char *what,
		size_t n)
{
	size_t column = 1;

	for (const char *q = s->begin; q < s->start; q++)
		column += ((unsigned char)*q & 0xc0) != 0x80;
	return cpl_err_set(s->e, CPL_USAGE, "column %zu: %s%s%.*s%s", column,
			   why, what ? " '" : "", (int)n, what ? what : "",
			   what ? "'" : "");
}

/* Bytes of the character at p; the text is UTF-8. */
static size_t length(const char *p)
{
	uint32_t cp;

	return *p ? cpl_chars_decode(p, strlen(p), &cp) : 0;
}

static int check_utf8(struct source *s)
{
	uint32_t cp;
	size_t n;

	for (size_t left = strlen(s->p); left > 0; left -= n) {
		n = cpl_chars_decode(s->p, left, &cp);
		s->start = s->p;
		if (n == 0)
			return fail(s, "not UTF-8", NULL, 0);
		s->p += n;
	}
	s->p = s->begin;
	return 0;
}

/* ---- Parts ---- */

static struct cpl_template_part *add_part(struct source *s, char what)
{
	struct cpl_template *t = s->t;
	struct cpl_template_part *part;

	if (t->count == t->room) {
		size_t room = t->room ? 2 * t->room : 8;

		part = realloc(t->parts, room * sizeof *part);
		if (!part) {
			cpl_err_nomem(s->e);
			return NULL;
		}
		t->parts = part;
		t->room = room;
	}
	part = &t->parts[t->count++];
	memset(part, 0, sizeof *part);
	part->what = what;
	part->precision = -1;
	return part;
}

/* Makes a part of the literal text before a value or the end. */
static int end_literal(struct source *s)
{
	struct cpl_template_part *part;

	if (s->literal.len == 0)
		return 0;
	part = add_part(s, CPL_PART_LITERAL);
	if (!part)
		return -1;
	part->len = s->literal.len;
	part->text = cpl_buf_take(&s->literal);
	return part->text ? 0 : cpl_err_nomem(s->e);
}

static int add_literal(struct source *s, const char *p, size_t n)
{
	return cpl_buf_add(&s->literal, p, n) < 0 ? cpl_err_nomem(s->e) : 0;
}

/* ---- \ ---- */

static int take_escape(struct source *s)
{
	static const char letters[] = "0abefnrtv\\";
	static const char bytes[] = "\0\a\b\x1b\f\n\r\t\v\\";
	const char *at = s->p[1] ? strchr(letters, s->p[1]) : NULL;
	int high, low;
	char c;

	if (at) {
		s->p += 2;
		return add_literal(s, bytes + (at - letters), 1);
	}
	if (s->p[1] != 'x')
		return fail(s, "unknown escape", s->p, 1 + length(s->p + 1));
	high = cpl_num_hex(s->p[2]);
	low = high < 0 ? -1 : cpl_num_hex(s->p[3]);
	if (low < 0)
		return fail(s, "two hexadecimal digits must follow", "\\x", 2);
	c = (char)(high << 4 | low);
	s->p += 4;
	return add_literal(s, &c, 1);
}

/* ---- @ ---- */

static int take_time(struct source *s)
{
	/* Those of strftime() here, and N, the nanoseconds. */
	static const char letters[] =
	    "aAbBcCdDeFgGhHIjklmMnNpPrRsStTuUVwWxXyYzZ%";
	struct cpl_template_part *part;

	if (s->p[1] == '@') {
		s->p += 2;
		return add_literal(s, "@", 1);
	}
	if (!s->p[1] || !strchr(letters, s->p[1]))
		return fail(s, "unknown time", s->p, 1 + length(s->p + 1));
	if (end_literal(s) < 0)
		return -1;
	part = add_part(s, CPL_PART_TIME);
	if (!part)
		return -1;
	part->text = strndup(s->p + 1, 1);
	s->p += 2;
	return part->text ? 0 : cpl_err_nomem(s->e);
}

/* ---- % ---- */

static int take_path(struct source *s, struct cpl_template_part *part)
{
	struct cpl_err e = CPL_ERR_INIT;
	const char *end = strchr(s->p, '}');

	if (!end)
		return fail(s, "no } for this %{", NULL, 0);
	if (cpl_path_read(&part->path, s->p, (size_t)(end - s->p), &e) < 0)
		return e.status == CPL_USAGE ? fail(s, e.text, NULL, 0)
					     : cpl_err_nomem(s->e);
	s->p = end + 1;
	return 0;
}

/* Digits; none are 0. */
static int take_number(struct source *s, int *n)
{
	char why[64];

	*n = 0;
	for (; *s->p >= '0' && *s->p <= '9'; s->p++) {
		*n = 10 * *n + (*s->p - '0');
		if (*n <= CPL_TEMPLATE_WIDTH_MAX)
			continue;
		snprintf(why, sizeof why, "a width or precision is over %d",
			 CPL_TEMPLATE_WIDTH_MAX);
		return fail(s, why, NULL, 0);
	}
	return 0;
}

static int take_flags(struct source *s, struct cpl_template_part *part)
{
	for (; *s->p && strchr("-0#", *s->p); s->p++) {
		part->left |= *s->p == '-';
		part->zero |= *s->p == '0';
		part->plain |= *s->p == '#';
	}
	if (take_number(s, &part->width) < 0)
		return -1;
	if (*s->p != '.')
		return 0;
	s->p++;
	return take_number(s, &part->precision);
}

static int take_value(struct source *s)
{
	struct cpl_template_part *part;

	if (s->p[1] == '%') {
		s->p += 2;
		return add_literal(s, "%", 1);
	}
	if (end_literal(s) < 0)
		return -1;
	part = add_part(s, CPL_PART_LITERAL);
	if (!part)
		return -1;
	s->p++;
	if (take_flags(s, part) < 0)
		return -1;
	if (!*s->p)
		return fail(s, "nothing follows", s->start,
			    (size_t)(s->p - s->start));
	if (!strchr("ftbsiThnxjIU{", *s->p))
		return fail(s, "unknown value", s->start,
			    (size_t)(s->p - s->start) + length(s->p));
	if (part->plain && strchr("xjIU", *s->p))
		return fail(s, "# is not for", s->start,
			    (size_t)(s->p - s->start) + 1);
	part->what = *s->p++;
	return part->what == CPL_PART_CHILD ? take_path(s, part) : 0;
}

/* ---- */

static int compile(struct source *s)
{
	int result = check_utf8(s);

	while (result == 0 && *s->p) {
		size_t plain = strcspn(s->p, "%@\\");

		s->start = s->p + plain;
		if (plain > 0) {
			result = add_literal(s, s->p, plain);
			s->p += plain;
			continue;
		}
		switch (*s->p) {
		case '%': result = take_value(s); break;
		case '@': result = take_time(s); break;
		default: result = take_escape(s);
		}
	}
	return result == 0 ? end_literal(s) : -1;
}

struct cpl_template *cpl_template_new(const char *text, struct cpl_err *e)
{
	struct cpl_template *t = calloc(1, sizeof *t);
	struct source s = {t, text, text, text, CPL_BUF_INIT(SIZE_MAX), e};

	if (!t) {
		cpl_err_nomem(e);
		return NULL;
	}
	if (compile(&s) < 0) {
		cpl_template_free(t);
		t = NULL;
	}
	cpl_buf_release(&s.literal);
	return t;
}

void cpl_template_free(struct cpl_template *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->count; i++) {
		free(t->parts[i].text);
		cpl_path_release(&t->parts[i].path);
	}
	free(t->parts);
	free(t);
}
