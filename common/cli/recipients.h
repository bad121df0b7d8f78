/* SPDX-License-Identifier: MIT
 *
 * The addresses that a tool was given: JIDs and aliases as operands, and files
 * of them. Each address is kept once, prepared, in the order given. The struct
 * owns them; zero-filled it is empty. */
#ifndef CPL_RECIPIENTS_H
#define CPL_RECIPIENTS_H

#include <stddef.h>

#include "../config/config.h"
#include "../stanza/jid.h"

struct cpl_recipients {
	struct cpl_jid *list;
	size_t count;
	size_t room;
};

/* Adds an operand: without '@', '.', '/' and ':' it is an alias, else a JID.
 * -1 with CPL_USAGE. */
int cpl_recipients_add(struct cpl_recipients *r,
		       const struct cpl_config *config, const char *operand,
		       struct cpl_err *e) __attribute__((warn_unused_result));

/* Adds a JID, which is no alias whatever it looks like. -1 with CPL_DATA. */
int cpl_recipients_add_jid(struct cpl_recipients *r, const char *jid,
			   struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Adds the lines of a file ("-" is stdin); blank lines and those that begin
 * with # are skipped. -1 with CPL_NOINPUT for a file that cannot be opened,
 * CPL_IO, or CPL_DATA with "FILE:LINE: why", or for a file of more than
 * CPL_CONFIG_BYTES_MAX. */
int cpl_recipients_read(struct cpl_recipients *r,
			const struct cpl_config *config, const char *path,
			struct cpl_err *e) __attribute__((warn_unused_result));

void cpl_recipients_release(struct cpl_recipients *r);

#endif
