/* SPDX-License-Identifier: MIT
 *
 * What the files of xpresence share: one run, whose verb says what is done with
 * it. The verbs are xpresence_watch.c (watch, with xpresence_wait.c),
 * xpresence_set.c (set, with xpresence_line.c) and xpresence_ask.c (all
 * others). */
#ifndef XPRESENCE_H
#define XPRESENCE_H

#include "../common/cli/client.h"
#include "../common/cli/input.h"
#include "../common/cli/recipients.h"
#include "../common/stanza/filter.h"
#include "../common/stream/census.h"
#include "../common/stream/fence.h"
#include "../common/stream/pending.h"
#include "../common/stream/roster.h"
#include "../common/stream/sight.h"
#include "../common/stream/subscribe.h"

/* Options that not every verb has. */
enum xpresence_option {
	X_COUNT = 1,
	X_IDLE = 2,
	X_SNAPSHOT = 4,
	X_WAIT_FOR = 8,
	X_FROM = 16,
	X_AUTO_APPROVE = 32,
	X_SETTLE = 64,
	X_FORMAT = 128,
	X_PRIORITY = 256,
	X_TO = 512,
	X_HOLD = 1024,
	X_RATE = 2048,
	X_NO_RECONNECT = 4096
};

/* What the command line says. */
struct xpresence_settings {
	unsigned given;    /* of the options above */
	long count;        /* 0: no end */
	long idle;         /* ms; 0: none */
	unsigned wait_for; /* enum cpl_sight_state; 0: not */
	long settle;       /* ms */
	long priority;
	long rate; /* changes a second */
	const char *show, *status;
	const char *to[64]; /* --to, JIDs or aliases */
	size_t to_count;
};

/* What is known of an operand besides what is in sight. */
enum xpresence_verdict {
	X_ASKED = 0,
	X_NO_SUBSCRIPTION, /* we may not know */
	X_UNKNOWN          /* nobody can tell */
};

struct xpresence_watch {
	struct cpl_sight *sight;
	struct cpl_census *census;
	enum xpresence_verdict *verdicts; /* of the operands */
	char *told; /* of which it was said that they are gone */
	struct cpl_timer idle;
	long printed;
	int announced, listed; /* presence, and the contact list */
	int settled;           /* the census is over */
	int again;             /* a session was lost */
	size_t unknown;        /* so many beside operands are not known */
};

struct xpresence_set {
	struct cpl_input *input;
	struct cpl_fence *fence; /* bounces of directed presence */
	xmpp_stanza_t *state;    /* what is announced next; NULL: nothing */
	xmpp_stanza_t *current;  /* what was last; NULL: nothing */
	struct cpl_timer next;   /* when it may be */
	struct cpl_timer settle;
	uint64_t sent, acked; /* the last stanza */
	size_t line;
	char *bounced; /* who of --to did, and how many */
	size_t bounces;
	int there;  /* presence is announced */
	int ended;  /* stdin */
	int ending; /* all was said, what is left is the proof */
};

struct xpresence;

struct xpresence_verb {
	const char *name;
	unsigned options;
	int operands, most; /* at least, at most */
	int text;           /* they are not JIDs */
	/* Of what was given, before anything is loaded. May be NULL, as all
	 * below but online and stanza. */
	void (*check)(struct xpresence *x, int argc, char **argv);
	/* Before the connection is made. */
	void (*open)(struct xpresence *x);
	void (*online)(struct xpresence *x); /* it may come again */
	/* As in client.h. */
	int (*stanza)(struct xpresence *x, xmpp_stanza_t *stanza);
	void (*acked)(struct xpresence *x, uint64_t upto);
	void (*lost)(struct xpresence *x);
	void (*ending)(struct xpresence *x, const struct cpl_err *why);
	/* Before the session is freed. */
	void (*release)(struct xpresence *x);
};

/* One run: the common part first, then what the verbs need. */
struct xpresence {
	struct cpl_client client;
	const struct xpresence_verb *verb;
	struct xpresence_settings set;
	struct cpl_recipients who; /* operands */
	struct cpl_recipients to;  /* --to */
	struct cpl_filter from;
	struct cpl_filter approve; /* --auto-approve */
	struct cpl_caps caps;
	struct cpl_roster *roster;
	struct cpl_pending *pending;
	struct cpl_subscribe *subscribe;
	struct cpl_fence *fence;
	struct cpl_timer settle;
	struct xpresence_watch watch;
	struct xpresence_set setting;
	long drawn; /* messages that came to us, of all places */
	int online; /* it was, at least */
};

extern const struct xpresence_verb xpresence_watch;
extern const struct xpresence_verb xpresence_set;
extern const struct xpresence_verb xpresence_pending;
extern const struct xpresence_verb xpresence_subscribe;
extern const struct xpresence_verb xpresence_unsubscribe;
extern const struct xpresence_verb xpresence_approve;
extern const struct xpresence_verb xpresence_deny;
extern const struct xpresence_verb xpresence_cancel;

/* Asks for the contact list, anew after a new login. 0, or -1 and the run was
 * given up. */
int xpresence_ask_roster(struct xpresence *x,
			 const struct cpl_roster_events *on);

/* Announces priority -1 so that waiting requests come (pending.h): announced()
 * follows. 0, or -1 as above. */
int xpresence_ask_pending(struct xpresence *x,
			  void (*announced)(void *user,
					    const struct cpl_err *why));

/* --- set: xpresence_line.c makes presences, xpresence_set.c announces them */

enum { XPRESENCE_SHOWS = 6 };
extern const char *const xpresence_shows[XPRESENCE_SHOWS];

int xpresence_is_unavailable(xmpp_stanza_t *presence);

/* The presence of one of the words above, without what is added later. New, the
 * caller's; NULL without memory. */
xmpp_stanza_t *xpresence_state(struct xpresence *x, const char *show,
			       const char *status);

/* Takes a line of stdin, the text of cpl_input_events. */
void xpresence_line(void *user, const char *p, size_t n, size_t number);

/* Refuses a line that is too long, the over of the same. */
void xpresence_over(void *user, size_t number, struct cpl_err *e);

/* Takes the state over (NULL: there was no memory): it is the one that counts,
 * now or when --rate lets it. */
void xpresence_change(struct xpresence *x, xmpp_stanza_t *p);

/* --- watch: xpresence_watch.c, and xpresence_wait.c for --wait-for -------- */

/* Whether an address is the operand; a bare operand is all its resources. */
int xpresence_covers(const struct cpl_jid *operand, const struct cpl_jid *jid);

/* What is known of an operand (sight.h); that its account is gone holds for
 * each of its resources. */
unsigned xpresence_state_of(const struct xpresence *x, size_t operand);

/* Prints a record, the last one of -c too. */
void xpresence_print(struct xpresence *x, xmpp_stanza_t *presence);

/* A presence of somebody who is watched came; all have told what they had to:
 * what meets the state that is waited for is printed, and the run ends when it
 * is met. */
void xpresence_wait_on(struct xpresence *x, const struct cpl_jid *from,
		       xmpp_stanza_t *presence, int news);
void xpresence_wait_settled(struct xpresence *x);

/* --- all ----------------------------------------------------------------- */

/* The run has come to its end. */
void xpresence_finish(struct xpresence *x);

/* With this error the run is given up. */
void xpresence_give_up(struct xpresence *x, const struct cpl_err *e);

#endif
