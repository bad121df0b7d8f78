/* SPDX-License-Identifier: MIT */
#include "queued.h"

#include <string.h>

#include "../base/limits.h"
#include "build.h"
#include "jid.h"
#include "ns.h"
#include "reader.h"
#include "write.h"

/* --- writing ----------------------------------------------------------- */

static int write_both(struct cpl_buf *out, xmpp_stanza_t *entry,
		      xmpp_stanza_t *message, struct cpl_err *e)
{
	size_t before = out->len;

	/* The namespace is written: what stands there is the whole of it. */
	if (entry && cpl_write_xml(out, entry, NULL) == 0 &&
	    cpl_buf_addc(out, '\n') == 0 &&
	    cpl_write_xml(out, message, NULL) == 0 &&
	    cpl_buf_addc(out, '\n') == 0)
		return 0;
	cpl_buf_truncate(out, before);
	return entry ? cpl_buf_err(out, e, CPL_DATA, "an entry of the queue")
		     : cpl_err_nomem(e);
}

int cpl_queued_write(struct cpl_buf *out, xmpp_stanza_t *message,
		     const char *account, time_t when, struct cpl_err *e)
{
	xmpp_stanza_t *entry =
	    cpl_build(xmpp_stanza_get_context(message), "entry", CPL_NS_QUEUE);
	char queued[32];
	struct tm tm;
	int result = -1;

	strftime(queued, sizeof queued, "%Y-%m-%dT%H:%M:%SZ",
		 gmtime_r(&when, &tm));
	if (!entry || cpl_set_attr(entry, "account", account) < 0 ||
	    cpl_set_attr(entry, "queued", queued) < 0)
		cpl_err_nomem(e);
	else
		result = write_both(out, entry, message, e);
	if (entry)
		xmpp_stanza_release(entry);
	return result;
}

int cpl_queued_rewrite(struct cpl_buf *out, struct cpl_queued *queued,
		       const char *why, struct cpl_err *e)
{
	if (cpl_set_attr(queued->entry, "why", why) < 0)
		return cpl_err_nomem(e);
	return write_both(out, queued->entry, queued->message, e);
}

/* --- reading ----------------------------------------------------------- */

struct reading {
	struct cpl_queued *out;
	struct cpl_err *e;
	const char *account;
	int failed;
};

static int fail(struct reading *r, const char *why)
{
	r->failed = 1;
	return cpl_err_set(r->e, CPL_DATA, "%s", why);
}

static int take_entry(struct reading *r, xmpp_stanza_t *entry)
{
	const char *account = xmpp_stanza_get_attribute(entry, "account");

	if (!cpl_is(entry, "entry", CPL_NS_QUEUE) ||
	    !xmpp_stanza_get_attribute(entry, "queued"))
		return fail(r, "it does not begin with <entry/>");
	if (!account || !cpl_jid_same_bare(account, r->account))
		return fail(r, "it is another account's");
	r->out->entry = xmpp_stanza_clone(entry);
	return 0;
}

static int take_message(struct reading *r, xmpp_stanza_t *message)
{
	const char *to = xmpp_stanza_get_to(message);
	struct cpl_jid jid;

	if (!cpl_is(message, "message", CPL_NS_CLIENT))
		return fail(r, "what it holds is no message");
	if (!to || !xmpp_stanza_get_id(message))
		return fail(r, "the message has no recipient or no id");
	if (cpl_jid_parse(&jid, to, r->e) < 0) {
		r->failed = 1;
		return -1;
	}
	cpl_jid_release(&jid);
	r->out->message = xmpp_stanza_clone(message);
	return 0;
}

static void on_record(void *user, const struct cpl_record *record)
{
	struct reading *r = user;

	if (r->failed)
		return;
	if (!record->stanza) {
		r->failed = 1;
		*r->e = record->why;
	} else if (!r->out->entry) {
		(void)take_entry(r, record->stanza);
	} else if (!r->out->message) {
		(void)take_message(r, record->stanza);
	} else {
		fail(r, "there is something behind the message");
	}
}

int cpl_queued_read(xmpp_ctx_t *ctx, const char *p, size_t n,
		    const char *account, struct cpl_queued *out,
		    struct cpl_err *e)
{
	struct cpl_err ignored = CPL_ERR_INIT;
	struct reading r = {out, e ? e : &ignored, account, 0};
	struct cpl_reader *reader =
	    cpl_reader_new(ctx, CPL_READER_PAYLOADS, on_record, &r);
	int failed;

	out->entry = out->message = NULL;
	if (!reader)
		return cpl_err_nomem(e);
	failed = cpl_reader_feed(reader, p, n, r.e) < 0 ||
		 cpl_reader_end(reader, r.e) < 0 || r.failed;
	cpl_reader_free(reader);
	if (!failed && !out->message)
		failed = fail(&r, "it has no message") < 0;
	/* The last thing that is written is a newline. */
	if (!failed && (n == 0 || p[n - 1] != '\n'))
		failed = fail(&r, "its end is missing") < 0;
	if (!failed)
		return 0;
	cpl_queued_release(out);
	return -1;
}

void cpl_queued_release(struct cpl_queued *queued)
{
	if (queued->entry)
		xmpp_stanza_release(queued->entry);
	if (queued->message)
		xmpp_stanza_release(queued->message);
	queued->entry = queued->message = NULL;
}

/* --- sending ----------------------------------------------------------- */

xmpp_stanza_t *cpl_queued_outgoing(const struct cpl_queued *queued)
{
	xmpp_stanza_t *m = xmpp_stanza_copy(queued->message);
	xmpp_stanza_t *delay;

	if (!m || cpl_child(m, "delay", CPL_NS_DELAY))
		return m;
	delay = cpl_build_child(m, "delay", CPL_NS_DELAY);
	if (delay &&
	    cpl_set_attr(delay, "from",
			 xmpp_stanza_get_attribute(queued->entry, "account")) ==
		0 &&
	    cpl_set_attr(delay, "stamp",
			 xmpp_stanza_get_attribute(queued->entry, "queued")) ==
		0)
		return m;
	xmpp_stanza_release(m);
	return NULL;
}
