/* SPDX-License-Identifier: MIT */
#include "feed.h"

#include <stdlib.h>
#include <string.h>

#include "../base/limits.h"
#include "../stanza/build.h"
#include "../stanza/chars.h"
#include "../stanza/ns.h"
#include "../stanza/outgoing.h"

void cpl_feed_name(const struct cpl_feed *f, uint64_t record,
		   char out[CPL_FEED_NAME_SIZE])
{
	const char *form = f->conf.mode == CPL_INPUT_LINES ? ":" : ": record ";

	if (f->conf.mode == CPL_INPUT_WHOLE)
		snprintf(out, CPL_FEED_NAME_SIZE, "%s",
			 f->conf.text ? "-m" : "stdin");
	else
		snprintf(out, CPL_FEED_NAME_SIZE, "stdin%s%llu", form,
			 (unsigned long long)record);
}

static void name(const struct cpl_feed *f, size_t record, size_t line,
		 char out[CPL_FEED_NAME_SIZE])
{
	if (line)
		snprintf(out, CPL_FEED_NAME_SIZE,
			 "stdin: record %zu (line %zu)", record, line);
	else
		cpl_feed_name(f, record, out);
}

/* Says what is wrong with a record, which is not sent. */
static void refuse(struct cpl_feed *f, size_t record, size_t line,
		   struct cpl_err *e)
{
	char where[CPL_FEED_NAME_SIZE];

	name(f, record, line, where);
	cpl_err_prefix(e, "%s", where);
	if (e->status == CPL_DATA)
		cpl_run_complain(f->run, e);
	else
		cpl_run_give_up(f->run, e);
}

static void free_job(struct cpl_feed_job *job)
{
	if (!job)
		return;
	if (job->stanza)
		xmpp_stanza_release(job->stanza);
	free(job->type);
	free(job);
}

/* A message of text is as the next one but for the text and the id. */
static void retire(struct cpl_feed *f, struct cpl_feed_job *job)
{
	if (!job->text || f->spare)
		free_job(job);
	else
		f->spare = job;
}

/* In a room it is groupchat (XEP-0045 7.4), whatever it is for others. */
static int set_type(struct cpl_feed_job *job, int room)
{
	const char *type = xmpp_stanza_get_type(job->stanza);

	if (!cpl_is(job->stanza, "message", CPL_NS_CLIENT))
		return 0;
	if (!job->typed && type) {
		job->type = strdup(type);
		if (!job->type)
			return -1;
	}
	job->typed = 1;
	return cpl_set_attr(job->stanza, "type",
			    room ? "groupchat" : job->type);
}

static int address_to(const struct cpl_recipients *to, struct cpl_feed_job *job,
		      size_t i)
{
	if (to->rooms > 0 && set_type(job, to->more[i].room) < 0)
		return -1;
	return cpl_set_attr(job->stanza, "to", to->list[i].full);
}

static int address(const struct cpl_feed *f, struct cpl_feed_job *job)
{
	const struct cpl_recipients *to = f->conf.to;

	if (job->own_id)
		xmpp_stanza_del_attribute(job->stanza, "id");
	if (to->count == 0 || job->addressed == job->recipient + 1)
		return 0;
	if (address_to(to, job, job->recipient) < 0)
		return -1;
	job->addressed = job->recipient + 1;
	return 0;
}

/* What becomes of it, before it is sent. */
static enum cpl_feed_way way(struct cpl_feed *f, struct cpl_feed_job *job,
			     const struct cpl_origin *origin, struct cpl_err *e)
{
	if (address(f, job) < 0) {
		cpl_err_nomem(e);
		return CPL_FEED_REFUSED;
	}
	if (!f->on.divert)
		return CPL_FEED_SEND;
	return f->on.divert(f->on.user, job->stanza, origin, e);
}

/* Sends a stanza to its next recipient, or to where its to says. Non-zero when
 * that was the last. What is wrong with the stanza is said once; where it is
 * the session that fails the stanza is left. */
static int send_next(struct cpl_feed *f, struct cpl_feed_job *job)
{
	struct cpl_origin origin = {job->record, (uint32_t)job->recipient};
	struct cpl_err e = CPL_ERR_INIT;
	enum cpl_feed_way goes = way(f, job, &origin, &e);

	f->later = goes == CPL_FEED_LATER;
	if (f->later)
		return 0;
	if (goes == CPL_FEED_SEND &&
	    cpl_delivery_send(f->delivery, job->stanza, &origin, &e) == 0 &&
	    f->on.sent)
		f->on.sent(f->on.user, job->stanza, &origin);
	if (e.status != CPL_OK) {
		refuse(f, job->record, job->line, &e);
		return !f->run->over;
	}
	return ++job->recipient >= f->conf.to->count;
}

static int is_full(const struct cpl_feed *f)
{
	return f->later || (f->delivery && cpl_delivery_full(f->delivery)) ||
	       (f->on.full && f->on.full(f->on.user));
}

/* Sends what the delivery has room for; the input goes on when no job is
 * left. */
static void work(struct cpl_feed *f)
{
	struct cpl_feed_job *job;

	while ((job = f->first) && !f->run->over && !is_full(f)) {
		if (!send_next(f, job))
			continue;
		f->first = job->next;
		if (!f->first)
			f->end = &f->first;
		retire(f, job);
	}
	if (f->run->over)
		return;
	if (f->input)
		cpl_input_hold(f->input, f->first != NULL || is_full(f));
	if (f->ended && !f->first)
		f->on.end(f->on.user);
}

/* Takes the job over. */
static void submit(struct cpl_feed *f, struct cpl_feed_job *job)
{
	job->recipient = 0;
	job->next = NULL;
	*f->end = job;
	f->end = &job->next;
	work(f);
}

/* A job for a stanza, which it takes over. NULL without memory. */
static struct cpl_feed_job *new_job(struct cpl_feed *f, xmpp_stanza_t *stanza)
{
	struct cpl_feed_job *job = calloc(1, sizeof *job);

	if (!job || !stanza ||
	    (f->on.prepare && f->on.prepare(f->on.user, stanza) < 0)) {
		if (stanza)
			xmpp_stanza_release(stanza);
		free(job);
		return NULL;
	}
	job->stanza = stanza;
	job->own_id = xmpp_stanza_get_id(stanza) == NULL;
	return job;
}

/* A job for the text in body. NULL without memory. */
static struct cpl_feed_job *text_job(struct cpl_feed *f)
{
	struct cpl_feed_job *job = f->spare;

	f->spare = NULL;
	if (!job) {
		job =
		    new_job(f, cpl_message_build(f->run->ctx, &f->conf.message,
						 f->body.data));
		if (job)
			job->text = xmpp_stanza_get_children(
			    cpl_own_child(job->stanza, "body"));
	} else if (xmpp_stanza_set_text(job->text, f->body.data) != XMPP_EOK) {
		free_job(job);
		job = NULL;
	}
	return job;
}

static void send_body(struct cpl_feed *f, size_t record)
{
	struct cpl_feed_job *job = text_job(f);
	struct cpl_err e = CPL_ERR_INIT;

	if (!job) {
		cpl_err_nomem(&e);
		refuse(f, record, 0, &e);
		return;
	}
	job->record = record;
	submit(f, job);
}

/* Makes text of bytes, in body. 0, or -1 and it was said why not. */
static int to_body(struct cpl_feed *f, const char *p, size_t n, size_t record)
{
	struct cpl_err e = CPL_ERR_INIT;

	cpl_buf_truncate(&f->body, 0);
	if (cpl_chars_text(&f->body, p, n, f->conf.sanitize, &e) == 0)
		return 0;
	refuse(f, record, 0, &e);
	return -1;
}

static void on_text(void *user, const char *p, size_t n, size_t number)
{
	struct cpl_feed *f = user;

	if (f->run->over)
		return;
	f->last = number;
	if (to_body(f, p, n, number) < 0)
		return;
	/* The whole of stdin waits for the login in body. */
	if (f->conf.mode != CPL_INPUT_WHOLE)
		send_body(f, number);
}

static void on_over(void *user, size_t number, struct cpl_err *e)
{
	struct cpl_feed *f = user;

	if (f->run->over)
		return;
	f->last = number;
	refuse(f, number, 0, e);
}

static void on_record(void *user, const struct cpl_record *record)
{
	struct cpl_feed *f = user;
	struct cpl_outgoing_rules rules = {
	    .own = cpl_session_jid(f->run->session),
	    .reply = f->conf.reply,
	    .to_self = f->conf.to_self,
	    .addressed = f->conf.to->count > 0,
	};
	/* Why it is malformed says the line. */
	size_t line = record->stanza ? record->line : 0;
	struct cpl_err e = record->why;
	struct cpl_feed_job *job;
	xmpp_stanza_t *s = NULL;

	if (f->run->over)
		return;
	f->last = record->number;
	if (record->stanza)
		s = cpl_outgoing(record->stanza, &rules, &e);
	if (!s) {
		refuse(f, record->number, line, &e);
		return;
	}
	job = new_job(f, s);
	if (!job) {
		cpl_err_nomem(&e);
		refuse(f, record->number, line, &e);
		return;
	}
	job->record = record->number;
	job->line = line;
	submit(f, job);
}

static void on_input_end(void *user, const struct cpl_err *e)
{
	struct cpl_feed *f = user;

	f->ended = 1;
	f->broken = e != NULL;
	if (e)
		cpl_run_complain(f->run, e);
	if (f->conf.mode == CPL_INPUT_WHOLE && f->body.len > 0 && !e)
		f->on.wanted(f->on.user);
	else if (!f->first)
		f->on.end(f->on.user);
}

static void start_text(struct cpl_feed *f)
{
	const char *text = f->conf.text;

	f->ended = 1;
	if (to_body(f, text, strlen(text), 1) == 0 && f->body.len > 0)
		f->on.wanted(f->on.user);
	else
		f->on.end(f->on.user);
}

void cpl_feed_start(struct cpl_feed *f, struct cpl_run *run,
		    const struct cpl_feed_conf *conf,
		    const struct cpl_feed_events *on)
{
	struct cpl_input_events events = {on_text, on_over, on_record,
					  on_input_end, f};
	struct cpl_err e = CPL_ERR_INIT;

	f->run = run;
	f->conf = *conf;
	f->on = *on;
	f->end = &f->first;
	/* Sanitizing makes up to three bytes of one. */
	cpl_buf_init(&f->body, 3 * CPL_RECORD_MAX);
	if (conf->text) {
		start_text(f);
		return;
	}
	f->input = cpl_input_new(run->loop, run->ctx, 0, conf->mode, &events);
	if (!f->input) {
		cpl_err_nomem(&e);
		cpl_run_give_up(run, &e);
	} else if (conf->mode == CPL_INPUT_WHOLE) {
		cpl_input_hold(f->input, 0);
	} else {
		on->wanted(on->user);
	}
}

void cpl_feed_go(struct cpl_feed *f)
{
	f->went = 1;
	if (f->conf.mode != CPL_INPUT_WHOLE) {
		cpl_input_hold(f->input, 0);
		return;
	}
	send_body(f, 1);
}

void cpl_feed_room(struct cpl_feed *f)
{
	f->later = 0;
	if (f->went && (f->first || !f->ended))
		work(f);
}

/* A stanza for its recipients from the given one on. */
static void each_of(const struct cpl_feed *f, struct cpl_feed_job *job,
		    void (*each)(void *user, xmpp_stanza_t *stanza,
				 const struct cpl_origin *origin),
		    void *user)
{
	const struct cpl_recipients *to = f->conf.to;
	struct cpl_origin origin = {job->record, (uint32_t)job->recipient};

	do {
		if (job->own_id)
			xmpp_stanza_del_attribute(job->stanza, "id");
		if (to->count == 0 ||
		    address_to(to, job, origin.recipient) == 0)
			each(user, job->stanza, &origin);
	} while (++origin.recipient < to->count);
}

void cpl_feed_each_left(const struct cpl_feed *f,
			void (*each)(void *user, xmpp_stanza_t *stanza,
				     const struct cpl_origin *origin),
			void *user)
{
	struct cpl_feed_job whole = {.record = 1};

	for (struct cpl_feed_job *job = f->first; job; job = job->next)
		each_of(f, job, each, user);
	/* The one record that waited for the login. */
	if (f->conf.mode != CPL_INPUT_WHOLE || f->went || !f->ended ||
	    f->body.len == 0)
		return;
	whole.stanza =
	    cpl_message_build(f->run->ctx, &f->conf.message, f->body.data);
	if (!whole.stanza)
		return;
	whole.own_id = xmpp_stanza_get_id(whole.stanza) == NULL;
	each_of(f, &whole, each, user);
	xmpp_stanza_release(whole.stanza);
	free(whole.type);
}

uint64_t cpl_feed_unread(const struct cpl_feed *f)
{
	if (f->conf.mode == CPL_INPUT_WHOLE || (f->ended && !f->broken))
		return 0;
	return f->last + 1;
}

void cpl_feed_release(struct cpl_feed *f)
{
	struct cpl_feed_job *job;

	while ((job = f->first)) {
		f->first = job->next;
		free_job(job);
	}
	free_job(f->spare);
	f->spare = NULL;
	cpl_input_free(f->input);
	cpl_buf_release(&f->body);
}
