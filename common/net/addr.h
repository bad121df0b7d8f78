/* SPDX-License-Identifier: MIT
 *
 * Socket addresses and the names that need no DNS: literals, localhost,
 * .invalid, .onion. Of net/, and of who keeps or shows where its sockets lead.
 * Pure, nothing is owned. */
#ifndef CPL_ADDR_H
#define CPL_ADDR_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct cpl_addr {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} u;
};

/* Reads an address literal: 192.0.2.7, 2001:db8::7, [2001:db8::7],
 * fe80::7%eth0. 1, or 0 when it is none. */
int cpl_addr_literal(const char *text, struct cpl_addr *out);

/* Makes an address of family AF_INET or AF_INET6 from its 4 or 16 bytes. */
void cpl_addr_make(struct cpl_addr *out, int family, const void *bytes);

socklen_t cpl_addr_len(const struct cpl_addr *a);
void cpl_addr_set_port(struct cpl_addr *a, uint16_t port);

/* 127/8 or ::1. */
int cpl_addr_loopback(const struct cpl_addr *a);

/* "xmpp.capulet.lit:5222 (192.0.2.7)"; without the parentheses where the host
 * is itself a literal: "192.0.2.7:5222", "[2001:db8::7]:5222". */
void cpl_addr_text(const struct cpl_addr *a, const char *host, uint16_t port,
		   char *out, size_t n);

/* "192.0.2.7" or "2001:db8::7". */
void cpl_addr_bare_text(const struct cpl_addr *a, char *out, size_t n);

/* Whether a name may be shown and asked for: 1 to 255 letters, digits, '-', '_'
 * and dots. */
int cpl_name_is_host(const char *name);

/* RFC 6761 6.3: localhost and all below it. */
int cpl_name_is_localhost(const char *name);
/* RFC 6761 6.4: never asked for. */
int cpl_name_is_invalid(const char *name);
/* RFC 7686 2: for Tor alone. */
int cpl_name_is_onion(const char *name);

#endif
