/* SPDX-License-Identifier: MIT
 *
 * Values from options, the environment, files and servers: numbers, times,
 * addresses, proxies, base64, ids, and every setting of an account. The first
 * byte says which; the rest is the text. What is taken is taken again as it was
 * written, no error repeats a secret. */
#include "../../common/base/num.h"

#include "../../common/base/limits.h"
#include "../../common/base/suggest.h"
#include "../../common/base/uuid.h"
#include "../../common/base/when.h"
#include "../../common/config/proxy.h"
#include "../../common/net/addr.h"
#include "../../common/stanza/chars.h"
#include "../../common/stanza/path.h"
#include "../../common/store/kept.h"
#include "../../common/store/queue_impl.h"
#include "../../common/stream/base64.h"
#include "../../common/stream/scram.h"
#include "fuzz.h"

static void number(const char *text, size_t n)
{
	char again[32];
	long value, ms;

	if (cpl_num_int(text, -1000, 1000000, &value, NULL) == 0) {
		MUST(value >= -1000 && value <= 1000000);
		snprintf(again, sizeof again, "%ld", value);
		MUST(cpl_num_int(again, value, value, &value, NULL) == 0);
	}
	if (cpl_num_seconds(text, 2000000, &ms, NULL) == 0) {
		MUST(ms >= 0 && ms <= 2000000000);
		snprintf(again, sizeof again, "%ld.%03ld", ms / 1000,
			 ms % 1000);
		MUST(cpl_num_seconds(again, 2000000, &value, NULL) == 0 &&
		     value == ms);
	}
	value = cpl_scram_iterations(text, n, NULL);
	MUST(value < 0 || (value >= CPL_SCRAM_ITERATIONS_MIN &&
			   value <= CPL_SCRAM_ITERATIONS_MAX));
}

static void when(const char *text, size_t n)
{
	char stamp[CPL_WHEN_SIZE];
	int64_t at, again;

	(void)n;
	if (cpl_when_parse(text, &at) == 0) {
		cpl_when_stamp(at, stamp);
		MUST(cpl_when_parse(stamp, &again) == 0 && again == at);
	}
	if (cpl_when_duration(text, &at) == 0)
		MUST(at >= 0 && at <= INT64_C(3660) * 86400000);
}

static void address(const char *text, size_t n)
{
	struct cpl_addr a, again;
	char out[600];

	(void)n;
	(void)(cpl_name_is_localhost(text) + cpl_name_is_invalid(text) +
	       cpl_name_is_onion(text));
	if (cpl_name_is_host(text))
		MUST(strlen(text) < 256 && !strchr(text, ' '));
	if (!cpl_addr_literal(text, &a))
		return;
	(void)cpl_addr_loopback(&a);
	cpl_addr_bare_text(&a, out, sizeof out);
	MUST(cpl_addr_literal(out, &again));
	again.u.v6.sin6_scope_id = a.u.v6.sin6_scope_id;
	MUST(memcmp(&a, &again, cpl_addr_len(&a)) == 0);
	cpl_addr_set_port(&a, 5222);
	cpl_addr_text(&a, text, 5222, out, sizeof out);
	MUST(strstr(out, ":5222"));
}

static void proxy(const char *text, size_t n)
{
	struct cpl_buf masked = CPL_BUF_INIT(FUZZ_ROOM);
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_proxy p, again;

	(void)n;
	MUST(cpl_proxy_mask(&masked, text) == 0);
	if (cpl_proxy_parse(text, &p, &e) < 0) {
		MUST(e.status == CPL_CONFIG && e.text[0]);
		goto out;
	}
	MUST(*p.host && p.port);
	MUST(!*p.password || cpl_proxy_is_secret(text));
	/* Without its password it is the same proxy. */
	MUST(cpl_proxy_parse(masked.data, &again, NULL) == 0);
	MUST(strcmp(again.host, p.host) == 0 && again.port == p.port);
	MUST(strcmp(again.user, p.user) == 0);
	if (cpl_proxy_is_secret(text))
		MUST(strcmp(again.password, "*") == 0);
out:
	cpl_buf_release(&masked);
}

static void base64(const char *text, size_t n)
{
	struct cpl_buf raw = CPL_BUF_INIT(FUZZ_ROOM), again = raw;

	if (cpl_base64_decode(&raw, text, n) == 0) {
		MUST(cpl_base64_encode(&again, raw.len ? raw.data : "",
				       raw.len) == 0);
		MUST(again.len == n);
	}
	cpl_buf_truncate(&raw, 0);
	cpl_buf_truncate(&again, 0);
	MUST(cpl_base64_encode(&raw, text, n) == 0);
	MUST(cpl_base64_decode(&again, raw.len ? raw.data : "", raw.len) == 0);
	MUST(again.len == n && (n == 0 || !memcmp(again.data, text, n)));
	cpl_buf_release(&raw);
	cpl_buf_release(&again);
}

static void name(const char *text, size_t n)
{
	static const char *const words[] = {"password", "password_file",
					    "accounts", "tls"};
	char id[CPL_QUEUE_ID_SIZE], file[CPL_QUEUE_NAME_SIZE];
	struct cpl_path path;
	unsigned attempts;

	(void)cpl_suggest(text, words, sizeof words / sizeof *words);
	MUST(!cpl_is_uuid(text) || strlen(text) == CPL_UUID_SIZE - 1);
	MUST(!cpl_kept_is_name(text) || !strchr(text, '/'));
	if (cpl_queue_parse_name(text, id, &attempts) == 0) {
		MUST(cpl_queue_is_id(id));
		cpl_queue_file_name(id, attempts, file);
		MUST(strcmp(file, text) == 0);
	}
	(void)!cpl_path_read(&path, text, n, NULL);
	cpl_path_release(&path);
}

/* The text of a secret stands in no error. */
static void setting(const char *text, size_t n)
{
	struct cpl_settings s = {.account = NULL};
	enum cpl_setting_id id;
	struct cpl_err e = CPL_ERR_INIT;
	char host[256];
	uint16_t port;

	if (n == 0)
		return;
	id = (unsigned char)*text++ % CPL_SETTINGS;
	if (cpl_setting_put(&s, id, text, "file:1:1", &e) < 0) {
		MUST(e.status == CPL_CONFIG && e.text[0]);
		MUST(cpl_setting_table[id].kind != CPL_KIND_SECRET ||
		     strlen(text) < 8 || !strstr(e.text, text));
	} else {
		MUST(cpl_setting(&s, id) != NULL);
		MUST(cpl_setting_check(id, text, NULL) == 0);
		(void)cpl_settings_taken(s.set);
		cpl_setting_drop(&s, id);
		MUST(cpl_setting(&s, id) == NULL);
	}
	cpl_settings_release(&s);
	if (cpl_setting_server(text, host, &port) == 0)
		MUST(*host && strlen(host) < sizeof host);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const all[])(const char *text, size_t n) = {
	    number, when, address, proxy, base64, name, setting};
	char *text;

	if (size < 1)
		return 0;
	text = strndup((const char *)data + 1, size - 1);
	MUST(text != NULL);
	all[data[0] % (sizeof all / sizeof *all)](text, strlen(text));
	free(text);
	return 0;
}
