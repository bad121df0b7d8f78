/* SPDX-License-Identifier: MIT
 *
 * What the parts of xrecv share: xrecv.c is the command line, the records and
 * the session, xrecv_end.c how it all ends. */
#ifndef XRECV_H
#define XRECV_H

#include <stdint.h>
#include <strophe.h>

#include "../common/cli/being.h"
#include "../common/cli/format.h"
#include "../common/cli/output.h"
#include "../common/cli/run.h"
#include "../common/cli/taken.h"
#include "../common/stanza/filter.h"
#include "../common/stream/answer.h"
#include "../common/stream/caps.h"
#include "../common/stream/offline.h"

/* What the command line says. */
struct settings {
	long count; /* 0: no end */
	long idle;  /* ms; 0: none */
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
	struct cpl_output *output;
	struct cpl_taken taken; /* what waits for stdout */
	struct cpl_timer idle;
	struct cpl_timer grace; /* for the reader, then for the server */
	struct cpl_buf line;
	uint64_t number; /* of the stanza at hand */
	uint64_t last;   /* of the last one given to the output */
	long printed;    /* records */
	long unwanted;   /* stanzas that the filters dropped */
	long left;       /* messages that came after the last record */
	int online;      /* it was, at least */
	int outage;      /* it was said that there is no connection */
	int announced;   /* the server sends us what comes for the account */
	int fetching;    /* the offline message at hand is not taken yet */
	int ending;      /* no more records are made */
	int closing;     /* and the stream is closed */
	int flushing;    /* the session is over, there is something to write */
	int cut;         /* more may have come than we saw */
	int goal_met;
};

/* Whether -c is reached, in records that were made; whether a stanza passes the
 * filters. */
int xrecv_full(const struct recv *r);
int xrecv_wants(const struct recv *r, xmpp_stanza_t *stanza);

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
