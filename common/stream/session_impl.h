/* SPDX-License-Identifier: MIT
 *
 * What the parts of a session share: session.c sends and receives,
 * session_connect.c is how connections begin, end and follow each other,
 * session_state.c tells how it stands. */
#ifndef CPL_SESSION_IMPL_H
#define CPL_SESSION_IMPL_H

#include "alive.h"
#include "connect.h"
#include "link.h"
#include "request.h"
#include "retry.h"
#include "session.h"
#include "sm.h"

enum state {
	CONNECTING,
	EARLY,   /* the same, but stanzas leave already */
	WAITING, /* for the next attempt */
	ONLINE,
	CLOSING,
	ENDED
};

/* A stanza that is given up: nobody knows, or never sent as it has more bytes
 * than the server takes. */
struct cpl_dropped {
	uint64_t number;
	size_t bytes; /* 0: nobody knows */
};

struct cpl_session {
	struct cpl_loop *loop;
	const struct cpl_log *log;
	xmpp_ctx_t *ctx;
	struct cpl_session_events on;
	struct cpl_connect_conf conf;
	struct cpl_connect *connect;
	struct cpl_link *link; /* NULL while there is none */
	int lent;              /* it is the connect's yet */
	struct cpl_jid jid;    /* as bound; empty until online */
	struct cpl_requests requests;
	struct cpl_ids ids;
	struct cpl_sm sm;
	struct cpl_retry retry;
	struct cpl_alive alive;
	struct cpl_timer again;   /* the next attempt */
	struct cpl_timer closing; /* when it has waited long enough */
	struct cpl_timer reask;   /* the acknowledgement fell short */
	struct cpl_timer proof;   /* the resumed stream shall have worked */
	struct cpl_turn turn;
	size_t max_bytes; /* of a stanza, as the server says; 0: no limit */
	xmpp_stanza_t *features; /* of the stream, once online */
	char *there;             /* HOST[:PORT] for the next attempt, or NULL */
	int redirects;           /* followed in a row */
	struct cpl_buf dropped;  /* struct cpl_dropped, given up */
	enum state state;
	int was_online;
	int can_early;    /* cpl_session_early() */
	int enabled;      /* <enable/> has left on this connection */
	int told;         /* online() was called, before it was */
	size_t sure;      /* EARLY: bytes of a stanza that may leave */
	const char *word; /* EARLY: the last one, once it is online */
	int64_t since;    /* cpl_session_since() */
	int without_sm;   /* though the server may have XEP-0198 */
	unsigned without; /* cpl_window_renew() */
	int at_location;  /* there is where the stream is to be resumed */
	int durable;      /* another process may go on with it */
	int held;
	int close_wait; /* for the server's own end */
};

/* session_connect.c: the one way to the end, in order or with a reason; the
 * connection failed, or what it brought was of no use, redirect is where the
 * server wants us (or NULL); the next attempt, which the timer again begins. */
void cpl_session_end(struct cpl_session *s, const struct cpl_err *e);
void cpl_session_end_ok(void *user);
void cpl_session_fail(struct cpl_session *s, const struct cpl_err *e,
		      const char *redirect);
/* The server took nothing of what was sent to it on this connection: all of it
 * is sent on another, which takes nothing for known. */
void cpl_session_anew(struct cpl_session *s);
/* <enable/> left with the login and is not answered yet: the answer may be the
 * end of this stream and ask for cpl_session_anew(). */
int cpl_session_enabling(const struct cpl_session *s);
/* Wipes the password, unless another login of this session or of the run may
 * follow. */
void cpl_session_forget_password(struct cpl_session *s);
/* What the server offers from here on. */
void cpl_session_features(struct cpl_session *s, xmpp_stanza_t *features);
int cpl_session_try(struct cpl_session *s, struct cpl_err *e);
void cpl_session_again(void *user);
/* A resumed stream has not shown that it works. */
void cpl_session_unproved(void *user);

/* session.c: writes what is no stanza, -1 and it is the end; writes stanzas
 * that have not left, as cpl_sm_flush(); asks for proof of what has none; says
 * the last word; so many more are acknowledged; where the link's events go. */
int cpl_session_put(struct cpl_session *s, const char *text);
int cpl_session_flush(struct cpl_session *s, size_t most, struct cpl_err *e);
void cpl_session_ask(struct cpl_session *s);
void cpl_session_end_with(struct cpl_session *s, const char *word, int wait);
void cpl_session_told_acked(struct cpl_session *s, uint64_t more);
void cpl_session_link_events(struct cpl_session *s,
			     struct cpl_link_events *events);

#endif
