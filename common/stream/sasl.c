/* SPDX-License-Identifier: MIT */
#include "sasl.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <stringprep.h>

#include "../base/limits.h"
#include "base64.h"
#include "ht.h"
#include "sasl_choice.h"
#include "scram.h"

/* The states of an exchange: what may come next. */
enum state { START, FIRST_SENT, FINAL_SENT, VERIFIED };

struct cpl_sasl {
	struct cpl_sasl_channel channel;
	struct cpl_pins pins;
	struct cpl_sasl_choice choice;
	struct cpl_sasl_mechanism token; /* the choice, by token */
	char token_name[32];
	const char *must_prove; /* why the offer has to be proved, or NULL */
	char *local;
	char *bare;
	struct cpl_buf password; /* SASLprep'd */
	char nonce[40];
	char gs2[40];
	const unsigned char *binding; /* in channel; NULL: not bound */
	size_t binding_len;
	struct cpl_buf offer_hash; /* for SCRAM, else empty */
	char tls_version[8];
	struct cpl_scram scram;
	enum state state;
};

/* RFC 5802 7: the header, and what is bound to. */
static void bind_to(struct cpl_sasl *s)
{
	const char *type = s->choice.type;

	if (!type) {
		snprintf(s->gs2, sizeof s->gs2, "%c,,", s->choice.flag);
		return;
	}
	snprintf(s->gs2, sizeof s->gs2, "p=%s,,", type);
	if (strcmp(type, "tls-exporter") == 0) {
		s->binding = s->channel.exporter;
		s->binding_len = (size_t)s->channel.exporter_len;
	} else if (strcmp(type, "tls-unique") == 0) {
		s->binding = s->channel.unique;
		s->binding_len = (size_t)s->channel.unique_len;
	} else {
		s->binding = s->channel.end_point;
		s->binding_len = (size_t)s->channel.end_point_len;
	}
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

/* XEP-0474: what the server has to prove, and whether it has to. */
static int ask_proof(struct cpl_sasl *s, const struct cpl_sasl_offer *offer,
		     struct cpl_err *e)
{
	const struct cpl_sasl_mechanism *m = s->choice.mechanism;

	s->must_prove =
	    cpl_sasl_must_prove(&s->channel, &s->pins, offer, &s->choice);
	if (m->kind == CPL_SASL_SCRAM &&
	    cpl_sasl_offer_hash(offer, m->hash, &s->offer_hash) < 0)
		return cpl_err_nomem(e);
	return 0;
}

/* Who logs in, over what. */
static struct cpl_sasl *new_exchange(const struct cpl_sasl_conf *conf,
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
	s->pins = conf->pins;
	snprintf(s->tls_version, sizeof s->tls_version, "%04x",
		 (unsigned)conf->channel.version & 0xffff);
	s->local = conf->local ? strdup(conf->local) : NULL;
	s->bare = strdup(conf->bare);
	if ((!conf->local || s->local) && s->bare)
		return s;
	cpl_err_nomem(e);
	cpl_sasl_free(s);
	return NULL;
}

struct cpl_sasl *cpl_sasl_new(const struct cpl_sasl_conf *conf,
			      const struct cpl_sasl_offer *offer,
			      struct cpl_err *e)
{
	struct cpl_sasl *s = new_exchange(conf, e);

	if (!s)
		return NULL;
	if (new_nonce(s) < 0)
		cpl_err_nomem(e);
	else if (cpl_sasl_choose(conf, offer, &s->choice, e) == 0 &&
		 (!conf->password || prepare(s, conf, e) == 0) &&
		 ask_proof(s, offer, e) == 0) {
		bind_to(s);
		return s;
	}
	cpl_sasl_free(s);
	return NULL;
}

struct cpl_sasl *cpl_sasl_by_token(const struct cpl_sasl_conf *conf,
				   const char *mechanism, struct cpl_err *e)
{
	struct cpl_sasl *s = new_exchange(conf, e);

	if (!s)
		return NULL;
	snprintf(s->token_name, sizeof s->token_name, "%s", mechanism);
	s->token.name = s->token_name;
	s->token.kind = CPL_SASL_TOKEN;
	s->choice.mechanism = &s->token;
	s->choice.type = cpl_ht_binding(mechanism);
	if (cpl_buf_add(&s->password, conf->password, conf->password_len) == 0)
		return s;
	cpl_err_nomem(e);
	cpl_sasl_free(s);
	return NULL;
}

void cpl_sasl_forget(struct cpl_sasl *s)
{
	cpl_scram_release(&s->scram);
	cpl_buf_release(&s->password);
}

void cpl_sasl_free(struct cpl_sasl *s)
{
	if (!s)
		return;
	cpl_sasl_forget(s);
	cpl_buf_release(&s->offer_hash);
	free(s->local);
	free(s->bare);
	OPENSSL_cleanse(s, sizeof *s);
	free(s);
}

int cpl_sasl_proved(const struct cpl_sasl *s)
{
	return s->choice.mechanism->kind == CPL_SASL_SCRAM && s->scram.proved;
}

const char *cpl_sasl_name(const struct cpl_sasl *s)
{
	return s->choice.mechanism->name;
}

const char *cpl_sasl_binding(const struct cpl_sasl *s)
{
	return s->choice.type;
}

static struct cpl_scram_conf scram_conf(const struct cpl_sasl *s)
{
	struct cpl_scram_conf c = {
	    .hash = s->choice.mechanism->hash,
	    .user = s->local,
	    .password = s->password.data ? s->password.data : "",
	    .password_len = s->password.len,
	    .nonce = s->nonce,
	    .gs2 = s->gs2,
	    .binding = s->binding,
	    .binding_len = s->binding_len,
	    .offer_hash = s->offer_hash.data,
	    .must_prove = s->must_prove,
	    .tls_version = s->tls_version,
	};

	return c;
}

int cpl_sasl_start(struct cpl_sasl *s, struct cpl_buf *out, struct cpl_err *e)
{
	struct cpl_scram_conf c;
	int r = 0;

	s->state = FIRST_SENT;
	switch (s->choice.mechanism->kind) {
	case CPL_SASL_SCRAM:
		c = scram_conf(s);
		return cpl_scram_first(&s->scram, &c, out, e);
	case CPL_SASL_EXTERNAL:
		/* XEP-0178 3: the identity is said, as a certificate may hold
		 * several. */
		r = cpl_buf_adds(out, s->bare);
		break;
	case CPL_SASL_PLAIN:
		/* RFC 4616 2: no authorization identity of its own. */
		r = cpl_buf_addc(out, '\0') < 0 ||
			    cpl_buf_adds(out, s->local) < 0 ||
			    cpl_buf_addc(out, '\0') < 0 ||
			    cpl_buf_add(out, s->password.data,
					s->password.len) < 0
			? -1
			: 0;
		break;
	case CPL_SASL_TOKEN:
		return cpl_ht_first(&s->channel, s->token_name, s->local,
				    s->password.data, out, e);
	case CPL_SASL_ANONYMOUS: break;
	}
	return r < 0 ? cpl_err_nomem(e) : 0;
}

int cpl_sasl_step(struct cpl_sasl *s, const char *challenge, size_t len,
		  struct cpl_buf *out, struct cpl_err *e)
{
	struct cpl_scram_conf c;

	if (s->choice.mechanism->kind == CPL_SASL_SCRAM &&
	    s->state == FIRST_SENT) {
		s->state = FINAL_SENT;
		c = scram_conf(s);
		return cpl_scram_final(&s->scram, &c, challenge, len, out, e);
	}
	/* RFC 6120 6.3.7: server-final-message may come as a challenge, which
	 * is answered by an empty response. */
	if (s->choice.mechanism->kind == CPL_SASL_SCRAM &&
	    s->state == FINAL_SENT) {
		if (cpl_scram_verify(&s->scram, challenge, len, e) < 0)
			return -1;
		s->state = VERIFIED;
		return 0;
	}
	return cpl_err_set(e, CPL_PROTOCOL, "%s: unexpected challenge",
			   s->choice.mechanism->name);
}

int cpl_sasl_said_all(const struct cpl_sasl *s)
{
	return s->choice.mechanism->kind != CPL_SASL_SCRAM ||
	       s->state > FIRST_SENT;
}

int cpl_sasl_success(struct cpl_sasl *s, const char *data, size_t len,
		     struct cpl_err *e)
{
	if (s->choice.mechanism->kind == CPL_SASL_TOKEN)
		return cpl_ht_verify(&s->channel, s->token_name,
				     s->password.data, data, len, e);
	if (s->choice.mechanism->kind != CPL_SASL_SCRAM || s->state == VERIFIED)
		return 0;
	if (cpl_scram_verify(&s->scram, data, len, e) < 0)
		return -1;
	s->state = VERIFIED;
	return 0;
}

int cpl_sasl_salted(const struct cpl_sasl *s, const char *hash,
		    const struct cpl_buf *salt, long iterations,
		    struct cpl_buf *out)
{
	if (s->state != VERIFIED)
		return -1;
	return cpl_scram_salted(hash, s->password.data ? s->password.data : "",
				s->password.len, salt, iterations, out);
}

struct cpl_pins cpl_sasl_had(const struct cpl_sasl *s)
{
	const struct cpl_sasl_mechanism *m = s->choice.mechanism;
	struct cpl_pins had = {
	    .no_plain =
		m->kind == CPL_SASL_SCRAM || m->kind == CPL_SASL_EXTERNAL,
	    .bound = m->plus ? s->channel.version : 0,
	};

	return had;
}

/* A "y" is refused by a server that binds (RFC 5802 6) before it has proved
 * anything. What means later is left as it is. */
int cpl_sasl_refused(const struct cpl_sasl *s, struct cpl_err *e)
{
	struct cpl_err why = *e;

	if (s->must_prove && s->state == FIRST_SENT && e->status != CPL_TEMP)
		cpl_err_set(e, CPL_PROTOCOL, "%s; %s", why.text, s->must_prove);
	return -1;
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
