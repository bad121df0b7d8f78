/* SPDX-License-Identifier: MIT */
#include "base64.h"

#include <limits.h>
#include <openssl/evp.h>
#include <string.h>

int cpl_base64_encode(struct cpl_buf *out, const void *p, size_t n)
{
	char *room;

	if (n > INT_MAX / 2)
		return -1;
	room = cpl_buf_room(out, (n + 2) / 3 * 4);
	if (!room)
		return -1;
	/* It writes a NUL as well, for which a buffer always has room. */
	cpl_buf_added(
	    out, (size_t)EVP_EncodeBlock((unsigned char *)room, p, (int)n));
	return 0;
}

static int in_alphabet(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c >= '0' && c <= '9') || c == '+' || c == '/';
}

/* RFC 4648 3.5: the bits of the last character that stand for nothing are 0, so
 * that there is one text for the bytes. */
static int ends_in_zeros(char last, size_t padding)
{
	static const char *const fits[] = {NULL, "AEIMQUYcgkosw048", "AQgw"};

	return padding == 0 || strchr(fits[padding], last) != NULL;
}

int cpl_base64_decode(struct cpl_buf *out, const char *p, size_t n)
{
	size_t padding = 0;
	char *room;
	int got;

	if (n % 4 != 0 || n > INT_MAX / 2)
		return -1;
	if (n == 0)
		return cpl_buf_add(out, "", 0) < 0 ? CPL_BASE64_NOMEM : 0;
	while (padding < 2 && p[n - 1 - padding] == '=')
		padding++;
	for (size_t i = 0; i < n - padding; i++)
		if (!in_alphabet(p[i]))
			return -1;
	if (!ends_in_zeros(p[n - 1 - padding], padding))
		return -1;
	room = cpl_buf_room(out, n / 4 * 3);
	if (!room)
		return out->over ? -1 : CPL_BASE64_NOMEM;
	got = EVP_DecodeBlock((unsigned char *)room, (const unsigned char *)p,
			      (int)n);
	if (got < 0 || (size_t)got < padding)
		return -1;
	cpl_buf_added(out, (size_t)got - padding);
	return 0;
}
