/* SPDX-License-Identifier: MIT */
#include "uuid.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

int cpl_random(void *out, size_t n, struct cpl_err *e)
{
	/* Up to 256 bytes come whole or not at all (getrandom(2)). */
	if (getrandom(out, n, 0) != (ssize_t)n)
		return cpl_err_errno(e, CPL_SYSTEM, "getrandom");
	return 0;
}

int cpl_uuid(char out[CPL_UUID_SIZE], struct cpl_err *e)
{
	uint32_t r[4];

	if (cpl_random(r, sizeof r, e) < 0)
		return -1;
	snprintf(out, CPL_UUID_SIZE, "%08x-%04x-4%03x-%04x-%04x%08x", r[0],
		 r[1] >> 16, r[1] & 0xfff, 0x8000 | (r[2] >> 16 & 0x3fff),
		 r[2] & 0xffff, r[3]);
	return 0;
}

int cpl_is_uuid(const char *text)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	for (size_t i = 0; i < sizeof form; i++)
		if (form[i] == 'x'
			? !text[i] || !strchr("0123456789abcdef", text[i])
			: text[i] != form[i])
			return 0;
	return 1;
}
