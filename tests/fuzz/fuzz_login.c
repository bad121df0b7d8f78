/* SPDX-License-Identifier: MIT
 *
 * What a server says to a client that logs in, from the connection to a bound
 * resource, by every way that there is: no server that has not proved itself
 * makes a login succeed, nothing that is secret leaves in clear. Two bytes say
 * what the client has and knows (configure()); the rest is what the server says
 * (played_server.h), in pieces that end with a NUL. */
#include "../../common/stream/login.h"

#include "played_server.h"

#define OFFER_TWO "PLAIN SCRAM-SHA-1 SCRAM-SHA-1-PLUS SCRAM-SHA-256-PLUS "

/* What an earlier login may have learnt. */
static char one[] = "PLAIN SCRAM-SHA-1 SCRAM-SHA-256 ", two[] = OFFER_TWO,
	    bindings[] = "tls-exporter tls-server-end-point ",
	    fast[] = "HT-SHA-256-ENDP HT-SHA-256-EXPR HT-SHA-256-NONE ";
static const struct cpl_known knowns[] = {
    {.offer = {.one = one}, .managed = 1},
    {.offer = {.one = one, .pipelining = 1},
     .managed = 1,
     .early = CPL_EARLY_WORKED},
    {.offer = {.two = two,
	       .bindings = bindings,
	       .fast = fast,
	       .sm = 1,
	       .limit = 10000},
     .managed = 1},
};

struct run {
	struct cpl_loop *loop;
	struct cpl_link *link;
	struct cpl_login *login;
	struct cpl_login_conf conf;
	struct played_server server;
	struct cpl_jid jid;
	struct cpl_pins pins;
	struct cpl_secret password;
	struct cpl_tokens tokens;
	struct cpl_err why;
	int over;
	int followed;
};

/* --- what must hold ----------------------------------------------------- */

/* In clear nothing leaves but what it takes to secure it. */
static void check_clear(const struct run *r)
{
	static const char *const secret[] = {"<auth", "from=", "<response",
					     "<iq", "<resume"};

	for (size_t i = 0; i < sizeof secret / sizeof *secret; i++)
		MUST(!server_heard(&r->server, secret[i]));
}

/* What is worth as much as the password goes to who has proved itself. */
static void check_heard(const struct run *r)
{
	const char *name = server_mechanism(&r->server);

	if (server_heard(&r->server, "<task-data"))
		MUST(r->server.proved && played_tls_shaken);
	if (r->conf.mode == CPL_TLS_NONE)
		MUST(!played_tls_shaken);
	if (strncmp(name, "PLAIN'", 6) == 0)
		MUST(played_tls_shaken && !r->pins.no_plain);
	if (strncmp(name, "HT-", 3) == 0)
		MUST(played_tls_shaken && r->conf.tokens);
}

static void check_success(const struct run *r)
{
	const struct cpl_login_result *result = cpl_login_result(r->login);

	MUST(server_may_succeed(&r->server, played_tls_shaken > 0,
				r->password.len > 0));
	MUST(played_tls_shaken || r->conf.mode == CPL_TLS_NONE);
	if (result->is_resumed)
		MUST(r->conf.resume_id && result->resumed && !result->jid);
	else
		MUST(result->jid && strchr(result->jid, '/'));
}

static void progress(struct run *r, int rc, struct cpl_err *e)
{
	MUST(!r->over);
	server_hear(&r->server);
	check_heard(r);
	if (!played_tls_shaken && r->conf.mode != CPL_TLS_NONE)
		check_clear(r);
	if (rc == CPL_LOGIN_ON)
		return;
	r->over = 1;
	if (rc < 0)
		MUST(e->status != CPL_OK && e->text[0]);
	else
		check_success(r);
	cpl_link_free(r->link);
	r->link = NULL;
}

/* --- the link's owner --------------------------------------------------- */

static void on_header(void *user, const char *name, const char *ns,
		      const char *const *attrs)
{
	struct run *r = user;
	struct cpl_err e = CPL_ERR_INIT;

	progress(r, cpl_login_header(r->login, name, ns, attrs, &e), &e);
}

static void on_element(void *user, xmpp_stanza_t *el)
{
	struct run *r = user;
	struct cpl_err e = CPL_ERR_INIT;

	progress(r, cpl_login_element(r->login, el, &e), &e);
}

static void on_secured(void *user)
{
	struct run *r = user;
	struct cpl_err e = CPL_ERR_INIT;

	server_hear(&r->server);
	check_clear(r);
	progress(r, cpl_login_secured(r->login, &e), &e);
}

static void on_closed(void *user, const struct cpl_err *e)
{
	struct run *r = user;

	MUST(!r->over);
	MUST(!e || (e->status != CPL_OK && e->text[0]));
	r->over = 1;
}

static void on_follow(void *user, int stanzas, size_t limit)
{
	struct run *r = user;

	(void)stanzas;
	(void)limit;
	MUST(!r->followed++);
	MUST(!r->conf.resume_id && played_tls_shaken);
	MUST(cpl_link_send(r->link, "<enable/>", 9, NULL) == 0);
}

/* --- what the client has and knows -------------------------------------- */

static void have_token(struct run *r, const char *secret)
{
	static const char *const names[] = {"HT-SHA-256-EXPR",
					    "HT-SHA-256-ENDP"};

	r->tokens = (struct cpl_tokens){.file = CPL_KEPT_INIT, .open = 1};
	for (size_t i = 0; i < CPL_TOKENS; i++) {
		struct cpl_token *t = &r->tokens.list[i];

		snprintf(t->mechanism, sizeof t->mechanism, "%s", names[i]);
		t->text = strdup(secret);
		t->expiry = INT64_MAX;
	}
	r->conf.tokens = &r->tokens;
}

/* The first byte: bits 0 and 1 how the connection is secured, 2 and 3 what is
 * known of the server, 4 no password, 5 a lost stream, 6 tokens, 7 no user. The
 * second: 0 and 1 pins, 2 and 3 what leaves early, 4 something follows, 5 a
 * certificate, 6 the token is given up, 7 an upgrade. */
static void configure(struct run *r, const uint8_t how[2], const char *secret)
{
	static const enum cpl_tls_mode modes[] = {
	    CPL_TLS_AUTO, CPL_TLS_DIRECT, CPL_TLS_STARTTLS, CPL_TLS_NONE};
	unsigned known = how[0] >> 2 & 3;
	struct cpl_login_conf *c = &r->conf;

	played_tls_version = how[0] & 2 ? 0x0303 : 0x0304;
	played_tls_shaken = 0;
	MUST(cpl_jid_parse(&r->jid,
			   how[0] & 0x80 ? "montague.lit"
					 : "romeo@montague.lit/orchard",
			   NULL) == 0);
	if (!(how[0] & 0x10))
		r->password =
		    (struct cpl_secret){strdup(secret), strlen(secret)};
	r->pins = (struct cpl_pins){how[1] & 1, how[1] & 2 ? 0x0304 : 0};
	*c = (struct cpl_login_conf){
	    .jid = &r->jid,
	    .password = &r->password,
	    .mode = modes[how[0] & 3],
	    .direct_tls = (how[0] & 3) == 1,
	    .pins = &r->pins,
	    .agent = "d4565fa7-4d72-4749-b3d3-740edbf87770",
	    .invalidate = how[1] >> 6 & 1,
	    .upgrade = how[1] >> 7,
	    .known = known > 0 ? &knowns[known - 1] : NULL,
	    .early = (how[1] >> 2 & 3) % 3,
	    .follow = how[1] & 0x10 ? on_follow : NULL,
	    .user = r,
	    .resume_id = how[0] & 0x20 ? "lost" : NULL,
	    .resume_h = 7,
	};
	c->tls.client_cert = how[1] & 0x20 ? "cert.pem" : NULL;
	if (how[0] & 0x40)
		have_token(r, secret);
}

static void release(struct run *r)
{
	cpl_link_free(r->link);
	cpl_login_free(r->login);
	cpl_tokens_close(&r->tokens);
	cpl_secret_wipe(&r->password);
	cpl_jid_release(&r->jid);
	server_end(&r->server);
	cpl_loop_free(r->loop);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run r = {.over = 0};
	struct cpl_link_events events = {on_header, on_element, on_secured,
					 on_closed, &r};
	const uint8_t *at = data + 2, *end = data + size;
	xmpp_ctx_t *ctx;
	char secret[20];
	size_t n;

	if (size < 2)
		return 0;
	ctx = xmpp_ctx_new(NULL, NULL);
	played_chance = 0;
	played_secret(secret, data, size);
	server_begin(&r.server, secret, secret);
	configure(&r, data, secret);
	r.loop = cpl_loop_new(NULL);
	r.link =
	    cpl_link_new(r.loop, NULL, ctx, server_connect(&r.server), &events);
	MUST(r.link != NULL);
	r.login = cpl_login_new(ctx, r.link, NULL, &r.conf, &r.why);
	MUST(r.login != NULL);
	played_turns(r.loop);
	while (at < end && !r.over) {
		const uint8_t *piece = fuzz_piece(&at, end, &n);

		server_say(&r.server, piece, n);
		played_turns(r.loop);
	}
	if (!r.over) {
		server_hang_up(&r.server);
		played_turns(r.loop);
		MUST(r.over);
	}
	release(&r);
	xmpp_ctx_free(ctx);
	return 0;
}
