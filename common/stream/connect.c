/* SPDX-License-Identifier: MIT */
#include "connect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../config/proxy.h"
#include "../net/dial.h"
#include "../store/client.h"
#include "../store/known.h"
#include "../store/place.h"
#include "../store/token.h"
#include "features.h"

struct cpl_connect {
	struct cpl_loop *loop;
	const struct cpl_log *log;
	xmpp_ctx_t *ctx;
	struct cpl_connect_conf conf;
	struct cpl_connect_events on;
	struct cpl_login_conf login_conf;
	struct cpl_jid jid;
	char *dns;      /* the domain for DNS and TLS */
	char host[256]; /* where the user said to connect; empty: SRV */
	struct cpl_proxy proxy;
	struct cpl_target last; /* from the cache; host empty: nothing */
	int half;               /* of the time has not passed yet */
	struct cpl_dial *dial;
	struct cpl_link *link; /* until it is handed over */
	struct cpl_login *login;
	const struct cpl_target *target; /* NULL while it is looked for */
	struct cpl_pins pins;
	struct cpl_timer deadline;
	struct ssl_ctx_st *made; /* by the check, for every attempt */
	struct cpl_known known;  /* as it was read */
	char place[300];         /* of the attempt at hand (known.h) */
	char client[CPL_UUID_SIZE];
	struct cpl_tokens tokens;
	int followed; /* the attempt at hand has called follow(), */
	int stanzas;  /* and let it send stanzas */
	int early_refused;
	unsigned again;
};

/* Attempts that cpl_login_again() asks for, one of each kind and of each token.
 */
#define AGAIN_MAX (CPL_TOKENS + 2)

static void drop_link(struct cpl_connect *c)
{
	cpl_link_free(c->link);
	cpl_login_free(c->login);
	c->link = NULL;
	c->login = NULL;
	c->target = NULL;
}

void cpl_connect_stop(struct cpl_connect *c)
{
	cpl_loop_cancel(c->loop, &c->deadline);
	cpl_link_free(c->link);
	c->link = NULL;
	cpl_dial_free(c->dial);
	c->dial = NULL;
	cpl_login_forget(c->login);
	cpl_tokens_close(&c->tokens);
}

static void fail(struct cpl_connect *c, const struct cpl_err *e)
{
	struct cpl_err why = *e;

	if (*c->last.host)
		cpl_place_drop(c->conf.state, c->jid.domain);
	cpl_connect_stop(c);
	c->on.failed(c->on.user, &why);
}

/* The same for what the server said or did, with its name in front. */
static void fail_there(struct cpl_connect *c, struct cpl_err *e)
{
	cpl_err_prefix(e, "%s", c->target->text);
	fail(c, e);
}

/* --- what is learnt ----------------------------------------------------- */

static struct cpl_place_key place_key(const struct cpl_connect *c)
{
	const struct cpl_settings *set = c->conf.settings;
	struct cpl_place_key key = {c->conf.state, c->jid.domain,
				    cpl_setting(set, CPL_SET_SERVER),
				    cpl_setting(set, CPL_SET_TLS)};

	return key;
}

/* Where it was last time. A place that the server sends us to, and a proxy's,
 * is nothing to remember. */
static void recall_place(struct cpl_connect *c, struct cpl_dial_conf *dial)
{
	struct cpl_place_key key = place_key(c);

	if (!c->conf.there && !dial->proxy &&
	    cpl_place_get(&key, &c->last, c->log))
		dial->known = &c->last;
}

/* The login came to its end there. */
static void remember_place(struct cpl_connect *c)
{
	struct cpl_place_key key = place_key(c);

	if (!c->conf.there && !c->target->known)
		cpl_place_put(&key, c->target, c->log);
}

/* What is known counts where this attempt leads, and nowhere else. */
static void recall(struct cpl_connect *c)
{
	struct cpl_login_conf *conf = &c->login_conf;
	const struct cpl_target *t = c->target;

	snprintf(c->place, sizeof c->place, "%s:%u/%s", t->host,
		 (unsigned)t->port, t->direct_tls ? "direct" : "starttls");
	conf->known = c->known.place && strcmp(c->known.place, c->place) == 0
			  ? &c->known
			  : NULL;
}

/* What the server offers now, and how it took what came early; that it refused
 * it counts as long as it offers the same. */
static void learn(struct cpl_connect *c)
{
	const struct cpl_login_result *r = cpl_login_result(c->login);
	const struct cpl_known *before = c->login_conf.known;
	int same = before && cpl_offer_same(&before->offer, &r->offer);
	struct cpl_known now = {
	    .place = c->place,
	    .offer = r->offer,
	    /* After a resumption that was not said. */
	    .managed = r->features ? r->sm : before && before->managed,
	    .early = r->early,
	};

	if (c->login_conf.mode == CPL_TLS_NONE)
		return;
	cpl_pins_add(&r->had, c->conf.state, c->jid.bare, c->log);
	if (now.offer.limit == 0 && r->features)
		now.offer.limit = cpl_features_limit(r->features);
	if (now.early == CPL_EARLY_UNTRIED && same)
		now.early = before->early;
	if (c->early_refused)
		now.early = CPL_EARLY_REFUSED;
	cpl_known_write(&now, &c->known, c->conf.state, c->jid.bare, c->log);
}

/* A server that is silent where it was taken at its word is asked first, the
 * next time. */
static void unlearn(struct cpl_connect *c)
{
	struct cpl_known now = c->known;

	if (!cpl_login_unheard(c->login))
		return;
	now.early = CPL_EARLY_UNTRIED;
	now.offer = (struct cpl_offer){0};
	cpl_known_write(&now, &c->known, c->conf.state, c->jid.bare, c->log);
}

/* --- attempts ----------------------------------------------------------- */

static void try_next(struct cpl_connect *c, struct cpl_err *e);

/* A place that is only remembered gets half of the time: what is looked up may
 * be another one. */
static void on_half(struct cpl_connect *c)
{
	struct cpl_err e = CPL_ERR_INIT;

	c->half = 0;
	cpl_loop_timer(c->loop, &c->deadline, c->conf.timeout / 2);
	if (!c->target || !c->target->known || cpl_login_tried(c->login))
		return;
	cpl_err_set(&e, CPL_TEMP, "timed out %s", cpl_login_phase(c->login));
	try_next(c, &e);
}

static void on_deadline(void *user)
{
	struct cpl_connect *c = user;
	struct cpl_err e = CPL_ERR_INIT;

	if (c->half) {
		on_half(c);
		return;
	}
	if (!c->target) {
		cpl_dial_why(c->dial, &e);
		fail(c, &e);
		return;
	}
	unlearn(c);
	cpl_err_set(&e, CPL_TEMP, "timed out %s", cpl_login_phase(c->login));
	fail_there(c, &e);
}

/* What this attempt relied on did not hold: once more without it, unless it is
 * to end here. */
static int try_again(struct cpl_connect *c, struct cpl_err *e)
{
	enum cpl_login_again again = cpl_login_again(c->login);

	if (again == CPL_LOGIN_FINAL || c->again == AGAIN_MAX)
		return 0;
	c->again++;
	cpl_log(c->log, CPL_LOG_INFO, "%s: %s; once more without",
		c->target->text, e->text);
	if (again == CPL_LOGIN_AGAIN_EARLY) {
		c->login_conf.early = CPL_LOGIN_EARLY_NEVER;
		c->early_refused = 1;
	}
	if (again == CPL_LOGIN_AGAIN_OFFER)
		cpl_known_release(&c->known);
	drop_link(c);
	cpl_dial_again(c->dial);
	return 1;
}

/* The login over this connection came to nothing. Another target may do better
 * where the fault is the server's; but not once it was told who we are: one
 * wrong password is one attempt, however many targets there are. One that was
 * taken at its word and did not even say what it offers is as good as not
 * asked, as long as no stanza went there. */
static void try_next(struct cpl_connect *c, struct cpl_err *e)
{
	int theirs = e->status == CPL_TEMP || e->status == CPL_PROTOCOL ||
		     e->status == CPL_UNAVAILABLE;
	int unheard = cpl_login_unheard(c->login) && !c->stanzas;

	unlearn(c);
	if (c->followed && (unheard || cpl_login_refused(c->login)))
		c->on.dropped(c->on.user);
	if (try_again(c, e))
		return;
	if (!theirs || (cpl_login_tried(c->login) && !unheard) ||
	    cpl_login_redirect(c->login)) {
		fail_there(c, e);
		return;
	}
	cpl_err_prefix(e, "%s", c->target->text);
	drop_link(c);
	cpl_dial_resume(c->dial, e);
}

static void progress(struct cpl_connect *c, int r, struct cpl_err *e)
{
	struct cpl_link *link = c->link;

	if (r < 0)
		try_next(c, e);
	if (r != CPL_LOGIN_DONE)
		return;
	cpl_loop_cancel(c->loop, &c->deadline);
	learn(c);
	remember_place(c);
	cpl_login_forget(c->login);
	cpl_tokens_close(&c->tokens);
	c->link = NULL;
	c->on.done(c->on.user, link, cpl_login_result(c->login),
		   c->target->text);
}

static void on_follow(void *user, int stanzas, size_t limit)
{
	struct cpl_connect *c = user;

	c->followed = 1;
	c->stanzas = stanzas;
	c->on.follow(c->on.user, c->link, stanzas, limit);
}

static void on_header(void *user, const char *name, const char *ns,
		      const char *const *attrs)
{
	struct cpl_connect *c = user;
	struct cpl_err e = CPL_ERR_INIT;

	progress(c, cpl_login_header(c->login, name, ns, attrs, &e), &e);
}

static void on_element(void *user, xmpp_stanza_t *el)
{
	struct cpl_connect *c = user;
	struct cpl_err e = CPL_ERR_INIT;

	progress(c, cpl_login_element(c->login, el, &e), &e);
}

static void on_secured(void *user)
{
	struct cpl_connect *c = user;
	struct cpl_err e = CPL_ERR_INIT;

	progress(c, cpl_login_secured(c->login, &e), &e);
}

static void on_closed(void *user, const struct cpl_err *reason)
{
	struct cpl_connect *c = user;
	struct cpl_err e = CPL_ERR_INIT;

	if (reason)
		e = *reason;
	else
		cpl_err_set(&e, CPL_TEMP, "the server ended the stream");
	if (e.status == CPL_TEMP)
		cpl_err_prefix(&e, "%s", cpl_login_phase(c->login));
	try_next(c, &e);
}

static void on_dialed(void *user, int fd, const struct cpl_target *target,
		      const struct cpl_err *e)
{
	struct cpl_connect *c = user;
	struct cpl_link_events events = {on_header, on_element, on_secured,
					 on_closed, c};
	struct cpl_err why = CPL_ERR_INIT;

	if (fd < 0) {
		fail(c, e);
		return;
	}
	c->target = target;
	c->followed = c->stanzas = 0;
	recall(c);
	c->login_conf.direct_tls = target->direct_tls;
	c->login_conf.tls.direct = target->direct_tls;
	c->link = cpl_link_new(c->loop, c->log, c->ctx, fd, &events);
	if (c->link)
		cpl_link_timing(c->link, c->conf.timing);
	if (c->link)
		c->login = cpl_login_new(c->ctx, c->link, c->log,
					 &c->login_conf, &why);
	else
		cpl_err_nomem(&why);
	if (!c->login)
		fail_there(c, &why);
}

enum cpl_tls_mode cpl_connect_mode(const char *text)
{
	if (!text || strcmp(text, "auto") == 0)
		return CPL_TLS_AUTO;
	if (strcmp(text, "direct") == 0)
		return CPL_TLS_DIRECT;
	return strcmp(text, "none") == 0 ? CPL_TLS_NONE : CPL_TLS_STARTTLS;
}

/* What earlier logins have left. Tokens are for who calls itself what all tools
 * of the account do; and none is sent but over TLS. */
static void remember(struct cpl_connect *c)
{
	const struct cpl_settings *set = c->conf.settings;
	struct cpl_login_conf *login = &c->login_conf;
	const char *state = c->conf.state;

	if (!state || !c->jid.local || login->mode == CPL_TLS_NONE)
		return;
	if (!c->conf.wary)
		cpl_known_read(&c->known, state, c->jid.bare, c->log);
	cpl_pins_load(&c->pins, state, c->jid.bare, c->log);
	if (login->agent ||
	    cpl_client_id(state, c->jid.bare, c->client, c->log) < 0)
		return;
	login->agent = c->client;
	if (cpl_setting_true(set, CPL_SET_FAST, 1) &&
	    cpl_tokens_open(&c->tokens, state, c->jid.bare, c->client,
			    c->log) == 0)
		login->tokens = &c->tokens;
}

/* From the settings, which were checked one by one, to what the layers want. */
static int prepare(struct cpl_connect *c, struct cpl_dial_conf *dial,
		   struct cpl_err *e)
{
	const struct cpl_settings *set = c->conf.settings;
	struct cpl_login_conf *login = &c->login_conf;
	const char *server =
	    c->conf.there ? c->conf.there : cpl_setting(set, CPL_SET_SERVER);

	if (cpl_jid_parse(&c->jid, cpl_setting(set, CPL_SET_JID), e) < 0)
		return -1;
	c->dns = cpl_jid_dns(c->jid.domain, e);
	if (!c->dns)
		return -1;
	if (server && cpl_setting_server(server, c->host, &dial->port) < 0)
		return cpl_err_set(e, c->conf.there ? CPL_PROTOCOL : CPL_CONFIG,
				   "'%s' is not HOST[:PORT]", server);
	dial->timing = c->conf.timing;
	dial->domain = c->dns;
	dial->host = server ? c->host : NULL;
	dial->mode = cpl_connect_mode(cpl_setting(set, CPL_SET_TLS));
	login->pins = &c->pins;
	if (cpl_proxy_of(set, &c->proxy, &dial->proxy, e) < 0)
		return -1;
	recall_place(c, dial);
	dial->fast_open = cpl_setting_true(set, CPL_SET_TCP_FASTOPEN, 0);
	login->jid = &c->jid;
	login->resource = cpl_setting(set, CPL_SET_RESOURCE);
	login->password = c->conf.password;
	login->mode = dial->mode;
	login->agent = c->conf.agent;
	login->invalidate = c->conf.invalidate;
	login->upgrade = cpl_setting_true(set, CPL_SET_UPGRADE, 0);
	if (c->conf.wary)
		login->early = CPL_LOGIN_EARLY_NEVER;
	else if (cpl_setting(set, CPL_SET_EARLY))
		login->early = cpl_setting_true(set, CPL_SET_EARLY, 0)
				   ? CPL_LOGIN_EARLY_ALWAYS
				   : CPL_LOGIN_EARLY_NEVER;
	login->follow = c->on.follow ? on_follow : NULL;
	login->user = c;
	login->resume_id = c->conf.resume_id;
	login->resume_h = c->conf.resume_h;
	login->tls.made = &c->made;
	login->tls.domain = c->dns;
	login->tls.jid_domain = c->jid.domain;
	login->tls.ca_file = cpl_setting(set, CPL_SET_CA_FILE);
	login->tls.fingerprint = cpl_setting(set, CPL_SET_FINGERPRINT);
	login->tls.client_cert = cpl_setting(set, CPL_SET_CLIENT_CERT);
	login->tls.client_key = cpl_setting(set, CPL_SET_CLIENT_KEY);
	remember(c);
	return dial->mode == CPL_TLS_NONE ? 0 : cpl_tls_check(&login->tls, e);
}

struct cpl_connect *cpl_connect_new(struct cpl_loop *loop,
				    const struct cpl_log *log, xmpp_ctx_t *ctx,
				    const struct cpl_connect_conf *conf,
				    const struct cpl_connect_events *on,
				    struct cpl_err *e)
{
	struct cpl_connect *c = calloc(1, sizeof *c);
	struct cpl_dial_conf dial = {0};

	if (!c) {
		cpl_err_nomem(e);
		return NULL;
	}
	c->loop = loop;
	c->log = log;
	c->ctx = ctx;
	c->conf = *conf;
	c->on = *on;
	c->deadline.fire = on_deadline;
	c->deadline.user = c;
	if (prepare(c, &dial, e) == 0)
		c->dial = cpl_dial_new(loop, log, &dial, on_dialed, c, e);
	if (!c->dial) {
		cpl_connect_free(c);
		return NULL;
	}
	c->half = *c->last.host != '\0';
	cpl_loop_timer(loop, &c->deadline,
		       c->half ? conf->timeout / 2 : conf->timeout);
	return c;
}

void cpl_connect_free(struct cpl_connect *c)
{
	if (!c)
		return;
	cpl_connect_stop(c);
	drop_link(c);
	cpl_tls_made_free(c->made);
	cpl_known_release(&c->known);
	cpl_jid_release(&c->jid);
	explicit_bzero(&c->proxy, sizeof c->proxy);
	free(c->dns);
	free(c);
}

const char *cpl_connect_redirect(const struct cpl_connect *c)
{
	return c->login ? cpl_login_redirect(c->login) : NULL;
}

const struct cpl_jid *cpl_connect_jid(const struct cpl_connect *c)
{
	return &c->jid;
}
