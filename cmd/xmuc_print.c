/* SPDX-License-Identifier: MIT
 *
 * Records, and what is asked for again and again: payloads of answers, forms.
 */
#include <string.h>

#include "../common/base/limits.h"
#include "../common/stanza/build.h"
#include "../common/stanza/ns.h"
#include "xmuc.h"

/* --- records ----------------------------------------------------------- */

int xmuc_print_stanza(struct xmuc *x, xmpp_stanza_t *stanza)
{
	if (x->client.format.kind != CPL_FORMAT_XML &&
	    x->client.format.kind != CPL_FORMAT_TEMPLATE)
		return 0;
	cpl_client_print(&x->client, stanza);
	return 1;
}

/* --- payloads ---------------------------------------------------------- */

xmpp_stanza_t *xmuc_payload(struct xmuc_task *t, xmpp_stanza_t *answer,
			    const char *name, const char *ns)
{
	xmpp_stanza_t *payload = cpl_child(answer, name, ns);
	struct cpl_err e = CPL_ERR_INIT;

	if (payload)
		return payload;
	cpl_err_set(&e, CPL_PROTOCOL, "a result without a %s", name);
	xmuc_fail(t, &e);
	return NULL;
}

void xmuc_submit(struct xmuc_task *t, const char *ns, xmpp_stanza_t *form,
		 void (*answered)(struct xmuc_task *t, xmpp_stanza_t *answer))
{
	xmpp_stanza_t *query = NULL;
	xmpp_stanza_t *iq = xmuc_query(t, "set", ns, &query);

	iq = cpl_built(iq, iq && form &&
			       xmpp_stanza_add_child(query, form) == XMPP_EOK);
	if (form)
		xmpp_stanza_release(form);
	xmuc_ask(t, iq, answered);
}

/* A room that has a password asks for it; some services say so by another field
 * besides (XEP-0045 15.5.3). */
static int set_password(struct xmuc_task *t, struct cpl_err *e)
{
	static const char on[] = "muc#roomconfig_passwordprotectedroom";
	static const char secret[] = "muc#roomconfig_roomsecret";
	struct cpl_buf pair = CPL_BUF_SECRET_INIT(2 * CPL_SECRET_MAX);
	const char *password = xmuc_given_password(t);
	int result = 0;

	if (!password)
		return 0;
	if (!cpl_form_find(&t->form, secret))
		return cpl_err_set(e, CPL_UNAVAILABLE,
				   "the room can have no password");
	if (cpl_form_find(&t->form, on))
		result = cpl_form_set(
		    &t->form, "muc#roomconfig_passwordprotectedroom=true", e);
	if (result == 0 && cpl_buf_addf(&pair, "%s=%s", secret, password) < 0)
		result = cpl_err_nomem(e);
	if (result == 0)
		result = cpl_form_set(&t->form, pair.data, e);
	cpl_buf_release(&pair);
	return result;
}

/* What is secret is not for the command line, which others can see. */
static int is_secret(const struct xmuc_task *t, const char *change,
		     struct cpl_err *e)
{
	size_t len = strcspn(change, "=");

	for (size_t i = 0; i < t->form.count; i++) {
		const struct cpl_form_field *field = &t->form.fields[i];
		const char *near = cpl_form_short(&t->form, field);

		if (field->kind != CPL_FORM_TEXT_PRIVATE ||
		    ((strlen(field->var) != len ||
		      strncmp(field->var, change, len) != 0) &&
		     (strlen(near) != len || strncmp(near, change, len) != 0)))
			continue;
		cpl_err_set(e, CPL_USAGE,
			    "%s is secret: --room-password-file, or stdin of "
			    "config",
			    field->var);
		return 1;
	}
	return 0;
}

int xmuc_change(struct xmuc_task *t, struct cpl_err *e)
{
	const struct xmuc *x = t->x;
	const struct xmuc_words *changes = &x->set.changes;

	for (size_t i = 0; i < changes->count; i++) {
		const char *change = changes->list[i];

		if (!x->from_stdin && is_secret(t, change, e))
			return -1;
		if (cpl_form_set(&t->form, change, e) == 0)
			continue;
		/* What the command line says is a usage error. */
		if (e->status == CPL_DATA && !x->from_stdin)
			e->status = CPL_USAGE;
		return -1;
	}
	return set_password(t, e);
}
