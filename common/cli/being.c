/* SPDX-License-Identifier: MIT */
#include "being.h"

#include "value.h"

int cpl_being_option(struct cpl_being *b, struct cpl_cli *cli, int c,
		     const char *arg)
{
	switch (c) {
	case CPL_OPT_PRIORITY:
		b->presence.priority =
		    cpl_value_number(cli, "--priority", arg, -128, 127);
		b->priority_given = 1;
		break;
	case CPL_OPT_SHOW:
		b->presence.show = cpl_value_show(cli, "--show", arg);
		break;
	case CPL_OPT_STATUS:
		b->presence.status = cpl_value_text(cli, "--status", arg);
		break;
	case CPL_OPT_NO_PRESENCE: b->none = 1; break;
	default: return 0;
	}
	return 1;
}
