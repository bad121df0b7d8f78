/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../base/num.h"
#include "../stanza/jid.h"
#include "parts.h"

/* An address of either family as bytes; their number, or 0. */
static size_t address(const char *text, unsigned char out[16])
{
	if (inet_pton(AF_INET, text, out) == 1)
		return 4;
	return inet_pton(AF_INET6, text, out) == 1 ? 16 : 0;
}

/* "192.0.2.0/24" has the address, or it is that itself. */
static int has_address(char *net, const unsigned char *host, size_t len)
{
	unsigned char bytes[16];
	char *slash = strchr(net, '/');
	long bits = (long)len * 8;

	if (slash)
		*slash = '\0';
	if (address(net, bytes) != len ||
	    (slash && cpl_num_int(slash + 1, 0, bits, &bits, NULL) < 0) ||
	    memcmp(bytes, host, (size_t)bits / 8) != 0)
		return 0;
	return bits % 8 == 0 ||
	       (bytes[bits / 8] ^ host[bits / 8]) >> (8 - bits % 8) == 0;
}

/* "montague.lit" and ".montague.lit" have it and all below it. */
static int has_name(const char *domain, const char *host)
{
	size_t len, n = strlen(host);

	domain += *domain == '.';
	len = strlen(domain);
	return len > 0 && n >= len && strcasecmp(host + n - len, domain) == 0 &&
	       (n == len || host[n - len - 1] == '.');
}

/* Whether a list of names, addresses and networks, with commas or blanks in
 * between, has the host; "*" has all. */
static int is_left_out(const char *list, const char *host)
{
	unsigned char bytes[16];
	size_t len = address(host, bytes);
	char one[300];

	for (; *list; list += strspn(list, ", ")) {
		size_t n = strcspn(list, ", ");

		if (n > 0 && n < sizeof one) {
			memcpy(one, list, n);
			one[n] = '\0';
			if (strcmp(one, "*") == 0 ||
			    (len ? has_address(one, bytes, len)
				 : has_name(one, host)))
				return 1;
		}
		list += n;
	}
	return 0;
}

/* The variable that is set and not empty, of two; its name in *name. */
static const char *either(const char *one, const char *other, const char **name)
{
	const char *value = getenv(one);

	*name = one;
	if (value && *value)
		return value;
	value = getenv(other);
	*name = other;
	return value && *value ? value : NULL;
}

/* The host to connect to, as far as that is known without DNS. */
static int host_of(const struct cpl_cli *cli, char host[256], struct cpl_err *e)
{
	const char *server = cpl_setting(&cli->settings, CPL_SET_SERVER);
	struct cpl_jid jid = {0};
	uint16_t port;
	char *dns;

	if (server)
		return cpl_setting_server(server, host, &port);
	if (cpl_jid_parse(&jid, cpl_setting(&cli->settings, CPL_SET_JID), e) <
	    0)
		return -1;
	dns = cpl_jid_dns(jid.domain, e);
	cpl_jid_release(&jid);
	if (!dns)
		return -1;
	host[0] = '\0';
	if (strlen(dns) < 256)
		memcpy(host, dns, strlen(dns) + 1);
	free(dns);
	return 0;
}

int cpl_cli_all_proxy(struct cpl_cli *cli, struct cpl_err *e)
{
	const char *name, *ignored;
	const char *url = either("all_proxy", "ALL_PROXY", &name);
	const char *list = either("no_proxy", "NO_PROXY", &ignored);
	char host[256];

	if (!url || cpl_setting(&cli->settings, CPL_SET_PROXY))
		return 0;
	if (list && host_of(cli, host, e) < 0)
		return -1;
	if (list && is_left_out(list, host)) {
		cpl_log(&cli->log, CPL_LOG_INFO, "%s leaves out %s", ignored,
			host);
		return 0;
	}
	return cpl_setting_put(&cli->settings, CPL_SET_PROXY, url, name, e);
}
