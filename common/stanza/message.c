/* SPDX-License-Identifier: MIT */
#include "message.h"

#include <string.h>

#include "build.h"

static int add(xmpp_stanza_t *stanza, const char *name, const char *text)
{
	return text ? cpl_build_text_child(stanza, name, text) : 0;
}

xmpp_stanza_t *cpl_message_build(xmpp_ctx_t *ctx, const struct cpl_message *m,
				 const char *body)
{
	int normal = m->type && strcmp(m->type, "normal") == 0;
	xmpp_stanza_t *s = cpl_build_stanza(
	    ctx, "message", normal ? NULL : m->type, m->id, NULL);

	return cpl_built(s, s && add(s, "subject", m->subject) == 0 &&
				add(s, "body", body) == 0 &&
				add(s, "thread", m->thread) == 0);
}
