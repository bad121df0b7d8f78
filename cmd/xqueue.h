/* SPDX-License-Identifier: MIT
 *
 * What the files of xqueue share: xqueue.c is the command line, xqueue_list.c
 * the verbs that need no server, xqueue_run.c the one that sends. */
#ifndef XQUEUE_H
#define XQUEUE_H

#include "../common/cli/backlog.h"
#include "../common/cli/format.h"
#include "../common/cli/run.h"
#include "../common/stream/answer.h"

/* Options as bits, so that a verb can say which it has. */
enum {
	XQUEUE_WATCH = 1,  /* --watch */
	XQUEUE_BOUNCE = 2, /* --bounce-wait */
	XQUEUE_FORMAT = 4  /* -o and the like */
};

struct xqueue;

struct xqueue_verb {
	const char *word;
	int ids; /* it takes some */
	unsigned options;
	void (*act)(struct xqueue *x, int argc, char **argv);
};

struct xqueue {
	struct cpl_run run; /* first; open for run alone */
	const struct xqueue_verb *verb;
	unsigned given;
	struct cpl_format format;
	long bounce_wait;
	char *account; /* bare JID */
	struct cpl_queue *queue;

	/* Of run. */
	struct cpl_answer *answer;
	struct cpl_backlog *backlog;
	struct cpl_backlog_count sum; /* of the backlogs before */
	struct cpl_watch inotify;
	struct cpl_timer again;
	int failures; /* in a row */
	int down;     /* the last of them was the server's */
	int busy;     /* another process sends */
	int over;     /* nothing is begun any more */
};

/* The verbs. What goes wrong is in the outcome of the run. */
void xqueue_list(struct xqueue *x, int argc, char **argv);
void xqueue_drop(struct xqueue *x, int argc, char **argv);
void xqueue_retry(struct xqueue *x, int argc, char **argv);
void xqueue_run(struct xqueue *x, int argc, char **argv);

/* Opens the queue; what fails ends the process. */
void xqueue_open(struct xqueue *x, int make);

#endif
