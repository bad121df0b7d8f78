/* SPDX-License-Identifier: MIT */
#include "contact_input.h"

#include <string.h>
#include <unistd.h>

#include "../base/limits.h"
#include "../base/private.h"

void cpl_contact_input_open(struct cpl_contact_input *in, struct cpl_cli *cli,
			    const char *path)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (strcmp(path, "-") == 0)
		return;
	in->name = path;
	in->fd = cpl_private_open(path, CPL_NOINPUT, &e);
	if (in->fd < 0)
		cpl_cli_die(cli, &e);
}

static int check(struct cpl_contact_input *in, const struct cpl_contact *c,
		 struct cpl_err *e)
{
	if (in->conf.check && in->conf.check(in->conf.user, c, e) < 0)
		return -1;
	if (in->all.count >= CPL_CONTACTS_MAX)
		return cpl_err_set(
		    e, CPL_DATA, "more than %d %s", CPL_CONTACTS_MAX,
		    in->conf.addresses ? "addresses" : "contacts");
	return 0;
}

static void on_record(void *user, const struct cpl_contact_record *r)
{
	struct cpl_contact_input *in = user;
	struct cpl_err e = r->why;

	if (r->contact && check(in, r->contact, &e) == 0) {
		if (cpl_contacts_put(&in->all, r->contact) < 0)
			cpl_run_no_memory(in->run);
		return;
	}
	in->refused++;
	cpl_err_prefix(&e, "%s:%zu", in->name, r->line);
	cpl_run_complain(in->run, &e);
}

static void on_text(void *user, const char *p, size_t n, size_t number)
{
	struct cpl_contact_input *in = user;
	struct cpl_err e = CPL_ERR_INIT;
	int r;

	(void)number;
	r = in->conf.addresses
		? cpl_contact_addresses(in->run->ctx, p, n, on_record, in, &e)
		: cpl_contact_records(in->run->ctx, p, n, on_record, in, &e);
	if (r < 0)
		cpl_run_give_up(in->run, &e);
}

static void on_end(void *user, const struct cpl_err *e)
{
	struct cpl_contact_input *in = user;

	if (e)
		cpl_run_complain(in->run, e);
	if (!in->run->over)
		in->conf.end(in->conf.user, e != NULL);
}

void cpl_contact_input_start(struct cpl_contact_input *in, struct cpl_run *run,
			     const struct cpl_contact_input_conf *conf)
{
	struct cpl_input_events events = {
	    .text = on_text, .end = on_end, .user = in};

	in->run = run;
	in->conf = *conf;
	if (!in->name)
		in->name = "stdin";
	in->input =
	    cpl_input_new(run->loop, NULL, in->fd, CPL_INPUT_WHOLE, &events);
	if (!in->input) {
		cpl_run_no_memory(run);
		return;
	}
	cpl_input_name(in->input, in->name);
	cpl_input_hold(in->input, 0);
}

void cpl_contact_input_release(struct cpl_contact_input *in)
{
	cpl_input_free(in->input);
	cpl_contacts_release(&in->all);
	if (in->fd > STDERR_FILENO)
		close(in->fd);
}
