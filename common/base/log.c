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
 * XEP-0388 2.6, XEP-0077, XEP-0045 7.2.6, XEP-0484. */
static int is_secret(const char *name, size_t len)
{
	static const char *const names[] = {
	    "auth",     "response",         "challenge",
	    "success",  "initial-response", "additional-data",
	    "password", "secret",           "hash-token",
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

/* Copies a tag; the value of a token element's token attribute is masked. */
static int copy_tag(struct cpl_buf *out, const char *p, const char *end)
{
	static const char attr[] = " token=";
	const char *value, *close;

	if (end - p < 7 || memcmp(p, "<token ", 7) != 0)
		return cpl_buf_add(out, p, (size_t)(end - p));
	value = p;
	while (end - value > (ptrdiff_t)sizeof attr &&
	       memcmp(value, attr, sizeof attr - 1) != 0)
		value++;
	if (end - value <= (ptrdiff_t)sizeof attr)
		return cpl_buf_add(out, p, (size_t)(end - p));
	value += sizeof attr; /* behind the quote */
	close = memchr(value, value[-1], (size_t)(end - value));
	if (cpl_buf_add(out, p, (size_t)(value - p)) < 0 ||
	    cpl_buf_adds(out, "***") < 0)
		return -1;
	return close ? cpl_buf_add(out, close, (size_t)(end - close)) : 0;
}

int cpl_log_redact(struct cpl_buf *out, const char *xml, size_t len)
{
	const char *end = xml + len;
	int secret = 0;

	for (const char *p = xml, *next; p < end; p = next) {
		if (*p != '<') {
			next = memchr(p, '<', (size_t)(end - p));
			next = next ? next : end;
			if (secret
				? cpl_buf_adds(out, "***") < 0
				: cpl_buf_add(out, p, (size_t)(next - p)) < 0)
				return -1;
			continue;
		}
		next = tag_end(p, end);
		if (copy_tag(out, p, next) < 0)
			return -1;
		secret = next - p > 2 && p[1] != '/' && next[-2] != '/' &&
			 is_secret(p + 1, strcspn(p + 1, " \t\r\n/>"));
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
