/* SPDX-License-Identifier: MIT
 *
 * JIDs (RFC 7622 in the RFC 6122 preparation that servers apply): parsed once
 * at the edge, prepared by libidn (nodeprep, nameprep, resourceprep), compared
 * in prepared form only. A struct cpl_jid owns one block of memory that all
 * its strings lie in; zero-filled it is empty and may be released. */
#ifndef CPL_JID_H
#define CPL_JID_H

#include "../base/err.h"

struct cpl_jid {
	char *full;     /* local@domain/resource, what is there of it */
	char *bare;     /* local@domain, or domain */
	char *local;    /* NULL: none */
	char *domain;   /* never NULL once parsed; U-label form, no final dot */
	char *resource; /* NULL: none */
	void *block;    /* what cpl_jid_release() frees */
};

/* Parses and prepares text. 0, or -1 with CPL_DATA and a reason that names the
 * text (escaped, shortened) and what is wrong: an empty part, over 1023 bytes
 * (CPL_JID_PART_MAX), a character that the part may not have, not UTF-8, not
 * a domain name or address. The caller changes the status where the JID came
 * from the command line. On failure *out is empty. */
int cpl_jid_parse(struct cpl_jid *out, const char *text, struct cpl_err *e)
    __attribute__((warn_unused_result));

void cpl_jid_release(struct cpl_jid *jid);

/* Whether jid is covered by pattern: a full JID only by itself, a bare JID by
 * each of its resources too, a domain by each of its users too. */
int cpl_jid_matches(const struct cpl_jid *pattern, const struct cpl_jid *jid);

/* Whether two texts are the same JID, both prepared; a text that is no JID is
 * the same as nothing. The second ignores their resources. */
int cpl_jid_same(const char *a, const char *b);
int cpl_jid_same_bare(const char *a, const char *b);

/* Whether a text is the JID that is written prepared here (as jid.full is),
 * once it is prepared as well. This is the cheaper one: nearly all servers
 * write what is prepared. NULL is no JID. */
int cpl_jid_is(const char *text, const char *prepared);

/* Whether it may be a room's (XEP-0045 4.1: room@service), which is bare: 0, or
 * -1 with CPL_DATA and a reason. */
int cpl_jid_check_room(const struct cpl_jid *jid, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* A text as the resource of a JID, or as a nickname in a room (XEP-0045 17.1),
 * prepared. The caller frees it. NULL with e (CPL_DATA) set when it is none. */
char *cpl_jid_resource(const char *text, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* The domain as it is asked for in DNS: A-labels (IDNA ToASCII), lower case,
 * no final dot; an address literal as it is, without brackets. The caller
 * frees it. NULL with e (CPL_DATA) set when it is no host name. */
char *cpl_jid_dns(const char *domain, struct cpl_err *e)
    __attribute__((warn_unused_result));

#endif
