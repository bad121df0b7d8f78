/* SPDX-License-Identifier: MIT */
#include "xrecv_hold.h"

#include <stdlib.h>
#include <string.h>

#include "../common/base/buf.h"
#include "../common/base/limits.h"
#include "../common/stanza/ns.h"
#include "../common/stanza/write.h"

static size_t size_of(xmpp_stanza_t *message)
{
	struct cpl_buf xml = CPL_BUF_INIT(CPL_RECORD_OUT_MAX);
	size_t n = cpl_write_xml(&xml, message, CPL_NS_CLIENT) < 0
		       ? CPL_BACKLOG_BYTES
		       : xml.len;

	cpl_buf_release(&xml);
	return n;
}

static struct held **find(struct hold *hold, const char *id)
{
	struct held **p = &hold->first;

	while (*p && strcmp((*p)->id, id) != 0)
		p = &(*p)->next;
	return p;
}

static int set_seam(struct hold *hold, const char *id, int stored)
{
	if (!stored && !hold->seam && !(hold->seam = strdup(id)))
		return -1;
	return 0;
}

int xrecv_hold_add(struct hold *hold, xmpp_stanza_t *message, const char *id,
		   int stored, uint64_t query)
{
	size_t bytes = size_of(message);
	struct held *h;

	if (*find(hold, id))
		return 0;
	if (hold->count >= CPL_BACKLOG_STANZAS ||
	    hold->bytes + bytes > CPL_BACKLOG_BYTES) {
		hold->over = 1;
		return 0;
	}
	h = calloc(1, sizeof *h);
	if (!h || !(h->id = strdup(id)) || set_seam(hold, id, stored) < 0) {
		if (h)
			free(h->id);
		free(h);
		return -1;
	}
	h->message = xmpp_stanza_clone(message);
	h->stored = stored;
	h->query = query;
	h->bytes = bytes;
	if (hold->last)
		hold->last->next = h;
	else
		hold->first = h;
	hold->last = h;
	hold->count++;
	hold->bytes += bytes;
	return 0;
}

void xrecv_hold_free(struct held *h)
{
	xmpp_stanza_release(h->message);
	free(h->id);
	free(h);
}

/* Takes *p out. */
static struct held *take(struct hold *hold, struct held **p)
{
	struct held *h = *p;

	*p = h->next;
	if (hold->last == h) {
		hold->last = hold->first;
		while (hold->last && hold->last->next)
			hold->last = hold->last->next;
	}
	hold->count--;
	hold->bytes -= h->bytes;
	return h;
}

void xrecv_hold_drop(struct hold *hold, const char *id)
{
	struct held **p = find(hold, id);

	if (*p)
		xrecv_hold_free(take(hold, p));
	if (hold->seam && strcmp(hold->seam, id) == 0)
		hold->joined = 1;
}

void xrecv_hold_apart(struct hold *hold)
{
	free(hold->seam);
	hold->seam = NULL;
	hold->joined = 0;
}

int xrecv_hold_gap(const struct hold *hold)
{
	return hold->seam && !hold->joined;
}

struct held *xrecv_hold_shift(struct hold *hold)
{
	return hold->first ? take(hold, &hold->first) : NULL;
}

int xrecv_hold_has_stored(const struct hold *hold, uint64_t query)
{
	for (const struct held *h = hold->first; h; h = h->next)
		if (h->stored && h->query >= query)
			return 1;
	return 0;
}

int xrecv_hold_note(struct hold *hold, const char *id)
{
	char *copy = strdup(id);

	if (!hold->seen)
		hold->seen = calloc(CPL_ARCHIVE_SEEN, sizeof *hold->seen);
	if (!copy || !hold->seen) {
		free(copy);
		return -1;
	}
	free(hold->seen[hold->seen_at]);
	hold->seen[hold->seen_at] = copy;
	hold->seen_at = (hold->seen_at + 1) % CPL_ARCHIVE_SEEN;
	if (hold->seen_count < CPL_ARCHIVE_SEEN)
		hold->seen_count++;
	return 0;
}

int xrecv_hold_seen(const struct hold *hold, const char *id)
{
	for (size_t i = 0; i < hold->seen_count; i++)
		if (strcmp(hold->seen[i], id) == 0)
			return 1;
	return 0;
}

void xrecv_hold_forget(struct hold *hold)
{
	for (size_t i = 0; i < hold->seen_count; i++)
		free(hold->seen[i]);
	free(hold->seen);
	hold->seen = NULL;
	hold->seen_at = hold->seen_count = 0;
}

void xrecv_hold_release(struct hold *hold)
{
	struct held *h;

	while ((h = xrecv_hold_shift(hold)))
		xrecv_hold_free(h);
	xrecv_hold_forget(hold);
	xrecv_hold_apart(hold);
}
