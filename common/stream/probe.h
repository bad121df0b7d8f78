/* SPDX-License-Identifier: MIT
 *
 * A look at a server without an account: its TLS and its certificate, whether
 * that is trusted or not, and the features of its stream before any login. It
 * goes where a login would go, and on to the next target where a login would;
 * each that it has been to is told of. Nothing that is secret is ever sent, and
 * who asks only over TLS that is verified. A probe owns its connection. */
#ifndef CPL_PROBE_H
#define CPL_PROBE_H

#include <strophe.h>

#include "../base/timing.h"
#include "../net/dial.h"
#include "../net/tls_info.h"

struct cpl_probe_conf {
	const char *domain; /* prepared, as in a JID */
	const char *dns;    /* the same by cpl_jid_dns() */
	/* Who asks, a bare JID: a part of what they have servers offer only to
	 * one with a name (XEP-0388 2.2). NULL: one that is made up. */
	const char *from;
	const char *host; /* as in cpl_dial_conf */
	uint16_t port;
	enum cpl_tls_mode mode;
	const struct cpl_proxy *proxy;     /* as in cpl_dial_conf */
	const char *ca_file, *fingerprint; /* as in cpl_tls_conf */
	struct ssl_ctx_st **made;
	long timeout; /* ms, for each probe */
};

/* STARTTLS among the features in clear. */
enum cpl_probe_starttls {
	CPL_STARTTLS_NONE = 0, /* not offered, or not looked for */
	CPL_STARTTLS_OFFERED,
	CPL_STARTTLS_REQUIRED
};

/* What was found at one target. */
struct cpl_probed {
	struct cpl_target target;
	/* CPL_OK: a login could begin here. Else what is in its way; with a
	 * certificate that is not trusted (tls->untrusted) all else is there
	 * all the same. */
	struct cpl_err fault;
	struct cpl_tls_info *tls; /* NULL: it did not come to that */
	enum cpl_probe_starttls starttls;
	xmpp_stanza_t *features; /* as a login would see them; NULL: none */
	/* CPL_TIMING_ACK: the features are there. */
	struct cpl_timing timing;
};

struct cpl_probe_events {
	/* One target was looked at, or an address could not be connected to.
	 * The callee may take tls and features, and leave NULL. */
	void (*tried)(void *user, struct cpl_probed *p);
	/* The end, once: CPL_OK when a login could begin at the last one, else
	 * the reason why nowhere, as a login would have it. */
	void (*done)(void *user, const struct cpl_err *e);
	void *user;
};

struct cpl_probe;

/* Begins as soon as the loop runs. conf is copied but for its strings, which
 * outlive the probe, and so do loop, log and ctx. NULL with e: what
 * cpl_dial_new() says. */
struct cpl_probe *
cpl_probe_new(struct cpl_loop *loop, const struct cpl_log *log, xmpp_ctx_t *ctx,
	      const struct cpl_probe_conf *conf,
	      const struct cpl_probe_events *on, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* Ends what is under way; free(NULL) is fine. Not from within tried(). */
void cpl_probe_free(struct cpl_probe *p);

#endif
