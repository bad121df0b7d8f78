/* SPDX-License-Identifier: MIT */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void cpl_log(const struct cpl_log *log, int level, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (!log || !log->line || level > log->level)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	log->line(log->user, level, text);
}

/* Elements whose text is a secret or can be turned into one: RFC 6120 6.4,
 * XEP-0388 2.6, XEP-0077, XEP-0045 7.2.6, XEP-0480, XEP-0484.
 */
static int is_secret(const char *name, size_t len)
{
	static const char *const names[] = {
	    "auth",     "response",         "challenge",
	    "success",  "initial-response", "additional-data",
	    "password", "secret",           "hash-token",
	    "hash",
	};
	const char *colon = memchr(name, ':', len);

	if (colon) {
		len -= (size_t)(colon + 1 - name);
		name = colon + 1;
	}
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
			return 1;
	return 0;
}

/* The end of the tag that begins at p: one past its '>', or end. */
static const char *tag_end(const char *p, const char *end)
{
	char quote = 0;

	for (; p < end; p++) {
		if (quote) {
			if (*p == quote)
				quote = 0;
		} else if (*p == '"' || *p == '\'') {
			quote = *p;
		} else if (*p == '>') {
			return p + 1;
		}
	}
	return end;
}

static int is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Where the value of an attribute begins, behind its quote; NULL: the tag has
 * none of that name, or is cut before it. */
static const char *value_of(const char *p, const char *end, const char *name)
{
	const char *word = p;
	size_t len = 0;
	char quote = 0;
	int over = 1; /* the next letter begins a word */

	for (; p < end; p++) {
		if (quote) {
			quote = *p == quote ? 0 : quote;
		} else if (*p == '"' || *p == '\'') {
			if (len == strlen(name) && memcmp(word, name, len) == 0)
				return p + 1;
			quote = *p;
			over = 1;
		} else if (is_space(*p) || *p == '=') {
			over = 1;
		} else {
			word = over ? p : word;
			len = over ? 1 : len + 1;
			over = 0;
		}
	}
	return NULL;
}

static size_t name_len(const char *p, const char *end)
{
	const char *from = p;

	while (p < end && !is_space(*p) && *p != '/' && *p != '>')
		p++;
	return (size_t)(p - from);
}

static int is_token(const char *name, size_t len)
{
	return (len == 5 || (len > 5 && name[len - 6] == ':')) &&
	       memcmp(name + len - 5, "token", 5) == 0;
}

/* Copies a tag; the value of a token element's token attribute is masked. */
static int copy_tag(struct cpl_buf *out, const char *p, const char *end)
{
	size_t len = name_len(p + 1, end);
	const char *value = NULL, *close;

	if (is_token(p + 1, len))
		value = value_of(p + 1 + len, end, "token");
	if (!value || value == end)
		return cpl_buf_add(out, p, (size_t)(end - p));
	close = memchr(value, value[-1], (size_t)(end - value));
	if (cpl_buf_add(out, p, (size_t)(value - p)) < 0 ||
	    cpl_buf_adds(out, "***") < 0)
		return -1;
	return close ? cpl_buf_add(out, close, (size_t)(end - close)) : 0;
}

static const char *find(const char *p, const char *end, const char *what)
{
	size_t n = strlen(what);

	for (; (size_t)(end - p) >= n; p++)
		if (memcmp(p, what, n) == 0)
			return p;
	return NULL;
}

/* The end of the text at p, a CDATA section included; p where there is none. */
static const char *text_end(const char *p, const char *end)
{
	static const char cdata[] = "<![CDATA[";
	const char *next;

	if (*p != '<') {
		next = memchr(p, '<', (size_t)(end - p));
		return next ? next : end;
	}
	if ((size_t)(end - p) < sizeof cdata - 1 ||
	    memcmp(p, cdata, sizeof cdata - 1) != 0)
		return p;
	next = find(p, end, "]]>");
	return next ? next + 3 : end;
}

int cpl_log_redact(struct cpl_buf *out, const char *xml, size_t len)
{
	const char *end = xml + len;
	size_t inside = 0; /* open elements, from a secret one inwards */

	for (const char *p = xml, *next; p < end; p = next) {
		next = text_end(p, end);
		if (next > p) {
			if (inside
				? cpl_buf_adds(out, "***") < 0
				: cpl_buf_add(out, p, (size_t)(next - p)) < 0)
				return -1;
			continue;
		}
		next = tag_end(p, end);
		if (copy_tag(out, p, next) < 0)
			return -1;
		if (next - p > 1 && p[1] == '/')
			inside -= inside > 0;
		else if (next - p > 2 && next[-2] != '/' &&
			 (inside || is_secret(p + 1, name_len(p + 1, next))))
			inside++;
	}
	return 0;
}

void cpl_log_trace(const struct cpl_log *log, char direction, const char *text,
		   size_t len)
{
	struct cpl_buf out;

	if (!log || !log->trace || len == 0)
		return;
	/* A mask is three bytes, what it replaces one at least. */
	cpl_buf_init(&out, 3 * len + 64);
	if (cpl_log_redact(&out, text, len) == 0)
		log->trace(log->user, direction, out.data, out.len);
	cpl_buf_release(&out);
}
