/* SPDX-License-Identifier: MIT
 *
 * What the libFuzzer targets share. A target is one file, fuzz_NAME.c, with
 * one LLVMFuzzerTestOneInput(); what must hold is a MUST(), which ends the
 * process, so that libFuzzer keeps the input. tests/tools/fuzz builds and runs
 * them all. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strophe.h>

#include "../../common/base/buf.h"
#include "../../common/stanza/reader.h"
#include "../../common/stanza/write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(cond)                                                             \
	do {                                                                   \
		if (!(cond)) {                                                 \
			fprintf(stderr, "%s:%d: it must be that %s\n",         \
				__FILE__, __LINE__, #cond);                    \
			abort();                                               \
		}                                                              \
	} while (0)

/* No output of an input of some kB is over this. */
#define FUZZ_ROOM ((size_t)64 << 20)

/* Whether two buffers have the same; those that have not are shown. */
static inline int fuzz_same(const struct cpl_buf *a, const struct cpl_buf *b)
{
	if (a->len == b->len &&
	    (a->len == 0 || !memcmp(a->data, b->data, a->len)))
		return 1;
	fprintf(stderr, "one: %s\nother: %s\n", a->data ? a->data : "",
		b->data ? b->data : "");
	return 0;
}

/* What a record says must be one line that no terminal obeys. */
static inline void fuzz_harmless(const struct cpl_buf *b)
{
	for (size_t i = 0; i < b->len; i++) {
		unsigned char c = (unsigned char)b->data[i];

		MUST((c >= 0x20 || c == '\t') && c != 0x7f);
		MUST(c != 0xc2 || i + 1 == b->len ||
		     (unsigned char)b->data[i + 1] >= 0xa0);
	}
}

/* The stanza as cpl_write_xml() has it, jabber:client around it. */
static inline void fuzz_xml(struct cpl_buf *out, xmpp_stanza_t *stanza)
{
	MUST(cpl_write_xml(out, stanza, XMPP_NS_CLIENT) == 0);
	fuzz_harmless(out);
}

static inline void fuzz_keep(void *user, const struct cpl_record *r)
{
	xmpp_stanza_t **kept = user;

	if (r->stanza && !*kept)
		*kept = xmpp_stanza_clone(r->stanza);
}

/* The first good record in the bytes, the caller's, or NULL. */
static inline xmpp_stanza_t *fuzz_read(xmpp_ctx_t *ctx, const void *p, size_t n,
				       int flags)
{
	xmpp_stanza_t *kept = NULL;
	struct cpl_reader *r = cpl_reader_new(ctx, flags, fuzz_keep, &kept);

	MUST(cpl_reader_feed(r, p, n, NULL) == 0);
	MUST(cpl_reader_end(r, NULL) == 0);
	cpl_reader_free(r);
	return kept;
}

/* The piece of the input that begins at *at: n bytes, up to a NUL or the end.
 * *at moves behind it. */
static inline const uint8_t *fuzz_piece(const uint8_t **at, const uint8_t *end,
					size_t *n)
{
	const uint8_t *piece = *at;
	const uint8_t *nul = memchr(piece, '\0', (size_t)(end - piece));

	*n = (size_t)((nul ? nul : end) - piece);
	*at = nul ? nul + 1 : end;
	return piece;
}

#endif
