/* SPDX-License-Identifier: MIT
 *
 * Values of options, checked as they are read: a bad one is a usage error that
 * names the option, and ends the process. */
#ifndef CPL_VALUE_H
#define CPL_VALUE_H

#include "cli.h"

/* One of a few words; the word of the list itself is returned. */
const char *cpl_value_word(const struct cpl_cli *cli, const char *option,
			   const char *value, const char *const *words,
			   size_t n);

/* The entry that a word names of a table of n verbs, of size bytes each, whose
 * first member is the word. */
const void *cpl_value_verb(const struct cpl_cli *cli, const char *word,
			   const void *verbs, size_t size, size_t n);

/* A number from min to max; seconds up to most, as milliseconds. */
long cpl_value_number(const struct cpl_cli *cli, const char *option,
		      const char *value, long min, long max);
long cpl_value_seconds(const struct cpl_cli *cli, const char *option,
		       const char *value, long most);

/* The show of a presence (RFC 6121 4.7.2.1): away, chat, dnd or xa. */
const char *cpl_value_show(const struct cpl_cli *cli, const char *option,
			   const char *value);

/* Text that may stand in a stanza: what is not is CPL_DATA, since it is input
 * like any other. The value itself is returned. */
const char *cpl_value_text(struct cpl_cli *cli, const char *option,
			   const char *value);

#endif
