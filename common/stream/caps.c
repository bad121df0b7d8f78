/* SPDX-License-Identifier: MIT */
#include "caps.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "../base/buf.h"
#include "../base/limits.h"
#include "../stanza/build.h"
#include "../stanza/ns.h"
#include "base64.h"

/* XEP-0115 4 wants a URI that no other software has, and recommends a web
 * address. The project owns no domain, and a name that somebody may register
 * one day would be his to speak for: a UUID (RFC 9562 4) is unique without. */
#define NODE "urn:uuid:8f30f967-1737-4914-829c-c39f1f5e8bd7"

/* What each tool has; XEP-0115 7 asks for its own. */
static const char *const common[] = {CPL_NS_CAPS, CPL_NS_DISCO_INFO,
				     CPL_NS_VERSION, CPL_NS_PING, CPL_NS_TIME};

#define COMMON_COUNT (sizeof common / sizeof *common)

int cpl_caps_add(struct cpl_caps *caps, const char *feature, struct cpl_err *e)
{
	for (size_t i = 0; i < COMMON_COUNT; i++)
		if (strcmp(common[i], feature) == 0)
			return 0;
	for (size_t i = 0; i < caps->count; i++)
		if (strcmp(caps->features[i], feature) == 0)
			return 0;
	if (strchr(feature, '<'))
		return cpl_err_set(e, CPL_USAGE, "a feature has no '<'");
	if (caps->count == CPL_CAPS_MAX)
		return cpl_err_set(e, CPL_USAGE, "more than %d features",
				   CPL_CAPS_MAX);
	caps->features[caps->count++] = feature;
	return 0;
}

/* --- the hash ---------------------------------------------------------- */

/* Ends each part of a string while it is sorted: below every character of XML,
 * so that strings of several parts are sorted part by part. */
#define END '\x01'

/* Strings to be sorted. A failure to add one is kept for the end. */
struct list {
	char **item;
	size_t count;
	size_t room;
	int failed;
};

/* Takes the bytes of a buffer, which is empty then. */
static void take(struct list *l, struct cpl_buf *b, int failed)
{
	size_t room = l->room ? 2 * l->room : 16;
	char *text = failed || l->failed ? NULL : cpl_buf_take(b);
	char **item = l->item;

	cpl_buf_release(b);
	if (text && l->count == l->room) {
		item = realloc(l->item, room * sizeof *item);
		if (item) {
			l->item = item;
			l->room = room;
		}
	}
	if (!text || !item) {
		free(text);
		l->failed = 1;
		return;
	}
	l->item[l->count++] = text;
}

/* i;octet (RFC 4790 9.3). */
static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Appends all, sorted, and frees them. 0, or -1. */
static int join(struct list *l, struct cpl_buf *out)
{
	int bad = l->failed;

	if (l->count > 0)
		qsort(l->item, l->count, sizeof *l->item, compare);
	for (size_t i = 0; i < l->count; i++) {
		bad = bad || cpl_buf_adds(out, l->item[i]) < 0;
		free(l->item[i]);
	}
	free(l->item);
	return bad ? -1 : 0;
}

static const char *attr(xmpp_stanza_t *s, const char *name)
{
	const char *value = xmpp_stanza_get_attribute(s, name);

	return value ? value : "";
}

/* The text of an element, then END. 0, or -1. */
static int add_text(struct cpl_buf *out, xmpp_stanza_t *s)
{
	char *text = cpl_text(s);
	int bad =
	    !text || cpl_buf_adds(out, text) < 0 || cpl_buf_addc(out, END) < 0;

	free(text);
	return bad ? -1 : 0;
}

/* The values of a form's field, sorted. 0, or -1. */
static int add_values(struct cpl_buf *out, xmpp_stanza_t *field)
{
	struct list values = {0};
	xmpp_stanza_t *v;

	for (v = cpl_first_element(field); v; v = cpl_next_element(v)) {
		struct cpl_buf b = CPL_BUF_INIT(CPL_STANZA_BYTES_MAX);

		if (cpl_is(v, "value", CPL_NS_DATA))
			take(&values, &b, add_text(&b, v) < 0);
	}
	return join(&values, out);
}

static xmpp_stanza_t *form_type(xmpp_stanza_t *form)
{
	xmpp_stanza_t *f;

	for (f = cpl_first_element(form); f; f = cpl_next_element(f))
		if (strcmp(attr(f, "var"), "FORM_TYPE") == 0 &&
		    strcmp(attr(f, "type"), "hidden") == 0)
			return f;
	return NULL;
}

/* FORM_TYPE, then the fields by their names (5.1, step 7). 0, or -1. */
static int add_form(struct cpl_buf *out, xmpp_stanza_t *form,
		    xmpp_stanza_t *type)
{
	struct list fields = {0};
	xmpp_stanza_t *f;

	if (add_values(out, type) < 0)
		return -1;
	for (f = cpl_first_element(form); f; f = cpl_next_element(f)) {
		struct cpl_buf b = CPL_BUF_INIT(CPL_STANZA_BYTES_MAX);

		if (f != type && cpl_is(f, "field", CPL_NS_DATA))
			take(&fields, &b,
			     cpl_buf_addf(&b, "%s%c", attr(f, "var"), END) <
				     0 ||
				 add_values(&b, f) < 0);
	}
	return join(&fields, out);
}

static int add_identity(struct cpl_buf *out, xmpp_stanza_t *c)
{
	return cpl_buf_addf(out, "%s%c%s%c%s%c%s<", attr(c, "category"), END,
			    attr(c, "type"), END, attr(c, "xml:lang"), END,
			    attr(c, "name"));
}

/* Each child in its list; a form without a hidden FORM_TYPE is left out (5.4,
 * step 3.6). */
static void sort_child(xmpp_stanza_t *c, struct list *identities,
		       struct list *features, struct list *forms)
{
	struct cpl_buf b = CPL_BUF_INIT(CPL_STANZA_BYTES_MAX);
	xmpp_stanza_t *type;

	if (cpl_is(c, "identity", CPL_NS_DISCO_INFO))
		take(identities, &b, add_identity(&b, c) < 0);
	else if (cpl_is(c, "feature", CPL_NS_DISCO_INFO))
		take(features, &b, cpl_buf_addf(&b, "%s<", attr(c, "var")) < 0);
	else if (cpl_is(c, "x", CPL_NS_DATA) && (type = form_type(c)))
		take(forms, &b, add_form(&b, c, type) < 0);
}

/* The string S of 5.1. 0, or -1. */
static int make_string(struct cpl_buf *out, xmpp_stanza_t *query)
{
	struct list identities = {0}, features = {0}, forms = {0};
	size_t border;
	int bad;

	for (xmpp_stanza_t *c = cpl_first_element(query); c;
	     c = cpl_next_element(c))
		sort_child(c, &identities, &features, &forms);
	bad = join(&identities, out) < 0;
	border = out->len;
	bad = join(&features, out) < 0 || bad;
	bad = join(&forms, out) < 0 || bad;
	for (size_t i = 0; i < out->len; i++)
		if (out->data[i] == END)
			out->data[i] = i < border ? '/' : '<';
	return bad ? -1 : 0;
}

int cpl_caps_hash(xmpp_stanza_t *query, char out[CPL_CAPS_VER_SIZE],
		  struct cpl_err *e)
{
	struct cpl_buf s = CPL_BUF_INIT(2 * CPL_STANZA_BYTES_MAX);
	struct cpl_buf text = CPL_BUF_INIT(CPL_CAPS_VER_SIZE - 1);
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned int len = 0;
	int ok = make_string(&s, query) == 0 &&
		 EVP_Digest(s.len ? s.data : "", s.len, sum, &len, EVP_sha1(),
			    NULL) == 1 &&
		 cpl_base64_encode(&text, sum, len) == 0;

	if (ok)
		memcpy(out, text.data, text.len + 1);
	cpl_buf_release(&text);
	cpl_buf_release(&s);
	return ok ? 0 : cpl_err_nomem(e);
}

int cpl_caps_ver(const struct cpl_caps *caps, xmpp_ctx_t *ctx,
		 char out[CPL_CAPS_VER_SIZE], struct cpl_err *e)
{
	xmpp_stanza_t *iq = cpl_build_stanza(ctx, "iq", NULL, NULL, NULL);
	int result = cpl_caps_fill(caps, iq, NULL);

	if (result == 0)
		result = cpl_caps_hash(cpl_first_element(iq), out, e);
	else
		cpl_err_nomem(e);
	if (iq)
		xmpp_stanza_release(iq);
	return result;
}

/* --- what is said ------------------------------------------------------ */

int cpl_caps_presence(const struct cpl_caps *caps, xmpp_stanza_t *presence)
{
	char ver[CPL_CAPS_VER_SIZE];
	xmpp_stanza_t *c;

	if (!presence || cpl_caps_ver(caps, xmpp_stanza_get_context(presence),
				      ver, NULL) < 0)
		return -1;
	c = cpl_build_child(presence, "c", CPL_NS_CAPS);
	if (!c || cpl_set_attr(c, "hash", "sha-1") < 0 ||
	    cpl_set_attr(c, "node", NODE) < 0)
		return -1;
	return cpl_set_attr(c, "ver", ver);
}

static int add_feature(xmpp_stanza_t *query, const char *feature)
{
	return cpl_set_attr(cpl_build_child(query, "feature", NULL), "var",
			    feature);
}

int cpl_caps_fill(const struct cpl_caps *caps, xmpp_stanza_t *result,
		  const char *node)
{
	xmpp_stanza_t *q = cpl_build_child(result, "query", CPL_NS_DISCO_INFO);
	xmpp_stanza_t *i = cpl_build_child(q, "identity", NULL);

	if ((node && cpl_set_attr(q, "node", node) < 0) ||
	    cpl_set_attr(i, "category", "client") < 0 ||
	    cpl_set_attr(i, "type", "console") < 0 ||
	    cpl_set_attr(i, "name", "couplet") < 0)
		return -1;
	for (size_t n = 0; n < COMMON_COUNT; n++)
		if (add_feature(q, common[n]) < 0)
			return -1;
	for (size_t n = 0; caps && n < caps->count; n++)
		if (add_feature(q, caps->features[n]) < 0)
			return -1;
	return 0;
}

int cpl_caps_is_node(const struct cpl_caps *caps, xmpp_ctx_t *ctx,
		     const char *node)
{
	static const char prefix[] = NODE "#";
	char ver[CPL_CAPS_VER_SIZE];

	if (!node)
		return 1;
	return strncmp(node, prefix, sizeof prefix - 1) == 0 &&
	       cpl_caps_ver(caps, ctx, ver, NULL) == 0 &&
	       strcmp(node + sizeof prefix - 1, ver) == 0;
}
