/* SPDX-License-Identifier: MIT */
#include "yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "../base/limits.h"
#include "../stanza/chars.h"

struct reading {
	yaml_parser_t parser;
	const char *bytes;
	const char *path;
	struct cpl_err *e;
	int nodes;
};

static int fail(struct reading *r, yaml_mark_t mark, const char *why)
{
	return cpl_err_set(r->e, CPL_CONFIG, "%s:%zu:%zu: %s", r->path,
			   mark.line + 1, mark.column + 1, why);
}

/* What libyaml has against the file. It has no mark for bytes that are not
 * text, only their offset. */
static int fail_parser(struct reading *r)
{
	const yaml_parser_t *p = &r->parser;
	yaml_mark_t mark = {0, 0, 0};

	if (p->error == YAML_MEMORY_ERROR)
		return cpl_err_nomem(r->e);
	if (p->error != YAML_READER_ERROR)
		return cpl_err_set(
		    r->e, CPL_CONFIG, "%s:%zu:%zu: %s%s%s%s", r->path,
		    p->problem_mark.line + 1, p->problem_mark.column + 1,
		    p->problem, p->context ? " (" : "",
		    p->context ? p->context : "", p->context ? ")" : "");
	for (size_t i = 0; i < p->problem_offset; i++) {
		unsigned char c = (unsigned char)r->bytes[i];

		if (c == '\n') {
			mark.line++;
			mark.column = 0;
		} else if ((c & 0xc0) != 0x80) {
			mark.column++;
		}
	}
	return fail(r, mark, p->problem);
}

/* libyaml frees an event's strings without wiping them. */
static void drop_event(yaml_event_t *event)
{
	if (event->type == YAML_SCALAR_EVENT)
		explicit_bzero(event->data.scalar.value,
			       event->data.scalar.length);
	yaml_event_delete(event);
}

static int next_event(struct reading *r, yaml_event_t *event)
{
	if (!yaml_parser_parse(&r->parser, event))
		return fail_parser(r);
	return 0;
}

static int refuse_extras(struct reading *r, const yaml_event_t *event)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;

	if (event->type == YAML_SCALAR_EVENT) {
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
		if (tag && strcmp((const char *)tag, YAML_STR_TAG) == 0)
			tag = NULL;
	} else if (event->type == YAML_SEQUENCE_START_EVENT) {
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
	} else if (event->type == YAML_MAPPING_START_EVENT) {
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
	}
	if (anchor || event->type == YAML_ALIAS_EVENT)
		return fail(r, event->start_mark,
			    "YAML anchors and aliases are not supported "
			    "(accounts have inherit, recipients have groups)");
	if (tag)
		return fail(r, event->start_mark,
			    "YAML tags are not supported");
	return 0;
}

/* A copy of a scalar's text, once it is known to be text. */
static char *scalar_text(struct reading *r, const yaml_event_t *event)
{
	const char *value = (const char *)event->data.scalar.value;
	size_t len = event->data.scalar.length;
	char *copy;

	if (memchr(value, 0, len) || cpl_chars_check(value, len, NULL) < 0) {
		fail(r, event->start_mark,
		     "holds a character that is not text");
		return NULL;
	}
	copy = strdup(value);
	if (!copy)
		cpl_err_nomem(r->e);
	return copy;
}

static int is_null(const yaml_event_t *event)
{
	static const char *const words[] = {"", "~", "null", "Null", "NULL"};
	const char *value = (const char *)event->data.scalar.value;

	if (event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE ||
	    event->data.scalar.tag)
		return 0;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(words[i], value) == 0)
			return 1;
	return 0;
}

static int read_node(struct reading *r, yaml_event_t *event, int depth,
		     struct cpl_yaml **out);

static int read_key(struct reading *r, yaml_event_t *event,
		    const struct cpl_yaml *map, char **key)
{
	if (refuse_extras(r, event) < 0)
		return -1;
	if (event->type != YAML_SCALAR_EVENT)
		return fail(r, event->start_mark, "a key must be text");
	*key = scalar_text(r, event);
	if (!*key)
		return -1;
	for (const struct cpl_yaml *at = map->first; at; at = at->next)
		if (strcmp(at->key, *key) == 0)
			return cpl_err_set(
			    r->e, CPL_CONFIG,
			    "%s:%zu:%zu: key '%s' is there twice, "
			    "first in line %zu",
			    r->path, event->start_mark.line + 1,
			    event->start_mark.column + 1, *key, at->key_line);
	return 0;
}

/* The next child of a list or map: 1, or 0 at its end, or -1. */
static int read_child(struct reading *r, const struct cpl_yaml *parent,
		      int depth, struct cpl_yaml **out)
{
	yaml_event_t event;
	yaml_mark_t mark;
	char *key = NULL;
	int result = -1;

	if (next_event(r, &event) < 0)
		return -1;
	mark = event.start_mark;
	if (event.type == YAML_MAPPING_END_EVENT ||
	    event.type == YAML_SEQUENCE_END_EVENT) {
		drop_event(&event);
		return 0;
	}
	if (parent->kind == CPL_YAML_MAP) {
		result = read_key(r, &event, parent, &key);
		drop_event(&event);
		if (result < 0 || next_event(r, &event) < 0) {
			free(key);
			return -1;
		}
	}
	if (read_node(r, &event, depth, out) == 0) {
		(*out)->key = key;
		(*out)->key_line = mark.line + 1;
		(*out)->key_column = mark.column + 1;
		key = NULL;
		result = 1;
	} else {
		result = -1;
	}
	free(key);
	drop_event(&event);
	return result;
}

static int read_children(struct reading *r, struct cpl_yaml *parent, int depth)
{
	struct cpl_yaml **last = &parent->first;
	int more;

	while ((more = read_child(r, parent, depth, last)) > 0)
		last = &(*last)->next;
	return more;
}

/* The node that begins with event; *out is NULL on failure. */
static int read_node(struct reading *r, yaml_event_t *event, int depth,
		     struct cpl_yaml **out)
{
	struct cpl_yaml *node;

	if (refuse_extras(r, event) < 0)
		return -1;
	if (depth > CPL_CONFIG_DEPTH_MAX)
		return fail(r, event->start_mark, "is nested too deeply");
	if (++r->nodes > CPL_YAML_NODES_MAX)
		return fail(r, event->start_mark, "one entry too many");
	node = calloc(1, sizeof *node);
	if (!node)
		return cpl_err_nomem(r->e);
	node->line = event->start_mark.line + 1;
	node->column = event->start_mark.column + 1;
	if (event->type == YAML_SCALAR_EVENT) {
		node->null = is_null(event);
		node->text = scalar_text(r, event);
	} else {
		node->kind = event->type == YAML_MAPPING_START_EVENT
				 ? CPL_YAML_MAP
				 : CPL_YAML_LIST;
	}
	if (node->kind == CPL_YAML_TEXT
		? !node->text
		: read_children(r, node, depth + 1) < 0) {
		cpl_yaml_free(node);
		return -1;
	}
	*out = node;
	return 0;
}

static int read_stream(struct reading *r, struct cpl_yaml **out)
{
	yaml_event_t event;
	int result = 0;

	while (result == 0) {
		if (next_event(r, &event) < 0)
			return -1;
		if (event.type == YAML_STREAM_END_EVENT)
			break;
		if (event.type == YAML_DOCUMENT_START_EVENT && *out)
			result =
			    fail(r, event.start_mark, "a second YAML document");
		else if (event.type != YAML_STREAM_START_EVENT &&
			 event.type != YAML_DOCUMENT_START_EVENT &&
			 event.type != YAML_DOCUMENT_END_EVENT)
			result = read_node(r, &event, 1, out);
		drop_event(&event);
	}
	return result;
}

static void wipe_parser(yaml_parser_t *p)
{
	if (p->raw_buffer.start)
		explicit_bzero(
		    p->raw_buffer.start,
		    (size_t)(p->raw_buffer.end - p->raw_buffer.start));
	if (p->buffer.start)
		explicit_bzero(p->buffer.start,
			       (size_t)(p->buffer.end - p->buffer.start));
	yaml_parser_delete(p);
}

int cpl_yaml_parse(struct cpl_yaml **out, const char *bytes, size_t n,
		   const char *path, struct cpl_err *e)
{
	struct reading r = {.bytes = bytes, .path = path, .e = e};
	int result;

	*out = NULL;
	if (!yaml_parser_initialize(&r.parser))
		return cpl_err_nomem(e);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)bytes,
				     n);
	/* UTF-16 is valid YAML, but a NUL in its bytes is what a mistake looks
	 * like. */
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	result = read_stream(&r, out);
	if (result < 0) {
		cpl_yaml_free(*out);
		*out = NULL;
	}
	wipe_parser(&r.parser);
	return result;
}

void cpl_yaml_free(struct cpl_yaml *node)
{
	while (node) {
		struct cpl_yaml *next = node->next;

		cpl_yaml_free(node->first);
		if (node->text)
			explicit_bzero(node->text, strlen(node->text));
		free(node->text);
		free(node->key);
		free(node);
		node = next;
	}
}
