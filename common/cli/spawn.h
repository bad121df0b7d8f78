/* SPDX-License-Identifier: MIT
 *
 * A command started with pipes for its standard descriptors, as the leader of a
 * process group of its own. It inherits the descriptors that we were started
 * with and none that cpl_pipe() or O_CLOEXEC made, and has signals as they were
 * before the loop changed them. Used by child.c, which runs it to its end. */
#ifndef CPL_SPAWN_H
#define CPL_SPAWN_H

#include <sys/types.h>

#include "../base/err.h"

/* The caller closes the descriptors (none of which blocks) and waits for the
 * process. */
struct cpl_spawn {
	int keeps_stdout; /* set before: its stdout is ours; out stays empty */
	pid_t pid;
	int in;  /* written: its stdin */
	int out; /* read: its stdout and stderr */
	int err;
	int unable; /* read when it has ended: holds an int, errno, where it
		       could not be executed */
};

/* env: "NAME=VALUE" added to our environment, NULL ends; or NULL. 0, or -1 with
 * CPL_SYSTEM. */
int cpl_spawn(struct cpl_spawn *s, char *const *argv, const char *const *env,
	      struct cpl_err *e) __attribute__((warn_unused_result));

/* Whether a command is there to be executed, by its path or by PATH. 0, or -1
 * with CPL_USAGE, "lamp: No such file or directory". */
int cpl_spawn_find(const char *command, struct cpl_err *e)
    __attribute__((warn_unused_result));

#endif
