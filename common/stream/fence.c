/* SPDX-License-Identifier: MIT */
#include "fence.h"

#include <stdlib.h>
#include <string.h>

#include "../stanza/build.h"
#include "../stanza/ns.h"
#include "fault.h"
#include "send.h"

struct question {
	struct cpl_fence *fence;
	char *jid;
	int tag;
	struct question *next;
};

struct cpl_fence {
	struct cpl_session *session;
	struct cpl_fence_events on;
	struct question *first;
	struct question **end;
	size_t open;
};

struct cpl_fence *cpl_fence_new(struct cpl_session *session,
				const struct cpl_fence_events *on)
{
	struct cpl_fence *f = calloc(1, sizeof *f);

	if (!f)
		return NULL;
	f->session = session;
	f->on = *on;
	f->end = &f->first;
	return f;
}

static void free_question(struct question *q)
{
	free(q->jid);
	free(q);
}

/* Takes it out of the list. */
static void take_out(struct cpl_fence *f, struct question *q)
{
	struct question **p = &f->first;

	while (*p != q)
		p = &(*p)->next;
	*p = q->next;
	if (f->end == &q->next)
		f->end = p;
	f->open--;
}

void cpl_fence_free(struct cpl_fence *f)
{
	struct question *q;

	if (!f)
		return;
	while ((q = f->first)) {
		cpl_session_forget(f->session, q);
		take_out(f, q);
		free_question(q);
	}
	free(f);
}

/* The errors that an entity gives of itself: nobody of that name, no such
 * service (RFC 6120 8.3.3.3, .7 and .19). All others may be the own server's,
 * which has nobody to pass the question on to, or does not want to. */
static int is_own(const char *condition)
{
	static const char *const own[] = {
	    "feature-not-implemented", "item-not-found", "service-unavailable"};

	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (strcmp(condition, own[i]) == 0)
			return 1;
	return 0;
}

static enum cpl_fence_end judge(xmpp_stanza_t *stanza, struct cpl_err *why)
{
	xmpp_stanza_t *error = cpl_child(stanza, "error", CPL_NS_CLIENT);

	if (!cpl_has_type(stanza, "error") ||
	    is_own(cpl_condition(error, CPL_NS_STANZA_ERRORS)))
		return CPL_FENCE_PASSED;
	cpl_fault_stanza(stanza, why);
	return CPL_FENCE_REFUSED;
}

/* Hands it on, without a look at what is open. */
static void tell(struct cpl_fence *f, struct question *q, xmpp_stanza_t *stanza)
{
	struct cpl_fence_answer a = {q->jid, q->tag, CPL_FENCE_SILENT, stanza,
				     CPL_ERR_INIT};

	if (stanza)
		a.end = judge(stanza, &a.why);
	else
		cpl_err_set(&a.why, CPL_TEMP, "no answer");
	take_out(f, q);
	f->on.answered(f->on.user, &a);
	free_question(q);
}

static void answered(void *user, xmpp_stanza_t *stanza)
{
	struct question *q = user;
	struct cpl_fence *f = q->fence;

	/* The session is over. */
	if (!stanza) {
		take_out(f, q);
		free_question(q);
		return;
	}
	tell(f, q, stanza);
	if (f->open == 0)
		f->on.done(f->on.user);
}

static int send_question(struct cpl_fence *f, struct question *q,
			 const char *ns, struct cpl_err *e)
{
	int ping = strcmp(ns, CPL_NS_PING) == 0;

	return cpl_send_request(f->session,
				cpl_build_iq(cpl_session_ctx(f->session), "get",
					     q->jid, ping ? "ping" : "query",
					     ns, NULL),
				answered, q, e);
}

int cpl_fence_ask(struct cpl_fence *f, const char *jid, const char *ns, int tag,
		  struct cpl_err *e)
{
	struct question *q = calloc(1, sizeof *q);

	if (!q || !(q->jid = strdup(jid))) {
		free(q);
		return cpl_err_nomem(e);
	}
	q->fence = f;
	q->tag = tag;
	if (send_question(f, q, ns, e) < 0) {
		free_question(q);
		return -1;
	}
	*f->end = q;
	f->end = &q->next;
	f->open++;
	return 0;
}

/* Those that are asked from within answered() stay open. */
void cpl_fence_expire(struct cpl_fence *f)
{
	size_t n = f->open;

	if (n == 0)
		return;
	for (size_t i = 0; i < n && f->first; i++) {
		struct question *q = f->first;

		cpl_session_forget(f->session, q);
		tell(f, q, NULL);
	}
	if (f->open == 0)
		f->on.done(f->on.user);
}

size_t cpl_fence_open(const struct cpl_fence *f)
{
	return f->open;
}
