/* SPDX-License-Identifier: MIT */
#include "muc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/when.h"
#include "build.h"
#include "jid.h"
#include "ns.h"

/* --- to the room ------------------------------------------------------- */

static int add_history(xmpp_stanza_t *x, const struct cpl_muc_history *want)
{
	xmpp_stanza_t *history;
	char most[24], since[CPL_WHEN_SIZE];

	if (want->most < 0 && want->since < 0)
		return 0;
	history = cpl_build_child(x, "history", NULL);
	snprintf(most, sizeof most, "%ld", want->most);
	if (!history ||
	    (want->most >= 0 && cpl_set_attr(history, "maxstanzas", most) < 0))
		return -1;
	if (want->since < 0)
		return 0;
	cpl_when_stamp(want->since, since);
	return cpl_set_attr(history, "since", since);
}

xmpp_stanza_t *cpl_muc_join(xmpp_ctx_t *ctx, const char *occupant,
			    const char *password,
			    const struct cpl_muc_history *history)
{
	xmpp_stanza_t *p =
	    cpl_build_stanza(ctx, "presence", NULL, NULL, occupant);
	xmpp_stanza_t *x = cpl_build_child(p, "x", CPL_NS_MUC);

	return cpl_built(
	    p, x &&
		   (!password ||
		    cpl_build_text_child(x, "password", password) == 0) &&
		   add_history(x, history) == 0);
}

xmpp_stanza_t *cpl_muc_leave(xmpp_ctx_t *ctx, const char *occupant)
{
	return cpl_build_stanza(ctx, "presence", "unavailable", NULL, occupant);
}

xmpp_stanza_t *cpl_muc_instant(xmpp_ctx_t *ctx, const char *room)
{
	xmpp_stanza_t *query;
	xmpp_stanza_t *iq =
	    cpl_build_iq(ctx, "set", room, "query", CPL_NS_MUC_OWNER, &query);
	xmpp_stanza_t *form = cpl_build_child(query, "x", CPL_NS_DATA);

	return cpl_built(iq, cpl_set_attr(form, "type", "submit") == 0);
}

/* --- from the room ----------------------------------------------------- */

static unsigned status_bit(const char *code)
{
	static const struct {
		const char *code;
		enum cpl_muc_status bit;
	} known[] = {
	    {"110", CPL_MUC_SELF},         {"201", CPL_MUC_CREATED},
	    {"301", CPL_MUC_BANNED},       {"303", CPL_MUC_NEW_NICK},
	    {"307", CPL_MUC_KICKED},       {"321", CPL_MUC_NOT_MEMBER},
	    {"322", CPL_MUC_MEMBERS_ONLY}, {"332", CPL_MUC_SHUTDOWN},
	    {"333", CPL_MUC_TECHNICAL},
	};

	for (size_t i = 0; code && i < sizeof known / sizeof *known; i++)
		if (strcmp(known[i].code, code) == 0)
			return known[i].bit;
	return 0;
}

int cpl_muc_read(xmpp_stanza_t *stanza, struct cpl_muc_news *out)
{
	xmpp_stanza_t *x = cpl_child(stanza, "x", CPL_NS_MUC_USER);

	memset(out, 0, sizeof *out);
	if (!x)
		return -1;
	for (xmpp_stanza_t *el = cpl_first_element(x); el;
	     el = cpl_next_element(el))
		if (cpl_is(el, "status", CPL_NS_MUC_USER))
			out->status |=
			    status_bit(xmpp_stanza_get_attribute(el, "code"));
	out->destroyed = cpl_child(x, "destroy", CPL_NS_MUC_USER);
	out->item = cpl_child(x, "item", CPL_NS_MUC_USER);
	if (!out->item)
		return 0;
	out->affiliation = xmpp_stanza_get_attribute(out->item, "affiliation");
	out->role = xmpp_stanza_get_attribute(out->item, "role");
	out->jid = xmpp_stanza_get_attribute(out->item, "jid");
	out->nick = xmpp_stanza_get_attribute(out->item, "nick");
	return 0;
}

/* The table of 7.2.14 and what servers say besides. A condition that is not
 * here is told as it is. */
int cpl_muc_refused(xmpp_stanza_t *presence, int with, struct cpl_err *e)
{
	static const struct {
		const char *condition, *means;
		enum cpl_status status;
	} known[] = {
	    {"forbidden", "we are banned", CPL_REFUSED},
	    {"item-not-found", "the room does not exist, or is not open yet",
	     CPL_REFUSED},
	    {"not-allowed", "the room does not exist, and may not be created",
	     CPL_REFUSED},
	    {"not-acceptable", "only with a registered nick", CPL_REFUSED},
	    {"registration-required", "members only", CPL_REFUSED},
	    {"conflict", "the nick is taken", CPL_REFUSED},
	    {"service-unavailable", "the room is full", CPL_REFUSED},
	    {"jid-malformed", "the nick is not one for this room", CPL_REFUSED},
	    {"gone", "the room is no more", CPL_REFUSED},
	    {"remote-server-not-found", "no such service", CPL_REFUSED},
	    {"remote-server-timeout", "the service cannot be reached",
	     CPL_TEMP},
	    {"internal-server-error", "the service has failed", CPL_TEMP},
	    /* What 7.2.9 has as service-unavailable is this with ejabberd. */
	    {"resource-constraint", "the room is full", CPL_REFUSED},
	};
	xmpp_stanza_t *error = cpl_child(presence, "error", CPL_NS_CLIENT);
	const char *condition = cpl_condition(error, CPL_NS_STANZA_ERRORS);
	char *text = cpl_text(cpl_child(error, "text", CPL_NS_STANZA_ERRORS));
	const char *means = condition;
	enum cpl_status status = CPL_REFUSED;

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(known[i].condition, condition) == 0) {
			means = known[i].means;
			status = known[i].status;
		}
	if (strcmp(condition, "not-authorized") == 0)
		means = with ? "wrong password" : "a password is needed";
	if (text && *text)
		cpl_err_set(e, status, "%s: %s (%s)", means, condition, text);
	else
		cpl_err_set(e, status, "%s: %s", means, condition);
	free(text);
	return -1;
}

/* Who did it and why, as far as that is said: " by NICK (REASON)". */
static void add_details(const struct cpl_muc_news *news, struct cpl_err *e)
{
	xmpp_stanza_t *at = news->destroyed ? news->destroyed : news->item;
	xmpp_stanza_t *actor = cpl_own_child(at, "actor");
	const char *nick =
	    actor ? xmpp_stanza_get_attribute(actor, "nick") : NULL;
	const char *alternate =
	    news->destroyed ? xmpp_stanza_get_attribute(at, "jid") : NULL;
	char *reason = cpl_text(cpl_own_child(at, "reason"));
	struct cpl_err bare = *e;

	if (!nick && actor)
		nick = xmpp_stanza_get_attribute(actor, "jid");
	cpl_err_set(e, bare.status, "%s%s%s%s%s%s%s%s", bare.text,
		    nick ? " by " : "", nick ? nick : "",
		    alternate ? "; it is now at " : "",
		    alternate ? alternate : "", reason && *reason ? " (" : "",
		    reason ? reason : "", reason && *reason ? ")" : "");
	free(reason);
}

int cpl_muc_removed(const struct cpl_muc_news *news, struct cpl_err *e)
{
	static const struct {
		unsigned bit;
		const char *means;
		enum cpl_status status;
	} known[] = {
	    {CPL_MUC_BANNED, "banned", CPL_REFUSED},
	    {CPL_MUC_SHUTDOWN, "removed, as the service goes down", CPL_TEMP},
	    {CPL_MUC_TECHNICAL, "removed for a technical reason", CPL_TEMP},
	    {CPL_MUC_MEMBERS_ONLY, "removed, as it is for members only now",
	     CPL_REFUSED},
	    {CPL_MUC_NOT_MEMBER, "removed, being no member any more",
	     CPL_REFUSED},
	    {CPL_MUC_KICKED, "kicked", CPL_REFUSED},
	};

	/* 9.2 and 15.6.2: 333 with 307 is no kick by somebody. */
	cpl_err_set(e, CPL_TEMP, "removed");
	if (news->destroyed)
		cpl_err_set(e, CPL_REFUSED, "the room was destroyed");
	for (size_t i = 0; !news->destroyed && i < sizeof known / sizeof *known;
	     i++)
		if (news->status & known[i].bit) {
			cpl_err_set(e, known[i].status, "%s", known[i].means);
			break;
		}
	add_details(news, e);
	return -1;
}

const char *cpl_muc_nick(const char *occupant)
{
	const char *slash = occupant ? strchr(occupant, '/') : NULL;

	return slash && slash[1] ? slash + 1 : NULL;
}

int cpl_muc_is_past(xmpp_stanza_t *message, const char *room)
{
	const char *at = strchr(room, '@');

	for (xmpp_stanza_t *el = cpl_first_element(message); el;
	     el = cpl_next_element(el)) {
		const char *from = xmpp_stanza_get_attribute(el, "from");

		if (cpl_is(el, "delay", CPL_NS_DELAY) &&
		    (cpl_jid_is(from, room) ||
		     (at && cpl_jid_is(from, at + 1))))
			return 1;
	}
	return 0;
}

int cpl_muc_is_subject(xmpp_stanza_t *message)
{
	return cpl_own_child(message, "subject") &&
	       !cpl_own_child(message, "body") &&
	       !cpl_own_child(message, "thread");
}
