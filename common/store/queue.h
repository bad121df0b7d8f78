/* SPDX-License-Identifier: MIT
 *
 * The queue of an account on disk: what could not be delivered, one file an
 * entry, bytes that nobody here looks into. It is a folder in the state folder,
 * of which each place is a folder: waiting/, sent/ (the server has them; what a
 * killed process left there is dropped, but for what cpl_queue_keep() was told
 * of), failed/ (refused for good), torn/ (what is no entry of ours) and tmp/
 * (being written). A file is named ID.ATTEMPTS, and IDs sort in the order in
 * which they were queued.
 *
 * An entry is written in tmp/, fsync()ed, renamed, and its folder fsync()ed: it
 * is there whole or not at all, and once cpl_queue_put() has returned 0 it
 * stays there. One process at a time sends (cpl_queue_lock()); who holds an
 * entry has its file locked, so that nobody drops what is on its way. Nothing
 * here waits for another process. At most CPL_QUEUE_ENTRIES_MAX wait, each of
 * at most CPL_QUEUE_ENTRY_MAX bytes. What the disk does not do is CPL_IO, with
 * the path. */
#ifndef CPL_QUEUE_H
#define CPL_QUEUE_H

#include <stdint.h>

#include "../base/buf.h"
#include "../base/err.h"
#include "../base/log.h"

/* "1764345258123456-89abcdef0f3a" and its NUL: microseconds of the clock, the
 * key in eight digits, and four to tell apart those of several processes. */
#define CPL_QUEUE_ID_SIZE 30

enum cpl_queue_place {
	CPL_QUEUE_WAITING,
	CPL_QUEUE_SENT,
	CPL_QUEUE_FAILED,
	CPL_QUEUE_TORN,
	CPL_QUEUE_PLACES
};

struct cpl_queue;

/* An entry that is held: its file is open and locked. */
struct cpl_queue_entry {
	char id[CPL_QUEUE_ID_SIZE];
	unsigned attempts; /* to send it */
	enum cpl_queue_place place;
	int fd;
};

/* IDs, sorted; zero-filled it is empty. */
struct cpl_queue_ids {
	char (*list)[CPL_QUEUE_ID_SIZE];
	size_t count;
	size_t room;
};

enum cpl_queue_found {
	CPL_QUEUE_HELD, /* it is ours now */
	CPL_QUEUE_BUSY, /* another process holds it */
	CPL_QUEUE_GONE  /* there is none of that id, or not any more */
};

/* The queue of a bare JID in the state folder (NULL: CPL_IO). With make its
 * folders are made; without, a queue that is not there is an empty one. NULL
 * with e: CPL_IO, CPL_SYSTEM. */
struct cpl_queue *cpl_queue_open(const char *state_folder, const char *jid,
				 int make, const struct cpl_log *log,
				 struct cpl_err *e)
    __attribute__((warn_unused_result));
void cpl_queue_free(struct cpl_queue *q);

/* The path of waiting/, valid as long as q: for who watches it. */
const char *cpl_queue_path(const struct cpl_queue *q);

/* Puts n bytes at the end; key is what they have to keep their order for, the
 * recipient. -1 with e and no entry: CPL_IO, also when the queue is full,
 * CPL_DATA for an entry that is too large, CPL_SYSTEM. */
int cpl_queue_put(struct cpl_queue *q, const char *key, const char *p, size_t n,
		  char id[CPL_QUEUE_ID_SIZE], struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Appends the IDs in a place, those after the ID after (NULL: all). Files with
 * another name are passed over. */
int cpl_queue_list(const struct cpl_queue *q, enum cpl_queue_place place,
		   const char *after, struct cpl_queue_ids *out,
		   struct cpl_err *e) __attribute__((warn_unused_result));
void cpl_queue_ids_release(struct cpl_queue_ids *ids);

/* Becomes the one that sends: 0, 1: another process is, -1. What processes
 * that were killed left behind is cleared away; torn() is told the name of each
 * file in waiting/ that is none of ours, which is in torn/ now. The lock ends
 * with the process, too. */
int cpl_queue_lock(struct cpl_queue *q,
		   void (*torn)(void *user, const char *name), void *user,
		   struct cpl_err *e) __attribute__((warn_unused_result));
void cpl_queue_unlock(struct cpl_queue *q);

/* Finds an entry, in any of the places waiting and failed, and holds it. -1
 * with e, else enum cpl_queue_found. */
int cpl_queue_hold(struct cpl_queue *q, const char *id,
		   struct cpl_queue_entry *entry, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* The same in sent/. */
int cpl_queue_recall(struct cpl_queue *q, const char *id,
		     struct cpl_queue_entry *entry, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* As cpl_queue_hold(), to be looked at alone: held or not by others. */
int cpl_queue_peek(struct cpl_queue *q, const char *id,
		   struct cpl_queue_entry *entry, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Appends all of an entry's bytes. */
int cpl_queue_read(const struct cpl_queue *q,
		   const struct cpl_queue_entry *entry, struct cpl_buf *out,
		   struct cpl_err *e) __attribute__((warn_unused_result));

/* Counts one more attempt. */
int cpl_queue_attempt(struct cpl_queue *q, struct cpl_queue_entry *entry,
		      struct cpl_err *e) __attribute__((warn_unused_result));

/* Moves an entry to another place, for good when it returns 0; to sent/ for
 * good at cpl_queue_unlock(). */
int cpl_queue_move(struct cpl_queue *q, struct cpl_queue_entry *entry,
		   enum cpl_queue_place to, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* An entry in sent/ that is to go elsewhere and cannot be moved: it is not
 * dropped with the others there, and waits again as soon as it can be moved, at
 * cpl_queue_unlock() or the next cpl_queue_lock(). Rather twice than not at
 * all. */
int cpl_queue_keep(struct cpl_queue *q, const struct cpl_queue_entry *entry,
		   struct cpl_err *e) __attribute__((warn_unused_result));

/* Replaces the bytes of an entry, which stays held no more. */
int cpl_queue_rewrite(struct cpl_queue *q, struct cpl_queue_entry *entry,
		      const char *p, size_t n, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Removes an entry for good. */
int cpl_queue_drop(struct cpl_queue *q, struct cpl_queue_entry *entry,
		   struct cpl_err *e) __attribute__((warn_unused_result));

/* Holds it no more; twice is fine. */
void cpl_queue_let_go(struct cpl_queue_entry *entry);

/* Whether text has the form of an ID. */
int cpl_queue_is_id(const char *text);

/* Whether one of the IDs is of that key, or of the key of that ID. Now and then
 * one of another key seems to be. */
int cpl_queue_ids_of_key(const struct cpl_queue_ids *ids, const char *key);
int cpl_queue_ids_of_same(const struct cpl_queue_ids *ids, const char *id);

/* Appends an ID. -1 without memory. */
int cpl_queue_ids_add(struct cpl_queue_ids *ids, const char *id)
    __attribute__((warn_unused_result));

#endif
