/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "parts.h"

static void write_piece(FILE *out, char direction, const char *text, size_t len)
{
	fprintf(out, "%c ", direction);
	cpl_cli_escaped(out, text, len, "");
	putc('\n', out);
}

void cpl_cli_stamp(char out[CPL_STAMP_SIZE])
{
	struct timespec now;
	struct tm tm;
	size_t n;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	n = strftime(out, CPL_STAMP_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + n, CPL_STAMP_SIZE - n, ".%03dZ",
		 (int)(now.tv_nsec / 1000000));
}

/* "2026-01-01T00:00:00.123Z > <iq ...": the trace file always, stderr at
 * -vvv with the program's name instead of the time. */
static void trace(void *user, char direction, const char *text, size_t len)
{
	const struct cpl_cli *cli = user;
	char stamp[CPL_STAMP_SIZE];

	if (cli->trace) {
		cpl_cli_stamp(stamp);
		fprintf(cli->trace, "%s ", stamp);
		write_piece(cli->trace, direction, text, len);
		/* A trace is read to see what a hanging run waits for. */
		fflush(cli->trace);
	}
	if (cli->log.level >= CPL_LOG_WIRE && cli->trace != stderr) {
		fprintf(stderr, "%s: ", cli->prog);
		write_piece(stderr, direction, text, len);
	}
}

/* The trace holds what people write: nobody else's to read, whatever the file
 * was before. */
static FILE *open_private(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY,
		      0600);
	struct stat st;
	FILE *file;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_uid == geteuid() && (st.st_mode & 077) &&
	    fchmod(fd, 0600) < 0) {
		close(fd);
		return NULL;
	}
	file = fdopen(fd, "w");
	if (!file)
		close(fd);
	return file;
}

int cpl_cli_trace_open(struct cpl_cli *cli, struct cpl_err *e)
{
	const char *path = cpl_setting(&cli->settings, CPL_SET_TRACE);
	const char *origin = cli->settings.set[CPL_SET_TRACE].origin;

	if (path && strcmp(path, "-") == 0)
		cli->trace = stderr;
	else if (path && !(cli->trace = open_private(path)))
		return cpl_err_errno(e, CPL_IO, "%s: %s", origin, path);
	if (cli->trace || cli->log.level >= CPL_LOG_WIRE)
		cli->log.trace = trace;
	return 0;
}

void cpl_cli_trace_close(struct cpl_cli *cli)
{
	FILE *file = cli->trace;
	int bad;

	cli->trace = NULL;
	cli->log.trace = NULL;
	if (!file || file == stderr)
		return;
	bad = ferror(file);
	if (fclose(file) != 0 || bad)
		cpl_cli_warn(cli, "%s: the trace is not complete",
			     cpl_setting(&cli->settings, CPL_SET_TRACE));
}
