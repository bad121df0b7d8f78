/* SPDX-License-Identifier: MIT
 *
 * A session that is played, for the tests of rooms: what is sent is kept as
 * XML, one a line, requests can be answered. The linker takes these functions
 * in place of session.o. */
#ifndef ROOM_SESSION_H
#define ROOM_SESSION_H

#include <stdlib.h>

#include "../../common/base/buf.h"
#include "../../common/stanza/ns.h"
#include "../../common/stanza/write.h"
#include "../../common/stream/session.h"
#include "parse.h"
#include "unit.h"

struct cpl_session {
	struct cpl_ids ids;
	xmpp_ctx_t *ctx;
	struct cpl_buf sent; /* what was sent and not looked at */
	size_t pending;
	uint64_t number;
	int offline;
	int broken; /* sending fails */
	struct {
		void (*answered)(void *user, xmpp_stanza_t *answer);
		void *user;
	} requests[50];
	size_t request_count;
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

size_t cpl_session_pending(const struct cpl_session *s)
{
	return s->pending;
}

int cpl_session_online(const struct cpl_session *s)
{
	return !s->offline;
}

int cpl_session_alive(const struct cpl_session *s)
{
	return s->offline < 2;
}

int cpl_session_send(struct cpl_session *s, xmpp_stanza_t *stanza,
		     uint64_t *number, struct cpl_err *e)
{
	size_t before = s->sent.len;

	if (s->broken)
		return cpl_err_set(e, CPL_TEMP, "not connected");
	s->sent.max = 1024 * 1024;
	if (cpl_write_xml(&s->sent, stanza, CPL_NS_CLIENT) < 0 ||
	    cpl_buf_addc(&s->sent, '\n') < 0)
		return cpl_err_nomem(e);
	s->pending += s->sent.len - before;
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
	size_t n = s->request_count;

	if (cpl_session_send(s, iq, NULL, e) < 0)
		return -1;
	if (!CHECK(n < sizeof s->requests / sizeof *s->requests))
		return -1;
	s->requests[n].answered = answered;
	s->requests[n].user = user;
	s->request_count++;
	return 0;
}

void cpl_session_forget(struct cpl_session *s, const void *user)
{
	for (size_t i = 0; i < s->request_count; i++)
		if (s->requests[i].user == user)
			s->requests[i].answered = NULL;
}

/* --- the test's side ---------------------------------------------------- */

static inline void session_begin(xmpp_ctx_t *ctx)
{
	struct cpl_err e = CPL_ERR_INIT;

	memset(&session, 0, sizeof session);
	session.ctx = ctx;
	CHECK_INT(cpl_ids_init(&session.ids, &e), 0);
}

static inline void session_end(void)
{
	cpl_buf_release(&session.sent);
	cpl_ids_release(&session.ids);
}

/* Whether what was sent since the last look is this, or has it in it. */
static inline int session_sent(const char *xml)
{
	int same = unit_str(session.sent.len ? session.sent.data : "", xml,
			    __FILE__, __LINE__);

	cpl_buf_truncate(&session.sent, 0);
	return same;
}

static inline int session_sent_with(const char *piece)
{
	int has = session.sent.len && strstr(session.sent.data, piece);

	if (!has)
		printf("# no '%s' in '%s'\n", piece,
		       session.sent.len ? session.sent.data : "");
	cpl_buf_truncate(&session.sent, 0);
	return has;
}

/* The answer to the n-th request, from 0. */
static inline void session_answer(size_t n, const char *xml)
{
	xmpp_stanza_t *s = parse(session.ctx, xml);

	UNIT_NEED(s != NULL);
	if (CHECK(n < session.request_count) && session.requests[n].answered)
		session.requests[n].answered(session.requests[n].user, s);
	xmpp_stanza_release(s);
}

#endif
