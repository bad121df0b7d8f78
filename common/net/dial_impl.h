/* SPDX-License-Identifier: MIT
 *
 * What the parts of dial share: dial.c decides what is looked up and when,
 * dial_connect.c connects, dial_proxy.c talks to a proxy. */
#ifndef CPL_DIAL_IMPL_H
#define CPL_DIAL_IMPL_H

#include "dial.h"
#include "lookup.h"
#include "targets.h"

/* Attempts under way at once: 8 s' worth. Then the oldest is given up. */
#define CPL_ATTEMPTS_MAX 32

/* How far an attempt came, for the choice of the reason that is told. What
 * became of a place that was only remembered counts least: what is looked up
 * is what holds. */
enum cpl_rank {
	CPL_RANK_NOTHING = 0,
	CPL_RANK_KNOWN,
	CPL_RANK_NAME,
	CPL_RANK_ANSWER,
	CPL_RANK_CONNECTION,
	CPL_RANK_STREAM
};

struct cpl_attempt {
	struct cpl_dial *dial;
	struct cpl_watch watch;         /* fd -1: free */
	struct cpl_candidate candidate; /* unless target.known */
	struct cpl_target target;
	int64_t since;
	int fast; /* nothing has left yet (fastopen.h) */
};

enum cpl_dial_phase { CPL_DIAL_KNOWN, CPL_DIAL_LOOKUP, CPL_DIAL_CONNECT };

struct cpl_dial {
	struct cpl_loop *loop;
	const struct cpl_log *log;
	struct cpl_timing *timing;
	cpl_dial_done *done;
	void (*refused)(void *user, const struct cpl_target *target,
			const struct cpl_err *e);
	void *user;
	struct cpl_resolver *resolver;
	enum cpl_dial_phase phase; /* of the search */
	int resting;               /* a socket or a reason was handed over */
	struct cpl_timer timer;
	char *host; /* NULL: ask SRV of lookup.domain */
	uint16_t port;
	struct cpl_lookup lookup;
	struct cpl_targets targets;
	struct cpl_attempt attempts[CPL_ATTEMPTS_MAX];
	size_t live;
	int64_t next_at; /* no further attempt before */
	/* What worked last time; host empty: nothing is known. */
	struct cpl_target known;
	int known_tried;
	enum cpl_rank known_failed; /* how far it came; 0: it has not failed */
	struct cpl_target won;
	struct cpl_candidate won_candidate; /* unless won.known */
	int again;                          /* it comes next */
	/* TCP Fast Open; and while it is open whether the server answers, the
	 * socket that was handed over, by another number, since that one may
	 * be closed and given to another. */
	int fast_open;
	int fast_fd;   /* -1: there is none */
	int fast_over; /* it had its time: once more without */
	/* What is looked up and connected to is the proxy; won is where it is
	 * to lead. */
	int proxied;
	struct cpl_proxy proxy;
	struct cpl_socks *socks; /* while it is talked to, over fd */
	int fd;
	int spent; /* no other address would lead elsewhere */
	enum cpl_rank rank;
	struct cpl_err why;
	unsigned tried; /* addresses */
};

/* Keeps the reason of what came furthest, of equals the last; but once a
 * stream was tried, what is decided beats what is only temporary. */
void cpl_dial_note(struct cpl_dial *d, enum cpl_rank rank,
		   const struct cpl_err *e);

/* The two ends, after which d may be gone: nothing is left, or fd leads to
 * d->won. */
void cpl_dial_fail(struct cpl_dial *d);
void cpl_dial_hand_over(struct cpl_dial *d, int fd);

/* Something happened. */
void cpl_dial_go_on(struct cpl_dial *d);

/* Begins to connect to what is known. */
void cpl_dial_try_known(struct cpl_dial *d);

/* Begins once more to connect to what won. 0, or -1 when that failed at once.
 */
int cpl_dial_try_again(struct cpl_dial *d) __attribute__((warn_unused_result));

/* Starts what is due of what was looked up. 1 when something ended the dial,
 * which may be freed. */
int cpl_dial_connect_next(struct cpl_dial *d, int64_t *wake);

/* Ends all attempts. */
void cpl_dial_stop(struct cpl_dial *d);

/* Where the proxy is to lead, host or domain; the proxy itself is what is
 * looked up from here on. -1 with e. */
int cpl_dial_plan_proxied(struct cpl_dial *d, const struct cpl_dial_conf *conf,
			  struct cpl_err *e)
    __attribute__((warn_unused_result));

/* The proxy is connected. */
void cpl_dial_talk(struct cpl_dial *d, int fd);

#endif
