/* SPDX-License-Identifier: MIT */
#include "setting.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../base/buf.h"
#include "../base/limits.h"
#include "../base/num.h"
#include "../base/suggest.h"
#include "../stanza/chars.h"
#include "../stanza/jid.h"
#include "proxy.h"

/* 23 days: more milliseconds would not fit a 32-bit long. */
#define SECONDS_MAX 2000000

#define IDENTITY 1

const struct cpl_setting_info cpl_setting_table[CPL_SETTINGS] = {
    [CPL_SET_JID] = {"jid", "COUPLET_JID", CPL_KIND_JID, IDENTITY},
    [CPL_SET_PASSWORD] = {"password", "COUPLET_PASSWORD", CPL_KIND_SECRET,
			  IDENTITY},
    [CPL_SET_PASSWORD_FILE] = {"password_file", "COUPLET_PASSWORD_FILE",
			       CPL_KIND_PATH, IDENTITY},
    [CPL_SET_PASSWORD_COMMAND] = {"password_command", NULL, CPL_KIND_COMMAND,
				  IDENTITY},
    [CPL_SET_SERVER] = {"server", "COUPLET_SERVER", CPL_KIND_SERVER, IDENTITY},
    [CPL_SET_TLS] = {"tls", "COUPLET_TLS", CPL_KIND_TLS, 0},
    [CPL_SET_CA_FILE] = {"ca_file", "COUPLET_CA_FILE", CPL_KIND_PATH, IDENTITY},
    [CPL_SET_FINGERPRINT] = {"fingerprint", "COUPLET_FINGERPRINT",
			     CPL_KIND_FINGERPRINT, IDENTITY},
    [CPL_SET_CLIENT_CERT] = {"client_cert", "COUPLET_CLIENT_CERT",
			     CPL_KIND_PATH, IDENTITY},
    [CPL_SET_CLIENT_KEY] = {"client_key", NULL, CPL_KIND_PATH, IDENTITY},
    [CPL_SET_RESOURCE] = {"resource", NULL, CPL_KIND_TEXT, 0},
    [CPL_SET_PRIORITY] = {"priority", NULL, CPL_KIND_PRIORITY, 0},
    [CPL_SET_NICK] = {"nick", NULL, CPL_KIND_TEXT, 0},
    [CPL_SET_CONNECT_TIMEOUT] = {"connect_timeout", "COUPLET_CONNECT_TIMEOUT",
				 CPL_KIND_SECONDS, 0},
    [CPL_SET_TIMEOUT] = {"timeout", "COUPLET_TIMEOUT", CPL_KIND_SECONDS, 0},
    [CPL_SET_TRACE] = {NULL, "COUPLET_TRACE", CPL_KIND_PATH, 0},
    [CPL_SET_FAST] = {"fast", NULL, CPL_KIND_BOOL, 0},
    [CPL_SET_EARLY] = {"early", NULL, CPL_KIND_BOOL, 0},
    [CPL_SET_PROXY] = {"proxy", "COUPLET_PROXY", CPL_KIND_PROXY, 0},
    [CPL_SET_TCP_FASTOPEN] = {"tcp_fastopen", NULL, CPL_KIND_BOOL, 0},
    [CPL_SET_UPGRADE] = {"upgrade", NULL, CPL_KIND_BOOL, 0},
    [CPL_SET_LANDLOCK] = {NULL, "COUPLET_LANDLOCK", CPL_KIND_BOOL, 0},
};

static int is_host_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
	       (unsigned char)c >= 0x80;
}

/* An IPv6 address, with the zone that a link-local one needs (RFC 4007 11). */
static int is_ipv6(const char *host)
{
	char address[INET6_ADDRSTRLEN];
	struct in6_addr ignored;
	size_t len = strcspn(host, "%");

	if (len >= sizeof address || (host[len] && !host[len + 1]))
		return 0;
	memcpy(address, host, len);
	address[len] = '\0';
	return inet_pton(AF_INET6, address, &ignored) == 1;
}

int cpl_setting_server(const char *value, char host[256], uint16_t *port)
{
	int bracket = value[0] == '[';
	const char *start = value + bracket;
	size_t len = bracket ? strcspn(start, "]") : strcspn(start, ":");
	const char *rest;
	long number = 0;

	/* More than one colon without brackets: an address without a port. */
	if (!bracket && start[len] && strchr(start + len + 1, ':'))
		len = strlen(start);
	if (len == 0 || len >= 256 || (bracket && !start[len]))
		return -1;
	memcpy(host, start, len);
	host[len] = '\0';
	rest = start + len + bracket;
	if (*rest && (*rest != ':' ||
		      cpl_num_int(rest + 1, 1, 65535, &number, NULL) < 0))
		return -1;
	if (bracket || strchr(host, ':')) {
		if (!is_ipv6(host))
			return -1;
	} else {
		for (const char *p = host; *p; p++)
			if (!is_host_char(*p))
				return -1;
	}
	*port = (uint16_t)number;
	return 0;
}

static int check_jid(const char *value, struct cpl_err *e)
{
	struct cpl_jid jid = {0};

	if (cpl_jid_parse(&jid, value, e) < 0)
		return -1;
	cpl_jid_release(&jid);
	return 0;
}

static int check_server(const char *value, struct cpl_err *e)
{
	char host[256];
	uint16_t port;

	if (cpl_setting_server(value, host, &port) < 0)
		return cpl_err_set(e, CPL_CONFIG,
				   "'%s' is not HOST, HOST:PORT or [IPV6]:PORT",
				   value);
	return 0;
}

static int check_tls(const char *value, struct cpl_err *e)
{
	static const char *const modes[] = {"auto", "direct", "starttls",
					    "none"};
	size_t n = sizeof modes / sizeof *modes;
	const char *near;

	for (size_t i = 0; i < n; i++)
		if (strcmp(modes[i], value) == 0)
			return 0;
	near = cpl_suggest(value, modes, n);
	return cpl_err_set(e, CPL_CONFIG,
			   "'%s' is not auto, direct, starttls or none%s%s%s",
			   value, near ? " (did you mean '" : "",
			   near ? near : "", near ? "'?)" : "");
}

static int check_fingerprint(const char *value, struct cpl_err *e)
{
	int digits = 0;

	if (strncmp(value, "sha256:", 7) == 0) {
		const char *p = value + 7;

		for (; *p; p++)
			if (*p != ':' || p == value + 7) {
				if (!strchr("0123456789abcdefABCDEF", *p))
					break;
				digits++;
			}
		digits = *p ? 0 : digits;
	}
	if (digits == 64)
		return 0;
	return cpl_err_set(e, CPL_CONFIG,
			   "'%s' is not sha256: and 64 hexadecimal digits",
			   value);
}

/* As YAML 1.1 has it. */
static int is_word_of(const char *value, const char *const words[3])
{
	for (int i = 0; i < 3; i++)
		if (strcasecmp(value, words[i]) == 0)
			return 1;
	return 0;
}

static const char *const true_words[3] = {"true", "yes", "on"};
static const char *const false_words[3] = {"false", "no", "off"};

static int check_bool(const char *value, struct cpl_err *e)
{
	if (is_word_of(value, true_words) || is_word_of(value, false_words))
		return 0;
	return cpl_err_set(e, CPL_CONFIG, "'%s' is not true or false", value);
}

static int check_seconds(enum cpl_setting_id id, const char *value,
			 struct cpl_err *e)
{
	long ms;

	if (cpl_num_seconds(value, SECONDS_MAX, &ms, e) < 0)
		return -1;
	/* The whole run without a limit is a wish, a login without one is a
	 * hang. */
	if (ms == 0 && id == CPL_SET_CONNECT_TIMEOUT)
		return cpl_err_set(e, CPL_CONFIG, "0 is no time to connect in");
	return 0;
}

static int is_text(const char *value)
{
	for (const char *p = value; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return 0;
	return cpl_chars_check(value, strlen(value), NULL) == 0;
}

/* A resource, or a nickname, which is an occupant's. */
static int check_resource(const char *value, const char *what,
			  struct cpl_err *e)
{
	struct cpl_err why = CPL_ERR_INIT;
	char *prepared = cpl_jid_resource(value, &why);

	if (!prepared && why.status == CPL_SYSTEM)
		return cpl_err_nomem(e);
	if (!prepared)
		return cpl_err_set(e, CPL_CONFIG, "'%s' is not a %s", value,
				   what);
	free(prepared);
	return 0;
}

static int check_text(enum cpl_setting_id id, const char *value,
		      struct cpl_err *e)
{
	if (!is_text(value))
		return cpl_err_set(e, CPL_CONFIG,
				   "holds a control character or no UTF-8");
	if (id == CPL_SET_RESOURCE)
		return check_resource(value, "resource", e);
	if (id != CPL_SET_NICK)
		return 0;
	/* XEP-0045 17.1 */
	if (value[strspn(value, " ")] == '\0')
		return cpl_err_set(e, CPL_CONFIG, "is nothing but spaces");
	return check_resource(value, "nickname", e);
}

/* None at all is a wish, too: the environment may name one. */
static int check_proxy(const char *value, struct cpl_err *e)
{
	struct cpl_proxy proxy;
	int result = *value ? cpl_proxy_parse(value, &proxy, e) : 0;

	explicit_bzero(&proxy, sizeof proxy);
	return result;
}

static int check_kind(enum cpl_setting_id id, const char *value,
		      struct cpl_err *e)
{
	long number;

	switch (cpl_setting_table[id].kind) {
	case CPL_KIND_TEXT: return check_text(id, value, e);
	case CPL_KIND_JID: return check_jid(value, e);
	case CPL_KIND_SERVER: return check_server(value, e);
	case CPL_KIND_TLS: return check_tls(value, e);
	case CPL_KIND_SECONDS: return check_seconds(id, value, e);
	case CPL_KIND_PRIORITY:
		return cpl_num_int(value, -128, 127, &number, e);
	case CPL_KIND_FINGERPRINT: return check_fingerprint(value, e);
	case CPL_KIND_BOOL: return check_bool(value, e);
	case CPL_KIND_PROXY: return check_proxy(value, e);
	case CPL_KIND_SECRET: /* cpl_secret_get() looks at it, if it is used */
	case CPL_KIND_COMMAND:
	case CPL_KIND_PATH: break;
	}
	return 0;
}

int cpl_setting_check(enum cpl_setting_id id, const char *value,
		      struct cpl_err *e)
{
	if (!*value && cpl_setting_table[id].kind != CPL_KIND_PROXY)
		return cpl_err_set(e, CPL_CONFIG, "is empty");
	if (check_kind(id, value, e) < 0) {
		if (e && e->status != CPL_SYSTEM)
			e->status = CPL_CONFIG;
		return -1;
	}
	return 0;
}

/* The value as it is kept; NULL with e set. */
static char *kept(enum cpl_setting_id id, const char *value, struct cpl_err *e)
{
	struct cpl_buf path = CPL_BUF_INIT(CPL_CONFIG_BYTES_MAX);
	const char *home = getenv("HOME");
	char *copy = NULL;

	if (cpl_setting_table[id].kind != CPL_KIND_PATH ||
	    strncmp(value, "~/", 2) != 0) {
		copy = strdup(value);
	} else if (!home || !*home) {
		cpl_err_set(e, CPL_CONFIG, "'%s': HOME is not set", value);
		return NULL;
	} else if (cpl_buf_addf(&path, "%s%s", home, value + 1) == 0) {
		copy = cpl_buf_take(&path);
	}
	if (!copy)
		cpl_err_nomem(e);
	return copy;
}

/* An option's or a variable's name says what was set, a place in a file does
 * not. */
static int blame(enum cpl_setting_id id, const char *origin, struct cpl_err *e)
{
	if (!e || e->status == CPL_SYSTEM)
		return -1;
	if (origin[0] == '-') {
		e->status = CPL_USAGE;
		return cpl_err_prefix(e, "%s", origin);
	}
	if (!strchr(origin, ':'))
		return cpl_err_prefix(e, "%s", origin);
	return cpl_err_prefix(e, "%s: %s", origin, cpl_setting_table[id].key);
}

int cpl_setting_put(struct cpl_settings *s, enum cpl_setting_id id,
		    const char *value, const char *origin, struct cpl_err *e)
{
	struct cpl_setting *set = &s->set[id];

	if (set->value)
		return 0;
	if (cpl_setting_check(id, value, e) < 0)
		return blame(id, origin, e);
	set->value = kept(id, value, e);
	if (!set->value)
		return blame(id, origin, e);
	set->origin = strdup(origin);
	if (!set->origin) {
		cpl_setting_drop(s, id);
		return cpl_err_nomem(e);
	}
	return 0;
}

void cpl_setting_drop(struct cpl_settings *s, enum cpl_setting_id id)
{
	struct cpl_setting *set = &s->set[id];
	enum cpl_setting_kind kind = cpl_setting_table[id].kind;

	if (set->value && (kind == CPL_KIND_SECRET || kind == CPL_KIND_PROXY))
		explicit_bzero(set->value, strlen(set->value));
	free(set->value);
	free(set->origin);
	set->value = NULL;
	set->origin = NULL;
}

void cpl_settings_release(struct cpl_settings *s)
{
	for (int id = 0; id < CPL_SETTINGS; id++)
		cpl_setting_drop(s, (enum cpl_setting_id)id);
	free(s->account);
	s->account = NULL;
}

const char *cpl_setting(const struct cpl_settings *s, enum cpl_setting_id id)
{
	return s->set[id].value;
}

int cpl_setting_true(const struct cpl_settings *s, enum cpl_setting_id id,
		     int otherwise)
{
	const char *value = s->set[id].value;

	return value ? is_word_of(value, true_words) : otherwise;
}

unsigned cpl_settings_taken(const struct cpl_setting set[CPL_SETTINGS])
{
	const unsigned password = 1u << CPL_SET_PASSWORD |
				  1u << CPL_SET_PASSWORD_FILE |
				  1u << CPL_SET_PASSWORD_COMMAND;
	unsigned taken = 0;

	for (int id = 0; id < CPL_SETTINGS; id++)
		if (set[id].value)
			taken |= 1u << id;
	if (taken & password)
		taken |= password;
	if (taken & 1u << CPL_SET_CLIENT_CERT)
		taken |= 1u << CPL_SET_CLIENT_KEY;
	return taken;
}
