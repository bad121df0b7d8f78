/* SPDX-License-Identifier: MIT
 *
 * The run of a tool that goes online, asks or listens, prints records and
 * goes: a cpl_run with stdout, the answers that every client owes, and the
 * usual ends. It lives in main(), zero-filled; the tool's own struct holds it
 * and is the user of its events. Stanzas count as handled when the tool has
 * seen them: for one that must not lose any there is more to do (xrecv). */
#ifndef CPL_CLIENT_H
#define CPL_CLIENT_H

#include <strophe.h>

#include "../base/buf.h"
#include "../stream/answer.h"
#include "../stream/caps.h"
#include "format.h"
#include "output.h"
#include "run.h"

struct cpl_client_events {
	/* As the session's: it may come again. */
	void (*online)(void *user);
	/* A stanza that answers no request of ours. Non-zero: it is dealt
	 * with; else, if it is a request, it is answered as every client has
	 * to. May be NULL. */
	int (*stanza)(void *user, xmpp_stanza_t *stanza);
	/* The server has all stanzas up to this number. May be NULL: then no
	 * acknowledgement is asked for. */
	void (*acked)(void *user, uint64_t upto);
	/* The end was decided from outside, once: by a signal, by -W, or by
	 * the session, whose status is in why (CPL_OK for the other two). What
	 * is said here comes before what the client says itself; the tool
	 * starts nothing more. May be NULL. */
	void (*ending)(void *user, const struct cpl_err *why);
	/* The connection is lost and another attempt follows, as the run's
	 * options have it. May be NULL. */
	void (*lost)(void *user, const struct cpl_err *why);
	void *user;
};

struct cpl_client {
	struct cpl_run run;
	struct cpl_format format;
	struct cpl_answer *answer;
	struct cpl_output *output;
	struct cpl_buf line; /* the record at hand */
	struct cpl_client_events on;
	int goal_met; /* the tool sets it: -W and the session's end are no
			 failures any more */
	int closing;  /* the end was decided */
	int ended;    /* the session, or there was none */
	int hurry;    /* nobody waits for the reader of stdout */
};

/* After cpl_cli_load(): cpl_run_open(), stdout. What fails ends the process. */
void cpl_client_open(struct cpl_client *c, const struct cpl_client_events *on);

/* Begins to connect. visible and caps are those of cpl_answer_new(). */
void cpl_client_connect(struct cpl_client *c, int visible,
			const struct cpl_caps *caps);

/* Prints a record: a stanza in the format that was chosen, fields of text, the
 * object that the tool has appended to c->line (unless that has failed, which
 * ends the run), or all that it has appended there, the record's end included.
 * While stdout takes nothing and much waits, the server is not read. */
void cpl_client_print(struct cpl_client *c, xmpp_stanza_t *stanza);
void cpl_client_fields(struct cpl_client *c, const char *const *fields,
		       size_t n);
void cpl_client_json(struct cpl_client *c, int failed);
void cpl_client_put(struct cpl_client *c);

/* A record that is texts by name (NULL: there is none): fields, or members of
 * an object. 0 and nothing is printed where the format is one of stanzas. */
int cpl_client_record(struct cpl_client *c, const char *const *names,
		      const char *const *values, size_t n);

/* The tool is done: the session is closed in order, stdout written, and the
 * loop ends. */
void cpl_client_close(struct cpl_client *c);

/* Frees all of it, the session first. */
void cpl_client_release(struct cpl_client *c);

#endif
