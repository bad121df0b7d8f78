/* SPDX-License-Identifier: MIT
 *
 * How a session stands. */
#include "../stanza/build.h"
#include "session_impl.h"

int cpl_session_online(const struct cpl_session *s)
{
	return s->state == ONLINE || s->state == EARLY;
}

int cpl_session_alive(const struct cpl_session *s)
{
	return cpl_session_online(s) || (s->told && s->state == CONNECTING) ||
	       (s->was_online &&
		(s->state == CONNECTING || s->state == WAITING));
}

int cpl_session_has_sm(const struct cpl_session *s)
{
	return s->sm.on;
}

int cpl_session_feature(const struct cpl_session *s, const char *name,
			const char *ns)
{
	return cpl_child(s->features, name, ns) != NULL;
}

xmpp_stanza_t *cpl_session_offer(const struct cpl_session *s)
{
	return s->features;
}

uint64_t cpl_session_unhandled(const struct cpl_session *s)
{
	return s->sm.ack.received - s->sm.ack.handled;
}

size_t cpl_session_unsent(const struct cpl_session *s)
{
	return s->link ? cpl_link_unsent(s->link) : 0;
}

int64_t cpl_session_since(const struct cpl_session *s)
{
	return s->since;
}

size_t cpl_session_pending(const struct cpl_session *s)
{
	return cpl_window_size(&s->sm.window);
}

unsigned cpl_session_tries(const struct cpl_session *s, uint64_t number)
{
	return cpl_sm_tries(&s->sm, number);
}

void cpl_session_unacked(const struct cpl_session *s,
			 int (*each)(void *user,
				     const struct cpl_window_entry *entry,
				     const char *xml),
			 void *user)
{
	cpl_window_each(&s->sm.window, each, user);
}

const struct cpl_jid *cpl_session_jid(const struct cpl_session *s)
{
	return s->jid.full ? &s->jid : cpl_connect_jid(s->connect);
}

xmpp_ctx_t *cpl_session_ctx(const struct cpl_session *s)
{
	return s->ctx;
}

const struct cpl_ids *cpl_session_ids(const struct cpl_session *s)
{
	return &s->ids;
}
