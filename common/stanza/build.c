/* SPDX-License-Identifier: MIT */
#include "build.h"

#include <stdlib.h>
#include <string.h>

#include "../base/buf.h"
#include "../base/limits.h"
#include "ns.h"

xmpp_stanza_t *cpl_built(xmpp_stanza_t *s, int whole)
{
	if (whole || !s)
		return s;
	xmpp_stanza_release(s);
	return NULL;
}

xmpp_stanza_t *cpl_build(xmpp_ctx_t *ctx, const char *name, const char *ns)
{
	xmpp_stanza_t *s = xmpp_stanza_new(ctx);

	return cpl_built(s, s && xmpp_stanza_set_name(s, name) == 0 &&
				xmpp_stanza_set_ns(s, ns) == 0);
}

xmpp_stanza_t *cpl_build_stanza(xmpp_ctx_t *ctx, const char *name,
				const char *type, const char *id,
				const char *to)
{
	xmpp_stanza_t *s = cpl_build(ctx, name, CPL_NS_CLIENT);

	return cpl_built(s, (!type || cpl_set_attr(s, "type", type) == 0) &&
				(!id || cpl_set_attr(s, "id", id) == 0) &&
				(!to || cpl_set_attr(s, "to", to) == 0));
}

xmpp_stanza_t *cpl_build_child(xmpp_stanza_t *parent, const char *name,
			       const char *ns)
{
	xmpp_stanza_t *s;

	if (!parent)
		return NULL;
	s = cpl_build(xmpp_stanza_get_context(parent), name,
		      ns ? ns : xmpp_stanza_get_ns(parent));
	if (!s)
		return NULL;
	/* The parent takes the reference over. */
	if (xmpp_stanza_add_child_ex(parent, s, 0) != XMPP_EOK) {
		xmpp_stanza_release(s);
		return NULL;
	}
	return s;
}

xmpp_stanza_t *cpl_build_iq(xmpp_ctx_t *ctx, const char *type, const char *to,
			    const char *name, const char *ns,
			    xmpp_stanza_t **payload)
{
	xmpp_stanza_t *iq = cpl_build_stanza(ctx, "iq", type, NULL, to);
	xmpp_stanza_t *child = cpl_build_child(iq, name, ns);

	if (payload)
		*payload = child;
	return cpl_built(iq, child != NULL);
}

int cpl_build_text_child(xmpp_stanza_t *parent, const char *name,
			 const char *text)
{
	xmpp_stanza_t *s = cpl_build_child(parent, name, NULL);
	xmpp_stanza_t *t;

	if (!s)
		return -1;
	t = xmpp_stanza_new(xmpp_stanza_get_context(s));
	if (t && xmpp_stanza_set_text(t, text) == XMPP_EOK &&
	    xmpp_stanza_add_child_ex(s, t, 0) == XMPP_EOK)
		return 0;
	if (t)
		xmpp_stanza_release(t);
	return -1;
}

int cpl_is(xmpp_stanza_t *s, const char *name, const char *ns)
{
	const char *own = s ? xmpp_stanza_get_name(s) : NULL;

	/* It is asked of every stanza a dozen times, mostly in vain. */
	if (!own || *own != *name || strcmp(own, name) != 0)
		return 0;
	/* Looked up in a table of attributes: for few. */
	own = xmpp_stanza_get_ns(s);
	return own && strcmp(own, ns) == 0;
}

int cpl_has_type(xmpp_stanza_t *s, const char *type)
{
	const char *is = s ? xmpp_stanza_get_type(s) : NULL;

	return is && strcmp(is, type) == 0;
}

xmpp_stanza_t *cpl_child(xmpp_stanza_t *s, const char *name, const char *ns)
{
	xmpp_stanza_t *c;

	for (c = cpl_first_element(s); c; c = cpl_next_element(c))
		if (cpl_is(c, name, ns))
			return c;
	return NULL;
}

xmpp_stanza_t *cpl_own_child(xmpp_stanza_t *s, const char *name)
{
	const char *ns = s ? xmpp_stanza_get_ns(s) : NULL;
	xmpp_stanza_t *c;

	if (!ns)
		ns = CPL_NS_CLIENT;
	for (c = cpl_first_element(s); c; c = cpl_next_element(c)) {
		const char *own = xmpp_stanza_get_name(c);

		if (!own || strcmp(own, name) != 0)
			continue;
		own = xmpp_stanza_get_ns(c);
		if (!own || strcmp(own, ns) == 0)
			return c;
	}
	return NULL;
}

const char *cpl_condition(xmpp_stanza_t *s, const char *ns)
{
	xmpp_stanza_t *c;

	for (c = cpl_first_element(s); c; c = cpl_next_element(c)) {
		const char *own = xmpp_stanza_get_ns(c);

		if (own && strcmp(own, ns) == 0 && !cpl_is(c, "text", ns))
			return xmpp_stanza_get_name(c);
	}
	return "undefined-condition";
}

static xmpp_stanza_t *element_from(xmpp_stanza_t *s)
{
	while (s && xmpp_stanza_is_text(s))
		s = xmpp_stanza_get_next(s);
	return s;
}

xmpp_stanza_t *cpl_first_element(xmpp_stanza_t *s)
{
	return s ? element_from(xmpp_stanza_get_children(s)) : NULL;
}

xmpp_stanza_t *cpl_next_element(xmpp_stanza_t *s)
{
	return s ? element_from(xmpp_stanza_get_next(s)) : NULL;
}

char *cpl_text(xmpp_stanza_t *s)
{
	struct cpl_buf text = CPL_BUF_INIT(CPL_STANZA_BYTES_MAX);
	xmpp_stanza_t *c;

	if (!s)
		return NULL;
	for (c = xmpp_stanza_get_children(s); c; c = xmpp_stanza_get_next(c)) {
		const char *piece;

		if (!xmpp_stanza_is_text(c))
			continue;
		piece = xmpp_stanza_get_text_ptr(c);
		if (piece && cpl_buf_adds(&text, piece) < 0) {
			cpl_buf_release(&text);
			return NULL;
		}
	}
	return cpl_buf_take(&text);
}

int cpl_set_attr(xmpp_stanza_t *s, const char *name, const char *value)
{
	if (!s)
		return -1;
	if (value)
		return xmpp_stanza_set_attribute(s, name, value) == XMPP_EOK
			   ? 0
			   : -1;
	xmpp_stanza_del_attribute(s, name);
	return 0;
}

/* Where there is memory for a stanza the slab is sure to have what libstrophe
 * takes for this. */
int cpl_list_attrs(xmpp_stanza_t *s, const char **list)
{
	xmpp_stanza_t *probe = xmpp_stanza_new(xmpp_stanza_get_context(s));

	if (!probe)
		return -1;
	xmpp_stanza_release(probe);
	return xmpp_stanza_get_attributes(
		   s, list, 2 * xmpp_stanza_get_attribute_count(s)) /
	       2;
}

int cpl_copy_attrs(xmpp_stanza_t *to, xmpp_stanza_t *from)
{
	int n = xmpp_stanza_get_attribute_count(from);
	const char **list = calloc((size_t)n + 1, 2 * sizeof *list);
	int r = list ? 0 : -1;

	if (list)
		n = cpl_list_attrs(from, list);
	if (n < 0)
		r = -1;
	for (int i = 0; i < n && r == 0; i++)
		r = cpl_set_attr(to, list[2 * i], list[2 * i + 1]);
	free(list);
	return r;
}
