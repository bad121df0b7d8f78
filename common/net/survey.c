/* SPDX-License-Identifier: MIT */
#include "survey.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lookup.h"
#include "resolve.h"

struct slot {
	struct cpl_survey_place place;
	struct cpl_addr_question v6, v4;
};

struct cpl_survey {
	struct cpl_loop *loop;
	struct cpl_survey_conf conf;
	struct cpl_resolver *resolver;
	struct cpl_srv_question questions[2]; /* STARTTLS, direct */
	struct cpl_survey_kind kinds[2];
	struct slot *slots; /* NULL: the records are not here yet */
	size_t count;
	struct cpl_timer step;
	struct cpl_timer deadline;
	void (*done)(void *user);
	void *user;
};

static int compare(const void *a, const void *b)
{
	const struct cpl_survey_place *x = a, *y = b;

	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	if (x->direct_tls != y->direct_tls)
		return x->direct_tls ? -1 : 1;
	return (x->weight < y->weight) - (x->weight > y->weight);
}

static void add_record(struct cpl_survey *s, const struct cpl_srv *srv,
		       int is_srv)
{
	struct cpl_survey_place *p = &s->slots[s->count++].place;

	memcpy(p->host, srv->host, sizeof p->host);
	p->port = srv->port;
	p->priority = srv->priority;
	p->weight = srv->weight;
	p->direct_tls = srv->direct_tls;
	p->is_srv = is_srv;
}

/* Where no record leads: the user's host, or the domain (RFC 6120 3.2.2). */
static void add_host(struct cpl_survey *s)
{
	const char *host = s->conf.host ? s->conf.host : s->conf.domain;
	struct cpl_srv srv;

	cpl_lookup_only(s->conf.mode, host, s->conf.host ? s->conf.port : 0,
			&srv);
	add_record(s, &srv, 0);
}

static void take_kind(struct cpl_survey *s, int direct)
{
	const struct cpl_srv_question *q = &s->questions[direct];
	struct cpl_survey_kind *kind = &s->kinds[direct];

	kind->absent = q->absent;
	if (q->answer == CPL_ANSWER_FAILED)
		kind->why = q->why;
	else if (q->answer == CPL_ANSWER_PENDING)
		kind->why = "timed out";
	for (size_t i = 0; i < q->n; i++)
		add_record(s, &q->records[i], 1);
}

/* From the records to the places, whose addresses are asked for. */
static int take_records(struct cpl_survey *s)
{
	s->slots =
	    calloc((size_t)2 * CPL_DIAL_TARGETS_MAX + 1, sizeof *s->slots);
	if (!s->slots)
		return -1;
	take_kind(s, 1);
	take_kind(s, 0);
	if (s->count == 0 && !s->kinds[0].absent && !s->kinds[1].absent)
		add_host(s);
	qsort(s->slots, s->count, sizeof *s->slots, compare);
	for (size_t i = 0; i < s->count; i++)
		cpl_resolver_host(s->resolver, s->slots[i].place.host,
				  &s->slots[i].v6, &s->slots[i].v4);
	return 0;
}

static void take_addresses(struct cpl_survey_place *p,
			   const struct cpl_addr_question *q)
{
	for (size_t i = 0; i < q->n && p->count < CPL_SURVEY_ADDRESSES_MAX; i++)
		cpl_addr_bare_text(&q->addrs[i], p->addresses[p->count++],
				   sizeof p->addresses[0]);
}

static void describe(struct slot *slot)
{
	const struct cpl_addr_question *v6 = &slot->v6, *v4 = &slot->v4;
	struct cpl_survey_place *p = &slot->place;
	const char *why = "no address";

	take_addresses(p, v6);
	take_addresses(p, v4);
	if (p->count > 0)
		return;
	if (v4->answer == CPL_ANSWER_PENDING ||
	    v6->answer == CPL_ANSWER_PENDING)
		why = "timed out";
	else if (v4->answer == CPL_ANSWER_FAILED)
		why = v4->why;
	else if (v6->answer == CPL_ANSWER_FAILED)
		why = v6->why;
	else if (v4->answer == CPL_ANSWER_NXDOMAIN)
		why = "no such domain";
	snprintf(p->why, sizeof p->why, "%s", why);
}

static void finish(struct cpl_survey *s)
{
	cpl_loop_cancel(s->loop, &s->step);
	cpl_loop_cancel(s->loop, &s->deadline);
	for (size_t i = 0; i < s->count; i++)
		describe(&s->slots[i]);
	cpl_resolver_free(s->resolver); /* its questions are ours */
	s->resolver = NULL;
	s->done(s->user); /* may have freed s */
}

static int is_pending(const struct cpl_survey *s)
{
	int pending = 0;

	if (!s->slots)
		return s->questions[0].answer == CPL_ANSWER_PENDING ||
		       s->questions[1].answer == CPL_ANSWER_PENDING;
	for (size_t i = 0; i < s->count; i++)
		pending |= s->slots[i].v6.answer == CPL_ANSWER_PENDING ||
			   s->slots[i].v4.answer == CPL_ANSWER_PENDING;
	return pending;
}

static void on_changed(void *user)
{
	struct cpl_survey *s = user;

	if (is_pending(s))
		return;
	if (!s->slots && take_records(s) == 0 && is_pending(s))
		return;
	finish(s);
}

static void on_deadline(void *user)
{
	struct cpl_survey *s = user;

	if (!s->slots)
		(void)!take_records(s);
	finish(s);
}

struct cpl_survey *cpl_survey_new(struct cpl_loop *loop,
				  const struct cpl_log *log,
				  const struct cpl_survey_conf *conf,
				  void (*done)(void *user), void *user)
{
	struct cpl_survey *s = calloc(1, sizeof *s);
	struct cpl_addr literal;

	if (s)
		s->resolver = cpl_resolver_new(
		    loop, log, NULL, conf->host != NULL, on_changed, s);
	if (!s || !s->resolver) {
		free(s);
		return NULL;
	}
	s->loop = loop;
	s->conf = *conf;
	s->done = done;
	s->user = user;
	s->step.fire = on_changed;
	s->deadline.fire = on_deadline;
	s->step.user = s->deadline.user = s;
	if (!conf->host && !cpl_addr_literal(conf->domain, &literal) &&
	    !cpl_name_is_localhost(conf->domain) &&
	    !cpl_name_is_invalid(conf->domain)) {
		s->kinds[0].asked = s->kinds[1].asked = 1;
		cpl_resolver_srv(s->resolver, conf->domain, 1,
				 &s->questions[1]);
		cpl_resolver_srv(s->resolver, conf->domain, 0,
				 &s->questions[0]);
	}
	cpl_loop_timer(loop, &s->step, 0);
	cpl_loop_timer(loop, &s->deadline, conf->timeout);
	return s;
}

void cpl_survey_free(struct cpl_survey *s)
{
	if (!s)
		return;
	cpl_resolver_free(s->resolver);
	cpl_loop_cancel(s->loop, &s->step);
	cpl_loop_cancel(s->loop, &s->deadline);
	free(s->slots);
	free(s);
}

size_t cpl_survey_count(const struct cpl_survey *s)
{
	return s->count;
}

const struct cpl_survey_place *cpl_survey_place(const struct cpl_survey *s,
						size_t i)
{
	return &s->slots[i].place;
}

const struct cpl_survey_kind *cpl_survey_kind(const struct cpl_survey *s,
					      int direct_tls)
{
	return &s->kinds[direct_tls != 0];
}
