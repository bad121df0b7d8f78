/* SPDX-License-Identifier: MIT */
#include "value.h"

#include <string.h>

#include "../base/buf.h"
#include "../base/num.h"
#include "../stanza/chars.h"

static const char *word_of(const void *entry)
{
	return *(const char *const *)entry;
}

/* Of a table whose entries, n of size bytes, begin with a word. */
static const void *choose(const struct cpl_cli *cli, const char *option,
			  const char *value, const char *table, size_t size,
			  size_t n)
{
	struct cpl_buf list = CPL_BUF_INIT(1024);

	for (size_t i = 0; i < n; i++)
		if (strcmp(word_of(table + i * size), value) == 0)
			return table + i * size;
	for (size_t i = 0; i < n; i++) {
		const char *between = i == 0 ? "" : i + 1 < n ? ", " : " or ";

		if (cpl_buf_addf(&list, "%s%s", between,
				 word_of(table + i * size)) < 0)
			break;
	}
	cpl_cli_usage(cli, "%s: '%s' is not %s", option, value, list.data);
}

const char *cpl_value_word(const struct cpl_cli *cli, const char *option,
			   const char *value, const char *const *words,
			   size_t n)
{
	return word_of(
	    choose(cli, option, value, (const char *)words, sizeof *words, n));
}

const void *cpl_value_verb(const struct cpl_cli *cli, const char *word,
			   const void *verbs, size_t size, size_t n)
{
	return choose(cli, "the verb", word, verbs, size, n);
}

long cpl_value_number(const struct cpl_cli *cli, const char *option,
		      const char *value, long min, long max)
{
	struct cpl_err e = CPL_ERR_INIT;
	long n;

	if (cpl_num_int(value, min, max, &n, &e) < 0)
		cpl_cli_usage(cli, "%s: %s", option, e.text);
	return n;
}

long cpl_value_seconds(const struct cpl_cli *cli, const char *option,
		       const char *value, long most)
{
	struct cpl_err e = CPL_ERR_INIT;
	long ms;

	if (cpl_num_seconds(value, most, &ms, &e) < 0)
		cpl_cli_usage(cli, "%s: %s", option, e.text);
	return ms;
}

const char *cpl_value_show(const struct cpl_cli *cli, const char *option,
			   const char *value)
{
	static const char *const shows[] = {"away", "chat", "dnd", "xa"};

	return cpl_value_word(cli, option, value, shows,
			      sizeof shows / sizeof *shows);
}

const char *cpl_value_text(struct cpl_cli *cli, const char *option,
			   const char *value)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (cpl_chars_check(value, strlen(value), &e) < 0) {
		cpl_err_prefix(&e, "%s", option);
		cpl_cli_die(cli, &e);
	}
	return value;
}
