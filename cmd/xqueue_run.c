/* SPDX-License-Identifier: MIT
 *
 * xqueue run: a session for what waits, and with --watch another whenever
 * something comes. There is none while nothing waits. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "../common/base/limits.h"
#include "../common/base/uuid.h"
#include "xqueue.h"

static int watches(const struct xqueue *x)
{
	return (x->given & XQUEUE_WATCH) != 0;
}

/* A service says what goes wrong, and goes on. */
static void complain(struct xqueue *x, const struct cpl_err *e)
{
	if (watches(x) && e->status != CPL_SYSTEM && e->status != CPL_INTERNAL)
		cpl_cli_error(&x->run.cli, e);
	else
		cpl_run_complain(&x->run, e);
}

/* --- when to try ------------------------------------------------------- */

/* Full jitter: a thousand of us do not come at once. */
static long wait_ms(int failures)
{
	long most = CPL_QUEUE_WAIT_FIRST_MS;
	unsigned long r = 0;

	while (--failures > 0 && most < CPL_QUEUE_WAIT_MOST_MS)
		most *= 2;
	if (most > CPL_QUEUE_WAIT_MOST_MS)
		most = CPL_QUEUE_WAIT_MOST_MS;
	if (cpl_random(&r, sizeof r, NULL) < 0)
		return most;
	return (long)(r % (unsigned long)most) + 1;
}

static void try_later(struct xqueue *x)
{
	long ms = wait_ms(++x->failures);

	cpl_log(&x->run.cli.log, CPL_LOG_INFO, "trying again in %ld.%03ld s",
		ms / 1000, ms % 1000);
	cpl_loop_timer(x->run.loop, &x->again, ms);
}

static void on_torn(void *user, const char *name)
{
	struct xqueue *x = user;
	struct cpl_err e = CPL_ERR_INIT;

	x->sum.refused++;
	cpl_err_set(&e, CPL_DATA,
		    "%s: no entry of the queue; it is in torn/ now", name);
	complain(x, &e);
}

/* How many wait; those that are none are set aside on the way. -1 with e. */
static long count_waiting(struct xqueue *x, struct cpl_err *e)
{
	struct cpl_queue_ids ids = {NULL, 0, 0};
	int locked = cpl_queue_lock(x->queue, on_torn, x, e);
	long n = -1;

	x->busy = locked > 0;
	if (locked == 0)
		cpl_queue_unlock(x->queue);
	if (locked >= 0 &&
	    cpl_queue_list(x->queue, CPL_QUEUE_WAITING, NULL, &ids, e) == 0)
		n = (long)ids.count;
	cpl_queue_ids_release(&ids);
	return n;
}

static void say_busy(struct xqueue *x)
{
	struct cpl_err e = CPL_ERR_INIT;

	cpl_err_set(&e, CPL_TEMP, "another process is sending the queue");
	if (watches(x))
		cpl_log(&x->run.cli.log, CPL_LOG_INFO, "%s", e.text);
	else
		cpl_run_complain(&x->run, &e);
}

/* --- the session ------------------------------------------------------- */

static void close_session(struct xqueue *x)
{
	x->run.over = 1;
	cpl_session_close(x->run.session, 0);
}

static void on_trouble(void *user, const struct cpl_err *e)
{
	complain(user, e);
}

static void on_handed(void *user)
{
	(void)user;
}

static void on_done(void *user)
{
	close_session(user);
}

static void on_online(void *user)
{
	struct xqueue *x = user;
	struct cpl_backlog_conf conf = {
	    .loop = x->run.loop,
	    .session = x->run.session,
	    .queue = x->queue,
	    .log = &x->run.cli.log,
	    .account = x->account,
	    .bounce_wait = x->bounce_wait,
	};
	struct cpl_backlog_events events = {on_trouble, on_handed, on_done, x};
	struct cpl_err e = CPL_ERR_INIT;
	int busy = -1;

	if (x->backlog) /* a later login */
		return;
	x->backlog = cpl_backlog_new(&conf, &events);
	if (!x->backlog)
		cpl_err_nomem(&e);
	else
		busy = cpl_backlog_start(x->backlog, &e);
	if (busy == 0)
		return;
	x->busy = busy > 0;
	if (x->busy)
		say_busy(x);
	else
		cpl_run_complain(&x->run, &e);
	x->over |= busy < 0;
	close_session(x);
}

static void on_stanza(void *user, xmpp_stanza_t *stanza, uint64_t number)
{
	struct xqueue *x = user;

	if (stanza && !(x->backlog && cpl_backlog_stanza(x->backlog, stanza)))
		cpl_answer_iq(x->answer, stanza);
	cpl_session_handled(x->run.session, number);
}

static void on_acked(void *user, uint64_t upto)
{
	struct xqueue *x = user;

	if (x->backlog)
		cpl_backlog_acked(x->backlog, upto);
}

static void on_given_up(void *user, uint64_t number, const struct cpl_err *why)
{
	struct xqueue *x = user;

	if (x->backlog)
		cpl_backlog_given_up(x->backlog, number, why);
}

/* What a later try may mend; after <conflict/> nobody comes back by itself. */
static int is_temporary(const struct cpl_err *e)
{
	return e->status == CPL_OK || (e->status == CPL_TEMP && !e->final);
}

static void add_up(struct xqueue *x)
{
	const struct cpl_backlog_count *n;

	if (!x->backlog)
		return;
	cpl_backlog_ended(x->backlog);
	n = cpl_backlog_count(x->backlog);
	x->sum.sent += n->sent;
	x->sum.refused += n->refused;
	x->sum.waiting = n->waiting;
}

static void on_ended(void *user, const struct cpl_err *e)
{
	struct xqueue *x = user;
	struct cpl_err why = *e;
	int done = x->run.over && x->backlog;

	if (why.status == CPL_REFUSED)
		why.status = CPL_TEMP;
	x->sum.waiting = 0;
	add_up(x);
	/* After all was done its silence is no failure. */
	if (why.status != CPL_OK && !(why.status == CPL_TEMP && done)) {
		if (watches(x) && is_temporary(&why))
			cpl_cli_error(&x->run.cli, &why);
		else
			cpl_run_complain(&x->run, &why);
		x->down = 1;
	}
	x->run.over = 1;
	if (!watches(x) || x->over || !is_temporary(&why)) {
		cpl_run_stop(&x->run);
		return;
	}
	if (x->down || x->busy || x->sum.waiting > 0) {
		try_later(x);
		return;
	}
	x->failures = 0;
	cpl_loop_timer(x->run.loop, &x->again, 0);
}

/* The last session and all that belonged to it. */
static void free_session(struct xqueue *x)
{
	cpl_session_free(x->run.session);
	x->run.session = NULL;
	cpl_answer_free(x->answer);
	x->answer = NULL;
	cpl_backlog_free(x->backlog);
	x->backlog = NULL;
}

static void connect_now(struct xqueue *x)
{
	struct cpl_session_events events = {.online = on_online,
					    .stanza = on_stanza,
					    .acked = on_acked,
					    .given_up = on_given_up,
					    .ended = on_ended,
					    .user = x};

	x->run.over = 0;
	x->down = 0;
	if (cpl_run_connect(&x->run, &events) < 0)
		return;
	x->answer = cpl_answer_new(x->run.session, 0, NULL);
	if (x->answer)
		return;
	cpl_run_no_memory(&x->run);
}

/* Begins a session if there is something to send. */
static void begin(void *user)
{
	struct xqueue *x = user;
	struct cpl_err e = CPL_ERR_INIT;
	long n;

	free_session(x);
	n = count_waiting(x, &e);
	if (n > 0 && x->busy) {
		say_busy(x);
		if (watches(x))
			try_later(x);
		else
			cpl_run_stop(&x->run);
	} else if (n > 0) {
		connect_now(x);
	} else if (n < 0) {
		cpl_run_give_up(&x->run, &e);
	} else if (!watches(x)) {
		cpl_run_stop(&x->run);
	}
}

/* --- the watch --------------------------------------------------------- */

/* Takes what inotify says. Non-zero: the folder is not the queue's any more,
 * which the one above tells. */
static int is_gone(struct xqueue *x)
{
	_Alignas(struct inotify_event) char
	    events[16 * (sizeof(struct inotify_event) + NAME_MAX + 1)];
	const struct inotify_event *event;
	int gone = 0;
	ssize_t n;

	while ((n = read(x->inotify.fd, events, sizeof events)) > 0)
		for (const char *p = events; p < events + n;
		     p += sizeof *event + event->len) {
			event = (const struct inotify_event *)p;
			gone |= (event->mask & (IN_DELETE | IN_MOVED_FROM)) &&
				event->len > 0 &&
				strcmp(event->name, "waiting") == 0;
		}
	return gone;
}

/* Entries come by rename(2), from tmp/ and from failed/. */
static void on_inotify(void *user, short revents)
{
	struct xqueue *x = user;
	struct cpl_err e = CPL_ERR_INIT;

	(void)revents;
	if (is_gone(x)) {
		cpl_err_set(&e, CPL_IO, "%s: it was removed",
			    cpl_queue_path(x->queue));
		cpl_run_give_up(&x->run, &e);
		return;
	}
	if (x->over)
		return;
	/* Under way, or the server has to come back first: later. */
	if ((x->run.session && !x->again.armed) || x->down)
		return;
	cpl_loop_timer(x->run.loop, &x->again, 0);
}

static int start_watch(struct xqueue *x, struct cpl_err *e)
{
	struct cpl_buf above = CPL_BUF_INIT(2 * PATH_MAX);
	const char *path = cpl_queue_path(x->queue);
	int failed;

	x->inotify.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (x->inotify.fd < 0)
		return cpl_err_errno(e, CPL_SYSTEM, "inotify");
	if (cpl_buf_addf(&above, "%s/..", path) < 0)
		return cpl_err_nomem(e);
	failed = inotify_add_watch(x->inotify.fd, path, IN_MOVED_TO) < 0 ||
		 inotify_add_watch(x->inotify.fd, above.data,
				   IN_DELETE | IN_MOVED_FROM) < 0;
	if (failed)
		cpl_err_errno(e, CPL_SYSTEM, "%s", path);
	cpl_buf_release(&above);
	if (failed)
		return -1;
	x->inotify.events = POLLIN;
	x->inotify.ready = on_inotify;
	x->inotify.user = x;
	cpl_loop_watch(x->run.loop, &x->inotify);
	return 0;
}

/* --- the end ----------------------------------------------------------- */

static void end(struct xqueue *x)
{
	x->over = 1;
	cpl_loop_cancel(x->run.loop, &x->again);
	/* It has ended, or is there: then ended() follows. */
	if (x->run.session && !x->run.over)
		close_session(x);
	else
		cpl_run_stop(&x->run);
}

static void on_interrupted(void *user)
{
	end(user);
}

static void on_timed_out(void *user)
{
	struct xqueue *x = user;
	struct cpl_err e = CPL_ERR_INIT;
	int online = x->run.session && cpl_session_online(x->run.session);

	/* A service that has nothing to do has done all. */
	if (!watches(x) || x->down || x->sum.waiting > 0 || online) {
		cpl_err_set(&e, online ? CPL_TIMEOUT : CPL_TEMP,
			    online ? "timed out (-W)"
				   : "timed out (-W) before the login");
		cpl_run_complain(&x->run, &e);
	}
	end(x);
}

static void report(struct xqueue *x)
{
	struct cpl_outcome *o = &x->run.outcome;

	if (watches(x))
		return;
	if (x->sum.waiting > 0) {
		cpl_outcome_add(o, CPL_TEMP);
		cpl_cli_warn(&x->run.cli, "%zu of them wait%s for another try",
			     x->sum.waiting, x->sum.waiting == 1 ? "s" : "");
	}
	o->went_through =
	    x->sum.sent > 0 && (x->sum.refused > 0 || x->sum.waiting > 0);
}

void xqueue_run(struct xqueue *x, int argc, char **argv)
{
	struct cpl_run_events events = {on_interrupted, on_timed_out, x};
	struct cpl_err e = CPL_ERR_INIT;
	long waiting;

	(void)argc;
	(void)argv;
	xqueue_open(x, 1);
	/* Nobody is asked for a password for nothing. */
	if (!watches(x) && (waiting = count_waiting(x, &e)) <= 0) {
		if (waiting < 0)
			cpl_run_complain(&x->run, &e);
		report(x);
		return;
	}
	x->inotify.fd = -1;
	x->again.fire = begin;
	x->again.user = x;
	x->run.many_sessions = 1;
	x->run.stays_open = 1; /* the queue may be taken away and made anew */
	cpl_run_open(&x->run, &events);
	/* Before the first look, so that nothing comes in between. */
	if (watches(x) && start_watch(x, &e) < 0)
		cpl_cli_die(&x->run.cli, &e);
	begin(x);
	cpl_run_loop(&x->run);
	report(x);
	free_session(x);
	cpl_loop_cancel(x->run.loop, &x->again);
	cpl_loop_unwatch(x->run.loop, &x->inotify);
	if (x->inotify.fd >= 0)
		close(x->inotify.fd);
}
