/* SPDX-License-Identifier: MIT
 *
 * Any bytes as lists of addresses. By the first byte the rest is what xblock
 * reads: each address that is taken is the same when it was written as any of
 * its records; or a file of recipients, all of which are rooms or not; or
 * operands, each ended by a NUL. */
#include "../../common/cli/recipients.h"

#include "../../common/base/limits.h"
#include "../../common/stanza/build.h"
#include "../../common/stanza/contact_record.h"
#include "../../common/stanza/json.h"
#include "../../common/stanza/ns.h"
#include "../../common/stanza/text.h"
#include "played_private.h"

static const char aliases[] =
    "aliases:\n"
    "  juliet: juliet@capulet.lit\n"
    "  hall: {room: hall@chat.capulet.lit, nick: romeo}\n"
    "  all: [juliet, hall, nurse@capulet.lit]\n";

/* --- what xblock reads --------------------------------------------------- */

struct run {
	xmpp_ctx_t *ctx;
	const char *expected; /* NULL: anything is checked */
	size_t count;
};

static void on_record(void *user, const struct cpl_contact_record *r);

/* The bytes are one record, of the address. */
static void must_be(xmpp_ctx_t *ctx, struct cpl_buf *record, const char *jid)
{
	struct run run = {ctx, jid, 0};

	fuzz_harmless(record);
	MUST(cpl_contact_addresses(ctx, record->data, record->len, on_record,
				   &run, NULL) == 0);
	MUST(run.count == 1);
	cpl_buf_truncate(record, 0);
}

/* As xblock prints it. */
static void check(xmpp_ctx_t *ctx, const char *jid)
{
	struct cpl_buf record = CPL_BUF_INIT(FUZZ_ROOM);
	xmpp_stanza_t *list = cpl_build(ctx, "blocklist", CPL_NS_BLOCKING);
	xmpp_stanza_t *item = cpl_build_child(list, "item", NULL);

	MUST(item && cpl_set_attr(item, "jid", jid) == 0);
	MUST(cpl_write_fields(&record, &jid, 1, 0) == 0);
	must_be(ctx, &record, jid);
	MUST(cpl_buf_addc(&record, '{') == 0 &&
	     cpl_json_entry(&record, "jid", jid) == 0 &&
	     cpl_buf_addc(&record, '}') == 0);
	must_be(ctx, &record, jid);
	MUST(cpl_write_xml(&record, item, XMPP_NS_CLIENT) == 0);
	must_be(ctx, &record, jid);
	MUST(cpl_write_xml(&record, list, XMPP_NS_CLIENT) == 0);
	must_be(ctx, &record, jid);
	xmpp_stanza_release(list);
	cpl_buf_release(&record);
}

static void on_record(void *user, const struct cpl_contact_record *r)
{
	struct run *run = user;

	run->count++;
	MUST(r->line > 0);
	MUST(r->contact || (r->why.status == CPL_DATA && r->why.text[0]));
	if (run->expected) {
		if (!r->contact)
			fprintf(stderr, "%s\n", r->why.text);
		MUST(r->contact &&
		     strcmp(r->contact->jid.full, run->expected) == 0);
	} else if (r->contact) {
		check(run->ctx, r->contact->jid.full);
	}
}

static void read_addresses(const uint8_t *p, size_t n)
{
	struct run run = {xmpp_ctx_new(NULL, NULL), NULL, 0};

	MUST(cpl_contact_addresses(run.ctx, (const char *)p, n, on_record, &run,
				   NULL) == 0);
	xmpp_ctx_free(run.ctx);
}

/* --- recipients ---------------------------------------------------------- */

static int read_bytes(struct cpl_recipients *r, const struct cpl_config *c,
		      const void *p, size_t n, struct cpl_err *e)
{
	int fd = played_pipe(p, n), result;
	char path[32];

	snprintf(path, sizeof path, "/dev/fd/%d", fd);
	result = cpl_recipients_read(r, c, path, e);
	close(fd);
	if (result < 0)
		MUST(e->status == CPL_DATA &&
		     strncmp(e->text, path, strlen(path)) == 0);
	return result;
}

/* Each is prepared, there once, and a room that there can be. */
static void check_all(const struct cpl_recipients *r)
{
	size_t rooms = 0;

	MUST(r->count <= CPL_RECIPIENTS_MAX);
	for (size_t i = 0; i < r->count; i++) {
		struct cpl_jid again;

		MUST(cpl_jid_parse(&again, r->list[i].full, NULL) == 0);
		MUST(strcmp(again.full, r->list[i].full) == 0);
		cpl_jid_release(&again);
		for (size_t k = 0; k < i; k++)
			MUST(strcmp(r->list[k].full, r->list[i].full) != 0);
		MUST(!r->more[i].alias || r->more[i].room);
		if (r->more[i].room)
			MUST(cpl_jid_check_room(&r->list[i], NULL) == 0);
		rooms += (size_t)r->more[i].room;
	}
	MUST(rooms == r->rooms);
}

/* A file of those that were read says the same, but for what a line drops. */
static void read_again(const struct cpl_recipients *r,
		       const struct cpl_config *c)
{
	struct cpl_buf text = CPL_BUF_INIT(FUZZ_ROOM);
	struct cpl_recipients again = {0};
	struct cpl_err e = CPL_ERR_INIT;
	int whole = 1;

	for (size_t i = 0; i < r->count; i++) {
		const char *jid = r->list[i].full;

		whole &= jid[strlen(jid) - 1] != ' ' && *jid != '#' &&
			 strpbrk(jid, "@./:");
		MUST(cpl_buf_addf(&text, "%s\n", jid) == 0);
	}
	if (whole && text.len > 0 && text.len < 65536) {
		MUST(read_bytes(&again, c, text.data, text.len, &e) == 0);
		MUST(again.count == r->count);
		for (size_t i = 0; i < r->count; i++)
			MUST(strcmp(again.list[i].full, r->list[i].full) == 0);
	}
	cpl_recipients_release(&again);
	cpl_buf_release(&text);
}

static void read_recipients(struct cpl_recipients *r,
			    const struct cpl_config *c, int rooms,
			    const uint8_t *p, size_t n)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (read_bytes(r, c, p, n, &e) < 0)
		return;
	check_all(r);
	read_again(r, c);
	if (!rooms)
		return;
	if (cpl_recipients_are_rooms(r, &e) < 0)
		MUST(e.status == CPL_USAGE && e.text[0]);
	else
		check_all(r);
}

/* Of two, one is "-R ROOM/NICK". */
static void add_operands(struct cpl_recipients *r, const struct cpl_config *c,
			 const uint8_t *p, const uint8_t *end)
{
	size_t n;

	for (int i = 0; p < end; i++) {
		struct cpl_err e = CPL_ERR_INIT;
		const uint8_t *piece = fuzz_piece(&p, end, &n);
		char *operand = strndup((const char *)piece, n);
		int result;

		MUST(operand != NULL);
		result = i & 1 ? cpl_recipients_add(r, c, operand, &e)
			       : cpl_recipients_add_room(r, c, operand, 1, &e);
		if (result < 0)
			MUST(e.status == CPL_USAGE && e.text[0]);
		check_all(r);
		free(operand);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct cpl_config *config;
	struct cpl_recipients r = {0};

	if (!config) {
		config = cpl_config_new();
		played_file = played_pipe(aliases, sizeof aliases - 1);
		MUST(config && cpl_config_read(config, "a", NULL, NULL) == 0);
		MUST(cpl_config_check(config, NULL) == 0);
	}
	if (size == 0)
		return 0;
	switch (data[0] & 3) {
	case 0: read_addresses(data + 1, size - 1); break;
	case 1: add_operands(&r, config, data + 1, data + size); break;
	default: read_recipients(&r, config, data[0] & 1, data + 1, size - 1);
	}
	cpl_recipients_release(&r);
	return 0;
}
