/* SPDX-License-Identifier: MIT */
#include "auth.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../stanza/build.h"
#include "../stanza/ns.h"
#include "../stanza/write.h"
#include "base64.h"
#include "fault.h"
#include "ht.h"
#include "sasl.h"
#include "upgrade.h"

/* The longest message of an exchange. */
#define DATA_MAX 16384

/* What the two profiles call things. */
static const struct profile {
	const char *ns;
	const char *begin;
} profiles[] = {
    {CPL_NS_SASL, "auth"},
    {CPL_NS_SASL2, "authenticate"},
};

struct cpl_auth {
	struct cpl_auth_conf conf;
	struct cpl_link *link;
	const struct cpl_log *log;
	const struct profile *profile;
	struct cpl_sasl_channel channel;
	struct cpl_sasl *sasl;
	int by_token, token_refused;
	/* XEP-0480: the task that was asked for, until it is done; NULL: none.
	 */
	const char *upgrade;
	int upgrading; /* the server has come to it */
	/* Of the token that is used, or that is asked for; empty: neither. */
	char token_mechanism[sizeof((struct cpl_token *)NULL)->mechanism];
};

/* --- what is offered ---------------------------------------------------- */

static void fill_channel(struct cpl_auth *a)
{
	struct cpl_sasl_channel *c = &a->channel;
	struct cpl_tls *tls = cpl_link_tls(a->link);

	c->verified = tls != NULL;
	c->exporter_len = c->unique_len = c->end_point_len = -1;
	if (!tls)
		return;
	c->version = cpl_tls_version_number(tls);
	c->exporter_len = cpl_tls_binding(tls, CPL_BIND_EXPORTER, c->exporter);
	c->unique_len = cpl_tls_binding(tls, CPL_BIND_UNIQUE, c->unique);
	c->end_point_len =
	    cpl_tls_binding(tls, CPL_BIND_END_POINT, c->end_point);
}

static struct cpl_sasl_conf sasl_conf(const struct cpl_auth *a,
				      const char *secret, size_t len)
{
	struct cpl_sasl_conf conf = {
	    .local = a->conf.jid->local,
	    .bare = a->conf.jid->bare,
	    .password = secret,
	    .password_len = len,
	    .have_cert = a->conf.have_cert,
	    .channel = a->channel,
	    .pins = *a->conf.pins,
	};

	return conf;
}

static int choose(struct cpl_auth *a, const char *mechanisms,
		  const char *bindings, struct cpl_err *e)
{
	const struct cpl_secret *password = a->conf.password;
	struct cpl_sasl_conf conf = sasl_conf(
	    a, password ? password->text : NULL, password ? password->len : 0);
	struct cpl_sasl_offer offer = {
	    .mechanisms = mechanisms ? mechanisms : "",
	    .bindings = bindings,
	    .two = cpl_auth_two(a),
	};

	a->sasl = cpl_sasl_new(&conf, &offer, e);
	return a->sasl ? 0 : -1;
}

/* A token that is not bound is no better than such a password (store/pins.h).
 */
static int token_allowed(const struct cpl_auth *a, const char *mechanism)
{
	return cpl_ht_binding(mechanism) ||
	       !cpl_pins_bind(a->conf.pins, a->channel.version);
}

/* A token goes before a password: one of a mechanism that the server still has,
 * and that this connection can do. */
static const struct cpl_token *find_token(const struct cpl_auth *a,
					  const struct cpl_offer *offer)
{
	const struct cpl_token *token =
	    a->conf.tokens ? cpl_tokens_first(a->conf.tokens) : NULL;

	return token && a->conf.agent && a->conf.jid->local &&
		       cpl_offer_has(offer->fast, token->mechanism) &&
		       cpl_ht_usable(&a->channel, token->mechanism) &&
		       token_allowed(a, token->mechanism)
		   ? token
		   : NULL;
}

static int use_token(struct cpl_auth *a, const struct cpl_token *token,
		     struct cpl_err *e)
{
	struct cpl_sasl_conf conf =
	    sasl_conf(a, token->text, strlen(token->text));

	a->by_token = 1;
	snprintf(a->token_mechanism, sizeof a->token_mechanism, "%s",
		 token->mechanism);
	a->sasl = cpl_sasl_by_token(&conf, token->mechanism, e);
	return a->sasl ? 0 : -1;
}

/* XEP-0388 6: not without TLS. A server may offer more in the older profile. */
static int choose_profile(struct cpl_auth *a, const struct cpl_offer *offer,
			  struct cpl_err *e)
{
	int two = offer->two && cpl_link_tls(a->link);
	const struct cpl_token *token = two ? find_token(a, offer) : NULL;

	a->profile = &profiles[two];
	if (token)
		return use_token(a, token, e);
	if (choose(a, two ? offer->two : offer->one, offer->bindings, e) == 0)
		return 0;
	if (!two || e->status != CPL_UNAVAILABLE || !offer->one)
		return -1;
	*e = (struct cpl_err)CPL_ERR_INIT;
	a->profile = &profiles[0];
	return choose(a, offer->one, offer->bindings, e);
}

/* --- what is sent ------------------------------------------------------- */

/* Data is written straight into the link's buffer, which is wiped: no copy of a
 * secret stays in a tree. */
static int put_data(struct cpl_buf *out, const struct cpl_buf *data)
{
	return cpl_base64_encode(out, data->data, data->len);
}

/* RFC 6120 6.4.2: "=" is an empty initial response. */
static int put_auth(struct cpl_buf *out, const struct cpl_buf *first)
{
	if (first->len == 0)
		return cpl_buf_addc(out, '=');
	return put_data(out, first);
}

/* XEP-0484 3.2 and 3.5: what is used, or asked for. */
static int put_fast(const struct cpl_auth *a, struct cpl_buf *out)
{
	if (a->by_token)
		return cpl_buf_addf(out, "<fast xmlns='" CPL_NS_FAST "'%s/>",
				    a->conf.invalidate ? " invalidate='true'"
						       : "");
	if (!*a->token_mechanism)
		return 0;
	return cpl_buf_addf(
	    out, "<request-token xmlns='" CPL_NS_FAST "' mechanism='%s'/>",
	    a->token_mechanism);
}

/* XEP-0388 2.4: an empty initial response is an empty element. */
static int put_authenticate(const struct cpl_auth *a, struct cpl_buf *out,
			    const struct cpl_buf *first, xmpp_stanza_t *inlined)
{
	if (cpl_buf_adds(out, "<initial-response>") < 0 ||
	    put_data(out, first) < 0 ||
	    cpl_buf_adds(out, "</initial-response>") < 0)
		return -1;
	if (a->conf.agent && cpl_buf_addf(out,
					  "<user-agent id='%s'><software>"
					  "couplet</software></user-agent>",
					  a->conf.agent) < 0)
		return -1;
	if (put_fast(a, out) < 0 ||
	    (a->upgrade &&
	     cpl_buf_addf(out,
			  "<upgrade xmlns='" CPL_NS_UPGRADE "'>%s</upgrade>",
			  a->upgrade) < 0))
		return -1;
	return inlined ? cpl_write_xml(out, inlined, CPL_NS_SASL2) : 0;
}

static void note_begin(const struct cpl_auth *a)
{
	const char *binding = cpl_sasl_binding(a->sasl);

	cpl_log(a->log, CPL_LOG_DEBUG, "logging in by %s%s%s%s",
		cpl_sasl_name(a->sasl), cpl_auth_two(a) ? " (SASL2)" : "",
		binding ? ", bound by " : "", binding ? binding : "");
}

static int begin(struct cpl_auth *a, xmpp_stanza_t *inlined, struct cpl_err *e)
{
	struct cpl_buf first = CPL_BUF_SECRET_INIT(DATA_MAX);
	struct cpl_buf *out = cpl_link_out(a->link);
	const struct profile *p = a->profile;
	int r = cpl_sasl_start(a->sasl, &first, e);

	if (r == 0 &&
	    (cpl_buf_addf(out, "<%s xmlns='%s' mechanism='%s'>", p->begin,
			  p->ns, cpl_sasl_name(a->sasl)) < 0 ||
	     (cpl_auth_two(a) ? put_authenticate(a, out, &first, inlined)
			      : put_auth(out, &first)) < 0 ||
	     cpl_buf_addf(out, "</%s>", p->begin) < 0))
		r = cpl_err_nomem(e);
	cpl_buf_release(&first);
	note_begin(a);
	return r;
}

static int respond(struct cpl_auth *a, const struct cpl_buf *data,
		   struct cpl_err *e)
{
	struct cpl_buf *out = cpl_link_out(a->link);

	if (cpl_buf_addf(out, "<response xmlns='%s'>", a->profile->ns) < 0 ||
	    put_data(out, data) < 0 || cpl_buf_adds(out, "</response>") < 0)
		return cpl_err_nomem(e);
	return CPL_AUTH_ON;
}

/* --- what comes --------------------------------------------------------- */

/* The text of a challenge or success, decoded; "=" is an empty one. */
static int read_data(xmpp_stanza_t *el, struct cpl_buf *out, struct cpl_err *e)
{
	char *text = cpl_text(el);
	int r = 0;

	if (!text)
		return cpl_err_nomem(e);
	if (strcmp(text, "=") != 0)
		r = cpl_base64_decode(out, text, strlen(text));
	if (r == CPL_BASE64_NOMEM || out->over)
		cpl_buf_err(out, e, CPL_PROTOCOL, "the server's SASL data");
	else if (r < 0)
		cpl_err_set(e, CPL_PROTOCOL, "the server's <%s/> is not base64",
			    xmpp_stanza_get_name(el));
	free(text);
	return r < 0 ? -1 : 0;
}

static int on_challenge(struct cpl_auth *a, xmpp_stanza_t *el,
			struct cpl_err *e)
{
	struct cpl_buf in = CPL_BUF_SECRET_INIT(DATA_MAX);
	struct cpl_buf out = CPL_BUF_SECRET_INIT(DATA_MAX);
	int r = read_data(el, &in, e);

	if (r == 0)
		r = cpl_sasl_step(a->sasl, in.data ? in.data : "", in.len, &out,
				  e);
	if (r == 0)
		r = respond(a, &out, e);
	cpl_buf_release(&in);
	cpl_buf_release(&out);
	return r;
}

/* The server proves itself, or it is none to talk to, and none for a token. */
static int verify(struct cpl_auth *a, const struct cpl_buf *in,
		  struct cpl_err *e)
{
	if (cpl_sasl_success(a->sasl, in->data ? in->data : "", in->len, e) ==
	    0)
		return 0;
	if (a->by_token)
		cpl_tokens_refused(a->conf.tokens);
	return -1;
}

/* XEP-0484 3.3 and 3.5: a new one may come, asked for or not. */
static void keep_token(struct cpl_auth *a, xmpp_stanza_t *success)
{
	xmpp_stanza_t *el = cpl_child(success, "token", CPL_NS_FAST);
	const char *text = el ? xmpp_stanza_get_attribute(el, "token") : NULL;
	const char *expiry =
	    el ? xmpp_stanza_get_attribute(el, "expiry") : NULL;

	if (!a->conf.tokens || !cpl_auth_two(a))
		return;
	if (a->by_token && a->conf.invalidate)
		cpl_tokens_refused(a->conf.tokens);
	else if (a->by_token)
		cpl_tokens_worked(a->conf.tokens);
	if (text && expiry && *a->token_mechanism)
		cpl_tokens_given(a->conf.tokens, a->token_mechanism, text,
				 expiry);
}

/* XEP-0388 2.6.1: the data of the mechanism are in <additional-data/>. */
static int on_success(struct cpl_auth *a, xmpp_stanza_t *el, struct cpl_err *e)
{
	struct cpl_buf in = CPL_BUF_SECRET_INIT(DATA_MAX);
	xmpp_stanza_t *data =
	    cpl_auth_two(a) ? cpl_child(el, "additional-data", CPL_NS_SASL2)
			    : el;
	int r = data ? read_data(data, &in, e) : 0;

	if (r == 0)
		r = verify(a, &in, e);
	cpl_buf_release(&in);
	if (r < 0)
		return -1;
	if (cpl_sasl_proved(a->sasl))
		cpl_log(a->log, CPL_LOG_DEBUG,
			"the server has proved what it offers");
	keep_token(a, el);
	return CPL_AUTH_DONE;
}

/* XEP-0484 4.1: a token that is refused is dropped, whatever the reason; but
 * not where the server only has no time. */
static int on_failure(struct cpl_auth *a, xmpp_stanza_t *el, struct cpl_err *e)
{
	cpl_fault_sasl(el, e);
	if (a->by_token && e->status != CPL_TEMP) {
		cpl_log(a->log, CPL_LOG_INFO, "the token is refused: %s",
			cpl_condition(el, CPL_NS_SASL));
		cpl_tokens_refused(a->conf.tokens);
		a->token_refused = 1;
	} else {
		cpl_sasl_refused(a->sasl, e);
	}
	return cpl_err_prefix(e, "%s", a->conf.jid->bare);
}

/* XEP-0388 2.6.3: a second factor, a new password. None is for a tool that
 * nobody looks at. */
static int refuse_task(const struct cpl_auth *a, xmpp_stanza_t *el,
		       struct cpl_err *e)
{
	char *task = cpl_text(cpl_child(cpl_child(el, "tasks", CPL_NS_SASL2),
					"task", CPL_NS_SASL2));

	cpl_err_set(e, CPL_AUTH,
		    "%s: the server wants more than a login: %.60s",
		    a->conf.jid->bare, task ? task : "it does not say what");
	free(task);
	return -1;
}

/* XEP-0480 3: the one that was asked for, of a server that proves itself. */
static int on_continue(struct cpl_auth *a, xmpp_stanza_t *el, struct cpl_err *e)
{
	struct cpl_buf in = CPL_BUF_SECRET_INIT(DATA_MAX);
	xmpp_stanza_t *data = cpl_child(el, "additional-data", CPL_NS_SASL2);
	int r;

	if (a->upgrading || !a->upgrade || !cpl_upgrade_is(el, a->upgrade))
		return refuse_task(a, el, e);
	r = data ? read_data(data, &in, e) : 0;
	if (r == 0)
		r = verify(a, &in, e);
	cpl_buf_release(&in);
	if (r < 0)
		return -1;
	a->upgrading = 1;
	if (cpl_buf_addf(cpl_link_out(a->link),
			 "<next xmlns='" CPL_NS_SASL2 "' task='%s'/>",
			 a->upgrade) < 0)
		return cpl_err_nomem(e);
	return CPL_AUTH_ON;
}

static int on_task_data(struct cpl_auth *a, xmpp_stanza_t *el,
			struct cpl_err *e)
{
	struct cpl_buf salt = CPL_BUF_INIT(DATA_MAX);
	struct cpl_buf hash = CPL_BUF_SECRET_INIT(EVP_MAX_MD_SIZE);
	struct cpl_buf *out = cpl_link_out(a->link);
	long n = -1;
	int r = -1;

	if (!a->upgrading || !a->upgrade)
		cpl_err_set(e, CPL_PROTOCOL,
			    "the server goes on with a task that is none");
	else if ((n = cpl_upgrade_salt(el, &salt, e)) > 0) {
		cpl_log(a->log, CPL_LOG_INFO,
			"the server gets what it takes for a better login: %s",
			a->upgrade);
		r = cpl_sasl_salted(a->sasl, cpl_upgrade_hash(a->upgrade),
				    &salt, n, &hash);
		if (r < 0 ||
		    cpl_buf_adds(out, "<task-data xmlns='" CPL_NS_SASL2 "'>"
				      "<hash xmlns='" CPL_NS_SCRAM_UPGRADE
				      "'>") < 0 ||
		    put_data(out, &hash) < 0 ||
		    cpl_buf_adds(out, "</hash></task-data>") < 0)
			r = cpl_err_nomem(e);
		a->upgrade = NULL;
	}
	cpl_buf_release(&salt);
	cpl_buf_release(&hash);
	return r;
}

int cpl_auth_element(struct cpl_auth *a, xmpp_stanza_t *el, struct cpl_err *e)
{
	static const struct {
		const char *name;
		int (*take)(struct cpl_auth *a, xmpp_stanza_t *el,
			    struct cpl_err *e);
		int two; /* of XEP-0388 alone */
	} rows[] = {
	    {"challenge", on_challenge, 0}, {"success", on_success, 0},
	    {"failure", on_failure, 0},     {"continue", on_continue, 1},
	    {"task-data", on_task_data, 1},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (cpl_is(el, rows[i].name, a->profile->ns) &&
		    (!rows[i].two || cpl_auth_two(a)))
			return rows[i].take(a, el, e);
	return cpl_err_set(e, CPL_PROTOCOL,
			   "unexpected <%.60s/> waiting for the server to "
			   "answer the login",
			   xmpp_stanza_get_name(el));
}

/* The process that has the tokens and finds none asks for one. */
static void ask_token(struct cpl_auth *a, const struct cpl_offer *offer)
{
	const char *name;

	if (a->by_token || !cpl_auth_two(a) || !a->conf.tokens ||
	    !a->conf.agent || a->conf.invalidate || !offer->fast)
		return;
	name = cpl_ht_choose(&a->channel, offer->fast, offer->bindings);
	if (name && token_allowed(a, name))
		snprintf(a->token_mechanism, sizeof a->token_mechanism, "%s",
			 name);
}

/* What is given is no less than the password, so only to who is at the other
 * end of this very channel (XEP-0480 5). */
static void ask_upgrade(struct cpl_auth *a, const struct cpl_offer *offer)
{
	if (a->conf.may_upgrade && cpl_auth_two(a) && !a->by_token &&
	    cpl_sasl_binding(a->sasl))
		a->upgrade = cpl_upgrade_choose(offer->upgrades, offer->two);
}

struct cpl_auth *cpl_auth_new(const struct cpl_auth_conf *conf,
			      struct cpl_link *link, const struct cpl_log *log,
			      const struct cpl_offer *offer,
			      xmpp_stanza_t *inlined, struct cpl_err *e)
{
	struct cpl_auth *a = calloc(1, sizeof *a);

	if (!a) {
		cpl_err_nomem(e);
		return NULL;
	}
	a->conf = *conf;
	a->link = link;
	a->log = log;
	fill_channel(a);
	if (choose_profile(a, offer, e) == 0) {
		ask_token(a, offer);
		ask_upgrade(a, offer);
		if (begin(a, inlined, e) == 0)
			return a;
	}
	cpl_auth_free(a);
	return NULL;
}

void cpl_auth_forget(struct cpl_auth *a)
{
	cpl_sasl_forget(a->sasl);
}

void cpl_auth_free(struct cpl_auth *a)
{
	if (!a)
		return;
	cpl_sasl_free(a->sasl);
	OPENSSL_cleanse(&a->channel, sizeof a->channel);
	free(a);
}

int cpl_auth_two(const struct cpl_auth *a)
{
	return a->profile == &profiles[1];
}

int cpl_auth_is_bound(const struct cpl_auth *a)
{
	return cpl_sasl_binding(a->sasl) != NULL;
}

int cpl_auth_said_all(const struct cpl_auth *a)
{
	return cpl_sasl_said_all(a->sasl) && !a->upgrade && !a->upgrading;
}

int cpl_auth_token_refused(const struct cpl_auth *a)
{
	return a->token_refused;
}

struct cpl_pins cpl_auth_had(const struct cpl_auth *a)
{
	return cpl_sasl_had(a->sasl);
}
