/* SPDX-License-Identifier: MIT
 *
 * What the parts of xrecv --since share: xrecv_cursor.c is where the reader is,
 * and what is kept of that; xrecv_since.c is the archive, xrecv_room_since.c
 * those of rooms. */
#ifndef XRECV_SINCE_H
#define XRECV_SINCE_H

#include <stdint.h>

#include "../common/store/cursor.h"
#include "../common/stream/ids.h"
#include "xrecv.h"
#include "xrecv_hold.h"

/* What is asked for. */
enum query { QUERY_NONE, QUERY_FIRST, QUERY_PAGE, QUERY_VERIFY };

struct since {
	struct recv *r;
	struct place *place;        /* in a room, or NULL */
	const struct cpl_jid *room; /* whose archive it is; NULL: the own */
	int rooms_only;             /* the own one is not read */
	int last;                   /* a cursor is kept */
	const char *reader;         /* its name, or NULL */
	int64_t start;              /* ms of Unix time; -1: from the cursor */
	struct cpl_cursor cursor;
	struct cpl_timer save;
	long moved; /* since it was saved */
	int broken; /* it cannot be saved, which was said */
	char *at;   /* the archive's id of the last message printed */
	int64_t at_when;
	struct hold hold;
	enum query query;
	uint64_t queries; /* so many were made */
	uint64_t page;    /* the last of them that was for a page */
	char queryid[CPL_ID_SIZE];
	char *newest; /* the id that a query for the last message gave */
	int64_t newest_when;
	long got;      /* results of the page at hand */
	int catching;  /* up: what comes live is held */
	int doubts;    /* pages in a row that were empty and should not be */
	int lost;      /* the archive did not have at any more */
	int waiting;   /* for stdout, before the next page */
	int first;     /* the reader has no cursor: it begins here */
	int beginning; /* there, once stdout took what came before */
	int rewound;   /* a page may have what was printed */
	int behind;    /* offline messages that no page has were read before */
	int caught;    /* an earlier run of this session has read it */
};

/* The account's, if it is to be read; what a stanza, by its sender, is a result
 * of; what it may be in the archive of, as it comes live. Or NULL. */
struct since *xrecv_since_mine(const struct recv *r);
struct since *xrecv_since_from(const struct recv *r, xmpp_stanza_t *stanza);
struct since *xrecv_since_of(const struct recv *r, xmpp_stanza_t *stanza);

/* Calls each() for those of the rooms. */
void xrecv_since_each_room(struct recv *r, void (*each)(struct since *s));

/* Whose archive it is. */
const struct cpl_jid *xrecv_since_owner(const struct since *s);

/* Asks whether there is an archive; reads on from where it was. */
void xrecv_since_discover(struct since *s);
void xrecv_since_read(struct since *s);

/* That of a room cannot be read: it is left. Whether a message of it is not to
 * be printed. */
void xrecv_since_room_failed(struct since *s, struct cpl_err *e);
int xrecv_since_room_left_out(const struct since *s, xmpp_stanza_t *message);

/* Takes the cursor by the name of the archive, if one is kept. 0, or -1 with
 * e. */
int xrecv_since_take(struct since *s, const char *name, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Frees what is in it. */
void xrecv_since_release(struct since *s);

/* The last message printed is that one of the archive. */
void xrecv_since_set_at(struct since *s, const char *id, int64_t when);

/* The record about to be made is that of this message of the archive, whose
 * time is when (ms of Unix time; -1: now): when it was taken the cursor is
 * behind it. */
void xrecv_since_follow(struct since *s, const char *id, int64_t when);

/* From here on what comes live may be in the archive: it is held, or, for a
 * reader that has no cursor yet and begins behind it, printed at once. */
void xrecv_since_catch(struct since *s);

/* When all was taken that came so far the cursor is at this message of the
 * archive ("": before the first), and the first page may be asked for. */
void xrecv_since_begin(struct since *s, const char *id, int64_t when);

/* Makes the cursor last. What fails is said once, and the run goes on. */
void xrecv_since_save(struct since *s);

#endif
