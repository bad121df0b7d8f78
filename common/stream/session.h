/* SPDX-License-Identifier: MIT
 *
 * A session is one login and what follows it: stanzas out with proof of their
 * arrival, stanzas in with proof of their handling, requests and answers, an
 * orderly end. It owns the connect, the link, and what is not acknowledged.
 *
 * With cpl_session_retry() it outlives its connections: it tries again by the
 * rule of retry.h, resumes the stream (XEP-0198 5), and where that is refused
 * logs in anew and sends again what the server has not acknowledged, each kind
 * in its way (window.h). Numbers count on across all of that. Meanwhile stanzas
 * may be sent as ever.
 *
 * Events come from within the loop. The owner may call everything from them
 * but cpl_session_free(). Nothing is announced: presence is the tool's. */
#ifndef CPL_SESSION_H
#define CPL_SESSION_H

#include <stdint.h>
#include <strophe.h>

#include "../base/log.h"
#include "../base/loop.h"
#include "../stanza/jid.h"
#include "connect.h"
#include "ids.h"
#include "window.h"

struct cpl_session;

/* What resumes a session (XEP-0198 5). */
struct cpl_session_stream {
	const char *id;
	const char *location; /* HOST[:PORT], or NULL */
	const char *jid;      /* full, as bound */
	uint32_t h;           /* what was handled of it */
	long max;             /* seconds without a connection; 0: not said */
};

/* A session that is to outlive its process: only cpl_session_close() ends it
 * for the server. */
struct cpl_session_keep {
	/* A UUID that is its own (XEP-0388 2.4), valid as long as the session.
	 */
	const char *agent;
	/* What another process left, which is resumed in place of a login; the
	 * numbers of what is received then count on from its h. id NULL: there
	 * is none. Valid in cpl_session_new(). */
	struct cpl_session_stream left;
};

struct cpl_session_events {
	/* Logged in: stanzas may be sent from here on. It comes again after a
	 * new login that took the place of a lost session, though not after a
	 * resumption: presence has to be announced again. */
	void (*online)(void *user);
	/* A stanza and its number: cpl_session_handled() is told when it and
	 * all before it are dealt with. NULL for an answer to a request of
	 * ours, of which only the number matters here. */
	void (*stanza)(void *user, xmpp_stanza_t *stanza, uint64_t number);
	/* The server has all stanzas up to this number. May be NULL: then no
	 * acknowledgement is ever asked for. */
	void (*acked)(void *user, uint64_t upto);
	/* The session is over, once, also when it never came online. The
	 * status is CPL_OK after cpl_session_close(), CPL_REFUSED when the
	 * server ended the stream without an error. */
	void (*ended)(void *user, const struct cpl_err *e);
	/* The connection is lost and another attempt follows. May be NULL. */
	void (*lost)(void *user, const struct cpl_err *e);
	/* In place of the first online(): the session that another process left
	 * was taken up (cpl_session_keep). May be NULL. */
	void (*resumed)(void *user);
	/* What it takes to resume the stream that has begun, valid here; NULL:
	 * the server does not resume it. It follows online(), each time. May
	 * be NULL. */
	void (*enabled)(void *user, const struct cpl_session_stream *stream);
	/* What h is of that stream from here on, before the server is told.
	 * Non-zero: it is to stay as it was. May be NULL. */
	int (*counted)(void *user, uint32_t h);
	/* A stanza is not sent, or not again: an iq set or an answer of a
	 * session that was lost for good, whose outcome is unknown (CPL_TEMP);
	 * what has waited for the login and is larger than the server takes
	 * (CPL_DATA). May be NULL. */
	void (*given_up)(void *user, uint64_t number,
			 const struct cpl_err *why);
	void *user;
};

/* A session that begins to connect as soon as the loop runs. what conf
 * points to, loop, log and ctx outlive it; keep is NULL for one that ends with
 * its process. NULL with e: CPL_CONFIG for a bad setting, CPL_DATA for a JID of
 * keep's that is none, CPL_SYSTEM. */
struct cpl_session *
cpl_session_new(struct cpl_loop *loop, const struct cpl_log *log,
		xmpp_ctx_t *ctx, const struct cpl_connect_conf *conf,
		const struct cpl_session_keep *keep,
		const struct cpl_session_events *on, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Before it is online: a connection that is lost, or does not come about, is
 * tried again for so many ms (0: never, -1: for ever). Later: 0, not any more.
 */
void cpl_session_retry(struct cpl_session *s, long limit);

/* The same: an iq set too is sent again after a new login. */
void cpl_session_retry_sets(struct cpl_session *s);

/* Before it is online: online() announces presence itself, each time, so none
 * is sent again after a new login. */
void cpl_session_announces(struct cpl_session *s);

/* Before it is online: online() may come while the server has not said yes yet,
 * at the first login of the session, so that what is sent in it leaves with the
 * last word of the login. The own JID is then not known in full. What the
 * server did not take is sent again with the login that follows, by itself, and
 * online() does not come again for it. */
void cpl_session_early(struct cpl_session *s);

/* Before it is online: XEP-0198 is left out, for who needs no proof in either
 * direction and counts what each flight costs. Without acked() nothing is kept
 * either: what is sent while there is no connection is lost, and requests that
 * wait when it breaks are given up. */
void cpl_session_without_sm(struct cpl_session *s);

/* Closes what is open. The server is told that the stream ends, unless it is
 * durable, as far as that can be written at once; nothing is waited for.
 * free(NULL) is fine. */
void cpl_session_free(struct cpl_session *s);

/* Sends a stanza as it is and gives its number (from 1). The caller keeps the
 * stanza. -1 with e: CPL_DATA when it is larger than the server takes (both
 * sizes named), CPL_TEMP when it never was online or is over, CPL_SYSTEM. */
int cpl_session_send(struct cpl_session *s, xmpp_stanza_t *stanza,
		     uint64_t *number, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* The same for what is meant for this stream alone: where a new login takes the
 * place of a lost session it is not sent again. */
int cpl_session_send_once(struct cpl_session *s, xmpp_stanza_t *stanza,
			  uint64_t *number, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Sends an iq of type get or set, with an id of the session's own, and calls
 * answered() with the result or error that comes from whom it was sent to
 * (RFC 6120 8.1.2.1: for the own account no from, the own bare or full JID),
 * or with NULL when the session ended before; or, while cpl_session_alive(),
 * when it was lost for good and this is not asked again, as a set is not. 0, or
 * -1 as above. */
int cpl_session_request(struct cpl_session *s, xmpp_stanza_t *iq,
			void (*answered)(void *user, xmpp_stanza_t *answer),
			void *user, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Forgets the requests that were made with this user: their answers, should
 * they come, are stanzas like any other. */
void cpl_session_forget(struct cpl_session *s, const void *user);

/* The tool is done with the stanzas received up to this number: it may be
 * counted in <a/>. */
void cpl_session_handled(struct cpl_session *s, uint64_t number);

/* While on, nothing is read from the server. */
void cpl_session_hold(struct cpl_session *s, int on);

/* Ends the stream in order: ended() follows as soon as all is written, or, with
 * wait, when the server has closed its side too; at most CPL_CLOSE_MS later.
 * Before it is online, ended() follows at once, from the loop. */
void cpl_session_close(struct cpl_session *s, int wait);

/* The same without an end of the stream: once all is written ended() follows,
 * and the server keeps the session for a while, for another process. */
void cpl_session_leave(struct cpl_session *s);

/* How it stands: online is connected and logged in, alive is online or about to
 * be again. */
int cpl_session_online(const struct cpl_session *s);
int cpl_session_alive(const struct cpl_session *s);
int cpl_session_has_sm(const struct cpl_session *s); /* XEP-0198 is on */
/* What the server offers after the login (RFC 6120 4.3.2), as
 * ("ver", "urn:xmpp:features:rosterver"). 0 before it is online. */
int cpl_session_feature(const struct cpl_session *s, const char *name,
			const char *ns);
/* All of it, or NULL; valid until the next connection, or the session's end. */
xmpp_stanza_t *cpl_session_offer(const struct cpl_session *s);
uint64_t cpl_session_unhandled(const struct cpl_session *s);
size_t cpl_session_unsent(const struct cpl_session *s); /* bytes */
/* When it came online last, also by a resumption, as cpl_loop_now(); 0: never.
 */
int64_t cpl_session_since(const struct cpl_session *s);
/* Within acked(): how often a stanza of those left. */
unsigned cpl_session_tries(const struct cpl_session *s, uint64_t number);
/* Bytes of stanzas that are not acknowledged, where that is asked for. */
size_t cpl_session_pending(const struct cpl_session *s);
/* Calls each() for every stanza that is not acknowledged, in order (window.h),
 * until it returns non-zero; also after the end. */
void cpl_session_unacked(const struct cpl_session *s,
			 int (*each)(void *user,
				     const struct cpl_window_entry *entry,
				     const char *xml),
			 void *user);

/* The own JID, full, once online; before that as configured. */
const struct cpl_jid *cpl_session_jid(const struct cpl_session *s);
xmpp_ctx_t *cpl_session_ctx(const struct cpl_session *s);
const struct cpl_ids *cpl_session_ids(const struct cpl_session *s);

#endif
