/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <strophe.h>

#include "../stanza/jid.h"
#include "../stream/roster_cache.h"
#include "parts.h"

void cpl_cli_contacts(struct cpl_cli *cli)
{
	struct cpl_roster_cache where = {.folder = cpl_cli_state_folder(cli),
					 .log = &cli->log};
	const char *jid = cpl_setting(&cli->settings, CPL_SET_JID);
	struct cpl_contacts all = {0};
	struct cpl_jid own = {0};
	char *ver = NULL;

	where.ctx = xmpp_ctx_new(NULL, NULL);
	if (where.ctx && cpl_jid_parse(&own, jid, NULL) == 0) {
		where.jid = own.bare;
		(void)!cpl_roster_cache_read(&where, &all, &ver);
	}
	for (size_t i = 0; i < all.count; i++)
		puts(all.at[i]->jid.full);
	free(ver);
	cpl_contacts_release(&all);
	cpl_jid_release(&own);
	if (where.ctx)
		xmpp_ctx_free(where.ctx);
}
