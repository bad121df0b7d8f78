/* SPDX-License-Identifier: MIT
 *
 * The requests: which are taken, when their commands run, and that each gets
 * its one answer. */
#include <stdlib.h>
#include <string.h>

#include "../common/base/limits.h"
#include "../common/stanza/build.h"
#include "../common/stanza/ns.h"
#include "../common/stanza/reply.h"
#include "../common/stanza/write.h"
#include "../common/stream/send.h"
#include "xserve.h"

static const char *attr(xmpp_stanza_t *s, const char *name)
{
	const char *value = xmpp_stanza_get_attribute(s, name);

	return value ? value : "";
}

/* Who asks: RFC 6120 8.1.2.1: without from it is the own account. */
static const char *sender(const struct serve *s, xmpp_stanza_t *iq)
{
	const char *from = xmpp_stanza_get_from(iq);

	return from ? from : cpl_session_jid(s->run.session)->bare;
}

static void complain(const struct serve *s, xmpp_stanza_t *iq, const char *why)
{
	cpl_cli_warn(&s->run.cli, "%s: request %.64s: %s", sender(s, iq),
		     attr(iq, "id"), why);
}

size_t xserve_open(const struct serve *s)
{
	size_t n = 0;

	for (const struct serve_job *j = s->jobs; j; j = j->next)
		n += !j->answered;
	return n;
}

/* --- answers ----------------------------------------------------------- */

void xserve_settle(struct serve *s)
{
	const struct serve_job *j = s->jobs;

	while (j && j->answered)
		j = j->next;
	cpl_session_handled(s->run.session, j ? j->number - 1 : s->seen);
}

/* Sends an answer and frees it. 0, or -1 with e. */
static int send_answer(struct serve *s, xmpp_stanza_t *answer,
		       struct cpl_err *e)
{
	return cpl_send(s->run.session, answer, &s->last_sent, e);
}

/* A failure here is the session's or memory's, and ends the run. */
static void send_error(struct serve *s, xmpp_stanza_t *iq,
		       const char *condition)
{
	const char *type = cpl_reply_type(condition, strlen(condition));
	struct cpl_err e = CPL_ERR_INIT;

	if (cpl_session_alive(s->run.session) &&
	    send_answer(s,
			cpl_reply_error(s->run.ctx, iq, type, condition, NULL),
			&e) < 0)
		cpl_run_give_up(&s->run, &e);
}

/* A request that is not taken on. Who asks faster than the server reads what we
 * say is not answered (RFC 6120 13.12). */
static void refuse(struct serve *s, xmpp_stanza_t *iq, const char *condition)
{
	if (cpl_session_unsent(s->run.session) < CPL_BACKLOG_BYTES)
		send_error(s, iq, condition);
}

static void is_answered(struct serve_job *j)
{
	j->answered = 1;
	j->serve->answered++;
	xserve_settle(j->serve);
}

static void answer_error(struct serve_job *j, const char *condition)
{
	send_error(j->serve, j->iq, condition);
	is_answered(j);
}

/* A server that takes no stanza of that size ends the session over it, and one
 * that says so (XEP-0478) is heeded in the session. */
static int check_size(const struct serve *s, xmpp_stanza_t *answer,
		      struct cpl_err *e)
{
	struct cpl_buf xml = CPL_BUF_INIT(CPL_ANSWER_MAX);
	int result = 0;

	if (cpl_session_feature(s->run.session, "limits", CPL_NS_LIMITS))
		return 0;
	if (cpl_write_xml(&xml, answer, CPL_NS_CLIENT) < 0)
		result =
		    xml.over
			? cpl_err_set(e, CPL_DATA,
				      "the answer has more than %d bytes, and "
				      "the server does not say what it takes",
				      CPL_ANSWER_MAX)
			: cpl_err_nomem(e);
	cpl_buf_release(&xml);
	return result;
}

static void answer_job(struct serve_job *j, const struct cpl_child_result *r)
{
	struct serve *s = j->serve;
	struct cpl_err e = CPL_ERR_INIT;
	xmpp_stanza_t *answer = xserve_answer(j->iq, s->set.ns, r, &e);

	if (r->end == CPL_CHILD_EXITED && r->code == 0 && r->err_len > 0)
		cpl_log(&s->run.cli.log, CPL_LOG_INFO,
			"%s: request %.64s: %.*s", sender(s, j->iq),
			attr(j->iq, "id"), (int)strcspn(r->err, "\n"), r->err);
	if (answer && check_size(s, answer, &e) < 0) {
		xmpp_stanza_release(answer);
		answer = NULL;
	}
	/* Too large for the server, maybe: nothing was sent then. */
	if (answer && send_answer(s, answer, &e) == 0) {
		is_answered(j);
		return;
	}
	complain(s, j->iq, e.text);
	answer_error(j, "internal-server-error");
}

/* --- the list ---------------------------------------------------------- */

static void free_job(struct serve_job *j)
{
	cpl_child_free(j->child);
	if (j->iq)
		xmpp_stanza_release(j->iq);
	cpl_buf_release(&j->record);
	free(j);
}

static void remove_job(struct serve *s, struct serve_job *j)
{
	struct serve_job **at = &s->jobs;

	while (*at != j)
		at = &(*at)->next;
	*at = j->next;
	free_job(j);
}

void xserve_free_jobs(struct serve *s)
{
	/* All at once, so that none waits for another. */
	for (struct serve_job *j = s->jobs; j; j = j->next)
		if (j->child)
			cpl_child_stop(j->child);
	while (s->jobs)
		remove_job(s, s->jobs);
}

/* Its place in the row is no longer one. */
static void leave_row(struct serve_job *j)
{
	j->serve->waiting--;
	j->serve->waiting_bytes -= j->record.len;
}

/* --- commands ---------------------------------------------------------- */

static void on_ended(void *user, const struct cpl_child_result *r)
{
	struct serve_job *j = user;
	struct serve *s = j->serve;

	s->running--;
	if (!j->answered && !s->ended)
		answer_job(j, r);
	remove_job(s, j);
	xserve_progress(s);
}

static int run_command(struct serve_job *j, struct cpl_err *e)
{
	struct serve *s = j->serve;
	struct cpl_handler handler = {
	    .loop = s->run.loop,
	    .argv = s->set.command,
	    .timeout = s->set.each_timeout,
	};
	struct cpl_buf vars = CPL_BUF_INIT(16 * CPL_VARIABLE_MAX);

	if (cpl_handler_describe(&vars, j->iq, sender(s, j->iq)) < 0)
		cpl_err_nomem(e);
	else
		j->child = cpl_handler_start(&handler, &vars, &j->record,
					     on_ended, j, e);
	cpl_buf_release(&vars);
	return j->child ? 0 : -1;
}

static struct serve_job *next_waiting(const struct serve *s)
{
	struct serve_job *j = s->jobs;

	while (j && (j->child || j->answered))
		j = j->next;
	return j;
}

void xserve_start(struct serve *s)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct serve_job *j;

	/* What the server does not read of our answers is bounded as well. */
	while (s->running < (size_t)s->set.jobs && !s->run.over &&
	       cpl_session_unsent(s->run.session) < CPL_BACKLOG_BYTES &&
	       (j = next_waiting(s))) {
		leave_row(j);
		if (run_command(j, &e) == 0) {
			s->running++;
			continue;
		}
		complain(s, j->iq, e.text);
		answer_error(j, "resource-constraint");
		remove_job(s, j);
	}
}

void xserve_turn_away(struct serve *s)
{
	struct serve_job *j;

	while ((j = next_waiting(s))) {
		leave_row(j);
		answer_error(j, "recipient-unavailable");
		remove_job(s, j);
	}
}

void xserve_stop(struct serve *s)
{
	for (struct serve_job *j = s->jobs; j; j = j->next) {
		if (j->child)
			cpl_child_stop(j->child);
		if (j->child && !j->answered)
			answer_error(j, "recipient-unavailable");
	}
}

/* Nobody will hear of it; the command, if it runs, is left to itself. */
static void give_up(struct serve_job *j)
{
	struct serve *s = j->serve;

	complain(s, j->iq, "not answered, the session is lost that it came to");
	cpl_outcome_add(&s->run.outcome, CPL_TEMP);
	j->answered = 1;
	s->taken--;
}

void xserve_renew(struct serve *s, int same)
{
	struct serve_job *j;

	if (same) {
		xserve_turn_away(s);
		return;
	}
	while ((j = next_waiting(s))) {
		leave_row(j);
		give_up(j);
		remove_job(s, j);
	}
	for (j = s->jobs; j; j = j->next)
		if (!j->answered)
			give_up(j);
	xserve_settle(s);
}

void xserve_abandon(struct serve *s)
{
	struct serve_job *j;

	while ((j = next_waiting(s))) {
		leave_row(j);
		remove_job(s, j);
	}
	for (j = s->jobs; j; j = j->next)
		cpl_child_stop(j->child);
}

/* --- taking requests --------------------------------------------------- */

/* Its attributes, without what is asked: NULL without memory. */
static xmpp_stanza_t *copy_head(xmpp_ctx_t *ctx, xmpp_stanza_t *iq)
{
	static const char *const names[] = {"type", "id", "to", "from",
					    "xml:lang"};
	xmpp_stanza_t *head = cpl_build(ctx, "iq", CPL_NS_CLIENT);

	for (size_t i = 0; head && i < sizeof names / sizeof *names; i++) {
		const char *value = xmpp_stanza_get_attribute(iq, names[i]);

		if (value && cpl_set_attr(head, names[i], value) < 0) {
			xmpp_stanza_release(head);
			head = NULL;
		}
	}
	return head;
}

static int has_room(const struct serve *s, size_t bytes)
{
	if (s->waiting == 0)
		return 1;
	return s->waiting < CPL_REQUESTS_WAITING &&
	       s->waiting_bytes + bytes <= CPL_BACKLOG_BYTES;
}

static void append(struct serve *s, struct serve_job *j)
{
	struct serve_job **at = &s->jobs;

	while (*at)
		at = &(*at)->next;
	*at = j;
	s->waiting++;
	s->waiting_bytes += j->record.len;
	s->taken++;
}

static void queue(struct serve *s, xmpp_stanza_t *iq, uint64_t number)
{
	struct serve_job *j = calloc(1, sizeof *j);
	int made;

	if (j) {
		j->serve = s;
		j->number = number;
		cpl_buf_init(&j->record, CPL_RECORD_MAX);
		j->iq = copy_head(s->run.ctx, iq);
	}
	made = j && j->iq && cpl_format_stanza(&s->format, &j->record, iq) == 0;
	if (made && has_room(s, j->record.len)) {
		append(s, j);
		return;
	}
	refuse(s, iq, "resource-constraint");
	if (j)
		free_job(j);
}

/* RFC 6120 8.2.3: a request has exactly one child, and an id. */
static int is_whole(xmpp_stanza_t *iq)
{
	return xmpp_stanza_get_id(iq) &&
	       !cpl_next_element(cpl_first_element(iq));
}

int xserve_may_ask(const struct serve *s, xmpp_stanza_t *iq)
{
	const struct cpl_jid *own = cpl_session_jid(s->run.session);
	const char *from = xmpp_stanza_get_from(iq);

	if (!from || cpl_jid_same_bare(from, own->bare))
		return 1;
	return s->allowed.from_count > 0 &&
	       cpl_filter_passes(&s->allowed, iq, own);
}

static int is_ours(const struct serve *s, xmpp_stanza_t *iq)
{
	const char *type = xmpp_stanza_get_type(iq);
	xmpp_stanza_t *c = cpl_first_element(iq);

	if (!cpl_is(iq, "iq", CPL_NS_CLIENT) || !type ||
	    (strcmp(type, "get") != 0 && strcmp(type, "set") != 0))
		return 0;
	while (c && strcmp(attr(c, "xmlns"), s->set.ns) != 0)
		c = cpl_next_element(c);
	return c != NULL;
}

int xserve_take(struct serve *s, xmpp_stanza_t *iq, uint64_t number)
{
	if (!is_ours(s, iq) || !xserve_may_ask(s, iq))
		return 0;
	if (!is_whole(iq))
		refuse(s, iq, "bad-request");
	else if (s->phase != SERVE_ON)
		refuse(s, iq, "recipient-unavailable");
	else
		queue(s, iq, number);
	return 1;
}
