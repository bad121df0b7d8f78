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
	int rooms; /* whatever an alias says */
	int with_nick;
	struct cpl_err *e;
};

static int make_space(struct cpl_recipients *r)
{
	size_t space = r->space ? 2 * r->space : 16;
	struct cpl_jid *list;
	struct cpl_recipient *more;

	if (r->count < r->space)
		return 0;
	list = realloc(r->list, space * sizeof *list);
	if (list)
		r->list = list;
	more = realloc(r->more, space * sizeof *more);
	if (more)
		r->more = more;
	if (!list || !more)
		return -1;
	r->space = space;
	return 0;
}

/* Whether jid may be a room's; a nickname behind it is taken away. */
static int split_nick(const struct adding *a, struct cpl_jid *jid,
		      struct cpl_recipient *one)
{
	struct cpl_jid bare;

	if (!a->with_nick || !jid->resource)
		return cpl_jid_check_room(jid, a->e);
	if (cpl_setting_check(CPL_SET_NICK, jid->resource, NULL) < 0)
		return cpl_err_set(a->e, CPL_USAGE,
				   "'%s' has a nickname of nothing but spaces",
				   jid->full);
	one->nick = strdup(jid->resource);
	if (!one->nick)
		return cpl_err_nomem(a->e);
	if (cpl_jid_parse(&bare, jid->bare, a->e) < 0)
		return -1;
	cpl_jid_release(jid);
	*jid = bare;
	return cpl_jid_check_room(jid, a->e);
}

/* What is said of an address that is there already. */
static int meet(struct cpl_recipients *r, size_t i, struct cpl_recipient *one,
		struct cpl_err *e)
{
	struct cpl_recipient *have = &r->more[i];

	if (one->nick && have->nick && strcmp(one->nick, have->nick) != 0)
		return cpl_err_set(e, CPL_USAGE,
				   "%s: with two nicknames, '%s' and '%s'",
				   r->list[i].full, have->nick, one->nick);
	if (one->room && !have->room)
		r->rooms++;
	have->room |= one->room;
	if (!have->alias)
		have->alias = one->alias;
	if (!have->nick) {
		have->nick = one->nick;
		one->nick = NULL;
	}
	return 0;
}

/* Takes jid and one over, unless it fails. */
static int append(struct cpl_recipients *r, struct cpl_jid *jid,
		  struct cpl_recipient *one, struct cpl_err *e)
{
	if (r->count == CPL_RECIPIENTS_MAX)
		return cpl_err_set(e, CPL_USAGE, "more than %d recipients",
				   CPL_RECIPIENTS_MAX);
	if (make_space(r) < 0)
		return cpl_err_nomem(e);
	r->rooms += (size_t)one->room;
	r->list[r->count] = *jid;
	r->more[r->count++] = *one;
	memset(jid, 0, sizeof *jid);
	one->nick = NULL;
	return 0;
}

static int add_jid(void *user, const char *text,
		   const struct cpl_config_room *alias)
{
	struct adding *a = user;
	struct cpl_recipients *r = a->to;
	struct cpl_recipient one = {.room = alias || a->rooms, .alias = alias};
	struct cpl_jid jid;
	size_t i = 0;
	int result = cpl_jid_parse(&jid, text, a->e);

	if (result == 0 && a->rooms)
		result = split_nick(a, &jid, &one);
	while (result == 0 && i < r->count &&
	       strcmp(r->list[i].full, jid.full) != 0)
		i++;
	if (result == 0)
		result = i < r->count ? meet(r, i, &one, a->e)
				      : append(r, &jid, &one, a->e);
	cpl_jid_release(&jid);
	free(one.nick);
	return result;
}

int cpl_recipients_add_jid(struct cpl_recipients *r, const char *jid,
			   struct cpl_err *e)
{
	struct adding a = {.to = r, .e = e};

	return add_jid(&a, jid, NULL);
}

static int add_operand(struct adding *a, const struct cpl_config *config,
		       const char *operand)
{
	int result;

	if (*operand && !strpbrk(operand, "@./:"))
		result = cpl_config_alias(config, operand, add_jid, a, a->e);
	else
		result = add_jid(a, operand, NULL);
	if (result < 0 && a->e && a->e->status == CPL_DATA)
		a->e->status = CPL_USAGE;
	return result < 0 ? -1 : 0;
}

int cpl_recipients_add(struct cpl_recipients *r,
		       const struct cpl_config *config, const char *operand,
		       struct cpl_err *e)
{
	struct adding a = {.to = r, .e = e};

	return add_operand(&a, config, operand);
}

int cpl_recipients_add_room(struct cpl_recipients *r,
			    const struct cpl_config *config,
			    const char *operand, int with_nick,
			    struct cpl_err *e)
{
	struct adding a = {.to = r, .rooms = 1, .with_nick = with_nick, .e = e};

	return add_operand(&a, config, operand);
}

int cpl_recipients_are_rooms(struct cpl_recipients *r, struct cpl_err *e)
{
	for (size_t i = 0; i < r->count; i++) {
		if (cpl_jid_check_room(&r->list[i], e) < 0) {
			if (e && e->status == CPL_DATA)
				e->status = CPL_USAGE;
			return -1;
		}
		r->more[i].room = 1;
	}
	r->rooms = r->count;
	return 0;
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

void cpl_recipients_load(struct cpl_recipients *r, struct cpl_cli *cli, int n,
			 char **operands)
{
	struct cpl_err e = CPL_ERR_INIT;

	for (int i = 0; i < n; i++)
		if (cpl_recipients_add(r, cli->config, operands[i], &e) < 0)
			cpl_cli_die(cli, &e);
}

void cpl_recipients_own_server(struct cpl_recipients *r, struct cpl_cli *cli)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_jid own;

	if (cpl_jid_parse(&own, cpl_setting(&cli->settings, CPL_SET_JID), &e) <
		0 ||
	    cpl_recipients_add_jid(r, own.domain, &e) < 0)
		cpl_cli_die(cli, &e);
	cpl_jid_release(&own);
}

void cpl_recipients_release(struct cpl_recipients *r)
{
	for (size_t i = 0; i < r->count; i++) {
		cpl_jid_release(&r->list[i]);
		free(r->more[i].nick);
	}
	free(r->list);
	free(r->more);
	memset(r, 0, sizeof *r);
}
