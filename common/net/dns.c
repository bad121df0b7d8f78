/* SPDX-License-Identifier: MIT */
#include "dns.h"

#define HEADER 12
#define AD 0x20   /* in the fourth byte */
#define RCODE 0xf /* there, too */
#define TYPE_SOA 6

struct message {
	const unsigned char *p;
	size_t n, at;
};

static unsigned get16(const unsigned char *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static uint32_t get32(const unsigned char *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

/* RFC 1035 4.1.4: labels up to an empty one or a pointer. */
static int skip_name(struct message *m)
{
	while (m->at < m->n) {
		unsigned char len = m->p[m->at++];

		if ((len & 0xc0) == 0xc0)
			return ++m->at <= m->n ? 0 : -1;
		if (len & 0xc0)
			return -1;
		if (len == 0)
			return 0;
		m->at += len;
	}
	return -1;
}

static int skip_questions(struct message *m, unsigned count)
{
	for (; count > 0; count--) {
		if (skip_name(m) < 0)
			return -1;
		m->at += 4;
	}
	return m->at <= m->n ? 0 : -1;
}

/* The type, the TTL and the last four bytes of one record's data. */
static int read_record(struct message *m, unsigned *type, uint32_t *ttl,
		       uint32_t *last)
{
	const unsigned char *p;
	size_t len;

	if (skip_name(m) < 0 || m->n - m->at < 10)
		return -1;
	p = m->p + m->at;
	len = get16(p + 8);
	m->at += 10;
	if (m->n - m->at < len)
		return -1;
	m->at += len;
	*type = get16(p);
	*ttl = get32(p + 4);
	/* RFC 2181 8: with the first bit set it is none. */
	if (*ttl & 0x80000000)
		*ttl = 0;
	*last = len >= 4 ? get32(m->p + m->at - 4) : 0;
	return 0;
}

static int read_answers(struct message *m, unsigned count, uint32_t *least)
{
	uint32_t ttl, ignored;
	unsigned type;

	*least = UINT32_MAX;
	for (; count > 0; count--) {
		if (read_record(m, &type, &ttl, &ignored) < 0)
			return -1;
		if (ttl < *least)
			*least = ttl;
	}
	return 0;
}

/* RFC 2308 5: the lesser of the SOA record's TTL and its last field. */
static int read_authority(struct message *m, unsigned count, uint32_t *out)
{
	uint32_t ttl, minimum;
	unsigned type;

	*out = 0;
	for (; count > 0; count--) {
		if (read_record(m, &type, &ttl, &minimum) < 0)
			return -1;
		if (type == TYPE_SOA)
			*out = ttl < minimum ? ttl : minimum;
	}
	return 0;
}

int cpl_dns_facts(const unsigned char *message, size_t n,
		  struct cpl_dns_facts *out)
{
	struct message m = {message, n, HEADER};
	struct cpl_dns_facts facts;

	if (n < HEADER || skip_questions(&m, get16(message + 4)) < 0)
		return -1;
	facts.status = message[3] & RCODE;
	facts.authentic = (message[3] & AD) != 0;
	facts.answers = get16(message + 6);
	if (facts.answers > 0
		? read_answers(&m, facts.answers, &facts.ttl) < 0
		: read_authority(&m, get16(message + 8), &facts.ttl) < 0)
		return -1;
	*out = facts;
	return 0;
}
