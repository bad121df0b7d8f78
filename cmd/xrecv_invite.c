/* SPDX-License-Identifier: MIT
 *
 * xrecv --accept-invites: who may invite us into a room, and there we are. */
#include <stdlib.h>
#include <string.h>

#include "../common/base/limits.h"
#include "../common/stanza/invite.h"
#include "xrecv_room.h"

static int is_accepted(const struct recv *r, const struct cpl_invite *invite)
{
	const struct cpl_jid *own = cpl_session_jid(r->run.session);
	const struct rooms *rooms = r->rooms;

	for (size_t i = 0; i < rooms->pattern_count; i++)
		if (cpl_invite_matches(invite, &rooms->patterns[i], own))
			return 1;
	return 0;
}

/* As the command line has it for a room that it does not name; place is where
 * we were already, or NULL. */
static void enter(struct recv *r, struct place *place,
		  struct cpl_invite *invite)
{
	struct cpl_err e = CPL_ERR_INIT;
	char *nick = cpl_room_option_nick(&r->run.cli, NULL, &e);

	if (nick)
		place = xrecv_room_add(r, place, invite->room.bare, nick,
				       invite->password);
	else
		cpl_run_complain(&r->run, &e);
	free(nick);
	if (!nick || !place)
		return;
	/* The room has it, and wipes it with itself. */
	if (invite->password) {
		place->password.text = invite->password;
		place->password.len = strlen(invite->password);
		invite->password = NULL;
	}
	cpl_log(&r->run.cli.log, CPL_LOG_INFO, "%s: invited by %s",
		invite->room.bare,
		invite->inviter.full ? invite->inviter.full : "somebody");
	cpl_room_online(place->room);
}

void xrecv_invited(struct recv *r, xmpp_stanza_t *message)
{
	const struct cpl_jid *own = cpl_session_jid(r->run.session);
	struct rooms *rooms = r->rooms;
	struct cpl_invite invite;
	struct place *place;

	if (!rooms || rooms->pattern_count == 0 ||
	    cpl_invite_read(message, own, &invite) < 0)
		return;
	if (is_accepted(r, &invite)) {
		place = xrecv_room_find(r, invite.room.bare);
		if (!place && rooms->all.count >= CPL_ROOMS_MAX)
			cpl_cli_warn(&r->run.cli,
				     "%s: not entered, more than %d rooms",
				     invite.room.bare, CPL_ROOMS_MAX);
		else if (!place || cpl_room_is_over(place->room))
			enter(r, place, &invite);
	}
	cpl_invite_release(&invite);
}
