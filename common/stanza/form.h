/* SPDX-License-Identifier: MIT
 *
 * Data forms (XEP-0004): a form that was got, read into fields, changed by
 * KEY=VALUE and made into the form to submit. A struct cpl_form owns all that
 * it has read, and wipes what is text-private; zero-filled it is empty and may
 * be released. A form is a stranger's word: it has at most CPL_FORM_FIELDS_MAX
 * fields and CPL_FORM_VALUES_MAX values and options, and a field without a
 * name, which nobody could set, is left out, as is what is there to be read
 * alone (fixed). */
#ifndef CPL_FORM_H
#define CPL_FORM_H

#include <stddef.h>
#include <strophe.h>

#include "../base/buf.h"
#include "../base/err.h"

/* 3.3; a type that is not known is text-single. */
enum cpl_form_kind {
	CPL_FORM_TEXT_SINGLE,
	CPL_FORM_TEXT_MULTI,
	CPL_FORM_TEXT_PRIVATE,
	CPL_FORM_BOOLEAN,
	CPL_FORM_LIST_SINGLE,
	CPL_FORM_LIST_MULTI,
	CPL_FORM_JID_SINGLE,
	CPL_FORM_JID_MULTI,
	CPL_FORM_HIDDEN
};

struct cpl_form_option {
	char *value;
	char *label; /* NULL: none */
};

struct cpl_form_field {
	char *var;
	char *label; /* NULL: none */
	enum cpl_form_kind kind;
	int required;
	int changed; /* by cpl_form_set() */
	char **values;
	size_t count;
	struct cpl_form_option *options; /* of the two lists */
	size_t option_count;
};

struct cpl_form {
	char *type;         /* what FORM_TYPE says (XEP-0068), or NULL */
	char *title;        /* NULL: none */
	char *instructions; /* NULL: none; several are lines of one text */
	struct cpl_form_field *fields;
	size_t count;
};

/* Reads an <x xmlns='jabber:x:data'/>. 0, or -1 with e, and out is empty:
 * CPL_PROTOCOL when it is none or has more than is allowed, CPL_SYSTEM. */
int cpl_form_read(struct cpl_form *out, xmpp_stanza_t *x, struct cpl_err *e)
    __attribute__((warn_unused_result));
void cpl_form_release(struct cpl_form *f);

/* The name of a field without what all of its form have in front: that of
 * muc#roomconfig_roomname in the form .../muc#roomconfig is roomname. The var
 * itself where there is nothing in front. */
const char *cpl_form_short(const struct cpl_form *f,
			   const struct cpl_form_field *field);

/* The field of that name, in full or short, or NULL; hidden ones are not
 * found. */
struct cpl_form_field *cpl_form_find(const struct cpl_form *f, const char *key);

/* "text-single" ... */
const char *cpl_form_kind(enum cpl_form_kind kind);

/* A value as it is shown, from 0; NULL: there is none. That of a boolean is
 * always one, "true" or "false". */
const char *cpl_form_value(const struct cpl_form_field *field, size_t i);

/* Takes its values from a field; those of text-private are wiped. */
void cpl_form_clear(struct cpl_form_field *field);

/* Changes a field by "KEY=VALUE". The first change of a field takes the place
 * of what it was; of one that may have several values each further one adds a
 * value, of others the last one counts. A value with newlines is several lines
 * of text-multi; an empty one is none, but for a text. What is wrong says
 * CPL_DATA: no '=', an unknown key (with a suggestion), a value that is neither
 * true nor false (nor 1 or 0), that is none of a list's options, no JID, not
 * text, or has a newline where there may be none. Nothing is changed then. -1
 * too with CPL_SYSTEM. */
int cpl_form_set(struct cpl_form *f, const char *assignment, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* 0, or -1 with CPL_DATA and the first field that must have a value and has
 * none (3.2, <required/>). */
int cpl_form_complete(const struct cpl_form *f, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* The form to submit: hidden fields as they came, all that have a value, and
 * those that were changed to have none (3.6). New, the caller's; NULL without
 * memory. */
xmpp_stanza_t *cpl_form_submit(const struct cpl_form *f, xmpp_ctx_t *ctx)
    __attribute__((warn_unused_result));

/* A form to submit with nothing in it. New, the caller's; NULL without
 * memory. */
xmpp_stanza_t *cpl_form_empty(xmpp_ctx_t *ctx)
    __attribute__((warn_unused_result));

/* Adds a field of one value; type NULL: it does without (3.2). 0, or -1 without
 * memory. */
int cpl_form_add(xmpp_stanza_t *x, const char *var, const char *type,
		 const char *value) __attribute__((warn_unused_result));

/* Appends the list of fields, hidden ones left out:
 *	[{"var":V,"type":T,"label":L,"required":true,"values":[V],
 *	"options":[{"value":V,"label":L}]}]
 * without what is not there. -1 when out is full: what was appended by then is
 * taken back. */
int cpl_form_json(struct cpl_buf *out, const struct cpl_form *f)
    __attribute__((warn_unused_result));

#endif
