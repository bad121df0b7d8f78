/* SPDX-License-Identifier: MIT
 *
 * Stanzas as XML on one line, couplet-stanza(5). The functions append to the
 * caller's buffer and return 0, or -1 when it is full (what was appended by
 * then is taken back). */
#ifndef CPL_WRITE_H
#define CPL_WRITE_H

#include <stddef.h>
#include <strophe.h>

#include "../base/buf.h"

/* The stanza as XML on one line, without a newline at its end. LF and CR in
 * text become &#10; &#13;, TAB in attributes &#9;, DEL and the C1 controls
 * (U+007F to U+009F) references too, so that one stanza is always one line
 * of equal XML that no terminal obeys. xmlns comes first, then the other
 * attributes by name. An element's xmlns is left out where its parent's is the
 * same; parent_ns is the namespace around the stanza itself (NULL: none, it is
 * always written). The same writer serves the wire. */
int cpl_write_xml(struct cpl_buf *out, xmpp_stanza_t *stanza,
		  const char *parent_ns) __attribute__((warn_unused_result));

/* The same as it stands in a string of JSON (whose quotes the caller writes).
 */
int cpl_write_xml_in_json(struct cpl_buf *out, xmpp_stanza_t *stanza,
			  const char *parent_ns)
    __attribute__((warn_unused_result));

/* An attribute's value between double quotes (which the caller writes), escaped
 * by the rules above. */
int cpl_write_xml_attr(struct cpl_buf *out, const char *p, size_t n)
    __attribute__((warn_unused_result));

#endif
