/* SPDX-License-Identifier: MIT */
#include "outgoing.h"

#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "ns.h"

/* What the server put into it for the one it went to: a stanza-id is for that
 * archive (XEP-0359 3), and a message that comes with the mark of offline
 * retrieval (XEP-0013 2.4) is not stored again by ejabberd, but bounced. */
static int is_servers(xmpp_stanza_t *child)
{
	return cpl_is(child, "stanza-id", CPL_NS_SID) ||
	       cpl_is(child, "offline", CPL_NS_OFFLINE);
}

/* XEP-0203 2: a delay says when the stanza that it is in was sent first. What
 * is sent on has been; an answer is new. */
static int is_dropped(xmpp_stanza_t *child,
		      const struct cpl_outgoing_rules *rules)
{
	return is_servers(child) ||
	       (rules->reply && cpl_is(child, "delay", CPL_NS_DELAY));
}

/* libstrophe cannot take a child out, so the rest is copied. */
static xmpp_stanza_t *copy_own(xmpp_stanza_t *record,
			       const struct cpl_outgoing_rules *rules)
{
	xmpp_stanza_t *copy, *c = cpl_first_element(record);

	while (c && !is_dropped(c, rules))
		c = cpl_next_element(c);
	if (!c)
		return xmpp_stanza_copy(record);
	copy = xmpp_stanza_new(xmpp_stanza_get_context(record));
	if (!copy ||
	    xmpp_stanza_set_name(copy, xmpp_stanza_get_name(record)) != 0 ||
	    cpl_copy_attrs(copy, record) < 0)
		goto fail;
	for (c = xmpp_stanza_get_children(record); c;
	     c = xmpp_stanza_get_next(c)) {
		xmpp_stanza_t *child;

		if (!xmpp_stanza_is_text(c) && is_dropped(c, rules))
			continue;
		child = xmpp_stanza_copy(c);
		if (!child)
			goto fail;
		if (xmpp_stanza_add_child_ex(copy, child, 0) != XMPP_EOK) {
			xmpp_stanza_release(child);
			goto fail;
		}
	}
	return copy;
fail:
	return cpl_built(copy, 0);
}

static int check_address(xmpp_stanza_t *s,
			 const struct cpl_outgoing_rules *rules,
			 struct cpl_err *e)
{
	const char *to = xmpp_stanza_get_to(s);
	int message = cpl_is(s, "message", CPL_NS_CLIENT);
	struct cpl_jid jid;
	int self;

	if (rules->addressed)
		return 0;
	if (!to)
		return message ? cpl_err_set(e, CPL_DATA,
					     "a message without recipient")
			       : 0;
	if (cpl_jid_parse(&jid, to, e) < 0)
		return -1;
	self = !jid.resource && strcmp(jid.bare, rules->own->bare) == 0;
	cpl_jid_release(&jid);
	if (self && message && !rules->to_self)
		return cpl_err_set(e, CPL_DATA,
				   "a message to the own account (--to-self "
				   "sends it)");
	return 0;
}

xmpp_stanza_t *cpl_outgoing(xmpp_stanza_t *record,
			    const struct cpl_outgoing_rules *rules,
			    struct cpl_err *e)
{
	const char *from = xmpp_stanza_get_from(record);
	xmpp_stanza_t *s;

	if (cpl_has_type(record, "error")) {
		cpl_err_set(e, CPL_DATA, "a stanza of type error is not sent");
		return NULL;
	}
	if (rules->reply && !from) {
		cpl_err_set(e, CPL_DATA, "no from to reply to");
		return NULL;
	}
	s = copy_own(record, rules);
	if (!s || (rules->reply && cpl_set_attr(s, "to", from) < 0)) {
		cpl_err_nomem(e);
	} else {
		xmpp_stanza_del_attribute(s, "from");
		if (check_address(s, rules, e) == 0)
			return s;
	}
	if (s)
		xmpp_stanza_release(s);
	return NULL;
}
