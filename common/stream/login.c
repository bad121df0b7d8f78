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
	int inlined; /* the resumption was asked for with the login */
};

static const char bind_id[] = "bind";

static int put(struct cpl_login *l, const char *text, struct cpl_err *e)
{
	return cpl_link_send(l->link, text, strlen(text), e);
}

/* RFC 6120 4.7.1: from= only once TLS protects it. */
static int open_stream(struct cpl_login *l, struct cpl_err *e)
{
	struct cpl_buf *out = cpl_link_out(l->link);
	const struct cpl_jid *jid = l->conf->jid;
	int ok;

	if (cpl_link_open(l->link) < 0)
		return cpl_err_nomem(e);
	ok = cpl_buf_adds(out, "<?xml version='1.0'?><stream:stream"
			       " xmlns='" CPL_NS_CLIENT "'"
			       " xmlns:stream='" CPL_NS_STREAM "'"
			       " version='1.0' to=\"") == 0 &&
	     cpl_write_xml_attr(out, jid->domain, strlen(jid->domain)) == 0;
	if (ok && l->secured && jid->local)
		ok = cpl_buf_adds(out, "\" from=\"") == 0 &&
		     cpl_write_xml_attr(out, jid->bare, strlen(jid->bare)) == 0;
	if (!ok || cpl_buf_adds(out, "\">") < 0)
		return cpl_err_nomem(e);
	l->state = LOGIN_HEADER;
	return CPL_LOGIN_ON;
}

int cpl_login_header(struct cpl_login *l, const char *name, const char *ns,
		     const char *const *attrs, struct cpl_err *e)
{
	const char *version = NULL;

	if (strcmp(name, "stream") != 0 || !ns ||
	    strcmp(ns, CPL_NS_STREAM) != 0)
		return cpl_err_set(e, CPL_PROTOCOL,
				   "the server speaks no XMPP: its first "
				   "element is <%.60s/>",
				   name);
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
	if (el && cpl_set_attr(el, "h", h) == 0 &&
	    cpl_set_attr(el, "previd", l->conf->resume_id) == 0)
		return el;
	if (el)
		xmpp_stanza_release(el);
	return NULL;
}

/* XEP-0388 2.3: the resumption may ride along. */
static int authenticate(struct cpl_login *l, xmpp_stanza_t *features,
			struct cpl_err *e)
{
	struct cpl_auth_conf conf = {
	    .jid = l->conf->jid,
	    .password = l->conf->password,
	    .agent = l->conf->agent,
	    .have_cert = l->secured && l->conf->tls.client_cert,
	};
	xmpp_stanza_t *inlined = NULL;

	l->inlined = l->secured && l->conf->resume_id &&
		     cpl_auth_is_two(features, "sm", CPL_NS_SM);
	if (l->inlined && !(inlined = build_resume(l)))
		return cpl_err_nomem(e);
	l->state = LOGIN_SASL;
	l->auth = cpl_auth_new(&conf, l->link, l->log, features, inlined, e);
	if (inlined)
		xmpp_stanza_release(inlined);
	l->inlined = l->inlined && l->auth && cpl_auth_two(l->auth);
	return l->auth ? CPL_LOGIN_ON : -1;
}

static int bind_resource(struct cpl_login *l, xmpp_stanza_t *features,
			 struct cpl_err *e)
{
	const char *resource = l->conf->resource;
	xmpp_stanza_t *iq, *child;
	int ok;

	if (!cpl_child(features, "bind", CPL_NS_BIND))
		return cpl_err_set(e, CPL_PROTOCOL,
				   "the server does not offer to bind a "
				   "resource");
	if (!resource)
		resource = l->conf->jid->resource;
	iq = cpl_build_stanza(l->ctx, "iq", "set", bind_id, NULL);
	child = cpl_build_child(iq, "bind", CPL_NS_BIND);
	ok = child && (!resource ||
		       cpl_build_text_child(child, "resource", resource) == 0);
	ok = ok && cpl_write_xml(cpl_link_out(l->link), iq, CPL_NS_CLIENT) == 0;
	if (iq)
		xmpp_stanza_release(iq);
	l->state = LOGIN_BIND;
	return ok ? CPL_LOGIN_ON : cpl_err_nomem(e);
}

/* A number that is none is as if it were not there. */
size_t cpl_login_limit(xmpp_stanza_t *features)
{
	char *text =
	    cpl_text(cpl_child(cpl_child(features, "limits", CPL_NS_LIMITS),
			       "max-bytes", CPL_NS_LIMITS));
	size_t n = 0;

	for (const char *p = text; p && *p; p++) {
		if (*p < '0' || *p > '9' || n > CPL_RECORD_MAX) {
			n = 0;
			break;
		}
		n = n * 10 + (size_t)(*p - '0');
	}
	free(text);
	return n;
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

static int on_features(struct cpl_login *l, xmpp_stanza_t *features,
		       struct cpl_err *e)
{
	if (!l->secured && l->conf->mode != CPL_TLS_NONE) {
		if (!cpl_child(features, "starttls", CPL_NS_TLS))
			return cpl_err_set(e, CPL_UNAVAILABLE,
					   "the server offers no TLS");
		l->state = LOGIN_PROCEED;
		return put(l, "<starttls xmlns='" CPL_NS_TLS "'/>", e);
	}
	if (!l->authenticated)
		return authenticate(l, features, e);
	l->result.sm = cpl_child(features, "sm", CPL_NS_SM) != NULL;
	l->result.features = xmpp_stanza_clone(features);
	if (l->conf->resume_id && l->result.sm && !l->inlined)
		return resume(l, e);
	return bind_resource(l, features, e);
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
		cpl_fault_condition(failed, CPL_NS_STANZA_ERRORS));
	l->result.resumed = xmpp_stanza_clone(failed);
}

static int on_not_resumed(struct cpl_login *l, xmpp_stanza_t *el,
			  struct cpl_err *e)
{
	note_not_resumed(l, el);
	return bind_resource(l, l->result.features, e);
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

static int on_auth(struct cpl_login *l, xmpp_stanza_t *el, struct cpl_err *e)
{
	int r = cpl_auth_element(l->auth, el, e);

	if (r != CPL_AUTH_DONE)
		return r < 0 ? -1 : CPL_LOGIN_ON;
	l->authenticated = 1;
	/* XEP-0388 2.6.1: the features follow by themselves. */
	if (cpl_auth_two(l->auth))
		return on_inlined(l, el, e);
	/* RFC 6120 6.4.6: a new stream over the same connection. */
	return open_stream(l, e);
}

static int on_bound(struct cpl_login *l, xmpp_stanza_t *iq, struct cpl_err *e)
{
	const char *type = xmpp_stanza_get_type(iq);
	const char *id = xmpp_stanza_get_id(iq);
	char *jid;

	if (!type || !id || strcmp(id, bind_id) != 0)
		return cpl_err_set(e, CPL_PROTOCOL,
				   "the server answered the bind with another "
				   "stanza");
	if (strcmp(type, "result") != 0) {
		const char *condition;

		cpl_fault_stanza(iq, e);
		/* RFC 6120 7.6 and 7.7: another time or another resource. */
		condition =
		    cpl_fault_condition(cpl_child(iq, "error", CPL_NS_CLIENT),
					CPL_NS_STANZA_ERRORS);
		e->status = strcmp(condition, "bad-request") == 0 ? CPL_PROTOCOL
								  : CPL_TEMP;
		return cpl_err_prefix(e, "%s: bind refused",
				      l->conf->jid->bare);
	}
	jid = cpl_text(
	    cpl_child(cpl_child(iq, "bind", CPL_NS_BIND), "jid", CPL_NS_BIND));
	if (!jid || !strchr(jid, '/')) {
		free(jid);
		return cpl_err_set(e, CPL_PROTOCOL,
				   "the server bound no resource");
	}
	l->result.jid = jid;
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

int cpl_login_element(struct cpl_login *l, xmpp_stanza_t *element,
		      struct cpl_err *e)
{
	const char *name = xmpp_stanza_get_name(element);

	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
		if (steps[i].state == l->state &&
		    cpl_is(element, steps[i].name ? steps[i].name : name,
			   steps[i].ns))
			return steps[i].take(l, element, e);
	if (cpl_is(element, "error", CPL_NS_STREAM)) {
		/* What somebody in between could have said counts for nothing.
		 */
		if (l->secured || l->conf->mode == CPL_TLS_NONE)
			l->redirect = cpl_fault_redirect(element);
		return cpl_fault_stream(element, e);
	}
	return cpl_err_set(e, CPL_PROTOCOL, "unexpected <%.60s/> %s", name,
			   cpl_login_phase(l));
}

int cpl_login_secured(struct cpl_login *l, struct cpl_err *e)
{
	l->secured = 1;
	return open_stream(l, e);
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
	}
	if (r < 0) {
		cpl_login_free(l);
		return NULL;
	}
	return l;
}

void cpl_login_free(struct cpl_login *l)
{
	if (!l)
		return;
	cpl_auth_free(l->auth);
	free(l->result.jid);
	free(l->redirect);
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

const struct cpl_login_result *cpl_login_result(const struct cpl_login *l)
{
	return &l->result;
}
