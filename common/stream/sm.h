/* SPDX-License-Identifier: MIT
 *
 * Stream management of one session over all its connections (XEP-0198): what
 * was sent and is not acknowledged, how far the received is dealt with, and
 * what it takes to resume. It knows the numbers that a tool sees, which count
 * on across connections, from those of the wire, which a new stream begins
 * anew. It owns its window and what the server said; it sends nothing itself
 * but appends to the buffer it is given. */
#ifndef CPL_SM_H
#define CPL_SM_H

#include <strophe.h>

#include "../stanza/ns.h"
#include "ack.h"
#include "window.h"

/* What asks how far the server is (4). */
#define CPL_SM_ASK "<r xmlns='" CPL_NS_SM "'/>"

struct cpl_sm {
	struct cpl_ack ack;       /* of this stream */
	struct cpl_window window; /* what the server may not have */
	int keep;                 /* the window is kept at all */
	int resume;               /* resumption is wanted */
	int on;                   /* the stream has XEP-0198 */
	int enabled;              /* and the server has said so */
	uint64_t last;            /* number of the last stanza sent */
	struct cpl_buf again;     /* cpl_sm_tries() */
	uint64_t acked;           /* the server has those up to this number */
	uint64_t repeats;         /* so many that come next we have already */
	int resumed;              /* and nothing was acknowledged since */
	int adopted;    /* the stream to resume is another process's */
	char *id;       /* of the stream, for <resume/>; NULL: none */
	long max;       /* how long it may wait, s; 0: not said */
	char *location; /* where to resume it (5), or NULL */
};

/* Sends a stanza: appends it to the window and, where out is not NULL, to out.
 * Its number is sm->last. 0, or -1 as cpl_window_add(). */
int cpl_sm_send(struct cpl_sm *sm, xmpp_stanza_t *stanza, size_t max,
		struct cpl_buf *out, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Sends what is in the window and has not left, up to the first of more than
 * most bytes. 0, or -1 with e. */
int cpl_sm_flush(struct cpl_sm *sm, size_t most, struct cpl_buf *out,
		 struct cpl_err *e) __attribute__((warn_unused_result));

/* What has left was not taken, for certain, and the stream is no more: all is
 * as if nothing had. */
void cpl_sm_undo(struct cpl_sm *sm);

/* <a h=''/>, or the h of <resumed/> or <failed/>: how many more are
 * acknowledged by it, in stanzas; sm->acked is the last of them. Of a stream
 * that was adopted it is where counting begins. -1 with CPL_PROTOCOL: no
 * number, more than was sent, or less than before. */
int cpl_sm_take(struct cpl_sm *sm, xmpp_stanza_t *el, uint64_t *more,
		struct cpl_err *e) __attribute__((warn_unused_result));

/* All that the question under way is about has arrived (a fence's answer): how
 * many more are acknowledged by it. */
uint64_t cpl_sm_passed(struct cpl_sm *sm);

/* <enabled/>: from here on the server counts. 0, or -1 with CPL_SYSTEM. */
int cpl_sm_enabled(struct cpl_sm *sm, xmpp_stanza_t *el, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Whether the stanza that came is one that we have, sent again by a resumption;
 * otherwise it is counted. */
int cpl_sm_repeats(struct cpl_sm *sm);

/* There is a stream to resume that another process left, who had handled h of
 * it; location may be NULL. Before anything is sent. 0, or -1 without memory.
 */
int cpl_sm_adopt(struct cpl_sm *sm, const char *id, const char *location,
		 uint32_t h) __attribute__((warn_unused_result));

/* The connection is lost: can it be resumed, and from which h? */
int cpl_sm_can_resume(const struct cpl_sm *sm);
uint32_t cpl_sm_resume_h(struct cpl_sm *sm);

/* It was resumed: what the server does not have goes to out again. 0, or -1
 * with e. */
int cpl_sm_resumed(struct cpl_sm *sm, struct cpl_buf *out, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* The server found fault with the stream. Non-zero when that may be its own:
 * Prosody 13.0.1 reads on in the middle of the stanza in which the connection
 * broke, and calls what we send on the resumed one not well-formed, or takes it
 * for the content of that stanza and says nothing. Then it is not resumed
 * again. */
int cpl_sm_distrust(struct cpl_sm *sm);

/* There is a new stream in place of the lost one, with nothing sent yet. The
 * number of stanzas in the window that had left before, and will again. */
size_t cpl_sm_restart(struct cpl_sm *sm);

/* Sends the window over the new stream. 0, or -1 with e. */
int cpl_sm_replay(struct cpl_sm *sm, struct cpl_buf *out, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* How often the stanza of that number left, where it is among those of the last
 * acknowledgement. */
unsigned cpl_sm_tries(const struct cpl_sm *sm, uint64_t number);

void cpl_sm_release(struct cpl_sm *sm);

#endif
