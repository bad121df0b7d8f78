/* SPDX-License-Identifier: MIT
 *
 * Text records, couplet-stanza(5), TEXT RECORDS: fields with one TAB between
 * them. The functions append to the caller's buffer and return 0, or -1 when it
 * is full (what was appended by then is taken back). No end of a record is
 * written here. */
#ifndef CPL_TEXT_H
#define CPL_TEXT_H

#include <stddef.h>
#include <strophe.h>

#include "../base/buf.h"
#include "../base/err.h"

/* One field: control characters (C0, DEL, C1) and backslash escaped: \n \t \r
 * \\, all others \xNN for each byte of their UTF-8. */
int cpl_write_field(struct cpl_buf *out, const char *p, size_t n)
    __attribute__((warn_unused_result));

/* The reverse: appends what the field stands for. -1 with CPL_DATA, "byte 7:
 * why": an escape that is not one of those above (the digits may be upper case,
 * and any byte may be written so), or a result that is not text (chars.h);
 * CPL_SYSTEM. */
int cpl_read_field(struct cpl_buf *out, const char *p, size_t n,
		   struct cpl_err *e) __attribute__((warn_unused_result));

/* Fields with TABs in between, NULL is an empty one. A { that the first begins
 * with is escaped too, as that begins JSON. raw: nothing is escaped, but a TAB
 * in any other than the last is a space, so that the fields can be told
 * apart. */
int cpl_write_fields(struct cpl_buf *out, const char *const *fields, size_t n,
		     int raw) __attribute__((warn_unused_result));

/* The fields of a stanza. FROM BODY of a message; FROM SHOW PRIORITY STATUS of
 * a presence (show is "available", "unavailable", the show's text or the
 * type); FROM TYPE PAYLOAD-NAMESPACE of an iq. What is missing is an empty
 * field. A stanza of type error has its condition (RFC 6120 8.3.3) as one
 * field more; body, priority and status are empty there: what an error quotes
 * is not what its sender says. */
int cpl_write_text(struct cpl_buf *out, xmpp_stanza_t *stanza, int raw)
    __attribute__((warn_unused_result));

#endif
