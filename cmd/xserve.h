/* SPDX-License-Identifier: MIT
 *
 * What the parts of xserve share: xserve.c is the command line and the run,
 * xserve_job.c has the requests and their commands, xserve_answer.c makes
 * answers of what a command has left. */
#ifndef XSERVE_H
#define XSERVE_H

#include "../common/cli/being.h"
#include "../common/cli/format.h"
#include "../common/cli/handler.h"
#include "../common/cli/run.h"
#include "../common/stanza/filter.h"
#include "../common/stream/answer.h"
#include "../common/stream/caps.h"

struct serve;

/* A request from its arrival to the end of its command. */
struct serve_job {
	struct serve *serve;
	uint64_t number; /* of its stanza */
	xmpp_stanza_t
	    *iq; /* its attributes alone: who asked, and with what id */
	struct cpl_buf record;   /* for the command's stdin */
	struct cpl_child *child; /* NULL: it waits for its turn */
	int answered;            /* though the command may still run */
	struct serve_job *next;
};

/* What the command line says. */
struct serve_settings {
	const char *ns;
	char **command;
	long jobs;
	long count;        /* 0: no end */
	long idle;         /* ms; 0: none */
	long each_timeout; /* ms; 0: none */
	struct cpl_being being;
};

enum serve_phase { SERVE_ON, SERVE_DRAINING, SERVE_CLOSING };

struct serve {
	struct cpl_run run;
	struct serve_settings set;
	struct cpl_format format;
	struct cpl_caps caps;
	struct cpl_filter allowed; /* besides the own account */
	struct cpl_answer *answer;
	struct serve_job *jobs; /* in the order of arrival */
	size_t running;
	size_t waiting;
	size_t waiting_bytes;
	char *address;      /* the full JID that requests were sent to */
	uint64_t seen;      /* number of the last stanza */
	uint64_t last_sent; /* of our answers */
	uint64_t acked;
	long taken;      /* requests, refused ones not counted */
	long answered;   /* of them */
	long unanswered; /* when the session ended */
	long dropped;    /* messages, which nobody here reads */
	struct cpl_timer idle;
	struct cpl_timer grace; /* for the commands, then for the server */
	enum serve_phase phase;
	int online; /* it was, at least */
	int ended;  /* the session, or there was none */
};

/* Takes an iq if it is a request of the namespace from somebody who may ask.
 * Non-zero: it is answered, or will be. */
int xserve_take(struct serve *s, xmpp_stanza_t *iq, uint64_t number);

/* Whether the sender is the own account or was allowed. */
int xserve_may_ask(const struct serve *s, xmpp_stanza_t *iq);

/* Tells the session which stanzas are handled: those that, with all before
 * them, have their answer. */
void xserve_settle(struct serve *s);

/* Starts commands for requests that wait, as far as there is room. */
void xserve_start(struct serve *s);

/* Requests without an answer. */
size_t xserve_open(const struct serve *s);

/* Answers what waits: nobody is there for it any more. */
void xserve_turn_away(struct serve *s);

/* The same for what runs, whose commands are ended. */
void xserve_stop(struct serve *s);

/* After a new login in place of a session that was lost: what waits is not run,
 * as its server has said, or nobody will, that it was not delivered; who asked
 * is told so where our address is the same, as is the answer of a command that
 * runs. From another address nobody would take it (RFC 6120 8.1.2.1). */
void xserve_renew(struct serve *s, int same);

/* The session is over: commands are ended, and nobody is answered. */
void xserve_abandon(struct serve *s);

void xserve_free_jobs(struct serve *s);

/* The tool's own: a request was answered, a command has ended. */
void xserve_progress(struct serve *s);

/* The answer that the result of a command stands for: a result with what it
 * printed as payload, which has ns where it names no namespace, or the error of
 * exit status 1. NULL with why it is neither. */
xmpp_stanza_t *xserve_answer(xmpp_stanza_t *iq, const char *ns,
			     const struct cpl_child_result *r,
			     struct cpl_err *why)
    __attribute__((warn_unused_result));

#endif
