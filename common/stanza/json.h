/* SPDX-License-Identifier: MIT
 *
 * Stanzas as JSON, one object a line, by the schema of couplet-stanza(5): what
 * is written is read back as the same stanza, every child, namespace,
 * attribute, language and piece of text in its place. Writing appends to the
 * caller's buffer and returns 0, or -1 when it is full or memory ran out (what
 * was appended by then is taken back). */
#ifndef CPL_JSON_H
#define CPL_JSON_H

#include <stddef.h>
#include <strophe.h>

#include "../base/buf.h"
#include "../base/err.h"

/* The object of a stanza, without newline; an element that is none becomes one
 * of kind payload. Control characters, DEL and C1 included, are escaped, so
 * that one object is one line that no terminal obeys. */
int cpl_json_write(struct cpl_buf *out, xmpp_stanza_t *stanza)
    __attribute__((warn_unused_result));

/* What stands between the quotes of a string, without them, escaped by the same
 * rules; p is UTF-8. */
int cpl_json_string(struct cpl_buf *out, const char *p, size_t n)
    __attribute__((warn_unused_result));

/* Appends a string to the object that out ends in, as its member key, or with
 * NULL to a list; behind a comma unless it is the first there. Without a value
 * it does nothing. -1 when out is full. */
int cpl_json_entry(struct cpl_buf *out, const char *key, const char *value)
    __attribute__((warn_unused_result));

/* Where text begins in the input: lines and columns from 1. */
struct cpl_json_place {
	size_t line;
	size_t column;
};

/* The stanza of an object in n bytes of text (at most CPL_RECORD_MAX), or the
 * element of one of kind payload: new, the caller's. NULL with e: CPL_DATA
 * "line 12, column 7: why" (invalid JSON, a key twice, an unknown key or kind,
 * a missing or wrong field, XML in it that is malformed or that tree.h refuses,
 * a limit of limits.h), CPL_SYSTEM. */
xmpp_stanza_t *cpl_json_read(xmpp_ctx_t *ctx, const char *p, size_t n,
			     const struct cpl_json_place *at, struct cpl_err *e)
    __attribute__((warn_unused_result));

#endif
