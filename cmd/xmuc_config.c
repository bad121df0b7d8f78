/* SPDX-License-Identifier: MIT
 *
 * xmuc config, destroy and register: what owners, and those who want a
 * nickname, tell a room by forms. A setting is one record out; KEY=VALUE is
 * one in. */
#include <stdlib.h>
#include <string.h>

#include "../common/base/limits.h"
#include "../common/stanza/build.h"
#include "../common/stanza/jid.h"
#include "../common/stanza/json.h"
#include "../common/stanza/ns.h"
#include "../common/stanza/text.h"
#include "xmuc.h"

static const struct xmuc_meaning of_owner[] = {
    {"forbidden", "not an owner", CPL_REFUSED},
    {"not-allowed", "not an owner", CPL_REFUSED},
    {"not-acceptable", "the room does not take this", CPL_REFUSED},
    {"conflict", "the room does not take this", CPL_REFUSED},
    {NULL, NULL, CPL_OK},
};

/* --- the settings ------------------------------------------------------ */

/* KEY=VALUE TYPE LABEL, and behind them the options of a list. */
static void print_value(struct xmuc *x, const struct cpl_form_field *field,
			const char *value)
{
	size_t n = 3;
	const char **fields = calloc(n + field->option_count, sizeof *fields);
	struct cpl_buf pair = CPL_BUF_SECRET_INIT(2 * CPL_STANZA_BYTES_MAX);

	if (!fields || cpl_buf_addf(&pair, "%s=%s", field->var, value) < 0) {
		free(fields);
		cpl_run_no_memory(&x->client.run);
		return;
	}
	fields[0] = pair.data;
	fields[1] = cpl_form_kind(field->kind);
	fields[2] = field->label;
	for (size_t i = 0; i < field->option_count; i++)
		fields[n++] = field->options[i].value;
	cpl_client_fields(&x->client, fields, n);
	cpl_buf_release(&pair);
	free(fields);
}

static void print_text(struct xmuc_task *t)
{
	for (size_t i = 0; i < t->form.count; i++) {
		const struct cpl_form_field *field = &t->form.fields[i];
		const char *value;

		if (field->kind == CPL_FORM_HIDDEN)
			continue;
		if (!cpl_form_value(field, 0))
			print_value(t->x, field, "");
		for (size_t k = 0; (value = cpl_form_value(field, k)); k++)
			print_value(t->x, field, value);
	}
}

/* {"room":J,"title":T,"instructions":I,"fields":[...]} */
static void print_json(struct xmuc_task *t)
{
	struct xmuc *x = t->x;
	struct cpl_buf *out = &x->client.line;

	cpl_client_json(
	    &x->client,
	    cpl_buf_addc(out, '{') < 0 ||
		cpl_json_entry(out, "room", t->place) < 0 ||
		cpl_json_entry(out, "title", t->form.title) < 0 ||
		cpl_json_entry(out, "instructions", t->form.instructions) < 0 ||
		cpl_buf_adds(out, ",\"fields\":") < 0 ||
		cpl_form_json(out, &t->form) < 0 || cpl_buf_addc(out, '}') < 0);
}

/* 0, or -1 and the task has failed. */
static int take_form(struct xmuc_task *t, xmpp_stanza_t *answer)
{
	xmpp_stanza_t *query =
	    xmuc_payload(t, answer, "query", CPL_NS_MUC_OWNER);
	struct cpl_err e = CPL_ERR_INIT;

	if (!query)
		return -1;
	if (cpl_form_read(&t->form, cpl_child(query, "x", CPL_NS_DATA), &e) ==
	    0)
		return 0;
	xmuc_fail(t, &e);
	return -1;
}

static void take_settings(struct xmuc_task *t, xmpp_stanza_t *answer)
{
	if (take_form(t, answer) < 0)
		return;
	if (t->x->client.format.kind == CPL_FORMAT_JSON)
		print_json(t);
	else if (!xmuc_print_stanza(t->x, answer))
		print_text(t);
	xmuc_done(t);
}

/* 10.2: from the form as it is, so that all else stays as it is. */
static void change_settings(struct xmuc_task *t, xmpp_stanza_t *answer)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (take_form(t, answer) < 0)
		return;
	if (xmuc_change(t, &e) < 0)
		xmuc_fail(t, &e);
	else
		xmuc_submit(t, CPL_NS_MUC_OWNER,
			    cpl_form_submit(&t->form, t->x->client.run.ctx),
			    xmuc_take_done);
}

static void ask_settings(struct xmuc_task *t)
{
	xmuc_ask(t, xmuc_query(t, "get", CPL_NS_MUC_OWNER, NULL),
		 t->x->set.changes.count > 0 ||
			 (t->x->set.given & XMUC_PASSWORD)
		     ? change_settings
		     : take_settings);
}

static void config_operands(struct xmuc *x, int n, char **argv)
{
	for (int i = 0; i < n; i++) {
		if (strcmp(argv[i], "-") == 0)
			x->from_stdin = 1;
		else
			xmuc_add_change(x, "config", argv[i]);
	}
	if (x->from_stdin && n > 1)
		cpl_cli_usage(&x->client.run.cli,
			      "KEY=VALUE is on stdin or among the operands");
}

/* As it was printed. */
static int config_line(struct xmuc *x, char *text, struct cpl_err *e)
{
	struct cpl_buf pair = CPL_BUF_SECRET_INIT(CPL_STANZA_BYTES_MAX);
	int result = cpl_read_field(&pair, text, strcspn(text, "\t"), e);

	if (result == 0 && (!pair.data || !strchr(pair.data, '=')))
		result = cpl_err_set(e, CPL_DATA, "no KEY=VALUE");
	if (result == 0 && xmuc_words_add(&x->set.changes, pair.data) < 0)
		result = cpl_err_nomem(e);
	cpl_buf_release(&pair);
	return result;
}

static void start_config(struct xmuc_task *t)
{
	xmuc_there(t, ask_settings);
}

/* Of stdin, where nothing came there is nothing to be done. */
static size_t config_count(const struct xmuc *x)
{
	return x->from_stdin && x->set.changes.count == 0 ? 0 : 1;
}

const struct xmuc_verb xmuc_config = {
    .word = "config",
    .operands = "ROOM [KEY=VALUE...]",
    .least = 1,
    .most = CPL_FORM_VALUES_MAX,
    .whole = 1,
    .options = XMUC_PASSWORD,
    .operand = config_operands,
    .line = config_line,
    .count = config_count,
    .start = start_config,
    .meanings = of_owner,
};

/* --- the end of a room ------------------------------------------------- */

/* 10.9 */
static void destroy(struct xmuc_task *t)
{
	const struct xmuc *x = t->x;
	xmpp_stanza_t *query = NULL;
	xmpp_stanza_t *iq = xmuc_query(t, "set", CPL_NS_MUC_OWNER, &query);
	xmpp_stanza_t *el = cpl_build_child(query, "destroy", NULL);

	iq = cpl_built(
	    iq, cpl_set_attr(el, "jid", x->alternate.bare) == 0 &&
		    (!x->set.reason ||
		     cpl_build_text_child(el, "reason", x->set.reason) == 0));
	xmuc_ask(t, iq, xmuc_take_done);
}

static void start_destroy(struct xmuc_task *t)
{
	xmuc_there(t, destroy);
}

const struct xmuc_verb xmuc_destroy = {
    .word = "destroy",
    .operands = "ROOM...",
    .least = 1,
    .most = CPL_RECIPIENTS_MAX,
    .options = XMUC_REASON | XMUC_ALTERNATE,
    .line = xmuc_room_line,
    .start = start_destroy,
    .meanings = of_owner,
};

/* --- a nickname of one's own ------------------------------------------- */

#define FORM_OF_REGISTER "http://jabber.org/protocol/muc#register"
#define ROOMNICK "muc#register_roomnick"

static const struct xmuc_meaning of_register[] = {
    {"forbidden", "we are banned", CPL_REFUSED},
    {"not-allowed", "the room lets nobody register", CPL_REFUSED},
    {"conflict", "the nick is somebody else's", CPL_REFUSED},
    {"registration-required", "members only", CPL_REFUSED},
    {"service-unavailable", "the room does not have this", CPL_UNAVAILABLE},
    {"bad-request", "the room does not take this", CPL_REFUSED},
    {"not-acceptable", "the room does not take this", CPL_REFUSED},
    {NULL, NULL, CPL_OK},
};

/* The form that a room would have sent. */
static xmpp_stanza_t *form_of_nick(struct xmuc_task *t)
{
	xmpp_stanza_t *x = cpl_form_empty(t->x->client.run.ctx);

	return cpl_built(
	    x, cpl_form_add(x, "FORM_TYPE", "hidden", FORM_OF_REGISTER) == 0 &&
		   cpl_form_add(x, ROOMNICK, NULL, t->x->nick) == 0);
}

static int fill_in(struct xmuc_task *t, struct cpl_err *e)
{
	struct cpl_buf pair = CPL_BUF_INIT(CPL_JID_MAX);
	int result;

	if (cpl_buf_addf(&pair, ROOMNICK "=%s", t->x->nick) < 0)
		result = cpl_err_nomem(e);
	else
		result = cpl_form_set(&t->form, pair.data, e);
	cpl_buf_release(&pair);
	if (result == 0)
		result = xmuc_change(t, e);
	if (result == 0)
		result = cpl_form_complete(&t->form, e);
	/* What it wants besides can be said. */
	if (result < 0 && e->status == CPL_DATA)
		e->status = CPL_USAGE;
	return result;
}

/* 7.10: who is registered already may be told by another form, or none. */
static void take_registration(struct xmuc_task *t, xmpp_stanza_t *answer)
{
	xmpp_stanza_t *query =
	    xmuc_payload(t, answer, "query", CPL_NS_REGISTER);
	xmpp_stanza_t *form = cpl_child(query, "x", CPL_NS_DATA);
	const char *type = form ? xmpp_stanza_get_type(form) : NULL;
	struct cpl_err e = CPL_ERR_INIT;

	if (!query)
		return;
	if ((!type || strcmp(type, "form") != 0) &&
	    t->x->set.changes.count > 0) {
		cpl_err_set(&e, CPL_UNAVAILABLE,
			    "the room sends no form to be filled in");
		xmuc_fail(t, &e);
		return;
	}
	if (!type || strcmp(type, "form") != 0) {
		xmuc_submit(t, CPL_NS_REGISTER, form_of_nick(t),
			    xmuc_take_done);
		return;
	}
	if (cpl_form_read(&t->form, form, &e) < 0 || fill_in(t, &e) < 0)
		xmuc_fail(t, &e);
	else
		xmuc_submit(t, CPL_NS_REGISTER,
			    cpl_form_submit(&t->form, t->x->client.run.ctx),
			    xmuc_take_done);
}

static void ask_registration(struct xmuc_task *t)
{
	xmuc_ask(t, xmuc_query(t, "get", CPL_NS_REGISTER, NULL),
		 take_registration);
}

static void start_register(struct xmuc_task *t)
{
	xmuc_there(t, ask_registration);
}

static void register_operands(struct xmuc *x, int n, char **argv)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (n < 1)
		return;
	x->nick = cpl_jid_resource(argv[0], &e);
	if (x->nick)
		return;
	cpl_err_prefix(&e, "the nickname");
	if (e.status == CPL_DATA)
		e.status = CPL_USAGE;
	cpl_cli_die(&x->client.run.cli, &e);
}

const struct xmuc_verb xmuc_register = {
    .word = "register",
    .operands = "ROOM NICK",
    .least = 2,
    .most = 2,
    .options = XMUC_SET,
    .operand = register_operands,
    .start = start_register,
    .meanings = of_register,
};
