/* SPDX-License-Identifier: MIT
 *
 * Chance without any, and keys that cost nothing, so that an input does the
 * same each time, and soon. The executable's functions go before those of
 * OpenSSL's library. */
#ifndef PLAYED_CHANCE_H
#define PLAYED_CHANCE_H

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "fuzz.h"

static unsigned char played_chance;

int RAND_bytes(unsigned char *buf, int num)
{
	for (int i = 0; i < num; i++)
		buf[i] = played_chance++;
	return 1;
}

/* The first of the iterations is all there is. */
int PKCS5_PBKDF2_HMAC(const char *pass, int passlen, const unsigned char *salt,
		      int saltlen, int iter, const EVP_MD *digest, int keylen,
		      unsigned char *out)
{
	struct cpl_buf text = CPL_BUF_INIT(FUZZ_ROOM);
	unsigned n = 0;

	MUST(iter > 0 && keylen == EVP_MD_get_size(digest));
	MUST(cpl_buf_add(&text, salt, (size_t)saltlen) == 0 &&
	     cpl_buf_add(&text, "\0\0\0\1", 4) == 0);
	MUST(HMAC(digest, pass, passlen, (unsigned char *)text.data, text.len,
		  out, &n) != NULL);
	cpl_buf_release(&text);
	return 1;
}

/* A text that nobody who writes the input can know, as it is made of all of it:
 * what needs it to be right cannot be right by itself. */
static inline void played_secret(char out[20], const uint8_t *data, size_t size)
{
	uint64_t h = 14695981039346656037U;

	for (size_t i = 0; i < size; i++)
		h = (h ^ data[i]) * 1099511628211U;
	snprintf(out, 20, "s%016llx", (unsigned long long)h);
}

#endif
