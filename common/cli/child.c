/* SPDX-License-Identifier: MIT */
#include "child.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "spawn.h"

/* How long a command may take to heed SIGTERM. */
#define GRACE_MS 1000

#define STDERR_KEPT 4096

/* One read, and how many of them at the most look for what an ended child left
 * in its stderr, which a grandchild may still fill. */
#define CHUNK 16384
#define LAST_READS 16

struct cpl_child {
	struct cpl_loop *loop;
	void (*ended)(void *user, const struct cpl_child_result *r);
	void (*said)(void *user, const char *p, size_t n);
	void *user;
	pid_t pid;           /* 0: it has been waited for */
	struct cpl_watch in; /* our ends of its pipes, -1: closed */
	struct cpl_watch out;
	struct cpl_watch err;
	struct cpl_process life;
	int unable;             /* holds errno where it could not execute */
	struct cpl_timer timer; /* the time limit, then SIGKILL */
	struct cpl_buf input;
	struct cpl_buf output;
	struct cpl_buf errors;
	enum cpl_child_end why; /* EXITED until we end it for a reason */
	int stopping;
};

/* --- ending ------------------------------------------------------------ */

static void close_end(struct cpl_child *c, struct cpl_watch *w)
{
	cpl_loop_unwatch(c->loop, w);
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
}

void cpl_child_stop(struct cpl_child *c)
{
	if (c->stopping || c->pid == 0)
		return;
	c->stopping = 1;
	close_end(c, &c->in);
	close_end(c, &c->out);
	kill(-c->pid, SIGTERM);
	cpl_loop_timer(c->loop, &c->timer, GRACE_MS);
}

static void stop_because(struct cpl_child *c, enum cpl_child_end why)
{
	if (!c->stopping)
		c->why = why;
	cpl_child_stop(c);
}

static void on_timer(void *user)
{
	struct cpl_child *c = user;

	if (c->stopping)
		kill(-c->pid, SIGKILL);
	else
		stop_because(c, CPL_CHILD_TIMED_OUT);
}

/* Of a process that has ended or is about to: its group first, while its
 * number, not waited for, is still its own. */
static int reap(struct cpl_child *c)
{
	int status = 0;

	kill(-c->pid, SIGKILL);
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	c->pid = 0;
	return status;
}

/* --- its pipes --------------------------------------------------------- */

static void on_in(void *user, short revents)
{
	struct cpl_child *c = user;
	ssize_t n = write(c->in.fd, c->input.data, c->input.len);

	(void)revents;
	if (n > 0)
		cpl_buf_consume(&c->input, (size_t)n);
	else if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* Done; or it reads no more, which is its own affair. */
	if (n <= 0 || c->input.len == 0)
		close_end(c, &c->in);
}

/* Reads once. 1: more may come; 0: not now, or never (then it is closed);
 * -1: there is more than fits. */
static int take(struct cpl_child *c, struct cpl_watch *w, struct cpl_buf *b)
{
	char bytes[CHUNK];
	ssize_t n = w->fd < 0 ? 0 : read(w->fd, bytes, sizeof bytes);

	if (n < 0 && errno == EINTR)
		return 1;
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n <= 0) {
		close_end(c, w);
		return 0;
	}
	return cpl_buf_add(b, bytes, (size_t)n) < 0 ? -1 : 1;
}

static void on_out(void *user, short revents)
{
	struct cpl_child *c = user;

	(void)revents;
	if (take(c, &c->out, &c->output) < 0)
		stop_because(c, CPL_CHILD_TOO_MUCH);
}

/* Only the beginning is kept; the rest is read, so that it can write. */
static int take_errors(struct cpl_child *c)
{
	struct cpl_buf piece = CPL_BUF_INIT(CHUNK);
	int more = take(c, &c->err, &piece);
	size_t room = c->errors.max - c->errors.len;

	if (piece.len > 0 && c->said)
		c->said(c->user, piece.data, piece.len);
	else if (piece.len > 0)
		(void)!cpl_buf_add(&c->errors, piece.data,
				   piece.len < room ? piece.len : room);
	cpl_buf_release(&piece);
	return more;
}

static void on_err(void *user, short revents)
{
	(void)revents;
	take_errors(user);
}

/* --- its end ----------------------------------------------------------- */

/* What is in the pipes now; a grandchild may hold them open for ever. */
static void take_the_rest(struct cpl_child *c)
{
	int more = 1;

	for (int i = 0; i < LAST_READS && take_errors(c) > 0; i++)
		;
	while (!c->stopping && more > 0)
		more = take(c, &c->out, &c->output);
	if (more < 0)
		c->why = CPL_CHILD_TOO_MUCH;
}

static void judge(struct cpl_child *c, int status, struct cpl_child_result *r)
{
	int why;

	r->end = c->why;
	if (r->end != CPL_CHILD_EXITED)
		return;
	r->code = WEXITSTATUS(status);
	if (WIFSIGNALED(status)) {
		r->end = CPL_CHILD_SIGNALED;
		r->code = WTERMSIG(status);
	} else if (read(c->unable, &why, sizeof why) == sizeof why) {
		r->end = CPL_CHILD_NOT_RUN;
		r->code = why;
	}
}

static void on_end(void *user)
{
	struct cpl_child *c = user;
	struct cpl_child_result r = {.out = "", .err = ""};

	take_the_rest(c);
	judge(c, reap(c), &r);
	cpl_loop_cancel(c->loop, &c->timer);
	close_end(c, &c->in);
	close_end(c, &c->out);
	close_end(c, &c->err);
	if (c->output.len > 0)
		r.out = c->output.data;
	if (c->errors.len > 0)
		r.err = c->errors.data;
	r.out_len = c->output.len;
	r.err_len = c->errors.len;
	c->ended(c->user, &r); /* which may have freed c */
}

/* Up to the grace time, or until it has ended. */
static void await_end(const struct cpl_child *c)
{
	int64_t until = cpl_loop_now() + GRACE_MS;
	struct timespec t = {0, 5 * 1000000};
	siginfo_t info = {0};

	while (cpl_loop_now() < until &&
	       waitid(P_PID, (id_t)c->pid, &info,
		      WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == 0)
		nanosleep(&t, NULL);
}

void cpl_child_free(struct cpl_child *c)
{
	if (!c)
		return;
	if (c->pid > 0) {
		kill(-c->pid, SIGTERM);
		await_end(c);
		reap(c);
	}
	cpl_loop_unfollow(c->loop, &c->life);
	cpl_loop_cancel(c->loop, &c->timer);
	close_end(c, &c->in);
	close_end(c, &c->out);
	close_end(c, &c->err);
	close(c->unable);
	cpl_buf_release(&c->input);
	cpl_buf_release(&c->output);
	cpl_buf_release(&c->errors);
	free(c);
}

/* --- its start --------------------------------------------------------- */

static void watch(struct cpl_child *c, struct cpl_watch *w, short events,
		  void (*ready)(void *user, short revents))
{
	w->events = events;
	w->ready = ready;
	w->user = c;
	cpl_loop_watch(c->loop, w);
}

static void watch_all(struct cpl_child *c, long timeout)
{
	watch(c, &c->out, POLLIN, on_out);
	watch(c, &c->err, POLLIN, on_err);
	if (c->input.len > 0)
		watch(c, &c->in, POLLOUT, on_in);
	else
		close_end(c, &c->in);
	c->timer.fire = on_timer;
	c->timer.user = c;
	if (timeout > 0)
		cpl_loop_timer(c->loop, &c->timer, timeout);
}

struct cpl_child *cpl_child_new(const struct cpl_child_conf *conf,
				void (*ended)(void *user,
					      const struct cpl_child_result *r),
				void *user, struct cpl_err *e)
{
	struct cpl_child *c = calloc(1, sizeof *c);
	struct cpl_spawn s;

	if (!c) {
		cpl_err_nomem(e);
		return NULL;
	}
	c->loop = conf->loop;
	c->ended = ended;
	c->said = conf->said;
	c->user = user;
	cpl_buf_init(&c->input, conf->input_len);
	cpl_buf_init(&c->output, conf->output_max);
	cpl_buf_init(&c->errors, STDERR_KEPT);
	if (cpl_buf_add(&c->input, conf->input, conf->input_len) < 0) {
		cpl_err_nomem(e);
		free(c);
		return NULL;
	}
	s.keeps_stdout = conf->keeps_stdout;
	if (cpl_spawn(&s, conf->argv, conf->env, e) < 0) {
		cpl_buf_release(&c->input);
		free(c);
		return NULL;
	}
	c->pid = s.pid;
	c->unable = s.unable;
	c->in.fd = s.in;
	c->out.fd = s.out;
	c->err.fd = s.err;
	c->life.pid = s.pid;
	c->life.ended = on_end;
	c->life.user = c;
	if (cpl_loop_follow(c->loop, &c->life, e) < 0) {
		cpl_child_free(c);
		return NULL;
	}
	watch_all(c, conf->timeout);
	return c;
}
