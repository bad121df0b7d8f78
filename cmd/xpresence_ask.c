/* SPDX-License-Identifier: MIT
 *
 * xpresence subscribe, unsubscribe, approve, deny and cancel, where the
 * operands are what comes in and nothing comes out; and pending, where each
 * request that waits for an answer is one record out. */
#include "../common/base/limits.h"
#include "../common/stanza/build.h"
#include "../common/stanza/ns.h"
#include "xpresence.h"

/* --- subscriptions ----------------------------------------------------- */

static void on_ended(void *user, const char *jid, const struct cpl_err *why)
{
	struct xpresence *x = user;
	struct cpl_err e;

	if (!why) {
		x->client.run.outcome.went_through = 1;
		cpl_log(&x->client.run.cli.log, CPL_LOG_INFO, "%s: %s: done",
			jid, x->verb->name);
		return;
	}
	e = *why;
	cpl_err_prefix(&e, "%s", jid);
	/* The end of the run has a status of its own. */
	if (x->client.closing)
		cpl_cli_error(&x->client.run.cli, &e);
	else
		cpl_run_complain(&x->client.run, &e);
}

static void on_done(void *user)
{
	xpresence_finish(user);
}

static enum cpl_subscribe_verb action(const struct xpresence *x)
{
	if (x->verb == &xpresence_subscribe)
		return CPL_SUBSCRIBE;
	if (x->verb == &xpresence_unsubscribe)
		return CPL_UNSUBSCRIBE;
	if (x->verb == &xpresence_approve)
		return CPL_APPROVE;
	return x->verb == &xpresence_deny ? CPL_DENY : CPL_CANCEL;
}

static void on_ready(void *user, const struct cpl_err *why)
{
	struct xpresence *x = user;
	struct cpl_subscribe_conf conf = {
	    .loop = x->client.run.loop,
	    .session = x->client.run.session,
	    .roster = x->roster,
	    .verb = action(x),
	    .settle = x->set.settle,
	};
	struct cpl_subscribe_events events = {on_ended, on_done, x};
	struct cpl_err e = CPL_ERR_INIT;
	int r = 0;

	if (x->client.closing)
		return;
	if (why) {
		xpresence_give_up(x, why);
		return;
	}
	x->subscribe = cpl_subscribe_new(&conf, &events);
	if (!x->subscribe) {
		cpl_run_no_memory(&x->client.run);
		return;
	}
	for (size_t i = 0; i < x->who.count && r == 0; i++)
		r = cpl_subscribe_add(x->subscribe, &x->who.list[i], &e);
	if (r == 0)
		r = cpl_subscribe_finish(x->subscribe, &e);
	if (r < 0)
		xpresence_give_up(x, &e);
}

static void on_changed(void *user, const struct cpl_contact *c)
{
	struct xpresence *x = user;

	if (x->subscribe)
		cpl_subscribe_changed(x->subscribe, c);
}

static void ask_list(struct xpresence *x)
{
	struct cpl_roster_events events = {on_ready, on_changed, x};

	(void)xpresence_ask_roster(x, &events);
}

static int take_presence(struct xpresence *x, xmpp_stanza_t *stanza)
{
	if (cpl_filter_kind(stanza) != CPL_PRESENCE)
		return 0;
	if (x->subscribe)
		cpl_subscribe_presence(x->subscribe, stanza);
	return 1;
}

/* What was asked may have come about or not. */
static void ending(struct xpresence *x, const struct cpl_err *why)
{
	struct cpl_err e = CPL_ERR_INIT;

	(void)why;
	cpl_err_set(&e, CPL_TEMP, "unknown outcome");
	if (x->subscribe)
		cpl_subscribe_give_up(x->subscribe, &e);
}

/* Nobody is his own contact (RFC 6121 3.1.2). */
static void refuse_own(struct xpresence *x)
{
	struct cpl_cli *cli = &x->client.run.cli;
	const char *own = cpl_setting(&cli->settings, CPL_SET_JID);

	for (size_t i = 0; i < x->who.count; i++)
		if (cpl_jid_same_bare(x->who.list[i].bare, own))
			cpl_cli_usage(cli, "%s is the own account",
				      x->who.list[i].bare);
}

/* --- requests that wait ------------------------------------------------ */

static void on_fence(void *user, const struct cpl_fence_answer *a)
{
	struct xpresence *x = user;
	struct cpl_err e = a->why;

	/* Of us the own server is no stranger: an error is an answer. */
	if (x->client.closing || a->end != CPL_FENCE_SILENT)
		return;
	cpl_err_prefix(&e, "%s", a->jid);
	cpl_run_complain(&x->client.run, &e);
}

static void on_fence_done(void *user)
{
	struct xpresence *x = user;

	if (!x->client.closing)
		xpresence_finish(x);
}

static void on_settle(void *user)
{
	struct xpresence *x = user;
	struct cpl_err e = CPL_ERR_INIT;

	if (x->client.closing)
		return;
	if (x->fence) {
		cpl_fence_expire(x->fence);
		return;
	}
	cpl_err_set(&e, CPL_TEMP, "%s: no answer",
		    cpl_session_jid(x->client.run.session)->domain);
	xpresence_give_up(x, &e);
}

static void on_announced(void *user, const struct cpl_err *why)
{
	struct xpresence *x = user;
	struct cpl_fence_events events = {on_fence, on_fence_done, x};
	struct cpl_err e = CPL_ERR_INIT;

	if (x->client.closing)
		return;
	if (why) {
		xpresence_give_up(x, why);
		return;
	}
	x->fence = cpl_fence_new(x->client.run.session, &events);
	if (!x->fence)
		cpl_run_no_memory(&x->client.run);
	else if (cpl_fence_ask(x->fence,
			       cpl_session_jid(x->client.run.session)->domain,
			       CPL_NS_PING, 0, &e) < 0)
		xpresence_give_up(x, &e);
}

static void ask_pending(struct xpresence *x)
{
	x->settle.fire = on_settle;
	x->settle.user = x;
	cpl_loop_timer(x->client.run.loop, &x->settle, x->set.settle);
	(void)xpresence_ask_pending(x, on_announced);
}

static int print_request(struct xpresence *x, xmpp_stanza_t *stanza)
{
	if (cpl_filter_kind(stanza) != CPL_PRESENCE)
		return 0;
	if (cpl_has_type(stanza, "subscribe"))
		cpl_client_print(&x->client, stanza);
	return 1;
}

/* --- the verbs --------------------------------------------------------- */

#define SUBSCRIPTION(verb)                                                     \
	const struct xpresence_verb xpresence_##verb = {                       \
	    .name = #verb,                                                     \
	    .options = X_SETTLE,                                               \
	    .operands = 1,                                                     \
	    .most = CPL_RECIPIENTS_MAX,                                        \
	    .open = refuse_own,                                                \
	    .online = ask_list,                                                \
	    .stanza = take_presence,                                           \
	    .ending = ending,                                                  \
	}

SUBSCRIPTION(subscribe);
SUBSCRIPTION(unsubscribe);
SUBSCRIPTION(approve);
SUBSCRIPTION(deny);
SUBSCRIPTION(cancel);

const struct xpresence_verb xpresence_pending = {
    .name = "pending",
    .options = X_SETTLE | X_FORMAT,
    .online = ask_pending,
    .stanza = print_request,
};
