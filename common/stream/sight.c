/* SPDX-License-Identifier: MIT */
#include "sight.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../base/limits.h"
#include "../stanza/build.h"

enum doubt { SURE, DOUBT, UNKNOWN };

/* An address and what it said last. Of the bare JID of an account there is one
 * with CPL_SIGHT_GONE when its server said so. */
struct seen {
	char *jid;
	uint64_t print; /* of show, priority and status */
	unsigned state;
	enum doubt doubt; /* whether that still holds */
};

struct cpl_sight {
	struct seen *list; /* by jid */
	size_t count, room;
	int partial; /* there was more than is remembered */
};

struct cpl_sight *cpl_sight_new(void)
{
	return calloc(1, sizeof(struct cpl_sight));
}

void cpl_sight_free(struct cpl_sight *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++)
		free(s->list[i].jid);
	free(s->list);
	free(s);
}

/* --- what a presence says ---------------------------------------------- */

unsigned cpl_sight_state(xmpp_stanza_t *presence)
{
	static const struct {
		const char *show;
		unsigned state;
	} shows[] = {
	    {"away", CPL_SIGHT_AWAY},
	    {"chat", CPL_SIGHT_CHAT},
	    {"dnd", CPL_SIGHT_DND},
	    {"xa", CPL_SIGHT_XA},
	};
	const char *type = xmpp_stanza_get_type(presence);
	char *show;
	unsigned state = CPL_SIGHT_AVAILABLE;

	if (type)
		return strcmp(type, "unavailable") == 0 ? CPL_SIGHT_GONE : 0;
	/* RFC 6121 4.7.2.1: what is none of these is as if it were not there.
	 */
	show = cpl_text(cpl_own_child(presence, "show"));
	for (size_t i = 0; show && i < sizeof shows / sizeof *shows; i++)
		if (strcmp(show, shows[i].show) == 0)
			state |= shows[i].state;
	free(show);
	return state;
}

/* FNV-1a: whoever makes two of his own presences collide hides one of them. */
static uint64_t add_print(uint64_t print, const char *text)
{
	for (; *text; text++)
		print = (print ^ (unsigned char)*text) * 0x100000001b3U;
	return (print ^ 0xff) * 0x100000001b3U;
}

static uint64_t print_of(xmpp_stanza_t *presence)
{
	static const char *const parts[] = {"show", "priority", "status"};
	uint64_t print = 0xcbf29ce484222325U;

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		char *text = cpl_text(cpl_own_child(presence, parts[i]));

		print = add_print(print, text ? text : "");
		free(text);
	}
	return print;
}

/* --- the list ---------------------------------------------------------- */

/* The first that is not before jid. */
static size_t lower_bound(const struct cpl_sight *s, const char *jid)
{
	size_t low = 0, high = s->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(s->list[middle].jid, jid) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct seen *find(const struct cpl_sight *s, const char *jid)
{
	size_t i = lower_bound(s, jid);

	if (i < s->count && strcmp(s->list[i].jid, jid) == 0)
		return &s->list[i];
	return NULL;
}

/* Where the resources of an account begin ("BARE/" sorts behind "BARE", with
 * "BARE.other" in between), and how many there are. */
static size_t resources(const struct cpl_sight *s, const char *bare,
			size_t *count)
{
	size_t n = strlen(bare), low = 0, high = s->count, end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const char *jid = s->list[middle].jid;
		int order = strncmp(jid, bare, n);

		if (order < 0 ||
		    (order == 0 && (unsigned char)jid[n] < (unsigned char)'/'))
			low = middle + 1;
		else
			high = middle;
	}
	end = low;
	while (end < s->count && strncmp(s->list[end].jid, bare, n) == 0 &&
	       s->list[end].jid[n] == '/')
		end++;
	*count = end - low;
	return low;
}

static void remove_some(struct cpl_sight *s, size_t at, size_t n)
{
	if (n == 0)
		return;
	for (size_t i = at; i < at + n; i++)
		free(s->list[i].jid);
	memmove(s->list + at, s->list + at + n,
		(s->count - at - n) * sizeof *s->list);
	s->count -= n;
}

static int insert(struct cpl_sight *s, const char *jid, uint64_t print,
		  unsigned state, struct cpl_err *e)
{
	size_t at = lower_bound(s, jid);

	if (s->count == CPL_SIGHT_MAX) {
		s->partial = 1;
		return 0;
	}
	if (s->count == s->room) {
		size_t room = s->room ? 2 * s->room : 64;
		struct seen *list = realloc(s->list, room * sizeof *list);

		if (!list)
			return cpl_err_nomem(e);
		s->list = list;
		s->room = room;
	}
	memmove(s->list + at + 1, s->list + at,
		(s->count - at) * sizeof *s->list);
	s->list[at] = (struct seen){strdup(jid), print, state, SURE};
	s->count++;
	if (s->list[at].jid)
		return 0;
	remove_some(s, at, 1);
	return cpl_err_nomem(e);
}

/* --- presence ---------------------------------------------------------- */

static int take_available(struct cpl_sight *s, const struct cpl_jid *from,
			  uint64_t print, unsigned state, struct cpl_err *e)
{
	struct seen *known = find(s, from->full);
	size_t others;

	if (known && known->state == state && known->print == print) {
		known->doubt = SURE;
		return 0;
	}
	if (known) {
		known->doubt = SURE;
		known->state = state;
		known->print = print;
		return 1;
	}
	resources(s, from->bare, &others);
	if (others >= CPL_SIGHT_ACCOUNT_MAX) {
		s->partial = 1;
		return 1;
	}
	return insert(s, from->full, print, state, e) < 0 ? -1 : 1;
}

static int take_gone(struct cpl_sight *s, const struct cpl_jid *from,
		     struct cpl_err *e)
{
	struct seen *known = find(s, from->full);
	int news = s->partial;
	size_t at, count;

	/* RFC 6121 4.5.2: one resource of theirs. */
	if (from->resource) {
		if (known)
			remove_some(s, (size_t)(known - s->list), 1);
		return known || news;
	}
	at = resources(s, from->bare, &count);
	news |= count > 0 || (known && known->state != CPL_SIGHT_GONE);
	remove_some(s, at, count);
	if (known)
		known = find(s, from->full);
	if (known) {
		known->state = CPL_SIGHT_GONE;
		known->doubt = SURE;
	} else if (insert(s, from->full, 0, CPL_SIGHT_GONE, e) < 0)
		return -1;
	return news;
}

int cpl_sight_take(struct cpl_sight *s, const struct cpl_jid *from,
		   xmpp_stanza_t *presence, struct cpl_err *e)
{
	unsigned state = cpl_sight_state(presence);

	if (state == 0)
		return 1;
	if (state == CPL_SIGHT_GONE)
		return take_gone(s, from, e);
	return take_available(s, from, print_of(presence), state, e);
}

/* --- doubt ------------------------------------------------------------- */

/* That an account is gone is no news when it is said again. */
void cpl_sight_doubt(struct cpl_sight *s)
{
	for (size_t i = 0; i < s->count;) {
		s->list[i].doubt = DOUBT;
		if (s->list[i].state == CPL_SIGHT_GONE)
			remove_some(s, i, 1);
		else
			i++;
	}
}

void cpl_sight_unknown(struct cpl_sight *s, const char *who)
{
	for (size_t i = 0; i < s->count; i++) {
		struct cpl_jid jid;

		if (s->list[i].doubt != DOUBT ||
		    cpl_jid_parse(&jid, s->list[i].jid, NULL) < 0)
			continue;
		if (strcmp(jid.bare, who) == 0 || strcmp(jid.domain, who) == 0)
			s->list[i].doubt = UNKNOWN;
		cpl_jid_release(&jid);
	}
}

void cpl_sight_settle(struct cpl_sight *s,
		      void (*gone)(void *user, const char *jid), void *user)
{
	for (size_t i = 0; i < s->count;) {
		char *jid;

		if (s->list[i].doubt != DOUBT) {
			i++;
			continue;
		}
		jid = s->list[i].jid;
		s->list[i].jid = NULL;
		remove_some(s, i, 1);
		gone(user, jid);
		free(jid);
	}
}

unsigned cpl_sight_of(const struct cpl_sight *s, const struct cpl_jid *who)
{
	const struct seen *known = find(s, who->full);
	unsigned state = known && known->doubt == SURE ? known->state : 0;
	size_t at, count = 0;

	at = who->resource ? 0 : resources(s, who->bare, &count);
	for (size_t i = at; i < at + count; i++)
		if (s->list[i].doubt == SURE)
			state |= s->list[i].state;
	if (state & CPL_SIGHT_AVAILABLE)
		state &= ~(unsigned)CPL_SIGHT_GONE;
	return state;
}
