/* SPDX-License-Identifier: MIT
 *
 * A proxy as a URL, as curl takes it: socks5h://[USER:PASSWORD@]HOST[:PORT].
 * Pure; the URL may hold a password, which no error repeats. */
#ifndef CPL_CONFIG_PROXY_H
#define CPL_CONFIG_PROXY_H

#include "../base/buf.h"
#include "../net/socks.h"
#include "setting.h"

/* Reads one: CPL_PROXY_PORT where it names no port; socks5:// means the same,
 * and user and password may have %XX. 0, or -1 with CPL_CONFIG; then out may be
 * half filled. Who gives out wipes it. */
int cpl_proxy_parse(const char *url, struct cpl_proxy *out, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* The one that settings name, into out, which *used points to then; NULL: none.
 * 0, or -1 as above. */
int cpl_proxy_of(const struct cpl_settings *set, struct cpl_proxy *out,
		 const struct cpl_proxy **used, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Whether it holds a password. */
int cpl_proxy_is_secret(const char *url);

/* Appends it with "*" for the password. -1 when out is full or memory ran out.
 */
int cpl_proxy_mask(struct cpl_buf *out, const char *url)
    __attribute__((warn_unused_result));

#endif
