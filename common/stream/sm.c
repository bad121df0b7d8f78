/* SPDX-License-Identifier: MIT */
#include "sm.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "../base/num.h"
#include "../stanza/write.h"

int cpl_sm_send(struct cpl_sm *sm, xmpp_stanza_t *stanza, size_t max,
		struct cpl_buf *out, struct cpl_err *e)
{
	struct cpl_window once = {0};
	struct cpl_window *w = sm->keep ? &sm->window : &once;
	int r = cpl_window_add(w, stanza, max, sm->last + 1, e);

	if (r == 0 && out && cpl_window_send(w, SIZE_MAX, out) < 0)
		r = cpl_buf_err(out, e, CPL_SYSTEM, "unsent output");
	if (r == 0) {
		sm->last++;
		sm->ack.sent += out != NULL;
	}
	cpl_window_release(&once);
	return r;
}

int cpl_sm_flush(struct cpl_sm *sm, size_t most, struct cpl_buf *out,
		 struct cpl_err *e)
{
	long n = cpl_window_send(&sm->window, most, out);

	if (n < 0)
		return cpl_buf_err(out, e, CPL_SYSTEM, "unsent output");
	sm->ack.sent += (uint64_t)n;
	return 0;
}

void cpl_sm_undo(struct cpl_sm *sm)
{
	(void)cpl_sm_restart(sm);
	cpl_window_undo(&sm->window);
	sm->on = 0;
}

/* Of a stanza that left more than once, when it is acknowledged. */
struct again {
	uint64_t number;
	unsigned tries;
};

static void note_tries(struct cpl_sm *sm, size_t more)
{
	sm->again.max = SIZE_MAX;
	cpl_buf_truncate(&sm->again, 0);
	for (size_t i = 0; i < more; i++) {
		const struct cpl_window_entry *e =
		    cpl_window_at(&sm->window, i);
		struct again a = {e->number, e->tries};

		/* Without memory it counts as one: it is for the log. */
		if (a.tries > 1 && cpl_buf_add(&sm->again, &a, sizeof a) < 0)
			return;
	}
}

unsigned cpl_sm_tries(const struct cpl_sm *sm, uint64_t number)
{
	const struct again *a = (const struct again *)sm->again.data;
	size_t count = sm->again.len / sizeof *a;

	for (size_t i = 0; i < count; i++)
		if (a[i].number == number)
			return a[i].tries;
	return 1;
}

static void acknowledged(struct cpl_sm *sm, uint64_t more)
{
	if (more > 0 && sm->keep)
		note_tries(sm, (size_t)more);
	if (sm->ack.asked && sm->ack.acked >= sm->ack.asked)
		sm->ack.asked = 0;
	if (more > 0)
		sm->resumed = 0;
	if (more > 0 && sm->keep)
		sm->acked = cpl_window_pop(&sm->window, (size_t)more);
	else
		sm->acked += more;
}

int cpl_sm_take(struct cpl_sm *sm, xmpp_stanza_t *el, uint64_t *more,
		struct cpl_err *e)
{
	const char *text = xmpp_stanza_get_attribute(el, "h");
	long h;

	if (!text || cpl_num_int(text, 0, UINT32_MAX, &h, NULL) < 0)
		return cpl_err_set(e, CPL_PROTOCOL,
				   "the server sent an acknowledgement without "
				   "a number");
	if (sm->adopted) {
		sm->ack.sent = sm->ack.acked = (uint64_t)h;
		*more = 0;
		return 0;
	}
	if (cpl_ack_take(&sm->ack, (uint32_t)h, more, e) < 0)
		return -1;
	acknowledged(sm, *more);
	return 0;
}

uint64_t cpl_sm_passed(struct cpl_sm *sm)
{
	uint64_t more = 0;

	if (sm->ack.asked > sm->ack.acked)
		more = sm->ack.asked - sm->ack.acked;
	sm->ack.acked += more;
	acknowledged(sm, more);
	return more;
}

static void forget_stream(struct cpl_sm *sm)
{
	free(sm->id);
	free(sm->location);
	sm->id = sm->location = NULL;
}

int cpl_sm_enabled(struct cpl_sm *sm, xmpp_stanza_t *el, struct cpl_err *e)
{
	const char *resume = xmpp_stanza_get_attribute(el, "resume");
	const char *id = xmpp_stanza_get_attribute(el, "id");
	const char *location = xmpp_stanza_get_attribute(el, "location");
	const char *max = xmpp_stanza_get_attribute(el, "max");

	sm->ack.before = sm->ack.received;
	sm->enabled = 1;
	forget_stream(sm);
	if (!sm->resume || !id || !resume ||
	    (strcmp(resume, "true") != 0 && strcmp(resume, "1") != 0))
		return 0;
	sm->id = strdup(id);
	if (location)
		sm->location = strdup(location);
	if (!sm->id || (location && !sm->location))
		return cpl_err_nomem(e);
	if (!max || cpl_num_int(max, 0, LONG_MAX, &sm->max, NULL) < 0)
		sm->max = 0;
	return 0;
}

int cpl_sm_repeats(struct cpl_sm *sm)
{
	if (sm->repeats == 0) {
		sm->ack.received++;
		return 0;
	}
	sm->repeats--;
	return 1;
}

int cpl_sm_adopt(struct cpl_sm *sm, const char *id, const char *location,
		 uint32_t h)
{
	forget_stream(sm);
	sm->id = strdup(id);
	sm->location = location ? strdup(location) : NULL;
	sm->ack.received = sm->ack.handled = sm->ack.told = h;
	sm->adopted = sm->enabled = sm->on = 1;
	return sm->id && (sm->location || !location) ? 0 : -1;
}

int cpl_sm_can_resume(const struct cpl_sm *sm)
{
	return sm->id != NULL;
}

uint32_t cpl_sm_resume_h(struct cpl_sm *sm)
{
	return cpl_ack_tell(&sm->ack);
}

/* XEP-0198 5: both sides send again what the other has not acknowledged, in
 * the same order; what we have and did not acknowledge in asking for it comes
 * first, though it may have been handled meanwhile. */
int cpl_sm_resumed(struct cpl_sm *sm, struct cpl_buf *out, struct cpl_err *e)
{
	const struct cpl_ack *a = &sm->ack;

	sm->repeats = a->received - (a->told > a->before ? a->told : a->before);
	sm->ack.sent = sm->ack.acked;
	sm->ack.asked = 0;
	sm->resumed = 1;
	sm->adopted = 0;
	return cpl_sm_replay(sm, out, e);
}

int cpl_sm_distrust(struct cpl_sm *sm)
{
	int resumed = sm->resumed;

	if (resumed)
		forget_stream(sm);
	return resumed;
}

size_t cpl_sm_restart(struct cpl_sm *sm)
{
	size_t again = 0;

	sm->ack.sent = sm->ack.acked = sm->ack.asked = 0;
	sm->ack.before = sm->ack.received;
	sm->ack.told = sm->ack.handled;
	sm->repeats = 0;
	sm->enabled = sm->resumed = sm->adopted = 0;
	forget_stream(sm);
	for (size_t i = 0; i < cpl_window_count(&sm->window); i++)
		again += cpl_window_at(&sm->window, i)->tries > 0;
	return again;
}

int cpl_sm_replay(struct cpl_sm *sm, struct cpl_buf *out, struct cpl_err *e)
{
	/* Should this connection break too, something has come of it. */
	const char *ask = sm->on ? CPL_SM_ASK : NULL;

	if (cpl_window_again(&sm->window, ask, out) < 0)
		return cpl_buf_err(out, e, CPL_SYSTEM, "unsent output");
	sm->ack.sent += cpl_window_count(&sm->window);
	return 0;
}

void cpl_sm_release(struct cpl_sm *sm)
{
	cpl_window_release(&sm->window);
	cpl_buf_release(&sm->again);
	forget_stream(sm);
}
