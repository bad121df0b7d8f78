/* SPDX-License-Identifier: MIT */
#include "value.h"

#include <string.h>

#include "../base/buf.h"
#include "../base/num.h"
#include "../stanza/chars.h"

const char *cpl_value_word(const struct cpl_cli *cli, const char *option,
			   const char *value, const char *const *words,
			   size_t n)
{
	struct cpl_buf list = CPL_BUF_INIT(1024);

	for (size_t i = 0; i < n; i++)
		if (strcmp(words[i], value) == 0)
			return words[i];
	for (size_t i = 0; i < n; i++) {
		const char *between = i == 0 ? "" : i + 1 < n ? ", " : " or ";

		if (cpl_buf_addf(&list, "%s%s", between, words[i]) < 0)
			break;
	}
	cpl_cli_usage(cli, "%s: '%s' is not %s", option, value, list.data);
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
