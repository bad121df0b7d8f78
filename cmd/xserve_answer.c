/* SPDX-License-Identifier: MIT
 *
 * From what a command has left, its output, its stderr and its status, to the
 * answer. */
#include <string.h>

#include "../common/base/limits.h"
#include "../common/stanza/build.h"
#include "../common/stanza/chars.h"
#include "../common/stanza/ns.h"
#include "../common/stanza/reply.h"
#include "../common/stanza/tree.h"
#include "../common/stanza/write.h"
#include "xserve.h"

/* --- the payload ------------------------------------------------------- */

struct payload {
	xmpp_stanza_t *first; /* ours, or NULL */
	size_t count;
};

static void on_child(void *user, xmpp_stanza_t *child)
{
	struct payload *p = user;

	if (p->count++ == 0)
		p->first = xmpp_stanza_clone(child);
}

/* Where the XML declaration ends, if there is one: programs that write XML like
 * to begin with it. */
static size_t declaration(const char *p, size_t n)
{
	const char *end;

	if (n < 6 || memcmp(p, "<?xml", 5) != 0 || !strchr(" \t\r\n", p[5]))
		return 0;
	end = strstr(p, "?>"); /* or there is a NUL, and that is no XML */
	return end ? (size_t)(end + 2 - p) : 0;
}

/* The output as the inside of an element, so that no element, one and many of
 * them are all XML: what would end it early makes the end malformed. */
static int feed(struct cpl_tree *t, const char *ns, const char *p, size_t n,
		struct cpl_err *e)
{
	struct cpl_buf open = CPL_BUF_INIT(8 * CPL_STANZA_NAMESPACE_MAX);
	size_t lead = declaration(p, n);
	int result = -1;

	if (cpl_buf_adds(&open, "<iq xmlns=\"") < 0 ||
	    cpl_write_xml_attr(&open, ns, strlen(ns)) < 0 ||
	    cpl_buf_adds(&open, "\">") < 0)
		cpl_err_nomem(e);
	else if (cpl_tree_feed(t, p, lead, e) == 0 &&
		 cpl_tree_feed(t, open.data, open.len, e) == 0 &&
		 cpl_tree_feed(t, p + lead, n - lead, e) == 0)
		result = cpl_tree_feed(t, "</iq>", 5, e);
	cpl_buf_release(&open);
	return result;
}

/* RFC 6120 8.2.3: a result has one child or none, of a namespace that extends
 * XMPP (8.4): not the stream's own, and not none. */
static int check(const struct payload *p, struct cpl_err *e)
{
	const char *ns = p->first ? xmpp_stanza_get_ns(p->first) : NULL;

	if (p->count > 1)
		return cpl_err_set(e, CPL_DATA, "more than one element");
	if (p->first && (!ns || !*ns))
		return cpl_err_set(e, CPL_DATA, "an element of no namespace");
	if (ns && strcmp(ns, CPL_NS_CLIENT) == 0)
		return cpl_err_set(e, CPL_DATA,
				   "an element of the namespace %s", ns);
	return 0;
}

static int add_payload(xmpp_stanza_t *answer, const char *ns, const char *p,
		       size_t n, struct cpl_err *e)
{
	static const struct cpl_tree_events events = {NULL, on_child, NULL};
	struct payload payload = {NULL, 0};
	struct cpl_tree *t =
	    cpl_tree_new(xmpp_stanza_get_context(answer), 0, &events, &payload);
	int result = t ? feed(t, ns, p, n, e) : cpl_err_nomem(e);

	if (result == 0)
		result = check(&payload, e);
	if (result == 0 && payload.first &&
	    xmpp_stanza_add_child(answer, payload.first) != XMPP_EOK)
		result = cpl_err_nomem(e);
	if (payload.first)
		xmpp_stanza_release(payload.first);
	cpl_tree_free(t);
	return result;
}

static xmpp_stanza_t *make_result(xmpp_stanza_t *iq, const char *ns,
				  const struct cpl_child_result *r,
				  struct cpl_err *why)
{
	xmpp_stanza_t *answer =
	    cpl_reply_result(xmpp_stanza_get_context(iq), iq);

	if (!answer)
		cpl_err_nomem(why);
	else if (add_payload(answer, ns, r->out, r->out_len, why) == 0)
		return answer;
	if (answer)
		xmpp_stanza_release(answer);
	cpl_err_prefix(why, "what the command printed is no payload");
	return NULL;
}

/* --- the error --------------------------------------------------------- */

/* "CONDITION: TEXT", "CONDITION" or "TEXT". */
static xmpp_stanza_t *make_error(xmpp_stanza_t *iq,
				 const struct cpl_child_result *r,
				 struct cpl_err *why)
{
	struct cpl_buf text = CPL_BUF_INIT(64 * 1024);
	const char *condition = "undefined-condition", *rest;
	xmpp_stanza_t *answer = NULL;
	size_t word;

	if (cpl_chars_sanitize(&text, r->err, cpl_handler_first_line(r)) == 0 &&
	    cpl_buf_addc(&text, '\0') == 0) {
		rest = text.data;
		word = strcspn(rest, ":");
		if (cpl_reply_type(rest, word)) {
			rest += word + (rest[word] == ':');
			rest += strspn(rest, " \t");
			text.data[word] = '\0';
			condition = text.data;
		}
		answer = cpl_reply_error(
		    xmpp_stanza_get_context(iq), iq,
		    cpl_reply_type(condition, strlen(condition)), condition,
		    *rest ? rest : NULL);
	}
	cpl_buf_release(&text);
	if (!answer)
		cpl_err_nomem(why);
	return answer;
}

xmpp_stanza_t *xserve_answer(xmpp_stanza_t *iq, const char *ns,
			     const struct cpl_child_result *r,
			     struct cpl_err *why)
{
	if (r->end == CPL_CHILD_EXITED && r->code == 0)
		return make_result(iq, ns, r, why);
	if (r->end == CPL_CHILD_EXITED && r->code == 1)
		return make_error(iq, r, why);
	cpl_handler_failed(r, why);
	return NULL;
}
