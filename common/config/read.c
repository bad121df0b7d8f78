/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/buf.h"
#include "../base/limits.h"
#include "../base/private.h"
#include "../base/suggest.h"
#include "../stanza/jid.h"
#include "config.h"
#include "proxy.h"
#include "store.h"
#include "yaml.h"

struct file {
	struct cpl_config *config;
	const char *path;
	struct cpl_err *e;
	int secret; /* a password was in it */
};

#define KEYS_MAX (CPL_SETTINGS + 1)

static int fail(const struct file *f, size_t line, size_t column,
		const char *why)
{
	return cpl_err_set(f->e, CPL_CONFIG, "%s:%zu:%zu: %s", f->path, line,
			   column, why);
}

/* Puts the place and the key before an error that is set. */
static int blame(const struct file *f, const struct cpl_yaml *node,
		 const char *key)
{
	if (f->e && f->e->status == CPL_CONFIG)
		cpl_err_prefix(f->e, "%s:%zu:%zu: %s", f->path, node->line,
			       node->column, key);
	return -1;
}

static int unknown_key(const struct file *f, const struct cpl_yaml *node,
		       const char *const *keys, size_t n)
{
	const char *near = cpl_suggest(node->key, keys, n);

	return cpl_err_set(f->e, CPL_CONFIG,
			   "%s:%zu:%zu: unknown key '%s'%s%s%s", f->path,
			   node->key_line, node->key_column, node->key,
			   near ? " (did you mean '" : "", near ? near : "",
			   near ? "'?)" : "");
}

/* The node must be of this kind; a map may be left empty. */
static int expect(const struct file *f, const struct cpl_yaml *node,
		  enum cpl_yaml_kind kind, const char *key)
{
	static const char *const names[] = {"a text", "a list", "a map"};

	if (node->kind == kind && !(kind == CPL_YAML_TEXT && node->null))
		return 0;
	cpl_err_set(f->e, CPL_CONFIG, "must be %s, not %s", names[kind],
		    node->null ? "nothing" : names[node->kind]);
	return blame(f, node, key);
}

/* A string "PATH:LINE:COLUMN" of the caller's own, or NULL with e set. */
static char *place(const struct file *f, const struct cpl_yaml *node)
{
	struct cpl_buf b = CPL_BUF_INIT(CPL_CONFIG_BYTES_MAX);

	if (cpl_buf_addf(&b, "%s:%zu:%zu", f->path, node->line, node->column) <
	    0) {
		cpl_err_nomem(f->e);
		return NULL;
	}
	return cpl_buf_take(&b);
}

/* A copy of text in *out, or -1 with e set. */
static int copy(const struct file *f, const char *text, char **out)
{
	*out = strdup(text);
	return *out ? 0 : cpl_err_nomem(f->e);
}

static int keep(const struct file *f, const struct cpl_yaml *node,
		struct cpl_setting *s)
{
	if (copy(f, node->text, &s->value) < 0)
		return -1;
	s->origin = place(f, node);
	return s->origin ? 0 : -1;
}

/* A name is a line of --list-accounts and a part of a credential's path. */
static int check_name(const struct file *f, const struct cpl_yaml *node,
		      const char *forbidden, const char *what)
{
	const char *p = node->key;

	for (; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f ||
		    strchr(forbidden, *p))
			break;
	if (*p || p == node->key)
		return fail(f, node->key_line, node->key_column, what);
	return 0;
}

/* A relative path is relative to the folder of the file that has it. */
static char *file_path(const struct file *f, const char *value)
{
	const char *slash = strrchr(f->path, '/');
	struct cpl_buf b = CPL_BUF_INIT(2 * CPL_CONFIG_BYTES_MAX);

	if (!slash || value[0] == '/' || strncmp(value, "~/", 2) == 0)
		return strdup(value);
	if (cpl_buf_add(&b, f->path, (size_t)(slash + 1 - f->path)) < 0 ||
	    cpl_buf_adds(&b, value) < 0) {
		cpl_buf_release(&b);
		return NULL;
	}
	return cpl_buf_take(&b);
}

static int read_setting(struct file *f, const struct cpl_yaml *node,
			enum cpl_setting_id id, struct cpl_settings *s)
{
	enum cpl_setting_kind kind = cpl_setting_table[id].kind;
	char *path = NULL, *origin = NULL;
	const char *value;
	int result = -1;

	if (expect(f, node, CPL_YAML_TEXT, node->key) < 0)
		return -1;
	value = node->text;
	if (kind == CPL_KIND_SECRET ||
	    (kind == CPL_KIND_PROXY && cpl_proxy_is_secret(value)))
		f->secret = 1;
	if (kind == CPL_KIND_PATH && *value) {
		path = file_path(f, value);
		if (!path)
			return cpl_err_nomem(f->e);
		value = path;
	}
	origin = place(f, node);
	if (origin)
		result = cpl_setting_put(s, id, value, origin, f->e);
	free(origin);
	free(path);
	return result;
}

static int read_account_key(struct file *f, const struct cpl_yaml *node,
			    struct cpl_account *a)
{
	const char *keys[KEYS_MAX];
	size_t n = 0;

	if (strcmp(node->key, "inherit") == 0) {
		if (expect(f, node, CPL_YAML_TEXT, node->key) < 0)
			return -1;
		return keep(f, node, &a->inherit);
	}
	for (int id = 0; id < CPL_SETTINGS; id++) {
		const char *key = cpl_setting_table[id].key;

		if (!key)
			continue;
		if (strcmp(key, node->key) == 0)
			return read_setting(f, node, (enum cpl_setting_id)id,
					    &a->own);
		keys[n++] = key;
	}
	keys[n++] = "inherit";
	return unknown_key(f, node, keys, n);
}

static int read_account(struct file *f, const struct cpl_yaml *node)
{
	struct cpl_account **last = &f->config->accounts;
	struct cpl_account *a, *earlier;

	if (check_name(
		f, node, "/",
		"not a name for an account: it is empty or holds '/' or a "
		"control character") < 0 ||
	    (!node->null && expect(f, node, CPL_YAML_MAP, node->key) < 0))
		return -1;
	a = calloc(1, sizeof *a);
	if (!a)
		return cpl_err_nomem(f->e);
	if (copy(f, node->key, &a->name) < 0)
		goto out;
	for (const struct cpl_yaml *at = node->first; at; at = at->next)
		if (read_account_key(f, at, a) < 0)
			goto out;
	earlier = cpl_store_account(f->config, a->name);
	if (earlier) {
		cpl_store_merge(earlier, a);
		cpl_store_free_account(a);
		return 0;
	}
	while (*last)
		last = &(*last)->next;
	*last = a;
	return 0;
out:
	cpl_store_free_account(a);
	return -1;
}

/* An operand with one of these is a JID, all others are aliases. */
static int is_alias_name(const char *text)
{
	return !strpbrk(text, "@./:");
}

/* What the text of node says of a member: an alias's name, or a JID. */
static int read_address(struct file *f, const struct cpl_yaml *node,
			const char *key, int room, struct cpl_member *m)
{
	struct cpl_jid jid = {0};
	int result = -1;

	if (expect(f, node, CPL_YAML_TEXT, key) < 0)
		return -1;
	if ((room || !is_alias_name(node->text)) &&
	    (cpl_jid_parse(&jid, node->text, f->e) < 0 ||
	     (room && cpl_jid_check_room(&jid, f->e) < 0))) {
		if (f->e && f->e->status != CPL_SYSTEM)
			f->e->status = CPL_CONFIG;
		blame(f, node, key);
	} else {
		m->origin = place(f, node);
		if (m->origin && copy(f, node->text, &m->text) == 0 &&
		    (!jid.full || copy(f, jid.full, &m->jid) == 0))
			result = 0;
	}
	cpl_jid_release(&jid);
	return result;
}

/* A map: a room and what it takes to enter it. */
static int read_room(struct file *f, const struct cpl_yaml *node,
		     const char *key, struct cpl_member *m)
{
	static const enum cpl_setting_id ids[] = {
	    CPL_SET_NICK, CPL_SET_PASSWORD, CPL_SET_PASSWORD_FILE,
	    CPL_SET_PASSWORD_COMMAND};
	const size_t n = sizeof ids / sizeof *ids;
	const char *keys[sizeof ids / sizeof *ids + 1];

	m->room = calloc(1, sizeof *m->room);
	if (!m->room)
		return cpl_err_nomem(f->e);
	for (size_t i = 0; i < n; i++)
		keys[i] = cpl_setting_table[ids[i]].key;
	keys[n] = "room";
	for (const struct cpl_yaml *at = node->first; at; at = at->next) {
		size_t i = 0;
		int result;

		while (i <= n && strcmp(keys[i], at->key) != 0)
			i++;
		if (i < n)
			result = read_setting(f, at, ids[i], &m->room->set);
		else if (i == n)
			result = read_address(f, at, at->key, 1, m);
		else
			result = unknown_key(f, at, keys, n + 1);
		if (result < 0)
			return -1;
	}
	if (m->jid)
		return 0;
	cpl_err_set(f->e, CPL_CONFIG, "has no key 'room'");
	return blame(f, node, key);
}

static int read_member(struct file *f, const struct cpl_yaml *node,
		       const char *key, struct cpl_member **out)
{
	struct cpl_member *m = calloc(1, sizeof *m);

	if (!m)
		return cpl_err_nomem(f->e);
	*out = m; /* the alias owns it from here on, finished or not */
	if (node->kind == CPL_YAML_MAP)
		return read_room(f, node, key, m);
	return read_address(f, node, key, 0, m);
}

static int read_members(struct file *f, const struct cpl_yaml *node,
			struct cpl_alias *a)
{
	struct cpl_member **last = &a->members;

	if (node->kind != CPL_YAML_LIST)
		return read_member(f, node, node->key, last);
	if (!node->first)
		return fail(f, node->line, node->column, "an empty group");
	for (const struct cpl_yaml *at = node->first; at; at = at->next) {
		if (read_member(f, at, node->key, last) < 0)
			return -1;
		last = &(*last)->next;
	}
	return 0;
}

static int read_alias(struct file *f, const struct cpl_yaml *node)
{
	struct cpl_alias **last = &f->config->aliases;
	struct cpl_alias *a;

	if (check_name(f, node, "@./:",
		       "not a name for an alias: with '@', '.', '/' or ':' it "
		       "would be a JID") < 0)
		return -1;
	a = calloc(1, sizeof *a);
	if (!a)
		return cpl_err_nomem(f->e);
	if (copy(f, node->key, &a->name) < 0 || read_members(f, node, a) < 0) {
		cpl_store_free_alias(a);
		return -1;
	}
	while (*last && strcmp((*last)->name, a->name) != 0)
		last = &(*last)->next;
	if (*last)
		cpl_store_free_alias(a);
	else
		*last = a;
	return 0;
}

static int read_format(struct file *f, const struct cpl_yaml *node)
{
	struct cpl_named_format **last = &f->config->formats;
	struct cpl_named_format *format;

	if (check_name(
		f, node, "",
		"not a name for a format: it is empty or holds a control "
		"character") < 0 ||
	    expect(f, node, CPL_YAML_TEXT, node->key) < 0)
		return -1;
	format = calloc(1, sizeof *format);
	if (!format)
		return cpl_err_nomem(f->e);
	if (copy(f, node->key, &format->name) < 0 ||
	    keep(f, node, &format->text) < 0) {
		cpl_store_free_format(format);
		return -1;
	}
	while (*last && strcmp((*last)->name, format->name) != 0)
		last = &(*last)->next;
	if (*last)
		cpl_store_free_format(format);
	else
		*last = format;
	return 0;
}

static int read_default(struct file *f, const struct cpl_yaml *node)
{
	if (expect(f, node, CPL_YAML_TEXT, node->key) < 0)
		return -1;
	if (f->config->chosen.value)
		return 0;
	return keep(f, node, &f->config->chosen);
}

static int read_map(struct file *f, const struct cpl_yaml *node,
		    int (*each)(struct file *f, const struct cpl_yaml *node))
{
	if (!node->null && expect(f, node, CPL_YAML_MAP, node->key) < 0)
		return -1;
	for (const struct cpl_yaml *at = node->first; at; at = at->next)
		if (each(f, at) < 0)
			return -1;
	return 0;
}

static int read_top(struct file *f, const struct cpl_yaml *root)
{
	static const char *const keys[] = {"default", "accounts", "aliases",
					   "formats"};

	if (!root || root->null)
		return 0;
	if (root->kind != CPL_YAML_MAP)
		return fail(f, root->line, root->column,
			    "must be a map with the keys default, accounts, "
			    "aliases, formats");
	for (const struct cpl_yaml *at = root->first; at; at = at->next) {
		int result;

		if (strcmp(at->key, keys[0]) == 0)
			result = read_default(f, at);
		else if (strcmp(at->key, keys[1]) == 0)
			result = read_map(f, at, read_account);
		else if (strcmp(at->key, keys[2]) == 0)
			result = read_map(f, at, read_alias);
		else if (strcmp(at->key, keys[3]) == 0)
			result = read_map(f, at, read_format);
		else
			result = unknown_key(f, at, keys,
					     sizeof keys / sizeof *keys);
		if (result < 0)
			return -1;
	}
	return 0;
}

static int read_bytes(int fd, const char *path, struct cpl_buf *out,
		      struct cpl_err *e)
{
	ssize_t n = 1;

	while (n != 0) {
		char *room = cpl_buf_room(out, 4096);

		if (!room)
			return cpl_buf_err(out, e, CPL_CONFIG, path);
		n = read(fd, room, 4096);
		if (n < 0 && errno != EINTR)
			return cpl_err_errno(e, CPL_CONFIG, "%s", path);
		if (n > 0)
			cpl_buf_added(out, (size_t)n);
		if (out->len > CPL_CONFIG_BYTES_MAX)
			return cpl_err_set(e, CPL_CONFIG,
					   "%s: is over %d bytes", path,
					   CPL_CONFIG_BYTES_MAX);
	}
	return 0;
}

int cpl_config_read(struct cpl_config *c, const char *path,
		    const struct cpl_log *log, struct cpl_err *e)
{
	struct cpl_buf bytes = CPL_BUF_SECRET_INIT(CPL_CONFIG_BYTES_MAX + 8192);
	struct file f = {.config = c, .path = path, .e = e};
	struct cpl_yaml *root = NULL;
	int fd = cpl_private_open(path, CPL_CONFIG, e);
	int result = -1;

	if (fd < 0)
		return -1;
	if (read_bytes(fd, path, &bytes, e) == 0 &&
	    cpl_yaml_parse(&root, bytes.data ? bytes.data : "", bytes.len, path,
			   e) == 0 &&
	    read_top(&f, root) == 0 &&
	    (!f.secret || cpl_private_check(fd, path, log, e) == 0))
		result = 0;
	cpl_yaml_free(root);
	cpl_buf_release(&bytes);
	close(fd);
	return result;
}
