/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "../base/limits.h"
#include "../base/suggest.h"
#include "../stanza/jid.h"
#include "store.h"

struct cpl_config *cpl_config_new(void)
{
	return calloc(1, sizeof(struct cpl_config));
}

void cpl_store_free_setting(struct cpl_setting *s)
{
	free(s->value);
	free(s->origin);
	s->value = NULL;
	s->origin = NULL;
}

void cpl_store_free_account(struct cpl_account *a)
{
	if (!a)
		return;
	cpl_settings_release(&a->own);
	cpl_store_free_setting(&a->inherit);
	free(a->name);
	free(a);
}

void cpl_store_free_alias(struct cpl_alias *a)
{
	if (!a)
		return;
	while (a->members) {
		struct cpl_member *next = a->members->next;

		free(a->members->text);
		free(a->members->jid);
		free(a->members->origin);
		if (a->members->room)
			cpl_settings_release(&a->members->room->set);
		free(a->members->room);
		free(a->members);
		a->members = next;
	}
	free(a->name);
	free(a);
}

void cpl_store_free_format(struct cpl_named_format *f)
{
	if (!f)
		return;
	cpl_store_free_setting(&f->text);
	free(f->name);
	free(f);
}

void cpl_config_free(struct cpl_config *c)
{
	if (!c)
		return;
	while (c->accounts) {
		struct cpl_account *next = c->accounts->next;

		cpl_store_free_account(c->accounts);
		c->accounts = next;
	}
	while (c->aliases) {
		struct cpl_alias *next = c->aliases->next;

		cpl_store_free_alias(c->aliases);
		c->aliases = next;
	}
	while (c->formats) {
		struct cpl_named_format *next = c->formats->next;

		cpl_store_free_format(c->formats);
		c->formats = next;
	}
	cpl_store_free_setting(&c->chosen);
	free(c);
}

void cpl_config_forget_passwords(struct cpl_config *c)
{
	for (struct cpl_account *a = c->accounts; a; a = a->next)
		cpl_setting_drop(&a->own, CPL_SET_PASSWORD);
}

struct cpl_account *cpl_store_account(const struct cpl_config *c,
				      const char *name)
{
	struct cpl_account *a = c->accounts;

	while (a && strcmp(a->name, name) != 0)
		a = a->next;
	return a;
}

void cpl_store_merge(struct cpl_account *into, struct cpl_account *from)
{
	unsigned taken = cpl_settings_taken(into->own.set);

	for (int id = 0; id < CPL_SETTINGS; id++)
		if (!(taken & 1u << id)) {
			into->own.set[id] = from->own.set[id];
			from->own.set[id] = (struct cpl_setting){0};
		}
	if (!into->inherit.value) {
		into->inherit = from->inherit;
		from->inherit = (struct cpl_setting){0};
	}
}

/* The account that a inherits from, or NULL. */
static const struct cpl_account *parent(const struct cpl_config *c,
					const struct cpl_account *a)
{
	return a->inherit.value ? cpl_store_account(c, a->inherit.value) : NULL;
}

/* Its own JID or the nearest inherited one. The depth ends a circle. */
static const char *account_jid(const struct cpl_config *c,
			       const struct cpl_account *a)
{
	const char *jid = NULL;

	for (int depth = 0; a && !jid && depth < CPL_CONFIG_DEPTH_MAX;
	     depth++) {
		jid = cpl_setting(&a->own, CPL_SET_JID);
		a = parent(c, a);
	}
	return jid;
}

static int has_jid(const struct cpl_config *c, const struct cpl_account *a,
		   const char *jid)
{
	const char *own = account_jid(c, a);

	return own && cpl_jid_same_bare(own, jid);
}

const char *cpl_config_default(const struct cpl_config *c)
{
	const char *only = NULL;

	if (c->chosen.value)
		return c->chosen.value;
	for (const struct cpl_account *a = c->accounts; a; a = a->next)
		if (account_jid(c, a)) {
			if (only)
				return NULL;
			only = a->name;
		}
	return only;
}

const char *cpl_config_by_jid(const struct cpl_config *c, const char *jid)
{
	const char *chosen = cpl_config_default(c);
	const struct cpl_account *a =
	    chosen ? cpl_store_account(c, chosen) : NULL;

	if (a && has_jid(c, a, jid))
		return a->name;
	for (a = c->accounts; a; a = a->next)
		if (has_jid(c, a, jid))
			return a->name;
	return NULL;
}

/* "no account 'x' (did you mean 'y'?)", or all the names there are. */
static int no_account(const struct cpl_config *c, const char *name,
		      enum cpl_status status, struct cpl_err *e)
{
	struct cpl_buf names = CPL_BUF_INIT(256);
	const struct cpl_account *a;
	const char *near = NULL;

	for (a = c->accounts; a && !near; a = a->next)
		near = cpl_suggest(name, (const char *const *)&a->name, 1);
	for (a = c->accounts; a; a = a->next)
		if (cpl_buf_addf(&names, "%s'%s'", names.len ? ", " : "",
				 a->name) < 0)
			break;
	if (near)
		cpl_err_set(e, status, "no account '%s' (did you mean '%s'?)",
			    name, near);
	else if (names.len)
		cpl_err_set(e, status, "no account '%s' (there is %s%s)", name,
			    names.data, a ? ", ..." : "");
	else
		cpl_err_set(e, status, "no account '%s' (there is none)", name);
	cpl_buf_release(&names);
	return -1;
}

static int check_default(const struct cpl_config *c, struct cpl_err *e)
{
	const char *name = c->chosen.value;

	if (!name || cpl_store_account(c, name) || cpl_config_by_jid(c, name))
		return 0;
	no_account(c, name, CPL_CONFIG, e);
	return cpl_err_prefix(e, "%s: default", c->chosen.origin);
}

static int check_inherit(const struct cpl_config *c,
			 const struct cpl_account *a, struct cpl_err *e)
{
	const struct cpl_setting *inherit = &a->inherit;
	const struct cpl_account *up = a;
	int depth = 0;

	if (inherit->value && !cpl_store_account(c, inherit->value)) {
		no_account(c, inherit->value, CPL_CONFIG, e);
		return cpl_err_prefix(e, "%s: inherit", inherit->origin);
	}
	while ((up = parent(c, up)) && up != a)
		if (++depth > CPL_CONFIG_DEPTH_MAX)
			break;
	if (up == a)
		return cpl_err_set(e, CPL_CONFIG,
				   "%s: inherit: a circle that comes back to "
				   "'%s'",
				   inherit->origin, a->name);
	if (up)
		return cpl_err_set(e, CPL_CONFIG,
				   "%s: inherit: over %d steps, or a circle",
				   inherit->origin, CPL_CONFIG_DEPTH_MAX);
	return 0;
}

int cpl_config_check(const struct cpl_config *c, struct cpl_err *e)
{
	for (const struct cpl_account *a = c->accounts; a; a = a->next)
		if (check_inherit(c, a, e) < 0)
			return -1;
	for (const struct cpl_alias *a = c->aliases; a; a = a->next)
		if (cpl_config_alias(c, a->name, NULL, NULL, e) < 0)
			return -1;
	return check_default(c, e);
}

static int put_account(const struct cpl_account *a, struct cpl_settings *s,
		       struct cpl_err *e)
{
	unsigned taken = cpl_settings_taken(s->set);

	for (int id = 0; id < CPL_SETTINGS; id++) {
		const struct cpl_setting *own = &a->own.set[id];

		if (!own->value || taken & 1u << id)
			continue;
		if (cpl_setting_put(s, (enum cpl_setting_id)id, own->value,
				    own->origin, e) < 0)
			return -1;
	}
	return 0;
}

int cpl_config_account(const struct cpl_config *c, const char *name,
		       struct cpl_settings *s, struct cpl_err *e)
{
	const struct cpl_account *a = cpl_store_account(c, name);
	const char *by_jid;

	if (!a && (by_jid = cpl_config_by_jid(c, name)) != NULL)
		a = cpl_store_account(c, by_jid);
	if (!a)
		return no_account(c, name, CPL_CONFIG, e);
	free(s->account);
	s->account = strdup(a->name);
	if (!s->account)
		return cpl_err_nomem(e);
	for (; a; a = parent(c, a)) {
		if (check_inherit(c, a, e) < 0 || put_account(a, s, e) < 0)
			return -1;
	}
	return 0;
}

const struct cpl_setting *cpl_config_format(const struct cpl_config *c,
					    const char *name, struct cpl_err *e)
{
	const char *near = NULL;

	for (const struct cpl_named_format *f = c->formats; f; f = f->next) {
		if (strcmp(f->name, name) == 0)
			return &f->text;
		if (!near)
			near =
			    cpl_suggest(name, (const char *const *)&f->name, 1);
	}
	cpl_err_set(e, CPL_USAGE, "no format '%s'%s%s%s", name,
		    near ? " (did you mean '" : "", near ? near : "",
		    near ? "'?)" : "");
	return NULL;
}

void cpl_config_names(const struct cpl_config *c, int aliases,
		      void (*each)(void *user, const char *name), void *user)
{
	if (aliases)
		for (const struct cpl_alias *a = c->aliases; a; a = a->next)
			each(user, a->name);
	else
		for (const struct cpl_account *a = c->accounts; a; a = a->next)
			each(user, a->name);
}
