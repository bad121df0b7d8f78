/* SPDX-License-Identifier: MIT
 *
 * Whether a stanza that was built is what was expected, as XML within
 * jabber:client. IS_XML() releases it. */
#ifndef IS_XML_H
#define IS_XML_H

#include "../../common/base/buf.h"
#include "../../common/base/limits.h"
#include "../../common/stanza/ns.h"
#include "../../common/stanza/write.h"
#include "unit.h"

static inline void is_xml(xmpp_stanza_t *x, const char *expected,
			  const char *file, int line)
{
	struct cpl_buf out = CPL_BUF_INIT(CPL_RECORD_OUT_MAX);

	if (x && unit_int(cpl_write_xml(&out, x, CPL_NS_CLIENT), 0, file, line))
		unit_str(out.data, expected, file, line);
	else
		unit_check(x != NULL, file, line, "a stanza");
	cpl_buf_release(&out);
	if (x)
		xmpp_stanza_release(x);
}

#define IS_XML(x, expected) is_xml((x), (expected), __FILE__, __LINE__)

#endif
