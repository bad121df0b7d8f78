/* SPDX-License-Identifier: MIT
 *
 * Any element in templates: values that no terminal obeys and that stay within
 * their field, width and precision kept. */
#include "../../common/stanza/template.h"

#include "fuzz.h"

#define CARBON                                                                 \
	"%{urn:xmpp:carbons:2 received > urn:xmpp:forward:0 forwarded > "      \
	"jabber:client message > body}"

/* Values alone and escaped: each must be one field. */
static const char *const fields[] = {
    "%f",       "%t",           "%b",      "%s",
    "%i",       "%T",           "%h",      "%n",
    "%x",       "%j",           "%{body}", "%{urn:xmpp:delay delay@stamp}",
    "%{a>b>c}", "%{@xml:lang}", CARBON};

/* The same with ten characters at least and at most. */
static const char *const ten[] = {"%10.10f", "%-10.10b", "%010.10s",
				  "%-10.10{body}", "%10.10{@id}"};

static size_t characters(const struct cpl_buf *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->len; i++)
		n += ((unsigned char)b->data[i] & 0xc0) != 0x80;
	return n;
}

static void fill(struct cpl_buf *out, const char *text, xmpp_stanza_t *s)
{
	static const struct timespec now = {1780000000, 123456789};
	struct cpl_template *t = cpl_template_new(text, NULL);

	MUST(t != NULL);
	cpl_buf_truncate(out, 0);
	MUST(cpl_template_write(t, out, s, &now) == 0);
	cpl_template_free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	xmpp_stanza_t *s = fuzz_read(ctx, data, size, CPL_READER_PAYLOADS);
	struct cpl_buf out = CPL_BUF_INIT(FUZZ_ROOM);

	for (size_t i = 0; s && i < sizeof fields / sizeof *fields; i++) {
		fill(&out, fields[i], s);
		fuzz_harmless(&out);
		MUST(!out.len || !memchr(out.data, '\t', out.len));
	}
	for (size_t i = 0; s && i < sizeof ten / sizeof *ten; i++) {
		fill(&out, ten[i], s);
		fuzz_harmless(&out);
		MUST(characters(&out) == 10);
	}
	if (s) {
		fill(&out, "@Y-@m-@d %#b %#{body} %I %U %.3x %.3j", s);
		xmpp_stanza_release(s);
	}
	cpl_buf_release(&out);
	xmpp_ctx_free(ctx);
	return 0;
}
