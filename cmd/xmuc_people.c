/* SPDX-License-Identifier: MIT
 *
 * xmuc affiliation and role: what people are to a room. Somebody of a list is
 * one record out, AFFILIATION TAB JID, and the same is one in. */
#include <stdlib.h>
#include <string.h>

#include "../common/base/limits.h"
#include "../common/cli/value.h"
#include "../common/stanza/build.h"
#include "../common/stanza/ns.h"
#include "xmuc.h"

static const char *const affiliations[] = {"owner", "admin", "member",
					   "outcast", "none"};
enum { LISTS = 4, AFFILIATIONS };

/* An iq of one <item/>, which is *item; NULL without memory. */
static xmpp_stanza_t *one_item(const struct xmuc_task *t, const char *type,
			       xmpp_stanza_t **item)
{
	xmpp_stanza_t *query;
	xmpp_stanza_t *iq = xmuc_query(t, type, CPL_NS_MUC_ADMIN, &query);

	*item = cpl_build_child(query, "item", NULL);
	return cpl_built(iq, *item != NULL);
}

/* Asks with an item of two attributes, and a reason where there is one. */
static void ask_item(struct xmuc_task *t, const char *const attributes[4],
		     void (*answered)(struct xmuc_task *t,
				      xmpp_stanza_t *answer))
{
	const char *reason = t->x->set.reason;
	xmpp_stanza_t *item = NULL;
	xmpp_stanza_t *iq = one_item(t, attributes[2] ? "set" : "get", &item);

	if (iq &&
	    (cpl_set_attr(item, attributes[0], attributes[1]) < 0 ||
	     (attributes[2] &&
	      cpl_set_attr(item, attributes[2], attributes[3]) < 0) ||
	     (reason && cpl_build_text_child(item, "reason", reason) < 0))) {
		xmpp_stanza_release(iq);
		iq = NULL;
	}
	xmuc_ask(t, iq, answered);
}

/* --- the lists --------------------------------------------------------- */

static void print_person(struct xmuc_task *t, xmpp_stanza_t *item)
{
	static const char *const keys[] = {"affiliation", "jid", "nick",
					   "reason"};
	char *reason = cpl_text(cpl_own_child(item, "reason"));
	const char *values[] = {xmpp_stanza_get_attribute(item, "affiliation"),
				xmpp_stanza_get_attribute(item, "jid"),
				xmpp_stanza_get_attribute(item, "nick"),
				reason};

	if (values[1])
		cpl_client_record(&t->x->client, keys, values, 4);
	free(reason);
}

static void take_list(struct xmuc_task *t, xmpp_stanza_t *answer)
{
	xmpp_stanza_t *query =
	    xmuc_payload(t, answer, "query", CPL_NS_MUC_ADMIN);
	xmpp_stanza_t *c;

	if (!query)
		return;
	if (!xmuc_print_stanza(t->x, answer))
		for (c = cpl_first_element(query); c; c = cpl_next_element(c))
			if (cpl_is(c, "item", CPL_NS_MUC_ADMIN))
				print_person(t, c);
	xmuc_done(t);
}

/* --- changes ----------------------------------------------------------- */

static void start_affiliation(struct xmuc_task *t)
{
	const struct xmuc *x = t->x;
	const char *list =
	    x->set.affiliation ? x->set.affiliation : affiliations[t->index];
	const char *get[4] = {"affiliation", list, NULL, NULL};

	if (x->person_count > 0) {
		const struct xmuc_person *p = &x->persons[t->index];
		const char *set[4] = {"jid", p->jid.full, "affiliation",
				      p->affiliation};

		t->about = p->jid.full;
		ask_item(t, set, xmuc_take_done);
		return;
	}
	t->about = list;
	ask_item(t, get, take_list);
}

static size_t count_affiliations(const struct xmuc *x)
{
	if (x->person_count > 0 || x->from_stdin)
		return x->person_count;
	return x->set.affiliation ? 1 : LISTS;
}

/* A ban may be of a whole domain (9.1), but never of one resource. */
static int add_person(struct xmuc *x, const char *text, const char *affiliation,
		      struct cpl_err *e)
{
	struct xmuc_person p = {.affiliation = affiliation};

	if (cpl_jid_parse(&p.jid, text, e) < 0)
		return -1;
	if (p.jid.resource) {
		cpl_err_set(e, CPL_DATA,
			    "%.300s: an affiliation is of an "
			    "account, without resource",
			    p.jid.full);
		cpl_jid_release(&p.jid);
		return -1;
	}
	if (x->person_count == x->person_room) {
		size_t room = x->person_room ? 2 * x->person_room : 64;
		struct xmuc_person *list =
		    realloc(x->persons, room * sizeof *list);

		if (!list) {
			cpl_jid_release(&p.jid);
			return cpl_err_nomem(e);
		}
		x->persons = list;
		x->person_room = room;
	}
	x->persons[x->person_count++] = p;
	return 0;
}

static const char *affiliation_of(const char *word)
{
	for (size_t i = 0; i < AFFILIATIONS; i++)
		if (strcmp(affiliations[i], word) == 0)
			return affiliations[i];
	return NULL;
}

/* Behind an affiliation a JID alone, else as it was printed. */
static int affiliation_line(struct xmuc *x, char *text, struct cpl_err *e)
{
	const char *affiliation = x->set.affiliation;
	size_t len = strcspn(text, "\t");

	if (!affiliation) {
		if (!text[len])
			return cpl_err_set(e, CPL_DATA,
					   "no AFFILIATION TAB JID");
		text[len] = '\0';
		affiliation = affiliation_of(text);
		if (!affiliation)
			return cpl_err_set(e, CPL_DATA,
					   "'%.100s' is not owner, admin, "
					   "member, outcast or none",
					   text);
		text += len + 1;
		len = strcspn(text, "\t");
	}
	text[len] = '\0';
	return add_person(x, text, affiliation, e);
}

static int add_alias_member(struct xmuc *x, const char *text, struct cpl_err *e)
{
	struct cpl_recipients who = {0};
	int result =
	    cpl_recipients_add(&who, x->client.run.cli.config, text, e);

	for (size_t i = 0; result == 0 && i < who.count; i++)
		result = add_person(x, who.list[i].full, x->set.affiliation, e);
	cpl_recipients_release(&who);
	return result;
}

static void affiliation_operands(struct xmuc *x, int n, char **argv)
{
	struct cpl_cli *cli = &x->client.run.cli;
	struct cpl_err e = CPL_ERR_INIT;

	for (int i = 0; i < n; i++) {
		if (strcmp(argv[i], "-") == 0) {
			x->from_stdin = 1;
		} else if (i == 0) {
			x->set.affiliation =
			    cpl_value_word(cli, "the affiliation", argv[0],
					   affiliations, AFFILIATIONS);
		} else if (add_alias_member(x, argv[i], &e) < 0) {
			if (e.status == CPL_DATA)
				e.status = CPL_USAGE;
			cpl_cli_die(cli, &e);
		}
	}
	if (n > 1 && strcmp(argv[0], "-") == 0)
		cpl_cli_usage(cli, "affiliation: '-' is the last operand");
	if (n == 1 && x->set.affiliation == affiliations[LISTS])
		cpl_cli_usage(cli, "affiliation: there is no list of none");
	if ((x->set.given & XMUC_REASON) && x->person_count == 0 &&
	    !x->from_stdin)
		cpl_cli_usage(cli, "--reason goes with a change");
}

static const struct xmuc_meaning of_affiliation[] = {
    {"forbidden", "not an admin or owner", CPL_REFUSED},
    {"not-allowed", "our affiliation does not allow it", CPL_REFUSED},
    {"conflict", "a room needs an owner", CPL_REFUSED},
    {"jid-malformed", "the room does not take the address", CPL_REFUSED},
    {NULL, NULL, CPL_OK},
};

const struct xmuc_verb xmuc_affiliation = {
    .word = "affiliation",
    .operands = "ROOM [owner|admin|member|outcast|none JID...]",
    .least = 1,
    .most = CPL_RECIPIENTS_MAX,
    .gate = 1,
    .options = XMUC_REASON,
    .operand = affiliation_operands,
    .line = affiliation_line,
    .count = count_affiliations,
    .start = start_affiliation,
    .meanings = of_affiliation,
};

/* --- role -------------------------------------------------------------- */

/* 8.2 to 8.4, 9.6, 9.7: it takes a moderator, who is an occupant. */
static void set_role(struct xmuc_task *t)
{
	const char *set[4] = {"nick", t->about, "role", t->x->set.role};

	ask_item(t, set, xmuc_take_done);
}

static void start_role(struct xmuc_task *t)
{
	t->about = t->x->set.text;
	xmuc_join(t, XMUC_THERE, set_role);
}

static void role_operands(struct xmuc *x, int n, char **argv)
{
	static const char *const roles[] = {"moderator", "participant",
					    "visitor", "none"};

	if (n < 2)
		return;
	x->set.text =
	    cpl_value_text(&x->client.run.cli, "the nickname", argv[0]);
	x->set.role =
	    cpl_value_word(&x->client.run.cli, "the role", argv[1], roles, 4);
}

static const struct xmuc_meaning of_role[] = {
    {"forbidden", "not a moderator", CPL_REFUSED},
    {"not-allowed",
     "not a moderator, or the occupant is somebody who may not be touched",
     CPL_REFUSED},
    {"item-not-found", "no such occupant", CPL_REFUSED},
    {"not-acceptable", "no such occupant", CPL_REFUSED},
    {NULL, NULL, CPL_OK},
};

const struct xmuc_verb xmuc_role = {
    .word = "role",
    .operands = "ROOM NICK moderator|participant|visitor|none",
    .joins = 1,
    .least = 3,
    .most = 3,
    .options = XMUC_REASON | XMUC_NICK | XMUC_PASSWORD,
    .operand = role_operands,
    .start = start_role,
    .meanings = of_role,
};
