/* SPDX-License-Identifier: MIT
 *
 * From the list as it is, and what is asked for, to the changes: none where it
 * is so already, so that everything can be done twice. A roster set replaces
 * the whole contact (RFC 6121 2.3), hence all are made from what is there. */
#include <stdlib.h>
#include <string.h>

#include "xroster.h"

static void complain(struct xroster *x, const char *jid, enum cpl_status status,
		     const char *why)
{
	struct cpl_err e = CPL_ERR_INIT;

	x->refused++;
	cpl_err_set(&e, status, "%s: %s", jid, why);
	cpl_run_complain(&x->client.run, &e);
}

/* Adds a change; the contact is taken over. */
static void put(struct xroster *x, enum xroster_mark mark,
		struct cpl_contact *c)
{
	struct xroster_change change = {.mark = mark, .contact = *c};

	if (x->plan_count == x->plan_room) {
		size_t room = x->plan_room ? 2 * x->plan_room : 64;
		struct xroster_change *plan =
		    realloc(x->plan, room * sizeof *plan);

		if (!plan) {
			cpl_contact_release(c);
			cpl_run_no_memory(&x->client.run);
			return;
		}
		x->plan = plan;
		x->plan_room = room;
	}
	x->plan[x->plan_count++] = change;
	memset(c, 0, sizeof *c);
}

static void put_copy(struct xroster *x, enum xroster_mark mark,
		     const struct cpl_contact *c)
{
	struct cpl_contact copy;

	if (cpl_contact_copy(&copy, c) < 0) {
		cpl_run_no_memory(&x->client.run);
		return;
	}
	if (mark == XROSTER_GONE)
		copy.subscription = CPL_SUB_REMOVE;
	else
		copy.subscription = CPL_SUB_NONE;
	copy.ask = mark == XROSTER_ASK;
	put(x, mark, &copy);
}

/* The change, if it is one, from old (NULL: not there) to wanted. */
static void compare(struct xroster *x, const struct cpl_contact *old,
		    const struct cpl_contact *wanted)
{
	if (!old)
		put_copy(x, XROSTER_NEW, wanted);
	else if (!cpl_contact_equal(old, wanted))
		put_copy(x, XROSTER_OTHER, wanted);
	/* Asked anew, also where a request is pending (RFC 6121 3.1.2). */
	if ((x->set.given & XROSTER_SUBSCRIBE) &&
	    (!old || (old->subscription != CPL_SUB_TO &&
		      old->subscription != CPL_SUB_BOTH)))
		put_copy(x, XROSTER_ASK, wanted);
}

/* --- operands ---------------------------------------------------------- */

static int change_groups(struct cpl_contact *c, const struct xroster_words *add,
			 const struct xroster_words *remove)
{
	for (size_t i = 0; i < remove->count; i++)
		cpl_contact_remove_group(c, remove->list[i]);
	for (size_t i = 0; i < add->count; i++)
		if (cpl_contact_add_group(c, add->list[i]) < 0)
			return -1;
	return 0;
}

/* Compares a contact with itself, changed. */
static void change(struct xroster *x, const struct cpl_jid *jid,
		   const struct cpl_contact *old, const char *name,
		   const struct xroster_words *add)
{
	struct cpl_contact c = {0};
	int failed = old ? cpl_contact_copy(&c, old) < 0
			 : cpl_contact_init(&c, jid->full, NULL) < 0;

	if (!failed && name)
		failed = cpl_contact_set_name(&c, name) < 0;
	if (!failed)
		failed = change_groups(&c, add, &x->set.remove) < 0;
	if (failed)
		cpl_run_no_memory(&x->client.run);
	else
		compare(x, old, &c);
	cpl_contact_release(&c);
}

void xroster_plan_add(struct xroster *x)
{
	for (size_t i = 0; i < x->jids.count; i++) {
		const struct cpl_jid *jid = &x->jids.list[i];

		change(x, jid, cpl_roster_exact(x->roster, jid->full),
		       x->set.name, &x->set.groups);
	}
}

/* Calls each() for those that are contacts. */
static void for_contacts(struct xroster *x,
			 void (*each)(struct xroster *x,
				      const struct cpl_contact *c))
{
	for (size_t i = 0; i < x->jids.count; i++) {
		const char *jid = x->jids.list[i].full;
		const struct cpl_contact *c = cpl_roster_exact(x->roster, jid);

		if (c)
			each(x, c);
		else
			complain(x, jid, CPL_REFUSED, "is not a contact");
	}
}

static void remove_one(struct xroster *x, const struct cpl_contact *c)
{
	put_copy(x, XROSTER_GONE, c);
}

void xroster_plan_remove(struct xroster *x)
{
	for_contacts(x, remove_one);
}

static void change_one(struct xroster *x, const struct cpl_contact *c)
{
	change(x, &c->jid, c, x->set.new_name, &x->set.add);
}

void xroster_plan_rename(struct xroster *x)
{
	for_contacts(x, change_one);
}

void xroster_plan_group(struct xroster *x)
{
	for_contacts(x, change_one);
}

/* --- files ------------------------------------------------------------- */

static int is_own(const struct xroster *x, const char *bare)
{
	return strcmp(cpl_session_jid(x->client.run.session)->bare, bare) == 0;
}

/* One of a file that is not in the list. The own account is in the list of the
 * account that the file came from, and no contact of this one. */
static void plan_new(struct xroster *x, const struct cpl_contact *c)
{
	if (c->jid.resource) {
		complain(x, c->jid.full, CPL_DATA, "a contact has no resource");
	} else if (!is_own(x, c->jid.bare)) {
		compare(x, NULL, c);
	} else if (x->verb->plan == xroster_plan_set) {
		complain(x, c->jid.full, CPL_DATA,
			 "the own account is no contact");
	} else {
		cpl_log(&x->client.run.cli.log, CPL_LOG_INFO,
			"%s: left out, it is the own account", c->jid.full);
	}
}

/* The one thing that a record's subscription says is that it is to go. */
void xroster_plan_set(struct xroster *x)
{
	for (size_t i = 0; i < x->file.all.count; i++) {
		const struct cpl_contact *c = x->file.all.at[i];
		const struct cpl_contact *old =
		    cpl_roster_exact(x->roster, c->jid.full);

		if (c->subscription != CPL_SUB_REMOVE && !old)
			plan_new(x, c);
		else if (c->subscription != CPL_SUB_REMOVE)
			compare(x, old, c);
		else if (old)
			put_copy(x, XROSTER_GONE, old);
	}
}

/* Those of the list that the file does not have. */
static void plan_rest(struct xroster *x)
{
	for (size_t i = 0; i < cpl_roster_count(x->roster); i++) {
		const struct cpl_contact *c = cpl_roster_at(x->roster, i);

		if (!cpl_contacts_find(&x->file.all, c->jid.full))
			put_copy(x, XROSTER_GONE, c);
	}
}

static int by_jid(const void *a, const void *b)
{
	const struct xroster_change *x = a, *y = b;
	int order = strcmp(x->contact.jid.full, y->contact.jid.full);

	/* Asked for after it is there. */
	return order ? order
		     : (x->mark == XROSTER_ASK) - (y->mark == XROSTER_ASK);
}

void xroster_plan_diff(struct xroster *x)
{
	xroster_plan_set(x);
	plan_rest(x);
	if (x->plan_count > 0)
		qsort(x->plan, x->plan_count, sizeof *x->plan, by_jid);
}

void xroster_plan_sync(struct xroster *x)
{
	if (x->set.given & XROSTER_PRUNE)
		xroster_plan_diff(x);
	else
		xroster_plan_set(x);
}
