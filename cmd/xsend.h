/* SPDX-License-Identifier: MIT
 *
 * What the parts of xsend share: xsend.c is the command line, xsend_run.c the
 * session, what is sent over it, and the end, xsend_fate.c what is said of each
 * message, xsend_receipt.c --receipt, xsend_queue.c --queue, xsend_room.c
 * rooms, xsend_occupant.c who is in them. */
#ifndef XSEND_H
#define XSEND_H

#include "../common/cli/backlog.h"
#include "../common/cli/feed.h"
#include "../common/cli/ledger.h"
#include "../common/cli/output.h"
#include "../common/cli/progress.h"
#include "../common/cli/room_option.h"
#include "../common/cli/unsent.h"
#include "../common/stream/answer.h"
#include "../common/stream/receipt.h"
#include "../common/stream/said.h"

/* What the command line says, besides what the feed is told. */
struct settings {
	struct cpl_feed_conf feed;
	const char *files[16]; /* -r */
	size_t file_count;
	int mode_given, type_given;
	int print_id;
	long bounce_wait;
	const char *log_file;
	int use_syslog;
	const char *unsent;
	int progress;
	long receipt; /* --receipt: ms; 0: none is asked for */
};

/* --queue (xsend_queue.c). */
struct queueing {
	int asked, ok;           /* --queue, --queue-ok */
	struct cpl_queue *queue; /* NULL: it is not asked for */
	struct cpl_backlog *backlog;
	struct cpl_queue_ids waiting; /* those whose recipients have to wait */
	uint64_t ids;
	size_t count;        /* messages that were queued */
	size_t unsafe;       /* what can be neither sent nor queued */
	enum cpl_status why; /* the run could not do what it was to do */
	int under_way;       /* the backlog */
	int offline;         /* there is no session any more: all is queued */
	int broken;          /* nothing more can be queued */
};

/* Rooms (xsend_room.c). */
struct speech {
	struct cpl_room_options option;
	struct cpl_room_entries entries;
	int asked;  /* -R */
	int create; /* --create */
	struct cpl_rooms rooms;
	struct spoken *first; /* each of them */
	size_t open;          /* of these, so many are not over */
	uint64_t skipped;     /* messages to those that are */
	struct asked *known;  /* what bare JIDs are (xsend_occupant.c) */
};

/* What is said of each message. */
struct fate {
	struct cpl_ledger ledger;
	struct cpl_progress progress;
	struct cpl_unsent unsent;
	char *own;                  /* the account, a bare JID */
	struct xsend_doubt *doubts; /* iqs that were on a lost connection */
	int giving_up; /* what is refused now has an unknown outcome */
};

/* One run: the common part first, then what sending needs. */
struct send {
	struct cpl_run run;
	struct settings set;
	struct cpl_recipients to;
	struct cpl_feed feed;
	struct cpl_delivery *delivery;
	struct cpl_answer *answer;
	struct cpl_output *output;
	struct fate fate;
	struct queueing queue;
	struct speech speech;
	struct cpl_timer leave;
	int leaving; /* a signal came: the server may still acknowledge */
	int went;    /* the feed; without --queue the session was online, then
		      */
	int ended;   /* the session */
	int hurry;   /* nobody waits for a reader of the ids */
	struct cpl_receipts *receipts; /* NULL: none is asked for */
	int delivered; /* all is acknowledged, and bounces waited for */
};

/* Opens the run and begins to read; what fails ends the process. */
void xsend_open(struct send *r);

/* The log, the progress, --unsent: before anything is sent; what fails ends the
 * process. */
void xsend_fate_open(struct send *r);

/* How it stands has changed; a message was refused. */
void xsend_fate_count(struct send *r);
void xsend_fate_refused(struct send *r, const struct cpl_origin *origin,
			const char *from, const char *id,
			const struct cpl_err *why);

/* Events of the delivery and the session. */
void xsend_on_confirmed(void *user, const struct cpl_sent *sent);
void xsend_on_lost(void *user, const struct cpl_err *e);
void xsend_on_given_up(void *user, uint64_t number, const struct cpl_err *why);

/* After the run: what became of what was sent, where it did not all arrive. */
void xsend_report(struct send *r);

/* What became of one goes to the log; the same of all that was read and not
 * given to the delivery, which is not sent: after the run; the first record of
 * these, or 0. */
void xsend_fate_note(struct send *r, const struct cpl_sent *sent,
		     enum cpl_fate_result result);
uint64_t xsend_fate_left(struct send *r);

/* A message is not sent, as its room is over for that reason. */
void xsend_fate_skipped(struct send *r, xmpp_stanza_t *message,
			const struct cpl_origin *origin, enum cpl_status why);

void xsend_fate_release(struct send *r);

/* Frees all of it. */
void xsend_release(struct send *r);

/* Ends the session in order, where there still is one. */
void xsend_close(struct send *r);

/* --receipt; without it all of these do nothing and say 0. -1 without memory.
 * The next two are events of the feed; then those of the session and the
 * delivery; whether any is still to be waited for, when all is delivered; and
 * at the end those that are missing, and what that makes of the outcome. */
int xsend_receipts_open(struct send *r);
int xsend_receipt_prepare(void *user, xmpp_stanza_t *stanza);
int xsend_receipts_full(void *user);
void xsend_receipt_sent(struct send *r, xmpp_stanza_t *stanza,
			const struct cpl_origin *origin);
int xsend_receipt_came(struct send *r, xmpp_stanza_t *stanza);
void xsend_receipts_acked(struct send *r);
void xsend_receipt_refused(struct send *r, const struct cpl_origin *origin);
int xsend_receipts_wait(struct send *r);
void xsend_receipts_report(struct send *r);

/* Prints a message's id, where that is wanted. */
void xsend_print_id(struct send *r, xmpp_stanza_t *message);

/* Closes the session where there is nothing more to send or to wait for. */
void xsend_check_done(struct send *r);

/* xsend_room.c. Before the session, the nick and the password of each, what
 * fails ends the process; there is a session, -1 without memory; online, each
 * time. */
void xsend_rooms_open(struct send *r);
int xsend_rooms_furnish(struct send *r);
void xsend_rooms_online(struct send *r);
void xsend_rooms_release(struct send *r);

/* What becomes of a stanza that may be for a room, where it is said; a stanza
 * came, non-zero: it is dealt with; a message was refused. */
enum cpl_feed_way xsend_room_divert(struct send *r, xmpp_stanza_t *stanza,
				    const struct cpl_origin *origin,
				    struct cpl_err *e);
int xsend_room_stanza(struct send *r, xmpp_stanza_t *stanza);
void xsend_room_refused(struct send *r, const struct cpl_origin *origin);

/* A message is for somebody in the room of that bare JID: CPL_FEED_SEND when we
 * are in it; else as above. */
enum cpl_feed_way xsend_room_enter(struct send *r, const char *jid,
				   xmpp_stanza_t *message,
				   const struct cpl_origin *origin,
				   struct cpl_err *e);

/* xsend_occupant.c. Online, once: asks what those recipients are that may be
 * occupants; -1 with e. What becomes of a message that may be for one. */
int xsend_occupants_ask(struct send *r, struct cpl_err *e);
enum cpl_feed_way xsend_occupant_divert(struct send *r, xmpp_stanza_t *message,
					const struct cpl_origin *origin,
					struct cpl_err *e);
void xsend_occupants_release(struct send *r);

/* A message was given to the delivery. */
void xsend_sent(struct send *r, xmpp_stanza_t *stanza,
		const struct cpl_origin *origin);

/* Calls each() for what rooms were told and have not said. */
void xsend_rooms_each(const struct send *r,
		      void (*each)(void *user, const struct cpl_sent *sent),
		      void *user);

/* xsend_queue.c. Without --queue each but online() and complain() does
 * nothing. open() ends the process if it fails. */
void xsend_queue_open(struct send *r);

/* Online: what waits goes first, then the feed. */
void xsend_queue_online(struct send *r);

/* What has to wait is queued; only with --queue. */
enum cpl_feed_way xsend_queue_divert(struct send *r, xmpp_stanza_t *stanza,
				     struct cpl_err *e);

/* The server has some of what had waited; a stanza came, non-zero: it was a
 * bounce of that. */
void xsend_queue_acked(struct send *r, uint64_t upto);
void xsend_queue_given_up(struct send *r, uint64_t number,
			  const struct cpl_err *why);
int xsend_queue_stanza(struct send *r, xmpp_stanza_t *stanza);

/* The run comes to an end: nothing more of what waits is sent. Then, whether
 * the server still has to acknowledge any of it. */
void xsend_queue_halt(struct send *r);
int xsend_queue_flying(const struct send *r);

/* What keeps the run from its goal: a complaint of the run, unless all can be
 * queued. */
void xsend_complain(struct send *r, const struct cpl_err *e);

/* There will be no session: all that is not confirmed is queued. Non-zero: so
 * will be what is still read, and the feed says when that is all. */
int xsend_queue_rescue(struct send *r);

/* After the run, all that is to be queued is: the status. */
void xsend_queue_report(struct send *r);
void xsend_queue_release(struct send *r);

#endif
