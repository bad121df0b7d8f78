/* SPDX-License-Identifier: MIT */
#include "archive.h"

#include <stdio.h>
#include <string.h>

#include "../base/when.h"
#include "../stanza/build.h"
#include "../stanza/form.h"
#include "../stanza/ns.h"

int cpl_archive_offered(xmpp_stanza_t *answer)
{
	xmpp_stanza_t *query = cpl_child(answer, "query", CPL_NS_DISCO_INFO);

	for (xmpp_stanza_t *i = cpl_first_element(query); i;
	     i = cpl_next_element(i)) {
		const char *var = xmpp_stanza_get_attribute(i, "var");

		if (cpl_is(i, "feature", CPL_NS_DISCO_INFO) && var &&
		    strcmp(var, CPL_NS_MAM) == 0)
			return 1;
	}
	return 0;
}

/* --- queries ----------------------------------------------------------- */

/* 4.1.2 */
static int add_start(xmpp_stanza_t *query, int64_t start)
{
	xmpp_stanza_t *form = cpl_build_child(query, "x", CPL_NS_DATA);
	char stamp[CPL_WHEN_SIZE];

	cpl_when_stamp(start, stamp);
	if (!form || cpl_set_attr(form, "type", "submit") < 0 ||
	    cpl_form_add(form, "FORM_TYPE", "hidden", CPL_NS_MAM) < 0)
		return -1;
	return cpl_form_add(form, "start", NULL, stamp);
}

/* XEP-0059 2 */
static int add_set(xmpp_stanza_t *query, const struct cpl_archive_query *q)
{
	xmpp_stanza_t *set = cpl_build_child(query, "set", CPL_NS_RSM);
	char max[24];

	snprintf(max, sizeof max, "%ld", q->max);
	if (!set || cpl_build_text_child(set, "max", max) < 0)
		return -1;
	if (q->last)
		return cpl_build_child(set, "before", NULL) ? 0 : -1;
	if (q->after && *q->after)
		return cpl_build_text_child(set, "after", q->after);
	return 0;
}

xmpp_stanza_t *cpl_archive_ask(xmpp_ctx_t *ctx,
			       const struct cpl_archive_query *q)
{
	xmpp_stanza_t *query;
	xmpp_stanza_t *iq =
	    cpl_build_iq(ctx, "set", q->to, "query", CPL_NS_MAM, &query);

	return cpl_built(
	    iq, cpl_set_attr(query, "queryid", q->queryid) == 0 &&
		    (q->start < 0 || add_start(query, q->start) == 0) &&
		    add_set(query, q) == 0);
}

/* --- results ----------------------------------------------------------- */

/* From the own account: a full JID of it is any of its clients. */
static int is_from_account(xmpp_stanza_t *stanza, const struct cpl_jid *own)
{
	const char *from = xmpp_stanza_get_from(stanza);

	return !from || cpl_jid_is(from, own->bare);
}

enum cpl_archive_kind cpl_archive_take(xmpp_stanza_t *stanza,
				       const struct cpl_jid *own,
				       const char *queryid,
				       struct cpl_archive_result *r)
{
	xmpp_stanza_t *result = cpl_child(stanza, "result", CPL_NS_MAM);
	xmpp_stanza_t *forwarded;
	const char *of, *stamp;

	if (!result || !cpl_is(stanza, "message", CPL_NS_CLIENT))
		return CPL_ARCHIVE_NONE;
	of = xmpp_stanza_get_attribute(result, "queryid");
	r->id = xmpp_stanza_get_attribute(result, "id");
	if (!is_from_account(stanza, own) || !queryid || !of ||
	    strcmp(of, queryid) != 0 || !r->id || !*r->id)
		return CPL_ARCHIVE_FORGED;
	forwarded = cpl_child(result, "forwarded", CPL_NS_FORWARD);
	r->message = cpl_child(forwarded, "message", CPL_NS_CLIENT);
	r->delay = cpl_child(forwarded, "delay", CPL_NS_DELAY);
	stamp = r->delay ? xmpp_stanza_get_attribute(r->delay, "stamp") : NULL;
	if (!stamp || cpl_when_parse(stamp, &r->when) < 0)
		r->when = -1;
	return CPL_ARCHIVE_RESULT;
}

static int is_by(xmpp_stanza_t *el, const struct cpl_jid *own)
{
	const char *by = xmpp_stanza_get_attribute(el, "by");

	return cpl_is(el, "stanza-id", CPL_NS_SID) && cpl_jid_is(by, own->bare);
}

/* 5: "archived messages MAY also contain a XEP-0359 <stanza-id> element, but
 * clients MUST NOT depend on it". One that is there says the same. */
static int set_id(xmpp_stanza_t *message, const char *id,
		  const struct cpl_jid *own)
{
	xmpp_stanza_t *el;
	int found = 0;

	for (el = cpl_first_element(message); el; el = cpl_next_element(el)) {
		if (!is_by(el, own))
			continue;
		found = 1;
		if (cpl_set_attr(el, "id", id) < 0)
			return -1;
	}
	if (found)
		return 0;
	el = cpl_build_child(message, "stanza-id", CPL_NS_SID);
	if (!el || cpl_set_attr(el, "by", own->bare) < 0)
		return -1;
	return cpl_set_attr(el, "id", id);
}

static int add_delay(xmpp_stanza_t *message, xmpp_stanza_t *delay)
{
	xmpp_stanza_t *copy = delay ? xmpp_stanza_copy(delay) : NULL;

	if (!delay)
		return 0;
	if (copy && xmpp_stanza_add_child_ex(message, copy, 0) == XMPP_EOK)
		return 0;
	if (copy)
		xmpp_stanza_release(copy);
	return -1;
}

xmpp_stanza_t *cpl_archive_message(const struct cpl_archive_result *r,
				   const struct cpl_jid *own)
{
	xmpp_stanza_t *copy = xmpp_stanza_copy(r->message);

	return cpl_built(copy, copy && set_id(copy, r->id, own) == 0 &&
				   add_delay(copy, r->delay) == 0);
}

static int says(xmpp_stanza_t *el, const char *name, const char *value)
{
	const char *is = xmpp_stanza_get_attribute(el, name);

	return is && strcmp(is, value) == 0;
}

void cpl_archive_ended(xmpp_stanza_t *answer, struct cpl_archive_end *end)
{
	xmpp_stanza_t *error = cpl_own_child(answer, "error");
	xmpp_stanza_t *fin = cpl_child(answer, "fin", CPL_NS_MAM);
	xmpp_stanza_t *set = cpl_child(fin, "set", CPL_NS_RSM);

	memset(end, 0, sizeof *end);
	if (!fin) {
		end->why = cpl_condition(error, CPL_NS_STANZA_ERRORS);
		end->not_found = strcmp(end->why, "item-not-found") == 0;
		end->temporary = error && says(error, "type", "wait");
		return;
	}
	end->empty = !cpl_child(set, "last", CPL_NS_RSM);
	/* 4.3.2; a page without an end to go on from is one too. */
	end->complete = end->empty || says(fin, "complete", "true") ||
			says(fin, "complete", "1");
}

/* --- live -------------------------------------------------------------- */

const char *cpl_archive_id(xmpp_stanza_t *message, const struct cpl_jid *own)
{
	const char *id = NULL;

	if (!cpl_is(message, "message", CPL_NS_CLIENT))
		return NULL;
	for (xmpp_stanza_t *el = cpl_first_element(message); el;
	     el = cpl_next_element(el)) {
		if (!is_by(el, own))
			continue;
		if (id)
			return NULL;
		id = xmpp_stanza_get_attribute(el, "id");
	}
	return id && *id ? id : NULL;
}

int cpl_archive_is_stored(xmpp_stanza_t *message, const struct cpl_jid *own,
			  int64_t *when)
{
	for (xmpp_stanza_t *el = cpl_first_element(message); el;
	     el = cpl_next_element(el)) {
		const char *from = xmpp_stanza_get_attribute(el, "from");
		const char *stamp = xmpp_stanza_get_attribute(el, "stamp");

		if (cpl_is(el, "delay", CPL_NS_DELAY) && stamp &&
		    (cpl_jid_is(from, own->domain) ||
		     cpl_jid_is(from, own->bare)))
			return cpl_when_parse(stamp, when) == 0;
	}
	return 0;
}

int cpl_archive_is_own(xmpp_stanza_t *message, const struct cpl_jid *own)
{
	const char *from = xmpp_stanza_get_from(message);
	const char *to = xmpp_stanza_get_to(message);

	return from && cpl_jid_same_bare(from, own->bare) && to &&
	       !cpl_jid_same_bare(to, own->bare);
}
