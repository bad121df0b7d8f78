/* SPDX-License-Identifier: MIT
 *
 * What the tools remember between runs: small files in
 * ${XDG_STATE_HOME:-$HOME/.local/state}/couplet, the folder 0700 and the files
 * 0600, replaced whole by rename(2). The home itself is never made. A file that
 * is missing, too large, of another user's or not readable costs a round trip
 * and never a failure: that is why nothing here is more than a line of the log.
 */
#ifndef CPL_STATE_H
#define CPL_STATE_H

#include "../base/buf.h"
#include "../base/log.h"

/* Appends the content of a file, of at most as many bytes as out may hold.
 * folder is the state folder itself (cpl_cli_state_folder()), NULL: there is
 * none; name has no '/'. -1: nothing was appended. */
int cpl_state_read(const char *folder, const char *name, struct cpl_buf *out,
		   const struct cpl_log *log)
    __attribute__((warn_unused_result));

/* Whether a file has this name, be it one that cpl_state_read() can use or not;
 * 0 also where that cannot be told. */
int cpl_state_is_there(const char *folder, const char *name);

/* Replaces the content; the folder is made where it is missing. */
void cpl_state_write(const char *folder, const char *name, const char *p,
		     size_t n, const struct cpl_log *log);

/* Removes a file, if it is there. 0, or -1 with CPL_IO, CPL_SYSTEM. */
int cpl_state_remove(const char *folder, const char *name, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Makes the folder where it is missing, as cpl_state_write() does, for who has
 * more to keep there than a cache. 0, or -1 with errno. */
int cpl_state_make(const char *folder) __attribute__((warn_unused_result));

/* Appends the name of the file for what is kept of a JID: WHAT-JID, all that is
 * not a letter, digit, '@', '.', '-' or '_' as %XX. -1 when out is full or
 * memory ran out. */
int cpl_state_name(struct cpl_buf *out, const char *what, const char *jid)
    __attribute__((warn_unused_result));

#endif
