/* SPDX-License-Identifier: MIT
 *
 * Whether the other side of a connection is still there: when nothing has come
 * for CPL_ALIVE_IDLE_MS it is to be asked for a sign, and when there is none
 * within CPL_ALIVE_WAIT_MS it is dead. A slow one is not: as long as what was
 * sent goes on leaving, time begins anew. Nothing wakes up in between. */
#ifndef CPL_ALIVE_H
#define CPL_ALIVE_H

#include "../base/loop.h"
#include "link.h"

struct cpl_alive {
	struct cpl_loop *loop;
	void (*silence)(void *user); /* ask now */
	void (*dead)(void *user, const struct cpl_err *e);
	void *user;
	const struct cpl_link *link; /* NULL: there is none */
	long idle_ms;                /* CPL_ALIVE_IDLE_MS */
	long wait_ms;                /* CPL_ALIVE_WAIT_MS */
	struct cpl_timer timer;
	int64_t heard;   /* when something last came, or left */
	size_t underway; /* bytes that had not arrived when it was asked */
	int asked;
	int held; /* nothing is read, so nothing comes */
};

/* Prepares it; dead() gets CPL_TEMP, and may free the link. */
void cpl_alive_init(struct cpl_alive *a, struct cpl_loop *loop,
		    void (*silence)(void *user),
		    void (*dead)(void *user, const struct cpl_err *e),
		    void *user);

/* Begins for this connection, or ends. */
void cpl_alive_start(struct cpl_alive *a, const struct cpl_link *link);
void cpl_alive_stop(struct cpl_alive *a);

/* Something came. */
void cpl_alive_heard(struct cpl_alive *a);

/* While on, silence means nothing. */
void cpl_alive_hold(struct cpl_alive *a, int on);

#endif
