/* SPDX-License-Identifier: MIT
 *
 * The delivery log: what became of each stanza, a line each, when that is
 * known, in a file (--log-file), in syslog (--syslog), or in both. It is not
 * what a run is for: what cannot be written is said once on stderr and changes
 * nothing else, neither the run nor its exit status. The struct lives in its
 * tool, which zero-fills it; it owns its descriptors. A line has at most
 * CPL_LEDGER_LINE_MAX bytes.
 *
 * A line of the file has these fields, a TAB between them, escaped as text
 * records are (text.h): time (ISO 8601, UTC), account, to, id, bytes, result,
 * condition, attempts. What is not known is empty. It is appended by one
 * write(2), so that several may share a file. In syslog, where the time is
 * there already, it is "account=... to=... id=... bytes=... result=...
 * attempts=... condition=...": a blank in any but the last is \x20. */
#ifndef CPL_LEDGER_H
#define CPL_LEDGER_H

#include "cli.h"

/* What became of one. */
enum cpl_fate_result {
	CPL_FATE_SENT,    /* the own server has it */
	CPL_FATE_REFUSED, /* somebody sent it back */
	CPL_FATE_UNKNOWN, /* it may have arrived */
	CPL_FATE_UNSENT,  /* it never left */
	CPL_FATE_QUEUED,  /* it waits on disk */
	CPL_FATE_RECEIPT, /* the recipient's client has it (XEP-0184) */
	CPL_FATE_NO_RECEIPT
};

struct cpl_fate {
	const char *account; /* JID; all text may be NULL */
	const char *to;
	const char *id;
	size_t bytes; /* on the wire; 0: not known */
	enum cpl_fate_result result;
	const char *condition; /* why, where there is a reason */
	unsigned attempts;     /* how often it left; 0: never, or not known */
};

struct cpl_ledger {
	const struct cpl_cli *cli;
	const char *path; /* NULL: no file */
	const char *socket;
	int use_file, use_syslog;
	int file, log; /* descriptors */
	int torn;      /* the last line of the file is not whole */
	int said_file, said_syslog;
	int slow; /* syslog has made us wait: never again */
	struct cpl_buf line;
};

/* Opens the file (NULL: none; "-": stderr), which is made 0600 where it is
 * missing, and syslog. What fails is said. cli and path outlive l. */
void cpl_ledger_open(struct cpl_ledger *l, const struct cpl_cli *cli,
		     const char *path, int use_syslog);

void cpl_ledger_write(struct cpl_ledger *l, const struct cpl_fate *fate);

void cpl_ledger_close(struct cpl_ledger *l);

#endif
