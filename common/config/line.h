/* SPDX-License-Identifier: MIT
 *
 * The three ways in which secret.c comes to the line that is a password. Each
 * appends it to a buffer of the caller's (a secret one of CPL_SECRET_MAX),
 * which may hold a part of it on failure, and says why without the source's
 * name, which the caller puts before it. */
#ifndef CPL_LINE_H
#define CPL_LINE_H

#include "../base/buf.h"
#include "../base/err.h"

/* The first line of a descriptor, or all of it, byte by byte: what is behind
 * the line is left to the next reader. */
int cpl_line_read(int fd, struct cpl_buf *out, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* The first line that "sh -c command" prints, within limit_ms; what it prints
 * after that is read and thrown away. Errors: cannot be started, a status
 * other than 0, a signal, the limit. What is left of it then is killed with
 * its process group. Where there is a terminal of ours in the foreground it
 * has no group of its own (it could not ask there, and ^C would not reach it)
 * and the shell alone is killed. */
int cpl_line_command(const char *command, long limit_ms, struct cpl_buf *out,
		     struct cpl_err *e) __attribute__((warn_unused_result));

/* Asks on the terminal with its echo off, which is on again whatever happens:
 * a signal that ends or stops the process does so after that. CPL_CONFIG when
 * there is no terminal. */
int cpl_line_prompt(const char *question, struct cpl_buf *out,
		    struct cpl_err *e) __attribute__((warn_unused_result));

#endif
