/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "../base/limits.h"

/* The rate is that of the last one to two times so long. */
#define RATE_MS 5000

/* "xsend: 12 sent, 10 acknowledged, 3.2/s", by the marks since then. */
static int line(const struct cpl_progress *p,
		const struct cpl_progress_mark *since, char *out, size_t size)
{
	int64_t ms = cpl_loop_now() - since->at;
	double rate = (double)(p->acked - since->acked) * 1000 /
		      (double)(ms > 0 ? ms : 1);
	char refused[40] = "";

	if (p->refused > 0)
		snprintf(refused, sizeof refused, "%llu refused, ",
			 (unsigned long long)p->refused);
	return snprintf(out, size, "%s: %llu sent, %llu acknowledged, %s%.*f/s",
			p->cli->prog, (unsigned long long)p->sent,
			(unsigned long long)p->acked, refused,
			rate < 10 ? 1 : 0, rate);
}

/* What the terminal has room for without going to the next row. */
static int columns(void)
{
	struct winsize w;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 1
		   ? w.ws_col - 1
		   : 79;
}

/* In the background the terminal is somebody else's. */
static int is_background(void)
{
	pid_t group = tcgetpgrp(STDERR_FILENO);

	return group > 0 && group != getpgrp();
}

static void clear(void *user)
{
	struct cpl_progress *p = user;

	if (p->width > 0)
		fprintf(stderr, "\r%*s\r", p->width, "");
	p->width = 0;
}

static void draw(struct cpl_progress *p, const char *text, int length)
{
	int most = columns();

	if (length > most)
		length = most;
	fprintf(stderr, "\r%.*s", length, text);
	if (p->width > length)
		fprintf(stderr, "%*s\r%.*s", p->width - length, "", length,
			text);
	fflush(stderr);
	p->width = length;
}

static void show(void *user)
{
	struct cpl_progress *p = user;
	char text[160];
	int length;

	length = line(p, &p->old, text, sizeof text);
	if (p->plain)
		fprintf(stderr, "%s\n", text);
	else if (!is_background())
		draw(p, text, length);
	p->shown = 1;
	p->next = cpl_loop_now() +
		  (p->plain ? CPL_PROGRESS_LINE_MS : CPL_PROGRESS_MS);
	if (cpl_loop_now() - p->recent.at >= RATE_MS) {
		p->old = p->recent;
		p->recent.at = cpl_loop_now();
		p->recent.acked = p->acked;
	}
}

void cpl_progress_start(struct cpl_progress *p, struct cpl_cli *cli,
			struct cpl_loop *loop, int forced)
{
	int terminal = isatty(STDERR_FILENO);

	p->cli = cli;
	p->loop = loop;
	p->timer.fire = show;
	p->timer.user = p;
	p->plain = !terminal || cli->log.level > 0 || cli->trace == stderr;
	p->on = !cli->quiet && (forced || !p->plain);
	p->begun.at = p->old.at = p->recent.at = cpl_loop_now();
	p->next = p->begun.at + CPL_PROGRESS_FIRST_MS;
	/* Forced, a short run has its last word as well. */
	p->shown = forced && p->plain;
	cli->before_line = clear;
	cli->before_line_user = p;
}

void cpl_progress_count(struct cpl_progress *p, uint64_t sent, uint64_t acked,
			uint64_t refused)
{
	int64_t wait = p->next - cpl_loop_now();

	if (p->sent == sent && p->acked == acked && p->refused == refused)
		return;
	p->sent = sent;
	p->acked = acked;
	p->refused = refused;
	if (p->on && !p->timer.armed)
		cpl_loop_timer(p->loop, &p->timer, wait > 0 ? wait : 0);
}

void cpl_progress_say(struct cpl_progress *p)
{
	char text[160];

	clear(p);
	line(p, &p->old, text, sizeof text);
	fprintf(stderr, "%s\n", text);
}

void cpl_progress_end(struct cpl_progress *p)
{
	char text[160];

	if (!p->cli)
		return;
	cpl_loop_cancel(p->loop, &p->timer);
	clear(p);
	line(p, &p->begun, text, sizeof text);
	if (p->on && p->shown && (p->plain || !is_background()))
		fprintf(stderr, "%s\n", text);
	p->cli->before_line = NULL;
	p->cli = NULL;
}
