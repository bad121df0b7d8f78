/* SPDX-License-Identifier: MIT */
#include "durable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/num.h"
#include "../base/uuid.h"

#define FILE_BYTES_MAX (64 * 1024)

/* The lines: what it is; h and whether the archive was read; the resource; the
 * client id; and where there is a stream: its JID, its id, and where to resume
 * it, which may be empty. */
#define HEAD "couplet-durable 1\n"
#define H_DIGITS 10
#define CAUGHT_AT (H_DIGITS + 1)
enum { RESOURCE, AGENT, JID, ID, LOCATION, TEXTS };

static void forget_stream(struct cpl_durable *d)
{
	if (d->fd >= 0)
		close(d->fd);
	free(d->jid);
	free(d->id);
	free(d->location);
	d->fd = -1;
	d->jid = d->id = d->location = NULL;
	d->h = 0;
	d->caught = 0;
}

/* The lines behind h, ended in place. How many; -1: the last has no end. */
static int split(char *text, char *lines[TEXTS])
{
	int n = 0;

	while (*text && n < TEXTS) {
		char *end = strchr(text, '\n');

		if (!end)
			return -1;
		*end = '\0';
		lines[n++] = text;
		text = end + 1;
	}
	return *text ? -1 : n;
}

static char *copy(const char *text)
{
	return text && *text ? strdup(text) : NULL;
}

static int parse(struct cpl_durable *d, char *text)
{
	char *h = text + sizeof HEAD - 1;
	char *lines[TEXTS] = {NULL};
	long value;
	int n;

	if (strncmp(text, HEAD, sizeof HEAD - 1) != 0 ||
	    strspn(h, "0123456789") != H_DIGITS || h[H_DIGITS] != ' ' ||
	    (h[CAUGHT_AT] != '0' && h[CAUGHT_AT] != '1') ||
	    h[CAUGHT_AT + 1] != '\n')
		return -1;
	h[H_DIGITS] = '\0';
	d->caught = h[CAUGHT_AT] == '1';
	n = split(h + CAUGHT_AT + 2, lines);
	if (cpl_num_int(h, 0, UINT32_MAX, &value, NULL) < 0 ||
	    (n != AGENT + 1 && n != TEXTS) || !*lines[RESOURCE] ||
	    !cpl_is_uuid(lines[AGENT]))
		return -1;
	d->h = (uint32_t)value;
	d->resource = copy(lines[RESOURCE]);
	d->agent = copy(lines[AGENT]);
	d->jid = copy(lines[JID]);
	d->id = copy(lines[ID]);
	d->location = copy(lines[LOCATION]);
	return d->resource && d->agent && (n != TEXTS || (d->jid && d->id))
		   ? 0
		   : -1;
}

/* Nobody else's, so that none throws us out (RFC 6120 7.7.2.2). */
static int choose_identity(struct cpl_durable *d, const char *name,
			   struct cpl_err *e)
{
	char agent[CPL_UUID_SIZE];
	char text[80];
	uint32_t r;

	if (cpl_random(&r, sizeof r, e) < 0 || cpl_uuid(agent, e) < 0)
		return -1;
	snprintf(text, sizeof text, "%s-%08x", name, r);
	d->resource = strdup(text);
	d->agent = strdup(agent);
	return d->resource && d->agent ? 0 : cpl_err_nomem(e);
}

static int open_file(struct cpl_durable *d, struct cpl_err *e)
{
	d->fd = open(d->file.path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	return d->fd < 0 ? cpl_err_errno(e, CPL_IO, "%s", d->file.path) : 0;
}

int cpl_durable_open(struct cpl_durable *d, const char *folder,
		     const char *bare, const char *name, struct cpl_err *e)
{
	struct cpl_buf text = CPL_BUF_INIT(FILE_BYTES_MAX);
	int r = -1;

	if (cpl_kept_open(&d->file, folder, "durable", bare, name, e) == 0)
		r = cpl_kept_read(&d->file, &text, e);
	if (r == 0)
		r = choose_identity(d, name, e);
	else if (r > 0 && (text.len == 0 || parse(d, text.data) < 0))
		r = cpl_err_set(e, CPL_IO,
				"%s: not a session; remove it to begin anew",
				d->file.path);
	else if (r > 0)
		r = d->id ? open_file(d, e) : 0;
	cpl_buf_release(&text);
	return r;
}

static int write_file(struct cpl_durable *d, struct cpl_err *e)
{
	struct cpl_buf text = CPL_BUF_INIT(FILE_BYTES_MAX);
	int r;

	if (cpl_buf_addf(&text, HEAD "%0*u %d\n%s\n%s\n", H_DIGITS, d->h,
			 d->caught, d->resource, d->agent) < 0 ||
	    (d->id && cpl_buf_addf(&text, "%s\n%s\n%s\n", d->jid, d->id,
				   d->location ? d->location : "") < 0))
		r = cpl_buf_err(&text, e, CPL_IO, "the state of the session");
	else
		r = cpl_kept_write(&d->file, &text, e);
	cpl_buf_release(&text);
	return r;
}

/* Whether it can be a line. */
static int is_line(const char *text)
{
	return text && *text && !strchr(text, '\n');
}

int cpl_durable_begin(struct cpl_durable *d, const char *jid, const char *id,
		      const char *location, uint32_t h, struct cpl_err *e)
{
	forget_stream(d);
	if (!is_line(jid) || !is_line(id) || (location && !is_line(location)))
		return cpl_err_set(e, CPL_PROTOCOL,
				   "the id of the stream has a line break");
	d->h = h;
	d->jid = strdup(jid);
	d->id = strdup(id);
	d->location = copy(location);
	if (!d->jid || !d->id || (location && !d->location))
		return cpl_err_nomem(e);
	return write_file(d, e) < 0 || open_file(d, e) < 0 ? -1 : 0;
}

/* In place, behind the head. */
static int put(const struct cpl_durable *d, const char *p, size_t n, off_t at,
	       struct cpl_err *e)
{
	ssize_t done;

	do
		done = pwrite(d->fd, p, n, (off_t)sizeof HEAD - 1 + at);
	while (done < 0 && errno == EINTR);
	if (done < 0)
		return cpl_err_errno(e, CPL_IO, "%s", d->file.path);
	if ((size_t)done != n)
		return cpl_err_set(e, CPL_IO, "%s: a short write",
				   d->file.path);
	return 0;
}

int cpl_durable_count(struct cpl_durable *d, uint32_t h, struct cpl_err *e)
{
	char digits[H_DIGITS + 1];

	if (d->fd < 0)
		return 0;
	snprintf(digits, sizeof digits, "%0*u", H_DIGITS, h);
	if (put(d, digits, H_DIGITS, 0, e) < 0)
		return -1;
	d->h = h;
	return 0;
}

int cpl_durable_catch(struct cpl_durable *d, struct cpl_err *e)
{
	if (d->fd < 0 || d->caught)
		return 0;
	if (put(d, "1", 1, CAUGHT_AT, e) < 0)
		return -1;
	d->caught = 1;
	return 0;
}

int cpl_durable_sync(struct cpl_durable *d, struct cpl_err *e)
{
	if (d->fd >= 0 && fdatasync(d->fd) < 0)
		return cpl_err_errno(e, CPL_IO, "%s", d->file.path);
	return 0;
}

int cpl_durable_end(struct cpl_durable *d, struct cpl_err *e)
{
	if (!d->id)
		return 0;
	forget_stream(d);
	return write_file(d, e);
}

void cpl_durable_release(struct cpl_durable *d)
{
	forget_stream(d);
	free(d->resource);
	free(d->agent);
	cpl_kept_release(&d->file);
	*d = (struct cpl_durable)CPL_DURABLE_INIT;
}
