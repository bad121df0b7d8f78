/* SPDX-License-Identifier: MIT
 *
 * How a run that sends stands, on stderr: how much was sent, how much of it is
 * acknowledged, and how fast that goes. On a terminal it is one line, written
 * over by the next and cleared for every message; elsewhere, and beside -v,
 * lines. It is shown once the run is a second old, when something has changed,
 * and then not too often (limits.h); while nothing changes nothing is done. The
 * struct lives in its tool, which zero-fills it; cli and loop outlive it. */
#ifndef CPL_PROGRESS_H
#define CPL_PROGRESS_H

#include <stdint.h>

#include "../base/loop.h"
#include "cli.h"

struct cpl_progress_mark {
	int64_t at; /* ms, cpl_loop_now() */
	uint64_t acked;
};

struct cpl_progress {
	struct cpl_cli *cli;
	struct cpl_loop *loop;
	struct cpl_timer timer;
	int on;    /* it is shown at all */
	int plain; /* in lines */
	int shown; /* it was, at least once */
	int width; /* of the line that stands on the terminal now */
	uint64_t sent, acked, refused;
	struct cpl_progress_mark begun, old, recent; /* for the rate */
	int64_t next;                                /* not shown before */
};

/* After cpl_run_open(). forced (--progress): also where stderr is no terminal;
 * -q silences it in any case. */
void cpl_progress_start(struct cpl_progress *p, struct cpl_cli *cli,
			struct cpl_loop *loop, int forced);

/* So many were sent, acknowledged and refused by now. */
void cpl_progress_count(struct cpl_progress *p, uint64_t sent, uint64_t acked,
			uint64_t refused);

/* Says at once, in a line of its own, how it stands, whether on or not. */
void cpl_progress_say(struct cpl_progress *p);

/* The last word, where it was shown or forced in lines: the rate is that of the
 * whole run. Nothing is shown from there on. Without a start it does nothing.
 */
void cpl_progress_end(struct cpl_progress *p);

#endif
