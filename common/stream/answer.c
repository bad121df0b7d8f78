/* SPDX-License-Identifier: MIT */
#include "answer.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../base/buf.h"
#include "../base/limits.h"
#include "../base/version.h"
#include "../stanza/build.h"
#include "../stanza/ns.h"
#include "../stanza/reply.h"
#include "roster.h"
#include "send.h"

/* Requests that wait for the roster; more are refused at once. */
#define WAITING_MAX 32
/* Stanzas for watchers that wait for it; more are dropped. */
#define PRIVATE_MAX CPL_BACKLOG_STANZAS

enum roster { UNKNOWN, ASKED, KNOWN };

struct cpl_answer {
	struct cpl_session *session;
	const struct cpl_caps *caps;
	int visible;
	enum roster roster;
	struct cpl_buf
	    watchers; /* prepared bare JIDs, each with a NUL behind it */
	xmpp_stanza_t *waiting[WAITING_MAX];
	size_t waiting_count;
	int learning;           /* the roster is always wanted */
	struct cpl_buf private; /* stanzas for watchers alone, that wait */
};

struct cpl_answer *cpl_answer_new(struct cpl_session *session, int visible,
				  const struct cpl_caps *caps)
{
	struct cpl_answer *a = calloc(1, sizeof *a);

	if (!a)
		return NULL;
	a->session = session;
	a->visible = visible;
	a->caps = caps;
	cpl_buf_init(&a->watchers, 4 * 1024 * 1024);
	cpl_buf_init(&a->private, PRIVATE_MAX * sizeof(xmpp_stanza_t *));
	return a;
}

/* Takes the first of those for watchers. */
static xmpp_stanza_t *shift(struct cpl_answer *a)
{
	xmpp_stanza_t *s;

	memcpy(&s, a->private.data, sizeof s);
	cpl_buf_consume(&a->private, sizeof s);
	return s;
}

void cpl_answer_free(struct cpl_answer *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->waiting_count; i++)
		xmpp_stanza_release(a->waiting[i]);
	while (a->private.len > 0)
		xmpp_stanza_release(shift(a));
	cpl_buf_release(&a->private);
	cpl_buf_release(&a->watchers);
	free(a);
}

/* Who asks faster than the server reads what we say is not answered (RFC 6120
 * 13.12): memory is bounded. */
static int is_choked(const struct cpl_answer *a)
{
	return cpl_session_unsent(a->session) >= CPL_WINDOW_BYTES;
}

/* A fault of memory costs the asker an answer, nothing else. */
static void reply(struct cpl_answer *a, xmpp_stanza_t *answer)
{
	if (!answer || !is_choked(a))
		(void)!cpl_send(a->session, answer, NULL, NULL);
	else
		xmpp_stanza_release(answer);
}

static void refuse(struct cpl_answer *a, xmpp_stanza_t *iq, const char *name)
{
	reply(a, cpl_reply_error(cpl_session_ctx(a->session), iq, "cancel",
				 name, NULL));
}

/* Each fills the payload's place in the result; 0, or -1. */
static int fill_ping(xmpp_stanza_t *result)
{
	(void)result;
	return 0;
}

static int fill_version(xmpp_stanza_t *result)
{
	xmpp_stanza_t *q = cpl_build_child(result, "query", CPL_NS_VERSION);

	if (!q || cpl_build_text_child(q, "name", "couplet") < 0)
		return -1;
	return cpl_build_text_child(q, "version", CPL_VERSION);
}

/* XEP-0202 3: the offset of the local time, and the time in UTC. */
static int fill_time(xmpp_stanza_t *result)
{
	xmpp_stanza_t *t = cpl_build_child(result, "time", CPL_NS_TIME);
	time_t now = time(NULL);
	struct tm local, utc;
	char offset[16], stamp[32], tzo[24];

	if (!t || !localtime_r(&now, &local) || !gmtime_r(&now, &utc) ||
	    strftime(offset, sizeof offset, "%z", &local) != 5 ||
	    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
		return -1;
	snprintf(tzo, sizeof tzo, "%.3s:%.2s", offset, offset + 3);
	if (cpl_build_text_child(t, "tzo", tzo) < 0)
		return -1;
	return cpl_build_text_child(t, "utc", stamp);
}

static const struct service {
	const char *name;
	const char *ns;
	int (*fill)(xmpp_stanza_t *result); /* NULL: by the caps */
} services[] = {
    {"ping", CPL_NS_PING, fill_ping},
    {"query", CPL_NS_DISCO_INFO, NULL},
    {"query", CPL_NS_VERSION, fill_version},
    {"time", CPL_NS_TIME, fill_time},
};

static const struct service *find_service(xmpp_stanza_t *iq)
{
	const char *type = xmpp_stanza_get_type(iq);

	for (size_t i = 0; i < sizeof services / sizeof *services; i++)
		if (strcmp(type, "get") == 0 &&
		    cpl_child(iq, services[i].name, services[i].ns))
			return &services[i];
	return NULL;
}

/* XEP-0030 7: a node that we do not have. A hash that is not ours now is none
 * of ours: what it stood for is not known any more. */
static int has_node(const struct cpl_answer *a, const struct service *s,
		    const char *node)
{
	if (s->fill)
		return node == NULL;
	return cpl_caps_is_node(a->caps, cpl_session_ctx(a->session), node);
}

static void serve(struct cpl_answer *a, xmpp_stanza_t *iq)
{
	const struct service *s = find_service(iq);
	const char *node;
	xmpp_stanza_t *answer;

	if (!s) {
		refuse(a, iq, "service-unavailable");
		return;
	}
	node = xmpp_stanza_get_attribute(cpl_child(iq, s->name, s->ns), "node");
	if (!has_node(a, s, node)) {
		refuse(a, iq, "item-not-found");
		return;
	}
	answer = cpl_reply_result(cpl_session_ctx(a->session), iq);
	if (answer && (s->fill ? s->fill(answer)
			       : cpl_caps_fill(a->caps, answer, node)) == 0)
		reply(a, answer);
	else if (answer)
		xmpp_stanza_release(answer);
}

static int is_watcher(const struct cpl_answer *a, const char *from)
{
	struct cpl_jid jid;
	const char *p;
	size_t i = 0;

	if (a->watchers.len == 0 || cpl_jid_parse(&jid, from, NULL) < 0)
		return 0;
	p = a->watchers.data;
	while (i < a->watchers.len && strcmp(p + i, jid.bare) != 0)
		i += strlen(p + i) + 1;
	cpl_jid_release(&jid);
	return i < a->watchers.len;
}

static int is_own(const struct cpl_answer *a, const char *from)
{
	const struct cpl_jid *own = cpl_session_jid(a->session);

	return !from || cpl_jid_same_bare(from, own->bare) ||
	       cpl_jid_is(from, own->domain);
}

/* 0, or -1: there is no room for more. */
static int add_watcher(struct cpl_answer *a, const char *text)
{
	struct cpl_jid jid;
	int result;

	if (cpl_jid_parse(&jid, text, NULL) < 0)
		return 0;
	result = cpl_buf_add(&a->watchers, jid.bare, strlen(jid.bare) + 1);
	cpl_jid_release(&jid);
	return result;
}

static void read_roster(struct cpl_answer *a, xmpp_stanza_t *answer)
{
	xmpp_stanza_t *query = cpl_child(answer, "query", CPL_NS_ROSTER);
	xmpp_stanza_t *i;

	for (i = cpl_first_element(query); i; i = cpl_next_element(i)) {
		const char *jid = xmpp_stanza_get_attribute(i, "jid");
		const char *s = xmpp_stanza_get_attribute(i, "subscription");

		/* RFC 6121 2.1.2.5: from and both see our presence. */
		if (jid && s &&
		    (strcmp(s, "from") == 0 || strcmp(s, "both") == 0) &&
		    add_watcher(a, jid) < 0)
			return;
	}
}

static void send_private(struct cpl_answer *a, xmpp_stanza_t *stanza)
{
	const char *to = xmpp_stanza_get_to(stanza);

	if ((is_own(a, to) || is_watcher(a, to)) && !is_choked(a))
		(void)!cpl_session_send(a->session, stanza, NULL, NULL);
}

static void roster_came(void *user, xmpp_stanza_t *answer)
{
	struct cpl_answer *a = user;
	size_t n = a->waiting_count;

	/* The session ended: cpl_answer_free() has what waits. */
	if (!answer)
		return;
	a->roster = KNOWN;
	read_roster(a, answer);
	a->waiting_count = 0;
	for (size_t i = 0; i < n; i++) {
		cpl_answer_iq(a, a->waiting[i]);
		xmpp_stanza_release(a->waiting[i]);
	}
	while (a->private.len > 0) {
		xmpp_stanza_t *s = shift(a);

		send_private(a, s);
		xmpp_stanza_release(s);
	}
}

static void ask_roster(struct cpl_answer *a)
{
	xmpp_stanza_t *iq = cpl_build_iq(cpl_session_ctx(a->session), "get",
					 NULL, "query", CPL_NS_ROSTER, NULL);

	a->roster = ASKED;
	if (cpl_send_request(a->session, iq, roster_came, a, NULL) < 0)
		a->roster = KNOWN; /* and empty */
}

/* What is known of it is out of date. */
static void forget_roster(struct cpl_answer *a)
{
	if (a->roster == ASKED)
		return;
	a->roster = UNKNOWN;
	cpl_buf_truncate(&a->watchers, 0);
	if (a->learning)
		ask_roster(a);
}

void cpl_answer_learn(struct cpl_answer *a)
{
	a->learning = 1;
	forget_roster(a);
}

void cpl_answer_private(struct cpl_answer *a, xmpp_stanza_t *stanza)
{
	xmpp_stanza_t *own;

	if (a->roster == UNKNOWN && !is_own(a, xmpp_stanza_get_to(stanza)))
		ask_roster(a);
	if (a->roster != ASKED) {
		send_private(a, stanza);
		return;
	}
	own = xmpp_stanza_clone(stanza);
	if (cpl_buf_add(&a->private, &own, sizeof own) < 0)
		xmpp_stanza_release(own);
}

/* Somebody else's push has no answer. */
static int take_push(struct cpl_answer *a, xmpp_stanza_t *iq)
{
	enum cpl_push push = cpl_roster_push(a->session, iq);

	if (push != CPL_PUSH_OWN)
		return push == CPL_PUSH_FORGED;
	forget_roster(a);
	reply(a, cpl_reply_result(cpl_session_ctx(a->session), iq));
	return 1;
}

static int is_request(xmpp_stanza_t *iq)
{
	const char *type;

	if (!cpl_is(iq, "iq", CPL_NS_CLIENT))
		return 0;
	type = xmpp_stanza_get_type(iq);
	return type && (strcmp(type, "get") == 0 || strcmp(type, "set") == 0);
}

int cpl_answer_trusted(struct cpl_answer *a, xmpp_stanza_t *iq)
{
	if (!is_request(iq))
		return 0;
	if (!take_push(a, iq))
		serve(a, iq);
	return 1;
}

int cpl_answer_iq(struct cpl_answer *a, xmpp_stanza_t *iq)
{
	const char *from;

	if (!is_request(iq))
		return 0;
	from = xmpp_stanza_get_from(iq);
	if (is_own(a, from))
		return cpl_answer_trusted(a, iq);
	if (take_push(a, iq))
		return 1;
	if (a->visible && a->roster == UNKNOWN && find_service(iq))
		ask_roster(a);
	if (a->visible && a->roster == ASKED && find_service(iq) &&
	    a->waiting_count < WAITING_MAX)
		a->waiting[a->waiting_count++] = xmpp_stanza_clone(iq);
	else if (a->visible && a->roster == KNOWN && is_watcher(a, from))
		serve(a, iq);
	else
		refuse(a, iq, "service-unavailable");
	return 1;
}
