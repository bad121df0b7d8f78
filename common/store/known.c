/* SPDX-License-Identifier: MIT */
#include "known.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "../base/limits.h"
#include "../base/num.h"
#include "../config/state.h"

#define FILE_BYTES_MAX (64 * 1024)
#define NAME_BYTES_MAX 8192

/* The file: the head, then a line "KEY VALUE" for each that is set. */
#define HEAD "couplet-known 1\n"

static const struct text {
	const char *key;
	size_t at;
} texts[] = {
    {"place", offsetof(struct cpl_known, place)},
    {"mechanisms", offsetof(struct cpl_known, offer.one)},
    {"sasl2", offsetof(struct cpl_known, offer.two)},
    {"bindings", offsetof(struct cpl_known, offer.bindings)},
    {"fast", offsetof(struct cpl_known, offer.fast)},
};

static const struct number {
	const char *key;
	enum { SM, PIPELINING, LIMIT, MANAGED, EARLY } what;
	long max;
} numbers[] = {
    {"sm", SM, 1},
    {"pipelining", PIPELINING, 1},
    {"limit", LIMIT, CPL_RECORD_MAX},
    {"managed", MANAGED, 1},
    {"early", EARLY, CPL_EARLY_REFUSED},
};

enum {
	TEXTS = sizeof texts / sizeof *texts,
	NUMBERS = sizeof numbers / sizeof *numbers
};

static char **text_of(struct cpl_known *k, size_t i)
{
	return (char **)(void *)((char *)k + texts[i].at);
}

static long number_of(const struct cpl_known *k, size_t i)
{
	switch (numbers[i].what) {
	case SM: return k->offer.sm;
	case PIPELINING: return k->offer.pipelining;
	case LIMIT: return (long)k->offer.limit;
	case MANAGED: return k->managed;
	case EARLY: break;
	}
	return k->early;
}

static void set_number(struct cpl_known *k, size_t i, long value)
{
	switch (numbers[i].what) {
	case SM: k->offer.sm = (int)value; break;
	case PIPELINING: k->offer.pipelining = (int)value; break;
	case LIMIT: k->offer.limit = (size_t)value; break;
	case MANAGED: k->managed = (int)value; break;
	case EARLY: k->early = (enum cpl_early)value; break;
	}
}

/* A line that nobody knows is another version's. */
static void take_line(struct cpl_known *k, const char *key, const char *value)
{
	long number;

	for (size_t i = 0; i < TEXTS; i++)
		if (strcmp(texts[i].key, key) == 0 && !*text_of(k, i))
			*text_of(k, i) = strdup(value);
	for (size_t i = 0; i < NUMBERS; i++)
		if (strcmp(numbers[i].key, key) == 0 &&
		    cpl_num_int(value, 0, numbers[i].max, &number, NULL) == 0)
			set_number(k, i, number);
}

static void parse(struct cpl_known *k, char *text)
{
	char *line = text + sizeof HEAD - 1, *end;

	if (strncmp(text, HEAD, sizeof HEAD - 1) != 0)
		return;
	for (; (end = strchr(line, '\n')); line = end + 1) {
		char *blank = memchr(line, ' ', (size_t)(end - line));

		*end = '\0';
		if (!blank)
			continue;
		*blank = '\0';
		take_line(k, line, blank + 1);
	}
}

void cpl_known_read(struct cpl_known *k, const char *folder, const char *bare,
		    const struct cpl_log *log)
{
	struct cpl_buf name = CPL_BUF_INIT(NAME_BYTES_MAX);
	struct cpl_buf text = CPL_BUF_INIT(FILE_BYTES_MAX);

	*k = (struct cpl_known){0};
	if (cpl_state_name(&name, "known", bare) == 0 &&
	    cpl_state_read(folder, name.data, &text, log) == 0 && text.len > 0)
		parse(k, text.data);
	/* Of no place it is of no use. */
	if (!k->place)
		cpl_known_release(k);
	cpl_buf_release(&name);
	cpl_buf_release(&text);
}

static int put(struct cpl_buf *out, const struct cpl_known *known)
{
	struct cpl_known copy = *known, *k = &copy;

	if (cpl_buf_adds(out, HEAD) < 0)
		return -1;
	for (size_t i = 0; i < TEXTS; i++)
		if (*text_of(k, i) && cpl_buf_addf(out, "%s %s\n", texts[i].key,
						   *text_of(k, i)) < 0)
			return -1;
	for (size_t i = 0; i < NUMBERS; i++)
		if (number_of(k, i) != 0 &&
		    cpl_buf_addf(out, "%s %ld\n", numbers[i].key,
				 number_of(k, i)) < 0)
			return -1;
	return 0;
}

void cpl_known_write(const struct cpl_known *k, const struct cpl_known *before,
		     const char *folder, const char *bare,
		     const struct cpl_log *log)
{
	struct cpl_buf name = CPL_BUF_INIT(NAME_BYTES_MAX);
	struct cpl_buf text = CPL_BUF_INIT(FILE_BYTES_MAX);
	struct cpl_buf old = CPL_BUF_INIT(FILE_BYTES_MAX);

	if (folder && k->place && put(&text, k) == 0 &&
	    !(before && before->place && put(&old, before) == 0 &&
	      old.len == text.len &&
	      memcmp(old.data, text.data, text.len) == 0) &&
	    cpl_state_name(&name, "known", bare) == 0)
		cpl_state_write(folder, name.data, text.data, text.len, log);
	cpl_buf_release(&name);
	cpl_buf_release(&text);
	cpl_buf_release(&old);
}

void cpl_known_release(struct cpl_known *k)
{
	for (size_t i = 0; i < TEXTS; i++)
		free(*text_of(k, i));
	*k = (struct cpl_known){0};
}
