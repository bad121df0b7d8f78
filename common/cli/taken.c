/* SPDX-License-Identifier: MIT */
#include "taken.h"

#include <stdlib.h>
#include <string.h>

struct cpl_taken_act {
	uint64_t number;
	void (*act)(void *user, const char *text);
	void *user;
	char *text;
	struct cpl_taken_act *next;
};

int cpl_taken_add(struct cpl_taken *t, uint64_t number,
		  void (*act)(void *user, const char *text), void *user,
		  const char *text)
{
	struct cpl_taken_act *a = calloc(1, sizeof *a);

	if (!a)
		return -1;
	if (text && !(a->text = strdup(text))) {
		free(a);
		return -1;
	}
	a->number = number;
	a->act = act;
	a->user = user;
	if (t->last)
		t->last->next = a;
	else
		t->first = a;
	t->last = a;
	return 0;
}

/* Takes the first one out of the list. */
static struct cpl_taken_act *shift(struct cpl_taken *t)
{
	struct cpl_taken_act *a = t->first;

	t->first = a->next;
	if (!t->first)
		t->last = NULL;
	return a;
}

static void free_act(struct cpl_taken_act *a)
{
	free(a->text);
	free(a);
}

void cpl_taken_upto(struct cpl_taken *t, uint64_t number)
{
	while (t->first && t->first->number <= number) {
		struct cpl_taken_act *a = shift(t);

		a->act(a->user, a->text);
		free_act(a);
	}
}

void cpl_taken_release(struct cpl_taken *t)
{
	while (t->first)
		free_act(shift(t));
}
