/* SPDX-License-Identifier: MIT */
#include "upgrade.h"

#include <stdlib.h>
#include <string.h>

#include "../stanza/build.h"
#include "../stanza/ns.h"
#include "../store/offer.h"
#include "base64.h"
#include "scram.h"

/* In the order in which they are preferred. */
static const struct task {
	const char *name;
	const char *mechanism;
	const char *hash;
} all[] = {
    {"UPGR-SCRAM-SHA-512", "SCRAM-SHA-512", "SHA512"},
    {"UPGR-SCRAM-SHA-256", "SCRAM-SHA-256", "SHA256"},
};

enum { TASKS = sizeof all / sizeof *all };

/* What the server has already needs no upgrade, though it may offer that. */
const char *cpl_upgrade_choose(const char *tasks, const char *mechanisms)
{
	for (size_t i = 0; i < TASKS; i++)
		if (cpl_offer_has(tasks, all[i].name) &&
		    !cpl_offer_has(mechanisms, all[i].mechanism))
			return all[i].name;
	return NULL;
}

const char *cpl_upgrade_hash(const char *task)
{
	for (size_t i = 0; i < TASKS; i++)
		if (strcmp(task, all[i].name) == 0)
			return all[i].hash;
	return NULL;
}

/* XEP-0480 2.2: there is a single one. */
int cpl_upgrade_is(xmpp_stanza_t *el, const char *task)
{
	xmpp_stanza_t *tasks = cpl_child(el, "tasks", CPL_NS_SASL2);
	xmpp_stanza_t *first = cpl_child(tasks, "task", CPL_NS_SASL2);
	char *name = cpl_text(first);
	int is = name && strcmp(name, task) == 0 &&
		 first == cpl_first_element(tasks) &&
		 cpl_next_element(first) == NULL;

	free(name);
	return is;
}

long cpl_upgrade_salt(xmpp_stanza_t *el, struct cpl_buf *salt,
		      struct cpl_err *e)
{
	xmpp_stanza_t *s = cpl_child(el, "salt", CPL_NS_SCRAM_UPGRADE);
	const char *count =
	    s ? xmpp_stanza_get_attribute(s, "iterations") : NULL;
	char *text = cpl_text(s);
	long n = -1;
	int r = 0;

	if (s)
		r = text ? cpl_base64_decode(salt, text, strlen(text))
			 : CPL_BASE64_NOMEM;
	if (r == CPL_BASE64_NOMEM)
		cpl_err_nomem(e);
	else if (r < 0 || !count || salt->len == 0)
		cpl_err_set(e, CPL_PROTOCOL,
			    "the server's salt for another hash of the "
			    "password is malformed");
	else
		n = cpl_scram_iterations(count, strlen(count), e);
	free(text);
	return n;
}
