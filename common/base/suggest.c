/* SPDX-License-Identifier: MIT */
#include "suggest.h"

#include <string.h>

/* Longer words get no suggestion. */
#define WORD_MAX 63
#define DISTANCE_MAX 2

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static int least(int a, int b)
{
	return a < b ? a : b;
}

/* Optimal string alignment: insert, delete, replace, swap two neighbours.
 * Three rows of the matrix are enough, kept by i modulo 3. */
static int distance(const char *a, const char *b)
{
	int row[3][WORD_MAX + 1];
	int n = (int)strlen(a), m = (int)strlen(b);

	for (int j = 0; j <= m; j++)
		row[0][j] = j;
	for (int i = 1; i <= n; i++) {
		int *now = row[i % 3], *last = row[(i + 2) % 3];

		now[0] = i;
		for (int j = 1; j <= m; j++) {
			char ca = lower(a[i - 1]), cb = lower(b[j - 1]);

			now[j] = least(least(last[j], now[j - 1]) + 1,
				       last[j - 1] + (ca != cb));
			if (i > 1 && j > 1 && ca == lower(b[j - 2]) &&
			    lower(a[i - 2]) == cb)
				now[j] =
				    least(now[j], row[(i + 1) % 3][j - 2] + 1);
		}
	}
	return row[n % 3][m];
}

const char *cpl_suggest(const char *word, const char *const *words, size_t n)
{
	const char *best = NULL;
	size_t len = strlen(word);
	int nearest = DISTANCE_MAX + 1;

	if (len > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		int d;

		if (strlen(words[i]) > WORD_MAX)
			continue;
		d = distance(word, words[i]);
		if (d < nearest && 2 * (size_t)d < len) {
			nearest = d;
			best = words[i];
		}
	}
	return best;
}
