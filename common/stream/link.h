/* SPDX-License-Identifier: MIT
 *
 * A link is one connection to a server: socket, TLS once asked for, and the
 * XML stream in both directions. What is sent gathers in one buffer and leaves
 * at the end of the loop's turn in as few TLS records as it takes; what comes
 * in is cut into elements by cpl_tree. The link owns the socket, the TLS and
 * the parser. It has no deadline of its own and never reconnects.
 *
 * Its events come from within the loop, or from within cpl_link_flush(). The
 * owner may call anything of the link from an event, cpl_link_free() too. */
#ifndef CPL_LINK_H
#define CPL_LINK_H

#include <strophe.h>

#include "../base/buf.h"
#include "../base/log.h"
#include "../base/loop.h"
#include "../net/tls.h"

struct cpl_link;

struct cpl_link_events {
	/* The server's stream header, after each cpl_link_open(). */
	void (*header)(void *user, const char *name, const char *ns,
		       const char *const *attrs);
	/* One element of the stream, valid during the call. */
	void (*element)(void *user, xmpp_stanza_t *element);
	/* The handshake asked for by cpl_link_secure() is done. */
	void (*secured)(void *user);
	/* The connection is over, once: e is NULL when the server ended the
	 * stream in order (</stream:stream>), else the reason: CPL_TEMP lost,
	 * CPL_PROTOCOL malformed or over a limit. Nothing follows. */
	void (*closed)(void *user, const struct cpl_err *e);
	void *user;
};

/* A link over a connected non-blocking socket, which it owns from here on.
 * NULL without memory; then fd is closed. log and ctx outlive the link. */
struct cpl_link *cpl_link_new(struct cpl_loop *loop, const struct cpl_log *log,
			      xmpp_ctx_t *ctx, int fd,
			      const struct cpl_link_events *events)
    __attribute__((warn_unused_result));

/* Sends the events elsewhere from the next one on, the login being over; header
 * and secured may be NULL once no more of them are asked for. */
void cpl_link_listen(struct cpl_link *l, const struct cpl_link_events *events);

/* Closes the socket; what has not been written is lost. No event follows. */
void cpl_link_free(struct cpl_link *l);

/* Before anything else: flights are counted and the handshake's end is marked.
 * timing outlives the link; NULL: none. */
void cpl_link_timing(struct cpl_link *l, struct cpl_timing *timing);

/* Expects a (new) stream header from the server. -1 without memory. */
int cpl_link_open(struct cpl_link *l) __attribute__((warn_unused_result));

/* Starts TLS: nothing is expected in clear from here on. When the element that
 * led here was followed by more bytes, they were sent before the handshake by
 * somebody in between (RFC 6120 5.4.3.3): closed() says so, CPL_PROTOCOL. */
int cpl_link_secure(struct cpl_link *l, const struct cpl_tls_conf *conf,
		    struct cpl_err *e) __attribute__((warn_unused_result));

/* The TLS of the link, or NULL. */
struct cpl_tls *cpl_link_tls(struct cpl_link *l);

/* Appends to what leaves at the end of the turn. 0, or -1 with CPL_SYSTEM when
 * CPL_LINK_OUT_MAX is reached: a tool that heeds cpl_link_unsent() never gets
 * there. */
int cpl_link_send(struct cpl_link *l, const char *p, size_t n,
		  struct cpl_err *e) __attribute__((warn_unused_result));

/* The buffer itself, to append whole elements to: the hot path. */
struct cpl_buf *cpl_link_out(struct cpl_link *l);

/* Bytes that the kernel has not taken yet. */
size_t cpl_link_unsent(const struct cpl_link *l);

/* The same and what the kernel has and the other side has not acknowledged: a
 * number that does not change while the connection is dead. */
size_t cpl_link_underway(const struct cpl_link *l);

/* Writes what the kernel takes at once, without waiting for the turn's end. */
void cpl_link_flush(struct cpl_link *l);

/* While on, nothing is read from the socket. */
void cpl_link_hold(struct cpl_link *l, int on);

/* No TLS will follow: the stream is read in large pieces at once. */
void cpl_link_plain(struct cpl_link *l);

#endif
