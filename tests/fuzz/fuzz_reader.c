/* SPDX-License-Identifier: MIT
 *
 * Any bytes as records, whole and cut into pieces: the same records, good
 * and bad. The first byte says where to cut and which
 * flags are on. */
#include "fuzz.h"

static void on_record(void *user, const struct cpl_record *r)
{
	struct cpl_buf *log = user;
	int rc = cpl_buf_addf(log, "%zu %zu ", r->number, r->line);

	MUST(!r->stanza == (r->why.status == CPL_DATA));
	if (rc == 0 && r->stanza)
		rc = cpl_write_xml(log, r->stanza, XMPP_NS_CLIENT);
	else if (rc == 0) /* what exactly it is may depend on the cut */
		rc = cpl_buf_adds(log, "bad");
	MUST(rc == 0 && cpl_buf_addc(log, '\n') == 0);
}

/* Pieces of step bytes, the first of which is the shorter. */
static void read_all(struct cpl_buf *log, const char *p, size_t n, size_t step,
		     int flags)
{
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	struct cpl_reader *r = cpl_reader_new(ctx, flags, on_record, log);
	size_t piece = n % step;

	for (; n > 0; p += piece, n -= piece, piece = step)
		if (piece > 0)
			MUST(cpl_reader_feed(r, p, piece, NULL) == 0);
	MUST(cpl_reader_end(r, NULL) == 0);
	cpl_reader_free(r);
	xmpp_ctx_free(ctx);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cpl_buf whole = CPL_BUF_INIT(FUZZ_ROOM), cut = whole;
	int flags;

	if (size < 2)
		return 0;
	flags = data[0] & 1 ? CPL_READER_PAYLOADS : 0;
	read_all(&whole, (const char *)data + 1, size - 1, size, flags);
	read_all(&cut, (const char *)data + 1, size - 1,
		 1 + (size_t)(data[0] >> 1), flags);
	MUST(fuzz_same(&whole, &cut));
	cpl_buf_release(&whole);
	cpl_buf_release(&cut);
	return 0;
}
