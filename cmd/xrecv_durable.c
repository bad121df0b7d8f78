/* SPDX-License-Identifier: MIT
 *
 * xrecv --durable: a session that outlives the process. What resumes it is in
 * the state folder before presence draws anything, and how far it was handled
 * before the server is told, so that the next process goes on where this one
 * ends, however it ends. */
#include <stdlib.h>

#include "../common/base/limits.h"
#include "../common/store/durable.h"
#include "xrecv.h"

struct durable {
	const char *name;
	struct cpl_durable file;
	struct cpl_session_keep keep;
	struct cpl_timer sync; /* of what was counted */
};

void xrecv_durable_option(struct recv *r, const char *value)
{
	if (!r->durable)
		r->durable = calloc(1, sizeof *r->durable);
	if (!r->durable)
		cpl_cli_nomem(&r->run.cli);
	r->durable->file = (struct cpl_durable)CPL_DURABLE_INIT;
	r->durable->name = value;
	if (!cpl_kept_is_name(value))
		cpl_cli_usage(&r->run.cli,
			      "--durable: '%s' cannot name a session", value);
}

int xrecv_is_left(const struct recv *r)
{
	return r->durable && !r->set.end;
}

/* Its resource is nobody else's, whatever the account's is: who binds the same
 * one ends the session. */
static int take_resource(struct recv *r, struct cpl_err *e)
{
	struct cpl_settings *set = &r->run.cli.settings;

	cpl_setting_drop(set, CPL_SET_RESOURCE);
	return cpl_setting_put(set, CPL_SET_RESOURCE, r->durable->file.resource,
			       "--durable", e);
}

static void on_sync(void *user)
{
	struct recv *r = user;
	struct cpl_err e = CPL_ERR_INIT;

	if (cpl_durable_sync(&r->durable->file, &e) < 0)
		cpl_run_give_up(&r->run, &e);
}

void xrecv_durable_open(struct recv *r)
{
	const char *folder;
	const char *jid = cpl_setting(&r->run.cli.settings, CPL_SET_JID);
	struct durable *d = r->durable;
	struct cpl_jid own = {0};
	struct cpl_err e = CPL_ERR_INIT;

	if (!d)
		return;
	d->sync.fire = on_sync;
	d->sync.user = r;
	folder =
	    cpl_cli_need_state(&r->run.cli, "--durable", "the session", &e);
	if (folder && cpl_jid_parse(&own, jid, &e) == 0 &&
	    cpl_durable_open(&d->file, folder, own.bare, d->name, &e) == 0)
		(void)!take_resource(r, &e);
	cpl_jid_release(&own);
	if (e.status != CPL_OK)
		cpl_cli_die(&r->run.cli, &e);
	d->keep =
	    (struct cpl_session_keep){.agent = d->file.agent,
				      .left = {.id = d->file.id,
					       .location = d->file.location,
					       .jid = d->file.jid,
					       .h = d->file.h}};
	r->run.keep = &d->keep;
}

static void not_resumable(struct recv *r)
{
	struct cpl_err e = CPL_ERR_INIT;

	cpl_err_set(&e, CPL_UNAVAILABLE,
		    "--durable: the server does not resume sessions "
		    "(XEP-0198)");
	cpl_run_give_up(&r->run, &e);
}

void xrecv_durable_prepare(struct recv *r)
{
	struct durable *d = r->durable;

	if (!d)
		return;
	if (d->file.id)
		cpl_cli_warn(&r->run.cli,
			     "the server does not know the session any more: "
			     "%s",
			     r->since ? "what came since is read from the "
					"archive"
				      : "what came since may be lost");
	if (!cpl_session_has_sm(r->run.session))
		not_resumable(r);
}

void xrecv_on_enabled(void *user, const struct cpl_session_stream *stream)
{
	struct recv *r = user;
	struct cpl_err e = CPL_ERR_INIT;

	if (r->run.over)
		return;
	if (!stream) {
		not_resumable(r);
		return;
	}
	if (cpl_durable_begin(&r->durable->file, stream->jid, stream->id,
			      stream->location, stream->h, &e) < 0) {
		cpl_run_give_up(&r->run, &e);
		return;
	}
	if (stream->max > 0)
		cpl_log(&r->run.cli.log, CPL_LOG_INFO,
			"the server keeps the session for %ld s without a "
			"connection",
			stream->max);
	xrecv_ready(r);
}

int xrecv_on_counted(void *user, uint32_t h)
{
	struct recv *r = user;
	struct durable *d = r->durable;
	struct cpl_err e = CPL_ERR_INIT;

	if (cpl_durable_count(&d->file, h, &e) < 0) {
		cpl_run_give_up(&r->run, &e);
		return -1;
	}
	if (!d->sync.armed)
		cpl_loop_timer(r->run.loop, &d->sync, CPL_CURSOR_MS);
	return 0;
}

int xrecv_durable_has_caught(const struct recv *r)
{
	return r->durable && r->durable->file.caught;
}

void xrecv_durable_caught(struct recv *r)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (r->durable && cpl_durable_catch(&r->durable->file, &e) < 0)
		cpl_run_give_up(&r->run, &e);
}

void xrecv_durable_closed(struct recv *r)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (r->durable && !xrecv_is_left(r) &&
	    cpl_durable_end(&r->durable->file, &e) < 0)
		cpl_run_complain(&r->run, &e);
}

void xrecv_durable_free(struct recv *r)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (!r->durable)
		return;
	cpl_loop_cancel(r->run.loop, &r->durable->sync);
	if (cpl_durable_sync(&r->durable->file, &e) < 0)
		cpl_run_complain(&r->run, &e);
	cpl_durable_release(&r->durable->file);
	free(r->durable);
	r->durable = NULL;
}
