/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../base/pipe.h"
#include "line.h"

/* How long a command may take to heed SIGTERM. */
#define GRACE_MS 1000

struct command {
	pid_t pid;
	int group; /* it leads a process group of its own */
	int out;   /* our end of its stdout, or -1 */
	int ended; /* status is valid */
	int status;
	int complete; /* the first line is */
	long deadline;
	sigset_t awake; /* the signal mask while sleeping */
};

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long)(t.tv_sec * 1000 + t.tv_nsec / 1000000);
}

static void on_child(int signal)
{
	(void)signal; /* it is here to end pselect() */
}

/* Whether a person sits at a terminal that is ours at the moment. */
static int has_terminal(void)
{
	int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	int has;

	if (fd < 0)
		return 0;
	has = tcgetpgrp(fd) == getpgrp();
	close(fd);
	return has;
}

/* In the child: only what is safe after fork(). */
static void become(const char *command, int out, int group)
{
	char sh[] = "sh", c[] = "-c";
	char *argv[] = {sh, c, (char *)command, NULL};
	int null = open("/dev/null", O_RDONLY);

	if (group)
		setpgid(0, 0);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGCHLD, SIG_DFL);
	if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 &&
	    dup2(out, STDOUT_FILENO) >= 0) {
		if (null > STDERR_FILENO)
			close(null);
		execv("/bin/sh", argv);
	}
	_exit(127);
}

static int start(struct command *cmd, const char *command, struct cpl_err *e)
{
	sigset_t before;
	int fd[2];

	if (cpl_pipe(fd, e) < 0)
		return -1;
	if (fd[0] >= FD_SETSIZE) {
		close(fd[0]);
		close(fd[1]);
		return cpl_err_set(e, CPL_SYSTEM, "too many open files");
	}
	cmd->group = !has_terminal();
	/* SIGCHLD is blocked from here on but while sleeping. */
	sigemptyset(&before);
	sigaddset(&before, SIGCHLD);
	sigprocmask(SIG_BLOCK, &before, &cmd->awake);
	cmd->pid = fork();
	if (cmd->pid == 0) {
		sigprocmask(SIG_SETMASK, &cmd->awake, NULL);
		become(command, fd[1], cmd->group);
	}
	close(fd[1]);
	cmd->out = fd[0];
	if (cmd->pid < 0) {
		cpl_err_errno(e, CPL_SYSTEM, "fork");
		sigprocmask(SIG_SETMASK, &cmd->awake, NULL);
		close(fd[0]);
		return -1;
	}
	if (cmd->group)
		setpgid(cmd->pid, cmd->pid); /* whoever is first */
	return 0;
}

/* Sleeps until there is output (1), the child has ended (0) or the time is up
 * (-1). pselect() lets SIGCHLD in while it sleeps and at no other time. */
static int wait_for(struct command *cmd, long deadline)
{
	long left = deadline - now_ms();
	struct timespec t = {left / 1000, left % 1000 * 1000000};
	sigset_t mask = cmd->awake;
	fd_set in;
	pid_t pid;
	int n;

	if (left < 0)
		return -1;
	if (cmd->ended)
		t = (struct timespec){0, 0};
	sigdelset(&mask, SIGCHLD);
	FD_ZERO(&in);
	if (cmd->out >= 0)
		FD_SET(cmd->out, &in);
	n = pselect(cmd->out + 1, &in, NULL, NULL, &t, &mask);
	if (!cmd->ended) {
		do
			pid = waitpid(cmd->pid, &cmd->status, WNOHANG);
		while (pid < 0 && errno == EINTR);
		cmd->ended = pid != 0;
	}
	return n > 0;
}

/* Takes output: the first line, then nothing. 0 at its end. */
static int take(struct command *cmd, struct cpl_buf *out, struct cpl_err *e)
{
	char bytes[512];
	ssize_t n = read(cmd->out, bytes, sizeof bytes);
	const char *end = n > 0 ? memchr(bytes, '\n', (size_t)n) : NULL;
	size_t len = end ? (size_t)(end - bytes) : (size_t)n;
	int result = n > 0;

	if (n < 0)
		return errno == EINTR || errno == EAGAIN
			   ? 1
			   : cpl_err_errno(e, CPL_CONFIG, "reading");
	if (!cmd->complete && cpl_buf_add(out, bytes, len) < 0)
		result = cpl_buf_err(out, e, CPL_CONFIG, "the line");
	if (end)
		cmd->complete = 1;
	explicit_bzero(bytes, sizeof bytes);
	return result;
}

/* Reads until the output ends and the command has, or, since a daemon that
 * it started may hold the output open for ever, until a look at it after the
 * command's end finds nothing. */
static int follow(struct command *cmd, struct cpl_buf *out, struct cpl_err *e)
{
	int ended = 0, ready;

	while ((ready = wait_for(cmd, cmd->deadline)) >= 0) {
		int more = ready ? take(cmd, out, e) : 1;

		if (more < 0)
			return -1;
		if (more == 0) {
			close(cmd->out);
			cmd->out = -1;
		}
		if (cmd->ended && (cmd->out < 0 || (ended && !ready)))
			return 0;
		ended = cmd->ended;
	}
	return cpl_err_set(e, CPL_CONFIG, "runs over its time limit");
}

static void kill_off(struct command *cmd)
{
	pid_t target = cmd->group ? -cmd->pid : cmd->pid;
	long deadline = now_ms() + GRACE_MS;

	if (cmd->out >= 0)
		close(cmd->out);
	cmd->out = -1;
	if (cmd->ended)
		return;
	kill(target, SIGTERM);
	while (!cmd->ended && wait_for(cmd, deadline) >= 0)
		;
	/* The shell may be gone and a process of its group not. */
	if (cmd->group || !cmd->ended)
		kill(target, SIGKILL);
	if (!cmd->ended)
		while (waitpid(cmd->pid, &cmd->status, 0) < 0 && errno == EINTR)
			;
}

static int judge(int status, struct cpl_err *e)
{
	if (WIFSIGNALED(status))
		return cpl_err_set(e, CPL_CONFIG,
				   "the command was ended by signal %d",
				   WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		return cpl_err_set(e, CPL_CONFIG,
				   "the command ended with status %d",
				   WEXITSTATUS(status));
	return 0;
}

int cpl_line_command(const char *command, long limit_ms, struct cpl_buf *out,
		     struct cpl_err *e)
{
	struct command cmd = {.out = -1, .deadline = now_ms() + limit_ms};
	struct sigaction on = {.sa_handler = on_child}, before;
	int result;

	sigemptyset(&on.sa_mask);
	sigaction(SIGCHLD, &on, &before);
	result = start(&cmd, command, e);
	if (result == 0) {
		result = follow(&cmd, out, e);
		kill_off(&cmd);
		sigprocmask(SIG_SETMASK, &cmd.awake, NULL);
		if (result == 0)
			result = judge(cmd.status, e);
	}
	sigaction(SIGCHLD, &before, NULL);
	return result;
}
