/* SPDX-License-Identifier: MIT
 *
 * What is done with the contacts of a file when all of it is read. */
#include "xroster.h"

/* With --prune, what is not in the file is removed: not because a record could
 * not be read, or because what made the file had failed. Nor does diff print
 * what --prune would not do. */
static int may_go_on(struct xroster *x)
{
	int diff = x->verb->plan == xroster_plan_diff;
	struct cpl_err e = CPL_ERR_INIT;

	if (x->file.refused > 0 && diff)
		return 0;
	if (!(x->set.given & XROSTER_PRUNE) && !diff)
		return x->file.all.count > 0;
	if (x->file.refused > 0)
		cpl_err_set(&e, CPL_DATA, "%s: malformed, nothing is changed",
			    x->file.name);
	else if (x->file.all.count == 0)
		cpl_err_set(&e, CPL_DATA,
			    "%s: no contacts, --prune would remove all",
			    x->file.name);
	else
		return 1;
	cpl_run_complain(&x->client.run, &e);
	return 0;
}

static void on_end(void *user, int failed)
{
	struct xroster *x = user;

	if (!failed && may_go_on(x))
		xroster_go(x);
	else
		cpl_client_close(&x->client);
}

void xroster_file_start(struct xroster *x)
{
	struct cpl_contact_input_conf conf = {.end = on_end, .user = x};

	cpl_contact_input_start(&x->file, &x->client.run, &conf);
}
