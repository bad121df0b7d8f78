/* SPDX-License-Identifier: MIT
 *
 * The settings' table, the configuration files and what they answer. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../common/base/limits.h"
#include "../../common/base/suggest.h"
#include "../../common/config/config.h"
#include "../../common/config/yaml.h"
#include "unit.h"

#define HEX64 "0123456789abcdefABCDEF0123456789abcdefABCDEF0123456789abcdef0123"

/* Written apart: the "a" would be a digit of its last byte. */
#define BOM                                                                    \
	("\xef\xbb\xbf"                                                        \
	 "accounts: {}\n")

static char log_text[512];

static void log_line(void *user, int level, const char *text)
{
	(void)user;
	(void)level;
	snprintf(log_text, sizeof log_text, "%s", text);
}

static const struct cpl_log test_log = {.line = log_line};

/* The tests run in a folder of their own, so that paths are short. */
static void write_file(const char *path, const char *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	CHECK(fd >= 0 && write(fd, text, len) == (ssize_t)len);
	CHECK(fchmod(fd, 0600) == 0);
	close(fd);
}

/* Reads the texts as files in their order, then checks all. NULL with e. */
static struct cpl_config *load(const char *first, const char *second,
			       struct cpl_err *e)
{
	struct cpl_config *c = cpl_config_new();

	write_file("config.yaml", first, strlen(first));
	if (second)
		write_file("system.yaml", second, strlen(second));
	if (c && cpl_config_read(c, "config.yaml", &test_log, e) == 0 &&
	    (!second || cpl_config_read(c, "system.yaml", &test_log, e) == 0) &&
	    cpl_config_check(c, e) == 0)
		return c;
	cpl_config_free(c);
	return NULL;
}

static void refused(const char *yaml, const char *why)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_config *c = load(yaml, NULL, &e);

	CHECK(!c);
	CHECK_INT(e.status, CPL_CONFIG);
	CHECK_STR(e.text, why);
	cpl_config_free(c);
}

/* What a setting of an account is, and where it comes from. */
static void setting_is(const struct cpl_settings *s, enum cpl_setting_id id,
		       const char *value, const char *origin)
{
	CHECK_STR(s->set[id].value, value);
	CHECK_STR(s->set[id].origin, origin);
}

static void format_is(const struct cpl_config *c, const char *name,
		      const char *text, const char *origin)
{
	struct cpl_err e = CPL_ERR_INIT;
	const struct cpl_setting *f = cpl_config_format(c, name, &e);

	UNIT_NEED(f != NULL);
	CHECK_STR(f->value, text);
	CHECK_STR(f->origin, origin);
}

static void test_all_keys(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_settings s = {0};
	struct cpl_config *c = load(
	    "%YAML 1.1\n---\n# all of it\ndefault: home\naccounts:\n"
	    "  home:\n"
	    "    jid: Juliet@capulet.lit\n"
	    "    password: 'x: y'\n"
	    "    server: \"[::1]:5222\"\n"
	    "    tls: starttls\n"
	    "    ca_file: /ca.pem\n"
	    "    fingerprint: sha256:" HEX64 "\n"
	    "    client_cert: cert.pem\n"
	    "    client_key: ~/key.pem\n"
	    "    resource: balcony\n"
	    "    priority: -1\n"
	    "    nick: !!str 7\n"
	    "    connect_timeout: 2.5\n"
	    "    timeout: 0\n"
	    "  other: {jid: a@b.lit, password_file: p, password_command: c}\n"
	    "  empty:\n"
	    "aliases:\nformats:\n",
	    NULL, &e);

	CHECK_STR(e.text, "");
	UNIT_NEED(c);
	setenv("HOME", "/home/j", 1);
	CHECK_STR(cpl_config_default(c), "home");
	CHECK_INT(cpl_config_account(c, "home", &s, &e), 0);
	CHECK_STR(s.account, "home");
	setting_is(&s, CPL_SET_JID, "Juliet@capulet.lit", "config.yaml:7:10");
	setting_is(&s, CPL_SET_PASSWORD, "x: y", "config.yaml:8:15");
	setting_is(&s, CPL_SET_SERVER, "[::1]:5222", "config.yaml:9:13");
	setting_is(&s, CPL_SET_CLIENT_CERT, "cert.pem", "config.yaml:13:18");
	setting_is(&s, CPL_SET_PRIORITY, "-1", "config.yaml:16:15");
	setting_is(&s, CPL_SET_NICK, "7", "config.yaml:17:11");
	setting_is(&s, CPL_SET_CONNECT_TIMEOUT, "2.5", "config.yaml:18:22");
	setting_is(&s, CPL_SET_TIMEOUT, "0", "config.yaml:19:14");
	CHECK(!cpl_setting(&s, CPL_SET_TRACE));
	cpl_settings_release(&s);
	cpl_config_free(c);
}

static void test_nothing(void)
{
	static const char *const files[] = {"", "# only this\n", "---\n",
					    "accounts:\naliases: ~\n", BOM};

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		struct cpl_err e = CPL_ERR_INIT;
		struct cpl_config *c = load(files[i], NULL, &e);

		CHECK_STR(e.text, "");
		UNIT_NEED(c);
		CHECK(!cpl_config_default(c));
		cpl_config_free(c);
	}
}

/* Bad YAML, and YAML that is refused. */
static void test_yaml(void)
{
	refused("accounts: [\n", "config.yaml:2:1: did not find expected node "
				 "content (while parsing a flow node)");
	refused(
	    "a: b: c\n",
	    "config.yaml:1:5: mapping values are not allowed in this context");
	refused("default:\n\tx\n",
		"config.yaml:2:1: found character that cannot start any token "
		"(while scanning for the next token)");
	refused("default: \"\\e[31m\"\n",
		"config.yaml:1:10: holds a character that is not text");
	refused("default: \"a\\0b\"\n",
		"config.yaml:1:10: holds a character that is not text");
	refused("aliases:\n  \xc3\xa9\xc3\xa9: x\xff\n",
		"config.yaml:2:8: invalid leading UTF-8 octet");
	refused("default: a\x01\n",
		"config.yaml:1:11: control characters are not allowed");
	refused("- a\n", "config.yaml:1:1: must be a map with the keys "
			 "default, accounts, aliases, formats");
	refused("text\n", "config.yaml:1:1: must be a map with the keys "
			  "default, accounts, aliases, formats");
	refused("default: a\n---\ndefault: b\n",
		"config.yaml:2:1: a second YAML document");
	refused("? [a]\n: b\n", "config.yaml:1:3: a key must be text");
	refused("default: !secret a\n",
		"config.yaml:1:10: YAML tags are not supported");
	refused("accounts: !map {}\n",
		"config.yaml:1:11: YAML tags are not supported");
	refused("aliases: !seq []\n",
		"config.yaml:1:10: YAML tags are not supported");
	refused("default: &a b\n",
		"config.yaml:1:10: YAML anchors and aliases are not supported "
		"(accounts have inherit, recipients have groups)");
	refused("default: *a\n",
		"config.yaml:1:10: YAML anchors and aliases are not supported "
		"(accounts have inherit, recipients have groups)");
	refused("accounts: &a {x: *a}\n",
		"config.yaml:1:11: YAML anchors and aliases are not supported "
		"(accounts have inherit, recipients have groups)");
	refused("aliases:\n  a: &a [x@y.lit, x@y.lit]\n  b: [*a, *a]\n",
		"config.yaml:2:6: YAML anchors and aliases are not supported "
		"(accounts have inherit, recipients have groups)");
	refused("&k default: b\n",
		"config.yaml:1:1: YAML anchors and aliases are not supported "
		"(accounts have inherit, recipients have groups)");
}

/* A billion laughs, in the way that costs without anchors: it is bounded. */
static void test_limits(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_config *c = cpl_config_new();
	struct cpl_buf b = CPL_BUF_INIT(4 * CPL_CONFIG_BYTES_MAX);

	UNIT_NEED(c);
	refused("accounts: [[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]\n",
		"config.yaml:1:26: is nested too deeply");
	refused("accounts: {a: [[[[[[[[[[[[[x]]]]]]]]]]]]]}\n",
		"config.yaml:1:15: a: must be a map, not a list");
	CHECK(cpl_buf_adds(&b, "#") == 0);
	while (b.len < CPL_CONFIG_BYTES_MAX)
		CHECK(cpl_buf_addc(&b, ' ') == 0);
	write_file("big.yaml", b.data, b.len);
	CHECK_INT(cpl_config_read(c, "big.yaml", NULL, &e), 0);
	CHECK(cpl_buf_addc(&b, ' ') == 0);
	write_file("big.yaml", b.data, b.len);
	CHECK_INT(cpl_config_read(c, "big.yaml", NULL, &e), -1);
	CHECK_STR(e.text, "big.yaml: is over 1048576 bytes");
	cpl_buf_truncate(&b, 0);
	CHECK(cpl_buf_adds(&b, "aliases: {a: [") == 0);
	for (int i = 0; i < CPL_YAML_NODES_MAX; i++)
		CHECK(cpl_buf_adds(&b, "a,") == 0);
	CHECK(cpl_buf_adds(&b, "]}") == 0);
	write_file("big.yaml", b.data, b.len);
	CHECK_INT(cpl_config_read(c, "big.yaml", NULL, &e), -1);
	CHECK_STR(e.text, "big.yaml:1:100009: one entry too many");
	cpl_buf_release(&b);
	cpl_config_free(c);
}

static void test_keys(void)
{
	refused("acounts: {}\n", "config.yaml:1:1: unknown key 'acounts' (did "
				 "you mean 'accounts'?)");
	refused("zebra: {}\n", "config.yaml:1:1: unknown key 'zebra'");
	refused("accounts:\n  work:\n    jid: a@b.lit\n    server: x\n"
		"\n\n  pasword: secret\n",
		"config.yaml:7:12: pasword: must be a map, not a text");
	refused("accounts:\n  work:\n    jid: a@b.lit\n    pasword: secret\n",
		"config.yaml:4:5: unknown key 'pasword' (did you mean "
		"'password'?)");
	refused("accounts: {a: {password-file: x}}\n",
		"config.yaml:1:16: unknown key 'password-file' (did you mean "
		"'password_file'?)");
	refused("accounts: {a: {JID: x}}\n",
		"config.yaml:1:16: unknown key 'JID' (did you mean 'jid'?)");
	refused("accounts: {a: {trace: x}}\n",
		"config.yaml:1:16: unknown key 'trace'");
	refused("accounts: {a: {jdi: x}}\n",
		"config.yaml:1:16: unknown key 'jdi' (did you mean 'jid'?)");
	refused("accounts: {a: {xx: x}}\n",
		"config.yaml:1:16: unknown key 'xx'");
	refused(
	    "default: a\ndefault: b\n",
	    "config.yaml:2:1: key 'default' is there twice, first in line 1");
	refused("accounts:\n  a: {}\n  b: {}\n  a: {}\n",
		"config.yaml:4:3: key 'a' is there twice, first in line 2");
	refused("accounts:\n  a:\n    nick: x\n    nick: x\n",
		"config.yaml:4:5: key 'nick' is there twice, first in line 3");
	refused("aliases:\n  a: a@b\n  a: a@b\n",
		"config.yaml:3:3: key 'a' is there twice, first in line 2");
}

static void test_values(void)
{
	refused("default: []\n",
		"config.yaml:1:10: default: must be a text, not a list");
	refused("default:\n",
		"config.yaml:1:9: default: must be a text, not nothing");
	refused("accounts: []\n",
		"config.yaml:1:11: accounts: must be a map, not a list");
	refused("accounts: text\n",
		"config.yaml:1:11: accounts: must be a map, not a text");
	refused("accounts: {a: text}\n",
		"config.yaml:1:15: a: must be a map, not a text");
	refused("accounts: {a/b: {}}\n",
		"config.yaml:1:12: not a name for an account: it is empty or "
		"holds '/' or a control character");
	refused("accounts: {'': {}}\n",
		"config.yaml:1:12: not a name for an account: it is empty or "
		"holds '/' or a control character");
	refused("accounts: {a: {jid: [x]}}\n",
		"config.yaml:1:21: jid: must be a text, not a list");
	refused("accounts: {a: {jid: {x: y}}}\n",
		"config.yaml:1:21: jid: must be a text, not a map");
	refused("accounts: {a: {password: ~}}\n",
		"config.yaml:1:26: password: must be a text, not nothing");
	refused("accounts: {a: {password: ''}}\n",
		"config.yaml:1:26: password: is empty");
	refused("accounts: {a: {password_command: ''}}\n",
		"config.yaml:1:34: password_command: is empty");
	refused("accounts: {a: {ca_file: ''}}\n",
		"config.yaml:1:25: ca_file: is empty");
	refused("accounts:\n  a:\n    jid: '@x'\n",
		"config.yaml:3:10: jid: '@x' has an empty localpart");
	refused("accounts: {a: {server: 'x y'}}\n",
		"config.yaml:1:24: server: 'x y' is not HOST, HOST:PORT or "
		"[IPV6]:PORT");
	refused("accounts: {a: {server: 'x:0'}}\n",
		"config.yaml:1:24: server: 'x:0' is not HOST, HOST:PORT or "
		"[IPV6]:PORT");
	refused("accounts: {a: {server: 'x:65536'}}\n",
		"config.yaml:1:24: server: 'x:65536' is not HOST, HOST:PORT or "
		"[IPV6]:PORT");
	refused("accounts: {a: {server: '[x]:5222'}}\n",
		"config.yaml:1:24: server: '[x]:5222' is not HOST, HOST:PORT "
		"or [IPV6]:PORT");
	refused("accounts: {a: {server: '[::1'}}\n",
		"config.yaml:1:24: server: '[::1' is not HOST, HOST:PORT or "
		"[IPV6]:PORT");
	refused("accounts: {a: {server: ':5222'}}\n",
		"config.yaml:1:24: server: ':5222' is not HOST, HOST:PORT or "
		"[IPV6]:PORT");
	refused("accounts: {a: {server: 'x:'}}\n",
		"config.yaml:1:24: server: 'x:' is not HOST, HOST:PORT or "
		"[IPV6]:PORT");
	refused("accounts: {a: {server: '[::1]x'}}\n",
		"config.yaml:1:24: server: '[::1]x' is not HOST, HOST:PORT or "
		"[IPV6]:PORT");
	refused("accounts: {a: {tls: start-tls}}\n",
		"config.yaml:1:21: tls: 'start-tls' is not auto, direct, "
		"starttls or none (did you mean 'starttls'?)");
	refused("accounts: {a: {tls: yes}}\n",
		"config.yaml:1:21: tls: 'yes' is not auto, direct, starttls or "
		"none");
	refused("accounts: {a: {priority: 128}}\n",
		"config.yaml:1:26: priority: '128' is not a number from -128 "
		"to 127");
	refused("accounts: {a: {priority: '-129'}}\n",
		"config.yaml:1:26: priority: '-129' is not a number from -128 "
		"to 127");
	refused("accounts: {a: {timeout: 5s}}\n",
		"config.yaml:1:25: timeout: '5s' is not a number of seconds up "
		"to 2000000");
	refused("accounts: {a: {timeout: 2000001}}\n",
		"config.yaml:1:25: timeout: '2000001' is not a number of "
		"seconds up to 2000000");
	refused(
	    "accounts: {a: {connect_timeout: 0}}\n",
	    "config.yaml:1:33: connect_timeout: 0 is no time to connect in");
	refused("accounts: {a: {fingerprint: 'sha1:00'}}\n",
		"config.yaml:1:29: fingerprint: 'sha1:00' is not sha256: and "
		"64 hexadecimal digits");
	refused("accounts: {a: {fingerprint: 'sha256:" HEX64 "0'}}\n",
		"config.yaml:1:29: fingerprint: "
		"'sha256:"
		"0123456789abcdefABCDEF0123456789abcdefABCDEF0123456789abcdef01"
		"230' is not sha256: and 64 hexadecimal digits");
	refused("accounts: {a: {fingerprint: 'sha256::" HEX64 "'}}\n",
		"config.yaml:1:29: fingerprint: "
		"'sha256::"
		"0123456789abcdefABCDEF0123456789abcdefABCDEF0123456789abcdef01"
		"23' is not sha256: and 64 hexadecimal digits");
	refused(
	    "accounts: {a: {nick: \"a\\nb\"}}\n",
	    "config.yaml:1:22: nick: holds a control character or no UTF-8");
	refused("accounts: {a: {nick: '  '}}\n",
		"config.yaml:1:22: nick: is nothing but spaces");
	refused("accounts: {a: {nick: \"\\u00ad\"}}\n",
		"config.yaml:1:22: nick: '\xc2\xad' is not a nickname");
	refused("accounts: {a: {resource: \"a\\tb\"}}\n",
		"config.yaml:1:26: resource: holds a control character or no "
		"UTF-8");
	refused("formats: {a: [x]}\n",
		"config.yaml:1:14: a: must be a text, not a list");
	refused("formats: [a]\n",
		"config.yaml:1:10: formats: must be a map, not a list");
	refused("aliases: {a@b: x@y}\n",
		"config.yaml:1:11: not a name for an alias: with '@', '.', '/' "
		"or ':' it would be a JID");
	refused("aliases: {a: {b: c}}\n", "config.yaml:1:15: unknown key 'b'");
	refused("aliases: {a: [[b]]}\n",
		"config.yaml:1:15: a: must be a text, not a list");
	refused("aliases: {a: []}\n", "config.yaml:1:14: an empty group");
	refused("aliases: {a: }\n",
		"config.yaml:1:14: a: must be a text, not nothing");
	refused("aliases: {a: '@x'}\n",
		"config.yaml:1:14: a: '@x' has an empty localpart");
}

static void test_references(void)
{
	refused("default: wrok\naccounts: {work: {}}\n",
		"config.yaml:1:10: default: no account 'wrok' (did you mean "
		"'work'?)");
	refused("default: x\naccounts: {work: {}, home: {}}\n",
		"config.yaml:1:10: default: no account 'x' (there is 'work', "
		"'home')");
	refused("default: x\n",
		"config.yaml:1:10: default: no account 'x' (there is none)");
	refused("accounts:\n  a: {inherit: bse}\n  base: {}\n",
		"config.yaml:2:16: inherit: no account 'bse' (did you mean "
		"'base'?)");
	refused("accounts: {a: {inherit: a}}\n",
		"config.yaml:1:25: inherit: a circle that comes back to 'a'");
	refused("accounts:\n  a: {inherit: b}\n  b: {inherit: c}\n"
		"  c: {inherit: a}\n",
		"config.yaml:2:16: inherit: a circle that comes back to 'a'");
	refused("accounts:\n  a: {inherit: b}\n  b: {inherit: b}\n",
		"config.yaml:2:16: inherit: over 16 steps, or a circle");
	refused("aliases: {a: b, b: a}\n",
		"config.yaml:1:20: a circle that comes back to alias 'a'");
	refused("aliases: {a: a}\n",
		"config.yaml:1:14: a circle that comes back to alias 'a'");
	refused(
	    "aliases:\n  team: [romoe]\n  romeo: r@m.lit\n",
	    "config.yaml:2:10: unknown alias 'romoe' (did you mean 'romeo'?)");
}

/* ---- Answers ---- */

/* The user's file first: key by key, the password's sources and the
 * certificate's two files as one. */
static void test_merge(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_settings s = {0};
	struct cpl_config *c = load("accounts:\n"
				    "  w: {password: user, timeout: 1}\n"
				    "  mine: {jid: m@x.lit}\n"
				    "aliases: {a: u@x.lit}\n"
				    "formats: {f: '%b'}\n",
				    "default: w\n"
				    "accounts:\n"
				    "  w: {jid: w@x.lit, timeout: 2,\n"
				    "      password_command: c,\n"
				    "      nick: n, client_key: k}\n"
				    "aliases: {a: s@x.lit, b: a}\n"
				    "formats: {f: '%s', g: '%i'}\n",
				    &e);

	CHECK_STR(e.text, "");
	UNIT_NEED(c);
	CHECK_STR(cpl_config_default(c), "w");
	CHECK_INT(
	    cpl_setting_put(&s, CPL_SET_CLIENT_CERT, "/c", "--client-cert", &e),
	    0);
	CHECK_INT(cpl_setting_put(&s, CPL_SET_NICK, "me", "--nick", &e), 0);
	CHECK_INT(cpl_config_account(c, "W@X.lit/r", &s, &e), 0);
	CHECK_STR(s.account, "w");
	setting_is(&s, CPL_SET_JID, "w@x.lit", "system.yaml:3:12");
	setting_is(&s, CPL_SET_PASSWORD, "user", "config.yaml:2:17");
	setting_is(&s, CPL_SET_PASSWORD_COMMAND, NULL, NULL);
	setting_is(&s, CPL_SET_TIMEOUT, "1", "config.yaml:2:32");
	setting_is(&s, CPL_SET_NICK, "me", "--nick");
	setting_is(&s, CPL_SET_CLIENT_CERT, "/c", "--client-cert");
	setting_is(&s, CPL_SET_CLIENT_KEY, NULL, NULL);
	format_is(c, "f", "%b", "config.yaml:5:14");
	format_is(c, "g", "%i", "system.yaml:7:23");
	CHECK(!cpl_config_format(c, "long", &e));
	CHECK_INT(e.status, CPL_USAGE);
	CHECK_STR(e.text, "no format 'long'");
	cpl_settings_release(&s);
	cpl_config_free(c);
}

static void test_inherit(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_settings s = {0};
	struct cpl_config *c = load("accounts:\n"
				    "  child: {inherit: mid, password: p}\n"
				    "  mid: {inherit: top, tls: direct,\n"
				    "        password_file: f}\n",
				    "accounts:\n"
				    "  top: {jid: t@x.lit, tls: none,\n"
				    "        password_command: c, nick: n}\n",
				    &e);

	CHECK_STR(e.text, "");
	UNIT_NEED(c);
	CHECK(!cpl_config_default(c)); /* three have a JID */
	CHECK_STR(cpl_config_by_jid(c, "T@x.lit"), "child");
	CHECK(!cpl_config_by_jid(c, "nobody@x.lit"));
	CHECK_INT(cpl_config_account(c, "child", &s, &e), 0);
	setting_is(&s, CPL_SET_JID, "t@x.lit", "system.yaml:2:14");
	setting_is(&s, CPL_SET_TLS, "direct", "config.yaml:3:28");
	setting_is(&s, CPL_SET_NICK, "n", "system.yaml:3:36");
	setting_is(&s, CPL_SET_PASSWORD, "p", "config.yaml:2:35");
	setting_is(&s, CPL_SET_PASSWORD_FILE, NULL, NULL);
	setting_is(&s, CPL_SET_PASSWORD_COMMAND, NULL, NULL);
	cpl_settings_release(&s);
	cpl_config_free(c);
}

/* Without default: the only account that can log in. */
static void test_only_account(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_settings s = {0};
	struct cpl_config *c = load("accounts:\n"
				    "  base: {tls: direct}\n"
				    "  me: {inherit: base, jid: m@x.lit}\n",
				    NULL, &e);

	UNIT_NEED(c);
	CHECK_STR(cpl_config_default(c), "me");
	CHECK_INT(cpl_config_account(c, "mee", &s, &e), -1);
	CHECK_INT(e.status, CPL_CONFIG);
	CHECK_STR(e.text, "no account 'mee' (did you mean 'me'?)");
	CHECK_INT(cpl_config_account(c, "zzz", &s, &e), -1);
	CHECK_STR(e.text, "no account 'zzz' (there is 'base', 'me')");
	CHECK_INT(cpl_config_account(c, "z@x.lit", &s, &e), -1);
	CHECK(!s.account);
	cpl_config_free(c);
	c = load("default: one@x.lit\naccounts:\n  a: {jid: one@x.lit}\n"
		 "  b: {jid: two@x.lit}\n",
		 NULL, &e);
	UNIT_NEED(c);
	CHECK_INT(cpl_config_account(c, cpl_config_default(c), &s, &e), 0);
	CHECK_STR(s.account, "a");
	cpl_settings_release(&s);
	cpl_config_free(c);
}

/* Two accounts of one JID: the default one is meant. */
static void test_by_jid(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_config *c = load("default: b\naccounts:\n"
				    "  a: {jid: j@x.lit}\n"
				    "  b: {jid: j@x.lit/bot}\n",
				    NULL, &e);

	UNIT_NEED(c);
	CHECK_STR(cpl_config_by_jid(c, "j@x.lit/else"), "b");
	cpl_config_free(c);
}

static void test_paths(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_settings s = {0};
	struct cpl_config *c = cpl_config_new();
	static const char text[] = "accounts: {a: {ca_file: ca, client_cert: "
				   "/c, client_key: ~/k}}";

	UNIT_NEED(c);
	CHECK_INT(mkdir("etc", 0700), 0);
	write_file("etc/c.yaml", text, sizeof text - 1);
	CHECK_INT(cpl_config_read(c, "etc/c.yaml", NULL, &e), 0);
	CHECK_INT(cpl_config_account(c, "a", &s, &e), 0);
	setting_is(&s, CPL_SET_CA_FILE, "etc/ca", "etc/c.yaml:1:25");
	setting_is(&s, CPL_SET_CLIENT_CERT, "/c", "etc/c.yaml:1:42");
	setting_is(&s, CPL_SET_CLIENT_KEY, "/home/j/k", "etc/c.yaml:1:58");
	cpl_settings_release(&s);
	cpl_config_free(c);
	CHECK_STR(e.text, "");
	unsetenv("HOME");
	refused("accounts: {a: {ca_file: ~/x}}\n",
		"config.yaml:1:25: ca_file: '~/x': HOME is not set");
	setenv("HOME", "/home/j", 1);
	c = cpl_config_new();
	UNIT_NEED(c);
	CHECK_INT(cpl_config_read(c, "etc", NULL, &e), -1);
	CHECK_STR(e.text, "etc: Is a directory");
	CHECK_INT(cpl_config_read(c, "none", NULL, &e), -1);
	CHECK_INT(e.status, CPL_CONFIG);
	CHECK_STR(e.text, "none: No such file or directory");
	cpl_config_free(c);
}

/* Of our own user: refused. Of another: told. No secret: nobody cares. */
static void test_permissions(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	static const char secret[] = "accounts: {a: {password: x}}";
	static const char harmless[] = "accounts: {a: {password_file: x}}";
	static const char room[] = "aliases: {a: {room: x@y.lit, password: x}}";
	struct cpl_config *c = cpl_config_new();

	UNIT_NEED(c);
	write_file("p.yaml", secret, sizeof secret - 1);
	CHECK_INT(chmod("p.yaml", 0640), 0);
	CHECK_INT(cpl_config_read(c, "p.yaml", &test_log, &e), -1);
	CHECK_INT(e.status, CPL_CONFIG);
	CHECK_STR(e.text, "p.yaml: others can read it and it holds a "
			  "password: chmod 600 p.yaml");
	write_file("p.yaml", room, sizeof room - 1);
	CHECK_INT(chmod("p.yaml", 0604), 0);
	CHECK_INT(cpl_config_read(c, "p.yaml", &test_log, &e), -1);
	CHECK_STR(e.text, "p.yaml: others can read it and it holds a "
			  "password: chmod 600 p.yaml");
	write_file("p.yaml", harmless, sizeof harmless - 1);
	CHECK_INT(chmod("p.yaml", 0644), 0);
	CHECK_INT(cpl_config_read(c, "p.yaml", &test_log, &e), 0);
	CHECK_STR(log_text, "");
	write_file("p.yaml", secret, sizeof secret - 1);
	if (geteuid() == 0 && chown("p.yaml", 12345, 12345) == 0) {
		CHECK_INT(chmod("p.yaml", 0640), 0);
		CHECK_INT(cpl_config_read(c, "p.yaml", &test_log, &e), 0);
		CHECK_STR(log_text, "");
		CHECK_INT(chmod("p.yaml", 0644), 0);
		CHECK_INT(cpl_config_read(c, "p.yaml", &test_log, &e), 0);
		CHECK_STR(log_text,
			  "p.yaml: others can read it and it holds a password");
		log_text[0] = '\0';
	}
	CHECK_INT(unlink("p.yaml"), 0);
	cpl_config_free(c);
}

/* ---- Aliases ---- */

static int add_jid(void *user, const char *jid,
		   const struct cpl_config_room *room)
{
	struct cpl_buf *b = user;

	return cpl_buf_addf(b, "%s%s ", jid, room ? " (room)" : "");
}

static int stop(void *user, const char *jid, const struct cpl_config_room *room)
{
	(void)jid;
	(void)room;
	return ++*(int *)user == 2;
}

static void add_name(void *user, const char *name)
{
	CHECK(cpl_buf_addf(user, "%s ", name) == 0);
}

static void test_aliases(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_buf b = CPL_BUF_INIT(1000);
	int calls = 0;
	struct cpl_config *c =
	    load("accounts: {z: , y: }\n"
		 "aliases:\n"
		 "  romeo: Romeo@montague.lit\n"
		 "  all: [team, nurse@capulet.lit, team, romeo]\n"
		 "  team: [romeo, romeo@Montague.lit, room.lit/x]\n",
		 NULL, &e);

	CHECK_STR(e.text, "");
	UNIT_NEED(c);
	CHECK_INT(cpl_config_alias(c, "romeo", add_jid, &b, &e), 1);
	CHECK_STR(b.data, "romeo@montague.lit ");
	cpl_buf_truncate(&b, 0);
	CHECK_INT(cpl_config_alias(c, "all", add_jid, &b, &e), 3);
	CHECK_STR(b.data, "romeo@montague.lit room.lit/x nurse@capulet.lit ");
	CHECK_INT(cpl_config_alias(c, "all", stop, &calls, &e), -1);
	CHECK_INT(calls, 2);
	CHECK_STR(e.text, "");
	CHECK_INT(cpl_config_alias(c, "raomeo", add_jid, &b, &e), -1);
	CHECK_INT(e.status, CPL_USAGE);
	CHECK_STR(e.text, "unknown alias 'raomeo' (did you mean 'romeo'?)");
	CHECK_INT(cpl_config_alias(c, "x", add_jid, &b, &e), -1);
	CHECK_STR(e.text, "unknown alias 'x'");
	cpl_buf_truncate(&b, 0);
	cpl_config_names(c, 1, add_name, &b);
	CHECK_STR(b.data, "romeo all team ");
	cpl_buf_truncate(&b, 0);
	cpl_config_names(c, 0, add_name, &b);
	CHECK_STR(b.data, "z y ");
	cpl_buf_release(&b);
	cpl_config_free(c);
}

/* The settings of the last room. */
static int keep_room(void *user, const char *jid,
		     const struct cpl_config_room *room)
{
	(void)jid;
	if (room)
		*(const struct cpl_config_room **)user = room;
	return 0;
}

static void test_rooms(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_buf b = CPL_BUF_INIT(1000);
	const struct cpl_config_room *room = NULL;
	struct cpl_config *c = load(
	    "aliases:\n"
	    "  ops:\n"
	    "    room: Ops@Rooms.lit\n"
	    "    nick: log bot\n"
	    "    password_file: ~/ops\n"
	    "    password_command: pass ops\n"
	    "    password: o-p-s\n"
	    "  hall: {room: hall@rooms.lit}\n"
	    "  all: [ops@rooms.lit, juliet@capulet.lit, hall, ops,\n"
	    "        {room: ops@rooms.lit, nick: other}]\n",
	    "aliases: {hall: h@system.lit, cellar: {room: c@rooms.lit}}\n", &e);

	CHECK_STR(e.text, "");
	UNIT_NEED(c);
	CHECK_INT(cpl_config_alias(c, "ops", keep_room, &room, &e), 1);
	UNIT_NEED(room != NULL);
	setting_is(&room->set, CPL_SET_NICK, "log bot", "config.yaml:4:11");
	setting_is(&room->set, CPL_SET_PASSWORD_FILE, "/home/j/ops",
		   "config.yaml:5:20");
	setting_is(&room->set, CPL_SET_PASSWORD_COMMAND, "pass ops",
		   "config.yaml:6:23");
	setting_is(&room->set, CPL_SET_PASSWORD, "o-p-s", "config.yaml:7:15");
	CHECK_INT(cpl_config_alias(c, "hall", keep_room, &room, &e), 1);
	setting_is(&room->set, CPL_SET_NICK, NULL, NULL);
	/* The first that says that it is a room. */
	CHECK_INT(cpl_config_alias(c, "all", add_jid, &b, &e), 3);
	CHECK_STR(b.data, "ops@rooms.lit (room) juliet@capulet.lit "
			  "hall@rooms.lit (room) ");
	CHECK_INT(cpl_config_alias(c, "all", keep_room, &room, &e), 3);
	CHECK_INT(cpl_config_alias(c, "cellar", keep_room, &room, &e), 1);
	cpl_buf_truncate(&b, 0);
	cpl_config_names(c, 1, add_name, &b);
	CHECK_STR(b.data, "ops hall all cellar ");
	cpl_buf_release(&b);
	cpl_config_free(c);
}

static void test_bad_rooms(void)
{
	refused("aliases: {a: {}}\n", "config.yaml:1:14: a: has no key 'room'");
	refused("aliases:\n  a:\n    nick: x\n",
		"config.yaml:3:5: a: has no key 'room'");
	refused("aliases: {a: {rom: x@y.lit}}\n",
		"config.yaml:1:15: unknown key 'rom' (did you mean 'room'?)");
	refused("aliases: {a: {room: x@y.lit, pasword_file: x}}\n",
		"config.yaml:1:30: unknown key 'pasword_file' (did you mean "
		"'password_file'?)");
	refused("aliases: {a: {room: x@y.lit, jid: x}}\n",
		"config.yaml:1:30: unknown key 'jid'");
	refused("aliases: {a: {room: x@y.lit, room: x@y.lit}}\n",
		"config.yaml:1:30: key 'room' is there twice, first in line 1");
	refused("aliases: {a: {room: y.lit}}\n",
		"config.yaml:1:21: room: 'y.lit' is no room: it has no "
		"localpart");
	refused("aliases: {a: {room: b}, b: c@d}\n",
		"config.yaml:1:21: room: 'b' is no room: it has no localpart");
	refused("aliases: {a: {room: x@y.lit/z}}\n",
		"config.yaml:1:21: room: 'x@y.lit/z' is no room: it has a "
		"resource");
	refused("aliases: {a: {room: x@}}\n",
		"config.yaml:1:21: room: 'x@' has an empty domain");
	refused("aliases: {a: {room: [x@y.lit]}}\n",
		"config.yaml:1:21: room: must be a text, not a list");
	refused("aliases: {a: {room: }}\n",
		"config.yaml:1:21: room: must be a text, not nothing");
	refused("aliases: {a: {room: x@y.lit, nick: ''}}\n",
		"config.yaml:1:36: nick: is empty");
	refused("aliases: {a: {room: x@y.lit, nick: '  '}}\n",
		"config.yaml:1:36: nick: is nothing but spaces");
	refused("aliases: {a: {room: x@y.lit, password: {}}}\n",
		"config.yaml:1:40: password: must be a text, not a map");
	refused("aliases: {a: [b@c, {room: y.lit}]}\n",
		"config.yaml:1:27: room: 'y.lit' is no room: it has no "
		"localpart");
}

/* Groups of groups, each with the one before twice: 2^n paths, n groups. And
 * a chain longer than the limit. */
static void test_alias_limits(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_buf b = CPL_BUF_INIT(CPL_CONFIG_BYTES_MAX);
	struct cpl_config *c;
	int i;

	CHECK(cpl_buf_adds(&b, "aliases:\n  g0: x@y.lit\n") == 0);
	for (i = 1; i < CPL_CONFIG_DEPTH_MAX; i++)
		CHECK(cpl_buf_addf(&b, "  g%d: [g%d, g%d, g%d]\n", i, i - 1,
				   i - 1, i - 1) == 0);
	c = load(b.data, NULL, &e);
	CHECK_STR(e.text, "");
	UNIT_NEED(c);
	CHECK_INT(cpl_config_alias(c, "g15", NULL, NULL, &e), 1);
	cpl_config_free(c);
	CHECK(cpl_buf_addf(&b, "  g16: g15\n") == 0);
	refused(b.data, "config.yaml:3:8: groups are nested too deeply");
	cpl_buf_truncate(&b, 0);
	CHECK(cpl_buf_adds(&b, "aliases:\n  g:\n") == 0);
	for (i = 0; i < CPL_RECIPIENTS_MAX; i++)
		CHECK(cpl_buf_addf(&b, "  - u%d@y.lit\n", i) == 0);
	c = load(b.data, NULL, &e);
	UNIT_NEED(c);
	CHECK_INT(cpl_config_alias(c, "g", NULL, NULL, &e), CPL_RECIPIENTS_MAX);
	cpl_config_free(c);
	CHECK(cpl_buf_adds(&b, "  - one.more\n") == 0);
	refused(b.data, "config.yaml:10003:5: more than 10000 recipients");
	cpl_buf_release(&b);
}

/* ---- The table ---- */

static void test_put(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_settings s = {0};

	CHECK_INT(cpl_setting_put(&s, CPL_SET_TLS, "tls", "--tls", &e), -1);
	CHECK_INT(e.status, CPL_USAGE);
	CHECK_STR(e.text, "--tls: 'tls' is not auto, direct, starttls or none");
	CHECK_INT(cpl_setting_put(&s, CPL_SET_TLS, "", "COUPLET_TLS", &e), -1);
	CHECK_INT(e.status, CPL_CONFIG);
	CHECK_STR(e.text, "COUPLET_TLS: is empty");
	CHECK_INT(cpl_setting_put(&s, CPL_SET_JID, "a@", "--jid", &e), -1);
	CHECK_INT(e.status, CPL_USAGE);
	CHECK_STR(e.text, "--jid: 'a@' has an empty domain");
	CHECK_INT(cpl_setting_put(&s, CPL_SET_TLS, "none", "--tls", &e), 0);
	CHECK_INT(cpl_setting_put(&s, CPL_SET_TLS, "auto", "f:1:1", &e), 0);
	setting_is(&s, CPL_SET_TLS, "none", "--tls");
	/* What is set stays, so what is not used is not looked at. */
	CHECK_INT(cpl_setting_put(&s, CPL_SET_TLS, "what", "f:1:1", &e), 0);
	CHECK_INT(cpl_setting_put(&s, CPL_SET_TRACE, "-", "--trace", &e), 0);
	cpl_setting_drop(&s, CPL_SET_TLS);
	CHECK(!cpl_setting(&s, CPL_SET_TLS));
	cpl_settings_release(&s);
	cpl_settings_release(&s);
}

static void server_is(const char *value, const char *host, int port)
{
	char got[256] = "";
	uint16_t number = 0;

	CHECK_INT(cpl_setting_server(value, got, &number), host ? 0 : -1);
	if (host) {
		CHECK_STR(got, host);
		CHECK_INT(number, port);
	}
}

static void test_server(void)
{
	char longest[258];

	server_is("xmpp.capulet.lit", "xmpp.capulet.lit", 0);
	server_is("localhost:5223", "localhost", 5223);
	server_is("[::1]:65535", "::1", 65535);
	server_is("[::1]", "::1", 0);
	server_is("2001:db8::1", "2001:db8::1", 0);
	server_is("[fe80::1%lo]:1", "fe80::1%lo", 1);
	server_is("m\xc3\xbcnchen.lit", "m\xc3\xbcnchen.lit", 0);
	server_is("[fe80::1%]", NULL, 0);
	server_is("::g", NULL, 0);
	server_is("a/b", NULL, 0);
	server_is("user@host", NULL, 0);
	memset(longest, 'a', 256);
	longest[256] = '\0';
	server_is(longest, NULL, 0);
	server_is(longest + 1, longest + 1, 0);
}

static void test_suggest(void)
{
	static const char *const words[] = {"tls", "timeout", "password",
					    "password_file"};
	char longest[65];

	CHECK_STR(cpl_suggest("tsl", words, 4), "tls");
	CHECK_STR(cpl_suggest("TLS", words, 4), "tls");
	CHECK_STR(cpl_suggest("tineot", words, 4), "timeout");
	CHECK_STR(cpl_suggest("passwordfile", words, 4), "password_file");
	CHECK_STR(cpl_suggest("asswodr", words, 4), "password");
	CHECK_STR(cpl_suggest("tl", words, 4), NULL);
	CHECK_STR(cpl_suggest("pasw", words, 4), NULL);
	CHECK_STR(cpl_suggest("", words, 4), NULL);
	CHECK_STR(cpl_suggest("tls", words, 0), NULL);
	memset(longest, 'a', 64);
	longest[64] = '\0';
	CHECK_STR(cpl_suggest(longest, words, 4), NULL);
}

int main(void)
{
	char folder[] = "/tmp/couplet-config-XXXXXX";
	static const char *const left[] = {"config.yaml", "system.yaml",
					   "big.yaml", "etc/c.yaml"};
	int result;

	if (!mkdtemp(folder) || chdir(folder) < 0)
		return 1;
	RUN(test_all_keys);
	RUN(test_nothing);
	RUN(test_yaml);
	RUN(test_limits);
	RUN(test_keys);
	RUN(test_values);
	RUN(test_references);
	RUN(test_merge);
	RUN(test_inherit);
	RUN(test_only_account);
	RUN(test_by_jid);
	RUN(test_paths);
	RUN(test_permissions);
	RUN(test_aliases);
	RUN(test_rooms);
	RUN(test_bad_rooms);
	RUN(test_alias_limits);
	RUN(test_put);
	RUN(test_server);
	RUN(test_suggest);
	result = unit_end();
	for (size_t i = 0; i < sizeof left / sizeof *left; i++)
		unlink(left[i]);
	rmdir("etc");
	if (chdir("/") == 0)
		rmdir(folder);
	return result;
}
