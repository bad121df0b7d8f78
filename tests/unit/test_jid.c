/* SPDX-License-Identifier: MIT */
#include "../../common/stanza/jid.h"

#include <stdlib.h>

#include "../../common/base/limits.h"
#include "unit.h"

static void good_one(const char *text, const char *local, const char *domain,
		     const char *resource, int line)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_jid j;
	char full[8192], bare[4096];

	unit_int(cpl_jid_parse(&j, text, &e), 0, __FILE__, line);
	unit_str(e.text, "", __FILE__, line);
	unit_str(j.local, local, __FILE__, line);
	unit_str(j.domain, domain, __FILE__, line);
	unit_str(j.resource, resource, __FILE__, line);
	snprintf(bare, sizeof bare, "%s%s%s", local ? local : "",
		 local ? "@" : "", domain);
	snprintf(full, sizeof full, "%s%s%s", bare, resource ? "/" : "",
		 resource ? resource : "");
	unit_str(j.bare, bare, __FILE__, line);
	unit_str(j.full, full, __FILE__, line);
	cpl_jid_release(&j);
	unit_int(j.full == NULL, 1, __FILE__, line);
	cpl_jid_release(&j);
}

static void bad_one(const char *text, const char *why, int line)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_jid j;

	unit_int(cpl_jid_parse(&j, text, &e), -1, __FILE__, line);
	unit_int(e.status, CPL_DATA, __FILE__, line);
	unit_str(e.text, why, __FILE__, line);
	unit_int(j.full == NULL && j.block == NULL, 1, __FILE__, line);
	cpl_jid_release(&j);
}

#define GOOD(text, l, d, r) good_one(text, l, d, r, __LINE__)
#define BAD(text, why) bad_one(text, why, __LINE__)

static void good(void)
{
	GOOD("romeo@montague.lit", "romeo", "montague.lit", NULL);
	GOOD("montague.lit", NULL, "montague.lit", NULL);
	GOOD("Romeo@Montague.LIT/Balcony", "romeo", "montague.lit", "Balcony");
	GOOD("montague.lit/a@b/c", NULL, "montague.lit", "a@b/c");
	GOOD("romeo@montague.lit/ a b ", "romeo", "montague.lit", " a b ");
	GOOD("romeo@montague.lit.", "romeo", "montague.lit", NULL);
	GOOD("romeo@montague.lit./x", "romeo", "montague.lit", "x");
	GOOD("a+b.c%d#!$*=?^_`{|}~@x", "a+b.c%d#!$*=?^_`{|}~", "x", NULL);
	GOOD("call\\20me\\40x@d", "call\\20me\\40x", "d", NULL);
	GOOD("a@my_host", "a", "my_host", NULL);
	GOOD("a@127.0.0.1", "a", "127.0.0.1", NULL);
	GOOD("a@[::1]/r", "a", "[::1]", "r");
	GOOD("a@[2001:DB8::1]", "a", "[2001:db8::1]", NULL);
}

static void prepared(void)
{
	/* RFC 7622 3.5 and RFC 6122: case, width, composition */
	GOOD("F\xc3\x9c\xc3\x9f\x62@B\xc3\x9c\x43HER.example", "f\xc3\xbcssb",
	     "b\xc3\xbc\x63her.example", NULL);
	GOOD("a@xn--bcher-kva.example", "a", "b\xc3\xbc\x63her.example", NULL);
	/* its U-labels would be refused */
	GOOD("a@xn--mgbh0fb.lit", "a", "xn--mgbh0fb.lit", NULL);
	GOOD("a@XN--BCHER-KVA.example", "a", "b\xc3\xbc\x63her.example", NULL);
	GOOD("a@b\xe3\x80\x82lit", "a", "b.lit", NULL);
	GOOD("a@b\xef\xbc\x8elit", "a", "b.lit", NULL);
	GOOD("a@b\xef\xbd\xa1lit\xef\xbd\xa1", "a", "b.lit", NULL);
	GOOD("\xef\xbc\xa1@b", "a", "b", NULL);
	GOOD("a@b/u\xcc\x88", "a", "b", "\xc3\xbc");
	GOOD("a@b/\xf0\x9f\x92\xa9", "a", "b", "\xf0\x9f\x92\xa9");
	GOOD("so\xc2\xad\x66t@b", "soft", "b", NULL);
}

static void bad(void)
{
	BAD("", "'' is an empty JID");
	BAD("romeo@", "'romeo@' has an empty domain");
	BAD("@b", "'@b' has an empty localpart");
	BAD("@", "'@' has an empty localpart");
	BAD("/r", "'/r' has an empty domain");
	BAD("a@b/", "'a@b/' has an empty resource");
	BAD("a@.", "'a@.' has an empty domain");
	BAD("a@/r", "'a@/r' has an empty domain");
	BAD("a b@c", "'a b@c' has a character that a localpart must not have");
	BAD("a\"b@c",
	    "'a\"b@c' has a character that a localpart must not have");
	BAD("a@b@c", "'a@b@c' has a character that a domain must not have");
	BAD("a@b c", "'a@b c' has a character that a domain must not have");
	BAD("a@b%25", "'a@b%25' has a character that a domain must not have");
	BAD("a@b:5222",
	    "'a@b:5222' has a character that a domain must not have");
	BAD("a@b..c", "'a@b..c' has an empty label in its domain");
	BAD("a@.c", "'a@.c' has an empty label in its domain");
	BAD("a@b..", "'a@b..' has an empty label in its domain");
	BAD("a@-b", "'a@-b' has a domain label that begins or ends with a "
		    "hyphen");
	BAD("a@[::1", "'a@[::1' is not an IPv6 address");
	BAD("a@[]", "'a@[]' is not an IPv6 address");
	BAD("a@[fe80::1%eth0]", "'a@[fe80::1%eth0]' is not an IPv6 address");
	BAD("a\xff\x9b@b", "'a\xef\xbf\xbd@b' is not UTF-8, or has a control "
			   "character");
	BAD("a\n@b", "'a\\n@b' has a character that a localpart must not have");
	BAD("a@b/\t", "'a@b/\\t' has a character that a resource must not "
		      "have");
	BAD("a@b/\x7f",
	    "'a@b/\\x7f' has a character that a resource must not have");
	BAD("a@b/\x01",
	    "'a@b/\xef\xbf\xbd' is not UTF-8, or has a control character");
	/* what comes out of preparation cuts no more: fullwidth / and @ */
	BAD("a@b\xef\xbc\x8f\x63", "'a@b\xef\xbc\x8f\x63' has a character "
				   "that a domain must not have");
	BAD("a\xef\xbc\xa0z@b", "'a\xef\xbc\xa0z@b' has a character that a "
				"localpart must not have");
	BAD("\xc2\xad@b", "'\xc2\xad@b' has an empty localpart");
	/* RFC 3454 6: letters of both directions */
	BAD("a@b/\xd7\x90x", "'a@b/\xd7\x90x' has a character that a resource "
			     "must not have");
}

/* RFC 7622 3.5, as RFC 6122 prepares it, which the servers do: what is
 * compatible with other characters is those, and a sharp s is two. */
static void examples(void)
{
	GOOD("juliet@example.com", "juliet", "example.com", NULL);
	GOOD("juliet@example.com/foo", "juliet", "example.com", "foo");
	GOOD("juliet@example.com/foo bar", "juliet", "example.com", "foo bar");
	GOOD("juliet@example.com/foo@bar", "juliet", "example.com", "foo@bar");
	GOOD("foo\\20bar@example.com", "foo\\20bar", "example.com", NULL);
	GOOD("fussball@example.com", "fussball", "example.com", NULL);
	GOOD("fu\xc3\x9f"
	     "ball@example.com",
	     "fussball", "example.com", NULL);
	GOOD("\xcf\x80@example.com", "\xcf\x80", "example.com", NULL);
	GOOD("\xce\xa3@example.com/foo", "\xcf\x83", "example.com", "foo");
	GOOD("\xcf\x82@example.com/foo", "\xcf\x83", "example.com", "foo");
	GOOD("king@example.com/\xe2\x99\x9a", "king", "example.com",
	     "\xe2\x99\x9a");
	GOOD("a.example.com/b@example.net", NULL, "a.example.com",
	     "b@example.net");
	GOOD("henry\xe2\x85\xa3@example.com", "henryiv", "example.com", NULL);
	BAD("\"juliet\"@example.com",
	    "'\"juliet\"@example.com' has a character "
	    "that a localpart must not have");
	BAD("foo bar@example.com", "'foo bar@example.com' has a character that "
				   "a localpart must not have");
	BAD("@example.com/", "'@example.com/' has an empty localpart");
	BAD("juliet@", "'juliet@' has an empty domain");
	BAD("/foobar", "'/foobar' has an empty domain");
}

/* What looks like something else, or like nothing, and what turns the line. */
static void confusing(void)
{
	static const struct {
		const char *character;
		int as; /* what it is in a localpart: a letter, or -1 */
		int resource;
	} rows[] = {
	    {"\xc2\xa0", -1, 1},          /* in a resource: a space */
	    {"\xe2\x80\x83", -1, 1},      /* a wide one */
	    {"\xe3\x80\x80", -1, 1},      /* a full one */
	    {"\xe2\x80\x8b", 0, 1},       /* one without width */
	    {"\xef\xbb\xbf", 0, 1},       /* a byte order mark */
	    {"\xe2\x80\xae", -1, 0},      /* right to left from here on */
	    {"\xe2\x81\xa3", -1, 0},      /* an invisible separator */
	    {"\xc2\x85", -1, 0},          /* a control of C1 */
	    {"\xe2\x80\xa8", -1, 0},      /* the end of a line */
	    {"\xee\x80\x80", -1, 0},      /* of private use */
	    {"\xef\xbf\xbd", -1, 0},      /* what stands for none */
	    {"\xf3\xa0\x81\x81", -1, 0},  /* a tag */
	    {"\xef\xbc\x8f", -1, 1},      /* a full slash */
	    {"\xef\xbc\xa1", 'a', 1},     /* a full A */
	    {"\xe2\x84\xac", 'b', 1},     /* a script B */
	    {"\xf0\x9d\x90\x80", 'a', 1}, /* a bold A */
	    {"\xcd\x8f", 0, 1},           /* a joiner that is not seen */
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[32], local[8] = "xz";
		struct cpl_jid j;

		snprintf(text, sizeof text, "x%sz@b", rows[i].character);
		if (rows[i].as > 0)
			snprintf(local, sizeof local, "x%cz", rows[i].as);
		CHECK_INT(cpl_jid_parse(&j, text, NULL),
			  rows[i].as < 0 ? -1 : 0);
		if (rows[i].as >= 0)
			CHECK_STR(j.local, local);
		cpl_jid_release(&j);
		snprintf(text, sizeof text, "b/x%sz", rows[i].character);
		CHECK_INT(cpl_jid_parse(&j, text, NULL),
			  rows[i].resource ? 0 : -1);
		cpl_jid_release(&j);
		snprintf(text, sizeof text, "x%sz.lit", rows[i].character);
		if (cpl_jid_parse(&j, text, NULL) == 0)
			CHECK(rows[i].as >= 0);
		cpl_jid_release(&j);
	}
	/* RFC 3454 6, in each part; but one direction alone is right. */
	GOOD("\xd7\x90\xd7\x91@b", "\xd7\x90\xd7\x91", "b", NULL);
	BAD("\xd7\x90x@b", "'\xd7\x90x@b' has a character that a localpart "
			   "must not have");
	BAD("\xd7\x90"
	    "1@b",
	    "'\xd7\x90"
	    "1@b' has a character that a localpart must not have");
	BAD("a@\xd7\x90x.lit", "'a@\xd7\x90x.lit' has a character that a "
			       "domain must not have");
	/* Unicode 3.2 does not know it, which is no reason to refuse it. */
	GOOD("\xf0\x9f\x92\xa9@b/\xf0\x9f\x92\xa9", "\xf0\x9f\x92\xa9", "b",
	     "\xf0\x9f\x92\xa9");
}

/* n times c, as a string of static storage that the next call overwrites */
static const char *times(char *to, char c, size_t n)
{
	memset(to, c, n);
	to[n] = '\0';
	return to;
}

static void lengths(void)
{
	char part[5000], text[20000], domain[CPL_JID_PART_MAX + 2];
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_jid j;

	snprintf(text, sizeof text, "%s@b", times(part, 'a', 1023));
	GOOD(text, part, "b", NULL);
	snprintf(text, sizeof text, "%s@b", times(part, 'a', 1024));
	BAD(text, "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaa...' has a localpart of over 1023 bytes");
	snprintf(text, sizeof text, "a@b/%s", times(part, 'r', 1023));
	GOOD(text, "a", "b", part);
	snprintf(text, sizeof text, "a@b/%s", times(part, 'r', 1024));
	BAD(text, "'a@b/rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr"
		  "rrrrrrr...' has a resource of over 1023 bytes");
	snprintf(text, sizeof text, "a@b/%s", times(part, 'r', 4999));
	CHECK_INT(cpl_jid_parse(&j, text, &e), -1);
	CHECK(strstr(e.text, "has a resource of over 1023 bytes") != NULL);

	/* 16 labels of 63 are 1023 bytes with their dots */
	for (size_t i = 0; i < sizeof domain; i++)
		domain[i] = (i + 1) % 64 == 0 ? '.' : 'd';
	domain[1023] = '\0';
	GOOD(domain, NULL, domain, NULL);
	CHECK(cpl_jid_dns(domain, &e) == NULL);
	CHECK(strstr(e.text, "is over 253 bytes long") != NULL);
	memcpy(domain + 1023, "e", 2);
	CHECK_INT(cpl_jid_parse(&j, domain, &e), -1);
	CHECK(strstr(e.text, "has a domain of over 1023 bytes") != NULL);
	snprintf(text, sizeof text, "a@%s", times(part, 'd', 63));
	GOOD(text, "a", part, NULL);
	snprintf(text, sizeof text, "a@%s", times(part, 'd', 64));
	CHECK_INT(cpl_jid_parse(&j, text, &e), -1);
	CHECK(strstr(e.text, "has a domain label of over 63 bytes") != NULL);
	/* growth in preparation: U+3316 becomes 6 characters */
	for (size_t i = 0; i < 3000; i++)
		text[i] = "\xe3\x8c\x96"[i % 3];
	memcpy(text + 3000, "@b", 3);
	CHECK_INT(cpl_jid_parse(&j, text, &e), -1);
	CHECK(strstr(e.text, "has a localpart of over 1023 bytes") != NULL);
}

static int match(const char *pattern, const char *jid)
{
	struct cpl_jid p, j;
	int matches;

	if (!CHECK_INT(cpl_jid_parse(&p, pattern, NULL), 0) ||
	    !CHECK_INT(cpl_jid_parse(&j, jid, NULL), 0))
		return -1;
	matches = cpl_jid_matches(&p, &j);
	cpl_jid_release(&p);
	cpl_jid_release(&j);
	return matches;
}

static void matches(void)
{
	struct cpl_jid none = {0};

	CHECK_INT(match("a@b", "A@B/r"), 1);
	CHECK_INT(match("a@b", "a@b"), 1);
	CHECK_INT(match("a@b/r", "a@b/r"), 1);
	CHECK_INT(match("a@b/r", "a@b/R"), 0);
	CHECK_INT(match("a@b/r", "a@b"), 0);
	CHECK_INT(match("b", "a@b/r"), 1);
	CHECK_INT(match("b", "b"), 1);
	CHECK_INT(match("b", "c.b"), 0);
	CHECK_INT(match("b/x", "a@b/x"), 0);
	CHECK_INT(match("a@b", "b"), 0);
	CHECK_INT(match("a@b", "aa@b"), 0);
	CHECK_INT(cpl_jid_matches(&none, &none), 0);
	CHECK_INT(cpl_jid_same("A@b/r", "a@B/r"), 1);
	CHECK_INT(cpl_jid_same("a@b/r", "a@b/R"), 0);
	CHECK_INT(cpl_jid_same("a@", "a@"), 0);
	CHECK_INT(cpl_jid_same(NULL, "a@b"), 0);
	CHECK_INT(cpl_jid_is("A@b/r", "a@b/r"), 1);
	CHECK_INT(cpl_jid_is("a@b/r", "a@b/r"), 1);
	CHECK_INT(cpl_jid_is("a@b/R", "a@b/r"), 0);
	CHECK_INT(cpl_jid_is("a@", "a@b"), 0);
	CHECK_INT(cpl_jid_is(NULL, "a@b"), 0);
	CHECK_INT(cpl_jid_is("a@b", NULL), 0);
	CHECK_INT(cpl_jid_same_bare("a@b/r", "a@b/R"), 1);
	CHECK_INT(cpl_jid_same_bare("a@b/r", "c@b/r"), 0);
	CHECK_INT(cpl_jid_same_bare("a@b", "x y@"), 0);
}

static void dns_one(const char *domain, const char *expected, int line)
{
	struct cpl_err e = CPL_ERR_INIT;
	char *dns = cpl_jid_dns(domain, &e);

	unit_str(dns, expected, __FILE__, line);
	unit_int(e.status, expected ? CPL_OK : CPL_DATA, __FILE__, line);
	free(dns);
}

#define DNS(domain, expected) dns_one(domain, expected, __LINE__)

static void dns(void)
{
	DNS("montague.lit", "montague.lit");
	DNS("Montague.LIT.", "montague.lit");
	DNS("b\xc3\xbc\x63her.example", "xn--bcher-kva.example");
	DNS("B\xc3\x9c\x63her.example", "xn--bcher-kva.example");
	DNS("xn--bcher-kva.example", "xn--bcher-kva.example");
	DNS("[::1]", "::1");
	DNS("::1", "::1");
	DNS("127.0.0.1", "127.0.0.1");
	DNS("my_host", "my_host");
	DNS("", NULL);
	DNS(".", NULL);
	DNS("a b", NULL);
	DNS("a/b", NULL);
	DNS("a..b", NULL);
	DNS("\xff", NULL);
	DNS("[1.2.3.4]", NULL);
}

static void resource_one(const char *text, const char *expected,
			 const char *why)
{
	struct cpl_err e = CPL_ERR_INIT;
	char *resource = cpl_jid_resource(text, &e);

	CHECK_STR(resource, expected);
	CHECK_STR(e.text, why);
	CHECK_INT(e.status, expected ? CPL_OK : CPL_DATA);
	free(resource);
}

static void resources(void)
{
	char longest[1025];

	resource_one("Nurse", "Nurse", "");
	resource_one("the nurse / @ 2", "the nurse / @ 2", "");
	resource_one("n\xc2\xad\xc3\xbcrse", "n\xc3\xbcrse", "");
	resource_one("nu\xcc\x88rse", "n\xc3\xbcrse", "");
	resource_one("", NULL, "'' has an empty resource");
	resource_one("\xc2\xad", NULL, "'\xc2\xad' has an empty resource");
	resource_one("\xff", NULL,
		     "'\xef\xbf\xbd' is not UTF-8, or has a control character");
	resource_one("a\nb", NULL,
		     "'a\\nb' has a character that a resource must not have");
	resource_one(times(longest, 'x', 1023), longest, "");
	resource_one(
	    times(longest, 'x', 1024), NULL,
	    "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	    "xxxxxxx...' has a resource of over 1023 bytes");
}

static void room_one(const char *text, const char *why)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_jid jid;

	CHECK_INT(cpl_jid_parse(&jid, text, &e), 0);
	CHECK_INT(cpl_jid_check_room(&jid, &e), *why ? -1 : 0);
	CHECK_INT(e.status, *why ? CPL_DATA : CPL_OK);
	CHECK_STR(e.text, why);
	cpl_jid_release(&jid);
}

static void rooms(void)
{
	room_one("hall@rooms.lit", "");
	room_one("rooms.lit", "'rooms.lit' is no room: it has no localpart");
	room_one("hall@rooms.lit/nurse",
		 "'hall@rooms.lit/nurse' is no room: it has a resource");
}

int main(void)
{
	RUN(good);
	RUN(prepared);
	RUN(bad);
	RUN(examples);
	RUN(confusing);
	RUN(lengths);
	RUN(matches);
	RUN(dns);
	RUN(resources);
	RUN(rooms);
	return unit_end();
}
