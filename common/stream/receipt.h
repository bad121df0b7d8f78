/* SPDX-License-Identifier: MIT
 *
 * Delivery receipts (XEP-0184) that are waited for: one from each recipient of
 * each message, within a time that begins when the own server has the message.
 * A receipt counts only when it comes from the account that the message went
 * to: anybody may send one. It owns what it remembers of the messages, of which
 * the tool keeps to CPL_RECEIPTS_WAITING, and no stanza. */
#ifndef CPL_RECEIPT_H
#define CPL_RECEIPT_H

#include <strophe.h>

#include "../base/log.h"
#include "../base/loop.h"
#include "../stanza/jid.h"
#include "delivery.h"

struct cpl_receipts;

struct cpl_receipts_events {
	/* There was none in time for a message: its origin, recipient and
	 * id, valid during the call. */
	void (*missing)(void *user, const struct cpl_origin *origin,
			const char *to, const char *id);
	/* Fewer are waited for than before: after one or more are missing, or
	 * one has come. */
	void (*fewer)(void *user);
	void *user;
};

/* wait: ms. NULL without memory. */
struct cpl_receipts *cpl_receipts_new(struct cpl_loop *loop,
				      const struct cpl_log *log, long wait,
				      const struct cpl_receipts_events *on)
    __attribute__((warn_unused_result));
void cpl_receipts_free(struct cpl_receipts *r);

/* Puts <request/> into a message that may have one: not of type groupchat
 * (5.3) or error, and no receipt itself (5.4). 0, or -1 without memory. */
int cpl_receipt_request(xmpp_stanza_t *stanza)
    __attribute__((warn_unused_result));

/* A receipt for a message (4, 5.5): of its type and to its sender; new, the
 * caller's. NULL without memory. */
xmpp_stanza_t *cpl_receipt_build(xmpp_ctx_t *ctx, const char *type,
				 const char *to, const char *id)
    __attribute__((warn_unused_result));

/* A stanza was sent, the n-th: its receipt is waited for if it asks for one. 0,
 * or -1 without memory. */
int cpl_receipts_sent(struct cpl_receipts *r, xmpp_stanza_t *stanza,
		      const struct cpl_origin *origin, uint64_t n)
    __attribute__((warn_unused_result));

/* The own server has the first n: their time begins. UINT64_MAX: all. */
void cpl_receipts_acked(struct cpl_receipts *r, uint64_t n);

/* A stanza that came; own is whom one without from comes from. Non-zero: it is
 * a receipt, of ours or not. */
int cpl_receipts_stanza(struct cpl_receipts *r, xmpp_stanza_t *stanza,
			const struct cpl_jid *own);

/* A message was refused: nothing is waited for any more. */
void cpl_receipts_refused(struct cpl_receipts *r,
			  const struct cpl_origin *origin);

/* Nothing more will come: those that the server has are missing(). */
void cpl_receipts_end(struct cpl_receipts *r);

/* How many are waited for, have come, and did not. */
size_t cpl_receipts_waiting(const struct cpl_receipts *r);
uint64_t cpl_receipts_come(const struct cpl_receipts *r);
uint64_t cpl_receipts_missing(const struct cpl_receipts *r);

#endif
