/* SPDX-License-Identifier: MIT
 *
 * What the parts of xrecv share: xrecv.c is the records and the session,
 * xrecv_option.c the command line, xrecv_dedup.c and xrecv_receipt.c what is
 * kept of a message and said to its sender, xrecv_end.c how it all ends. Where
 * the records go is a sink: stdout in xrecv_stdout.c, a command in
 * xrecv_exec.c, a file in front of stdout in xrecv_spool.c. xrecv_since.c is
 * what the archive has, and xrecv_cursor.c how far that was read,
 * xrecv_carbons.c what other clients receive and send,
 * xrecv_durable.c a session that outlives the process, xrecv_room.c being in
 * rooms. */
#ifndef XRECV_H
#define XRECV_H

#include <stdint.h>
#include <strophe.h>

#include "../common/base/limits.h"
#include "../common/cli/being.h"
#include "../common/cli/format.h"
#include "../common/cli/output.h"
#include "../common/cli/run.h"
#include "../common/cli/taken.h"
#include "../common/stanza/filter.h"
#include "../common/store/dedup.h"
#include "../common/stream/answer.h"
#include "../common/stream/caps.h"
#include "../common/stream/offline.h"

struct recv;

/* Numbers of records from one stanza's to the next: so many may have been held
 * (xrecv_hold.h) and come out between the two. */
enum { XRECV_RECORDS = CPL_BACKLOG_STANZAS + 1 };

/* What deals with the records. It says of what it is done with by
 * xrecv_taken(), in order, and xrecv_moved() when it may have come to rest. */
struct sink {
	/* Before the session. 0, or -1 with e. */
	int (*open)(struct recv *r, struct cpl_err *e);
	/* The record in r->line, made from this stanza, or with NULL a stanza
	 * that is no record, so that the order is kept; of r->number. 0, or -1
	 * with e. */
	int (*put)(struct recv *r, xmpp_stanza_t *stanza, struct cpl_err *e);
	/* What it holds of what was put and is not dealt with. */
	size_t (*records)(const struct recv *r);
	size_t (*bytes)(const struct recv *r);
	/* Records that whoever gets them has not: as long there are some it
	 * is not idle; and those of them that would be lost with us. */
	size_t (*unread)(const struct recv *r);
	size_t (*unkept)(const struct recv *r);
	/* The count of -c has come through. */
	int (*reached)(const struct recv *r);
	/* No more is put, and nothing begun that was not; busy: something is
	 * under way that is worth a moment; writing: the same of what has to
	 * be brought to its end even when the session is over. */
	void (*finish)(struct recv *r);
	int (*busy)(const struct recv *r);
	int (*writing)(const struct recv *r);
	void (*release)(struct recv *r);
	const char *done; /* "read": what becomes of a record */
};

extern const struct sink xrecv_stdout, xrecv_exec, xrecv_spool;

enum xrecv_on_failure { XRECV_RETRY, XRECV_SKIP, XRECV_STOP };

/* What the command line says. */
struct settings {
	char *exec;        /* the command of --exec, or NULL */
	const char *spool; /* the file of --spool, or NULL */
	const char *extra; /* an option that needs --exec, or NULL */
	long jobs;
	long each_timeout; /* ms; 0: none */
	enum xrecv_on_failure on_failure;
	int reply;
	long count;        /* 0: no end */
	long idle;         /* ms; 0: none */
	const char *dedup; /* --dedup: the file; or NULL */
	int receipts;
	int own; /* also what the account itself sends */
	int carbons;
	int end; /* --end: a durable session ends too */
	struct cpl_being being;
};

/* One run: the common part first, then what receiving needs. */
struct recv {
	struct cpl_run run;
	struct settings set;
	struct cpl_format format;
	struct cpl_filter filter;
	struct cpl_caps caps; /* what every tool says */
	struct cpl_answer *answer;
	struct cpl_offline *offline;
	const struct sink *sink;
	struct cpl_output *output;
	struct recv_exec *exec;   /* of its sink */
	struct recv_spool *spool; /* of its sink */
	struct cpl_taken taken;   /* what waits for stdout */
	struct cpl_dedup *dedup;
	struct since *since;     /* --since, or NULL */
	struct durable *durable; /* --durable, or NULL */
	struct rooms *rooms;     /* -R, or NULL */
	struct cpl_timer idle;
	struct cpl_timer grace; /* for the reader, then for the server */
	struct cpl_buf line;
	uint64_t number; /* of the record at hand: XRECV_RECORDS times its
			  * stanza's; of one that was held, the next one */
	uint64_t last;   /* of the last one given to the sink */
	long printed;    /* records; of the spool the waiting ones, too */
	long unwanted;   /* stanzas that the filters dropped */
	long doubles;    /* messages that came before */
	long forged;     /* stanzas that pretend to be the own account's */
	long left;       /* messages that came after the last record */
	int online;      /* it was, at least */
	int preparing;   /* what is asked before presence is announced */
	int announced;   /* the server sends us what comes for the account */
	int fetching;    /* the offline message at hand is not taken yet */
	int ending;      /* no more records are made */
	int closing;     /* and the stream is closed */
	int flushing;    /* the session is over, there is something to write */
	int cut;         /* more may have come than we saw */
	int goal_met;
	int said_end; /* the server was told that the stream ends */
	int dead;     /* the session is over for the server, too */
};

/* The command line and the configuration; what is wrong with them ends the
 * process. */
void xrecv_options(struct recv *r, int argc, char **argv);

/* Whether -c is reached, in records that were made; whether a stanza passes the
 * filters. */
int xrecv_full(const struct recv *r);
int xrecv_wants(const struct recv *r, xmpp_stanza_t *stanza);

/* The sink is done with all records up to this number. */
void xrecv_taken(struct recv *r, uint64_t number);

/* Looks what follows from how the sink stands now. */
void xrecv_moved(struct recv *r);

/* The event of the output that any sink wants: nobody reads it any more. */
void xrecv_output_failed(void *user, const struct cpl_err *e);

/* The session's event, of the sink that sends something. */
void xrecv_on_acked(void *user, uint64_t upto);

/* --dedup, if it was given: the file is opened, or the process ends. A message
 * that came before is one; of any other it will be known, once its record, the
 * one at hand, was taken, that it came. The last writes what is known since,
 * and ends the run where that fails. */
void xrecv_dedup_open(struct recv *r);
int xrecv_is_double(struct recv *r, xmpp_stanza_t *stanza);
void xrecv_dedup_flush(struct recv *r);

/* --receipts: it is announced, before the login; the contact list is asked for,
 * with each login; and the receipt of a message goes to its sender, if he wants
 * one and may have it, when the record at hand was taken. Without the option
 * none of them does anything. */
void xrecv_receipts_open(struct recv *r);
void xrecv_receipts_online(struct recv *r);
void xrecv_receipt(struct recv *r, xmpp_stanza_t *stanza);
/* The stanza at hand becomes a record, if it passes the filters; or it becomes
 * none, though it has to count as handled. */
void xrecv_deliver(struct recv *r, xmpp_stanza_t *stanza);
void xrecv_skip(struct recv *r);

/* One of those who asked before presence is announced has its answer. */
void xrecv_ready(struct recv *r);

/* --since, if it was given. Its value; before the run: the cursor, where that
 * cannot be had the process ends; at its end: the cursor is saved. */
void xrecv_since_option(struct recv *r, const char *value);
void xrecv_since_open(struct recv *r);
void xrecv_since_close(struct recv *r);
void xrecv_since_free(struct recv *r);

/* Online, each time: asks whether there is an archive, xrecv_ready() follows;
 * presence is announced: reads on from where it was. */
void xrecv_since_prepare(struct recv *r);
void xrecv_since_live(struct recv *r);

/* The session of an earlier run goes on: what is behind that run in the archive
 * is caught up with, unless it has done so. */
void xrecv_since_resumed(struct recv *r);
/* Whether it is last. */
int xrecv_since_is_last(const struct recv *r);

/* stdout took something: there may be room for the next page. */
void xrecv_since_more(struct recv *r);

/* Non-zero: the stanza is a result of the archive and dealt with. */
int xrecv_since_result(struct recv *r, xmpp_stanza_t *stanza);
/* Non-zero: the archive has the message too, which is held or a double. */
int xrecv_since_holds(struct recv *r, xmpp_stanza_t *stanza);
/* Whether the next run reads it again, if this one does not. */
int xrecv_since_archived(const struct recv *r, xmpp_stanza_t *stanza);

/* --carbons, if it was given. Online, each time: asks for them, xrecv_ready()
 * follows. The message in a stanza, or the stanza itself; NULL: it is not to be
 * seen. */
void xrecv_carbons_prepare(struct recv *r);
xmpp_stanza_t *xrecv_carbons_open(struct recv *r, xmpp_stanza_t *stanza);

/* --durable, if it was given. Its value; before the run: the state, where that
 * cannot be had the process ends; online, each time: waits until the new
 * session can be resumed, xrecv_ready() follows; the stream came to its end. */
void xrecv_durable_option(struct recv *r, const char *value);
void xrecv_durable_open(struct recv *r);
void xrecv_durable_prepare(struct recv *r);
void xrecv_durable_closed(struct recv *r);
void xrecv_durable_free(struct recv *r);
/* The archive is read and stdout took it: what follows comes live, in this run
 * and the next ones. Whether it has been so. */
void xrecv_durable_caught(struct recv *r);
int xrecv_durable_has_caught(const struct recv *r);
/* The events of the session, with --durable alone. */
void xrecv_on_enabled(void *user, const struct cpl_session_stream *stream);
int xrecv_on_counted(void *user, uint32_t h);
/* Non-zero: the session is left to the next run, with what was not taken. */
int xrecv_is_left(const struct recv *r);

/* -R and the options about rooms. */
enum {
	XRECV_OPT_HISTORY = 560,
	XRECV_OPT_SUBJECT,
	XRECV_OPT_OCCUPANTS,
	XRECV_OPT_ACCEPT_INVITES
};

/* Takes one of them; non-zero: it was one. Before the configuration is loaded:
 * what they say together; after that: the rooms. What is wrong with them ends
 * the process. */
int xrecv_room_option(struct recv *r, int c, const char *arg);
void xrecv_rooms_settle(struct recv *r);
void xrecv_rooms_parse(struct recv *r);

/* Before the session: the passwords, without which the process ends; with the
 * session: the rooms; online, each time: joins them; leaves them; at the end:
 * what follows from those that had us no longer. Without -R none of them does
 * anything. They are freed before the session. */
void xrecv_rooms_open(struct recv *r);
void xrecv_rooms_prepare(struct recv *r);
void xrecv_rooms_online(struct recv *r);
void xrecv_rooms_leave(struct recv *r);
void xrecv_rooms_report(struct recv *r);
void xrecv_rooms_free(struct recv *r);

/* Non-zero: the stanza is dealt with; else it may be a record. An invitation is
 * accepted here, if it is to be. */
int xrecv_room_stanza(struct recv *r, xmpp_stanza_t *stanza);

/* Joins a room that a message invites into, if --accept-invites has it so. */
void xrecv_invited(struct recv *r, xmpp_stanza_t *message);

/* Whether it is said to all in a room that we are in or were in. */
int xrecv_is_of_room(const struct recv *r, xmpp_stanza_t *stanza);

/* Before the run, and whenever a record was made: the clocks of the end. */
void xrecv_clocks(struct recv *r);
void xrecv_touch_idle(struct recv *r);

/* Says that we are gone, so that the server stores what comes from here on. */
void xrecv_withdraw(struct recv *r);

/* Comes to an end: the reader may take what it has not, then the stream is
 * closed. The second is for when there is nothing more to take. */
void xrecv_finish(struct recv *r);
void xrecv_close(struct recv *r);

/* A stanza that came when no more records were made. */
void xrecv_leave(struct recv *r, xmpp_stanza_t *stanza);

/* The events of the end: a signal, -W, the session's end. */
void xrecv_on_interrupted(void *user);
void xrecv_on_timeout(void *user);
void xrecv_on_ended(void *user, const struct cpl_err *e);

/* After the run: what came and was not read. */
void xrecv_report(struct recv *r);

#endif
