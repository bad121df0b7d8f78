/* SPDX-License-Identifier: MIT
 *
 * Stanzas given to a session to be delivered, and what became of each:
 * acknowledged by the own server, refused by somebody, or unknown. Bounces are
 * ordered against nothing, so at the end a ping follows the last stanza to each
 * domain: servers keep the order between two entities (RFC 6120 10.1), so when
 * the ping comes back every bounce has. It owns what it remembers of a bounded
 * number of stanzas, and no stanza. */
#ifndef CPL_DELIVERY_H
#define CPL_DELIVERY_H

#include <stdint.h>
#include <strophe.h>

#include "../base/loop.h"
#include "session.h"

/* Which input a stanza came from: record from 1, recipient from 0. */
struct cpl_origin {
	uint64_t record;
	uint32_t recipient;
};

/* A stanza that was given to the session. */
struct cpl_sent {
	uint64_t number; /* the session's */
	struct cpl_origin origin;
	const char *id;
	const char *to;   /* NULL: it has none */
	const char *type; /* its kind: "message", "presence", "iq" */
	size_t bytes;     /* on the wire */
	time_t first;     /* when it left for the first time */
	unsigned tries;   /* how often it left; 0: not yet */
	int refused;      /* somebody has sent it back */
	const char *xml;  /* of bytes bytes; NULL: the session has it no more */
};

struct cpl_delivery_events {
	/* Somebody refused a stanza of ours: from whom, its id, and
	 * "condition (text)". */
	void (*refused)(void *user, const struct cpl_origin *origin,
			const char *from, const char *id,
			const struct cpl_err *why);
	/* The server has a stanza. May be NULL. */
	void (*confirmed)(void *user, const struct cpl_sent *sent);
	/* After cpl_delivery_full() was true: it is not any more. */
	void (*room)(void *user);
	/* After cpl_delivery_finish(): all is acknowledged, and what could
	 * bounce has, or was waited for long enough. */
	void (*done)(void *user);
	void *user;
};

struct cpl_delivery_conf {
	struct cpl_loop *loop;
	struct cpl_session *session;
	long bounce_wait;    /* ms; 0: the acknowledgement is enough */
	uint32_t recipients; /* for each record, at least 1 */
};

struct cpl_delivery;

struct cpl_delivery *cpl_delivery_new(const struct cpl_delivery_conf *conf,
				      const struct cpl_delivery_events *on)
    __attribute__((warn_unused_result));

/* After the session was freed, or was told to forget it. */
void cpl_delivery_free(struct cpl_delivery *d);

/* Sends a stanza; one without an id is given one. 0, or -1 with e as
 * cpl_session_send() has it, and nothing was sent. */
int cpl_delivery_send(struct cpl_delivery *d, xmpp_stanza_t *stanza,
		      const struct cpl_origin *origin, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* The id that a stanza of that origin without one is given, or would be. */
void cpl_delivery_id(const struct cpl_delivery *d,
		     const struct cpl_origin *origin, char out[CPL_ID_SIZE]);

/* So much waits for the server that no more should be sent now. */
int cpl_delivery_full(struct cpl_delivery *d);

/* Nothing more will be sent: the pings go out, done() follows. Called again it
 * does nothing. */
void cpl_delivery_finish(struct cpl_delivery *d);

/* The session's events. given_up: why is said by refused(), from nobody; what
 * never left (CPL_DATA) does not count as sent. stanza: non-zero when it was a
 * bounce of ours. */
void cpl_delivery_acked(struct cpl_delivery *d, uint64_t upto);
void cpl_delivery_given_up(struct cpl_delivery *d, uint64_t number,
			   const struct cpl_err *why);
int cpl_delivery_stanza(struct cpl_delivery *d, xmpp_stanza_t *stanza);

/* Gives a stanza that will be sent an id, if it has none, and remembers it: -1
 * without memory. cpl_delivery_send() does so by itself. */
int cpl_delivery_identify(struct cpl_delivery *d, xmpp_stanza_t *stanza,
			  const struct cpl_origin *origin)
    __attribute__((warn_unused_result));

/* What others prove (said.h): one more was said, of so many bytes; it is
 * confirmed; so many are not waited for any more, whatever became of them. */
void cpl_delivery_said(struct cpl_delivery *d, size_t bytes);
void cpl_delivery_heard(struct cpl_delivery *d, const struct cpl_sent *sent);
void cpl_delivery_unheard(struct cpl_delivery *d, size_t count, size_t bytes);

/* How it stands: stanzas sent, acknowledged, refused (each counted once). */
uint64_t cpl_delivery_sent(const struct cpl_delivery *d);
uint64_t cpl_delivery_confirmed(const struct cpl_delivery *d);
uint64_t cpl_delivery_refused(const struct cpl_delivery *d);

/* Whether a stanza is not confirmed yet. */
int cpl_delivery_waits(const struct cpl_delivery *d);

/* Calls each() for all of them but what was said, in order; also after the
 * session's end. What it is given is valid during the call. */
void cpl_delivery_each_unconfirmed(const struct cpl_delivery *d,
				   void (*each)(void *user,
						const struct cpl_sent *sent),
				   void *user);

#endif
