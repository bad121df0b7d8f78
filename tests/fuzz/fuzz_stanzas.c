/* SPDX-License-Identifier: MIT
 *
 * Any element through everything that reads one: what it may be taken for
 * depends on who has sent it, and nothing that is read breaks what is made of
 * it. The input is XML, records as they come in (fuzz_read()). */
#include "../../common/stanza/bookmark.h"
#include "../../common/stanza/build.h"
#include "../../common/stanza/carbon.h"
#include "../../common/stanza/contacts.h"
#include "../../common/stanza/disco.h"
#include "../../common/stanza/filter.h"
#include "../../common/stanza/invite.h"
#include "../../common/stanza/message.h"
#include "../../common/stanza/muc.h"
#include "../../common/stanza/ns.h"
#include "../../common/stanza/outgoing.h"
#include "../../common/stanza/reply.h"
#include "../../common/stanza/rsm.h"
#include "../../common/stanza/same.h"
#include "../../common/stream/archive.h"
#include "../../common/stream/base64.h"
#include "../../common/stream/caps.h"
#include "../../common/stream/fault.h"
#include "../../common/stream/features.h"
#include "../../common/stream/request.h"
#include "../../common/stream/room_ping.h"
#include "../../common/stream/sight.h"
#include "../../common/stream/sm.h"
#include "../../common/stream/upgrade.h"
#include "fuzz.h"

#define OWN "romeo@montague.lit"

static struct cpl_jid own, juliet;

/* Without from it is the own account's (RFC 6120 8.1.2.1). */
static int is_own(xmpp_stanza_t *s)
{
	const char *from = xmpp_stanza_get_from(s);
	struct cpl_jid jid;
	int is;

	if (!from)
		return 1;
	is = cpl_jid_parse(&jid, from, NULL) == 0 && !jid.resource &&
	     strcmp(jid.bare, OWN) == 0;
	cpl_jid_release(&jid);
	return is;
}

/* What was made of an element can be written, and is released. */
static void made(xmpp_stanza_t *s)
{
	struct cpl_buf out = CPL_BUF_INIT(FUZZ_ROOM);

	MUST(s && cpl_write_xml(&out, s, XMPP_NS_CLIENT) == 0);
	cpl_buf_release(&out);
	xmpp_stanza_release(s);
}

/* --- copies, and what is remembered ------------------------------------- */

static void carbon(xmpp_ctx_t *ctx, xmpp_stanza_t *s)
{
	xmpp_stanza_t *copy = NULL;
	enum cpl_carbon_kind kind = cpl_carbon_take(s, &own, &copy);

	(void)ctx;
	if (kind != CPL_CARBON_NONE && kind != CPL_CARBON_FORGED)
		MUST(copy && is_own(s));
}

static void archive(xmpp_ctx_t *ctx, xmpp_stanza_t *s)
{
	struct cpl_archive_result r;
	struct cpl_archive_end end;
	int64_t when = -1;

	(void)ctx;
	switch (cpl_archive_take(s, &own, "q", &r)) {
	case CPL_ARCHIVE_RESULT:
		MUST(is_own(s) && r.id);
		if (r.message)
			made(cpl_archive_message(&r, &own));
		break;
	case CPL_ARCHIVE_FORGED:
	case CPL_ARCHIVE_NONE: break;
	}
	MUST(cpl_archive_take(s, &own, NULL, &r) != CPL_ARCHIVE_RESULT);
	cpl_archive_ended(s, &end);
	MUST(!end.not_found || end.why);
	(void)cpl_archive_offered(s);
	(void)cpl_archive_id(s, &own);
	(void)cpl_archive_is_own(s, &own);
	if (cpl_archive_is_stored(s, &own, &when))
		MUST(when >= 0);
}

static void same(xmpp_ctx_t *ctx, xmpp_stanza_t *s)
{
	struct cpl_same keys;

	(void)ctx;
	if (cpl_same_keys(s, &own, &keys) < 0)
		return;
	MUST(keys.count <= CPL_SAME_MAX);
	for (size_t i = 0; i < keys.count; i++)
		MUST(strlen(keys.key[i]) == CPL_SAME_SIZE - 1);
}

/* --- rooms -------------------------------------------------------------- */

static void muc(xmpp_ctx_t *ctx, xmpp_stanza_t *s)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_muc_news news;

	(void)ctx;
	if (cpl_muc_read(s, &news) == 0) {
		MUST(cpl_muc_removed(&news, &e) == -1);
		MUST(e.status == CPL_REFUSED || e.status == CPL_TEMP);
	}
	MUST(cpl_muc_refused(s, 1, &e) == -1 && e.text[0]);
	(void)cpl_muc_is_past(s, "hall@chat.capulet.lit");
	(void)cpl_muc_is_subject(s);
	(void)cpl_room_ping_read(s);
}

static void invite(xmpp_ctx_t *ctx, xmpp_stanza_t *s)
{
	struct cpl_invite i = {.mediated = 0};

	(void)ctx;
	if (cpl_invite_read(s, &own, &i) == 1) {
		MUST(i.room.bare && !i.room.resource && i.room.local);
		(void)cpl_invite_matches(&i, &juliet, &own);
	}
	cpl_invite_release(&i);
}

static void bookmarks(xmpp_ctx_t *ctx, xmpp_stanza_t *s)
{
	const struct cpl_bookmark_change change = {"n", NULL, NULL, 1};

	(void)cpl_bookmark_is_precondition(s);
	for (int store = 0; store < CPL_BOOKMARK_STORES; store++) {
		struct cpl_bookmark_list all = {NULL, 0};

		MUST(cpl_bookmark_read(&all, store, s) == 0);
		for (size_t i = 0; i < all.count; i++) {
			const char *jid = all.list[i].jid.bare;

			MUST(i == 0 ||
			     strcmp(all.list[i - 1].jid.bare, jid) < 0);
			MUST(cpl_bookmark_find(&all, jid) == &all.list[i]);
			made(cpl_bookmark_publish(ctx, jid, &all.list[i],
						  &change));
			if (store != CPL_BOOKMARK_ITEMS)
				made(cpl_bookmark_without(ctx, store, s, jid));
		}
		cpl_bookmark_list_release(&all);
	}
}

/* --- answers ------------------------------------------------------------ */

static int on_fact(void *user, const struct cpl_disco_fact *fact)
{
	size_t *n = user;

	MUST(fact->kind && fact->count <= CPL_DISCO_FIELDS);
	return ++*n > 10000;
}

static void disco(xmpp_ctx_t *ctx, xmpp_stanza_t *s)
{
	struct cpl_buf out = CPL_BUF_INIT(FUZZ_ROOM);
	xmpp_stanza_t *query = cpl_first_element(s);
	char ver[CPL_CAPS_VER_SIZE];
	size_t n = 0;

	(void)ctx;
	if (!query)
		query = s;
	(void)cpl_disco_has(query, "urn:x");
	MUST(cpl_disco_each(query, on_fact, &n) == 0);
	MUST(cpl_disco_json(&out, query, "capulet.lit", NULL) == 0);
	fuzz_harmless(&out);
	MUST(cpl_caps_hash(query, ver, NULL) == 0 && strlen(ver) == 28);
	cpl_buf_release(&out);
}

static void rsm(xmpp_ctx_t *ctx, xmpp_stanza_t *s)
{
	xmpp_stanza_t *iq = cpl_build_stanza(ctx, "iq", "get", "1", NULL);
	struct cpl_rsm pages = {NULL, 0, 0};
	struct cpl_err e = CPL_ERR_INIT;
	int rc = 1;

	MUST(cpl_build_child(iq, "query", CPL_NS_DISCO_ITEMS) != NULL);
	MUST(cpl_rsm_begin(iq, 10) == 0);
	/* The same page again and again has an end. */
	for (int i = 0; rc == 1; i++) {
		MUST(i < 10);
		rc = cpl_rsm_next(&pages, iq, s, &e);
	}
	MUST(rc == 0 || (e.status != CPL_OK && e.text[0]));
	made(iq);
	cpl_rsm_release(&pages);
}

static void contacts(xmpp_ctx_t *ctx, xmpp_stanza_t *s)
{
	struct cpl_contacts all = {NULL, 0, 0};
	xmpp_stanza_t *query = cpl_first_element(s);
	struct cpl_contact c = {0};

	(void)ctx;
	for (xmpp_stanza_t *i = cpl_first_element(query); i;
	     i = cpl_next_element(i)) {
		if (cpl_contact_read(&c, i, NULL) == 0)
			MUST(cpl_contacts_put(&all, &c) == 0);
		cpl_contact_release(&c);
	}
	for (size_t i = 1; i < all.count; i++)
		MUST(strcmp(all.at[i - 1]->jid.full, all.at[i]->jid.full) < 0);
	cpl_contacts_release(&all);
}

static void on_answered(void *user, xmpp_stanza_t *answer)
{
	++*(int *)user;
	MUST(!answer || xmpp_stanza_get_id(answer));
}

/* An answer is one by its id, its type and its sender. */
static void requests(xmpp_ctx_t *ctx, xmpp_stanza_t *s)
{
	static const char *const to[] = {NULL, "capulet.lit", OWN};
	struct cpl_requests all = {NULL, NULL, 0};
	int answered = 0, taken;

	(void)ctx;
	for (size_t i = 0; i < 3; i++) {
		struct cpl_request *r =
		    cpl_requests_add(&all, to[i], on_answered, &answered);

		MUST(r != NULL);
		snprintf(r->id, sizeof r->id, "%zu", i);
	}
	taken = cpl_requests_answer(&all, &own, s);
	MUST(answered == (taken != 0));
	MUST(!cpl_requests_answer(&all, &own, s) || answered == 2);
	cpl_requests_end(&all);
	MUST(answered == 3);
}

static void fault(xmpp_ctx_t *ctx, xmpp_stanza_t *s)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_offer offer;

	(void)ctx;
	MUST(*cpl_condition(s, CPL_NS_STREAM_ERRORS));
	MUST(cpl_fault_stream(s, &e) == -1 && e.text[0]);
	MUST(cpl_fault_stanza(s, &e) == -1 && e.status == CPL_REFUSED);
	MUST(cpl_fault_sasl(s, &e) == -1 && e.status != CPL_OK);
	free(cpl_fault_redirect(s));
	(void)cpl_features_limit(s);
	if (cpl_features_offer(&offer, s, &e) == 0) {
		(void)cpl_offer_has(offer.one, "PLAIN");
		cpl_offer_release(&offer);
	}
}

static void upgrade(xmpp_ctx_t *ctx, xmpp_stanza_t *s)
{
	struct cpl_buf salt = CPL_BUF_INIT(1000);

	(void)ctx;
	(void)cpl_upgrade_is(s, "UPGR-SCRAM-SHA-256");
	if (cpl_upgrade_salt(s, &salt, NULL) > 0)
		MUST(salt.len > 0);
	cpl_buf_release(&salt);
}

/* --- what is sent, and who is there ------------------------------------- */

static void acks(xmpp_ctx_t *ctx, xmpp_stanza_t *s)
{
	struct cpl_sm sm = {.keep = 1, .resume = 1, .on = 1};
	xmpp_stanza_t *m = cpl_build_stanza(ctx, "message", NULL, "1", OWN);
	struct cpl_buf out = CPL_BUF_INIT(FUZZ_ROOM);
	struct cpl_err e = CPL_ERR_INIT;
	uint64_t more = 0;

	for (int i = 0; i < 3; i++)
		MUST(cpl_sm_send(&sm, m, 0, &out, &e) == 0);
	MUST(cpl_sm_enabled(&sm, s, NULL) == 0);
	if (cpl_sm_take(&sm, s, &more, &e) == 0)
		MUST(more <= 3 && sm.acked == more);
	else
		MUST(e.status == CPL_PROTOCOL && e.text[0]);
	if (cpl_sm_can_resume(&sm))
		MUST(sm.id != NULL);
	xmpp_stanza_release(m);
	cpl_buf_release(&out);
	cpl_sm_release(&sm);
}

static void outgoing(xmpp_ctx_t *ctx, xmpp_stanza_t *s)
{
	for (int i = 0; i < 8; i++) {
		struct cpl_outgoing_rules rules = {
		    .own = &own,
		    .reply = i & 1,
		    .to_self = i >> 1 & 1,
		    .addressed = i >> 2,
		};
		struct cpl_err e = CPL_ERR_INIT;
		xmpp_stanza_t *sent = cpl_outgoing(s, &rules, &e);

		if (sent)
			made(sent);
		else
			MUST(e.status != CPL_OK && e.text[0]);
	}
	if (!cpl_is(s, "iq", CPL_NS_CLIENT))
		return;
	made(cpl_reply_result(ctx, s));
	made(cpl_reply_error(ctx, s, "cancel", "item-not-found", "x"));
}

static void sight(xmpp_ctx_t *ctx, xmpp_stanza_t *s)
{
	struct cpl_sight *seen = cpl_sight_new();

	(void)ctx;
	MUST(seen != NULL);
	MUST(cpl_sight_take(seen, &juliet, s, NULL) >= 0);
	MUST(cpl_sight_take(seen, &juliet, s, NULL) >= 0);
	if (cpl_sight_state(s) & CPL_SIGHT_AVAILABLE)
		MUST(cpl_sight_of(seen, &juliet) & CPL_SIGHT_AVAILABLE);
	cpl_sight_doubt(seen);
	cpl_sight_free(seen);
}

static void filter(xmpp_ctx_t *ctx, xmpp_stanza_t *s)
{
	struct cpl_filter f = {.kinds = 0};

	(void)ctx;
	MUST(cpl_filter_passes(&f, s, &own));
	MUST(cpl_filter_add_kind(&f, "message", NULL) == 0);
	MUST(cpl_filter_add_from(&f, "juliet@capulet.lit", NULL) == 0);
	MUST(cpl_filter_add_type(&f, "chat", NULL) == 0);
	if (cpl_filter_passes(&f, s, &own))
		MUST(cpl_is(s, "message", CPL_NS_CLIENT));
	cpl_filter_release(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[])(xmpp_ctx_t * ctx, xmpp_stanza_t * s) = {
	    carbon, archive,  same,     muc,      invite, bookmarks,
	    disco,  rsm,      contacts, requests, fault,  upgrade,
	    acks,   outgoing, sight,    filter};
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	xmpp_stanza_t *s;

	if (!own.full) {
		MUST(cpl_jid_parse(&own, OWN "/orchard", NULL) == 0);
		MUST(cpl_jid_parse(&juliet, "juliet@capulet.lit/b", NULL) == 0);
	}
	s = fuzz_read(ctx, data, size, CPL_READER_PAYLOADS);
	for (size_t i = 0; s && i < sizeof readers / sizeof *readers; i++)
		readers[i](ctx, s);
	if (s)
		xmpp_stanza_release(s);
	xmpp_ctx_free(ctx);
	return 0;
}
