/* SPDX-License-Identifier: MIT
 *
 * A session that outlives its process: what it takes to resume it (XEP-0198 5),
 * and the resource and client id that are its own, in a file of its account and
 * name in the state folder (kept.h). The file is replaced when a stream begins;
 * h has a fixed place in it and is written there alone, which a kill cannot
 * tear. When it is synced is for the owner to say: after a crash of the machine
 * it may be behind. */
#ifndef CPL_DURABLE_H
#define CPL_DURABLE_H

#include <stdint.h>

#include "../base/buf.h"
#include "../base/err.h"
#include "kept.h"

struct cpl_durable {
	struct cpl_kept file;
	int fd; /* of the file, while there is a stream; else -1 */
	char *resource;
	char *agent;    /* a UUID, as XEP-0388 2.4 has it for a client */
	char *jid;      /* full, as bound; NULL: there is no stream */
	char *id;       /* of the stream */
	char *location; /* where to resume it, or NULL */
	uint32_t h;     /* what was handled of it */
	int caught;     /* the archive was read up to where it begins */
};

#define CPL_DURABLE_INIT                                                       \
	{                                                                      \
		CPL_KEPT_INIT, -1, NULL, NULL, NULL, NULL, NULL, 0, 0          \
	}

/* Takes the session of a bare JID by that name (cpl_kept_is_name()) and reads
 * it; where there was none it gets a resource, NAME and random digits, a client
 * id, and no stream. 0, or -1 with e: CPL_TEMP another process has it, CPL_IO
 * (a file that is damaged, too), CPL_SYSTEM. */
int cpl_durable_open(struct cpl_durable *d, const char *folder,
		     const char *bare, const char *name, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* The stream is this one from here on; location may be NULL. 0, or -1 with
 * CPL_IO, CPL_SYSTEM. */
int cpl_durable_begin(struct cpl_durable *d, const char *jid, const char *id,
		      const char *location, uint32_t h, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* So much was handled of it. 0, or -1 with CPL_IO. */
int cpl_durable_count(struct cpl_durable *d, uint32_t h, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* The archive was read up to where the stream begins. 0, or -1 with CPL_IO. */
int cpl_durable_catch(struct cpl_durable *d, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* What was counted outlives a crash of the machine. 0, or -1 with CPL_IO. */
int cpl_durable_sync(struct cpl_durable *d, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* There is no stream any more; resource and client id stay. 0, or -1 as begin.
 */
int cpl_durable_end(struct cpl_durable *d, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Gives up the lock. */
void cpl_durable_release(struct cpl_durable *d);

#endif
