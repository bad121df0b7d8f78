/* SPDX-License-Identifier: MIT */
#include "fault.h"

#include <stdlib.h>
#include <string.h>

#include "../stanza/build.h"
#include "../stanza/ns.h"
#include "sasl.h"

/* "WHAT: CONDITION (TEXT)", or without the text where there is none. */
static int describe(xmpp_stanza_t *error, const char *ns, const char *text_ns,
		    const char *what, enum cpl_status status, struct cpl_err *e)
{
	char *text = cpl_text(cpl_child(error, "text", text_ns));
	const char *condition = cpl_condition(error, ns);

	if (text && *text)
		cpl_err_set(e, status, "%s%s (%s)", what, condition, text);
	else
		cpl_err_set(e, status, "%s%s", what, condition);
	free(text);
	return -1;
}

/* What a try later may mend is CPL_TEMP; <conflict/> too, though nobody
 * reconnects by itself after it. */
static enum cpl_status stream_status(const char *condition)
{
	static const struct {
		const char *condition;
		enum cpl_status status;
	} known[] = {
	    {"conflict", CPL_TEMP},
	    {"connection-timeout", CPL_TEMP},
	    {"internal-server-error", CPL_TEMP},
	    {"remote-connection-failed", CPL_TEMP},
	    {"reset", CPL_TEMP},
	    {"resource-constraint", CPL_TEMP},
	    {"see-other-host", CPL_TEMP},
	    {"system-shutdown", CPL_TEMP},
	    {"undefined-condition", CPL_TEMP},
	    {"host-gone", CPL_UNAVAILABLE},
	    {"host-unknown", CPL_UNAVAILABLE},
	    {"not-authorized", CPL_AUTH},
	};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(known[i].condition, condition) == 0)
			return known[i].status;
	return CPL_PROTOCOL;
}

int cpl_fault_stream(xmpp_stanza_t *error, struct cpl_err *e)
{
	const char *condition = cpl_condition(error, CPL_NS_STREAM_ERRORS);

	describe(error, CPL_NS_STREAM_ERRORS, CPL_NS_STREAM_ERRORS,
		 "the server ended the stream: ", stream_status(condition), e);
	e->final = strcmp(condition, "conflict") == 0;
	return -1;
}

char *cpl_fault_redirect(xmpp_stanza_t *error)
{
	static const char space[] = " \t\r\n";
	xmpp_stanza_t *el =
	    cpl_child(error, "see-other-host", CPL_NS_STREAM_ERRORS);
	char *text = el ? cpl_text(el) : NULL;
	const char *host = text ? text + strspn(text, space) : "";
	size_t length = strcspn(host, space);
	char *there = NULL;

	/* White space is for the eye; an address has none. */
	if (length > 0 && host[length + strspn(host + length, space)] == '\0')
		there = strndup(host, length);
	else if (length > 0)
		there = strdup(host);
	free(text);
	return there;
}

int cpl_fault_stanza(xmpp_stanza_t *stanza, struct cpl_err *e)
{
	return describe(cpl_child(stanza, "error", CPL_NS_CLIENT),
			CPL_NS_STANZA_ERRORS, CPL_NS_STANZA_ERRORS, "",
			CPL_REFUSED, e);
}

int cpl_fault_sasl(xmpp_stanza_t *failure, struct cpl_err *e)
{
	const char *condition = cpl_condition(failure, CPL_NS_SASL);

	/* XEP-0388 2.6.2: the conditions are RFC 6120's, the text is not. */
	return describe(failure, CPL_NS_SASL, xmpp_stanza_get_ns(failure),
			"login refused: ", cpl_sasl_failure(condition), e);
}
