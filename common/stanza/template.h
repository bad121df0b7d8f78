/* SPDX-License-Identifier: MIT
 *
 * Output by template, couplet-format(5): compiled once, before anything else
 * happens, and then filled from one element after the other, a stanza or (for
 * tools whose records are others) the element that the record is about. A
 * template owns its parts; what it writes goes to the caller's buffer. */
#ifndef CPL_TEMPLATE_H
#define CPL_TEMPLATE_H

#include <strophe.h>
#include <time.h>

#include "../base/buf.h"
#include "../base/err.h"

struct cpl_template;

/* NULL with e: CPL_USAGE "column 7: why" for an unknown escape, letter or flag,
 * an open brace, a width over the limit, text that is not UTF-8; CPL_SYSTEM. */
struct cpl_template *cpl_template_new(const char *text, struct cpl_err *e)
    __attribute__((warn_unused_result));
void cpl_template_free(struct cpl_template *t);

/* Appends what the template makes of the element at that moment. No newline is
 * added. -1 when out is full or memory ran out; what was appended by then is
 * taken back. */
int cpl_template_write(const struct cpl_template *t, struct cpl_buf *out,
		       xmpp_stanza_t *element, const struct timespec *now)
    __attribute__((warn_unused_result));

#endif
