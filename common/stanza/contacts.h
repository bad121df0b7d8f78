/* SPDX-License-Identifier: MIT
 *
 * Contacts sorted by their JIDs, each JID once. The list owns them; zero-filled
 * it is empty. A contact stays where it is until it is replaced or removed. */
#ifndef CPL_CONTACTS_H
#define CPL_CONTACTS_H

#include "contact.h"

struct cpl_contacts {
	struct cpl_contact **at;
	size_t count;
	size_t room;
};

/* Takes a contact over, in the place of one with the same JID; *c is empty
 * afterwards. 0, or -1 without memory. */
int cpl_contacts_put(struct cpl_contacts *all, struct cpl_contact *c)
    __attribute__((warn_unused_result));

/* By the whole prepared JID; NULL: there is none. */
struct cpl_contact *cpl_contacts_find(const struct cpl_contacts *all,
				      const char *jid);

/* The index of the first whose JID is not before that text. */
size_t cpl_contacts_from(const struct cpl_contacts *all, const char *text);

void cpl_contacts_remove(struct cpl_contacts *all, const char *jid);
void cpl_contacts_release(struct cpl_contacts *all);

#endif
