/* SPDX-License-Identifier: MIT */
#include "../../common/stream/upgrade.h"

#include "parse.h"
#include "strophe_mem.h"
#include "unit.h"

static struct strophe_mem mem;
static xmpp_ctx_t *ctx;

static void choose(void)
{
	static const struct {
		const char *tasks, *mechanisms, *expected;
	} cases[] = {
	    {NULL, "SCRAM-SHA-1 ", NULL},
	    {"", "SCRAM-SHA-1 ", NULL},
	    {"UPGR-SCRAM-SHA-256 ", "SCRAM-SHA-1 ", "UPGR-SCRAM-SHA-256"},
	    {"UPGR-SCRAM-SHA-256 UPGR-SCRAM-SHA-512 ", "SCRAM-SHA-1 ",
	     "UPGR-SCRAM-SHA-512"},
	    {"UPGR-SCRAM-SHA-256 UPGR-SCRAM-SHA-512 ", "SCRAM-SHA-512 ",
	     "UPGR-SCRAM-SHA-256"},
	    {"UPGR-SCRAM-SHA-512 ", "SCRAM-SHA-512 ", NULL},
	    {"UPGR-SCRAM-SHA-512-PLUS UPGR-BLOOP ", "SCRAM-SHA-1 ", NULL},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		CHECK_STR(
		    cpl_upgrade_choose(cases[i].tasks, cases[i].mechanisms),
		    cases[i].expected);
	CHECK_STR(cpl_upgrade_hash("UPGR-SCRAM-SHA-256"), "SHA256");
	CHECK_STR(cpl_upgrade_hash("UPGR-SCRAM-SHA-512"), "SHA512");
	CHECK_STR(cpl_upgrade_hash("UPGR-BLOOP"), NULL);
}

#define TASKS(inside)                                                          \
	"<continue xmlns='urn:xmpp:sasl:2'><tasks>" inside "</tasks>"          \
	"</continue>"

static void the_one_asked_for(void)
{
	static const struct {
		const char *xml;
		int is;
	} cases[] = {
	    {TASKS("<task>UPGR-SCRAM-SHA-256</task>"), 1},
	    {TASKS("<task>UPGR-SCRAM-SHA-512</task>"), 0},
	    {TASKS(""), 0},
	    {TASKS("<task/>"), 0},
	    {TASKS("<task xmlns='urn:x'>UPGR-SCRAM-SHA-256</task>"), 0},
	    {TASKS("<task>UPGR-SCRAM-SHA-256</task><task>HOTP</task>"), 0},
	    {TASKS("<task>HOTP</task><task>UPGR-SCRAM-SHA-256</task>"), 0},
	    {"<continue xmlns='urn:xmpp:sasl:2'/>", 0},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		xmpp_stanza_t *el = parse(ctx, cases[i].xml);

		UNIT_NEED(el != NULL);
		if (!CHECK_INT(cpl_upgrade_is(el, "UPGR-SCRAM-SHA-256"),
			       cases[i].is))
			printf("# %s\n", cases[i].xml);
		xmpp_stanza_release(el);
	}
}

#define DATA(inside) "<task-data xmlns='urn:xmpp:sasl:2'>" inside "</task-data>"
#define SALT "<salt xmlns='urn:xmpp:scram-upgrade:0'"
#define MALFORMED                                                              \
	"the server's salt for another hash of the password is malformed"
#define COUNT(n)                                                               \
	"SCRAM: the server asks for " n                                        \
	" iterations, allowed are 4096 to 1000000"

static void salt(void)
{
	static const struct {
		const char *xml;
		long n;
		const char *why;
	} cases[] = {
	    {DATA(SALT " iterations='4096'>c2FsdA==</salt>"), 4096, ""},
	    {DATA(SALT " iterations='1000000'>c2FsdA==</salt>"), 1000000, ""},
	    {DATA(SALT " iterations='4095'>c2FsdA==</salt>"), -1,
	     COUNT("4095")},
	    {DATA(SALT " iterations='1000001'>c2FsdA==</salt>"), -1,
	     COUNT("1000001")},
	    {DATA(SALT " iterations='1e6'>c2FsdA==</salt>"), -1, COUNT("1e6")},
	    {DATA(SALT " iterations=''>c2FsdA==</salt>"), -1, COUNT("")},
	    {DATA(SALT ">c2FsdA==</salt>"), -1, MALFORMED},
	    {DATA(SALT " iterations='4096'/>"), -1, MALFORMED},
	    {DATA(SALT " iterations='4096'>c2FsdA</salt>"), -1, MALFORMED},
	    {DATA("<salt iterations='4096'>c2FsdA==</salt>"), -1, MALFORMED},
	    {DATA(""), -1, MALFORMED},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		xmpp_stanza_t *el = parse(ctx, cases[i].xml);
		struct cpl_buf out = CPL_BUF_INIT(1000);
		struct cpl_err e = CPL_ERR_INIT;

		UNIT_NEED(el != NULL);
		if (!CHECK_INT(cpl_upgrade_salt(el, &out, &e), cases[i].n))
			printf("# %s\n", cases[i].xml);
		CHECK_STR(e.text, cases[i].why);
		if (cases[i].n > 0)
			CHECK_STR(out.data, "salt");
		else
			CHECK_INT(e.status, CPL_PROTOCOL);
		xmpp_stanza_release(el);
		cpl_buf_release(&out);
	}
}

int main(void)
{
	ctx = strophe_mem_ctx(&mem);
	if (!ctx)
		return 1;
	RUN(choose);
	RUN(the_one_asked_for);
	RUN(salt);
	return strophe_mem_end(&mem, ctx);
}
