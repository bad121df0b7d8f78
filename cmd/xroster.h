/* SPDX-License-Identifier: MIT
 *
 * What the files of xroster share. A run fetches the list, and prints it; or
 * makes a plan from it (xroster_plan.c), and prints or applies that
 * (xroster_print.c, xroster_apply.c). */
#ifndef XROSTER_H
#define XROSTER_H

#include "../common/cli/client.h"
#include "../common/cli/contact_input.h"
#include "../common/cli/recipients.h"
#include "../common/stream/pool.h"
#include "../common/stream/roster.h"

struct xroster;

/* Options as bits, so that a verb can say which it has. */
enum {
	XROSTER_NAME = 1,      /* -n */
	XROSTER_GROUP = 2,     /* -g */
	XROSTER_STATE = 4,     /* --subscription */
	XROSTER_SUBSCRIBE = 8, /* --subscribe */
	XROSTER_ADD = 16,      /* --add */
	XROSTER_REMOVE = 32,   /* --remove */
	XROSTER_PRUNE = 64,    /* --prune */
	XROSTER_DRY_RUN = 128  /* --dry-run */
};

struct xroster_verb {
	const char *word; /* NULL: none, the list is printed */
	const char *operands;
	int least, most; /* how many operands */
	int jids;        /* so many of them are JIDs; -1: all */
	unsigned options;
	/* Fills the plan from the list. NULL: there is none. */
	void (*plan)(struct xroster *x);
};

/* Words of options that may be repeated; they lie in argv. */
struct xroster_words {
	const char **list;
	size_t count;
};

struct xroster_settings {
	unsigned given; /* bits of the options above */
	const char *name;
	struct xroster_words groups, add, remove;
	unsigned subscriptions; /* bits 1 << enum cpl_subscription; 0: all */
	const char *new_name;   /* of rename */
};

/* A change of one contact, as diff writes it. */
enum xroster_mark {
	XROSTER_NEW = '+',
	XROSTER_OTHER = '~', /* another name, or other groups */
	XROSTER_GONE = '-',
	XROSTER_ASK = '?' /* its presence is asked for */
};

enum xroster_state {
	XROSTER_WAITING,
	XROSTER_SENT,
	XROSTER_DONE,
	XROSTER_REFUSED,
	XROSTER_UNKNOWN /* and that was said */
};

struct xroster_change {
	enum xroster_mark mark;
	enum xroster_state state;
	struct cpl_contact contact; /* as it will be, or as it was */
	uint64_t number;            /* of the presence sent */
};

struct xroster {
	struct cpl_client client; /* first */
	const struct xroster_verb *verb;
	struct xroster_settings set;
	struct cpl_recipients jids;

	/* The file of set, diff and sync. */
	const char *path; /* NULL: none is read */
	struct cpl_contact_input file;

	struct cpl_roster *roster;
	int listed; /* it was fetched, or refused */
	struct cpl_pool *pool;
	struct cpl_timer begin; /* to apply the plan */
	struct xroster_change *plan;
	size_t plan_count, plan_room;
	size_t next;     /* of the plan, to be sent */
	int presences;   /* the sets are answered */
	size_t refused;  /* changes that cannot even be asked for */
	uint64_t to_ack; /* the last presence */
};

/* xroster_file.c: reads the file, and goes on when all of it is there. */
void xroster_file_start(struct xroster *x);

/* xroster_plan.c: the verbs. Complaints are the run's. */
void xroster_plan_add(struct xroster *x);
void xroster_plan_remove(struct xroster *x);
void xroster_plan_rename(struct xroster *x);
void xroster_plan_group(struct xroster *x);
void xroster_plan_set(struct xroster *x);
void xroster_plan_diff(struct xroster *x);
void xroster_plan_sync(struct xroster *x);

/* xroster_print.c */
void xroster_print_list(struct xroster *x);
void xroster_print_plan(struct xroster *x);

/* xroster_apply.c: sends the plan, and closes the session when all of it was
 * answered; what is to be done with a stanza and with the end meanwhile. */
void xroster_apply(struct xroster *x);
int xroster_apply_stanza(struct xroster *x, xmpp_stanza_t *stanza);
void xroster_apply_acked(struct xroster *x, uint64_t upto);
void xroster_apply_ending(struct xroster *x);

/* xroster.c: all input is there, or none is needed. */
void xroster_go(struct xroster *x);

/* The end: all that was to be done is done. */
void xroster_done(struct xroster *x);

#endif
