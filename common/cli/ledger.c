/* SPDX-License-Identifier: MIT */
#include "ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "../base/limits.h"
#include "../stanza/text.h"
#include "parts.h"

/* Where syslog listens; tests have one of their own. */
#define SYSLOG_VARIABLE "COUPLET_SYSLOG"
#define SYSLOG_SOCKET "/dev/log"

static const char *const results[] = {
    [CPL_FATE_SENT] = "sent",
    [CPL_FATE_REFUSED] = "refused",
    [CPL_FATE_UNKNOWN] = "unknown",
    [CPL_FATE_UNSENT] = "unsent",
    [CPL_FATE_QUEUED] = "queued",
    [CPL_FATE_RECEIPT] = "receipt",
    [CPL_FATE_NO_RECEIPT] = "no-receipt",
};

/* Says once that a log cannot be written; errno is why. */
static void lament(const struct cpl_ledger *l, int *said, const char *what)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (*said)
		return;
	*said = 1;
	cpl_err_errno(&e, CPL_IO, "%s: the log is not complete", what);
	cpl_cli_warn(l->cli, "%s", e.text);
}

/* --- the file ---------------------------------------------------------- */

/* A pipe that nobody reads is an error and does not make us wait. */
static void open_file(struct cpl_ledger *l)
{
	l->file = strcmp(l->path, "-") == 0
		      ? fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)
		      : open(l->path,
			     O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC |
				 O_NOCTTY | O_NONBLOCK,
			     0600);
	l->use_file = l->file >= 0;
	if (!l->use_file)
		lament(l, &l->said_file, l->path);
}

/* The fields in their order, in the line. -1: it would be too long. */
static int fields(struct cpl_ledger *l, const struct cpl_fate *fate)
{
	char stamp[CPL_STAMP_SIZE], bytes[24] = "", attempts[16] = "";
	const char *all[] = {stamp, fate->account,         fate->to, fate->id,
			     bytes, results[fate->result], NULL,     attempts};

	cpl_cli_stamp(stamp);
	if (fate->bytes > 0)
		snprintf(bytes, sizeof bytes, "%zu", fate->bytes);
	if (fate->attempts > 0 || fate->result == CPL_FATE_UNSENT)
		snprintf(attempts, sizeof attempts, "%u", fate->attempts);
	all[6] = fate->condition;
	cpl_buf_truncate(&l->line, 0);
	/* What a full disk has cut off stays a line of its own. */
	if (l->torn && cpl_buf_addc(&l->line, '\n') < 0)
		return -1;
	if (cpl_write_fields(&l->line, all, sizeof all / sizeof *all, 0) < 0)
		return -1;
	return cpl_buf_addc(&l->line, '\n');
}

static void write_file(struct cpl_ledger *l, const struct cpl_fate *fate)
{
	ssize_t n;

	errno = EMSGSIZE;
	if (fields(l, fate) < 0) {
		lament(l, &l->said_file, l->path);
		return;
	}
	do
		n = write(l->file, l->line.data, l->line.len);
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)l->line.len) {
		l->torn = 0;
		return;
	}
	if (n > 0)
		l->torn = 1;
	if (n >= 0)
		errno = ENOSPC;
	lament(l, &l->said_file, l->path);
}

/* --- syslog ------------------------------------------------------------ */

/* syslog(3) would say nothing of what it could not write. */
static void open_syslog(struct cpl_ledger *l)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	struct timeval wait = {.tv_sec = CPL_LEDGER_WAIT_MS / 1000};

	l->log = -1;
	errno = ENAMETOOLONG;
	if (strlen(l->socket) < sizeof a.sun_path) {
		memcpy(a.sun_path, l->socket, strlen(l->socket) + 1);
		l->log = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	}
	if (l->log >= 0 &&
	    connect(l->log, (struct sockaddr *)&a, sizeof a) < 0) {
		int why = errno;

		close(l->log);
		l->log = -1;
		errno = why;
	}
	if (l->log >= 0)
		setsockopt(l->log, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
	else
		lament(l, &l->said_syslog, "syslog");
}

/* NAME=VALUE, the blank in front included. */
static int pair(struct cpl_buf *out, const char *name, const char *value,
		int last)
{
	struct cpl_buf field = CPL_BUF_INIT(CPL_LEDGER_LINE_MAX);
	int r = -1;

	if (!value)
		value = "";
	if (cpl_write_field(&field, value, strlen(value)) < 0 ||
	    cpl_buf_addf(out, " %s=", name) < 0)
		goto out;
	for (size_t i = 0; i < field.len; i++)
		if (field.data[i] == ' ' && !last
			? cpl_buf_adds(out, "\\x20") < 0
			: cpl_buf_addc(out, field.data[i]) < 0)
			goto out;
	r = 0;
out:
	cpl_buf_release(&field);
	return r;
}

static int pairs(struct cpl_ledger *l, const struct cpl_fate *fate)
{
	char when[32], bytes[24] = "", attempts[16] = "";
	time_t now = time(NULL);
	struct tm tm;

	strftime(when, sizeof when, "%b %e %H:%M:%S", localtime_r(&now, &tm));
	if (fate->bytes > 0)
		snprintf(bytes, sizeof bytes, "%zu", fate->bytes);
	if (fate->attempts > 0 || fate->result == CPL_FATE_UNSENT)
		snprintf(attempts, sizeof attempts, "%u", fate->attempts);
	cpl_buf_truncate(&l->line, 0);
	/* RFC 3164 4.1, without the host, as syslog(3) writes it. */
	if (cpl_buf_addf(&l->line, "<%d>%s %s[%ld]:", LOG_USER | LOG_INFO, when,
			 l->cli->prog, (long)getpid()) < 0 ||
	    pair(&l->line, "account", fate->account, 0) < 0 ||
	    pair(&l->line, "to", fate->to, 0) < 0 ||
	    pair(&l->line, "id", fate->id, 0) < 0 ||
	    pair(&l->line, "bytes", bytes, 0) < 0 ||
	    pair(&l->line, "result", results[fate->result], 0) < 0 ||
	    pair(&l->line, "attempts", attempts, 0) < 0)
		return -1;
	return pair(&l->line, "condition", fate->condition, 1);
}

static int put_syslog(const struct cpl_ledger *l)
{
	int flags = MSG_NOSIGNAL | (l->slow ? MSG_DONTWAIT : 0);

	return l->log < 0 || send(l->log, l->line.data, l->line.len, flags) < 0
		   ? -1
		   : 0;
}

static void write_syslog(struct cpl_ledger *l, const struct cpl_fate *fate)
{
	errno = EMSGSIZE;
	if (pairs(l, fate) < 0) {
		lament(l, &l->said_syslog, "syslog");
		return;
	}
	if (put_syslog(l) == 0)
		return;
	if (l->log >= 0 && (errno == EAGAIN || errno == ENOBUFS)) {
		l->slow = 1;
		lament(l, &l->said_syslog, "syslog");
		return;
	}
	/* It may have been started anew. */
	if (l->log >= 0 && errno != EMSGSIZE) {
		close(l->log);
		open_syslog(l);
	}
	if (l->log < 0 || put_syslog(l) < 0)
		lament(l, &l->said_syslog, "syslog");
}

/* --- both -------------------------------------------------------------- */

void cpl_ledger_open(struct cpl_ledger *l, const struct cpl_cli *cli,
		     const char *path, int use_syslog)
{
	const char *socket = getenv(SYSLOG_VARIABLE);

	l->cli = cli;
	l->path = path;
	l->socket = socket ? socket : SYSLOG_SOCKET;
	cpl_buf_init(&l->line, CPL_LEDGER_LINE_MAX);
	if (path)
		open_file(l);
	l->use_syslog = use_syslog;
	if (use_syslog)
		open_syslog(l);
}

void cpl_ledger_write(struct cpl_ledger *l, const struct cpl_fate *fate)
{
	if (l->use_file)
		write_file(l, fate);
	if (l->use_syslog)
		write_syslog(l, fate);
}

void cpl_ledger_close(struct cpl_ledger *l)
{
	if (l->use_file && close(l->file) < 0)
		lament(l, &l->said_file, l->path);
	if (l->use_syslog && l->log >= 0)
		close(l->log);
	l->use_file = l->use_syslog = 0;
	cpl_buf_release(&l->line);
}
