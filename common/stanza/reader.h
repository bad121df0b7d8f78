/* SPDX-License-Identifier: MIT
 *
 * A stream of stanzas from a file or pipe, one after the other, each in XML (an
 * element message, presence or iq) or in JSON (an object by json.h), over as
 * many lines as it likes, white space between them; a byte order mark and an
 * XML declaration may come first. The namespace jabber:client is theirs by
 * default. Refused are all that tree.h refuses, CDATA too, any other element,
 * and a record over CPL_RECORD_MAX.
 *
 * A record that is malformed costs only itself: the reader goes on at the next
 * line, counted from the line in which the bad record begins, that begins with
 * a record by the rules of recover.h, which no text can forge; what it skips
 * belongs to the bad record. A whole element that is no stanza, or an object
 * that is valid JSON and no stanza, is one malformed record, and reading goes
 * on behind it. The reader owns what it buffers, at most one record. */
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

enum cpl_reader_flags {
	/* An element with another namespace than jabber:client, which it
	 * says itself, is a record, too; in JSON it is of kind payload.
	 * Behind malformed XML a line with such a start tag is where reading
	 * goes on. */
	CPL_READER_PAYLOADS = 1
};

/* A reader (cpl_reader_free()) that calls record() for each; the stanza is
 * valid during the call, or kept by xmpp_stanza_clone(). NULL without memory.
 */
struct cpl_reader *
cpl_reader_new(xmpp_ctx_t *ctx, int flags,
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
