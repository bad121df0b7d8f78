/* SPDX-License-Identifier: MIT
 *
 * What the parts of said share: said.c keeps and says, said_look.c finds out
 * what the room has. */
#ifndef CPL_SAID_IMPL_H
#define CPL_SAID_IMPL_H

#include "said.h"

struct cpl_said_entry {
	struct cpl_origin origin;
	xmpp_stanza_t *stanza; /* as it is sent */
	char *as;              /* the occupant JID at that time */
	uint64_t number;
	size_t bytes; /* as it was said first */
	time_t first;
	unsigned tries;
	int bounced; /* the room did not take it, for certain */
	struct cpl_said_entry *next;
};

enum cpl_said_state {
	CPL_SAID_OUT,
	CPL_SAID_ARCHIVE, /* looking there for what is there already */
	CPL_SAID_HISTORY_COMES,
	CPL_SAID_READY
};

/* Whether the room keeps ids. */
enum cpl_said_ids {
	CPL_SAID_NOT_ASKED,
	CPL_SAID_ASKED,
	CPL_SAID_KEEPS,
	CPL_SAID_RENAMES
};

enum cpl_said_archive { CPL_SAID_UNKNOWN, CPL_SAID_HAS, CPL_SAID_HAS_NOT };

struct cpl_said {
	struct cpl_said_conf conf;
	struct cpl_said_events on;
	struct cpl_jid jid; /* the room's */
	enum cpl_said_state state;
	struct cpl_timer timer;
	struct cpl_said_entry *first;
	struct cpl_said_entry **end;
	size_t waiting, bytes;
	enum cpl_said_archive archive;
	/* What was seen last, before which nothing has to be looked for: with
	 * an archive its id there, "" for its beginning; otherwise FROM and ID
	 * of the message. NULL: nothing was. */
	char *anchor;
	int anchored; /* the history at hand reaches back so far */
	char queryid[CPL_ID_SIZE];
	uint64_t queries;
	int pages; /* of this look-up */
	enum cpl_said_ids ids;
	size_t nameless; /* reflections that nobody knows by name */
};

/* said.c: the timer; one is ours and heard; what is nameless is heard in order;
 * the look-up is over. */
void cpl_said_late(void *user);
int cpl_said_match(struct cpl_said *said, xmpp_stanza_t *message);
void cpl_said_nameless(struct cpl_said *said);
void cpl_said_looked(struct cpl_said *said, int known);

/* said_look.c: asks whether there is an archive, and where it ends; begins to
 * look up. */
void cpl_said_ask_archive(struct cpl_said *said);
void cpl_said_look(struct cpl_said *said);

#endif
