/* SPDX-License-Identifier: MIT
 *
 * A message that waits on disk, as text: two elements of XML, each on a line,
 * <entry xmlns="urn:couplet:queue:1" account="..." queued="..."/> and the
 * message as it will be sent. Only messages wait: an iq or a presence is of its
 * moment. What is read is either whole and of this account, or an error, so
 * that a file that was torn, or copied from somewhere, is never sent. A struct
 * cpl_queued owns what it holds; zero-filled it is empty. */
#ifndef CPL_QUEUED_H
#define CPL_QUEUED_H

#include <strophe.h>
#include <time.h>

#include "../base/buf.h"
#include "../base/err.h"

struct cpl_queued {
	xmpp_stanza_t *entry; /* attributes account, queued (XEP-0082), and why
				 of one that was refused */
	xmpp_stanza_t *message;
};

/* Appends a message of an account (a bare JID), given to be sent at that
 * time; why may be NULL. -1 when out is full (at CPL_QUEUE_ENTRY_MAX at the
 * latest: CPL_DATA) or memory ran out. */
int cpl_queued_write(struct cpl_buf *out, xmpp_stanza_t *message,
		     const char *account, time_t when, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* The same of one that was read, with the reason why it was refused (NULL:
 * none). */
int cpl_queued_rewrite(struct cpl_buf *out, struct cpl_queued *queued,
		       const char *why, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Reads n bytes, which have to be one message of the account. -1 with e:
 * CPL_DATA and what is wrong, CPL_SYSTEM; *out is empty then. */
int cpl_queued_read(xmpp_ctx_t *ctx, const char *p, size_t n,
		    const char *account, struct cpl_queued *out,
		    struct cpl_err *e) __attribute__((warn_unused_result));

/* The message with the time at which it was given to be sent (XEP-0203): new,
 * the caller's. NULL without memory. */
xmpp_stanza_t *cpl_queued_outgoing(const struct cpl_queued *queued)
    __attribute__((warn_unused_result));

void cpl_queued_release(struct cpl_queued *queued);

#endif
