/* SPDX-License-Identifier: MIT
 *
 * From a connected link to a bound resource: stream header, STARTTLS, SASL,
 * bind (RFC 6120 4 to 7), as one table of states. The login writes to the link
 * and is fed what the link receives; it reads no clock and opens nothing. It
 * makes one attempt with one mechanism. Nothing learnt before TLS is kept.
 *
 * A session that was lost is resumed in place of the binding (XEP-0198 5);
 * where that is refused a resource is bound after all.
 *
 * How the authentication looks is auth.h's affair. Where the server lets it, a
 * resumption rides along with it, and then nothing is waited for behind it.
 *
 * Round trips are saved by what is known of the server: <starttls/> leaves with
 * the first header, the authentication with the header that TLS protects, and
 * what follows it with the authentication (XEP-0305). None of it is believed:
 * the server says anew what it offers, and what does not hold is told by
 * cpl_login_again(). */
#ifndef CPL_LOGIN_H
#define CPL_LOGIN_H

#include <strophe.h>

#include "../base/log.h"
#include "../config/secret.h"
#include "../net/dial.h"
#include "../net/tls.h"
#include "../stanza/jid.h"
#include "../store/known.h"
#include "../store/pins.h"
#include "../store/token.h"
#include "link.h"

/* Whether what follows the authentication may leave with it. */
enum cpl_login_early {
	CPL_LOGIN_EARLY_AUTO = 0, /* by what the server says, or was known to
				     take */
	CPL_LOGIN_EARLY_ALWAYS,
	CPL_LOGIN_EARLY_NEVER
};

struct cpl_login_conf {
	const struct cpl_jid *jid;
	const char *resource; /* asked for; NULL: the JID's, and where it has
				 none the server chooses */
	const struct cpl_secret *password; /* empty: EXTERNAL or ANONYMOUS */
	struct cpl_tls_conf tls;
	enum cpl_tls_mode mode;
	int direct_tls;              /* the target wants TLS at once */
	const struct cpl_pins *pins; /* what earlier logins have had */
	const char *agent;           /* XEP-0388 2.4: a UUID, or NULL */
	struct cpl_tokens *tokens;   /* ours to use, or NULL (auth.h) */
	int invalidate;              /* the token (auth.h) */
	int upgrade; /* XEP-0480: give the server what it asks for */
	/* What was learnt of this server; NULL: nothing. */
	const struct cpl_known *known;
	enum cpl_login_early early;
	/* Called once the last word of ours and the request to bind are
	 * written: what the callee writes leaves with them, before the server
	 * has said that we are in: <enable/> (XEP-0198), and with stanzas what
	 * follows it. limit: the largest stanza, in bytes, 0: not said. NULL:
	 * there is nothing to follow. */
	void (*follow)(void *user, int stanzas, size_t limit);
	void *user;
	const char *resume_id; /* of the lost stream; NULL: there is none */
	uint32_t resume_h;     /* what was handled of it */
};

/* What the server said once we were logged in. */
struct cpl_login_result {
	char *jid;               /* the full JID that it bound; the login's */
	int sm;                  /* XEP-0198 is offered */
	struct cpl_offer offer;  /* before the authentication, over TLS */
	enum cpl_early early;    /* how that went; untried: it was not done */
	xmpp_stanza_t *features; /* after the authentication; the login's. NULL
				    after a resumption that rode along: they
				    follow (XEP-0388 2.6.1) */
	xmpp_stanza_t *resumed;  /* the server's answer to <resume/>; NULL: none
				    was asked for. <resumed/>, and then there is
				    no jid, or <failed/>; the login's */
	int is_resumed;
	struct cpl_pins had; /* what the login has had */
};

struct cpl_login;

enum cpl_login_progress { CPL_LOGIN_DONE = 1, CPL_LOGIN_ON = 0 };

/* A login over link, whose first bytes are written here. conf and what it
 * points to outlive it. NULL with e. */
struct cpl_login *
cpl_login_new(xmpp_ctx_t *ctx, struct cpl_link *link, const struct cpl_log *log,
	      const struct cpl_login_conf *conf, struct cpl_err *e)
    __attribute__((warn_unused_result));
void cpl_login_free(struct cpl_login *l);

/* It is done, or given up: no copy of a password stays in it. l may be NULL. */
void cpl_login_forget(struct cpl_login *l);

/* The link's events. CPL_LOGIN_DONE, CPL_LOGIN_ON, or -1 with e: CPL_AUTH
 * refused, CPL_UNAVAILABLE no TLS or no usable mechanism, CPL_PROTOCOL,
 * CPL_TEMP. */
int cpl_login_header(struct cpl_login *l, const char *name, const char *ns,
		     const char *const *attrs, struct cpl_err *e)
    __attribute__((warn_unused_result));
int cpl_login_element(struct cpl_login *l, xmpp_stanza_t *element,
		      struct cpl_err *e) __attribute__((warn_unused_result));
int cpl_login_secured(struct cpl_login *l, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* The result, complete after CPL_LOGIN_DONE; valid as long as the login. */
const struct cpl_login_result *cpl_login_result(const struct cpl_login *l);

/* HOST[:PORT] where the server wants us instead (RFC 6120 4.9.3.19), said over
 * TLS; NULL: nowhere. Valid as long as the login. */
const char *cpl_login_redirect(const struct cpl_login *l);

/* Whether the server was sent an <auth/>. */
int cpl_login_tried(const struct cpl_login *l);

/* After -1: whether another attempt may fare better, at the same place, as what
 * this one relied on does not hold; nothing that followed it was taken. */
enum cpl_login_again {
	CPL_LOGIN_FINAL = 0,
	CPL_LOGIN_AGAIN_TOKEN, /* the token, which is gone */
	CPL_LOGIN_AGAIN_OFFER, /* what was known of the server */
	CPL_LOGIN_AGAIN_EARLY  /* stanzas before it has said yes */
};
enum cpl_login_again cpl_login_again(const struct cpl_login *l);

/* What was known of the server was relied on, and it has not even said what it
 * offers. */
int cpl_login_unheard(const struct cpl_login *l);

/* Whether the server has refused us for certain, so that nothing of what
 * followed was taken. */
int cpl_login_refused(const struct cpl_login *l);

/* "waiting for the stream features": where a login stands, for the message
 * when its deadline ends it. */
const char *cpl_login_phase(const struct cpl_login *l);

#endif
