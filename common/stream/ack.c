/* SPDX-License-Identifier: MIT */
#include "ack.h"

#include "../base/limits.h"

int cpl_ack_take(struct cpl_ack *a, uint32_t h, uint64_t *more,
		 struct cpl_err *e)
{
	/* Modulo 2^32 the difference is right across the wrap; so many
	 * stanzas are never under way that it could be mistaken. */
	uint32_t step = h - (uint32_t)a->acked;

	if (step > a->sent - a->acked) {
		if (step > UINT32_MAX / 2)
			return cpl_err_set(e, CPL_PROTOCOL,
					   "the server takes back an "
					   "acknowledgement (h=%u after %u)",
					   h, (uint32_t)a->acked);
		return cpl_err_set(e, CPL_PROTOCOL,
				   "the server acknowledges more than was "
				   "sent (h=%u of %u)",
				   h, (uint32_t)a->sent);
	}
	a->acked += step;
	*more = step;
	return 0;
}

uint32_t cpl_ack_h(const struct cpl_ack *a)
{
	return a->handled > a->before ? (uint32_t)(a->handled - a->before) : 0;
}

uint32_t cpl_ack_tell(struct cpl_ack *a)
{
	a->told = a->handled;
	return cpl_ack_h(a);
}

int cpl_ack_due(const struct cpl_ack *a)
{
	return a->handled - a->told >= CPL_ACK_EVERY;
}
