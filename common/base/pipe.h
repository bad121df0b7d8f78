/* SPDX-License-Identifier: MIT
 *
 * Pipes to a child of ours. */
#ifndef CPL_PIPE_H
#define CPL_PIPE_H

#include "err.h"

/* A pipe: fd[0] is read, fd[1] written. No other program inherits its ends,
 * and neither is one of the standard descriptors (even where those are closed),
 * which a child replaces. The caller closes them. 0, or -1 with CPL_SYSTEM and
 * both -1. */
int cpl_pipe(int fd[2], struct cpl_err *e) __attribute__((warn_unused_result));

#endif
