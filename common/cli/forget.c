/* SPDX-License-Identifier: MIT
 *
 * What earlier logins have left is forgotten: here, and by the server. */
#include <stdlib.h>

#include "../base/limits.h"
#include "../config/state.h"
#include "../store/client.h"
#include "../store/token.h"
#include "run.h"

/* Of the account, by its bare JID, and of its server, by its domain; what a
 * name has behind it is the lock beside the file. */
static const struct left {
	const char *what, *tail;
	int of_domain;
} all[] = {
    {"known", "", 0},      {"pins", "", 0},   {"token", "", 0},
    {"token", "~lock", 0}, {"client", "", 0}, {"place", "", 1},
};

struct forget {
	struct cpl_cli *cli;
	struct cpl_jid jid;
	const char *state;
	struct cpl_loop *loop;
	xmpp_ctx_t *ctx;
	struct cpl_link *link;
	struct cpl_err why; /* of a login that came to nothing */
};

static void fail(struct forget *f, const struct cpl_err *e)
{
	cpl_cli_die(f->cli, e);
}

static void remove_files(struct forget *f)
{
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		struct cpl_buf name = CPL_BUF_INIT(4 * CPL_JID_MAX);
		struct cpl_err e = CPL_ERR_INIT;

		if (cpl_state_name(&name, all[i].what,
				   all[i].of_domain ? f->jid.domain
						    : f->jid.bare) < 0 ||
		    cpl_buf_adds(&name, all[i].tail) < 0)
			cpl_err_nomem(&e);
		if (e.status != CPL_OK ||
		    cpl_state_remove(f->state, name.data, &e) < 0)
			fail(f, &e);
		cpl_buf_release(&name);
	}
}

/* --- the token ---------------------------------------------------------- */

static void on_done(void *user, struct cpl_link *link,
		    const struct cpl_login_result *result, const char *target)
{
	struct forget *f = user;

	(void)result;
	(void)target;
	f->link = link;
	if (cpl_link_send(link, "</stream:stream>", 16, NULL) == 0)
		cpl_link_flush(link);
	cpl_loop_stop(f->loop);
}

static void on_failed(void *user, const struct cpl_err *e)
{
	struct forget *f = user;

	f->why = *e;
	cpl_loop_stop(f->loop);
}

/* How many tokens there are; they are not held. */
static int count(struct forget *f)
{
	struct cpl_tokens tokens = {0};
	char client[CPL_UUID_SIZE];
	int n = 0;

	if (cpl_client_id(f->state, f->jid.bare, client, &f->cli->log) < 0)
		return 0;
	if (cpl_tokens_open(&tokens, f->state, f->jid.bare, client,
			    &f->cli->log) < 0) {
		struct cpl_err e = CPL_ERR_INIT;

		cpl_err_set(&e, CPL_TEMP,
			    "%s: another process logs in by its token",
			    f->jid.bare);
		fail(f, &e);
	}
	if (cpl_tokens_first(&tokens))
		for (; n < CPL_TOKENS && tokens.list[n].text; n++)
			;
	cpl_tokens_close(&tokens);
	return n;
}

/* One login by the newest token, which is no more from then on. What the server
 * does not take is void already. */
static void make_void(struct forget *f)
{
	struct cpl_connect_events on = {
	    .done = on_done, .failed = on_failed, .user = f};
	struct cpl_secret none = {0};
	struct cpl_connect_conf conf = {
	    .settings = &f->cli->settings,
	    .password = &none,
	    .timeout = cpl_cli_connect_timeout(f->cli),
	    .state = f->state,
	    .invalidate = 1,
	};
	struct cpl_connect *connect;

	f->why = (struct cpl_err)CPL_ERR_INIT;
	connect =
	    cpl_connect_new(f->loop, &f->cli->log, f->ctx, &conf, &on, &f->why);
	if (connect && cpl_loop_run(f->loop, &f->why) < 0)
		fail(f, &f->why);
	cpl_connect_free(connect);
	cpl_link_free(f->link);
	f->link = NULL;
}

static void make_all_void(struct forget *f)
{
	int n = count(f);

	while (n > 0) {
		make_void(f);
		if (count(f) < n) {
			n = count(f);
			continue;
		}
		if (f->why.status == CPL_OK)
			cpl_err_set(&f->why, CPL_UNAVAILABLE,
				    "the server takes no tokens any more");
		cpl_err_prefix(&f->why, "the token was not made void");
		fail(f, &f->why);
	}
}

static void on_signal(void *user, int signal)
{
	struct forget *f = user;

	cpl_err_set(&f->why, CPL_TEMP, "ended by signal %d", signal);
	cpl_loop_stop(f->loop);
}

void cpl_run_forget(struct cpl_cli *cli)
{
	struct forget f = {.cli = cli, .state = cpl_cli_state_folder(cli)};
	struct cpl_err e = CPL_ERR_INIT;

	if (cpl_jid_parse(&f.jid, cpl_setting(&cli->settings, CPL_SET_JID),
			  &e) < 0)
		fail(&f, &e);
	if (!f.state)
		exit(CPL_OK);
	f.ctx = xmpp_ctx_new(NULL, NULL);
	f.loop = cpl_loop_new(&e);
	if (!f.ctx)
		cpl_err_nomem(&e);
	if (!f.ctx || !f.loop ||
	    cpl_loop_signals(f.loop, on_signal, &f, &e) < 0)
		fail(&f, &e);
	make_all_void(&f);
	remove_files(&f);
	cpl_loop_free(f.loop);
	xmpp_ctx_free(f.ctx);
	cpl_jid_release(&f.jid);
	cpl_cli_release(cli);
	exit(CPL_OK);
}
