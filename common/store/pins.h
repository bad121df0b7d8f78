/* SPDX-License-Identifier: MIT
 *
 * What an account's logins have had that they shall not be without from then
 * on, kept between runs in a file of the state folder, pins-JID: otherwise who
 * stands in between with a certificate that is believed could take it away
 * (XEP-0474 5). They are values; nothing is owned.
 *
 * The file is written when a login brought something new. One that cannot be
 * written is a line of the log. One that is there but cannot be read, or is
 * none of these, unpins nothing: all pins hold until a login that is as good as
 * can be replaces it, or the account is forgotten (--forget). It was not lost
 * by what somebody in between did, but what it had is not known; and a server
 * that has what is pinned is not even noticed to be without it. */
#ifndef CPL_PINS_H
#define CPL_PINS_H

#include "../base/log.h"

struct cpl_pins {
	int no_plain; /* a better mechanism has worked: never PLAIN */
	/* The newest version of TLS, as on the wire (0x0304), over which a
	 * login was bound to the channel; 0: none. It holds for older versions
	 * too: which one is spoken somebody in between may choose. */
	int bound;
};

/* Reads the pins of a bare JID. folder is the state folder, NULL: there is
 * none, and no pins. */
void cpl_pins_load(struct cpl_pins *p, const char *folder, const char *bare,
		   const struct cpl_log *log);

/* Whether a login over this version of TLS has to be bound. */
int cpl_pins_bind(const struct cpl_pins *p, int version);

/* Adds what a login has had to those in the file. */
void cpl_pins_add(const struct cpl_pins *had, const char *folder,
		  const char *bare, const struct cpl_log *log);

#endif
