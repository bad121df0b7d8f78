/* SPDX-License-Identifier: MIT
 *
 * Where in an element: the %{ } of couplet-format(5). A path is steps down,
 *each the name of a child, with its namespace and a blank before it where that
 *is not the one of the element around, and '>' between two steps. Behind the
 *last name '@' and the name of an attribute may follow, or be all there is:
 *
 *	urn:xmpp:delay delay@stamp
 *	urn:xmpp:carbons:2 sent > urn:xmpp:forward:0 forwarded
 *	@xml:lang
 *
 * A struct cpl_path owns its strings; zero-filled it leads to the element
 * itself and may be released. */
#ifndef CPL_PATH_H
#define CPL_PATH_H

#include <stddef.h>
#include <strophe.h>

#include "../base/err.h"

struct cpl_path_step {
	const char *ns; /* NULL: that of the element around */
	const char *name;
};

struct cpl_path {
	struct cpl_path_step *steps;
	size_t count;
	const char *attribute; /* NULL: the text of the element */
	char *text;            /* what the strings lie in */
};

/* Reads n bytes of text. -1 with CPL_USAGE and what is wrong, CPL_SYSTEM; *out
 * is to be released all the same. */
int cpl_path_read(struct cpl_path *out, const char *p, size_t n,
		  struct cpl_err *e) __attribute__((warn_unused_result));

/* The first element that all steps lead to, or NULL. */
xmpp_stanza_t *cpl_path_follow(const struct cpl_path *p,
			       xmpp_stanza_t *element);

void cpl_path_release(struct cpl_path *p);

#endif
