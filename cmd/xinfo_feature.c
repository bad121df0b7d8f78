/* SPDX-License-Identifier: MIT
 *
 * xinfo: what is in the features of a stream, and other facts that each form
 * of the report needs. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../common/base/num.h"
#include "../common/stanza/build.h"
#include "../common/stanza/ns.h"
#include "xinfo.h"

const struct word_list word_lists[WORD_LISTS] = {
    {"sasl", {{"mechanisms", CPL_NS_SASL}}, {"mechanism", CPL_NS_SASL}, NULL},
    {"sasl2",
     {{"authentication", CPL_NS_SASL2}},
     {"mechanism", CPL_NS_SASL2},
     NULL},
    {"fast",
     {{"authentication", CPL_NS_SASL2},
      {"inline", CPL_NS_SASL2},
      {"fast", CPL_NS_FAST}},
     {"mechanism", CPL_NS_FAST},
     NULL},
    {"upgrade",
     {{"authentication", CPL_NS_SASL2}},
     {"upgrade", CPL_NS_UPGRADE},
     NULL},
    {"binding",
     {{"sasl-channel-binding", CPL_NS_SASL_CB}},
     {"channel-binding", CPL_NS_SASL_CB},
     "type"},
};

int each_word(xmpp_stanza_t *features, const struct word_list *list,
	      int (*each)(void *user, const char *word), void *user)
{
	xmpp_stanza_t *at = features;
	int r = 0;

	for (size_t i = 0; i < 3 && list->path[i][0]; i++)
		at = cpl_child(at, list->path[i][0], list->path[i][1]);
	for (at = cpl_first_element(at); at && r == 0;
	     at = cpl_next_element(at)) {
		char *text = NULL;

		if (!cpl_is(at, list->item[0], list->item[1]))
			continue;
		if (!list->attribute)
			text = cpl_text(at);
		else if (xmpp_stanza_get_attribute(at, list->attribute))
			text = strdup(
			    xmpp_stanza_get_attribute(at, list->attribute));
		if (text)
			r = each(user, text);
		free(text);
	}
	return r;
}

int each_feature(xmpp_stanza_t *features, int inlined,
		 int (*each)(void *user, const char *name, const char *ns),
		 void *user)
{
	xmpp_stanza_t *at = features;
	int r = 0;

	if (inlined)
		at = cpl_child(cpl_child(at, "authentication", CPL_NS_SASL2),
			       "inline", CPL_NS_SASL2);
	for (at = cpl_first_element(at); at && r == 0;
	     at = cpl_next_element(at))
		r = each(user, xmpp_stanza_get_name(at),
			 xmpp_stanza_get_ns(at));
	return r;
}

long long limit_of(xmpp_stanza_t *features, const char *name)
{
	char *text = cpl_text(cpl_child(
	    cpl_child(features, "limits", CPL_NS_LIMITS), name, CPL_NS_LIMITS));
	long n = 0;

	if (!text || cpl_num_int(text, 1, LONG_MAX, &n, NULL) < 0)
		n = 0;
	free(text);
	return n;
}

int offers(const struct xinfo *x, const struct found *f, const char *name,
	   const char *ns)
{
	xmpp_stanza_t *two =
	    cpl_child(f->features, "authentication", CPL_NS_SASL2);

	if (cpl_child(x->offered, name, ns) ||
	    cpl_child(f->features, name, ns) ||
	    cpl_child(cpl_child(two, "inline", CPL_NS_SASL2), name, ns))
		return 1;
	return x->offered ? 0 : -1;
}

const char *const phase_names[PHASES] = {"dns", "tcp", "tls", "features"};

double phase_of(const struct found *f, enum phase phase)
{
	static const enum cpl_timing_mark marks[PHASES] = {
	    CPL_TIMING_DNS, CPL_TIMING_TCP, CPL_TIMING_TLS, CPL_TIMING_ACK};
	const int64_t *ended = f->timing.ended;
	int64_t before = f->timing.began;

	if (!ended[marks[phase]])
		return -1;
	for (int i = 0; i < (int)phase; i++)
		if (ended[marks[i]])
			before = ended[marks[i]];
	return (double)(ended[marks[phase]] - before) / 1000;
}

void time_text(int64_t when, char out[32])
{
	time_t t = (time_t)when;
	struct tm tm;

	if (!gmtime_r(&t, &tm) ||
	    strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		snprintf(out, 32, "?");
}

long days_until(int64_t when)
{
	int64_t left = when - (int64_t)time(NULL);

	return (long)(left >= 0 ? left / 86400 : -((-left + 86399) / 86400));
}

const char *method_of(const struct xinfo *x, int direct_tls)
{
	if (x->conf.mode == CPL_TLS_NONE)
		return "none";
	return direct_tls ? "direct" : "starttls";
}
