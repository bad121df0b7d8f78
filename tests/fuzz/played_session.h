/* SPDX-License-Identifier: MIT
 *
 * A session that is played, for the targets of what asks and listens: what is
 * sent goes nowhere, requests have the ids r1, r2 and so on. The linker takes
 * these functions in place of those of session.o. */
#ifndef PLAYED_SESSION_H
#define PLAYED_SESSION_H

#include "../../common/stanza/build.h"
#include "../../common/stream/request.h"
#include "../../common/stream/session.h"
#include "played_loop.h"

struct cpl_session {
	xmpp_ctx_t *ctx;
	struct cpl_ids ids;
	struct cpl_jid jid;
	struct cpl_requests requests;
	uint64_t number; /* of stanzas sent */
	uint64_t asked;
	int offline; /* 1: for the moment, 2: for good */
};

static struct cpl_session session;

const struct cpl_ids *cpl_session_ids(const struct cpl_session *s)
{
	return &s->ids;
}

xmpp_ctx_t *cpl_session_ctx(const struct cpl_session *s)
{
	return s->ctx;
}

const struct cpl_jid *cpl_session_jid(const struct cpl_session *s)
{
	return &s->jid;
}

int cpl_session_online(const struct cpl_session *s)
{
	return !s->offline;
}

int cpl_session_alive(const struct cpl_session *s)
{
	return s->offline < 2;
}

int cpl_session_has_sm(const struct cpl_session *s)
{
	return s->jid.resource != NULL;
}

int cpl_session_feature(const struct cpl_session *s, const char *name,
			const char *ns)
{
	return s->jid.resource && *name && *ns;
}

size_t cpl_session_pending(const struct cpl_session *s)
{
	(void)s;
	return 0;
}

size_t cpl_session_unsent(const struct cpl_session *s)
{
	(void)s;
	return 0;
}

int64_t cpl_session_since(const struct cpl_session *s)
{
	(void)s;
	return played_now;
}

void cpl_session_unacked(const struct cpl_session *s,
			 int (*each)(void *user,
				     const struct cpl_window_entry *entry,
				     const char *xml),
			 void *user)
{
	(void)s;
	(void)each;
	(void)user;
}

int cpl_session_send(struct cpl_session *s, xmpp_stanza_t *stanza,
		     uint64_t *number, struct cpl_err *e)
{
	struct cpl_buf out = CPL_BUF_INIT(FUZZ_ROOM);

	if (s->offline > 1)
		return cpl_err_set(e, CPL_TEMP, "not connected");
	MUST(cpl_write_xml(&out, stanza, XMPP_NS_CLIENT) == 0);
	cpl_buf_release(&out);
	s->number++;
	if (number)
		*number = s->number;
	return 0;
}

int cpl_session_send_once(struct cpl_session *s, xmpp_stanza_t *stanza,
			  uint64_t *number, struct cpl_err *e)
{
	return cpl_session_send(s, stanza, number, e);
}

int cpl_session_request(struct cpl_session *s, xmpp_stanza_t *iq,
			void (*answered)(void *user, xmpp_stanza_t *answer),
			void *user, struct cpl_err *e)
{
	struct cpl_request *r;

	if (s->offline > 1)
		return cpl_err_set(e, CPL_TEMP, "not connected");
	r = cpl_requests_add(&s->requests, xmpp_stanza_get_to(iq), answered,
			     user);
	MUST(r != NULL);
	snprintf(r->id, sizeof r->id, "r%llu", (unsigned long long)++s->asked);
	MUST(cpl_set_attr(iq, "id", r->id) == 0);
	MUST(cpl_session_send(s, iq, NULL, e) == 0);
	/* Whoever asks without an end is in a circle. */
	MUST(s->asked < 5000);
	return 0;
}

void cpl_session_forget(struct cpl_session *s, const void *user)
{
	cpl_requests_forget(&s->requests, user);
}

/* --- the target's side -------------------------------------------------- */

static inline void session_begin(void)
{
	memset(&session, 0, sizeof session);
	session.ctx = xmpp_ctx_new(NULL, NULL);
	MUST(cpl_ids_init(&session.ids, NULL) == 0);
	MUST(cpl_jid_parse(&session.jid, "romeo@montague.lit/orchard", NULL) ==
	     0);
}

/* As its end: all that wait are told that no answer will come. */
static inline void session_over(void)
{
	session.offline = 2;
	cpl_requests_end(&session.requests);
}

/* Those that were to be freed before are told no more. */
static inline void session_end(void)
{
	session_over();
	cpl_ids_release(&session.ids);
	cpl_jid_release(&session.jid);
	xmpp_ctx_free(session.ctx);
}

#endif
