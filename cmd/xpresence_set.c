/* SPDX-License-Identifier: MIT
 *
 * xpresence set: the own presence, held until stdin ends. One record in is one
 * change of it, a line SHOW TAB STATUS or a presence stanza in XML or JSON;
 * nothing comes out. */
#include <stdlib.h>
#include <string.h>

#include "../common/cli/value.h"
#include "../common/stanza/build.h"
#include "../common/stanza/ns.h"
#include "../common/stream/fault.h"
#include "xpresence.h"

/* --- announcing -------------------------------------------------------- */

/* Adds what is ours (RFC 6121 4.7.2.3, XEP-0115). 0, or -1 without memory. */
static int complete(struct xpresence *x, xmpp_stanza_t *p)
{
	char priority[24];

	if (xpresence_is_unavailable(p))
		return 0;
	snprintf(priority, sizeof priority, "%ld", x->set.priority);
	if (cpl_build_text_child(p, "priority", priority) < 0)
		return -1;
	return cpl_caps_presence(&x->caps, p);
}

static int send_one(struct xpresence *x, xmpp_stanza_t *p, struct cpl_err *e)
{
	return cpl_session_send(x->client.run.session, p, &x->setting.sent, e);
}

/* Sends it to all who may see it, or to each of --to alone (4.6). */
static int send_to_all(struct xpresence *x, xmpp_stanza_t *p, struct cpl_err *e)
{
	if (x->to.count == 0)
		return send_one(x, p, e);
	for (size_t i = 0; i < x->to.count; i++) {
		if (cpl_set_attr(p, "to", x->to.list[i].full) < 0)
			return cpl_err_nomem(e);
		if (send_one(x, p, e) < 0)
			return -1;
	}
	return 0;
}

/* The state that waits, if any, is announced, and the clock of --rate starts.
 */
static void announce(struct xpresence *x)
{
	struct xpresence_set *s = &x->setting;
	xmpp_stanza_t *p = s->state;
	struct cpl_err e = CPL_ERR_INIT;

	if (!p)
		return;
	s->state = NULL;
	if (send_to_all(x, p, &e) == 0) {
		s->there = !xpresence_is_unavailable(p);
		if (s->current)
			xmpp_stanza_release(s->current);
		s->current = p;
	} else {
		xmpp_stanza_release(p);
	}
	cpl_loop_timer(x->client.run.loop, &s->next, 1000 / x->set.rate);
	if (e.status == CPL_DATA)
		cpl_run_complain(&x->client.run, &e);
	else if (e.status != CPL_OK)
		xpresence_give_up(x, &e);
}

static void on_next(void *user)
{
	struct xpresence *x = user;

	if (!x->client.closing)
		announce(x);
}

/* Takes the state over (NULL: there was no memory): it is the one that counts,
 * now or when --rate lets it. */
void xpresence_change(struct xpresence *x, xmpp_stanza_t *p)
{
	struct xpresence_set *s = &x->setting;

	if (!p || complete(x, p) < 0) {
		if (p)
			xmpp_stanza_release(p);
		cpl_run_no_memory(&x->client.run);
		return;
	}
	if (s->state)
		xmpp_stanza_release(s->state);
	s->state = p;
	if (!s->next.armed && x->online)
		announce(x);
}

/* --- the end ----------------------------------------------------------- */

/* All is said; and the server has it, and what could bounce has. */
static void end_when_proved(struct xpresence *x)
{
	struct xpresence_set *s = &x->setting;

	if (!s->ending || x->client.closing || s->acked < s->sent ||
	    (s->fence && cpl_fence_open(s->fence) > 0))
		return;
	x->client.goal_met = 1;
	cpl_client_close(&x->client);
}

/* Says that we are gone (4.5.2), also to those of --to alone. */
static void withdraw(struct xpresence *x)
{
	struct cpl_err e = CPL_ERR_INIT;
	xmpp_stanza_t *p;

	if (!x->setting.there)
		return;
	x->setting.there = 0;
	p = xpresence_state(x, "unavailable", NULL);
	if (!p)
		cpl_err_nomem(&e);
	else
		(void)!send_to_all(x, p, &e);
	if (p)
		xmpp_stanza_release(p);
	if (e.status != CPL_OK)
		xpresence_give_up(x, &e);
}

static void on_fence(void *user, const struct cpl_fence_answer *a)
{
	(void)user;
	(void)a;
}

static void on_fence_done(void *user)
{
	end_when_proved(user);
}

static void on_settle(void *user)
{
	struct xpresence *x = user;

	cpl_fence_expire(x->setting.fence);
}

/* Errors of directed presence are here when a ping is answered; silence is no
 * failure. */
static void ask_theirs(struct xpresence *x)
{
	struct cpl_fence_events events = {on_fence, on_fence_done, x};
	struct xpresence_set *s = &x->setting;
	struct cpl_err e = CPL_ERR_INIT;
	int r = 0;

	if (x->to.count == 0 || s->sent == 0)
		return;
	s->fence = cpl_fence_new(x->client.run.session, &events);
	if (!s->fence) {
		cpl_run_no_memory(&x->client.run);
		return;
	}
	for (size_t i = 0; i < x->to.count && r == 0; i++)
		r = cpl_fence_ask(s->fence, x->to.list[i].bare, CPL_NS_PING, 0,
				  &e);
	if (r < 0)
		xpresence_give_up(x, &e);
	cpl_loop_timer(x->client.run.loop, &s->settle, x->set.settle);
}

/* The last state is announced, whatever --rate says: it was given to us. */
static void on_input_end(void *user, const struct cpl_err *e)
{
	struct xpresence *x = user;

	if (e)
		cpl_run_complain(&x->client.run, e);
	x->setting.ended = 1;
	/* What is left is soon done: who waits for it is not to wait for ever.
	 */
	x->client.run.retry = 0;
	cpl_session_retry(x->client.run.session, 0);
	if (!x->online || x->client.closing)
		return;
	announce(x);
	if (x->client.run.over)
		return;
	withdraw(x);
	ask_theirs(x);
	x->setting.ending = 1;
	end_when_proved(x);
}

static void on_acked(struct xpresence *x, uint64_t upto)
{
	x->setting.acked = upto;
	end_when_proved(x);
}

/* A hold that -W ends was as long as it should be. */
static void ending(struct xpresence *x, const struct cpl_err *why)
{
	struct xpresence_set *s = &x->setting;

	cpl_loop_cancel(x->client.run.loop, &s->next);
	if (s->input)
		cpl_input_hold(s->input, 1);
	if (why->status != CPL_OK || !x->online)
		return;
	x->client.goal_met = cpl_session_online(x->client.run.session) &&
			     s->acked >= s->sent && !s->state;
	withdraw(x);
}

/* --- the session ------------------------------------------------------- */

static void online(struct xpresence *x)
{
	struct xpresence_set *s = &x->setting;

	if (s->ending)
		return;
	/* After a new login it is announced again. */
	if (!s->state && s->there)
		s->state = xmpp_stanza_clone(s->current);
	announce(x);
	if (x->client.run.over || !x->setting.input)
		return;
	if (x->setting.ended)
		on_input_end(x, NULL);
	else
		cpl_input_hold(x->setting.input, 0);
}

/* Without a connection the input is read all the same: its end is the end, and
 * of what it says the last state counts. */
static void lost(struct xpresence *x)
{
	if (x->setting.input)
		cpl_input_hold(x->setting.input, 0);
}

/* Somebody of --to cannot be told; that is said once. Errors of others are of
 * no directed presence, and none of ours. */
static void bounced(struct xpresence *x, const char *from, struct cpl_err *e)
{
	for (size_t i = 0; i < x->to.count; i++) {
		if (x->setting.bounced[i] ||
		    !cpl_jid_is(from, x->to.list[i].full))
			continue;
		x->setting.bounced[i] = 1;
		x->setting.bounces++;
		cpl_err_prefix(e, "%s", from);
		cpl_run_complain(&x->client.run, e);
	}
	if (x->to.count > 0 && x->setting.bounces == x->to.count)
		x->client.run.outcome.went_through = 0;
}

static int on_stanza(struct xpresence *x, xmpp_stanza_t *stanza)
{
	const char *from = xmpp_stanza_get_from(stanza);
	struct cpl_err e = CPL_ERR_INIT;

	if (cpl_filter_kind(stanza) != CPL_PRESENCE)
		return 0;
	if (!cpl_has_type(stanza, "error"))
		return 1;
	cpl_fault_stanza(stanza, &e);
	if (from)
		bounced(x, from, &e);
	else if (cpl_err_prefix(&e, "the server") < 0)
		cpl_run_complain(&x->client.run, &e);
	return 1;
}

static void check(struct xpresence *x, int argc, char **argv)
{
	struct cpl_cli *cli = &x->client.run.cli;
	int hold = (x->set.given & X_HOLD) != 0;

	x->set.show = "available";
	if (argc > 0)
		x->set.show = cpl_value_word(cli, "set", argv[0],
					     xpresence_shows, XPRESENCE_SHOWS);
	if (argc > 1)
		x->set.status = cpl_value_text(cli, "the status", argv[1]);
	if (strcmp(x->set.show, "unavailable") == 0 && !(x->set.given & X_TO))
		cpl_cli_usage(cli, "set unavailable: this session has "
				   "announced nothing, --to says whom to tell");
	if (hold && (x->set.given & X_RATE))
		cpl_cli_usage(cli, "--rate goes without --hold");
	if (!hold && cli->password_fd == 0)
		cpl_cli_usage(cli, "--password-fd 0: the changes are on "
				   "stdin, unless there is --hold");
}

static void open_set(struct xpresence *x)
{
	struct cpl_input_events events = {xpresence_line, xpresence_over, NULL,
					  on_input_end, x};
	struct xpresence_set *s = &x->setting;

	s->next.fire = on_next;
	s->settle.fire = on_settle;
	s->next.user = s->settle.user = x;
	s->bounced = calloc(x->to.count + 1, 1);
	if (!s->bounced) {
		cpl_run_no_memory(&x->client.run);
		return;
	}
	/* Those of --to that are told: there are some until all bounce. */
	x->client.run.outcome.went_through = x->to.count > 0;
	xpresence_change(x, xpresence_state(x, x->set.show, x->set.status));
	if (x->client.run.over || (x->set.given & X_HOLD))
		return;
	s->input = cpl_input_new(x->client.run.loop, NULL, 0, CPL_INPUT_LINES,
				 &events);
	if (!s->input)
		cpl_run_no_memory(&x->client.run);
}

static void release(struct xpresence *x)
{
	struct xpresence_set *s = &x->setting;

	cpl_input_free(s->input);
	cpl_fence_free(s->fence);
	free(s->bounced);
	if (s->state)
		xmpp_stanza_release(s->state);
	if (s->current)
		xmpp_stanza_release(s->current);
}

const struct xpresence_verb xpresence_set = {
    .name = "set",
    .options = X_PRIORITY | X_TO | X_HOLD | X_RATE | X_SETTLE | X_NO_RECONNECT,
    .most = 2,
    .text = 1,
    .check = check,
    .open = open_set,
    .online = online,
    .stanza = on_stanza,
    .acked = on_acked,
    .lost = lost,
    .ending = ending,
    .release = release,
};
