/* SPDX-License-Identifier: MIT
 *
 * The contacts of a file, all of them before anything else happens: a part of
 * a list is not what it was to be made equal to. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/base/limits.h"
#include "../common/stanza/contact_record.h"
#include "xroster.h"

static const char *name_of(const struct xroster *x)
{
	return strcmp(x->path, "-") == 0 ? "stdin" : x->path;
}

void xroster_file_open(struct xroster *x)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct stat st;

	if (strcmp(x->path, "-") == 0) {
		x->fd = STDIN_FILENO;
		return;
	}
	x->fd = open(x->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (x->fd >= 0 && fstat(x->fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		close(x->fd);
		x->fd = -1;
		errno = EISDIR;
	}
	if (x->fd >= 0)
		return;
	cpl_err_errno(&e, CPL_NOINPUT, "%s", x->path);
	cpl_cli_die(&x->client.run.cli, &e);
}

static void refuse(struct xroster *x, const struct cpl_contact_record *r)
{
	struct cpl_err e = r->why;

	cpl_err_prefix(&e, "%s:%zu", name_of(x), r->line);
	cpl_run_complain(&x->client.run, &e);
	x->malformed++;
}

/* The last record of a contact counts. */
static void on_contact(void *user, const struct cpl_contact_record *r)
{
	struct xroster *x = user;

	if (!r->contact) {
		refuse(x, r);
	} else if (x->file.count >= CPL_CONTACTS_MAX) {
		struct cpl_contact_record one_more = *r;

		cpl_err_set(&one_more.why, CPL_DATA, "more than %d contacts",
			    CPL_CONTACTS_MAX);
		refuse(x, &one_more);
	} else if (cpl_contacts_put(&x->file, r->contact) < 0) {
		cpl_run_no_memory(&x->client.run);
	}
}

static void on_text(void *user, const char *p, size_t n, size_t number)
{
	struct xroster *x = user;
	struct cpl_err e = CPL_ERR_INIT;

	(void)number;
	if (cpl_contact_records(x->client.run.ctx, p, n, on_contact, x, &e) < 0)
		cpl_run_give_up(&x->client.run, &e);
}

/* With --prune, what is not in the file is removed: not because a record could
 * not be read, or because what made the file had failed. Nor does diff print
 * what --prune would not do. */
static int may_go_on(struct xroster *x)
{
	int diff = x->verb->plan == xroster_plan_diff;
	struct cpl_err e = CPL_ERR_INIT;

	if (x->malformed > 0 && diff)
		return 0;
	if (!(x->set.given & XROSTER_PRUNE) && !diff)
		return x->file.count > 0;
	if (x->malformed > 0)
		cpl_err_set(&e, CPL_DATA, "%s: malformed, nothing is changed",
			    name_of(x));
	else if (x->file.count == 0)
		cpl_err_set(&e, CPL_DATA,
			    "%s: no contacts, --prune would remove all",
			    name_of(x));
	else
		return 1;
	cpl_run_complain(&x->client.run, &e);
	return 0;
}

static void on_end(void *user, const struct cpl_err *e)
{
	struct xroster *x = user;

	if (e)
		cpl_run_complain(&x->client.run, e);
	if (x->client.run.over)
		return;
	if (!e && may_go_on(x))
		xroster_go(x);
	else
		cpl_client_close(&x->client);
}

void xroster_file_start(struct xroster *x)
{
	struct cpl_input_events events = {on_text, NULL, on_end, x};

	x->input = cpl_input_new(x->client.run.loop, NULL, x->fd,
				 CPL_INPUT_WHOLE, &events);
	if (x->input) {
		cpl_input_name(x->input, name_of(x));
		cpl_input_hold(x->input, 0);
		return;
	}
	cpl_run_no_memory(&x->client.run);
}
