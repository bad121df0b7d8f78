/* SPDX-License-Identifier: MIT
 *
 * xinfo: a configuration file to begin with. What stands in it unquoted is our
 * own, OpenSSL's, or a JID, which has neither control characters nor line
 * ends. */
#include <stdlib.h>

#include "xinfo.h"

/* 'it''s' */
static int add_quoted(struct cpl_buf *out, const char *text)
{
	if (cpl_buf_addc(out, '\'') < 0)
		return -1;
	for (; *text; text++)
		if ((*text == '\'' && cpl_buf_addc(out, '\'') < 0) ||
		    cpl_buf_addc(out, *text) < 0)
			return -1;
	return cpl_buf_addc(out, '\'');
}

static int add_setting(struct cpl_buf *out, const struct xinfo *x,
		       enum cpl_setting_id id)
{
	const char *value = cpl_setting(&x->client.run.cli.settings, id);
	char *path = NULL;
	int r;

	if (!value)
		return 0;
	/* In a file it would be relative to that file's folder. */
	if (cpl_setting_table[id].kind == CPL_KIND_PATH)
		path = realpath(value, NULL);
	r = cpl_buf_addf(out, "    %s: ", cpl_setting_table[id].key);
	if (r == 0)
		r = add_quoted(out, path ? path : value);
	free(path);
	return r < 0 ? -1 : cpl_buf_addc(out, '\n');
}

/* Whom a certificate that is not trusted belongs to is not ours to say. */
static int add_trust(struct cpl_buf *out, const struct xinfo *x,
		     const struct found *f)
{
	if (!f->tls || f->tls->untrusted.status == CPL_OK || !f->tls->count ||
	    cpl_setting(&x->client.run.cli.settings, CPL_SET_FINGERPRINT))
		return 0;
	return cpl_buf_addf(out,
			    "    # not verified: %s\n"
			    "    # Once you know from elsewhere that it is the "
			    "right one:\n"
			    "    #fingerprint: '%s'\n",
			    f->tls->untrusted.text,
			    f->tls->chain[0].fingerprint);
}

static int add_account(struct cpl_buf *out, const struct xinfo *x,
		       const struct found *f)
{
	static const enum cpl_setting_id copied[] = {
	    CPL_SET_SERVER, CPL_SET_TLS, CPL_SET_CA_FILE, CPL_SET_FINGERPRINT};

	if (cpl_buf_adds(out, "default: ") < 0 ||
	    add_quoted(out, x->jid.local) < 0 ||
	    cpl_buf_adds(out, "\naccounts:\n  ") < 0 ||
	    add_quoted(out, x->jid.local) < 0 ||
	    cpl_buf_adds(out, ":\n    jid: ") < 0 ||
	    add_quoted(out, x->jid.bare) < 0 ||
	    cpl_buf_adds(out,
			 "\n"
			 "    # One of these, or you are asked each time:\n"
			 "    #password_file: ~/.config/couplet/password\n"
			 "    #password_command: pass show xmpp\n") < 0)
		return -1;
	for (size_t i = 0; i < sizeof copied / sizeof *copied; i++)
		if (add_setting(out, x, copied[i]) < 0)
			return -1;
	return add_trust(out, x, f);
}

void print_config(struct xinfo *x)
{
	const struct found *f =
	    x->found_count > 0 ? &x->found[x->found_count - 1] : NULL;
	struct cpl_buf *out = &x->client.line;
	struct cpl_err e = CPL_ERR_INIT;

	/* Of a server that nobody has seen nothing can be said. */
	if (!f || !f->features)
		return;
	if (cpl_buf_addf(
		out,
		"# For ~/.config/couplet/config.yaml; what can be in it "
		"is in couplet-config(5).\n"
		"# Found at %s, %s.\n",
		f->text, f->tls ? f->tls->version : "without TLS") == 0 &&
	    add_account(out, x, f) == 0) {
		cpl_client_put(&x->client);
		return;
	}
	cpl_buf_err(out, &e, CPL_INTERNAL, "the configuration");
	cpl_run_give_up(&x->client.run, &e);
}
