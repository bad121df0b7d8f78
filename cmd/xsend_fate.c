/* SPDX-License-Identifier: MIT
 *
 * What xsend says of each message, and of all that did not get through: the
 * log, the progress, the file of --unsent, and the last lines of a run. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "../common/stanza/build.h"
#include "xsend.h"

/* --- while it runs ----------------------------------------------------- */

static void on_asked(void *user)
{
	struct send *r = user;

	cpl_progress_say(&r->fate.progress);
}

void xsend_fate_open(struct send *r)
{
	struct settings *set = &r->set;
	struct cpl_jid own = {0};
	struct cpl_err e = CPL_ERR_INIT;
	const char *jid = cpl_setting(&r->run.cli.settings, CPL_SET_JID);

	/* What is wrong with it says the session. */
	if (cpl_jid_parse(&own, jid, NULL) == 0)
		jid = own.bare;
	r->fate.own = strdup(jid);
	cpl_jid_release(&own);
	if (!r->fate.own)
		cpl_cli_nomem(&r->run.cli);
	if (set->unsent && cpl_unsent_open(&r->fate.unsent, set->unsent,
					   r->fate.own, r->run.ctx, &e) < 0) {
		if (e.status == CPL_USAGE)
			cpl_cli_usage(&r->run.cli, "%s", e.text);
		cpl_cli_die(&r->run.cli, &e);
	}
	if (cpl_loop_tell(r->run.loop, SIGUSR1, on_asked, r, &e) < 0)
		cpl_cli_die(&r->run.cli, &e);
	cpl_ledger_open(&r->fate.ledger, &r->run.cli, set->log_file,
			set->use_syslog);
	cpl_progress_start(&r->fate.progress, &r->run.cli, r->run.loop,
			   set->progress);
}

void xsend_fate_count(struct send *r)
{
	cpl_progress_count(&r->fate.progress, cpl_delivery_sent(r->delivery),
			   cpl_delivery_confirmed(r->delivery),
			   cpl_delivery_refused(r->delivery));
}

static void note(struct send *r, const struct cpl_sent *sent,
		 enum cpl_fate_result result, unsigned attempts)
{
	struct cpl_fate fate = {
	    .account = r->fate.own,
	    .to = sent->to,
	    .id = sent->id,
	    .bytes = sent->bytes,
	    .result = result,
	    .attempts = attempts,
	};

	cpl_ledger_write(&r->fate.ledger, &fate);
}

void xsend_fate_note(struct send *r, const struct cpl_sent *sent,
		     enum cpl_fate_result result)
{
	note(r, sent, result, sent->tries);
}

void xsend_on_confirmed(void *user, const struct cpl_sent *sent)
{
	struct send *r = user;

	note(r, sent, CPL_FATE_SENT,
	     cpl_session_tries(r->run.session, sent->number));
}

void xsend_fate_refused(struct send *r, const struct cpl_origin *origin,
			const char *from, const char *id,
			const struct cpl_err *why)
{
	struct cpl_fate fate = {
	    .account = r->fate.own,
	    .to = r->to.count ? r->to.list[origin->recipient].full : from,
	    .id = id,
	    .result = r->fate.giving_up ? CPL_FATE_UNKNOWN : CPL_FATE_REFUSED,
	    .condition = why->text,
	};

	cpl_ledger_write(&r->fate.ledger, &fate);
}

/* --- an iq set that is given up ---------------------------------------- */

/* When the session says so it has the bytes no more. */
struct xsend_doubt {
	struct cpl_sent sent; /* id, to and type are not kept */
	char *xml;
	int given_up;
	struct xsend_doubt *next;
};

static void keep_iq(void *user, const struct cpl_sent *sent)
{
	struct send *r = user;
	struct xsend_doubt **p = &r->fate.doubts, *d;

	if (strcmp(sent->type, "iq") != 0 || sent->tries == 0 || sent->refused)
		return;
	d = calloc(1, sizeof *d);
	if (d)
		d->xml = malloc(sent->bytes);
	if (!d || !d->xml) {
		free(d);
		return;
	}
	memcpy(d->xml, sent->xml, sent->bytes);
	d->sent = (struct cpl_sent){.number = sent->number,
				    .bytes = sent->bytes,
				    .first = sent->first,
				    .tries = sent->tries,
				    .xml = d->xml};
	while (*p)
		p = &(*p)->next;
	*p = d;
}

/* Drops those that were not given up, or all. */
static void drop_doubts(struct send *r, int all)
{
	struct xsend_doubt **p = &r->fate.doubts, *d;

	while ((d = *p)) {
		if (d->given_up && !all) {
			p = &d->next;
			continue;
		}
		*p = d->next;
		free(d->xml);
		free(d);
	}
}

void xsend_on_lost(void *user, const struct cpl_err *e)
{
	struct send *r = user;

	(void)e; /* the session has said it */
	if (!r->set.unsent)
		return;
	drop_doubts(r, 0);
	cpl_delivery_each_unconfirmed(r->delivery, keep_iq, r);
}

void xsend_on_given_up(void *user, uint64_t number, const struct cpl_err *why)
{
	struct send *r = user;

	for (struct xsend_doubt *d = r->fate.doubts; d; d = d->next)
		d->given_up |= d->sent.number == number;
	r->fate.giving_up = why->status != CPL_DATA;
	cpl_delivery_given_up(r->delivery, number, why);
	r->fate.giving_up = 0;
	xsend_queue_given_up(r, number, why);
}

/* --- at the end -------------------------------------------------------- */

/* What did not get through: how many, and from which record on. */
struct rest {
	struct send *r;
	uint64_t unknown, unsent;
	uint64_t first_unknown, first_unsent;
	struct cpl_err e;
};

/* Of --unsent the first failure counts. */
static void keep(struct rest *rest, const struct cpl_sent *sent)
{
	struct send *r = rest->r;

	if (r->set.unsent && rest->e.status == CPL_OK)
		(void)!cpl_unsent_add(&r->fate.unsent, sent, &rest->e);
}

/* Those given up that were sent before that number. */
static void keep_doubts(struct rest *rest, uint64_t number)
{
	struct xsend_doubt *d;

	while ((d = rest->r->fate.doubts) && d->sent.number < number) {
		if (d->given_up)
			keep(rest, &d->sent);
		rest->r->fate.doubts = d->next;
		free(d->xml);
		free(d);
	}
}

static void on_unconfirmed(void *user, const struct cpl_sent *sent)
{
	struct rest *rest = user;
	int unknown = sent->tries > 0;

	if (sent->refused)
		return;
	keep_doubts(rest, sent->number);
	if (unknown ? rest->unknown++ == 0 : rest->unsent++ == 0)
		*(unknown ? &rest->first_unknown : &rest->first_unsent) =
		    sent->origin.record;
	note(rest->r, sent, unknown ? CPL_FATE_UNKNOWN : CPL_FATE_UNSENT,
	     sent->tries);
	keep(rest, sent);
}

/* The id that it would have been sent with. */
static void identify(const struct send *r, xmpp_stanza_t *stanza,
		     const struct cpl_origin *origin)
{
	char id[CPL_ID_SIZE];

	if (xmpp_stanza_get_id(stanza) || !r->delivery)
		return;
	cpl_delivery_id(r->delivery, origin, id);
	(void)!cpl_set_attr(stanza, "id", id);
}

static void on_left(void *user, xmpp_stanza_t *stanza,
		    const struct cpl_origin *origin)
{
	struct rest *rest = user;
	struct send *r = rest->r;
	struct cpl_sent sent = {0};

	identify(r, stanza, origin);
	if (rest->unsent++ == 0)
		rest->first_unsent = origin->record;
	sent.to = xmpp_stanza_get_to(stanza);
	sent.id = xmpp_stanza_get_id(stanza);
	note(r, &sent, CPL_FATE_UNSENT, 0);
	if (r->set.unsent && rest->e.status == CPL_OK)
		(void)!cpl_unsent_add_fresh(&r->fate.unsent, stanza, &rest->e);
}

/* By somebody's decision it is refused; otherwise another run may send it. */
void xsend_fate_skipped(struct send *r, xmpp_stanza_t *message,
			const struct cpl_origin *origin, enum cpl_status why)
{
	struct cpl_sent sent = {.to = xmpp_stanza_get_to(message)};
	struct cpl_err e = CPL_ERR_INIT;

	identify(r, message, origin);
	sent.id = xmpp_stanza_get_id(message);
	note(r, &sent, why == CPL_REFUSED ? CPL_FATE_REFUSED : CPL_FATE_UNSENT,
	     0);
	if (r->set.unsent && why != CPL_REFUSED &&
	    cpl_unsent_add_fresh(&r->fate.unsent, message, &e) < 0)
		cpl_run_complain(&r->run, &e);
}

uint64_t xsend_fate_left(struct send *r)
{
	struct rest rest = {.r = r};

	cpl_feed_each_left(&r->feed, on_left, &rest);
	return rest.first_unsent;
}

/* The file, and where a rerun goes on. */
static void write_unsent(struct rest *rest)
{
	struct send *r = rest->r;
	const struct cpl_unsent *u = &r->fate.unsent;
	uint64_t unread = cpl_feed_unread(&r->feed);
	char where[CPL_FEED_NAME_SIZE];

	if (rest->e.status == CPL_OK)
		(void)!cpl_unsent_write(u, &rest->e);
	if (rest->e.status != CPL_OK)
		cpl_run_complain(&r->run, &rest->e);
	else if (u->lines.len > 0)
		cpl_cli_warn(&r->run.cli,
			     "%s: %zu of unknown outcome and %zu not sent",
			     u->path, u->unknown, u->fresh);
	if (unread == 0)
		return;
	cpl_feed_name(&r->feed, unread, where);
	cpl_cli_warn(&r->run.cli, "%s: not read, from here on", where);
}

static int was_online(const struct send *r)
{
	return r->went && cpl_session_since(r->run.session) > 0;
}

static void say_rest(const struct rest *rest)
{
	struct send *r = rest->r;
	char where[CPL_FEED_NAME_SIZE];

	if (rest->unknown > 0) {
		unsigned long long sent = cpl_delivery_sent(r->delivery);

		cpl_feed_name(&r->feed, rest->first_unknown, where);
		cpl_cli_warn(&r->run.cli,
			     "%s: unknown outcome: %llu of %llu message%s %s "
			     "not confirmed, from here on",
			     where, (unsigned long long)rest->unknown, sent,
			     sent == 1 ? "" : "s",
			     rest->unknown == 1 ? "is" : "are");
	}
	/* Before the login it goes without saying. */
	if (rest->unsent > 0 &&
	    (rest->unknown > 0 || was_online(r) || r->set.unsent)) {
		cpl_feed_name(&r->feed, rest->first_unsent, where);
		cpl_cli_warn(&r->run.cli,
			     "%s: %llu message%s not sent, from here on", where,
			     (unsigned long long)rest->unsent,
			     rest->unsent == 1 ? " is" : "s are");
	}
}

void xsend_report(struct send *r)
{
	struct rest rest = {.r = r};
	uint64_t confirmed = 0, refused = 0;

	cpl_progress_end(&r->fate.progress);
	(void)xsend_queue_rescue(r);
	if (r->queue.queue) {
		xsend_queue_report(r);
		return;
	}
	if (r->delivery) {
		cpl_delivery_each_unconfirmed(r->delivery, on_unconfirmed,
					      &rest);
		confirmed = cpl_delivery_confirmed(r->delivery);
		refused = cpl_delivery_refused(r->delivery);
	}
	xsend_rooms_each(r, on_unconfirmed, &rest);
	keep_doubts(&rest, UINT64_MAX);
	cpl_feed_each_left(&r->feed, on_left, &rest);
	/* Some did and some did not: where every single one did, what went
	 * wrong besides is the only cause. */
	r->run.outcome.went_through =
	    confirmed > refused &&
	    (rest.unknown > 0 || rest.unsent > 0 || refused > 0 ||
	     r->speech.skipped > 0 || r->run.outcome.input != CPL_OK);
	xsend_receipts_report(r);
	if (rest.unknown > 0 || rest.unsent > 0)
		cpl_outcome_add(&r->run.outcome, CPL_TEMP);
	say_rest(&rest);
	if (r->set.unsent)
		write_unsent(&rest);
}

void xsend_fate_release(struct send *r)
{
	drop_doubts(r, 1);
	cpl_ledger_close(&r->fate.ledger);
	cpl_unsent_release(&r->fate.unsent);
	free(r->fate.own);
}
