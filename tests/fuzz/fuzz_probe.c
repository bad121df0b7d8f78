/* SPDX-License-Identifier: MIT
 *
 * What servers say to one who looks at them without an account: each is told of
 * once, a good end is that of one with features which is trusted, and nothing
 * but a header leaves, with a name in it only for who is trusted. Two bytes say
 * who asks whom (configure()); the rest is what the servers say one after the
 * other (played_server.h), in pieces that end with a NUL. */
#include "../../common/stream/probe.h"

#include "../../common/stanza/build.h"
#include "played_server.h"

enum {
	TIME = 0x18, /* passes, to the next timer */
	LOST = 0x19  /* is the connection */
};

static struct played_server server;

/* --- the dial ------------------------------------------------------------ */

/* The linker takes this in place of dial.o: so many targets, all of which can
 * be connected to, but for an address before the first. */
struct cpl_dial {
	struct cpl_loop *loop;
	struct cpl_dial_conf conf;
	cpl_dial_done *done;
	void *user;
	struct cpl_timer timer;
	struct cpl_target target;
	struct cpl_err failed;
};

static struct {
	unsigned targets;   /* that there are */
	unsigned direct;    /* of them, by bits */
	unsigned untrusted; /* the same */
	int refused;        /* an address is */
	unsigned at;        /* targets that were connected to */
} dialed;

static void set_target(struct cpl_dial *d, const char *host)
{
	memset(&d->target, 0, sizeof d->target);
	snprintf(d->target.host, sizeof d->target.host, "%s", host);
	snprintf(d->target.text, sizeof d->target.text, "%s:5222", host);
	d->target.direct_tls =
	    d->conf.mode == CPL_TLS_DIRECT ||
	    (d->conf.mode == CPL_TLS_AUTO && dialed.direct >> dialed.at & 1);
}

static void check_heard(void);

static void connect_next(void *user)
{
	struct cpl_dial *d = user;

	check_heard();
	server_hang_up(&server);
	played_tls_shaken = 0;
	if (dialed.refused) {
		struct cpl_err e = CPL_ERR_INIT;

		dialed.refused = 0;
		set_target(d, "refused.lit");
		cpl_err_set(&e, CPL_TEMP, "%s: refused", d->target.text);
		d->conf.refused(d->user, &d->target, &e);
	}
	if (dialed.at == dialed.targets) {
		d->done(d->user, -1, NULL, &d->failed);
		return;
	}
	set_target(d, "capulet.lit");
	dialed.at++;
	d->done(d->user, server_connect(&server), &d->target, NULL);
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
	d->loop = loop;
	d->conf = *conf;
	d->done = done;
	d->user = user;
	d->timer.fire = connect_next;
	d->timer.user = d;
	cpl_err_set(&d->failed, CPL_TEMP, "nobody is there");
	cpl_loop_timer(loop, &d->timer, 0);
	return d;
}

void cpl_dial_resume(struct cpl_dial *d, const struct cpl_err *failed)
{
	MUST(failed->status != CPL_OK && failed->text[0]);
	d->failed = *failed;
	cpl_loop_timer(d->loop, &d->timer, 0);
}

void cpl_dial_why(const struct cpl_dial *d, struct cpl_err *e)
{
	*e = d->failed;
}

void cpl_dial_free(struct cpl_dial *d)
{
	if (!d)
		return;
	cpl_loop_cancel(d->loop, &d->timer);
	free(d);
}

/* --- what must hold ------------------------------------------------------ */

static struct {
	struct cpl_loop *loop;
	xmpp_ctx_t *ctx;
	struct cpl_probe *probe;
	struct cpl_probe_conf conf;
	int frees; /* it is freed as soon as it is done */
	int takes; /* what was found */
	unsigned told;
	enum cpl_status last;
	int over;
} run;

static int is_trusted(void)
{
	return !(dialed.untrusted >> (dialed.at - 1) & 1);
}

/* Without TLS nobody is named; with it, the one who asks is to the server that
 * is meant alone. */
static void check_heard(void)
{
	static const char *const never[] = {"<auth", "<iq", "<message",
					    "<presence", "<resume"};

	server_hear(&server);
	for (size_t i = 0; i < sizeof never / sizeof *never; i++)
		MUST(!server_heard(&server, never[i]));
	if (!played_tls_shaken)
		MUST(!server_heard(&server, "from="));
	if (server_heard(&server, "romeo@"))
		MUST(played_tls_shaken && is_trusted() && run.conf.from);
}

/* The linker takes these in place of tls_info.o. */
struct cpl_tls_info *cpl_tls_info_new(const struct cpl_tls *t)
{
	struct cpl_tls_info *info = calloc(1, sizeof *info);

	MUST(t && info);
	MUST(played_tls_shaken == 1 && run.conf.mode != CPL_TLS_NONE);
	server_hear(&server);
	MUST(!server_heard(&server, "from="));
	if (!is_trusted())
		cpl_err_set(&info->untrusted, CPL_PROTOCOL, "self-signed");
	return info;
}

void cpl_tls_info_free(struct cpl_tls_info *info)
{
	free(info);
}

static void check_found(const struct cpl_probed *p)
{
	struct cpl_buf line = CPL_BUF_INIT(FUZZ_ROOM);
	int plain = run.conf.mode == CPL_TLS_NONE;

	if (p->fault.status == CPL_OK) {
		MUST(p->features && plain == !p->tls);
		MUST(plain || is_trusted());
	} else {
		MUST(p->fault.text[0]);
	}
	MUST(!p->tls || played_tls_shaken);
	if (p->tls)
		MUST((p->tls->untrusted.status == CPL_OK) == is_trusted());
	/* What is said in clear is taken where it has no more to say. */
	if (p->features && !p->tls && !plain)
		MUST(!cpl_child(p->features, "starttls", CPL_NS_TLS));
	if (p->starttls != CPL_STARTTLS_NONE)
		MUST(!p->target.direct_tls && !plain);
	if (p->features)
		fuzz_xml(&line, p->features);
	cpl_buf_release(&line);
}

static void on_tried(void *user, struct cpl_probed *p)
{
	(void)user;
	MUST(!run.over);
	run.told++;
	run.last = p->fault.status;
	check_heard();
	if (strcmp(p->target.host, "refused.lit") == 0) {
		MUST(!p->tls && !p->features && p->fault.status == CPL_TEMP);
		MUST(strcmp(p->fault.text, "refused") == 0);
		return;
	}
	check_found(p);
	if (!run.takes)
		return;
	cpl_tls_info_free(p->tls);
	if (p->features)
		xmpp_stanza_release(p->features);
	p->tls = NULL;
	p->features = NULL;
}

static void on_done(void *user, const struct cpl_err *e)
{
	(void)user;
	MUST(!run.over);
	run.over = 1;
	MUST((e->status == CPL_OK) == (run.told > 0 && run.last == CPL_OK));
	MUST(e->status == CPL_OK || e->text[0]);
	if (!run.frees)
		return;
	cpl_probe_free(run.probe);
	run.probe = NULL;
}

/* --- the target ---------------------------------------------------------- */

/* The first byte: bits 0 and 1 how the connection is secured, 2 and 3 the
 * number of targets, 4 who asks has no name, 5 an address is refused, 6 and 7
 * what becomes of the probe and what it found. The second: 0 to 3 which targets
 * are TLS from the start, 4 to 7 which are not trusted. */
static void configure(const uint8_t how[2])
{
	static const enum cpl_tls_mode modes[] = {
	    CPL_TLS_AUTO, CPL_TLS_DIRECT, CPL_TLS_STARTTLS, CPL_TLS_NONE};

	memset(&run, 0, sizeof run);
	memset(&dialed, 0, sizeof dialed);
	run.conf = (struct cpl_probe_conf){
	    .domain = "capulet.lit",
	    .dns = "capulet.lit",
	    .from = how[0] & 0x10 ? NULL : "romeo@capulet.lit",
	    .mode = modes[how[0] & 3],
	    .timeout = 30000};
	dialed.targets = how[0] >> 2 & 3;
	dialed.refused = how[0] >> 5 & 1;
	run.frees = how[0] >> 6 & 1;
	run.takes = how[0] >> 7 & 1;
	dialed.direct = how[1] & 15;
	dialed.untrusted = how[1] >> 4;
	played_chance = 0;
	played_tls_shaken = 0;
	played_tls_version = 0x0304;
}

static void happens(const uint8_t *p, size_t n)
{
	switch (n > 0 ? p[0] : 0) {
	case TIME: played_wait(run.loop); break;
	case LOST: server_hang_up(&server); break;
	default: server_say(&server, p, n);
	}
	played_turns(run.loop);
	if (!run.over)
		check_heard();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cpl_probe_events on = {on_tried, on_done, NULL};
	const uint8_t *at = data + 2, *end = data + size;
	size_t n;

	if (size < 2)
		return 0;
	configure(data);
	server_begin(&server, "", "");
	run.ctx = xmpp_ctx_new(NULL, NULL);
	run.loop = cpl_loop_new(NULL);
	run.probe =
	    cpl_probe_new(run.loop, NULL, run.ctx, &run.conf, &on, NULL);
	MUST(run.probe != NULL);
	played_turns(run.loop);
	while (at < end && !run.over) {
		const uint8_t *piece = fuzz_piece(&at, end, &n);

		happens(piece, n);
	}
	/* Silence ends it, too, wherever it is. */
	played_wait(run.loop);
	MUST(run.over);
	cpl_probe_free(run.probe);
	server_end(&server);
	cpl_loop_free(run.loop);
	xmpp_ctx_free(run.ctx);
	return 0;
}
