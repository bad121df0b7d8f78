/* SPDX-License-Identifier: MIT
 *
 * The seam between archive and live stanzas, for xrecv --since: messages that
 * came live while the archive was read, at most CPL_BACKLOG_STANZAS and
 * CPL_BACKLOG_BYTES of them, and the ids that came last from the archive,
 * CPL_ARCHIVE_SEEN of them. It owns both; zero-filled it is empty. */
#ifndef XRECV_HOLD_H
#define XRECV_HOLD_H

#include <stddef.h>
#include <stdint.h>
#include <strophe.h>

struct held {
	xmpp_stanza_t *message;
	char *id;
	int stored;     /* it comes from offline storage */
	uint64_t query; /* so many were made when it came */
	size_t bytes;
	struct held *next;
};

struct hold {
	struct held *first;
	struct held *last;
	size_t count;
	size_t bytes;
	int over;    /* one did not find room: the archive has it */
	char *seam;  /* id of the first that came live, or NULL */
	int joined;  /* the archive gave that, and so all before it */
	char **seen; /* a ring */
	size_t seen_at;
	size_t seen_count;
};

/* Keeps a message, unless one with its id is held, or there is no room. -1
 * without memory. */
int xrecv_hold_add(struct hold *hold, xmpp_stanza_t *message, const char *id,
		   int stored, uint64_t query)
    __attribute__((warn_unused_result));

/* The archive gave this one: drops it, if it is held. */
void xrecv_hold_drop(struct hold *hold, const char *id);

/* The archive is read anew; whether something has come live from there on and
 * the archive has not given the first of that: what it gave does not reach to
 * where live stanzas began. */
void xrecv_hold_apart(struct hold *hold);
int xrecv_hold_gap(const struct hold *hold);

/* Takes the first one out, for xrecv_hold_free(); NULL: there is none. */
struct held *xrecv_hold_shift(struct hold *hold);
void xrecv_hold_free(struct held *h);

/* Whether one from offline storage came since that query was made. */
int xrecv_hold_has_stored(const struct hold *hold, uint64_t query);

/* Notes an id of the archive; whether it is among those noted. */
int xrecv_hold_note(struct hold *hold, const char *id)
    __attribute__((warn_unused_result));
int xrecv_hold_seen(const struct hold *hold, const char *id);
void xrecv_hold_forget(struct hold *hold);

void xrecv_hold_release(struct hold *hold);

#endif
