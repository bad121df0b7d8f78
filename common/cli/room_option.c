/* SPDX-License-Identifier: MIT */
#include "room_option.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "parts.h"
#include "value.h"

#define PASSWORD_FD "--room-password-fd"
#define PASSWORD_FILE "--room-password-file"

static void take_nick(struct cpl_room_options *o, struct cpl_cli *cli,
		      const char *arg)
{
	struct cpl_err e = CPL_ERR_INIT;

	o->nick = 1;
	if (cpl_cli_put_option(cli, CPL_SET_NICK, arg, "--nick", &e) == 0)
		return;
	if (e.status == CPL_USAGE)
		cpl_cli_usage(cli, "%s", e.text);
	cpl_cli_die(cli, &e);
}

static void take_file(struct cpl_room_options *o, struct cpl_cli *cli,
		      const char *arg)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (strcmp(arg, "-") == 0) { /* stdin, as everywhere */
		o->has_fd = 1;
		o->fd = 0;
		return;
	}
	if (cpl_setting_check(CPL_SET_PASSWORD_FILE, arg, &e) < 0)
		cpl_cli_usage(cli, "%s: %s", PASSWORD_FILE, e.text);
	o->file = arg;
}

int cpl_room_option(struct cpl_room_options *o, struct cpl_cli *cli, int c,
		    const char *arg)
{
	switch (c) {
	case CPL_OPT_NICK: take_nick(o, cli, arg); break;
	case CPL_OPT_NICK_EXACT: o->nick_exact = 1; break;
	case CPL_OPT_ROOM_PASSWORD_FD:
		o->fd =
		    (int)cpl_value_number(cli, PASSWORD_FD, arg, 0, INT_MAX);
		o->has_fd = 1;
		break;
	case CPL_OPT_ROOM_PASSWORD_FILE: take_file(o, cli, arg); break;
	default: return 0;
	}
	return 1;
}

const char *cpl_room_option_given(const struct cpl_room_options *o)
{
	if (o->nick)
		return "--nick";
	if (o->nick_exact)
		return "--nick-exact";
	if (o->has_fd)
		return PASSWORD_FD;
	return o->file ? PASSWORD_FILE : NULL;
}

void cpl_room_option_stdin(const struct cpl_room_options *o,
			   const struct cpl_cli *cli, const char *why)
{
	if (o->has_fd && o->fd == 0)
		cpl_cli_usage(cli, "%s 0: %s", PASSWORD_FD, why);
}

/* ---- Nicknames ---- */

static char *local_nick(const struct cpl_cli *cli, struct cpl_err *e)
{
	const char *text = cpl_setting(&cli->settings, CPL_SET_JID);
	struct cpl_jid jid;
	char *nick = NULL;

	if (cpl_jid_parse(&jid, text, e) < 0)
		return NULL;
	if (jid.local)
		nick = cpl_jid_resource(jid.local, e);
	else
		cpl_err_set(e, CPL_USAGE,
			    "no nickname: '%s' has no localpart, and --nick "
			    "is not given",
			    jid.full);
	cpl_jid_release(&jid);
	return nick;
}

char *cpl_room_option_nick(const struct cpl_cli *cli,
			   const struct cpl_recipient *of, struct cpl_err *e)
{
	const struct cpl_setting *set = &cli->settings.set[CPL_SET_NICK];
	const char *nick = of ? of->nick : NULL;

	if (!nick && set->value && set->origin[0] == '-')
		nick = set->value;
	if (!nick && of && of->alias)
		nick = cpl_setting(&of->alias->set, CPL_SET_NICK);
	if (!nick)
		nick = set->value;
	return nick ? cpl_jid_resource(nick, e) : local_nick(cli, e);
}

/* ---- Passwords ---- */

/* What the environment says; an empty variable is none. */
static int put_variable(struct cpl_settings *s, enum cpl_setting_id id,
			const char *name, struct cpl_err *e)
{
	const char *value = getenv(name);

	return value && *value ? cpl_setting_put(s, id, value, name, e) : 0;
}

/* The sources that are no alias's. */
static int put_direct(struct cpl_settings *s, const struct cpl_room_options *o,
		      struct cpl_err *e)
{
	if (o->file && cpl_setting_put(s, CPL_SET_PASSWORD_FILE, o->file,
				       PASSWORD_FILE, e) < 0)
		return -1;
	if (put_variable(s, CPL_SET_PASSWORD_FILE, "COUPLET_ROOM_PASSWORD_FILE",
			 e) < 0)
		return -1;
	return put_variable(s, CPL_SET_PASSWORD, "COUPLET_ROOM_PASSWORD", e);
}

/* The password of one room; direct has the sources that are no alias's, which
 * come first where there is one room alone. */
static int fetch(struct cpl_room_entries *all, struct cpl_room_entry *entry,
		 const struct cpl_recipient *of, int alone,
		 const struct cpl_secret_conf *direct,
		 const struct cpl_cli *cli, struct cpl_err *e)
{
	struct cpl_secret_conf own = {.fd = -1, .no_prompt = 1};
	struct cpl_secret *to = &entry->own;
	const struct cpl_secret_conf *conf = direct;
	const char *source;

	own.settings = of->alias ? &of->alias->set : direct->settings;
	if (of->alias && cpl_secret_source(&own) &&
	    !(alone && cpl_secret_source(direct)))
		conf = &own;
	else
		to = &all->shared;
	source = cpl_secret_source(conf);
	cpl_log(&cli->log, CPL_LOG_INFO, "%s: as '%s', %s%s", entry->room,
		entry->nick, source ? "password from " : "no password",
		source ? source : "");
	if (!source)
		return 0;
	entry->password = to;
	return to->text ? 0 : cpl_secret_get(to, conf, &cli->log, e);
}

static int load_all(struct cpl_room_entries *out,
		    const struct cpl_secret_conf *direct,
		    const struct cpl_cli *cli, const struct cpl_recipients *to,
		    struct cpl_err *e)
{
	for (size_t i = 0; i < to->count; i++) {
		const struct cpl_recipient *of = &to->more[i];
		struct cpl_room_entry *entry = &out->list[out->count];

		if (!of->room)
			continue;
		out->count++;
		entry->recipient = i;
		entry->room = to->list[i].bare;
		entry->nick = cpl_room_option_nick(cli, of, e);
		if (!entry->nick ||
		    fetch(out, entry, of, to->rooms == 1, direct, cli, e) < 0)
			return -1;
	}
	return 0;
}

int cpl_room_entries_load(struct cpl_room_entries *out,
			  const struct cpl_room_options *o,
			  const struct cpl_cli *cli,
			  const struct cpl_recipients *to, struct cpl_err *e)
{
	struct cpl_settings settings = {0};
	struct cpl_secret_conf direct = {.fd = o->has_fd ? o->fd : -1,
					 .fd_option = PASSWORD_FD,
					 .settings = &settings,
					 .no_prompt = 1};
	int result = -1;

	memset(out, 0, sizeof *out);
	out->list = calloc(to->rooms + 1, sizeof *out->list);
	if (!out->list)
		cpl_err_nomem(e);
	else if (put_direct(&settings, o, e) == 0)
		result = load_all(out, &direct, cli, to, e);
	cpl_settings_release(&settings);
	if (result < 0)
		cpl_room_entries_release(out);
	return result;
}

void cpl_room_entries_release(struct cpl_room_entries *entries)
{
	for (size_t i = 0; i < entries->count; i++) {
		free(entries->list[i].nick);
		cpl_secret_wipe(&entries->list[i].own);
	}
	free(entries->list);
	cpl_secret_wipe(&entries->shared);
	memset(entries, 0, sizeof *entries);
}
