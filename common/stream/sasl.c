/* SPDX-License-Identifier: MIT */
#include "sasl.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <stringprep.h>

#include "../base/limits.h"
#include "../store/offer.h"
#include "base64.h"
#include "scram.h"

enum kind { EXTERNAL, SCRAM, PLAIN, ANONYMOUS };

/* In the order in which they are preferred. */
static const struct mechanism {
	const char *name;
	enum kind kind;
	const char *hash;
	int plus;
} mechanisms[] = {
    {"EXTERNAL", EXTERNAL, NULL, 0},
    {"SCRAM-SHA-512-PLUS", SCRAM, "SHA512", 1},
    {"SCRAM-SHA-256-PLUS", SCRAM, "SHA256", 1},
    {"SCRAM-SHA-1-PLUS", SCRAM, "SHA1", 1},
    {"SCRAM-SHA-512", SCRAM, "SHA512", 0},
    {"SCRAM-SHA-256", SCRAM, "SHA256", 0},
    {"SCRAM-SHA-1", SCRAM, "SHA1", 0},
    {"PLAIN", PLAIN, NULL, 0},
    {"ANONYMOUS", ANONYMOUS, NULL, 0},
};

enum { MECHANISMS = sizeof mechanisms / sizeof *mechanisms };

/* The states of an exchange: what may come next. */
enum state { START, FIRST_SENT, FINAL_SENT, VERIFIED };

struct cpl_sasl {
	const struct mechanism *mechanism;
	char *local;
	char *bare;
	struct cpl_buf password; /* SASLprep'd */
	char nonce[40];
	char gs2[40];
	struct cpl_sasl_channel channel;
	const char *binding_type;     /* NULL: not bound */
	const unsigned char *binding; /* in channel */
	size_t binding_len;
	struct cpl_buf offer_hash; /* for SCRAM, else empty */
	char tls_version[8];
	struct cpl_scram scram;
	enum state state;
};

/* The binding for -PLUS. XEP-0440 3: a type that the server names. Where it
 * names none, tls-exporter on TLS 1.3 (RFC 9266 3) and else end-point. */
static const char *choose_binding(struct cpl_sasl *s, const char *named)
{
	if (s->channel.exporter_len > 0 &&
	    (!named || cpl_offer_has(named, "tls-exporter"))) {
		s->binding = s->channel.exporter;
		s->binding_len = (size_t)s->channel.exporter_len;
		return "tls-exporter";
	}
	if (s->channel.end_point_len > 0 &&
	    (!named || cpl_offer_has(named, "tls-server-end-point"))) {
		s->binding = s->channel.end_point;
		s->binding_len = (size_t)s->channel.end_point_len;
		return "tls-server-end-point";
	}
	return NULL;
}

static int usable(const struct mechanism *m, const struct cpl_sasl_conf *conf,
		  int can_bind)
{
	switch (m->kind) {
	case EXTERNAL: return conf->have_cert;
	case SCRAM:
		return conf->local && conf->password && (!m->plus || can_bind);
	case PLAIN:
		return conf->local && conf->password && conf->channel.verified;
	case ANONYMOUS: break;
	}
	return !conf->local;
}

/* RFC 5802 6: "y" claims that the server has no -PLUS, so that a stripped
 * offer is noticed; where it has, but with no type in common, it is "n". */
static int choose(struct cpl_sasl *s, const struct cpl_sasl_conf *conf,
		  const struct cpl_sasl_offer *offer)
{
	const char *type = choose_binding(s, offer->bindings);
	const char *flag =
	    s->channel.verified && (s->channel.exporter_len > 0 ||
				    s->channel.end_point_len > 0)
		? "y,,"
		: "n,,";

	for (size_t i = 0; i < MECHANISMS; i++)
		if (mechanisms[i].plus &&
		    cpl_offer_has(offer->mechanisms, mechanisms[i].name))
			flag = "n,,";
	for (size_t i = 0; i < MECHANISMS && !s->mechanism; i++)
		if (cpl_offer_has(offer->mechanisms, mechanisms[i].name) &&
		    usable(&mechanisms[i], conf, type != NULL))
			s->mechanism = &mechanisms[i];
	if (!s->mechanism)
		return -1;
	if (s->mechanism->plus) {
		s->binding_type = type;
		snprintf(s->gs2, sizeof s->gs2, "p=%s,,", type);
	} else {
		snprintf(s->gs2, sizeof s->gs2, "%s", flag);
		s->binding_len = 0;
	}
	return 0;
}

static int none_usable(const struct cpl_sasl_conf *conf,
		       const struct cpl_sasl_offer *offer, struct cpl_err *e)
{
	const char *why = "";

	if (!*offer->mechanisms)
		return cpl_err_set(e, CPL_UNAVAILABLE,
				   "the server offers no way to log in");
	if (cpl_offer_has(offer->mechanisms, "PLAIN") &&
	    !conf->channel.verified)
		why = " (PLAIN is used over verified TLS only)";
	else if (conf->local && !conf->password)
		why = " (and there is no password)";
	return cpl_err_set(e, CPL_UNAVAILABLE,
			   "no usable way to log in; the server offers: "
			   "%.*s%s",
			   (int)strlen(offer->mechanisms) - 1,
			   offer->mechanisms, why);
}

/* RFC 4013, as a query (RFC 4616 2, RFC 5802 5.1): what Unicode 3.2 does not
 * know, an emoji, goes as it is. What is ASCII without controls is its own
 * preparation. */
static int prepare(struct cpl_sasl *s, const struct cpl_sasl_conf *conf,
		   struct cpl_err *e)
{
	char *prepared = NULL;
	int plain = 1;
	int r;

	for (size_t i = 0; i < conf->password_len; i++) {
		unsigned char c = (unsigned char)conf->password[i];

		if (c < 0x20 || c >= 0x7f)
			plain = 0;
	}
	if (plain)
		r = cpl_buf_add(&s->password, conf->password,
				conf->password_len);
	else if (stringprep_profile(conf->password, &prepared, "SASLprep", 0) !=
		 STRINGPREP_OK)
		return cpl_err_set(e, CPL_AUTH,
				   "the password has a character that RFC 4013 "
				   "does not allow");
	else
		r = cpl_buf_adds(&s->password, prepared);
	if (prepared)
		OPENSSL_cleanse(prepared, strlen(prepared));
	free(prepared);
	return r < 0 ? cpl_err_nomem(e) : 0;
}

static int new_nonce(struct cpl_sasl *s)
{
	unsigned char raw[24];
	struct cpl_buf text = CPL_BUF_INIT(sizeof s->nonce - 1);

	if (RAND_bytes(raw, sizeof raw) != 1 ||
	    cpl_base64_encode(&text, raw, sizeof raw) < 0) {
		cpl_buf_release(&text);
		return -1;
	}
	memcpy(s->nonce, text.data, text.len + 1);
	cpl_buf_release(&text);
	return 0;
}

/* XEP-0474: what the server has to prove. */
static int hash_offer(struct cpl_sasl *s, const struct cpl_sasl_offer *offer,
		      struct cpl_err *e)
{
	if (s->mechanism->kind == SCRAM &&
	    cpl_sasl_offer_hash(offer, s->mechanism->hash, &s->offer_hash) < 0)
		return cpl_err_nomem(e);
	return 0;
}

struct cpl_sasl *cpl_sasl_new(const struct cpl_sasl_conf *conf,
			      const struct cpl_sasl_offer *offer,
			      struct cpl_err *e)
{
	struct cpl_sasl *s = calloc(1, sizeof *s);

	if (!s) {
		cpl_err_nomem(e);
		return NULL;
	}
	cpl_buf_init(&s->password, 2 * CPL_SECRET_MAX);
	s->password.secret = 1;
	cpl_buf_init(&s->offer_hash, 2 * EVP_MAX_MD_SIZE);
	s->channel = conf->channel;
	snprintf(s->tls_version, sizeof s->tls_version, "%04x",
		 (unsigned)conf->channel.version & 0xffff);
	s->local = conf->local ? strdup(conf->local) : NULL;
	s->bare = strdup(conf->bare);
	if ((conf->local && !s->local) || !s->bare || new_nonce(s) < 0)
		cpl_err_nomem(e);
	else if (choose(s, conf, offer) < 0)
		none_usable(conf, offer, e);
	else if ((!conf->password || prepare(s, conf, e) == 0) &&
		 hash_offer(s, offer, e) == 0)
		return s;
	cpl_sasl_free(s);
	return NULL;
}

void cpl_sasl_free(struct cpl_sasl *s)
{
	if (!s)
		return;
	cpl_scram_release(&s->scram);
	cpl_buf_release(&s->password);
	cpl_buf_release(&s->offer_hash);
	free(s->local);
	free(s->bare);
	OPENSSL_cleanse(s, sizeof *s);
	free(s);
}

int cpl_sasl_proved(const struct cpl_sasl *s)
{
	return s->mechanism->kind == SCRAM && s->scram.proved;
}

const char *cpl_sasl_name(const struct cpl_sasl *s)
{
	return s->mechanism->name;
}

const char *cpl_sasl_binding(const struct cpl_sasl *s)
{
	return s->binding_type;
}

static struct cpl_scram_conf scram_conf(const struct cpl_sasl *s)
{
	struct cpl_scram_conf c = {
	    .hash = s->mechanism->hash,
	    .user = s->local,
	    .password = s->password.data ? s->password.data : "",
	    .password_len = s->password.len,
	    .nonce = s->nonce,
	    .gs2 = s->gs2,
	    .binding = s->binding,
	    .binding_len = s->binding_len,
	    .offer_hash = s->offer_hash.data,
	    .tls_version = s->tls_version,
	};

	return c;
}

int cpl_sasl_start(struct cpl_sasl *s, struct cpl_buf *out, struct cpl_err *e)
{
	struct cpl_scram_conf c;
	int r = 0;

	s->state = FIRST_SENT;
	switch (s->mechanism->kind) {
	case SCRAM:
		c = scram_conf(s);
		return cpl_scram_first(&s->scram, &c, out, e);
	case EXTERNAL:
		/* XEP-0178 3: the identity is said, as a certificate may hold
		 * several. */
		r = cpl_buf_adds(out, s->bare);
		break;
	case PLAIN:
		/* RFC 4616 2: no authorization identity of its own. */
		r = cpl_buf_addc(out, '\0') < 0 ||
			    cpl_buf_adds(out, s->local) < 0 ||
			    cpl_buf_addc(out, '\0') < 0 ||
			    cpl_buf_add(out, s->password.data,
					s->password.len) < 0
			? -1
			: 0;
		break;
	case ANONYMOUS: break;
	}
	return r < 0 ? cpl_err_nomem(e) : 0;
}

int cpl_sasl_step(struct cpl_sasl *s, const char *challenge, size_t len,
		  struct cpl_buf *out, struct cpl_err *e)
{
	struct cpl_scram_conf c;

	if (s->mechanism->kind == SCRAM && s->state == FIRST_SENT) {
		s->state = FINAL_SENT;
		c = scram_conf(s);
		return cpl_scram_final(&s->scram, &c, challenge, len, out, e);
	}
	/* RFC 6120 6.3.7: server-final-message may come as a challenge, which
	 * is answered by an empty response. */
	if (s->mechanism->kind == SCRAM && s->state == FINAL_SENT) {
		if (cpl_scram_verify(&s->scram, challenge, len, e) < 0)
			return -1;
		s->state = VERIFIED;
		return 0;
	}
	return cpl_err_set(e, CPL_PROTOCOL, "%s: unexpected challenge",
			   s->mechanism->name);
}

int cpl_sasl_said_all(const struct cpl_sasl *s)
{
	return s->mechanism->kind != SCRAM || s->state > FIRST_SENT;
}

int cpl_sasl_success(struct cpl_sasl *s, const char *data, size_t len,
		     struct cpl_err *e)
{
	if (s->mechanism->kind != SCRAM || s->state == VERIFIED)
		return 0;
	return cpl_scram_verify(&s->scram, data, len, e);
}

enum cpl_status cpl_sasl_failure(const char *condition)
{
	static const struct {
		const char *condition;
		enum cpl_status status;
	} known[] = {
	    {"temporary-auth-failure", CPL_TEMP},
	    {"aborted", CPL_PROTOCOL},
	    {"incorrect-encoding", CPL_PROTOCOL},
	    {"invalid-mechanism", CPL_PROTOCOL},
	    {"malformed-request", CPL_PROTOCOL},
	};

	for (size_t i = 0; condition && i < sizeof known / sizeof *known; i++)
		if (strcmp(known[i].condition, condition) == 0)
			return known[i].status;
	return CPL_AUTH;
}
