/* SPDX-License-Identifier: MIT
 *
 * The keys of messages that were received (stanza/same.h), in a file of the
 * user's, so that one that comes again is known, in a later run too.
 *
 * The file is text: "couplet-dedup 1", then a line for each key, KEY SECONDS,
 * in the order in which they were kept. It is appended to, and written anew
 * beside it and renamed when more than half of it is out of date: older than
 * CPL_DEDUP_AGE_S, or followed by CPL_DEDUP_KEYS others. A last line without
 * its end, which a crash leaves, is dropped; any other line that is none costs
 * only itself. What is lost in a crash are keys that were kept last: then a
 * message is taken for new, and never the other way round.
 *
 * One process has the file at a time. It is 0600, since who can write to it can
 * have messages dropped; one of another user's is not used. */
#ifndef CPL_DEDUP_H
#define CPL_DEDUP_H

#include <stdint.h>

#include "../base/err.h"
#include "../base/log.h"

struct cpl_dedup;

/* Opens the file, or makes it. NULL with e: CPL_DATA when it is a file of
 * something else, which is left as it is, CPL_TEMP when another process has it,
 * CPL_IO, CPL_SYSTEM. now is the clock's seconds here and below. */
struct cpl_dedup *cpl_dedup_open(const char *path, int64_t now,
				 const struct cpl_log *log, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* A key is 32 digits of hex; anything else is none and never seen. Whether it
 * was seen. */
int cpl_dedup_seen(struct cpl_dedup *d, const char *key, int64_t now);

/* The key is seen from here on, in this run. 0, or -1 without memory. */
int cpl_dedup_see(struct cpl_dedup *d, const char *key, int64_t now)
    __attribute__((warn_unused_result));

/* A key that was seen is for later runs too: it is written with the next
 * cpl_dedup_flush(). 0, or -1 without memory. */
int cpl_dedup_keep(struct cpl_dedup *d, const char *key)
    __attribute__((warn_unused_result));

/* Writes what was kept. -1 with CPL_IO: none of it is in the file, which is as
 * it was, and nothing more is written to it. */
int cpl_dedup_flush(struct cpl_dedup *d, int64_t now, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Closes the file; what was not flushed is not in it. */
void cpl_dedup_close(struct cpl_dedup *d);

#endif
