/* SPDX-License-Identifier: MIT
 *
 * Records on their way from stdin, or from the command line, to a delivery:
 * text is checked and made a message, a stanza passes the rules of outgoing.h,
 * each goes to every recipient, and the input is held while the delivery is
 * full. A record that is wrong is named and costs only itself; what is wrong
 * with the session gives up the run. The feed owns its input and lives in its
 * tool; run, delivery and recipients are the tool's. */
#ifndef CPL_FEED_H
#define CPL_FEED_H

#include "../stanza/message.h"
#include "../stream/delivery.h"
#include "input.h"
#include "recipients.h"
#include "run.h"

struct cpl_feed_conf {
	enum cpl_input_mode mode;
	const char *text; /* the one record; NULL: stdin is read */
	struct cpl_message message;
	const struct cpl_recipients *to; /* none: where a stanza's to says */
	int sanitize;
	int reply, to_self; /* outgoing.h */
};

/* What becomes of a stanza: it goes to the delivery; the tool has dealt with
 * it; not now, with all behind it, until cpl_feed_room(); it is refused. */
enum cpl_feed_way {
	CPL_FEED_SEND,
	CPL_FEED_DONE,
	CPL_FEED_LATER,
	CPL_FEED_REFUSED
};

struct cpl_feed_events {
	/* There is something to send: the tool connects now, sets the
	 * delivery and calls cpl_feed_go() once it is online. */
	void (*wanted)(void *user);
	/* A stanza will be sent to its recipients, and may be added to: 0, or
	 * -1 without memory. May be NULL. */
	int (*prepare)(void *user, xmpp_stanza_t *stanza);
	/* A stanza was given to the session, with its id. May be NULL. */
	void (*sent)(void *user, xmpp_stanza_t *stanza,
		     const struct cpl_origin *origin);
	/* Besides the delivery something is full: cpl_feed_room() says when it
	 * is not. May be NULL. */
	int (*full)(void *user);
	/* Before a stanza is given to the delivery, with its recipient: what
	 * becomes of it; CPL_FEED_REFUSED with e, as if the delivery had. May
	 * be NULL. */
	enum cpl_feed_way (*divert)(void *user, xmpp_stanza_t *stanza,
				    const struct cpl_origin *origin,
				    struct cpl_err *e);
	/* All records were given to the delivery; or there is none to send. */
	void (*end)(void *user);
	void *user;
};

/* Room for the name of a record in messages: "stdin:12". */
#define CPL_FEED_NAME_SIZE 64

/* A stanza that has not gone to all its recipients yet. */
struct cpl_feed_job {
	xmpp_stanza_t *stanza;
	xmpp_stanza_t *text; /* of its body, where it was made from text */
	size_t record;
	size_t line;      /* of stdin; 0: the record's number says it */
	size_t recipient; /* the next one */
	size_t addressed; /* to says this one, counted from 1 */
	int typed;        /* type is known: what it is for who is no room */
	char *type;
	int own_id; /* the delivery gives it one for each */
	struct cpl_feed_job *next;
};

struct cpl_feed {
	struct cpl_run *run;
	struct cpl_feed_conf conf;
	struct cpl_feed_events on;
	struct cpl_delivery *delivery; /* the tool sets it; NULL: all is
					  diverted */
	struct cpl_input *input;
	struct cpl_feed_job *first;
	struct cpl_feed_job **end;  /* where the next one goes */
	struct cpl_feed_job *spare; /* one that has gone, for the next text */
	struct cpl_buf body;        /* text of the record at hand */
	uint64_t last;              /* record that was read */
	int went;                   /* cpl_feed_go() */
	int later;                  /* until cpl_feed_room() */
	int ended;                  /* the input; what is left is sent */
	int broken;                 /* it ended before its end */
};

/* Begins: stdin is read, or wanted() called from here where the record is there
 * already. Lines and stanzas are wanted at once, so that the login and the
 * first of them race; an empty input ends without. The run is open. */
void cpl_feed_start(struct cpl_feed *f, struct cpl_run *run,
		    const struct cpl_feed_conf *conf,
		    const struct cpl_feed_events *on);

/* Online: records may go. */
void cpl_feed_go(struct cpl_feed *f);

/* The delivery has room again, or what full() or divert() is about. Before
 * cpl_feed_go() nothing goes. */
void cpl_feed_room(struct cpl_feed *f);

/* How a record is called in messages. */
void cpl_feed_name(const struct cpl_feed *f, uint64_t record,
		   char out[CPL_FEED_NAME_SIZE]);

/* Calls each() for what was read and is not given to the delivery, in order, as
 * it would have been sent, though without an id where it has none: after the
 * run. */
void cpl_feed_each_left(const struct cpl_feed *f,
			void (*each)(void *user, xmpp_stanza_t *stanza,
				     const struct cpl_origin *origin),
			void *user);

/* The first record that was not read; 0: there is none. */
uint64_t cpl_feed_unread(const struct cpl_feed *f);

void cpl_feed_release(struct cpl_feed *f);

#endif
