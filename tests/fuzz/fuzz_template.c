/* SPDX-License-Identifier: MIT
 *
 * Any string as a template: compiled or refused with its reason, and filled
 * from stanzas of each kind, and from an element that is none. */
#include "../../common/stanza/template.h"

#include "fuzz.h"

static const char *const elements[] = {
    "<message from='juliet@capulet.lit/b' to='romeo@montague.lit' id='1' "
    "type='groupchat' xml:lang='en'><body>a\\b&#10;&#9;\xc2\x9b\xe7\x8e\xab"
    "\xf0\x9f\x8c\xb9</body><subject>s</subject><thread>t</thread><delay "
    "xmlns='urn:xmpp:delay' stamp='2026-01-01T00:00:00Z'>late<a><a "
    "b='c'>d</a></a></delay></message>",
    "<presence type='unavailable'><a/><a><b/></a><a xmlns='u'/><nick "
    "xmlns='http://jabber.org/protocol/nick'>n</nick></presence>",
    "<iq/>",
    "<item xmlns='jabber:iq:roster' jid='nurse@capulet.lit' name='Nurse' "
    "subscription='both'><group>House</group></item>",
    "<x xmlns='urn:x' jid='@'>x</x>",
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct timespec now = {1780000000, 123456789};
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	struct cpl_buf out = CPL_BUF_INIT(FUZZ_ROOM);
	struct cpl_err e = CPL_ERR_INIT;
	char *text = malloc(size + 1);
	struct cpl_template *t;

	MUST(text != NULL);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	t = cpl_template_new(text, &e);
	MUST(t || (e.status == CPL_USAGE && !strncmp(e.text, "column ", 7)));
	for (size_t i = 0; t && i < sizeof elements / sizeof *elements; i++) {
		xmpp_stanza_t *s = fuzz_read(
		    ctx, elements[i], strlen(elements[i]), CPL_READER_PAYLOADS);

		cpl_buf_truncate(&out, 0);
		/* A template of a thousand wide values is over any room. */
		if (cpl_template_write(t, &out, s, &now) < 0)
			MUST(out.over && out.len == 0);
		xmpp_stanza_release(s);
	}
	cpl_template_free(t);
	free(text);
	cpl_buf_release(&out);
	xmpp_ctx_free(ctx);
	return 0;
}
