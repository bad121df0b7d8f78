/* SPDX-License-Identifier: MIT */
#include "invite.h"

#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "ns.h"

/* A room's JID is LOCAL@SERVICE (XEP-0045 4.1). */
static int set_room(struct cpl_invite *out, const char *jid)
{
	if (!jid || cpl_jid_parse(&out->room, jid, NULL) < 0)
		return -1;
	return cpl_jid_check_room(&out->room, NULL);
}

static int set_inviter(struct cpl_invite *out, const char *jid)
{
	return jid ? cpl_jid_parse(&out->inviter, jid, NULL) : 0;
}

/* XEP-0045 7.8.2, example 60: the room sends it. */
static int read_mediated(xmpp_stanza_t *message, xmpp_stanza_t *x,
			 struct cpl_invite *out)
{
	xmpp_stanza_t *invite = cpl_own_child(x, "invite");
	xmpp_stanza_t *password = cpl_own_child(x, "password");

	if (!invite || set_room(out, xmpp_stanza_get_from(message)) < 0 ||
	    set_inviter(out, xmpp_stanza_get_from(invite)) < 0)
		return -1;
	out->mediated = 1;
	out->password = cpl_text(password);
	return password && !out->password ? -1 : 0;
}

/* XEP-0249 2 */
static int read_direct(xmpp_stanza_t *message, xmpp_stanza_t *x,
		       const struct cpl_jid *own, struct cpl_invite *out)
{
	const char *from = xmpp_stanza_get_from(message);
	const char *password = xmpp_stanza_get_attribute(x, "password");

	if (set_room(out, xmpp_stanza_get_attribute(x, "jid")) < 0 ||
	    set_inviter(out, from ? from : own->bare) < 0)
		return -1;
	out->password = password ? strdup(password) : NULL;
	return password && !out->password ? -1 : 0;
}

int cpl_invite_read(xmpp_stanza_t *message, const struct cpl_jid *own,
		    struct cpl_invite *out)
{
	xmpp_stanza_t *user = cpl_child(message, "x", CPL_NS_MUC_USER);
	xmpp_stanza_t *direct = cpl_child(message, "x", CPL_NS_CONFERENCE);

	*out = (struct cpl_invite){0};
	if (!cpl_is(message, "message", CPL_NS_CLIENT) ||
	    cpl_has_type(message, "error") ||
	    cpl_has_type(message, "groupchat"))
		return -1;
	/* A room may send both, and then it is its own. */
	if (user && read_mediated(message, user, out) == 0)
		return 0;
	cpl_invite_release(out);
	if (direct && read_direct(message, direct, own, out) == 0)
		return 0;
	cpl_invite_release(out);
	return -1;
}

static int is_below(const char *domain, const char *top)
{
	size_t n = strlen(domain), m = strlen(top);

	return n >= m && strcmp(domain + n - m, top) == 0 &&
	       (n == m || domain[n - m - 1] == '.');
}

int cpl_invite_matches(const struct cpl_invite *invite,
		       const struct cpl_jid *pattern, const struct cpl_jid *own)
{
	const char *service = invite->room.domain;

	if (cpl_jid_matches(pattern, &invite->room))
		return 1;
	if (!invite->inviter.full ||
	    !cpl_jid_matches(pattern, &invite->inviter))
		return 0;
	return !invite->mediated || is_below(service, own->domain) ||
	       is_below(service, invite->inviter.domain);
}

void cpl_invite_release(struct cpl_invite *invite)
{
	cpl_jid_release(&invite->room);
	cpl_jid_release(&invite->inviter);
	if (invite->password)
		explicit_bzero(invite->password, strlen(invite->password));
	free(invite->password);
	*invite = (struct cpl_invite){0};
}
