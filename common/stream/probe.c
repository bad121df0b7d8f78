/* SPDX-License-Identifier: MIT */
#include "probe.h"

#include <stdlib.h>
#include <string.h>

#include "../base/limits.h"
#include "../stanza/build.h"
#include "../stanza/ns.h"
#include "fault.h"
#include "header.h"
#include "link.h"

enum state {
	DIALING,
	HEADER,   /* ours is sent */
	FEATURES, /* theirs is here */
	PROCEED,  /* <starttls/> is sent */
	SHAKING
};

struct cpl_probe {
	struct cpl_loop *loop;
	const struct cpl_log *log;
	xmpp_ctx_t *ctx;
	struct cpl_probe_conf conf;
	struct cpl_probe_events on;
	struct cpl_tls_conf tls;
	struct cpl_dial *dial;
	struct cpl_link *link;
	struct cpl_timer deadline;
	struct cpl_probed at; /* the target at hand */
	enum state state;
	int secured;
};

static void forget(struct cpl_probe *p)
{
	cpl_tls_info_free(p->at.tls);
	if (p->at.features)
		xmpp_stanza_release(p->at.features);
	p->at.tls = NULL;
	p->at.features = NULL;
}

/* Tells of the target, with the reason unless it is a good one. */
static void tell(struct cpl_probe *p, const struct cpl_err *fault)
{
	p->at.fault.status = CPL_OK;
	if (fault)
		p->at.fault = *fault;
	p->on.tried(p->on.user, &p->at);
	forget(p);
}

static void finish(struct cpl_probe *p, const struct cpl_err *e)
{
	struct cpl_err why = CPL_ERR_INIT;

	if (e)
		why = *e;
	cpl_loop_cancel(p->loop, &p->deadline);
	cpl_link_free(p->link);
	p->link = NULL;
	cpl_dial_free(p->dial);
	p->dial = NULL;
	p->on.done(p->on.user, &why); /* may have freed p */
}

/* Nothing is wrong, or not enough to go elsewhere: the stream is ended. */
static void leave(struct cpl_probe *p)
{
	cpl_timing_stop(&p->at.timing);
	if (cpl_link_send(p->link, "</stream:stream>", 16, NULL) == 0)
		cpl_link_flush(p->link);
	cpl_link_free(p->link);
	p->link = NULL;
}

/* A login would try the next target now. */
static void go_elsewhere(struct cpl_probe *p, const struct cpl_err *fault)
{
	struct cpl_err e = *fault;

	cpl_err_prefix(&e, "%s", p->at.target.text);
	tell(p, fault);
	cpl_link_free(p->link);
	p->link = NULL;
	p->state = DIALING;
	cpl_dial_resume(p->dial, &e);
}

static void finish_target(struct cpl_probe *p)
{
	struct cpl_err fault = CPL_ERR_INIT;

	cpl_timing_mark(&p->at.timing, CPL_TIMING_ACK);
	leave(p);
	if (p->at.tls && p->at.tls->untrusted.status != CPL_OK) {
		fault = p->at.tls->untrusted;
		go_elsewhere(p, &fault);
		return;
	}
	tell(p, NULL);
	finish(p, NULL);
}

/* RFC 6120 4.7.1: from= only once TLS protects it, and the own name only where
 * it is from whom it is meant for. Any will do where there is none to give. */
static int open_stream(struct cpl_probe *p, struct cpl_err *e)
{
	struct cpl_buf nobody = CPL_BUF_INIT(2 * CPL_JID_MAX);
	const char *from = p->conf.from;
	int r = 0;

	if (p->secured && (!from || p->at.tls->untrusted.status != CPL_OK)) {
		r = cpl_buf_addf(&nobody, "probe@%s", p->conf.domain);
		from = nobody.data;
	}
	r = r < 0 ? cpl_err_nomem(e)
		  : cpl_header_send(p->link, p->conf.domain,
				    p->secured ? from : NULL, e);
	cpl_buf_release(&nobody);
	p->state = HEADER;
	return r;
}

static int secure(struct cpl_probe *p, struct cpl_err *e)
{
	p->state = SHAKING;
	return cpl_link_secure(p->link, &p->tls, e);
}

static const char ask_tls[] = "<starttls xmlns='" CPL_NS_TLS "'/>";

static int take_features(struct cpl_probe *p, xmpp_stanza_t *features,
			 struct cpl_err *e)
{
	xmpp_stanza_t *starttls = cpl_child(features, "starttls", CPL_NS_TLS);

	/* Where TLS follows anybody can have said this; where it does not, it
	 * is all that there is to see. */
	if (!starttls || p->secured || p->conf.mode == CPL_TLS_NONE)
		p->at.features = xmpp_stanza_clone(features);
	if (p->secured || p->conf.mode == CPL_TLS_NONE) {
		finish_target(p);
		return 0;
	}
	if (!starttls)
		return cpl_err_set(e, CPL_UNAVAILABLE,
				   "the server offers no TLS");
	p->at.starttls = cpl_child(starttls, "required", CPL_NS_TLS)
			     ? CPL_STARTTLS_REQUIRED
			     : CPL_STARTTLS_OFFERED;
	p->state = PROCEED;
	return cpl_link_send(p->link, ask_tls, sizeof ask_tls - 1, e);
}

/* --- the link's events --------------------------------------------------- */

static void on_header(void *user, const char *name, const char *ns,
		      const char *const *attrs)
{
	struct cpl_probe *p = user;
	struct cpl_err e = CPL_ERR_INIT;

	(void)attrs;
	if (cpl_header_check(name, ns, &e) < 0)
		go_elsewhere(p, &e);
	else
		p->state = FEATURES;
}

static void on_element(void *user, xmpp_stanza_t *el)
{
	struct cpl_probe *p = user;
	struct cpl_err e = CPL_ERR_INIT;
	int r = 0;

	if (p->state == FEATURES && cpl_is(el, "features", CPL_NS_STREAM))
		r = take_features(p, el, &e);
	else if (p->state == PROCEED && cpl_is(el, "proceed", CPL_NS_TLS))
		r = secure(p, &e);
	else if (p->state == PROCEED && cpl_is(el, "failure", CPL_NS_TLS))
		r = cpl_err_set(&e, CPL_UNAVAILABLE,
				"the server refused STARTTLS");
	else if (cpl_is(el, "error", CPL_NS_STREAM))
		r = cpl_fault_stream(el, &e);
	else
		r = cpl_err_set(&e, CPL_PROTOCOL, "unexpected <%.60s/>",
				xmpp_stanza_get_name(el));
	if (r < 0)
		go_elsewhere(p, &e);
}

static void on_secured(void *user)
{
	struct cpl_probe *p = user;
	struct cpl_err e = CPL_ERR_INIT;

	p->secured = 1;
	p->at.tls = cpl_tls_info_new(cpl_link_tls(p->link));
	if (!p->at.tls)
		cpl_err_nomem(&e);
	else if (open_stream(p, &e) == 0)
		return;
	go_elsewhere(p, &e);
}

static const char *what_is_waited_for(const struct cpl_probe *p)
{
	switch (p->state) {
	case HEADER: return "waiting for the server's stream header";
	case FEATURES: return "waiting for the server's stream features";
	case PROCEED: return "waiting for the server to start TLS";
	case SHAKING: return "in the TLS handshake";
	case DIALING: break;
	}
	return "connecting";
}

static void on_closed(void *user, const struct cpl_err *reason)
{
	struct cpl_probe *p = user;
	struct cpl_err e = CPL_ERR_INIT;

	if (reason)
		e = *reason;
	else
		cpl_err_set(&e, CPL_TEMP, "the server ended the stream");
	if (e.status == CPL_TEMP)
		cpl_err_prefix(&e, "%s", what_is_waited_for(p));
	go_elsewhere(p, &e);
}

/* --- the dial's ---------------------------------------------------------- */

static void on_refused(void *user, const struct cpl_target *target,
		       const struct cpl_err *e)
{
	struct cpl_probe *p = user;
	struct cpl_err why = *e;
	size_t n = strlen(target->text);

	/* The target is told by itself. */
	if (strncmp(why.text, target->text, n) == 0 &&
	    strncmp(why.text + n, ": ", 2) == 0)
		memmove(why.text, why.text + n + 2,
			strlen(why.text + n + 2) + 1);
	p->at.target = *target;
	p->at.starttls = CPL_STARTTLS_NONE;
	tell(p, &why);
}

static void on_dialed(void *user, int fd, const struct cpl_target *target,
		      const struct cpl_err *e)
{
	struct cpl_probe *p = user;
	struct cpl_link_events events = {on_header, on_element, on_secured,
					 on_closed, p};
	struct cpl_err why = CPL_ERR_INIT;
	int r = -1;

	if (fd < 0) {
		finish(p, e);
		return;
	}
	p->at.target = *target;
	p->at.starttls = CPL_STARTTLS_NONE;
	p->secured = 0;
	p->tls.direct = target->direct_tls;
	p->link = cpl_link_new(p->loop, p->log, p->ctx, fd, &events);
	if (!p->link) {
		cpl_err_nomem(&why);
		finish(p, &why);
		return;
	}
	cpl_link_timing(p->link, &p->at.timing);
	if (p->conf.mode == CPL_TLS_NONE)
		cpl_link_plain(p->link);
	if (target->direct_tls && p->conf.mode != CPL_TLS_NONE)
		r = secure(p, &why);
	else
		r = open_stream(p, &why);
	if (r < 0)
		go_elsewhere(p, &why);
}

static void on_deadline(void *user)
{
	struct cpl_probe *p = user;
	struct cpl_err e = CPL_ERR_INIT;

	if (!p->link) {
		cpl_dial_why(p->dial, &e);
		finish(p, &e);
		return;
	}
	cpl_err_set(&e, CPL_TEMP, "timed out %s", what_is_waited_for(p));
	tell(p, &e);
	cpl_err_prefix(&e, "%s", p->at.target.text);
	finish(p, &e);
}

struct cpl_probe *cpl_probe_new(struct cpl_loop *loop,
				const struct cpl_log *log, xmpp_ctx_t *ctx,
				const struct cpl_probe_conf *conf,
				const struct cpl_probe_events *on,
				struct cpl_err *e)
{
	struct cpl_probe *p = calloc(1, sizeof *p);
	struct cpl_dial_conf dial = {.domain = conf->dns,
				     .host = conf->host,
				     .port = conf->port,
				     .mode = conf->mode,
				     .proxy = conf->proxy,
				     .refused = on_refused};

	if (!p) {
		cpl_err_nomem(e);
		return NULL;
	}
	p->loop = loop;
	p->log = log;
	p->ctx = ctx;
	p->conf = *conf;
	p->on = *on;
	p->tls.domain = conf->dns;
	p->tls.jid_domain = conf->domain;
	p->tls.ca_file = conf->ca_file;
	p->tls.fingerprint = conf->fingerprint;
	p->tls.made = conf->made;
	p->tls.observe = 1;
	p->deadline.fire = on_deadline;
	p->deadline.user = p;
	dial.timing = &p->at.timing;
	p->dial = cpl_dial_new(loop, log, &dial, on_dialed, p, e);
	if (!p->dial) {
		free(p);
		return NULL;
	}
	cpl_loop_timer(loop, &p->deadline, conf->timeout);
	return p;
}

void cpl_probe_free(struct cpl_probe *p)
{
	if (!p)
		return;
	cpl_loop_cancel(p->loop, &p->deadline);
	cpl_link_free(p->link);
	cpl_dial_free(p->dial);
	forget(p);
	free(p);
}
