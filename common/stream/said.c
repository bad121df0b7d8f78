/* SPDX-License-Identifier: MIT */
#include "said.h"

#include <stdlib.h>
#include <string.h>

#include "../base/limits.h"
#include "../base/when.h"
#include "../stanza/build.h"
#include "../stanza/ns.h"
#include "../stanza/write.h"
#include "archive.h"
#include "said_impl.h"

/* --- what is kept ------------------------------------------------------ */

static void free_entry(struct cpl_said_entry *entry)
{
	if (!entry)
		return;
	if (entry->stanza)
		xmpp_stanza_release(entry->stanza);
	free(entry->as);
	free(entry);
}

struct cpl_said *cpl_said_new(const struct cpl_said_conf *conf,
			      const struct cpl_said_events *on)
{
	struct cpl_said *said = calloc(1, sizeof *said);

	if (!said)
		return NULL;
	said->conf = *conf;
	said->on = *on;
	said->end = &said->first;
	said->timer.fire = cpl_said_late;
	said->timer.user = said;
	if (cpl_jid_parse(&said->jid, cpl_room_jid(conf->room), NULL) == 0)
		return said;
	cpl_said_free(said);
	return NULL;
}

void cpl_said_free(struct cpl_said *said)
{
	struct cpl_said_entry *entry;

	if (!said)
		return;
	cpl_loop_cancel(said->conf.loop, &said->timer);
	cpl_session_forget(said->conf.session, said);
	while ((entry = said->first)) {
		said->first = entry->next;
		free_entry(entry);
	}
	free(said->anchor);
	cpl_jid_release(&said->jid);
	free(said);
}

static void take_out(struct cpl_said *said, struct cpl_said_entry **p)
{
	struct cpl_said_entry *entry = *p;

	*p = entry->next;
	if (said->end == &entry->next)
		said->end = p;
	said->waiting--;
	said->bytes -= entry->bytes;
}

/* Nothing is heard of what waits: for how long yet. */
static void set_timer(struct cpl_said *said)
{
	if (said->state == CPL_SAID_OUT ||
	    (said->state == CPL_SAID_READY && !said->first))
		cpl_loop_cancel(said->conf.loop, &said->timer);
	else
		cpl_loop_timer(said->conf.loop, &said->timer, CPL_SAID_WAIT_MS);
}

/* --- to the room ------------------------------------------------------- */

/* A copy with an origin-id. NULL without memory. */
static xmpp_stanza_t *copy(xmpp_stanza_t *message)
{
	xmpp_stanza_t *s = xmpp_stanza_copy(message), *el;
	const char *id = xmpp_stanza_get_id(message);

	el = cpl_child(s, "origin-id", CPL_NS_SID);
	if (!el)
		el = cpl_build_child(s, "origin-id", CPL_NS_SID);
	return cpl_built(s, id && cpl_set_attr(el, "id", id) == 0);
}

/* -1: nothing was sent. */
static int put(struct cpl_said *said, struct cpl_said_entry *entry,
	       struct cpl_err *e)
{
	char *as = strdup(cpl_room_occupant(said->conf.room));

	if (!as)
		return cpl_err_nomem(e);
	if (cpl_session_send_once(said->conf.session, entry->stanza,
				  &entry->number, e) < 0) {
		free(as);
		return -1;
	}
	free(entry->as);
	entry->as = as;
	if (entry->first == 0)
		entry->first = time(NULL);
	entry->tries++;
	return 0;
}

long cpl_said_say(struct cpl_said *said, xmpp_stanza_t *message,
		  const struct cpl_origin *origin, struct cpl_err *e)
{
	struct cpl_said_entry *entry = calloc(1, sizeof *entry);
	size_t before = cpl_session_pending(said->conf.session);

	if (!entry || !(entry->stanza = copy(message)))
		cpl_err_nomem(e);
	else if (put(said, entry, e) == 0) {
		entry->origin = *origin;
		entry->bytes = cpl_session_pending(said->conf.session) - before;
		*said->end = entry;
		said->end = &entry->next;
		said->waiting++;
		said->bytes += entry->bytes;
		if (said->waiting == 1)
			set_timer(said);
		return (long)entry->bytes;
	}
	free_entry(entry);
	return -1;
}

/* XEP-0203 2: without from, as a room may hide who its occupants are. */
static int add_delay(struct cpl_said_entry *entry)
{
	char stamp[CPL_WHEN_SIZE];
	xmpp_stanza_t *delay;

	if (cpl_child(entry->stanza, "delay", CPL_NS_DELAY))
		return 0;
	cpl_when_stamp((int64_t)entry->first * 1000, stamp);
	delay = cpl_build_child(entry->stanza, "delay", CPL_NS_DELAY);
	return cpl_set_attr(delay, "stamp", stamp);
}

/* All that the room does not have, in order. */
static void say_again(struct cpl_said *said, int known)
{
	struct cpl_err e = CPL_ERR_INIT;
	size_t doubtful = 0;

	for (struct cpl_said_entry *entry = said->first; entry;
	     entry = entry->next) {
		doubtful += !known && !entry->bounced && entry->tries > 0;
		if (add_delay(entry) < 0 || put(said, entry, &e) < 0)
			return; /* the session says why */
	}
	if (doubtful > 0)
		said->on.doubtful(said->on.user, doubtful);
}

/* The look-up is over; known: what was not found is not there. */
void cpl_said_looked(struct cpl_said *said, int known)
{
	if (said->state == CPL_SAID_READY)
		return;
	said->state = CPL_SAID_READY;
	say_again(said, known);
	set_timer(said);
	said->on.ready(said->on.user);
}

void cpl_said_joined(struct cpl_said *said)
{
	said->nameless = 0;
	if (said->first) {
		cpl_said_look(said);
		set_timer(said);
		return;
	}
	said->state = CPL_SAID_READY;
	if (said->conf.again && said->archive == CPL_SAID_UNKNOWN)
		cpl_said_ask_archive(said);
	said->on.ready(said->on.user);
}

void cpl_said_out(struct cpl_said *said)
{
	struct cpl_muc_history history = {0, -1};

	said->state = CPL_SAID_OUT;
	cpl_loop_cancel(said->conf.loop, &said->timer);
	if (said->archive != CPL_SAID_HAS)
		history.most =
		    said->first ? (long)said->waiting + CPL_SAID_HISTORY : 0;
	cpl_room_history(said->conf.room, &history);
}

/* It did not come back, or the past does not. */
void cpl_said_late(void *user)
{
	struct cpl_said *said = user;
	struct cpl_err e = CPL_ERR_INIT;

	if (!cpl_session_online(said->conf.session)) {
		set_timer(said);
		return;
	}
	if (said->state != CPL_SAID_READY) {
		cpl_said_looked(said, 0);
		return;
	}
	cpl_err_set(&e, CPL_TEMP,
		    "the room has not said what it was sent for %d s",
		    CPL_SAID_WAIT_MS / 1000);
	cpl_room_lost(said->conf.room, &e);
}

/* --- from the room ----------------------------------------------------- */

static void describe(const struct cpl_said_entry *entry, struct cpl_sent *sent)
{
	*sent = (struct cpl_sent){
	    .number = entry->number,
	    .origin = entry->origin,
	    .id = xmpp_stanza_get_id(entry->stanza),
	    .to = xmpp_stanza_get_to(entry->stanza),
	    .type = "message",
	    .bytes = entry->bytes,
	    .first = entry->first,
	    .tries = entry->tries,
	};
}

static void heard(struct cpl_said *said, struct cpl_said_entry **p)
{
	struct cpl_said_entry *entry = *p;
	struct cpl_sent sent;

	take_out(said, p);
	describe(entry, &sent);
	set_timer(said);
	said->on.heard(said->on.user, &sent);
	free_entry(entry);
}

static int is_by(const struct cpl_said_entry *entry, const char *id,
		 const char *origin)
{
	const char *own = xmpp_stanza_get_id(entry->stanza);

	return (id && strcmp(own, id) == 0) ||
	       (origin && strcmp(own, origin) == 0);
}

/* Whether it is one of ours, under the nick that we had then or have now; which
 * is heard. */
int cpl_said_match(struct cpl_said *said, xmpp_stanza_t *message)
{
	const char *from = xmpp_stanza_get_from(message);
	const char *id = xmpp_stanza_get_id(message);
	xmpp_stanza_t *el = cpl_child(message, "origin-id", CPL_NS_SID);
	const char *origin = el ? xmpp_stanza_get_attribute(el, "id") : NULL;

	for (struct cpl_said_entry **p = &said->first; *p; p = &(*p)->next) {
		if (!is_by(*p, id, origin) ||
		    (!cpl_jid_is(from, (*p)->as) &&
		     !cpl_room_is_own(said->conf.room, from)))
			continue;
		heard(said, p);
		return 1;
	}
	return 0;
}

/* The room keeps no ids: the first so many are those that it has said. */
void cpl_said_nameless(struct cpl_said *said)
{
	for (; said->nameless > 0 && said->first; said->nameless--)
		heard(said, &said->first);
	said->nameless = 0;
}

long cpl_said_refused(struct cpl_said *said, const struct cpl_origin *origin)
{
	struct cpl_said_entry **p = &said->first, *entry;
	long bytes;

	while (*p && ((*p)->origin.record != origin->record ||
		      (*p)->origin.recipient != origin->recipient))
		p = &(*p)->next;
	entry = *p;
	if (!entry)
		return -1;
	bytes = (long)entry->bytes;
	take_out(said, p);
	free_entry(entry);
	set_timer(said);
	return bytes;
}

int cpl_said_is_ready(const struct cpl_said *said)
{
	return said->state == CPL_SAID_READY;
}

size_t cpl_said_waiting(const struct cpl_said *said)
{
	return said->waiting;
}

size_t cpl_said_bytes(const struct cpl_said *said)
{
	return said->bytes;
}

void cpl_said_each(const struct cpl_said *said,
		   void (*each)(void *user, const struct cpl_sent *sent),
		   void *user)
{
	for (const struct cpl_said_entry *entry = said->first; entry;
	     entry = entry->next) {
		struct cpl_buf xml = CPL_BUF_INIT(CPL_LINK_OUT_MAX);
		struct cpl_sent sent;

		describe(entry, &sent);
		if (cpl_write_xml(&xml, entry->stanza, CPL_NS_CLIENT) == 0) {
			sent.xml = xml.data;
			sent.bytes = xml.len;
		}
		each(user, &sent);
		cpl_buf_release(&xml);
	}
}
