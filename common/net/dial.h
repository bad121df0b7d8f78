/* SPDX-License-Identifier: MIT
 *
 * From a domain to a connected socket: SRV look-up by c-ares (_xmpps-client
 * and _xmpp-client, RFC 6120 3.2.1 and XEP-0368; A-labels), else the domain's
 * own address on port 5222 (5223 for CPL_TLS_DIRECT); or the host that the user
 * named, without SRV. Happy Eyeballs (RFC 8305) over the addresses of all
 * targets in their order: the first socket that connects is handed over,
 * TCP_NODELAY set, non-blocking and close-on-exec. Literals and localhost need
 * no DNS, and /etc/hosts goes before it. Runs on the loop and blocks nowhere.
 *
 * Through a SOCKS 5 proxy there is no SRV, and the name goes to the proxy as it
 * is: of ours it is the proxy's own that may be looked up, and nothing else.
 * Without one .onion is not looked up either (RFC 7686 2).
 *
 * The deadline is the caller's timer: cpl_dial_free() ends all of it at any
 * time.
 *
 * A dial owns its look-ups and every socket that it has not handed over. */
#ifndef CPL_DIAL_H
#define CPL_DIAL_H

#include <stdint.h>
#include <sys/socket.h>

#include "../base/err.h"
#include "../base/log.h"
#include "../base/loop.h"
#include "../base/timing.h"
#include "socks.h"

enum cpl_tls_mode {
	CPL_TLS_AUTO = 0, /* as SRV says; with a host: 5223 and 443 direct */
	CPL_TLS_DIRECT,
	CPL_TLS_STARTTLS,
	CPL_TLS_NONE /* loopback addresses only, else CPL_USAGE */
};

/* Where a socket leads. */
struct cpl_target {
	char host[256];
	uint16_t port;
	int direct_tls;
	struct sockaddr_storage addr; /* the proxy's, where there is one */
	/* For messages: "xmpp.capulet.lit:5222 (192.0.2.7)", or "(through
	 * proxy.lit:1080)". */
	char text[576];
	/* Seconds for which the address may be kept, by DNS and
	 * CPL_PLACE_TTL_*; 0: it is not DNS's, or is known already. */
	long ttl;
	int known; /* the socket came of cpl_dial_conf.known alone */
};

struct cpl_target;

struct cpl_dial_conf {
	const char *domain; /* the JID's, as cpl_jid_dns() gives it */
	const char *host;   /* NULL: ask SRV. A name or an address literal */
	uint16_t port;      /* of host; 0: 5223 for CPL_TLS_DIRECT, else 5222 */
	enum cpl_tls_mode mode;
	/* Each address that could not be connected to, with done()'s user; it
	 * may free nothing. NULL: nobody wants to know. */
	void (*refused)(void *user, const struct cpl_target *target,
			const struct cpl_err *e);
	struct cpl_timing *timing;     /* outlives the dial; NULL: none */
	const struct cpl_proxy *proxy; /* NULL: none */
	/* Where it led last time, which is tried before anything is looked up,
	 * and beside that if it takes longer than CPL_DIAL_STAGGER_MS. It is
	 * left out with a proxy, a literal or localhost. Of it count host,
	 * port, direct_tls and addr. NULL: not known. */
	const struct cpl_target *known;
	/* TCP Fast Open (RFC 7413) for the first address, not with a proxy.
	 * Where the kernel has a cookie for it, the socket is handed over
	 * before anything has left: the first write goes with the SYN. One that
	 * is not answered for CPL_DIAL_FAST_OPEN_MS is broken and, after
	 * cpl_dial_resume(), tried without. */
	int fast_open;
	const char *dns_servers; /* NULL: resolv.conf's. For tests:
				    "127.0.0.1:5353,..." */
};

struct cpl_dial;

/* Called once for a start or a resume: fd >= 0 and the target (valid until the
 * dial is freed), or fd -1 and the reason, when nothing is left to try. The
 * reason of the attempt that came furthest, its address named:
 * CPL_NOHOST no such domain (NXDOMAIN or no address at all; .invalid is never
 * asked for, RFC 6761 6.4), CPL_UNAVAILABLE the service is decidedly not
 * offered (target "."), or not with the TLS mode asked for, CPL_TEMP resolver
 * failures, refused, unreachable, timed out; CPL_USAGE without TLS to anything
 * but a loopback address, CPL_SYSTEM out of memory or descriptors, and what a
 * proxy says (socks.h). Of several that came equally far the last one's. Never
 * called from within cpl_dial_new() or cpl_dial_resume(); the callee may free
 * the dial. */
typedef void cpl_dial_done(void *user, int fd, const struct cpl_target *target,
			   const struct cpl_err *e);

/* Starts; conf is copied. NULL with e set when memory fails, the name is over
 * 255 bytes or .onion's (CPL_NOHOST), or the mode is CPL_TLS_NONE with a host
 * that is not loopback (known only by its address: then done says so) or with a
 * proxy (CPL_USAGE). */
struct cpl_dial *cpl_dial_new(struct cpl_loop *loop, const struct cpl_log *log,
			      const struct cpl_dial_conf *conf,
			      cpl_dial_done *done, void *user,
			      struct cpl_err *e)
    __attribute__((warn_unused_result));

/* The socket handed over was of no use (the TLS handshake or the stream failed
 * for a reason that another target may not share): goes on with what is left,
 * and calls done again, also with addresses whose attempt was given up when
 * this one had connected. failed is the reason if nothing is left; of several
 * one that is not CPL_TEMP, and of a place that was only known if there is no
 * other. Such a place is tried again, if it is what is looked up, after
 * CPL_TEMP. Through a proxy nothing is left. */
void cpl_dial_resume(struct cpl_dial *d, const struct cpl_err *failed);

/* The socket handed over was of use up to a point, and the same address is to
 * be tried once more: as a resume, but it stands first. */
void cpl_dial_again(struct cpl_dial *d);

/* What is waited for, or the best reason so far: for the message when the
 * caller's deadline has passed. */
void cpl_dial_why(const struct cpl_dial *d, struct cpl_err *e);

void cpl_dial_free(struct cpl_dial *d);

#endif
