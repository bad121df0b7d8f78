/* SPDX-License-Identifier: MIT
 *
 * Lines of KEY=VALUE, and behind them, from the first <, any XML as a form:
 * read or refused, changed, printed, and submitted as a form that is read
 * again with the same values. */
#include "../../common/stanza/form.h"

#include "fuzz.h"

static void change(struct cpl_form *f, const char *p, const char *end)
{
	while (p < end) {
		const char *next = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((next ? next : end) - p);
		struct cpl_err e = CPL_ERR_INIT;
		char *line = strndup(p, len);

		MUST(line != NULL);
		if (cpl_form_set(f, line, &e) < 0)
			MUST(e.status == CPL_DATA && *e.text);
		free(line);
		p += len + 1;
	}
}

static void submit(xmpp_ctx_t *ctx, const struct cpl_form *f)
{
	xmpp_stanza_t *x = cpl_form_submit(f, ctx);
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_form again;
	size_t k = 0;

	MUST(x != NULL);
	MUST(cpl_form_read(&again, x, &e) == 0);
	for (size_t i = 0; i < f->count; i++) {
		const struct cpl_form_field *field = &f->fields[i];

		if (field->count == 0 && !field->changed)
			continue;
		MUST(k < again.count &&
		     strcmp(again.fields[k].var, field->var) == 0 &&
		     again.fields[k].count == field->count);
		for (size_t v = 0; v < field->count; v++)
			MUST(strcmp(again.fields[k].values[v],
				    field->values[v]) == 0);
		k++;
	}
	MUST(k == again.count);
	cpl_form_release(&again);
	xmpp_stanza_release(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	struct cpl_buf out = CPL_BUF_INIT(FUZZ_ROOM);
	const char *text = (const char *)data;
	const char *xml = size > 0 ? memchr(text, '<', size) : NULL;
	struct cpl_err e = CPL_ERR_INIT;
	xmpp_stanza_t *x = NULL;
	struct cpl_form f;

	if (xml)
		x = fuzz_read(ctx, xml, size - (size_t)(xml - text),
			      CPL_READER_PAYLOADS);
	if (x && cpl_form_read(&f, x, &e) == 0) {
		change(&f, text, xml);
		(void)!cpl_form_complete(&f, &e);
		MUST(cpl_form_json(&out, &f) == 0);
		submit(ctx, &f);
		cpl_form_release(&f);
	}
	if (x)
		xmpp_stanza_release(x);
	cpl_buf_release(&out);
	xmpp_ctx_free(ctx);
	return 0;
}
