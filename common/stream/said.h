/* SPDX-License-Identifier: MIT
 *
 * What was said in one room and the room has not said yet: the reflection is
 * the proof that a message is there (XEP-0045 7.4). It is known by its id, else
 * by its origin-id (XEP-0359), else, where the room keeps neither, by its
 * order. After a loss (of the session, or of the place in the room) it is
 * looked up in the room's archive (XEP-0313), or in the history that a join
 * brings, before it is said again. It owns copies of the messages, whose number
 * its user bounds; room and session outlive it. */
#ifndef CPL_SAID_H
#define CPL_SAID_H

#include "delivery.h"
#include "room.h"

struct cpl_said;

struct cpl_said_conf {
	struct cpl_loop *loop;
	struct cpl_session *session;
	const struct cpl_log *log;
	struct cpl_room *room;
	int again; /* after a loss all is said again; else it is left */
};

struct cpl_said_events {
	/* The room has said it. */
	void (*heard)(void *user, const struct cpl_sent *sent);
	/* More may be said: after a join, when all is looked up. */
	void (*ready)(void *user);
	/* So many were said again without knowledge of whether the room had
	 * them. */
	void (*doubtful)(void *user, size_t count);
	void *user;
};

/* NULL without memory. */
struct cpl_said *cpl_said_new(const struct cpl_said_conf *conf,
			      const struct cpl_said_events *on)
    __attribute__((warn_unused_result));
void cpl_said_free(struct cpl_said *said);

/* Says a message that has an id: its bytes, or -1 with e as cpl_session_send()
 * has it. Only when it is ready. The stanza stays as it is, what is sent has an
 * origin-id besides. */
long cpl_said_say(struct cpl_said *said, xmpp_stanza_t *message,
		  const struct cpl_origin *origin, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* The room's events: it is in; it is not. */
void cpl_said_joined(struct cpl_said *said);
void cpl_said_out(struct cpl_said *said);

/* A stanza that came. Non-zero: it is dealt with. A message that the room did
 * not take, as we were not in it, is said again after the next join. */
int cpl_said_stanza(struct cpl_said *said, xmpp_stanza_t *stanza);

/* It was refused: it is not waited for. Its bytes, or -1: it is not known. */
long cpl_said_refused(struct cpl_said *said, const struct cpl_origin *origin);

int cpl_said_is_ready(const struct cpl_said *said);
/* What was not heard: messages, and their bytes as they were said first. */
size_t cpl_said_waiting(const struct cpl_said *said);
size_t cpl_said_bytes(const struct cpl_said *said);

/* Calls each() for all that was not heard, in order. */
void cpl_said_each(const struct cpl_said *said,
		   void (*each)(void *user, const struct cpl_sent *sent),
		   void *user);

#endif
