/* SPDX-License-Identifier: MIT
 *
 * What a client says to a SOCKS 5 proxy (RFC 1928, RFC 1929) over a connected
 * socket until that leads to the server. The name goes to the proxy as it is:
 * nothing is looked up here. Runs on the loop, never blocks, has no deadline of
 * its own, and takes not one byte of what follows the proxy's last answer. */
#ifndef CPL_SOCKS_H
#define CPL_SOCKS_H

#include <stdint.h>

#include "../base/err.h"
#include "../base/loop.h"
#include "../base/timing.h"

#define CPL_PROXY_PORT 1080 /* RFC 1928 3 */

struct cpl_proxy {
	char host[256]; /* a name or an address literal */
	uint16_t port;
	/* RFC 1929 2, in bytes; wiped by their owner. user empty: none. */
	char user[256], password[256];
};

struct cpl_socks;

/* The end, once: NULL when the socket leads to the server, else the reason.
 * CPL_TEMP the proxy could not reach it or went away, CPL_UNAVAILABLE it may
 * not or cannot, CPL_NOHOST there is no such onion service, CPL_AUTH it does
 * not take our user and password, or wants some, CPL_PROTOCOL it speaks no
 * SOCKS 5. Never called from within cpl_socks_new(); the callee may free. */
typedef void cpl_socks_done(void *user, const struct cpl_err *e);

/* Asks the proxy at the other end of fd, which stays the caller's, for host: an
 * address literal without a zone (RFC 4007 11), or a name of 255 bytes at most.
 * proxy is not kept; timing, NULL for none, outlives it. NULL with e:
 * CPL_SYSTEM. */
struct cpl_socks *
cpl_socks_new(struct cpl_loop *loop, int fd, const struct cpl_proxy *proxy,
	      const char *host, uint16_t port, struct cpl_timing *timing,
	      cpl_socks_done *done, void *user, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Lets go of the socket. free(NULL) is fine. */
void cpl_socks_free(struct cpl_socks *s);

#endif
