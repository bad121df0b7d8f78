/* SPDX-License-Identifier: MIT
 *
 * xmuc list and info: nothing but a question of service discovery. A room of a
 * service is one record out; one thing that a room says of itself is. */
#include <string.h>

#include "../common/base/limits.h"
#include "../common/stanza/build.h"
#include "../common/stanza/disco.h"
#include "../common/stanza/json.h"
#include "../common/stanza/ns.h"
#include "xmuc.h"

/* --- list -------------------------------------------------------------- */

static int print_room(void *user, const struct cpl_disco_fact *fact)
{
	static const char *const keys[] = {"room", "name"};
	struct xmuc_task *t = user;
	const char *values[] = {fact->fields[0], fact->fields[2]};

	cpl_client_record(&t->x->client, keys, values, 2);
	return 0;
}

static void take_rooms(struct xmuc_task *t, xmpp_stanza_t *answer)
{
	xmpp_stanza_t *query =
	    xmuc_payload(t, answer, "query", CPL_NS_DISCO_ITEMS);

	if (!query)
		return;
	if (!xmuc_print_stanza(t->x, answer) &&
	    cpl_disco_each(query, print_room, t) < 0)
		cpl_run_no_memory(&t->x->client.run);
	if (xmuc_page(t, answer) == 0)
		xmuc_done(t);
}

/* XEP-0045 6.2: what has items may be anything else. */
static void take_service(struct xmuc_task *t, xmpp_stanza_t *answer)
{
	xmpp_stanza_t *query =
	    xmuc_payload(t, answer, "query", CPL_NS_DISCO_INFO);
	struct cpl_err e = CPL_ERR_INIT;

	if (!query)
		return;
	if (cpl_disco_has(query, CPL_NS_MUC)) {
		xmuc_ask_items(t, take_rooms);
		return;
	}
	cpl_err_set(&e, CPL_UNAVAILABLE, "it has no rooms");
	xmuc_fail(t, &e);
}

static void start_list(struct xmuc_task *t)
{
	xmuc_ask_info(t, take_service);
}

static const struct xmuc_meaning of_service[] = {
    {"item-not-found", "no such service", CPL_UNAVAILABLE},
    {NULL, NULL, CPL_OK},
};

const struct xmuc_verb xmuc_list = {
    .word = "list",
    .operands = "SERVICE...",
    .least = 1,
    .most = CPL_RECIPIENTS_MAX,
    .services = 1,
    .line = xmuc_room_line,
    .start = start_list,
    .meanings = of_service,
};

/* --- info -------------------------------------------------------------- */

/* The name of the room, and the values of its forms, whose FORM_TYPE is left
 * out; of the features those that are a room's (15.3, 15.4). */
static int print_fact(void *user, const struct cpl_disco_fact *fact)
{
	struct xmuc_task *t = user;
	const char *fields[] = {t->place, "feature", fact->fields[0]};

	if (strcmp(fact->kind, "identity") == 0) {
		if (strcmp(fact->fields[0], "conference") != 0)
			return 0;
		fields[1] = "name";
		fields[2] = fact->fields[2];
	} else if (strcmp(fact->kind, "form") == 0) {
		fields[1] = fact->fields[1];
		fields[2] = fact->fields[2];
	}
	cpl_client_fields(&t->x->client, fields, 3);
	return 0;
}

static int add_feature(void *out, const struct cpl_disco_fact *fact)
{
	if (strcmp(fact->kind, "feature") != 0)
		return 0;
	return cpl_json_entry(out, NULL, fact->fields[0]);
}

static const char *name_of(xmpp_stanza_t *query)
{
	for (xmpp_stanza_t *c = cpl_first_element(query); c;
	     c = cpl_next_element(c)) {
		const char *category = xmpp_stanza_get_attribute(c, "category");

		if (cpl_is(c, "identity", CPL_NS_DISCO_INFO) && category &&
		    strcmp(category, "conference") == 0)
			return xmpp_stanza_get_attribute(c, "name");
	}
	return NULL;
}

/* {"room":J,"name":N,"features":[V],"fields":[as cpl_form_json() has it]} */
static void print_json(struct xmuc_task *t, xmpp_stanza_t *query)
{
	struct xmuc *x = t->x;
	struct cpl_buf *out = &x->client.line;
	struct cpl_err e = CPL_ERR_INIT;
	xmpp_stanza_t *form = cpl_child(query, "x", CPL_NS_DATA);

	if (form && cpl_form_read(&t->form, form, &e) < 0) {
		xmuc_fail(t, &e);
		return;
	}
	cpl_client_json(&x->client,
			cpl_buf_addc(out, '{') < 0 ||
			    cpl_json_entry(out, "room", t->place) < 0 ||
			    cpl_json_entry(out, "name", name_of(query)) < 0 ||
			    cpl_buf_adds(out, ",\"features\":[") < 0 ||
			    cpl_disco_each(query, add_feature, out) != 0 ||
			    cpl_buf_adds(out, "],\"fields\":") < 0 ||
			    cpl_form_json(out, &t->form) < 0 ||
			    cpl_buf_addc(out, '}') < 0);
}

static void take_info(struct xmuc_task *t, xmpp_stanza_t *answer)
{
	xmpp_stanza_t *query =
	    xmuc_payload(t, answer, "query", CPL_NS_DISCO_INFO);

	if (!query)
		return;
	if (t->x->client.format.kind == CPL_FORMAT_JSON)
		print_json(t, query);
	else if (!xmuc_print_stanza(t->x, answer) &&
		 cpl_disco_each(query, print_fact, t) < 0)
		cpl_run_no_memory(&t->x->client.run);
	xmuc_done(t);
}

static void start_info(struct xmuc_task *t)
{
	xmuc_ask_info(t, take_info);
}

const struct xmuc_verb xmuc_info = {
    .word = "info",
    .operands = "ROOM...",
    .least = 1,
    .most = CPL_RECIPIENTS_MAX,
    .line = xmuc_room_line,
    .start = start_info,
};
