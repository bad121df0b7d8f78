/* SPDX-License-Identifier: MIT */
#include "contacts.h"

#include <stdlib.h>
#include <string.h>

size_t cpl_contacts_from(const struct cpl_contacts *all, const char *text)
{
	size_t low = 0, high = all->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(all->at[middle]->jid.full, text) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int is_at(const struct cpl_contacts *all, size_t i, const char *jid)
{
	return i < all->count && strcmp(all->at[i]->jid.full, jid) == 0;
}

struct cpl_contact *cpl_contacts_find(const struct cpl_contacts *all,
				      const char *jid)
{
	size_t i = cpl_contacts_from(all, jid);

	return is_at(all, i, jid) ? all->at[i] : NULL;
}

int cpl_contacts_put(struct cpl_contacts *all, struct cpl_contact *c)
{
	size_t i = cpl_contacts_from(all, c->jid.full);
	struct cpl_contact *own;

	if (is_at(all, i, c->jid.full)) {
		own = all->at[i];
		cpl_contact_release(own);
	} else {
		if (all->count == all->room) {
			size_t room = all->room ? 2 * all->room : 64;
			struct cpl_contact **at =
			    realloc(all->at, room * sizeof *at);

			if (!at)
				return -1;
			all->at = at;
			all->room = room;
		}
		own = malloc(sizeof *own);
		if (!own)
			return -1;
		memmove(all->at + i + 1, all->at + i,
			(all->count - i) * sizeof *all->at);
		all->at[i] = own;
		all->count++;
	}
	*own = *c;
	memset(c, 0, sizeof *c);
	return 0;
}

void cpl_contacts_remove(struct cpl_contacts *all, const char *jid)
{
	size_t i = cpl_contacts_from(all, jid);

	if (!is_at(all, i, jid))
		return;
	cpl_contact_release(all->at[i]);
	free(all->at[i]);
	all->count--;
	memmove(all->at + i, all->at + i + 1,
		(all->count - i) * sizeof *all->at);
}

void cpl_contacts_release(struct cpl_contacts *all)
{
	for (size_t i = 0; i < all->count; i++) {
		cpl_contact_release(all->at[i]);
		free(all->at[i]);
	}
	free(all->at);
	memset(all, 0, sizeof *all);
}
