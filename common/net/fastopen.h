/* SPDX-License-Identifier: MIT
 *
 * TCP Fast Open of a client (RFC 7413): where the kernel has a cookie of the
 * server's, connect(2) succeeds at once and nothing leaves before the first
 * write, which then travels in the SYN. Internal to net/. Owns nothing. */
#ifndef CPL_FASTOPEN_H
#define CPL_FASTOPEN_H

/* Asks for it, before connect(2); a kernel that has no such thing connects as
 * ever. */
void cpl_fastopen_ask(int fd);

/* Whether the server has not answered yet, to a socket for which connect(2)
 * succeeded or is under way. */
int cpl_fastopen_pending(int fd);

/* Whether the server never answered, to a socket that has failed. */
int cpl_fastopen_unanswered(int fd);

#endif
