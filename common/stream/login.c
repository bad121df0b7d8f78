/* SPDX-License-Identifier: MIT */
#include "login.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/limits.h"
#include "../stanza/build.h"
#include "../stanza/ns.h"
#include "../stanza/write.h"
#include "auth.h"
#include "fault.h"
#include "features.h"
#include "header.h"
#include "login_early.h"

enum state {
	LOGIN_TLS,      /* the handshake is under way */
	LOGIN_HEADER,   /* our header is sent, the server's is not here */
	LOGIN_FEATURES, /* <features/> is next */
	LOGIN_PROCEED,  /* <starttls/> is sent */
	LOGIN_SASL,     /* <auth/> or <response/> is sent */
	LOGIN_RESUME,   /* <resume/> is sent */
	LOGIN_BIND,     /* the bind request is sent */
	LOGIN_BOUND
};

struct cpl_login {
	xmpp_ctx_t *ctx;
	struct cpl_link *link;
	const struct cpl_log *log;
	const struct cpl_login_conf *conf;
	struct cpl_auth *auth;
	struct cpl_login_result result;
	char *redirect;
	enum state state;
	int secured;
	int authenticated;
	int inlined;   /* the resumption was asked for with the login */
	int blind;     /* <auth/> left before the features were there */
	int changed;   /* and they were not what was known */
	int bound;     /* the request to bind has left */
	int early;     /* before the server has said yes, and more behind it */
	int asked_tls; /* <starttls/> has left */
	int refused;
	enum cpl_login_again again;
};

static const char bind_id[] = "bind";

static int put(struct cpl_login *l, const char *text, struct cpl_err *e)
{
	return cpl_link_send(l->link, text, strlen(text), e);
}

/* RFC 6120 4.7.1: from= only once TLS protects it. */
static int open_stream(struct cpl_login *l, struct cpl_err *e)
{
	const struct cpl_jid *jid = l->conf->jid;
	const char *from = l->secured && jid->local ? jid->bare : NULL;

	if (cpl_header_send(l->link, jid->domain, from, e) < 0)
		return -1;
	l->state = LOGIN_HEADER;
	return CPL_LOGIN_ON;
}

int cpl_login_header(struct cpl_login *l, const char *name, const char *ns,
		     const char *const *attrs, struct cpl_err *e)
{
	const char *version = NULL;

	if (cpl_header_check(name, ns, e) < 0)
		return -1;
	for (size_t i = 0; attrs[i]; i += 2)
		if (strcmp(attrs[i], "version") == 0)
			version = attrs[i + 1];
	/* RFC 6120 4.7.5: without version 1.0 there are no features. */
	if (!version || strncmp(version, "1.", 2) != 0)
		return cpl_err_set(e, CPL_PROTOCOL,
				   "the server does not speak XMPP 1.0");
	if (l->state == LOGIN_HEADER)
		l->state = LOGIN_FEATURES;
	return CPL_LOGIN_ON;
}

/* XEP-0198 5: what it takes to resume the lost stream. NULL: no memory. */
static xmpp_stanza_t *build_resume(struct cpl_login *l)
{
	xmpp_stanza_t *el = cpl_build(l->ctx, "resume", CPL_NS_SM);
	char h[16];

	snprintf(h, sizeof h, "%u", l->conf->resume_h);
	return cpl_built(
	    el, cpl_set_attr(el, "h", h) == 0 &&
		    cpl_set_attr(el, "previd", l->conf->resume_id) == 0);
}

static int bind_resource(struct cpl_login *l, struct cpl_err *e)
{
	const char *resource = l->conf->resource;
	xmpp_stanza_t *iq, *child;
	int ok;

	if (!resource)
		resource = l->conf->jid->resource;
	iq = cpl_build_stanza(l->ctx, "iq", "set", bind_id, NULL);
	child = cpl_build_child(iq, "bind", CPL_NS_BIND);
	ok = child && (!resource ||
		       cpl_build_text_child(child, "resource", resource) == 0);
	ok = ok && cpl_write_xml(cpl_link_out(l->link), iq, CPL_NS_CLIENT) == 0;
	if (iq)
		xmpp_stanza_release(iq);
	l->bound = 1;
	return ok ? CPL_LOGIN_ON : cpl_err_nomem(e);
}

/* --- what leaves before the server has said yes -------------------------- */

static int follow(struct cpl_login *l, const struct cpl_offer *offer,
		  struct cpl_err *e)
{
	enum cpl_follow much =
	    l->secured && !l->bound
		? cpl_login_may_follow(l->conf, l->auth, offer, l->blind,
				       l->authenticated)
		: CPL_FOLLOW_NOTHING;

	if (much == CPL_FOLLOW_NOTHING)
		return CPL_LOGIN_ON;
	if (bind_resource(l, e) < 0)
		return -1;
	l->early = 1;
	l->conf->follow(l->conf->user, much == CPL_FOLLOW_STANZAS,
			offer->limit);
	return CPL_LOGIN_ON;
}

/* XEP-0388 2.3: the resumption may ride along; so may all that follows, where
 * the exchange takes no second message of ours. */
static int authenticate(struct cpl_login *l, const struct cpl_offer *offer,
			struct cpl_err *e)
{
	struct cpl_auth_conf conf = {
	    .jid = l->conf->jid,
	    .password = l->conf->password,
	    .pins = l->conf->pins,
	    .agent = l->conf->agent,
	    .tokens = l->conf->tokens,
	    .invalidate = l->conf->invalidate,
	    .have_cert = l->secured && l->conf->tls.client_cert,
	};
	xmpp_stanza_t *inlined = NULL;

	l->inlined =
	    l->secured && l->conf->resume_id && offer->two && offer->sm;
	if (l->inlined && !(inlined = build_resume(l)))
		return cpl_err_nomem(e);
	conf.may_upgrade = l->conf->upgrade && !l->blind && !l->inlined;
	l->auth = cpl_auth_new(&conf, l->link, l->log, offer, inlined, e);
	if (inlined)
		xmpp_stanza_release(inlined);
	l->inlined = l->inlined && l->auth && cpl_auth_two(l->auth);
	if (!l->auth)
		return -1;
	if (cpl_auth_two(l->auth) && cpl_auth_said_all(l->auth))
		return follow(l, offer, e);
	return CPL_LOGIN_ON;
}

/* The first flight under TLS: what was offered the last time is taken for
 * offered. What cannot be done with it now waits for the features. */
static int begin_blind(struct cpl_login *l)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (!l->conf->known)
		return CPL_LOGIN_ON;
	l->blind = 1;
	if (authenticate(l, &l->conf->known->offer, &e) == 0)
		return CPL_LOGIN_ON;
	if (l->auth)
		return -1;
	l->blind = 0;
	return CPL_LOGIN_ON;
}

/* What the server offers. Where we have begun already and all of it was not as
 * expected the exchange is not gone on with; what needs nothing more of ours
 * is for the server to decide. */
static int on_offer(struct cpl_login *l, xmpp_stanza_t *features,
		    struct cpl_err *e)
{
	cpl_offer_release(&l->result.offer);
	if (cpl_features_offer(&l->result.offer, features, e) < 0)
		return -1;
	l->state = LOGIN_SASL;
	if (!l->auth)
		return authenticate(l, &l->result.offer, e);
	l->changed = !cpl_offer_same(&l->result.offer, &l->conf->known->offer);
	if (!l->changed || cpl_auth_said_all(l->auth))
		return CPL_LOGIN_ON;
	l->again = CPL_LOGIN_AGAIN_OFFER;
	return cpl_err_set(e, CPL_TEMP,
			   "the server offers other ways to log "
			   "in than the last time");
}

/* XEP-0198 5: <resume/> in place of the binding. */
static int resume(struct cpl_login *l, struct cpl_err *e)
{
	xmpp_stanza_t *el = build_resume(l);
	int ok =
	    el && cpl_write_xml(cpl_link_out(l->link), el, CPL_NS_CLIENT) == 0;

	if (el)
		xmpp_stanza_release(el);
	l->state = LOGIN_RESUME;
	return ok ? CPL_LOGIN_ON : cpl_err_nomem(e);
}

static int ask_tls(struct cpl_login *l, struct cpl_err *e)
{
	l->asked_tls = 1;
	return put(l, "<starttls xmlns='" CPL_NS_TLS "'/>", e);
}

/* The same, where it was not said that there is no such thing. */
static int bind_offered(struct cpl_login *l, struct cpl_err *e)
{
	if (!cpl_child(l->result.features, "bind", CPL_NS_BIND))
		return cpl_err_set(e, CPL_PROTOCOL,
				   "the server does not offer to bind a "
				   "resource");
	l->state = LOGIN_BIND;
	return l->bound ? CPL_LOGIN_ON : bind_resource(l, e);
}

static int on_features(struct cpl_login *l, xmpp_stanza_t *features,
		       struct cpl_err *e)
{
	if (!l->secured && l->conf->mode != CPL_TLS_NONE) {
		if (!cpl_child(features, "starttls", CPL_NS_TLS))
			return cpl_err_set(e, CPL_UNAVAILABLE,
					   "the server offers no TLS");
		l->state = LOGIN_PROCEED;
		return l->asked_tls ? CPL_LOGIN_ON : ask_tls(l, e);
	}
	if (!l->authenticated)
		return on_offer(l, features, e);
	l->result.sm = cpl_child(features, "sm", CPL_NS_SM) != NULL;
	l->result.features = xmpp_stanza_clone(features);
	if (l->conf->resume_id && l->result.sm && !l->inlined)
		return resume(l, e);
	return bind_offered(l, e);
}

static int on_resumed(struct cpl_login *l, xmpp_stanza_t *el, struct cpl_err *e)
{
	const char *id = xmpp_stanza_get_attribute(el, "previd");

	if (!id || strcmp(id, l->conf->resume_id) != 0)
		return cpl_err_set(e, CPL_PROTOCOL,
				   "the server resumed another stream");
	l->result.resumed = xmpp_stanza_clone(el);
	l->result.is_resumed = 1;
	l->state = LOGIN_BOUND;
	return CPL_LOGIN_DONE;
}

static void note_not_resumed(struct cpl_login *l, xmpp_stanza_t *failed)
{
	cpl_log(l->log, CPL_LOG_DEBUG, "the server does not resume: %s",
		cpl_condition(failed, CPL_NS_STANZA_ERRORS));
	l->result.resumed = xmpp_stanza_clone(failed);
}

static int on_not_resumed(struct cpl_login *l, xmpp_stanza_t *el,
			  struct cpl_err *e)
{
	note_not_resumed(l, el);
	return bind_offered(l, e);
}

static int on_proceed(struct cpl_login *l, xmpp_stanza_t *el, struct cpl_err *e)
{
	(void)el;
	l->state = LOGIN_TLS;
	return cpl_link_secure(l->link, &l->conf->tls, e);
}

static int on_tls_failure(struct cpl_login *l, xmpp_stanza_t *el,
			  struct cpl_err *e)
{
	(void)l;
	(void)el;
	return cpl_err_set(e, CPL_UNAVAILABLE, "the server refused STARTTLS");
}

/* A resumption that rode along has its answer in <success/>. */
static int on_inlined(struct cpl_login *l, xmpp_stanza_t *success,
		      struct cpl_err *e)
{
	xmpp_stanza_t *resumed = cpl_child(success, "resumed", CPL_NS_SM);
	xmpp_stanza_t *failed = cpl_child(success, "failed", CPL_NS_SM);

	if (resumed)
		return on_resumed(l, resumed, e);
	if (failed)
		note_not_resumed(l, failed);
	l->state = LOGIN_FEATURES;
	return CPL_LOGIN_ON;
}

/* What a refusal says of other ways. A server that said yes and then did not
 * prove itself may have taken what followed. */
static int on_refused(struct cpl_login *l, xmpp_stanza_t *el)
{
	l->refused = strcmp(xmpp_stanza_get_name(el), "failure") == 0;
	if (l->changed)
		l->again = CPL_LOGIN_AGAIN_OFFER;
	else if (cpl_auth_token_refused(l->auth))
		l->again = CPL_LOGIN_AGAIN_TOKEN;
	return -1;
}

static int on_auth(struct cpl_login *l, xmpp_stanza_t *el, struct cpl_err *e)
{
	int r = cpl_auth_element(l->auth, el, e);

	if (r < 0)
		return on_refused(l, el);
	if (r != CPL_AUTH_DONE)
		return cpl_auth_two(l->auth) && cpl_auth_said_all(l->auth)
			   ? follow(l, &l->result.offer, e)
			   : CPL_LOGIN_ON;
	l->authenticated = 1;
	l->result.had = cpl_auth_had(l->auth);
	/* XEP-0388 2.6.1: the features follow by themselves. */
	if (cpl_auth_two(l->auth))
		return on_inlined(l, el, e);
	/* RFC 6120 6.4.6: a new stream over the same connection. */
	if (open_stream(l, e) < 0)
		return -1;
	return l->changed ? CPL_LOGIN_ON : follow(l, &l->result.offer, e);
}

static int on_bound(struct cpl_login *l, xmpp_stanza_t *iq, struct cpl_err *e)
{
	const char *type = xmpp_stanza_get_type(iq);
	const char *id = xmpp_stanza_get_id(iq);
	xmpp_stanza_t *el;
	char *jid;

	if (!type || !id || strcmp(id, bind_id) != 0)
		return cpl_err_set(e, CPL_PROTOCOL,
				   "the server answered the bind with another "
				   "stanza");
	if (strcmp(type, "result") != 0) {
		const char *condition;

		/* Perhaps it only came too soon. */
		l->refused = 1;
		if (l->early)
			l->again = CPL_LOGIN_AGAIN_EARLY;
		cpl_fault_stanza(iq, e);
		/* RFC 6120 7.6 and 7.7: another time or another resource. */
		condition = cpl_condition(cpl_child(iq, "error", CPL_NS_CLIENT),
					  CPL_NS_STANZA_ERRORS);
		e->status = strcmp(condition, "bad-request") == 0 ? CPL_PROTOCOL
								  : CPL_TEMP;
		return cpl_err_prefix(e, "%s: bind refused",
				      l->conf->jid->bare);
	}
	el = cpl_child(cpl_child(iq, "bind", CPL_NS_BIND), "jid", CPL_NS_BIND);
	jid = cpl_text(el);
	if (el && !jid)
		return cpl_err_nomem(e);
	if (!jid || !strchr(jid, '/')) {
		free(jid);
		return cpl_err_set(e, CPL_PROTOCOL,
				   "the server bound no resource");
	}
	l->result.jid = jid;
	l->result.early = l->early ? CPL_EARLY_WORKED : CPL_EARLY_UNTRIED;
	l->state = LOGIN_BOUND;
	return CPL_LOGIN_DONE;
}

/* What may come in which state; all else is a fault of the server. */
static const struct step {
	enum state state;
	const char *name; /* NULL: any */
	const char *ns;
	int (*take)(struct cpl_login *l, xmpp_stanza_t *el, struct cpl_err *e);
} steps[] = {
    {LOGIN_FEATURES, "features", CPL_NS_STREAM, on_features},
    {LOGIN_PROCEED, "proceed", CPL_NS_TLS, on_proceed},
    {LOGIN_PROCEED, "failure", CPL_NS_TLS, on_tls_failure},
    {LOGIN_SASL, NULL, CPL_NS_SASL, on_auth},
    {LOGIN_SASL, NULL, CPL_NS_SASL2, on_auth},
    {LOGIN_RESUME, "resumed", CPL_NS_SM, on_resumed},
    {LOGIN_RESUME, "failed", CPL_NS_SM, on_not_resumed},
    {LOGIN_BIND, "iq", CPL_NS_CLIENT, on_bound},
};

const char *cpl_login_phase(const struct cpl_login *l)
{
	switch (l->state) {
	case LOGIN_TLS: return "in the TLS handshake";
	case LOGIN_HEADER: return "waiting for the server's stream header";
	case LOGIN_FEATURES: return "waiting for the server's stream features";
	case LOGIN_PROCEED: return "waiting for the server to start TLS";
	case LOGIN_SASL: return "waiting for the server to answer the login";
	case LOGIN_RESUME: return "waiting for the server to resume the stream";
	case LOGIN_BIND: return "waiting for the server to bind a resource";
	case LOGIN_BOUND: break;
	}
	return "logged in";
}

/* What a server says that finds a stanza where it expects none. */
static int is_too_early(const char *condition)
{
	static const char *const conditions[] = {
	    "bad-format",        "not-authorized",
	    "policy-violation",  "undefined-condition",
	    "invalid-namespace", "unsupported-stanza-type"};

	for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++)
		if (strcmp(conditions[i], condition) == 0)
			return 1;
	return 0;
}

/* What somebody in between could have said counts for nothing. No resource was
 * bound, so nothing that followed was taken. */
static int on_stream_error(struct cpl_login *l, xmpp_stanza_t *error,
			   struct cpl_err *e)
{
	if (!l->secured && l->conf->mode != CPL_TLS_NONE)
		return cpl_fault_stream(error, e);
	l->redirect = cpl_fault_redirect(error);
	l->refused = 1;
	if (l->early &&
	    is_too_early(cpl_condition(error, CPL_NS_STREAM_ERRORS)))
		l->again = CPL_LOGIN_AGAIN_EARLY;
	return cpl_fault_stream(error, e);
}

int cpl_login_element(struct cpl_login *l, xmpp_stanza_t *element,
		      struct cpl_err *e)
{
	const char *name = xmpp_stanza_get_name(element);

	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
		if (steps[i].state == l->state &&
		    cpl_is(element, steps[i].name ? steps[i].name : name,
			   steps[i].ns))
			return steps[i].take(l, element, e);
	if (cpl_is(element, "error", CPL_NS_STREAM))
		return on_stream_error(l, element, e);
	return cpl_err_set(e, CPL_PROTOCOL, "unexpected <%.60s/> %s", name,
			   cpl_login_phase(l));
}

int cpl_login_secured(struct cpl_login *l, struct cpl_err *e)
{
	l->secured = 1;
	if (open_stream(l, e) < 0)
		return -1;
	return begin_blind(l);
}

struct cpl_login *cpl_login_new(xmpp_ctx_t *ctx, struct cpl_link *link,
				const struct cpl_log *log,
				const struct cpl_login_conf *conf,
				struct cpl_err *e)
{
	struct cpl_login *l = calloc(1, sizeof *l);
	int r;

	if (!l) {
		cpl_err_nomem(e);
		return NULL;
	}
	l->ctx = ctx;
	l->link = link;
	l->log = log;
	l->conf = conf;
	if (conf->mode == CPL_TLS_NONE)
		cpl_link_plain(link);
	if (conf->direct_tls && conf->mode != CPL_TLS_NONE) {
		l->state = LOGIN_TLS;
		r = cpl_link_secure(link, &conf->tls, e);
	} else {
		r = open_stream(l, e);
		/* It has worked there. */
		if (r == 0 && conf->known && conf->mode != CPL_TLS_NONE)
			r = ask_tls(l, e);
	}
	if (r < 0) {
		cpl_login_free(l);
		return NULL;
	}
	return l;
}

void cpl_login_forget(struct cpl_login *l)
{
	if (l && l->auth)
		cpl_auth_forget(l->auth);
}

void cpl_login_free(struct cpl_login *l)
{
	if (!l)
		return;
	cpl_auth_free(l->auth);
	free(l->result.jid);
	free(l->redirect);
	cpl_offer_release(&l->result.offer);
	if (l->result.features)
		xmpp_stanza_release(l->result.features);
	if (l->result.resumed)
		xmpp_stanza_release(l->result.resumed);
	free(l);
}

const char *cpl_login_redirect(const struct cpl_login *l)
{
	return l->redirect;
}

int cpl_login_tried(const struct cpl_login *l)
{
	return l->auth != NULL;
}

enum cpl_login_again cpl_login_again(const struct cpl_login *l)
{
	return l->again;
}

int cpl_login_unheard(const struct cpl_login *l)
{
	return l->blind && !l->authenticated &&
	       (l->state == LOGIN_HEADER || l->state == LOGIN_FEATURES);
}

int cpl_login_refused(const struct cpl_login *l)
{
	return l->refused;
}

const struct cpl_login_result *cpl_login_result(const struct cpl_login *l)
{
	return &l->result;
}
