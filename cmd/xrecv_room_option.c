/* SPDX-License-Identifier: MIT
 *
 * The options of xrecv about rooms. */
#include <stdlib.h>
#include <string.h>

#include "../common/base/limits.h"
#include "../common/base/num.h"
#include "../common/base/when.h"
#include "xrecv_room.h"
#include "xrecv_since.h"

static struct rooms *need(struct recv *r)
{
	if (r->rooms)
		return r->rooms;
	r->rooms = calloc(1, sizeof *r->rooms);
	if (!r->rooms)
		cpl_cli_nomem(&r->run.cli);
	r->rooms->history.since = -1;
	return r->rooms;
}

/* One place more in an array; ends the process where there is none. */
static void *grow(struct recv *r, void *list, size_t count, size_t size)
{
	void *more = realloc(list, (count + 1) * size);

	if (!more)
		cpl_cli_nomem(&r->run.cli);
	return more;
}

static void add_name(struct recv *r, const char *name)
{
	struct rooms *rooms = need(r);

	rooms->names =
	    grow(r, rooms->names, rooms->named, sizeof *rooms->names);
	rooms->names[rooms->named++] = name;
}

static void add_pattern(struct recv *r, const char *text)
{
	struct rooms *rooms = need(r);
	struct cpl_err e = CPL_ERR_INIT;

	if (rooms->pattern_count == CPL_FILTER_MAX)
		cpl_cli_usage(&r->run.cli, "--accept-invites: more than %d",
			      CPL_FILTER_MAX);
	rooms->patterns = grow(r, rooms->patterns, rooms->pattern_count,
			       sizeof *rooms->patterns);
	if (cpl_jid_parse(&rooms->patterns[rooms->pattern_count], text, &e) < 0)
		cpl_cli_usage(&r->run.cli, "--accept-invites: %s", e.text);
	rooms->pattern_count++;
}

static void set_history(struct recv *r, const char *value)
{
	struct rooms *rooms = need(r);
	int64_t t, now = cpl_when_now();

	rooms->with_history = 1;
	rooms->history = (struct cpl_muc_history){-1, -1};
	if (value[0] && value[strspn(value, "0123456789")] == '\0' &&
	    cpl_num_int(value, 0, CPL_ROOM_HISTORY_MAX, &rooms->history.most,
			NULL) == 0)
		return;
	if (cpl_when_duration(value, &t) == 0)
		rooms->history.since = now > t ? now - t : 0;
	else if (cpl_when_parse(value, &t) == 0)
		rooms->history.since = t;
	else
		cpl_cli_usage(&r->run.cli,
			      "--history: '%s' is neither a number (0 to %d) "
			      "nor a time (2026-11-28T10:00Z) nor a duration "
			      "(90s, 2h)",
			      value, CPL_ROOM_HISTORY_MAX);
}

int xrecv_room_option(struct recv *r, int c, const char *arg)
{
	struct rooms *rooms = need(r);

	switch (c) {
	case 'R': add_name(r, arg); return 1;
	case XRECV_OPT_ACCEPT_INVITES: add_pattern(r, arg); return 1;
	case XRECV_OPT_HISTORY:
		set_history(r, arg);
		rooms->extra = "--history";
		return 1;
	case XRECV_OPT_SUBJECT:
		rooms->subject = 1;
		rooms->extra = "--subject";
		return 1;
	case XRECV_OPT_OCCUPANTS:
		rooms->occupants = 1;
		rooms->extra = "--occupants";
		return 1;
	default: return cpl_room_option(&rooms->options, &r->run.cli, c, arg);
	}
}

/* Direct messages are wanted with invitations, or where the user says what the
 * presence is to be: else nothing is announced but to the rooms. */
static int is_present(const struct recv *r)
{
	const struct cpl_being *being = &r->set.being;

	return r->rooms->pattern_count > 0 || being->priority_given ||
	       being->presence.show || being->presence.status;
}

void xrecv_rooms_settle(struct recv *r)
{
	struct rooms *rooms = r->rooms;
	struct cpl_cli *cli = &r->run.cli;
	const char *option;

	if (!rooms)
		return;
	if (rooms->named == 0 && rooms->pattern_count == 0) {
		option = rooms->extra ? rooms->extra
				      : cpl_room_option_given(&rooms->options);
		if (option)
			cpl_cli_usage(cli, "%s without -R", option);
		free(rooms);
		r->rooms = NULL;
		return;
	}
	if (r->durable)
		cpl_cli_usage(cli, "-R and --durable exclude each other");
	if (r->since && rooms->with_history)
		cpl_cli_usage(cli, "--history and --since exclude each other");
	if (rooms->named > 0 && !is_present(r)) {
		r->set.being.none = 1;
		if (r->since)
			r->since->rooms_only = 1;
	}
}

void xrecv_rooms_parse(struct recv *r)
{
	struct rooms *rooms = r->rooms;
	struct cpl_err e = CPL_ERR_INIT;

	if (!rooms)
		return;
	for (size_t i = 0; i < rooms->named; i++)
		if (cpl_recipients_add_room(&rooms->recipients,
					    r->run.cli.config, rooms->names[i],
					    1, &e) < 0)
			cpl_cli_usage(&r->run.cli, "-R: %s", e.text);
	/* Of an alias there may be many. */
	if (rooms->recipients.count > CPL_ROOMS_MAX)
		cpl_cli_usage(&r->run.cli, "-R: more than %d rooms",
			      CPL_ROOMS_MAX);
	if (!rooms->occupants)
		return;
	rooms->others = (r->filter.kinds & CPL_PRESENCE) != 0;
	r->filter.kinds |= CPL_PRESENCE;
}
