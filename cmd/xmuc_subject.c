/* SPDX-License-Identifier: MIT
 *
 * xmuc subject: what a room is about, which it tells who enters, is one record
 * out. */
#include <stdlib.h>
#include <string.h>

#include "../common/cli/value.h"
#include "../common/stanza/build.h"
#include "../common/stanza/filter.h"
#include "../common/stanza/muc.h"
#include "xmuc.h"

/* The kind of our id. */
#define ID_SUBJECT 50

/* --- printing ---------------------------------------------------------- */

static void print(struct xmuc_task *t, const char *subject, const char *from)
{
	static const char *const keys[] = {"subject", "room", "nick"};
	const char *values[] = {subject, t->place, cpl_muc_nick(from)};
	int text = t->x->client.format.kind != CPL_FORMAT_JSON;

	cpl_client_record(&t->x->client, keys, values, text ? 1 : 3);
	xmuc_done(t);
}

/* 7.2.15: it comes with the join, behind what was said. */
static void take_subject(struct xmuc_task *t, xmpp_stanza_t *stanza)
{
	char *subject;

	if (cpl_filter_kind(stanza) != CPL_MESSAGE ||
	    cpl_has_type(stanza, "error") || !cpl_muc_is_subject(stanza))
		return;
	subject = cpl_text(cpl_own_child(stanza, "subject"));
	if (!subject)
		cpl_run_no_memory(&t->x->client.run);
	else if (xmuc_print_stanza(t->x, stanza))
		xmuc_done(t);
	else
		print(t, subject, xmpp_stanza_get_from(stanza));
	free(subject);
}

/* What the room had to say at the join came before this. */
static void take_fence(struct xmuc_task *t, xmpp_stanza_t *answer)
{
	(void)answer;
	print(t, "", NULL);
}

static void fence_refused(struct xmuc_task *t, xmpp_stanza_t *answer,
			  const struct cpl_err *why)
{
	if (answer)
		take_fence(t, answer);
	else
		xmuc_fail(t, why);
}

static void look(struct xmuc_task *t)
{
	t->once = 1;
	t->refused = fence_refused;
	xmuc_ask_info(t, take_fence);
}

/* --- setting ----------------------------------------------------------- */

/* Ours comes back to us, or an error does (8.1). */
static void take_reflection(struct xmuc_task *t, xmpp_stanza_t *stanza)
{
	const char *id = xmpp_stanza_get_id(stanza);
	const char *from = xmpp_stanza_get_from(stanza);
	struct cpl_err e = CPL_ERR_INIT;

	if (cpl_filter_kind(stanza) != CPL_MESSAGE)
		return;
	if (cpl_has_type(stanza, "error") && id && strcmp(id, t->id) == 0) {
		t->setting = 0;
		xmuc_meaning(t->x, stanza, &e);
		xmuc_fail(t, &e);
	} else if (cpl_muc_is_subject(stanza) && t->setting &&
		   cpl_room_is_own(t->room, from) &&
		   !cpl_muc_is_past(stanza, t->place)) {
		t->setting = 0;
		xmuc_done(t);
	}
}

static void say(struct xmuc_task *t)
{
	struct xmuc *x = t->x;
	struct cpl_session *session = x->client.run.session;
	struct cpl_err e = CPL_ERR_INIT;
	xmpp_stanza_t *m;

	cpl_id(cpl_session_ids(session), ID_SUBJECT, 1, t->id);
	m = cpl_build_stanza(x->client.run.ctx, "message", "groupchat", t->id,
			     t->place);
	t->once = t->setting = 1;
	if (!m || cpl_build_text_child(m, "subject", x->set.text) < 0)
		cpl_err_nomem(&e);
	else
		(void)!cpl_session_send_once(session, m, NULL, &e);
	if (m)
		xmpp_stanza_release(m);
	if (e.status == CPL_OK)
		return;
	t->setting = 0;
	if (xmuc_unsent(x, &e))
		xmuc_fail(t, &e);
}

static void start_subject(struct xmuc_task *t)
{
	int set = t->x->set.text != NULL;

	t->stanza = set ? take_reflection : take_subject;
	xmuc_join(t, XMUC_THERE, set ? say : look);
}

static void subject_operands(struct xmuc *x, int n, char **argv)
{
	if (n > 0)
		x->set.text =
		    cpl_value_text(&x->client.run.cli, "the subject", argv[0]);
}

static const struct xmuc_meaning of_subject[] = {
    {"forbidden", "we may not change the subject", CPL_REFUSED},
    {"not-allowed", "we may not change the subject", CPL_REFUSED},
    {"not-acceptable", "we may not change the subject", CPL_REFUSED},
    {NULL, NULL, CPL_OK},
};

const struct xmuc_verb xmuc_subject = {
    .word = "subject",
    .operands = "ROOM [TEXT]",
    .joins = 1,
    .least = 1,
    .most = 2,
    .options = XMUC_NICK | XMUC_PASSWORD,
    .operand = subject_operands,
    .start = start_subject,
    .meanings = of_subject,
};
