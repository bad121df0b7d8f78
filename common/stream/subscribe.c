/* SPDX-License-Identifier: MIT */
#include "subscribe.h"

#include <stdlib.h>
#include <string.h>

#include "../stanza/build.h"
#include "../stanza/ns.h"
#include "fault.h"
#include "fence.h"
#include "send.h"

/* One that is under way. */
struct item {
	char *jid;
	int pushed;         /* the contact list changed since it was asked */
	int waits;          /* for their server */
	struct cpl_err why; /* what they answered, if it was an error */
	struct item *next;
};

struct cpl_subscribe {
	struct cpl_subscribe_conf conf;
	struct cpl_subscribe_events on;
	struct cpl_fence *fence;
	struct cpl_timer timer;
	struct item *first;
	struct item **end;
	size_t open;
	int own_passed; /* what the contact list says is the outcome */
	int done;
};

enum tag { OWN, THEIRS };

static const char *const types[] = {
    [CPL_SUBSCRIBE] = "subscribe", [CPL_UNSUBSCRIBE] = "unsubscribe",
    [CPL_APPROVE] = "subscribed",  [CPL_DENY] = "unsubscribed",
    [CPL_CANCEL] = "unsubscribed",
};

static int sees(const struct cpl_contact *c)
{
	return c && (c->subscription == CPL_SUB_TO ||
		     c->subscription == CPL_SUB_BOTH);
}

static int is_seen_by(const struct cpl_contact *c)
{
	return c && (c->subscription == CPL_SUB_FROM ||
		     c->subscription == CPL_SUB_BOTH);
}

/* --- the outcome ------------------------------------------------------- */

static int has_pre_approval(const struct cpl_subscribe *s)
{
	return cpl_session_feature(s->conf.session, "sub", CPL_NS_PRE_APPROVAL);
}

/* 3.4.2: what is approved in advance is said in a push, which some servers
 * (Prosody) send without saying what changed. */
static int judge_approval(struct cpl_subscribe *s, const struct item *i,
			  const struct cpl_contact *c, struct cpl_err *e)
{
	if (is_seen_by(c) || (c && c->approved))
		return 0;
	if (!has_pre_approval(s))
		return cpl_err_set(e, CPL_REFUSED,
				   "has not asked, and the server takes no "
				   "approval in advance");
	if (i->pushed)
		return 0;
	return cpl_err_set(e, CPL_REFUSED,
			   "the server did not note the approval");
}

/* What the own server made of it, by its contact list. */
static int judge(struct cpl_subscribe *s, const struct item *i,
		 struct cpl_err *e)
{
	const struct cpl_contact *c = cpl_roster_find(s->conf.roster, i->jid);

	switch (s->conf.verb) {
	case CPL_SUBSCRIBE:
		if (sees(c) || (c && c->ask))
			return 0;
		return cpl_err_set(e, CPL_REFUSED,
				   "the server did not note the request");
	case CPL_UNSUBSCRIBE:
		if (!sees(c) && !(c && c->ask))
			return 0;
		return cpl_err_set(e, CPL_REFUSED, "is still subscribed to");
	case CPL_APPROVE: return judge_approval(s, i, c, e);
	case CPL_DENY:
	case CPL_CANCEL:
		if (!is_seen_by(c))
			return 0;
		return cpl_err_set(e, CPL_REFUSED, "is still subscribed");
	}
	return 0;
}

static void finish(struct cpl_subscribe *s)
{
	if (s->done)
		return;
	s->done = 1;
	cpl_loop_cancel(s->conf.loop, &s->timer);
	s->on.done(s->on.user);
}

static void free_item(struct item *i)
{
	free(i->jid);
	free(i);
}

/* Ends what the own server has answered and nobody else is waited for. */
static void settle(struct cpl_subscribe *s)
{
	struct item **p = &s->first, *i;

	if (!s->own_passed)
		return;
	while ((i = *p)) {
		struct cpl_err e = i->why;

		if (i->waits && e.status == CPL_OK) {
			p = &i->next;
			continue;
		}
		*p = i->next;
		if (s->end == &i->next)
			s->end = p;
		s->open--;
		if (e.status == CPL_OK)
			(void)!judge(s, i, &e);
		s->on.ended(s->on.user, i->jid, e.status == CPL_OK ? NULL : &e);
		free_item(i);
	}
	if (s->open == 0)
		finish(s);
}

static struct item *find(struct cpl_subscribe *s, const char *jid)
{
	for (struct item *i = s->first; i; i = i->next)
		if (strcmp(i->jid, jid) == 0)
			return i;
	return NULL;
}

/* --- answers ----------------------------------------------------------- */

static void on_time(void *user)
{
	struct cpl_subscribe *s = user;

	cpl_fence_expire(s->fence);
}

static void own_passed(struct cpl_subscribe *s)
{
	s->own_passed = 1;
	cpl_loop_timer(s->conf.loop, &s->timer, s->conf.settle);
}

static void theirs(struct cpl_subscribe *s, const struct cpl_fence_answer *a)
{
	struct item *i = find(s, a->jid);

	if (!i)
		return;
	i->waits = 0;
	if (a->end == CPL_FENCE_REFUSED && i->why.status == CPL_OK) {
		i->why = a->why;
		cpl_err_prefix(&i->why, "cannot be reached");
	}
}

static void on_answered(void *user, const struct cpl_fence_answer *a)
{
	struct cpl_subscribe *s = user;

	if (a->tag == OWN)
		own_passed(s);
	else
		theirs(s, a);
	settle(s);
}

static void on_done(void *user)
{
	(void)user;
}

void cpl_subscribe_changed(struct cpl_subscribe *s, const struct cpl_contact *c)
{
	struct item *i = find(s, c->jid.bare);

	if (i)
		i->pushed = 1;
}

/* An error of their server's, or a no (3.1.6), to what we asked. */
void cpl_subscribe_presence(struct cpl_subscribe *s, xmpp_stanza_t *presence)
{
	const char *type = xmpp_stanza_get_type(presence);
	const char *from = xmpp_stanza_get_from(presence);
	struct cpl_jid jid;
	struct item *i;

	if (!type || !from || s->conf.verb == CPL_UNSUBSCRIBE ||
	    s->conf.verb == CPL_CANCEL || s->conf.verb == CPL_DENY ||
	    cpl_jid_parse(&jid, from, NULL) < 0)
		return;
	i = find(s, jid.bare);
	if (i && strcmp(type, "error") == 0)
		cpl_fault_stanza(presence, &i->why);
	else if (i && s->conf.verb == CPL_SUBSCRIBE &&
		 strcmp(type, "unsubscribed") == 0)
		cpl_err_set(&i->why, CPL_REFUSED, "has declined");
	cpl_jid_release(&jid);
	settle(s);
}

/* --- requests ---------------------------------------------------------- */

struct cpl_subscribe *cpl_subscribe_new(const struct cpl_subscribe_conf *conf,
					const struct cpl_subscribe_events *on)
{
	struct cpl_subscribe *s = calloc(1, sizeof *s);
	struct cpl_fence_events events = {on_answered, on_done, s};

	if (!s)
		return NULL;
	s->conf = *conf;
	s->on = *on;
	s->end = &s->first;
	s->timer.fire = on_time;
	s->timer.user = s;
	s->fence = cpl_fence_new(conf->session, &events);
	if (s->fence)
		return s;
	free(s);
	return NULL;
}

void cpl_subscribe_free(struct cpl_subscribe *s)
{
	struct item *i;

	if (!s)
		return;
	cpl_loop_cancel(s->conf.loop, &s->timer);
	cpl_fence_free(s->fence);
	while ((i = s->first)) {
		s->first = i->next;
		free_item(i);
	}
	free(s);
}

static int send_request(struct cpl_subscribe *s, const char *jid,
			struct cpl_err *e)
{
	xmpp_stanza_t *p =
	    cpl_build_stanza(cpl_session_ctx(s->conf.session), "presence",
			     types[s->conf.verb], NULL, jid);

	return cpl_send(s->conf.session, p, NULL, e);
}

/* A contact is denied what he asks for, not what he was given: that is
 * cancelled. */
static int refuse_denial(struct cpl_subscribe *s, struct item *i)
{
	if (s->conf.verb != CPL_DENY ||
	    !is_seen_by(cpl_roster_find(s->conf.roster, i->jid)))
		return 0;
	cpl_err_set(&i->why, CPL_REFUSED,
		    "is subscribed, cancel takes it back");
	return 1;
}

int cpl_subscribe_add(struct cpl_subscribe *s, const struct cpl_jid *jid,
		      struct cpl_err *e)
{
	int reaches =
	    s->conf.verb == CPL_SUBSCRIBE || s->conf.verb == CPL_APPROVE;
	struct item *i;

	if (find(s, jid->bare))
		return 0;
	i = calloc(1, sizeof *i);
	if (!i || !(i->jid = strdup(jid->bare))) {
		free(i);
		return cpl_err_nomem(e);
	}
	*s->end = i;
	s->end = &i->next;
	s->open++;
	if (refuse_denial(s, i))
		return 0;
	if (send_request(s, i->jid, e) < 0)
		return -1;
	i->waits = reaches;
	return reaches ? cpl_fence_ask(s->fence, i->jid, CPL_NS_PING, THEIRS, e)
		       : 0;
}

int cpl_subscribe_finish(struct cpl_subscribe *s, struct cpl_err *e)
{
	return cpl_fence_ask(s->fence, cpl_session_jid(s->conf.session)->domain,
			     CPL_NS_PING, OWN, e);
}

void cpl_subscribe_give_up(struct cpl_subscribe *s, const struct cpl_err *why)
{
	struct item *i;

	s->done = 1;
	cpl_loop_cancel(s->conf.loop, &s->timer);
	while ((i = s->first)) {
		s->first = i->next;
		s->open--;
		s->on.ended(s->on.user, i->jid, why);
		free_item(i);
	}
	s->end = &s->first;
}
