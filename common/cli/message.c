/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../stanza/chars.h"
#include "parts.h"

static int is_control(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0);
}

void cpl_cli_escaped(FILE *out, const char *text, size_t len, const char *also)
{
	while (len > 0) {
		uint32_t cp = 0;
		size_t n = cpl_chars_decode(text, len, &cp);
		int plain = n > 0 && !is_control(cp) &&
			    !(cp < 0x80 && strchr(also, (int)cp));

		n = n ? n : 1;
		for (size_t i = 0; i < n; i++)
			if (plain)
				putc(text[i], out);
			else
				fprintf(out, "\\x%02x", (unsigned char)text[i]);
		text += n;
		len -= n;
	}
}

static void say(const struct cpl_cli *cli, const char *text)
{
	if (cli->before_line)
		cli->before_line(cli->before_line_user);
	fprintf(stderr, "%s: ", cli->prog);
	cpl_cli_escaped(stderr, text, strlen(text), "");
	putc('\n', stderr);
}

void cpl_cli_line(void *user, int level, const char *text)
{
	(void)level; /* cpl_log() knows which are wanted */
	say(user, text);
}

void cpl_cli_error(const struct cpl_cli *cli, const struct cpl_err *e)
{
	say(cli, e->text);
}

void cpl_cli_warn(const struct cpl_cli *cli, const char *fmt, ...)
{
	struct cpl_buf b = CPL_BUF_INIT(64 * 1024);
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = cpl_buf_addv(&b, fmt, ap);
	va_end(ap);
	say(cli, r == 0 ? b.data : "a message that is too long to be shown");
	cpl_buf_release(&b);
}

void cpl_cli_die(struct cpl_cli *cli, const struct cpl_err *e)
{
	cpl_cli_error(cli, e);
	cpl_cli_release(cli);
	exit(e->status);
}

void cpl_cli_nomem(struct cpl_cli *cli)
{
	struct cpl_err e = CPL_ERR_INIT;

	cpl_err_nomem(&e);
	cpl_cli_die(cli, &e);
}
