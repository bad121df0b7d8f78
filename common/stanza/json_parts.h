/* SPDX-License-Identifier: MIT
 *
 * What the files of json.h share, and the two halves of reading, for who has
 * to know which of them failed. */
#ifndef CPL_JSON_PARTS_H
#define CPL_JSON_PARTS_H

#include <jansson.h>
#include <strophe.h>

#include "json.h"
#include "tree.h"

/* json_loadb(), which takes most failures of memory for faults of the text.
 * NULL with e (CPL_SYSTEM) for those; of all others only *why tells. */
json_t *cpl_json_load(const char *p, size_t n, size_t flags, json_error_t *why,
		      struct cpl_err *e) __attribute__((warn_unused_result));

/* ---- The fields ---- */

/* Bits: what is one object. */
enum cpl_json_kind {
	CPL_JSON_MESSAGE = 1,
	CPL_JSON_PRESENCE = 2,
	CPL_JSON_IQ = 4,
	CPL_JSON_PAYLOAD = 8 /* an element that is no stanza */
};

/* What the value of a field is, and with it the canonical form of the child. */
enum cpl_json_shape {
	CPL_JSON_TEXT,   /* nothing but text */
	CPL_JSON_THREAD, /* text, and the attribute parent in a field beside */
	CPL_JSON_NUMBER, /* a priority as a plain number */
	CPL_JSON_DELAY,
	CPL_JSON_ERROR
};

/* A child that is a field, called as the element is. */
struct cpl_json_field {
	const char *name;
	const char *ns;
	unsigned kinds;
	enum cpl_json_shape shape;
	int behind; /* its place is behind the payload, not before it */
};

/* All of them, in the order in which they are written. */
enum { CPL_JSON_FIELDS = 9 };
extern const struct cpl_json_field cpl_json_fields[CPL_JSON_FIELDS];

/* The field beside thread. */
#define CPL_JSON_PARENT "thread_parent"

/* The field's index for a child of a stanza of that kind which is in canonical
 * form; -1: there is none. */
int cpl_json_field_of(unsigned kind, xmpp_stanza_t *child);

/* Whether it is a name for the condition of an error: those of RFC 6120 8.3.3
 * are lower case and hyphens. */
int cpl_json_is_condition(const char *name);

/* The priorities of RFC 6121 4.7.2.3. */
#define CPL_JSON_PRIORITY_MIN (-128)
#define CPL_JSON_PRIORITY_MAX 127

/* ---- Writing ---- */

/* Appends ,"name": and the value of the child. 0, or -1. */
int cpl_json_field_write(struct cpl_buf *out, const struct cpl_json_field *f,
			 xmpp_stanza_t *child)
    __attribute__((warn_unused_result));

/* Appends ,"name":"value" and nothing for NULL. */
int cpl_json_member(struct cpl_buf *out, const char *name, const char *value)
    __attribute__((warn_unused_result));

/* Appends a string that is an element's XML, within jabber:client. */
int cpl_json_xml(struct cpl_buf *out, xmpp_stanza_t *element)
    __attribute__((warn_unused_result));

/* ---- Reading ---- */

/* The object in n bytes (json_decref()), without a look at what it says. NULL
 * with e as cpl_json_read(). */
json_t *cpl_json_parse(const char *p, size_t n, const struct cpl_json_place *at,
		       struct cpl_err *e) __attribute__((warn_unused_result));

/* The parser for XML in strings, which serves many objects: zero-filled but for
 * the context; cpl_json_xml_release() frees it. */
struct cpl_json_xml {
	xmpp_ctx_t *ctx;
	struct cpl_tree *tree;  /* NULL: not made yet, or spent */
	size_t base;            /* bytes of its document before the string */
	size_t count;           /* elements in the string */
	xmpp_stanza_t *element; /* the first of them, and where it ends */
	size_t end;
};

void cpl_json_xml_release(struct cpl_json_xml *x);

/* The stanza of an object, or the element of one of kind payload. */
xmpp_stanza_t *cpl_json_stanza(struct cpl_json_xml *xml, json_t *root,
			       const struct cpl_json_place *at,
			       struct cpl_err *e)
    __attribute__((warn_unused_result));

/* While an object is read; what fails fills e. */
struct cpl_json_reading {
	struct cpl_json_xml *xml;
	struct cpl_err *e;
};

/* The text of a string; NULL: the value is none, or has what XML forbids. what
 * is its name for messages. */
const char *cpl_json_text(struct cpl_json_reading *r, const json_t *value,
			  const char *what) __attribute__((warn_unused_result));

/* The one element that the XML is, new, the caller's; white space may stand
 * behind it. NULL: it is not one, and what, if there is a name for it, and the
 * column are in the message. */
xmpp_stanza_t *cpl_json_element(struct cpl_json_reading *r, const char *xml,
				const char *what)
    __attribute__((warn_unused_result));

/* Appends a child to the stanza: what a field's value says, some text (nothing
 * where it is empty), an element, which is taken over. 0, or -1. */
int cpl_json_field_read(struct cpl_json_reading *r, xmpp_stanza_t *stanza,
			const struct cpl_json_field *f, json_t *root)
    __attribute__((warn_unused_result));
int cpl_json_add_text(struct cpl_json_reading *r, xmpp_stanza_t *to,
		      const char *text) __attribute__((warn_unused_result));
int cpl_json_add(struct cpl_json_reading *r, xmpp_stanza_t *to,
		 xmpp_stanza_t *element) __attribute__((warn_unused_result));

#endif
