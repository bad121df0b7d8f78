/* SPDX-License-Identifier: MIT */
#include "features.h"

#include <stdlib.h>
#include <string.h>

#include "../base/buf.h"
#include "../base/limits.h"
#include "../stanza/build.h"
#include "../stanza/ns.h"

/* The longest list of names. */
#define NAMES_COUNT_MAX 200
#define NAMES_MAX 8192

/* RFC 4422 3.1 allows less; what has a space or more would not be one name. */
static int is_name(const char *name)
{
	for (const char *p = name; *p; p++)
		if (*p <= ' ' || *p > '~')
			return 0;
	return *name != '\0';
}

/* Names, as they were said. */
struct names {
	char *list[NAMES_COUNT_MAX];
	size_t n;
};

/* The name that a child stands for: an attribute, or its text. 0, or -1: there
 * are too many (names->n says so), or no memory. */
static int add_name(struct names *names, xmpp_stanza_t *child, const char *attr)
{
	const char *said = attr ? xmpp_stanza_get_attribute(child, attr) : NULL;
	char *name = attr ? (said ? strdup(said) : NULL) : cpl_text(child);

	if (!name)
		return attr && !said ? 0 : -1;
	if (!is_name(name)) {
		free(name);
		return 0;
	}
	if (names->n == NAMES_COUNT_MAX) {
		free(name);
		return -1;
	}
	names->list[names->n++] = name;
	return 0;
}

static int by_octets(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The children of that name, joined in the order of their octets: servers have
 * them in any, and each time in another. NULL where list is. */
static int join(char **out, xmpp_stanza_t *list, const char *child,
		const char *ns, const char *attr, struct cpl_err *e)
{
	xmpp_stanza_t *c = list ? cpl_first_element(list) : NULL;
	struct cpl_buf text = CPL_BUF_INIT(NAMES_MAX);
	struct names names = {.n = 0};
	int r = 0;

	for (; c && r == 0; c = cpl_next_element(c))
		if (cpl_is(c, child, ns))
			r = add_name(&names, c, attr);
	qsort(names.list, names.n, sizeof *names.list, by_octets);
	for (size_t i = 0; i < names.n; i++) {
		if (r == 0)
			r = cpl_buf_addf(&text, "%s ", names.list[i]);
		free(names.list[i]);
	}
	if (r < 0 && (text.over || names.n == NAMES_COUNT_MAX))
		cpl_err_set(e, CPL_PROTOCOL,
			    "the server's list of mechanisms is too long");
	else if (r < 0)
		cpl_err_nomem(e);
	else if (list && !(*out = cpl_buf_take(&text)))
		r = cpl_err_nomem(e);
	cpl_buf_release(&text);
	return r;
}

int cpl_features_offer(struct cpl_offer *o, xmpp_stanza_t *features,
		       struct cpl_err *e)
{
	xmpp_stanza_t *one = cpl_child(features, "mechanisms", CPL_NS_SASL);
	xmpp_stanza_t *two =
	    cpl_child(features, "authentication", CPL_NS_SASL2);
	xmpp_stanza_t *bindings =
	    cpl_child(features, "sasl-channel-binding", CPL_NS_SASL_CB);
	xmpp_stanza_t *inlined = cpl_child(two, "inline", CPL_NS_SASL2);
	xmpp_stanza_t *upgrade = cpl_child(two, "upgrade", CPL_NS_UPGRADE);
	xmpp_stanza_t *fast = cpl_child(inlined, "fast", CPL_NS_FAST);

	*o = (struct cpl_offer){
	    .sm = cpl_child(inlined, "sm", CPL_NS_SM) != NULL,
	    .pipelining =
		cpl_child(features, "pipelining", CPL_NS_PIPELINING) != NULL,
	    .limit = cpl_features_limit(features),
	};
	if (join(&o->one, one, "mechanism", CPL_NS_SASL, NULL, e) == 0 &&
	    join(&o->two, two, "mechanism", CPL_NS_SASL2, NULL, e) == 0 &&
	    join(&o->bindings, bindings, "channel-binding", CPL_NS_SASL_CB,
		 "type", e) == 0 &&
	    join(&o->upgrades, upgrade ? two : NULL, "upgrade", CPL_NS_UPGRADE,
		 NULL, e) == 0 &&
	    join(&o->fast, fast, "mechanism", CPL_NS_FAST, NULL, e) == 0)
		return 0;
	cpl_offer_release(o);
	return -1;
}

/* A number that is none is as if it were not there. */
size_t cpl_features_limit(xmpp_stanza_t *features)
{
	char *text =
	    cpl_text(cpl_child(cpl_child(features, "limits", CPL_NS_LIMITS),
			       "max-bytes", CPL_NS_LIMITS));
	size_t n = 0;

	for (const char *p = text; p && *p; p++) {
		if (*p < '0' || *p > '9' || n > CPL_RECORD_MAX) {
			n = 0;
			break;
		}
		n = n * 10 + (size_t)(*p - '0');
	}
	free(text);
	return n;
}
