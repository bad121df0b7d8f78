/* SPDX-License-Identifier: MIT
 *
 * What the parts of xsend share: xsend.c is the command line, xsend_run.c the
 * session, what is sent over it, and the end. */
#ifndef XSEND_H
#define XSEND_H

#include "../common/cli/feed.h"
#include "../common/cli/output.h"
#include "../common/stream/answer.h"

/* What the command line says, besides what the feed is told. */
struct settings {
	struct cpl_feed_conf feed;
	const char *files[16]; /* -r */
	size_t file_count;
	int mode_given, type_given;
	int print_id;
	long bounce_wait;
	int retry_set;
};

/* One run: the common part first, then what sending needs. */
struct send {
	struct cpl_run run;
	struct settings set;
	struct cpl_recipients to;
	struct cpl_feed feed;
	struct cpl_delivery *delivery;
	struct cpl_answer *answer;
	struct cpl_output *output;
	int went;  /* the feed; the session was online, then */
	int ended; /* the session */
	int hurry; /* nobody waits for a reader of the ids */
};

/* Opens the run and begins to read; what fails ends the process. */
void xsend_open(struct send *r);

/* After the run: what became of what was sent, where it did not all arrive. */
void xsend_report(struct send *r);

/* Frees all of it. */
void xsend_release(struct send *r);

#endif
