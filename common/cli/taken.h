/* SPDX-License-Identifier: MIT
 *
 * What is to be done once a record was taken (output.h), in the order of the
 * records: a cursor moved on, a receipt sent, a key remembered. It owns copies
 * of what it was given until that is done; what never was is dropped. Zero-
 * filled it is empty. */
#ifndef CPL_TAKEN_H
#define CPL_TAKEN_H

#include <stddef.h>
#include <stdint.h>

struct cpl_taken {
	struct cpl_taken_act *first;
	struct cpl_taken_act *last;
};

/* Calls act(user, p) when the record with this number, none smaller than the
 * last one given, was taken. text is copied and may be NULL. -1 without
 * memory. */
int cpl_taken_add(struct cpl_taken *t, uint64_t number,
		  void (*act)(void *user, const char *text), void *user,
		  const char *text) __attribute__((warn_unused_result));

/* All records up to this number were taken: does what waited for them. An act
 * may add another. */
void cpl_taken_upto(struct cpl_taken *t, uint64_t number);

/* Drops what still waits. */
void cpl_taken_release(struct cpl_taken *t);

#endif
