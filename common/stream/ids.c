/* SPDX-License-Identifier: MIT */
#include "ids.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <string.h>

enum { BLOCK = 16 };

/* The alphabet of RFC 4648 5, whose letters need no escaping anywhere. */
static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			      "abcdefghijklmnopqrstuvwxyz0123456789-_";

int cpl_ids_init(struct cpl_ids *ids, struct cpl_err *e)
{
	unsigned char key[BLOCK];
	const EVP_CIPHER *aes = EVP_aes_128_ecb();
	int ok;

	ids->seal = EVP_CIPHER_CTX_new();
	ids->open = EVP_CIPHER_CTX_new();
	ok = ids->seal && ids->open && RAND_bytes(key, sizeof key) == 1 &&
	     EVP_EncryptInit_ex(ids->seal, aes, NULL, key, NULL) == 1 &&
	     EVP_DecryptInit_ex(ids->open, aes, NULL, key, NULL) == 1 &&
	     EVP_CIPHER_CTX_set_padding(ids->seal, 0) == 1 &&
	     EVP_CIPHER_CTX_set_padding(ids->open, 0) == 1;
	OPENSSL_cleanse(key, sizeof key);
	if (ok)
		return 0;
	cpl_ids_release(ids);
	return cpl_err_set(e, CPL_SYSTEM, "no random numbers for ids");
}

void cpl_ids_release(struct cpl_ids *ids)
{
	EVP_CIPHER_CTX_free(ids->seal);
	EVP_CIPHER_CTX_free(ids->open);
	ids->seal = ids->open = NULL;
}

/* One block in, one block out; ECB over single blocks that are all different
 * is what a block cipher promises. */
static void block(EVP_CIPHER_CTX *ctx, const unsigned char *in,
		  unsigned char *out)
{
	int n;

	EVP_CipherUpdate(ctx, out, &n, in, BLOCK);
}

void cpl_id(const struct cpl_ids *ids, uint32_t kind, uint64_t n,
	    char out[CPL_ID_SIZE])
{
	unsigned char in[BLOCK + 2] = {0};
	unsigned char sealed[BLOCK + 2] = {0};

	memcpy(in, &kind, sizeof kind);
	memcpy(in + 8, &n, sizeof n);
	block(ids->seal, in, sealed);
	for (int i = 0; i < CPL_ID_SIZE - 1; i++) {
		int bit = i * 6;
		unsigned pair =
		    (unsigned)(sealed[bit / 8] << 8) | sealed[bit / 8 + 1];

		out[i] = letters[(pair >> (10 - bit % 8)) & 63];
	}
	out[CPL_ID_SIZE - 1] = '\0';
}

/* The letters back to 16 bytes; 0, or -1. */
static int unletter(const char *id, unsigned char *sealed)
{
	unsigned held = 0;
	int bits = 0, n = 0;

	if (strlen(id) != CPL_ID_SIZE - 1)
		return -1;
	for (; *id; id++) {
		const char *at = strchr(letters, *id);

		if (!at)
			return -1;
		held = (held << 6) | (unsigned)(at - letters);
		bits += 6;
		if (bits >= 8 && n < BLOCK) {
			bits -= 8;
			sealed[n++] = (unsigned char)(held >> bits);
		}
	}
	/* The last letter has four bits to spare. */
	return held & 15 ? -1 : 0;
}

int cpl_id_number(const struct cpl_ids *ids, uint32_t kind, const char *id,
		  uint64_t *n)
{
	unsigned char sealed[BLOCK], in[BLOCK];
	static const unsigned char zero[4];

	if (!id || unletter(id, sealed) < 0)
		return -1;
	block(ids->open, sealed, in);
	if (memcmp(in, &kind, sizeof kind) != 0 || memcmp(in + 4, zero, 4) != 0)
		return -1;
	memcpy(n, in + 8, sizeof *n);
	return 0;
}
