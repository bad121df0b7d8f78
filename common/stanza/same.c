/* SPDX-License-Identifier: MIT */
#include "same.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "../base/buf.h"
#include "../base/limits.h"
#include "build.h"
#include "ns.h"

/* What kind of id a key is made of, so that none can stand for the other. */
#define BY_SENDER 'i'
#define BY_ROOM 'r'

/* SHA-256 of the kind, who, NUL, id: no JID has a NUL, so the border is plain.
 * Half of it is enough: what an attacker would need is a second preimage. */
static int add_key(struct cpl_same *out, char kind, const char *who,
		   const char *id)
{
	struct cpl_buf text =
	    CPL_BUF_INIT(CPL_JID_MAX + CPL_STANZA_BYTES_MAX + 2);
	unsigned char sum[EVP_MAX_MD_SIZE];
	int bad =
	    cpl_buf_addc(&text, kind) < 0 ||
	    cpl_buf_add(&text, who, strlen(who) + 1) < 0 ||
	    cpl_buf_adds(&text, id) < 0 ||
	    EVP_Digest(text.data, text.len, sum, NULL, EVP_sha256(), NULL) != 1;

	for (size_t i = 0; !bad && i < CPL_SAME_SIZE / 2; i++)
		snprintf(out->key[out->count] + 2 * i, 3, "%02x", sum[i]);
	out->count += !bad;
	cpl_buf_release(&text);
	return bad ? -1 : 0;
}

/* An id; an empty one is none. */
static const char *id_of(xmpp_stanza_t *s)
{
	const char *id = s ? xmpp_stanza_get_id(s) : NULL;

	return id && *id ? id : NULL;
}

/* The stanza-id that the room gave; one by somebody else says nothing (XEP-0359
 * 6). */
static const char *room_id(xmpp_stanza_t *message, const char *room)
{
	xmpp_stanza_t *c;

	for (c = cpl_first_element(message); c; c = cpl_next_element(c)) {
		const char *by = xmpp_stanza_get_attribute(c, "by");

		if (cpl_is(c, "stanza-id", CPL_NS_SID) && by &&
		    cpl_jid_same(by, room))
			return id_of(c);
	}
	return NULL;
}

static int make_keys(xmpp_stanza_t *message, const struct cpl_jid *from,
		     struct cpl_same *out)
{
	const char *id = id_of(cpl_child(message, "origin-id", CPL_NS_SID));
	int room = cpl_has_type(message, "groupchat");
	/* XEP-0045 7.5: so a private message of an occupant is marked. */
	int occupant = room || cpl_child(message, "x", CPL_NS_MUC_USER);

	if (!id)
		id = id_of(message);
	if (id &&
	    add_key(out, BY_SENDER, occupant ? from->full : from->bare, id) < 0)
		return -1;
	id = room ? room_id(message, from->bare) : NULL;
	return id ? add_key(out, BY_ROOM, from->bare, id) : 0;
}

int cpl_same_keys(xmpp_stanza_t *stanza, const struct cpl_jid *own,
		  struct cpl_same *out)
{
	const char *from = xmpp_stanza_get_from(stanza);
	struct cpl_jid jid;
	int result;

	out->count = 0;
	/* An error has the id of the message that it is about. */
	if (!cpl_is(stanza, "message", CPL_NS_CLIENT) ||
	    cpl_has_type(stanza, "error"))
		return 0;
	if (!from)
		return make_keys(stanza, own, out);
	if (cpl_jid_parse(&jid, from, NULL) < 0)
		return 0;
	result = make_keys(stanza, &jid, out);
	cpl_jid_release(&jid);
	return result;
}
