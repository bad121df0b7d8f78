/* SPDX-License-Identifier: MIT */
#include "window.h"

#include <string.h>

#include "../base/limits.h"
#include "../stanza/build.h"
#include "../stanza/ns.h"
#include "../stanza/write.h"

/* How a serialized message ends. */
static const char end_tag[] = "</message>";

static enum cpl_window_kind kind_of(xmpp_stanza_t *stanza)
{
	const char *type;

	if (cpl_is(stanza, "presence", CPL_NS_CLIENT))
		return xmpp_stanza_get_to(stanza) ? CPL_WINDOW_DIRECTED
						  : CPL_WINDOW_STATE;
	if (!cpl_is(stanza, "iq", CPL_NS_CLIENT))
		return CPL_WINDOW_MESSAGE;
	type = xmpp_stanza_get_type(stanza);
	if (type && strcmp(type, "get") == 0)
		return CPL_WINDOW_GET;
	return type && strcmp(type, "set") == 0 ? CPL_WINDOW_SET
						: CPL_WINDOW_ANSWER;
}

static struct cpl_window_entry *entries(const struct cpl_window *w)
{
	return (struct cpl_window_entry *)w->entries.data;
}

size_t cpl_window_count(const struct cpl_window *w)
{
	return w->entries.len / sizeof(struct cpl_window_entry);
}

size_t cpl_window_size(const struct cpl_window *w)
{
	return w->bytes.len;
}

const struct cpl_window_entry *cpl_window_at(const struct cpl_window *w,
					     size_t i)
{
	return entries(w) + i;
}

/* The limits are the user's; the buffers only must have some. */
static void allow(struct cpl_window *w)
{
	w->entries.max = SIZE_MAX;
	w->bytes.max = CPL_LINK_OUT_MAX;
}

int cpl_window_allows(size_t bytes, size_t max, struct cpl_err *e)
{
	if (max == 0 || bytes <= max)
		return 0;
	return cpl_err_set(e, CPL_DATA,
			   "the stanza has %zu bytes, the server takes %zu",
			   bytes, max);
}

int cpl_window_add(struct cpl_window *w, xmpp_stanza_t *stanza, size_t max,
		   uint64_t number, struct cpl_err *e)
{
	struct cpl_window_entry entry = {.number = number,
					 .kind = kind_of(stanza)};
	size_t before = w->bytes.len;

	allow(w);
	entry.delayed = cpl_child(stanza, "delay", CPL_NS_DELAY) != NULL;
	if (cpl_write_xml(&w->bytes, stanza, CPL_NS_CLIENT) < 0) {
		cpl_buf_truncate(&w->bytes, before);
		return cpl_buf_err(&w->bytes, e, CPL_SYSTEM, "unsent output");
	}
	entry.size = w->bytes.len - before;
	if (cpl_window_allows(entry.size, max, e) < 0) {
		cpl_buf_truncate(&w->bytes, before);
		return -1;
	}
	if (cpl_buf_add(&w->entries, &entry, sizeof entry) < 0) {
		cpl_buf_truncate(&w->bytes, before);
		return cpl_err_nomem(e);
	}
	return 0;
}

int cpl_window_add_text(struct cpl_window *w, const char *xml, size_t size,
			enum cpl_window_kind kind, uint64_t number,
			struct cpl_err *e)
{
	struct cpl_window_entry entry = {
	    .number = number, .size = size, .kind = kind};

	allow(w);
	if (cpl_buf_add(&w->bytes, xml, size) < 0)
		return cpl_err_nomem(e);
	if (cpl_buf_add(&w->entries, &entry, sizeof entry) < 0) {
		cpl_buf_truncate(&w->bytes, w->bytes.len - size);
		return cpl_err_nomem(e);
	}
	return 0;
}

void cpl_window_once(struct cpl_window *w)
{
	if (cpl_window_count(w) > 0)
		entries(w)[cpl_window_count(w) - 1].kind = CPL_WINDOW_ANSWER;
}

static void has_left(struct cpl_window *w, size_t from, size_t upto)
{
	time_t now = time(NULL);

	for (size_t i = from; i < upto; i++)
		if (entries(w)[i].tries++ == 0)
			entries(w)[i].first = now;
}

/* What has not left is at the end: those before it all have. */
long cpl_window_send(struct cpl_window *w, size_t most, struct cpl_buf *out)
{
	size_t count = cpl_window_count(w), from = count, upto;
	size_t unsent = 0, size = 0;

	for (; from > 0 && entries(w)[from - 1].tries == 0; from--)
		unsent += entries(w)[from - 1].size;
	for (upto = from; upto < count && entries(w)[upto].size <= most; upto++)
		size += entries(w)[upto].size;
	if (upto == from)
		return 0;
	if (cpl_buf_add(out, w->bytes.data + w->bytes.len - unsent, size) < 0)
		return -1;
	has_left(w, from, upto);
	return (long)(upto - from);
}

int cpl_window_again(struct cpl_window *w, const char *mark,
		     struct cpl_buf *out)
{
	const char *xml = w->bytes.data;
	size_t piece = 0;

	for (size_t i = 0; i < cpl_window_count(w); i++) {
		size_t size = entries(w)[i].size;

		if (cpl_buf_add(out, xml, size) < 0)
			return -1;
		xml += size;
		piece += size;
		if (!mark || piece < CPL_WINDOW_MARK)
			continue;
		if (cpl_buf_adds(out, mark) < 0)
			return -1;
		piece = 0;
	}
	has_left(w, 0, cpl_window_count(w));
	return 0;
}

void cpl_window_drop(struct cpl_window *w, size_t max,
		     void (*dropped)(void *user, uint64_t number, size_t bytes),
		     void *user)
{
	size_t kept = 0, from = 0, to = 0;

	for (size_t i = 0; i < cpl_window_count(w); i++) {
		struct cpl_window_entry entry = entries(w)[i];

		if (entry.tries > 0 ||
		    cpl_window_allows(entry.size, max, NULL) == 0) {
			memmove(w->bytes.data + to, w->bytes.data + from,
				entry.size);
			entries(w)[kept++] = entry;
			to += entry.size;
		} else {
			dropped(user, entry.number, entry.size);
		}
		from += entry.size;
	}
	cpl_buf_truncate(&w->bytes, to);
	cpl_buf_truncate(&w->entries, kept * sizeof(struct cpl_window_entry));
}

void cpl_window_undo(struct cpl_window *w)
{
	for (size_t i = 0; i < cpl_window_count(w); i++)
		entries(w)[i].tries = 0;
}

uint64_t cpl_window_pop(struct cpl_window *w, size_t n)
{
	uint64_t number = entries(w)[n - 1].number;
	size_t size = 0;

	for (size_t i = 0; i < n; i++)
		size += entries(w)[i].size;
	cpl_buf_consume(&w->bytes, size);
	cpl_buf_consume(&w->entries, n * sizeof(struct cpl_window_entry));
	return number;
}

/* Appends the message with a <delay/> as its last child. */
static int add_delayed(struct cpl_buf *out, const char *xml, size_t size,
		       const struct cpl_buf *delay)
{
	size_t tail = sizeof end_tag - 1;

	if (size >= tail && memcmp(xml + size - tail, end_tag, tail) == 0)
		size -= tail;
	else if (cpl_buf_add(out, xml, size - 2) < 0 || /* "/>" */
		 cpl_buf_addc(out, '>') < 0)
		return -1;
	else
		size = 0;
	if (cpl_buf_add(out, xml, size) < 0 ||
	    cpl_buf_add(out, delay->data, delay->len) < 0)
		return -1;
	return cpl_buf_adds(out, end_tag);
}

static int write_delay(struct cpl_buf *out, const char *from, time_t when)
{
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	xmpp_stanza_t *delay =
	    ctx ? cpl_build(ctx, "delay", CPL_NS_DELAY) : NULL;
	char stamp[32];
	struct tm tm;
	int r = -1;

	strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ",
		 gmtime_r(&when, &tm));
	if (delay && cpl_set_attr(delay, "from", from) == 0 &&
	    cpl_set_attr(delay, "stamp", stamp) == 0)
		r = cpl_write_xml(out, delay, CPL_NS_CLIENT);
	if (delay)
		xmpp_stanza_release(delay);
	if (ctx)
		xmpp_ctx_free(ctx);
	return r;
}

static int copy(struct cpl_window *to, struct cpl_window_entry entry,
		const char *xml, const char *from)
{
	struct cpl_buf delay = CPL_BUF_INIT(4 * CPL_JID_MAX);
	size_t before = to->bytes.len;
	int r;

	if (entry.kind == CPL_WINDOW_MESSAGE && entry.tries > 0 &&
	    !entry.delayed) {
		entry.delayed = 1;
		r = write_delay(&delay, from, entry.first);
		if (r == 0)
			r = add_delayed(&to->bytes, xml, entry.size, &delay);
	} else {
		r = cpl_buf_add(&to->bytes, xml, entry.size);
	}
	cpl_buf_release(&delay);
	entry.size = to->bytes.len - before;
	return r < 0 ? -1 : cpl_buf_add(&to->entries, &entry, sizeof entry);
}

/* Whether the i-th is sent again. */
static int stays(const struct cpl_window *w, size_t i, unsigned without)
{
	switch (entries(w)[i].kind) {
	case CPL_WINDOW_ANSWER: return 0;
	case CPL_WINDOW_SET:
		return !(without & CPL_WINDOW_NO_SETS) ||
		       entries(w)[i].tries == 0;
	case CPL_WINDOW_STATE:
		if (without & CPL_WINDOW_NO_PRESENCE)
			return 0;
		for (size_t j = i + 1; j < cpl_window_count(w); j++)
			if (entries(w)[j].kind == CPL_WINDOW_STATE)
				return 0;
		return 1;
	default: return 1;
	}
}

int cpl_window_renew(struct cpl_window *w, const char *from, unsigned without,
		     void (*dropped)(void *user, uint64_t number), void *user,
		     struct cpl_err *e)
{
	struct cpl_window next = {0};
	size_t at = 0;

	allow(&next);
	for (size_t i = 0; i < cpl_window_count(w); i++) {
		const struct cpl_window_entry *entry = entries(w) + i;

		if (stays(w, i, without)) {
			if (copy(&next, *entry, w->bytes.data + at, from) < 0) {
				cpl_window_release(&next);
				return cpl_err_nomem(e);
			}
		} else if (entry->kind == CPL_WINDOW_SET ||
			   entry->kind == CPL_WINDOW_ANSWER) {
			dropped(user, entry->number);
		}
		at += entry->size;
	}
	cpl_window_release(w);
	*w = next;
	return 0;
}

void cpl_window_each(const struct cpl_window *w,
		     int (*each)(void *user, const struct cpl_window_entry *e,
				 const char *xml),
		     void *user)
{
	const char *xml = w->bytes.data;

	for (size_t i = 0; i < cpl_window_count(w); i++) {
		if (each(user, entries(w) + i, xml))
			return;
		xml += entries(w)[i].size;
	}
}

void cpl_window_release(struct cpl_window *w)
{
	cpl_buf_release(&w->entries);
	cpl_buf_release(&w->bytes);
}
