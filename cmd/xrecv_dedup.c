/* SPDX-License-Identifier: MIT
 *
 * --dedup: a message that came before is received and not printed. What came
 * is known in this run at once, since the first may still wait for its reader,
 * and in later ones when stdout took it: a crash between prints it twice. */
#include <time.h>

#include "../common/stanza/same.h"
#include "xrecv.h"

void xrecv_dedup_open(struct recv *r)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (!r->set.dedup)
		return;
	r->dedup =
	    cpl_dedup_open(r->set.dedup, time(NULL), &r->run.cli.log, &e);
	if (!r->dedup)
		cpl_cli_die(&r->run.cli, &e);
}

static void on_key_taken(void *user, const char *key)
{
	struct recv *r = user;

	if (cpl_dedup_keep(r->dedup, key) < 0)
		cpl_run_no_memory(&r->run);
}

int xrecv_is_double(struct recv *r, xmpp_stanza_t *stanza)
{
	struct cpl_same same = {.count = 0};
	int64_t now;

	if (!r->dedup)
		return 0;
	now = time(NULL);
	if (cpl_same_keys(stanza, cpl_session_jid(r->run.session), &same) < 0)
		cpl_run_no_memory(&r->run);
	for (size_t i = 0; i < same.count; i++)
		if (cpl_dedup_seen(r->dedup, same.key[i], now)) {
			r->doubles++;
			return 1;
		}
	for (size_t i = 0; i < same.count; i++)
		if (cpl_dedup_see(r->dedup, same.key[i], now) < 0 ||
		    cpl_taken_add(&r->taken, r->number, on_key_taken, r,
				  same.key[i]) < 0)
			cpl_run_no_memory(&r->run);
	return 0;
}

/* With a full disk nothing is lost, but what came would come again: that is
 * for the user to know. What was taken is acknowledged, so it does not. */
void xrecv_dedup_flush(struct recv *r)
{
	struct cpl_err e = CPL_ERR_INIT;

	if (!r->dedup || cpl_dedup_flush(r->dedup, time(NULL), &e) == 0)
		return;
	cpl_run_complain(&r->run, &e);
	xrecv_finish(r);
}
