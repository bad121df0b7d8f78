/* SPDX-License-Identifier: MIT
 *
 * A session over several connections, up to its end: what a server says while
 * it is logged in to, resumed and lost. Stanzas come numbered without a gap and
 * from a server that has proved itself alone, no more is acknowledged than was
 * sent, each request has one outcome. Two bytes say what the session has
 * (configure() and begin()), the rest is what happens in pieces that end with a
 * NUL: one that begins with a byte of enum happens is that, another is what the
 * server says (played_server.h). */
#include "../../common/stream/session.h"

#include "../../common/stanza/build.h"
#include "../../common/stanza/ns.h"
#include "played_server.h"
#include "played_state.h"

enum happens {
	TIME = 0x18,    /* passes, to the next timer */
	HANG_UP = 0x19, /* the connection is lost */
	SEND = 0x1a,    /* a message is sent, and a request */
	CLOSE = 0x1b,
	HOLD = 0x1c,
	HANDLE = 0x1d, /* all stanzas that have come are dealt with */
	FAIL = 0x1e    /* the next connection does not come about */
};

/* Where it is, and by which name it knows itself. */
#define HOST "xmpp.montague.lit"
#define AGENT "d4565fa7-4d72-4749-b3d3-740edbf87770"

/* What it may have learnt, besides the place. */
#define KNOWN_TWO                                                              \
	"sasl2 SCRAM-SHA-1-PLUS \nbindings tls-exporter \n"                    \
	"fast HT-SHA-256-ENDP HT-SHA-256-EXPR \nsm 1\nmanaged 1\n"

static const char *const knowns[] = {
    "mechanisms PLAIN SCRAM-SHA-1 \nmanaged 1\n",
    KNOWN_TWO,
    "mechanisms PLAIN \npipelining 1\nmanaged 1\nearly 1\n",
};

static struct run {
	struct cpl_loop *loop;
	struct cpl_session *session;
	struct played_server server;
	struct cpl_settings settings;
	struct cpl_secret password;
	char plain[64]; /* as PLAIN has it, in base64 */
	xmpp_ctx_t *ctx;
	int fail; /* the next connection */
	int tls;
	uint64_t sent, acked, received;
	size_t asked, answered;
	int ended;
} run;

/* --- where a dial would lead -------------------------------------------- */

struct cpl_dial {
	struct cpl_timer timer;
	cpl_dial_done *done;
	void *user;
	struct cpl_target target;
	struct cpl_err why; /* CPL_OK: it leads there */
};

static void on_dialed(void *user)
{
	struct cpl_dial *d = user;

	if (run.fail && d->why.status == CPL_OK)
		cpl_err_set(&d->why, CPL_TEMP, "played: refused");
	run.fail = 0;
	if (d->why.status != CPL_OK) {
		d->done(d->user, -1, NULL, &d->why);
		return;
	}
	server_hang_up(&run.server);
	played_tls_shaken = 0;
	d->done(d->user, server_connect(&run.server), &d->target, NULL);
}

struct cpl_dial *cpl_dial_new(struct cpl_loop *loop, const struct cpl_log *log,
			      const struct cpl_dial_conf *conf,
			      cpl_dial_done *done, void *user,
			      struct cpl_err *e)
{
	struct cpl_dial *d = calloc(1, sizeof *d);

	(void)log;
	(void)e;
	MUST(d != NULL);
	d->timer.fire = on_dialed;
	d->timer.user = d;
	d->done = done;
	d->user = user;
	snprintf(d->target.host, sizeof d->target.host, HOST);
	snprintf(d->target.text, sizeof d->target.text, "played");
	d->target.port = 5222;
	d->target.direct_tls = conf->mode == CPL_TLS_DIRECT;
	cpl_loop_timer(loop, &d->timer, 0);
	return d;
}

void cpl_dial_resume(struct cpl_dial *d, const struct cpl_err *failed)
{
	d->why = *failed;
	cpl_loop_timer(run.loop, &d->timer, 0);
}

void cpl_dial_again(struct cpl_dial *d)
{
	cpl_loop_timer(run.loop, &d->timer, 0);
}

void cpl_dial_why(const struct cpl_dial *d, struct cpl_err *e)
{
	(void)d;
	cpl_err_set(e, CPL_TEMP, "played");
}

void cpl_dial_free(struct cpl_dial *d)
{
	if (d)
		cpl_loop_cancel(run.loop, &d->timer);
	free(d);
}

/* --- what the tool does and hears --------------------------------------- */

/* No secret is shown. */
static void on_line(void *user, int level, const char *text)
{
	(void)user;
	(void)level;
	MUST(!run.password.text || !strstr(text, run.password.text));
}

static void on_trace(void *user, char direction, const char *text, size_t n)
{
	char *copy = strndup(text, n);

	(void)user;
	(void)direction;
	MUST(copy != NULL);
	MUST(!strstr(copy, run.plain));
	MUST(!run.password.text || !strstr(copy, run.password.text));
	free(copy);
}

/* Words of somebody that has not proved itself are no stanzas. */
static void check_server(void)
{
	server_hear(&run.server);
	MUST(server_may_succeed(&run.server, played_tls_shaken > 0,
				run.password.len > 0));
	MUST(played_tls_shaken || !run.tls);
}

static void on_answered(void *user, xmpp_stanza_t *answer)
{
	(void)user;
	run.answered++;
	MUST(run.answered <= run.asked);
	if (answer)
		check_server();
}

static void send_some(void)
{
	xmpp_stanza_t *m = cpl_build_stanza(run.ctx, "message", "chat", "m",
					    "juliet@capulet.lit");
	xmpp_stanza_t *iq =
	    cpl_build_stanza(run.ctx, "iq", "get", NULL, "capulet.lit");
	struct cpl_err e = CPL_ERR_INIT;
	uint64_t number = 0;

	MUST(m && iq && cpl_build_child(iq, "ping", CPL_NS_PING));
	MUST(cpl_build_text_child(m, "body", "x") == 0);
	if (cpl_session_send(run.session, m, &number, &e) == 0) {
		MUST(number > run.sent);
		run.sent = number;
	} else {
		MUST(e.status != CPL_OK);
	}
	run.asked++;
	if (cpl_session_request(run.session, iq, on_answered, &run, &e) < 0)
		run.asked--;
	xmpp_stanza_release(m);
	xmpp_stanza_release(iq);
}

static void on_online(void *user)
{
	(void)user;
	MUST(!run.ended);
	send_some();
}

static void on_stanza(void *user, xmpp_stanza_t *stanza, uint64_t number)
{
	(void)user;
	(void)stanza;
	MUST(!run.ended && number == run.received + 1);
	run.received = number;
	check_server();
}

static void on_acked(void *user, uint64_t upto)
{
	(void)user;
	/* The session's own requests count, too. */
	MUST(!run.ended && upto > run.acked);
	run.acked = upto;
	check_server();
}

static void on_ended(void *user, const struct cpl_err *e)
{
	(void)user;
	MUST(!run.ended);
	MUST(e->status == CPL_OK || e->text[0]);
	MUST(run.answered == run.asked);
	run.ended = 1;
}

static void on_lost(void *user, const struct cpl_err *e)
{
	(void)user;
	MUST(!run.ended && e->status != CPL_OK);
}

static void on_resumed(void *user)
{
	(void)user;
	MUST(!run.ended);
	check_server();
}

static void on_enabled(void *user, const struct cpl_session_stream *stream)
{
	(void)user;
	MUST(!run.ended && (!stream || (stream->id && stream->jid)));
}

static int on_counted(void *user, uint32_t h)
{
	(void)user;
	(void)h;
	return 0;
}

static void on_given_up(void *user, uint64_t number, const struct cpl_err *why)
{
	(void)user;
	(void)number;
	MUST(!run.ended && why->status != CPL_OK);
}

/* --- a run -------------------------------------------------------------- */

static void know(const char *secret, unsigned known, const char *how)
{
	struct cpl_buf text = CPL_BUF_INIT(500);

	MUST(cpl_buf_addf(&text,
			  "couplet-token 1\n" AGENT
			  "\nHT-SHA-256-EXPR 9999999999 %s\n"
			  "HT-SHA-256-ENDP 9999999999 %s\n",
			  secret, secret) == 0);
	played_write("client", AGENT "\n", strlen(AGENT "\n"));
	played_write("token", text.data, text.len);
	cpl_buf_truncate(&text, 0);
	if (known > 0) {
		MUST(cpl_buf_addf(&text,
				  "couplet-known 1\nplace " HOST ":5222/%s\n%s",
				  how, knowns[known - 1]) == 0);
		played_write("known", text.data, text.len);
	}
	cpl_buf_release(&text);
}

/* What must not be seen. */
static void note_secret(const char *secret)
{
	struct cpl_buf raw = CPL_BUF_INIT(64), plain = CPL_BUF_INIT(64);

	MUST(cpl_buf_add(&raw, "\0romeo\0", 7) == 0 &&
	     cpl_buf_adds(&raw, secret) == 0 &&
	     cpl_base64_encode(&plain, raw.data, raw.len) == 0);
	snprintf(run.plain, sizeof run.plain, "%s", plain.data);
	cpl_buf_release(&raw);
	cpl_buf_release(&plain);
}

/* The first byte: bits 0 and 1 what is known, 2 TLS at once; none of them: no
 * TLS. 3 no password, 4 no token, 5 and 6 pins, 7 an upgrade. */
static void configure(uint8_t how, const char *secret)
{
	struct cpl_settings *s = &run.settings;
	const char *tls = how & 4 ? "direct" : "starttls";

	run.tls = how & 7;
	MUST(cpl_setting_put(s, CPL_SET_JID, "romeo@montague.lit/orchard", "-j",
			     NULL) == 0);
	MUST(cpl_setting_put(s, CPL_SET_TLS, run.tls ? tls : "none", "-t",
			     NULL) == 0);
	MUST(cpl_setting_put(s, CPL_SET_UPGRADE, how & 0x80 ? "yes" : "no",
			     "-u", NULL) == 0);
	if (!(how & 8))
		run.password =
		    (struct cpl_secret){strdup(secret), strlen(secret)};
	note_secret(secret);
	know(secret, how & 3, tls);
	if (how & 0x10)
		played_remove("token");
	if (how & 0x60)
		played_write("pins",
			     how & 0x20 ? "couplet-pins 1\nno-plain\n"
					: "couplet-pins 1\nbound 0304\n",
			     how & 0x20 ? 24 : 26);
}

/* The second byte: bit 0 no second attempt, 1 stanzas leave early, 2 without
 * XEP-0198, 3 sets are asked again, 4 the session is another process's, 5 it
 * announces its presence, 6 nothing is asked to be acknowledged. */
static void begin(uint8_t how)
{
	static const struct cpl_log log = {CPL_LOG_DEBUG, on_line, on_trace,
					   NULL};
	static const struct cpl_session_keep keep = {
	    .agent = "0e1f2a3b-4d72-4749-b3d3-740edbf87770",
	    .left = {"lost", "[2001:db8::7]:5222", "romeo@montague.lit/orchard",
		     7, 600},
	};
	struct cpl_session_events on = {
	    .online = on_online,
	    .stanza = on_stanza,
	    .acked = how & 0x40 ? NULL : on_acked,
	    .ended = on_ended,
	    .lost = on_lost,
	    .resumed = on_resumed,
	    .enabled = on_enabled,
	    .counted = on_counted,
	    .given_up = on_given_up,
	};
	struct cpl_connect_conf conf = {
	    .settings = &run.settings,
	    .password = &run.password,
	    .timeout = 30000,
	    .state = PLAYED_FOLDER,
	};
	struct cpl_err e = CPL_ERR_INIT;

	run.received = how & 0x10 ? 7 : 0;
	run.session = cpl_session_new(run.loop, &log, run.ctx, &conf,
				      how & 0x10 ? &keep : NULL, &on, &e);
	MUST(run.session != NULL);
	if (!(how & 1))
		cpl_session_retry(run.session, -1);
	if (how & 2)
		cpl_session_early(run.session);
	if (how & 4)
		cpl_session_without_sm(run.session);
	if (how & 8)
		cpl_session_retry_sets(run.session);
	if (how & 0x20)
		cpl_session_announces(run.session);
}

static void happen(const uint8_t *p, size_t n)
{
	switch (n > 0 ? p[0] : TIME) {
	case TIME: played_wait(run.loop); return;
	case HANG_UP: server_hang_up(&run.server); break;
	case SEND: send_some(); break;
	case CLOSE: cpl_session_close(run.session, n > 1); break;
	case HOLD: cpl_session_hold(run.session, n > 1); break;
	case HANDLE: cpl_session_handled(run.session, run.received); break;
	case FAIL: run.fail = 1; break;
	default: server_say(&run.server, p, n);
	}
	played_turns(run.loop);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *at = data + 2, *end = data + size;
	char secret[20];
	size_t n;

	if (size < 2)
		return 0;
	run = (struct run){.ctx = xmpp_ctx_new(NULL, NULL)};
	played_chance = 0;
	played_tls_shaken = 0;
	played_tls_version = 0x0304;
	played_secret(secret, data, size);
	server_begin(&run.server, secret, secret);
	run.loop = cpl_loop_new(NULL);
	configure(data[0], secret);
	begin(data[1]);
	played_turns(run.loop);
	while (at < end && !run.ended) {
		const uint8_t *piece = fuzz_piece(&at, end, &n);

		happen(piece, n);
	}
	cpl_session_free(run.session);
	MUST(run.answered == run.asked);
	server_end(&run.server);
	cpl_settings_release(&run.settings);
	cpl_secret_wipe(&run.password);
	cpl_loop_free(run.loop);
	played_clear();
	xmpp_ctx_free(run.ctx);
	return 0;
}
