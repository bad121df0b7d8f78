/* SPDX-License-Identifier: MIT
 *
 * Which stanzas a tool wants: by kind, sender, type and whether there is a
 * body. Within one criterion any match is enough, all criteria must hold; a
 * criterion that was not given holds. The struct owns its JIDs; zero-filled it
 * lets everything pass. */
#ifndef CPL_FILTER_H
#define CPL_FILTER_H

#include <strophe.h>

#include "jid.h"

enum { CPL_FILTER_MAX = 64 }; /* senders, and types, that one filter has */

struct cpl_filter {
	unsigned kinds; /* bits of enum cpl_kind; 0: all */
	struct cpl_jid from[CPL_FILTER_MAX];
	size_t from_count;
	const char *types[CPL_FILTER_MAX]; /* the caller's strings */
	size_t type_count;
	int with_body;
};

enum cpl_kind { CPL_MESSAGE = 1, CPL_PRESENCE = 2, CPL_IQ = 4 };

/* The kind of a stanza; 0: it is none. */
enum cpl_kind cpl_filter_kind(xmpp_stanza_t *stanza);

/* Adds a kind by its name ("message", "presence", "iq"), a sender (a bare JID
 * covers its resources, a domain its users), a type ("normal" and "available"
 * match stanzas without one too, as RFC 6121 has it). -1 with CPL_USAGE. */
int cpl_filter_add_kind(struct cpl_filter *f, const char *name,
			struct cpl_err *e) __attribute__((warn_unused_result));
int cpl_filter_add_from(struct cpl_filter *f, const char *jid,
			struct cpl_err *e) __attribute__((warn_unused_result));
int cpl_filter_add_type(struct cpl_filter *f, const char *type,
			struct cpl_err *e) __attribute__((warn_unused_result));

/* Whether it passes. A stanza without from comes from own, the own account. */
int cpl_filter_passes(const struct cpl_filter *f, xmpp_stanza_t *stanza,
		      const struct cpl_jid *own);

void cpl_filter_release(struct cpl_filter *f);

#endif
