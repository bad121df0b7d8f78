/* SPDX-License-Identifier: MIT
 *
 * Records on disk on their way to a slow reader: appended at the end, read from
 * the front, and the place up to which the reader has taken them, all in one
 * file (couplet-spool 1, xrecv(1)), which survives any crash with what was
 * synced: a record may be read twice after it, and none is lost. One process
 * has the file at a time. Of any number of records only those under way, and
 * a piece of the file, are in memory. When all is taken the file is cut.
 *
 * Functions that fail say CPL_IO and name the file. */
#ifndef CPL_SPOOL_H
#define CPL_SPOOL_H

#include <stdint.h>

#include "../base/buf.h"

struct cpl_spool;

/* Opens the file, or makes it, 0600. What a crash has left half written at its
 * end is cut off. NULL with e: CPL_IO, CPL_TEMP when another process has it,
 * CPL_DATA when it is no spool, or damaged where it had been synced: then it is
 * left as it is. */
struct cpl_spool *cpl_spool_open(const char *path, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Notes what was taken, and cuts the file when that is all. */
void cpl_spool_free(struct cpl_spool *s);

/* Appends a record of n bytes, at least one and at most CPL_RECORD_OUT_MAX,
 * which can be read from here on, and which a crash of the process, though not
 * of the machine, cannot touch. 0, or -1 and the file ends where it did. */
int cpl_spool_append(struct cpl_spool *s, const char *p, size_t n,
		     struct cpl_err *e) __attribute__((warn_unused_result));

/* After 0, nothing that was appended can be lost any more. */
int cpl_spool_sync(struct cpl_spool *s, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* The next record to read: 1 and its bytes, valid until the next call; 0: there
 * is none; -1. */
int cpl_spool_next(struct cpl_spool *s, const char **p, size_t *n,
		   struct cpl_err *e) __attribute__((warn_unused_result));

/* The reader has taken the first so many of the records read since the file was
 * opened. */
int cpl_spool_taken(struct cpl_spool *s, uint64_t upto, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* How it stands: records that were not taken, those of them that were not read
 * either, and bytes that are not synced. */
uint64_t cpl_spool_waiting(const struct cpl_spool *s);
uint64_t cpl_spool_unread(const struct cpl_spool *s);
uint64_t cpl_spool_unsynced(const struct cpl_spool *s);

#endif
