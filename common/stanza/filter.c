/* SPDX-License-Identifier: MIT */
#include "filter.h"

#include <string.h>

#include "build.h"
#include "ns.h"

static const struct {
	const char *name;
	enum cpl_kind kind;
	const char *no_type; /* what no type attribute means */
} kinds[] = {
    {"message", CPL_MESSAGE, "normal"},
    {"presence", CPL_PRESENCE, "available"},
    {"iq", CPL_IQ, ""},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

enum cpl_kind cpl_filter_kind(xmpp_stanza_t *stanza)
{
	for (size_t i = 0; i < KINDS; i++)
		if (cpl_is(stanza, kinds[i].name, CPL_NS_CLIENT))
			return kinds[i].kind;
	return 0;
}

int cpl_filter_add_kind(struct cpl_filter *f, const char *name,
			struct cpl_err *e)
{
	for (size_t i = 0; i < KINDS; i++) {
		if (strcmp(kinds[i].name, name) == 0) {
			f->kinds |= kinds[i].kind;
			return 0;
		}
	}
	return cpl_err_set(e, CPL_USAGE, "'%s' is not message, presence or iq",
			   name);
}

int cpl_filter_add_from(struct cpl_filter *f, const char *jid,
			struct cpl_err *e)
{
	if (f->from_count == CPL_FILTER_MAX)
		return cpl_err_set(e, CPL_USAGE, "more than %d senders",
				   CPL_FILTER_MAX);
	if (cpl_jid_parse(&f->from[f->from_count], jid, e) < 0) {
		if (e && e->status == CPL_DATA)
			e->status = CPL_USAGE;
		return -1;
	}
	f->from_count++;
	return 0;
}

int cpl_filter_add_type(struct cpl_filter *f, const char *type,
			struct cpl_err *e)
{
	static const char *const known[] = {
	    "chat",       "normal",      "headline",     "groupchat",
	    "error",      "available",   "unavailable",  "subscribe",
	    "subscribed", "unsubscribe", "unsubscribed", "probe",
	    "get",        "set",         "result"};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (strcmp(known[i], type) != 0)
			continue;
		if (f->type_count == CPL_FILTER_MAX)
			return cpl_err_set(e, CPL_USAGE, "more than %d types",
					   CPL_FILTER_MAX);
		f->types[f->type_count++] = known[i];
		return 0;
	}
	return cpl_err_set(e, CPL_USAGE, "'%s' is no type of a stanza", type);
}

static int passes_from(const struct cpl_filter *f, xmpp_stanza_t *stanza,
		       const struct cpl_jid *own)
{
	const char *text;
	struct cpl_jid jid;
	int pass = 0;

	if (f->from_count == 0)
		return 1;
	text = xmpp_stanza_get_from(stanza);
	if (cpl_jid_parse(&jid, text ? text : own->bare, NULL) < 0)
		return 0;
	for (size_t i = 0; i < f->from_count && !pass; i++)
		pass = cpl_jid_matches(&f->from[i], &jid);
	cpl_jid_release(&jid);
	return pass;
}

static int passes_type(const struct cpl_filter *f, xmpp_stanza_t *stanza)
{
	const char *type;

	if (f->type_count == 0)
		return 1;
	type = xmpp_stanza_get_type(stanza);
	for (size_t i = 0; i < KINDS && !type; i++)
		if (cpl_is(stanza, kinds[i].name, CPL_NS_CLIENT))
			type = kinds[i].no_type;
	for (size_t i = 0; i < f->type_count && type; i++)
		if (strcmp(f->types[i], type) == 0)
			return 1;
	return 0;
}

int cpl_filter_passes(const struct cpl_filter *f, xmpp_stanza_t *stanza,
		      const struct cpl_jid *own)
{
	if (f->kinds && !(f->kinds & cpl_filter_kind(stanza)))
		return 0;
	if (f->with_body && !cpl_child(stanza, "body", CPL_NS_CLIENT))
		return 0;
	return passes_type(f, stanza) && passes_from(f, stanza, own);
}

void cpl_filter_release(struct cpl_filter *f)
{
	for (size_t i = 0; i < f->from_count; i++)
		cpl_jid_release(&f->from[i]);
	f->from_count = 0;
}
