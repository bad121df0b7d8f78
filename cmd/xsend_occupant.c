/* SPDX-License-Identifier: MIT
 *
 * xsend to an occupant: ROOM/NICK looks as any full JID does. So who a message
 * is for is asked first (XEP-0030), and where that is a room it is joined, as
 * it takes nothing from strangers (XEP-0045 7.5). */
#include <stdlib.h>
#include <string.h>

#include "../common/base/limits.h"
#include "../common/stanza/build.h"
#include "../common/stanza/disco.h"
#include "../common/stanza/ns.h"
#include "../common/stream/send.h"
#include "xsend.h"

enum is { ASKED, ROOM, NO_ROOM };

/* What is known of a bare JID. */
struct asked {
	struct send *r;
	char *jid;
	enum is is;
	struct cpl_timer wait;
	struct asked *next;
};

static struct asked *find(const struct send *r, const char *jid)
{
	struct asked *a = r->speech.known;

	while (a && strcmp(a->jid, jid) != 0)
		a = a->next;
	return a;
}

static void know(struct asked *a, enum is is)
{
	cpl_loop_cancel(a->r->run.loop, &a->wait);
	a->is = is;
	cpl_feed_room(&a->r->feed);
}

static int is_room(xmpp_stanza_t *query)
{
	for (xmpp_stanza_t *el = cpl_first_element(query); el;
	     el = cpl_next_element(el)) {
		const char *category =
		    xmpp_stanza_get_attribute(el, "category");

		if (cpl_is(el, "identity", CPL_NS_DISCO_INFO) && category &&
		    strcmp(category, "conference") == 0)
			return cpl_disco_has(query, CPL_NS_MUC);
	}
	return 0;
}

static void on_answered(void *user, xmpp_stanza_t *answer)
{
	struct asked *a = user;

	if (answer && a->is == ASKED)
		know(a, is_room(cpl_child(answer, "query", CPL_NS_DISCO_INFO))
			    ? ROOM
			    : NO_ROOM);
}

/* Who does not say so is none. */
static void on_silence(void *user)
{
	struct asked *a = user;

	know(a, NO_ROOM);
}

/* -1 with e. */
static int ask(struct send *r, const char *jid, struct cpl_err *e)
{
	struct asked *a = calloc(1, sizeof *a);

	if (!a || !(a->jid = strdup(jid))) {
		free(a);
		return cpl_err_nomem(e);
	}
	a->r = r;
	a->wait.fire = on_silence;
	a->wait.user = a;
	a->next = r->speech.known;
	r->speech.known = a;
	cpl_loop_timer(r->run.loop, &a->wait, CPL_OCCUPANT_MS);
	return cpl_send_request(
	    r->run.session,
	    cpl_disco_request(r->run.ctx, jid, NULL, CPL_NS_DISCO_INFO),
	    on_answered, a, e);
}

int xsend_occupants_ask(struct send *r, struct cpl_err *e)
{
	for (size_t i = 0; i < r->to.count; i++) {
		const struct cpl_jid *jid = &r->to.list[i];

		if (jid->resource && jid->local && !find(r, jid->bare) &&
		    ask(r, jid->bare, e) < 0)
			return -1;
	}
	return 0;
}

/* A copy with the mark of a private message, to the delivery. */
static enum cpl_feed_way whisper(struct send *r, xmpp_stanza_t *message,
				 const struct cpl_origin *origin,
				 struct cpl_err *e)
{
	xmpp_stanza_t *s = xmpp_stanza_copy(message);
	int sent = -1;

	if (!s || (!cpl_child(s, "x", CPL_NS_MUC_USER) &&
		   !cpl_build_child(s, "x", CPL_NS_MUC_USER)))
		cpl_err_nomem(e);
	else
		sent = cpl_delivery_send(r->delivery, s, origin, e);
	if (sent == 0)
		xsend_sent(r, s, origin);
	if (s)
		xmpp_stanza_release(s);
	return sent == 0 ? CPL_FEED_DONE : CPL_FEED_REFUSED;
}

/* Whether ROOM/NICK is what it looks like. ASKED: that is not known yet. */
static enum is what_is(const struct send *r, const struct cpl_jid *to,
		       int marked)
{
	const struct asked *a;

	if (!to->resource || !to->local)
		return NO_ROOM;
	a = find(r, to->bare);
	if (a)
		return a->is;
	return marked ? ROOM : NO_ROOM;
}

enum cpl_feed_way xsend_occupant_divert(struct send *r, xmpp_stanza_t *message,
					const struct cpl_origin *origin,
					struct cpl_err *e)
{
	const char *to = xmpp_stanza_get_to(message);
	int marked = cpl_child(message, "x", CPL_NS_MUC_USER) != NULL;
	enum cpl_feed_way way;
	struct cpl_jid jid;
	enum is is;

	if (!to || (!marked && !r->speech.known) ||
	    !cpl_is(message, "message", CPL_NS_CLIENT) ||
	    cpl_jid_parse(&jid, to, NULL) < 0)
		return CPL_FEED_SEND;
	is = what_is(r, &jid, marked);
	way = is == ASKED ? CPL_FEED_LATER : CPL_FEED_SEND;
	if (is == ROOM)
		way = xsend_room_enter(r, jid.bare, message, origin, e);
	cpl_jid_release(&jid);
	if (is == ROOM && way == CPL_FEED_SEND)
		way = whisper(r, message, origin, e);
	return way;
}

void xsend_occupants_release(struct send *r)
{
	struct asked *a;

	while ((a = r->speech.known)) {
		r->speech.known = a->next;
		cpl_loop_cancel(r->run.loop, &a->wait);
		free(a->jid);
		free(a);
	}
}
