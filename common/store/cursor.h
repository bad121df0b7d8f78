/* SPDX-License-Identifier: MIT
 *
 * How far a reader has read the account's archive: the id of a message of it
 * and its time, kept between runs. One file for each account and reader, in the
 * state folder (kept.h), as two at once would move it back and forth. It is not
 * replaced with each message: the owner says when. What was read after the last
 * cpl_cursor_save() is read again after a crash. */
#ifndef CPL_CURSOR_H
#define CPL_CURSOR_H

#include <stdint.h>

#include "../base/buf.h"
#include "../base/err.h"
#include "kept.h"

struct cpl_cursor {
	struct cpl_kept file;
	int set; /* there is an id; "": before the first message */
	int dirty;
	char *id;
	int64_t when; /* ms of Unix time; of the message */
};

#define CPL_CURSOR_INIT                                                        \
	{                                                                      \
		CPL_KEPT_INIT, 0, 0, NULL, 0                                   \
	}

/* Takes the cursor of a bare JID and a reader (cpl_kept_is_name(); NULL: the
 * one without name) in the state folder, which is made where it is missing, and
 * reads it: set is 0 where there was none. 0, or -1 with e: CPL_TEMP another
 * process has it, CPL_IO (a file that is damaged, too). */
int cpl_cursor_open(struct cpl_cursor *c, const char *folder, const char *bare,
		    const char *reader, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Moves it, in memory. The id has no control characters, or it is not moved.
 * 0, or -1 without memory. */
int cpl_cursor_move(struct cpl_cursor *c, const char *id, int64_t when)
    __attribute__((warn_unused_result));

/* Makes it last, if it was moved. 0, or -1 with CPL_IO. */
int cpl_cursor_save(struct cpl_cursor *c, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Gives up the lock. It does not save. */
void cpl_cursor_release(struct cpl_cursor *c);

#endif
