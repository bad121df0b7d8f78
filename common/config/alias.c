/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "../base/limits.h"
#include "../base/suggest.h"
#include "config.h"
#include "store.h"

/* One expansion under way. Each alias is walked once, so that groups which
 * share others cost no more than their size. */
struct walk {
	const struct cpl_config *config;
	struct cpl_err *e;
	const struct cpl_alias *path[CPL_CONFIG_DEPTH_MAX];
	int depth;
	const struct cpl_alias **done;
	size_t done_len;
	const struct cpl_member **found;
	int found_len;
};

struct cpl_alias *cpl_store_alias(const struct cpl_config *c, const char *name)
{
	struct cpl_alias *a = c->aliases;

	while (a && strcmp(a->name, name) != 0)
		a = a->next;
	return a;
}

static int no_alias(const struct cpl_config *c, const char *name,
		    enum cpl_status status, struct cpl_err *e)
{
	const char *near = NULL;

	for (const struct cpl_alias *a = c->aliases; a && !near; a = a->next)
		near = cpl_suggest(name, (const char *const *)&a->name, 1);
	return cpl_err_set(e, status, "unknown alias '%s'%s%s%s", name,
			   near ? " (did you mean '" : "", near ? near : "",
			   near ? "'?)" : "");
}

static int add(struct walk *w, const struct cpl_member *m)
{
	for (int i = 0; i < w->found_len; i++)
		if (strcmp(w->found[i]->jid, m->jid) == 0) {
			if (!w->found[i]->room)
				w->found[i] = m;
			return 0;
		}
	if (w->found_len == CPL_RECIPIENTS_MAX)
		return cpl_err_set(w->e, CPL_CONFIG,
				   "%s: more than %d recipients", m->origin,
				   CPL_RECIPIENTS_MAX);
	w->found[w->found_len++] = m;
	return 0;
}

/* Whether the walk has to go into the member's alias: 1, 0, or -1. */
static int enter(struct walk *w, const struct cpl_alias *a,
		 const struct cpl_member *m)
{
	if (!a) {
		no_alias(w->config, m->text, CPL_CONFIG, w->e);
		return cpl_err_prefix(w->e, "%s", m->origin);
	}
	for (int i = 0; i < w->depth; i++)
		if (w->path[i] == a)
			return cpl_err_set(w->e, CPL_CONFIG,
					   "%s: a circle that comes back to "
					   "alias '%s'",
					   m->origin, a->name);
	for (size_t i = 0; i < w->done_len; i++)
		if (w->done[i] == a)
			return 0;
	if (w->depth == CPL_CONFIG_DEPTH_MAX)
		return cpl_err_set(w->e, CPL_CONFIG,
				   "%s: groups are nested too deeply",
				   m->origin);
	return 1;
}

static int walk_alias(struct walk *w, const struct cpl_alias *a)
{
	w->path[w->depth++] = a;
	for (const struct cpl_member *m = a->members; m; m = m->next) {
		const struct cpl_alias *inner;
		int go;

		if (m->jid) {
			if (add(w, m) < 0)
				return -1;
			continue;
		}
		inner = cpl_store_alias(w->config, m->text);
		go = enter(w, inner, m);
		if (go < 0 || (go && walk_alias(w, inner) < 0))
			return -1;
	}
	w->depth--;
	w->done[w->done_len++] = a;
	return 0;
}

static int hand_out(const struct walk *w,
		    int (*each)(void *user, const char *jid,
				const struct cpl_config_room *room),
		    void *user)
{
	for (int i = 0; each && i < w->found_len; i++)
		if (each(user, w->found[i]->jid, w->found[i]->room) != 0)
			return -1;
	return w->found_len;
}

int cpl_config_alias(const struct cpl_config *c, const char *alias,
		     int (*each)(void *user, const char *jid,
				 const struct cpl_config_room *room),
		     void *user, struct cpl_err *e)
{
	const struct cpl_alias *first = cpl_store_alias(c, alias);
	struct walk w = {.config = c, .e = e};
	size_t n = 0;
	int result = -1;

	if (!first)
		return no_alias(c, alias, CPL_USAGE, e);
	for (const struct cpl_alias *a = c->aliases; a; a = a->next)
		n++;
	w.done = calloc(n + 1, sizeof *w.done);
	w.found = calloc(CPL_RECIPIENTS_MAX, sizeof *w.found);
	if (!w.done || !w.found)
		cpl_err_nomem(e);
	else if (walk_alias(&w, first) == 0)
		result = hand_out(&w, each, user);
	free(w.found);
	free(w.done);
	return result;
}
