/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <stdlib.h>
#include <string.h>

#include "../base/limits.h"
#include "build.h"
#include "json_parts.h"
#include "ns.h"
#include "write.h"

/* An entry of payload that begins so is text. */
#define TEXT "text:"

static const struct {
	const char *name;
	unsigned kind;
} kinds[] = {{"message", CPL_JSON_MESSAGE},
	     {"presence", CPL_JSON_PRESENCE},
	     {"iq", CPL_JSON_IQ},
	     {"payload", CPL_JSON_PAYLOAD}};

/* The keys of attributes, and what they are called in XML. */
static const char *const known[][2] = {{"from", "from"},
				       {"to", "to"},
				       {"id", "id"},
				       {"type", "type"},
				       {"lang", "xml:lang"}};
enum { KNOWN = sizeof known / sizeof *known };

/* An object on its way to a stanza. */
struct object {
	struct cpl_json_reading read;
	json_t *root;
	const char *name; /* of the kind */
	unsigned kind;
	json_t *payload; /* NULL: none */
	unsigned placed; /* bits of the fields whose place payload tells */
	xmpp_stanza_t *stanza;
};

/* A member; NULL too when it is null. */
static json_t *member(const struct object *o, const char *key)
{
	json_t *value = json_object_get(o->root, key);

	return json_is_null(value) ? NULL : value;
}

/* ---- What may be there ---- */

static int find_kind(struct object *o)
{
	json_t *value = member(o, "kind");
	const char *name = json_string_value(value);

	if (!value)
		return cpl_err_set(o->read.e, CPL_DATA, "no kind");
	for (size_t i = 0; name && i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(kinds[i].name, name) == 0) {
			o->kind = kinds[i].kind;
			o->name = kinds[i].name;
			return 0;
		}
	return cpl_err_set(o->read.e, CPL_DATA,
			   "kind is not message, presence or iq");
}

/* The field of that name, of any kind; -1: there is none. */
static int field_named(const char *name)
{
	for (int i = 0; i < CPL_JSON_FIELDS; i++)
		if (strcmp(cpl_json_fields[i].name, name) == 0)
			return i;
	return -1;
}

/* Whether an object of that kind may have the key. */
static int has_key(unsigned kind, const char *key)
{
	int i = field_named(key);

	if (!strcmp(key, "kind") || !strcmp(key, "payload"))
		return 1;
	if (kind == CPL_JSON_PAYLOAD)
		return 0;
	if (i >= 0)
		return (cpl_json_fields[i].kinds & kind) != 0;
	for (int k = 0; k < KNOWN; k++)
		if (strcmp(known[k][0], key) == 0)
			return 1;
	return !strcmp(key, "attributes") ||
	       (kind == CPL_JSON_MESSAGE && !strcmp(key, CPL_JSON_PARENT));
}

static int check_keys(const struct object *o)
{
	const char *key;
	json_t *value;

	json_object_foreach(o->root, key, value)
	{
		if (has_key(o->kind, key))
			continue;
		if (field_named(key) >= 0)
			return cpl_err_set(o->read.e, CPL_DATA,
					   "'%s' is no field of kind %s", key,
					   o->name);
		return cpl_err_set(o->read.e, CPL_DATA, "unknown key '%.64s'",
				   key);
	}
	if (member(o, CPL_JSON_PARENT) && !member(o, "thread"))
		return cpl_err_set(o->read.e, CPL_DATA,
				   CPL_JSON_PARENT " without thread");
	return 0;
}

/* ---- Attributes ---- */

/* Appends NAME="VALUE". The name may have nothing that ends one; that it is a
 * name the parser says. */
static int add_to_tag(struct object *o, struct cpl_buf *tag, const char *name,
		      const json_t *value)
{
	char where[80];
	const char *text;

	snprintf(where, sizeof where, "attribute %.64s", name);
	text = cpl_json_text(&o->read, value, where);
	if (!text)
		return -1;
	if (!*name || name[strcspn(name, " \t\r\n=<>/&\"'")] != '\0')
		return cpl_err_set(o->read.e, CPL_DATA,
				   "'%.64s' is no name for an attribute", name);
	if (cpl_buf_addc(tag, ' ') < 0 || cpl_buf_adds(tag, name) < 0 ||
	    cpl_buf_adds(tag, "=\"") < 0 ||
	    cpl_write_xml_attr(tag, text, strlen(text)) < 0 ||
	    cpl_buf_addc(tag, '"') < 0)
		return cpl_buf_err(tag, o->read.e, CPL_DATA, "the stanza");
	return 0;
}

/* The start tag with all attributes, known ones included, so that the limits
 * hold for all of them. */
static int write_tag(struct object *o, struct cpl_buf *tag, json_t *attributes)
{
	const char *name;
	json_t *value;

	if (cpl_buf_addc(tag, '<') < 0 || cpl_buf_adds(tag, o->name) < 0)
		return cpl_err_nomem(o->read.e);
	for (int i = 0; i < KNOWN; i++) {
		value = member(o, known[i][0]);
		if (value && add_to_tag(o, tag, known[i][1], value) < 0)
			return -1;
	}
	json_object_foreach(attributes, name, value)
	{
		int own = !strcmp(name, "xmlns");

		if (json_is_null(value))
			continue;
		for (int i = 0; i < KNOWN; i++)
			own |= !strcmp(name, known[i][1]);
		if (own)
			return cpl_err_set(o->read.e, CPL_DATA,
					   "attributes cannot have '%s'", name);
		if (add_to_tag(o, tag, name, value) < 0)
			return -1;
	}
	return cpl_buf_adds(tag, "/>") < 0 ? cpl_err_nomem(o->read.e) : 0;
}

/* The stanza by the parser, which knows what names and prefixes are. */
static int parse_start(struct object *o, json_t *attributes)
{
	struct cpl_buf tag = CPL_BUF_INIT(CPL_RECORD_MAX);

	if (write_tag(o, &tag, attributes) == 0) {
		o->stanza = cpl_json_element(&o->read, tag.data, NULL);
		if (!o->stanza && o->read.e->status == CPL_DATA)
			cpl_err_prefix(o->read.e, "attributes");
	}
	cpl_buf_release(&tag);
	return o->stanza ? 0 : -1;
}

/* The stanza with its attributes. */
static int start(struct object *o)
{
	json_t *attributes = member(o, "attributes");

	if (attributes && !json_is_object(attributes))
		return cpl_err_set(o->read.e, CPL_DATA,
				   "attributes is not an object");
	if (json_object_size(attributes) > 0)
		return parse_start(o, attributes);
	o->stanza = cpl_build(o->read.xml->ctx, o->name, CPL_NS_CLIENT);
	if (!o->stanza)
		return cpl_err_nomem(o->read.e);
	for (int i = 0; i < KNOWN; i++) {
		json_t *value = member(o, known[i][0]);
		const char *text;

		if (!value)
			continue;
		text = cpl_json_text(&o->read, value, known[i][0]);
		if (!text)
			return -1;
		if (cpl_set_attr(o->stanza, known[i][1], text) < 0)
			return cpl_err_nomem(o->read.e);
	}
	return 0;
}

/* ---- Children ---- */

static int is_xml(const char *entry)
{
	return entry[0] == '<';
}

static int is_text(const char *entry)
{
	return strncmp(entry, TEXT, strlen(TEXT)) == 0;
}

/* Checks the entries and notes the fields among them. */
static int check_payload(struct object *o)
{
	json_t *value;
	size_t i;
	char where[64];

	o->payload = member(o, "payload");
	if (o->payload && !json_is_array(o->payload))
		return cpl_err_set(o->read.e, CPL_DATA,
				   "payload is not an array");
	if (json_array_size(o->payload) > CPL_STANZA_ELEMENTS_MAX)
		return cpl_err_set(o->read.e, CPL_DATA,
				   "payload: more than %d entries",
				   CPL_STANZA_ELEMENTS_MAX);
	json_array_foreach(o->payload, i, value)
	{
		const char *entry;
		int f;

		snprintf(where, sizeof where, "payload[%zu]", i);
		entry = cpl_json_text(&o->read, value, where);
		if (!entry)
			return -1;
		if (is_xml(entry) || is_text(entry))
			continue;
		f = field_named(entry);
		if (f < 0 || !(cpl_json_fields[f].kinds & o->kind))
			return cpl_err_set(o->read.e, CPL_DATA,
					   "%s: '%.64s' is neither an element, "
					   "text: nor a field",
					   where, entry);
		if (o->placed & 1u << f)
			return cpl_err_set(o->read.e, CPL_DATA,
					   "%s: '%s' again", where, entry);
		o->placed |= 1u << f;
	}
	return 0;
}

/* The field, where the object has it. */
static int add_field(struct object *o, int f)
{
	const struct cpl_json_field *field = &cpl_json_fields[f];

	if (!member(o, field->name))
		return 0;
	return cpl_json_field_read(&o->read, o->stanza, field, o->root);
}

/* The fields on one side of the payload. */
static int add_fields(struct object *o, int behind)
{
	for (int f = 0; f < CPL_JSON_FIELDS; f++)
		if (cpl_json_fields[f].behind == behind &&
		    !(o->placed & 1u << f) && add_field(o, f) < 0)
			return -1;
	return 0;
}

static int add_payload(struct object *o)
{
	json_t *value;
	size_t i;
	char where[64];

	json_array_foreach(o->payload, i, value)
	{
		const char *entry = json_string_value(value);
		xmpp_stanza_t *s;
		int failed;

		if (is_xml(entry)) {
			snprintf(where, sizeof where, "payload[%zu]", i);
			s = cpl_json_element(&o->read, entry, where);
			failed = !s || cpl_json_add(&o->read, o->stanza, s) < 0;
		} else if (is_text(entry)) {
			failed = cpl_json_add_text(&o->read, o->stanza,
						   entry + strlen(TEXT)) < 0;
		} else {
			failed = add_field(o, field_named(entry)) < 0;
		}
		if (failed)
			return -1;
	}
	return 0;
}

/* ---- The whole ---- */

/* Counts elements, and text between elements, as the parser does. -1: the
 * stanza is over a limit. */
static int measure(struct object *o, xmpp_stanza_t *s, int depth, size_t *nodes)
{
	xmpp_stanza_t *c = xmpp_stanza_get_children(s);

	if (depth > CPL_STANZA_DEPTH_MAX)
		return cpl_err_set(o->read.e, CPL_DATA,
				   "more than %d elements within each other",
				   CPL_STANZA_DEPTH_MAX);
	for (int first = 1; c; c = xmpp_stanza_get_next(c), first = 0) {
		int text = xmpp_stanza_is_text(c);

		*nodes += !text || !first;
		if (*nodes > CPL_STANZA_ELEMENTS_MAX)
			return cpl_err_set(o->read.e, CPL_DATA,
					   "more than %d elements",
					   CPL_STANZA_ELEMENTS_MAX);
		if (!text && measure(o, c, depth + 1, nodes) < 0)
			return -1;
	}
	return 0;
}

static int build(struct object *o)
{
	size_t nodes = 1;

	if (start(o) < 0 || add_fields(o, 0) < 0 || add_payload(o) < 0 ||
	    add_fields(o, 1) < 0)
		return -1;
	return measure(o, o->stanza, 1, &nodes);
}

/* kind payload: the one entry is the element. */
static int build_payload(struct object *o)
{
	const char *entry = json_string_value(json_array_get(o->payload, 0));

	if (json_array_size(o->payload) != 1 || !is_xml(entry))
		return cpl_err_set(o->read.e, CPL_DATA,
				   "payload is not one element");
	o->stanza = cpl_json_element(&o->read, entry, "payload[0]");
	return o->stanza ? 0 : -1;
}

xmpp_stanza_t *cpl_json_stanza(struct cpl_json_xml *xml, json_t *root,
			       const struct cpl_json_place *at,
			       struct cpl_err *e)
{
	struct cpl_err why = CPL_ERR_INIT;
	struct object o = {.read = {.xml = xml, .e = &why}, .root = root};
	int rc = find_kind(&o);

	if (rc == 0)
		rc = check_keys(&o);
	if (rc == 0)
		rc = check_payload(&o);
	if (rc == 0)
		rc = o.kind == CPL_JSON_PAYLOAD ? build_payload(&o) : build(&o);
	if (rc == 0)
		return o.stanza;
	if (o.stanza)
		xmpp_stanza_release(o.stanza);
	if (why.status != CPL_SYSTEM)
		cpl_err_prefix(&why, "line %zu, column %zu", at->line,
			       at->column);
	*e = why;
	return NULL;
}

/* What the library says, in our words where it speaks of itself; a line break
 * that it quotes would be one in the message. */
static const char *reason(json_error_t *why)
{
	enum json_error_code code = json_error_code(why);

	if (code == json_error_null_character ||
	    code == json_error_null_byte_in_key)
		return "a string with U+0000";
	for (char *p = why->text; *p; p++)
		if ((unsigned char)*p < 0x20)
			*p = ' ';
	return why->text;
}

json_t *cpl_json_parse(const char *p, size_t n, const struct cpl_json_place *at,
		       struct cpl_err *e)
{
	struct cpl_err nomem = CPL_ERR_INIT;
	json_error_t why;
	json_t *root =
	    cpl_json_load(p, n, JSON_REJECT_DUPLICATES, &why, &nomem);
	size_t line, column;

	if (json_is_object(root))
		return root;
	if (root) {
		json_decref(root);
		cpl_err_set(e, CPL_DATA, "line %zu, column %zu: not an object",
			    at->line, at->column);
		return NULL;
	}
	if (nomem.status != CPL_OK) {
		cpl_err_nomem(e);
		return NULL;
	}
	line = at->line + (why.line > 0 ? (size_t)why.line - 1 : 0);
	column = why.column > 0 ? (size_t)why.column : 1;
	if (line == at->line)
		column += at->column - 1;
	cpl_err_set(e, CPL_DATA, "line %zu, column %zu: %s", line, column,
		    reason(&why));
	return NULL;
}

xmpp_stanza_t *cpl_json_read(xmpp_ctx_t *ctx, const char *p, size_t n,
			     const struct cpl_json_place *at, struct cpl_err *e)
{
	struct cpl_json_xml xml = {.ctx = ctx};
	json_t *root = cpl_json_parse(p, n, at, e);
	xmpp_stanza_t *s = NULL;

	if (root)
		s = cpl_json_stanza(&xml, root, at, e);
	cpl_json_xml_release(&xml);
	json_decref(root);
	return s;
}
