/* SPDX-License-Identifier: MIT
 *
 * xpresence without a verb: one change of somebody's presence is one record
 * out, or with -1 each address that is available now; --wait-for ends with the
 * record that was waited for. */
#include <stdlib.h>
#include <string.h>

#include "../common/base/limits.h"
#include "../common/stanza/build.h"
#include "../common/stream/send.h"
#include "xpresence.h"

static int snapshot(const struct xpresence *x)
{
	return (x->set.given & X_SNAPSHOT) != 0;
}

/* It has to be known who is not there. */
static int must_know(const struct xpresence *x)
{
	return snapshot(x) || x->set.wait_for;
}

/* Or who is not there any more. */
static int census_wanted(const struct xpresence *x)
{
	return must_know(x) || x->watch.again;
}

static const struct cpl_jid *own_jid(const struct xpresence *x)
{
	return cpl_session_jid(x->client.run.session);
}

static void complain(struct xpresence *x, const char *jid,
		     const struct cpl_err *why)
{
	struct cpl_err e = *why;

	cpl_err_prefix(&e, "%s", jid);
	cpl_run_complain(&x->client.run, &e);
}

/* --- who is meant ------------------------------------------------------ */

static int is_watched(const struct xpresence *x, const struct cpl_jid *from,
		      xmpp_stanza_t *presence)
{
	int found = x->who.count == 0;

	for (size_t i = 0; i < x->who.count && !found; i++)
		found = xpresence_covers(&x->who.list[i], from);
	return found && cpl_filter_passes(&x->from, presence, own_jid(x));
}

/* --- records ----------------------------------------------------------- */

static void touch_idle(struct xpresence *x)
{
	if (x->set.idle > 0)
		cpl_loop_timer(x->client.run.loop, &x->watch.idle, x->set.idle);
}

void xpresence_print(struct xpresence *x, xmpp_stanza_t *presence)
{
	x->watch.printed++;
	touch_idle(x);
	cpl_client_print(&x->client, presence);
	if (x->set.count > 0 && x->watch.printed >= x->set.count)
		xpresence_finish(x);
}

/* --- the snapshot ------------------------------------------------------ */

/* Says who is not there, and what all that comes to: that something cannot be
 * known goes before somebody's being away. */
static void conclude(struct xpresence *x)
{
	struct cpl_outcome *outcome = &x->client.run.outcome;
	size_t there = 0, unknown = 0, forbidden = 0;

	for (size_t i = 0; i < x->who.count; i++) {
		struct cpl_err e = CPL_ERR_INIT;

		if (xpresence_state_of(x, i) & CPL_SIGHT_AVAILABLE) {
			there++;
			continue;
		}
		if (x->watch.verdicts[i] == X_NO_SUBSCRIPTION) {
			forbidden++;
			continue;
		}
		if (x->watch.verdicts[i] == X_UNKNOWN || x->watch.unknown) {
			unknown++;
			continue;
		}
		cpl_err_set(&e, CPL_REFUSED, "%s: not available",
			    x->who.list[i].full);
		cpl_cli_error(&x->client.run.cli, &e);
	}
	if (forbidden > 0)
		cpl_outcome_add(outcome, CPL_UNAVAILABLE);
	if (unknown > 0)
		cpl_outcome_add(outcome, CPL_TEMP);
	if (there < x->who.count)
		cpl_outcome_add(outcome, CPL_REFUSED);
	outcome->went_through = there > 0;
	xpresence_finish(x);
}

static void on_unknown(void *user, const char *jid, const struct cpl_err *why)
{
	struct xpresence *x = user;
	struct cpl_err e = *why;
	int operand = 0;

	cpl_sight_unknown(x->watch.sight, jid);
	if (!must_know(x))
		return;
	for (size_t i = 0; i < x->who.count; i++) {
		if (strcmp(x->who.list[i].bare, jid) != 0)
			continue;
		operand = 1;
		x->watch.verdicts[i] = why->status == CPL_UNAVAILABLE
					   ? X_NO_SUBSCRIPTION
					   : X_UNKNOWN;
	}
	/* That a contact's server knows of no subscription: we do not see him.
	 */
	if (!operand && why->status == CPL_UNAVAILABLE)
		return;
	if (!operand)
		x->watch.unknown++;
	if (snapshot(x) && !operand)
		cpl_outcome_add(&x->client.run.outcome, e.status);
	cpl_err_prefix(&e, "%s: unknown", jid);
	if (x->watch.unknown <= CPL_UNKNOWN_NAMED || operand)
		cpl_cli_error(&x->client.run.cli, &e);
}

/* Of those that were not named. */
static void say_more(const struct xpresence *x)
{
	if (x->watch.unknown > CPL_UNKNOWN_NAMED)
		cpl_cli_warn(&x->client.run.cli, "and %zu more: unknown",
			     x->watch.unknown - CPL_UNKNOWN_NAMED);
}

/* Somebody who was there before the session was lost has not come again. */
static void on_gone(void *user, const char *jid)
{
	struct xpresence *x = user;
	xmpp_stanza_t *p = cpl_build_stanza(x->client.run.ctx, "presence",
					    "unavailable", NULL, NULL);
	struct cpl_jid from = {0};

	if (!p || cpl_set_attr(p, "from", jid) < 0 ||
	    cpl_jid_parse(&from, jid, NULL) < 0)
		cpl_run_no_memory(&x->client.run);
	else if (x->client.closing || !is_watched(x, &from, p))
		;
	else if (!x->set.wait_for)
		xpresence_print(x, p);
	else if (x->who.count == 0)
		xpresence_wait_on(x, &from, p, 1);
	cpl_jid_release(&from);
	if (p)
		xmpp_stanza_release(p);
}

static void on_settled(void *user)
{
	struct xpresence *x = user;

	x->watch.settled = 1;
	if (x->client.closing)
		return;
	cpl_sight_settle(x->watch.sight, on_gone, x);
	if (x->client.closing)
		return;
	say_more(x);
	if (snapshot(x))
		conclude(x);
	else if (x->set.wait_for)
		xpresence_wait_settled(x);
}

/* --- the contact list -------------------------------------------------- */

static int may_see(const struct xpresence *x, const struct cpl_jid *who,
		   int *asked)
{
	const struct cpl_contact *c = cpl_roster_find(x->roster, who->bare);

	*asked = c && c->ask;
	return strcmp(who->bare, own_jid(x)->bare) == 0 ||
	       (c && (c->subscription == CPL_SUB_TO ||
		      c->subscription == CPL_SUB_BOTH));
}

/* Of whom we may not know anything: where that ends the run it is an error,
 * else the subscription may come. Non-zero: there is one who may be asked. */
static int check_subscriptions(struct xpresence *x)
{
	struct cpl_err e = CPL_ERR_INIT;
	int visible = 0, asked;

	for (size_t i = 0; i < x->who.count; i++) {
		const struct cpl_jid *who = &x->who.list[i];

		if (may_see(x, who, &asked)) {
			visible = 1;
			continue;
		}
		cpl_err_set(&e, CPL_UNAVAILABLE, "no subscription to %s%s",
			    who->bare, asked ? ", it is not approved yet" : "");
		x->watch.verdicts[i] = X_NO_SUBSCRIPTION;
		if (x->set.wait_for && !asked)
			cpl_run_complain(&x->client.run, &e);
		else if (!x->watch.again)
			cpl_cli_error(&x->client.run.cli, &e);
	}
	return visible || x->who.count == 0;
}

static int ask_accounts(struct xpresence *x, struct cpl_err *e)
{
	for (size_t i = 0; i < x->who.count; i++)
		if (x->watch.verdicts[i] == X_ASKED &&
		    cpl_census_account(x->watch.census, x->who.list[i].bare,
				       e) < 0)
			return -1;
	return 0;
}

/* The contact list is there. */
static void ask(struct xpresence *x)
{
	int visible = check_subscriptions(x);
	struct cpl_err e = CPL_ERR_INIT;
	int r;

	if (x->client.run.outcome.cause != CPL_OK) {
		cpl_client_close(&x->client);
		return;
	}
	if (!census_wanted(x))
		return;
	if (!visible) {
		on_settled(x);
		return;
	}
	r = x->who.count > 0
		? ask_accounts(x, &e)
		: cpl_census_roster(x->watch.census, x->roster, &e);
	if (r < 0)
		xpresence_give_up(x, &e);
}

static void on_ready(void *user, const struct cpl_err *why)
{
	struct xpresence *x = user;

	if (x->client.closing)
		return;
	x->watch.listed = 1;
	/* Who looks on without a question needs no list. */
	if (why && (x->who.count > 0 || must_know(x)))
		xpresence_give_up(x, why);
	else if (!why && x->watch.announced)
		ask(x);
}

/* --- the session ------------------------------------------------------- */

static void on_announced(void *user, const struct cpl_err *why)
{
	struct xpresence *x = user;
	struct cpl_census_conf conf = {
	    .loop = x->client.run.loop,
	    .session = x->client.run.session,
	    .sight = x->watch.sight,
	    .settle = x->set.settle,
	};
	struct cpl_census_events events = {on_unknown, on_settled, x};

	if (why) {
		xpresence_give_up(x, why);
		return;
	}
	x->watch.announced = 1;
	if (census_wanted(x)) {
		x->watch.census = cpl_census_new(&conf, &events);
		if (!x->watch.census) {
			cpl_run_no_memory(&x->client.run);
			return;
		}
	}
	if (x->watch.listed)
		ask(x);
}

/* A session was lost: all is asked and announced anew, and who is known to be
 * there is no news when that is said again. */
static void renew(struct xpresence *x)
{
	struct xpresence_watch *w = &x->watch;

	w->again = 1;
	w->announced = w->listed = w->settled = 0;
	w->unknown = 0;
	memset(w->verdicts, 0, x->who.count * sizeof *w->verdicts);
	cpl_census_free(w->census);
	w->census = NULL;
	cpl_sight_doubt(w->sight);
}

static void online(struct xpresence *x)
{
	struct cpl_presence presence = {.priority = -1, .caps = &x->caps};
	struct cpl_roster_events events = {on_ready, NULL, x};
	struct cpl_err e = CPL_ERR_INIT;

	if (x->roster)
		renew(x);
	touch_idle(x);
	/* RFC 6121 2.2: the list first. */
	if (xpresence_ask_roster(x, &events) < 0)
		return;
	if (x->approve.from_count > 0) {
		(void)xpresence_ask_pending(x, on_announced);
		return;
	}
	if (cpl_presence_announce(x->client.run.session, &presence, &e) < 0)
		xpresence_give_up(x, &e);
	else
		on_announced(x, NULL);
}

/* RFC 6121 3.1.4 */
static void approve(struct xpresence *x, xmpp_stanza_t *request)
{
	const char *from = xmpp_stanza_get_from(request);
	struct cpl_err e = CPL_ERR_INIT;
	xmpp_stanza_t *p;

	if (!from || !cpl_has_type(request, "subscribe") ||
	    x->approve.from_count == 0 ||
	    !cpl_filter_passes(&x->approve, request, own_jid(x)))
		return;
	p = cpl_build_stanza(x->client.run.ctx, "presence", "subscribed", NULL,
			     from);
	if (cpl_send(x->client.run.session, p, NULL, &e) == 0)
		cpl_log(&x->client.run.cli.log, CPL_LOG_INFO, "%s: approved",
			from);
	else
		complain(x, from, &e);
}

static void take(struct xpresence *x, const struct cpl_jid *from,
		 xmpp_stanza_t *presence)
{
	struct cpl_err e = CPL_ERR_INIT;
	int news = cpl_sight_take(x->watch.sight, from, presence, &e);

	if (news < 0) {
		xpresence_give_up(x, &e);
		return;
	}
	if (!is_watched(x, from, presence))
		return;
	if (x->set.wait_for)
		xpresence_wait_on(x, from, presence, news);
	else if (!news)
		return;
	else if (!snapshot(x) ||
		 (cpl_sight_state(presence) & CPL_SIGHT_AVAILABLE))
		xpresence_print(x, presence);
}

/* Somebody's presence, or a word about a subscription; an error is neither. */
static int is_record(const char *type)
{
	static const char *const types[] = {"unavailable", "subscribe",
					    "subscribed", "unsubscribe",
					    "unsubscribed"};

	for (size_t i = 0; type && i < sizeof types / sizeof *types; i++)
		if (strcmp(type, types[i]) == 0)
			return 1;
	return type == NULL;
}

static int on_stanza(struct xpresence *x, xmpp_stanza_t *stanza)
{
	const char *text = xmpp_stanza_get_from(stanza);
	struct cpl_jid from;

	if (cpl_filter_kind(stanza) != CPL_PRESENCE)
		return 0;
	if (!is_record(xmpp_stanza_get_type(stanza)))
		return 1;
	if (cpl_jid_parse(&from, text ? text : own_jid(x)->bare, NULL) < 0)
		return 1;
	approve(x, stanza);
	/* The server tells us of ourselves too (RFC 6121 4.2.2). */
	if (strcmp(from.full, own_jid(x)->full) != 0)
		take(x, &from, stanza);
	cpl_jid_release(&from);
	return 1;
}

/* --- the end ----------------------------------------------------------- */

static void on_idle(void *user)
{
	struct xpresence *x = user;
	struct cpl_err e = CPL_ERR_INIT;

	if (x->client.closing)
		return;
	if (x->set.count > 0) {
		cpl_err_set(&e, CPL_REFUSED,
			    "nothing came (--idle) after %ld of %ld record%s",
			    x->watch.printed, x->set.count,
			    x->set.count == 1 ? "" : "s");
		cpl_run_complain(&x->client.run, &e);
	}
	xpresence_finish(x);
}

/* -W is a planned end where nothing else is. */
static void ending(struct xpresence *x, const struct cpl_err *why)
{
	cpl_loop_cancel(x->client.run.loop, &x->watch.idle);
	if (why->status == CPL_OK && x->online && x->set.count == 0 &&
	    !snapshot(x) && !x->set.wait_for)
		x->client.goal_met = 1;
}

static void open_watch(struct xpresence *x)
{
	x->watch.idle.fire = on_idle;
	x->watch.idle.user = x;
	x->watch.sight = cpl_sight_new();
	x->watch.verdicts = calloc(x->who.count + 1, sizeof *x->watch.verdicts);
	x->watch.told = calloc(x->who.count + 1, 1);
	if (!x->watch.sight || !x->watch.verdicts || !x->watch.told)
		cpl_run_no_memory(&x->client.run);
}

static void release(struct xpresence *x)
{
	cpl_census_free(x->watch.census);
	cpl_sight_free(x->watch.sight);
	free(x->watch.verdicts);
	free(x->watch.told);
}

static void check(struct xpresence *x, int argc, char **argv)
{
	unsigned given = x->set.given;
	struct cpl_cli *cli = &x->client.run.cli;

	(void)argv;
	/* The status would be about the operand, the records about others. */
	if (argc > 0 && (given & X_FROM) && (given & (X_SNAPSHOT | X_WAIT_FOR)))
		cpl_cli_usage(cli, "--from goes without operands where "
				   "--snapshot or --wait-for asks for them");
	if ((given & X_SNAPSHOT) && (given & X_WAIT_FOR))
		cpl_cli_usage(cli, "--snapshot and --wait-for exclude each "
				   "other");
	if ((given & (X_SNAPSHOT | X_WAIT_FOR)) && (given & (X_COUNT | X_IDLE)))
		cpl_cli_usage(cli, "--count and --idle go without --snapshot "
				   "and --wait-for");
}

const struct xpresence_verb xpresence_watch = {
    .name = "watch",
    .options = X_COUNT | X_IDLE | X_SNAPSHOT | X_WAIT_FOR | X_FROM |
	       X_AUTO_APPROVE | X_SETTLE | X_FORMAT | X_NO_RECONNECT,
    .most = CPL_RECIPIENTS_MAX,
    .check = check,
    .open = open_watch,
    .online = online,
    .stanza = on_stanza,
    .ending = ending,
    .release = release,
};
