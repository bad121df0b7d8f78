/* SPDX-License-Identifier: MIT
 *
 * Any bytes as records of XML: the first good one, written as XML and as JSON,
 * is read as the same stanza. */
#include "../../common/stanza/json.h"
#include "fuzz.h"

static void check(xmpp_ctx_t *ctx, xmpp_stanza_t *s)
{
	struct cpl_json_place at = {1, 1};
	struct cpl_buf xml = CPL_BUF_INIT(FUZZ_ROOM), json = xml, again = xml;
	xmpp_stanza_t *copy;

	fuzz_xml(&xml, s);
	copy = fuzz_read(ctx, xml.data, xml.len, 0);
	MUST(copy != NULL);
	fuzz_xml(&again, copy);
	MUST(fuzz_same(&xml, &again));
	xmpp_stanza_release(copy);

	MUST(cpl_json_write(&json, s) == 0);
	fuzz_harmless(&json);
	copy = cpl_json_read(ctx, json.data, json.len, &at, NULL);
	MUST(copy != NULL);
	cpl_buf_truncate(&again, 0);
	fuzz_xml(&again, copy);
	MUST(fuzz_same(&xml, &again));
	xmpp_stanza_release(copy);
	cpl_buf_release(&xml);
	cpl_buf_release(&json);
	cpl_buf_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	xmpp_stanza_t *s = fuzz_read(ctx, data, size, 0);

	if (s) {
		check(ctx, s);
		xmpp_stanza_release(s);
	}
	xmpp_ctx_free(ctx);
	return 0;
}
