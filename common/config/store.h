/* SPDX-License-Identifier: MIT
 *
 * What is behind struct cpl_config, shared by the module that fills it from
 * files (read.c) and the one that answers questions (config.c). All lists are
 * in the order of the files. */
#ifndef CPL_STORE_H
#define CPL_STORE_H

#include "config.h"
#include "setting.h"

struct cpl_account {
	struct cpl_account *next;
	char *name;
	struct cpl_settings own;    /* what the files say of this one itself */
	struct cpl_setting inherit; /* value NULL: from nobody */
};

/* One recipient of an alias: a JID, or the name of another alias. */
struct cpl_member {
	struct cpl_member *next;
	char *text;
	char *jid; /* prepared; NULL: text is a name */
	char *origin;
	struct cpl_config_room *room; /* NULL: it is none */
};

struct cpl_alias {
	struct cpl_alias *next;
	char *name;
	struct cpl_member *members;
};

struct cpl_named_format {
	struct cpl_named_format *next;
	char *name;
	struct cpl_setting text;
};

struct cpl_config {
	struct cpl_account *accounts;
	struct cpl_alias *aliases;
	struct cpl_named_format *formats;
	struct cpl_setting chosen; /* default: */
};

/* By name; NULL: there is none. */
struct cpl_account *cpl_store_account(const struct cpl_config *c,
				      const char *name);
struct cpl_alias *cpl_store_alias(const struct cpl_config *c, const char *name);

/* Frees one that is in no list (NULL: nothing). */
void cpl_store_free_account(struct cpl_account *a);
void cpl_store_free_alias(struct cpl_alias *a);
void cpl_store_free_format(struct cpl_named_format *f);
void cpl_store_free_setting(struct cpl_setting *s);

/* Moves the settings of an account that a later file says again into the
 * first: those that are not taken. *from stays to be freed. */
void cpl_store_merge(struct cpl_account *into, struct cpl_account *from);

#endif
