/* SPDX-License-Identifier: MIT
 *
 * xmuc invite: a person in, as operand or line, is an invitation out, from us
 * (XEP-0249) or through the room (XEP-0045 7.8.2). */
#include <string.h>

#include "../common/base/limits.h"
#include "../common/stanza/build.h"
#include "../common/stanza/ns.h"
#include "xmuc.h"

/* --- the invitation ---------------------------------------------------- */

static int add_direct(struct xmuc_task *t, xmpp_stanza_t *m)
{
	const struct xmuc *x = t->x;
	xmpp_stanza_t *el = cpl_build_child(m, "x", CPL_NS_CONFERENCE);

	return el && cpl_set_attr(el, "jid", t->place) == 0 &&
		       cpl_set_attr(el, "reason", x->set.reason) == 0 &&
		       cpl_set_attr(el, "password", xmuc_given_password(t)) == 0
		   ? 0
		   : -1;
}

static int add_mediated(struct xmuc_task *t, xmpp_stanza_t *m, const char *who)
{
	const struct xmuc *x = t->x;
	xmpp_stanza_t *el = cpl_build_child(
	    cpl_build_child(m, "x", CPL_NS_MUC_USER), "invite", NULL);

	if (cpl_set_attr(el, "to", who) < 0 ||
	    (x->set.reason &&
	     cpl_build_text_child(el, "reason", x->set.reason) < 0))
		return -1;
	return 0;
}

/* New, the caller's; NULL without memory. */
static xmpp_stanza_t *invitation(struct xmuc_task *t, const char *who)
{
	int mediated = (t->x->set.given & XMUC_MEDIATED) != 0;
	xmpp_stanza_t *m =
	    cpl_build_stanza(t->x->client.run.ctx, "message", NULL, NULL,
			     mediated ? t->place : who);

	return cpl_built(m, m && (mediated ? add_mediated(t, m, who)
					   : add_direct(t, m)) == 0);
}

/* --- on its way -------------------------------------------------------- */

static void refuse(struct xmuc_task *t, size_t i, const struct cpl_err *why)
{
	t->about = t->x->people.list[i].full;
	xmuc_complain(t, why);
	t->about = NULL;
}

/* 0, or -1: the run was given up. */
static int send_one(struct xmuc_task *t, size_t i)
{
	struct xmuc *x = t->x;
	struct cpl_origin origin = {1, (uint32_t)i};
	struct cpl_err e = CPL_ERR_INIT;
	xmpp_stanza_t *m = invitation(t, x->people.list[i].full);

	if (!m)
		cpl_err_nomem(&e);
	else
		(void)!cpl_delivery_send(x->delivery, m, &origin, &e);
	if (m)
		xmpp_stanza_release(m);
	if (e.status == CPL_OK)
		return 0;
	if (!xmuc_unsent(x, &e))
		return -1;
	refuse(t, i, &e);
	return 0;
}

static void send_next(struct xmuc_task *t)
{
	struct xmuc *x = t->x;

	while (x->invited < x->people.count && !cpl_delivery_full(x->delivery))
		if (send_one(t, x->invited++) < 0)
			return;
	if (x->invited == x->people.count)
		cpl_delivery_finish(x->delivery);
}

static void on_room(void *user)
{
	send_next(user);
}

/* What a room says of an invitation through it is about who was invited. */
static void on_refused(void *user, const struct cpl_origin *origin,
		       const char *from, const char *id,
		       const struct cpl_err *why)
{
	struct xmuc_task *t = user;
	struct cpl_err e = *why;

	(void)from;
	(void)id;
	if (e.status == CPL_REFUSED)
		xmuc_explain(t->x, &e);
	if (origin->recipient < t->x->people.count)
		refuse(t, origin->recipient, &e);
}

static void on_done(void *user)
{
	struct xmuc_task *t = user;
	struct xmuc *x = t->x;
	int all_refused =
	    cpl_delivery_refused(x->delivery) >= cpl_delivery_sent(x->delivery);

	xmuc_done(t);
	x->client.run.outcome.went_through = !all_refused;
}

static void go(struct xmuc_task *t)
{
	struct xmuc *x = t->x;
	struct cpl_delivery_conf conf = {
	    .loop = x->client.run.loop,
	    .session = x->client.run.session,
	    .bounce_wait = CPL_BOUNCE_WAIT_MS,
	    .recipients = (uint32_t)x->people.count,
	};
	struct cpl_delivery_events events = {
	    .refused = on_refused, .room = on_room, .done = on_done, .user = t};

	x->delivery = cpl_delivery_new(&conf, &events);
	if (!x->delivery) {
		cpl_run_no_memory(&x->client.run);
		return;
	}
	t->setting = 1;
	send_next(t);
}

static void start_invite(struct xmuc_task *t)
{
	if (t->x->set.given & XMUC_MEDIATED)
		xmuc_join(t, XMUC_THERE, go);
	else
		go(t);
}

/* --- operands ---------------------------------------------------------- */

static int invite_line(struct xmuc *x, char *text, struct cpl_err *e)
{
	text[strcspn(text, "\t")] = '\0';
	return cpl_recipients_add(&x->people, x->client.run.cli.config, text,
				  e);
}

static void invite_operands(struct xmuc *x, int n, char **argv)
{
	struct cpl_cli *cli = &x->client.run.cli;
	struct cpl_err e = CPL_ERR_INIT;

	for (int i = 0; i < n; i++) {
		if (strcmp(argv[i], "-") == 0)
			x->from_stdin = 1;
		else if (cpl_recipients_add(&x->people, cli->config, argv[i],
					    &e) < 0)
			cpl_cli_die(cli, &e);
	}
}

static size_t invite_count(const struct xmuc *x)
{
	return x->people.count > 0;
}

static const struct xmuc_meaning of_direct[] = {
    {"service-unavailable", "not there", CPL_REFUSED},
    {"item-not-found", "not there", CPL_REFUSED},
    {"remote-server-not-found", "no such server", CPL_UNAVAILABLE},
    {"not-acceptable", "takes no invitation", CPL_REFUSED},
    {"forbidden", "we may not invite", CPL_REFUSED},
    {"not-allowed", "we may not invite", CPL_REFUSED},
    {NULL, NULL, CPL_OK},
};

const struct xmuc_verb xmuc_invite = {
    .word = "invite",
    .operands = "ROOM JID...",
    .joins = 1,
    .least = 2,
    .most = CPL_RECIPIENTS_MAX,
    .options = XMUC_REASON | XMUC_MEDIATED | XMUC_NICK | XMUC_PASSWORD,
    .operand = invite_operands,
    .line = invite_line,
    .count = invite_count,
    .start = start_invite,
    .meanings = of_direct,
};
