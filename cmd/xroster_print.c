/* SPDX-License-Identifier: MIT
 *
 * Contacts, and changes of them, as records. */
#include <stdlib.h>
#include <string.h>

#include "xroster.h"

/* Before the groups: the mark, JID, name, subscription, ask. */
#define FIELDS 5

static const char *state_of(const struct cpl_contact *c, int state)
{
	return state || c->subscription == CPL_SUB_REMOVE
		   ? cpl_contact_subscription(c->subscription)
		   : NULL;
}

static void print_text(struct xroster *x, const char *mark,
		       const struct cpl_contact *c, int state)
{
	const char **fields = calloc(FIELDS + c->group_count, sizeof *fields);
	size_t n = 0;

	if (!fields) {
		cpl_run_no_memory(&x->client.run);
		return;
	}
	if (mark)
		fields[n++] = mark;
	fields[n++] = c->jid.full;
	fields[n++] = c->name;
	fields[n++] = state_of(c, state);
	fields[n++] = c->ask ? "subscribe" : NULL;
	for (size_t i = 0; i < c->group_count; i++)
		fields[n++] = c->groups[i];
	cpl_client_fields(&x->client, fields, n);
	free(fields);
}

static void print_item(struct xroster *x, const struct cpl_contact *c,
		       int state)
{
	xmpp_stanza_t *item = cpl_contact_item(x->client.run.ctx, c, state);

	if (!item) {
		cpl_run_no_memory(&x->client.run);
		return;
	}
	cpl_client_print(&x->client, item);
	xmpp_stanza_release(item);
}

/* mark is for text alone: what XML and JSON say of a change can be read by set.
 */
static void print(struct xroster *x, const char *mark,
		  const struct cpl_contact *c, int state)
{
	struct cpl_client *client = &x->client;

	switch (client->format.kind) {
	case CPL_FORMAT_TEXT:
	case CPL_FORMAT_NUL: print_text(x, mark, c, state); break;
	case CPL_FORMAT_JSON:
		cpl_client_json(client,
				cpl_contact_json(&client->line, c, state) < 0);
		break;
	case CPL_FORMAT_XML:
	case CPL_FORMAT_TEMPLATE: print_item(x, c, state); break;
	}
}

static int is_wanted(const struct xroster *x, const struct cpl_contact *c)
{
	const struct xroster_words *groups = &x->set.groups;

	if (x->set.subscriptions &&
	    !(x->set.subscriptions & (1U << c->subscription)))
		return 0;
	for (size_t i = 0; i < groups->count; i++)
		if (cpl_contact_has_group(c, groups->list[i]))
			return 1;
	return groups->count == 0;
}

void xroster_print_list(struct xroster *x)
{
	for (size_t i = 0; i < cpl_roster_count(x->roster); i++) {
		const struct cpl_contact *c = cpl_roster_at(x->roster, i);

		if (is_wanted(x, c))
			print(x, NULL, c, 1);
	}
}

/* The server alone decides of the state: what changes has none, but that it is
 * to go or is asked for. */
void xroster_print_plan(struct xroster *x)
{
	for (size_t i = 0; i < x->plan_count; i++) {
		const struct xroster_change *change = &x->plan[i];
		char mark[2] = {(char)change->mark, '\0'};

		print(x, mark, &change->contact, 0);
	}
}
