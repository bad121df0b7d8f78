/* SPDX-License-Identifier: MIT
 *
 * A stream of stanzas from a file or pipe: message, presence and iq elements,
 * one after the other, each over as many lines as it likes, white space
 * between them; a byte order mark and an XML declaration may come first. The
 * namespace jabber:client is theirs by default. Refused are all that tree.h
 * refuses, CDATA too, any other element, and a record over CPL_RECORD_MAX.
 *
 * A record that is malformed costs only itself: the reader goes on at the next
 * line, counted from the line in which the bad record begins, that begins with
 * <message, <presence or <iq; what it skips belongs to the bad record. No text
 * can forge such a line: a < in text is always &lt;, and lines within a CDATA
 * section, a comment or a processing instruction do not count. A whole element
 * that is no stanza is one malformed record, and reading goes on behind it. The
 * reader owns what it buffers, at most one record. */
#ifndef CPL_READER_H
#define CPL_READER_H

#include <stddef.h>
#include <strophe.h>

#include "../base/err.h"

struct cpl_reader;

struct cpl_record {
	size_t number;         /* from 1 */
	size_t line;           /* where it begins, from 1 */
	xmpp_stanza_t *stanza; /* NULL: it is malformed, and why says how */
	struct cpl_err why;    /* CPL_DATA, "line 12, column 7: mismatched
				* tag"; "line 12: ..." without a column where
				* it is about the whole record */
};

/* A reader (cpl_reader_free()) that calls record() for each; the stanza is
 * valid during the call, or kept by xmpp_stanza_clone(). NULL without memory.
 */
struct cpl_reader *
cpl_reader_new(xmpp_ctx_t *ctx,
	       void (*record)(void *user, const struct cpl_record *r),
	       void *user) __attribute__((warn_unused_result));
void cpl_reader_free(struct cpl_reader *r);

/* Feeds bytes; each record is handed out as soon as its last byte is there.
 * 0, or -1 with CPL_SYSTEM, for good. Neither feed nor free from within
 * record(). */
int cpl_reader_feed(struct cpl_reader *r, const char *p, size_t n,
		    struct cpl_err *e) __attribute__((warn_unused_result));

/* No more bytes: an unfinished record is handed out as malformed, after which
 * the rest is searched for whole ones as above. */
int cpl_reader_end(struct cpl_reader *r, struct cpl_err *e)
    __attribute__((warn_unused_result));

#endif
