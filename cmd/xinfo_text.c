/* SPDX-License-Identifier: MIT
 *
 * xinfo: the report as lines of a key and its values. */
#include <stdio.h>

#include "../common/stanza/ns.h"
#include "xinfo.h"

/* Who prints, and under which key. */
struct to {
	struct xinfo *x;
	const char *key;
};

/* A line of up to N values behind the key. */
#define LINE(x, ...)                                                           \
	do {                                                                   \
		const char *const fields[] = {__VA_ARGS__};                    \
		cpl_client_fields(&(x)->client, fields,                        \
				  sizeof fields / sizeof *fields);             \
	} while (0)

static const char *service(int direct_tls)
{
	return direct_tls ? "xmpps-client" : "xmpp-client";
}

static void print_kind(struct xinfo *x, int direct_tls)
{
	const struct cpl_survey_kind *kind =
	    cpl_survey_kind(x->survey, direct_tls);

	if (kind->absent)
		LINE(x, "srv", service(direct_tls), "0", "0", "0", ".");
	if (kind->why)
		LINE(x, "dns-fault", service(direct_tls), kind->why);
}

/* A host may be there for several records. */
static int is_new_host(const struct xinfo *x, size_t i)
{
	const char *host = cpl_survey_place(x->survey, i)->host;

	for (size_t k = 0; k < i; k++)
		if (strcmp(cpl_survey_place(x->survey, k)->host, host) == 0)
			return 0;
	return 1;
}

static void print_records(struct xinfo *x)
{
	size_t n = cpl_survey_count(x->survey);

	print_kind(x, 1);
	print_kind(x, 0);
	for (size_t i = 0; i < n; i++) {
		const struct cpl_survey_place *p =
		    cpl_survey_place(x->survey, i);
		char number[3][8];

		snprintf(number[0], sizeof number[0], "%u", p->priority);
		snprintf(number[1], sizeof number[1], "%u", p->weight);
		snprintf(number[2], sizeof number[2], "%u", p->port);
		if (p->is_srv)
			LINE(x, "srv", service(p->direct_tls), number[0],
			     number[1], number[2], p->host);
	}
	for (size_t i = 0; i < n; i++) {
		const struct cpl_survey_place *p =
		    cpl_survey_place(x->survey, i);

		if (!is_new_host(x, i))
			continue;
		for (size_t k = 0; k < p->count; k++)
			LINE(x, "address", p->host, p->addresses[k]);
		if (p->count == 0)
			LINE(x, "dns-fault", p->host, p->why);
	}
}

static void print_chain(struct xinfo *x, const struct cpl_tls_info *tls)
{
	char number[24], from[32], until[32];

	for (size_t i = 0; i < tls->count; i++) {
		const struct cpl_tls_certificate *c = &tls->chain[i];

		snprintf(number, sizeof number, "%zu", i);
		time_text(c->from, from);
		time_text(c->until, until);
		LINE(x, "certificate", number, c->subject, c->issuer, from,
		     until, c->key, c->fingerprint);
	}
	if (tls->left > 0) {
		snprintf(number, sizeof number, "%zu", tls->left);
		LINE(x, "certificates-left-out", number);
	}
}

static void print_trust(struct xinfo *x, const struct cpl_tls_info *tls)
{
	const struct cpl_tls_certificate *own = &tls->chain[0];
	char until[32], days[24];

	if (tls->count > 0) {
		time_text(tls->ends, until);
		snprintf(days, sizeof days, "%ld", days_until(tls->ends));
		LINE(x, "expires", until, days);
		LINE(x, "fingerprint", own->fingerprint);
	}
	for (size_t i = 0; i < own->name_count; i++)
		LINE(x, "name", own->names[i]);
	if (own->names_left > 0) {
		snprintf(days, sizeof days, "%zu", own->names_left);
		LINE(x, "names-left-out", days);
	}
	if (tls->untrusted.status == CPL_OK)
		LINE(x, "verified", "yes");
	else
		LINE(x, "verified", "no", tls->untrusted.text);
}

static int print_word(void *user, const char *word)
{
	const struct to *to = user;

	LINE(to->x, to->key, word);
	return 0;
}

static int print_feature(void *user, const char *name, const char *ns)
{
	const struct to *to = user;

	LINE(to->x, to->key, name, ns);
	return 0;
}

static void print_limits(struct xinfo *x, xmpp_stanza_t *features)
{
	static const char *const names[] = {"max-bytes", "idle-seconds"};
	char number[24];

	for (size_t i = 0; i < 2; i++) {
		long long n = limit_of(features, names[i]);

		snprintf(number, sizeof number, "%lld", n);
		if (n > 0)
			LINE(x, "limit", names[i], number);
	}
}

static void print_offer(struct xinfo *x, const char *key, const struct found *f,
			const char *name, const char *ns)
{
	static const char *const words[] = {"unknown", "no", "yes"};

	LINE(x, key, words[offers(x, f, name, ns) + 1]);
}

static void print_stream(struct xinfo *x, const struct found *f)
{
	struct to to = {x, NULL};

	if (f->starttls != CPL_STARTTLS_NONE)
		LINE(x, "starttls",
		     f->starttls == CPL_STARTTLS_REQUIRED ? "required"
							  : "optional");
	for (size_t i = 0; i < WORD_LISTS; i++) {
		to.key = word_lists[i].key;
		(void)!each_word(f->features, &word_lists[i], print_word, &to);
	}
	to.key = "inline";
	(void)!each_feature(f->features, 1, print_feature, &to);
	to.key = "feature";
	(void)!each_feature(f->features, 0, print_feature, &to);
	print_limits(x, f->features);
	if (f->features) {
		print_offer(x, "sm", f, "sm", CPL_NS_SM);
		print_offer(x, "csi", f, "csi", CPL_NS_CSI);
	}
}

static void print_found(struct xinfo *x, const struct found *f)
{
	char port[8], number[32];

	snprintf(port, sizeof port, "%u", f->port);
	LINE(x, "target", f->host, port, f->address,
	     method_of(x, f->direct_tls));
	if (f->fault.status != CPL_OK) {
		snprintf(number, sizeof number, "%d", (int)f->fault.status);
		LINE(x, "fault", number, f->fault.text);
	}
	if (f->tls) {
		LINE(x, "tls", f->tls->version, f->tls->cipher);
		print_chain(x, f->tls);
		print_trust(x, f->tls);
	}
	print_stream(x, f);
	for (int i = 0; i < PHASES; i++) {
		double ms = phase_of(f, (enum phase)i);

		snprintf(number, sizeof number, "%.1f", ms);
		if (ms >= 0)
			LINE(x, "time", phase_names[i], number);
	}
	snprintf(number, sizeof number, "%u", f->timing.acked);
	if (f->timing.acked > 0)
		LINE(x, "flights", number);
}

void print_text(struct xinfo *x)
{
	struct to to = {x, "login-feature"};

	LINE(x, "domain", x->jid.domain);
	if (x->survey)
		print_records(x);
	for (size_t i = 0; i < x->found_count; i++)
		print_found(x, &x->found[i]);
	if (!x->offered)
		return;
	LINE(x, "login", x->bound);
	(void)!each_feature(x->offered, 0, print_feature, &to);
	print_limits(x, x->offered);
}
