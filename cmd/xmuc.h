/* SPDX-License-Identifier: MIT
 *
 * What the files of xmuc share. A run is a list of tasks, one for each operand
 * as the verb has them, several at once (xmuc_task.c); a task asks, joins its
 * room where it has to (xmuc_join.c), prints (xmuc_print.c), and ends. The
 * verbs are xmuc_look.c (list, info), xmuc_who.c, xmuc_config.c (config,
 * destroy, register), xmuc_create.c, xmuc_people.c (affiliation, role),
 * xmuc_subject.c, xmuc_invite.c and xmuc_bookmark.c. */
#ifndef XMUC_H
#define XMUC_H

#include "../common/cli/client.h"
#include "../common/cli/input.h"
#include "../common/cli/recipients.h"
#include "../common/cli/room_option.h"
#include "../common/stanza/form.h"
#include "../common/stanza/rsm.h"
#include "../common/stream/bookmarks.h"
#include "../common/stream/delivery.h"
#include "../common/stream/pool.h"
#include "../common/stream/room.h"

/* Options as bits, so that a verb can say which it has. */
enum {
	XMUC_SET = 1,
	XMUC_INSTANT = 2,
	XMUC_REASON = 4,
	XMUC_ALTERNATE = 8,
	XMUC_MEDIATED = 16,
	XMUC_JOIN = 32,
	XMUC_NICK = 64,
	XMUC_PASSWORD = 128,
	XMUC_NAME = 256,
	XMUC_AUTOJOIN = 512
};

/* Texts: of the command line, or of stdin. */
struct xmuc_words {
	char **list;
	size_t count, room;
};

struct xmuc_settings {
	unsigned given; /* bits of the options above */
	long each_timeout;
	const char *reason, *alternate, *name;
	int autojoin; /* -1: not said */
	struct cpl_room_options room;
	struct xmuc_words changes; /* KEY=VALUE */
	const char *role, *text;   /* operands */
	const char *affiliation;   /* NULL: all of them */
};

struct xmuc;
struct xmuc_task;

struct xmuc_verb {
	const char *word;
	const char *operands; /* for messages */
	int least, most;      /* how many operands */
	int services;         /* they are no rooms */
	int joins;            /* rooms are entered, or may be */
	int gate;  /* that the room is there is asked once, before all tasks */
	int whole; /* what is wrong with a line of stdin stops all */
	unsigned options;
	/* Of what is behind the rooms; may be NULL: then all operands are
	 * rooms, else the first one is. n are behind it. */
	void (*operand)(struct xmuc *x, int n, char **argv);
	/* A line of stdin, its first field, in place of an operand; NULL: the
	 * verb reads none. -1 with e: CPL_DATA. */
	int (*line)(struct xmuc *x, char *text, struct cpl_err *e);
	/* How many tasks there are; NULL: one for each room. */
	size_t (*count)(const struct xmuc *x);
	void (*start)(struct xmuc_task *t);
	/* What the conditions of an error mean here. */
	const struct xmuc_meaning *meanings;
};

/* Ends with a condition NULL. */
struct xmuc_meaning {
	const char *condition;
	const char *means;
	enum cpl_status status;
};

enum xmuc_state { XMUC_WAITING, XMUC_OPEN, XMUC_ENDED };

struct xmuc_task {
	struct xmuc *x;
	size_t index;
	const char *place; /* the room or service */
	const char *about; /* whom besides, or NULL */
	enum xmuc_state state;
	int setting; /* what it asks for changes something */
	void (*answered)(struct xmuc_task *t, xmpp_stanza_t *answer);
	/* Else what an error does, which is the end; NULL: that. */
	void (*refused)(struct xmuc_task *t, xmpp_stanza_t *answer,
			const struct cpl_err *why);
	xmpp_stanza_t *iq; /* that goes on page by page */
	struct cpl_rsm rsm;
	size_t items; /* of all pages */
	struct cpl_form form;
	struct cpl_err why; /* it has failed, and this is cleared up first */
	struct cpl_room *room;
	void (*joined)(struct xmuc_task *t);
	void (*then)(struct xmuc_task *t); /* of xmuc_there() */
	/* A stanza of the room, or of its occupants, that is not about our
	 * being in. May be NULL. */
	void (*stanza)(struct xmuc_task *t, xmpp_stanza_t *stanza);
	/* Something has come in the room, or is to, that comes no second time:
	 * with the connection the task is lost. */
	int once;
	char id[CPL_ID_SIZE]; /* of what we said there */
};

/* Who gets an affiliation. */
struct xmuc_person {
	struct cpl_jid jid;
	const char *affiliation;
};

struct xmuc {
	struct cpl_client client; /* first */
	const struct xmuc_verb *verb;
	struct xmuc_settings set;
	struct cpl_recipients rooms;
	struct cpl_room_entries entries; /* where they are entered */
	struct cpl_recipients people;    /* of invite */
	struct xmuc_person *persons;     /* of affiliation */
	size_t person_count, person_room;
	struct cpl_jid alternate; /* of destroy */
	char *nick;               /* of register, prepared */

	int from_stdin;
	struct cpl_input *input;
	size_t malformed; /* lines of it */

	struct cpl_pool *pool;
	struct xmuc_task gate;
	int gated; /* it is there, or that is not asked */
	struct xmuc_task *tasks;
	size_t task_count;
	size_t next; /* that is started next */
	size_t open;
	int pumping;
	struct cpl_rooms joined;
	struct cpl_delivery *delivery; /* of invite */
	size_t invited;                /* so many of the people */
	struct cpl_bookmarks *bookmarks;
};

extern const struct xmuc_verb xmuc_list;
extern const struct xmuc_verb xmuc_info;
extern const struct xmuc_verb xmuc_who;
extern const struct xmuc_verb xmuc_create;
extern const struct xmuc_verb xmuc_config;
extern const struct xmuc_verb xmuc_destroy;
extern const struct xmuc_verb xmuc_invite;
extern const struct xmuc_verb xmuc_affiliation;
extern const struct xmuc_verb xmuc_role;
extern const struct xmuc_verb xmuc_subject;
extern const struct xmuc_verb xmuc_register;
extern const struct xmuc_verb xmuc_bookmark_list;
extern const struct xmuc_verb xmuc_bookmark_add;
extern const struct xmuc_verb xmuc_bookmark_remove;

/* --- operands: xmuc.c, xmuc_stdin.c -------------------------------------- */

/* Keeps a copy of a text. -1 without memory. */
int xmuc_words_add(struct xmuc_words *words, const char *text)
    __attribute__((warn_unused_result));

/* Wipes them, as stdin may have said a password, and frees all. */
void xmuc_words_release(struct xmuc_words *words);

/* Keeps a KEY=VALUE of the command line; where is the option or verb. One that
 * is none ends the process, and so does what is no text. */
void xmuc_add_change(struct xmuc *x, const char *where, const char *text);

/* Adds a room, or service, by its JID or alias. -1 with CPL_USAGE for what is
 * none. */
int xmuc_add_place(struct xmuc *x, const char *text, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* The same as a line of stdin. */
int xmuc_room_line(struct xmuc *x, char *text, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Reads stdin to its end and goes on with xmuc_go(). */
void xmuc_stdin_start(struct xmuc *x);

/* All operands are there: connects, unless there are none. */
void xmuc_go(struct xmuc *x);

/* --- tasks: xmuc_task.c -------------------------------------------------- */

/* Begins, when the session is online; again after a new login. */
void xmuc_online(struct xmuc *x);

/* Asks: the iq is taken over (NULL: there was no memory), answered() follows
 * with the result, refused(), or the end of the task. */
void xmuc_ask(struct xmuc_task *t, xmpp_stanza_t *iq,
	      void (*answered)(struct xmuc_task *t, xmpp_stanza_t *answer));

/* A stanza could not be sent. Non-zero: it was too large, and costs only
 * itself; else the run was given up. */
int xmuc_unsent(struct xmuc *x, const struct cpl_err *why);

/* Asks what the place says of itself. */
void xmuc_ask_info(struct xmuc_task *t,
		   void (*answered)(struct xmuc_task *t,
				    xmpp_stanza_t *answer));

/* Asks what there is in it, in pages: answered() comes for each, and
 * xmuc_page() goes on; 0: that was the last one, or -1 and the task has failed.
 */
void xmuc_ask_items(struct xmuc_task *t,
		    void (*answered)(struct xmuc_task *t,
				     xmpp_stanza_t *answer));
int xmuc_page(struct xmuc_task *t, xmpp_stanza_t *answer);

/* Asks whether the room is there, and does then(): some services answer, and
 * take, what is for a room that is not. */
void xmuc_there(struct xmuc_task *t, void (*then)(struct xmuc_task *t));

/* How a task ends: it was done, or why it was not; a room that it has joined is
 * left. One that has ended already is left as it is. */
void xmuc_done(struct xmuc_task *t);
void xmuc_fail(struct xmuc_task *t, const struct cpl_err *why);

/* xmuc_done() as what answered() is: the result itself says all. */
void xmuc_take_done(struct xmuc_task *t, xmpp_stanza_t *answer);

/* The same where only a part has failed: it is said, and the task goes on. */
void xmuc_complain(struct xmuc_task *t, const struct cpl_err *why);

/* What an error of theirs, "forbidden (text)", means for the verb: "not an
 * owner: forbidden (text)", and the status that it has then. The same of a
 * stanza of type error. They return -1. */
int xmuc_explain(const struct xmuc *x, struct cpl_err *e);
int xmuc_meaning(const struct xmuc *x, xmpp_stanza_t *stanza,
		 struct cpl_err *e);

/* The end was decided from outside: what is not known to be done is named. */
void xmuc_ending(struct xmuc *x);

/* An iq to the place with an empty <query/> of that namespace, which is *query,
 * too, unless that is NULL. NULL without memory. */
xmpp_stanza_t *xmuc_query(const struct xmuc_task *t, const char *type,
			  const char *ns, xmpp_stanza_t **query)
    __attribute__((warn_unused_result));

/* --- rooms: xmuc_join.c -------------------------------------------------- */

/* How a room is entered. */
enum xmuc_way {
	XMUC_THERE,  /* it exists */
	XMUC_RESERVE /* it is new, and locked until it is configured */
};

/* The password that the options give for the task's room, and not what is
 * configured for ourselves; or NULL. */
const char *xmuc_given_password(const struct xmuc_task *t);

/* Enters the room; joined() follows, or the end of the task. */
void xmuc_join(struct xmuc_task *t, enum xmuc_way way,
	       void (*joined)(struct xmuc_task *t));

/* A stanza that came. Non-zero: it was a room's. */
int xmuc_join_stanza(struct xmuc *x, xmpp_stanza_t *stanza);

/* --- printing: xmuc_print.c ---------------------------------------------- */

/* Whether the format prints stanzas: then it was printed. */
int xmuc_print_stanza(struct xmuc *x, xmpp_stanza_t *stanza);

/* The query or whatever of that name is in an answer; NULL: the task has failed
 * as the answer is useless. */
xmpp_stanza_t *xmuc_payload(struct xmuc_task *t, xmpp_stanza_t *answer,
			    const char *name, const char *ns);

/* Submits a form, which is taken over (NULL: there was no memory). */
void xmuc_submit(struct xmuc_task *t, const char *ns, xmpp_stanza_t *form,
		 void (*answered)(struct xmuc_task *t, xmpp_stanza_t *answer));

/* Changes the task's form by all KEY=VALUE. -1 with e: nothing is to be
 * submitted. */
int xmuc_change(struct xmuc_task *t, struct cpl_err *e)
    __attribute__((warn_unused_result));

#endif
