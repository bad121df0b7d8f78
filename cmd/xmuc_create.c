/* SPDX-License-Identifier: MIT
 *
 * xmuc create: enters a room that does not exist, which makes it and us its
 * owner; it is locked until it is configured (XEP-0045 10.1). */
#include "../common/base/limits.h"
#include "../common/stanza/build.h"
#include "../common/stanza/disco.h"
#include "../common/stanza/muc.h"
#include "../common/stanza/ns.h"
#include "xmuc.h"

#define PERSISTENT "muc#roomconfig_persistentroom"

/* 15.3: "muc_temporary" is one that goes with its last occupant, and that is
 * us. */
static void take_info(struct xmuc_task *t, xmpp_stanza_t *answer)
{
	xmpp_stanza_t *query = cpl_child(answer, "query", CPL_NS_DISCO_INFO);
	struct cpl_err e = CPL_ERR_INIT;

	if (!cpl_disco_has(query, "muc_temporary")) {
		xmuc_done(t);
		return;
	}
	cpl_err_set(&e, CPL_UNAVAILABLE,
		    "the service keeps no room that nobody is in");
	xmuc_fail(t, &e);
}

/* It is as it was wanted; where we could not say that it is to stay, does it?
 */
static void take_configured(struct xmuc_task *t, xmpp_stanza_t *answer)
{
	(void)answer;
	if (cpl_form_find(&t->form, PERSISTENT)) {
		xmuc_done(t);
		return;
	}
	t->refused = NULL;
	xmuc_ask_info(t, take_info);
}

static void gave_up(struct xmuc_task *t, xmpp_stanza_t *answer)
{
	(void)answer;
	xmuc_fail(t, &t->why);
}

static void gave_up_too(struct xmuc_task *t, xmpp_stanza_t *answer,
			const struct cpl_err *why)
{
	(void)answer;
	(void)why;
	xmuc_fail(t, &t->why);
}

/* A room that is not as it was wanted is not to stay. */
static void give_up(struct xmuc_task *t, const struct cpl_err *why)
{
	xmpp_stanza_t *query = NULL;
	xmpp_stanza_t *iq = xmuc_query(t, "set", CPL_NS_MUC_OWNER, &query);

	t->why = *why;
	t->refused = gave_up_too;
	iq = cpl_built(iq, cpl_build_child(query, "destroy", NULL) != NULL);
	xmuc_ask(t, iq, gave_up);
}

static void on_refused(struct xmuc_task *t, xmpp_stanza_t *answer,
		       const struct cpl_err *why)
{
	if (answer)
		give_up(t, why);
	else
		xmuc_fail(t, why);
}

/* We leave it: unless something else was asked for, and as far as the service
 * lets rooms be so, it is one that stays. */
static int fill_in(struct xmuc_task *t, struct cpl_err *e)
{
	if (cpl_form_find(&t->form, PERSISTENT) &&
	    cpl_form_set(&t->form, PERSISTENT "=true", e) < 0)
		return -1;
	return xmuc_change(t, e);
}

static void take_form(struct xmuc_task *t, xmpp_stanza_t *answer)
{
	xmpp_stanza_t *query = cpl_child(answer, "query", CPL_NS_MUC_OWNER);
	struct cpl_err e = CPL_ERR_INIT;

	if (cpl_form_read(&t->form, cpl_child(query, "x", CPL_NS_DATA), &e) <
		0 ||
	    fill_in(t, &e) < 0)
		give_up(t, &e);
	else
		xmuc_submit(t, CPL_NS_MUC_OWNER,
			    cpl_form_submit(&t->form, t->x->client.run.ctx),
			    take_configured);
}

static void joined(struct xmuc_task *t)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (!cpl_room_is_new(t->room)) {
		cpl_err_set(&e, CPL_REFUSED, "the room exists already");
		xmuc_fail(t, &e);
		return;
	}
	t->refused = on_refused;
	/* 10.1.2 */
	if (t->x->set.given & XMUC_INSTANT)
		xmuc_ask(t, cpl_muc_instant(t->x->client.run.ctx, t->place),
			 take_configured);
	else
		xmuc_ask(t, xmuc_query(t, "get", CPL_NS_MUC_OWNER, NULL),
			 take_form);
}

static void start_create(struct xmuc_task *t)
{
	xmuc_join(t, XMUC_RESERVE, joined);
}

static const struct xmuc_meaning of_create[] = {
    {"forbidden", "the room may not be configured so", CPL_REFUSED},
    {"not-allowed", "the room may not be configured so", CPL_REFUSED},
    {"not-acceptable", "the room does not take this", CPL_REFUSED},
    {NULL, NULL, CPL_OK},
};

const struct xmuc_verb xmuc_create = {
    .word = "create",
    .operands = "ROOM...",
    .joins = 1,
    .least = 1,
    .most = CPL_RECIPIENTS_MAX,
    .options = XMUC_SET | XMUC_INSTANT | XMUC_NICK | XMUC_PASSWORD,
    .line = xmuc_room_line,
    .start = start_create,
    .meanings = of_create,
};
