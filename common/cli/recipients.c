/* SPDX-License-Identifier: MIT */
#include "recipients.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/buf.h"
#include "../base/limits.h"

/* What each() of an alias needs; the first error ends the walk. */
struct adding {
	struct cpl_recipients *to;
	struct cpl_err *e;
};

static int add_jid(void *user, const char *text,
		   const struct cpl_config_room *alias)
{
	struct adding *a = user;
	struct cpl_recipients *r = a->to;
	struct cpl_jid jid;

	(void)alias;
	if (cpl_jid_parse(&jid, text, a->e) < 0)
		return -1;
	for (size_t i = 0; i < r->count; i++) {
		if (strcmp(r->list[i].full, jid.full) == 0) {
			cpl_jid_release(&jid);
			return 0;
		}
	}
	if (r->count == CPL_RECIPIENTS_MAX) {
		cpl_jid_release(&jid);
		return cpl_err_set(a->e, CPL_USAGE, "more than %d recipients",
				   CPL_RECIPIENTS_MAX);
	}
	if (r->count == r->room) {
		size_t room = r->room ? 2 * r->room : 16;
		struct cpl_jid *list = realloc(r->list, room * sizeof *list);

		if (!list) {
			cpl_jid_release(&jid);
			return cpl_err_nomem(a->e);
		}
		r->list = list;
		r->room = room;
	}
	r->list[r->count++] = jid;
	return 0;
}

int cpl_recipients_add_jid(struct cpl_recipients *r, const char *jid,
			   struct cpl_err *e)
{
	struct adding a = {r, e};

	return add_jid(&a, jid, NULL);
}

int cpl_recipients_add(struct cpl_recipients *r,
		       const struct cpl_config *config, const char *operand,
		       struct cpl_err *e)
{
	struct adding a = {r, e};

	if (*operand && !strpbrk(operand, "@./:"))
		return cpl_config_alias(config, operand, add_jid, &a, e) < 0
			   ? -1
			   : 0;
	if (add_jid(&a, operand, NULL) == 0)
		return 0;
	if (e && e->status == CPL_DATA)
		e->status = CPL_USAGE;
	return -1;
}

/* One line without its end; white space around an address is not part of it. */
static int add_line(struct cpl_recipients *r, const struct cpl_config *config,
		    char *line, struct cpl_err *e)
{
	size_t n;

	line += strspn(line, " \t");
	n = strlen(line);
	while (n > 0 && strchr(" \t\r\n", line[n - 1]))
		line[--n] = '\0';
	if (n == 0 || *line == '#')
		return 0;
	return cpl_recipients_add(r, config, line, e);
}

static int read_all(FILE *f, const char *path, struct cpl_buf *text,
		    struct cpl_err *e)
{
	char piece[4096];
	size_t n;

	while ((n = fread(piece, 1, sizeof piece, f)) > 0)
		if (cpl_buf_add(text, piece, n) < 0)
			return cpl_buf_err(text, e, CPL_DATA, path);
	if (!ferror(f))
		return 0;
	return cpl_err_errno(e, errno == EISDIR ? CPL_NOINPUT : CPL_IO, "%s",
			     path);
}

static int add_lines(struct cpl_recipients *r, const struct cpl_config *config,
		     struct cpl_buf *text, const char *path, struct cpl_err *e)
{
	char *line = text->data, *end = line + text->len;
	int status = 0;

	for (size_t number = 1; status == 0 && line < end; number++) {
		char *next = memchr(line, '\n', (size_t)(end - line));

		if (!next)
			next = end; /* a NUL stands there */
		*next = '\0';
		if (strlen(line) < (size_t)(next - line))
			status = cpl_err_set(e, CPL_DATA, "a line with a NUL");
		else
			status = add_line(r, config, line, e);
		if (status < 0 && e && e->status == CPL_USAGE)
			e->status = CPL_DATA;
		if (status < 0)
			cpl_err_prefix(e, "%s:%zu", path, number);
		line = next + 1;
	}
	return status;
}

int cpl_recipients_read(struct cpl_recipients *r,
			const struct cpl_config *config, const char *path,
			struct cpl_err *e)
{
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
	struct cpl_buf text = CPL_BUF_INIT(CPL_CONFIG_BYTES_MAX);
	int status;

	if (!f)
		return cpl_err_errno(e, CPL_NOINPUT, "%s", path);
	status = read_all(f, path, &text, e);
	if (status == 0 && text.len > 0)
		status = add_lines(r, config, &text, path, e);
	cpl_buf_release(&text);
	if (f != stdin)
		fclose(f);
	return status;
}

void cpl_recipients_release(struct cpl_recipients *r)
{
	for (size_t i = 0; i < r->count; i++)
		cpl_jid_release(&r->list[i]);
	free(r->list);
	memset(r, 0, sizeof *r);
}
