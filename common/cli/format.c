/* SPDX-License-Identifier: MIT */
#include "format.h"

#include <string.h>
#include <time.h>

#include "../stanza/json.h"
#include "../stanza/ns.h"
#include "../stanza/text.h"
#include "../stanza/write.h"
#include "value.h"

/* The words of -o. */
static const struct {
	enum cpl_format_kind kind;
	const char *word;
} words[] = {
    {CPL_FORMAT_TEXT, "text"},
    {CPL_FORMAT_NUL, "nul"},
    {CPL_FORMAT_XML, "xml"},
    {CPL_FORMAT_JSON, "json"},
};
enum { WORDS = sizeof words / sizeof *words };

static void choose(struct cpl_format *f, struct cpl_cli *cli,
		   const char *option, const char *value)
{
	const char *known[WORDS];
	size_t n = 0;

	for (size_t i = 0; i < WORDS; i++)
		if (f->kinds & words[i].kind)
			known[n++] = words[i].word;
	value = cpl_value_word(cli, option, value, known, n);
	for (size_t i = 0; i < WORDS; i++)
		if (strcmp(words[i].word, value) == 0)
			f->kind = words[i].kind;
}

/* The template takes the place of the one that was given before. */
static int compile(struct cpl_format *f, const char *text, struct cpl_err *e)
{
	cpl_template_free(f->template);
	f->template = cpl_template_new(text, e);
	f->kind = CPL_FORMAT_TEMPLATE;
	return f->template ? 0 : -1;
}

static void take_template(struct cpl_format *f, struct cpl_cli *cli,
			  const char *text)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (!(f->kinds & CPL_FORMAT_TEMPLATE))
		cpl_cli_usage(cli, "--format: there are no templates here");
	f->text = text;
	f->name = NULL;
	if (compile(f, text, &e) == 0)
		return;
	cpl_err_prefix(&e, "--format");
	if (e.status == CPL_USAGE)
		cpl_cli_usage(cli, "%s", e.text);
	cpl_cli_die(cli, &e);
}

int cpl_format_option(struct cpl_format *f, struct cpl_cli *cli, int c,
		      const char *arg)
{
	switch (c) {
	case 'o': choose(f, cli, "--output", arg); break;
	case 'x': choose(f, cli, "--xml", "xml"); break;
	case 'j': choose(f, cli, "--json", "json"); break;
	case 'F': take_template(f, cli, arg); break;
	case CPL_OPT_FORMAT_NAME:
		if (!(f->kinds & CPL_FORMAT_TEMPLATE))
			cpl_cli_usage(
			    cli, "--format-name: there are no templates here");
		f->name = arg;
		f->kind = CPL_FORMAT_TEMPLATE;
		break;
	case 'N': f->no_newline = 1; break;
	default: return 0;
	}
	return 1;
}

void cpl_format_ready(struct cpl_format *f, struct cpl_cli *cli)
{
	const struct cpl_setting *text;
	struct cpl_err e = CPL_ERR_INIT;

	if (f->kind != CPL_FORMAT_TEMPLATE || !f->name)
		return;
	text = cpl_config_format(cli->config, f->name, &e);
	if (!text) {
		cpl_err_prefix(&e, "--format-name");
		cpl_cli_die(cli, &e);
	}
	f->text = text->value;
	if (compile(f, text->value, &e) == 0)
		return;
	cpl_err_prefix(&e, "%s: %s", text->origin, f->name);
	if (e.status == CPL_USAGE) /* it is the file's fault */
		e.status = CPL_CONFIG;
	cpl_cli_die(cli, &e);
}

/* Nobody reads a record's end while the record itself failed. */
static int ended(const struct cpl_format *f, struct cpl_buf *out, size_t start,
		 int failed)
{
	if (failed == 0 && cpl_format_end(f, out) == 0)
		return 0;
	cpl_buf_truncate(out, start);
	return -1;
}

int cpl_format_end(const struct cpl_format *f, struct cpl_buf *out)
{
	if (f->no_newline)
		return 0;
	return cpl_buf_addc(out, f->kind == CPL_FORMAT_NUL ? '\0' : '\n');
}

static int fill(const struct cpl_format *f, struct cpl_buf *out,
		xmpp_stanza_t *stanza)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return cpl_template_write(f->template, out, stanza, &now);
}

int cpl_format_stanza(const struct cpl_format *f, struct cpl_buf *out,
		      xmpp_stanza_t *stanza)
{
	size_t start = out->len;
	int failed = -1;

	switch (f->kind) {
	case CPL_FORMAT_TEXT:
	case CPL_FORMAT_NUL:
		failed = cpl_write_text(out, stanza, f->kind == CPL_FORMAT_NUL);
		break;
	case CPL_FORMAT_XML:
		failed = cpl_write_xml(out, stanza, CPL_NS_CLIENT);
		break;
	case CPL_FORMAT_JSON: failed = cpl_json_write(out, stanza); break;
	case CPL_FORMAT_TEMPLATE: failed = fill(f, out, stanza); break;
	}
	return ended(f, out, start, failed);
}

int cpl_format_fields(const struct cpl_format *f, struct cpl_buf *out,
		      const char *const *fields, size_t n)
{
	size_t start = out->len;

	return ended(
	    f, out, start,
	    cpl_write_fields(out, fields, n, f->kind == CPL_FORMAT_NUL));
}

void cpl_format_release(struct cpl_format *f)
{
	cpl_template_free(f->template);
	f->template = NULL;
}
