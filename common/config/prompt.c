/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/select.h>
#include <termios.h>
#include <unistd.h>

#include "line.h"

static const int signals[] = {SIGINT,  SIGTERM, SIGHUP,
			      SIGQUIT, SIGALRM, SIGTSTP};
#define SIGNALS (sizeof signals / sizeof *signals)

/* The one thing a handler can do is to say that it ran; there is one terminal
 * to a process. */
static volatile sig_atomic_t caught;

static void on_signal(int signal)
{
	caught = signal;
}

struct prompt {
	int fd;
	struct termios before;
	struct sigaction actions[SIGNALS];
	sigset_t awake; /* the signal mask while waiting */
};

static void say(int fd, const char *text)
{
	size_t len = strlen(text);

	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno != EINTR)
			return;
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
	}
}

/* The signals come only while pselect() waits, and those that were ignored
 * (nohup) go on being ignored. */
static void catch_signals(struct prompt *p)
{
	struct sigaction on = {.sa_handler = on_signal};
	sigset_t block;

	caught = 0;
	sigemptyset(&on.sa_mask);
	sigemptyset(&block);
	for (size_t i = 0; i < SIGNALS; i++)
		sigaddset(&block, signals[i]);
	sigprocmask(SIG_BLOCK, &block, &p->awake);
	for (size_t i = 0; i < SIGNALS; i++) {
		sigaction(signals[i], NULL, &p->actions[i]);
		if (p->actions[i].sa_handler != SIG_IGN)
			sigaction(signals[i], &on, NULL);
	}
}

static void release_signals(struct prompt *p)
{
	for (size_t i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &p->actions[i], NULL);
	sigprocmask(SIG_SETMASK, &p->awake, NULL);
}

static void echo_off(const struct prompt *p)
{
	struct termios off = p->before;

	off.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	tcsetattr(p->fd, TCSAFLUSH, &off);
}

/* A line from the terminal: 0, -1 with e set, or 1 when a signal came. */
static int read_answer(struct prompt *p, struct cpl_buf *out, struct cpl_err *e)
{
	ssize_t n;
	fd_set in;
	char c = 0;

	for (;;) {
		FD_ZERO(&in);
		FD_SET(p->fd, &in);
		if (pselect(p->fd + 1, &in, NULL, NULL, NULL, &p->awake) < 0) {
			if (errno != EINTR)
				return cpl_err_errno(e, CPL_SYSTEM, "select");
			if (caught)
				return 1;
			continue;
		}
		n = read(p->fd, &c, 1);
		if (n < 0 && errno != EINTR)
			return cpl_err_errno(e, CPL_CONFIG, "/dev/tty");
		if (n == 0 || (n > 0 && c == '\n'))
			return 0;
		if (n > 0 && cpl_buf_addc(out, c) < 0)
			return cpl_buf_err(out, e, CPL_CONFIG, "the line");
	}
}

/* Asks once: as read_answer(), the terminal and the signals as they were. */
static int ask(struct prompt *p, const char *question, struct cpl_buf *out,
	       struct cpl_err *e)
{
	int result;

	catch_signals(p);
	echo_off(p);
	say(p->fd, question);
	result = read_answer(p, out, e);
	/* The newline was not echoed. */
	say(p->fd, "\n");
	tcsetattr(p->fd, TCSAFLUSH, &p->before);
	release_signals(p);
	return result;
}

int cpl_line_prompt(const char *question, struct cpl_buf *out,
		    struct cpl_err *e)
{
	struct prompt p = {0};
	int result;

	p.fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (p.fd < 0)
		return cpl_err_set(e, CPL_CONFIG, "there is no terminal");
	if (p.fd >= FD_SETSIZE || tcgetattr(p.fd, &p.before) < 0) {
		cpl_err_errno(e, CPL_CONFIG, "/dev/tty");
		close(p.fd);
		return -1;
	}
	/* A signal takes its course with the echo on; who comes back (from
	 * having been stopped, or from a handler) is asked again. */
	while ((result = ask(&p, question, out, e)) > 0) {
		cpl_buf_truncate(out, 0);
		raise(caught);
	}
	close(p.fd);
	return result;
}
