/* SPDX-License-Identifier: MIT
 *
 * What the parts of xiq share: xiq.c is the command line and the run,
 * xiq_ask.c makes requests of records, xiq_answer.c records of answers. A job
 * is in one of the two lists. */
#ifndef XIQ_H
#define XIQ_H

#include "../common/cli/client.h"
#include "../common/cli/input.h"
#include "../common/cli/recipients.h"
#include "../common/stanza/rsm.h"
#include "../common/stream/pool.h"

/* A record on its way: first it waits for room, then for its answer. */
struct xiq_job {
	size_t record;
	size_t line;
	xmpp_stanza_t *iq; /* NULL once it is sent and not needed any more */
	char *id;          /* the record's own, or NULL */
	char *to;          /* NULL: the own account */
	int is_set;
	struct cpl_rsm pages;
	struct cpl_err why; /* no answer will come */
	struct xiq_job *next;
};

struct xiq_jobs {
	struct xiq_job *first;
	struct xiq_job *last;
};

/* What the command line says. */
struct xiq_settings {
	const char *type; /* of bare payloads */
	struct cpl_recipients to;
	long parallel;
	long each_timeout; /* ms; 0: none */
	long count;        /* 0: no end */
	long page;
	int unordered;
	int payload;
	int paginate;
};

struct xiq {
	struct cpl_client client;
	struct xiq_settings set;
	struct cpl_input *input;
	struct cpl_pool *pool; /* NULL until online */
	struct cpl_turn turn;
	struct cpl_timer go_on;  /* stdout takes answers again */
	struct xiq_jobs waiting; /* read and not asked */
	struct xiq_jobs under_way;
	long asked; /* requests, those for further pages too */
	long results;
	long errors;
	int input_ended;
	int full; /* the pool was, when it was looked at last: records wait */
	int held; /* the pool */
};

/* A record of stdin, and their end. */
void xiq_record(struct xiq *x, const struct cpl_record *record);
void xiq_input_end(struct xiq *x, const struct cpl_err *e);

/* Asks what there is room for: online, or when the pool has room. */
void xiq_work(struct xiq *x);

/* -c was reached. */
int xiq_all_asked(const struct xiq *x);

/* Ends the run if all that was to be asked is answered. */
void xiq_end_when_done(struct xiq *x);

/* Says what became of a request: "record 3: capulet.lit: WHY". */
void xiq_complain(struct xiq *x, const struct xiq_job *job, struct cpl_err *e);

/* The pool's event. */
void xiq_answered(struct xiq *x, struct xiq_job *job, xmpp_stanza_t *answer,
		  const struct cpl_err *why);

/* After the run: what has no answer, and what was not sent. */
void xiq_report(struct xiq *x);

void xiq_take_out(struct xiq_jobs *jobs, struct xiq_job *job);
void xiq_free_job(struct xiq_job *job);
void xiq_release(struct xiq *x);

#endif
