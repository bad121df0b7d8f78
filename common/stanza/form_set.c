/* SPDX-License-Identifier: MIT
 *
 * A field of a form, changed by KEY=VALUE. */
#include <stdlib.h>
#include <string.h>

#include "../base/limits.h"
#include "../base/suggest.h"
#include "chars.h"
#include "form.h"
#include "jid.h"

/* --- what a value may be ----------------------------------------------- */

static int bad_option(const struct cpl_form_field *field, const char *value,
		      struct cpl_err *e)
{
	struct cpl_buf list = CPL_BUF_INIT(400);

	for (size_t i = 0; i < field->option_count; i++) {
		const char *between = i == 0                        ? ""
				      : i + 1 < field->option_count ? ", "
								    : " or ";

		if (cpl_buf_addf(&list, "%s%s", between,
				 field->options[i].value) < 0)
			break;
	}
	cpl_err_set(e, CPL_DATA, "%.200s: '%.100s' is not %s", field->var,
		    value, list.len > 0 ? list.data : "one of its options");
	cpl_buf_release(&list);
	return -1;
}

/* 3.3: "MUST NOT insert new options". */
static int check_option(const struct cpl_form_field *field, const char *value,
			struct cpl_err *e)
{
	for (size_t i = 0; i < field->option_count; i++)
		if (strcmp(field->options[i].value, value) == 0)
			return 0;
	return bad_option(field, value, e);
}

/* xs:boolean; what all servers understand is the digit. */
static char *boolean(const struct cpl_form_field *field, const char *value,
		     struct cpl_err *e)
{
	static const char *const words[] = {"0", "1", "false", "true"};
	char *copy;

	for (int i = 0; i < 4; i++) {
		if (strcmp(words[i], value) != 0)
			continue;
		copy = strdup(words[i & 1]);
		if (!copy)
			cpl_err_nomem(e);
		return copy;
	}
	cpl_err_set(e, CPL_DATA, "%.200s: '%.100s' is not true or false",
		    field->var, value);
	return NULL;
}

static char *address(const struct cpl_form_field *field, const char *value,
		     struct cpl_err *e)
{
	struct cpl_jid jid = {0};
	char *copy;

	if (cpl_jid_parse(&jid, value, e) < 0) {
		cpl_err_prefix(e, "%.200s", field->var);
		return NULL;
	}
	copy = strdup(jid.full);
	cpl_jid_release(&jid);
	if (!copy)
		cpl_err_nomem(e);
	return copy;
}

/* The value as it is submitted, the caller's; NULL with e. */
static char *checked(const struct cpl_form_field *field, const char *value,
		     struct cpl_err *e)
{
	char *copy;

	switch (field->kind) {
	case CPL_FORM_BOOLEAN: return boolean(field, value, e);
	case CPL_FORM_JID_SINGLE:
	case CPL_FORM_JID_MULTI: return address(field, value, e);
	case CPL_FORM_LIST_SINGLE:
	case CPL_FORM_LIST_MULTI:
		if (check_option(field, value, e) < 0)
			return NULL;
		break;
	case CPL_FORM_TEXT_SINGLE:
	case CPL_FORM_TEXT_PRIVATE:
	case CPL_FORM_TEXT_MULTI:
	case CPL_FORM_HIDDEN: break;
	}
	if (strpbrk(value, "\r\n")) {
		cpl_err_set(e, CPL_DATA, "%.200s: its value is one line",
			    field->var);
		return NULL;
	}
	copy = strdup(value);
	if (!copy)
		cpl_err_nomem(e);
	return copy;
}

/* XEP-0004 3.2: all other types have one value at most; a hidden one is not
 * changed. */
static int is_multi(const struct cpl_form_field *field)
{
	return field->kind == CPL_FORM_TEXT_MULTI ||
	       field->kind == CPL_FORM_LIST_MULTI ||
	       field->kind == CPL_FORM_JID_MULTI;
}

/* --- the change -------------------------------------------------------- */

/* Whether a list of several has it; a JID counts once (3.3), and an option is
 * chosen or not. */
static int has(const struct cpl_form_field *field, const char *value)
{
	if (field->kind == CPL_FORM_TEXT_MULTI)
		return 0;
	for (size_t i = 0; i < field->count; i++)
		if (strcmp(field->values[i], value) == 0)
			return 1;
	return 0;
}

/* Takes the value over. */
static int put(struct cpl_form_field *field, char *value, struct cpl_err *e)
{
	char **values;

	if (!field->changed || !is_multi(field))
		cpl_form_clear(field);
	field->changed = 1;
	if (has(field, value)) {
		free(value);
		return 0;
	}
	if (field->count >= CPL_FORM_VALUES_MAX) {
		free(value);
		return cpl_err_set(e, CPL_DATA, "%.200s: more than %d values",
				   field->var, CPL_FORM_VALUES_MAX);
	}
	values = realloc(field->values, (field->count + 2) * sizeof *values);
	if (!values) {
		explicit_bzero(value, strlen(value));
		free(value);
		return cpl_err_nomem(e);
	}
	field->values = values;
	values[field->count++] = value;
	return 0;
}

/* Of a list in the order of its options, which may matter (3.3). */
static void sort_options(struct cpl_form_field *field)
{
	size_t done = 0;

	if (field->kind != CPL_FORM_LIST_MULTI)
		return;
	for (size_t i = 0; i < field->option_count; i++) {
		for (size_t k = done; k < field->count; k++) {
			char *value = field->values[k];

			if (strcmp(value, field->options[i].value) != 0)
				continue;
			memmove(&field->values[done + 1], &field->values[done],
				(k - done) * sizeof value);
			field->values[done++] = value;
			break;
		}
	}
}

/* An empty value is a text, of the lists it may be an option, and of all else
 * it is none. */
static int is_none(const struct cpl_form_field *field, const char *value)
{
	if (*value)
		return 0;
	switch (field->kind) {
	case CPL_FORM_TEXT_SINGLE:
	case CPL_FORM_TEXT_PRIVATE: return 0;
	case CPL_FORM_LIST_SINGLE:
	case CPL_FORM_LIST_MULTI: return check_option(field, "", NULL) < 0;
	case CPL_FORM_BOOLEAN: return 0;
	default: return 1;
	}
}

static int put_line(struct cpl_form_field *field, const char *value,
		    struct cpl_err *e)
{
	char *line = checked(field, value, e);

	if (!line || put(field, line, e) < 0)
		return -1;
	sort_options(field);
	return 0;
}

/* 3.3: each line of text-multi is a value. */
static int put_lines(struct cpl_form_field *field, const char *value,
		     struct cpl_err *e)
{
	while (*value) {
		size_t len = strcspn(value, "\n");
		char *line = strndup(value, len);

		if (!line)
			return cpl_err_nomem(e);
		if (put(field, line, e) < 0)
			return -1;
		value += len + (value[len] == '\n');
	}
	return 0;
}

static int set(struct cpl_form_field *field, const char *value,
	       struct cpl_err *e)
{
	if (is_none(field, value)) {
		if (!field->changed || !is_multi(field))
			cpl_form_clear(field);
		field->changed = 1;
		return 0;
	}
	return field->kind == CPL_FORM_TEXT_MULTI ? put_lines(field, value, e)
						  : put_line(field, value, e);
}

/* --- which field ------------------------------------------------------- */

static int unknown(const struct cpl_form *f, const char *key, struct cpl_err *e)
{
	const char **names = calloc(2 * f->count + 1, sizeof *names);
	const char *near;
	size_t n = 0;

	if (!names)
		return cpl_err_nomem(e);
	for (size_t i = 0; i < f->count; i++) {
		if (f->fields[i].kind == CPL_FORM_HIDDEN)
			continue;
		names[n++] = cpl_form_short(f, &f->fields[i]);
		names[n++] = f->fields[i].var;
	}
	near = cpl_suggest(key, names, n);
	if (near)
		cpl_err_set(e, CPL_DATA,
			    "unknown key '%.200s' (did you mean '%s'?)", key,
			    near);
	else
		cpl_err_set(e, CPL_DATA, "unknown key '%.200s'", key);
	free(names);
	return -1;
}

int cpl_form_set(struct cpl_form *f, const char *assignment, struct cpl_err *e)
{
	const char *equals = strchr(assignment, '=');
	struct cpl_form_field *field;
	char *key;
	int result = -1;

	if (!equals || equals == assignment)
		return cpl_err_set(e, CPL_DATA, "'%.200s' is not KEY=VALUE",
				   assignment);
	if (cpl_chars_check(assignment, strlen(assignment), e) < 0)
		return -1;
	key = strndup(assignment, (size_t)(equals - assignment));
	if (!key)
		return cpl_err_nomem(e);
	field = cpl_form_find(f, key);
	result = field ? set(field, equals + 1, e) : unknown(f, key, e);
	free(key);
	return result;
}
