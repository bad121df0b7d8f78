/* SPDX-License-Identifier: MIT
 *
 * Stanza ids of one run: unique, not to be guessed by a stranger who has seen
 * others of them, and yet telling us which stanza they were made for. An id is
 * a counter, enciphered with a key of the run and written in 22 characters. */
#ifndef CPL_IDS_H
#define CPL_IDS_H

#include <openssl/evp.h>
#include <stdint.h>

#include "../base/err.h"

#define CPL_ID_SIZE 23

struct cpl_ids {
	EVP_CIPHER_CTX *seal;
	EVP_CIPHER_CTX *open;
};

/* A fresh key. 0, or -1 with CPL_SYSTEM. cpl_ids_release() frees; it may be
 * called on a zero-filled struct. */
int cpl_ids_init(struct cpl_ids *ids, struct cpl_err *e)
    __attribute__((warn_unused_result));
void cpl_ids_release(struct cpl_ids *ids);

/* The id for number n of a kind (a small number that keeps the counters of
 * different users apart), with its NUL. */
void cpl_id(const struct cpl_ids *ids, uint32_t kind, uint64_t n,
	    char out[CPL_ID_SIZE]);

/* The number for which an id was made; -1: it is none of that kind of ours. */
int cpl_id_number(const struct cpl_ids *ids, uint32_t kind, const char *id,
		  uint64_t *n);

#endif
