/* SPDX-License-Identifier: MIT
 *
 * What stands between the bytes and expat. Expat scans an unfinished token
 * from its start again with each piece that it is fed (CVE-2023-52425), and
 * tells nothing of it before its end; the gate says how much of the bytes may
 * go on, so that a tag or a reference goes whole. It never changes or drops a
 * byte: should it be mistaken, expat still gets the same bytes in the same
 * order, and expat alone says what is XML. A struct cpl_gate is the caller's,
 * zeroed for a new document, and owns nothing. Used by tree.c alone. */
#ifndef CPL_GATE_H
#define CPL_GATE_H

#include <stddef.h>

#include "../base/err.h"
#include "../base/limits.h"

enum cpl_gate_state {
	CPL_GATE_TEXT = 0,
	CPL_GATE_OPEN,
	CPL_GATE_BANG,
	CPL_GATE_TAG,
	CPL_GATE_QUOTED,
	CPL_GATE_REF,
	CPL_GATE_CDATA,
	CPL_GATE_DECL
};

struct cpl_gate {
	enum cpl_gate_state state;
	char quote;        /* that ends QUOTED */
	int brackets;      /* ] in a row, in CDATA */
	size_t tag;        /* bytes in TAG and QUOTED */
	size_t attributes; /* quoted strings among them */
	size_t decl;       /* bytes in DECL */
};

/* Takes bytes as far as the next call of expat should go: to their end, or
 * until a token that was begun before is whole, or in DECL behind a >. Of the
 * *taken bytes expat may have all that was held back so far and the first
 * *whole; the others are held back. 0, or -1 with e (CPL_PROTOCOL): behind
 * *whole comes a tag with more attributes than limits allow, or markup that
 * can only be some that is not allowed. */
int cpl_gate_scan(struct cpl_gate *g, const char *p, size_t n, size_t *taken,
		  size_t *whole, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Expat has seen a whole XML declaration. */
void cpl_gate_declared(struct cpl_gate *g);

#endif
