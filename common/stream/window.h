/* SPDX-License-Identifier: MIT
 *
 * Stanzas that were sent, or are to be, and that the server has not
 * acknowledged, as the bytes that go over the wire, in order: what is sent
 * again after a lost connection. It owns copies; how many there may be is for
 * its user to bound (CPL_WINDOW_STANZAS, CPL_WINDOW_BYTES). Zero-filled it is
 * empty. */
#ifndef CPL_WINDOW_H
#define CPL_WINDOW_H

#include <stdint.h>
#include <strophe.h>
#include <time.h>

#include "../base/buf.h"

/* cpl_window_renew() */
#define CPL_WINDOW_NO_SETS 1U
#define CPL_WINDOW_NO_PRESENCE 2U

/* What becomes of a stanza that no resumption has saved. */
enum cpl_window_kind {
	CPL_WINDOW_MESSAGE,  /* sent again, with its delay */
	CPL_WINDOW_GET,      /* an iq that may be asked twice */
	CPL_WINDOW_SET,      /* an iq whose outcome is unknown */
	CPL_WINDOW_ANSWER,   /* an iq for a session that is gone */
	CPL_WINDOW_STATE,    /* presence: the last one counts */
	CPL_WINDOW_DIRECTED, /* presence to somebody */
	CPL_WINDOW_KINDS
};

struct cpl_window_entry {
	uint64_t number; /* the session's */
	size_t size;     /* bytes of XML */
	time_t first;    /* when it left for the first time */
	unsigned tries;  /* how often it left; 0: not yet */
	enum cpl_window_kind kind;
	int delayed; /* it has a <delay/> already */
};

struct cpl_window {
	struct cpl_buf entries; /* struct cpl_window_entry */
	struct cpl_buf bytes;
};

/* Whether a stanza of so many bytes is one of at most max (0: no limit). 0, or
 * -1 with CPL_DATA, as the server would end the stream over it (XEP-0478 3.1).
 */
int cpl_window_allows(size_t bytes, size_t max, struct cpl_err *e);

/* Appends a stanza, rendered. 0, or -1 with e: as above, or CPL_SYSTEM; then
 * nothing was appended. */
int cpl_window_add(struct cpl_window *w, xmpp_stanza_t *stanza, size_t max,
		   uint64_t number, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Appends one that is rendered already. */
int cpl_window_add_text(struct cpl_window *w, const char *xml, size_t size,
			enum cpl_window_kind kind, uint64_t number,
			struct cpl_err *e) __attribute__((warn_unused_result));

/* The last one is for this stream alone, as an answer is. */
void cpl_window_once(struct cpl_window *w);

/* Appends to out what has not left yet, up to the first of more than most
 * bytes, and counts it as sent now: how many stanzas these were; -1 when out is
 * full.
 */
long cpl_window_send(struct cpl_window *w, size_t most, struct cpl_buf *out)
    __attribute__((warn_unused_result));

/* The same with all of it, and mark, which may be NULL, behind every
 * CPL_WINDOW_MARK bytes. 0, or -1 when out is full. */
int cpl_window_again(struct cpl_window *w, const char *mark,
		     struct cpl_buf *out) __attribute__((warn_unused_result));

/* Takes out what has not left and has more than max bytes, which dropped() is
 * told of. */
void cpl_window_drop(struct cpl_window *w, size_t max,
		     void (*dropped)(void *user, uint64_t number, size_t bytes),
		     void *user);

/* What has left did not arrive, for certain: nothing has left. */
void cpl_window_undo(struct cpl_window *w);

/* The first n are acknowledged; the number of the last of them. n is at most
 * cpl_window_count() and at least 1. */
uint64_t cpl_window_pop(struct cpl_window *w, size_t n);

/* The session is lost for good and another one begins: what must not be sent
 * again goes (RFC 6120 10.1 knows no other order than the stream's): iq results
 * and errors, all presence but the last, and what without says: that one too;
 * iq set that has left. Of an iq dropped() is told. Messages that have left get
 * a <delay/> of their first sending, as from from (XEP-0203 4). 0, or -1 with
 * CPL_SYSTEM. */
int cpl_window_renew(struct cpl_window *w, const char *from, unsigned without,
		     void (*dropped)(void *user, uint64_t number), void *user,
		     struct cpl_err *e) __attribute__((warn_unused_result));

/* What waits: entries, bytes, the i-th entry, and where its XML is. */
size_t cpl_window_count(const struct cpl_window *w);
size_t cpl_window_size(const struct cpl_window *w);
const struct cpl_window_entry *cpl_window_at(const struct cpl_window *w,
					     size_t i);

/* Calls each() for all of it, in order, until it returns non-zero. */
void cpl_window_each(const struct cpl_window *w,
		     int (*each)(void *user, const struct cpl_window_entry *e,
				 const char *xml),
		     void *user);

void cpl_window_release(struct cpl_window *w);

#endif
