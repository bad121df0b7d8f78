/* SPDX-License-Identifier: MIT */
#include "tree_impl.h"

size_t cpl_tree_event(const struct cpl_tree *t)
{
	return (size_t)XML_GetCurrentByteIndex(t->parser) + t->moved.byte;
}

size_t cpl_tree_event_end(const struct cpl_tree *t)
{
	return cpl_tree_event(t) + (size_t)XML_GetCurrentByteCount(t->parser);
}

/* The place behind n bytes, from the one before them; columns from 0. */
static void pass(const char *p, size_t n, size_t *line, size_t *column)
{
	for (; n > 0; p++, n--)
		if (*p == '\n') {
			++*line;
			*column = 0;
		} else {
			*column += ((unsigned char)*p & 0xc0) != 0x80;
		}
}

struct cpl_tree_moved cpl_tree_move(const struct cpl_tree *t, const char *p)
{
	size_t tag = (size_t)XML_GetCurrentByteCount(t->parser);
	size_t line = cpl_tree_line(t), column = cpl_tree_column(t) - 1;
	size_t own_line = 1, own_column = 0;
	struct cpl_tree_moved moved;

	pass(p - tag, tag, &line, &column);
	pass(t->root.data, t->root.len, &own_line, &own_column);
	moved.byte = cpl_tree_event_end(t) - t->root.len;
	moved.first = own_line;
	moved.line = line - own_line;
	moved.column = column - own_column;
	return moved;
}

size_t cpl_tree_byte(const struct cpl_tree *t)
{
	if (t->fault.line)
		return t->fault.byte;
	return XML_GetCurrentByteIndex(t->parser) < 0 ? t->moved.byte
						      : cpl_tree_event(t);
}

size_t cpl_tree_byte_end(const struct cpl_tree *t)
{
	return XML_GetCurrentByteIndex(t->parser) < 0 ? 0
						      : cpl_tree_event_end(t);
}

size_t cpl_tree_line(const struct cpl_tree *t)
{
	if (t->fault.line)
		return t->fault.line;
	return (size_t)XML_GetCurrentLineNumber(t->parser) + t->moved.line;
}

size_t cpl_tree_column(const struct cpl_tree *t)
{
	size_t column = (size_t)XML_GetCurrentColumnNumber(t->parser) + 1;

	if (t->fault.line)
		return t->fault.column;
	return XML_GetCurrentLineNumber(t->parser) == t->moved.first
		   ? column + t->moved.column
		   : column;
}
