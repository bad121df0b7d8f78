/* SPDX-License-Identifier: MIT
 *
 * What is behind struct cpl_template, shared by the module that compiles it
 * (template.c) and the one that fills it (template_fill.c). */
#ifndef CPL_TEMPLATE_IMPL_H
#define CPL_TEMPLATE_IMPL_H

#include "path.h"
#include "template.h"

/* What a part writes, but for the letters of values, which are themselves. */
enum { CPL_PART_LITERAL = 0, CPL_PART_TIME = '@', CPL_PART_CHILD = '{' };

struct cpl_template_part {
	char what;
	char left;  /* flag - */
	char zero;  /* flag 0 */
	char plain; /* flag #: not escaped */
	int width;
	int precision; /* -1: none */
	char *text;    /* of a literal; strftime's letter */
	size_t len;
	struct cpl_path path;
};

struct cpl_template {
	struct cpl_template_part *parts;
	size_t count;
	size_t room; /* allocated */
};

#endif
