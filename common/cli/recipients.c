/* SPDX-License-Identifier: MIT */
#include "recipients.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/limits.h"

/* What each() of an alias needs; the first error ends the walk. */
struct adding {
	struct cpl_recipients *to;
	struct cpl_err *e;
};

static int add_jid(void *user, const char *text)
{
	struct adding *a = user;
	struct cpl_recipients *r = a->to;
	struct cpl_jid jid;

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

int cpl_recipients_add(struct cpl_recipients *r,
		       const struct cpl_config *config, const char *operand,
		       struct cpl_err *e)
{
	struct adding a = {r, e};

	if (*operand && !strpbrk(operand, "@./:"))
		return cpl_config_alias(config, operand, add_jid, &a, e) < 0
			   ? -1
			   : 0;
	if (add_jid(&a, operand) == 0)
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

int cpl_recipients_read(struct cpl_recipients *r,
			const struct cpl_config *config, const char *path,
			struct cpl_err *e)
{
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
	char *line = NULL;
	size_t room = 0, number = 0;
	int status = 0;

	if (!f)
		return cpl_err_errno(e, CPL_NOINPUT, "%s", path);
	while (status == 0 && getline(&line, &room, f) > 0) {
		number++;
		status = add_line(r, config, line, e);
		if (status < 0 && e && e->status == CPL_USAGE)
			e->status = CPL_DATA;
		if (status < 0)
			cpl_err_prefix(e, "%s:%zu", path, number);
	}
	if (status == 0 && ferror(f))
		status = cpl_err_errno(
		    e, errno == EISDIR ? CPL_NOINPUT : CPL_IO, "%s", path);
	free(line);
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
