/* SPDX-License-Identifier: MIT */
#include "cursor.h"

#include <stdlib.h>
#include <string.h>

#include "../base/when.h"

/* Two lines: the version and the time, the id. */
#define HEAD "couplet-cursor 1 "
#define FILE_BYTES_MAX (64 * 1024)

/* The id, within the text; NULL: it is no cursor. */
static char *parse(struct cpl_cursor *c, char *text)
{
	char *id = strchr(text, '\n');
	char *end = id ? strchr(id + 1, '\n') : NULL;

	if (!end || end[1] || strncmp(text, HEAD, strlen(HEAD)) != 0)
		return NULL;
	*id++ = *end = '\0';
	return cpl_when_parse(text + strlen(HEAD), &c->when) < 0 ? NULL : id;
}

static int take(struct cpl_cursor *c, const struct cpl_buf *text,
		struct cpl_err *e)
{
	const char *id = text->len > 0 ? parse(c, text->data) : NULL;

	if (!id)
		return cpl_err_set(e, CPL_IO,
				   "%s: not a cursor; remove it to begin anew",
				   c->file.path);
	c->id = strdup(id);
	c->set = c->id != NULL;
	return c->id ? 0 : cpl_err_nomem(e);
}

int cpl_cursor_open(struct cpl_cursor *c, const char *folder, const char *bare,
		    const char *reader, struct cpl_err *e)
{
	struct cpl_buf text = CPL_BUF_INIT(FILE_BYTES_MAX);
	int result = -1;

	if (cpl_kept_open(&c->file, folder, "cursor", bare, reader, e) == 0)
		result = cpl_kept_read(&c->file, &text, e);
	if (result > 0)
		result = take(c, &text, e);
	cpl_buf_release(&text);
	return result < 0 ? -1 : 0;
}

static int is_plain(const char *id)
{
	for (; *id; id++)
		if ((unsigned char)*id < 0x20)
			return 0;
	return 1;
}

int cpl_cursor_move(struct cpl_cursor *c, const char *id, int64_t when)
{
	char *copy;

	if (!is_plain(id) || strlen(id) > FILE_BYTES_MAX / 2)
		return 0;
	copy = strdup(id);
	if (!copy)
		return -1;
	free(c->id);
	c->id = copy;
	c->when = when;
	c->set = c->dirty = 1;
	return 0;
}

int cpl_cursor_save(struct cpl_cursor *c, struct cpl_err *e)
{
	struct cpl_buf text = CPL_BUF_INIT(FILE_BYTES_MAX);
	char stamp[CPL_WHEN_SIZE];
	int result;

	if (!c->dirty)
		return 0;
	cpl_when_stamp(c->when, stamp);
	if (cpl_buf_addf(&text, HEAD "%s\n%s\n", stamp, c->id) < 0)
		result = cpl_err_nomem(e);
	else
		result = cpl_kept_write(&c->file, &text, e);
	cpl_buf_release(&text);
	c->dirty = result < 0;
	return result;
}

void cpl_cursor_release(struct cpl_cursor *c)
{
	cpl_kept_release(&c->file);
	free(c->id);
	*c = (struct cpl_cursor)CPL_CURSOR_INIT;
}
