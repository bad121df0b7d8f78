/* SPDX-License-Identifier: MIT
 *
 * What is read from a DNS message beside its records. */
#include <stdlib.h>

#include "../../common/net/dns.h"
#include "unit.h"

/* montague.lit A: a CNAME of 300 s, and an address of 120 s by a pointer. */
static const unsigned char found[] =
    "\x12\x34\x81\xa0\0\1\0\2\0\0\0\0\10montague\3lit\0\0\1\0\1"
    "\xc0\xc\0\5\0\1\0\0\1\x2c\0\4\1a\xc0\x15"
    "\1a\xc0\x15\0\1\0\1\0\0\0\x78\0\4\177\0\0\1";

/* NXDOMAIN; an SOA of 900 s whose last field says 300, behind an NS. */
static const unsigned char missing[] =
    "\x12\x34\x81\x83\0\1\0\0\0\2\0\0\3lit\0\0\1\0\1"
    "\xc0\xc\0\2\0\1\0\0\0\1\0\2\xc0\xc"
    "\xc0\xc\0\6\0\1\0\0\3\x84\0\x16\0\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4"
    "\0\0\1\x2c";

static void of_records(void)
{
	struct cpl_dns_facts f;

	UNIT_NEED(cpl_dns_facts(found, sizeof found - 1, &f) == 0);
	CHECK_INT(f.status, 0);
	CHECK_INT(f.answers, 2);
	CHECK_INT(f.authentic, 1);
	CHECK_INT(f.ttl, 120);
}

static void of_none(void)
{
	unsigned char copy[sizeof missing];
	struct cpl_dns_facts f;

	memcpy(copy, missing, sizeof copy);
	UNIT_NEED(cpl_dns_facts(copy, sizeof copy - 1, &f) == 0);
	CHECK_INT(f.status, 3);
	CHECK_INT(f.answers, 0);
	CHECK_INT(f.authentic, 0);
	CHECK_INT(f.ttl, 300);
	/* The TTL of the SOA itself is less. */
	copy[43] = copy[44] = 0;
	UNIT_NEED(cpl_dns_facts(copy, sizeof copy - 1, &f) == 0);
	CHECK_INT(f.ttl, 0);
	/* There is no SOA. */
	copy[9] = 1;
	UNIT_NEED(cpl_dns_facts(copy, sizeof copy - 1, &f) == 0);
	CHECK_INT(f.ttl, 0);
}

/* RFC 2181 8. */
static void no_ttl_at_all(void)
{
	unsigned char copy[sizeof found];
	struct cpl_dns_facts f;

	memcpy(copy, found, sizeof copy);
	copy[36] = 0x80;
	UNIT_NEED(cpl_dns_facts(copy, sizeof copy - 1, &f) == 0);
	CHECK_INT(f.ttl, 0);
}

/* In memory of its own, so that one byte too far is found. */
static int facts_of(const unsigned char *from, size_t n,
		    struct cpl_dns_facts *f)
{
	unsigned char *p = malloc(n ? n : 1);
	int result;

	memcpy(p, from, n);
	result = cpl_dns_facts(p, n, f);
	free(p);
	return result;
}

static void cut_anywhere(void)
{
	struct cpl_dns_facts f = {.ttl = 7};

	for (size_t n = 0; n < sizeof found - 1; n++)
		CHECK_INT(facts_of(found, n, &f), -1);
	for (size_t n = 0; n < sizeof missing - 1; n++)
		CHECK_INT(facts_of(missing, n, &f), -1);
	CHECK_INT(f.ttl, 7);
}

/* Every byte replaced by every other one: no matter what, it ends. */
static void anything(void)
{
	unsigned char copy[sizeof found - 1];
	struct cpl_dns_facts f;

	memcpy(copy, found, sizeof copy);
	for (size_t i = 0; i < sizeof copy; i++) {
		for (int c = 0; c < 256; c++) {
			copy[i] = (unsigned char)c;
			(void)!facts_of(copy, sizeof copy, &f);
		}
		copy[i] = found[i];
	}
	copy[12] = 0x40; /* neither a label nor a pointer */
	CHECK_INT(facts_of(copy, sizeof copy, &f), -1);
}

int main(void)
{
	RUN(of_records);
	RUN(of_none);
	RUN(no_ttl_at_all);
	RUN(cut_anywhere);
	RUN(anything);
	return unit_end();
}
