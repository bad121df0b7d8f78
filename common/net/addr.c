/* SPDX-License-Identifier: MIT */
#include "addr.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

int cpl_addr_literal(const char *text, struct cpl_addr *out)
{
	char host[INET6_ADDRSTRLEN + IF_NAMESIZE + 2];
	size_t len = strlen(text);
	struct in_addr v4;
	struct in6_addr v6;
	unsigned scope = 0;
	char *zone;

	if (len > 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	}
	if (len >= sizeof host)
		return 0;
	memcpy(host, text, len);
	host[len] = '\0';
	if (inet_pton(AF_INET, host, &v4) == 1) {
		cpl_addr_make(out, AF_INET, &v4);
		return 1;
	}
	zone = strchr(host, '%'); /* RFC 4007 11 */
	if (zone) {
		*zone = '\0';
		scope = if_nametoindex(zone + 1);
		if (!scope)
			return 0;
	}
	if (inet_pton(AF_INET6, host, &v6) != 1)
		return 0;
	cpl_addr_make(out, AF_INET6, &v6);
	out->u.v6.sin6_scope_id = scope;
	return 1;
}

void cpl_addr_make(struct cpl_addr *out, int family, const void *bytes)
{
	memset(out, 0, sizeof *out);
	out->u.any.sa_family = (sa_family_t)family;
	if (family == AF_INET)
		memcpy(&out->u.v4.sin_addr, bytes, sizeof out->u.v4.sin_addr);
	else
		memcpy(&out->u.v6.sin6_addr, bytes, sizeof out->u.v6.sin6_addr);
}

socklen_t cpl_addr_len(const struct cpl_addr *a)
{
	return a->u.any.sa_family == AF_INET ? sizeof a->u.v4 : sizeof a->u.v6;
}

void cpl_addr_set_port(struct cpl_addr *a, uint16_t port)
{
	if (a->u.any.sa_family == AF_INET)
		a->u.v4.sin_port = htons(port);
	else
		a->u.v6.sin6_port = htons(port);
}

int cpl_addr_loopback(const struct cpl_addr *a)
{
	if (a->u.any.sa_family == AF_INET)
		return ntohl(a->u.v4.sin_addr.s_addr) >> 24 == 127;
	return IN6_IS_ADDR_LOOPBACK(&a->u.v6.sin6_addr);
}

void cpl_addr_bare_text(const struct cpl_addr *a, char *out, size_t n)
{
	char ip[INET6_ADDRSTRLEN] = "?";

	if (a->u.any.sa_family == AF_INET)
		inet_ntop(AF_INET, &a->u.v4.sin_addr, ip, sizeof ip);
	else
		inet_ntop(AF_INET6, &a->u.v6.sin6_addr, ip, sizeof ip);
	snprintf(out, n, "%s", ip);
}

void cpl_addr_text(const struct cpl_addr *a, const char *host, uint16_t port,
		   char *out, size_t n)
{
	char ip[INET6_ADDRSTRLEN];
	struct cpl_addr ignored;

	cpl_addr_bare_text(a, ip, sizeof ip);
	if (!cpl_addr_literal(host, &ignored))
		snprintf(out, n, "%s:%u (%s)", host, port, ip);
	else if (a->u.any.sa_family == AF_INET)
		snprintf(out, n, "%s:%u", ip, port);
	else
		snprintf(out, n, "[%s]:%u", ip, port);
}

int cpl_name_is_host(const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-_.";
	size_t len = strlen(name);

	return len > 0 && len < 256 && strspn(name, plain) == len;
}

/* Whether the last label of the name (a final dot aside) is this one. */
static int last_label_is(const char *name, const char *label)
{
	size_t len = strlen(name), want = strlen(label);

	if (len > 0 && name[len - 1] == '.')
		len--;
	return len >= want && !strncasecmp(name + len - want, label, want) &&
	       (len == want || name[len - want - 1] == '.');
}

int cpl_name_is_localhost(const char *name)
{
	return last_label_is(name, "localhost");
}

int cpl_name_is_invalid(const char *name)
{
	return last_label_is(name, "invalid");
}

int cpl_name_is_onion(const char *name)
{
	return last_label_is(name, "onion");
}
