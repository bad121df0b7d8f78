/* SPDX-License-Identifier: MIT */
#include "contact.h"

#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "json.h"
#include "ns.h"

static const char *const words[] = {"none", "to", "from", "both", "remove"};

#define WORDS (sizeof words / sizeof *words)

const char *cpl_contact_subscription(enum cpl_subscription s)
{
	return words[s];
}

int cpl_contact_subscription_of(const char *word, enum cpl_subscription *out)
{
	for (size_t i = 0; i < WORDS; i++) {
		if (strcmp(words[i], word) == 0) {
			*out = (enum cpl_subscription)i;
			return 0;
		}
	}
	return -1;
}

/* ---- Name and groups ---- */

int cpl_contact_set_name(struct cpl_contact *c, const char *name)
{
	char *copy = name && *name ? strdup(name) : NULL;

	if (name && *name && !copy)
		return -1;
	free(c->name);
	c->name = copy;
	return 0;
}

/* Where a group stands, or would stand. */
static size_t place_of(const struct cpl_contact *c, const char *group)
{
	size_t low = 0, high = c->group_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(c->groups[middle], group) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int stands_at(const struct cpl_contact *c, size_t at, const char *group)
{
	return at < c->group_count && strcmp(c->groups[at], group) == 0;
}

int cpl_contact_has_group(const struct cpl_contact *c, const char *group)
{
	return stands_at(c, place_of(c, group), group);
}

int cpl_contact_add_group(struct cpl_contact *c, const char *group)
{
	size_t at = place_of(c, group), n = c->group_count;
	char **list, *copy;

	if (*group == '\0' || stands_at(c, at, group))
		return 0;
	/* Room for 1, 2, 4, 8 ...: as many as there are is a power of two
	 * where it is used up. */
	if ((n & (n - 1)) == 0) {
		list = realloc(c->groups, (n ? 2 * n : 1) * sizeof *list);
		if (!list)
			return -1;
		c->groups = list;
	}
	copy = strdup(group);
	if (!copy)
		return -1;
	memmove(c->groups + at + 1, c->groups + at,
		(n - at) * sizeof *c->groups);
	c->groups[at] = copy;
	c->group_count++;
	return 0;
}

void cpl_contact_remove_group(struct cpl_contact *c, const char *group)
{
	size_t at = place_of(c, group);

	if (!stands_at(c, at, group))
		return;
	free(c->groups[at]);
	c->group_count--;
	memmove(c->groups + at, c->groups + at + 1,
		(c->group_count - at) * sizeof *c->groups);
}

int cpl_contact_equal(const struct cpl_contact *a, const struct cpl_contact *b)
{
	if (strcmp(a->name ? a->name : "", b->name ? b->name : "") != 0 ||
	    a->group_count != b->group_count)
		return 0;
	for (size_t i = 0; i < a->group_count; i++)
		if (strcmp(a->groups[i], b->groups[i]) != 0)
			return 0;
	return 1;
}

/* ---- Making ---- */

int cpl_contact_init(struct cpl_contact *out, const char *jid,
		     struct cpl_err *e)
{
	memset(out, 0, sizeof *out);
	return cpl_jid_parse(&out->jid, jid, e);
}

int cpl_contact_copy(struct cpl_contact *out, const struct cpl_contact *c)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (cpl_contact_init(out, c->jid.full, &e) < 0)
		return -1;
	out->subscription = c->subscription;
	out->ask = c->ask;
	out->approved = c->approved;
	if (cpl_contact_set_name(out, c->name) < 0)
		goto nomem;
	for (size_t i = 0; i < c->group_count; i++)
		if (cpl_contact_add_group(out, c->groups[i]) < 0)
			goto nomem;
	return 0;
nomem:
	cpl_contact_release(out);
	return -1;
}

void cpl_contact_release(struct cpl_contact *c)
{
	cpl_jid_release(&c->jid);
	free(c->name);
	for (size_t i = 0; i < c->group_count; i++)
		free(c->groups[i]);
	free(c->groups);
	memset(c, 0, sizeof *c);
}

/* ---- XML ---- */

static int read_groups(struct cpl_contact *out, xmpp_stanza_t *item)
{
	xmpp_stanza_t *i;

	for (i = cpl_first_element(item); i; i = cpl_next_element(i)) {
		char *group;
		int failed;

		if (!cpl_is(i, "group", CPL_NS_ROSTER))
			continue;
		group = cpl_text(i);
		failed = !group || cpl_contact_add_group(out, group) < 0;
		free(group);
		if (failed)
			return -1;
	}
	return 0;
}

static int is_true(const char *value)
{
	return value && (strcmp(value, "true") == 0 || strcmp(value, "1") == 0);
}

int cpl_contact_read(struct cpl_contact *out, xmpp_stanza_t *item,
		     struct cpl_err *e)
{
	const char *jid = xmpp_stanza_get_attribute(item, "jid");
	const char *subscription =
	    xmpp_stanza_get_attribute(item, "subscription");
	const char *ask = xmpp_stanza_get_attribute(item, "ask");

	memset(out, 0, sizeof *out);
	if (!jid)
		return cpl_err_set(e, CPL_DATA, "an item without jid");
	if (cpl_contact_init(out, jid, e) < 0)
		return -1;
	if (subscription)
		(void)!cpl_contact_subscription_of(subscription,
						   &out->subscription);
	out->ask = ask && strcmp(ask, "subscribe") == 0;
	out->approved = is_true(xmpp_stanza_get_attribute(item, "approved"));
	if (cpl_contact_set_name(
		out, xmpp_stanza_get_attribute(item, "name")) == 0 &&
	    read_groups(out, item) == 0)
		return 0;
	cpl_contact_release(out);
	return cpl_err_nomem(e);
}

xmpp_stanza_t *cpl_contact_item(xmpp_ctx_t *ctx, const struct cpl_contact *c,
				int state)
{
	xmpp_stanza_t *item = cpl_build(ctx, "item", CPL_NS_ROSTER);
	int failed = cpl_set_attr(item, "jid", c->jid.full) < 0;

	if (!failed && c->name)
		failed = cpl_set_attr(item, "name", c->name) < 0;
	if (!failed && (state || c->subscription == CPL_SUB_REMOVE))
		failed = cpl_set_attr(item, "subscription",
				      words[c->subscription]) < 0;
	if (!failed && state && c->ask)
		failed = cpl_set_attr(item, "ask", "subscribe") < 0;
	if (!failed && state && c->approved)
		failed = cpl_set_attr(item, "approved", "true") < 0;
	for (size_t i = 0; i < c->group_count && !failed; i++)
		failed = cpl_build_text_child(item, "group", c->groups[i]) < 0;
	return cpl_built(item, !failed);
}

/* ---- JSON ---- */

static int add_json(struct cpl_buf *out, const struct cpl_contact *c, int state)
{
	int shows = state || c->subscription == CPL_SUB_REMOVE;

	if (cpl_buf_addc(out, '{') < 0 ||
	    cpl_json_entry(out, "jid", c->jid.full) < 0 ||
	    cpl_json_entry(out, "name", c->name) < 0 ||
	    cpl_json_entry(out, "subscription",
			   shows ? words[c->subscription] : NULL) < 0 ||
	    cpl_json_entry(out, "ask", state && c->ask ? "subscribe" : NULL) <
		0)
		return -1;
	if (state && c->approved && cpl_buf_adds(out, ",\"approved\":true") < 0)
		return -1;
	if (cpl_buf_adds(out, ",\"groups\":[") < 0)
		return -1;
	for (size_t i = 0; i < c->group_count; i++)
		if (cpl_json_entry(out, NULL, c->groups[i]) < 0)
			return -1;
	return cpl_buf_adds(out, "]}");
}

int cpl_contact_json(struct cpl_buf *out, const struct cpl_contact *c,
		     int state)
{
	size_t start = out->len;

	if (add_json(out, c, state) == 0)
		return 0;
	cpl_buf_truncate(out, start);
	return -1;
}
