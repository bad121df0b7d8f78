/* SPDX-License-Identifier: MIT */
#include "proxy.h"

#include <string.h>
#include <strings.h>

#include "../base/num.h"
#include "setting.h"

/* The longest scheme that a message repeats. */
#define SCHEME_MAX 12

#define FORM "socks5h://[USER:PASSWORD@]HOST[:PORT]"

/* What is behind the scheme, or NULL where there is none. */
static const char *authority(const char *url)
{
	const char *sign = strstr(url, "://");

	return sign ? sign + 3 : NULL;
}

/* Where the host begins; a password may hold '@', if nobody minds. */
static const char *host_of(const char *authority)
{
	const char *at = strrchr(authority, '@');

	return at ? at + 1 : authority;
}

/* The password and its length, or NULL. */
static const char *password_of(const char *url, size_t *len)
{
	const char *from = authority(url);
	const char *host = from ? host_of(from) : NULL;
	const char *colon;

	if (!host || host == from)
		return NULL;
	colon = memchr(from, ':', (size_t)(host - 1 - from));
	if (!colon)
		return NULL;
	*len = (size_t)(host - 1 - (colon + 1));
	return colon + 1;
}

int cpl_proxy_is_secret(const char *url)
{
	size_t len = 0;

	return password_of(url, &len) && len > 0;
}

int cpl_proxy_mask(struct cpl_buf *out, const char *url)
{
	size_t len = 0;
	const char *password = password_of(url, &len);

	if (!password)
		return cpl_buf_adds(out, url);
	if (cpl_buf_add(out, url, (size_t)(password - url)) < 0 ||
	    cpl_buf_addc(out, '*') < 0)
		return -1;
	return cpl_buf_adds(out, password + len);
}

static int bad(struct cpl_err *e)
{
	return cpl_err_set(e, CPL_CONFIG, "has to be " FORM);
}

static int check_scheme(const char *url, struct cpl_err *e)
{
	size_t len = strcspn(url, ":");

	if (authority(url) != url + len + 3 || len == 0 || len > SCHEME_MAX)
		return bad(e);
	if ((len == 7 && strncasecmp(url, "socks5h", len) == 0) ||
	    (len == 6 && strncasecmp(url, "socks5", len) == 0))
		return 0;
	return cpl_err_set(e, CPL_CONFIG,
			   "'%.*s' is no proxy that can be used: it has to "
			   "be " FORM,
			   (int)len, url);
}

/* RFC 3986 2.1. -1 when it is none, holds NUL or does not fit. */
static int decode(const char *from, size_t len, char out[256])
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		int c = (unsigned char)from[i];

		if (c == '%') {
			int high = i + 2 < len ? cpl_num_hex(from[i + 1]) : -1;
			int low = i + 2 < len ? cpl_num_hex(from[i + 2]) : -1;

			if (high < 0 || low < 0)
				return -1;
			c = high << 4 | low;
			i += 2;
		}
		if (c == 0 || n == 255)
			return -1;
		out[n++] = (char)c;
	}
	out[n] = '\0';
	return 0;
}

/* RFC 1929 2: a user of 1 to 255 bytes. */
static int read_user(const char *from, size_t len, struct cpl_proxy *out,
		     struct cpl_err *e)
{
	const char *colon = memchr(from, ':', len);
	size_t user = colon ? (size_t)(colon - from) : len;

	if (user == 0 || decode(from, user, out->user) < 0 ||
	    (colon && decode(colon + 1, len - user - 1, out->password) < 0))
		return cpl_err_set(e, CPL_CONFIG,
				   "user and password of a proxy have 255 "
				   "bytes each at most and %%XX for what is no "
				   "letter or digit");
	return 0;
}

int cpl_proxy_parse(const char *url, struct cpl_proxy *out, struct cpl_err *e)
{
	const char *from = authority(url);
	const char *host;
	char place[300];
	size_t len;

	memset(out, 0, sizeof *out);
	if (check_scheme(url, e) < 0)
		return -1;
	host = host_of(from);
	if (host > from &&
	    read_user(from, (size_t)(host - 1 - from), out, e) < 0)
		return -1;
	len = strlen(host);
	if (len > 0 && host[len - 1] == '/')
		len--;
	if (len == 0 || len >= sizeof place)
		return bad(e);
	memcpy(place, host, len);
	place[len] = '\0';
	if (cpl_setting_server(place, out->host, &out->port) < 0)
		return bad(e);
	if (out->port == 0)
		out->port = CPL_PROXY_PORT;
	return 0;
}

int cpl_proxy_of(const struct cpl_settings *set, struct cpl_proxy *out,
		 const struct cpl_proxy **used, struct cpl_err *e)
{
	const char *url = cpl_setting(set, CPL_SET_PROXY);

	*used = NULL;
	if (!url || !*url)
		return 0;
	*used = out;
	return cpl_proxy_parse(url, out, e);
}
