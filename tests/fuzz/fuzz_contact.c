/* SPDX-License-Identifier: MIT
 *
 * Any bytes as records of contacts: what is read is the same when it was
 * written as an <item/> or as an object of JSON, a line that no terminal
 * obeys. */
#include "../../common/stanza/contact.h"

#include "../../common/stanza/contact_record.h"
#include "fuzz.h"

struct run {
	xmpp_ctx_t *ctx;
	const struct cpl_contact *expected; /* NULL: anything is checked */
	size_t count;
};

static void on_record(void *user, const struct cpl_contact_record *r);

/* The bytes are one record, of the contact. */
static void must_be(xmpp_ctx_t *ctx, const struct cpl_buf *record,
		    const struct cpl_contact *c)
{
	struct run run = {ctx, c, 0};

	fuzz_harmless(record);
	MUST(cpl_contact_records(ctx, record->data, record->len, on_record,
				 &run, NULL) == 0);
	MUST(run.count == 1);
}

static void check(xmpp_ctx_t *ctx, const struct cpl_contact *c)
{
	struct cpl_buf record = CPL_BUF_INIT(FUZZ_ROOM);
	xmpp_stanza_t *item = cpl_contact_item(ctx, c, 1);

	for (size_t i = 1; i < c->group_count; i++)
		MUST(strcmp(c->groups[i - 1], c->groups[i]) < 0);
	MUST(cpl_contact_json(&record, c, 1) == 0);
	must_be(ctx, &record, c);
	cpl_buf_truncate(&record, 0);
	MUST(item && cpl_write_xml(&record, item, XMPP_NS_CLIENT) == 0);
	must_be(ctx, &record, c);
	xmpp_stanza_release(item);
	cpl_buf_release(&record);
}

static void on_record(void *user, const struct cpl_contact_record *r)
{
	struct run *run = user;
	const struct cpl_contact *c = r->contact, *expected = run->expected;

	run->count++;
	MUST(c || (r->why.status == CPL_DATA && r->why.text[0]));
	if (!expected) {
		if (c)
			check(run->ctx, c);
		return;
	}
	if (!c)
		fprintf(stderr, "%s\n", r->why.text);
	MUST(c && cpl_contact_equal(c, expected));
	MUST(strcmp(c->jid.full, expected->jid.full) == 0);
	MUST(c->subscription == expected->subscription);
	MUST(c->ask == expected->ask && c->approved == expected->approved);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	struct run run = {ctx, NULL, 0};

	MUST(cpl_contact_records(ctx, (const char *)data, size, on_record, &run,
				 NULL) == 0);
	xmpp_ctx_free(ctx);
	return 0;
}
