/* SPDX-License-Identifier: MIT
 *
 * What the parts of xping share: who is pinged, how it went, and the records
 * of both. */
#ifndef XPING_H
#define XPING_H

#include <stdint.h>
#include <strophe.h>

#include "../common/cli/client.h"
#include "../common/stanza/jid.h"

/* Times are milliseconds here. */
struct target {
	const struct cpl_jid *jid;
	long sent;
	long answered;
	double min;
	double max;
	double mean;
	double squares;         /* of the distances from the mean, summed up */
	enum cpl_status status; /* of the first that went wrong */
};

/* Takes one round trip into the statistics. */
void target_count(struct target *t, double ms);

/* Prints the answer to a ping, and what all pings to a target came to. */
void print_answer(struct cpl_client *c, const struct target *t, long seq,
		  double ms, xmpp_stanza_t *answer);
void print_total(struct cpl_client *c, const struct target *t);

#endif
