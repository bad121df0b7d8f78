/* SPDX-License-Identifier: MIT */
#include "header.h"

#include <string.h>

#include "../stanza/ns.h"
#include "../stanza/write.h"

int cpl_header_send(struct cpl_link *l, const char *to, const char *from,
		    struct cpl_err *e)
{
	struct cpl_buf *out = cpl_link_out(l);
	int ok;

	ok = cpl_link_open(l) == 0 &&
	     cpl_buf_adds(out, "<?xml version='1.0'?><stream:stream"
			       " xmlns='" CPL_NS_CLIENT "'"
			       " xmlns:stream='" CPL_NS_STREAM "'"
			       " version='1.0' to=\"") == 0 &&
	     cpl_write_xml_attr(out, to, strlen(to)) == 0;
	if (ok && from)
		ok = cpl_buf_adds(out, "\" from=\"") == 0 &&
		     cpl_write_xml_attr(out, from, strlen(from)) == 0;
	return ok && cpl_buf_adds(out, "\">") == 0 ? 0 : cpl_err_nomem(e);
}

int cpl_header_check(const char *name, const char *ns, struct cpl_err *e)
{
	if (strcmp(name, "stream") == 0 && ns && strcmp(ns, CPL_NS_STREAM) == 0)
		return 0;
	return cpl_err_set(e, CPL_PROTOCOL,
			   "the server speaks no XMPP: its first element is "
			   "<%.60s/>",
			   name);
}
