/* SPDX-License-Identifier: MIT
 *
 * From a domain to the targets of its SRV records, in the order in which they
 * are tried, or to the domain itself where there are none. Internal to net/.
 *
 * A struct cpl_lookup is part of its owner's, zeroed before its first use, and
 * owns nothing; its resolver has to be freed before it goes. */
#ifndef CPL_LOOKUP_H
#define CPL_LOOKUP_H

#include "../base/err.h"
#include "dial.h"
#include "resolve.h"
#include "targets.h"

struct cpl_lookup {
	struct cpl_resolver *resolver;
	const struct cpl_log *log;
	enum cpl_tls_mode mode;
	char domain[256];
	struct cpl_srv_question direct, starttls;
	int64_t until; /* when patience ends; 0: no records yet */
};

/* Asks for the SRV records of l->domain that l->mode allows. */
void cpl_lookup_start(struct cpl_lookup *l);

/* 1 when out has its targets, 0 to wait for an answer (or until *wake, which
 * is lowered), -1 with e when there are none. */
int cpl_lookup_step(struct cpl_lookup *l, struct cpl_targets *out,
		    int64_t *wake, struct cpl_err *e)
    __attribute__((warn_unused_result));

/* One host without SRV records; port 0: the usual one. It is to be shorter than
 * 256 bytes. */
void cpl_lookup_only(enum cpl_tls_mode mode, const char *host, uint16_t port,
		     struct cpl_srv *out);

/* The same as the only target. 0, or -1 with e. */
int cpl_lookup_host(const struct cpl_lookup *l, const char *host, uint16_t port,
		    struct cpl_targets *out, struct cpl_err *e)
    __attribute__((warn_unused_result));

#endif
