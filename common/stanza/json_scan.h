/* SPDX-License-Identifier: MIT
 *
 * Where a JSON object ends in a stream, told byte by byte: braces and brackets
 * outside of strings, over as many lines as it likes. So much of the grammar
 * is checked that a broken object is noticed at once and does not swallow what
 * follows: what can stand behind what, no control character in a string, and
 * the limits below. The JSON library says the rest. A struct cpl_json_scan is
 * the caller's, zeroed for a new object, and owns nothing. */
#ifndef CPL_JSON_SCAN_H
#define CPL_JSON_SCAN_H

#include <stddef.h>
#include <stdint.h>

#include "../base/err.h"
#include "../base/limits.h"

/* Objects and arrays within each other; the schema needs three. */
#define CPL_JSON_DEPTH_MAX 64

/* Values all told: what a stanza may have, and some for its fields. */
#define CPL_JSON_VALUES_MAX                                                    \
	(CPL_STANZA_ELEMENTS_MAX + CPL_STANZA_ATTRIBUTES_MAX + 100)

struct cpl_json_scan {
	size_t taken;    /* bytes of the object so far */
	size_t values;   /* commas, objects and arrays among them */
	uint64_t arrays; /* a bit for each open one: 1 it is an array */
	unsigned depth;
	enum {
		CPL_JSON_OUTSIDE = 0,
		CPL_JSON_STRING,
		CPL_JSON_ESCAPE, /* behind a backslash in a string */
		CPL_JSON_STRAY   /* behind a byte that is not ASCII */
	} in;
	char last; /* outside of strings, white space left out: " is a whole
		    * string, x a number or word */
};

enum cpl_json_scanned {
	CPL_JSON_MORE,  /* it goes on behind the bytes given */
	CPL_JSON_WHOLE, /* it ends with the byte before taken */
	CPL_JSON_BAD    /* and so is no JSON, from the byte before taken */
};

/* Goes on with the object of which n bytes are at p, from its {. BAD with e
 * (CPL_DATA) when it is a limit, CPL_RECORD_MAX included; e is left alone where
 * the grammar is broken. */
enum cpl_json_scanned cpl_json_scan(struct cpl_json_scan *s, const char *p,
				    size_t n, struct cpl_err *e)
    __attribute__((warn_unused_result));

#endif
