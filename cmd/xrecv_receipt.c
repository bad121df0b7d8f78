/* SPDX-License-Identifier: MIT
 *
 * xrecv --receipts (XEP-0184): a message that asks for a receipt gets one when
 * stdout took it, a double too, whose first receipt may have been lost. It
 * tells that somebody is here, so it goes to those alone who may see our
 * presence (8), and never into a room (5.3). */
#include <stdlib.h>
#include <string.h>

#include "../common/base/limits.h"
#include "../common/stanza/build.h"
#include "../common/stanza/ns.h"
#include "../common/stream/receipt.h"
#include "xrecv.h"

static const char *const types[] = {"normal", "chat", "headline"};

#define TYPES (sizeof types / sizeof *types)

void xrecv_receipts_open(struct recv *r)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (r->set.receipts && cpl_caps_add(&r->caps, CPL_NS_RECEIPTS, &e) < 0)
		cpl_cli_die(&r->run.cli, &e);
}

void xrecv_receipts_online(struct recv *r)
{
	if (r->set.receipts && r->answer)
		cpl_answer_learn(r->answer);
}

/* What is kept until then is the type, by its place above, the sender, LF (of
 * which no JID has one) and the id. */
static void on_taken(void *user, const char *text)
{
	struct recv *r = user;
	size_t type = (size_t)(text[0] - '0');
	const char *id = strchr(text, '\n') + 1;
	char *to = strndup(text + 1, (size_t)(id - text) - 2);
	xmpp_stanza_t *m = NULL;

	if (to)
		m = cpl_receipt_build(cpl_session_ctx(r->run.session),
				      type ? types[type] : NULL, to, id);
	free(to);
	if (!m)
		return;
	cpl_answer_private(r->answer, m);
	xmpp_stanza_release(m);
}

/* Its place in types; TYPES: one that gets no receipt. */
static size_t type_of(xmpp_stanza_t *message)
{
	const char *type = xmpp_stanza_get_type(message);
	size_t i = 0;

	while (type && i < TYPES && strcmp(types[i], type) != 0)
		i++;
	return i;
}

/* 5.4: one that is a receipt itself asks for none. */
static int is_asked_for(xmpp_stanza_t *stanza)
{
	const char *id = xmpp_stanza_get_id(stanza);
	const char *from = xmpp_stanza_get_from(stanza);

	return cpl_is(stanza, "message", CPL_NS_CLIENT) && id && *id && from &&
	       !strchr(from, '\n') && type_of(stanza) < TYPES &&
	       cpl_child(stanza, "request", CPL_NS_RECEIPTS) &&
	       !cpl_child(stanza, "received", CPL_NS_RECEIPTS);
}

void xrecv_receipt(struct recv *r, xmpp_stanza_t *stanza)
{
	struct cpl_buf text = CPL_BUF_INIT(2 * CPL_STANZA_BYTES_MAX);

	if (!r->set.receipts || !is_asked_for(stanza))
		return;
	if (cpl_buf_addf(&text, "%zu%s\n%s", type_of(stanza),
			 xmpp_stanza_get_from(stanza),
			 xmpp_stanza_get_id(stanza)) < 0 ||
	    cpl_taken_add(&r->taken, r->number, on_taken, r, text.data) < 0) {
		cpl_run_no_memory(&r->run);
	}
	cpl_buf_release(&text);
}
