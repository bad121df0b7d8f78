/* SPDX-License-Identifier: MIT
 *
 * Base64 (RFC 4648 4) into a buffer of the caller's, by OpenSSL's block
 * functions; strict about padding, alphabet and what is behind the last byte
 * (RFC 4648 3.5), as RFC 6120 6.4.2 asks: of all texts one stands for the
 * bytes. */
#ifndef CPL_BASE64_H
#define CPL_BASE64_H

#include "../base/buf.h"

/* Appends the base64 of n bytes. 0, or -1 when out is full. */
int cpl_base64_encode(struct cpl_buf *out, const void *p, size_t n)
    __attribute__((warn_unused_result));

/* Appends the bytes that n characters stand for. -1: not base64, or out is
 * full; CPL_BASE64_NOMEM (less than 0, too): no memory. No characters are no
 * bytes. */
#define CPL_BASE64_NOMEM (-2)
int cpl_base64_decode(struct cpl_buf *out, const char *p, size_t n)
    __attribute__((warn_unused_result));

#endif
