/* SPDX-License-Identifier: MIT
 *
 * Where the time of a run goes, for --timing: when each phase of a connection
 * ended, and how many flights it took. Whoever wants to know owns a zero-filled
 * struct cpl_timing and hands its address down; a NULL is fine everywhere and
 * costs a comparison. Nothing is allocated, nothing fails.
 *
 * A flight is what our side writes between two reads. It is counted at the
 * socket, below TLS: connecting is the first; a write begins another one when
 * bytes of the other side were read since the last write. So it is the number
 * of round trips that were waited for, as a proxy in between would see them,
 * and the answer to the last one is the acknowledgement. What follows that,
 * and the stream's end, is not counted, and neither are questions to the DNS.
 *
 * The figures are those of the last connection: an attempt begins with none,
 * and so does the next target of an attempt, the look-up aside. */
#ifndef CPL_TIMING_H
#define CPL_TIMING_H

#include <stddef.h>
#include <stdint.h>

/* What has ended: the look-up, with the first address that may be tried; TCP's
 * handshake; TLS's, with all of STARTTLS; the login, binding included; the
 * writing of the first stanza, which may come before that; the waiting for the
 * last acknowledgement, or answer. */
enum cpl_timing_mark {
	CPL_TIMING_DNS,
	CPL_TIMING_TCP,
	CPL_TIMING_TLS,
	CPL_TIMING_LOGIN,
	CPL_TIMING_SEND,
	CPL_TIMING_ACK,
	CPL_TIMING_MARKS
};

struct cpl_timing {
	int64_t first;                   /* attempt, microseconds; 0: none */
	int64_t began;                   /* the last one */
	int64_t ended[CPL_TIMING_MARKS]; /* 0: not yet */
	unsigned flights;                /* that left */
	unsigned acked;                  /* of them, until CPL_TIMING_ACK */
	unsigned connections;
	int answered; /* something came since the last write */
	int stanza;   /* the first one is about to be written */
	int stopped;
};

/* Room for any text of cpl_timing_text(). */
#define CPL_TIMING_TEXT 256

/* Microseconds of a clock that only goes on. Never 0. */
int64_t cpl_timing_now(void);

/* An attempt to connect begins. */
void cpl_timing_begin(struct cpl_timing *t);

/* TCP is connected: the first flight, and its answer. */
void cpl_timing_connected(struct cpl_timing *t);

/* The same, before TCP has begun: its handshake rides with the first write (RFC
 * 7413), and ends unseen. */
void cpl_timing_fast_open(struct cpl_timing *t);

/* The phase has ended. Of CPL_TIMING_DNS and CPL_TIMING_SEND the first time
 * counts, of the others the last. */
void cpl_timing_mark(struct cpl_timing *t, enum cpl_timing_mark mark);

/* What is written next holds a stanza: CPL_TIMING_SEND ends with it. */
void cpl_timing_stanza(struct cpl_timing *t);

/* Bytes went to the socket; came from it. */
void cpl_timing_out(struct cpl_timing *t);
void cpl_timing_in(struct cpl_timing *t);

/* What follows is only the end of the stream. */
void cpl_timing_stop(struct cpl_timing *t);

/* "dns 0.0 tcp 0.1 tls 2.3 login 1.2 send 0.0 ack 0.4 total 4.1 ms, 5 flights"
 * into out, which holds n bytes, CPL_TIMING_TEXT at least. The phases stand in
 * the order in which they ended, each with the time since the one before it,
 * then those that did not come to an end, with "-". total is from the first
 * attempt until now; with more than one connection their number follows. */
void cpl_timing_text(const struct cpl_timing *t, int64_t now, char *out,
		     size_t n);

#endif
