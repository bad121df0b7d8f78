/* SPDX-License-Identifier: MIT */
#include "../../common/stream/fault.h"

#include <stdlib.h>

#include "../../common/base/buf.h"
#include "../../common/stanza/build.h"
#include "../../common/stanza/ns.h"
#include "parse.h"
#include "strophe_mem.h"
#include "unit.h"

#define STREAMS " xmlns='" CPL_NS_STREAM_ERRORS "'"
#define STANZAS " xmlns='" CPL_NS_STANZA_ERRORS "'"
#define SASL " xmlns='" CPL_NS_SASL "'"

static struct strophe_mem mem;
static xmpp_ctx_t *ctx;

typedef int fault(xmpp_stanza_t *element, struct cpl_err *e);

static void says(fault *f, const char *xml, enum cpl_status status,
		 const char *text)
{
	struct cpl_err e = CPL_ERR_INIT;
	xmpp_stanza_t *s = parse(ctx, xml);

	UNIT_NEED(s != NULL);
	CHECK_INT(f(s, &e), -1);
	CHECK_INT(e.status, status);
	CHECK_STR(e.text, text);
	xmpp_stanza_release(s);
}

static void conditions(void)
{
	static const char *const cases[][2] = {
	    {"<error/>", "undefined-condition"},
	    {"<error>text</error>", "undefined-condition"},
	    {"<error><gone/></error>", "undefined-condition"},
	    {"<error><gone" STANZAS "/></error>", "gone"},
	    {"<error> <gone" STANZAS ">xmpp:a@b</gone> </error>", "gone"},
	    {"<error><text" STANZAS ">t</text><gone" STANZAS "/></error>",
	     "gone"},
	    {"<error><special xmlns='urn:x'/><gone" STANZAS "/></error>",
	     "gone"},
	    {"<error><text" STANZAS ">t</text></error>", "undefined-condition"},
	    {"<error><gone" STREAMS "/></error>", "undefined-condition"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		xmpp_stanza_t *s = parse(ctx, cases[i][0]);

		UNIT_NEED(s != NULL);
		CHECK_STR(cpl_condition(s, CPL_NS_STANZA_ERRORS), cases[i][1]);
		xmpp_stanza_release(s);
	}
	CHECK_STR(cpl_condition(NULL, CPL_NS_SASL), "undefined-condition");
}

/* Each condition of RFC 6120 4.9.3: what a later try may mend is 75. */
static void streams(void)
{
	static const struct {
		const char *condition;
		enum cpl_status status;
	} all[] = {
	    {"bad-format", CPL_PROTOCOL},
	    {"bad-namespace-prefix", CPL_PROTOCOL},
	    {"conflict", CPL_TEMP},
	    {"connection-timeout", CPL_TEMP},
	    {"host-gone", CPL_UNAVAILABLE},
	    {"host-unknown", CPL_UNAVAILABLE},
	    {"improper-addressing", CPL_PROTOCOL},
	    {"internal-server-error", CPL_TEMP},
	    {"invalid-from", CPL_PROTOCOL},
	    {"invalid-namespace", CPL_PROTOCOL},
	    {"invalid-xml", CPL_PROTOCOL},
	    {"not-authorized", CPL_AUTH},
	    {"not-well-formed", CPL_PROTOCOL},
	    {"policy-violation", CPL_PROTOCOL},
	    {"remote-connection-failed", CPL_TEMP},
	    {"reset", CPL_TEMP},
	    {"resource-constraint", CPL_TEMP},
	    {"restricted-xml", CPL_PROTOCOL},
	    {"see-other-host", CPL_TEMP},
	    {"system-shutdown", CPL_TEMP},
	    {"undefined-condition", CPL_TEMP},
	    {"unsupported-encoding", CPL_PROTOCOL},
	    {"unsupported-feature", CPL_PROTOCOL},
	    {"unsupported-stanza-type", CPL_PROTOCOL},
	    {"unsupported-version", CPL_PROTOCOL},
	    {"something-new", CPL_PROTOCOL},
	};
	char xml[300], text[300];

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		snprintf(xml, sizeof xml,
			 "<stream:error><%s" STREAMS "/></stream:error>",
			 all[i].condition);
		snprintf(text, sizeof text, "the server ended the stream: %s",
			 all[i].condition);
		says(cpl_fault_stream, xml, all[i].status, text);
	}
	says(cpl_fault_stream,
	     "<stream:error><conflict" STREAMS "/><text" STREAMS
	     " xml:lang='en'>Replaced by new connection</text></stream:error>",
	     CPL_TEMP,
	     "the server ended the stream: conflict (Replaced by new "
	     "connection)");
	says(cpl_fault_stream, "<stream:error/>", CPL_TEMP,
	     "the server ended the stream: undefined-condition");
}

/* White space around it is for the eye; what is no address says who uses it. */
static void redirects(void)
{
	static const struct {
		const char *text, *there;
	} all[] = {
	    {"capulet.lit", "capulet.lit"},
	    {"\n\t[::1]:5222 ", "[::1]:5222"},
	    {"not a host ", "not a host "},
	    {" ", NULL},
	    {"", NULL},
	};
	char xml[300];

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		xmpp_stanza_t *s;
		char *there;

		snprintf(xml, sizeof xml,
			 "<stream:error><see-other-host" STREAMS
			 ">%s</see-other-host></stream:error>",
			 all[i].text);
		s = parse(ctx, xml);
		UNIT_NEED(s != NULL);
		there = cpl_fault_redirect(s);
		if (all[i].there)
			CHECK_STR(there, all[i].there);
		else
			CHECK(!there);
		free(there);
		xmpp_stanza_release(s);
	}
}

static void stanzas(void)
{
	says(cpl_fault_stanza,
	     "<message type='error'><body>hi</body><error type='cancel'>"
	     "<service-unavailable" STANZAS "/><text" STANZAS
	     ">User is not here</text></error></message>",
	     CPL_REFUSED, "service-unavailable (User is not here)");
	says(cpl_fault_stanza,
	     "<iq type='error'><error><item-not-found" STANZAS
	     "/></error></iq>",
	     CPL_REFUSED, "item-not-found");
	says(cpl_fault_stanza,
	     "<iq type='error'><error><item-not-found" STANZAS "/><text" STANZAS
	     "/></error></iq>",
	     CPL_REFUSED, "item-not-found");
	says(cpl_fault_stanza, "<iq type='error'/>", CPL_REFUSED,
	     "undefined-condition");
	says(cpl_fault_stanza, "<iq type='error'><error/></iq>", CPL_REFUSED,
	     "undefined-condition");
	says(cpl_fault_stanza,
	     "<iq type='error'><error>"
	     "<policy-violation" STANZAS "/><text" STANZAS
	     ">a<![CDATA[b]]>c</text></error></iq>",
	     CPL_REFUSED, "policy-violation (abc)");
}

static void logins(void)
{
	says(cpl_fault_sasl, "<failure" SASL "><not-authorized/></failure>",
	     CPL_AUTH, "login refused: not-authorized");
	says(cpl_fault_sasl,
	     "<failure" SASL "><account-disabled/><text xml:lang='en'>Call us"
	     "</text></failure>",
	     CPL_AUTH, "login refused: account-disabled (Call us)");
	says(cpl_fault_sasl,
	     "<failure" SASL "><temporary-auth-failure/></failure>", CPL_TEMP,
	     "login refused: temporary-auth-failure");
	says(cpl_fault_sasl, "<failure" SASL "><aborted/></failure>",
	     CPL_PROTOCOL, "login refused: aborted");
	says(cpl_fault_sasl, "<failure" SASL "/>", CPL_AUTH,
	     "login refused: undefined-condition");
}

/* A text of any length is a line that ends in dots. */
static void long_text(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_buf xml = CPL_BUF_INIT(10000);
	xmpp_stanza_t *s;
	int r = cpl_buf_adds(&xml, "<iq type='error'><error><gone" STANZAS
				   "/><text" STANZAS ">");

	for (int i = 0; i < 300 && r == 0; i++)
		r = cpl_buf_adds(&xml, "0123456789");
	UNIT_NEED(r == 0 && cpl_buf_adds(&xml, "</text></error></iq>") == 0);
	s = parse(ctx, xml.data);
	UNIT_NEED(s != NULL);
	CHECK_INT(cpl_fault_stanza(s, &e), -1);
	CHECK_INT(strlen(e.text), sizeof e.text - 1);
	CHECK_STR(e.text + sizeof e.text - 4, "...");
	xmpp_stanza_release(s);
	cpl_buf_release(&xml);
}

int main(void)
{
	ctx = strophe_mem_ctx(&mem);
	if (!ctx)
		return 1;
	RUN(conditions);
	RUN(streams);
	RUN(redirects);
	RUN(stanzas);
	RUN(logins);
	RUN(long_text);
	return strophe_mem_end(&mem, ctx);
}
