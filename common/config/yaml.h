/* SPDX-License-Identifier: MIT
 *
 * A YAML document as a tree of text, lists and maps, each node with its place.
 * libyaml reads; what a configuration does not need is refused, so that a file
 * costs no more than its size: anchors and aliases (a billion laughs), tags
 * other than !!str, more than one document, depth over CPL_CONFIG_DEPTH_MAX,
 * more than CPL_YAML_NODES_MAX nodes. The tree owns its strings; they are
 * wiped when it is freed, since any of them may be a password. (libyaml's own
 * buffers are wiped too, but not what its realloc() left behind of a string
 * that was growing.) */
#ifndef CPL_YAML_H
#define CPL_YAML_H

#include <stddef.h>

#include "../base/err.h"

#define CPL_YAML_NODES_MAX 50000

enum cpl_yaml_kind { CPL_YAML_TEXT, CPL_YAML_LIST, CPL_YAML_MAP };

struct cpl_yaml {
	enum cpl_yaml_kind kind;
	char *text; /* CPL_YAML_TEXT: without control characters but TAB, LF,
		       CR; never NULL then */
	int null;   /* not a text but the absence of one: nothing, ~, null */
	size_t line, column; /* from 1, the column in characters */
	char *key;           /* in a map; NULL in a list */
	size_t key_line, key_column;
	struct cpl_yaml *first; /* of a list or map */
	struct cpl_yaml *next;  /* beside this one */
};

/* Parses n bytes. 0 with the tree in *out (NULL when there is nothing but
 * space and comments), or -1 with CPL_CONFIG and "PATH:LINE:COLUMN: why". Two
 * equal keys of one map are an error. */
int cpl_yaml_parse(struct cpl_yaml **out, const char *bytes, size_t n,
		   const char *path, struct cpl_err *e)
    __attribute__((warn_unused_result));

void cpl_yaml_free(struct cpl_yaml *node);

#endif
