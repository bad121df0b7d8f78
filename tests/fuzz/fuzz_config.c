/* SPDX-License-Identifier: MIT
 *
 * Any bytes as configuration files, and every question that tools ask of them.
 * An even first byte: the rest is the user's file; an odd one: up to a NUL it
 * is, and behind that is the system's. */
#include "../../common/config/config.h"

#include "played_private.h"

static int read_file(struct cpl_config *c, const char *path,
		     const uint8_t *bytes, size_t n)
{
	struct cpl_err e = CPL_ERR_INIT;
	int r;

	played_file = played_pipe(bytes, n);
	r = cpl_config_read(c, path, NULL, &e);
	if (r < 0)
		MUST(e.status == CPL_CONFIG &&
		     strncmp(e.text, path, strlen(path)) == 0);
	return r;
}

static int on_member(void *user, const char *jid,
		     const struct cpl_config_room *room)
{
	size_t *n = user;

	MUST(jid && *jid);
	if (room)
		(void)cpl_setting(&room->set, CPL_SET_NICK);
	return ++*n > 5000;
}

static void on_alias(void *user, const char *name)
{
	const struct cpl_config *c = user;
	struct cpl_err e = CPL_ERR_INIT;
	size_t n = 0;
	int r = cpl_config_alias(c, name, on_member, &n, &e);

	if (r < 0)
		MUST(e.status != CPL_OK && e.text[0]);
	else
		MUST((size_t)r == n);
}

static void on_account(void *user, const char *name)
{
	const struct cpl_config *c = user;
	struct cpl_settings s = {.account = NULL};
	struct cpl_err e = CPL_ERR_INIT;
	const char *jid;

	if (cpl_config_account(c, name, &s, &e) < 0) {
		MUST(e.status == CPL_CONFIG && e.text[0]);
	} else {
		jid = cpl_setting(&s, CPL_SET_JID);
		MUST(!jid || cpl_config_by_jid(c, jid));
		for (int i = 0; i < CPL_SETTINGS; i++)
			if (s.set[i].value)
				MUST(cpl_setting_check(i, s.set[i].value,
						       NULL) == 0);
	}
	cpl_settings_release(&s);
}

static void ask(struct cpl_config *c)
{
	struct cpl_settings s = {.account = NULL};
	struct cpl_err e = CPL_ERR_INIT;
	const char *chosen;

	if (cpl_config_check(c, &e) < 0) {
		MUST(e.status == CPL_CONFIG && e.text[0]);
		return;
	}
	cpl_config_names(c, 0, on_account, c);
	cpl_config_names(c, 1, on_alias, c);
	chosen = cpl_config_default(c);
	if (chosen)
		MUST(cpl_config_account(c, chosen, &s, &e) == 0);
	cpl_settings_release(&s);
	(void)!cpl_config_format(c, "log", NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cpl_config *c = cpl_config_new();
	const uint8_t *p = data + 1, *end = data + size, *cut = NULL;

	MUST(c != NULL);
	if (size > 1 && data[0] & 1)
		cut = memchr(p, '\0', size - 1);
	if (size > 1 &&
	    read_file(c, "one.yaml", p, (size_t)((cut ? cut : end) - p)) == 0 &&
	    (!cut ||
	     read_file(c, "two.yaml", cut + 1, (size_t)(end - cut - 1)) == 0))
		ask(c);
	cpl_config_free(c);
	return 0;
}
