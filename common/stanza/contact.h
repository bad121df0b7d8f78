/* SPDX-License-Identifier: MIT
 *
 * One entry of a contact list (RFC 6121 2.1.2): parsed from an <item/> of
 * jabber:iq:roster, and written as one or as an object of JSON. A struct
 * cpl_contact owns its strings; zero-filled it is empty and may be released.
 * Empty names and groups are none (2.1.2.6). */
#ifndef CPL_CONTACT_H
#define CPL_CONTACT_H

#include <stddef.h>
#include <strophe.h>

#include "../base/buf.h"
#include "jid.h"

enum cpl_subscription {
	CPL_SUB_NONE,
	CPL_SUB_TO,   /* we see theirs */
	CPL_SUB_FROM, /* they see ours */
	CPL_SUB_BOTH,
	CPL_SUB_REMOVE /* of pushes and records: it is to go */
};

struct cpl_contact {
	struct cpl_jid jid; /* prepared; bare, as a rule */
	char *name;         /* NULL: none */
	enum cpl_subscription subscription;
	int ask;       /* our request is pending (2.1.2.2) */
	int approved;  /* approved in advance (2.1.2.1) */
	char **groups; /* sorted, each once */
	size_t group_count;
};

/* Makes one of a JID as text; what it is like is set below. 0, or -1 as
 * cpl_jid_parse() has it. */
int cpl_contact_init(struct cpl_contact *out, const char *jid,
		     struct cpl_err *e) __attribute__((warn_unused_result));

/* From an <item/>: -1 with CPL_DATA and why, or CPL_SYSTEM. An unknown
 * subscription is none (2.1.2.5). */
int cpl_contact_read(struct cpl_contact *out, xmpp_stanza_t *item,
		     struct cpl_err *e) __attribute__((warn_unused_result));

/* A copy of its own. 0, or -1 without memory. */
int cpl_contact_copy(struct cpl_contact *out, const struct cpl_contact *c)
    __attribute__((warn_unused_result));

/* The <item/> with jid, name and groups, and for one that is to go its
 * subscription; with state, subscription, ask and approved of all. New, the
 * caller's; NULL without memory. */
xmpp_stanza_t *cpl_contact_item(xmpp_ctx_t *ctx, const struct cpl_contact *c,
				int state) __attribute__((warn_unused_result));

/* Its JSON object, without newline, with the same. name, ask and approved are
 * left out where there is none, groups never. -1 when out is full or memory ran
 * out. */
int cpl_contact_json(struct cpl_buf *out, const struct cpl_contact *c,
		     int state) __attribute__((warn_unused_result));

/* "none", "to" ...; and from such a word, -1: it is none. */
const char *cpl_contact_subscription(enum cpl_subscription s);
int cpl_contact_subscription_of(const char *word, enum cpl_subscription *out)
    __attribute__((warn_unused_result));

/* Whether name and groups are the same. */
int cpl_contact_equal(const struct cpl_contact *a, const struct cpl_contact *b);

/* NULL and "" are no name. 0, or -1 without memory. */
int cpl_contact_set_name(struct cpl_contact *c, const char *name)
    __attribute__((warn_unused_result));

/* Adds or removes a group; one that is there already is there once. */
int cpl_contact_add_group(struct cpl_contact *c, const char *group)
    __attribute__((warn_unused_result));
void cpl_contact_remove_group(struct cpl_contact *c, const char *group);
int cpl_contact_has_group(const struct cpl_contact *c, const char *group);

void cpl_contact_release(struct cpl_contact *c);

#endif
