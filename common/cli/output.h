/* SPDX-License-Identifier: MIT
 *
 * Records on their way to stdout, without ever blocking the loop, and the news
 * of when each was taken: by a file or terminal when write(2) accepted it, by
 * a pipe when it has left the pipe, which FIONREAD on our end tells. Records
 * are numbered by their stanzas; one without bytes stands for a stanza that is
 * not printed. The output owns its buffer and not the descriptor. */
#ifndef CPL_OUTPUT_H
#define CPL_OUTPUT_H

#include <stdint.h>

#include "../base/err.h"
#include "../base/loop.h"

struct cpl_output;

struct cpl_output_events {
	/* All records up to this number were taken. May be NULL. */
	void (*taken)(void *user, uint64_t number);
	/* All that was put has been written. May be NULL. */
	void (*written)(void *user);
	/* Nothing more can be written, once: e is NULL when the reader is
	 * gone, else CPL_IO. Noticed while idle too. */
	void (*failed)(void *user, const struct cpl_err *e);
	void *user;
};

/* NULL with e: CPL_IO when fd is not open for writing, CPL_SYSTEM. */
struct cpl_output *cpl_output_new(struct cpl_loop *loop, int fd,
				  const struct cpl_output_events *on,
				  struct cpl_err *e)
    __attribute__((warn_unused_result));
void cpl_output_free(struct cpl_output *o);

/* Appends a record of n bytes, its newline included, or of none. It leaves in
 * this turn of the loop where the descriptor takes it. -1 without memory. */
int cpl_output_put(struct cpl_output *o, const char *p, size_t n,
		   uint64_t number, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* How it stands: records that are not taken, how many of them have bytes, and
 * bytes that are not written. */
size_t cpl_output_records(const struct cpl_output *o);
size_t cpl_output_unread(const struct cpl_output *o);
size_t cpl_output_bytes(const struct cpl_output *o);

#endif
