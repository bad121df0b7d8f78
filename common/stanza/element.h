/* SPDX-License-Identifier: MIT
 *
 * From expat's names to nodes of libstrophe's tree. Expat (with namespace
 * triplets) joins "NS SEP LOCAL SEP PREFIX"; in the tree an element has its
 * local name and xmlns, a prefixed attribute PREFIX:LOCAL and xmlns:PREFIX
 * beside it. The scratch buffer is the caller's and may be used again at
 * once, what is returned is the caller's. Used by tree.c alone. */
#ifndef CPL_ELEMENT_H
#define CPL_ELEMENT_H

#include <strophe.h>

#include "../base/buf.h"

/* Between the parts; no XML can contain it, so no namespace can forge a border
 * (CVE-2022-25236). */
#define CPL_ELEMENT_SEP '\x1f'

/* The node of a start tag. NULL without memory. */
xmpp_stanza_t *cpl_element_new(xmpp_ctx_t *ctx, struct cpl_buf *scratch,
			       const char *joined, const char *const *attrs)
    __attribute__((warn_unused_result));

/* A node of text, appended to parent. 0, or -1 without memory. */
int cpl_element_text(xmpp_stanza_t *parent, const char *p, size_t n)
    __attribute__((warn_unused_result));

/* The start tag without libstrophe: name, namespace (NULL: none), and an array
 * of attributes' names and values with NULL at the end, without those for
 * namespaces; its strings lie in the arguments and in scratch. The array is
 * the caller's (free()); NULL without memory. */
const char **cpl_element_list(struct cpl_buf *scratch, const char *joined,
			      const char *const *attrs, const char **name,
			      const char **ns)
    __attribute__((warn_unused_result));

#endif
