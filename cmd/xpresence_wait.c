/* SPDX-License-Identifier: MIT
 *
 * xpresence watch --wait-for: whether operands, or anybody, are in the state
 * that is waited for. */
#include <string.h>

#include "../common/stanza/build.h"
#include "xpresence.h"

/* A bare operand is all its resources. */
int xpresence_covers(const struct cpl_jid *operand, const struct cpl_jid *jid)
{
	return strcmp(operand->resource ? operand->full : operand->bare,
		      operand->resource ? jid->full : jid->bare) == 0 ||
	       (!jid->resource && strcmp(operand->bare, jid->bare) == 0);
}

/* What is known of all resources together. */
static unsigned of_account(const struct xpresence *x, const struct cpl_jid *jid)
{
	struct cpl_jid bare = *jid;

	bare.full = bare.bare;
	bare.resource = NULL;
	return cpl_sight_of(x->watch.sight, &bare);
}

/* What is known of an operand; that its account is gone holds for each of its
 * resources. */
unsigned xpresence_state_of(const struct xpresence *x, size_t operand)
{
	const struct cpl_jid *who = &x->who.list[operand];
	unsigned state = cpl_sight_of(x->watch.sight, who);

	if (state != 0 || !who->resource)
		return state;
	return of_account(x, who) & CPL_SIGHT_GONE;
}

/* Who was never there has sent nothing that could be printed. */
static void print_gone(struct xpresence *x, const char *jid)
{
	xmpp_stanza_t *p = cpl_build_stanza(x->client.run.ctx, "presence",
					    "unavailable", NULL, NULL);

	if (p && cpl_set_attr(p, "from", jid) == 0)
		xpresence_print(x, p);
	else
		cpl_run_no_memory(&x->client.run);
	if (p)
		xmpp_stanza_release(p);
}

/* Whether an operand is in the state that is waited for. Silence says that
 * somebody is gone only when all was asked and nothing stayed unknown. */
static int in_state(const struct xpresence *x, size_t operand)
{
	unsigned state = xpresence_state_of(x, operand);

	if (state == 0 && x->watch.settled && !x->watch.unknown &&
	    x->watch.verdicts[operand] == X_ASKED)
		state = CPL_SIGHT_GONE;
	return (state & x->set.wait_for) != 0;
}

static int all_in_state(const struct xpresence *x)
{
	for (size_t i = 0; i < x->who.count; i++)
		if (!in_state(x, i))
			return 0;
	return x->who.count > 0;
}

/* Without operands anybody's presence will do, but that one of them is not
 * there is no news, nor that one resource of several is gone. */
static int anybody(const struct xpresence *x, const struct cpl_jid *from,
		   unsigned state, int news)
{
	if (x->who.count > 0 || !news || !(state & x->set.wait_for))
		return 0;
	return !(state & CPL_SIGHT_GONE) ||
	       !(of_account(x, from) & CPL_SIGHT_AVAILABLE);
}

/* A presence of somebody who is watched came. */
void xpresence_wait_on(struct xpresence *x, const struct cpl_jid *from,
		       xmpp_stanza_t *presence, int news)
{
	unsigned state = cpl_sight_state(presence);
	int met = anybody(x, from, state, news);

	for (size_t i = 0; i < x->who.count; i++) {
		if (!xpresence_covers(&x->who.list[i], from))
			continue;
		if (state & CPL_SIGHT_AVAILABLE) {
			x->watch.verdicts[i] = X_ASKED;
			x->watch.told[i] = 0;
		}
		met |= (state & x->set.wait_for) && in_state(x, i);
	}
	/* What a new login brings again was printed. */
	if (met && (news || !x->watch.again))
		xpresence_print(x, presence);
	if (x->who.count == 0 ? met : all_in_state(x))
		xpresence_finish(x);
}

/* Those of whom nothing has come by now. */
void xpresence_wait_settled(struct xpresence *x)
{
	if (x->set.wait_for != CPL_SIGHT_GONE)
		return;
	for (size_t i = 0; i < x->who.count; i++)
		if (xpresence_state_of(x, i) == 0 && in_state(x, i) &&
		    !x->watch.told[i]) {
			x->watch.told[i] = 1;
			print_gone(x, x->who.list[i].full);
		}
	if (all_in_state(x))
		xpresence_finish(x);
}
