/* SPDX-License-Identifier: MIT
 *
 * Answers of a name server, from a domain to the addresses that are tried: what
 * comes of them are hosts, in the order of their priorities, each address once.
 * The first byte says what is asked for; each message that is waited for is one
 * byte, its length in pairs, and the message. */
#define CARES_NO_DEPRECATED
#include <ares.h>

#include "../../common/net/dns.h"
#include "../../common/net/lookup.h"
#include "../../common/net/resolve.h"
#include "../../common/net/targets.h"
#include "played_loop.h"

/* What is left of the input. */
static const uint8_t *at, *end;

/* --- c-ares's channel, played; its parsers are its own ------------------- */

/* Its types differ from version to version, the functions do not. */
#define IN_PLACE_OF(name) __asm__(name)

int played_init(void *channel, void *options, int mask)
    IN_PLACE_OF("ares_init_options");
void played_destroy(void *channel) IN_PLACE_OF("ares_destroy");
int played_library(int flags) IN_PLACE_OF("ares_library_init");
void played_no_library(void) IN_PLACE_OF("ares_library_cleanup");
void *played_timeout(void *channel, void *most, void *out)
    IN_PLACE_OF("ares_timeout");
int played_file(void *channel, const char *name, int family, void *host)
    IN_PLACE_OF("ares_gethostbyname_file");
void played_send(void *channel, const unsigned char *query, int n,
		 ares_callback answered, void *arg) IN_PLACE_OF("ares_send");
void played_search(void *channel, const char *name, int class, int type,
		   ares_callback answered, void *arg)
    IN_PLACE_OF("ares_search");
ssize_t played_random(void *out, size_t n, unsigned flags)
    IN_PLACE_OF("getrandom");

int played_init(void *channel, void *options, int mask)
{
	(void)options;
	(void)mask;
	*(void **)channel = &at;
	return ARES_SUCCESS;
}

void played_destroy(void *channel)
{
	MUST(channel == &at);
}

int played_library(int flags)
{
	(void)flags;
	return ARES_SUCCESS;
}

void played_no_library(void)
{
}

void *played_timeout(void *channel, void *most, void *out)
{
	(void)channel;
	(void)most;
	(void)out;
	return NULL;
}

int played_file(void *channel, const char *name, int family, void *host)
{
	(void)channel;
	(void)name;
	(void)family;
	(void)host;
	return ARES_ENOTFOUND;
}

/* The next message, or none at all. */
static void answer(ares_callback answered, void *arg)
{
	unsigned char *message;
	size_t n;

	if (at == end) {
		answered(arg, ARES_ETIMEOUT, 1, NULL, 0);
		return;
	}
	n = 2 * (size_t)*at++;
	if (n > (size_t)(end - at))
		n = (size_t)(end - at);
	message = malloc(n > 0 ? n : 1);
	MUST(message != NULL);
	memcpy(message, at, n);
	at += n;
	answered(arg, ARES_SUCCESS, 0, message, (int)n);
	free(message);
}

void played_send(void *channel, const unsigned char *query, int n,
		 ares_callback answered, void *arg)
{
	(void)channel;
	MUST(n > 12 && query[3] & 0x20); /* AD */
	answer(answered, arg);
}

void played_search(void *channel, const char *name, int class, int type,
		   ares_callback answered, void *arg)
{
	(void)channel;
	(void)name;
	(void)class;
	(void)type;
	answer(answered, arg);
}

ssize_t played_random(void *out, size_t n, unsigned flags)
{
	(void)flags;
	memset(out, 0x5a, n);
	return (ssize_t)n;
}

/* ------------------------------------------------------------------------ */

static void on_changed(void *user)
{
	(void)user;
}

static uint32_t chance(void *user, uint32_t sum)
{
	uint32_t *seed = user;

	*seed = *seed * 1103515245 + 12345;
	return sum ? *seed % (sum + 1) : 0;
}

static void check_records(const struct cpl_srv_question *q)
{
	struct cpl_srv records[CPL_DIAL_TARGETS_MAX];
	uint32_t seed = q->ttl;
	size_t found = 0;

	MUST(q->answer >= CPL_ANSWER_FOUND && q->answer <= CPL_ANSWER_FAILED);
	MUST((q->answer == CPL_ANSWER_FOUND) == (q->n > 0));
	MUST(q->n <= CPL_DIAL_TARGETS_MAX);
	memcpy(records, q->records, sizeof records);
	cpl_srv_order(records, q->n, chance, &seed);
	for (size_t i = 0; i < q->n; i++) {
		const struct cpl_srv *s = &records[i];

		MUST(cpl_name_is_host(s->host) && s->port > 0);
		MUST(i == 0 || records[i - 1].priority <= s->priority);
		for (size_t j = 0; j < q->n; j++)
			found += memcmp(s, &q->records[j], sizeof *s) == 0;
	}
	MUST(found >= q->n);
}

/* The addresses, in the order in which they would be tried. */
static void walk(struct cpl_targets *targets)
{
	enum cpl_next next = CPL_NEXT_ADDRESS;
	struct cpl_target described;
	struct cpl_candidate c;
	struct cpl_addr addr;
	size_t n = 0;

	while (next != CPL_NEXT_END) {
		int64_t wake = INT64_MAX;
		struct cpl_err e = CPL_ERR_INIT;

		next = cpl_targets_next(targets, &c, &wake, &e);
		MUST(e.status == CPL_OK || e.text[0]);
		if (next == CPL_NEXT_ADDRESS) {
			cpl_targets_describe(targets, &c, &addr, &described);
			MUST(described.host[0] && described.port);
			MUST(addr.u.any.sa_family == c.family);
		} else if (next == CPL_NEXT_WAIT) {
			MUST(wake > played_now && wake < INT64_MAX);
			played_now = wake;
		}
		MUST(n++ < 100 * CPL_DIAL_TARGETS_MAX);
	}
}

static void look_up(struct cpl_resolver *r, enum cpl_tls_mode mode)
{
	struct cpl_lookup l = {.resolver = r, .mode = mode};
	struct cpl_targets targets = {.resolver = r};
	struct cpl_err e = CPL_ERR_INIT;
	int64_t wake = INT64_MAX;
	int rc = 0;

	snprintf(l.domain, sizeof l.domain, "capulet.lit");
	cpl_lookup_start(&l);
	if (mode != CPL_TLS_STARTTLS)
		check_records(&l.direct);
	if (mode == CPL_TLS_AUTO || mode == CPL_TLS_STARTTLS)
		check_records(&l.starttls);
	for (int i = 0; rc == 0; i++) {
		MUST(i < 10);
		rc = cpl_lookup_step(&l, &targets, &wake, &e);
		if (rc == 0)
			played_now = wake;
	}
	if (rc > 0)
		walk(&targets);
	else
		MUST(e.status != CPL_OK && e.text[0]);
	cpl_targets_release(&targets);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum cpl_tls_mode modes[] = {CPL_TLS_AUTO, CPL_TLS_DIRECT,
						  CPL_TLS_STARTTLS};
	struct cpl_dns_facts facts;
	struct cpl_resolver *r;
	struct cpl_loop *loop;

	if (size < 1)
		return 0;
	if (cpl_dns_facts(data + 1, size - 1, &facts) == 0)
		MUST(facts.status >= 0 && facts.status < 16);
	at = data + 1;
	end = data + size;
	loop = cpl_loop_new(NULL);
	r = cpl_resolver_new(loop, NULL, NULL, data[0] >> 2 & 1, on_changed,
			     NULL);
	MUST(r != NULL);
	look_up(r, modes[(data[0] & 3) % 3]);
	cpl_resolver_free(r);
	cpl_loop_free(loop);
	return 0;
}
