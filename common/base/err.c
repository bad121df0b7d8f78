/* SPDX-License-Identifier: MIT */
#include "err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Marks a text that did not fit, in its last three characters. */
static void mark_cut(struct cpl_err *e, int wanted)
{
	if (wanted >= (int)sizeof e->text)
		memcpy(e->text + sizeof e->text - 4, "...", 4);
}

int cpl_err_set(struct cpl_err *e, enum cpl_status status, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return -1;
	e->status = status;
	e->final = 0;
	va_start(ap, fmt);
	mark_cut(e, vsnprintf(e->text, sizeof e->text, fmt, ap));
	va_end(ap);
	return -1;
}

int cpl_err_prefix(struct cpl_err *e, const char *fmt, ...)
{
	char text[sizeof e->text];
	va_list ap;
	int n;

	if (!e)
		return -1;
	memcpy(text, e->text, sizeof text);
	va_start(ap, fmt);
	n = vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	mark_cut(e, n);
	if (n >= 0 && n < (int)sizeof e->text)
		mark_cut(e,
			 n + snprintf(e->text + n, sizeof e->text - (size_t)n,
				      ": %s", text));
	return -1;
}

int cpl_err_errno(struct cpl_err *e, enum cpl_status status, const char *fmt,
		  ...)
{
	char why[128];
	size_t len;
	int error = errno;
	va_list ap;

	if (!e)
		return -1;
	e->status = error == ENOMEM ? CPL_SYSTEM : status;
	e->final = 0;
	va_start(ap, fmt);
	mark_cut(e, vsnprintf(e->text, sizeof e->text, fmt, ap));
	va_end(ap);
	if (strerror_r(error, why, sizeof why) != 0)
		snprintf(why, sizeof why, "error %d", error);
	len = strlen(e->text);
	mark_cut(e, (int)len + snprintf(e->text + len, sizeof e->text - len,
					": %s", why));
	return -1;
}

int cpl_err_nomem(struct cpl_err *e)
{
	return cpl_err_set(e, CPL_SYSTEM, "out of memory");
}
