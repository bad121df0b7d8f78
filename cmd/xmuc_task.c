/* SPDX-License-Identifier: MIT
 *
 * The tasks of a run: started in their order, several at once, until all have
 * ended. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/base/limits.h"
#include "../common/stanza/build.h"
#include "../common/stanza/disco.h"
#include "../common/stanza/ns.h"
#include "../common/stream/fault.h"
#include "xmuc.h"

/* So many are open at once. */
#define PARALLEL 32

/* --- what errors mean -------------------------------------------------- */

/* For all verbs, behind what the verb says. */
static const struct xmuc_meaning everywhere[] = {
    {"item-not-found", "the room does not exist", CPL_REFUSED},
    {"remote-server-not-found", "no such service", CPL_UNAVAILABLE},
    {"remote-server-timeout", "the service cannot be reached", CPL_TEMP},
    {"service-unavailable", "no such service", CPL_UNAVAILABLE},
    {"feature-not-implemented", "the service does not have this",
     CPL_UNAVAILABLE},
    {"gone", "the room is no more", CPL_REFUSED},
    {"registration-required", "members only", CPL_REFUSED},
    {"internal-server-error", "the service has failed", CPL_TEMP},
    {"resource-constraint", "the service has no room for more", CPL_TEMP},
    {NULL, NULL, CPL_OK},
};

static const struct xmuc_meaning *find(const struct xmuc_meaning *list,
				       const char *condition)
{
	for (; list && list->condition; list++)
		if (strcmp(list->condition, condition) == 0)
			return list;
	return NULL;
}

int xmuc_explain(const struct xmuc *x, struct cpl_err *e)
{
	char condition[64];
	const struct xmuc_meaning *m;

	snprintf(condition, sizeof condition, "%.*s",
		 (int)strcspn(e->text, " "), e->text);
	m = find(x->verb->meanings, condition);
	if (!m)
		m = find(everywhere, condition);
	if (!m)
		return -1;
	e->status = m->status;
	return cpl_err_prefix(e, "%s", m->means);
}

int xmuc_meaning(const struct xmuc *x, xmpp_stanza_t *stanza, struct cpl_err *e)
{
	cpl_fault_stanza(stanza, e);
	return xmuc_explain(x, e);
}

/* --- from the first to the last ---------------------------------------- */

static void finish(struct xmuc *x)
{
	x->client.goal_met = 1;
	cpl_client_close(&x->client);
}

static void end(struct xmuc_task *t);

static void gate_open(struct xmuc_task *t)
{
	t->x->gated = 1;
	end(t);
}

/* Where the gate does not open no task is started. */
static void ask_gate(struct xmuc *x)
{
	struct xmuc_task *t = &x->gate;

	if (t->state == XMUC_ENDED) {
		x->task_count = x->next;
		finish(x);
		return;
	}
	if (t->state != XMUC_WAITING)
		return;
	t->x = x;
	t->place = x->rooms.list[0].full;
	t->state = XMUC_OPEN;
	x->open++;
	xmuc_there(t, gate_open);
}

static void pump(struct xmuc *x)
{
	if (x->pumping)
		return;
	if (x->verb->gate && !x->gated) {
		ask_gate(x);
		return;
	}
	x->pumping = 1;
	while (x->next < x->task_count && x->open < PARALLEL &&
	       !x->client.closing && !x->client.run.over) {
		struct xmuc_task *t = &x->tasks[x->next++];

		t->state = XMUC_OPEN;
		x->open++;
		x->verb->start(t);
	}
	x->pumping = 0;
	if (x->open == 0 && x->next == x->task_count && !x->client.closing &&
	    !x->client.run.over)
		finish(x);
}

static void end(struct xmuc_task *t)
{
	if (t->state == XMUC_ENDED)
		return;
	t->state = XMUC_ENDED;
	t->answered = NULL;
	t->joined = NULL;
	t->stanza = NULL;
	if (t->iq)
		xmpp_stanza_release(t->iq);
	t->iq = NULL;
	cpl_rsm_release(&t->rsm);
	cpl_form_release(&t->form);
	t->x->open--;
	if (t->room)
		cpl_room_leave(t->room);
	pump(t->x);
}

void xmuc_done(struct xmuc_task *t)
{
	if (t->state == XMUC_ENDED)
		return;
	t->x->client.run.outcome.went_through = 1;
	end(t);
}

void xmuc_take_done(struct xmuc_task *t, xmpp_stanza_t *answer)
{
	(void)answer;
	xmuc_done(t);
}

void xmuc_complain(struct xmuc_task *t, const struct cpl_err *why)
{
	struct cpl_err e = *why;

	/* Both may be long: the reason is to be seen. */
	cpl_err_prefix(&e, "%.300s%s%.300s", t->place, t->about ? ": " : "",
		       t->about ? t->about : "");
	cpl_run_complain(&t->x->client.run, &e);
}

void xmuc_fail(struct xmuc_task *t, const struct cpl_err *why)
{
	if (t->state == XMUC_ENDED)
		return;
	xmuc_complain(t, why);
	end(t);
}

/* --- questions --------------------------------------------------------- */

xmpp_stanza_t *xmuc_query(const struct xmuc_task *t, const char *type,
			  const char *ns, xmpp_stanza_t **query)
{
	return cpl_build_iq(t->x->client.run.ctx, type, t->place, "query", ns,
			    query);
}

static void on_answered(void *user, void *item, xmpp_stanza_t *answer,
			const struct cpl_err *why)
{
	struct xmuc *x = user;
	struct xmuc_task *t = item;
	struct cpl_err e = CPL_ERR_INIT;

	/* None: xmuc_ending() tells. */
	if (!answer && !cpl_session_alive(x->client.run.session))
		return;
	if (t->state == XMUC_ENDED)
		return;
	if (cpl_has_type(answer, "result")) {
		t->setting = 0;
		if (t->answered)
			t->answered(t, answer);
		return;
	}
	if (answer)
		xmuc_meaning(x, answer, &e);
	else
		e = *why;
	if (!answer && t->setting)
		cpl_err_prefix(&e, "unknown outcome");
	t->setting = 0;
	if (t->refused)
		t->refused(t, answer, &e);
	else
		xmuc_fail(t, &e);
}

int xmuc_unsent(struct xmuc *x, const struct cpl_err *why)
{
	if (why->status == CPL_DATA)
		return 1;
	cpl_run_give_up(&x->client.run, why);
	return 0;
}

static void ask(struct xmuc_task *t, xmpp_stanza_t *iq)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (!iq)
		cpl_err_nomem(&e);
	else
		(void)!cpl_pool_ask(t->x->pool, iq, t, &e);
	t->setting = cpl_has_type(iq, "set");
	if (e.status == CPL_OK)
		return;
	t->setting = 0;
	if (xmuc_unsent(t->x, &e))
		xmuc_fail(t, &e);
}

void xmuc_ask(struct xmuc_task *t, xmpp_stanza_t *iq,
	      void (*answered)(struct xmuc_task *t, xmpp_stanza_t *answer))
{
	t->answered = answered;
	ask(t, iq);
	if (iq)
		xmpp_stanza_release(iq);
}

void xmuc_ask_info(struct xmuc_task *t,
		   void (*answered)(struct xmuc_task *t, xmpp_stanza_t *answer))
{
	xmuc_ask(t,
		 cpl_disco_request(t->x->client.run.ctx, t->place, NULL,
				   CPL_NS_DISCO_INFO),
		 answered);
}

/* XEP-0059 2.1: some servers send but a part of a long list to who does not ask
 * for pages. */
void xmuc_ask_items(struct xmuc_task *t,
		    void (*answered)(struct xmuc_task *t,
				     xmpp_stanza_t *answer))
{
	xmpp_stanza_t *iq = cpl_disco_request(t->x->client.run.ctx, t->place,
					      NULL, CPL_NS_DISCO_ITEMS);

	if (iq && cpl_rsm_begin(iq, CPL_BROWSE_PAGE) < 0) {
		xmpp_stanza_release(iq);
		iq = NULL;
	}
	t->answered = answered;
	t->iq = iq;
	ask(t, iq);
}

int xmuc_page(struct xmuc_task *t, xmpp_stanza_t *answer)
{
	struct cpl_err e = CPL_ERR_INIT;
	int more = cpl_rsm_next(&t->rsm, t->iq, answer, &e);

	if (more > 0 && t->rsm.pages > CPL_BROWSE_PAGES_MAX)
		more = cpl_err_set(&e, CPL_PROTOCOL, "more than %d pages",
				   CPL_BROWSE_PAGES_MAX);
	if (more > 0)
		ask(t, t->iq);
	else if (more < 0)
		xmuc_fail(t, &e);
	return more;
}

static void is_there(struct xmuc_task *t, xmpp_stanza_t *answer)
{
	(void)answer;
	t->refused = NULL;
	t->then(t);
}

/* What else is wrong the next answer says. */
static void is_not_there(struct xmuc_task *t, xmpp_stanza_t *answer,
			 const struct cpl_err *why)
{
	xmpp_stanza_t *error = cpl_child(answer, "error", CPL_NS_CLIENT);

	if (answer && strcmp(cpl_condition(error, CPL_NS_STANZA_ERRORS),
			     "item-not-found") != 0)
		is_there(t, answer);
	else
		xmuc_fail(t, why);
}

void xmuc_there(struct xmuc_task *t, void (*then)(struct xmuc_task *t))
{
	t->then = then;
	t->refused = is_not_there;
	xmuc_ask_info(t, is_there);
}

/* --- the session ------------------------------------------------------- */

static int make_tasks(struct xmuc *x)
{
	struct cpl_pool_conf conf = {
	    .loop = x->client.run.loop,
	    .session = x->client.run.session,
	    .parallel = PARALLEL,
	    .each_timeout = x->set.each_timeout,
	};
	struct cpl_pool_events events = {on_answered, NULL, x};

	x->task_count = x->verb->count ? x->verb->count(x) : x->rooms.count;
	x->tasks = calloc(x->task_count + 1, sizeof *x->tasks);
	x->pool = cpl_pool_new(&conf, &events);
	if (!x->tasks || !x->pool)
		return -1;
	for (size_t i = 0; i < x->task_count; i++) {
		struct xmuc_task *t = &x->tasks[i];
		int each = x->task_count == x->rooms.count;

		t->x = x;
		t->index = i;
		if (x->rooms.count > 0)
			t->place = x->rooms.list[each ? i : 0].full;
		else
			t->place = cpl_session_jid(x->client.run.session)->bare;
	}
	return 0;
}

/* After a new login the rooms are entered again; what had come, or was on its
 * way, within the old one is not told a second time. */
static void online_again(struct xmuc *x)
{
	struct cpl_err e = CPL_ERR_INIT;

	for (size_t i = 0; i < x->next; i++) {
		struct xmuc_task *t = &x->tasks[i];

		if (t->state != XMUC_OPEN || !t->room)
			continue;
		if (!t->once) {
			cpl_room_online(t->room);
			continue;
		}
		cpl_err_set(&e, CPL_TEMP, "%sthe connection was lost",
			    t->setting ? "unknown outcome: " : "");
		xmuc_fail(t, &e);
	}
}

void xmuc_online(struct xmuc *x)
{
	if (x->tasks) {
		online_again(x);
		return;
	}
	if (make_tasks(x) < 0)
		cpl_run_no_memory(&x->client.run);
	else
		pump(x);
}

void xmuc_ending(struct xmuc *x)
{
	const struct cpl_cli *cli = &x->client.run.cli;
	size_t left = x->task_count - x->next;

	for (size_t i = 0; i < x->next; i++) {
		const struct xmuc_task *t = &x->tasks[i];

		if (t->state == XMUC_OPEN && t->setting)
			cpl_cli_warn(cli, "%s%s%s: unknown outcome", t->place,
				     t->about ? ": " : "",
				     t->about ? t->about : "");
	}
	if (left > 0)
		cpl_cli_warn(cli, "not asked: %zu of %zu", left, x->task_count);
}
