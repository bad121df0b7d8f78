/* SPDX-License-Identifier: MIT
 *
 * xpresence set: from a line of stdin, or from words, to a presence. */
#include <string.h>

#include "../common/base/limits.h"
#include "../common/stanza/build.h"
#include "../common/stanza/ns.h"
#include "../common/stanza/outgoing.h"
#include "../common/stanza/text.h"
#include "xpresence.h"

const char *const xpresence_shows[XPRESENCE_SHOWS] = {
    "available", "away", "chat", "dnd", "xa", "unavailable"};

int xpresence_is_unavailable(xmpp_stanza_t *presence)
{
	return cpl_has_type(presence, "unavailable");
}

xmpp_stanza_t *xpresence_state(struct xpresence *x, const char *show,
			       const char *status)
{
	int gone = strcmp(show, "unavailable") == 0;
	xmpp_stanza_t *p =
	    cpl_build_stanza(x->client.run.ctx, "presence",
			     gone ? "unavailable" : NULL, NULL, NULL);
	int ok = p != NULL;

	if (ok && !gone && strcmp(show, "available") != 0)
		ok = cpl_build_text_child(p, "show", show) == 0;
	if (ok && status && *status)
		ok = cpl_build_text_child(p, "status", status) == 0;
	return cpl_built(p, ok);
}

static int is_ours_to_say(xmpp_stanza_t *child)
{
	return cpl_is(child, "c", CPL_NS_CAPS) ||
	       cpl_is(child, "delay", CPL_NS_DELAY) ||
	       cpl_is(child, "priority", CPL_NS_CLIENT);
}

/* A copy of a record without what is the sender's alone: its addresses, its
 * priority, which would draw messages, what its client can do, and when it was
 * sent. NULL without memory. */
static xmpp_stanza_t *strip(xmpp_ctx_t *ctx, xmpp_stanza_t *record)
{
	xmpp_stanza_t *p = cpl_build_stanza(
	    ctx, "presence", xmpp_stanza_get_type(record), NULL, NULL);
	const char *lang = xmpp_stanza_get_attribute(record, "xml:lang");
	xmpp_stanza_t *c = cpl_first_element(record);
	int ok = p && (!lang || cpl_set_attr(p, "xml:lang", lang) == 0);

	for (; ok && c; c = cpl_next_element(c)) {
		xmpp_stanza_t *copy;

		if (is_ours_to_say(c))
			continue;
		copy = xmpp_stanza_copy(c);
		ok = copy && xmpp_stanza_add_child(p, copy) == XMPP_EOK;
		if (copy)
			xmpp_stanza_release(copy);
	}
	return cpl_built(p, ok);
}

/* What is wrong with a line costs only that line. */
static void refuse(struct xpresence *x, struct cpl_err *e)
{
	if (e->status == CPL_USAGE || e->status == CPL_PROTOCOL)
		e->status = CPL_DATA;
	cpl_err_prefix(e, "stdin:%zu", x->setting.line);
	if (e->status == CPL_DATA)
		cpl_run_complain(&x->client.run, e);
	else
		xpresence_give_up(x, e);
}

static const char *find_show(const char *p, size_t n)
{
	for (size_t i = 0; i < XPRESENCE_SHOWS; i++)
		if (strlen(xpresence_shows[i]) == n &&
		    memcmp(xpresence_shows[i], p, n) == 0)
			return xpresence_shows[i];
	return NULL;
}

/* SHOW, or SHOW TAB STATUS. */
static void take_text(struct xpresence *x, const char *p, size_t n)
{
	const char *tab = memchr(p, '\t', n);
	size_t len = tab ? (size_t)(tab - p) : n;
	struct cpl_buf status = CPL_BUF_INIT(CPL_STANZA_BYTES_MAX);
	struct cpl_err e = CPL_ERR_INIT;
	const char *show = find_show(p, len);

	if (!show)
		cpl_err_set(&e, CPL_DATA,
			    "a line begins with available, away, chat, dnd, xa "
			    "or unavailable");
	else if (tab && memchr(tab + 1, '\t', n - len - 1))
		cpl_err_set(&e, CPL_DATA, "more than SHOW and STATUS");
	else if (tab)
		(void)!cpl_read_field(&status, tab + 1, n - len - 1, &e);
	if (show && e.status == CPL_OK) {
		x->client.run.outcome.went_through = 1;
		xpresence_change(x, xpresence_state(x, show, status.data));
	} else {
		refuse(x, &e);
	}
	cpl_buf_release(&status);
}

/* A presence that says whether somebody is there; all that is refused by
 * outgoing.h is refused here. */
static void take_stanza(struct xpresence *x, xmpp_stanza_t *record)
{
	struct cpl_outgoing_rules rules = {
	    .own = cpl_session_jid(x->client.run.session)};
	const char *type = xmpp_stanza_get_type(record);
	struct cpl_err e = CPL_ERR_INIT;
	xmpp_stanza_t *out = cpl_outgoing(record, &rules, &e);

	if (out && cpl_filter_kind(out) != CPL_PRESENCE)
		cpl_err_set(&e, CPL_DATA, "a %s, not a presence",
			    xmpp_stanza_get_name(out));
	else if (out && type && !xpresence_is_unavailable(out))
		cpl_err_set(&e, CPL_DATA,
			    "a presence of type '%s' is no state of ours",
			    type);
	if (e.status == CPL_OK) {
		x->client.run.outcome.went_through = 1;
		xpresence_change(x, strip(x->client.run.ctx, out));
	} else {
		refuse(x, &e);
	}
	if (out)
		xmpp_stanza_release(out);
}

static void on_record(void *user, const struct cpl_record *record)
{
	struct xpresence *x = user;
	struct cpl_err e = record->why;

	if (record->stanza)
		take_stanza(x, record->stanza);
	else
		refuse(x, &e);
}

/* A line is a record of its own: what is malformed in it ends with it. */
static void take_element(struct xpresence *x, const char *p, size_t n)
{
	struct cpl_reader *reader =
	    cpl_reader_new(x->client.run.ctx, 0, on_record, x);
	struct cpl_err e = CPL_ERR_INIT;

	if (!reader)
		cpl_err_nomem(&e);
	else if (cpl_reader_feed(reader, p, n, &e) == 0)
		(void)!cpl_reader_end(reader, &e);
	cpl_reader_free(reader);
	if (e.status != CPL_OK)
		xpresence_give_up(x, &e);
}

void xpresence_line(void *user, const char *p, size_t n, size_t number)
{
	struct xpresence *x = user;

	if (x->client.closing)
		return;
	x->setting.line = number;
	if (*p == '<' || *p == '{')
		take_element(x, p, n);
	else
		take_text(x, p, n);
}

void xpresence_over(void *user, size_t number, struct cpl_err *e)
{
	struct xpresence *x = user;

	if (x->client.closing)
		return;
	x->setting.line = number;
	refuse(x, e);
}
