/* SPDX-License-Identifier: MIT
 *
 * Tokens in place of a password (XEP-0484), in the file token-JID of the state
 * folder. One process at a time has them, by a lock that it takes without
 * waiting: who finds it taken logs in by other means. Of two the newer is
 * tried first: the older is good until the newer has worked (XEP-0484 3.5). A
 * struct cpl_tokens owns its secrets and wipes them; zero-filled it has none.
 */
#ifndef CPL_TOKEN_H
#define CPL_TOKEN_H

#include <stdint.h>

#include "../base/log.h"
#include "../base/uuid.h"
#include "kept.h"

#define CPL_TOKENS 2

struct cpl_token {
	char mechanism[32]; /* the one it was asked for, and no other */
	char *text;         /* NULL: none */
	int64_t expiry;     /* ms of Unix time */
};

struct cpl_tokens {
	struct cpl_kept file;
	const struct cpl_log *log;
	const char *folder;
	char *name;
	char client[CPL_UUID_SIZE];
	struct cpl_token list[CPL_TOKENS]; /* the newest first */
	int open;
};

/* Takes the tokens of a bare JID that were given to this client (client.h);
 * another's are dropped. folder is the state folder; it and log outlive t. 0,
 * or -1: another process has them, or they cannot be had, which the log says.
 */
int cpl_tokens_open(struct cpl_tokens *t, const char *folder, const char *bare,
		    const char *client, const struct cpl_log *log)
    __attribute__((warn_unused_result));

/* The newest that is not over; NULL: none. Valid until the next call. */
const struct cpl_token *cpl_tokens_first(struct cpl_tokens *t);

/* The first was refused: it is dropped. */
void cpl_tokens_refused(struct cpl_tokens *t);

/* The first has worked: older ones are dropped. */
void cpl_tokens_worked(struct cpl_tokens *t);

/* The server gave one, for a mechanism; expiry as XEP-0082 has it. What cannot
 * be one (over CPL_TOKEN_MAX bytes, or not printable) is not kept. */
void cpl_tokens_given(struct cpl_tokens *t, const char *mechanism,
		      const char *text, const char *expiry);

/* Wipes, and gives up the lock. */
void cpl_tokens_close(struct cpl_tokens *t);

#endif
