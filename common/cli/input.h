/* SPDX-License-Identifier: MIT
 *
 * stdin (or a file) as records, without blocking the loop: all of it as one,
 * a line each, NUL-terminated, or stanzas. Bytes are read only while they are
 * wanted, so that a producer feels what the network takes. The input owns what
 * it buffers, one record of at most CPL_RECORD_MAX bytes, and not the
 * descriptor. */
#ifndef CPL_INPUT_H
#define CPL_INPUT_H

#include <strophe.h>

#include "../base/err.h"
#include "../base/loop.h"
#include "../stanza/reader.h"

enum cpl_input_mode {
	CPL_INPUT_WHOLE, /* one trailing newline is dropped */
	CPL_INPUT_LINES, /* empty lines are skipped, and counted */
	CPL_INPUT_NUL,   /* empty records are skipped, and counted */
	CPL_INPUT_STANZAS,
	CPL_INPUT_PAYLOADS /* stanzas, and payloads (CPL_READER_PAYLOADS) */
};

struct cpl_input;

struct cpl_input_events {
	/* A record of text: bytes as they came, no check made, valid during
	 * the call; number counts lines or records from 1. Not called for
	 * stanzas. */
	void (*text)(void *user, const char *p, size_t n, size_t number);
	/* A line or a record of text has more than CPL_RECORD_MAX bytes, as e
	 * says (CPL_DATA), to which may be added. It is passed over, and the
	 * next one follows. Only called for lines and NUL. */
	void (*over)(void *user, size_t number, struct cpl_err *e);
	/* A stanza record (reader.h). Only called for stanzas. */
	void (*stanza)(void *user, const struct cpl_record *r);
	/* All was read and handed out (e NULL), or reading failed: CPL_IO, or
	 * CPL_DATA where all of it is one record over the maximum. Nothing
	 * follows. */
	void (*end)(void *user, const struct cpl_err *e);
	void *user;
};

/* An input that is held at first: it reads ahead once, so that an empty input
 * is told by end() at once, and hands out nothing. ctx is for stanzas, else
 * NULL. NULL without memory. */
struct cpl_input *cpl_input_new(struct cpl_loop *loop, xmpp_ctx_t *ctx, int fd,
				enum cpl_input_mode mode,
				const struct cpl_input_events *on)
    __attribute__((warn_unused_result));
void cpl_input_free(struct cpl_input *in);

/* What messages call it, "stdin" until then; name is the caller's and has to
 * stay. */
void cpl_input_name(struct cpl_input *in, const char *name);

/* There may be passwords in it: what was read is wiped when it is freed. Before
 * anything was read. */
void cpl_input_secret(struct cpl_input *in);

/* Stops or goes on; within the events as well: at most the record at hand
 * follows (of stanzas, those in the next 4 kB). */
void cpl_input_hold(struct cpl_input *in, int on);

#endif
