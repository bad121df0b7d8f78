/* SPDX-License-Identifier: MIT */
#include "pending.h"

#include <stdlib.h>

#include "../stanza/build.h"
#include "../stanza/disco.h"
#include "../stanza/ns.h"
#include "send.h"

struct cpl_pending {
	struct cpl_session *session;
	struct cpl_presence presence;
	struct cpl_pending_events on;
};

static void announce(struct cpl_pending *p, int loudly)
{
	struct cpl_err e = CPL_ERR_INIT;
	int failed = 0;

	if (loudly) {
		p->presence.priority = 0;
		failed = cpl_presence_announce(p->session, &p->presence, &e);
	}
	p->presence.priority = -1;
	if (failed == 0)
		failed = cpl_presence_announce(p->session, &p->presence, &e);
	p->on.announced(p->on.user, failed < 0 ? &e : NULL);
}

/* XEP-0013 2.2: the server sends none of them by itself from here on. */
static void listed(void *user, xmpp_stanza_t *answer)
{
	if (answer)
		announce(user, cpl_has_type(answer, "result"));
}

static void discovered(void *user, xmpp_stanza_t *answer)
{
	struct cpl_pending *p = user;
	xmpp_stanza_t *query = cpl_child(answer, "query", CPL_NS_DISCO_INFO);

	if (!answer)
		return;
	if (!query || !cpl_disco_has(query, CPL_NS_OFFLINE) ||
	    cpl_send_request(p->session,
			     cpl_disco_request(cpl_session_ctx(p->session),
					       NULL, CPL_NS_OFFLINE,
					       CPL_NS_DISCO_ITEMS),
			     listed, p, NULL) < 0)
		announce(p, 0);
}

struct cpl_pending *cpl_pending_new(struct cpl_session *session,
				    const struct cpl_presence *presence,
				    const struct cpl_pending_events *on,
				    struct cpl_err *e)
{
	struct cpl_pending *p = calloc(1, sizeof *p);

	if (!p) {
		cpl_err_nomem(e);
		return NULL;
	}
	p->session = session;
	p->presence = *presence;
	p->on = *on;
	if (cpl_send_request(session,
			     cpl_disco_request(cpl_session_ctx(session),
					       cpl_session_jid(session)->domain,
					       NULL, CPL_NS_DISCO_INFO),
			     discovered, p, e) == 0)
		return p;
	free(p);
	return NULL;
}

void cpl_pending_free(struct cpl_pending *p)
{
	if (!p)
		return;
	cpl_session_forget(p->session, p);
	free(p);
}
