/* SPDX-License-Identifier: MIT
 *
 * Any bytes as a record of JSON: what is read is written as a line that is read
 * as the same stanza, and as XML that is. */
#include "../../common/stanza/json.h"

#include "fuzz.h"

/* What is of kind payload is for the reader a record only if the namespace is
 * its own. */
static int is_record(xmpp_stanza_t *s)
{
	const char *name = xmpp_stanza_get_name(s), *ns = xmpp_stanza_get_ns(s);

	if (!ns || strcmp(ns, XMPP_NS_CLIENT) != 0)
		return ns && *ns;
	return !strcmp(name, "message") || !strcmp(name, "presence") ||
	       !strcmp(name, "iq");
}

/* How the stanza looks in XML and JSON; both must be read as itself. */
static void check(xmpp_ctx_t *ctx, xmpp_stanza_t *s)
{
	struct cpl_json_place at = {1, 1};
	struct cpl_buf json = CPL_BUF_INIT(FUZZ_ROOM), again = json;
	struct cpl_buf xml = json, xml_again = json, xml_third = json;
	struct cpl_err e = CPL_ERR_INIT;
	xmpp_stanza_t *copy, *parsed;

	fuzz_xml(&xml, s);
	MUST(cpl_json_write(&json, s) == 0);
	fuzz_harmless(&json);
	copy = cpl_json_read(ctx, json.data, json.len, &at, &e);
	MUST(copy != NULL);
	MUST(cpl_json_write(&again, copy) == 0);
	MUST(fuzz_same(&json, &again));
	fuzz_xml(&xml_again, copy);
	MUST(fuzz_same(&xml, &xml_again));
	parsed = fuzz_read(ctx, xml.data, xml.len, CPL_READER_PAYLOADS);
	MUST(!parsed == !is_record(s));
	if (parsed) {
		fuzz_xml(&xml_third, parsed);
		MUST(fuzz_same(&xml, &xml_third));
		xmpp_stanza_release(parsed);
	}
	xmpp_stanza_release(copy);
	cpl_buf_release(&json);
	cpl_buf_release(&again);
	cpl_buf_release(&xml);
	cpl_buf_release(&xml_again);
	cpl_buf_release(&xml_third);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	struct cpl_json_place at = {1, 1};
	struct cpl_err e = CPL_ERR_INIT;
	xmpp_stanza_t *s =
	    cpl_json_read(ctx, (const char *)data, size, &at, &e);

	if (s)
		check(ctx, s);
	else
		MUST(e.status == CPL_DATA && e.text[0]);
	if (s)
		xmpp_stanza_release(s);
	xmpp_ctx_free(ctx);
	return 0;
}
