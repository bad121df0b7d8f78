/* SPDX-License-Identifier: MIT
 *
 * Those who ask and listen on a session, one of whom an input is for: its first
 * byte says who; then come elements, and in their place, at the front of a
 * piece, what else happens (enum happens), each ended by a NUL. Requests have
 * the ids r1, r2 and so on. Who is freed is not told of anything any more. */
#ifndef PLAYED_WHO_H
#define PLAYED_WHO_H

#include "played_chance.h"
#include "played_session.h"

enum happens {
	TIME = 0x18,   /* passes, to the next timer */
	LOGIN = 0x19,  /* a new one: what was asked is not answered */
	ACKED = 0x1a,  /* the server has all that was sent */
	ACT = 0x1b,    /* the tool does one more thing */
	THE_END = 0x1c /* of the session */
};

struct who {
	void (*begin)(void);
	void (*stanza)(xmpp_stanza_t *s);
	void (*again)(void);
	void (*acked)(void);
	void (*act)(void);
	void (*end)(void);
};

static struct cpl_loop *loop;
static int over; /* done() was called */

static inline void on_done(void *user)
{
	(void)user;
	MUST(!over);
	over = 1;
}

static inline void check_why(const struct cpl_err *why)
{
	MUST(!why || (why->status != CPL_OK && why->text[0]));
}

static inline void ignore(xmpp_stanza_t *s)
{
	(void)s;
}

static inline void idle(void)
{
}

/* Those that were asked have no answer, and are told so in their order. */
static inline void who_gives_up(void)
{
	size_t n = 0;

	for (struct cpl_request *r = session.requests.first; r; r = r->next)
		n++;
	for (; n > 0 && session.requests.first; n--)
		cpl_requests_give_up(&session.requests, session.requests.first);
}

static inline void who_takes(const struct who *who, const uint8_t *p, size_t n)
{
	xmpp_stanza_t *s = fuzz_read(session.ctx, p, n, 0);

	if (!s)
		return;
	if (!cpl_is(s, "iq", CPL_NS_CLIENT) ||
	    !cpl_requests_answer(&session.requests, &session.jid, s))
		who->stanza(s);
	xmpp_stanza_release(s);
}

static inline void who_happens(const struct who *who, const uint8_t *p,
			       size_t n)
{
	switch (n > 0 ? p[0] : TIME) {
	case TIME: played_wait(loop); break;
	case LOGIN:
		who_gives_up();
		who->again();
		break;
	case ACKED: who->acked(); break;
	case ACT: who->act(); break;
	case THE_END: session_over(); break;
	default: who_takes(who, p, n);
	}
	played_turns(loop);
}

static inline void who_runs(const struct who *who, const uint8_t *p,
			    const uint8_t *end)
{
	size_t n;

	played_chance = 0;
	over = 0;
	session_begin();
	loop = cpl_loop_new(NULL);
	who->begin();
	played_turns(loop);
	while (p < end && session.offline < 2) {
		const uint8_t *piece = fuzz_piece(&p, end, &n);

		who_happens(who, piece, n);
	}
	who->end();
	session_end();
	cpl_loop_free(loop);
}

#endif
