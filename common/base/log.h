/* SPDX-License-Identifier: MIT
 *
 * Where common/ reports what it does. A struct cpl_log belongs to the tool,
 * which sets the level and the function that takes a finished line (common/
 * never prints by itself); everybody below holds a pointer to it that may be
 * NULL. The trace is a second channel: whole pieces of the stream with their
 * direction. Everything that goes to either has passed cpl_log_redact(). */
#ifndef CPL_LOG_H
#define CPL_LOG_H

#include <stddef.h>

#include "buf.h"

enum cpl_log_level {
	CPL_LOG_ERROR = 0, /* always shown */
	CPL_LOG_WARN = 0,  /* as well: -q hides no trouble */
	CPL_LOG_INFO = 1,  /* -v: the phases of a run */
	CPL_LOG_DEBUG = 2  /* -vv: what was learnt and decided */
};

/* -vvv shows the trace on stderr */
#define CPL_LOG_WIRE 3

struct cpl_log {
	int level;
	/* One line without its newline. */
	void (*line)(void *user, int level, const char *text);
	/* One piece of the stream, '<' received, '>' sent, '=' a note; NULL:
	 * no trace is wanted. Secrets are already masked. */
	void (*trace)(void *user, char direction, const char *text, size_t len);
	void *user;
};

/* Formats and hands on a line whose level is wanted. */
void cpl_log(const struct cpl_log *log, int level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Hands a piece of the stream to the trace, masked; free when there is none. */
void cpl_log_trace(const struct cpl_log *log, char direction, const char *text,
		   size_t len);

/* Appends a piece of XML (whole elements, the last one may be cut) to out
 * with what is secret replaced by "***": the text of SASL elements (auth,
 * response, challenge, success, initial-response, additional-data), of
 * password, secret and hash-token elements, and a token's token attribute. 0,
 * or -1 when out is full. */
int cpl_log_redact(struct cpl_buf *out, const char *xml, size_t len)
    __attribute__((warn_unused_result));

#endif
