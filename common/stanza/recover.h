/* SPDX-License-Identifier: MIT
 *
 * Where reading goes on behind a malformed record: at the next line that
 * begins with a record, unless somebody's text could have made that line.
 *
 * A line that begins with <message, <presence or <iq is a record whatever was
 * malformed: in the text of XML a < is always &lt;, and lines within a CDATA
 * section, a comment or a processing instruction do not count; in a string of
 * JSON there is no line break. A line that begins with { is one behind
 * malformed JSON, and behind what is neither XML nor JSON; but not behind
 * malformed XML, whose text may have such lines, nor where what is skipped has
 * a < outside of JSON's strings. So each record has to begin a line of its own,
 * and no text can forge one.
 *
 * The struct is the caller's and owns nothing. Used by reader.c alone. */
#ifndef CPL_RECOVER_H
#define CPL_RECOVER_H

#include <stddef.h>

struct cpl_recover {
	int payloads; /* any element with xmlns in its tag is a record, too */
	int objects;  /* lines that begin with { count */
	int json;     /* what is skipped began as JSON */
	int string;   /* in a string of it; each line begins outside */
	const char *hidden_until; /* in a CDATA section or the like */
};

/* Begins with the malformed record, of which this is the first byte. */
void cpl_recover_begin(struct cpl_recover *v, int payloads, char first);

/* Looks at the bytes from *at to n for the newline before such a line: 1, *at
 * is behind it; 0 there is none, and *at is where to go on with more bytes. */
int cpl_recover_find(struct cpl_recover *v, const char *p, size_t n, size_t *at)
    __attribute__((warn_unused_result));

#endif
