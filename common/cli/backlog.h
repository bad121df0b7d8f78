/* SPDX-License-Identifier: MIT
 *
 * The queue on its way out: its entries are sent over a session in the order in
 * which they were queued, and what became of each is written to the queue: gone
 * when the server has it, in failed/ when it was refused for good, waiting
 * still when that is temporary or nobody knows. After a temporary refusal no
 * other entry for the same recipient is sent, so that the order stays. It has a
 * delivery of its own, beside which the tool may have another. One process at a
 * time sends. The backlog owns the lock of the queue while it sends, and no
 * more than CPL_QUEUE_FLIGHT open files; queue, session, loop and ctx are the
 * tool's and outlive it. */
#ifndef CPL_BACKLOG_H
#define CPL_BACKLOG_H

#include "../store/queue.h"
#include "../stream/delivery.h"

struct cpl_backlog;

struct cpl_backlog_events {
	/* Something is wrong with an entry or the queue, and the rest goes on:
	 * CPL_REFUSED, it is in failed/; CPL_TEMP, it waits, or will when it
	 * can be moved; CPL_DATA, it is in torn/; CPL_IO. The text names it,
	 * and says where one is that could not be moved. */
	void (*trouble)(void *user, const struct cpl_err *e);
	/* All that goes was given to the session: what is sent now comes behind
	 * it. May come from within cpl_backlog_start(). */
	void (*handed)(void *user);
	/* What is to be known of all of it is, and the queue is unlocked. */
	void (*done)(void *user);
	void *user;
};

struct cpl_backlog_conf {
	struct cpl_loop *loop;
	struct cpl_session *session;
	struct cpl_queue *queue;
	const struct cpl_log *log;
	const char *account; /* bare JID */
	long bounce_wait;    /* ms, as of the delivery */
	size_t most;         /* entries to send; 0: all, and those that come
				meanwhile */
};

/* What it came to so far. */
struct cpl_backlog_count {
	size_t sent;    /* the server has them; those refused are not among
			   them */
	size_t refused; /* for good, or torn */
	size_t waiting; /* tried, or not to be tried now */
};

/* A backlog that does nothing yet. NULL without memory. */
struct cpl_backlog *cpl_backlog_new(const struct cpl_backlog_conf *conf,
				    const struct cpl_backlog_events *on)
    __attribute__((warn_unused_result));
void cpl_backlog_free(struct cpl_backlog *b);

/* The session is online: begins. 0; 1: another process sends, and nothing
 * follows from here; -1 with e: CPL_IO, CPL_SYSTEM. */
int cpl_backlog_start(struct cpl_backlog *b, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* The session's events; given_up: what never left, which does not change by
 * itself; stanza: non-zero when it was a bounce of an entry. At the end of the
 * session what has no proof stays where it is. done() does not follow, and the
 * queue is unlocked. */
void cpl_backlog_acked(struct cpl_backlog *b, uint64_t upto);
void cpl_backlog_given_up(struct cpl_backlog *b, uint64_t number,
			  const struct cpl_err *why);
int cpl_backlog_stanza(struct cpl_backlog *b, xmpp_stanza_t *stanza);
void cpl_backlog_ended(struct cpl_backlog *b);

/* Gives no more to the session: handed() and done() do not follow, what is
 * under way is settled as ever. */
void cpl_backlog_halt(struct cpl_backlog *b);

/* Entries that are under way. */
size_t cpl_backlog_flying(const struct cpl_backlog *b);

/* Appends the IDs of what waits and was not given to the session: behind it
 * nothing for the same recipients should be sent. */
int cpl_backlog_rest(const struct cpl_backlog *b, struct cpl_queue_ids *out,
		     struct cpl_err *e) __attribute__((warn_unused_result));

const struct cpl_backlog_count *cpl_backlog_count(const struct cpl_backlog *b);

#endif
