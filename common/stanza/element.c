/* SPDX-License-Identifier: MIT */
#include "element.h"

#include <stdlib.h>
#include <string.h>

struct name {
	const char *ns; /* NULL: none */
	const char *local;
	const char *prefix; /* NULL: none */
	const char *full;   /* PREFIX:LOCAL, or LOCAL */
	const char *xmlns;  /* xmlns:PREFIX where there is a prefix */
};

static char *put(char *to, const char *from, size_t n)
{
	memcpy(to, from, n);
	to[n] = '\0';
	return to + n;
}

/* Cuts a name of expat's into strings that are put behind what is in scratch
 * and last until the next call, or are its own end. 0, or -1 without memory. */
static int cut(struct cpl_buf *scratch, const char *joined, struct name *name)
{
	size_t ns_len, local_len, prefix_len;
	const char *sep = strchr(joined, CPL_ELEMENT_SEP), *second;
	char *p;

	*name = (struct name){.local = joined, .full = joined};
	if (!sep)
		return 0;
	ns_len = (size_t)(sep - joined);
	second = strchr(sep + 1, CPL_ELEMENT_SEP);
	local_len = second ? (size_t)(second - sep - 1) : 0;
	prefix_len = second ? strlen(second + 1) : 0;
	/* NS, LOCAL, xmlns:PREFIX, PREFIX:LOCAL */
	p = cpl_buf_room(scratch, ns_len + 2 * local_len + 2 * prefix_len + 16);
	if (!p)
		return -1;
	name->ns = p;
	p = put(p, joined, ns_len) + 1;
	name->local = name->full = sep + 1;
	if (!second)
		return 0;
	name->local = p;
	p = put(p, sep + 1, local_len) + 1;
	name->prefix = second + 1;
	name->xmlns = p;
	p = put(put(p, "xmlns:", 6), second + 1, prefix_len) + 1;
	name->full = p;
	p = put(p, second + 1, prefix_len);
	p = put(p, ":", 1);
	put(p, sep + 1, local_len);
	return 0;
}

/* The prefix that needs no declaration (Namespaces in XML 3). */
static int is_xml(const struct name *name)
{
	return name->prefix && !strcmp(name->prefix, "xml");
}

static int set_attribute(xmpp_stanza_t *s, struct cpl_buf *scratch,
			 const char *joined, const char *value)
{
	struct name name;

	if (cut(scratch, joined, &name) < 0 ||
	    xmpp_stanza_set_attribute(s, name.full, value) < 0)
		return -1;
	if (!name.prefix || is_xml(&name))
		return 0;
	return xmpp_stanza_set_attribute(s, name.xmlns, name.ns);
}

static int set_name(xmpp_stanza_t *s, struct cpl_buf *scratch,
		    const char *joined)
{
	struct name name;

	if (cut(scratch, joined, &name) < 0)
		return -1;
	/* The namespace of xml: can be no default namespace, so such an
	 * element keeps its prefix and nothing else. */
	if (is_xml(&name))
		return xmpp_stanza_set_name(s, name.full);
	if (xmpp_stanza_set_name(s, name.local) < 0)
		return -1;
	return xmpp_stanza_set_ns(s, name.ns ? name.ns : "");
}

xmpp_stanza_t *cpl_element_new(xmpp_ctx_t *ctx, struct cpl_buf *scratch,
			       const char *joined, const char *const *attrs)
{
	xmpp_stanza_t *s = xmpp_stanza_new(ctx);

	if (!s)
		return NULL;
	cpl_buf_truncate(scratch, 0);
	if (set_name(s, scratch, joined) < 0)
		goto fail;
	for (; attrs[0]; attrs += 2)
		if (set_attribute(s, scratch, attrs[0], attrs[1]) < 0)
			goto fail;
	return s;
fail:
	xmpp_stanza_release(s);
	return NULL;
}

int cpl_element_text(xmpp_stanza_t *parent, const char *p, size_t n)
{
	xmpp_stanza_t *s = xmpp_stanza_new(xmpp_stanza_get_context(parent));

	if (!s)
		return -1;
	if (xmpp_stanza_set_text_with_size(s, p, n) < 0) {
		xmpp_stanza_release(s);
		return -1;
	}
	return xmpp_stanza_add_child_ex(parent, s, 0);
}

const char **cpl_element_list(struct cpl_buf *scratch, const char *joined,
			      const char *const *attrs, const char **name,
			      const char **ns)
{
	size_t count = 0, size = 3 * strlen(joined) + 16;
	struct name cut_name;
	const char **list;

	for (; attrs[count]; count++)
		size += 3 * strlen(attrs[count]) + 16;
	cpl_buf_truncate(scratch, 0);
	list = calloc(count + 1, sizeof *list);
	/* Room for all at once, as the strings must not move. */
	if (!list || !cpl_buf_room(scratch, size))
		goto fail;
	for (size_t i = 0; i < count; i += 2) {
		if (cut(scratch, attrs[i], &cut_name) < 0)
			goto fail;
		list[i] = cut_name.full;
		list[i + 1] = attrs[i + 1];
		cpl_buf_added(scratch, 3 * strlen(attrs[i]) + 16);
	}
	if (cut(scratch, joined, &cut_name) < 0)
		goto fail;
	*name = cut_name.local;
	*ns = cut_name.ns;
	return list;
fail:
	free(list);
	return NULL;
}
