/* SPDX-License-Identifier: MIT
 *
 * What the run of every online tool has: options and configuration, the loop
 * with signals and -W, the password, one session, and what it all came to. It
 * lives in main(), which zero-fills it; the tool's own struct holds it and is
 * the user of its events. */
#ifndef CPL_RUN_H
#define CPL_RUN_H

#include <strophe.h>

#include "../base/loop.h"
#include "../stanza/slab.h"
#include "../stream/session.h"
#include "cli.h"
#include "outcome.h"

/* Options about connections that are lost; a tool has those of its kind: what
 * is soon over is told how long to try again (--retry), what goes on for ever
 * reconnects unless it is told not to. */
enum { CPL_OPT_RETRY = 420, CPL_OPT_RETRY_SET, CPL_OPT_NO_RECONNECT };

/* clang-format off */
#define CPL_RUN_RETRY {"retry", required_argument, NULL, CPL_OPT_RETRY}
#define CPL_RUN_RETRY_SET \
	{"retry-set", no_argument, NULL, CPL_OPT_RETRY_SET}
#define CPL_RUN_NO_RECONNECT \
	{"no-reconnect", no_argument, NULL, CPL_OPT_NO_RECONNECT}
/* clang-format on */

/* Their lines of --help. */
#define CPL_RUN_RETRY_HELP                                                     \
	"      --retry SEC        reconnect for so long (default 0: not)\n"
#define CPL_RUN_RETRY_SET_HELP                                                 \
	"      --retry-set        an iq of type set again, too\n"
#define CPL_RUN_NO_RECONNECT_HELP                                              \
	"      --no-reconnect     end when the connection is lost\n"

struct cpl_run_events {
	/* A signal ends the run (it is in the outcome): close what is open. */
	void (*interrupted)(void *user);
	/* -W ran out. */
	void (*timed_out)(void *user);
	void *user;
};

struct cpl_run {
	struct cpl_cli cli;
	struct cpl_loop *loop;
	xmpp_ctx_t *ctx;
	struct cpl_slab *slab;      /* ctx's memory */
	struct cpl_secret password; /* the one copy that there is */
	int no_password;            /* for cpl_run_open(): none is needed */
	int many_sessions;        /* for cpl_run_connect(): others may follow */
	struct cpl_timing timing; /* of --timing */
	struct cpl_session *session; /* NULL until cpl_run_connect() */
	/* For cpl_run_connect(): ms of cpl_session_retry(), and of a session
	 * that outlives the process (session.h), else NULL. */
	long retry;
	const struct cpl_session_keep *keep;
	int retry_sets;
	/* For cpl_run_loop(): it runs commands, or reads files that are only
	 * known later, so that the file system stays open to it; else paths
	 * that it writes (NULL: none). */
	int stays_open;
	const char *files[2];
	int64_t outage; /* which one was told of; 0: none */
	struct cpl_outcome outcome;
	int over; /* the end is near: nothing more is started */
	struct cpl_run_events on;
	struct cpl_timer timeout;
};

/* After cpl_cli_load(): the password, the loop, the signals, the clock of -W.
 * What fails is said and ends the process. */
void cpl_run_open(struct cpl_run *run, const struct cpl_run_events *on);

/* The job of --forget (struct cpl_cli's instead): the token is made void on the
 * server (XEP-0484 3.6), and the files of the account and its server in the
 * state folder go, which store/ has for logins. Where the server cannot be
 * asked the token stays, and the exit status says why. Ends the process. */
void cpl_run_forget(struct cpl_cli *cli) __attribute__((noreturn));

/* Takes one of the options above, or --forget, which every tool has; non-zero:
 * it was one. A bad value is a usage error. */
int cpl_run_option(struct cpl_run *run, int c, const char *arg);

/* Begins to connect. 0, or -1 and the run was given up. */
int cpl_run_connect(struct cpl_run *run, const struct cpl_session_events *on);

/* The session's event lost: a run that reconnects for ever says so, once an
 * outage; what follows is said at -v. */
void cpl_run_lost(struct cpl_run *run, const struct cpl_err *e);

/* Says what is wrong and keeps its status for the end; the run goes on. */
void cpl_run_complain(struct cpl_run *run, const struct cpl_err *e);

/* The same, and the loop ends. */
void cpl_run_give_up(struct cpl_run *run, const struct cpl_err *e);

/* The same, for want of memory. */
void cpl_run_no_memory(struct cpl_run *run);

/* stdout takes nothing more (cpl_output_events.failed): the run ends, quietly
 * where the reader is gone. */
void cpl_run_output_failed(struct cpl_run *run, const struct cpl_err *e);

/* Ends the loop. */
void cpl_run_stop(struct cpl_run *run);

/* Gives up all of the file system that the run does not need any more, where
 * the kernel can do that (base/confine.h). Where it cannot, or
 * CPL_SET_LANDLOCK is not wanted, nothing happens; without memory to know what
 * it needs it is over. */
void cpl_run_confine(struct cpl_run *run);

/* Runs the loop until the end, unless it is over already; confined, unless
 * stays_open says otherwise. */
void cpl_run_loop(struct cpl_run *run);

/* Says what --timing asks for, and frees all of it;
 * cpl_outcome_exit(&run->outcome) may follow. A tool whose requests may still
 * wait for answers frees the session itself, first of all (and sets it to
 * NULL). */
void cpl_run_release(struct cpl_run *run);

#endif
