/* SPDX-License-Identifier: MIT
 *
 * Any string as a JID: prepared once it is prepared for good, and it is made
 * of its parts. */
#include "../../common/stanza/jid.h"

#include "../../common/base/limits.h"
#include "../../common/stanza/chars.h"
#include "fuzz.h"

static void check(const struct cpl_jid *jid)
{
	struct cpl_buf whole = CPL_BUF_INIT(CPL_JID_MAX);
	struct cpl_jid again, bare;

	MUST(jid->domain && *jid->domain);
	MUST(cpl_chars_check(jid->full, strlen(jid->full), NULL) == 0);
	MUST(!jid->local || cpl_buf_addf(&whole, "%s@", jid->local) == 0);
	MUST(cpl_buf_adds(&whole, jid->domain) == 0);
	MUST(strcmp(whole.data, jid->bare) == 0);
	MUST(!jid->resource || cpl_buf_addf(&whole, "/%s", jid->resource) == 0);
	MUST(strcmp(whole.data, jid->full) == 0);
	MUST(cpl_jid_parse(&again, jid->full, NULL) == 0);
	MUST(strcmp(again.full, jid->full) == 0);
	MUST(cpl_jid_parse(&bare, jid->bare, NULL) == 0);
	MUST(strcmp(bare.full, jid->bare) == 0 && !bare.resource);
	MUST(cpl_jid_matches(jid, &again) && cpl_jid_matches(&bare, jid));
	cpl_jid_release(&again);
	cpl_jid_release(&bare);
	cpl_buf_release(&whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_jid jid;

	MUST(text != NULL);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	if (cpl_jid_parse(&jid, text, &e) == 0) {
		check(&jid);
		free(cpl_jid_dns(jid.domain, NULL));
	} else {
		MUST(e.status == CPL_DATA && e.text[0] && !jid.full);
		/* The reason goes to a terminal. */
		for (const char *p = e.text; *p; p++)
			MUST((unsigned char)*p >= 0x20 && *p != 0x7f);
	}
	cpl_jid_release(&jid);
	free(text);
	return 0;
}
