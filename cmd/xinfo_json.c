/* SPDX-License-Identifier: MIT
 *
 * xinfo: the report as one object. What a server says is escaped by
 * cpl_json_string(), so that the object is one line that no terminal obeys. */
#include "../common/stanza/json.h"
#include "../common/stanza/ns.h"
#include "xinfo.h"

/* The object as it grows; the first failure stays. */
struct json {
	struct cpl_buf *out;
	int failed;
};

static void raw(struct json *j, const char *text)
{
	if (!j->failed && cpl_buf_adds(j->out, text) < 0)
		j->failed = 1;
}

/* A comma, unless something has just been opened; then the key, if any. A
 * string that ends in an opening character ends in its quote. */
static void key(struct json *j, const char *name)
{
	char last = j->out->len > 0 ? j->out->data[j->out->len - 1] : '[';

	if (last != '[' && last != '{' && last != ':')
		raw(j, ",");
	if (!name)
		return;
	raw(j, "\"");
	raw(j, name);
	raw(j, "\":");
}

/* A name of NULL: an item of an array. */
static void text(struct json *j, const char *name, const char *value)
{
	key(j, name);
	raw(j, "\"");
	if (!j->failed && cpl_json_string(j->out, value, strlen(value)) < 0)
		j->failed = 1;
	raw(j, "\"");
}

static void number(struct json *j, const char *name, long long value)
{
	key(j, name);
	if (!j->failed && cpl_buf_addf(j->out, "%lld", value) < 0)
		j->failed = 1;
}

static void truth(struct json *j, const char *name, int value)
{
	key(j, name);
	raw(j, value < 0 ? "null" : value ? "true" : "false");
}

static void begin(struct json *j, const char *name, const char *bracket)
{
	key(j, name);
	raw(j, bracket);
}

static void time_member(struct json *j, const char *name, int64_t when)
{
	char out[32];

	time_text(when, out);
	text(j, name, out);
}

static void fault(struct json *j, const struct cpl_err *e)
{
	begin(j, "fault", "{");
	number(j, "status", e->status);
	text(j, "text", e->text);
	raw(j, "}");
}

/* --- the DNS ------------------------------------------------------------- */

static void add_kind(struct json *j, const struct cpl_survey_kind *kind,
		     const char *service)
{
	if (!kind->asked)
		return;
	begin(j, service, "{");
	truth(j, "absent", kind->absent);
	if (kind->why)
		text(j, "fault", kind->why);
	raw(j, "}");
}

static void add_places(struct json *j, const struct xinfo *x)
{
	begin(j, "places", "[");
	for (size_t i = 0; i < cpl_survey_count(x->survey); i++) {
		const struct cpl_survey_place *p =
		    cpl_survey_place(x->survey, i);

		begin(j, NULL, "{");
		text(j, "host", p->host);
		number(j, "port", p->port);
		text(j, "method", method_of(x, p->direct_tls));
		if (p->is_srv) {
			number(j, "priority", p->priority);
			number(j, "weight", p->weight);
		}
		begin(j, "addresses", "[");
		for (size_t k = 0; k < p->count; k++)
			text(j, NULL, p->addresses[k]);
		raw(j, "]");
		if (p->count == 0)
			text(j, "fault", p->why);
		raw(j, "}");
	}
	raw(j, "]");
}

/* --- a target ------------------------------------------------------------ */

static void add_tls(struct json *j, const struct cpl_tls_info *tls)
{
	text(j, "tls", tls->version);
	text(j, "cipher", tls->cipher);
	truth(j, "verified", tls->untrusted.status == CPL_OK);
	if (tls->untrusted.status != CPL_OK)
		text(j, "unverified", tls->untrusted.text);
	if (tls->count > 0) {
		time_member(j, "expires", tls->ends);
		number(j, "days", days_until(tls->ends));
		text(j, "fingerprint", tls->chain[0].fingerprint);
	}
	begin(j, "certificates", "[");
	for (size_t i = 0; i < tls->count; i++) {
		const struct cpl_tls_certificate *c = &tls->chain[i];

		begin(j, NULL, "{");
		text(j, "subject", c->subject);
		text(j, "issuer", c->issuer);
		time_member(j, "from", c->from);
		time_member(j, "until", c->until);
		text(j, "key", c->key);
		text(j, "fingerprint", c->fingerprint);
		raw(j, "}");
	}
	raw(j, "]");
	begin(j, "names", "[");
	for (size_t i = 0; i < tls->chain[0].name_count; i++)
		text(j, NULL, tls->chain[0].names[i]);
	raw(j, "]");
}

static int add_word(void *user, const char *word)
{
	struct json *j = user;

	text(j, NULL, word);
	return j->failed ? -1 : 0;
}

static int add_feature(void *user, const char *name, const char *ns)
{
	struct json *j = user;

	begin(j, NULL, "{");
	text(j, "name", name);
	text(j, "ns", ns ? ns : "");
	raw(j, "}");
	return j->failed ? -1 : 0;
}

static void add_features(struct json *j, xmpp_stanza_t *features)
{
	long long bytes = limit_of(features, "max-bytes");
	long long idle = limit_of(features, "idle-seconds");

	begin(j, "features", "[");
	(void)!each_feature(features, 0, add_feature, j);
	raw(j, "]");
	begin(j, "limits", "{");
	if (bytes > 0)
		number(j, "max_bytes", bytes);
	if (idle > 0)
		number(j, "idle_seconds", idle);
	raw(j, "}");
}

static void add_stream(struct json *j, const struct xinfo *x,
		       const struct found *f)
{
	if (f->starttls != CPL_STARTTLS_NONE)
		text(j, "starttls",
		     f->starttls == CPL_STARTTLS_REQUIRED ? "required"
							  : "optional");
	for (size_t i = 0; i < WORD_LISTS; i++) {
		begin(j, word_lists[i].key, "[");
		(void)!each_word(f->features, &word_lists[i], add_word, j);
		raw(j, "]");
	}
	begin(j, "inline", "[");
	(void)!each_feature(f->features, 1, add_feature, j);
	raw(j, "]");
	add_features(j, f->features);
	truth(j, "sm", offers(x, f, "sm", CPL_NS_SM));
	truth(j, "csi", offers(x, f, "csi", CPL_NS_CSI));
}

static void add_found(struct json *j, const struct xinfo *x,
		      const struct found *f)
{
	begin(j, NULL, "{");
	text(j, "host", f->host);
	number(j, "port", f->port);
	text(j, "address", f->address);
	text(j, "method", method_of(x, f->direct_tls));
	if (f->fault.status != CPL_OK)
		fault(j, &f->fault);
	if (f->tls)
		add_tls(j, f->tls);
	if (f->features)
		add_stream(j, x, f);
	begin(j, "ms", "{");
	for (int i = 0; i < PHASES; i++) {
		double ms = phase_of(f, (enum phase)i);

		if (ms < 0)
			continue;
		key(j, phase_names[i]);
		if (!j->failed && cpl_buf_addf(j->out, "%.1f", ms) < 0)
			j->failed = 1;
	}
	raw(j, "}");
	if (f->timing.acked > 0)
		number(j, "flights", f->timing.acked);
	raw(j, "}");
}

void print_json(struct xinfo *x)
{
	struct json j = {&x->client.line, 0};

	raw(&j, "{");
	text(&j, "domain", x->jid.domain);
	if (x->survey) {
		begin(&j, "srv", "{");
		add_kind(&j, cpl_survey_kind(x->survey, 1), "xmpps-client");
		add_kind(&j, cpl_survey_kind(x->survey, 0), "xmpp-client");
		raw(&j, "}");
		add_places(&j, x);
	}
	begin(&j, "targets", "[");
	for (size_t i = 0; i < x->found_count; i++)
		add_found(&j, x, &x->found[i]);
	raw(&j, "]");
	if (x->offered) {
		begin(&j, "login", "{");
		text(&j, "jid", x->bound);
		add_features(&j, x->offered);
		raw(&j, "}");
	}
	raw(&j, "}");
	cpl_client_json(&x->client, j.failed);
}
