/* SPDX-License-Identifier: MIT */
#include "bookmarks.h"

#include <stdlib.h>
#include <string.h>

#include "../stanza/build.h"
#include "../stanza/ns.h"
#include "fault.h"
#include "send.h"

/* What was said of one place. */
struct place {
	struct cpl_bookmarks *all;
	xmpp_stanza_t *answer; /* NULL: an error, or none */
	struct cpl_err why;
	struct cpl_bookmark_list list;
};

enum step {
	TAKE_ALONG, /* the next bookmark of a list, as an item */
	PUBLISH,
	RETRACT,
	READ_AGAIN, /* a list, which may be another one by now */
	REWRITE
};

struct job {
	struct cpl_bookmarks *all;
	char *jid;
	int remove;
	char *name, *nick, *password;
	struct cpl_bookmark_change change; /* of these */
	enum step step;
	size_t at;      /* TAKE_ALONG: which one; READ_AGAIN: the store */
	int configured; /* the node was, once */
	int found;      /* it was there, and is there no more */
	void (*done)(void *user, const struct cpl_err *why);
	void *user;
	struct job *next;
};

struct cpl_bookmarks {
	struct cpl_session *session;
	const struct cpl_log *log;
	struct cpl_bookmarks_events on;
	struct place places[CPL_BOOKMARK_STORES];
	size_t told;
	int ready;
	int failed;      /* there are no bookmarks here */
	int taken_along; /* the bookmarks of the list are items now */
	struct job *first, **end;
	int busy; /* the first one's request is under way */
};

static const struct cpl_bookmark_list nothing;

/* --- the places -------------------------------------------------------- */

/* Where the bookmarks are that count. */
static const struct place *source(const struct cpl_bookmarks *b)
{
	for (size_t i = 0; i < CPL_BOOKMARK_STORES; i++)
		if (b->places[i].list.count > 0)
			return &b->places[i];
	return &b->places[CPL_BOOKMARK_ITEMS];
}

const struct cpl_bookmark_list *
cpl_bookmarks_list(const struct cpl_bookmarks *b)
{
	return b->ready ? &source(b)->list : &nothing;
}

xmpp_stanza_t *cpl_bookmarks_answer(const struct cpl_bookmarks *b)
{
	return b->ready ? source(b)->answer : NULL;
}

/* No answer: "the connection was lost", or the session's end, of which it tells
 * itself. */
static void no_answer(const struct cpl_bookmarks *b, struct cpl_err *e)
{
	cpl_err_set(e, CPL_TEMP, "%s",
		    cpl_session_alive(b->session)
			? "the connection was lost"
			: "the session ended before the answer");
}

/* A node that was never made has no items. */
static int is_empty(xmpp_stanza_t *answer)
{
	return strcmp(cpl_condition(cpl_child(answer, "error", CPL_NS_CLIENT),
				    CPL_NS_STANZA_ERRORS),
		      "item-not-found") == 0;
}

static void next_step(struct cpl_bookmarks *b);

static void all_told(struct cpl_bookmarks *b)
{
	const struct cpl_err *why = &b->places[CPL_BOOKMARK_ITEMS].why;

	b->ready = 1;
	for (size_t i = 0; i < CPL_BOOKMARK_STORES; i++)
		if (b->places[i].why.status == CPL_OK)
			why = NULL;
	b->failed = why != NULL;
	b->on.ready(b->on.user, why);
	next_step(b);
}

static void on_place(void *user, xmpp_stanza_t *answer)
{
	struct place *p = user;
	struct cpl_bookmarks *b = p->all;
	enum cpl_bookmark_store store =
	    (enum cpl_bookmark_store)(p - b->places);

	if (!answer) {
		no_answer(b, &p->why);
	} else if (cpl_has_type(answer, "result")) {
		p->answer = xmpp_stanza_clone(answer);
		if (cpl_bookmark_read(&p->list, store, answer) < 0)
			cpl_err_nomem(&p->why);
	} else if (!is_empty(answer)) {
		cpl_fault_stanza(answer, &p->why);
		p->why.status = CPL_UNAVAILABLE;
	}
	if (++b->told == CPL_BOOKMARK_STORES)
		all_told(b);
}

struct cpl_bookmarks *cpl_bookmarks_new(struct cpl_session *session,
					const struct cpl_log *log,
					const struct cpl_bookmarks_events *on,
					struct cpl_err *e)
{
	struct cpl_bookmarks *b = calloc(1, sizeof *b);
	xmpp_ctx_t *ctx = cpl_session_ctx(session);
	int r = 0;

	if (!b) {
		cpl_err_nomem(e);
		return NULL;
	}
	b->session = session;
	b->log = log;
	b->on = *on;
	b->end = &b->first;
	for (int i = 0; i < CPL_BOOKMARK_STORES && r == 0; i++) {
		b->places[i].all = b;
		r = cpl_send_request(
		    b->session,
		    cpl_bookmark_ask(ctx, (enum cpl_bookmark_store)i), on_place,
		    &b->places[i], e);
	}
	if (r == 0)
		return b;
	cpl_bookmarks_free(b);
	return NULL;
}

/* --- changes ----------------------------------------------------------- */

static void free_job(struct job *j)
{
	if (j->password)
		explicit_bzero(j->password, strlen(j->password));
	free(j->jid);
	free(j->name);
	free(j->nick);
	free(j->password);
	free(j);
}

void cpl_bookmarks_free(struct cpl_bookmarks *b)
{
	struct job *j;

	if (!b)
		return;
	for (size_t i = 0; i < CPL_BOOKMARK_STORES; i++) {
		cpl_session_forget(b->session, &b->places[i]);
		cpl_bookmark_list_release(&b->places[i].list);
		if (b->places[i].answer)
			xmpp_stanza_release(b->places[i].answer);
	}
	while ((j = b->first)) {
		b->first = j->next;
		cpl_session_forget(b->session, j);
		free_job(j);
	}
	free(b);
}

static void finish(struct job *j, const struct cpl_err *why)
{
	struct cpl_bookmarks *b = j->all;

	b->first = j->next;
	if (!b->first)
		b->end = &b->first;
	b->busy = 0;
	j->done(j->user, why);
	free_job(j);
	next_step(b);
}

static void on_step(void *user, xmpp_stanza_t *answer);

static void step(struct job *j, xmpp_stanza_t *iq)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (cpl_send_request(j->all->session, iq, on_step, j, &e) < 0)
		finish(j, &e);
}

/* The list that has the bookmarks, where they are no items. */
static const struct cpl_bookmark_list *old_list(const struct cpl_bookmarks *b)
{
	const struct place *p = source(b);

	return p == &b->places[CPL_BOOKMARK_ITEMS] ? &nothing : &p->list;
}

/* The next one that is not what this is about. */
static const struct cpl_bookmark *next_old(const struct job *j)
{
	const struct cpl_bookmark_list *list = old_list(j->all);

	for (size_t i = j->at; !j->all->taken_along && i < list->count; i++)
		if (strcmp(list->list[i].jid.bare, j->jid) != 0)
			return &list->list[i];
	return NULL;
}

/* As soon as there is one item the list is not looked at any more: all of it
 * becomes items first. */
static void publish(struct job *j)
{
	static const struct cpl_bookmark_change as_it_is = {.autojoin = -1};
	xmpp_ctx_t *ctx = cpl_session_ctx(j->all->session);
	const struct cpl_bookmark *old = next_old(j);

	if (old) {
		j->step = TAKE_ALONG;
		step(j,
		     cpl_bookmark_publish(ctx, old->jid.bare, old, &as_it_is));
		return;
	}
	j->step = PUBLISH;
	j->all->taken_along = 1;
	old = cpl_bookmark_find(cpl_bookmarks_list(j->all), j->jid);
	step(j, cpl_bookmark_publish(ctx, j->jid, old, &j->change));
}

/* From each list that has it, too: where there are no items any more they
 * would count again. A server that keeps them all as one has removed it. */
static void clean_lists(struct job *j)
{
	struct cpl_bookmarks *b = j->all;
	struct cpl_err e = CPL_ERR_INIT;

	while (++j->at < CPL_BOOKMARK_STORES) {
		if (!cpl_bookmark_find(&b->places[j->at].list, j->jid))
			continue;
		j->step = READ_AGAIN;
		step(j, cpl_bookmark_ask(cpl_session_ctx(b->session),
					 (enum cpl_bookmark_store)j->at));
		return;
	}
	if (j->found) {
		finish(j, NULL);
		return;
	}
	cpl_err_set(&e, CPL_REFUSED, "is not a bookmark");
	finish(j, &e);
}

static void retract(struct job *j)
{
	struct cpl_bookmarks *b = j->all;
	const struct cpl_bookmark *old =
	    cpl_bookmark_find(&b->places[CPL_BOOKMARK_ITEMS].list, j->jid);

	if (!old) {
		clean_lists(j);
		return;
	}
	j->step = RETRACT;
	step(j, cpl_bookmark_retract(cpl_session_ctx(b->session), old->id));
}

static void next_step(struct cpl_bookmarks *b)
{
	struct job *j = b->first;

	if (!b->ready || b->failed || b->busy || !j)
		return;
	b->busy = 1;
	if (j->remove)
		retract(j);
	else
		publish(j);
}

/* The list as it is now, without the room. */
static void rewrite(struct job *j, xmpp_stanza_t *answer)
{
	enum cpl_bookmark_store store = (enum cpl_bookmark_store)j->at;
	struct cpl_bookmark_list list;
	int there;

	if (cpl_bookmark_read(&list, store, answer) < 0) {
		step(j, NULL);
		return;
	}
	there = cpl_bookmark_find(&list, j->jid) != NULL;
	cpl_bookmark_list_release(&list);
	if (!there) {
		clean_lists(j);
		return;
	}
	j->step = REWRITE;
	step(j, cpl_bookmark_without(cpl_session_ctx(j->all->session), store,
				     answer, j->jid));
}

static void went_well(struct job *j, xmpp_stanza_t *answer)
{
	switch (j->step) {
	case TAKE_ALONG:
		j->at = (size_t)(next_old(j) - old_list(j->all)->list) + 1;
		publish(j);
		break;
	case PUBLISH: finish(j, NULL); break;
	case READ_AGAIN: rewrite(j, answer); break;
	case RETRACT:
	case REWRITE:
		j->found = 1;
		clean_lists(j);
		break;
	}
}

/* Done again, now that the node is as it has to be; a list may be another one
 * by now. */
static void again(struct job *j)
{
	if (j->step != REWRITE) {
		publish(j);
		return;
	}
	j->step = READ_AGAIN;
	step(j, cpl_bookmark_ask(cpl_session_ctx(j->all->session),
				 (enum cpl_bookmark_store)j->at));
}

static void on_configured(void *user, xmpp_stanza_t *answer)
{
	struct job *j = user;
	struct cpl_err e = CPL_ERR_INIT;

	if (cpl_has_type(answer, "result")) {
		again(j);
		return;
	}
	if (answer)
		cpl_fault_stanza(answer, &e);
	else
		no_answer(j->all, &e);
	cpl_err_prefix(&e, "others may see bookmarks, and this cannot be "
			   "changed");
	finish(j, &e);
}

/* XEP-0060 7.1.5: others might see what is published. */
static int configure(struct job *j, xmpp_stanza_t *answer)
{
	struct cpl_err e = CPL_ERR_INIT;
	enum cpl_bookmark_store store =
	    j->step == REWRITE ? CPL_BOOKMARK_NODE : CPL_BOOKMARK_ITEMS;

	if (j->configured || !cpl_bookmark_is_precondition(answer))
		return 0;
	j->configured = 1;
	cpl_log(j->all->log, CPL_LOG_INFO,
		"the node of bookmarks is not private: it is made so");
	if (cpl_send_request(
		j->all->session,
		cpl_bookmark_configure(cpl_session_ctx(j->all->session), store),
		on_configured, j, &e) < 0)
		finish(j, &e);
	return 1;
}

static void on_step(void *user, xmpp_stanza_t *answer)
{
	struct job *j = user;
	struct cpl_err e = CPL_ERR_INIT;

	if (cpl_has_type(answer, "result")) {
		went_well(j, answer);
		return;
	}
	if (answer && configure(j, answer))
		return;
	if (!answer) {
		no_answer(j->all, &e);
		cpl_err_prefix(&e, "unknown outcome");
	} else if ((j->step == RETRACT || j->step == READ_AGAIN) &&
		   is_empty(answer)) {
		clean_lists(j);
		return;
	} else {
		cpl_fault_stanza(answer, &e);
	}
	if (j->step == TAKE_ALONG)
		cpl_err_prefix(&e, "the old bookmarks cannot be taken along");
	finish(j, &e);
}

/* --- asked for --------------------------------------------------------- */

static int copy_text(char **out, const char *text)
{
	if (!text)
		return 0;
	*out = strdup(text);
	return *out ? 0 : -1;
}

static int add(struct cpl_bookmarks *b, const char *jid,
	       const struct cpl_bookmark_change *change,
	       void (*done)(void *user, const struct cpl_err *why), void *user)
{
	static const struct cpl_bookmark_change none = {.autojoin = -1};
	struct job *j = calloc(1, sizeof *j);
	const struct cpl_bookmark_change *c = change ? change : &none;

	if (!j)
		return -1;
	if (copy_text(&j->jid, jid) < 0 || copy_text(&j->name, c->name) < 0 ||
	    copy_text(&j->nick, c->nick) < 0 ||
	    copy_text(&j->password, c->password) < 0) {
		free_job(j);
		return -1;
	}
	j->all = b;
	j->remove = !change;
	j->change = (struct cpl_bookmark_change){j->name, j->nick, j->password,
						 c->autojoin};
	j->done = done;
	j->user = user;
	*b->end = j;
	b->end = &j->next;
	next_step(b);
	return 0;
}

int cpl_bookmarks_put(struct cpl_bookmarks *b, const char *jid,
		      const struct cpl_bookmark_change *change,
		      void (*done)(void *user, const struct cpl_err *why),
		      void *user)
{
	return add(b, jid, change, done, user);
}

int cpl_bookmarks_remove(struct cpl_bookmarks *b, const char *jid,
			 void (*done)(void *user, const struct cpl_err *why),
			 void *user)
{
	return add(b, jid, NULL, done, user);
}
