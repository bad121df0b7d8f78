/* SPDX-License-Identifier: MIT
 *
 * What a misspelt word was probably meant to be. Nothing is kept. */
#ifndef CPL_SUGGEST_H
#define CPL_SUGGEST_H

#include <stddef.h>

/* The nearest of n words to a misspelt one, at an edit distance of 2 at most
 * (and below half of its length; neighbours swapped are one edit, upper and
 * lower case are the same); NULL: none is near. */
const char *cpl_suggest(const char *word, const char *const *words, size_t n);

#endif
