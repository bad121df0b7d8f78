/* SPDX-License-Identifier: MIT
 *
 * A command that deals with a stanza: what its environment says of the stanza,
 * its start, and what is said of its end. The record for its stdin is the
 * tool's. What a stanza says is a stranger's: a value is bounded, since one
 * that the system refuses would stop the command from being run at all. It
 * owns nothing; zero-filled but for loop and argv it is valid. */
#ifndef CPL_HANDLER_H
#define CPL_HANDLER_H

#include <strophe.h>

#include "child.h"

struct cpl_handler {
	struct cpl_loop *loop;
	char *const *argv; /* NULL ends; argv[0] is looked for in PATH */
	long timeout;      /* ms; 0: none */
	int keeps_stdout;  /* as in cpl_child_conf, and so is said */
	void (*said)(void *user, const char *p, size_t n);
};

/* Appends XMPP_FROM (what from says), XMPP_TO, XMPP_TYPE, XMPP_ID and XMPP_LANG
 * of a stanza, as "NAME=VALUE" with a NUL behind each; and XMPP_KIND,
 * XMPP_THREAD and XMPP_BODY. A value that the stanza has not, or that is over
 * CPL_VARIABLE_MAX bytes, is empty. -1 without memory. */
int cpl_handler_describe(struct cpl_buf *vars, xmpp_stanza_t *stanza,
			 const char *from) __attribute__((warn_unused_result));
int cpl_handler_describe_message(struct cpl_buf *vars, xmpp_stanza_t *stanza)
    __attribute__((warn_unused_result));

/* Starts it with these variables and this record. What it prints is kept, up to
 * CPL_STANZA_BYTES_MAX. As cpl_child_new(); said() has the same user. */
struct cpl_child *
cpl_handler_start(const struct cpl_handler *h, const struct cpl_buf *vars,
		  const struct cpl_buf *record,
		  void (*ended)(void *user, const struct cpl_child_result *r),
		  void *user, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* The length of the first line of its stderr, without what is blank at its
 * end. */
size_t cpl_handler_first_line(const struct cpl_child_result *r);

/* What ended it, other than status 0, with what it said itself: CPL_TEMP. */
void cpl_handler_failed(const struct cpl_child_result *r, struct cpl_err *why);

#endif
