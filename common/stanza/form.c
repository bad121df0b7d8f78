/* SPDX-License-Identifier: MIT */
#include "form.h"

#include <stdlib.h>
#include <string.h>

#include "../base/limits.h"
#include "build.h"
#include "json.h"
#include "ns.h"

static const char *const kinds[] = {
    "text-single", "text-multi", "text-private", "boolean", "list-single",
    "list-multi",  "jid-single", "jid-multi",    "hidden"};

enum { KINDS = sizeof kinds / sizeof *kinds };

const char *cpl_form_kind(enum cpl_form_kind kind)
{
	return kinds[kind];
}

static enum cpl_form_kind kind_of(const char *type)
{
	for (size_t i = 0; type && i < KINDS; i++)
		if (strcmp(kinds[i], type) == 0)
			return (enum cpl_form_kind)i;
	return CPL_FORM_TEXT_SINGLE;
}

void cpl_form_clear(struct cpl_form_field *field)
{
	for (size_t i = 0; i < field->count; i++) {
		if (field->kind == CPL_FORM_TEXT_PRIVATE)
			explicit_bzero(field->values[i],
				       strlen(field->values[i]));
		free(field->values[i]);
	}
	field->count = 0;
}

static void release_field(struct cpl_form_field *field)
{
	cpl_form_clear(field);
	for (size_t i = 0; i < field->option_count; i++) {
		free(field->options[i].value);
		free(field->options[i].label);
	}
	free(field->values);
	free(field->options);
	free(field->var);
	free(field->label);
	memset(field, 0, sizeof *field);
}

void cpl_form_release(struct cpl_form *f)
{
	for (size_t i = 0; i < f->count; i++)
		release_field(&f->fields[i]);
	free(f->fields);
	free(f->type);
	free(f->title);
	free(f->instructions);
	memset(f, 0, sizeof *f);
}

/* "An either-or choice [...] The default value is 'false'" (3.3). */
const char *cpl_form_value(const struct cpl_form_field *field, size_t i)
{
	if (field->kind != CPL_FORM_BOOLEAN)
		return i < field->count ? field->values[i] : NULL;
	if (i > 0)
		return NULL;
	return field->count > 0 && (strcmp(field->values[0], "1") == 0 ||
				    strcmp(field->values[0], "true") == 0)
		   ? "true"
		   : "false";
}

/* --- reading ----------------------------------------------------------- */

static int is_data(xmpp_stanza_t *s, const char *name)
{
	return cpl_is(s, name, CPL_NS_DATA);
}

/* An attribute, copied; nothing where there is none. */
static int read_attribute(char **out, xmpp_stanza_t *s, const char *name)
{
	const char *value = xmpp_stanza_get_attribute(s, name);

	if (!value)
		return 0;
	*out = strdup(value);
	return *out ? 0 : -1;
}

/* How many values and options there are in a field. */
static void count_parts(xmpp_stanza_t *field, size_t *values, size_t *options)
{
	*values = *options = 0;
	for (xmpp_stanza_t *c = cpl_first_element(field); c;
	     c = cpl_next_element(c)) {
		*values += (size_t)is_data(c, "value");
		*options += (size_t)is_data(c, "option");
	}
}

static int read_part(struct cpl_form_field *out, xmpp_stanza_t *c)
{
	struct cpl_form_option *option;

	if (is_data(c, "required")) {
		out->required = 1;
	} else if (is_data(c, "value")) {
		out->values[out->count] = cpl_text(c);
		if (!out->values[out->count])
			return -1;
		out->count++;
	} else if (is_data(c, "option") && cpl_child(c, "value", CPL_NS_DATA)) {
		option = &out->options[out->option_count++];
		option->value = cpl_text(cpl_child(c, "value", CPL_NS_DATA));
		if (!option->value ||
		    read_attribute(&option->label, c, "label") < 0)
			return -1;
	}
	return 0;
}

/* -1 without memory; what was read by then is the caller's to release. */
static int read_field(struct cpl_form_field *out, xmpp_stanza_t *field,
		      size_t values, size_t options)
{
	out->kind = kind_of(xmpp_stanza_get_type(field));
	out->values = calloc(values + 1, sizeof *out->values);
	out->options = calloc(options + 1, sizeof *out->options);
	if (!out->values || !out->options ||
	    read_attribute(&out->var, field, "var") < 0 || !out->var ||
	    read_attribute(&out->label, field, "label") < 0)
		return -1;
	for (xmpp_stanza_t *c = cpl_first_element(field); c;
	     c = cpl_next_element(c))
		if (read_part(out, c) < 0)
			return -1;
	return 0;
}

/* Whether it is one that has a name and can be set (3.2, 3.3). */
static int is_field(xmpp_stanza_t *c)
{
	const char *type = xmpp_stanza_get_type(c);

	return is_data(c, "field") && xmpp_stanza_get_attribute(c, "var") &&
	       !(type && strcmp(type, "fixed") == 0);
}

static int count_fields(size_t *out, xmpp_stanza_t *x, struct cpl_err *e)
{
	size_t parts = 0, values, options;

	*out = 0;
	for (xmpp_stanza_t *c = cpl_first_element(x); c;
	     c = cpl_next_element(c)) {
		if (!is_field(c))
			continue;
		count_parts(c, &values, &options);
		parts += values + options;
		++*out;
	}
	if (*out > CPL_FORM_FIELDS_MAX)
		return cpl_err_set(e, CPL_PROTOCOL,
				   "a form of more than %d fields",
				   CPL_FORM_FIELDS_MAX);
	if (parts > CPL_FORM_VALUES_MAX)
		return cpl_err_set(e, CPL_PROTOCOL,
				   "a form of more than %d values",
				   CPL_FORM_VALUES_MAX);
	return 0;
}

/* 3: several instructions are lines of one. */
static int read_text(char **out, xmpp_stanza_t *x, const char *name)
{
	struct cpl_buf text = CPL_BUF_INIT(CPL_STANZA_BYTES_MAX);
	int result = 0;

	for (xmpp_stanza_t *c = cpl_first_element(x); c && result == 0;
	     c = cpl_next_element(c)) {
		char *line;

		if (!is_data(c, name))
			continue;
		line = cpl_text(c);
		if (!line || (text.len > 0 && cpl_buf_addc(&text, '\n') < 0) ||
		    cpl_buf_adds(&text, line) < 0)
			result = -1;
		free(line);
	}
	if (result == 0 && text.len > 0) {
		*out = cpl_buf_take(&text);
		result = *out ? 0 : -1;
	}
	cpl_buf_release(&text);
	return result;
}

static int read_fields(struct cpl_form *f, xmpp_stanza_t *x)
{
	for (xmpp_stanza_t *c = cpl_first_element(x); c;
	     c = cpl_next_element(c)) {
		struct cpl_form_field *field = &f->fields[f->count];
		size_t values, options;

		if (!is_field(c))
			continue;
		f->count++;
		count_parts(c, &values, &options);
		if (read_field(field, c, values, options) < 0)
			return -1;
		if (f->type || strcmp(field->var, "FORM_TYPE") != 0)
			continue;
		/* XEP-0068 3: whatever its type says, it is not to be set. */
		field->kind = CPL_FORM_HIDDEN;
		f->type = field->count > 0 ? strdup(field->values[0]) : NULL;
		if (field->count > 0 && !f->type)
			return -1;
	}
	return 0;
}

int cpl_form_read(struct cpl_form *out, xmpp_stanza_t *x, struct cpl_err *e)
{
	struct cpl_form f = {0};
	size_t fields;

	memset(out, 0, sizeof *out);
	if (!is_data(x, "x"))
		return cpl_err_set(e, CPL_PROTOCOL, "no form");
	if (count_fields(&fields, x, e) < 0)
		return -1;
	f.fields = calloc(fields + 1, sizeof *f.fields);
	if (!f.fields || read_fields(&f, x) < 0 ||
	    read_text(&f.title, x, "title") < 0 ||
	    read_text(&f.instructions, x, "instructions") < 0) {
		cpl_form_release(&f);
		return cpl_err_nomem(e);
	}
	*out = f;
	return 0;
}

/* --- names ------------------------------------------------------------- */

const char *cpl_form_short(const struct cpl_form *f,
			   const struct cpl_form_field *field)
{
	const char *hash = f->type ? strrchr(f->type, '#') : NULL;
	size_t len = hash ? strlen(hash + 1) : 0;
	const char *at = len > 0 ? strstr(field->var, hash + 1) : NULL;

	return at && at[len] == '_' && at[len + 1] ? at + len + 1 : field->var;
}

struct cpl_form_field *cpl_form_find(const struct cpl_form *f, const char *key)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->fields[i].kind != CPL_FORM_HIDDEN &&
		    strcmp(f->fields[i].var, key) == 0)
			return &f->fields[i];
	for (size_t i = 0; i < f->count; i++)
		if (f->fields[i].kind != CPL_FORM_HIDDEN &&
		    strcmp(cpl_form_short(f, &f->fields[i]), key) == 0)
			return &f->fields[i];
	return NULL;
}

int cpl_form_complete(const struct cpl_form *f, struct cpl_err *e)
{
	for (size_t i = 0; i < f->count; i++) {
		const struct cpl_form_field *field = &f->fields[i];

		if (field->required && field->count == 0)
			return cpl_err_set(e, CPL_DATA, "%.200s needs a value",
					   field->var);
	}
	return 0;
}

/* --- submitting -------------------------------------------------------- */

/* NULL without memory. */
static xmpp_stanza_t *add_field(xmpp_stanza_t *x, const char *var,
				const char *type)
{
	xmpp_stanza_t *el = cpl_build_child(x, "field", NULL);

	return cpl_set_attr(el, "var", var) == 0 &&
		       (!type || cpl_set_attr(el, "type", type) == 0)
		   ? el
		   : NULL;
}

int cpl_form_add(xmpp_stanza_t *x, const char *var, const char *type,
		 const char *value)
{
	return cpl_build_text_child(add_field(x, var, type), "value", value);
}

static int submit_field(xmpp_stanza_t *x, const struct cpl_form_field *field)
{
	xmpp_stanza_t *el;

	if (field->count == 0 && !field->changed)
		return 0;
	el = add_field(x, field->var, kinds[field->kind]);
	if (!el)
		return -1;
	for (size_t i = 0; i < field->count; i++)
		if (cpl_build_text_child(el, "value", field->values[i]) < 0)
			return -1;
	return 0;
}

xmpp_stanza_t *cpl_form_empty(xmpp_ctx_t *ctx)
{
	xmpp_stanza_t *x = cpl_build(ctx, "x", CPL_NS_DATA);

	return cpl_built(x, cpl_set_attr(x, "type", "submit") == 0);
}

xmpp_stanza_t *cpl_form_submit(const struct cpl_form *f, xmpp_ctx_t *ctx)
{
	xmpp_stanza_t *x = cpl_form_empty(ctx);

	for (size_t i = 0; x && i < f->count; i++) {
		if (submit_field(x, &f->fields[i]) == 0)
			continue;
		xmpp_stanza_release(x);
		return NULL;
	}
	return x;
}

/* --- JSON -------------------------------------------------------------- */

static int add_options(struct cpl_buf *out, const struct cpl_form_field *field)
{
	if (field->option_count == 0)
		return 0;
	if (cpl_buf_adds(out, ",\"options\":[") < 0)
		return -1;
	for (size_t i = 0; i < field->option_count; i++)
		if (cpl_buf_adds(out, i > 0 ? ",{" : "{") < 0 ||
		    cpl_json_entry(out, "value", field->options[i].value) < 0 ||
		    cpl_json_entry(out, "label", field->options[i].label) < 0 ||
		    cpl_buf_addc(out, '}') < 0)
			return -1;
	return cpl_buf_addc(out, ']');
}

static int add_json(struct cpl_buf *out, const struct cpl_form_field *field)
{
	const char *value;

	if (cpl_buf_adds(out, out->data[out->len - 1] == '[' ? "{" : ",{") <
		0 ||
	    cpl_json_entry(out, "var", field->var) < 0 ||
	    cpl_json_entry(out, "type", kinds[field->kind]) < 0 ||
	    cpl_json_entry(out, "label", field->label) < 0 ||
	    (field->required && cpl_buf_adds(out, ",\"required\":true") < 0) ||
	    cpl_buf_adds(out, ",\"values\":[") < 0)
		return -1;
	for (size_t i = 0; (value = cpl_form_value(field, i)); i++)
		if (cpl_json_entry(out, NULL, value) < 0)
			return -1;
	if (cpl_buf_addc(out, ']') < 0 || add_options(out, field) < 0)
		return -1;
	return cpl_buf_addc(out, '}');
}

int cpl_form_json(struct cpl_buf *out, const struct cpl_form *f)
{
	size_t start = out->len;
	int failed = cpl_buf_addc(out, '[') < 0;

	for (size_t i = 0; i < f->count && !failed; i++)
		if (f->fields[i].kind != CPL_FORM_HIDDEN)
			failed = add_json(out, &f->fields[i]) < 0;
	if (!failed && cpl_buf_addc(out, ']') == 0)
		return 0;
	cpl_buf_truncate(out, start);
	return -1;
}
