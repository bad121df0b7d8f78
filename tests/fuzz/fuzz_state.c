/* SPDX-License-Identifier: MIT
 *
 * Files that are kept between runs, from a disk that anything may have happened
 * to. The first byte says which; with its highest bit set what a damaged file
 * would not have by chance is put right before the rest: a digest, a time. What
 * was read is written and read again as the same. */
#include "../../common/config/state.h"

#include <openssl/evp.h>
#include <time.h>

#include "../../common/stanza/queued.h"
#include "../../common/store/client.h"
#include "../../common/store/cursor.h"
#include "../../common/store/durable.h"
#include "../../common/store/known.h"
#include "../../common/store/pins.h"
#include "../../common/store/place.h"
#include "../../common/store/token.h"
#include "../../common/stream/roster_cache.h"
#include "played_state.h"

#define BARE "romeo@montague.lit"
#define AGENT "d4565fa7-4d72-4749-b3d3-740edbf87770"

/* What the file begins with where it is to be right. */
static void write_file(const char *name, const char *head, const uint8_t *p,
		       size_t n, int right)
{
	struct cpl_buf text = CPL_BUF_INIT(FUZZ_ROOM);

	if (right)
		MUST(cpl_buf_adds(&text, head) == 0);
	MUST(cpl_buf_add(&text, p, n) == 0);
	played_write(name, text.len ? text.data : "", text.len);
	cpl_buf_release(&text);
}

static void known(const uint8_t *p, size_t n, int right)
{
	struct cpl_known k, again;

	write_file("known", "couplet-known 1\nplace a.lit:5222/direct\n", p, n,
		   right);
	cpl_known_read(&k, PLAYED_FOLDER, BARE, NULL);
	(void)cpl_offer_has(k.offer.one, "PLAIN");
	(void)cpl_offer_has(k.offer.fast, "HT-SHA-256-EXPR");
	if (k.place) {
		cpl_known_write(&k, NULL, PLAYED_FOLDER, BARE, NULL);
		cpl_known_read(&again, PLAYED_FOLDER, BARE, NULL);
		MUST(again.place && strcmp(again.place, k.place) == 0);
		MUST(cpl_offer_same(&k.offer, &again.offer));
		MUST(k.offer.limit == again.offer.limit);
		MUST(k.managed == again.managed && k.early == again.early);
		cpl_known_release(&again);
	}
	cpl_known_release(&k);
}

/* A file that is none of these pins all. */
static void pins(const uint8_t *p, size_t n, int right)
{
	struct cpl_pins pinned, again;

	write_file("pins", "couplet-pins 1\n", p, n, right);
	cpl_pins_load(&pinned, PLAYED_FOLDER, BARE, NULL);
	if (n == 0 && !right)
		MUST(pinned.no_plain && pinned.bound == 0xffff);
	cpl_pins_add(&(struct cpl_pins){1, 0x0303}, PLAYED_FOLDER, BARE, NULL);
	cpl_pins_load(&again, PLAYED_FOLDER, BARE, NULL);
	MUST(again.no_plain && cpl_pins_bind(&again, 0x0303));
}

static void client(const uint8_t *p, size_t n, int right)
{
	char id[CPL_UUID_SIZE];

	/* Anything else would be made anew, which is no matter of reading. */
	write_file("client", AGENT "\n", p, right ? 0 : n, right);
	if (right)
		MUST(cpl_client_id(PLAYED_FOLDER, BARE, id, NULL) == 0);
}

static void token(const uint8_t *p, size_t n, int right)
{
	const struct cpl_token *first;
	struct cpl_tokens t;

	write_file("token", "couplet-token 1\n" AGENT "\n", p, n, right);
	MUST(cpl_tokens_open(&t, PLAYED_FOLDER, BARE, AGENT, NULL) == 0);
	first = cpl_tokens_first(&t);
	if (first)
		MUST(*first->mechanism && *first->text);
	cpl_tokens_worked(&t);
	cpl_tokens_given(&t, "HT-SHA-256-EXPR", "x", "2999-01-01T00:00:00Z");
	first = cpl_tokens_first(&t);
	MUST(first && strcmp(first->text, "x") == 0);
	cpl_tokens_refused(&t);
	cpl_tokens_close(&t);
}

static void place(const uint8_t *p, size_t n, int right)
{
	struct cpl_place_key key = {PLAYED_FOLDER, "montague.lit", NULL, NULL};
	struct cpl_target at, again;
	char head[64];

	snprintf(head, sizeof head, "couplet place 1\nuntil %ld\nserver \n",
		 (long)time(NULL) + 1000);
	write_file("place", head, p, n, right);
	if (!cpl_place_get(&key, &at, NULL))
		return;
	MUST(*at.host && at.port);
	at.ttl = 100;
	cpl_place_put(&key, &at, NULL);
	MUST(cpl_place_get(&key, &again, NULL));
	MUST(strcmp(again.host, at.host) == 0 && again.port == at.port &&
	     again.direct_tls == at.direct_tls &&
	     memcmp(&again.addr, &at.addr, sizeof at.addr) == 0);
}

static void cursor(const uint8_t *p, size_t n, int right)
{
	struct cpl_cursor c = CPL_CURSOR_INIT, again = CPL_CURSOR_INIT;
	struct cpl_err e = CPL_ERR_INIT;

	write_file("cursor", "couplet-cursor 1 2026-01-01T00:00:00.000Z\n", p,
		   n, right);
	if (cpl_cursor_open(&c, PLAYED_FOLDER, BARE, "r", &e) < 0) {
		MUST(e.status == CPL_IO && e.text[0]);
	} else {
		MUST(c.set && c.id);
		c.dirty = 1;
		MUST(cpl_cursor_save(&c, &e) == 0);
		MUST(cpl_cursor_open(&again, PLAYED_FOLDER, BARE, "r", &e) ==
		     0);
		MUST(again.when == c.when && strcmp(again.id, c.id) == 0);
	}
	cpl_cursor_release(&again);
	cpl_cursor_release(&c);
}

static void durable(const uint8_t *p, size_t n, int right)
{
	struct cpl_durable d = CPL_DURABLE_INIT;
	struct cpl_err e = CPL_ERR_INIT;

	write_file("durable", "couplet-durable 1\n", p, n, right);
	if (cpl_durable_open(&d, PLAYED_FOLDER, BARE, "n", &e) < 0) {
		MUST(e.status == CPL_IO && e.text[0]);
	} else {
		MUST(d.resource && d.agent && !d.id == !d.jid);
		MUST(cpl_durable_count(&d, d.h + 1, &e) == 0);
		MUST(cpl_durable_begin(&d, "a@b/c", "i", NULL, 7, &e) == 0);
		MUST(cpl_durable_end(&d, &e) == 0);
	}
	cpl_durable_release(&d);
}

static void roster(const uint8_t *p, size_t n, int right)
{
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	struct cpl_roster_cache where = {PLAYED_FOLDER, BARE, ctx, NULL};
	struct cpl_contacts all = {0}, again = {0};
	char head[100] = "couplet-roster-1 ", *ver = NULL, *second = NULL;
	unsigned char sum[EVP_MAX_MD_SIZE];
	size_t len = strlen(head);

	MUST(EVP_Digest(p, n, sum, NULL, EVP_sha256(), NULL) == 1);
	for (size_t i = 0; i < 32; i++)
		len += (size_t)snprintf(head + len, 3, "%02x", sum[i]);
	snprintf(head + len, 2, "\n");
	write_file("roster", head, p, n, right);
	if (cpl_roster_cache_read(&where, &all, &ver) < 0) {
		MUST(all.count == 0 && !ver);
	} else {
		MUST(right);
		cpl_roster_cache_write(&where, &all, ver);
		MUST(cpl_roster_cache_read(&where, &again, &second) == 0);
		MUST(again.count == all.count && !ver == !second);
		for (size_t i = 0; i < all.count; i++)
			MUST(cpl_contact_equal(all.at[i], again.at[i]));
	}
	cpl_contacts_release(&all);
	cpl_contacts_release(&again);
	free(ver);
	free(second);
	xmpp_ctx_free(ctx);
}

#define ENTRY                                                                  \
	"<entry xmlns='urn:couplet:queue:1' account='" BARE "' "               \
	"queued='2026-01-01T00:00:00Z'/>\n"

static void queued(const uint8_t *p, size_t n, int right)
{
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	struct cpl_buf text = CPL_BUF_INIT(FUZZ_ROOM), again = text;
	struct cpl_queued q = {NULL, NULL}, second = {NULL, NULL};
	struct cpl_err e = CPL_ERR_INIT;
	xmpp_stanza_t *message;

	MUST(cpl_buf_adds(&text, right ? ENTRY : "") == 0 &&
	     cpl_buf_add(&text, p, n) == 0);
	if (cpl_queued_read(ctx, text.len ? text.data : "", text.len, BARE, &q,
			    &e) < 0) {
		MUST(e.status == CPL_DATA && e.text[0] && !q.message);
	} else {
		message = cpl_queued_outgoing(&q);
		MUST(message != NULL);
		xmpp_stanza_release(message);
		MUST(cpl_queued_rewrite(&again, &q, "why", &e) == 0);
		MUST(cpl_queued_read(ctx, again.data, again.len, BARE, &second,
				     &e) == 0);
	}
	cpl_queued_release(&q);
	cpl_queued_release(&second);
	cpl_buf_release(&text);
	cpl_buf_release(&again);
	xmpp_ctx_free(ctx);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const all[])(const uint8_t *p, size_t n, int right) = {
	    known, pins, client, token, place, cursor, durable, roster, queued};

	if (size < 1)
		return 0;
	all[(data[0] & 0x7f) % (sizeof all / sizeof *all)](data + 1, size - 1,
							   data[0] >> 7);
	played_clear();
	return 0;
}
