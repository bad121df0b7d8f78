/* SPDX-License-Identifier: MIT */
#include "room_ping.h"

#include <string.h>

#include "../base/limits.h"
#include "../stanza/build.h"
#include "../stanza/ns.h"
#include "send.h"

enum cpl_room_ping_says cpl_room_ping_read(xmpp_stanza_t *answer)
{
	static const struct {
		const char *condition;
		enum cpl_room_ping_says says;
	} known[] = {
	    /* Of the client of ours that the room has handed it to. */
	    {"service-unavailable", CPL_ROOM_PING_IN},
	    {"feature-not-implemented", CPL_ROOM_PING_IN},
	    /* We have another nick by now. */
	    {"item-not-found", CPL_ROOM_PING_IN},
	    {"remote-server-not-found", CPL_ROOM_PING_NOTHING},
	    {"remote-server-timeout", CPL_ROOM_PING_NOTHING},
	};
	const char *condition;

	if (!cpl_has_type(answer, "error"))
		return CPL_ROOM_PING_IN;
	condition = cpl_condition(cpl_child(answer, "error", CPL_NS_CLIENT),
				  CPL_NS_STANZA_ERRORS);
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(known[i].condition, condition) == 0)
			return known[i].says;
	return CPL_ROOM_PING_OUT;
}

static void answered(void *user, xmpp_stanza_t *answer)
{
	struct cpl_room_ping *p = user;
	struct cpl_err e = CPL_ERR_INIT;

	if (!answer || cpl_room_ping_read(answer) != CPL_ROOM_PING_OUT)
		return;
	cpl_room_ping_stop(p);
	cpl_err_set(&e, CPL_TEMP, "removed without a word");
	cpl_room_lost(p->room, &e);
}

static void ask(struct cpl_room_ping *p)
{
	xmpp_stanza_t *iq =
	    cpl_build_iq(cpl_session_ctx(p->session), "get",
			 cpl_room_occupant(p->room), "ping", CPL_NS_PING, NULL);

	cpl_session_forget(p->session, p);
	/* What cannot be asked now is asked after the next silence. */
	(void)!cpl_send_request(p->session, iq, answered, p, NULL);
}

/* 4: not while there is no connection. */
static void on_timer(void *user)
{
	struct cpl_room_ping *p = user;
	int64_t silence = cpl_loop_now() - p->heard;

	if (!cpl_room_is_in(p->room))
		return;
	if (silence < p->silence_ms) {
		cpl_loop_timer(p->loop, &p->timer,
			       (long)(p->silence_ms - silence));
		return;
	}
	cpl_loop_timer(p->loop, &p->timer, p->silence_ms);
	if (cpl_session_online(p->session))
		ask(p);
}

void cpl_room_ping_init(struct cpl_room_ping *p, struct cpl_loop *loop,
			struct cpl_session *session, struct cpl_room *room)
{
	*p = (struct cpl_room_ping){.loop = loop,
				    .session = session,
				    .room = room,
				    .silence_ms = CPL_ROOM_SILENCE_MS,
				    .timer = {.fire = on_timer, .user = p}};
}

void cpl_room_ping_start(struct cpl_room_ping *p)
{
	cpl_session_forget(p->session, p);
	cpl_room_ping_heard(p);
	cpl_loop_timer(p->loop, &p->timer, p->silence_ms);
}

void cpl_room_ping_heard(struct cpl_room_ping *p)
{
	p->heard = cpl_loop_now();
}

void cpl_room_ping_stop(struct cpl_room_ping *p)
{
	if (!p->loop)
		return;
	cpl_loop_cancel(p->loop, &p->timer);
	cpl_session_forget(p->session, p);
}
